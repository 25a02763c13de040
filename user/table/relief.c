/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who goes first when room is short, in the kernel half's table and among the closed flows that are
 * kept: by worth, then by who has most, then by silence. A flood costs the flood.
 */
#include <netinet/in.h>
#include <string.h>

#include "table/table_priv.h"

#define SILENCES 128 /* steps of silence within a worth */
#define SOURCES	 4096
#define LEVELS	 (SILENCES * (FB_WORTHS + 1))

/* A source of more than this part of the rows has its flows taken for one worth less. */
#define GREEDY_PART 4

enum fb_worth fb_table_worth(const struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const struct fb_traffic *traffic = fb_store_traffic(&table->store, number);
	const uint64_t up = traffic->packets[FB_UP], down = traffic->packets[FB_DOWN];

	if (flow->proto == IPPROTO_TCP && flow->tcp_flags[0] & flow->tcp_flags[1] & FB_TCP_ACK)
		return FB_WORTH_KEPT;
	if (!up || !down)
		return up + down < 4 ? FB_WORTH_NONE : FB_WORTH_SOME;
	if (flow->proto == IPPROTO_TCP)
		return FB_WORTH_NONE;
	return up > 1 && down > 1 ? FB_WORTH_KEPT : FB_WORTH_SOME;
}

uint32_t fb_table_closed_over(const struct fb_table *table, enum fb_worth worth)
{
	static const uint32_t part[FB_WORTHS] = {4, 4, 2};
	uint32_t room = table->opts.closed_flows;

	/* What others do not use of their part, one may have. */
	for (int other = 0; other < FB_WORTHS; other++) {
		const uint32_t share = table->opts.closed_flows / part[other];
		const uint32_t n = table->closed[other].n;

		if (other != (int)worth)
			room -= n < share ? n : share;
	}
	return table->closed[worth].n > room ? table->closed[worth].n - room : 0;
}

/*
 * Rows by source, twice: who shares a place with the greedy in one hardly does in the other. In
 * IPv6 who has one address has its network.
 */
struct census {
	uint32_t rows[2][SOURCES];
};

static uint32_t *place_of(struct census *census, int which, const struct fb_flow *flow)
{
	const size_t size = flow->family == FB_IPV6 ? 8 : 16;

	return &census->rows[which][fb_hash(flow->src, size, (uint64_t)which) % SOURCES];
}

static uint32_t rows_of_source(struct census *census, const struct fb_flow *flow)
{
	const uint32_t a = *place_of(census, 0, flow), b = *place_of(census, 1, flow);

	return a < b ? a : b;
}

static bool has_rows(const struct fb_table *table, uint32_t number)
{
	return fb_store_flow(&table->store, number)->id &&
	       table->priv[number].first_row != FB_NONE &&
	       table->priv[number].place < FB_PLACE_CLOSED;
}

/* Seconds, from a minute on in steps of a sixteenth; 1 is the least. */
static unsigned int silence(const struct fb_table *table, uint32_t number)
{
	const uint64_t seen = fb_store_traffic(&table->store, number)->last_seen;
	uint64_t idle = 1 + (table->now_ns > seen ? (table->now_ns - seen) / FB_SECOND : 0);

	if (idle > 64)
		idle = 64 + (idle - 64) / 16;
	return idle < SILENCES ? (unsigned int)idle : SILENCES - 1;
}

/* The higher, the sooner it is given up; 0: it has nothing to give. */
static unsigned int level(const struct fb_table *table, struct census *census, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	unsigned int step;

	if (!has_rows(table, number))
		return 0;
	step = flow->closed ? FB_WORTH_KEPT : FB_WORTH_KEPT - fb_table_worth(table, number);
	step += rows_of_source(census, flow) > table->opts.max_rows / GREEDY_PART;
	return step * SILENCES + silence(table, number);
}

static void give_up_from(struct fb_table *table, struct census *census, unsigned int least,
			 uint32_t wanted)
{
	for (uint32_t i = 0; i < table->store.n && wanted; i++) {
		if (level(table, census, i) < least)
			continue;
		fb_table_give_up(table, i);
		wanted--;
	}
}

void fb_table_relieve(struct fb_table *table)
{
	uint32_t used = table->n_rows - table->n_leaving, high = table->opts.max_rows / 16 * 15;
	uint32_t wanted = used - table->opts.max_rows / 8 * 7, sum = 0;
	struct census census = {0};
	uint32_t count[LEVELS] = {0};
	unsigned int least = LEVELS - 1;

	if (used <= high)
		return;
	for (uint32_t i = 0; i < table->store.n; i++)
		for (int which = 0; which < 2 && has_rows(table, i); which++)
			++*place_of(&census, which, fb_store_flow(&table->store, i));
	for (uint32_t i = 0; i < table->store.n; i++)
		count[level(table, &census, i)]++;
	for (;; least--) {
		sum += count[least];
		if (sum >= wanted || least == 1)
			break;
	}
	give_up_from(table, &census, least, wanted);
}
