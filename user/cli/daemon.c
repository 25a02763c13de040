/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to the daemon, the problems that it answers with, and a sentence for each failure. */
#include "cli/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "fetch/fetch.h"

#define IDLE_SECONDS 15
#define KEPT_MAX     (256UL * 1024 * 1024)
#define PROBLEM_MAX  (64 * 1024)

static unsigned int patience(const struct fb_daemon *daemon)
{
	return daemon->patience_s ? daemon->patience_s : IDLE_SECONDS;
}

/* The sentence for what fb_fetch() failed with; over the network it is what was `said` of it. */
static int tell(struct fb_daemon *daemon, int error, const char *said)
{
	struct fb_why *why = &daemon->why;
	const char *socket = daemon->url ? daemon->url : daemon->socket;
	const struct sockaddr_un *address = NULL;

	if (daemon->url && error != -ELIBACC && error != -ETIMEDOUT && error != -ECONNABORTED)
		return fb_why_set(why, error, "cannot reach %.200s: %.200s", socket,
				  *said ? said : strerror(-error));
	switch (-error) {
	case EACCES:
		return fb_why_set(why, error, "no permission for %s: run it as root", socket);
	case ENOENT:
	case ECONNREFUSED:
		return fb_why_set(why, error,
				  "no flowbpf is running (nobody answers on %s): start it with "
				  "\"flowbpf attach IFACE\"",
				  socket);
	case ENAMETOOLONG:
		return fb_why_set(why, error, "the path of a socket has %zu characters at most",
				  sizeof(address->sun_path) - 1);
	case ELIBACC:
		return fb_why_set(why, error, "this needs libcurl: apt install libcurl3-gnutls");
	case EPIPE:
		return fb_why_set(why, error, "the daemon does not take the request");
	case ETIMEDOUT:
		return fb_why_set(why, error, "the daemon said nothing for %u seconds",
				  patience(daemon));
	case ECONNABORTED:
		return fb_why_set(why, error, "the daemon went away in the middle");
	case ECONNRESET:
		return fb_why_set(why, error, "lost the daemon: %s", strerror(-error));
	case EPROTO:
		return fb_why_set(why, error, "%s does not answer like flowbpf", socket);
	case ENOMEM:
		return fb_why_set(why, error, "out of memory");
	default:
		return fb_why_set(why, error, "cannot reach %s: %s", socket, strerror(-error));
	}
}

struct keep {
	struct fb_buf *buf;
	size_t most;
};

static int keep(void *ctx, const char *data, size_t len)
{
	struct keep *kept = ctx;

	if (kept->buf->len + len > kept->most)
		return -EMSGSIZE;
	fb_buf_add(kept->buf, data, len);
	return fb_buf_error(kept->buf);
}

int fb_daemon_problem(struct fb_daemon *daemon, const struct fb_buf *body)
{
	_cleanup_jsontree_ struct fb_jsontree *problem = NULL;
	const struct fb_jsontree *error, *offset;
	const char *detail, *near;
	char place[40] = "";

	if (body->data)
		fb_jsontree_parse(body->data, body->len, &problem);
	error = fb_jsontree_first(fb_jsontree_get(problem, "errors"));
	offset = fb_jsontree_get(error, "offset");
	detail = fb_jsontree_str(fb_jsontree_get(problem, "detail"));
	near = fb_jsontree_str(fb_jsontree_first(fb_jsontree_get(error, "suggestions")));
	daemon->place = offset ? (unsigned int)fb_jsontree_u64(offset) + 1 : 0;
	if (offset)
		snprintf(place, sizeof(place), ", at character %u", daemon->place);
	/* longer than the server's buffer, which then says so without a body of ours */
	if (daemon->status == 414 && !*detail) {
		daemon->status = 400;
		detail = "the filter is too long, 4096 bytes at most";
	}
	return fb_why_set(&daemon->why, -EREMOTEIO, "%.200s%s%s%.64s%s",
			  *detail ? detail : "the daemon refused the request", place,
			  *near ? ", did you mean " : "", near, *near ? "?" : "");
}

