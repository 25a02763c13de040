/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rare events of a TCP connection's life: opening, handshake, end, the 5-tuple used again. Any
 * flag may be forged. So a SYN makes a new connection of a live row only once it is answered, and
 * FIN and RST count where their sequence number is the one that comes next (RFC 5961); numbers are
 * not followed packet by packet: those of the SYNs and the bytes counted since tell them.
 */
#pragma once

#include "lib/flood.h"
#include "lib/flow.h"

#define TCP_ENDS   (TCP_FIN | TCP_RST)
#define FIT_FAR	   (1u << 24) /* beyond this a number is none of the connection's */
#define FIT_WIDE   (1u << 22) /* a guess this wide proves nothing */
#define SYN_DATA   (1u << 14) /* bytes in a SYN, at most (TCP Fast Open) */
#define FIRST_DATA (1u << 16) /* bytes of a first flight */

enum fit {
	FIT_NO,
	FIT_MAYBE,
	FIT_YES,
};

struct tcp_numbers {
	__be32 seq, ack;
};

static __always_inline bool tcp_numbers(struct __sk_buff *skb, const struct fb_pkt *p, __u32 *seq,
					__u32 *ack)
{
	struct tcp_numbers n;

	if (bpf_skb_load_bytes(skb, p->l4 + __builtin_offsetof(struct tcphdr, seq), &n, sizeof(n)))
		return false;
	*seq = bpf_ntohl(n.seq);
	*ack = bpf_ntohl(n.ack);
	return true;
}

/* The hook that saw the most of a direction; 0 where none did, else 1 + enum fb_hook. */
static __always_inline __u8 leading_hook(const struct fb_row *row, const struct fb_side *side,
					 __u32 dir)
{
	__u8 first = row->sight[dir & 1];

	return first && side->packets[dir & 1] > row->packets[dir & 1] ? 3 - first : first;
}

static __always_inline bool on_its_hook(const struct fb_row *row, const struct fb_side *side,
					const struct fb_pkt *p)
{
	__u8 hook = leading_hook(row, side, p->dir);

	return !hook || hook == p->hook + 1;
}

/* The sender of a SYN had ended the connection before: by its FIN, or any RST. */
static __always_inline bool row_ended(const struct fb_row *row, __u32 dir)
{
	return (row->tcp_flags[0] | row->tcp_flags[1]) & TCP_RST ||
	       row->tcp_flags[dir & 1] & TCP_FIN;
}

/* The handshake is not done: a SYN belongs to it. */
static __always_inline bool row_is_young(const struct fb_row *row)
{
	return row->opener_by == FB_OPENER_SYN && !(row->tcp_flags[row->opener & 1] & TCP_ACK);
}

/* A row of its own for the connection that this packet opens; gives the slot to count in. */
static __always_inline int row_supersede(struct __sk_buff *skb, struct fb_pkt *p,
					 struct fb_row *row, int slot)
{
	int fresh;

	if (__sync_fetch_and_or(STATE_WORD(row), FB_ROW_SUPERSEDED) & FB_ROW_SUPERSEDED)
		return slot; /* another CPU is at it */
	fresh = flow_create(skb, p, row->generation);
	if (fresh < 0) {
		/* no room: the old row goes on, so that no packet is lost */
		__sync_fetch_and_and(STATE_WORD(row), ~FB_ROW_SUPERSEDED);
		return slot;
	}
	stat_event(p->link, p->hook, FB_STAT_reused, 1, 0);
	row_limit_again(row, slot, fresh);
	return fresh;
}

/* What was counted of the SYN goes with it to its connection. */
static __always_inline void syn_move(struct fb_row *from, struct fb_side *side, struct fb_row *to)
{
	__u32 dir = (side->syn - 1) & 1, hook = (side->syn - 1) >> 1 & 1;
	__u64 packets = side->syn_packets, bytes = side->syn_bytes;

	if (from->sight[dir] == hook + 1) {
		__sync_fetch_and_add(&from->packets[dir], -packets);
		__sync_fetch_and_add(&from->bytes[dir], -bytes);
	} else {
		__sync_fetch_and_add(&side->packets[dir], -packets);
		__sync_fetch_and_add(&side->bytes[dir], -bytes);
	}
	to->first_seen = side->syn_ns;
	to->isn = side->syn_seq;
	to->sight[dir] = hook + 1;
	__sync_fetch_and_add(&to->packets[dir], packets);
	__sync_fetch_and_add(&to->bytes[dir], bytes);
	__sync_fetch_and_or(FLAGS_WORD(to), (__u32)TCP_SYN << (dir * 8));
	side->syn = 0;
}

/* A SYN that is no part of this connection, for all that is known: it waits for its answer. */
static __always_inline void syn_note(struct __sk_buff *skb, const struct fb_pkt *p,
				     struct fb_side *side, __u32 seq)
{
	__u8 syn = 1 + ((p->dir & 1) | (p->hook & 1) << 1);

