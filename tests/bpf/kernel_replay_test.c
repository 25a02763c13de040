/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/*
 * Frames of every link type through the programs, and the rows that they make: read by mapping,
 * taken back, given again, recovered after a stop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "kernel/pin.h"
#include "kernel/replay.h"
#include "kernel/rowmap.h"

#define MS	  1000000ull
#define PIN_MOUNT "/tmp/flowbpf-replay-test"

struct world {
	struct fb_bpf *bpf;
	struct fb_rowmap rows;
	struct fb_ring *ring;
	struct fb_replay *replay;
	unsigned int samples;
	uint32_t sample_bytes;
	unsigned int told;
	uint64_t settled;
};

static void on_sample(void *ctx, const struct fb_event *event, const uint8_t *payload)
{
	struct world *world = ctx;

	world->samples++;
	world->sample_bytes += event->caplen;
	for (unsigned int i = 0; i < event->caplen; i++)
		assert_int_equal(payload[i], 'u');
}

static void open_world(struct world *world, const char *pin)
{
	const struct fb_bpf_opts opts = {
		.knobs = {.replay = 1,
			  .inspect = 1,
			  .sample_packets = 4,
			  .sample_bytes = 2048,
			  .max_flows = 1024},
		.ring_bytes = 262144,
		.pin = pin,
	};
	struct fb_why why = {0};

	memset(world, 0, sizeof(*world));
	if (fb_bpf_new(&opts, &world->bpf, &why) < 0)
		fail_msg("%s", why.text);
	assert_int_equal(fb_rowmap_open(&world->rows, world->bpf), 0);
	assert_int_equal(fb_ring_new(world->bpf, on_sample, world, &world->ring), 0);
	if (fb_replay_new(world->bpf, world->ring, &world->replay, &why) < 0)
		fail_msg("%s", why.text);
}

static void close_world(struct world *world)
{
	fb_replay_free(world->replay);
	fb_ring_free(world->ring);
	fb_rowmap_close(&world->rows);
	fb_bpf_free(world->bpf);
}

/* | IPv4 20 | UDP 8 | payload |, from 10.0.0.1:sport to 10.0.0.2:9999. Its length. */
static uint32_t put_ipv4(uint8_t *to, uint16_t sport, uint16_t payload)
{
	const uint16_t total = (uint16_t)(28 + payload);
	const uint16_t udp[4] = {htons(sport), htons(9999), htons((uint16_t)(8 + payload)), 0};

	memcpy(to, "\x45\0\0\0\0\1\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2", 20);
	to[2] = (uint8_t)(total >> 8);
	to[3] = (uint8_t)total;
	memcpy(to + 20, udp, sizeof(udp));
	memset(to + 28, 'u', payload);
	return total;
}

static uint32_t put_ipv6(uint8_t *to, uint16_t sport)
{
	memset(to, 0, 48);
	to[0] = 0x60;
	to[5] = 8;
	to[6] = 17;
	to[7] = 64;
	to[8] = to[24] = 0x20;
	to[23] = 1;
	to[39] = 2;
	to[40] = (uint8_t)(sport >> 8);
	to[41] = (uint8_t)sport;
	to[45] = 8;
	return 48;
}

static void add(struct world *world, uint32_t linktype, const void *header, uint32_t header_len,
		const uint8_t *ip, uint32_t len, uint64_t ts_ns)
{
	static uint8_t data[70000];
	const struct fb_frame frame = {
		.data = data,
		.caplen = header_len + len,
		.len = header_len + len,
		.linktype = linktype,
		.ts_ns = ts_ns,
	};

	memcpy(data, header, header_len);
	memcpy(data + header_len, ip, len);
	assert_int_equal(fb_replay_feed(world->replay, &frame), 0);
}

static void flush(struct world *world)
{
	assert_int_equal(fb_replay_flush(world->replay), 0);
}

static void feed(struct world *world, uint32_t linktype, const void *header, uint32_t header_len,
		 const uint8_t *ip, uint32_t len, uint64_t ts_ns)
{
	add(world, linktype, header, header_len, ip, len, ts_ns);
	flush(world);
}

