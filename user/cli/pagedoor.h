/* SPDX-License-Identifier: BSD-2-Clause */
/* What serves the page and the API: the options of it, its listeners, who may ask. */
#pragma once

#include <signal.h>

#include "cli/opts.h"
#include "http/listen.h"
#include "http/opts.h"
#include "util/why.h"

struct fb_pagedoor_opts {
	struct fb_opt_list listen, hosts;
	const char *token_file, *tls_cert, *tls_key;
	bool no_login;
};

#define FB_PAGEDOOR_LISTEN   "127.0.0.1:8080"
#define FB_PAGEDOOR_DEFAULTS {.listen = {.items = {FB_PAGEDOOR_LISTEN}, .n = 1}}

/* Its lines in the table of a verb whose struct `type_` has it as `page`. */
#define FB_PAGEDOOR_OPTIONS(type_)                                                                 \
	{.name = "listen",                                                                         \
	 .letter = 'l',                                                                            \
	 .arg = "ADDR:PORT",                                                                       \
	 .type = FB_OPT_LISTEN,                                                                    \
	 .offset = offsetof(type_, page.listen),                                                   \
	 .help = "where the page and the API are (" FB_PAGEDOOR_LISTEN "); repeat it, or none"},   \
		{.name = "token-file",                                                             \
		 .arg = "FILE",                                                                    \
		 .type = FB_OPT_FILE,                                                              \
		 .offset = offsetof(type_, page.token_file),                                       \
		 .help = "logins, \"ROLE NAME TOKEN\" a line, viewer, operator or admin; needed "  \
			 "beyond loopback"},                                                       \
		{.name = "no-login",                                                               \
		 .type = FB_OPT_FLAG,                                                              \
		 .offset = offsetof(type_, page.no_login),                                         \
		 .help = "everybody on this machine may read by loopback, and change nothing"},    \
		{.name = "tls-cert",                                                               \
		 .arg = "FILE",                                                                    \
		 .type = FB_OPT_FILE,                                                              \
		 .offset = offsetof(type_, page.tls_cert),                                         \
		 .help = "certificate chain in PEM: the page is served by HTTPS"},                 \
		{.name = "tls-key",                                                                \
		 .arg = "FILE",                                                                    \
		 .type = FB_OPT_FILE,                                                              \
		 .offset = offsetof(type_, page.tls_key),                                          \
		 .help = "the private key that belongs to it"},                                    \
		{.name = "host",                                                                   \
		 .arg = "NAME",                                                                    \
		 .type = FB_OPT_HOST,                                                              \
		 .offset = offsetof(type_, page.hosts),                                            \
		 .help = "a name that browsers may use for this machine; repeat it"}

/* Was any of them given? */
bool fb_pagedoor_is_asked(const struct fb_pagedoor_opts *opts);
/* FB_EXIT_DONE, or said what does not go together. */
int fb_pagedoor_check(const struct fb_pagedoor_opts *opts);
/* Is there a page to speak of? */
bool fb_pagedoor_listens(const struct fb_pagedoor_opts *opts);

struct fb_listeners_open {
	int fd[FB_HTTP_LISTENERS];
	unsigned int n;
};

/* One more, of which `option` says where. FB_EXIT_DONE, or said why not. */
int fb_pagedoor_listen_at(struct fb_listeners_open *listeners, const char *address,
			  const char *option);
/* All of `opts`. */
int fb_pagedoor_listen(struct fb_listeners_open *listeners, const struct fb_pagedoor_opts *opts);
/* Those that no server took over. */
void fb_pagedoor_close(struct fb_listeners_open *listeners);

/* For a server, which takes the listeners over. */
struct fb_http_opts fb_pagedoor_http(const struct fb_pagedoor_opts *opts,
				     const struct fb_listeners_open *listeners);

/* SIGINT, SIGTERM and SIGHUP are to be waited for: before any thread, so that none takes them. */
void fb_pagedoor_block(sigset_t *ret_signals);

/* What a server does while it is waited for. */
struct fb_pagedoor_server {
	void (*second)(void *ctx);		       /* each second */
	int (*reread)(void *ctx, struct fb_why *why);  /* as fb_http_reread_tls */
	int (*retoken)(void *ctx, struct fb_why *why); /* as fb_http_reread_tokens */
	void (*hup)(void *ctx);			       /* what else SIGHUP is for; NULL: nothing */
	void *ctx;
};

/* Until SIGINT or SIGTERM; SIGHUP has certificate and tokens read again, of which a line is said.
 */
void fb_pagedoor_wait(const struct fb_pagedoor_opts *opts, const sigset_t *signals,
		      const struct fb_pagedoor_server *server);
