/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How well a TCP connection does: retransmissions, reordering, delay and closed windows, by the
 * sequence numbers of both directions. The segment that continues its direction costs a compare and
 * a store; the clock (20 ns) is read once a round trip and where something is wrong.
 *
 *   seq == next   in order; may start a sample of the delay, which ends by the ACK of its last byte
 *   seq >  next   a gap opens: a segment was lost before us, or is late
 *   seq <  next   fills a gap soon: reordered; else sent again. Keepalives and probes are neither
 *   far away      a stray, or the connection jumped while nobody looked: believed if it goes on
 */
#pragma once

#include "lib/flow.h"

#define QUALITY_FAR	 (1 << 26) /* more than a window */
#define QUALITY_SYN_DATA (1u << 16)
#define QUALITY_LATE	 3000 /* us: where no delay is known, a gap's fill is reordering so long */
#define QUALITY_GAP_OLD	 1000000  /* us: what was lost so long ago disturbs no sample any more */
#define QUALITY_DELAY	 60000000 /* us: no delay is longer */
#define QUALITY_CLOSE	 1000	  /* us: shorter delays are sampled once a tick */

/* What is read of a segment, in host order. */
struct fb_segment {
	__u32 seq, ack;
	__u32 len; /* of its payload, all segments of an skb */
	__u32 segs;
	__be16 window;
	__u8 flags;
};

static __always_inline __u32 quality_us(struct __sk_buff *skb)
{
	return now_ns(skb) / 1000;
}

/* What `dir` sent arrived: its sample ends. */
__noinline int quality_sample(struct __sk_buff *skb, __u32 slot, __u32 dir)
{
	struct fb_quality *quality = quality_of(slot);
	struct fb_quality_dir *own;
	__u32 delay, off;

	if (!quality)
		return 0;
	own = &quality->dir[dir & 1];
	own->bits &= ~FB_QUALITY_TIMED;
	delay = quality_us(skb) - own->time;
	if (delay > QUALITY_DELAY)
		return 0;
	delay = delay ? delay : 1;
	if (!own->delay) {
		own->delay = own->delay_min = delay;
		return 0;
	}
	if (delay < own->delay_min)
		own->delay_min = delay;
	off = delay > own->delay ? delay - own->delay : own->delay - delay;
	own->jitter += own->jitter ? (__s32)(off - own->jitter) >> 2 : off;
	own->delay += (__s32)(delay - own->delay) >> 3;
	return 0;
}

/* A sample starts, that the ACK of `end` ends; not while something is missing. */
__noinline int quality_time(struct __sk_buff *skb, __u32 slot, __u32 dir, __u32 end)
{
	struct fb_quality *quality = quality_of(slot);
	struct fb_quality_dir *own;
	__u32 now;

	if (!quality)
		return 0;
	own = &quality->dir[dir & 1];
	now = quality_us(skb);
	own->bits &= ~FB_QUALITY_WANT;
	if (own->bits & FB_QUALITY_GAP && now - own->time < QUALITY_GAP_OLD)
		return 0;
	own->bits = (own->bits & ~(FB_QUALITY_GAP | FB_QUALITY_STRAY)) | FB_QUALITY_TIMED;
	own->mark = end;
	own->time = now;
	return 0;
}

static __always_inline void quality_begin(struct fb_quality_dir *own, __u32 end)
{
	own->next = end;
	own->bits = (own->bits & FB_QUALITY_ZERO) | FB_QUALITY_SEEN | FB_QUALITY_WANT;
}

static __always_inline void quality_stray(struct fb_quality_dir *own, __u32 seq, __u32 end)
{
	if (own->bits & FB_QUALITY_STRAY && seq == own->mark) {
		quality_begin(own, end);
		return;
	}
	own->bits &= ~(FB_QUALITY_TIMED | FB_QUALITY_GAP);
	own->bits |= FB_QUALITY_STRAY;
	own->mark = end;
}

