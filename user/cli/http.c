/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1.1 over a unix socket: head, then a body by length, in chunks, or until the end. */
#include "cli/http.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "cli/body.h"
#include "util/jsontree.h"
#include "util/scope.h"

#define IDLE_SECONDS 15
#define HEAD_MAX     (64 * 1024)
#define KEPT_MAX     (256UL * 1024 * 1024)
#define PROBLEM_MAX  (64 * 1024)

static int fail(struct fb_http *http, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct fb_http *http, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(http->why, sizeof(http->why), fmt, args);
	va_end(args);
	return error;
}

static int no_daemon(struct fb_http *http, int error)
{
	if (error == EACCES)
		return fail(http, -error, "no permission for %s: run it as root", http->socket);
	if (error == ENOENT || error == ECONNREFUSED)
		return fail(http, -error,
			    "no flowbpf is running (nobody answers on %s): start it with "
			    "\"flowbpf attach IFACE\"",
			    http->socket);
	return fail(http, -error, "cannot reach %s: %s", http->socket, strerror(error));
}

static int connect_to(struct fb_http *http, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval idle = {.tv_sec = IDLE_SECONDS};
	_cleanup_close_ int fd = -1;

	if (strlen(http->socket) >= sizeof(address.sun_path))
		return fail(http, -ENAMETOOLONG, "the path of a socket has %zu characters at most",
			    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, http->socket, strlen(http->socket));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return no_daemon(http, errno);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof(idle));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return no_daemon(http, errno);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int send_request(struct fb_http *http, int fd, const char *method, const char *target,
			const char *body)
{
	_cleanup_buf_ struct fb_buf out = FB_BUF_INIT;
	size_t sent = 0;

	fb_buf_addf(&out, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", method,
		    target);
	if (strcmp(method, "GET") != 0)
		fb_buf_addf(&out,
			    "X-Flowbpf-CSRF: 1\r\nContent-Type: application/json\r\n"
			    "Content-Length: %zu\r\n",
			    body ? strlen(body) : 0);
	fb_buf_adds(&out, "\r\n");
	if (body)
		fb_buf_adds(&out, body);
	if (fb_buf_error(&out))
		return fail(http, -ENOMEM, "out of memory");
	while (sent < out.len) {
		ssize_t n = send(fd, out.data + sent, out.len - sent, MSG_NOSIGNAL);

		if (n < 0)
			return fail(http, -errno, "the daemon does not take the request: %s",
				    strerror(errno));
		sent += (size_t)n;
	}
	return 0;
}

/* More bytes into `in`; their number, 0 at the end. */
static ssize_t receive(struct fb_http *http, int fd, struct fb_buf *in)
{
	char *room = fb_buf_reserve(in, 65536);
	ssize_t n;

	if (!room)
		return fail(http, -ENOMEM, "out of memory");
	do
		n = recv(fd, room, 65536, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return fail(http, -ETIMEDOUT, "the daemon said nothing for %d seconds",
			    IDLE_SECONDS);
	if (n < 0)
		return fail(http, -errno, "lost the daemon: %s", strerror(errno));
	in->len += (size_t)n;
	return n;
}

static int bad_answer(struct fb_http *http)
{
	return fail(http, -EPROTO, "%s does not answer like flowbpf", http->socket);
}

/* Read the head, note the status, and set up the body behind it, whose first bytes stay in `in`. */
static int receive_head(struct fb_http *http, int fd, struct fb_buf *in, struct fb_body *body)
{
	const char *end = NULL;
	size_t head;

	while (!end) {
		ssize_t n = in->len < HEAD_MAX ? receive(http, fd, in) : 0;

		if (n < 0)
			return (int)n;
		if (!n)
			return bad_answer(http);
		end = memmem(in->data, in->len, "\r\n\r\n", 4);
	}
	head = (size_t)(end - in->data) + 4;
	if (fb_body_init(body, in->data, head, &http->status))
		return bad_answer(http);
	in->len -= head;
	memmove(in->data, in->data + head, in->len);
	return 0;
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

int fb_http_problem(struct fb_http *http, const struct fb_buf *body)
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
	if (offset)
		snprintf(place, sizeof(place), ", at character %llu",
			 (unsigned long long)fb_jsontree_u64(offset) + 1);
	/* longer than the server's buffer, which then says so without a body of ours */
	if (http->status == 414 && !*detail) {
		http->status = 400;
		detail = "the filter is too long, 4096 bytes at most";
	}
	return fail(http, -EREMOTEIO, "%.200s%s%s%.64s%s",
		    *detail ? detail : "the daemon refused the request", place,
		    *near ? ", did you mean " : "", near, *near ? "?" : "");
}

int fb_http_request(struct fb_http *http, const char *method, const char *target, const char *body,
		    fb_http_fn fn, void *ctx)
{
	_cleanup_buf_ struct fb_buf in = FB_BUF_INIT, problem = FB_BUF_INIT;
	struct keep kept = {&problem, PROBLEM_MAX};
	struct fb_body reader = {0};
	_cleanup_close_ int fd = -1;
	bool good;
	int r;

	http->status = 0;
	r = connect_to(http, &fd);
	if (!r)
		r = send_request(http, fd, method, target, body);
	if (!r)
		r = receive_head(http, fd, &in, &reader);
	if (r)
		return r;
	good = http->any_status || (http->status >= 200 && http->status < 300);
	while (!reader.done) {
		ssize_t n;

		r = fb_body_feed(&reader, in.data, in.len, good ? fn : keep, good ? ctx : &kept);
		if (r == -EPROTO)
			return bad_answer(http);
		if (r)
			return fail(http, r, "cannot take the answer: %s", strerror(-r));
		in.len = 0;
		if (reader.done)
			break;
		n = receive(http, fd, &in);
		if (n < 0)
			return (int)n;
		if (!n && !reader.until_end)
			return fail(http, -EPROTO, "the daemon went away in the middle");
		reader.done = !n;
	}
	return good ? 0 : fb_http_problem(http, &problem);
}

int fb_http_get(struct fb_http *http, const char *target, struct fb_buf *ret_body)
{
	struct keep kept = {ret_body, KEPT_MAX};

	return fb_http_request(http, "GET", target, NULL, keep, &kept);
}

int fb_http_peer(struct fb_http *http, pid_t *ret_pid)
{
	_cleanup_close_ int fd = -1;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int r = connect_to(http, &fd);

	if (r)
		return r;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return no_daemon(http, errno);
	*ret_pid = peer.pid;
	return 0;
}

void fb_http_escape(struct fb_buf *target, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= '0' && *c <= '9') || strchr("-._~", *c))
			fb_buf_addc(target, (char)*c);
		else
			fb_buf_addf(target, "%%%02X", *c);
}
