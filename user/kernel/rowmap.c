/* SPDX-License-Identifier: BSD-2-Clause */
/* The mapping of fb_flows, the way of a slot back to fb_free, and the names. */
#include "kernel/rowmap.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <flowbpf/limits.h>

#include "util/cleanup.h"
#include "util/select.h"

/* Arrays are mapped in whole pages. */
static size_t map_pages(size_t bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static int map_array(int fd, size_t bytes, void **ret_memory)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	*ret_memory = memory;
	return 0;
}

int fb_rowmap_open(struct fb_rowmap *rows, struct fb_bpf *bpf)
{
	const uint32_t max = fb_bpf_map_size(bpf, FB_MAP_FLOWS);
	const size_t words = FB_MOVED_WORDS((size_t)max);
	const bool measured = fb_bpf_map_size(bpf, FB_MAP_QUALITY) == max;
	const struct {
		enum fb_map map;
		size_t bytes;
		void **memory;
	} maps[] = {
		{FB_MAP_FLOWS, map_pages((size_t)max * sizeof(struct fb_row)), (void **)&rows->row},
		{FB_MAP_SIDES, map_pages((size_t)max * sizeof(struct fb_side)),
		 (void **)&rows->side},
		{FB_MAP_LANES, map_pages(FB_LANE_MAX * sizeof(struct fb_lane)),
		 (void **)&rows->lane},
		{FB_MAP_STATE, map_pages(sizeof(struct fb_state)), (void **)&rows->state},
		{FB_MAP_MOVED, map_pages(words * sizeof(*rows->moved)), (void **)&rows->moved},
		/* the last one: where it is off, it is left out */
		{FB_MAP_QUALITY, map_pages((size_t)max * sizeof(struct fb_quality)),
		 (void **)&rows->quality},
	};
	int r = 0;

	*rows = (struct fb_rowmap){
		.max = max,
		.bpf = bpf,
		.mapped_rows = maps[0].bytes,
		.mapped_sides = maps[1].bytes,
		.mapped_lanes = maps[2].bytes,
		.mapped_state = maps[3].bytes,
		.mapped_moved = maps[4].bytes,
		.mapped_quality = maps[5].bytes,
		.again = calloc(words, sizeof(*rows->again)),
	};
	if (!rows->again)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps) - !measured && r == 0; i++)
		r = map_array(fb_bpf_map_fd(bpf, maps[i].map), maps[i].bytes, maps[i].memory);
	if (r < 0)
		fb_rowmap_close(rows);
	return r;
}

void fb_rowmap_close(struct fb_rowmap *rows)
{
	if (rows->row)
		munmap(rows->row, rows->mapped_rows);
	if (rows->side)
		munmap(rows->side, rows->mapped_sides);
	if (rows->quality)
		munmap(rows->quality, rows->mapped_quality);
	if (rows->lane)
		munmap(rows->lane, rows->mapped_lanes);
	if (rows->state)
		munmap(rows->state, rows->mapped_state);
	if (rows->moved)
		munmap(rows->moved, rows->mapped_moved);
	free(rows->again);
	*rows = (struct fb_rowmap){0};
}

uint32_t fb_rowmap_used(const struct fb_rowmap *rows)
{
	uint64_t next = __atomic_load_n(&rows->state->next_slot, __ATOMIC_ACQUIRE);

	/* A full table counts on: each packet that found no row took a number. */
	return next < rows->max ? (uint32_t)next : rows->max;
}

void fb_rowmap_scan_all(struct fb_rowmap *rows)
{
	memset(rows->again, 0xff, FB_MOVED_WORDS(rows->max) * sizeof(*rows->again));
}

