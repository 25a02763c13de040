/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf audit: what was done by whom; flowbpf audit verify: whether the record of it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "store/auditcheck.h"
#include "util/cleanup.h"
#include "util/file.h"

#define FILE_BYTES (64u * 1024 * 1024)
#define FILES_MAX  64
#define TRIES	   3

struct audit_opts {
	const char *socket, *since, *state, *head;
	bool json;
};

static const struct audit_opts defaults = {.socket = FB_DEFAULT_SOCKET,
					   .state = "/var/lib/flowbpf"};

#define AT(member) offsetof(struct audit_opts, member)

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct audit_opts),
	{.name = "since",
	 .arg = "TIME",
	 .type = FB_OPT_TEXT,
	 .offset = AT(since),
	 .help = "only acts of the last TIME (1h), or since a moment (2026-11-21T01:20:00Z)"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = AT(json),
	 .help = "the API's answer as it is"},
	{.name = "state",
	 .arg = "DIR",
	 .type = FB_OPT_FILE,
	 .offset = AT(state),
	 .help = "verify: the daemon's state folder (/var/lib/flowbpf)"},
	{.name = "head",
	 .arg = "SEQ:HASH",
	 .type = FB_OPT_TEXT,
	 .offset = AT(head),
	 .help = "verify: the record has to have this line, as \"verify\" told it before"},
	{0},
};

/* --- what was done ---------------------------------------------------------------------------- */

static void add_who(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *user = fb_items_text(item, "user"), *peer = fb_items_text(item, "peer");

	fb_grid_cellf(table, FB_TEXT_PLAIN, "%s%s%s", user, *user && *peer ? ", " : "", peer);
}

static void add_row(struct fb_grid *table, const struct fb_jsontree *item)
{
	const bool ok = fb_jsontree_is_true(fb_jsontree_get(item, "ok"));
	const bool dry = fb_jsontree_is_true(fb_jsontree_get(item, "dry_run"));

	fb_items_add_number(table, fb_items_number(item, "seq"));
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "time"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "act"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "target"));
	fb_grid_cells(table,
		      !ok   ? FB_TEXT_WARN
		      : dry ? FB_TEXT_DIM
			    : FB_TEXT_PLAIN,
		      fb_items_text(item, "result"));
	add_who(table, item);
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "by"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "reason"));
}

static const struct fb_items_column columns[] = {
	{"SEQ", true, 0, 0},	  {"TIME", false, 0, 1},   {"ACT", false, 0, 0},
	{"TARGET", false, 16, 0}, {"RESULT", false, 8, 0}, {"WHO", false, 8, 2},
	{"BY", false, 0, 3},	  {"REASON", false, 8, 4},
};

static const struct fb_items items = {columns, sizeof(columns) / sizeof(*columns), add_row};

static int show(const struct audit_opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, target = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	const char *failing;

	fb_buf_adds(&target, "/api/v1/audit");
	fb_daemon_param(&target, "since", opts->since);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	if (fb_daemon_get(&daemon, target.data, &body, &answer))
		return fb_fail(daemon.status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       daemon.why.text);
	failing = fb_items_text(answer, "failing");
	if (*failing)
		fprintf(stderr, "the newest acts are not on the disk: %s\n", failing);
	else if (!fb_jsontree_is_true(fb_jsontree_get(answer, "kept")))
		fprintf(stderr, "acts are in the daemon's memory alone: it has no --state\n");
	return fb_items_print(&items, answer, &body, opts->json);
}

/* --- is it whole ------------------------------------------------------------------------------ */

static int read_head(const struct audit_opts *opts, struct fb_audit_head *ret_head)
{
	const size_t digits = strspn(opts->head, "0123456789");
	const char *hash = opts->head + digits + 1;

	*ret_head = (struct fb_audit_head){.first = 0};
	if (!digits || digits > 18 || opts->head[digits] != ':' ||
	    strspn(hash, "0123456789abcdef") != FB_AUDIT_HASH || hash[FB_AUDIT_HASH])
		return fb_fail(FB_EXIT_USAGE, "--head takes SEQ:HASH, with 64 hexadecimal digits, "
					      "as \"flowbpf audit verify\" tells them");
	ret_head->last.seq = strtoull(opts->head, NULL, 10);
	memcpy(ret_head->last.hash, hash, FB_AUDIT_HASH + 1);
	return FB_EXIT_DONE;
}

