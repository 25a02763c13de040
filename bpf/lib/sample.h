/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * First payload bytes to the ring, bounded per flow and direction, while a name may still come.
 * TCP: any port, any place in the stream's start (STARTTLS, CONNECT, PROXY lines come before a
 * hello). UDP: what looks like QUIC or DTLS, and the ports of DNS and DHCP. ICMP: errors.
 */
#pragma once

#include "lib/flow.h"

/* Versions of QUIC, whole or by their upper bits, where many of a kind are in use. */
enum quic_version {
	QUIC_V1 = 1,
	QUIC_V2 = 0x6b3343cf,
	QUIC_V2_DRAFT = 0x709a50c4,
	QUIC_DRAFT = 0xff0000,	    /* .. of version 1, by 24 bits */
	QUIC_MVFST = 0xfaceb0,	    /* Facebook's */
	QUIC_GOOGLE = 0x5130,	    /* "Q0..", by 16 bits */
	QUIC_GOOGLE_TLS = 0x5430,   /* "T0.." */
	QUIC_RESERVED = 0x0a0a0a0a, /* 0x?a?a?a?a: to see whether versions are negotiated */
};

static __always_inline bool is_port(const struct fb_key *key, __u16 port)
{
	return key->port[0] == port || key->port[1] == port;
}

/* Facts about others (addresses, host names): such a flow has no end of first bytes. */
static __always_inline bool is_lookup(const struct fb_key *key)
{
	return key->proto == IPPROTO_UDP && (is_port(key, PORT_DNS) || is_port(key, PORT_MDNS) ||
					     is_port(key, PORT_LLMNR) || is_port(key, PORT_DHCP));
}

static __always_inline bool is_quic(__u32 version)
{
	return version == QUIC_V1 || version == QUIC_V2 || version == QUIC_V2_DRAFT ||
	       version >> 8 == QUIC_DRAFT || version >> 8 == QUIC_MVFST ||
	       version >> 16 == QUIC_GOOGLE || version >> 16 == QUIC_GOOGLE_TLS ||
	       (version & 0x0f0f0f0f) == QUIC_RESERVED;
}

/*
 * DTLS handshake  | 22 | fe ff, fe fd, fe fc, 01 00 |, in CAPWAP behind | 01 00 00 00 |
 * QUIC            | 1 1 .. | version 32 |
 * Google's QUIC   | public flags | connection id 64 | "Q0.." |
 */
static __always_inline bool is_hello_datagram(const __u8 *b)
{
	if (b[0] == 22)
		return b[1] == 0xfe || (b[1] == 1 && !b[2]);
	if (b[0] == 1)
		return !b[1] && !b[2] && !b[3] && b[4] == 22 && b[5] == 0xfe;
	if (!(b[0] & 0x80))
		return (b[0] & 0x09) == 0x09 && b[9] == 'Q' && b[10] == '0';
	return is_quic((__u32)b[1] << 24 | b[2] << 16 | b[3] << 8 | b[4]);
}

/* What the program does not look at any more, of this direction; of both: done. */
static __always_inline void sample_end(struct fb_row *row, __u32 dir)
{
	__u32 end = FB_INSPECT_END0 << dir, both = FB_INSPECT_END0 | FB_INSPECT_END1;

	if (((row->inspect | end) & both) == both)
		end |= FB_INSPECT_DONE;
	__sync_fetch_and_or(STATE_WORD(row), end << INSPECT_SHIFT);
}

/*
 * bpf_skb_load_bytes of `len` bytes, 1 .. most. Linux 6.1 does not see from `len != 0` that it is
 * at least 1; from this it does.
 */
static __always_inline long load_some(struct __sk_buff *skb, __u32 at, void *to, __u32 len,
				      __u32 most)
{
	__u32 last = len - 1;

	asm volatile("" : "+r"(last));
	return last < most ? bpf_skb_load_bytes(skb, at, to, last + 1) : -1;
}

/* The name of a ClientHello that sits whole in this sample: true: fb_scratch has it. */
static __always_inline bool sample_name(struct __sk_buff *skb, struct fb_pkt *p, struct fb_row *row,
					struct fb_scratch *scratch, __u32 len)
{
	struct fb_sni *sni = &scratch->sni;
	struct fb_name *name = &scratch->name;
	__u32 n;

	if (!fb_sni_read(scratch->payload, len, sni) || !sni->name_len)
		return false;
	n = sni->name_len & 0xff;
	__builtin_memset(name, 0, sizeof(*name));
	name->generation = row->generation;
	name->source = sni->ech ? FB_NAME_ECH : FB_NAME_SNI;
	name->len = n;
	if (load_some(skb, p->payload + sni->name_at, name->name, n, FB_NAME_MAX))
		return false;
	if (bpf_map_update_elem(&fb_names, &row->key, name, BPF_ANY)) {
		stat_event(p->link, p->hook, FB_STAT_names_full, 1, 0);
		return true;
	}
	__sync_fetch_and_or(STATE_WORD(row), FB_ROW_NAMED);
	scratch->event.flags |= FB_EVENT_NAMED;
	stat_event(p->link, p->hook, FB_STAT_name_found, 1, 0);
	return true;
}

