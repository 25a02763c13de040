/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of fb_flows as memory, and the way a row goes back to the kernel half:
 * fb_rowmap_leave and _unlink, one grace tick (packets in flight still count), read the final
 * counters, fb_rowmap_release. Used by one thread (the engine); counters move while they are
 * read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flowbpf/lane.h>
#include <flowbpf/name.h>
#include <flowbpf/owner.h>
#include <flowbpf/quality.h>
#include <flowbpf/row.h>
#include <flowbpf/side.h>

#include "kernel/bpf.h"

/* Free slots that are put in order with those given back: live rows stay dense, and come first. */
#define FB_ROWMAP_RESORTED 128

struct fb_rowmap {
	struct fb_row *row;	    /* [max], shared with the kernel half */
	struct fb_side *side;	    /* [max], likewise */
	struct fb_quality *quality; /* [max], likewise; NULL: it is off */
	struct fb_lane *lane;	    /* [FB_LANE_MAX], likewise */
	uint64_t *moved;	    /* [FB_MOVED_WORDS(max)], likewise: rows to be looked at; ... */
	uint64_t *again;	    /* ... our own: those to be looked at once more */
	uint32_t max;
	struct fb_state *state;			     /* shared with the kernel half */
	struct fb_bpf *bpf;			     /* borrowed */
	uint32_t taken[FB_ROWMAP_RESORTED], n_taken; /* of these, while nobody has them */
	size_t mapped_rows, mapped_sides, mapped_quality, mapped_moved, mapped_lanes, mapped_state;
};

int fb_rowmap_open(struct fb_rowmap *rows, struct fb_bpf *bpf);
void fb_rowmap_close(struct fb_rowmap *rows);

/* Slots below this may be in use: the bound of a scan. */
uint32_t fb_rowmap_used(const struct fb_rowmap *rows);

static inline bool fb_row_is_live(const struct fb_row *row)
{
	return __atomic_load_n(&row->state, __ATOMIC_ACQUIRE) & FB_ROW_LIVE;
}

static inline uint64_t fb_row_last_seen(const struct fb_row *row)
{
	return __atomic_load_n(&row->last_seen, __ATOMIC_RELAXED);
}

/*
 * Call `fn` for each live row that moved since the last scan; no other row is looked at. A row that
 * came to rest is told once more, for packets that came in the tick of the last scan: they leave
 * its last_seen and so its bit as they are. Not so one whose last_seen is before `settled`, a tick
 * that was over when the scan began (0 in replay): a packet counts, then reads the clock, so
 * whatever it counted in such a tick is there to be read. Returns the number of calls. A row that
 * was cleared and taken again between two scans has another generation: `fn` checks it.
 */
uint32_t fb_rowmap_scan(struct fb_rowmap *rows, uint64_t settled,
			void (*fn)(void *ctx, uint32_t slot, const struct fb_row *row), void *ctx);

/*
 * Have the next scan tell all rows: in a capture whose frames are out of order, a packet may come
 * without its row's time moving on. So does the first scan over adopted maps.
 */
void fb_rowmap_scan_all(struct fb_rowmap *rows);

/*
 * The row is about to leave: hints lead to it no more, and the kernel half gives it to nobody. 0,
 * or -ESTALE: it is not live, leaves already, or the kernel half gave it to another flow.
 */
int fb_rowmap_leave(struct fb_rowmap *rows, uint32_t slot, uint32_t generation);

/*
 * Take rows that leave out of the index, so that the next packet of each 5-tuple makes a new row;
 * only entries that point at these slots go. 0 or -errno: then it may be asked for again.
 */
int fb_rowmap_unlink(struct fb_rowmap *rows, uint32_t *slots, uint32_t n);

/*
 * Delete the names of rows that left, zero the rows, all but their generations, and give their
 * slots back, so that the lowest is taken first. 0 or -errno: then `slots` and `n` are those that
 * were not given back, to be tried again; the others may have new rows by now.
 */
int fb_rowmap_release(struct fb_rowmap *rows, uint32_t *slots, uint32_t *n);

/*
 * After adoption: give back the slots that the last run had cleared but not released, or had taken
 * out of the index only. Live rows without an index entry are marked FB_ROW_SUPERSEDED. How many,
 * or -errno.
 */
int fb_rowmap_recover(struct fb_rowmap *rows);

/* Names (fb_names), by key. A name whose generation is not the row's belongs to an older flow. */
int fb_rowmap_name_get(const struct fb_rowmap *rows, const struct fb_key *key,
		       struct fb_name *ret_name);
/* Whose the row of a slot is (fb_owners), or -errno; of another generation: of an older flow. */
int fb_rowmap_owner_get(const struct fb_rowmap *rows, uint32_t slot, struct fb_stamped *ret_owner);
int fb_rowmap_name_put(struct fb_rowmap *rows, const struct fb_key *key,
		       const struct fb_name *name);