static int check_files(struct fb_auditcheck *check, char *const *files, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_close_ int fd = open(files[i], O_RDONLY | O_CLOEXEC);
		_cleanup_free_ char *text = NULL;
		size_t len;
		const int r = fd < 0 ? -errno : fb_file_read(fd, FILE_BYTES, &text, &len);

		if (r < 0)
			return fb_fail(FB_EXIT_FAILED, "%s: %s", files[i], strerror(-r));
		fb_auditcheck_text(check, files[i], text, len);
	}
	fb_auditcheck_end(check);
	return FB_EXIT_DONE;
}

/* The daemon may write, and rotate, while it is read: what is broken is so twice. */
static int check_folder(struct fb_auditcheck *check, const struct audit_opts *opts,
			struct fb_audit_head *head)
{
	_cleanup_close_ int folder = fb_file_open_in(AT_FDCWD, opts->state, O_RDONLY | O_DIRECTORY);
	struct fb_audit_head own;
	int r;

	if (folder < 0)
		return fb_fail(FB_EXIT_FAILED, "%s: %s", opts->state, strerror(errno));
	for (unsigned int i = 0; i < TRIES; i++) {
		r = fb_auditcheck_head(folder, &own);
		if (r < 0)
			return fb_fail(FB_EXIT_FAILED,
				       "%s/audit.head: %s; without it a cut at the end cannot be "
				       "seen: name the files, or a head that you kept by --head",
				       opts->state,
				       r == -EBADMSG ? "it was changed" : strerror(-r));
		head->first = own.first;
		if (!opts->head)
			head->last = own.last;
		fb_auditcheck_begin(check, head);
		if (fb_auditcheck_folder(check, folder))
			break;
	}
	return FB_EXIT_DONE;
}

static int tell(const struct fb_auditcheck *check, bool has_head)
{
	if (*check->broken.text)
		return fb_fail(FB_EXIT_FAILED, "%s", check->broken.text);
	if (!check->lines) {
		printf("no act is on record\n");
		return FB_EXIT_DONE;
	}
	printf("%" PRIu64 " acts, lines %" PRIu64 " to %" PRIu64 ": each follows the one before\n",
	       check->lines, check->first.seq, check->last.seq);
	if (!has_head)
		printf("whether it was cut at its end cannot be told without a head\n");
	printf("head %" PRIu64 ":%s\n", check->last.seq, check->last.hash);
	return FB_EXIT_DONE;
}

static int verify(const struct audit_opts *opts, char *const *files, unsigned int n)
{
	struct fb_audit_head head = {.first = 0};
	struct fb_auditcheck check;
	const bool has_head = opts->head || !n;
	int code = opts->head ? read_head(opts, &head) : FB_EXIT_DONE;

	if (code != FB_EXIT_DONE)
		return code;
	fb_auditcheck_begin(&check, has_head ? &head : NULL);
	code = n ? check_files(&check, files, n) : check_folder(&check, opts, &head);
	return code == FB_EXIT_DONE ? tell(&check, has_head) : code;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct audit_opts *opts = opts_;

	if (!n)
		return show(opts);
	if (strcmp(args[0], "verify") != 0)
		return fb_fail(FB_EXIT_USAGE, "audit knows verify, not \"%s\"", args[0]);
	return verify(opts, args + 1, n - 1);
}

const struct fb_verb fb_cmd_audit = {
	.name = "audit",
	.args = "[verify [FILE...]]",
	.summary = "List who asked for which act, or prove the record of that",
	.about =
		"The record is audit.ndjson in the daemon's state folder, a line an act, dry runs too.\n"
		"Each line has the SHA-256 of the one before, and audit.head that of the last: what is\n"
		"changed, cut out, moved or cut off is found and named. Who can write there can write all\n"
		"of it anew: against that, keep the head that \"verify\" tells, elsewhere.\n\n"
		"  sudo flowbpf audit --since 1d\n"
		"  sudo flowbpf audit verify\n"
		"  sudo flowbpf audit verify --head 17:41aa...\n",
	.opts = options,
	.opts_size = sizeof(struct audit_opts),
	.defaults = &defaults,
	.max_args = 1 + FILES_MAX,
	.run = run,
};
