/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/teachings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include <flowbpf/key.h>

#include "policy/fixed.h"

int fb_teachings_init(struct fb_teachings *teachings)
{
	*teachings = (struct fb_teachings){.n = 0};
	teachings->list = calloc(FB_TEACHINGS, sizeof(*teachings->list));
	if (!teachings->list || fb_index_init(&teachings->by_ends) < 0) {
		fb_teachings_fini(teachings);
		return -ENOMEM;
	}
	return 0;
}

void fb_teachings_fini(struct fb_teachings *teachings)
{
	fb_index_fini(&teachings->by_ends);
	free(teachings->list);
	*teachings = (struct fb_teachings){.n = 0};
}

static uint64_t hash_of(const struct fb_teaching_ends *ends)
{
	const uint64_t port = (uint64_t)ends->proto << 16 | ends->port;

	return fb_hash_addr(ends->client, fb_hash_addr(ends->server, port));
}

static bool are_same(const struct fb_teaching_ends *a, const struct fb_teaching_ends *b)
{
	return a->port == b->port && a->proto == b->proto && !memcmp(a->client, b->client, 16) &&
	       !memcmp(a->server, b->server, 16);
}

const struct fb_teaching *fb_teachings_find(const struct fb_teachings *teachings,
					    const struct fb_teaching_ends *ends)
{
	struct fb_index_it it;
	uint32_t i;

	if (!teachings->n)
		return NULL;
	for (it = fb_index_begin(hash_of(ends)); fb_index_next(&teachings->by_ends, &it, &i);)
		if (are_same(&teachings->list[i].ends, ends))
			return &teachings->list[i];
	return NULL;
}

/* Numbers in the index are places in the list, which move when one goes: a click's affair. */
static int index_all(struct fb_teachings *teachings)
{
	int r = 0;

	fb_index_clear(&teachings->by_ends);
	for (uint32_t i = 0; i < teachings->n && r == 0; i++)
		r = fb_index_add(&teachings->by_ends, hash_of(&teachings->list[i].ends), i);
	return r;
}

static void drop(struct fb_teachings *teachings, const struct fb_teaching *teaching)
{
	const unsigned int i = (unsigned int)(teaching - teachings->list);

	teachings->n--;
	memmove(&teachings->list[i], &teachings->list[i + 1],
		(teachings->n - i) * sizeof(*teachings->list));
}

int fb_teachings_add(struct fb_teachings *teachings, const struct fb_teaching *teaching,
		     uint32_t *ret_id)
{
	const struct fb_teaching *same = fb_teachings_find(teachings, &teaching->ends);
	struct fb_teaching *added;
	int r;

	if (!same && teachings->n == FB_TEACHINGS)
		return -ENOSPC;
	r = fb_index_reserve(&teachings->by_ends, teachings->n + 1);
	if (r < 0)
		return r;
	if (same)
		drop(teachings, same);
	added = &teachings->list[teachings->n++];
	*added = *teaching;
	added->id = ++teachings->last_id;
	*ret_id = added->id;
	return index_all(teachings);
}

int fb_teachings_undo(struct fb_teachings *teachings, uint32_t id)
{
	for (unsigned int i = 0; i < teachings->n; i++) {
		if (teachings->list[i].id != id)
			continue;
		drop(teachings, &teachings->list[i]);
		return index_all(teachings);
	}
	return -ENOENT;
}

static bool is_of(const struct fb_person *who, const uint8_t addr[static 16])
{
	return fb_person_has_addr(who, addr, FB_IPV4) || fb_person_has_addr(who, addr, FB_IPV6);
}

int fb_teachings_erase(struct fb_teachings *teachings, const struct fb_person *who)
{
	const unsigned int before = teachings->n;
	int r;

	for (unsigned int i = teachings->n; i--;)
		if (is_of(who, teachings->list[i].ends.client) ||
		    is_of(who, teachings->list[i].ends.server))
			drop(teachings, &teachings->list[i]);
	if (before == teachings->n)
		return 0;
	memset(&teachings->list[teachings->n], 0,
	       (before - teachings->n) * sizeof(*teachings->list));
	r = index_all(teachings);
	return r < 0 ? r : (int)(before - teachings->n);
}

