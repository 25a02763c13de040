/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways of a filter to entries of maps. */
#include "policy/rulekind.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/ways.h"
#include "util/cleanup.h"

struct maker {
	struct fb_match *match;
	unsigned int n;
	bool exception;
};

/* NULL: there is no room. */
static struct fb_match *next(struct maker *maker, enum fb_match_kind kind)
{
	struct fb_match *match;

	if (maker->n == FB_MATCHES)
		return NULL;
	match = &maker->match[maker->n++];
	*match = (struct fb_match){.kind = kind};
	return match;
}

static bool has_ends(const struct fb_way *way)
{
	return way->end[0].family || way->end[0].has_port || way->end[1].family ||
	       way->end[1].has_port;
}

static bool add_name(struct maker *maker, const struct fb_way *way)
{
	struct fb_match *match;

	if (has_ends(way) || way->proto >= 0)
		return false;
	match = next(maker, FB_MATCH_NAME);
	if (!match)
		return false;
	match->name.at = !!(way->name_how & FB_WAY_IS);
	match->name.below = !!(way->name_how & FB_WAY_BELOW);
	for (unsigned int i = 0; i < way->name_len; i++)
		match->name.name[i] = (char)tolower((unsigned char)way->name[i]);
	return true;
}

/* Bits of the prefix that these addresses are; 0: they are none, or all. */
static uint8_t prefix_bits(const struct fb_way_end *end)
{
	struct fb_cidr net = {.family = end->family};
	uint8_t last[16];

	memcpy(net.addr, end->from, 16);
	for (net.bits = 128; net.bits > 0; net.bits--) {
		const unsigned int i = (net.bits - 1) / 8;

		fb_cidr_last(&net, last);
		if (!memcmp(last, end->to, 16))
			return net.bits;
		if (end->from[i] & 0x80 >> (net.bits - 1) % 8)
			return 0; /* a shorter one begins before them */
	}
	return 0;
}

/* The map has both families: what is of IPv6 and yet holds addresses of IPv4 is not for it. */
static bool meets_mapped(const struct fb_way_end *end)
{
	const struct fb_cidr v4 = {.addr = {[10] = 0xff, [11] = 0xff}, .bits = 96};
	uint8_t last[16];

	fb_cidr_last(&v4, last);
	return end->family == FB_IPV6 && memcmp(end->from, last, 16) <= 0 &&
	       memcmp(end->to, v4.addr, 16) >= 0;
}

/* Addresses of one end, whichever, and nothing else. */
static bool is_net(const struct fb_way *way, bool exception)
{
	return way->end[0].family + way->end[1].family > 0 &&
	       !(way->end[0].family && way->end[1].family) && !way->end[0].has_port &&
	       !way->end[1].has_port && way->proto < 0 && (!way->client || exception);
}

static bool add_net(struct maker *maker, const struct fb_way_end *end)
{
	const uint8_t bits = prefix_bits(end);
	struct fb_match *match = bits && !meets_mapped(end) ? next(maker, FB_MATCH_NET) : NULL;

	if (!match)
		return false;
	match->net.bits = bits;
	memcpy(match->net.addr, end->from, 16);
	return true;
}

static bool is_host(const struct fb_way_end *end)
{
	return !end->family || !memcmp(end->from, end->to, 16);
}

static unsigned int said(const struct fb_way_end *end)
{
	return (end->family ? FB_SHAPE_ADDR0 : 0) | (end->has_port ? FB_SHAPE_PORT0 : 0);
}

/* Ports as they are, each with each. */
static bool add_ports(struct maker *maker, const struct fb_way_end *a, const struct fb_way_end *b,
		      const struct fb_tuple_key *key)
{
	for (uint32_t p = a->low; p <= a->high; p++)
		for (uint32_t q = b->low; q <= b->high; q++) {
			struct fb_match *match = next(maker, FB_MATCH_TUPLE);

			if (!match)
				return false;
			match->tuple = *key;
			match->tuple.port[0] = (uint16_t)p;
			match->tuple.port[1] = (uint16_t)q;
		}
	return true;
}

/* Shapes are few: where either end may be end 0, of which more is said is. */
static bool add_tuple(struct maker *maker, const struct fb_way *way)
{
	const bool client = way->client && !maker->exception;
	const bool turn = !client && said(&way->end[1]) > said(&way->end[0]);
	const struct fb_way_end *a = &way->end[turn], *b = &way->end[!turn];
	struct fb_tuple_key key = {
		.shape = (uint8_t)((way->proto >= 0 ? FB_SHAPE_PROTO : 0) | said(a) | said(b) << 2 |
				   (client ? FB_SHAPE_CLIENT : 0)),
		.proto = way->proto >= 0 ? (uint8_t)way->proto : 0,
		.family = a->family ? a->family : b->family,
	};

	_Static_assert(FB_SHAPE_ADDR1 == FB_SHAPE_ADDR0 << 2 && FB_SHAPE_PORT1 == FB_SHAPE_PORT0
											  << 2,
		       "both ends are said alike");
	if (!is_host(a) || !is_host(b) || !(key.shape & ~FB_SHAPE_CLIENT))
		return false;
	memcpy(key.addr[0], a->from, 16);
	memcpy(key.addr[1], b->from, 16);
	return add_ports(maker, a, b, &key);
}

static bool add_way(struct maker *maker, const struct fb_way *way)
{
	if (way->name_how)
		return add_name(maker, way);
	if (is_net(way, maker->exception))
		return add_net(maker, &way->end[!way->end[0].family]);
	return add_tuple(maker, way);
}

int fb_rulekind_read(const struct fb_filter *filter, bool exception,
		     struct fb_match matches[static FB_MATCHES])
{
	_cleanup_free_ struct fb_way *ways = malloc(FB_WAYS * sizeof(*ways));
	struct maker maker = {.match = matches, .exception = exception};
	int n;

	if (!ways)
		return -ENOMEM;
	n = fb_filter_ways(filter, ways);
	for (int i = 0; i < n; i++)
		if (!add_way(&maker, &ways[i]))
			return 0;
	return n < 0 ? n : (int)maker.n;
}

struct fb_cidr fb_rulekind_net(const struct fb_net_key *key)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct fb_cidr net = {.bits = (uint8_t)key->bits, .family = FB_IPV6};

	memcpy(net.addr, key->addr, 16);
	if (key->bits >= 96 && !memcmp(key->addr, mapped, sizeof(mapped)))
		net.family = FB_IPV4;
	return net;
}

enum fb_never fb_rulekind_never(const struct fb_filter *filter, const struct fb_never_facts *facts)
{
	_cleanup_free_ struct fb_match *matches = malloc(FB_MATCHES * sizeof(*matches));
	const int n = matches ? fb_rulekind_read(filter, true, matches) : 0;
	enum fb_never never = FB_NEVER_NOT;

	for (int i = 0; i < n && !never; i++) {
		const struct fb_cidr net = fb_rulekind_net(&matches[i].net);

		if (matches[i].kind == FB_MATCH_NET)
			never = fb_never_net(facts, &net);
	}
	return never;
}
