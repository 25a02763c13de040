/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table from inside: table.c (life, tick), fold.c (rows), place.c (whose a row is, by the rules
 * of identity.c and what wiring.c knows of devices), facing.c, accounting.c (counts), join.c and
 * ctab.c (conntrack), unseen.c (its entries without a packet), describe.c, flow_names.c,
 * hello_facts.c, quality.c, icmp_errors.c, ending.c, ageing.c (time), relief.c (room), judging.c,
 * store.c (records).
 */
#pragma once

#include "table/ctab.h"
#include "table/identity.h"
#include "table/owners.h"
#include "table/store.h"
#include "table/table.h"
#include "table/wiring.h"

#define FB_WHEEL 8192 /* buckets of one second */
#define FB_CT_LEAVING                                                                              \
	4096		   /* entries of NAT that came and went within a tick, kept until it ends  \
			    */
#define FB_LINGER	 3 /* seconds that a closed flow keeps its rows: last packets still come */
#define FB_SECOND	 1000000000ull
#define FB_OWN_MAX	 1024 /* addresses of this host */
#define FB_LISTENERS_MAX 1024
#define FB_WALL_SET_MS	 1000 /* a clock that moves by more in a tick was set, not slewed */

#define FB_SHARED_MAX	 64 /* kinds of evidence without numbers that flows share */

#define FB_UNSEEN_PART	 4 /* of max_flows, beside them: flows that no packet made */

#define FB_TCP_FIN	 0x01
#define FB_TCP_SYN	 0x02
#define FB_TCP_RST	 0x04
#define FB_TCP_ACK	 0x10

/* What the table remembers of a kernel row: its last counters, and whose they are. */
struct fb_track {
	uint64_t packets[2], bytes[2];		 /* by the row's direction, as folded so far */
	uint64_t side_packets[2], side_bytes[2]; /* likewise: of the other hook */
	uint32_t generation;
	uint32_t flow;	     /* FB_NONE: the row counts for its link only */
	uint32_t next;	     /* slot of the flow's next row; FB_NONE: last */
	uint32_t opener_isn; /* `by_syn`: of the opener's SYN */
	uint64_t first_seen; /* ns */
	struct fb_where lane;
	uint8_t sight[2]; /* as in fb_row */
	uint8_t seen;	  /* as in fb_sight */
	uint8_t syn;	  /* likewise: hooks that saw a SYN */
	uint8_t by_syn : 1;
	uint8_t client : 1;  /* the row's direction that the flow's client sends */
	uint8_t used : 1;    /* the row is known */
	uint8_t leaving : 1; /* on its way back to the kernel half */
	uint8_t outside : 1; /* its tuple is the translated one */
	uint8_t asked : 1;   /* its name in fb_names was asked for, or payload told it */
	uint8_t isn_known;   /* directions, as bits */
	uint32_t isn[2];     /* of the direction's SYN */
	uint8_t dismissed;   /* TCP flags that turned out to mean nothing */
	uint8_t owner_asked; /* fb_owner_notes() of the row when its owner was asked for */
	uint32_t doubt;	     /* fb_side.end_packets + 1 of the last doubt; 0: none */
};

enum fb_place {
	FB_PLACE_NONE,
	FB_PLACE_WHEEL,
	FB_PLACE_CLOSED, /* + enum fb_worth: a list each */
};

/* What is given up first when room is short; the same scale as bpf/lib/evict.h. */
enum fb_worth {
	FB_WORTH_NONE, /* nobody answered: a few packets one way, a handshake that is not done */
	FB_WORTH_SOME, /* one question and its answer, a one-way stream, a connection half seen */
	FB_WORTH_KEPT, /* both sides spoke on */
	FB_WORTHS,
};

struct fb_closed_list {
	uint32_t first, last; /* numbers, the oldest first */
	uint32_t held;	      /* those before it are released, or have a conntrack entry */
	uint32_t n;
};

/* What readers need not see of a flow. */
struct fb_priv {
	uint32_t first_row;  /* slot; FB_NONE: none */
	uint32_t tick;	     /* last tick it moved in */
	uint32_t told;	     /* tick whose snapshot tells its end; 0: none yet */
	uint32_t ct;	     /* entry of ctab; FB_NONE: none */
	uint32_t prev, next; /* in a bucket of the wheel, or in the closed list */
	uint16_t bucket;
	uint8_t place;	      /* enum fb_place */
	uint8_t after;	      /* directions, as bits, that moved after the end */
	uint8_t doubted[2];   /* TCP flags, by enum fb_dir, that end it unless something follows */
	bool indexed : 1;     /* a row of its tuple finds it */
	bool by_silence : 1;  /* that it ended only silence tells */
	bool undescribed : 1; /* it stands in the list of these */
	bool begun : 1;	      /* likewise */
	bool grown : 1;	      /* likewise */
};