/* What time has left of it. */
static uint32_t units_of(const struct fb_teaching *teaching, int64_t now_ms)
{
	const uint64_t age =
		now_ms > teaching->time_ms ? (uint64_t)(now_ms - teaching->time_ms) : 0;
	const uint64_t halves = age / FB_TEACHING_HALF_MS << 16 |
				(age % FB_TEACHING_HALF_MS << 16) / FB_TEACHING_HALF_MS;

	return FB_TEACHING_FLOWS * FB_LEARNED_UNIT * fb_fixed_exp2(-(int64_t)halves) / FB_FIXED_ONE;
}

void fb_teachings_apply(const struct fb_teachings *teachings, struct fb_learned *learned,
			int64_t now_ms)
{
	fb_learned_reset(learned);
	for (unsigned int i = 0; i < teachings->n; i++) {
		const struct fb_teaching *teaching = &teachings->list[i];
		struct fb_learned_place place;

		fb_learned_place(&teaching->steps, &place);
		fb_learned_teach(learned, &place, teaching->deny, units_of(teaching, now_ms));
	}
	fb_learned_settle(learned);
}

/* --- over a restart --------------------------------------------------------------------------- */

void fb_teachings_write(const struct fb_teachings *teachings, struct fb_buf *buf)
{
	fb_blob_add(buf, teachings->n, 4);
	fb_blob_add(buf, teachings->last_id, 4);
	for (unsigned int i = 0; i < teachings->n; i++) {
		const struct fb_teaching *teaching = &teachings->list[i];

		fb_blob_add(buf, teaching->id, 4);
		fb_blob_add(buf, teaching->deny, 1);
		fb_blob_add(buf, (uint64_t)teaching->time_ms, 8);
		fb_buf_add(buf, teaching->ends.client, 16);
		fb_buf_add(buf, teaching->ends.server, 16);
		fb_blob_add(buf, teaching->ends.port, 2);
		fb_blob_add(buf, teaching->ends.proto, 1);
		fb_buf_add(buf, teaching->steps.step, FB_LEARNED_FACTS);
	}
}

static bool are_steps(const struct fb_learned_steps *steps)
{
	bool are = true;

	for (unsigned int i = 0; i < FB_LEARNED_FACTS; i++)
		are = are && fb_learned_is_step(i, steps->step[i]);
	return are;
}

/* Ids rise, none is beyond the last one given, and no ends come twice. */
static int read_one(struct fb_teachings *teachings, struct fb_blob *blob)
{
	struct fb_teaching *teaching = &teachings->list[teachings->n];
	const uint32_t before = teachings->n ? teaching[-1].id : 0;

	teaching->id = (uint32_t)fb_blob_take(blob, 4);
	teaching->deny = fb_blob_take(blob, 1);
	teaching->time_ms = (int64_t)fb_blob_take(blob, 8);
	fb_blob_take_bytes(blob, teaching->ends.client, 16);
	fb_blob_take_bytes(blob, teaching->ends.server, 16);
	teaching->ends.port = (uint16_t)fb_blob_take(blob, 2);
	teaching->ends.proto = (uint8_t)fb_blob_take(blob, 1);
	fb_blob_take_bytes(blob, teaching->steps.step, FB_LEARNED_FACTS);
	if (blob->short_of || !are_steps(&teaching->steps) || teaching->id <= before ||
	    teaching->id > teachings->last_id || fb_teachings_find(teachings, &teaching->ends))
		return -EBADMSG;
	return fb_index_add(&teachings->by_ends, hash_of(&teaching->ends), teachings->n++);
}

int fb_teachings_read(struct fb_teachings *teachings, struct fb_blob *blob)
{
	_cleanup_(fb_teachings_fini) struct fb_teachings read;
	const uint64_t n = fb_blob_take(blob, 4);
	int r = fb_teachings_init(&read);

	if (r < 0)
		return r;
	read.last_id = (uint32_t)fb_blob_take(blob, 4);
	if (n > FB_TEACHINGS)
		return -EBADMSG;
	while (read.n < n && r == 0)
		r = read_one(&read, blob);
	if (r < 0)
		return r;
	const struct fb_teachings before = *teachings;

	*teachings = read;
	read = before;
	return 0;
}