uint32_t fb_rowmap_scan(struct fb_rowmap *rows, uint64_t settled,
			void (*fn)(void *ctx, uint32_t slot, const struct fb_row *row), void *ctx)
{
	const uint32_t words = FB_MOVED_WORDS(fb_rowmap_used(rows));
	uint32_t calls = 0;

	for (uint32_t word = 0; word < words; word++) {
		uint64_t moved = 0, left = rows->again[word];

		/* The bit, then fb_row.moved, then the row: what moves from here on is told again.
		 */
		if (__atomic_load_n(&rows->moved[word], __ATOMIC_RELAXED))
			moved = __atomic_exchange_n(&rows->moved[word], 0, __ATOMIC_SEQ_CST);
		left |= moved;
		if (left)
			rows->again[word] = 0;
		for (; left; left &= left - 1) {
			const uint64_t bit = left & -left;
			const uint32_t slot =
				word * FB_MOVED_ROWS + (uint32_t)__builtin_ctzll(left);
			struct fb_row *row = &rows->row[slot];

			/* Of the last word, rows that are made meanwhile are told, too. */
			if (slot >= rows->max)
				break;
			__atomic_store_n(&row->moved, 0, __ATOMIC_SEQ_CST);
			if (!fb_row_is_live(row))
				continue;
			/* In replay there is no clock that goes on. */
			if (settled ? fb_row_last_seen(row) >= settled : moved & bit)
				rows->again[word] |= bit;
			fn(ctx, slot, row);
			calls++;
		}
	}
	return calls;
}

/* The index of a row and the row's key in the form of that index. */
struct index_ref {
	int fd;
	const void *key;
	struct fb_key4 key4;
};

static void find_index(const struct fb_rowmap *rows, const struct fb_key *key,
		       struct index_ref *ref)
{
	if (key->family != FB_IPV4) {
		ref->fd = fb_bpf_map_fd(rows->bpf, FB_MAP_INDEX6);
		ref->key = key;
		return;
	}
	ref->fd = fb_bpf_map_fd(rows->bpf, FB_MAP_INDEX4);
	ref->key4 = (struct fb_key4){
		.port = {key->port[0], key->port[1]},
		.proto = key->proto,
		.lane = key->lane,
	};
	memcpy(ref->key4.addr[0], &key->addr[0][12], 4);
	memcpy(ref->key4.addr[1], &key->addr[1][12], 4);
	ref->key = &ref->key4;
}

/* First, so that no cached hint leads to the row any more, and the kernel half takes it not. */
static bool mark_unlinked(struct fb_row *row, uint32_t generation)
{
	__u16 state = __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);

	do {
		if (!(state & FB_ROW_LIVE) || state & FB_ROW_UNLINKED)
			return false;
	} while (!__atomic_compare_exchange_n(&row->state, &state, state | FB_ROW_UNLINKED, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE));
	/* From here on nobody else takes it: whose it is now, it stays. */
	if (row->generation == generation)
		return true;
	__atomic_fetch_and(&row->state, (__u16)~FB_ROW_UNLINKED, __ATOMIC_RELEASE);
	return false;
}

int fb_rowmap_leave(struct fb_rowmap *rows, uint32_t slot, uint32_t generation)
{
	if (slot >= rows->max)
		return -EINVAL;
	return mark_unlinked(&rows->row[slot], generation) ? 0 : -ESTALE;
}

int fb_rowmap_unlink(struct fb_rowmap *rows, uint32_t *slots, uint32_t n)
{
	int r = 0;

	for (uint32_t i = 0; i < n && r >= 0; i += FB_BATCH_MAX)
		r = fb_bpf_batch(rows->bpf, FB_BATCH_UNLINK, slots + i,
				 n - i < FB_BATCH_MAX ? n - i : FB_BATCH_MAX);
	return r < 0 ? r : 0;
}

static int descending(const void *a, const void *b, void *ctx)
{
	const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	(void)ctx;
	return left < right ? 1 : left > right ? -1 : 0;
}

/*
 * The free slots that would be taken next come back among the others. Meanwhile new rows take
 * numbers that were never used, so only where there are enough of them: a free slot is not missed.
 * What could not be given back the last time is still here.
 */
static void take_back(struct fb_rowmap *rows)
{
	int n;

	if (rows->n_taken || fb_rowmap_used(rows) + 4 * FB_ROWMAP_RESORTED > rows->max)
		return;
	n = fb_bpf_batch(rows->bpf, FB_BATCH_TAKE, rows->taken, FB_ROWMAP_RESORTED);
	rows->n_taken = n < 0 ? 0 : (uint32_t)n;
}

struct slots {
	const uint32_t *next;
	uint32_t n;
};

static uint32_t take_slot(struct slots *from)
{
	from->n--;
	return *from->next++;
}

/* The first `max` of two lists, each with the highest first, as one. */
static uint32_t merge(struct slots *a, struct slots *b, uint32_t *to, uint32_t max)
{
	uint32_t n = 0;

	for (; n < max && (a->n || b->n); n++)
		to[n] = take_slot(!b->n || (a->n && *a->next > *b->next) ? a : b);
	return n;
}