/* The slot of the row with this source port, or -1. */
static int find_row(const struct world *world, uint16_t port)
{
	for (uint32_t slot = 0; slot < fb_rowmap_used(&world->rows); slot++) {
		const struct fb_row *row = &world->rows.row[slot];

		if (fb_row_is_live(row) && (row->key.port[0] == port || row->key.port[1] == port))
			return (int)slot;
	}
	return -1;
}

#define ADDRESSES "\1\2\3\4\5\6\1\2\3\4\5\6\1\2\3\4\5\6"
#define SNAP	  "\xaa\xaa\3\0\0\0\x08\0"

static const struct {
	uint32_t linktype;
	uint8_t len;
	const char *header;
	bool v6;
} link_types[] = {
	{FB_LINKTYPE_ETHERNET, 14, "\1\2\3\4\5\6\1\2\3\4\5\6\x08\x00", false},
	{FB_LINKTYPE_ETHERNET, 18, "\1\2\3\4\5\6\1\2\3\4\5\6\x81\x00\x00\x05\x08\x00", false},
	{FB_LINKTYPE_RAW, 0, "", false},
	{FB_LINKTYPE_RAW, 0, "", true},
	{FB_LINKTYPE_IPV6, 0, "", true},
	{FB_LINKTYPE_NULL, 4, "\2\0\0\0", false},
	{FB_LINKTYPE_NULL, 4, "\0\0\0\x1e", true},
	{FB_LINKTYPE_LOOP, 4, "\0\0\0\2", false},
	{FB_LINKTYPE_SLL, 16, "\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\x00", false},
	{FB_LINKTYPE_SLL2, 20, "\x86\xdd\0\0\0\0\0\1\0\1\0\6\1\2\3\4\5\6\0\0", true},
	{FB_LINKTYPE_PPP, 4, "\xff\x03\x00\x21", false},
	{FB_LINKTYPE_PPP, 2, "\x00\x57", true},
	{FB_LINKTYPE_PPP, 1, "\x21", false},
	{FB_LINKTYPE_PPP_HDLC, 4, "\xff\x03\x00\x21", false},
	{FB_LINKTYPE_PPP_HDLC, 4, "\x0f\x00\x08\x00", false},
	{FB_LINKTYPE_CISCO_HDLC, 4, "\x0f\x00\x86\xdd", true},
	{FB_LINKTYPE_FRELAY, 4, "\x18\x41\x08\x00", false},
	{FB_LINKTYPE_FRELAY, 4, "\x18\x41\x03\xcc", false},
	{FB_LINKTYPE_FRELAY, 10, "\x18\x41\x03\x00\x80\x00\x00\x00\x86\xdd", true},
	{FB_LINKTYPE_FDDI, 21, "\x50\1\2\3\4\5\6\1\2\3\4\5\6\xaa\xaa\3\0\0\0\x08\0", false},
	{FB_LINKTYPE_PPP_ETHER, 8, "\x11\0\0\1\0\x50\0\x21", false},
	{FB_LINKTYPE_PPP_DIR, 3, "\1\0\x21", false},
	/* data from an access point; QoS data, and a header for HT; between two points */
	{FB_LINKTYPE_WLAN, 32, "\x08\2\0\0" ADDRESSES "\x10\0" SNAP, false},
	{FB_LINKTYPE_WLAN, 34, "\x88\1\0\0" ADDRESSES "\x10\0\0\0" SNAP, false},
	{FB_LINKTYPE_WLAN, 38, "\x88\x81\0\0" ADDRESSES "\x10\0\0\0\0\0\0\0" SNAP, false},
	{FB_LINKTYPE_WLAN, 38, "\x08\3\0\0" ADDRESSES "\x10\0\1\2\3\4\5\6" SNAP, false},
	{FB_LINKTYPE_RADIOTAP, 50,
	 "\0\0\x12\0\3\0\0\0\1\2\3\4\5\6\7\x8\x10\0"
	 "\x08\2\0\0" ADDRESSES "\x10\0" SNAP,
	 false},
	/* the header is said to be filled up to four bytes */
	{FB_LINKTYPE_RADIOTAP, 45,
	 "\0\0\x9\0\2\0\0\0\x20\x88\1\0\0" ADDRESSES "\x10\0\0\0\0\0" SNAP, false},
	{FB_LINKTYPE_PPI, 22, "\0\0\x08\0\1\0\0\0\1\2\3\4\5\6\1\2\3\4\5\6\x86\xdd", true},
	{FB_LINKTYPE_PPI, 8, "\0\0\x08\0\x65\0\0\0", false},
	{FB_LINKTYPE_PKTAP, 16, "\x10\0\0\0\1\0\0\0\x0c\0\0\0\0\0\0\0", false},
	{FB_LINKTYPE_ENC, 12, "\2\0\0\0\1\2\3\4\0\0\0\0", false},
	{FB_LINKTYPE_PFLOG, 8, "\5\2\0\0\0\0\0\0", false},
	{FB_LINKTYPE_NFLOG, 16, "\2\0\0\1\x08\0\1\0\1\2\3\4\x30\0\x9\0", false},
	{FB_LINKTYPE_NFLOG, 16, "\x0a\0\0\1\0\x06\0\1\1\2\0\0\0\x30\0\x9", true},
};

