/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP: QUIC and DTLS on any port; DNS, mDNS, LLMNR, DHCP and RDP on theirs. */
#include <string.h>

#include "enrich/inspect_priv.h"
#include "proto/bytes.h"
#include "proto/dhcp.h"
#include "proto/dns.h"

#define DTLS_HANDSHAKE	22
#define DTLS_HEADER	13
#define PORT_RDP	3389
#define RDP_HEADER_MAX	64
#define QUIC_FAILED_MAX 24 /* packets of a flow that do not open; then it is something else */
#define CAPWAP_HEADER	4  /* 1 0 0 0, in front of DTLS (RFC 5415 4.2) */

/*
 * DTLS record: type(1) version(2) epoch(2) sequence(6) length(2) messages, one or more
 *   handshake: type(1) length(3) message_seq(2) fragment_offset(3) fragment_length(3) fragment
 */
struct dtls_message {
	uint8_t type;
	uint16_t seq;
	uint32_t total, offset, len;
	const uint8_t *part;
};

/* Versions 1.0, 1.2 and 1.3, and the one before, as AnyConnect has it. */
static bool is_dtls(const uint8_t *record)
{
	return record[0] == DTLS_HANDSHAKE &&
	       (record[1] == 0xfe || (record[1] == 1 && record[2] == 0));
}

/* The server's part: it confirms the name, and tells what was chosen. */
static enum fb_inspect_verdict read_quic_answer(struct fb_inspect *inspect,
						struct fb_inspect_slot *slot,
						const struct fb_event *event,
						const uint8_t *datagram, size_t len,
						unsigned int opens)
{
	unsigned int left = opens;
	enum fb_quic_result result;
	const uint8_t *body;
	bool retry = false;
	size_t body_len;

	result = fb_quic_answer(&slot->quic, datagram, len, &left, &body, &body_len);
	fb_inspect_opened(inspect, opens - left);
	if (result != FB_QUIC_HELLO || !slot->told)
		return FB_INSPECT_VERDICT_MORE;
	fb_inspect_server_hello(inspect, event, body, body_len, FB_L7_QUIC, &retry);
	return retry ? FB_INSPECT_VERDICT_MORE : FB_INSPECT_VERDICT_END;
}

/* Google's hello has no fingerprint; a name over 255 bytes is none. */
static void tell_chlo(struct fb_inspect *inspect, const struct fb_event *event, const uint8_t *name,
		      size_t len)
{
	inspect->counters.hellos_quic++;
	inspect->counters.hello_no_name += !name;
	if (len > FB_TLS_NAME_MAX) {
		inspect->counters.name_refused++;
		name = NULL;
	}
	fb_inspect_tell(inspect, event, FB_L7_QUIC, (int8_t)event->dir, FB_NAME_QUIC, name, len);
}

/* A packet that may be the client's. */
static enum fb_inspect_verdict read_quic_client(struct fb_inspect *inspect,
						struct fb_inspect_slot *slot,
						const struct fb_event *event,
						const uint8_t *datagram, size_t len,
						unsigned int opens)
{
	unsigned int left = opens;
	enum fb_quic_result result;
	const uint8_t *body;
	size_t body_len;

	result = fb_quic_feed(&slot->quic, datagram, len, &left);
	fb_inspect_opened(inspect, opens - left);
	switch (result) {
	case FB_QUIC_HELLO:
		slot->client = (int8_t)event->dir;
		slot->pending = false;
		slot->told =
			fb_quic_hello(&slot->quic, &body, &body_len) &&
			fb_inspect_client_hello(inspect, event, body, body_len,
						&(struct fb_carrier){'q', slot->quic.crypto.overlap,
								     slot->quic.version});
		fb_reasm_fini(&slot->quic.crypto);
		return slot->told ? FB_INSPECT_VERDICT_MORE : FB_INSPECT_VERDICT_END;
	case FB_QUIC_CHLO:
		if (fb_quic_chlo(&slot->quic, &body, &body_len))
			tell_chlo(inspect, event, body, body_len);
		return FB_INSPECT_VERDICT_END;
	case FB_QUIC_BAD:
		inspect->counters.quic_bad++;
		if (++slot->failed == QUIC_FAILED_MAX)
			return FB_INSPECT_VERDICT_END;
		break;
	case FB_QUIC_MORE:
		slot->client = (int8_t)event->dir;
		slot->pending = true;
		break;
	case FB_QUIC_NOT:
		break;
	}
	if (!slot->quic.too_big)
		return FB_INSPECT_VERDICT_MORE;
	inspect->counters.hello_too_big++;
	return FB_INSPECT_VERDICT_END;
}

