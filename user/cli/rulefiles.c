/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/rulefiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/verb.h"
#include "util/cleanup.h"
#include "util/json.h"

#define BYTES_MAX (256 * 1024) /* as many as the daemon takes, each byte escaped */

static int collect(void *ctx, const char *data, size_t len)
{
	fb_buf_add(ctx, data, len);
	return fb_buf_error(ctx);
}

int fb_rulefiles_export(const char *socket, const char *path)
{
	struct fb_daemon daemon = {.socket = socket};
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	_cleanup_close_ int fd = -1;
	const bool out = !strcmp(path, "-");

	if (fb_daemon_ask(&daemon, "GET", "/api/v1/rulefile", collect, &text))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (!out)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (!out && fd < 0)
		return fb_fail(FB_EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
	if (write(out ? STDOUT_FILENO : fd, text.data, text.len) != (ssize_t)text.len)
		return fb_fail(FB_EXIT_FAILED, "cannot write all of %s: %s", path, strerror(errno));
	return FB_EXIT_DONE;
}

/* 0, or an exit code. */
static int read_text(const char *path, struct fb_buf *text)
{
	_cleanup_close_ int fd =
		strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && text->len <= BYTES_MAX) {
		char piece[4096];

		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			fb_buf_add(text, piece, (size_t)n);
	}
	if (fd < 0 || n < 0)
		return fb_fail(FB_EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	if (text->len > BYTES_MAX)
		return fb_fail(FB_EXIT_FAILED, "%s has more than %d kB: it is no file of rules",
			       path, BYTES_MAX / 1024);
	return FB_EXIT_DONE;
}

static void write_body(struct fb_buf *body, const struct fb_buf *text, const char *reason)
{
	struct fb_json json;

	fb_json_init(&json, body);
	fb_json_object(&json);
	fb_json_key(&json, "rules");
	fb_json_strn(&json, text->data ? text->data : "", text->len);
	if (reason)
		fb_json_kv_str(&json, "reason", reason);
	fb_json_end(&json, '}');
	fb_buf_addc(body, '\0');
}

static unsigned long long count(const struct fb_jsontree *answer, const char *key)
{
	return fb_jsontree_u64(fb_jsontree_get(answer, key));
}

int fb_rulefiles_import(const char *socket, const char *path, const char *reason)
{
	struct fb_daemon daemon = {.socket = socket};
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT, body = FB_BUF_INIT, reply = FB_BUF_INIT;
	const int code = read_text(path, &text);

	if (code)
		return code;
	write_body(&body, &text, reason);
	if (fb_buf_error(&body) || fb_buf_error(&text))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	daemon.body = body.data;
	if (fb_daemon_call(&daemon, "POST", "/api/v1/rulefile", &reply, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	printf("%llu in force now, %llu were there already, %llu are over\n",
	       count(answer, "added"), count(answer, "present"), count(answer, "over"));
	return FB_EXIT_DONE;
}
