/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Closing makes of nested ranges such that do not overlap, in order. The begin of each /16 of IPv4
 * stands in a table of its own: what is left to search fits few cache lines.
 */
#include "util/ranges.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/select.h"

typedef unsigned __int128 addr_t; /* in host order; of IPv4 the 32 bits */

struct range {
	addr_t first, last;
	uint32_t value, number; /* of its place in the order of adding */
};

struct range4 {
	uint32_t first, last, value;
};

struct __attribute__((packed, aligned(4))) range6 {
	uint8_t first[16], last[16];
	uint32_t value;
};

struct fb_ranges {
	struct range *added[2]; /* IPv4, IPv6; until it is closed */
	size_t n_added[2], room[2];
	struct range4 *v4;
	struct range6 *v6;
	uint32_t n[2];
	uint32_t begin[65537]; /* of each /16 in v4 */
};

int fb_ranges_new(struct fb_ranges **ret_ranges)
{
	*ret_ranges = calloc(1, sizeof(**ret_ranges));
	return *ret_ranges ? 0 : -ENOMEM;
}

void fb_ranges_free(struct fb_ranges *ranges)
{
	if (!ranges)
		return;
	free(ranges->added[0]);
	free(ranges->added[1]);
	free(ranges->v4);
	free(ranges->v6);
	free(ranges);
}

static addr_t number_of(const uint8_t *addr, bool v6)
{
	uint64_t half[2];
	uint32_t v4;

	if (!v6) {
		memcpy(&v4, addr + 12, 4);
		return be32toh(v4);
	}
	memcpy(half, addr, 16);
	return (addr_t)be64toh(half[0]) << 64 | be64toh(half[1]);
}

static void write_addr(addr_t number, uint8_t *addr)
{
	const uint64_t half[2] = {htobe64((uint64_t)(number >> 64)), htobe64((uint64_t)number)};

	memcpy(addr, half, 16);
}

