/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/pagedoor.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/verb.h"

static bool is_loopback(const char *at)
{
	return !strncmp(at, "127.", 4) || !strncmp(at, "[::1]", 5);
}

bool fb_pagedoor_is_asked(const struct fb_pagedoor_opts *opts)
{
	return opts->listen.n != 1 || strcmp(opts->listen.items[0], FB_PAGEDOOR_LISTEN) != 0 ||
	       opts->hosts.n || opts->token_file || opts->tls_cert || opts->tls_key ||
	       opts->no_login;
}

int fb_pagedoor_check(const struct fb_pagedoor_opts *opts)
{
	if (!opts->tls_cert != !opts->tls_key)
		return fb_fail(FB_EXIT_USAGE, "--tls-cert and --tls-key belong together");
	if (opts->listen.n + 1 > FB_HTTP_LISTENERS)
		return fb_fail(FB_EXIT_USAGE, "--listen can be given %d times at most",
			       FB_HTTP_LISTENERS - 1);
	for (unsigned int i = 0; i < opts->listen.n; i++) {
		const char *at = opts->listen.items[i];

		if (!strcmp(at, "none") && opts->listen.n > 1)
			return fb_fail(FB_EXIT_USAGE, "--listen none stands alone");
		if (!strcmp(at, "none") || is_loopback(at))
			continue;
		if (!opts->token_file)
			return fb_fail(FB_EXIT_USAGE,
				       "--listen %s is open to other machines: give --token-file "
				       "FILE as well",
				       at);
		if (opts->no_login)
			return fb_fail(FB_EXIT_USAGE,
				       "--listen %s is open to other machines, where --no-login "
				       "would let everybody read: leave one of them out",
				       at);
	}
	return FB_EXIT_DONE;
}

bool fb_pagedoor_listens(const struct fb_pagedoor_opts *opts)
{
	return strcmp(opts->listen.items[0], "none") != 0;
}

int fb_pagedoor_listen_at(struct fb_listeners_open *listeners, const char *address,
			  const char *option)
{
	struct fb_why why;
	int r = fb_http_listen(address, &listeners->fd[listeners->n], &why);

	if (r == -EADDRINUSE)
		return fb_fail(FB_EXIT_FAILED, "%s: choose another with %s", why.text, option);
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	listeners->n++;
	return FB_EXIT_DONE;
}

int fb_pagedoor_listen(struct fb_listeners_open *listeners, const struct fb_pagedoor_opts *opts)
{
	int r = FB_EXIT_DONE;

	for (unsigned int i = 0; !r && fb_pagedoor_listens(opts) && i < opts->listen.n; i++)
		r = fb_pagedoor_listen_at(listeners, opts->listen.items[i], "--listen");
	return r;
}

void fb_pagedoor_close(struct fb_listeners_open *listeners)
{
	while (listeners->n)
		close(listeners->fd[--listeners->n]);
}

struct fb_http_opts fb_pagedoor_http(const struct fb_pagedoor_opts *opts,
				     const struct fb_listeners_open *listeners)
{
	return (struct fb_http_opts){
		.no_login = opts->no_login,
		.listeners = listeners->fd,
		.n_listeners = listeners->n,
		.hosts = opts->hosts.items,
		.n_hosts = opts->hosts.n,
		.token_file = opts->token_file,
		.tls_cert = opts->tls_cert,
		.tls_key = opts->tls_key,
	};
}

/* --- while it is served ----------------------------------------------------------------------- */

void fb_pagedoor_block(sigset_t *ret_signals)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(ret_signals);
	sigaddset(ret_signals, SIGINT);
	sigaddset(ret_signals, SIGTERM);
	sigaddset(ret_signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}

/* What is wrong with the files changes nothing of what is served. */
static void reread(const struct fb_pagedoor_opts *opts, const struct fb_pagedoor_server *server)
{
	struct fb_why why = {""};
	const int r = opts->tls_cert ? server->reread(server->ctx, &why) : 0;

	if (r < 0)
		fprintf(stderr, "flowbpf: %s: the certificate that is served stays\n", why.text);
	else if (r > 0)
		printf("%s: another certificate is served from now on\n", opts->tls_cert);
	fflush(stdout);
}

static void retoken(const struct fb_pagedoor_opts *opts, const struct fb_pagedoor_server *server)
{
	struct fb_why why = {""};
	const int r = server->retoken(server->ctx, &why);

	if (r < 0)
		fprintf(stderr, "flowbpf: %s: logins stay as they are\n", why.text);
	else if (r > 0)
		printf("%s: others log in from now on\n", opts->token_file);
	fflush(stdout);
}

void fb_pagedoor_wait(const struct fb_pagedoor_opts *opts, const sigset_t *signals,
		      const struct fb_pagedoor_server *server)
{
	const struct timespec second = {.tv_sec = 1};

	for (;;) {
		const int signal = sigtimedwait(signals, NULL, &second);

		if (signal == SIGHUP) {
			reread(opts, server);
			retoken(opts, server);
			if (server->hup)
				server->hup(server->ctx);
		} else if (signal > 0) {
			return;
		}
		server->second(server->ctx);
	}
}
