/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection or two. The rules, in their order; the first that knows an answer gives it:
 *
 * - the same lane, devices on each other, members of a bundle or bridge: one
 * - addresses that mean something on their link only, another link: two (RFC 4007)
 * - TCP, both opened by a SYN that was seen: one if it was the same, unless one hook of one
 *   interface saw both: then a mirror brings copies by another VLAN, and all that passed is counted
 * - never the same direction on the same hook (in here, out there; up here, down there): they
 *   complete each other
 * - other interfaces, of different VRFs: two
 * - TCP, one was opened by a SYN, the other goes on later without: one, the path moved
 * - an address that belongs to a network on both lanes: two
 * - this host is an end of it, by an address that it has once: one, paths of its own
 * - conntrack has one entry of it: one
 * - untagged both, and this host routes on both: one, ECMP or a path that moved
 * - else: two
 *
 * Halves go together by preference: those of the same VLAN first, then of the same interface.
 */
#include "table/identity.h"

#include <netinet/in.h>
#include <string.h>

enum verdict { TWO = -1, HALVES = 0, ONE = 1, UNKNOWN = 2 };

struct question {
	const struct fb_host *host;
	const struct fb_tuple *tuple;
	const struct fb_sight *a, *b;
};

static enum verdict by_net(const struct question *q)
{
	if (fb_where_is(&q->a->lane, &q->b->lane) ||
	    fb_wiring_same_net(q->host->wiring, &q->a->lane, &q->b->lane))
		return ONE;
	return UNKNOWN;
}

static enum verdict by_scope(const struct question *q)
{
	if (q->a->lane.link == q->b->lane.link)
		return UNKNOWN;
	return fb_addr_is_scoped(q->tuple->addr[0], q->tuple->family) ||
			       fb_addr_is_scoped(q->tuple->addr[1], q->tuple->family)
		       ? TWO
		       : UNKNOWN;
}

static enum verdict by_syn(const struct question *q)
{
	if (q->tuple->proto != IPPROTO_TCP || !q->a->by_syn || !q->b->by_syn)
		return UNKNOWN;
	if (q->a->lane.link == q->b->lane.link && q->a->seen & q->b->seen)
		return TWO;
	return q->a->isn == q->b->isn ? ONE : TWO;
}

static enum verdict by_halves(const struct question *q)
{
	return q->a->seen & q->b->seen ? UNKNOWN : HALVES;
}

static enum verdict by_vrf(const struct question *q)
{
	return fb_wiring_apart(q->host->wiring, &q->a->lane, &q->b->lane) ? TWO : UNKNOWN;
}

static enum verdict by_going_on(const struct question *q)
{
	const struct fb_sight *begun = q->a->by_syn ? q->a : q->b;
	const struct fb_sight *later = q->a->by_syn ? q->b : q->a;

	if (q->tuple->proto != IPPROTO_TCP || !begun->by_syn || later->by_syn)
		return UNKNOWN;
	return later->first_seen >= begun->first_seen ? ONE : UNKNOWN;
}

static enum verdict by_overlap(const struct question *q)
{
	for (int end = 0; end < 2; end++)
		if (fb_wiring_on_link(q->host->wiring, &q->a->lane, q->tuple->addr[end],
				      q->tuple->family) &&
		    fb_wiring_on_link(q->host->wiring, &q->b->lane, q->tuple->addr[end],
				      q->tuple->family))
			return TWO;
	return UNKNOWN;
}

static enum verdict by_end(const struct question *q)
{
	return q->host->is_end ? ONE : UNKNOWN;
}

static enum verdict by_conntrack(const struct question *q)
{
	return q->host->tracked_once ? ONE : UNKNOWN;
}

static enum verdict by_routes(const struct question *q)
{
	return !q->a->lane.vlan[0] && !q->b->lane.vlan[0] &&
			       fb_wiring_routed(q->host->wiring, &q->a->lane) &&
			       fb_wiring_routed(q->host->wiring, &q->b->lane)
		       ? ONE
		       : TWO;
}