static void test_link_types(void **state)
{
	struct fb_replay_stats stats;
	struct world world;
	uint8_t ip[128];

	(void)state;
	open_world(&world, NULL);
	for (unsigned int i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
		const uint16_t port = (uint16_t)(1000 + i);
		const uint32_t len = link_types[i].v6 ? put_ipv6(ip, port) : put_ipv4(ip, port, 20);
		int slot;

		feed(&world, link_types[i].linktype, link_types[i].header, link_types[i].len, ip,
		     len, (i + 1) * 1000 * MS);
		slot = find_row(&world, port);
		if (slot < 0)
			fail_msg("case %u: no row", i);
		assert_int_equal(world.rows.row[slot].packets[0] + world.rows.row[slot].packets[1],
				 1);
		assert_int_equal(world.rows.row[slot].bytes[0] + world.rows.row[slot].bytes[1],
				 len);
		/* The capture's own time: ns and, as ticks, microseconds. */
		assert_int_equal(world.rows.row[slot].first_seen, (i + 1) * 1000 * MS);
		assert_int_equal(world.rows.row[slot].last_seen, (i + 1) * 1000 * MS / 1000);
	}
	fb_replay_stats(world.replay, &stats);
	assert_int_equal(stats.fed, sizeof(link_types) / sizeof(link_types[0]));
	assert_int_equal(stats.unsupported + stats.short_frame + stats.refused + stats.clipped, 0);
	close_world(&world);
}

static void test_odd_frames_are_counted(void **state)
{
	struct fb_replay_stats stats;
	struct world world;
	uint8_t ip[128];

	(void)state;
	open_world(&world, NULL);
	put_ipv4(ip, 1, 0);
	feed(&world, 147, "", 0, ip, 28, MS);
	feed(&world, FB_LINKTYPE_RAW, "\x15", 1, ip, 20, MS);
	feed(&world, FB_LINKTYPE_SLL, "", 0, ip, 15, MS);
	feed(&world, FB_LINKTYPE_NULL, "", 0, ip, 4, MS);
	feed(&world, FB_LINKTYPE_PPP, "\xff\x03", 2, ip, 0, MS);
	feed(&world, FB_LINKTYPE_PPP, "\xff\x03\xc0\x21\x00\x21", 6, ip, 28, MS); /* LCP */
	feed(&world, FB_LINKTYPE_RAW, "", 0, ip, 0, MS);
	feed(&world, FB_LINKTYPE_ETHERNET, "", 0, ip, 13, MS);
	fb_replay_stats(world.replay, &stats);
	assert_int_equal(stats.frames, 8);
	assert_int_equal(stats.unsupported, 6);
	assert_int_equal(stats.short_frame, 1);
	assert_int_equal(fb_rowmap_used(&world.rows), 0);
	close_world(&world);
}

