/* SPDX-License-Identifier: BSD-2-Clause */
/* What filters took of the newest snapshot; see the header. */
#include "query/matches.h"

#include <pthread.h>
#include <stdlib.h>

#include "query/query_priv.h"
#include "util/cleanup.h"

#define ENTRIES 8
#define BYTES	(4u << 20)

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

void fb_matches_put(struct fb_matches *matches)
{
	if (matches && atomic_fetch_sub_explicit(&matches->refs, 1, memory_order_acq_rel) == 1)
		free(matches);
}

struct fb_matches *fb_matches_new(const struct fb_snapshot *snapshot)
{
	struct fb_matches *matches = snapshot->serial ? calloc(1, size_of(snapshot)) : NULL;

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

		fb_matches_put(TAKE_PTR(entry->matches));
		fb_query_fini(&entry->query);
	}
}

struct fb_matches *fb_matches_find(const struct fb_snapshot *snapshot, const struct fb_query *query)
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

/* With the lock: into a new entry. False: there is no room, or no memory. */
static bool add(struct fb_matches *matches, const struct fb_snapshot *snapshot,
		const struct fb_query *query)
{
	struct entry *entry = &kept.entry[kept.n];

	if (kept.n == ENTRIES || (kept.n + 1) * size_of(snapshot) > BYTES)
		return false;
	entry->query = *query;
	entry->query.filter = NULL;
	if (query->filter && fb_filter_copy(query->filter, &entry->query.filter) < 0)
		return false;
	entry->matches = matches;
	kept.n++;
	return true;
}

void fb_matches_keep(struct fb_matches *matches, const struct fb_snapshot *snapshot,
		     const struct fb_query *query)
{
	struct entry *entry;

	pthread_mutex_lock(&kept.lock);
	if (snapshot->serial > kept.serial) {
		drop_all();
		kept.serial = snapshot->serial;
	}
	entry = snapshot->serial == kept.serial ? find(query) : NULL;
	if (entry && !entry->matches->has_totals) {
		fb_matches_put(entry->matches);
		entry->matches = matches;
		matches = NULL;
	} else if (!entry && snapshot->serial == kept.serial) {
		if (add(matches, snapshot, query))
			matches = NULL;
		else
			atomic_fetch_add_explicit(&left_out, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&kept.lock);
	fb_matches_put(matches);
}

uint32_t fb_matches_rows(const struct fb_matches *matches, uint32_t from, uint32_t to,
			 uint32_t rows[static FB_CHUNK])
{
	uint32_t n = 0;

	for (uint32_t row = from; row < to; row += 64)
		for (uint64_t left = matches->bits[row / 64]; left; left &= left - 1)
			rows[n++] = row + (uint32_t)__builtin_ctzll(left);
	return n;
}

void fb_query_matches_counts(uint64_t *ret_found, uint64_t *ret_left_out)
{
	*ret_found = atomic_load_explicit(&found, memory_order_relaxed);
	*ret_left_out = atomic_load_explicit(&left_out, memory_order_relaxed);
}
