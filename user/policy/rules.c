/* SPDX-License-Identifier: BSD-2-Clause */
/* The list, and the match: by address, and by what each other one says. */
#include "policy/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "filter/ways.h"

static const char *const verbs[FB_RULE_VERBS] = {
	[FB_RULE_BLOCK] = "block",
	[FB_RULE_ALLOW] = "allow",
	[FB_RULE_LIMIT] = "limit",
};

const char *fb_rule_verb_name(enum fb_rule_verb verb)
{
	return verbs[verb];
}

int64_t fb_rule_end_ms(const struct fb_rule *rule)
{
	if (!rule->confirm_ms || (rule->until_ms && rule->until_ms < rule->confirm_ms))
		return rule->until_ms;
	return rule->confirm_ms;
}

bool fb_rule_is_over(const struct fb_rule *rule, int64_t now_ms)
{
	const int64_t end_ms = fb_rule_end_ms(rule);

	return end_ms && end_ms <= now_ms;
}

void fb_rules_shift(struct fb_rules *rules, int64_t ms)
{
	for (unsigned int i = 0; i < rules->n; i++) {
		struct fb_rule *rule = &rules->rule[i];
		int64_t *const times[] = {&rule->made_ms, &rule->until_ms, &rule->confirm_ms};

		for (size_t k = 0; k < sizeof(times) / sizeof(*times); k++)
			if (*times[k])
				*times[k] += ms;
	}
}

void fb_rules_fini(struct fb_rules *rules)
{
	while (rules->n)
		fb_rules_remove(rules, &rules->rule[rules->n - 1]);
}

/* A prefix is an expression, too: so that it is looked for in the flows that there are. */
int fb_rule_compile(struct fb_rule *rule, char *why, size_t why_len)
{
	struct fb_filter_error error;
	char text[FB_RULE_WHAT + 16];
	int r;

	if (!rule->what[strspn(rule->what, " \t")]) {
		snprintf(why, why_len, "an empty filter matches every flow");
		return -EINVAL;
	}
	rule->net.family = 0;
	snprintf(text, sizeof(text), "%s", rule->what);
	if (!fb_cidr_parse(rule->what, &rule->net))
		snprintf(text, sizeof(text), "ip = %s", rule->what);
	r = fb_filter_compile(text, &rule->filter, &error);
	if (r == -EINVAL)
		snprintf(why, why_len,
			 "neither an address, a prefix nor a "
			 "filter: %s",
			 error.detail);
	return r;
}

/* --- blocks of prefixes ----------------------------------------------------------------------- */

static int compare(const struct fb_rules_net *a, const struct fb_rules_net *b)
{
	int order = (int)a->net.bits - (int)b->net.bits;

	if (!order)
		order = (int)a->net.family - (int)b->net.family;
	if (!order)
		order = memcmp(a->net.addr, b->net.addr, sizeof(a->net.addr));
	return order ? order : (int)a->rule - (int)b->rule;
}