struct fb_own_addr {
	uint8_t addr[16];
	uint8_t family;
	uint16_t count; /* interfaces that have it */
};

struct fb_table {
	struct fb_table_opts opts;
	const struct fb_table_ops *ops;
	void *ctx;

	struct fb_store store;
	struct fb_priv *priv;	    /* [max records] */
	struct fb_index index;	    /* by the flow's own tuple */
	struct fb_track *track;	    /* [max_rows] */
	uint32_t n_rows, n_leaving; /* tracked; of those, on their way back */
	struct fb_owners owners;
	struct fb_ctab ctab;
	bool ctab_listed;			       /* the first dump is done */
	uint32_t n_unseen;			       /* flows that it made */
	uint32_t leaving[FB_CT_LEAVING], n_leaving_ct; /* entries that are `leaving` */

	uint64_t now_ns, last_end_ns;
	int64_t wall_ms, wall_ahead_ms; /* of CLOCK_BOOTTIME */
	struct fb_wall wall;
	uint32_t tick;			/* from one tick's end to the next */
	uint32_t *moved[2], n_moved[2]; /* flows that moved in this tick, and in the last */
	int64_t stray_bytes[2];		/* of this tick: of rows that no flow has */
	uint32_t *ended, n_ended;	/* flows whose end the next snapshot tells */
	uint32_t told_until;		/* the last tick that had its snapshot */

	uint32_t wheel[FB_WHEEL];
	uint64_t wheel_s;			 /* seconds up to which the wheel was turned */
	struct fb_closed_list closed[FB_WORTHS]; /* by what they were worth */
	uint32_t n_live, n_closed;		 /* closed ones, in a list or not yet */
	uint32_t n_held;			 /* closed ones that are FB_FLOW_HELD */
	uint32_t *evict, n_evict;		 /* [max_rows] slots to be told */

	uint32_t *undescribed, n_undescribed; /* flows to be described before the next snapshot */
	uint32_t *begun, n_begun;	      /* flows that nobody was told of */
	uint32_t *grown[2], n_grown[2];	      /* of this tick, and of the last: fb_table_grown */
	const struct fb_flow_evidence *shared[FB_SHARED_MAX]; /* what is said of many flows */
	unsigned int n_shared;
	unsigned int again;  /* what is described again: bits of describe's `which` */
	uint32_t again_next; /* record that is next ... */
	uint32_t again_left; /* ... and how many are to come */

	struct fb_own_addr own[FB_OWN_MAX];
	unsigned int n_own;
	struct fb_listener_fact listener[FB_LISTENERS_MAX];
	unsigned int n_listeners;
	struct fb_wiring wiring;
	uint64_t link_packets[FB_LINK_MAX][2], link_bytes[FB_LINK_MAX][2]; /* by hook */
	uint64_t made_before; /* counters.flows_made at the last tick's end */
	struct fb_table_counters counters;
};

/* table.c */
void fb_flow_tuple(const struct fb_flow *flow, struct fb_tuple *ret_tuple);
/* The flow that has this tuple as its own, a live one first, or FB_NONE. */
uint32_t fb_table_find(const struct fb_table *table, const struct fb_tuple *tuple);
void fb_table_reindex(struct fb_table *table, uint32_t number);
void fb_table_unindex(struct fb_table *table, uint32_t number);

/* facing.c: the direction of the row, whose tuple that is, that the client sends, and why. */
int fb_table_client_of(struct fb_table *table, const struct fb_row *row,
		       const struct fb_tuple *tuple, uint8_t *ret_by);
/* Something else tells who the client is; `faces`: the flow's own one. Whether the flow turned. */
bool fb_table_better_client(struct fb_table *table, uint32_t number, bool faces, uint8_t by);

/* describe.c */
/* Call `describe`, and take what it says into the flow. */
void fb_table_describe(struct fb_table *table, uint32_t number);
/* The same before the next snapshot, once for all that comes to be known of it in a tick. */
void fb_table_describe_later(struct fb_table *table, uint32_t number);
/* Those that wait for it longest, `max` at most. */
void fb_table_describe_new(struct fb_table *table, uint32_t max);
/* Of fb_table_describe_again, the share of this tick. */
void fb_table_describe_some(struct fb_table *table);

/* fold.c: the state that TCP flags and counts tell, unless conntrack knows better. */
/* End the entries that were gone before the rows of this tick were read. */
void fb_table_end_entries(struct fb_table *table);
uint8_t fb_table_derive_state(const struct fb_flow *flow, const struct fb_traffic *traffic);

