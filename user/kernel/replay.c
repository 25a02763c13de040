/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture's frame becomes an Ethernet frame for BPF_PROG_TEST_RUN, which takes nothing else:
 *
 *   any link header | IP ..   ->   12 zero bytes | EtherType | IP ..
 */
#include "kernel/replay.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <flowbpf/link.h>

#include "util/cleanup.h"

/* The kernel takes a page less its own head and tail room: above this frames are cut. */
#define LIMIT_LEAST 1514
#define LIMIT_MOST  65535

struct fb_replay {
	struct fb_bpf *bpf;
	struct fb_ring *ring;
	uint32_t ifindex;
	uint32_t limit;	    /* bytes of a frame that this kernel takes */
	uint32_t n_waiting; /* frames in fb_frames that were not run yet */
	struct fb_replay_stats stats;
	uint8_t frame[LIMIT_MOST + ETH_HLEN];
};

/*
 * The Ethernet frame to feed: the capture's own, or one made in replay->frame. Its length, or 0,
 * and that on the wire.
 */
static uint32_t make_frame(struct fb_replay *replay, const struct fb_frame *frame,
			   const uint8_t **ret_data, uint32_t *ret_wire)
{
	struct fb_inner inner;
	uint32_t len;

	*ret_wire = frame->len > frame->caplen ? frame->len : frame->caplen;
	if (frame->linktype == FB_LINKTYPE_ETHERNET) {
		*ret_data = frame->data;
		return frame->caplen;
	}
	inner = fb_linktype_inner(frame->linktype, frame->data, frame->caplen);
	if (inner.ethertype == 0)
		return 0;
	*ret_wire += ETH_HLEN - inner.offset;
	len = frame->caplen - inner.offset;
	if (len > LIMIT_MOST)
		len = LIMIT_MOST;
	memset(replay->frame, 0, 12);
	replay->frame[12] = (uint8_t)(inner.ethertype >> 8);
	replay->frame[13] = (uint8_t)inner.ethertype;
	memcpy(replay->frame + ETH_HLEN, frame->data + inner.offset, len);
	*ret_data = replay->frame;
	return ETH_HLEN + len;
}

/* Of `wire` bytes, `len` are there. */
static int run(struct fb_replay *replay, int prog_fd, const uint8_t *data, uint32_t len,
	       uint32_t wire, uint64_t ts_ns)
{
	struct __sk_buff skb = {.ifindex = replay->ifindex, .tstamp = ts_ns, .cb = {wire}};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = len, .ctx_in = &skb,
		    .ctx_size_in = sizeof(skb));

	return bpf_prog_test_run_opts(prog_fd, &opts) < 0 ? -errno : 0;
}

int fb_replay_flush(struct fb_replay *replay)
{
	const uint32_t n = replay->n_waiting;
	int r = n ? fb_bpf_replay(replay->bpf, replay->ifindex, n) : 0;

	replay->n_waiting = 0;
	if (r < 0)
		return r;
	replay->stats.fed += n;
	r = replay->ring ? fb_ring_read(replay->ring, 0) : 0;
	return r < 0 ? r : 0;
}

/* One of many that are run together. */
static int add_frame(struct fb_replay *replay, const uint8_t *data, uint32_t len, uint32_t wire,
		     uint64_t ts_ns)
{
	struct fb_frame_slot *slot = &fb_bpf_frames(replay->bpf)[replay->n_waiting++];

	slot->ts_ns = ts_ns;
	slot->len = len;
	slot->wire = wire;
	memcpy(slot->data, data, len);
	return replay->n_waiting == FB_FRAMES ? fb_replay_flush(replay) : 0;
}

static int run_alone(struct fb_replay *replay, const uint8_t *data, uint32_t len, uint32_t wire,
		     uint64_t ts_ns)
{
	int r = fb_replay_flush(replay);

	if (r == 0)
		r = run(replay, fb_bpf_prog_fd(replay->bpf, FB_PROG_INGRESS), data, len, wire,
			ts_ns);
	if (r == -EINVAL) {
		replay->stats.refused++;
		return 0;
	}
	if (r < 0)
		return r;
	replay->stats.fed++;
	r = replay->ring ? fb_ring_read(replay->ring, 0) : 0;
	return r < 0 ? r : 0;
}

int fb_replay_feed(struct fb_replay *replay, const struct fb_frame *frame)
{
	const uint8_t *data = NULL;
	uint32_t wire, len = make_frame(replay, frame, &data, &wire);

	replay->stats.frames++;
	if (!data) {
		replay->stats.unsupported++;
		return 0;
	}
	if (len < ETH_HLEN) {
		replay->stats.short_frame++;
		return 0;
	}
	if (len > replay->limit) {
		replay->stats.clipped++;
		len = replay->limit;
	}
	return len <= FB_FRAME_BYTES ? add_frame(replay, data, len, wire, frame->ts_ns)
				     : run_alone(replay, data, len, wire, frame->ts_ns);
}

/* The longest frame that test runs take here: the clock program does not look at what it is given.
 */
static uint32_t find_limit(struct fb_replay *replay)
{
	const int prog_fd = fb_bpf_prog_fd(replay->bpf, FB_PROG_CLOCK);
	uint32_t good = LIMIT_LEAST, bad = LIMIT_MOST + 1;

	while (bad - good > 1) {
		const uint32_t middle = good + (bad - good) / 2;

		if (run(replay, prog_fd, replay->frame, middle, middle, 1) == 0)
			good = middle;
		else
			bad = middle;
	}
	return good;
}

int fb_replay_new(struct fb_bpf *bpf, struct fb_ring *ring, struct fb_replay **ret_replay,
		  struct fb_why *why)
{
	_cleanup_free_ struct fb_replay *replay = calloc(1, sizeof(*replay));
	struct fb_link entry = {.link = 1, .l2_len = ETH_HLEN};
	__u32 index;
	int r;

	if (!replay)
		return fb_why_set(why, -ENOMEM, "out of memory");
	replay->bpf = bpf;
	replay->ring = ring;
	replay->ifindex = if_nametoindex("lo");
	if (replay->ifindex == 0)
		return fb_why_set(why, -ENODEV, "this network namespace has no loopback");
	entry.ifindex = replay->ifindex;
	index = replay->ifindex % FB_LINK_ENTRIES;
	if (bpf_map_update_elem(fb_bpf_map_fd(bpf, FB_MAP_LINKS), &index, &entry, BPF_ANY) < 0)
		return fb_why_set(why, -errno, "cannot register the replay: %m");
	/* The kernel's own words for "test runs are not to be had" are of no use to a user. */
	r = run(replay, fb_bpf_prog_fd(bpf, FB_PROG_CLOCK), replay->frame, LIMIT_LEAST, LIMIT_LEAST,
		1);
	if (r < 0)
		return fb_why_set(why, r, "the kernel does not run programs on captured frames: %s",
				  strerror(-r));
	replay->limit = find_limit(replay);
	*ret_replay = TAKE_PTR(replay);
	return 0;
}

void fb_replay_free(struct fb_replay *replay)
{
	free(replay);
}

void fb_replay_stats(const struct fb_replay *replay, struct fb_replay_stats *ret_stats)
{
	*ret_stats = replay->stats;
}
