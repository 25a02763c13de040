/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf lists: what became of the daemon's lists. `flowbpf lists update` fetches those of URLs
 * and puts each in the place of its old one, whole or not at all; the daemon itself asks nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/attach_opts.h"
#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "enrich/listset.h"
#include "fetch/fetch.h"
#include "store/listfiles.h"
#include "util/cleanup.h"
#include "util/file.h"

#define IDLE_SECONDS 20
#define CONFIG_BYTES (1u << 20)
#define MB	     (1024u * 1024)

struct lists_opts {
	const char *socket, *config, *state;
	struct fb_opt_list lists, exceptions;
	uint32_t timeout; /* s */
};

static const struct lists_opts defaults = {
	.socket = FB_DEFAULT_SOCKET, .state = "/var/lib/flowbpf", .timeout = 300};

#define AT(member) offsetof(struct lists_opts, member)

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct lists_opts),
	{.name = "config",
	 .letter = 'c',
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(config),
	 .help = "update: the daemon's config file, whose list, except and state count"},
	{.name = "list",
	 .arg = "NAME=URL",
	 .type = FB_OPT_LIST,
	 .offset = AT(lists),
	 .help = "update: fetch this one; repeat it"},
	{.name = "except",
	 .arg = "NAME=URL",
	 .type = FB_OPT_LIST,
	 .offset = AT(exceptions),
	 .help = "update: likewise, of exceptions"},
	{.name = "state",
	 .arg = "DIR",
	 .type = FB_OPT_FILE,
	 .offset = AT(state),
	 .help = "update: the daemon's state folder (/var/lib/flowbpf); lists go to DIR/lists"},
	{.name = "timeout",
	 .arg = "TIME",
	 .type = FB_OPT_SECONDS,
	 .offset = AT(timeout),
	 .least = 1,
	 .most = 3600,
	 .help = "update: for one list, at most (5m)"},
	{0},
};

/* --- what there is ---------------------------------------------------------------------------- */

static void add_row(struct fb_grid *table, const struct fb_jsontree *list)
{
	static const char *const counts[] = {"addresses", "domains", "ja4"};
	const char *error = fb_items_text(list, "error");
	const bool in_use = fb_jsontree_is_true(fb_jsontree_get(list, "in_use"));

	fb_grid_cells(table, FB_TEXT_BOLD, fb_items_text(list, "name"));
	fb_grid_cells(table, FB_TEXT_PLAIN,
		      fb_jsontree_is_true(fb_jsontree_get(list, "exceptions")) ? "except" : "list");
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu",
			      (unsigned long long)fb_items_number(list, counts[i]));
	fb_grid_cellf(table, FB_TEXT_PLAIN, "%.10s", fb_items_text(list, "changed"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(list, "licence"));
	fb_grid_cellf(table, FB_TEXT_PLAIN, "%s%s%s", in_use ? "in use" : "",
		      in_use && *error ? "; " : "", error);
}

static const struct fb_items_column columns[] = {
	{"NAME", false, 0, 0},	  {"KIND", false, 0, 0},  {"ADDRESSES", true, 0, 0},
	{"DOMAINS", true, 0, 0},  {"JA4", true, 0, 0},	  {"CHANGED", false, 0, 0},
	{"LICENCE", false, 0, 0}, {"STATE", false, 0, 0},
};

static const struct fb_items items = {columns, sizeof(columns) / sizeof(*columns), add_row};