static enum fb_inspect_verdict read_quic(struct fb_inspect *inspect, const struct fb_event *event,
					 const uint8_t *datagram, size_t len)
{
	struct fb_inspect_slot *slot = fb_inspect_slot(inspect, event);
	unsigned int opens;

	if (!slot || !fb_inspect_may_open(inspect, slot, &opens))
		return FB_INSPECT_VERDICT_MORE;
	if (slot->client >= 0 && (uint8_t)slot->client != event->dir)
		return read_quic_answer(inspect, slot, event, datagram, len, opens);
	if (slot->told && !fb_quic_begins_again(&slot->quic, datagram, len))
		return FB_INSPECT_VERDICT_MORE;
	if (slot->told) {
		fb_quic_fini(&slot->quic);
		fb_quic_init(&slot->quic);
		slot->told = false;
	}
	return read_quic_client(inspect, slot, event, datagram, len, opens);
}

/*
 * One handshake message, or a part of it. Its sequence number tells the hello from the one that
 * follows a HelloVerifyRequest, with a cookie in it and otherwise the same.
 */
static enum fb_inspect_verdict read_message(struct fb_inspect *inspect,
					    struct fb_inspect_slot *slot,
					    const struct fb_event *event,
					    const struct dtls_message *message)
{
	const uint8_t dir = event->dir & 1, place = message->seq & 1;
	struct fb_dtls *dtls = &slot->dtls[dir];
	struct fb_reasm *reasm = &dtls->message[place];
	const bool answer = slot->told && slot->client != (int8_t)dir;
	bool retry = false;

	if (message->type != (answer ? FB_TLS_SERVER_HELLO : FB_TLS_CLIENT_HELLO) ||
	    (slot->told && !answer))
		return FB_INSPECT_VERDICT_MORE; /* a HelloVerifyRequest, the hello that it asks for
						 */
	if (dtls->seq[place] != message->seq) {
		fb_reasm_fini(reasm);
		fb_reasm_init(reasm, FB_HANDSHAKE_MAX);
		dtls->seq[place] = message->seq;
	}
	fb_reasm_put(reasm, message->offset, message->part, message->len);
	if (fb_reasm_contiguous(reasm, 0) < message->total) {
		slot->pending = !answer;
		return FB_INSPECT_VERDICT_MORE;
	}
	slot->pending = false;
	if (answer)
		return fb_inspect_server_hello(inspect, event, reasm->data, message->total,
					       FB_L7_TLS, &retry) &&
				       retry
			       ? FB_INSPECT_VERDICT_MORE
			       : FB_INSPECT_VERDICT_END;
	slot->told = fb_inspect_client_hello(
		inspect, event, reasm->data, message->total,
		&(struct fb_carrier){.transport = 'd', .overlap = reasm->overlap});
	slot->client = (int8_t)dir;
	return slot->told ? FB_INSPECT_VERDICT_MORE : FB_INSPECT_VERDICT_END;
}

/* Cut the next message off a record. False: it is no message, or not whole. */
static bool next_message(struct fb_bytes *record, struct dtls_message *message)
{
	message->type = fb_bytes_u8(record);
	message->total = fb_bytes_u24(record);
	message->seq = fb_bytes_u16(record);
	message->offset = fb_bytes_u24(record);
	message->len = fb_bytes_u24(record);
	message->part = fb_bytes_take(record, message->len);
	return message->part && message->total > 0 && message->total <= FB_HANDSHAKE_MAX &&
	       message->offset + message->len <= message->total;
}

