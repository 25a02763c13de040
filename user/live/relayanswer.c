/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of a call, as the answer of whoever asked; see relay_priv.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/conn.h"
#include "http/reply.h"
#include "live/relay_priv.h"

/* What flowbpf answers by: nothing that a browser would run as a part of our page. */
static const char *const types[] = {
	"application/json", "application/problem+json", "application/x-ndjson", "application/gzip",
	"text/csv",	    "text/event-stream",	"text/plain",
};

/* In the library's thread: copy out, or sleep until something came. */
static ssize_t read_answer(void *ctx, uint64_t pos, char *to, size_t max)
{
	struct fb_call *call = ctx;
	size_t n;
	ssize_t r;

	(void)pos;
	pthread_mutex_lock(&call->relay->lock);
	n = call->buf.len - call->at;
	n = n < max ? n : max;
	r = (ssize_t)n;
	if (n) {
		memcpy(to, call->buf.data + call->at, n);
		call->at += n;
		pthread_cond_signal(&call->taken);
	} else if (call->done) {
		r = call->error ? MHD_CONTENT_READER_END_WITH_ERROR
				: MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		call->sleeps = true;
		MHD_suspend_connection(call->mhd);
	}
	pthread_mutex_unlock(&call->relay->lock);
	return r;
}

static void end_answer(void *ctx)
{
	struct fb_call *call = ctx;
	struct fb_relay *relay = call->relay;

	pthread_mutex_lock(&relay->lock);
	fb_call_let_go(call);
	pthread_mutex_unlock(&relay->lock);
}

/* What is there already and has its end needs no reader. */
static int answer_whole(struct fb_request *req, struct fb_call *call)
{
	fb_buf_add(&req->reply.body, call->buf.data + call->at, call->buf.len - call->at);
	return fb_buf_error(&req->reply.body);
}

static int answer_as_it_comes(struct fb_request *req, struct fb_call *call)
{
	req->reply.response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_answer,
								call, end_answer);
	if (!req->reply.response)
		return -ENOMEM;
	call->refs++;
	MHD_set_connection_option(req->mhd, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	fb_conn_phase(req->conn, FB_PHASE_STREAM);
	return 0;
}

static bool is_type(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const size_t len = strlen(types[i]);

		if (!strncasecmp(type, types[i], len) && (!type[len] || strchr("; ", type[len])))
			return true;
	}
	return false;
}

/* Its answer is one that flowbpf gives, and that says of us what it would say of who asks. */
static bool is_fit(const struct fb_call *call)
{
	const char *type = call->value[CONTENT_TYPE];
	const unsigned int status = call->status;

	return (status / 100 == 2 || status == 304 || status / 100 == 4 || status / 100 == 5) &&
	       status != 401 && (!*type || is_type(type));
}

static void say_unfit(struct fb_request *req, const struct fb_call *call, const char *where)
{
	if (call->status == 401)
		fb_reply_problem(req, 502, "daemon-refuses",
				 "%s does not take the login that it is asked with", where);
	else
		fb_reply_problem(
			req, 502, "no-flowbpf",
			"%s answers %s by status %u, as no flowbpf does: is that its address?",
			where,
			*call->value[CONTENT_TYPE] ? call->value[CONTENT_TYPE] : "without a type",
			call->status);
}

/* With the lock: it has no answer that can be handed on. Who looks here need not know where it is.
 */
static void say_why(struct fb_request *req, const struct fb_call *call)
{
	const struct fb_door *door = call->door;
	char where[300];

	snprintf(where, sizeof(where), "%s %s", door->name ? "the sensor" : "flowbpf at",
		 door->name	? door->name
		 : door->socket ? door->socket
				: door->url);
	fb_reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, "2");
	if (call->error)
		fb_reply_problem(req, 502, "no-daemon", "%s does not answer: %.200s", where,
				 call->why);
	else
		say_unfit(req, call, where);
}

int fb_call_answer(struct fb_request *req, struct fb_call *call)
{
	int r;

	if ((call->done && call->error) || !is_fit(call)) {
		say_why(req, call);
		return 0;
	}
	r = call->done && !call->error ? answer_whole(req, call) : answer_as_it_comes(req, call);
	req->reply.status = call->status;
	req->reply.type = *call->value[CONTENT_TYPE] ? call->value[CONTENT_TYPE] : NULL;
	for (size_t i = CONTENT_TYPE + 1; i < N_PASSED; i++)
		if (*call->value[i])
			fb_reply_header(req, fb_call_passed[i], "%s", call->value[i]);
	return r;
}
