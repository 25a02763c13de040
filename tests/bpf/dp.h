/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data path under test: build/flowbpf.bpf.o loaded, packets run through it one by one, rows
 * and counters read back. Also checks conservation: what was seen is in rows or under a cause.
 */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include <flowbpf/event.h>
#include <flowbpf/flood.h>
#include <flowbpf/knobs.h>
#include <flowbpf/lane.h>
#include <flowbpf/limits.h>
#include <flowbpf/link.h>
#include <flowbpf/name.h>
#include <flowbpf/quality.h>
#include <flowbpf/row.h>
#include <flowbpf/side.h>
#include <flowbpf/stats.h>
#include <flowbpf/verdict.h>

#include "bpf/pkt.h"

#define DP_IFINDEX 1 /* loopback: every network namespace has it */
#define DP_LINK	   1
#define DP_EVENTS  256

struct dp_event {
	struct fb_event event;
	uint8_t payload[FB_SAMPLE_MAX];
};

struct dp {
	struct bpf_object *object;
	int prog[2], clock;
	int index4, index6, flows, names, links, stats, lane_numbers;
	uint16_t vlan[2]; /* of the flows to be found: outer, inner */
	struct fb_row *rows;
	struct fb_side *sides;
	struct fb_rule_entry *rules; /* [FB_RULES_MAX] */
	struct fb_quality *quality;  /* knobs.quality, else NULL */
	uint64_t *moved;
	struct fb_state *state;
	uint32_t max;
	struct ring_buffer *ring;
	struct dp_event *events; /* the last DP_EVENTS of them */
	unsigned int n_events;
	uint32_t gso_segs, gso_size; /* of the next packets */
	uint64_t tstamp;
};

__attribute__((format(printf, 2, 0))) static inline int dp_silent(enum libbpf_print_level level,
								  const char *format, va_list args)
{
	return level == LIBBPF_WARN && getenv("V") ? vfprintf(stderr, format, args) : 0;
}

static inline int dp_on_event(void *ctx, void *data, size_t len)
{
	struct dp *dp = ctx;
	struct dp_event *event = &dp->events[dp->n_events++ % DP_EVENTS];

	assert_true(len >= sizeof(event->event) && len <= sizeof(*event));
	memcpy(event, data, len);
	assert_int_equal(len, sizeof(event->event) + event->event.caplen);
	return 0;
}

static inline int dp_map(struct dp *dp, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(dp->object, name);

	assert_true(fd >= 0);
	return fd;
}

static inline int dp_prog(const struct dp *dp, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(dp->object, name));
}

static inline void dp_size(struct dp *dp, const char *name, uint32_t size)
{
	assert_int_equal(
		bpf_map__set_max_entries(bpf_object__find_map_by_name(dp->object, name), size), 0);
}

static inline void dp_link(struct dp *dp, uint16_t link, uint16_t l2_len)
{
	struct fb_link entry = {.ifindex = link ? DP_IFINDEX : 0, .link = link, .l2_len = l2_len};
	uint32_t i = DP_IFINDEX;

	assert_int_equal(bpf_map_update_elem(dp->links, &i, &entry, BPF_ANY), 0);
}

static inline struct bpf_object *dp_object(void)
{
	const char *path = getenv("FLOWBPF_OBJECT");
	struct bpf_object *object;

	libbpf_set_print(dp_silent);
	object = bpf_object__open_file(path ? path : "build/flowbpf.bpf.o", NULL);
	assert_non_null(object);
	return object;
}

/* The knobs of an object that is not loaded yet. */
static inline struct fb_knobs *dp_rodata(struct dp *dp)
{
	struct bpf_map *map;
	size_t size;

	bpf_object__for_each_map(map, dp->object)
	{
		void *at = (void *)bpf_map__initial_value(map, &size);

		if (!at || !strstr(bpf_map__name(map), ".rodata"))
			continue;
		assert_int_equal(size, sizeof(struct fb_knobs));
		return at;
	}
	fail_msg("no rodata");
	return NULL;
}