static enum fb_inspect_verdict read_dtls(struct fb_inspect *inspect, const struct fb_event *event,
					 const uint8_t *datagram, size_t len)
{
	struct fb_inspect_slot *slot = fb_inspect_slot(inspect, event);
	struct fb_bytes in = fb_bytes(datagram, len);

	while (slot && fb_bytes_left(&in) > DTLS_HEADER && is_dtls(in.at)) {
		const uint8_t *header = fb_bytes_take(&in, DTLS_HEADER);
		struct fb_bytes record = fb_bytes_sub(&in, (size_t)header[11] << 8 | header[12]);
		struct dtls_message message;

		if (header[3] || header[4]) /* not the first epoch: encrypted */
			return FB_INSPECT_VERDICT_MORE;
		while (fb_bytes_left(&record) > 0 && next_message(&record, &message))
			if (read_message(inspect, slot, event, &message) == FB_INSPECT_VERDICT_END)
				return FB_INSPECT_VERDICT_END;
	}
	return FB_INSPECT_VERDICT_MORE;
}

/*
 * Remote desktops: a TLS record behind headers of several lengths (MS-RDPEUDP), in the first bytes
 * of a datagram. It is taken if a whole hello is in it.
 */
static enum fb_inspect_verdict read_rdp(struct fb_inspect *inspect, const struct fb_event *event,
					const uint8_t *datagram, size_t len)
{
	const uint8_t *body;
	size_t body_len;

	for (size_t at = 0; at < RDP_HEADER_MAX && at + 60 < len; at++)
		if (datagram[at] == 22 && datagram[at + 1] == 3 &&
		    datagram[at + 5] == FB_TLS_CLIENT_HELLO &&
		    fb_record_handshake(datagram + at, len - at, FB_TLS_CLIENT_HELLO,
					inspect->scratch, &body, &body_len) == FB_RECORD_FOUND &&
		    fb_inspect_client_hello(inspect, event, body, body_len,
					    &(struct fb_carrier){.transport = 't'}))
			return FB_INSPECT_VERDICT_END;
	return FB_INSPECT_VERDICT_MORE;
}

/* What it is, by its first bytes. */
static enum fb_inspect_verdict read_hello(struct fb_inspect *inspect, const struct fb_event *event,
					  const uint8_t *datagram, size_t len)
{
	if (fb_quic_looks_like(datagram, len))
		return read_quic(inspect, event, datagram, len);
	if (len > CAPWAP_HEADER && memcmp(datagram, "\1\0\0", CAPWAP_HEADER) == 0) {
		datagram += CAPWAP_HEADER;
		len -= CAPWAP_HEADER;
	}
	if (len > DTLS_HEADER && is_dtls(datagram))
		return read_dtls(inspect, event, datagram, len);
	if (fb_inspect_has_port(event, PORT_RDP))
		return read_rdp(inspect, event, datagram, len);
	return FB_INSPECT_VERDICT_MORE;
}

/* A port says what is looked for first, and that it may come again and again: there is no end. */
static enum fb_inspect_verdict read_datagram(struct fb_inspect *inspect,
					     const struct fb_event *event, const uint8_t *datagram,
					     size_t len)
{
	/* a capture may have cut it */
	const size_t whole = event->gso_size || event->len < len ? len : event->len;

	if (!fb_inspect_is_lookup(event))
		return read_hello(inspect, event, datagram, len);
	if (fb_dhcp_looks_like(datagram, len))
		fb_inspect_dhcp(inspect, event, datagram, len);
	else if (fb_dns_looks_like(datagram, len, whole))
		fb_inspect_dns(inspect, event, datagram, len);
	else
		read_hello(inspect, event, datagram, len);
	return FB_INSPECT_VERDICT_MORE;
}

/* UDP GRO and GSO make one sample of many datagrams, all but the last `gso_size` long. */
enum fb_inspect_verdict fb_inspect_udp(struct fb_inspect *inspect, const struct fb_inspect_pkt *pkt)
{
	const size_t len = pkt->event->caplen;
	const size_t each = pkt->event->gso_size ? pkt->event->gso_size : len;
	enum fb_inspect_verdict verdict = FB_INSPECT_VERDICT_MORE;

	for (size_t at = 0; at < len && verdict == FB_INSPECT_VERDICT_MORE; at += each)
		verdict = read_datagram(inspect, pkt->event, pkt->payload + at,
					len - at < each ? len - at : each);
	return verdict;
}
