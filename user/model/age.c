/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: rates, idle flows, room under pressure, closed flows that are forgotten. */
#include <stdlib.h>

#include "model/table.h"
#include "model/table_priv.h"

#define SECOND	  1000000000ULL

#define LINGER	  (5 * SECOND) /* a closed flow's last acknowledgements still count in its row */
#define AGE_TICKS 8	       /* ticks in which every flow is looked at once */

#define PROTO_TCP 6

/* Idle time-outs where conntrack says nothing; with it, its entry's end ends the flow. */
static uint64_t idle_limit(const struct fb_flow *flow)
{
	static const uint64_t tcp[FB_STATE_COUNT] = {
		[FB_STATE_SYN_SENT] = 60 * SECOND,	[FB_STATE_SYN_RECV] = 60 * SECOND,
		[FB_STATE_ESTABLISHED] = 7200 * SECOND, [FB_STATE_FIN_WAIT] = 120 * SECOND,
		[FB_STATE_CLOSE_WAIT] = 120 * SECOND,
	};

	if (flow->flags & FB_FLOW_CONNTRACK)
		return UINT64_MAX;
	if (flow->proto == PROTO_TCP)
		return tcp[flow->state] ? tcp[flow->state] : 60 * SECOND;
	return flow->packets[FB_DOWN] ? 120 * SECOND : 30 * SECOND;
}

/*
 * When the kernel's rows run short, what was never answered goes first: a flood's flows, not the
 * established ones. `level` 0 none, 1 from 7/8 on, 2 from 15/16 on.
 */
static uint64_t pressure_limit(const struct fb_flow *flow, unsigned int level)
{
	if (flow->packets[FB_DOWN] == 0)
		return level == 2 ? 1 * SECOND : 3 * SECOND;
	if (flow->proto != PROTO_TCP)
		return level == 2 ? 5 * SECOND : 20 * SECOND;
	return UINT64_MAX;
}

static unsigned int pressure(const struct fb_table *table)
{
	const uint64_t used = (uint64_t)table->n_rows * 16, max = table->opts.max_rows;

	return used >= max * 15 ? 2 : used >= max * 14 ? 1 : 0;
}

/* The flow's rows go back to the kernel half: told at the end of the tick. */
static void rows_leave(struct fb_table *table, uint32_t number)
{
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NO_SLOT;
	     slot = table->track[slot].next) {
		if (table->track[slot].leaving)
			continue;
		table->track[slot].leaving = true;
		table->leaving[table->n_leaving++] = slot;
	}
}

/* Forget the flow. Its rows' last counts go to their link's total alone. */
static void drop(struct fb_table *table, uint32_t number)
{
	rows_leave(table, number);
	while (table->priv[number].first_row != FB_NO_SLOT)
		fb_table_track_detach(table, table->priv[number].first_row);
	fb_table_unindex(table, number);
	fb_store_remove(&table->store, number);
}

static struct fb_closed_entry *closed_at(struct fb_table *table, uint32_t i)
{
	return &table->closed[(table->closed_head + i) % (table->closed_size + 1)];
}

/* The flow of a ring entry, unless it went on or its record has another flow by now. */
static const struct fb_flow *closed_flow(struct fb_table *table,
					 const struct fb_closed_entry *entry)
{
	const struct fb_flow *flow = fb_store_get(&table->store, entry->number);

	return flow->id == entry->id && flow->closed && flow->closed_at == entry->at ? flow : NULL;
}

void fb_table_drop_oldest_closed(struct fb_table *table)
{
	const struct fb_closed_entry entry = *closed_at(table, 0);

	table->closed_head = (table->closed_head + 1) % (table->closed_size + 1);
	table->n_closed--;
	if (table->n_settled > 0)
		table->n_settled--;
	if (closed_flow(table, &entry))
		drop(table, entry.number);
}

static void age_closed(struct fb_table *table, unsigned int level)
{
	const uint64_t keep = table->opts.closed_seconds * SECOND;
	const uint64_t linger = level ? SECOND : LINGER;

	while (table->n_closed > 0 && closed_at(table, 0)->at + keep <= table->now)
		fb_table_drop_oldest_closed(table);
	while (table->n_settled < table->n_closed) {
		const struct fb_closed_entry *entry = closed_at(table, table->n_settled);

		if (entry->at + linger > table->now)
			break;
		if (closed_flow(table, entry))
			rows_leave(table, entry->number);
		table->n_settled++;
	}
}

static void age_flow(struct fb_table *table, uint32_t number, unsigned int level)
{
	const struct fb_flow *flow = fb_store_get(&table->store, number);
	const uint64_t idle = table->now > flow->last_seen ? table->now - flow->last_seen : 0;

	if (!flow->id || flow->closed)
		return;
	if (idle >= idle_limit(flow))
		fb_table_mark_closed(table, number, FB_CLOSED_TIMEOUT);
	else if (level && idle >= pressure_limit(flow, level))
		fb_table_mark_closed(table, number, FB_CLOSED_EVICTED);
}

static void age_live(struct fb_table *table, unsigned int level)
{
	const uint32_t chunks = table->store.n_chunks;
	uint32_t n = level ? chunks : chunks / AGE_TICKS + 1;

	for (; n > 0 && chunks > 0; n--) {
		const uint32_t chunk = table->age_chunk++ % chunks;

		if (table->store.chunk[chunk]->n_used == 0)
			continue;
		for (uint32_t i = 0; i < FB_CHUNK_FLOWS; i++)
			age_flow(table, chunk * FB_CHUNK_FLOWS + i, level);
	}
}

static void set_rates(struct fb_table *table, uint32_t number, uint64_t elapsed)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_flow_priv *priv = &table->priv[number];

	if (!flow || !flow->id)
		return;
	for (unsigned int d = 0; d < 2; d++) {
		const uint64_t bytes = flow->bytes[d] - priv->bytes[d];
		const uint64_t packets = flow->packets[d] - priv->packets[d];

		flow->rate[d] = flow->closed ? 0 : bytes * SECOND / elapsed;
		flow->pps[d] = flow->closed ? 0 : (uint32_t)(packets * SECOND / elapsed);
		priv->bytes[d] = flow->bytes[d];
		priv->packets[d] = flow->packets[d];
	}
}

/* Flows that moved get a rate, those that moved in the last tick only get none. */
static void age_rates(struct fb_table *table)
{
	const uint64_t elapsed = table->last_end && table->now > table->last_end
					 ? table->now - table->last_end
					 : SECOND;
	uint32_t *moved = table->moved[0];

	for (uint32_t i = 0; i < table->n_moved[1]; i++)
		if (table->priv[table->moved[1][i]].tick != table->tick)
			set_rates(table, table->moved[1][i], elapsed);
	for (uint32_t i = 0; i < table->n_moved[0]; i++)
		set_rates(table, moved[i], elapsed);
	table->moved[0] = table->moved[1];
	table->moved[1] = moved;
	table->n_moved[1] = table->n_moved[0];
	table->n_moved[0] = 0;
	table->last_end = table->now;
}

void fb_table_end(struct fb_table *table, void (*unlink)(void *ctx, uint32_t slot), void *ctx)
{
	const unsigned int level = pressure(table);

	age_live(table, level);
	age_closed(table, level);
	age_rates(table);
	for (uint32_t i = 0; i < table->n_leaving; i++)
		unlink(ctx, table->leaving[i]);
	table->n_leaving = 0;
}