/* Load with these knobs; sizes 0: 4,096 rows, 1 MB of ring. */
static inline void dp_open(struct dp *dp, struct fb_knobs knobs, uint32_t ring_bytes)
{
	static const char *const sized[] = {"fb_index4", "fb_index6", "fb_flows", "fb_sides",
					    "fb_free",	 "fb_names",  "fb_owners"};

	memset(dp, 0, sizeof(*dp));
	dp->object = dp_object();
	dp->max = knobs.max_flows = knobs.max_flows ? knobs.max_flows : 4096;
	knobs.sample_packets =
		knobs.sample_packets ? knobs.sample_packets : FB_SAMPLE_PACKETS_DEFAULT;
	knobs.sample_bytes = knobs.sample_bytes ? knobs.sample_bytes : FB_SAMPLE_MAX;
	knobs.hint_sets = fb_hint_sets(dp->max);
	*dp_rodata(dp) = knobs;
	dp_size(dp, "fb_hints", knobs.hint_sets);
	for (size_t i = 0; i < sizeof(sized) / sizeof(*sized); i++)
		dp_size(dp, sized[i], dp->max);
	dp_size(dp, "fb_quality", knobs.quality ? dp->max : 1);
	if (knobs.flood_rate) {
		dp_size(dp, "fb_flood_ends", FB_FLOOD_ENDS);
		dp_size(dp, "fb_flood_syns", FB_FLOOD_SYNS);
		dp_size(dp, "fb_flood_known", FB_FLOOD_KNOWN);
	}
	dp_size(dp, "fb_moved", FB_MOVED_WORDS(dp->max));
	dp_size(dp, "fb_ring", ring_bytes ? ring_bytes : 1 << 20);
	assert_int_equal(bpf_object__load(dp->object), 0);
	dp->prog[0] =
		bpf_program__fd(bpf_object__find_program_by_name(dp->object, "flowbpf_ingress"));
	dp->prog[1] =
		bpf_program__fd(bpf_object__find_program_by_name(dp->object, "flowbpf_egress"));
	dp->clock = dp_prog(dp, "flowbpf_clock");
	dp->index4 = dp_map(dp, "fb_index4");
	dp->index6 = dp_map(dp, "fb_index6");
	dp->flows = dp_map(dp, "fb_flows");
	dp->names = dp_map(dp, "fb_names");
	dp->links = dp_map(dp, "fb_links");
	dp->stats = dp_map(dp, "fb_stats");
	dp->lane_numbers = dp_map(dp, "fb_lane_numbers");
	dp->rows = mmap(NULL, (size_t)dp->max * sizeof(struct fb_row), PROT_READ | PROT_WRITE,
			MAP_SHARED, dp->flows, 0);
	assert_true(dp->rows != MAP_FAILED);
	dp->sides = mmap(NULL, (size_t)dp->max * sizeof(struct fb_side), PROT_READ | PROT_WRITE,
			 MAP_SHARED, dp_map(dp, "fb_sides"), 0);
	assert_true(dp->sides != MAP_FAILED);
	dp->rules = mmap(NULL, FB_RULES_MAX * sizeof(*dp->rules), PROT_READ | PROT_WRITE,
			 MAP_SHARED, dp_map(dp, "fb_rules"), 0);
	assert_true(dp->rules != MAP_FAILED);
	if (knobs.quality)
		dp->quality = mmap(NULL, (size_t)dp->max * sizeof(struct fb_quality), PROT_READ,
				   MAP_SHARED, dp_map(dp, "fb_quality"), 0);
	assert_true(dp->quality != MAP_FAILED);
	dp->moved = mmap(NULL, FB_MOVED_WORDS(dp->max) * sizeof(*dp->moved), PROT_READ | PROT_WRITE,
			 MAP_SHARED, dp_map(dp, "fb_moved"), 0);
	assert_true(dp->moved != MAP_FAILED);
	dp->state = mmap(NULL, sizeof(struct fb_state), PROT_READ | PROT_WRITE, MAP_SHARED,
			 dp_map(dp, "fb_state"), 0);
	assert_true(dp->state != MAP_FAILED);
	dp->events = calloc(DP_EVENTS, sizeof(*dp->events));
	dp->ring = ring_buffer__new(dp_map(dp, "fb_ring"), dp_on_event, dp, NULL);
	assert_true(dp->events && dp->ring);
	dp_link(dp, DP_LINK, 14);
}

