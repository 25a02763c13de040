/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules to classes, and hosts to classes of their own. */
#include "engine/limits.h"

#include <errno.h>
#include <string.h>

#include "kernel/qdisc.h"
#include "util/clock.h"
#include "util/log.h"

#define REST_NS	    (60ull * FB_NS_PER_S) /* a host whose flows rest for so long has no class */
#define CHECK_TICKS 8

int fb_limits_open(struct fb_limits *limits, struct fb_verdicts *verdicts,
		   const struct fb_links *links)
{
	*limits = (struct fb_limits){.verdicts = verdicts, .links = links};
	fb_shaper_open(&limits->shaper, verdicts->rows);
	return fb_index_init(&limits->index);
}

void fb_limits_close(struct fb_limits *limits, bool keep)
{
	fb_shaper_close(&limits->shaper, keep);
	fb_index_fini(&limits->index);
	limits->n_hosts = 0;
}

/* --- classes ---------------------------------------------------------------------------------- */

static void take_classes(struct fb_limits *limits, uint16_t number, const struct fb_rule *rule)
{
	if (rule->rate_up)
		fb_shaper_take(&limits->shaper, number, false);
	if (rule->rate_down)
		fb_shaper_take(&limits->shaper, number, true);
}

static int put_classes(struct fb_limits *limits, uint16_t number, const struct fb_rule *rule,
		       struct fb_why *why)
{
	int r = 0;

	if (rule->rate_up)
		r = fb_shaper_put(&limits->shaper, number, false, rule->rate_up, why);
	if (r == 0 && rule->rate_down)
		r = fb_shaper_put(&limits->shaper, number, true, rule->rate_down, why);
	if (r < 0)
		take_classes(limits, number, rule);
	return r;
}

static uint8_t directions(const struct fb_rule *rule)
{
	return (uint8_t)((rule->rate_up ? FB_LIMIT_UP : 0) | (rule->rate_down ? FB_LIMIT_DOWN : 0));
}

static int follow(struct fb_limits *limits, struct fb_why *why)
{
	uint32_t ifindex[FB_STATUS_LINKS];
	unsigned int n = 0;

	for (unsigned int i = 0; i < limits->links->n; i++) {
		const struct fb_link_slot *slot = &limits->links->slots[i];

		if (slot->state == FB_LINK_ATTACHED && !slot->loopback)
			ifindex[n++] = slot->attach.ifindex;
	}
	return fb_shaper_follow(&limits->shaper, ifindex, n, why);
}

int fb_limits_put(struct fb_limits *limits, const struct fb_rule *rule, bool inside,
		  uint64_t until_ns, struct fb_why *why)
{
	int r = put_classes(limits, rule->number, rule, why);

	if (r < 0)
		return r;
	r = follow(limits, why);
	if (r < 0) {
		take_classes(limits, rule->number, rule);
		return r;
	}
	fb_verdicts_limit(limits->verdicts, rule->number,
			  (uint8_t)(directions(rule) | (inside ? FB_LIMIT_INSIDE : 0)), until_ns);
	return 0;
}

/* --- hosts ------------------------------------------------------------------------------------ */

static uint16_t entry_of(const struct fb_limits *limits, const struct fb_limit_host *host)
{
	return (uint16_t)(FB_LIMIT_FIRST + (host - limits->host));
}

static uint64_t hash_of(const struct fb_limit_host *host)
{
	return fb_hash_addr(host->addr, (uint64_t)host->rule << 8 | host->family);
}

/* Their verdicts are over at once; rows forget their numbers before these are others'. */
static void drop_hosts(struct fb_limits *limits, const struct fb_rule *rule, bool *dead)
{
	fb_verdicts_sweep_all(limits->verdicts, dead);
	for (unsigned int i = 0; i < FB_LIMIT_HOSTS; i++) {
		struct fb_limit_host *host = &limits->host[i];
		const uint16_t number = entry_of(limits, host);

		if (!dead[number])
			continue;
		take_classes(limits, number, rule);
		fb_index_remove(&limits->index, hash_of(host), i);
		host->rule = 0;
		limits->n_hosts--;
	}
}

