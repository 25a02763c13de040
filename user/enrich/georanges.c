/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of ranges repeats itself: most equal facts stand once. */
#include "enrich/georanges.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/addr.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/ranges.h"

#define COLUMNS 16
#define RECENT	65536 /* facts that a line is compared with, by hash */

struct range {
	uint8_t first[16], last[16], family;
};

struct fact {
	uint32_t asn, org; /* its text; 0: none */
	char country[2];
};

struct fb_georanges {
	struct fb_ranges *ranges; /* to numbers of facts */
	struct fact *fact;
	char *orgs; /* texts, each with its NUL; the first byte is of none */
	size_t n, n_facts, room_facts, orgs_len, orgs_room;
	uint32_t *recent; /* while it is read */
};

/* --- lines ------------------------------------------------------------------------------------ */

/* Cut off the next column, without its quotes; "" in them is one. NULL: there is none. */
static char *next_column(char **rest)
{
	char *text = *rest, *to = text, *from = text;
	const bool quoted = text && *text == '"';

	if (!text)
		return NULL;
	for (from += quoted; *from; from++) {
		if (quoted && *from == '"' && *++from != '"')
			break;
		if (!quoted && (*from == ',' || *from == '\t'))
			break;
		*to++ = *from;
	}
	*rest = *from ? from + 1 : NULL;
	*to = '\0';
	return text;
}

static bool is_prefix(const char *text, struct range *range)
{
	struct fb_cidr cidr;

	if (!strchr(text, '/') || fb_cidr_parse(text, &cidr) < 0)
		return false;
	memcpy(range->first, cidr.addr, 16);
	fb_cidr_last(&cidr, range->last);
	range->family = cidr.family;
	return true;
}

/* The columns that the range takes; 0: it is none. */
static unsigned int take_range(char *const column[], unsigned int n, struct range *range)
{
	uint8_t last;

	if (n && is_prefix(column[0], range))
		return 1;
	if (n < 2 || fb_addr_parse(column[0], range->first, &range->family) < 0 ||
	    fb_addr_parse(column[1], range->last, &last) < 0 || range->family != last ||
	    memcmp(range->first, range->last, 16) > 0)
		return 0;
	return 2;
}

static bool is_number(const char *text, uint32_t *number)
{
	char *end;
	unsigned long value;

	if (!strncasecmp(text, "AS", 2))
		text += 2;
	if (!isdigit((unsigned char)*text))
		return false;
	value = strtoul(text, &end, 10);
	*number = (uint32_t)value;
	return !*end && value <= UINT32_MAX;
}

static void take_facts(char *const column[], unsigned int n, struct fb_place *place, char *org)
{
	uint32_t number;

	for (unsigned int i = 0; i < n; i++) {
		if (fb_geo_take_country(place, column[i], strlen(column[i])))
			continue;
		if (is_number(column[i], &number))
			place->asn = place->asn ? place->asn : number;
		else if (!*org)
			fb_geo_take_org(org, column[i], strlen(column[i]));
	}
}

/* --- what is kept ----------------------------------------------------------------------------- */

static int grow(void **list, size_t *room, size_t needed, size_t size)
{
	size_t more = *room ? *room : 1024;
	void *fresh;

	if (needed <= *room)
		return 0;
	while (more < needed)
		more *= 2;
	fresh = reallocarray(*list, more, size);
	if (!fresh)
		return -ENOMEM;
	*list = fresh;
	*room = more;
	return 0;
}

static bool is_fact(const struct fb_georanges *ranges, uint32_t number,
		    const struct fb_place *place, const char *org)
{
	const struct fact *fact;

	if (number >= ranges->n_facts)
		return false;
	fact = &ranges->fact[number];
	return fact->asn == place->asn && !memcmp(fact->country, place->country, 2) &&
	       !strcmp(ranges->orgs + fact->org, org);
}

static int add_fact(struct fb_georanges *ranges, const struct fb_place *place, const char *org)
{
	const size_t len = *org ? strlen(org) + 1 : 0;
	int r = grow((void **)&ranges->fact, &ranges->room_facts, ranges->n_facts + 1,
		     sizeof(*ranges->fact));

	if (r == 0)
		r = grow((void **)&ranges->orgs, &ranges->orgs_room, ranges->orgs_len + len, 1);
	if (r < 0)
		return r;
	ranges->fact[ranges->n_facts++] = (struct fact){
		.asn = place->asn,
		.org = len ? (uint32_t)ranges->orgs_len : 0,
		.country = {place->country[0], place->country[1]},
	};
	memcpy(ranges->orgs + ranges->orgs_len, org, len);
	ranges->orgs_len += len;
	return 0;
}

