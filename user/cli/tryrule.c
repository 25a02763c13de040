/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/tryrule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/verb.h"
#include "util/json.h"

#define PATIENCE_S 40 /* history may take half of it */

static void add_time(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *to = fb_items_text(item, "to");

	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "from"));
	fb_grid_cells(table, FB_TEXT_DIM, *to ? to : "it would still");
	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(item, "key"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "sentence"));
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "silent"));
}

static const struct fb_items_column columns[] = {
	{"FROM", false, 0, 0},	 {"TO", false, 0, 1},	  {"KEY", false, 8, 0},
	{"WORST", false, 16, 0}, {"SILENT", false, 0, 2},
};

static const struct fb_items items = {columns, sizeof(columns) / sizeof(*columns), add_time};

/* What the answer leaves open is said, whoever looks. */
static void tell(const struct fb_jsontree *answer)
{
	const uint64_t n = fb_items_number(answer, "times");
	const char *note = fb_items_text(answer, "note");
	const char *reached = fb_items_text(answer, "reached");

	printf("%s would have fired %" PRIu64 " time%s since %s\n", fb_items_text(answer, "rule"),
	       n, n == 1 ? "" : "s", reached);
	if (strcmp(reached, fb_items_text(answer, "since")) > 0)
		fprintf(stderr, "time was up: what was before %s was not looked at\n", reached);
	if (fb_items_number(answer, "left_out"))
		fprintf(stderr, "it has too many values: some were left out\n");
	if (*note)
		fprintf(stderr, "%s\n", note);
}

static int ask(struct fb_daemon *daemon, const char *rule, const char *since, struct fb_buf *text,
	       struct fb_jsontree **ret_answer)
{
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, target = FB_BUF_INIT;
	struct fb_json json;

	fb_buf_adds(&target, "/api/v1/alert-rules/try");
	fb_daemon_param(&target, "since", since);
	fb_buf_addc(&target, '\0');
	fb_json_init(&json, &body);
	fb_json_object(&json);
	fb_json_kv_str(&json, "rule", rule);
	fb_json_end(&json, '}');
	fb_buf_addc(&body, '\0');
	if (fb_buf_error(&body) || fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon->body = body.data;
	if (fb_daemon_call(daemon, "POST", target.data, text, ret_answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon->why.text);
	return FB_EXIT_DONE;
}

int fb_try_rule(const char *socket, const char *rule, const char *since, bool json)
{
	struct fb_daemon daemon = {.socket = socket, .patience_s = PATIENCE_S};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	int r = ask(&daemon, rule, since, &text, &answer);
	const char *lack = r ? "" : fb_items_text(answer, "lack");

	if (r)
		return r;
	if (!json && *lack)
		return fb_fail(FB_EXIT_FAILED, "it is not known whether it would have fired: %s",
			       lack);
	if (!json)
		tell(answer);
	if (!json && !fb_items_number(answer, "times"))
		return FB_EXIT_DONE;
	return fb_items_print(&items, answer, &text, json);
}