/* accounting.c: the traffic of a flow, to be changed in this tick; NULL when memory is short. */
struct fb_traffic *fb_table_touch(struct fb_table *table, uint32_t number);
void fb_traffic_stand_still(struct fb_traffic *traffic);
/* What a row counted, by enum fb_hook and enum fb_dir. */
struct fb_counts {
	uint64_t packets[2][2], bytes[2][2];
};
void fb_table_count(struct fb_table *table, uint32_t number, const struct fb_track *track,
		    const struct fb_counts *counts);
/* All that `gone` counted, as of the translated tuple or as it is, is counted by `number`, too. */
void fb_table_count_all(struct fb_table *table, uint32_t number, uint32_t gone, bool outside);
/* Another flow has all its counts: what earlier ticks told of them is told twice. */
void fb_table_take_back(struct fb_table *table, uint32_t number);
/* All its counts are of the translated tuple. */
void fb_table_count_outside(struct fb_table *table, struct fb_flow *flow);
bool fb_table_is_first_lane(const struct fb_flow *flow, const struct fb_track *track);
/* The flow counts from this row; no flow does. */
void fb_table_attach(struct fb_table *table, uint32_t slot, uint32_t number);
void fb_table_detach(struct fb_table *table, uint32_t slot);
/* The row and what it counted belong to another flow. */
void fb_table_move_row(struct fb_table *table, uint32_t slot, uint32_t number);
/* The lane that saw the connection first is the flow's. */
void fb_table_begin_at(struct fb_table *table, uint32_t number, const struct fb_track *track);
/* What it counted on a link has no link any more. */
void fb_table_leave_link(struct fb_table *table, uint32_t number, uint16_t link);
/* Client and server change places. */
void fb_table_swap_ends(struct fb_table *table, uint32_t number);

/* --- quality.c -------------------------------------------------------------------------------- */

/* What the kernel half measured of this row, which is the flow's. */
void fb_table_measure(struct fb_table *table, uint32_t slot, uint32_t number,
		      const struct fb_row *row);
/* Its ends changed places. */
void fb_table_turn_quality(struct fb_table *table, uint32_t number);
/* Another lane tells it from here on. */
void fb_table_forget_quality(struct fb_table *table, uint32_t number);

/* fold.c: a flow of this row, not attached to it yet; FB_NONE: there is no room. */
uint32_t fb_table_make_flow(struct fb_table *table, const struct fb_track *track,
			    const struct fb_row *row, const struct fb_tuple *tuple, uint8_t by,
			    bool indexed);
/* describe.c: an address that this host has on one interface only. */
bool fb_table_owns_once(struct fb_table *table, const uint8_t addr[static 16], uint8_t family);

/* place.c: the flow that a new row, of this flow tuple, goes on with; FB_NONE: none. */
uint32_t fb_table_place(struct fb_table *table, uint32_t slot, const struct fb_tuple *tuple);
/* It shows more of its path than before: does it still belong where it is? */
void fb_table_place_again(struct fb_table *table, uint32_t slot, const struct fb_row *row);

/* join.c: two flows are one; `outside`: `gone` is that of the translated tuple. */
void fb_table_merge(struct fb_table *table, uint32_t into, uint32_t gone, bool outside);
/* An entry that the tuple of a new row belongs to. */
void fb_table_link_entry(struct fb_table *table, uint32_t number, uint32_t ct);
/* The entry is of a connection that ended before this one began, with a SYN. */
bool fb_table_entry_is_old(const struct fb_ctab_entry *entry, bool by_syn, uint8_t tcp_flags);
void fb_table_unlink_entry(struct fb_table *table, uint32_t number);
/* A row of this entry, which no flow has, comes to the flow: the entry does too. */
void fb_table_change_entry(struct fb_table *table, uint32_t number, uint32_t ct);
/* A flow without one takes the entry that came while it was taken for ended. */
void fb_table_find_entry(struct fb_table *table, uint32_t number);

/* unseen.c: an entry that no flow has becomes one, if it was there before us. */
void fb_table_list_entry(struct fb_table *table, uint32_t ct, const struct fb_conntrack_fact *fact);
/* What conntrack counted, of a flow that no packet has passed here of. */
void fb_table_take_acct(struct fb_table *table, uint32_t number,
			const struct fb_conntrack_fact *fact);
void fb_table_drop_acct(struct fb_table *table, struct fb_flow *flow);
/* Its first packet has passed: it is counted from here on. */
void fb_table_meet(struct fb_table *table, uint32_t number, const struct fb_track *track,
		   bool outside);