	if (side->syn == syn && side->syn_seq == seq) {
		side->syn_packets += p->segs;
		side->syn_bytes += p->bytes;
		return;
	}
	side->syn_ns = now_ns(skb);
	side->syn_seq = seq;
	side->syn_packets = p->segs;
	side->syn_bytes = p->bytes;
	side->syn = syn;
}

/* `p` answers a SYN that waited: it is a new connection, or another try of this one. */
static __always_inline int syn_answered(struct __sk_buff *skb, struct fb_pkt *p, struct fb_row *row,
					struct fb_side *side, int slot, __u32 seq)
{
	struct fb_side *fresh_side;
	struct fb_row *fresh_row;
	__u32 fresh;

	if (row_is_young(row)) {
		if (row->opener == (side->syn - 1 & 1))
			row->isn = side->syn_seq;
		side->syn = 0;
		return slot;
	}
	fresh = row_supersede(skb, p, row, slot);
	if (fresh == (__u32)slot)
		return slot;
	fresh_row = bpf_map_lookup_elem(&fb_flows, &fresh);
	fresh_side = bpf_map_lookup_elem(&fb_sides, &fresh);
	if (fresh_row && fresh_side) {
		syn_move(row, side, fresh_row);
		fresh_side->answer_isn = seq;
		fresh_side->answered = 1;
	}
	return fresh;
}

/* A SYN-ACK on a row that exists; what fits nothing is no flag of its connection. */
static __always_inline int flow_syn_ack(struct __sk_buff *skb, struct fb_pkt *p, struct fb_row *row,
					struct fb_side *side, int slot)
{
	__u32 dir = p->dir & 1, seq, ack;

	if (!tcp_numbers(skb, p, &seq, &ack))
		return slot;
	if (row->opener_by == FB_OPENER_SYN && (row->opener & 1) != dir &&
	    ack - row->isn - 1 < SYN_DATA &&
	    (!side->answered || side->answer_isn == seq || row_is_young(row))) {
		side->answer_isn = seq;
		side->answered = 1;
		return slot;
	}
	if (side->syn && (side->syn - 1 & 1) != dir && ack - side->syn_seq - 1 < SYN_DATA &&
	    on_its_hook(row, side, p))
		return syn_answered(skb, p, row, side, slot, seq);
	if (row_ended(row, dir))
		return row_supersede(skb, p, row, slot);
	p->tcp_flags = 0;
	stat_event(p->link, p->hook, FB_STAT_unfit, 1, 0);
	return slot;
}

/*
 * A SYN on a row that exists: the same connection's (retransmitted, or of a simultaneous open), or
 * a new connection on an old 5-tuple, which gets a row of its own: at once if the old one had
 * ended, else when it is answered. Gives the slot to count in.
 */
__noinline int flow_syn(struct __sk_buff *skb, struct fb_pkt *p, int slot)
{
	__u32 index = slot, seq, ack;
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &index);
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &index);

	if (!row || !side || !p)
		return slot;
	if (p->tcp_flags & TCP_ACK)
		return flow_syn_ack(skb, p, row, side, slot);
	if (!tcp_numbers(skb, p, &seq, &ack))
		return slot;
	if (row->opener_by == FB_OPENER_SYN && row->isn == seq && row->opener == p->dir)
		return slot;
	if (row_ended(row, p->dir))
		return row_supersede(skb, p, row, slot);
	if (on_its_hook(row, side, p))
		syn_note(skb, p, side, seq);
	if (!row_is_young(row)) {
		p->tcp_flags = 0;
		stat_event(p->link, p->hook, FB_STAT_unfit, 1, 0);
	}
	return slot;
}

/* Number of the SYN of a direction; false: not known. */
static __always_inline bool isn_of(const struct fb_row *row, const struct fb_side *side, __u32 dir,
				   __u32 *isn)
{
	bool opener = row->opener == dir;

	*isn = opener ? row->isn : side->answer_isn;
	return row->opener_by == FB_OPENER_SYN && (opener || side->answered);
}

