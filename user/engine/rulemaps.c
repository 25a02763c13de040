/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules to entries, and the difference to those that are there. */
#include "engine/rulemaps.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ruleorder.h"
#include "util/cleanup.h"

/* As many as the smallest of the maps takes: what is more is matched flow by flow. */
#define ENTRIES_MOST FB_TUPLES_MAX

struct list {
	struct fb_rulemaps_entry *entry; /* owned */
	unsigned int n, size;
	int error;
	uint8_t shape[FB_SHAPES_MAX];
	enum fb_excepting excepting;
	bool blind; /* an exception is about what the kernel half does not see: not at all ... */
	bool late;  /* ... or not before the name is known */
};

static void fini(struct list *list)
{
	free(list->entry);
}

#define _cleanup_list_ __attribute__((__cleanup__(fini)))

static void add(struct list *list, const struct fb_match *match, struct fb_rule *rule)
{
	struct fb_rulemaps_entry *grown;

	if (list->n == list->size) {
		const unsigned int size = list->size ? list->size * 2 : 64;

		grown = realloc(list->entry, size * sizeof(*grown));
		if (!grown) {
			list->error = -ENOMEM;
			return;
		}
		list->entry = grown;
		list->size = size;
	}
	list->entry[list->n++] = (struct fb_rulemaps_entry){
		.match = *match,
		.rule = rule,
		.number = rule ? rule->number : FB_RULE_SPARED,
		.exception = !rule || rule->verb == FB_RULE_ALLOW,
	};
}

/* --- what is never touched -------------------------------------------------------------------- */

static void spare_net(struct list *list, const struct fb_cidr *net)
{
	struct fb_match match = {.kind = FB_MATCH_NET, .net.bits = net->bits};

	memcpy(match.net.addr, net->addr, 16);
	add(list, &match, NULL);
}

static void spare(struct list *list, const char *text, const struct fb_never_addr *addr)
{
	struct fb_match match = {.kind = FB_MATCH_NET, .net.bits = 128};
	struct fb_cidr net;

	if (addr) {
		memcpy(match.net.addr, addr->addr, 16);
	} else if (!fb_cidr_parse(text, &net)) {
		match.net.bits = net.bits;
		memcpy(match.net.addr, net.addr, 16);
	}
	add(list, &match, NULL);
}

/* Whose addresses they are, fb_never_flow says of each flow, if the kernel half leaves it to it. */
static void spare_all(struct list *list, const struct fb_never_facts *never)
{
	static const char *const nets[] = {"127.0.0.0/8", "224.0.0.0/4", "255.255.255.255", "::1",
					   "ff00::/8"};

	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		spare(list, nets[i], NULL);
	for (unsigned int i = 0; i < never->n_gateways; i++)
		spare(list, NULL, &never->gateway[i]);
	for (unsigned int i = 0; i < never->n_resolvers; i++)
		spare(list, NULL, &never->resolver[i]);
	for (unsigned int i = 0; i < never->n_trusted; i++)
		spare_net(list, &never->trusted[i]);
	for (unsigned int i = 0; list->excepting != FB_EXCEPTING_SEEN && i < never->n_own; i++)
		spare(list, NULL, &never->own[i]);
}

static bool is_kept(const struct fb_rulemaps_facts *facts, uint16_t port)
{
	for (unsigned int i = 0; i < facts->n_kept; i++)
		if (facts->kept_port[i] == port)
			return true;
	return false;
}

static bool may_be_addr(const struct fb_rulemaps_facts *facts, const uint8_t addr[static 16],
			uint8_t family)
{
	struct fb_cidr host = {.family = family, .bits = 128};

	memcpy(host.addr, addr, 16);
	return !fb_never_net(facts->never, &host);
}

/* Ports by which people reach this machine, and addresses of theirs, are looked at flow by flow.
 */
static bool may_be_tuple(const struct fb_rulemaps_facts *facts, const struct fb_tuple_key *key)
{
	const uint8_t shape = key->shape;
	const bool tcp = !(shape & FB_SHAPE_PROTO) || key->proto == 6;

	if (((shape & FB_SHAPE_ADDR0) && !may_be_addr(facts, key->addr[0], key->family)) ||
	    ((shape & FB_SHAPE_ADDR1) && !may_be_addr(facts, key->addr[1], key->family)))
		return false;
	if (shape & (FB_SHAPE_ADDR0 | FB_SHAPE_ADDR1))
		return true; /* of somebody who is no guest, whatever the port */
	if (tcp && !(shape & ~(FB_SHAPE_PROTO | FB_SHAPE_CLIENT)))
		return false;
	return !tcp || (!((shape & FB_SHAPE_PORT0) && is_kept(facts, key->port[0])) &&
			!((shape & FB_SHAPE_PORT1) && is_kept(facts, key->port[1])));
}

