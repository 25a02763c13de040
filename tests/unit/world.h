/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow table with its clock, and conntrack entries to feed it; for tests of the table. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table/table.h"
#include "unit/rows.h"

struct world {
	struct fb_table *table;
	struct fb_snapshot *now;
	uint64_t ns;
	int64_t told; /* bytes that all snapshots told, of flows and of none */
};

static inline int64_t told_by(const struct fb_snapshot *snapshot)
{
	int64_t bytes = snapshot->stray_bytes[0] + snapshot->stray_bytes[1];

	for (uint32_t i = 0; i < snapshot->n; i++)
		for (int dir = 0; dir < 2; dir++)
			bytes += fb_snapshot_traffic(snapshot, i)->moved_bytes[dir];
	return bytes;
}

static inline void tick(struct world *world, uint64_t seconds)
{
	struct fb_snapshot *next;

	world->ns += seconds * S;
	fb_table_tick_begin(world->table, world->ns, (int64_t)(world->ns / 1000000));
	next = fb_table_tick_end(world->table);
	assert_non_null(next);
	fb_snapshot_put(world->now);
	world->now = next;
	world->told += told_by(next);
}

static inline struct world new_world(const struct fb_table_opts *opts,
				     const struct fb_table_ops *ops, void *ctx)
{
	struct fb_table_opts standard = {.max_rows = 1024};
	struct world world = {.ns = 100000 * S};

	assert_int_equal(fb_table_new(opts ? opts : &standard, ops, ctx, &world.table), 0);
	fb_table_tick_begin(world.table, world.ns, (int64_t)(world.ns / 1000000));
	return world;
}

static inline void end_world(struct world *world)
{
	fb_snapshot_put(world->now);
	fb_table_free(world->table);
}

static inline uint32_t list(const struct fb_snapshot *snapshot, struct fb_flow_at *at, uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < snapshot->n; i++) {
		struct fb_flow_at found;

		if (fb_snapshot_at(snapshot, i, &found) && n++ < max)
			at[n - 1] = found;
	}
	return n;
}

static inline struct fb_flow_at only(const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at = {0};

	assert_int_equal(list(snapshot, &at, 1), 1);
	return at;
}

static inline void assert_addr(const uint8_t addr[16], uint32_t v4)
{
	uint8_t want[16];

	set_addr(want, v4);
	assert_memory_equal(addr, want, 16);
}

static inline void assert_totals(struct world *world, uint16_t link, uint64_t packets_in,
				 uint64_t packets_out)
{
	uint64_t packets[2], bytes[2];

	fb_table_link_totals(world->table, link, packets, bytes);
	assert_int_equal(packets[0], packets_in);
	assert_int_equal(packets[1], packets_out);
}

static inline struct fb_conntrack_fact snat_fact(void)
{
	struct fb_conntrack_fact fact = {.id = 77,
					 .status = FB_IPS_SEEN_REPLY | FB_IPS_ASSURED,
					 .timeout = 431999,
					 .tcp_state = FB_STATE_ESTABLISHED,
					 .mark = 9,
					 .has_state = true,
					 .has_tcp = true};

	set_tuple(&fact.orig, IPPROTO_TCP, CLIENT, 40000, SERVER, 443);
	set_tuple(&fact.reply, IPPROTO_TCP, SERVER, 443, GATE, 61000);
	return fact;
}
