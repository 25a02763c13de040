/* SPDX-License-Identifier: BSD-2-Clause */
/* What filters took of the newest snapshot; see the header. */
#include "query/matches.h"

#include <pthread.h>
#include <stdlib.h>

#include "query/query_priv.h"
#include "util/cleanup.h"

#define ENTRIES 16
#define BYTES	(4u << 20)
#define SOURCES 4 /* that have room at least */
#define AHEAD	8 /* records that a name is on its way before it is looked at */

struct entry {
	struct fb_query query; /* its filter is owned */
	struct fb_matches *matches;
};

static struct {
	pthread_mutex_t lock;
	uint64_t serial; /* of the snapshot that all of them are of */
	struct entry entry[ENTRIES];
	unsigned int n;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_ullong found, left_out;

static size_t size_of(const struct fb_snapshot *snapshot)
{
	return sizeof(struct fb_matches) + ((size_t)snapshot->n / 64 + 1) * sizeof(uint64_t);
}

bool fb_query_same_flows(const struct fb_query *a, const struct fb_query *b)
{
	return a->live == b->live && a->scope == b->scope && a->since_ms == b->since_ms &&
	       a->until_ms == b->until_ms && fb_filter_same(a->filter, b->filter);
}

static void put(struct fb_matches *matches)
{
	if (matches && atomic_fetch_sub_explicit(&matches->refs, 1, memory_order_acq_rel) == 1)
		free(matches);
}

/* Empty, for one who finds them himself; NULL: memory is short. */
static struct fb_matches *make(const struct fb_snapshot *snapshot)
{
	struct fb_matches *matches = calloc(1, size_of(snapshot));

	if (matches)
		atomic_init(&matches->refs, 1);
	return matches;
}

/* With the lock. */
static struct entry *find(const struct fb_query *query)
{
	for (unsigned int i = 0; i < kept.n; i++)
		if (fb_query_same_flows(&kept.entry[i].query, query))
			return &kept.entry[i];
	return NULL;
}

static void drop_all(void)
{
	while (kept.n) {
		struct entry *entry = &kept.entry[--kept.n];

		put(TAKE_PTR(entry->matches));
		fb_query_fini(&entry->query);
	}
}

/* NULL: not remembered. To be put. */
static struct fb_matches *recall(const struct fb_snapshot *snapshot, const struct fb_query *query)
{
	struct fb_matches *matches = NULL;
	const struct entry *entry;

	pthread_mutex_lock(&kept.lock);
	entry = snapshot->serial && kept.serial == snapshot->serial ? find(query) : NULL;
	if (entry) {
		matches = entry->matches;
		atomic_fetch_add_explicit(&matches->refs, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&found, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&kept.lock);
	return matches;
}

/* With the lock. No source has more than its share, or it would push out what others ask. */
static bool has_room(const struct fb_snapshot *snapshot, uint64_t source)
{
	const size_t fit = BYTES / size_of(snapshot), most = fit < ENTRIES ? fit : ENTRIES;
	unsigned int own = 0;

	for (unsigned int i = 0; i < kept.n; i++)
		own += kept.entry[i].query.source == source;
	return kept.n < most && own < (most + SOURCES - 1) / SOURCES;
}

/* With the lock: into a new entry. False: there is no room, or no memory. */
static bool add(struct fb_matches *matches, const struct fb_snapshot *snapshot,
		const struct fb_query *query)
{
	struct entry *entry = &kept.entry[kept.n];

	if (!has_room(snapshot, query->source))
		return false;
	entry->query = *query;
	entry->query.filter = NULL;
	if (query->filter && fb_filter_copy(query->filter, &entry->query.filter) < 0)
		return false;
	entry->matches = matches;
	kept.n++;
	return true;
}

/*
 * They are what the query takes; they must not change any more. Nothing is kept of a snapshot
 * without a serial.
 */
static void keep(struct fb_matches *matches, const struct fb_snapshot *snapshot,
		 const struct fb_query *query)
{
	struct entry *entry;

	if (!snapshot->serial) {
		put(matches);
		return;
	}
	pthread_mutex_lock(&kept.lock);
	if (snapshot->serial > kept.serial) {
		drop_all();
		kept.serial = snapshot->serial;
	}
	entry = snapshot->serial == kept.serial ? find(query) : NULL;
	if (entry && !entry->matches->has_totals) {
		put(entry->matches);
		entry->matches = matches;
		matches = NULL;
	} else if (!entry && snapshot->serial == kept.serial) {
		if (add(matches, snapshot, query))
			matches = NULL;
		else
			atomic_fetch_add_explicit(&left_out, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&kept.lock);
	put(matches);
}

/* The records among from .. to - 1; `from` begins a chunk. */
static uint32_t list_rows(const struct fb_matches *matches, uint32_t from, uint32_t to,
			  uint32_t rows[static FB_CHUNK])
{
	uint32_t n = 0;

	for (uint32_t row = from; row < to; row += 64)
		for (uint64_t left = matches->bits[row / 64]; left; left &= left - 1)
			rows[n++] = row + (uint32_t)__builtin_ctzll(left);
	return n;
}

void fb_taking_begin(struct fb_taking *taking, const struct fb_snapshot *snapshot,
		     const struct fb_query *query)
{
	*taking = (struct fb_taking){.snapshot = snapshot,
				     .query = query,
				     .found = recall(snapshot, query),
				     .reads_names = fb_filter_reads_names(query->filter)};
	if (taking->found)
		taking->total = taking->found->total;
	else
		taking->made = make(snapshot);
}

static uint32_t find_rows(struct fb_taking *taking, uint32_t from, uint32_t to, uint32_t *rows)
{
	const struct fb_snapshot *snapshot = taking->snapshot;
	struct fb_flow_at at;
	uint32_t n = 0;

	for (uint32_t row = from; row < to; row++) {
		fb_snapshot_send_for(snapshot, row + FB_AHEAD);
		if (taking->reads_names && row + AHEAD < to)
			__builtin_prefetch(fb_snapshot_flow(snapshot, row + AHEAD)->names);
		if (!fb_snapshot_at(snapshot, row, &at) || !fb_query_takes(taking->query, &at))
			continue;
		taking->total++;
		if (!taking->query->filter || fb_filter_match(taking->query->filter, &at))
			rows[n++] = row;
	}
	for (uint32_t i = 0; taking->made && i < n; i++)
		taking->made->bits[rows[i] / 64] |= 1ull << rows[i] % 64;
	return n;
}

uint32_t fb_taking_rows(struct fb_taking *taking, uint32_t from, uint32_t rows[static FB_CHUNK])
{
	const uint32_t left = taking->snapshot->n - from;
	const uint32_t to = from + (left < FB_CHUNK ? left : FB_CHUNK);

	return taking->found ? list_rows(taking->found, from, to, rows)
			     : find_rows(taking, from, to, rows);
}

void fb_taking_end(struct fb_taking *taking, const struct fb_query_totals *totals)
{
	struct fb_matches *made = TAKE_PTR(taking->made);

	if (!made)
		return;
	made->total = taking->total;
	made->has_totals = totals;
	if (totals)
		made->totals = *totals;
	keep(made, taking->snapshot, taking->query);
}

void fb_taking_fini(struct fb_taking *taking)
{
	put(taking->found);
	put(taking->made);
}

void fb_query_matches_counts(uint64_t *ret_found, uint64_t *ret_left_out)
{
	*ret_found = atomic_load_explicit(&found, memory_order_relaxed);
	*ret_left_out = atomic_load_explicit(&left_out, memory_order_relaxed);
}