int fb_rowmap_release(struct fb_rowmap *rows, uint32_t *slots, uint32_t *n)
{
	struct slots given = {slots, *n}, taken = {rows->taken, 0};
	int r = 0;

	/* Highest first: what is pushed last is popped first. */
	take_back(rows);
	taken.n = rows->n_taken;
	fb_sort(slots, *n, sizeof(*slots), descending, NULL);
	fb_sort(rows->taken, taken.n, sizeof(*rows->taken), descending, NULL);
	while (r >= 0 && (given.n || taken.n)) {
		const struct slots before[] = {given, taken};
		uint32_t batch[FB_BATCH_MAX], k = merge(&given, &taken, batch, FB_BATCH_MAX);

		r = fb_bpf_batch(rows->bpf, FB_BATCH_FREE, batch, k);
		if (r < 0) {
			given = before[0];
			taken = before[1];
		}
	}
	memmove(slots, given.next, given.n * sizeof(*slots));
	memmove(rows->taken, taken.next, taken.n * sizeof(*rows->taken));
	*n = given.n;
	rows->n_taken = taken.n;
	return r < 0 ? r : 0;
}

/* A row that the last run had taken out of the index and not folded yet, or a superseded one. */
static void mark_unindexed(struct fb_rowmap *rows, uint32_t slot)
{
	struct fb_row *row = &rows->row[slot];
	struct index_ref ref;
	uint32_t at;

	find_index(rows, &row->key, &ref);
	if (bpf_map_lookup_elem(ref.fd, ref.key, &at) < 0 || at != slot)
		__atomic_fetch_or(&row->state, FB_ROW_SUPERSEDED, __ATOMIC_RELEASE);
	/* Nobody is at it any more: it may leave, once more. */
	__atomic_fetch_and(&row->state, (__u16)~FB_ROW_UNLINKED, __ATOMIC_RELEASE);
}

int fb_rowmap_recover(struct fb_rowmap *rows)
{
	const struct timespec grace = {.tv_nsec = 20 * 1000 * 1000};
	_cleanup_free_ uint32_t *slots = NULL;
	uint32_t taken[FB_BATCH_MAX], used, n = 0, found, slot;
	int r;

	/*
	 * Empty the stack: what is free is found out from the rows, and no running program can
	 * take a slot below `used` any more. One that took a slot just now needs microseconds to
	 * mark it live.
	 */
	while (fb_bpf_batch(rows->bpf, FB_BATCH_TAKE, taken, FB_BATCH_MAX) > 0)
		;
	fb_rowmap_scan_all(rows);
	used = fb_rowmap_used(rows);
	slots = calloc(used ? used : 1, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	nanosleep(&grace, NULL);
	for (slot = 0; slot < used; slot++) {
		if (fb_row_is_live(&rows->row[slot])) {
			mark_unindexed(rows, slot);
			continue;
		}
		__atomic_fetch_or(&rows->row[slot].state, FB_ROW_UNLINKED, __ATOMIC_RELAXED);
		slots[n++] = slot;
	}
	found = n;
	r = fb_rowmap_release(rows, slots, &n);
	return r < 0 ? r : (int)found;
}

int fb_rowmap_name_get(const struct fb_rowmap *rows, const struct fb_key *key,
		       struct fb_name *ret_name)
{
	const int fd = fb_bpf_map_fd(rows->bpf, FB_MAP_NAMES);

	return bpf_map_lookup_elem(fd, key, ret_name) < 0 ? -errno : 0;
}

int fb_rowmap_name_put(struct fb_rowmap *rows, const struct fb_key *key, const struct fb_name *name)
{
	const int fd = fb_bpf_map_fd(rows->bpf, FB_MAP_NAMES);

	return bpf_map_update_elem(fd, key, name, BPF_ANY) < 0 ? -errno : 0;
}

int fb_rowmap_owner_get(const struct fb_rowmap *rows, uint32_t slot, struct fb_stamped *ret_owner)
{
	const int fd = fb_bpf_map_fd(rows->bpf, FB_MAP_OWNERS);

	return bpf_map_lookup_elem(fd, &slot, ret_owner) < 0 ? -errno : 0;
}