static inline void dp_close(struct dp *dp)
{
	munmap(dp->rows, (size_t)dp->max * sizeof(struct fb_row));
	munmap(dp->sides, (size_t)dp->max * sizeof(struct fb_side));
	munmap(dp->rules, FB_RULES_MAX * sizeof(*dp->rules));
	if (dp->quality)
		munmap(dp->quality, (size_t)dp->max * sizeof(struct fb_quality));
	munmap(dp->moved, FB_MOVED_WORDS(dp->max) * sizeof(*dp->moved));
	munmap(dp->state, sizeof(struct fb_state));
	ring_buffer__free(dp->ring);
	bpf_object__close(dp->object);
	free(dp->events);
}

static inline int dp_run(int prog, const void *data, uint32_t len, struct __sk_buff *skb)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = len, .ctx_in = skb,
		    .ctx_size_in = sizeof(*skb), .repeat = 1);
	int err = bpf_prog_test_run_opts(prog, &opts);

	assert_int_equal(err, 0);
	return (int)opts.retval;
}

/* Run a packet through a hook's program: it must leave the verdict to the next one. */
static inline void dp_bytes(struct dp *dp, int hook, const void *data, uint32_t len)
{
	struct __sk_buff skb = {.ifindex = DP_IFINDEX,
				.gso_segs = dp->gso_segs,
				.gso_size = dp->gso_size,
				.tstamp = dp->tstamp};

	assert_int_equal(dp_run(dp->prog[hook], data, len, &skb), -1);
}

static inline void dp_send(struct dp *dp, int hook, struct pkt *p)
{
	dp_bytes(dp, hook, p->data, p->len);
}

static inline unsigned int dp_events(struct dp *dp)
{
	ring_buffer__consume(dp->ring);
	return dp->n_events;
}

static inline uint32_t dp_used(const struct dp *dp)
{
	return dp->state->next_slot < dp->max ? dp->state->next_slot : dp->max;
}

static inline uint32_t dp_live(const struct dp *dp)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < dp_used(dp); i++)
		n += dp->rows[i].state & FB_ROW_LIVE;
	return n;
}