/* Does the sequence number of a FIN or RST come next, by the bytes that were counted? */
static __always_inline enum fit end_fits(const struct fb_row *row, const struct fb_side *side,
					 const struct fb_pkt *p, __u32 seq, __u32 ack)
{
	__u32 dir = p->dir & 1, headers = p->family == FB_IPV4 ? 40 : 60, isn, next, ahead;
	bool beside = leading_hook(row, side, dir) != row->sight[dir];
	__u64 packets = beside ? side->packets[dir] : row->packets[dir];
	__u64 bytes = beside ? side->bytes[dir] : row->bytes[dir];
	__u64 payload = bytes > packets * headers ? bytes - packets * headers : 0;
	__u64 options = packets * 40 < payload ? packets * 40 : payload;

	if (!isn_of(row, side, dir, &isn)) {
		/* a connection that is refused */
		if (p->tcp_flags & TCP_ACK && row_is_young(row) && row->opener != dir &&
		    (ack - row->isn - 1 < SYN_DATA ||
		     (side->syn && ack - side->syn_seq - 1 < SYN_DATA)))
			return FIT_YES;
		return row_is_young(row) ? FIT_NO : FIT_MAYBE;
	}
	if (payload >> 31)
		return FIT_MAYBE;
	/* the SYN takes a number, a FIN sent before another one */
	next = (__u32)payload + 2;
	ahead = next - (seq - isn);
	if (ahead <= options + 2)
		return options < FIT_WIDE ? FIT_YES : FIT_MAYBE;
	return seq - isn < next + FIT_FAR ? FIT_MAYBE : FIT_NO;
}

/* It may be the end: what comes after it, or does not, tells the user half. */
static __always_inline void end_note(struct fb_row *row, struct fb_side *side,
				     const struct fb_pkt *p)
{
	side->end_packets = row->packets[0] + row->packets[1] + side->packets[0] + side->packets[1];
	side->doubted[p->dir & 1] |= p->tcp_flags & TCP_ENDS;
	__sync_fetch_and_or(STATE_WORD(row), FB_ROW_DOUBTED);
}

/* The opener's first ACK follows its SYN, this one or the last try; or many say so. */
static __always_inline bool ack_fits(struct fb_row *row, struct fb_side *side, __u32 dir, __u32 seq)
{
	if (!row_is_young(row) || row->opener != dir || seq - row->isn - 1 < FIRST_DATA ||
	    row->packets[dir & 1] > 8)
		return true;
	if (!side->syn || (side->syn - 1 & 1) != dir || seq - side->syn_seq - 1 >= FIRST_DATA)
		return false;
	row->isn = side->syn_seq;
	side->syn = 0;
	return true;
}

/* The flags of a packet that its connection takes. */
static __always_inline __u8 flags_that_fit(struct __sk_buff *skb, const struct fb_pkt *p,
					   struct fb_row *row, struct fb_side *side)
{
	__u32 dir = p->dir & 1, seq, ack;
	__u8 flags = p->tcp_flags;
	enum fit fit;

	if (flags & TCP_SYN || !tcp_numbers(skb, p, &seq, &ack))
		return flags & ~TCP_ENDS;
	if (flags & TCP_ENDS & ~row->tcp_flags[dir]) {
		fit = end_fits(row, side, p, seq, ack);
		if (fit == FIT_MAYBE)
			end_note(row, side, p);
		else if (fit == FIT_NO)
			stat_event(p->link, p->hook, FB_STAT_unfit, 1, 0);
		return fit == FIT_YES ? flags : fit == FIT_NO ? 0 : flags & ~TCP_ENDS;
	}
	return ack_fits(row, side, dir, seq) ? flags : flags & ~TCP_ACK;
}

/* Does this packet finish the handshake of who came in by a SYN, by the number he was told? */
static __always_inline bool finishes(struct __sk_buff *skb, const struct fb_pkt *p,
				     const struct fb_row *row, const struct fb_side *side)
{
	__u32 seq, ack;

	return p->hook == FB_HOOK_INGRESS && side->answered && row->opener_by == FB_OPENER_SYN &&
	       tcp_numbers(skb, p, &seq, &ack) && ack - side->answer_isn - 1 < FIRST_DATA;
}

/* TCP flags not seen before in this direction: remember them; handshake events are among them. */
__noinline int flow_flags(struct __sk_buff *skb, struct fb_pkt *p, int slot)
{
	__u32 index = slot, dir, opener;
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &index);
	struct fb_side *side = bpf_map_lookup_elem(&fb_sides, &index);
	__u8 flags;
	__u64 rtt;

	if (!row || !side || !p)
		return 0;
	dir = p->dir & 1;
	opener = row->opener & 1;
	flags = flags_that_fit(skb, p, row, side);
	/* one SYN, one SYN-ACK and this ACK: with a retransmission in between it is not an RTT */
	if (flags & TCP_ACK && !(flags & TCP_SYN) && dir == opener &&
	    row->tcp_flags[dir] == TCP_SYN && row->tcp_flags[!dir] & TCP_SYN &&
	    row->packets[0] == 1 && row->packets[1] == 1) {
		rtt = now_ns(skb) - row->first_seen;
		row->rtt_ns = rtt < 0xffffffff ? rtt : 0xffffffff;
	}
	if (fb_knobs.flood_rate && flags & TCP_ACK && dir == opener &&
	    !(row->tcp_flags[dir] & TCP_ACK) && finishes(skb, p, row, side))
		flood_finished(p);
	__sync_fetch_and_or(FLAGS_WORD(row), (__u32)flags << (dir * 8));
	return 0;
}
