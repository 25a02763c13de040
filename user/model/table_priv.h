/* SPDX-License-Identifier: BSD-2-Clause */
/* The table from inside: shared by table.c (rows), join.c (conntrack) and age.c (time). */
#pragma once

#include "model/store.h"
#include "model/table.h"

#define FB_NO_SLOT UINT32_MAX

/* What the table remembers of a kernel row: its last counters, and whose they are. */
struct fb_track {
	uint64_t packets[2], bytes[2]; /* by the row's direction, as last seen */
	uint32_t generation;
	uint32_t flow; /* FB_NO_FLOW: none; the row counts for the link only */
	uint32_t next; /* slot of the flow's next row, FB_NO_SLOT: last */
	uint16_t link;
	uint8_t client;	     /* the row's direction that the flow's client sends */
	bool used : 1;	     /* the row is known */
	bool accounting : 1; /* its counts are the flow's own */
	bool leaving : 1;    /* on its way back to the kernel half */
};

/* What readers need not see of a flow. */
struct fb_flow_priv {
	uint64_t packets[2], bytes[2]; /* at the last tick, for rates */
	uint32_t first_row;	       /* slot, FB_NO_SLOT: none */
	uint32_t tick;		       /* last tick it moved in */
	uint32_t ct_round;	       /* last dump that told of its conntrack entry */
};

struct fb_closed_entry {
	uint32_t number;
	uint64_t id, at;
};

struct fb_pending {
	struct fb_table_ct ct;
	bool used;
};

struct fb_table {
	struct fb_table_opts opts;
	const struct fb_table_ops *ops;
	void *ctx;

	struct fb_store store;
	struct fb_flow_priv *priv; /* [store capacity] */
	struct fb_tuples tuples;   /* inside and outside tuple of each flow that can still move */
	struct fb_track *track;	   /* [max_rows] */
	uint32_t n_rows;

	uint64_t now, last_end;
	uint32_t tick;
	uint32_t *moved[2], n_moved[2]; /* flows that moved in this tick and in the last */

	struct fb_closed_entry *closed; /* ring, oldest at closed_head */
	uint32_t closed_size, closed_head, n_closed;
	uint32_t n_settled; /* of the ring: entries whose rows are already on their way back */
	uint32_t *leaving, n_leaving; /* [max_rows] slots to be told by fb_table_end */
	uint32_t age_chunk;	      /* where ageing goes on */

	struct fb_pending *pending; /* ring of opts.pending_ct */
	uint32_t pending_next;
	struct fb_tuples pending_tuples;
	uint32_t ct_round;

	uint64_t link_packets[FB_LINK_MAX][2], link_bytes[FB_LINK_MAX][2]; /* by hook */
	struct fb_table_counters counters;
	uint64_t epoch;
};

/* table.c */
void fb_table_move(struct fb_table *table, uint32_t number);
void fb_table_track_detach(struct fb_table *table, uint32_t slot);
void fb_table_unindex(struct fb_table *table, uint32_t number);
void fb_table_mark_closed(struct fb_table *table, uint32_t number, enum fb_closed reason);
void fb_table_track_attach(struct fb_table *table, uint32_t slot, uint32_t number, bool accounting);
void fb_flow_tuple(const struct fb_flow *flow, struct fb_tuple *ret_tuple);
bool fb_flow_alias(const struct fb_flow *flow, struct fb_tuple *ret_tuple);
struct fb_flow_link *fb_flow_other_link(struct fb_flow *flow, uint16_t link);

/* join.c */
void fb_table_join_pending(struct fb_table *table, uint32_t number, const struct fb_tuple *tuple);
int fb_pending_init(struct fb_table *table);
void fb_pending_fini(struct fb_table *table);

/* age.c */
void fb_table_drop_oldest_closed(struct fb_table *table);
