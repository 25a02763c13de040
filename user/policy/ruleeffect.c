/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over the flows; a second one where inside hosts are met. */
#include "policy/ruleeffect.h"

#include <errno.h>

#include "enrich/scope.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/numberset.h"

#define HOSTS_MOST (1u << 20)

struct counting {
	const struct fb_rule_ask *ask;
	const struct fb_snapshot *snapshot;
	struct fb_rule_effect *effect;
	struct fb_numberset clients, inside, several; /* inside: by a flow; by more than one */
	uint64_t bytes[FB_RULE_EXAMPLES];
	int r;
};

static void fini(struct counting *counting)
{
	fb_numberset_fini(&counting->clients);
	fb_numberset_fini(&counting->inside);
	fb_numberset_fini(&counting->several);
}

/* It holds addresses of networks that are inside everywhere: RFC 1918 and alike. */
static bool net_is_inside(const struct fb_cidr *net)
{
	unsigned int n;
	const struct fb_cidr *private = fb_scope_private(&n);

	for (unsigned int i = 0; i < n; i++)
		if (fb_cidr_contains(&private[i], net->addr, net->family) ||
		    fb_cidr_contains(net, private[i].addr, private[i].family))
			return true;
	return false;
}

static bool is_excepted(const struct fb_rule_ask *ask, const struct fb_flow_at *at)
{
	for (unsigned int i = 0; i < ask->n_exceptions; i++)
		if (fb_filter_match(ask->exceptions[i], at))
			return true;
	return false;
}

/* Numbers of the ends that are inside, how many of them. */
static unsigned int inside_ends(const struct fb_flow *flow, uint64_t ret_ends[static 2])
{
	unsigned int n = 0;

	if (flow->scope == FB_SCOPE_INTERNAL || flow->scope == FB_SCOPE_INTERNAL_EXTERNAL)
		ret_ends[n++] = fb_hash_addr(flow->src, flow->family);
	if (flow->scope == FB_SCOPE_INTERNAL || flow->scope == FB_SCOPE_EXTERNAL_INTERNAL)
		ret_ends[n++] = fb_hash_addr(flow->dst, flow->family);
	return n;
}

/* Those of a set that is full are not told apart: more are then said to be inside. */
static int add(struct fb_numberset *set, uint64_t number)
{
	const int r = fb_numberset_add(set, number);

	return r == -ENOSPC ? 0 : r;
}

static void note_example(struct counting *counting, uint32_t record, uint64_t bytes)
{
	struct fb_rule_effect *effect = counting->effect;
	unsigned int at = effect->n_examples;

	while (at && counting->bytes[at - 1] < bytes)
		at--;
	if (at == FB_RULE_EXAMPLES)
		return;
	if (effect->n_examples < FB_RULE_EXAMPLES)
		effect->n_examples++;
	for (unsigned int i = effect->n_examples - 1; i > at; i--) {
		effect->example[i] = effect->example[i - 1];
		counting->bytes[i] = counting->bytes[i - 1];
	}
	effect->example[at] = record;
	counting->bytes[at] = bytes;
}

/* An inside host by an address that is of no private network. */
static bool is_of_net(const struct counting *counting, const struct fb_flow *flow)
{
	const struct fb_cidr *net = &counting->ask->rule->net;
	const bool src = flow->scope == FB_SCOPE_INTERNAL ||
			 flow->scope == FB_SCOPE_INTERNAL_EXTERNAL,
		   dst = flow->scope == FB_SCOPE_INTERNAL ||
			 flow->scope == FB_SCOPE_EXTERNAL_INTERNAL;

	return net->family && ((src && fb_cidr_contains(net, flow->src, flow->family)) ||
			       (dst && fb_cidr_contains(net, flow->dst, flow->family)));
}

static void count(struct counting *counting, uint32_t record, const struct fb_flow_at *at)
{
	struct fb_rule_effect *effect = counting->effect;
	const uint64_t bytes = at->traffic->bytes[FB_UP] + at->traffic->bytes[FB_DOWN];
	uint64_t ends[2];
	const unsigned int n = inside_ends(at->flow, ends);
	int r = add(&counting->clients, fb_hash_addr(at->flow->src, at->flow->family));

	effect->flows++;
	effect->hosts += r > 0;
	effect->bytes += bytes;
	effect->rate += fb_flow_rates(at) * 8;
	effect->touches_inside |= is_of_net(counting, at->flow);
	note_example(counting, record, bytes);
	for (unsigned int i = 0; i < n && r >= 0; i++)
		if (fb_numberset_has(&counting->inside, ends[i]))
			r = add(&counting->several, ends[i]);
		else
			r = add(&counting->inside, ends[i]);
	if (r < 0)
		counting->r = r;
}

/* What it is about: 1; what is left out is counted. */
static bool look_at(struct counting *counting, const struct fb_flow_at *at)
{
	const struct fb_rule_ask *ask = counting->ask;
	enum fb_never never;

	if (!fb_flow_is_live(at->flow) || !fb_filter_match(ask->rule->filter, at))
		return false;
	if (ask->rule->verb == FB_RULE_ALLOW)
		return true;
	never = fb_never_flow(ask->facts, at->flow);
	if (never)
		counting->effect->left_out[never]++;
	else if (is_excepted(ask, at))
		counting->effect->excepted++;
	else
		return true;
	return false;
}

/* Hosts that have a flow which goes on are not cut off: those are taken out by a set of them. */
static int find_cut_off(struct counting *counting)
{
	_cleanup_(fb_numberset_fini) struct fb_numberset going_on;
	struct fb_rule_effect ignored = {.flows = 0};
	struct counting again = {.ask = counting->ask, .effect = &ignored};
	struct fb_flow_at at;
	uint64_t ends[2];
	int r = 0;

	fb_numberset_init(&going_on, HOSTS_MOST);
	for (uint32_t i = 0; r >= 0 && i < counting->snapshot->n; i++) {
		if (!fb_snapshot_at(counting->snapshot, i, &at) || !fb_flow_is_live(at.flow) ||
		    look_at(&again, &at))
			continue;
		for (unsigned int n = inside_ends(at.flow, ends); n-- && r >= 0;)
			if (fb_numberset_has(&counting->several, ends[n]))
				r = add(&going_on, ends[n]);
	}
	counting->effect->touches_inside = going_on.n < counting->several.n;
	return r < 0 ? r : 0;
}

int fb_rule_effect_count(const struct fb_rule_ask *ask, const struct fb_snapshot *snapshot,
			 struct fb_rule_effect *ret_effect)
{
	_cleanup_(fini) struct counting counting = {
		.ask = ask, .snapshot = snapshot, .effect = ret_effect};
	struct fb_flow_at at;

	*ret_effect = (struct fb_rule_effect){0};
	fb_numberset_init(&counting.clients, HOSTS_MOST);
	fb_numberset_init(&counting.inside, HOSTS_MOST);
	fb_numberset_init(&counting.several, HOSTS_MOST);
	for (uint32_t i = 0; !counting.r && i < snapshot->n; i++)
		if (fb_snapshot_at(snapshot, i, &at) && look_at(&counting, &at))
			count(&counting, i, &at);
	if (ask->rule->verb == FB_RULE_ALLOW)
		ret_effect->touches_inside = false;
	if (counting.r || ask->rule->verb == FB_RULE_ALLOW)
		return counting.r;
	if (!ask->rule->net.family)
		return find_cut_off(&counting);
	ret_effect->touches_inside |= net_is_inside(&ask->rule->net);
	return 0;
}