static inline bool fb_flow_is_unseen(const struct fb_flow *flow)
{
	return flow->flags & FB_FLOW_UNSEEN;
}

/* flow_names.c */
bool fb_table_has_name(const struct fb_flow *flow, const struct fb_flow_name *name);
int fb_table_add_name(struct fb_table *table, struct fb_flow *flow,
		      const struct fb_flow_name *name);
void fb_table_flag_name(struct fb_table *table, struct fb_flow *flow, uint8_t flags);
/* What the server is called, whenever it was learned; without a text: nothing. */
bool fb_table_is_dst_host(const struct fb_flow *flow, const struct fb_flow_name *name);
void fb_table_set_dst_host(struct fb_table *table, struct fb_flow *flow,
			   const struct fb_flow_name *name);

/* ending.c: FIN and RST of a row that may be forged. */
void fb_table_weigh_doubts(struct fb_table *table, uint32_t slot, uint32_t number,
			   const struct fb_row *row);
/* Nothing came after them: they were the end, or one side's. */
void fb_table_believe_doubts(struct fb_table *table, uint32_t number);
bool fb_table_has_doubts(const struct fb_table *table, uint32_t number);
/* What its flags tell of its end; `unknown`: nothing. */
enum fb_closed fb_table_end_of(const struct fb_flow *flow, enum fb_closed unknown);
/* A new connection has its tuple. */
void fb_table_replace(struct fb_table *table, uint32_t number);
/* Close it if what is known of it says that it is over. */
void fb_table_judge(struct fb_table *table, uint32_t number);
/* Directions, as bits, in which a FIN or an RST is new: that is no going on. */
unsigned int fb_table_ending_ways(const struct fb_table *table, uint32_t slot, uint32_t number,
				  const struct fb_row *row);
/* Packets of these directions, as bits: opens a flow again that was closed, and goes on. */
void fb_table_go_on(struct fb_table *table, uint32_t number, unsigned int moved, uint64_t seen_ns);

/* flow_owner.c */
/* Two flows become one: `to` has the better known owner of the two after that, `from` the other. */
void fb_table_merge_owners(struct fb_flow *to, struct fb_flow *from);
/* It is forwarded, and may be a container's of this machine. */
void fb_table_find_owner(struct fb_table *table, uint32_t number);
/* The flow is given up. */
void fb_table_put_owner(struct fb_table *table, uint32_t number);

/* ageing.c */
/* Conntrack's table holds the entry of a closed flow no more, or would not. */
void fb_table_release(struct fb_table *table, uint32_t number);
void fb_table_schedule(struct fb_table *table, uint32_t number);
void fb_table_close(struct fb_table *table, uint32_t number, enum fb_closed reason);
void fb_table_reopen(struct fb_table *table, uint32_t number);
/* It gave its rows back, and has one again: its end is told once more when that one is counted. */
void fb_table_take_straggler(struct fb_table *table, uint32_t number);
/* Packets of it came: what was told of its end in an earlier tick was not its last word. */
static inline void fb_table_tell_again(struct fb_table *table, uint32_t number)
{
	if (table->priv[number].told < table->tick)
		table->priv[number].told = 0;
}
/* If it is closed for good and its rows are gone, the next snapshot tells so. */
void fb_table_tell_end(struct fb_table *table, uint32_t number);
void fb_table_drop(struct fb_table *table, uint32_t number);
bool fb_table_drop_oldest(struct fb_table *table);
void fb_table_evict_row(struct fb_table *table, uint32_t slot);
/* Close it if it lives, as evicted, and give its rows back without waiting for last packets. */
void fb_table_give_up(struct fb_table *table, uint32_t number);
void fb_table_age(struct fb_table *table);
/* Drop closed flows that are not kept, whose end was told; look at `max` at most. Whether any went.
 */
bool fb_table_drop_some(struct fb_table *table, uint32_t max);

/* judging.c */
/* It was made, or its first packet has passed. */
void fb_table_begin(struct fb_table *table, uint32_t number);
/* More of it passed, up to `seen_ns`; `bytes` and `last_seen` are of before. */
void fb_table_grow(struct fb_table *table, uint32_t number, const uint64_t bytes[static 2],
		   uint64_t last_seen);
/* The tick is over. */
void fb_table_next_grown(struct fb_table *table);

/* relief.c */
enum fb_worth fb_table_worth(const struct fb_table *table, uint32_t number);
/* The kernel half's table fills up: give an eighth of it back. */
void fb_table_relieve(struct fb_table *table);
/* How many closed flows of a worth are to go for the others' sake. */
uint32_t fb_table_closed_over(const struct fb_table *table, enum fb_worth worth);