static bool may_be(const struct fb_rulemaps_facts *facts, const struct fb_match *match)
{
	struct fb_cidr net;

	switch (match->kind) {
	case FB_MATCH_NET:
		net = fb_rulekind_net(&match->net);
		return !fb_never_net(facts->never, &net);
	case FB_MATCH_TUPLE:
		return may_be_tuple(facts, &match->tuple);
	default:
		return true;
	}
}

/* --- exceptions ------------------------------------------------------------------------------- */

/* An inside address, or one of ours: behind a translation another one is seen. */
static bool may_hide(const struct fb_rulemaps_facts *facts, const struct fb_cidr *net)
{
	unsigned int n;
	const struct fb_cidr *inside = fb_scope_private(&n);

	for (unsigned int i = 0; i < n; i++)
		if (fb_cidr_meets(&inside[i], net))
			return true;
	for (unsigned int i = 0; i < facts->scope->n; i++)
		if (fb_cidr_meets(&facts->scope->extra[i], net))
			return true;
	for (unsigned int i = 0; i < facts->never->n_own; i++)
		if (fb_cidr_contains(net, facts->never->own[i].addr, facts->never->own[i].family))
			return true;
	return false;
}

static enum fb_excepting end_hides(const struct fb_rulemaps_facts *facts,
				   const struct fb_tuple_key *key, int end)
{
	const bool addr = key->shape & (end ? FB_SHAPE_ADDR1 : FB_SHAPE_ADDR0);
	const bool port = key->shape & (end ? FB_SHAPE_PORT1 : FB_SHAPE_PORT0);
	struct fb_cidr host = {.family = key->family, .bits = 128};
	bool hides;

	memcpy(host.addr, key->addr[end], 16);
	hides = addr && may_hide(facts, &host);
	if (port && (!addr || hides))
		return FB_EXCEPTING_PORTS;
	return hides ? FB_EXCEPTING_ADDRS : FB_EXCEPTING_SEEN;
}

static void except(struct list *list, const struct fb_rulemaps_facts *facts,
		   const struct fb_match *match)
{
	enum fb_excepting how = FB_EXCEPTING_SEEN;

	if (match->kind == FB_MATCH_NAME) {
		list->late = true;
	} else if (match->kind == FB_MATCH_NET) {
		const struct fb_cidr net = fb_rulekind_net(&match->net);

		how = may_hide(facts, &net) ? FB_EXCEPTING_ADDRS : FB_EXCEPTING_SEEN;
	} else {
		const enum fb_excepting a = end_hides(facts, &match->tuple, 0);
		const enum fb_excepting b = end_hides(facts, &match->tuple, 1);

		how = a > b ? a : b;
	}
	if (how > list->excepting)
		list->excepting = how;
}

/* --- the list --------------------------------------------------------------------------------- */

static bool take_shape(struct list *list, uint8_t shape)
{
	for (unsigned int i = 0; i < FB_SHAPES_MAX; i++) {
		if (list->shape[i] && list->shape[i] != shape)
			continue;
		list->shape[i] = shape;
		return true;
	}
	return false;
}

/* Can the kernel half have all of it? */
static void spare_page(struct list *list, const struct fb_never_addr *own, uint16_t port)
{
	struct fb_match match = {
		.kind = FB_MATCH_TUPLE,
		.tuple = {.shape = FB_SHAPE_PROTO | FB_SHAPE_ADDR0 | FB_SHAPE_PORT0,
			  .proto = IPPROTO_TCP,
			  .family = own->family,
			  .port = {port}},
	};

	memcpy(match.tuple.addr[0], own->addr, 16);
	add(list, &match, NULL);
}

/* Who asks for the page by a name that a rule is about, is looked at flow by flow. */
static void spare_pages(struct list *list, const struct fb_never_facts *never,
			const struct fb_rules *rules)
{
	bool named = false;

	for (unsigned int i = 0; i < rules->n; i++)
		named |= rules->rule[i].named && rules->rule[i].verb == FB_RULE_BLOCK;
	if (!named || !never->n_before ||
	    !take_shape(list, FB_SHAPE_PROTO | FB_SHAPE_ADDR0 | FB_SHAPE_PORT0))
		return;
	for (unsigned int i = 0; i < never->n_own; i++)
		for (unsigned int k = 0; k < never->n_before; k++)
			spare_page(list, &never->own[i], never->before[k].own_port);
}

