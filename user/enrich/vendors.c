/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks in order of their first address and length; a name stands once for all of its blocks. */
#include "enrich/vendors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/geofacts.h"
#include "util/index.h"
#include "util/mac.h"
#include "util/select.h"

/*
 *	Registry,Assignment,Organization Name,Organization Address
 *	MA-L,F4BD9E,"Cisco Systems, Inc",80 West Tasman Drive San Jose CA US 94568
 *
 *	F4-BD-9E   (hex)		Cisco Systems, Inc
 *	F4BD9E     (base 16)		Cisco Systems, Inc
 */
#define CSV	  "Registry,Assignment,"
#define TXT	  "(base 16)"

#define TEXTS_MAX (16u << 20)

struct block {
	uint32_t high;	 /* of the MAC the first 32 bits */
	uint16_t low;	 /* the rest */
	uint8_t bits;	 /* that belong to the block: 24, 28 or 36 */
	uint32_t vendor; /* where the name begins */
};

struct fb_vendors {
	struct block *block;
	uint32_t n, room;
	char *texts;
	uint32_t texts_len, texts_room;
	struct fb_index names; /* of texts, until it is finished */
};

int fb_vendors_new(struct fb_vendors **ret_vendors)
{
	struct fb_vendors *vendors = calloc(1, sizeof(*vendors));

	if (!vendors || fb_index_init(&vendors->names) < 0) {
		free(vendors);
		return -ENOMEM;
	}
	*ret_vendors = vendors;
	return 0;
}

void fb_vendors_free(struct fb_vendors *vendors)
{
	if (!vendors)
		return;
	fb_index_fini(&vendors->names);
	free(vendors->block);
	free(vendors->texts);
	free(vendors);
}

/* --- reading --------------------------------------------------------------------------------- */

/* Where the name stands; FB_NONE: no room, or memory is short. */
static uint32_t keep_name(struct fb_vendors *vendors, const char *name, size_t len)
{
	const uint64_t hash = fb_hash(name, len, 0);
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t at;

	while (fb_index_next(&vendors->names, &it, &at))
		if (!strcmp(vendors->texts + at, name))
			return at;
	if (vendors->texts_len + len + 1 > vendors->texts_room) {
		const uint32_t room = vendors->texts_room ? vendors->texts_room * 2 : 65536;
		char *larger = room <= TEXTS_MAX ? realloc(vendors->texts, room) : NULL;

		if (!larger)
			return FB_NONE;
		vendors->texts = larger;
		vendors->texts_room = room;
	}
	at = vendors->texts_len;
	if (fb_index_add(&vendors->names, hash, at) < 0)
		return FB_NONE;
	memcpy(vendors->texts + at, name, len + 1);
	vendors->texts_len += (uint32_t)len + 1;
	return at;
}

