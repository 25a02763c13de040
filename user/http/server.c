/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's life: listeners, library daemons, threads; see the header. */
#include "http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/auth.h"
#include "http/dispatch.h"
#include "http/guard.h"
#include "http/http_priv.h"
#include "http/library.h"
#include "http/tlscert.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/why.h"

#define CONNECTIONS	   1536
#define CONNECTIONS_PER_IP 1200 /* loopback is one address: many pages behind one proxy or ssh */
#define IDLE_SECONDS	   15
#define POOL_BYTES	   (11 * 1024) /* a connection's head and write buffer */

static void format_listener(struct fb_http_listener *listener, bool *ret_loopback)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(ss);
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};
	char host[FB_ADDR_STRLEN];

	*ret_loopback = true;
	getsockname(listener->fd, (struct sockaddr *)&ss, &len);
	listener->local = ss.ss_family == AF_UNIX;
	if (listener->local) {
		snprintf(listener->address, sizeof(listener->address), "%.60s",
			 ((struct sockaddr_un *)&ss)->sun_path);
	} else if (ss.ss_family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;

		fb_addr_format((uint8_t *)&in6->sin6_addr, 6, host);
		fb_endpoint_format((uint8_t *)&in6->sin6_addr, 6, ntohs(in6->sin6_port),
				   listener->address);
		*ret_loopback = fb_guard_is_loopback(host);
	} else {
		struct sockaddr_in *in = (struct sockaddr_in *)&ss;

		memcpy(addr + 12, &in->sin_addr, 4);
		fb_addr_format(addr, 4, host);
		fb_endpoint_format(addr, 4, ntohs(in->sin_port), listener->address);
		*ret_loopback = fb_guard_is_loopback(host);
	}
}

static int read_tls(struct fb_http *http, const struct fb_http_opts *opts, struct fb_why *why)
{
	int r;

	if (!opts->tls_cert && !opts->tls_key)
		return 0;
	if (!opts->tls_cert || !opts->tls_key)
		return fb_why_set(why, -EINVAL, "TLS needs both a certificate and a key");
	http->tls_cert = strdup(opts->tls_cert);
	http->tls_key = strdup(opts->tls_key);
	if (!http->tls_cert || !http->tls_key)
		return -ENOMEM;
	r = fb_tlscert_use(http->tls_cert, http->tls_key, why);
	return r < 0 ? r : 0;
}

int fb_http_reread_tls(struct fb_http *http, struct fb_why *why)
{
	return http->tls_cert ? fb_tlscert_use(http->tls_cert, http->tls_key, why) : 0;
}

int fb_http_reread_tokens(struct fb_http *http, struct fb_why *why)
{
	return fb_auth_reread(http, why);
}

static int copy_hosts(struct fb_http *http, const struct fb_http_opts *opts)
{
	http->told_all = opts->told_all;
	http->is_hub = opts->is_hub;
	http->hosts = calloc(opts->n_hosts + 1, sizeof(*http->hosts));
	if (!http->hosts)
		return -ENOMEM;
	for (unsigned int i = 0; i < opts->n_hosts; i++) {
		http->hosts[i] = strdup(opts->hosts[i]);
		if (!http->hosts[i])
			return -ENOMEM;
		http->n_hosts++;
	}
	return 0;
}

static int take_listeners(struct fb_http *http, const struct fb_http_opts *opts, struct fb_why *why)
{
	int r = 0;

	for (unsigned int i = 0; i < opts->n_listeners; i++) {
		struct fb_http_listener *listener = &http->listeners[http->n_listeners];
		bool loopback;

		if (http->n_listeners == FB_HTTP_LISTENERS) {
			close(opts->listeners[i]);
			r = fb_why_set(why, -E2BIG, "more than %d addresses to listen on",
				       FB_HTTP_LISTENERS);
			continue;
		}
		listener->fd = opts->listeners[i];
		http->n_listeners++;
		format_listener(listener, &loopback);
		if (!loopback && (!opts->token_file || opts->no_login))
			r = fb_why_set(why, -EPERM,
				       "%s can be reached by others: name a --token-file without "
				       "--no-login, or listen on 127.0.0.1",
				       listener->address);
	}
	return r;
}

int fb_http_new(const struct fb_http_opts *opts, struct fb_http **ret_http, struct fb_why *why)
{
	struct fb_http *http = calloc(1, sizeof(*http));
	int r;

	fb_why_set(why, 0, "memory is short");
	if (!http) {
		for (unsigned int i = 0; i < opts->n_listeners; i++)
			close(opts->listeners[i]);
		return -ENOMEM;
	}
	fb_conns_init(&http->conns);
	fb_cache_init(&http->cache);
	if (getrandom(&http->seed, sizeof(http->seed), GRND_NONBLOCK) < 0)
		http->seed = fb_conn_now_ms() << 20;
	r = take_listeners(http, opts, why);
	if (!r)
		r = copy_hosts(http, opts);
	if (!r)
		r = read_tls(http, opts, why);
	if (!r)
		r = fb_auth_new(opts, &http->auth, why);
	if (r) {
		fb_http_free(http);
		return r;
	}
	*ret_http = http;
	return 0;
}