int fb_ranges_add(struct fb_ranges *ranges, const uint8_t first[static 16],
		  const uint8_t last[static 16], uint8_t family, uint32_t value)
{
	const bool v6 = family != 4;
	const size_t n = ranges->n_added[v6], room = ranges->room[v6] ? 2 * ranges->room[v6] : 256;

	if (n == UINT32_MAX / 4)
		return -ENOSPC;
	if (n == ranges->room[v6]) {
		struct range *more = reallocarray(ranges->added[v6], room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		ranges->added[v6] = more;
		ranges->room[v6] = room;
	}
	ranges->added[v6][ranges->n_added[v6]++] = (struct range){
		.first = number_of(first, v6),
		.last = number_of(last, v6),
		.value = value,
		.number = (uint32_t)n,
	};
	return 0;
}

/* --- closing ---------------------------------------------------------------------------------- */

/* Wide ones before those within them; of equal ones the last added comes last. */
static int by_begin(const void *a, const void *b, void *ctx)
{
	const struct range *one = a, *other = b;

	(void)ctx;
	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	if (one->last != other->last)
		return one->last > other->last ? -1 : 1;
	return one->number < other->number ? -1 : 1;
}

/* Pieces that do not overlap, in order, as they are found. */
struct flat {
	struct fb_ranges *ranges;
	bool v6, full; /* full: the last address there is was told */
	addr_t next;   /* what is before is told */
	size_t room;
	int error;
};

static void write_piece(struct fb_ranges *ranges, bool v6, uint32_t at, const struct range *piece)
{
	if (!v6) {
		ranges->v4[at] = (struct range4){(uint32_t)piece->first, (uint32_t)piece->last,
						 piece->value};
		return;
	}
	write_addr(piece->first, ranges->v6[at].first);
	write_addr(piece->last, ranges->v6[at].last);
	ranges->v6[at].value = piece->value;
}

static int make_room(struct fb_ranges *ranges, bool v6, size_t room)
{
	void *more = v6 ? reallocarray(ranges->v6, room, sizeof(*ranges->v6))
			: reallocarray(ranges->v4, room, sizeof(*ranges->v4));

	if (!more)
		return -ENOMEM;
	if (v6)
		ranges->v6 = more;
	else
		ranges->v4 = more;
	return 0;
}

static void tell(struct flat *flat, const struct range *piece)
{
	uint32_t *n = &flat->ranges->n[flat->v6];

	if (*n == flat->room) {
		flat->room = flat->room ? flat->room + flat->room / 2 : 256;
		flat->error = make_room(flat->ranges, flat->v6, flat->room);
	}
	if (!flat->error)
		write_piece(flat->ranges, flat->v6, (*n)++, piece);
	flat->next = piece->last + 1;
	flat->full = flat->next == 0;
}

/* Tell of the open ones what is before `end`, innermost first; returns how many stay open. */
static size_t tell_before(struct flat *flat, const struct range *all, const uint32_t *open,
			  size_t n_open, addr_t end, bool for_good)
{
	for (; n_open && !flat->full && !flat->error; n_open--) {
		struct range piece = all[open[n_open - 1]];
		const bool ends = for_good || piece.last < end;

		if (!ends)
			piece.last = end - 1;
		if (piece.first < flat->next)
			piece.first = flat->next;
		if (piece.first <= piece.last && (ends || piece.first < end))
			tell(flat, &piece);
		if (!ends)
			break;
	}
	return n_open;
}

static int flatten(struct fb_ranges *ranges, bool v6)
{
	const struct range *all = ranges->added[v6];
	const size_t n = ranges->n_added[v6];
	_cleanup_free_ uint32_t *open = calloc(n + 1, sizeof(*open));
	struct flat flat = {.ranges = ranges, .v6 = v6};
	size_t n_open = 0;

	if (!open)
		return -ENOMEM;
	for (size_t i = 0; i < n && !flat.error; i++) {
		n_open = tell_before(&flat, all, open, n_open, all[i].first, false);
		open[n_open++] = (uint32_t)i;
	}
	tell_before(&flat, all, open, n_open, 0, true);
	if (!flat.error && ranges->n[v6])
		(void)make_room(ranges, v6, ranges->n[v6]); /* less: cannot fail in earnest */
	return flat.error;
}

static void index_v4(struct fb_ranges *ranges)
{
	size_t i = 0;

	for (uint32_t at = 0; at < ranges->n[0]; at++)
		while (i <= ranges->v4[at].first >> 16)
			ranges->begin[i++] = at;
	while (i <= 65536)
		ranges->begin[i++] = ranges->n[0];
}

int fb_ranges_close(struct fb_ranges *ranges)
{
	int r = 0;

	for (int v6 = 0; v6 < 2 && r == 0; v6++) {
		fb_sort(ranges->added[v6], ranges->n_added[v6], sizeof(struct range), by_begin,
			NULL);
		r = flatten(ranges, v6);
		free(TAKE_PTR(ranges->added[v6]));
	}
	index_v4(ranges);
	return r;
}

/* --- looking up ------------------------------------------------------------------------------- */

#define NOWHERE SIZE_MAX

/* Number of the range that has it. */
static size_t place4(const struct fb_ranges *ranges, uint32_t addr)
{
	/* the range may have begun in an earlier /16 */
	uint32_t from = ranges->begin[addr >> 16], to = ranges->begin[(addr >> 16) + 1];

	while (from < to) {
		const uint32_t middle = from + (to - from) / 2;

		if (ranges->v4[middle].first <= addr)
			from = middle + 1;
		else
			to = middle;
	}
	return from && ranges->v4[from - 1].last >= addr ? from - 1 : NOWHERE;
}

static size_t place6(const struct fb_ranges *ranges, const uint8_t *addr)
{
	size_t from = 0, to = ranges->n[1];

	while (from < to) {
		const size_t middle = from + (to - from) / 2;

		if (memcmp(ranges->v6[middle].first, addr, 16) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from && memcmp(ranges->v6[from - 1].last, addr, 16) >= 0 ? from - 1 : NOWHERE;
}

bool fb_ranges_find(const struct fb_ranges *ranges, const uint8_t addr[static 16], uint8_t family,
		    uint32_t *ret_value)
{
	const bool v6 = family != 4;
	const size_t at =
		v6 ? place6(ranges, addr) : place4(ranges, (uint32_t)number_of(addr, false));

	if (at == NOWHERE)
		return false;
	*ret_value = v6 ? ranges->v6[at].value : ranges->v4[at].value;
	return true;
}

static bool cover4(const struct fb_ranges *ranges, uint32_t first, uint32_t last)
{
	size_t at = place4(ranges, first);

	if (at == NOWHERE)
		return false;
	for (; ranges->v4[at].last < last; at++)
		if (at + 1 == ranges->n[0] || ranges->v4[at + 1].first != ranges->v4[at].last + 1)
			return false;
	return true;
}

static bool cover6(const struct fb_ranges *ranges, const uint8_t *first, const uint8_t *last)
{
	size_t at = place6(ranges, first);

	if (at == NOWHERE)
		return false;
	for (; memcmp(ranges->v6[at].last, last, 16) < 0; at++)
		if (at + 1 == ranges->n[1] || number_of(ranges->v6[at + 1].first, true) !=
						      number_of(ranges->v6[at].last, true) + 1)
			return false;
	return true;
}

bool fb_ranges_cover(const struct fb_ranges *ranges, const uint8_t first[static 16],
		     const uint8_t last[static 16], uint8_t family)
{
	return family == 4 ? cover4(ranges, (uint32_t)number_of(first, false),
				    (uint32_t)number_of(last, false))
			   : cover6(ranges, first, last);
}

size_t fb_ranges_count(const struct fb_ranges *ranges)
{
	return (size_t)ranges->n[0] + ranges->n[1];
}