static int add(struct fb_vendors *vendors, const struct block *block)
{
	if (vendors->n == FB_VENDORS_MOST)
		return -ENOSPC;
	if (vendors->n == vendors->room) {
		const uint32_t room = vendors->room ? vendors->room * 2 : 4096;
		struct block *larger = realloc(vendors->block, room * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		vendors->block = larger;
		vendors->room = room;
	}
	vendors->block[vendors->n++] = *block;
	return 0;
}

/* False: no 6, 7 or 9 hexadecimal digits. */
static bool take_block(const char *digits, size_t n, struct block *block)
{
	char mac[13] = "000000000000", *end;
	uint64_t number;

	if (n != 6 && n != 7 && n != 9)
		return false;
	memcpy(mac, digits, n);
	if (strspn(mac, "0123456789ABCDEFabcdef") != 12)
		return false;
	number = strtoull(mac, &end, 16);
	*block = (struct block){.high = (uint32_t)(number >> 16),
				.low = (uint16_t)number,
				.bits = (uint8_t)(n * 4)};
	return true;
}

/* A field of CSV at *at, quotes taken off in place; *at is behind its comma. */
static char *take_field(char **at, size_t *ret_len)
{
	char *from = *at, *to = from, *field = from;
	const bool quoted = *from == '"';

	for (from += quoted; *from; from++) {
		if (quoted && *from == '"' && *++from != '"')
			break;
		if (!quoted && *from == ',')
			break;
		*to++ = *from;
	}
	*ret_len = (size_t)(to - field);
	*at = from + (*from == ',');
	return field;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The block and the name of a line; false: it has none. */
static bool read_csv(char *line, struct block *block, const char **ret_name, size_t *ret_len)
{
	size_t registry, digits;
	char *at = line, *block_text;

	take_field(&at, &registry);
	block_text = take_field(&at, &digits);
	if (!take_block(block_text, digits, block))
		return false;
	*ret_name = take_field(&at, ret_len);
	return true;
}

static bool read_txt(char *line, struct block *block, const char **ret_name, size_t *ret_len)
{
	char *mark = strstr(line, TXT);

	if (!mark || !take_block(line, strcspn(line, " \t"), block))
		return false;
	for (mark += sizeof(TXT) - 1; is_blank(*mark);)
		mark++;
	*ret_name = mark;
	*ret_len = strlen(mark);
	return true;
}

/* "Private" is who does not want to be named. */
static int take_line(struct fb_vendors *vendors, char *line, bool is_csv)
{
	char name[FB_ORG_TEXT + 1];
	struct block block;
	const char *text;
	size_t len;
	int r;

	if (!(is_csv ? read_csv : read_txt)(line, &block, &text, &len))
		return 0;
	fb_geo_take_org(name, text, len);
	if (!*name || !strcmp(name, "Private"))
		return 0;
	block.vendor = keep_name(vendors, name, strlen(name));
	if (block.vendor == FB_NONE)
		return -ENOMEM;
	r = add(vendors, &block);
	return r < 0 ? r : 1;
}

int fb_vendors_read(struct fb_vendors *vendors, char *text, size_t len)
{
	const bool is_csv = !strncmp(text, CSV, sizeof(CSV) - 1);
	char *save = NULL;
	int n = 0;

	if (strlen(text) != len || (!is_csv && !strstr(text, TXT)))
		return -EPROTO;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const int r = take_line(vendors, line, is_csv);

		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

/* --- asking ---------------------------------------------------------------------------------- */

static int compare(const void *a_, const void *b_, void *ctx)
{
	const struct block *a = a_, *b = b_;

	(void)ctx;
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->low != b->low ? a->low - b->low : a->bits - b->bits;
}

/* What grew by doubling is kept as it is where there is no other room. */
static void shrink(struct fb_vendors *vendors)
{
	void *block =
		vendors->n ? realloc(vendors->block, vendors->n * sizeof(struct block)) : NULL;
	char *texts = vendors->n ? realloc(vendors->texts, vendors->texts_len) : NULL;

	vendors->block = block ? block : vendors->block;
	vendors->texts = texts ? texts : vendors->texts;
}

void fb_vendors_finish(struct fb_vendors *vendors)
{
	fb_sort(vendors->block, vendors->n, sizeof(*vendors->block), compare, NULL);
	fb_index_fini(&vendors->names);
	vendors->names = (struct fb_index){0};
	shrink(vendors);
}

uint32_t fb_vendors_blocks(const struct fb_vendors *vendors)
{
	return vendors ? vendors->n : 0;
}

static const struct block *find(const struct fb_vendors *vendors, const struct block *wanted)
{
	uint32_t low = 0, high = vendors->n;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (compare(&vendors->block[middle], wanted, NULL) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < vendors->n && !compare(&vendors->block[low], wanted, NULL)
		       ? &vendors->block[low]
		       : NULL;
}

const char *fb_vendors_find(const struct fb_vendors *vendors, const uint8_t mac[static 6])
{
	static const uint8_t lengths[] = {36, 28, 24}; /* the narrowest is who has it */
	const uint32_t high =
		(uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];

	if (fb_mac_is_local(mac))
		return FB_VENDORS_RANDOM;
	for (size_t i = 0; vendors && i < sizeof(lengths); i++) {
		const uint8_t bits = lengths[i];
		const struct block wanted = {
			.high = bits >= 32 ? high : high & ~(UINT32_MAX >> bits),
			.low = bits > 32 ? (uint16_t)((mac[4] << 8) & 0xf000) : 0,
			.bits = bits,
		};
		const struct block *block = find(vendors, &wanted);

		if (block)
			return vendors->texts + block->vendor;
	}
	return NULL;
}
