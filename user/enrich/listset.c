/* SPDX-License-Identifier: BSD-2-Clause */
#include "enrich/listset.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "enrich/listline.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/ranges.h"

#define LINE_MAX_BYTES 4096
#define HEAD_LINES     40 /* in which a licence is looked for */

/* Open addressing, at most three of four taken. */
struct keys {
	uint64_t *key; /* 0: empty */
	size_t n, room;
};

struct fb_listset {
	atomic_uint refs;
	struct fb_ranges *ranges; /* to the bits of their prefixes */
	struct fb_prefixes *prefixes;
	struct keys keys;
	bool headed; /* the first line may name columns: it is no entry */
	struct fb_listset_facts facts;
};

/* --- keys ------------------------------------------------------------------------------------- */

static uint64_t key_of(const char *text, enum fb_list_kind kind)
{
	const uint64_t key = fb_hash(text, strlen(text), kind);

	return key ? key : 1;
}

static void put(struct keys *keys, uint64_t key)
{
	size_t i = key & (keys->room - 1);

	while (keys->key[i] && keys->key[i] != key)
		i = (i + 1) & (keys->room - 1);
	keys->n += !keys->key[i];
	keys->key[i] = key;
}

static int widen(struct keys *keys)
{
	struct keys more = {.room = keys->room ? keys->room * 2 : 1024};

	more.key = calloc(more.room, sizeof(*more.key));
	if (!more.key)
		return -ENOMEM;
	for (size_t i = 0; i < keys->room; i++)
		if (keys->key[i])
			put(&more, keys->key[i]);
	free(keys->key);
	*keys = more;
	return 0;
}

static int add_key(struct fb_listset *set, const struct fb_list_entry *entry)
{
	struct keys *keys = &set->keys;
	const int r = keys->n + 1 > keys->room / 4 * 3 ? widen(keys) : 0;

	if (r == 0)
		put(keys, key_of(entry->text, entry->kind));
	return r;
}