/* A gap is filled by what was late within this time, after it by what was sent again. */
static __always_inline __u32 quality_late(const struct fb_quality_dir *own,
					  const struct fb_quality_dir *other)
{
	return own->delay_min ? (own->delay_min + other->delay_min) / 4 * 3 : QUALITY_LATE;
}

static __always_inline void quality_gap(struct __sk_buff *skb, struct fb_quality_dir *own,
					const struct fb_quality_dir *other, __u32 end)
{
	__u32 now = quality_us(skb);

	if (!(own->bits & FB_QUALITY_GAP) || now - own->time > quality_late(own, other)) {
		own->time = now;
		own->mark = own->next;
	}
	own->bits &= ~(FB_QUALITY_TIMED | FB_QUALITY_STRAY);
	own->bits |= FB_QUALITY_GAP;
	own->next = end;
}

/* Whose ACK comes cannot be told (Karn). */
static __always_inline void quality_untime(struct fb_quality_dir *own, __u32 seq)
{
	if (own->bits & FB_QUALITY_TIMED && (__s32)(seq - own->mark) < 0)
		own->bits &= ~FB_QUALITY_TIMED;
}

static __always_inline void quality_again(struct __sk_buff *skb, struct fb_quality_dir *own,
					  const struct fb_quality_dir *other, __u32 seq, __u32 end,
					  __u32 segs)
{
	if (own->bits & FB_QUALITY_GAP && (__s32)(seq - own->mark) >= 0 &&
	    quality_us(skb) - own->time < quality_late(own, other))
		own->reordered += own->reordered + segs <= 0xffff ? segs : 0;
	else
		own->retrans += segs;
	quality_untime(own, seq);
	if ((__s32)(end - own->next) > 0)
		own->next = end;
}

/* A byte, or none, before what comes next: is anybody there, or is your window open? */
static __always_inline bool quality_probes(const struct fb_quality_dir *own,
					   const struct fb_quality_dir *other, __u32 seq, __u32 end)
{
	return end - seq <= 1 && seq + 1 == own->next &&
	       (own->bits & FB_QUALITY_ACKED || other->bits & FB_QUALITY_ZERO);
}

/* Not the next byte. `what`: | segments 16 | flags 8 | direction 8 |. */
__noinline int quality_odd(struct __sk_buff *skb, __u32 slot, __u32 what, __u32 seq, __u32 end)
{
	struct fb_quality *quality = quality_of(slot);
	__u32 dir = what & 1, flags = what >> 8;
	struct fb_quality_dir *own, *other;
	__s32 ahead;

	if (!quality)
		return 0;
	own = &quality->dir[dir];
	other = &quality->dir[!dir];
	if (!(own->bits & FB_QUALITY_SEEN) ||
	    (flags & TCP_SYN && own->next - end > QUALITY_SYN_DATA)) {
		quality_begin(own, end);
		return quality_time(skb, slot, dir, end);
	}
	if (!(flags & (TCP_SYN | TCP_FIN)) && quality_probes(own, other, seq, end))
		return 0;
	ahead = seq - own->next;
	if (ahead > QUALITY_FAR || ahead < -QUALITY_FAR) {
		quality_stray(own, seq, end);
		return 0;
	}
	if (ahead > 0)
		quality_gap(skb, own, other, end);
	else
		quality_again(skb, own, other, seq, end, what >> 16);
	return 0;
}

/* What a segment of the other direction says of the one that `own` is. */
static __always_inline void quality_ack(struct __sk_buff *skb, struct fb_quality_dir *own,
					__u32 slot, __u32 dir, __u32 ack)
{
	if (own->bits & FB_QUALITY_TIMED && (__s32)(ack - own->mark) >= 0)
		quality_sample(skb, slot, dir);
	if (ack == own->next && !(own->bits & FB_QUALITY_ACKED))
		own->bits |= FB_QUALITY_ACKED;
}