int fb_identity_of(const struct fb_host *host, const struct fb_tuple *tuple,
		   const struct fb_sight *a, const struct fb_sight *b)
{
	static enum verdict (*const rules[])(const struct question *) = {
		by_net,	     by_scope,	 by_syn, by_halves,    by_vrf,
		by_going_on, by_overlap, by_end, by_conntrack, by_routes,
	};
	const struct question q = {host, tuple, a, b};
	enum verdict verdict = UNKNOWN;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules) && verdict == UNKNOWN; i++)
		verdict = rules[i](&q);
	return verdict;
}

/* --- groups ----------------------------------------------------------------------------------- */

struct rows {
	const struct fb_sight *at[FB_SIGHTS_MAX]; /* in order */
	int8_t verdict[FB_SIGHTS_MAX][FB_SIGHTS_MAX];
	uint8_t group[FB_SIGHTS_MAX]; /* index in `at` of its first */
	unsigned int n;
};

static bool goes_first(const struct fb_sight *a, const struct fb_sight *b)
{
	if (a->first_seen != b->first_seen)
		return a->first_seen < b->first_seen;
	return memcmp(&a->lane, &b->lane, sizeof(a->lane)) < 0;
}

static void put_in_order(struct rows *rows, const struct fb_sight *sights, unsigned int n)
{
	rows->n = n;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = i;

		for (; at && goes_first(&sights[i], rows->at[at - 1]); at--)
			rows->at[at] = rows->at[at - 1];
		rows->at[at] = &sights[i];
	}
}

/* No two of them may be two connections. */
static void unite(struct rows *rows, unsigned int a, unsigned int b)
{
	const uint8_t to = rows->group[a] < rows->group[b] ? rows->group[a] : rows->group[b];
	const uint8_t from = rows->group[a] < rows->group[b] ? rows->group[b] : rows->group[a];

	for (unsigned int i = 0; i < rows->n; i++)
		for (unsigned int k = 0; k < rows->n; k++)
			if (rows->group[i] == to && rows->group[k] == from &&
			    rows->verdict[i][k] == TWO)
				return;
	for (unsigned int i = 0; i < rows->n; i++)
		if (rows->group[i] == from)
			rows->group[i] = to;
}

/* How well two halves fit, 0 .. 2; sure ones come before all. */
static int fit(const struct rows *rows, unsigned int a, unsigned int b)
{
	const struct fb_where *one = &rows->at[a]->lane, *other = &rows->at[b]->lane;

	if (rows->verdict[a][b] == ONE)
		return 3;
	if (!memcmp(one->vlan, other->vlan, sizeof(one->vlan)))
		return 2;
	return one->link == other->link;
}

void fb_identity_group(const struct fb_host *host, const struct fb_tuple *tuple,
		       const struct fb_sight *sights, unsigned int n,
		       uint8_t group[static FB_SIGHTS_MAX])
{
	struct rows rows;

	put_in_order(&rows, sights, n);
	for (unsigned int i = 0; i < n; i++) {
		rows.group[i] = (uint8_t)i;
		for (unsigned int k = 0; k < n; k++)
			rows.verdict[i][k] =
				(int8_t)fb_identity_of(host, tuple, rows.at[i], rows.at[k]);
	}
	for (int wanted = 3; wanted >= 0; wanted--)
		for (unsigned int i = 0; i < n; i++)
			for (unsigned int k = i + 1; k < n; k++)
				if (rows.verdict[i][k] != TWO && fit(&rows, i, k) == wanted &&
				    rows.group[i] != rows.group[k])
					unite(&rows, i, k);
	for (unsigned int i = 0; i < n; i++)
		group[rows.at[i] - sights] = (uint8_t)(rows.at[rows.group[i]] - sights);
}