static bool has(const struct fb_listset *set, const char *text, enum fb_list_kind kind)
{
	const struct keys *keys = &set->keys;
	const uint64_t key = keys->n ? key_of(text, kind) : 0;

	for (size_t i = key & (keys->room - 1); keys->n && keys->key[i];
	     i = (i + 1) & (keys->room - 1))
		if (keys->key[i] == key)
			return true;
	return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool holds_own(const struct fb_cidr *prefix, const struct fb_listset_own *own)
{
	for (unsigned int i = 0; i < own->n; i++)
		if (fb_cidr_meets(prefix, &own->prefix[i]))
			return true;
	return false;
}

static int add_prefix(struct fb_listset *set, const struct fb_cidr *prefix)
{
	uint8_t last[16];
	int r;

	fb_cidr_last(prefix, last);
	set->facts.addresses++;
	r = fb_ranges_add(set->ranges, prefix->addr, last, prefix->family, prefix->bits);
	return r < 0 ? r : fb_prefixes_add(set->prefixes, prefix);
}

static void note_first(uint64_t *count, uint64_t *first, uint64_t number)
{
	if (!(*count)++)
		*first = number;
}

static int take_line(struct fb_listset *set, char *line, uint64_t number,
		     const struct fb_listset_own *own)
{
	struct fb_listset_facts *facts = &set->facts;
	struct fb_list_entry entry;

	fb_list_line(line, &entry);
	switch (entry.kind) {
	case FB_LIST_NOTHING:
		return 0;
	case FB_LIST_BAD:
		if (number == 1)
			set->headed = true;
		else
			note_first(&facts->bad_lines, &facts->first_bad, number);
		return 0;
	case FB_LIST_PREFIX:
		if (!holds_own(&entry.prefix, own))
			return add_prefix(set, &entry.prefix);
		note_first(&facts->refused, &facts->first_refused, number);
		return 0;
	case FB_LIST_JA4:
		facts->ja4++;
		return add_key(set, &entry);
	default:
		facts->domains++;
		return add_key(set, &entry);
	}
}

static uint64_t entries_of(const struct fb_listset *set)
{
	return set->facts.addresses + set->facts.domains + set->facts.ja4;
}

/* "# License: CC0", in whatever words. */
static void note_licence(struct fb_listset_facts *facts, const char *line)
{
	const char *word = *line && strchr("#;!", *line) ? strcasestr(line, "licen") : NULL;
	size_t len = 0;

	if (*facts->licence || !word)
		return;
	word += strcspn(word, ": \n");
	word += strspn(word, ": ");
	for (; *word && (unsigned char)*word >= ' ' && len < sizeof(facts->licence) - 1; word++)
		if ((unsigned char)*word < 0x7f)
			facts->licence[len++] = *word;
	facts->licence[len] = '\0';
}

static int take_lines(struct fb_listset *set, FILE *file, const struct fb_listset_own *own)
{
	char line[LINE_MAX_BYTES];
	uint64_t number = 0;
	bool rest = false; /* of a line that is too long */
	int r = 0;

	while (r == 0 && fgets(line, sizeof(line), file)) {
		const bool whole = strchr(line, '\n') || feof(file);

		if (!rest && ++number <= HEAD_LINES)
			note_licence(&set->facts, line);
		if (!whole && !rest)
			note_first(&set->facts.bad_lines, &set->facts.first_bad, number);
		if (whole && !rest)
			r = take_line(set, line, number, own);
		rest = !whole;
		if (entries_of(set) > FB_LIST_ENTRIES)
			return -E2BIG;
	}
	return ferror(file) ? -EIO : r;
}

static int fill(struct fb_listset *set, FILE *file, const struct fb_listset_own *own,
		struct fb_why *why)
{
	int r = fb_ranges_new(&set->ranges);

	if (r == 0)
		r = fb_prefixes_new(&set->prefixes);
	if (r == 0)
		r = take_lines(set, file, own);
	if (r == 0)
		r = fb_ranges_close(set->ranges);
	if (r == 0)
		fb_prefixes_close(set->prefixes);
	if (r == -E2BIG)
		return fb_why_set(why, r, "it has more than %u entries", FB_LIST_ENTRIES);
	if (r < 0)
		return fb_why_set(why, r, "%s", strerror(-r));
	if (!entries_of(set) && !set->facts.refused && (set->facts.bad_lines || set->headed))
		return fb_why_set(why, -EINVAL,
				  "no line of it is an address, a prefix, a domain or a JA4");
	return 0;
}

static void unref(struct fb_listset **set)
{
	fb_listset_unref(*set);
}

int fb_listset_read(int fd, const struct fb_listset_own *own, struct fb_listset **ret_set,
		    struct fb_why *why)
{
	_cleanup_(unref) struct fb_listset *set = calloc(1, sizeof(*set));
	_cleanup_close_ int copy = dup(fd);
	_cleanup_fclose_ FILE *file = NULL;
	struct stat st;
	int r;

	if (!set)
		return fb_why_set(why, -ENOMEM, "memory is short");
	set->refs = 1;
	if (copy < 0 || fstat(fd, &st) < 0 || !(file = fdopen(copy, "r")))
		return fb_why_set(why, -errno, "%s", strerror(errno));
	(void)TAKE_FD(copy);
	if (!S_ISREG(st.st_mode))
		return fb_why_set(why, -EINVAL, "it is no regular file");
	if ((uint64_t)st.st_size > FB_LIST_BYTES)
		return fb_why_set(why, -EFBIG, "it has more than %u MB", FB_LIST_BYTES >> 20);
	r = fill(set, file, own, why);
	if (r == 0)
		*ret_set = TAKE_PTR(set);
	return r;
}

struct fb_listset *fb_listset_ref(struct fb_listset *set)
{
	atomic_fetch_add(&set->refs, 1);
	return set;
}

void fb_listset_unref(struct fb_listset *set)
{
	if (!set || atomic_fetch_sub(&set->refs, 1) > 1)
		return;
	fb_ranges_free(set->ranges);
	fb_prefixes_free(set->prefixes);
	free(set->keys.key);
	free(set);
}

void fb_listset_facts(const struct fb_listset *set, struct fb_listset_facts *ret_facts)
{
	*ret_facts = set->facts;
}

/* --- looking up ------------------------------------------------------------------------------- */

bool fb_listset_find_addr(const struct fb_listset *set, const uint8_t addr[static 16],
			  uint8_t family, struct fb_cidr *ret_prefix)
{
	uint32_t bits;

	if (!fb_ranges_find(set->ranges, addr, family, &bits))
		return false;
	*ret_prefix = (struct fb_cidr){.family = family, .bits = (uint8_t)bits};
	memcpy(ret_prefix->addr, addr, bits / 8);
	if (bits % 8)
		ret_prefix->addr[bits / 8] = (uint8_t)(addr[bits / 8] & 0xff00 >> bits % 8);
	return true;
}

const struct fb_prefixes *fb_listset_prefixes(const struct fb_listset *set)
{
	return set->prefixes;
}

bool fb_listset_covers(const struct fb_listset *set, const struct fb_cidr *net)
{
	uint8_t last[16];

	fb_cidr_last(net, last);
	return fb_ranges_cover(set->ranges, net->addr, last, net->family);
}

const char *fb_listset_find_name(const struct fb_listset *set, const char *name)
{
	if (!set->facts.domains)
		return NULL;
	if (has(set, name, FB_LIST_HOST) || has(set, name, FB_LIST_DOMAIN))
		return name;
	for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
		if (has(set, dot + 1, FB_LIST_DOMAIN) || has(set, dot + 1, FB_LIST_BELOW))
			return dot + 1;
	return NULL;
}

bool fb_listset_has_ja4(const struct fb_listset *set, const char *ja4)
{
	return set->facts.ja4 && has(set, ja4, FB_LIST_JA4);
}
