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
static void list_rows(const struct fb_taking *taking, uint32_t from, uint32_t to,
		      struct fb_rows *rows)
{
	struct fb_flow_at at;

	for (uint32_t first = from; first < to; first += 64)
		for (uint64_t left = taking->found->bits[first / 64]; left; left &= left - 1) {
			const uint32_t row = first + (uint32_t)__builtin_ctzll(left);

			fb_snapshot_send_for(taking->snapshot, row + FB_AHEAD);
			fb_snapshot_at(taking->snapshot, row, &at);
			fb_rows_add(rows, row, &at);
		}
}

void fb_taking_begin(struct fb_taking *taking, const struct fb_snapshot *snapshot,
		     const struct fb_query *query)
{
	*taking = (struct fb_taking){.snapshot = snapshot,
				     .query = query,
				     .found = recall(snapshot, query),
				     .reads_names = fb_filter_reads_names(query->filter),
				     .by_live = query->scope == FB_SCOPE_ALL && !query->since_ms &&
						!query->until_ms};
	if (taking->found)
		taking->total = taking->found->total;
	else
		taking->made = make(snapshot);
}

static bool takes(struct fb_taking *taking, const struct fb_flow_at *at)
{
	const struct fb_query *query = taking->query;

	if (taking->by_live ? !fb_query_lives(query, at->flow) : !fb_query_takes(query, at))
		return false;
	taking->total++;
	return !query->filter || fb_filter_match(query->filter, at);
}

/* Those of the records that stand together from `first` on, at most FB_TRAFFICS; bits of them. */
static uint64_t take_some(struct fb_taking *taking, uint32_t first, uint32_t n,
			  struct fb_rows *rows)
{
	const struct fb_flow *flow = fb_snapshot_flow(taking->snapshot, first);
	const struct fb_traffic *traffic = fb_snapshot_traffic(taking->snapshot, first);
	struct fb_past_row *const *past = taking->snapshot->past;
	struct fb_flow_at at = {.snapshot = taking->snapshot};
	uint64_t bits = 0;

	fb_snapshot_send_for_some(taking->snapshot, first + FB_AHEAD);
	for (uint32_t i = 0; taking->reads_names && i < n; i++)
		__builtin_prefetch(flow[i].names);
	for (uint32_t i = 0; i < n; i++) {
		at.flow = &flow[i];
		at.traffic = &traffic[i];
		at.past = past ? past[first + i] : NULL;
		if (!flow[i].id || !takes(taking, &at))
			continue;
		fb_rows_add(rows, first + i, &at);
		bits |= 1ull << i;
	}
	return bits;
}

static void find_rows(struct fb_taking *taking, uint32_t from, uint32_t to, struct fb_rows *rows)
{
	uint32_t n;

	for (uint32_t first = from; first < to; first += n) {
		uint64_t bits;

		n = to - first < FB_TRAFFICS ? to - first : FB_TRAFFICS;
		bits = take_some(taking, first, n, rows);
		if (taking->made)
			taking->made->bits[first / 64] |= bits << first % 64;
	}
}

void fb_taking_rows(struct fb_taking *taking, uint32_t from, struct fb_rows *ret_rows)
{
	const uint32_t left = taking->snapshot->n - from;
	const uint32_t to = from + (left < FB_CHUNK ? left : FB_CHUNK);

	ret_rows->n = 0;
	if (taking->found)
		list_rows(taking, from, to, ret_rows);
	else
		find_rows(taking, from, to, ret_rows);
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
