/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP: the start of each direction is put together, then read as HTTP, SSH, DNS or TLS. A hello
 * may begin the stream, or any later segment of its start: behind STARTTLS, CONNECT, a PROXY line,
 * RDP or SOCKS talk, clients send it in a segment of its own.
 */
#include <limits.h>
#include <string.h>

#include "enrich/inspect_priv.h"
#include "proto/dns.h"

#define SEGMENTS_MAX 20	  /* of one direction, without a hello in sight */
#define BACK_MAX     8192 /* bytes that a stream may turn out to start earlier */
#define REBASES_MAX  64	  /* times that it may do so */
#define REREADS_MAX  8	  /* times that zeros may give way to what was meant */
#define PORT_DNS     53
#define DNS_HEADER   12
#define LINES_MAX    4 /* of a segment, behind which a hello may begin */

enum look {
	LOOK_MORE, /* something may come of it */
	LOOK_NONE, /* nothing will */
	LOOK_DONE, /* all is known */
	LOOK_TOO_BIG,
};

static void add_start(struct fb_stream *stream, uint32_t offset)
{
	for (unsigned int i = 0; i < stream->n_starts; i++)
		if (stream->start[i].at == offset)
			return;
	if (stream->n_starts < FB_INSPECT_STARTS)
		stream->start[stream->n_starts++] = (struct fb_start){.at = offset};
}

static void drop_start(struct fb_stream *stream, unsigned int i)
{
	stream->n_starts--;
	memmove(&stream->start[i], &stream->start[i + 1],
		(stream->n_starts - i) * sizeof(stream->start[0]));
}

/* Those in [from, to]. */
static void drop_starts(struct fb_stream *stream, uint32_t from, uint32_t to)
{
	for (unsigned int i = stream->n_starts; i-- > 0;)
		if (stream->start[i].at >= from && stream->start[i].at <= to)
			drop_start(stream, i);
}

/* The stream starts earlier than the first segment that came: a reordered one arrived. */
static bool rebase(struct fb_stream *stream, uint32_t by)
{
	if (stream->sure || by > BACK_MAX || stream->rebases == REBASES_MAX ||
	    fb_reasm_shift(&stream->reasm, by) < 0)
		return false;
	stream->rebases++;
	stream->base -= by;
	stream->read = 0;
	for (unsigned int i = 0; i < stream->n_starts; i++)
		stream->start[i].at += by;
	return true;
}

/* Bytes that were read are others now. Not for ever: who has them read again does not pay. */
static void reread(struct fb_stream *stream)
{
	stream->reasm.rewritten = false;
	if (stream->rereads == REREADS_MAX)
		return;
	stream->rereads++;
	for (unsigned int i = 0; i < stream->n_starts; i++)
		stream->start[i] = (struct fb_start){.at = stream->start[i].at};
}

/* Behind what may stand in front of a hello at `offset`. */
static void add_behind_prelude(struct fb_stream *stream, uint32_t offset)
{
	const size_t len = fb_reasm_contiguous(&stream->reasm, offset);
	const size_t prelude = len ? fb_record_prelude(stream->reasm.data + offset, len) : 0;

	if (prelude > 0 && offset + prelude < FB_SAMPLE_BYTES_OPENER)
		add_start(stream, (uint32_t)(offset + prelude));
}

/* Where a hello or a request may begin, by the segment that came. */
static void add_starts(struct fb_stream *stream, uint32_t offset, const uint8_t *segment,
		       uint32_t len)
{
	size_t at = 0;

	add_start(stream, offset);
	if (stream->sure && stream->segments == 1)
		add_start(stream, 0);
	add_behind_prelude(stream, offset);
	if (offset > 0 && offset <= FB_RECORD_PRELUDE_MAX) /* one that segments cut */
		add_behind_prelude(stream, 0);
	for (unsigned int i = 0; i < LINES_MAX; i++) {
		at = fb_record_behind_line(segment, at, len);
		if (at == 0 || offset + at >= FB_SAMPLE_BYTES_OPENER)
			break;
		add_start(stream, offset + (uint32_t)at);
	}
}