static void connection_changed(void *ctx, struct MHD_Connection *mhd, void **context,
			       enum MHD_ConnectionNotificationCode code)
{
	struct fb_http *http = ctx;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			fb_conn_free(*context);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info)
		*context = fb_conn_new(&http->conns, info->connect_fd, http->tls_cert != NULL);
}

static void stay_silent(void *ctx, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* A peer that went away is not worth a line on stderr. */
static void stay_silent(void *ctx, const char *fmt, va_list ap)
{
	(void)ctx, (void)fmt, (void)ap;
}

static struct MHD_Daemon *start_daemon(struct fb_http *http, struct fb_http_listener *listener)
{
	bool tls = http->tls_cert && !listener->local;
	unsigned int flags =
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls_options[] = {
		{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, fb_tlscert_callback()},
		{MHD_OPTION_HTTPS_PRIORITIES, 0,
		 (void *)(uintptr_t)"NORMAL:-VERS-ALL:+VERS-TLS1.3:"
				    "+VERS-TLS1.2"},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem no_options[] = {{MHD_OPTION_END, 0, NULL}};

	/* strict: not an older one, which would answer by pages of its own what we refuse better */
	return MHD_start_daemon(
		flags, 0, NULL, NULL, fb_dispatch, http, MHD_OPTION_EXTERNAL_LOGGER, stay_silent,
		NULL, MHD_OPTION_LISTEN_SOCKET, listener->fd, MHD_OPTION_URI_LOG_CALLBACK,
		fb_dispatch_begin, http, MHD_OPTION_NOTIFY_COMPLETED, fb_dispatch_end, http,
		MHD_OPTION_NOTIFY_CONNECTION, connection_changed, http,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT,
		CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		listener->local ? 0 : CONNECTIONS_PER_IP, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)POOL_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, (int)fb_library_is_strict(),
		MHD_OPTION_ARRAY, tls ? tls_options : no_options, MHD_OPTION_END);
}

void fb_http_serve(struct fb_http *http, const struct fb_route_table *table)
{
	http->tables[http->n_tables++] = *table;
}

void fb_http_on_session(struct fb_http *http,
			void (*on_session)(void *ctx, const char *session, enum fb_role role),
			void *ctx)
{
	http->on_session = on_session;
	http->on_session_ctx = ctx;
}

int fb_http_start(struct fb_http *http, uint64_t boot_id, struct fb_why *why)
{
	const int r = fb_auth_start(http->auth);

	if (r < 0)
		return fb_why_set(why, r, "cannot start a thread: %s", strerror(-r));
	http->boot_id = boot_id;
	for (unsigned int i = 0; i < http->n_listeners; i++) {
		struct fb_http_listener *listener = &http->listeners[i];

		listener->daemon = start_daemon(http, listener);
		if (!listener->daemon) {
			fb_why_set(why, 0, "the HTTP server does not start on %s",
				   listener->address);
			return -EINVAL;
		}
	}
	return 0;
}

void fb_http_quiesce(struct fb_http *http)
{
	for (unsigned int i = 0; http && i < http->n_listeners; i++)
		if (http->listeners[i].daemon)
			MHD_quiesce_daemon(http->listeners[i].daemon);
	if (http && http->auth)
		fb_auth_stop(http->auth);
}

void fb_http_free(struct fb_http *http)
{
	if (!http)
		return;
	for (unsigned int i = 0; i < http->n_listeners; i++) {
		if (http->listeners[i].daemon)
			MHD_stop_daemon(http->listeners[i].daemon);
		close(http->listeners[i].fd);
	}
	fb_auth_free(http->auth);
	for (unsigned int i = 0; i < http->n_hosts; i++)
		free(http->hosts[i]);
	free(http->hosts);
	free(http->tls_cert);
	free(http->tls_key);
	fb_tlscert_end();
	fb_conns_fini(&http->conns);
	fb_cache_fini(&http->cache);
	free(http);
}

void fb_http_sweep(struct fb_http *http)
{
	fb_conns_sweep(&http->conns);
	fb_auth_sweep(http);
}

struct fb_http_counters *fb_http_counters(struct fb_http *http)
{
	return &http->counters;
}

void fb_http_connections(struct fb_http *http, unsigned int *ret_open, uint64_t *ret_deadlines)
{
	pthread_mutex_lock(&http->conns.lock);
	*ret_open = http->conns.n;
	*ret_deadlines = http->conns.deadlines;
	pthread_mutex_unlock(&http->conns.lock);
}