/* A frame above what test runs take still counts whole: the length is the IP header's. */
static void test_long_frame(void **state)
{
	static uint8_t ip[65536];
	struct fb_replay_stats stats;
	struct world world;
	int slot;

	(void)state;
	open_world(&world, NULL);
	feed(&world, FB_LINKTYPE_RAW, "", 0, ip, put_ipv4(ip, 7, 60000), MS);
	feed(&world, FB_LINKTYPE_RAW, "", 0, ip, put_ipv4(ip, 7, 8972), 2 * MS);
	flush(&world);
	slot = find_row(&world, 7);
	assert_true(slot >= 0);
	assert_int_equal(world.rows.row[slot].bytes[0] + world.rows.row[slot].bytes[1],
			 60028 + 9000);
	fb_replay_stats(world.replay, &stats);
	assert_int_equal(stats.fed, 2);
	print_message("%llu of 2 frames of 60028 and 9000 bytes were cut\n",
		      (unsigned long long)stats.clipped);
	close_world(&world);
}

/*
 * Captured before segmentation the length says 0: it is what the wire would have held, of a frame
 * that the kernel does not take whole, that the capture cut, or that is above 64 kB.
 */
static void test_unsaid_length(void **state)
{
	static uint8_t data[80000];
	struct fb_frame frame = {.data = data, .linktype = FB_LINKTYPE_RAW, .ts_ns = MS};
	const struct {
		uint32_t caplen, len;
	} cases[] = {{30000, 30000}, {96, 20000}, {70000, 70000}, {65536, 150000}};
	struct world world;
	uint64_t bytes = 0;
	int slot;

	(void)state;
	open_world(&world, NULL);
	put_ipv4(data, 7, 100);
	data[2] = data[3] = 0;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		frame.caplen = cases[i].caplen;
		frame.len = cases[i].len;
		assert_int_equal(fb_replay_feed(world.replay, &frame), 0);
		bytes += frame.len;
	}
	flush(&world);
	slot = find_row(&world, 7);
	assert_true(slot >= 0);
	assert_int_equal(world.rows.row[slot].bytes[0] + world.rows.row[slot].bytes[1], bytes);
	close_world(&world);
}

/* A sample of each of 1000 flows through a ring that holds a few: none is lost. */
static void test_no_sample_is_lost(void **state)
{
	struct fb_stats stats;
	struct world world;
	uint8_t ip[2048];

	(void)state;
	open_world(&world, NULL);
	for (uint16_t i = 0; i < 1000; i++) {
		uint32_t len = put_ipv4(ip, (uint16_t)(2000 + i), 1200);

		/* DNS is always sampled. */
		ip[22] = 0;
		ip[23] = 53;
		add(&world, FB_LINKTYPE_RAW, "", 0, ip, len, (i + 1u) * MS);
	}
	flush(&world);
	assert_int_equal(fb_bpf_stats(world.bpf, 1, FB_HOOK_INGRESS, &stats), 0);
	assert_int_equal(stats.packets[FB_STAT_seen], 1000);
	assert_int_equal(stats.packets[FB_STAT_ring_full], 0);
	assert_int_equal(stats.packets[FB_STAT_sampled], world.samples);
	assert_int_equal(fb_ring_bad(world.ring), 0);
	assert_int_equal(world.samples, 1000);
	assert_int_equal(world.sample_bytes, 1000 * 1200);
	close_world(&world);
}

static void count_told(void *ctx, uint32_t slot, const struct fb_row *row)
{
	(void)slot;
	(void)row;
	((struct world *)ctx)->told++;
}

static uint32_t scan(struct world *world)
{
	return fb_rowmap_scan(&world->rows, world->settled, count_told, world);
}

static void make_rows(struct world *world, unsigned int n, uint64_t ts_ns)
{
	uint8_t ip[128];

	for (unsigned int i = 0; i < n; i++)
		add(world, FB_LINKTYPE_RAW, "", 0, ip, put_ipv4(ip, (uint16_t)(3000 + i), 0),
		    ts_ns);
	flush(world);
}

static void test_scan_tells_what_moved(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, NULL);
	make_rows(&world, 100, 5 * MS);
	assert_int_equal(fb_rowmap_used(&world.rows), 100);
	assert_int_equal(scan(&world), 100);
	/* In the tick of that scan: only the second telling has it. */
	make_rows(&world, 100, 5 * MS);
	assert_int_equal(scan(&world), 100);
	assert_int_equal(scan(&world), 0);
	make_rows(&world, 7, 6 * MS);
	assert_int_equal(scan(&world), 7);
	assert_int_equal(scan(&world), 7);
	assert_int_equal(scan(&world), 0);
	assert_int_equal(world.told, 214);
	/* A capture may begin at the epoch. */
	make_rows(&world, 101, 0);
	assert_int_equal(scan(&world), 1);
	close_world(&world);
}