static void drop_host(struct fb_limits *limits, const struct fb_limit_host *host,
		      const struct fb_rule *rule)
{
	const uint16_t number = entry_of(limits, host);
	bool dead[FB_RULES_MAX] = {false};

	fb_verdicts_limit(limits->verdicts, number, 0, 0);
	dead[number] = true;
	drop_hosts(limits, rule, dead);
}

void fb_limits_take(struct fb_limits *limits, const struct fb_rule *rule)
{
	bool dead[FB_RULES_MAX] = {false};

	for (unsigned int i = 0; i < FB_LIMIT_HOSTS && limits->n_hosts; i++) {
		const uint16_t number = entry_of(limits, &limits->host[i]);

		if (limits->host[i].rule != rule->number)
			continue;
		fb_verdicts_limit(limits->verdicts, number, 0, 0);
		dead[number] = true;
	}
	fb_verdicts_limit(limits->verdicts, rule->number, 0, 0);
	dead[rule->number] = true;
	drop_hosts(limits, rule, dead);
	take_classes(limits, rule->number, rule);
}

unsigned int fb_limits_inside(const struct fb_flow *flow)
{
	if (flow->scope == FB_SCOPE_INTERNAL_EXTERNAL)
		return 0;
	return flow->scope == FB_SCOPE_EXTERNAL_INTERNAL || flow->direction == FB_DIRECTION_IN;
}

static struct fb_limit_host *find_host(struct fb_limits *limits, const struct fb_limit_host *like)
{
	struct fb_index_it it = fb_index_begin(hash_of(like));
	uint32_t i;

	while (fb_index_next(&limits->index, &it, &i))
		if (limits->host[i].rule == like->rule && limits->host[i].family == like->family &&
		    !memcmp(limits->host[i].addr, like->addr, 16))
			return &limits->host[i];
	return NULL;
}

static struct fb_limit_host *free_place(struct fb_limits *limits)
{
	for (unsigned int i = 0; limits->n_hosts < FB_LIMIT_HOSTS && i < FB_LIMIT_HOSTS; i++)
		if (!limits->host[i].rule)
			return &limits->host[i];
	return NULL;
}

static void crowd(struct fb_limits *limits, const struct fb_rule *rule)
{
	if (!limits->crowded++)
		fb_warn("act",
			"rule %u: %d hosts have a rate each, and no more: those beyond share one",
			rule->id, FB_LIMIT_HOSTS);
}

/* NULL: it has none, which was said. */
static struct fb_limit_host *begin_host(struct fb_limits *limits, const struct fb_limit_host *like,
					const struct fb_rule *rule)
{
	struct fb_limit_host *host = free_place(limits);
	struct fb_why why = {""};
	uint16_t number;

	if (!host) {
		crowd(limits, rule);
		return NULL;
	}
	number = entry_of(limits, host);
	if (fb_index_add(&limits->index, hash_of(like), (uint32_t)(host - limits->host)) < 0)
		return NULL;
	if (put_classes(limits, number, rule, &why) < 0) {
		fb_index_remove(&limits->index, hash_of(like), (uint32_t)(host - limits->host));
		if (!limits->said)
			fb_warn("act", "rule %u: %s", rule->id, why.text);
		limits->said = true;
		return NULL;
	}
	fb_verdicts_limit(limits->verdicts, number, directions(rule),
			  limits->verdicts->rule[rule->number].until);
	*host = *like;
	limits->n_hosts++;
	return host;
}

uint16_t fb_limits_entry(struct fb_limits *limits, const struct fb_rule *rule,
			 const struct fb_flow *flow)
{
	struct fb_limit_host like = {.rule = rule->number, .family = flow->family};
	struct fb_limit_host *host;

	if (!rule->per_host)
		return rule->number;
	memcpy(like.addr, fb_limits_inside(flow) ? flow->dst : flow->src, 16);
	host = find_host(limits, &like);
	if (!host)
		host = begin_host(limits, &like, rule);
	if (!host)
		return rule->number;
	host->last_ns = fb_clock_ns(CLOCK_BOOTTIME);
	return entry_of(limits, host);
}