/* The moment of this packet, not counted yet: that of the row, if it is its first one. */
static __always_inline __u64 sample_ns(struct __sk_buff *skb, const struct fb_pkt *p,
				       const struct fb_row *row)
{
	bool first = row->packets[0] + row->packets[1] == 0;

	return first ? row->first_seen : now_ns(skb);
}

static __always_inline void sample_event(struct __sk_buff *skb, const struct fb_pkt *p,
					 const struct fb_row *row, struct fb_event *event)
{
	__be32 seq = 0;

	event->key = row->key;
	event->time = sample_ns(skb, p, row);
	event->generation = row->generation;
	event->seq = 0;
	event->gso_size = 0;
	event->flags = 0;
	if (p->proto == IPPROTO_TCP) {
		bpf_skb_load_bytes(skb, p->l4 + __builtin_offsetof(struct tcphdr, seq), &seq, 4);
		event->seq = bpf_ntohl(seq);
		event->flags = (p->tcp_flags & TCP_SYN ? FB_EVENT_SYN : 0) |
			       (p->tcp_flags & TCP_FIN ? FB_EVENT_FIN : 0);
	} else if (p->segs > 1) {
		event->gso_size = skb->gso_size;
	}
	event->len = p->payload_len;
	event->dir = p->dir;
	event->opener = row->opener;
	event->pad[0] = 0;
}

/* A datagram of a kind that says no name. */
static __always_inline bool is_dull(struct __sk_buff *skb, const struct fb_pkt *p,
				    const struct fb_row *row)
{
	__u8 b[16];

	if (p->proto != IPPROTO_UDP || is_port(&row->key, PORT_RDP))
		return false;
	return p->payload_len < sizeof(b) || bpf_skb_load_bytes(skb, p->payload, b, sizeof(b)) ||
	       !is_hello_datagram(b);
}

/* Bytes of the payload to copy, of a direction of which `room` may still be. */
static __always_inline __u32 sample_len(struct __sk_buff *skb, const struct fb_pkt *p, __u32 room)
{
	__u32 len = p->payload_len;

	if (len > fb_knobs.sample_bytes)
		len = fb_knobs.sample_bytes;
	if (p->payload + len > skb->len)
		len = skb->len > p->payload ? skb->len - p->payload : 0; /* a clipped capture */
	return len < room ? len : room;
}

static __always_inline void sample_push(const struct fb_pkt *p, struct fb_scratch *scratch,
					__u32 len)
{
	asm volatile("" : "+r"(len));
	if (len > FB_SAMPLE_MAX)
		return; /* never: a bound for the verifier */
	if (bpf_ringbuf_output(&fb_ring, scratch, sizeof(scratch->event) + len, 0))
		stat_event(p->link, p->hook, FB_STAT_ring_full, 1, len);
	else
		stat_event(p->link, p->hook, FB_STAT_sampled, 1, len);
}

/* A packet with payload of a flow that may still get a name; 1: fb_scratch has it. */
__noinline int flow_sample(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot)
{
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	__u32 zero = 0, dir, len, most, room = 0;
	struct fb_scratch *scratch;
	bool lookup;
	int named = 0;

	scratch = bpf_map_lookup_elem(&fb_scratch, &zero);
	if (!row || !scratch || !p)
		return 0;
	dir = p->dir & 1;
	lookup = is_lookup(&row->key);
	if (!lookup && is_dull(skb, p, row)) {
		if (row->packets[dir] + p->segs >= FB_SAMPLE_DATAGRAMS)
			sample_end(row, dir);
		return 0;
	}
	most = dir == row->opener ? FB_SAMPLE_BYTES_OPENER : FB_SAMPLE_BYTES_OTHER;
	if (lookup)
		room = FB_SAMPLE_MAX;
	else if (most > row->sampled_bytes[dir])
		room = most - row->sampled_bytes[dir];
	len = sample_len(skb, p, room);
	sample_event(skb, p, row, &scratch->event);
	scratch->event.slot = slot;
	if (len < p->payload_len)
		scratch->event.flags |= FB_EVENT_CUT;
	row->sampled[dir]++;
	row->sampled_bytes[dir] += len;
	if (!lookup &&
	    (row->sampled[dir] >= fb_knobs.sample_packets || row->sampled_bytes[dir] >= most)) {
		scratch->event.flags |= FB_EVENT_LAST;
		sample_end(row, dir);
	}
	if (len && load_some(skb, p->payload, scratch->payload, len, FB_SAMPLE_MAX))
		return 0;
	scratch->event.caplen = len;
	if (p->proto == IPPROTO_TCP && !(row->state & FB_ROW_NAMED))
		named = sample_name(skb, p, row, scratch, len);
	sample_push(p, scratch, len);
	return named;
}