/* A row that moved in a tick that is over needs no second look; one of the running tick does. */
static void test_scan_tells_settled_rows_once(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, NULL);
	make_rows(&world, 100, 5 * MS);
	make_rows(&world, 10, 9 * MS);
	world.settled = 9000; /* ticks of replay are microseconds */
	assert_int_equal(scan(&world), 100);
	world.settled = 10000;
	assert_int_equal(scan(&world), 10);
	assert_int_equal(scan(&world), 0);
	make_rows(&world, 20, 10 * MS);
	world.settled = 11000;
	assert_int_equal(scan(&world), 20);
	assert_int_equal(scan(&world), 0);
	make_rows(&world, 3, 11 * MS);
	assert_int_equal(scan(&world), 3);
	/* As long as that tick goes on. */
	assert_int_equal(scan(&world), 3);
	assert_int_equal(scan(&world), 3);
	world.settled = 12000;
	assert_int_equal(scan(&world), 3);
	assert_int_equal(scan(&world), 0);
	close_world(&world);
}

static int unlink_row(struct world *world, uint32_t slot)
{
	const uint32_t generation = world->rows.row[slot].generation;
	int r;

	/* The row that it was, before the kernel half gave it to another flow: not to be taken. */
	assert_int_equal(fb_rowmap_leave(&world->rows, slot, generation - 1), -ESTALE);
	r = fb_rowmap_leave(&world->rows, slot, generation);
	return r < 0 ? r : fb_rowmap_unlink(&world->rows, &slot, 1);
}

static void release(struct world *world, uint32_t *slots, uint32_t n)
{
	assert_int_equal(fb_rowmap_release(&world->rows, slots, &n), 0);
	assert_int_equal(n, 0);
}

static void test_rows_go_back_lowest_first(void **state)
{
	uint32_t slots[] = {3, 9, 5};
	struct fb_row before;
	struct world world;
	int slot;

	(void)state;
	open_world(&world, NULL);
	make_rows(&world, 10, 5 * MS);
	for (unsigned int i = 0; i < 3; i++) {
		before = world.rows.row[slots[i]];
		assert_int_equal(unlink_row(&world, slots[i]), 0);
		assert_int_equal(unlink_row(&world, slots[i]), -ESTALE);
	}
	/* Two ticks: what the first gave back is still the lowest; what is free is not freed again.
	 */
	release(&world, slots, 1);
	release(&world, slots, 1);
	assert_false(fb_row_is_live(&world.rows.row[3]));
	assert_int_equal(world.rows.row[3].generation, before.generation);
	release(&world, slots + 1, 2);
	make_rows(&world, 11, 6 * MS);
	assert_int_equal(fb_rowmap_used(&world.rows), 11);
	for (unsigned int i = 0; i < 11; i++) {
		slot = find_row(&world, (uint16_t)(3000 + i));
		assert_true(slot >= 0);
	}
	/* In the order of their first packets: 3003, 3005, 3009 took 3, 5, 9. */
	assert_int_equal(find_row(&world, 3003), 3);
	assert_int_equal(find_row(&world, 3005), 5);
	assert_int_equal(find_row(&world, 3009), 9);
	assert_int_equal(world.rows.row[3].generation, before.generation + 1);
	assert_int_equal(world.rows.row[0].packets[0] + world.rows.row[0].packets[1], 2);
	assert_int_equal(world.rows.row[3].packets[0] + world.rows.row[3].packets[1], 1);
	close_world(&world);
}