static __always_inline void quality_window(struct fb_quality_dir *own, __be16 window)
{
	if (window) {
		if (own->bits & FB_QUALITY_ZERO)
			own->bits &= ~FB_QUALITY_ZERO;
	} else if (!(own->bits & FB_QUALITY_ZERO)) {
		own->bits |= FB_QUALITY_ZERO;
		own->zero_windows += own->zero_windows != 0xff;
	}
}

/* Nothing but bytes that were seen, while nothing is missing: a call costs more than to count it.
 */
static __always_inline bool quality_seen(struct fb_quality_dir *own, const struct fb_segment *s,
					 __u32 end)
{
	if ((own->bits & (FB_QUALITY_SEEN | FB_QUALITY_GAP)) != FB_QUALITY_SEEN || s->len <= 1 ||
	    s->flags & TCP_SYN || own->next - end > QUALITY_FAR - s->len)
		return false;
	own->retrans += s->segs;
	quality_untime(own, s->seq);
	return true;
}

/* Data, or a SYN or FIN, which take a number each. */
static __always_inline void quality_data(struct __sk_buff *skb, struct fb_quality *quality,
					 __u32 slot, __u32 dir, const struct fb_segment *s)
{
	struct fb_quality_dir *own = &quality->dir[dir], *other = &quality->dir[!dir];
	__u32 end = s->seq + s->len + !!(s->flags & (TCP_SYN | TCP_FIN));
	__u8 bits = own->bits;

	if (s->seq != own->next || !(bits & FB_QUALITY_SEEN) || s->flags & TCP_SYN) {
		if (!quality_seen(own, s, end))
			quality_odd(skb, slot, (s->segs & 0xffff) << 16 | s->flags << 8 | dir,
				    s->seq, end);
		return;
	}
	if (s->len == 1 && other->bits & FB_QUALITY_ZERO)
		return; /* asks, and will be sent again if it was not taken */
	own->next = end;
	if (bits & FB_QUALITY_ACKED)
		own->bits = bits & ~FB_QUALITY_ACKED;
	if (!(bits & FB_QUALITY_TIMED) &&
	    (bits & FB_QUALITY_WANT || (own->delay > QUALITY_CLOSE && !(bits & FB_QUALITY_GAP))))
		quality_time(skb, slot, dir, end);
}

/* `tick`: the first packet of a tick. */
static __always_inline void quality_add(struct __sk_buff *skb, __u32 slot, __u32 dir,
					const struct fb_segment *s, bool tick)
{
	struct fb_quality *quality = quality_of(slot);

	if (!quality || !s->flags || s->flags & TCP_RST)
		return;
	if (tick) {
		quality->dir[0].bits |= FB_QUALITY_WANT;
		quality->dir[1].bits |= FB_QUALITY_WANT;
	}
	if (s->flags & TCP_ACK)
		quality_ack(skb, &quality->dir[!dir], slot, !dir, s->ack);
	quality_window(&quality->dir[dir], s->window);
	if (s->len || s->flags & (TCP_SYN | TCP_FIN))
		quality_data(skb, quality, slot, dir, s);
}

/*
 * The same of a packet that took a longer way. One without flags is a later fragment, or would open
 * a connection that it does not fit.
 */
__noinline int quality_follow(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot, __u32 tick)
{
	struct fb_segment s;
	struct tcphdr tcp;

	if (!p || p->proto != IPPROTO_TCP || !p->tcp_flags ||
	    bpf_skb_load_bytes(skb, p->l4, &tcp, __builtin_offsetof(struct tcphdr, check)))
		return 0;
	s = (struct fb_segment){
		.seq = bpf_ntohl(tcp.seq),
		.ack = bpf_ntohl(tcp.ack_seq),
		.len = p->payload_len,
		.segs = p->segs,
		.window = tcp.window,
		.flags = p->tcp_flags,
	};
	quality_add(skb, slot, p->dir & 1, &s, tick);
	return 0;
}