/* The counters of one link and hook, over all CPUs. */
static inline struct fb_stats dp_stats(const struct dp *dp, int link, int hook)
{
	int cpus = libbpf_num_possible_cpus();
	struct fb_stats sum = {};
	uint32_t i = link * 2 + hook;
	struct fb_stats *each = calloc(cpus, sizeof(*each));

	assert_non_null(each);
	assert_int_equal(bpf_map_lookup_elem(dp->stats, &i, each), 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		for (int s = 0; s < FB_STAT_COUNT; s++) {
			sum.packets[s] += each[cpu].packets[s];
			sum.bytes[s] += each[cpu].bytes[s];
		}
	free(each);
	return sum;
}

static inline uint64_t dp_stat(const struct dp *dp, enum fb_stat which)
{
	return dp_stats(dp, DP_LINK, 0).packets[which] + dp_stats(dp, DP_LINK, 1).packets[which];
}

/* seen == rows and what stands beside + conserved causes, packets and bytes, both hooks. */
static inline void dp_conserves(const struct dp *dp)
{
	static const int conserved[] = {
#define X(name, is_conserved, loss, help) is_conserved,
		FB_STATS(X)
#undef X
	};
	uint64_t packets = 0, bytes = 0, seen = 0, seen_bytes = 0;

	for (int link = 0; link <= 2; link++)
		for (int hook = 0; hook < 2; hook++) {
			struct fb_stats stats = dp_stats(dp, link, hook);

			seen += stats.packets[FB_STAT_seen];
			seen_bytes += stats.bytes[FB_STAT_seen];
			for (int s = 0; s < FB_STAT_COUNT; s++) {
				packets += conserved[s] ? stats.packets[s] : 0;
				bytes += conserved[s] ? stats.bytes[s] : 0;
			}
		}
	for (uint32_t i = 0; i < dp_used(dp); i++)
		for (int dir = 0; dir < 2; dir++) {
			packets += dp->rows[i].packets[dir] + dp->sides[i].packets[dir];
			bytes += dp->rows[i].bytes[dir] + dp->sides[i].bytes[dir];
		}
	assert_int_equal(seen, packets);
	assert_int_equal(seen_bytes, bytes);
}

/* The number of the link's VLANs that are asked for. */
static inline uint16_t dp_lane(const struct dp *dp)
{
	const struct {
		uint16_t link, vlan[2];
	} key = {DP_LINK, {dp->vlan[0], dp->vlan[1]}};
	uint32_t number = DP_LINK;

	if (dp->vlan[0])
		assert_int_equal(bpf_map_lookup_elem(dp->lane_numbers, &key, &number), 0);
	return (uint16_t)number;
}

/* The row that the index has for this 5-tuple, or NULL; *ret_dir: direction of the first end. */
static inline struct fb_row *dp_find(const struct dp *dp, const char *src, const char *dst,
				     uint16_t sport, uint16_t dport, uint8_t proto, int *ret_dir)
{
	struct {
		uint8_t addr[16];
		uint16_t port;
	} end[2] = {{.port = sport}, {.port = dport}};
	bool six = strchr(src, ':');
	const char *text[2] = {src, dst};
	struct fb_key key = {.proto = proto, .family = six ? 6 : 4, .lane = dp_lane(dp)};
	uint32_t slot;
	int dir, err;

	for (int i = 0; i < 2; i++) {
		if (six) {
			assert_int_equal(inet_pton(AF_INET6, text[i], end[i].addr), 1);
			continue;
		}
		end[i].addr[10] = end[i].addr[11] = 0xff;
		assert_int_equal(inet_pton(AF_INET, text[i], end[i].addr + 12), 1);
	}
	dir = memcmp(end[0].addr, end[1].addr, 16);
	dir = dir ? dir > 0 : sport > dport;
	for (int i = 0; i < 2; i++) {
		memcpy(key.addr[i], end[i ^ dir].addr, 16);
		key.port[i] = end[i ^ dir].port;
	}
	if (ret_dir)
		*ret_dir = dir;
	if (six) {
		err = bpf_map_lookup_elem(dp->index6, &key, &slot);
	} else {
		struct fb_key4 key4 = {
			.port = {key.port[0], key.port[1]}, .proto = proto, .lane = key.lane};

		memcpy(key4.addr[0], key.addr[0] + 12, 4);
		memcpy(key4.addr[1], key.addr[1] + 12, 4);
		err = bpf_map_lookup_elem(dp->index4, &key4, &slot);
	}
	if (err)
		return NULL;
	assert_true(slot < dp->max && dp->rows[slot].state & FB_ROW_LIVE);
	assert_memory_equal(&dp->rows[slot].key, &key, sizeof(key));
	return &dp->rows[slot];
}

/* The flow exists and has counted exactly this much from `src` to `dst`. */
static inline struct fb_row *dp_counted(const struct dp *dp, const char *src, const char *dst,
					uint16_t sport, uint16_t dport, uint8_t proto,
					uint64_t packets, uint64_t bytes)
{
	int dir;
	struct fb_row *row = dp_find(dp, src, dst, sport, dport, proto, &dir);

	if (!row)
		fail_msg("no flow %s %u > %s %u", src, sport, dst, dport);
	assert_int_equal(row->packets[dir], packets);
	assert_int_equal(row->bytes[dir], bytes);
	return row;
}

static inline bool dp_name(const struct dp *dp, const struct fb_row *row, struct fb_name *ret_name)
{
	return !bpf_map_lookup_elem(dp->names, &row->key, ret_name) &&
	       ret_name->generation == row->generation;
}
