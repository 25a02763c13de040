/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * First payload bytes to the ring, bounded per flow and direction, while a name may still come.
 * TCP: any port, any place in the stream's start (STARTTLS, CONNECT, PROXY lines come before a
 * hello). UDP: what looks like QUIC or DTLS, and the ports of DNS and DHCP. ICMP: errors.
 */
#pragma once

#include "lib/flow.h"

_Static_assert((FB_SAMPLE_MAX & (FB_SAMPLE_MAX - 1)) == 0, "bounded by a mask");

static __always_inline bool is_port(const struct fb_key *key, __u16 port)
{
	return key->port[0] == bpf_htons(port) || key->port[1] == bpf_htons(port);
}

/* Facts about others (addresses, host names): such a flow has no end of first bytes. */
static __always_inline bool is_lookup(const struct fb_key *key)
{
	return key->proto == IPPROTO_UDP &&
	       (is_port(key, 53) || is_port(key, 5353) || is_port(key, 5355) || is_port(key, 67));
}

/*
 * DTLS handshake  | 22 | fe ff, fe fd, fe fc, 01 00 |, in CAPWAP behind | 01 00 00 00 |
 * QUIC            | 1 1 .. | version 32 |: one that is known, or reserved: 0x?a?a?a?a
 * Google's QUIC   | public flags | connection id 64 | "Q0.." |
 */
static __always_inline bool is_hello_datagram(const __u8 *b)
{
	__u32 version = (__u32)b[1] << 24 | b[2] << 16 | b[3] << 8 | b[4];

	if (b[0] == 22)
		return b[1] == 0xfe || (b[1] == 1 && !b[2]);
	if (b[0] == 1)
		return !b[1] && !b[2] && !b[3] && b[4] == 22 && b[5] == 0xfe;
	if (!(b[0] & 0x80))
		return (b[0] & 0x09) == 0x09 && b[9] == 'Q' && b[10] == '0';
	return version == 1 || version == 0x6b3343cf || version == 0x709a50c4 ||
	       version >> 8 == 0xff0000 || version >> 8 == 0xfaceb0 || version >> 16 == 0x5130 ||
	       version >> 16 == 0x5430 || (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* What the program does not look at any more, of this direction; of both: done. */
static __always_inline void sample_end(struct fb_row *row, __u32 dir)
{
	__u32 end = FB_INSPECT_END0 << dir, both = FB_INSPECT_END0 | FB_INSPECT_END1;

	if (((row->inspect | end) & both) == both)
		end |= FB_INSPECT_DONE;
	__sync_fetch_and_or(INSPECT_WORD(row), end);
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

/* The name of a ClientHello that sits whole in this sample. */
static __always_inline void sample_name(struct __sk_buff *skb, struct fb_pkt *p, struct fb_row *row,
					struct fb_scratch *scratch, __u32 len)
{
	struct fb_sni *sni = &scratch->sni;
	struct fb_name *name = &scratch->name;
	__u32 n;

	if (!fb_sni_read(scratch->payload, len, sni) || !sni->name_len)
		return;
	n = sni->name_len & 0xff;
	__builtin_memset(name, 0, sizeof(*name));
	name->generation = row->generation;
	name->source = sni->ech ? FB_NAME_ECH : FB_NAME_SNI;
	name->len = n;
	if (load_some(skb, p->payload + sni->name_at, name->name, n, FB_NAME_MAX))
		return;
	if (bpf_map_update_elem(&fb_names, &row->key, name, BPF_ANY)) {
		stat_event(p->link, p->hook, FB_STAT_names_full, 1, 0);
		return;
	}
	__sync_fetch_and_or(&row->state, FB_ROW_NAMED);
	stat_event(p->link, p->hook, FB_STAT_name_found, 1, 0);
}

static __always_inline void sample_event(struct __sk_buff *skb, const struct fb_pkt *p,
					 const struct fb_row *row, struct fb_event *event)
{
	__be32 seq = 0;

	event->key = row->key;
	event->time = now_ns(skb);
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

__noinline int flow_sample(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot)
{
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	struct fb_scratch *scratch;
	__u32 zero = 0, dir, len, budget;
	bool lookup;
	__u8 b[16];

	scratch = bpf_map_lookup_elem(&fb_scratch, &zero);
	if (!row || !scratch || !p)
		return 0;
	dir = p->dir & 1;
	lookup = is_lookup(&row->key);
	if (p->proto == IPPROTO_UDP && !lookup && !is_port(&row->key, 3389) &&
	    (p->payload_len < sizeof(b) || bpf_skb_load_bytes(skb, p->payload, b, sizeof(b)) ||
	     !is_hello_datagram(b))) {
		if (row->packets[dir] >= FB_SAMPLE_DATAGRAMS)
			sample_end(row, dir);
		return 0;
	}
	budget = dir == row->opener ? FB_SAMPLE_BYTES_OPENER : FB_SAMPLE_BYTES_OTHER;
	len = p->payload_len;
	if (len > fb_knobs.sample_bytes)
		len = fb_knobs.sample_bytes;
	if (p->payload + len > skb->len)
		len = skb->len > p->payload ? skb->len - p->payload : 0; /* a clipped capture */
	if (!lookup && row->sampled_bytes[dir] + len > budget)
		len = budget > row->sampled_bytes[dir] ? budget - row->sampled_bytes[dir] : 0;
	sample_event(skb, p, row, &scratch->event);
	scratch->event.slot = slot;
	if (len < p->payload_len)
		scratch->event.flags |= FB_EVENT_CUT;
	row->sampled[dir]++;
	row->sampled_bytes[dir] += len;
	if (!lookup &&
	    (row->sampled[dir] >= fb_knobs.sample_packets || row->sampled_bytes[dir] >= budget)) {
		scratch->event.flags |= FB_EVENT_LAST;
		sample_end(row, dir);
	}
	if (len && load_some(skb, p->payload, scratch->payload, len, FB_SAMPLE_MAX))
		return 0;
	scratch->event.caplen = len;
	if (p->proto == IPPROTO_TCP && !(row->state & FB_ROW_NAMED))
		sample_name(skb, p, row, scratch, len);
	asm volatile("" : "+r"(len));
	if (len > FB_SAMPLE_MAX)
		return 0; /* never: a bound for the verifier */
	if (bpf_ringbuf_output(&fb_ring, scratch, sizeof(scratch->event) + len, 0))
		stat_event(p->link, p->hook, FB_STAT_ring_full, 1, len);
	else
		stat_event(p->link, p->hook, FB_STAT_sampled, 1, len);
	return 0;
}