struct exchange {
	struct fb_daemon *daemon;
	fb_daemon_fn fn; /* of a good answer */
	void *ctx;
	struct keep problem; /* another one is kept */
	int error;
};

static bool is_good(const struct fb_daemon *daemon, unsigned int status)
{
	return daemon->any_status || (status >= 200 && status < 300);
}

static int take(void *ctx, unsigned int status, const char *data, size_t len)
{
	struct exchange *exchange = ctx;

	exchange->error = is_good(exchange->daemon, status) ? exchange->fn(exchange->ctx, data, len)
							    : keep(&exchange->problem, data, len);
	return exchange->error;
}

int fb_daemon_ask(struct fb_daemon *daemon, const char *method, const char *target, fb_daemon_fn fn,
		  void *ctx)
{
	_cleanup_buf_ struct fb_buf problem = FB_BUF_INIT, url = FB_BUF_INIT, login = FB_BUF_INIT;
	/* what changes something says that it comes from no form of another site */
	const char *headers[] = {"X-Flowbpf-CSRF: 1", "Content-Type: application/json",
				 "Connection: close", NULL, NULL};
	struct exchange exchange = {daemon, fn, ctx, {&problem, PROBLEM_MAX}, 0};
	struct fb_fetch fetch = {
		.socket = daemon->url ? NULL : daemon->socket,
		.ca = daemon->ca,
		.stay = true,
		.method = method,
		.body = daemon->body,
		.headers = headers,
		.idle_seconds = patience(daemon),
		.fn = take,
		.ctx = &exchange,
	};
	int r;

	fb_buf_addf(&url, "%s%s", daemon->url ? daemon->url : "http://localhost", target);
	fb_buf_addc(&url, '\0');
	fetch.url = url.data;
	if (daemon->url && daemon->token) {
		fb_buf_addf(&login, "Authorization: Bearer %s", daemon->token);
		fb_buf_addc(&login, '\0');
		headers[3] = login.data;
	}
	r = fb_buf_error(&url) || fb_buf_error(&login) ? -ENOMEM : fb_fetch(&fetch);
	daemon->status = fetch.status;
	if (exchange.error)
		return fb_why_set(&daemon->why, r, "cannot take the answer: %s", strerror(-r));
	if (r)
		return tell(daemon, r, fetch.why);
	return is_good(daemon, fetch.status) ? 0 : fb_daemon_problem(daemon, &problem);
}

int fb_daemon_call(struct fb_daemon *daemon, const char *method, const char *target,
		   struct fb_buf *ret_body, struct fb_jsontree **ret_answer)
{
	struct keep kept = {ret_body, KEPT_MAX};
	int r = fb_daemon_ask(daemon, method, target, keep, &kept);

	if (r)
		return r;
	return fb_jsontree_parse(ret_body->data, ret_body->len, ret_answer)
		       ? tell(daemon, -EPROTO, "it does not answer like flowbpf")
		       : 0;
}

int fb_daemon_get(struct fb_daemon *daemon, const char *target, struct fb_buf *ret_body,
		  struct fb_jsontree **ret_answer)
{
	return fb_daemon_call(daemon, "GET", target, ret_body, ret_answer);
}

int fb_daemon_pid(struct fb_daemon *daemon, pid_t *ret_pid)
{
	int r = fb_fetch_peer(daemon->socket, IDLE_SECONDS, ret_pid);

	return r ? tell(daemon, r, "") : 0;
}

static void escape(struct fb_buf *target, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= '0' && *c <= '9') || strchr("-._~", *c))
			fb_buf_addc(target, (char)*c);
		else
			fb_buf_addf(target, "%%%02X", *c);
}

void fb_daemon_param(struct fb_buf *target, const char *name, const char *value)
{
	const bool first = !target->len || !memchr(target->data, '?', target->len);

	if (!value)
		return;
	fb_buf_addf(target, "%c%s=", first ? '?' : '&', name);
	escape(target, value);
}