/* --- over time -------------------------------------------------------------------------------- */

static const struct fb_rule *rule_of(const struct fb_rules *rules, uint16_t number)
{
	for (unsigned int i = 0; i < rules->n_open; i++)
		if (rules->rule[rules->open[i]].number == number)
			return &rules->rule[rules->open[i]];
	return NULL;
}

static uint64_t take_count(__u64 *count)
{
	return __atomic_exchange_n(count, 0, __ATOMIC_RELAXED);
}

/* What its hosts counted is the rule's. */
static void fold(struct fb_rule_entry *rule, struct fb_rule_entry *host)
{
	const uint64_t packets = take_count(&host->packets);

	if (!packets)
		return;
	__atomic_add_fetch(&rule->packets, packets, __ATOMIC_RELAXED);
	__atomic_add_fetch(&rule->bytes, take_count(&host->bytes), __ATOMIC_RELAXED);
	__atomic_add_fetch(&rule->hits, take_count(&host->hits), __ATOMIC_RELAXED);
	if (!rule->first)
		rule->first = host->first;
	if (rule->last < host->last)
		rule->last = host->last;
}

static void age_hosts(struct fb_limits *limits, const struct fb_rules *rules)
{
	const uint64_t now = fb_clock_ns(CLOCK_BOOTTIME);
	bool dropped = false;

	for (unsigned int i = 0; i < FB_LIMIT_HOSTS && limits->n_hosts; i++) {
		struct fb_limit_host *host = &limits->host[i];
		const struct fb_rule *rule = host->rule ? rule_of(rules, host->rule) : NULL;

		if (!rule)
			continue;
		fold(&limits->verdicts->rule[host->rule],
		     &limits->verdicts->rule[entry_of(limits, host)]);
		if (now - host->last_ns > REST_NS && !dropped) {
			drop_host(limits, host, rule);
			dropped = true; /* one a tick: all rows are looked at */
			continue;
		}
		__atomic_store_n(&limits->verdicts->rule[entry_of(limits, host)].until,
				 limits->verdicts->rule[host->rule].until, __ATOMIC_RELAXED);
	}
}

/* Somebody removed our device: all classes anew. */
static void make_again(struct fb_limits *limits, const struct fb_rules *rules, struct fb_why *why)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->rule[i].verb == FB_RULE_LIMIT)
			put_classes(limits, rules->rule[i].number, &rules->rule[i], why);
	for (unsigned int i = 0; i < FB_LIMIT_HOSTS && limits->n_hosts; i++) {
		const struct fb_rule *rule =
			limits->host[i].rule ? rule_of(rules, limits->host[i].rule) : NULL;

		if (rule)
			put_classes(limits, entry_of(limits, &limits->host[i]), rule, why);
	}
}

/* A device made anew counts from zero. */
static void on_root(void *ctx, const struct fb_qdisc *qdisc)
{
	struct fb_limits *limits = ctx;

	if (qdisc->ifindex != limits->shaper.ifindex)
		return;
	if (qdisc->drops < limits->dropped_last)
		limits->dropped_last = 0;
	limits->dropped += qdisc->drops - limits->dropped_last;
	limits->dropped_last = qdisc->drops;
}

void fb_limits_tick(struct fb_limits *limits, const struct fb_rules *rules)
{
	struct fb_why why = {""};

	if (!limits->shaper.ifindex)
		return;
	age_hosts(limits, rules);
	if (++limits->ticks % CHECK_TICKS == 0) {
		if (fb_shaper_is_lost(&limits->shaper))
			make_again(limits, rules, &why);
		fb_shaper_check(&limits->shaper);
		fb_qdisc_roots(on_root, limits);
	}
	if (follow(limits, &why) < 0 && !limits->said) {
		fb_warn("act", "%s", why.text);
		limits->said = true;
	}
}