/* Put the segment where it belongs. */
static void place(struct fb_stream *stream, const struct fb_inspect_pkt *pkt)
{
	const uint8_t *payload = pkt->payload;
	uint32_t seq = pkt->event->seq, len = pkt->event->caplen;
	int32_t offset;

	if (pkt->event->flags & FB_EVENT_SYN)
		seq++;
	if (!stream->based || (pkt->has_base && !stream->sure && stream->reasm.n_spans == 0)) {
		stream->based = true;
		stream->sure = pkt->has_base;
		stream->base = pkt->has_base ? pkt->base : seq;
	}
	stream->segments++;
	offset = (int32_t)(seq - stream->base);
	if (offset < 0 && rebase(stream, (uint32_t)-offset))
		offset = 0;
	if (offset < 0) { /* a keepalive's byte, or what was before the start */
		const uint32_t before = (uint32_t)-offset;

		if (before >= len)
			return;
		payload += before;
		len -= before;
		offset = 0;
	}
	if (fb_reasm_put(&stream->reasm, (uint64_t)offset, payload, len) < 0)
		return;
	if (stream->reasm.rewritten)
		reread(stream);
	add_starts(stream, (uint32_t)offset, payload, len);
}

/* SSH at the start of the stream, HTTP requests where a segment starts: SOCKS talk may precede. */
static enum look look_for_request(struct fb_inspect *inspect, const struct fb_event *event,
				  struct fb_stream *stream)
{
	const uint8_t *data = stream->reasm.data;
	enum look look = LOOK_NONE;

	if (fb_reasm_contiguous(&stream->reasm, 0) >= 4 && memcmp(data, "SSH-", 4) == 0) {
		fb_inspect_tell(inspect, event, FB_L7_SSH, -1, FB_NAME_NONE, NULL, 0);
		return LOOK_DONE;
	}
	for (unsigned int i = 0; i < stream->n_starts; i++) {
		struct fb_start *start = &stream->start[i];
		const uint32_t at = start->at;
		const size_t len = fb_reasm_contiguous(&stream->reasm, at);
		struct fb_http_host host;

		if (len == 0) {
			look = LOOK_MORE;
			continue;
		}
		switch (fb_http_scan(&start->request, data + at, len, &host)) {
		case FB_HTTP_FOUND:
			fb_inspect_tell(inspect, event, FB_L7_HTTP, (int8_t)event->dir,
					FB_NAME_HTTP, host.at, host.len);
			if (!host.connect)
				return LOOK_DONE;
			/* what it asked for may be TLS; a segment may have cut it */
			drop_starts(stream, at, (uint32_t)(host.at - data));
			i = UINT_MAX;
			break;
		case FB_HTTP_MORE:
			look = LOOK_MORE;
			break;
		default:
			break;
		}
	}
	return look;
}

/* Look for a handshake message at every place where one may start. */
static enum look look_for(struct fb_inspect *inspect, struct fb_stream *stream, uint8_t type,
			  const uint8_t **ret_body, size_t *ret_len)
{
	enum look look = LOOK_NONE;

	for (unsigned int i = 0; i < stream->n_starts;) {
		struct fb_start *start = &stream->start[i];
		const size_t len = fb_reasm_contiguous(&stream->reasm, start->at);
		const enum fb_record_result result =
			len == 0 ? FB_RECORD_MORE
				 : fb_record_scan(&start->hello, stream->reasm.data + start->at,
						  len, type, inspect->scratch, ret_body, ret_len);

		if (result == FB_RECORD_FOUND)
			return LOOK_DONE;
		if (result == FB_RECORD_MORE) {
			look = LOOK_MORE;
			i++;
			continue;
		}
		if (result == FB_RECORD_TOO_BIG) {
			inspect->counters.hello_too_big++;
			return LOOK_TOO_BIG;
		}
		if (type == FB_TLS_CLIENT_HELLO && !start->request.none)
			i++; /* a request whose head is not whole */
		else
			drop_start(stream, i);
	}
	return look;
}

static enum fb_inspect_verdict read_client(struct fb_inspect *inspect, struct fb_inspect_slot *slot,
					   const struct fb_event *event)
{
	struct fb_stream *stream = &slot->stream[event->dir];
	const uint8_t *body;
	enum look start, hello;
	size_t len;

	start = look_for_request(inspect, event, stream);
	if (start == LOOK_DONE)
		return FB_INSPECT_VERDICT_END;
	hello = look_for(inspect, stream, FB_TLS_CLIENT_HELLO, &body, &len);
	if (hello == LOOK_DONE) {
		slot->pending = false;
		if (!fb_inspect_client_hello(
			    inspect, event, body, len,
			    &(struct fb_carrier){.transport = 't',
						 .overlap = stream->reasm.overlap}))
			return FB_INSPECT_VERDICT_END;
		slot->client = (int8_t)event->dir;
		return FB_INSPECT_VERDICT_MORE;
	}
	if (hello == LOOK_TOO_BIG)
		return FB_INSPECT_VERDICT_END;
	slot->pending =
		hello == LOOK_MORE && fb_reasm_contiguous(&stream->reasm, stream->start[0].at) > 0;
	if (hello == LOOK_MORE || start == LOOK_MORE)
		return FB_INSPECT_VERDICT_MORE;
	if (stream->segments < SEGMENTS_MAX)
		return FB_INSPECT_VERDICT_MORE;
	(*(stream->sure ? &inspect->counters.not_tls : &inspect->counters.mid_stream))++;
	return FB_INSPECT_VERDICT_END;
}