static bool fits(struct list *list, const struct fb_rulemaps_facts *facts,
		 const struct fb_rule *rule, const struct fb_match *match)
{
	if (match->kind == FB_MATCH_TUPLE && !take_shape(list, match->tuple.shape))
		return false;
	if (rule->verb == FB_RULE_ALLOW)
		return true;
	if (rule->verb == FB_RULE_LIMIT)
		return match->kind != FB_MATCH_NAME && !list->late;
	return may_be(facts, match) && !(list->late && match->kind != FB_MATCH_NAME);
}

static int read_rule(const struct fb_rule *rule, struct fb_match *matches)
{
	if (!fb_rule_is_net(rule))
		return fb_rulekind_read(rule->filter, rule->verb == FB_RULE_ALLOW, matches);
	matches[0] = (struct fb_match){.kind = FB_MATCH_NET, .net.bits = rule->net.bits};
	memcpy(matches[0].net.addr, rule->net.addr, sizeof(matches[0].net.addr));
	return fb_rulekind_net(&matches[0].net).family == rule->net.family;
}

static void add_rule(struct list *list, const struct fb_rulemaps_facts *facts, struct fb_rule *rule,
		     struct fb_match *matches)
{
	const struct list before = *list;
	const int n = read_rule(rule, matches);

	rule->kernel = n > 0 && list->n + (unsigned int)n <= ENTRIES_MOST;
	for (int i = 0; i < n && rule->kernel; i++) {
		rule->kernel = fits(list, facts, rule, &matches[i]);
		if (!rule->kernel)
			break;
		if (rule->verb == FB_RULE_ALLOW)
			except(list, facts, &matches[i]);
		add(list, &matches[i], rule);
	}
	if (rule->kernel)
		return;
	list->n = before.n;
	memcpy(list->shape, before.shape, sizeof(list->shape));
	list->blind |= rule->verb == FB_RULE_ALLOW;
}

static void add_rules(struct list *list, const struct fb_rulemaps_facts *facts,
		      struct fb_rules *rules, enum fb_rule_verb verb, struct fb_match *matches)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->rule[i].verb == verb && !list->blind)
			add_rule(list, facts, &rules->rule[i], matches);
}

/* --- to the kernel half ----------------------------------------------------------------------- */

static int write_entry(struct fb_verdicts *verdicts, const struct fb_rulemaps_entry *entry,
		       bool there)
{
	struct fb_rule_name name = entry->match.name;

	switch (entry->match.kind) {
	case FB_MATCH_NET:
		return fb_verdicts_net(verdicts, &entry->match.net, there ? entry->number : 0);
	case FB_MATCH_TUPLE:
		return fb_verdicts_tuple(verdicts, &entry->match.tuple, there ? entry->number : 0);
	default:
		if (!there)
			name.at = name.below = 0;
		return fb_verdicts_name(verdicts, &name);
	}
}

static bool is_same(const struct fb_rulemaps_entry *a, const struct fb_rulemaps_entry *b)
{
	if (a->match.kind == FB_MATCH_NAME)
		return a->match.name.at == b->match.name.at &&
		       a->match.name.below == b->match.name.below;
	return a->number == b->number;
}

struct span {
	const struct fb_rulemaps_entry *entry; /* in order */
	unsigned int n;
};

static void tell(const struct fb_rulemaps *maps, const struct fb_rulemaps_entry *entry)
{
	if (maps->on_net && entry->match.kind == FB_MATCH_NET)
		maps->on_net(maps->on_net_ctx, &entry->match.net);
}

/* Of `span` what is not in `other`, or where it is to be there not the same. */
static void write_those(const struct fb_rulemaps *maps, struct fb_verdicts *verdicts,
			struct span span, struct span other, bool exceptions, bool there)
{
	unsigned int k = 0;

	for (unsigned int i = 0; i < span.n; i++) {
		const struct fb_rulemaps_entry *entry = &span.entry[i];
		bool has;

		while (k < other.n && fb_ruleorder_compare(&other.entry[k], entry) < 0)
			k++;
		has = k < other.n && !fb_ruleorder_compare(&other.entry[k], entry) &&
		      (!there || is_same(&other.entry[k], entry));
		if (has || entry->exception != exceptions)
			continue;
		if (write_entry(verdicts, entry, there) < 0 && there && entry->rule)
			entry->rule->kernel = false;
		tell(maps, entry);
	}
}