static int show(const struct lists_opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	if (fb_daemon_get(&daemon, "/api/v1/lists", &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (!fb_jsontree_first(fb_jsontree_get(answer, "items")))
		return fb_fail(FB_EXIT_DONE, "the daemon has no lists: give it --list NAME=FILE");
	return fb_items_print(&items, answer, &body, false);
}

/* --- update ----------------------------------------------------------------------------------- */

struct download {
	uint32_t timeout; /* s */
	struct fb_buf body;
	struct fb_progress progress;
};

static int take(void *ctx, unsigned int status, const char *data, size_t len)
{
	struct download *download = ctx;

	if (status / 100 != 2)
		return 0;
	if (download->body.len + len > FB_LIST_BYTES)
		return -EFBIG;
	fb_buf_add(&download->body, data, len);
	fb_progress_show(&download->progress, -1, download->body.len / 1024);
	return fb_buf_error(&download->body);
}

/* What came may be anything: it is tried before it takes the place of what there was. */
static int try_list(const struct fb_buf *body, struct fb_why *why)
{
	static const struct fb_listset_own none;
	_cleanup_close_ int fd = memfd_create("list", MFD_CLOEXEC);
	struct fb_listset *set = NULL;
	int r;

	if (fd < 0 || write(fd, body->data, body->len) != (ssize_t)body->len ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return fb_why_set(why, -errno, "%s", strerror(errno));
	r = fb_listset_read(fd, &none, &set, why);
	fb_listset_unref(set);
	return r;
}

static int fetch_list(const char *url, time_t since, struct download *download, struct fb_why *why)
{
	struct fb_fetch fetch = {
		.method = "GET",
		.url = url,
		.idle_seconds = download->timeout < IDLE_SECONDS ? download->timeout : IDLE_SECONDS,
		.all_seconds = download->timeout,
		.since = since,
		.fn = take,
		.ctx = download,
	};
	const int r = fb_fetch(&fetch);

	fb_progress_end(&download->progress);
	if (r == -EFBIG)
		return fb_why_set(why, r, "it has more than %u MB", FB_LIST_BYTES / MB);
	if (r == -ELIBACC)
		return fb_why_set(why, r, "there is no libcurl here: apt install libcurl4");
	if (r < 0)
		return fb_why_set(why, r, "%s", *fetch.why ? fetch.why : strerror(-r));
	if (fetch.status == 304 || (since && fetch.status == 200 && !download->body.len))
		return 0;
	if (fetch.status != 200)
		return fb_why_set(why, -EREMOTEIO, "the server answers %u", fetch.status);
	return try_list(&download->body, why) < 0 ? -EINVAL : 1;
}

/* 0 or an exit code: it could not be had, and what there was stays. */
static int update_one(int folder, const char *name, const char *url, uint32_t timeout)
{
	struct download download = {.timeout = timeout, .body = FB_BUF_INIT, .progress.unit = "kB"};
	struct fb_why why = {""};
	struct stat st;
	const bool had = !fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW);
	int r = fetch_list(url, had ? st.st_mtime : 0, &download, &why), failed = 0;

	if (r > 0) {
		/* the daemon, which is not root, is to read it */
		r = fb_file_replace(folder, name, download.body.data, download.body.len, 0644);
		if (r < 0)
			fb_why_set(&why, r, "%s", strerror(-r));
		else
			printf("%s: %zu kB\n", name, (download.body.len + 1023) / 1024);
	} else if (r == 0) {
		printf("%s: as it was\n", name);
	}
	if (r < 0)
		failed = fb_fail(FB_EXIT_FAILED, "list %s, %s: %s%s", name, url, why.text,
				 had ? "; what there was stays" : "");
	fb_buf_fini(&download.body);
	return failed;
}

static int open_folder(const char *state, int *ret_folder)
{
	_cleanup_close_ int at = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return -errno;
	if (mkdirat(at, "lists", 0755) < 0 && errno != EEXIST)
		return -errno;
	/* the folder above is the daemon's: no link leads us elsewhere */
	*ret_folder = openat(at, "lists", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_folder < 0 ? -errno : 0;
}

static int update_all(int folder, const struct fb_opt_list *lists, uint32_t timeout,
		      unsigned int *n)
{
	char name[FB_LIST_NAME_TEXT + 1];
	int failed = 0;

	for (unsigned int i = 0; i < lists->n; i++) {
		const char *url = fb_listfiles_url(lists->items[i], name);

		if (!url)
			continue;
		++*n;
		failed |= update_one(folder, name, url, timeout);
	}
	return failed;
}

/* Of the daemon's config file, where the command line says nothing else. */
static int read_config(const char *path, struct lists_opts *opts, char **ret_text)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct fb_attach_opts attach = fb_attach_defaults;
	struct fb_why why;
	size_t len;
	int r = fd < 0 ? -errno : fb_file_read(fd, CONFIG_BYTES, ret_text, &len);

	if (r < 0)
		return fb_fail(FB_EXIT_FAILED, "%s: %s", path, strerror(-r));
	if (fb_opts_config(fb_attach_options, &attach, *ret_text, &why) < 0)
		return fb_fail(FB_EXIT_USAGE, "%s: %s", path, why.text);
	if (!opts->lists.n && !opts->exceptions.n) {
		opts->lists = attach.lists;
		opts->exceptions = attach.exceptions;
	}
	if (opts->state == defaults.state)
		opts->state = attach.state;
	return 0;
}

static int update(struct lists_opts *opts)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int folder = -1;
	unsigned int n = 0;
	int r = opts->config ? read_config(opts->config, opts, &text) : 0, failed;

	if (r)
		return r;
	r = open_folder(opts->state, &folder);
	if (r < 0)
		return fb_fail(FB_EXIT_FAILED, "%s/lists: %s", opts->state, strerror(-r));
	failed = update_all(folder, &opts->lists, opts->timeout, &n);
	failed |= update_all(folder, &opts->exceptions, opts->timeout, &n);
	if (!n)
		return fb_fail(FB_EXIT_USAGE, "no list is of a URL: name the daemon's config file "
					      "by --config, or give --list NAME=URL");
	return failed;
}

static int run(void *opts, char *const *args, unsigned int n)
{
	if (!n)
		return show(opts);
	if (strcmp(args[0], "update") != 0)
		return fb_fail(FB_EXIT_USAGE, "lists knows update, not \"%s\"", args[0]);
	return update(opts);
}

const struct fb_verb fb_cmd_lists = {
	.name = "lists",
	.args = "[update]",
	.summary = "Show the daemon's lists, or fetch those of URLs anew",
	.about =
		"A list has an address, a prefix, a domain (with all below it) or a JA4 fingerprint a\n"
		"line; hosts files, CSV and ||domain^ are read, too. Which lists a flow is on is its\n"
		"field \"list\". The daemon fetches nothing: \"update\" does, as often as you (or the timer\n"
		"flowbpf-lists) call it; what cannot be had leaves what there was.\n\n"
		"  sudo flowbpf attach eth0 --list bad=/etc/flowbpf/bad.txt --except mine=/etc/flowbpf/mine.txt\n"
		"  sudo flowbpf lists update --config /etc/flowbpf/flowbpf.conf\n"
		"  flowbpf flows --filter 'list = bad'\n",
	.opts = options,
	.opts_size = sizeof(struct lists_opts),
	.defaults = &defaults,
	.max_args = 1,
	.run = run,
};
