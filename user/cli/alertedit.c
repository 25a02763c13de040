/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/alertedit.h"

#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/verb.h"
#include "format/alarm.h"
#include "util/json.h"

#define RULES "/api/v1/alert-rules"

static const struct {
	const char *word, *method, *done;
	bool has_text;	   /* the rule itself is given */
	const char *state; /* "true", "false" of the member on; NULL: none */
} edits[] = {
	{"add", "POST", "is made", true, NULL},
	{"change", "PUT", "is changed", true, NULL},
	{"remove", "DELETE", "is removed", false, NULL},
	{"on", "PUT", "is on", false, "true"},
	{"off", "PUT", "is off", false, "false"},
};

#define EDITS (sizeof(edits) / sizeof(*edits))

static size_t find(const char *word)
{
	size_t i = 0;

	while (i < EDITS && strcmp(edits[i].word, word) != 0)
		i++;
	return i;
}

bool fb_alert_edit_is(const char *word)
{
	return find(word) < EDITS;
}

static void write_body(struct fb_buf *body, size_t i, const char *what, const char *reason)
{
	struct fb_json json;

	fb_json_init(&json, body);
	fb_json_object(&json);
	if (edits[i].has_text)
		fb_json_kv_str(&json, "rule", what);
	if (edits[i].state)
		fb_json_kv_bool(&json, "on", !strcmp(edits[i].state, "true"));
	if (reason)
		fb_json_kv_str(&json, "reason", reason);
	fb_json_end(&json, '}');
	fb_buf_addc(body, '\0');
}

static void write_target(struct fb_buf *target, size_t i, const char *name, const char *reason)
{
	fb_buf_adds(target, RULES);
	if (strcmp(edits[i].method, "POST") != 0)
		fb_buf_addf(target, "/named/%s", name);
	if (!strcmp(edits[i].method, "DELETE"))
		fb_daemon_param(target, "reason", reason);
	fb_buf_addc(target, '\0');
}

int fb_alert_edit_run(const char *socket, const char *word, const char *what, const char *reason)
{
	const size_t i = find(word), len = strcspn(what, ":");
	struct fb_daemon daemon = {.socket = socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, target = FB_BUF_INIT, text = FB_BUF_INIT;
	char name[FB_ALARM_NAME + 1];

	if (!fb_alarm_is_name(what, len) || (what[len] == ':') != edits[i].has_text)
		return fb_fail(FB_EXIT_USAGE, "alert %s takes %s, not \"%.60s\"", word,
			       edits[i].has_text ? "a rule, \"NAME: ...\"" : "the name of a rule",
			       what);
	snprintf(name, sizeof(name), "%.*s", (int)len, what);
	write_body(&body, i, what, reason);
	write_target(&target, i, name, reason);
	if (fb_buf_error(&body) || fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (strcmp(edits[i].method, "DELETE") != 0)
		daemon.body = body.data;
	if (fb_daemon_call(&daemon, edits[i].method, target.data, &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("%s %s\n", name, edits[i].done);
	return FB_EXIT_DONE;
}