/* Number of the first that does not come before it. */
static unsigned int seek(const struct fb_rules *rules, const struct fb_rules_net *net)
{
	unsigned int from = 0, to = rules->n_nets;

	while (from < to) {
		const unsigned int middle = from + (to - from) / 2;

		if (compare(&rules->net[middle], net) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Place of the first rule that blocks this address, where it comes before `best`; else that. */
static unsigned int find_net(const struct fb_rules *rules, const uint8_t addr[static 16],
			     uint8_t family, unsigned int best)
{
	struct fb_rules_net asked = {.net = {.family = family, .bits = 128}};

	if (!family)
		return best;
	memcpy(asked.net.addr, addr, sizeof(asked.net.addr));
	for (unsigned int bits = 128; bits > 0; bits--) {
		unsigned int i;

		if (!rules->bits[bits])
			continue;
		asked.net = fb_cidr_widen(&asked.net, (uint8_t)bits);
		i = seek(rules, &asked);
		if (i < rules->n_nets && rules->net[i].rule < best &&
		    !memcmp(&rules->net[i].net, &asked.net, sizeof(asked.net)))
			best = rules->net[i].rule;
	}
	return best;
}

/* By either end, behind a translation, too: as `ip =` of a filter. */
static unsigned int find_block(const struct fb_rules *rules, const struct fb_flow *flow)
{
	const struct fb_flow_nat *nat = flow->nat;
	unsigned int best = FB_RULES;

	if (!rules->n_nets)
		return best;
	best = find_net(rules, flow->src, flow->family, best);
	best = find_net(rules, flow->dst, flow->family, best);
	if (!nat)
		return best;
	best = find_net(rules, nat->src, nat->src_family, best);
	return find_net(rules, nat->dst, nat->dst_family, best);
}

static void add_net(struct fb_rules *rules, unsigned int place)
{
	const struct fb_rules_net net = {.net = rules->rule[place].net, .rule = (uint16_t)place};
	const unsigned int i = seek(rules, &net);

	memmove(&rules->net[i + 1], &rules->net[i], (rules->n_nets - i) * sizeof(net));
	rules->net[i] = net;
	rules->n_nets++;
	rules->bits[net.net.bits]++;
}

/* --- the list --------------------------------------------------------------------------------- */

bool fb_rule_is_net(const struct fb_rule *rule)
{
	return rule->verb == FB_RULE_BLOCK && rule->net.family;
}

bool fb_rules_have_room(const struct fb_rules *rules, const struct fb_rule *rule)
{
	return rules->n < FB_RULES && (fb_rule_is_net(rule) || rules->n_open < FB_RULES_OPEN);
}

/* Its place is the last. A filter is big, and says no more than the prefix. */
static void take_place(struct fb_rules *rules, struct fb_rule *rule)
{
	const unsigned int place = rules->n++;

	if (!fb_rule_is_net(rule)) {
		rules->open[rules->n_open++] = (uint16_t)place;
		return;
	}
	fb_filter_free(rule->filter);
	rule->filter = NULL;
	add_net(rules, place);
}

int fb_rules_add(struct fb_rules *rules, const struct fb_rule *rule, struct fb_rule **ret_rule)
{
	struct fb_rule *added = &rules->rule[rules->n];
	int r;

	if (rules->n == FB_RULES)
		return -ENOSPC;
	*added = *rule;
	r = fb_rule_compile(added, rules->error, sizeof(rules->error));
	if (r < 0)
		return r;
	if (!fb_rules_have_room(rules, added)) {
		fb_filter_free(added->filter);
		return -ENOSPC;
	}
	added->kernel = false;
	added->lists = fb_filter_is_lists(added->filter);
	added->nets = (struct fb_rule_nets){0};
	added->plain = fb_filter_is_plain(added->filter, &added->named);
	if (!added->id)
		added->id = rules->last_id + 1;
	if (added->id > rules->last_id)
		rules->last_id = added->id;
	take_place(rules, added);
	*ret_rule = added;
	return 0;
}

struct fb_rule *fb_rules_find(struct fb_rules *rules, uint32_t id)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->rule[i].id == id)
			return &rules->rule[i];
	return NULL;
}

static void leave_nets(struct fb_rules *rules, unsigned int place)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rules->n_nets; i++) {
		struct fb_rules_net *net = &rules->net[i];

		if (net->rule == place) {
			rules->bits[net->net.bits]--;
			continue;
		}
		net->rule = (uint16_t)(net->rule - (net->rule > place));
		rules->net[n++] = *net;
	}
	rules->n_nets = n;
}

static void leave_open(struct fb_rules *rules, unsigned int place)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rules->n_open; i++) {
		const unsigned int other = rules->open[i];

		if (other != place)
			rules->open[n++] = (uint16_t)(other - (other > place));
	}
	rules->n_open = n;
}

void fb_rules_remove(struct fb_rules *rules, struct fb_rule *rule)
{
	const unsigned int place = (unsigned int)(rule - rules->rule);

	fb_filter_free(rule->filter);
	leave_nets(rules, place);
	leave_open(rules, place);
	rules->n--;
	memmove(rule, rule + 1, (rules->n - place) * sizeof(*rule));
}

/* --- the match -------------------------------------------------------------------------------- */

/* Does what is found go before it, whatever it is about? */
static bool is_behind(const struct fb_rule *rule, const struct fb_rule *found)
{
	return found && rule->verb != FB_RULE_ALLOW &&
	       (rule->verb > found->verb || (rule->verb == found->verb && rule > found));
}

struct fb_rule *fb_rules_match(struct fb_rules *rules, const struct fb_flow_at *at)
{
	const unsigned int place = find_block(rules, at->flow);
	struct fb_rule *found = place < FB_RULES ? &rules->rule[place] : NULL;

	for (unsigned int i = 0; i < rules->n_open; i++) {
		struct fb_rule *rule = &rules->rule[rules->open[i]];

		if (is_behind(rule, found) || !fb_filter_match(rule->filter, at))
			continue;
		if (rule->verb == FB_RULE_ALLOW)
			return rule;
		found = rule;
	}
	return found;
}

const struct fb_rule *fb_rules_match_plain(const struct fb_rules *rules,
					   const struct fb_flow_at *at)
{
	const unsigned int place = find_block(rules, at->flow);
	const struct fb_rule *found = place < FB_RULES ? &rules->rule[place] : NULL;

	for (unsigned int i = 0; i < rules->n_open; i++) {
		const struct fb_rule *rule = &rules->rule[rules->open[i]];

		if (rule->verb == FB_RULE_ALLOW &&
		    (!rule->plain || fb_filter_match(rule->filter, at)))
			return NULL;
		if (rule->verb == FB_RULE_BLOCK && !is_behind(rule, found) && rule->plain &&
		    fb_filter_match(rule->filter, at))
			found = rule;
	}
	return found;
}