static void replace(const struct fb_rulemaps *maps, struct fb_verdicts *verdicts,
		    const struct list *list, bool lists)
{
	const struct span from = {maps->entry, maps->n}, to = {list->entry, list->n};
	struct fb_verdicts_matching how = {.excepting = list->excepting, .nets = lists};

	for (unsigned int i = 0; i < list->n; i++) {
		how.nets |= list->entry[i].rule != NULL;
		how.names |= list->entry[i].match.kind == FB_MATCH_NAME;
	}
	memcpy(how.shape, list->shape, sizeof(how.shape));
	write_those(maps, verdicts, to, from, true, true);
	if (list->excepting >= maps->excepting)
		fb_verdicts_matching(verdicts, &how);
	write_those(maps, verdicts, to, from, false, true);
	write_those(maps, verdicts, from, to, false, false);
	write_those(maps, verdicts, from, to, true, false);
	fb_verdicts_matching(verdicts, &how);
}

void fb_rulemaps_fini(struct fb_rulemaps *maps)
{
	free(TAKE_PTR(maps->entry));
	maps->n = 0;
}

/* The user half matches all of them. */
static void give_up(struct list *list, struct fb_rules *rules)
{
	for (unsigned int i = 0; i < rules->n; i++)
		rules->rule[i].kernel = false;
	list->n = 0;
	list->excepting = FB_EXCEPTING_SEEN;
	memset(list->shape, 0, sizeof(list->shape));
}

void fb_rulemaps_put(struct fb_rulemaps *maps, struct fb_verdicts *verdicts, struct fb_rules *rules,
		     const struct fb_rulemaps_facts *facts)
{
	_cleanup_free_ struct fb_match *matches = malloc(FB_MATCHES * sizeof(*matches));
	_cleanup_list_ struct list list = {0};

	for (unsigned int i = 0; i < rules->n; i++)
		rules->rule[i].kernel = false;
	if (matches) {
		spare_pages(&list, facts->never, rules);
		add_rules(&list, facts, rules, FB_RULE_ALLOW, matches);
		add_rules(&list, facts, rules, FB_RULE_BLOCK, matches);
		add_rules(&list, facts, rules, FB_RULE_LIMIT, matches);
	}
	if (list.blind || list.error || !(list.n || facts->lists))
		give_up(&list, rules);
	else
		spare_all(&list, facts->never);
	if (facts->excepting > list.excepting)
		list.excepting = facts->excepting;
	maps->leaves = list.blind || list.late || list.error || facts->leaves;
	list.n = fb_ruleorder_make(list.entry, list.n);
	replace(maps, verdicts, &list, facts->lists && !maps->leaves);
	for (unsigned int i = 0; i < list.n; i++)
		list.entry[i].rule = NULL;
	free(maps->entry);
	maps->n = list.n;
	maps->excepting = list.excepting;
	maps->entry = TAKE_PTR(list.entry);
}

bool fb_rulemaps_has_net(const struct fb_rulemaps *maps, const struct fb_net_key *key)
{
	const unsigned int i = fb_ruleorder_seek(maps->entry, maps->n, key->addr, key->bits);

	return i < maps->n && maps->entry[i].match.kind == FB_MATCH_NET &&
	       !memcmp(&maps->entry[i].match.net, key, sizeof(*key));
}

int fb_rulemaps_excepted(const struct fb_rulemaps *maps, struct fb_ranges **ret_ranges)
{
	struct fb_ranges *ranges = NULL;
	int r = fb_ranges_new(&ranges);

	for (unsigned int i = 0; r == 0 && i < maps->n; i++) {
		const struct fb_rulemaps_entry *entry = &maps->entry[i];
		struct fb_cidr net;
		uint8_t last[16];

		if (entry->match.kind != FB_MATCH_NET || !entry->exception ||
		    entry->number == FB_RULE_SPARED)
			continue;
		net = fb_rulekind_net(&entry->match.net);
		fb_cidr_last(&net, last);
		r = fb_ranges_add(ranges, net.addr, last, net.family, 0);
	}
	if (r == 0)
		r = fb_ranges_close(ranges);
	if (r < 0)
		fb_ranges_free(TAKE_PTR(ranges));
	*ret_ranges = ranges;
	return r;
}
