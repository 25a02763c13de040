/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow table: rows of the kernel half, conntrack entries and facts become flows; each tick ends
 * in an immutable snapshot. One writer (the engine's thread) makes all calls.
 *
 * A tick: fb_table_tick_begin -> fb_table_row for each row that moved (engine: fb_rowmap_scan) and
 * fb_table_row_gone for each that was given back -> fb_table_tick_end, which ages flows and makes
 * the snapshot -> fb_table_evictions, whose slots go to engine/reclaim. Conntrack and hello facts
 * may come at any time between.
 *
 * One connection is one flow on however many lanes (interfaces, VLANs) it is seen; what is not one
 * says identity.h. What passed, a direction, is the most that either hook counted, over lanes that
 * see different packets (accounting.c); each lane's own counts stand in fb_flow.links. NAT is
 * joined through conntrack.
 * What a row counted enters its link's totals once, whatever becomes of the flow.
 */
#pragma once

#include <flowbpf/lane.h>
#include <flowbpf/quality.h>
#include <flowbpf/row.h>
#include <flowbpf/side.h>

#include "flow/facts.h"
#include "flow/owner.h"
#include "flow/person.h"
#include "flow/snapshot.h"

struct fb_table;

#define FB_DESCRIBE_ALL UINT32_MAX

struct fb_table_ops {
	/*
	 * Derive what enrich/ knows: at a flow's birth, and when its ends, l7 or names changed
	 * (`which` FB_DESCRIBE_ALL), and after fb_table_describe_again (the bits given there).
	 * NULL: nothing is derived.
	 */
	void (*describe)(void *ctx, const struct fb_flow *flow, unsigned int which,
			 struct fb_flow_facts *facts);
	/*
	 * Whose the socket of a flow is that is forwarded, of this machine all the same: a
	 * container's, by enum fb_owner_by. Asked when it is described for good; NULL: not known;
	 * else valid until the next call. NULL: nobody is asked.
	 */
	const struct fb_owner *(*owner)(void *ctx, const struct fb_flow *flow, uint8_t *ret_by);
	/* The flows whose end the next snapshot tells; fb_table_judged may be called for each. */
	void (*ended)(void *ctx, const uint32_t *numbers, uint32_t n);
	/* Servers have this port, and clients do not. NULL: none is known. */
	bool (*is_service)(uint8_t proto, uint16_t port);
};

struct fb_table_opts {
	uint32_t max_rows;	 /* rows of the kernel's table */
	uint32_t max_flows;	 /* live flows of rows, at most; 0: max_rows */
	uint32_t max_conntrack;	 /* conntrack entries remembered, at most; 0: 1,048,576 */
	uint32_t closed_flows;	 /* closed flows kept, at most; 0: 20,000 */
	uint32_t closed_seconds; /* ... and for how long; 0: 300 */
	const struct fb_side
		*sides; /* [max_rows], borrowed: what stands beside a row; NULL: nothing */
	const struct fb_quality *quality; /* [max_rows], borrowed; NULL: it is not measured */
	const struct fb_lane *lanes; /* [FB_LANE_MAX], borrowed; NULL: a key's lane is a link */
	bool judged;		     /* who judges flows is told of them: fb_table_take_begun */
	bool keep_all;		     /* replay: nothing ages, and nothing that closed is dropped */
};

/* X(name, loss, help) */
#define FB_TABLE_COUNTERS(X)                                                                       \
	X(flows_made, false, "flows that came into being")                                         \
	X(flows_merged, false, "flows that turned out to be another's, behind NAT")                \
	X(flows_evicted, true, "live flows given up because the table was full")                   \
	X(flows_full, true, "rows that found no flow record: counted by link, not shown")          \
	X(flows_split, false, "flows that turned out to be two, of equal addresses")               \
	X(flows_reopened, false, "flows that went on after they had timed out")                    \
	X(closed_dropped, false, "closed flows dropped early: more closed than are kept")          \
	X(ends_untold, true, "flows dropped before their end was told: more closed than are kept") \
	X(rows_stale, false, "facts for rows that are gone")                                       \
	X(links_dropped, true, "counts of a flow's ninth interface or VLAN, and on")               \
	X(names_refused, true, "names that were too long or empty")                                \
	X(icmp_errors_linked, false, "ICMP errors linked to the flow that they quote")             \
	X(conntrack_unlisted, true,                                                                \
	  "conntrack entries older than us that are not shown: more than a quarter of the flows")  \
	X(conntrack_full, true, "conntrack entries beyond those remembered")                       \
	X(conntrack_swept, false, "conntrack entries found gone by a resync")                      \
	X(devices_full, true, "devices and networks of this host beyond those remembered")         \
	X(own_addrs_full, true, "addresses of this host beyond the 1,024 remembered")              \
	X(listeners_full, false, "listening sockets of this host beyond the 1,024 remembered")     \
	X(clock_set, false, "times that the wall clock was set: older times stay as shown")        \
	X(no_memory, true, "facts lost because memory was short")

struct fb_table_counters {
#define X(name, loss, help) uint64_t name;
	FB_TABLE_COUNTERS(X)
#undef X
};

struct fb_table_stats {
	uint32_t live, closed, rows, conntrack;
	size_t memory; /* bytes held, those of old snapshots included */
	struct fb_table_counters counters;
};

int fb_table_new(const struct fb_table_opts *opts, const struct fb_table_ops *ops, void *ctx,
		 struct fb_table **ret_table);
/* After every snapshot was put. NULL is fine. */
void fb_table_free(struct fb_table *table);

/* --- the host --------------------------------------------------------------------------------- */

/* The name of a link number, as now. */
int fb_table_link(struct fb_table *table, uint16_t link, const char *name);
/* ... and its device. */
void fb_table_link_device(struct fb_table *table, uint16_t link, uint32_t ifindex);
/* What the devices of its networks are called from now on; the list is the table's. */
void fb_table_devices(struct fb_table *table, struct fb_devicelist *devices);
/* A device of this host is there, as now, or is gone. */
int fb_table_device(struct fb_table *table, const struct fb_device *device, bool gone);
/* The network of one of its addresses, `prefix` bits of the family's own. */
int fb_table_net(struct fb_table *table, uint32_t ifindex, const uint8_t addr[static 16],
		 uint8_t family, uint8_t prefix, bool gone);
/* Which numbers rows have; one that is to be another interface's gives its rows back before. */
void fb_table_links_in_rows(const struct fb_table *table, bool links[static FB_LINK_MAX]);
void fb_table_link_retire(struct fb_table *table, uint16_t link);
/*
 * The number is another interface's from here on: its totals begin anew, and what was seen on the
 * one before has no interface any more.
 */
void fb_table_link_renumbered(struct fb_table *table, uint16_t link);
/* An address of this host came or went. */
int fb_table_own_addr(struct fb_table *table, const uint8_t addr[static 16], uint8_t family,
		      bool gone);

bool fb_table_is_own(struct fb_table *table, const uint8_t addr[static 16], uint8_t family);

/* Call `fn` for each address of this host. */
void fb_table_own_addrs(const struct fb_table *table,
			void (*fn)(void *ctx, const uint8_t addr[static 16], uint8_t family),
			void *ctx);

/* A socket of this host listened when we came; an address of zeros is all of them. */
int fb_table_listener(struct fb_table *table, const struct fb_listener_fact *fact);

/*
 * Closed flows with these addresses, behind NAT, too, or the MAC, whose end was told go before
 * their time; how many did. Who keeps flows has them.
 */
unsigned int fb_table_erase(struct fb_table *table, const struct fb_person *who);
/* The option closed_seconds. */
void fb_table_keep_closed(struct fb_table *table, uint32_t seconds);

/*
 * `describe` would tell otherwise now of what `which` says, its own bits: in the next ticks it is
 * asked again about every flow, so many a tick that no tick becomes long.
 */
void fb_table_describe_again(struct fb_table *table, unsigned int which);

/* --- rows ------------------------------------------------------------------------------------- */

enum fb_table_row_result {
	FB_TABLE_ROW_NEW = 1 << 0, /* this slot's row was not known before */
	FB_TABLE_ROW_WANTS_NAME = 1
				  << 1, /* FB_ROW_NAMED, and its flow has no name yet: look it up */
	FB_TABLE_ROW_IDLE = 1 << 2,	/* nothing had moved */
	FB_TABLE_ROW_WANTS_OWNER = 1 << 3, /* fb_owners tells more than it did */
};

/*
 * `row` as it is now, with last_seen as `seen_ns` (CLOCK_BOOTTIME). May be called at any time, also
 * before a fact about a slot that was not scanned yet. Returns enum fb_table_row_result bits, or
 * -ENOMEM (what it counts then still enters the link's totals, later).
 */
int fb_table_row(struct fb_table *table, uint32_t slot, const struct fb_row *row, uint64_t seen_ns);

/* After FB_TABLE_ROW_WANTS_NAME: whatever fb_names had of it, it need not be looked up again. */
void fb_table_name_asked(struct fb_table *table, uint32_t slot);

/*
 * After FB_TABLE_ROW_WANTS_OWNER: its flow is this process's (copied unless it is known), by enum
 * fb_owner_by. `owner` NULL: fb_owners did not tell. 0, -ESTALE as for facts, -ENOMEM.
 */
int fb_table_owner(struct fb_table *table, uint32_t slot, const struct fb_row *row,
		   const struct fb_owner *owner, uint8_t by);
/*
 * The same of a flow, by its id: who has its socket now, if so far the flow is the listener's. 0,
 * -ENOENT: there is no such flow, -ENOMEM.
 */
int fb_table_owner_found(struct fb_table *table, uint64_t flow_id, const struct fb_owner *owner,
			 uint8_t by);
/* The flow of an id, NULL: it is gone; until the next call that writes. The id of a row's: 0: none.
 */
const struct fb_flow *fb_table_flow(const struct fb_table *table, uint64_t flow_id);
uint64_t fb_table_flow_of(const struct fb_table *table, uint32_t slot);
/* Which direction of this row the flow's client sends. */
unsigned int fb_table_row_client(const struct fb_table *table, uint32_t slot);
/* The slots of the flow's rows, `max` at most: how many. */
unsigned int fb_table_rows_of(const struct fb_table *table, uint64_t flow_id, uint32_t *slots,
			      unsigned int max);
/* The record of a process that flows have; NULL: none. */
const struct fb_owner *fb_table_known_owner(const struct fb_table *table,
					    const struct fb_owner_key *key);

/* --- the judge -------------------------------------------------------------------------------- */

/*
 * Numbers of flows that were made since the last call, or of which a first packet passed, `max` at
 * most, the oldest first: some may be gone by now.
 */
uint32_t fb_table_take_begun(struct fb_table *table, uint32_t *numbers, uint32_t max);
/*
 * Numbers of flows, each once, of which in the tick that ended last more passed that nobody
 * answered, or that came to have twice the bytes, another 10 MB, or another hour. `*ret_numbers` is
 * good until the next tick's end.
 */
uint32_t fb_table_grown(const struct fb_table *table, const uint32_t **ret_numbers);
/* The flow as it is now; false: the record is free. Until the next call that writes. */
bool fb_table_at(const struct fb_table *table, uint32_t number, struct fb_flow_at *ret_at);
/*
 * What the judge says of a flow from now on, and why: `items` are copied, `verdict->evidence` is
 * not looked at. 0, -ENOENT: there is no such flow, -ENOMEM.
 */
int fb_table_judged(struct fb_table *table, uint64_t flow_id, const struct fb_flow_verdict *verdict,
		    const struct fb_evidence *items, unsigned int n);

/* The last word of a row that was given back: fold it, forget the slot. */
int fb_table_row_gone(struct fb_table *table, uint32_t slot, const struct fb_row *row,
		      uint64_t seen_ns);

/* Copy up to `max` slots that the engine shall take back; each is told once. */
uint32_t fb_table_evictions(struct fb_table *table, uint32_t *slots, uint32_t max);

/* The generation of the row that the table knows in a slot, 0: none. */
uint32_t fb_table_generation(const struct fb_table *table, uint32_t slot);

/* What rows of a link counted, live and ended, by enum fb_hook; both arrays have two entries. */
void fb_table_link_totals(const struct fb_table *table, uint16_t link, uint64_t packets[static 2],
			  uint64_t bytes[static 2]);

/* --- facts ------------------------------------------------------------------------------------ */

/* About the flow of a row: 0, -ESTALE (another row has the slot: counted), -EINVAL, -ENOMEM. */
int fb_table_hello(struct fb_table *table, uint32_t slot, uint32_t generation,
		   const struct fb_hello_fact *fact);

int fb_table_conntrack(struct fb_table *table, enum fb_conntrack_event event,
		       const struct fb_conntrack_fact *fact);
/*
 * A dump begins; entries that nothing tells of until it is done are gone. What the first one lists
 * is shown, whether a packet of it passed or not: see unseen.c.
 */
void fb_table_conntrack_dump(struct fb_table *table, bool done);

/*
 * The id of the row's flow, for what its packets say and is told once: 0 where another row of it
 * says the same, behind a translation or, if `first`, on another interface than it was seen on
 * first; and where there is none.
 */
uint64_t fb_table_speaker(const struct fb_table *table, uint32_t slot, uint32_t generation,
			  bool first);

/* A question of DNS that the row's flow put was answered after `us`: 0, -ESTALE, -ENOMEM. */
int fb_table_answered(struct fb_table *table, uint32_t slot, uint32_t generation, uint32_t us);

/*
 * An ICMP error quotes a packet from the tuple's first end to its second, the flow's own ends or
 * translated ones: 0, or -ENOENT if no flow sent such a packet, of TCP with this sequence number.
 * The last one stands in fb_flow.icmp_type and icmp_code.
 */
int fb_table_icmp_error(struct fb_table *table, const struct fb_tuple *quoted, uint32_t seq,
			uint8_t type, uint8_t code);

/* --- ticks ------------------------------------------------------------------------------------ */

/* `now_ns` CLOCK_BOOTTIME and `wall_ms` since 1970 of the same moment. */
void fb_table_tick_begin(struct fb_table *table, uint64_t now_ns, int64_t wall_ms);

/*
 * What moved and ended, ageing, snapshot; gives rows up before the kernel half is full. A reference
 * to the new snapshot, or NULL when memory is short (the old one stands).
 */
struct fb_snapshot *fb_table_tick_end(struct fb_table *table);

/*
 * At any time: a piece of the work that ticks would do else, a millisecond at most. Whether there
 * is more; a tick does what is left.
 */
bool fb_table_work(struct fb_table *table);

/* The conntrack tuple of a flow, to delete its entry: -ENOENT no such flow, -ESRCH no entry. */
int fb_table_conntrack_of(const struct fb_table *table, uint64_t flow_id,
			  struct fb_conntrack_fact *ret_fact);

/*
 * The next conntrack entry from *pos (0 at first) on one of whose four addresses is `addr`, whether
 * a flow has it or not; false at the end. Entries may go in between.
 */
bool fb_table_conntrack_using(const struct fb_table *table, const uint8_t addr[static 16],
			      uint8_t family, uint32_t *pos, struct fb_conntrack_fact *ret_fact);

void fb_table_stats(const struct fb_table *table, struct fb_table_stats *ret_stats);
