/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf page: the page of a daemon that is elsewhere, or that listens on its socket alone. No
 * BPF, no root: a server of its own with logins of its own, which asks that daemon.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/pagedoor.h"
#include "cli/remote.h"
#include "cli/verb.h"
#include "http/server.h"
#include "kernel/privs.h"
#include "live/doors.h"
#include "live/relay.h"
#include "util/cleanup.h"

struct page_opts {
	const char *connect;
	struct fb_remote remote;
	struct fb_pagedoor_opts page;
};

static const struct page_opts defaults = {.connect = FB_DEFAULT_SOCKET,
					  .page = FB_PAGEDOOR_DEFAULTS};

#define AT(member) offsetof(struct page_opts, member)

static const struct fb_opt options[] = {
	{.name = "connect",
	 .letter = 'c',
	 .arg = "WHERE",
	 .type = FB_OPT_TEXT,
	 .offset = AT(connect),
	 .help = "the daemon: its unix socket, or https://HOST:PORT (" FB_DEFAULT_SOCKET ")"},
	{.name = "connect-token",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(remote.token_file),
	 .help = "the login there: a TOKEN, or a line as attach --token-file has it (FLOWBPF_TOKEN)"},
	{.name = "connect-ca",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(remote.ca),
	 .help = "certificates that vouch for it (those of the system)"},
	FB_PAGEDOOR_OPTIONS(struct page_opts),
	{0},
};

static const struct fb_remote_words words = {"--connect URL", "--connect-token", "--connect-ca"};

#define READ_ONLY "flowbpf there lets this page look, not change"

static int find_daemon(struct page_opts *opts, struct fb_daemon *door,
		       char token[static FB_REMOTE_TOKEN + 1])
{
	if (opts->connect[0] == '/')
		door->socket = opts->connect;
	else
		opts->remote.url = opts->connect;
	if (opts->remote.url && !strstr(opts->remote.url, "://"))
		return fb_fail(
			FB_EXIT_USAGE,
			"--connect takes the absolute path of a socket or https://HOST:PORT, "
			"not \"%.60s\"",
			opts->connect);
	return fb_remote_find(&opts->remote, &words, door, token);
}

/*
 * What we are to it. One that is not there may come; one that knows us not never will.
 */
static int ask_role(const struct fb_daemon *door, enum fb_role *ret_role, bool *ret_is_hub)
{
	struct fb_daemon daemon = *door;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	const int r = fb_daemon_get(&daemon, "/api/v1/session", &body, &answer);
	const char *role = r ? NULL : fb_jsontree_str(fb_jsontree_get(answer, "role"));

	*ret_role = FB_ROLE_ADMIN;
	*ret_is_hub = fb_jsontree_is_true(fb_jsontree_get(answer, "hub"));
	/* who may not go to the socket will not be let in later */
	if (r && !daemon.status && r != -EACCES) {
		printf("note: %s\n", daemon.why.text);
		return FB_EXIT_DONE;
	}
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (!role || !*role)
		return fb_fail(FB_EXIT_FAILED, "%s wants a login: give --connect-token FILE",
			       door->url);
	*ret_role = fb_role_of(role);
	return FB_EXIT_DONE;
}

static void greet(const struct page_opts *opts, struct fb_http *http)
{
	char url[256];

	printf("the page of %s: %s\n"
	       "(good once, for %d minutes)\n"
	       "Ctrl-C ends it.\n",
	       opts->connect, fb_http_url(http, FB_ROLE_ADMIN, url, sizeof(url)),
	       FB_HTTP_LINK_MINUTES);
	fflush(stdout);
}

static void sweep(void *http)
{
	fb_http_sweep(http);
}

static int retoken(void *http, struct fb_why *why)
{
	return fb_http_reread_tokens(http, why);
}

static int reread(void *http, struct fb_why *why)
{
	return fb_http_reread_tls(http, why);
}

static int serve(const struct page_opts *opts, struct fb_http *http, struct fb_relay *relay,
		 const sigset_t *signals)
{
	/* a daemon's socket asks the kernel who we are */
	const struct fb_privs_opts nothing = {
		.folder = -1, .nothing = true, .stay = !opts->remote.url};
	struct fb_privs privs;
	struct fb_why why = {""};
	uint64_t boot_id = 0;

	fb_relay_serve(relay, http);
	if (fb_privs_drop(&nothing, &privs, &why) < 0)
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	while (getrandom(&boot_id, sizeof(boot_id), 0) != sizeof(boot_id))
		;
	if (fb_http_start(http, boot_id, &why))
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	greet(opts, http);
	fb_pagedoor_wait(&opts->page, signals,
			 &(struct fb_pagedoor_server){sweep, reread, retoken, NULL, http});
	return FB_EXIT_DONE;
}

static int open_server(const struct page_opts *opts, enum fb_role role, bool is_hub,
		       struct fb_http **ret_http)
{
	struct fb_listeners_open listeners = {.n = 0};
	struct fb_http_opts http;
	struct fb_why why = {""};
	int r = fb_pagedoor_listen(&listeners, &opts->page);

	if (r) {
		fb_pagedoor_close(&listeners);
		return r;
	}
	http = fb_pagedoor_http(&opts->page, &listeners);
	http.read_only = role < FB_ROLE_OPERATOR ? READ_ONLY : NULL;
	http.most = role;
	http.is_hub = is_hub;
	r = fb_http_new(&http, ret_http, &why);
	if (r)
		return fb_fail(r == -EPERM ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
			       *why.text ? why.text : strerror(-r));
	return FB_EXIT_DONE;
}

static int run_with(const struct page_opts *opts, const struct fb_daemon *door)
{
	struct fb_door_to to = {
		.socket = door->url ? NULL : door->socket,
		.url = door->url,
		.token = door->token,
		.ca = door->ca,
	};
	struct fb_relay *relay = NULL;
	struct fb_http *http = NULL;
	sigset_t signals;
	enum fb_role role;
	bool is_hub;
	int r = ask_role(door, &role, &is_hub);

	fb_pagedoor_block(&signals);
	r = r ? r : open_server(opts, role, is_hub, &http);
	if (!r && fb_relay_new(&to, is_hub, &relay))
		r = fb_fail(FB_EXIT_FAILED, "out of memory");
	r = r ? r : serve(opts, http, relay, &signals);
	fb_http_quiesce(http);
	if (relay)
		fb_relay_stop(relay);
	fb_http_free(http);
	fb_relay_free(relay);
	return r;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	struct page_opts *opts = opts_;
	struct fb_daemon door = {.socket = NULL};
	char token[FB_REMOTE_TOKEN + 1];
	int r = fb_pagedoor_check(&opts->page);

	(void)args;
	(void)n;
	if (!r && !fb_pagedoor_listens(&opts->page))
		r = fb_fail(FB_EXIT_USAGE,
			    "a page that listens nowhere is none: leave --listen none out");
	r = r ? r : find_daemon(opts, &door, token);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	r = r ? r : run_with(opts, &door);
	explicit_bzero(token, sizeof(token));
	return r;
}

const struct fb_verb fb_cmd_page = {
	.name = "page",
	.args = "",
	.summary = "Serve the page of a daemon that is elsewhere",
	.about =
		"It takes no root and no BPF. Who logs in here may look, and may act as far as we may\n"
		"there: over a socket as the user who runs this, over the network by --connect-token.\n"
		"A daemon that ends is told on the page, which goes on once it is there again.\n\n"
		"  flowbpf page --connect https://router:8080 --connect-token ~/router.token\n",
	.opts = options,
	.opts_size = sizeof(struct page_opts),
	.defaults = &defaults,
	.run = run,
};