/* Packets between unlink and clear are in the old row or in a new one, never in both or none. */
static void test_revived_flow_loses_nothing(void **state)
{
	struct world world;
	uint32_t first = 0;
	uint64_t old;
	int slot;

	(void)state;
	open_world(&world, NULL);
	make_rows(&world, 1, 5 * MS);
	assert_int_equal(unlink_row(&world, 0), 0);
	make_rows(&world, 1, 6 * MS);
	old = world.rows.row[0].packets[0] + world.rows.row[0].packets[1];
	release(&world, &first, 1);
	make_rows(&world, 1, 7 * MS);
	slot = find_row(&world, 3000);
	assert_int_equal(slot, 1); /* the new row has the index since the second packet */
	assert_int_equal(old + world.rows.row[1].packets[0] + world.rows.row[1].packets[1], 3);
	/* The old row's place in the index is the new row's by now. */
	close_world(&world);
}

static void test_names(void **state)
{
	const struct fb_name name = {.generation = 7, .source = FB_NAME_SNI, .len = 1, .name = "a"};
	struct fb_key key = {.family = FB_IPV4, .proto = 6, .lane = 1};
	struct fb_name found;
	struct world world;

	(void)state;
	open_world(&world, NULL);
	assert_int_equal(fb_rowmap_name_get(&world.rows, &key, &found), -ENOENT);
	assert_int_equal(fb_rowmap_name_put(&world.rows, &key, &name), 0);
	assert_int_equal(fb_rowmap_name_get(&world.rows, &key, &found), 0);
	assert_memory_equal(&found, &name, sizeof(name));
	/* A row takes its own name with it. */
	make_rows(&world, 2, 5 * MS);
	for (uint32_t slot = 0; slot < 2; slot++) {
		struct fb_name own = name;

		own.generation = world.rows.row[slot].generation + slot;
		key = world.rows.row[slot].key;
		world.rows.row[slot].state |= FB_ROW_NAMED;
		assert_int_equal(fb_rowmap_name_put(&world.rows, &key, &own), 0);
		assert_int_equal(unlink_row(&world, slot), 0);
		release(&world, &(uint32_t){slot}, 1);
		assert_int_equal(fb_rowmap_name_get(&world.rows, &key, &found), slot ? 0 : -ENOENT);
	}
	close_world(&world);
}

/* Killed between unlink and release, and after clear: the next run gives all of it back. */
static void test_recovery(void **state)
{
	uint32_t released[] = {1};
	struct world world;
	struct fb_why why;

	(void)state;
	open_world(&world, PIN_MOUNT "/pin");
	make_rows(&world, 10, 5 * MS);
	for (uint32_t slot = 0; slot < 4; slot++)
		assert_int_equal(unlink_row(&world, slot), 0);
	world.rows.row[0].state = 0;
	release(&world, released, 1);
	close_world(&world);

	open_world(&world, PIN_MOUNT "/pin");
	assert_true(fb_bpf_adopted(world.bpf));
	assert_int_equal(fb_rowmap_used(&world.rows), 10);
	assert_int_equal(fb_rowmap_recover(&world.rows), 2);
	/* They are to leave once more. */
	for (uint32_t slot = 2; slot < 4; slot++) {
		assert_true(world.rows.row[slot].state & FB_ROW_SUPERSEDED);
		assert_int_equal(unlink_row(&world, slot), 0);
	}
	assert_false(world.rows.row[4].state & FB_ROW_SUPERSEDED);
	make_rows(&world, 1, 6 * MS);
	assert_int_equal(find_row(&world, 3000), 0);
	close_world(&world);
	assert_int_equal(fb_pin_remove(PIN_MOUNT "/pin", &why), 0);
}

static int enter(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	mkdir(PIN_MOUNT, 0755);
	return mount("bpffs", PIN_MOUNT, "bpf", 0, NULL);
}

static int leave(void **state)
{
	(void)state;
	umount(PIN_MOUNT);
	return rmdir(PIN_MOUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_types),
		cmocka_unit_test(test_odd_frames_are_counted),
		cmocka_unit_test(test_long_frame),
		cmocka_unit_test(test_unsaid_length),
		cmocka_unit_test(test_no_sample_is_lost),
		cmocka_unit_test(test_scan_tells_what_moved),
		cmocka_unit_test(test_scan_tells_settled_rows_once),
		cmocka_unit_test(test_rows_go_back_lowest_first),
		cmocka_unit_test(test_revived_flow_loses_nothing),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_recovery),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, enter, leave);
}
