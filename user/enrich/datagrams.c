/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP: DNS, mDNS, LLMNR and DHCP by port, QUIC and DTLS by their first bytes on any port. */
#include <string.h>

#include "enrich/inspect_priv.h"
#include "proto/bytes.h"
#include "proto/dhcp.h"
#include "proto/name.h"

#define DTLS_HANDSHAKE 22
#define DTLS_HEADER    13

static bool has_port(const struct fb_event *event, uint16_t port)
{
	const __be16 be = (__be16)(port >> 8 | port << 8);

	return event->key.port[0] == be || event->key.port[1] == be;
}

static void read_dhcp(struct fb_inspect *inspect, const struct fb_event *event,
		      const uint8_t *message, size_t len)
{
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};
	char text[FB_NAME_MAX + 1];
	struct fb_dhcp dhcp;
	int n;

	if (fb_dhcp_parse(message, len, &dhcp) < 0)
		return;
	fb_inspect_tell(inspect, event, FB_L7_DHCP, -1, FB_NAME_NONE, NULL, 0);
	n = dhcp.host ? fb_name_text(dhcp.host, dhcp.host_len, text, sizeof(text)) : 0;
	if (n <= 0 || dhcp.addr[0] == 0)
		return;
	memcpy(addr + 12, dhcp.addr, 4);
	inspect->ops->addr(inspect->ctx,
			   &(struct fb_inspect_addr){
				   .addr = addr,
				   .family = FB_IPV4,
				   .source = FB_NAME_DHCP,
				   .name = text,
				   .len = (size_t)n,
				   .ttl = 86400,
			   },
			   event->time);
}

/* The server's part: it confirms the name, and tells what was chosen. */
static enum fb_inspect_verdict read_quic_answer(struct fb_inspect *inspect,
						struct fb_inspect_slot *slot,
						const struct fb_event *event,
						const uint8_t *datagram, size_t len)
{
	const uint8_t *body;
	bool retry = false;
	size_t body_len;

	if (fb_quic_answer(&slot->quic, datagram, len, &inspect->opens_left, &body, &body_len) !=
		    FB_QUIC_HELLO ||
	    !slot->told)
		return FB_INSPECT_VERDICT_MORE;
	fb_inspect_server_hello(inspect, event, body, body_len, FB_L7_QUIC, &retry);
	return retry ? FB_INSPECT_VERDICT_MORE : FB_INSPECT_VERDICT_END;
}

static enum fb_inspect_verdict read_quic(struct fb_inspect *inspect, const struct fb_event *event,
					 const uint8_t *datagram, size_t len)
{
	struct fb_inspect_slot *slot = fb_inspect_slot(inspect, event);
	const uint8_t *body;
	size_t body_len;

	if (!slot)
		return FB_INSPECT_VERDICT_MORE;
	if (inspect->opens_left == 0) {
		inspect->counters.quic_skipped++;
		return FB_INSPECT_VERDICT_MORE;
	}
	if (slot->client >= 0 && (uint8_t)slot->client != event->dir)
		return read_quic_answer(inspect, slot, event, datagram, len);
	if (slot->told)
		return FB_INSPECT_VERDICT_MORE;
	switch (fb_quic_feed(&slot->quic, datagram, len, &inspect->opens_left)) {
	case FB_QUIC_HELLO:
		slot->client = (int8_t)event->dir;
		slot->pending = false;
		slot->told = fb_quic_hello(&slot->quic, &body, &body_len) &&
			     fb_inspect_client_hello(inspect, event, body, body_len, 'q',
						     slot->quic.crypto.overlap);
		fb_reasm_fini(&slot->quic.crypto);
		return slot->told ? FB_INSPECT_VERDICT_MORE : FB_INSPECT_VERDICT_END;
	case FB_QUIC_BAD:
		inspect->counters.quic_bad++;
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

/*
 * DTLS record: type(1) version(2) epoch(2) sequence(6) length(2)
 *   handshake: type(1) length(3) message_seq(2) fragment_offset(3) fragment_length(3) fragment
 */
static enum fb_inspect_verdict read_dtls(struct fb_inspect *inspect, const struct fb_event *event,
					 const uint8_t *datagram, size_t len)
{
	struct fb_inspect_slot *slot = fb_inspect_slot(inspect, event);
	struct fb_bytes in = fb_bytes(datagram, len);

	while (slot && fb_bytes_left(&in) > DTLS_HEADER) {
		const uint8_t *header = fb_bytes_take(&in, DTLS_HEADER);
		struct fb_bytes record = fb_bytes_sub(&in, (size_t)header[11] << 8 | header[12]);
		const uint8_t type = fb_bytes_u8(&record);
		const uint32_t total = fb_bytes_u24(&record);
		uint32_t offset, n;
		const uint8_t *fragment;

		fb_bytes_u16(&record);
		offset = fb_bytes_u24(&record);
		n = fb_bytes_u24(&record);
		fragment = fb_bytes_take(&record, n);
		if (!fragment || header[0] != DTLS_HANDSHAKE || header[1] != 0xfe ||
		    type != FB_TLS_CLIENT_HELLO || total > FB_HANDSHAKE_MAX || offset + n > total)
			return FB_INSPECT_VERDICT_MORE;
		fb_reasm_put(&slot->dtls[event->dir & 1], offset, fragment, n);
		if (fb_reasm_contiguous(&slot->dtls[event->dir & 1], 0) < total || total == 0)
			continue;
		fb_inspect_client_hello(inspect, event, slot->dtls[event->dir & 1].data, total, 'd',
					false);
		return FB_INSPECT_VERDICT_END;
	}
	return FB_INSPECT_VERDICT_MORE;
}

static enum fb_inspect_verdict read_datagram(struct fb_inspect *inspect,
					     const struct fb_event *event, const uint8_t *datagram,
					     size_t len)
{
	if (has_port(event, 53) || has_port(event, 5353) || has_port(event, 5355)) {
		fb_inspect_dns(inspect, event, datagram, len);
		return FB_INSPECT_VERDICT_MORE; /* a resolver asks again from the same port */
	}
	if (has_port(event, 67) || has_port(event, 68)) {
		read_dhcp(inspect, event, datagram, len);
		return FB_INSPECT_VERDICT_MORE;
	}
	if (fb_quic_looks_like(datagram, len))
		return read_quic(inspect, event, datagram, len);
	if (len > DTLS_HEADER && datagram[0] == DTLS_HANDSHAKE && datagram[1] == 0xfe)
		return read_dtls(inspect, event, datagram, len);
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