static int add_range(struct fb_georanges *ranges, const struct range *range,
		     const struct fb_place *place, const char *org)
{
	const uint64_t seed = fb_hash(org, strlen(org), place->asn);
	uint32_t *recent = &ranges->recent[fb_hash(place->country, 2, seed) % RECENT];
	int r = 0;

	if (!is_fact(ranges, *recent, place, org)) {
		*recent = (uint32_t)ranges->n_facts;
		r = add_fact(ranges, place, org);
	}
	if (r < 0)
		return r;
	ranges->n++;
	return fb_ranges_add(ranges->ranges, range->first, range->last, range->family, *recent);
}

/* 1: it is a range; 0: it is none. */
static int take_line(struct fb_georanges *ranges, char *line)
{
	char *column[COLUMNS], org[FB_ORG_TEXT + 1] = "";
	struct fb_place place = {0};
	struct range range = {0};
	unsigned int n = 0, taken;
	int r;

	while (n < COLUMNS && (column[n] = next_column(&line)))
		n++;
	taken = take_range(column, n, &range);
	if (!taken)
		return 0;
	take_facts(column + taken, n - taken, &place, org);
	r = add_range(ranges, &range, &place, org);
	return r < 0 ? r : 1;
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool is_empty(const char *line)
{
	return line[strspn(line, " \t\r")] == '\0' || *line == '#';
}

/* The first line may be a header. */
static int take_lines(struct fb_georanges *ranges, char *text, struct fb_geodb_facts *facts)
{
	uint64_t number = 0;
	int r;

	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		number++;
		r = is_empty(line) ? 1 : take_line(ranges, line);
		if (r < 0)
			return r;
		if (r == 0 && number > 1) {
			facts->bad_lines++;
			facts->first_bad = facts->first_bad ? facts->first_bad : number;
		}
	}
	return 0;
}

static void free_ranges(struct fb_georanges **ranges)
{
	fb_georanges_free(*ranges);
}

int fb_georanges_parse(char *text, size_t len, struct fb_georanges **ret_ranges,
		       struct fb_geodb_facts *ret_facts, struct fb_why *why)
{
	_cleanup_(free_ranges) struct fb_georanges *ranges = calloc(1, sizeof(*ranges));
	struct fb_geodb_facts facts = {.format = "csv"};
	int r;

	if (!ranges || !(ranges->recent = calloc(RECENT, sizeof(*ranges->recent))) ||
	    !(ranges->orgs = calloc(1, 1024)) || fb_ranges_new(&ranges->ranges) < 0)
		return fb_why_set(why, -ENOMEM, "memory is short");
	ranges->orgs_room = 1024;
	ranges->orgs_len = 1;
	if (strlen(text) != len)
		return fb_why_set(why, -EINVAL, "it is no text and no MaxMind database");
	r = take_lines(ranges, text, &facts);
	free(TAKE_PTR(ranges->recent));
	if (r == 0)
		r = fb_ranges_close(ranges->ranges);
	if (r < 0)
		return fb_why_set(why, r, "memory is short");
	if (!ranges->n)
		return fb_why_set(why, -EINVAL,
				  "no line of it is \"first address, last address, ...\" or "
				  "\"prefix, ...\"");
	facts.entries = ranges->n;
	*ret_facts = facts;
	*ret_ranges = TAKE_PTR(ranges);
	return 0;
}

void fb_georanges_free(struct fb_georanges *ranges)
{
	if (!ranges)
		return;
	fb_ranges_free(ranges->ranges);
	free(ranges->fact);
	free(ranges->orgs);
	free(ranges->recent);
	free(ranges);
}

void fb_georanges_find(const struct fb_georanges *ranges, const uint8_t addr[static 16],
		       uint8_t family, struct fb_place *place, char org[static FB_ORG_TEXT + 1])
{
	const struct fact *fact;
	uint32_t number;

	if (!fb_ranges_find(ranges->ranges, addr, family, &number))
		return;
	fact = &ranges->fact[number];
	if (!*place->country && *fact->country)
		memcpy(place->country, fact->country, 2);
	/* a name goes with its number */
	if (place->asn || *org)
		return;
	place->asn = fact->asn;
	snprintf(org, FB_ORG_TEXT + 1, "%s", ranges->orgs + fact->org);
}