/* The answer to the hello: what was chosen, and that there was one. */
static enum fb_inspect_verdict read_server(struct fb_inspect *inspect, struct fb_inspect_slot *slot,
					   const struct fb_event *event)
{
	struct fb_stream *stream = &slot->stream[event->dir];
	const uint8_t *body;
	bool retry = false;
	size_t len;

	switch (look_for(inspect, stream, FB_TLS_SERVER_HELLO, &body, &len)) {
	case LOOK_DONE:
		if (!fb_inspect_server_hello(inspect, event, body, len, FB_L7_TLS, &retry) ||
		    !retry)
			return FB_INSPECT_VERDICT_END;
		stream->n_starts = 0; /* the real one comes in a later segment */
		return FB_INSPECT_VERDICT_MORE;
	case LOOK_MORE:
		return FB_INSPECT_VERDICT_MORE;
	case LOOK_TOO_BIG:
		return FB_INSPECT_VERDICT_END;
	default:
		return stream->segments < SEGMENTS_MAX ? FB_INSPECT_VERDICT_MORE
						       : FB_INSPECT_VERDICT_END;
	}
}

/*
 * Length(2) and message, one after the other: a client may ask many questions at once, and has the
 * answers in any order (RFC 7766). It ends where the kernel half stops looking.
 */
static enum fb_inspect_verdict read_dns(struct fb_inspect *inspect, const struct fb_event *event,
					struct fb_stream *stream)
{
	size_t len;

	while ((len = fb_reasm_contiguous(&stream->reasm, stream->read)) >= 2) {
		const uint8_t *data = stream->reasm.data + stream->read;
		const size_t message = (size_t)data[0] << 8 | data[1];

		if (message < 12)
			return FB_INSPECT_VERDICT_END;
		if (len < 2 + message)
			break;
		fb_inspect_dns(inspect, event, data + 2, message);
		stream->read += (uint32_t)(2 + message);
	}
	return FB_INSPECT_VERDICT_MORE;
}

/* Is it DNS, by the header of its first message, or may it still be? Port 53 carries others too. */
static bool is_dns(const struct fb_event *event, const struct fb_stream *stream)
{
	const size_t len = fb_reasm_contiguous(&stream->reasm, 0);
	const uint8_t *data = stream->reasm.data;
	const size_t whole = len < 2 ? DNS_HEADER : (size_t)data[0] << 8 | data[1];

	if (!fb_inspect_has_port(event, PORT_DNS))
		return false;
	if (stream->read > 0 || len < 2 + DNS_HEADER)
		return whole >= DNS_HEADER;
	return fb_dns_looks_like(data + 2, len - 2, whole);
}

enum fb_inspect_verdict fb_inspect_tcp(struct fb_inspect *inspect, const struct fb_inspect_pkt *pkt)
{
	const struct fb_event *event = pkt->event;
	struct fb_inspect_slot *slot = fb_inspect_slot(inspect, event);
	enum fb_inspect_verdict verdict;
	struct fb_stream *stream;

	if (!slot)
		return FB_INSPECT_VERDICT_MORE;
	stream = &slot->stream[event->dir & 1];
	place(stream, pkt);
	if (slot->client < 0 && is_dns(event, stream))
		verdict = read_dns(inspect, event, stream);
	else if (slot->client >= 0 && (uint8_t)slot->client != event->dir)
		verdict = read_server(inspect, slot, event);
	else if (slot->client >= 0)
		verdict = FB_INSPECT_VERDICT_MORE; /* more of the client: its answer is awaited */
	else
		verdict = read_client(inspect, slot, event);
	if (verdict == FB_INSPECT_VERDICT_MORE && slot->pending && event->flags & FB_EVENT_LAST &&
	    stream->reasm.truncated) {
		inspect->counters.hello_incomplete++;
		return FB_INSPECT_VERDICT_END;
	}
	return verdict;
}
