/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells detectors of connections, and adds up what they say. */
#include "policy/judge.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/ahead.h"
#include "policy/detectors.h"
#include "policy/places.h"
#include "policy/ports.h"
#include "policy/relations.h"
#include "policy/second.h"
#include "util/addr.h"
#include "util/select.h"

static const struct table {
	const char *name, *help;
	uint32_t max;
} tables[] = {
#define X(name_, items_, help_) [FB_JUDGE_TABLE_##name_] = {#name_, help_, items_},
	FB_JUDGE_TABLES(X)
#undef X
};

/* Of those that are not named here keys are all there is. */
static const uint32_t sizes[FB_JUDGE_TABLE_COUNT] = {
	[FB_JUDGE_TABLE_firsts] = sizeof(struct fb_relation),
	[FB_JUDGE_TABLE_firsts_outside] = sizeof(struct fb_relation),
	[FB_JUDGE_TABLE_pairs] = sizeof(struct fb_pair),
	[FB_JUDGE_TABLE_pairs_outside] = sizeof(struct fb_pair),
	[FB_JUDGE_TABLE_tries] = sizeof(struct fb_fan),
	[FB_JUDGE_TABLE_tries_outside] = sizeof(struct fb_fan),
	[FB_JUDGE_TABLE_walks] = sizeof(struct fb_fan),
	[FB_JUDGE_TABLE_walks_outside] = sizeof(struct fb_fan),
	[FB_JUDGE_TABLE_clients] = sizeof(struct fb_client),
	[FB_JUDGE_TABLE_clients_outside] = sizeof(struct fb_asker),
	[FB_JUDGE_TABLE_called] = sizeof(struct fb_called),
	[FB_JUDGE_TABLE_called_outside] = sizeof(struct fb_called),
	[FB_JUDGE_TABLE_closed] = sizeof(struct fb_group),
	[FB_JUDGE_TABLE_sweeps] = sizeof(struct fb_group),
	[FB_JUDGE_TABLE_shapes] = sizeof(struct fb_group),
	[FB_JUDGE_TABLE_floods] = sizeof(struct fb_mute),
	[FB_JUDGE_TABLE_floods_outside] = sizeof(struct fb_mute),
};

int fb_judge_new(const struct fb_judge_opts *opts, struct fb_judge **ret_judge)
{
	struct fb_judge *judge = calloc(1, sizeof(*judge));
	int r = judge ? fb_dnstunnel_init(&judge->tunnels, opts->secret) : -ENOMEM;

	if (judge) {
		judge->opts = *opts;
		judge->baseline = fb_baseline_new(FB_BASELINE_HOSTS >> opts->shrink);
		r = r ? r : judge->baseline ? 0 : -ENOMEM;
	}
	for (unsigned int i = 0; !r && i < FB_JUDGE_TABLE_COUNT; i++)
		r = fb_lru_init(&judge->table[i], sizes[i], tables[i].max >> opts->shrink);
	if (r) {
		fb_judge_free(judge);
		return r;
	}
	fb_duty_init(&judge->duty);
	judge->words = fb_hash_words(opts->secret);
	fb_ports_traits(judge->port);
	for (unsigned int port = 0; port < 65536; port++)
		judge->known[port / 64] |= (uint64_t)(judge->port[port] > 0) << port % 64;
	*ret_judge = judge;
	return 0;
}

void fb_judge_free(struct fb_judge *judge)
{
	if (!judge)
		return;
	fb_dnstunnel_fini(&judge->tunnels);
	fb_baseline_free(judge->baseline);
	for (unsigned int i = 0; i < FB_JUDGE_TABLE_COUNT; i++)
		fb_lru_fini(&judge->table[i]);
	free(judge);
}

const struct fb_agreement *fb_judge_agreement(const struct fb_judge *judge)
{
	return &judge->agreement;
}

const struct fb_dnstunnel *fb_judge_tunnels(const struct fb_judge *judge)
{
	return &judge->tunnels;
}

struct fb_baseline *fb_judge_baseline(struct fb_judge *judge)
{
	return judge->baseline;
}

void fb_judge_table_state(const struct fb_judge *judge, enum fb_judge_table table,
			  struct fb_judge_table_state *ret_state)
{
	const struct fb_lru *lru = &judge->table[table];

	*ret_state = (struct fb_judge_table_state){
		.name = tables[table].name,
		.help = tables[table].help,
		.used = lru->n,
		.max = lru->max,
		.evicted = lru->evicted,
		.memory = fb_lru_memory(lru),
	};
}

/* --- one connection --------------------------------------------------------------------------- */

/* What is told late is as if it were now. */
static void take_time(struct fb_look *look)
{
	struct fb_judge *judge = look->judge;
	const struct fb_judged *flow = look->flow;
	uint64_t ms;

	if (!judge->begin_ns)
		judge->begin_ns = flow->time_ns ? flow->time_ns : 1;
	ms = flow->time_ns > judge->begin_ns ? (flow->time_ns - judge->begin_ns) / 1000000 : 0;
	if (ms + FB_LOOK_FIRST_MS > judge->now_ms)
		judge->now_ms = ms + FB_LOOK_FIRST_MS;
	look->now_ms = judge->now_ms;
	look->now = (uint32_t)(look->now_ms / 1000);
}

static bool is_for_many(const struct fb_judged *flow)
{
	if (!fb_addr_is_host(flow->dst, flow->family))
		return true;
	return flow->family == 4 && flow->dst[15] == 255 && flow->dst_inside;
}

/*
 * A known port asks an unknown one, or by datagrams its like: that answers a request which came
 * before we looked.
 */
static bool is_answer(const struct fb_look *look)
{
	if (look->icmp || !(look->sport & FB_PORT_KNOWN))
		return false;
	return !(look->dport & FB_PORT_KNOWN) ||
	       (look->udp && look->flow->sport == look->flow->dport);
}

static uint64_t hash_addr(const struct fb_hash_words *words, const uint8_t addr[static 16])
{
	uint64_t a, b;

	memcpy(&a, addr, 8);
	memcpy(&b, addr + 8, 8);
	return fb_hash_join(words, a, b);
}

static void hash_ends(struct fb_look *look)
{
	const struct fb_hash_words *words = &look->judge->words;

	look->src = hash_addr(words, look->flow->src);
	look->dst = hash_addr(words, look->flow->dst);
	look->both = fb_hash_join(words, look->src, look->dst);
}

static uint8_t traits_of(const struct fb_judge *judge, uint16_t port)
{
	return judge->known[port / 64] >> port % 64 & 1 ? judge->port[port] : 0;
}

static void look_at(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;

	hash_ends(look);
	look->tcp = flow->proto == IPPROTO_TCP;
	look->udp = flow->proto == IPPROTO_UDP;
	look->for_many = is_for_many(flow);
	look->icmp = fb_judged_is_icmp(flow);
	look->ok = flow->result == FB_JUDGED_OK;
	look->failed = flow->result == FB_JUDGED_REFUSED || flow->result == FB_JUDGED_NOREPLY ||
		       flow->result == FB_JUDGED_HALF;
	look->inward = !flow->src_inside && flow->dst_inside;
	look->outward = flow->src_inside && !flow->dst_inside;
	look->within = flow->src_inside && flow->dst_inside;
	if (!look->icmp) {
		look->sport = traits_of(look->judge, flow->sport);
		look->dport = traits_of(look->judge, flow->dport);
	}
	look->answers = is_answer(look);
}

static void note_served(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	bool is_new;

	if (look->ok && flow->dst_inside && !look->icmp)
		fb_lru_get_at(fb_at_served(look), &is_new);
}

static void remember(struct fb_look *look)
{
	if (look->flow->older) {
		note_served(look);
		return;
	}
	if (look->events & FB_TOLD_RESULT) {
		note_served(look);
		fb_relations_note(look);
	} else if (look->events & FB_TOLD_ENDED) {
		fb_relations_find(look);
	}
	if (look->events & FB_TOLD_ENDED && !look->goes_on)
		fb_relations_note_size(look);
}

static void conclude(struct fb_judgement *judgement)
{
	unsigned int risk = 0;

	for (unsigned int i = 0; i < judgement->n; i++)
		risk += judgement->evidence[i].points;
	judgement->risk = risk < 100 ? (uint8_t)risk : 100;
	judgement->class = fb_risk_class(risk);
	judgement->rules = risk >= FB_RISK_HIGH_LEAST	  ? FB_JUDGE_DENY
			   : risk >= FB_RISK_MEDIUM_LEAST ? FB_JUDGE_INSPECT
							  : FB_JUDGE_ALLOW;
	judgement->action = judgement->rules;
}

static void begin(struct fb_look *look, struct fb_judge *judge, const struct fb_judge_told *told)
{
	const struct fb_judged *flow = told->flow;
	const bool anew = !(told->events & FB_TOLD_RESULT);

	memset(look, 0, offsetof(struct fb_look, place));
	look->judge = judge;
	look->flow = flow;
	look->judgement = told->judgement;
	look->events = told->events;
	look->moved_bytes = anew ? flow->moved_bytes : flow->bytes;
	look->moved_packets = anew ? flow->moved_packets : flow->packets;
	look_at(look);
}

static void look_all(struct fb_look *look)
{
	if (look->events & ~(unsigned int)FB_TOLD_ASKED)
		fb_second_look(look);
	remember(look);
	for (uint32_t due = fb_duty_of(&look->judge->duty, look); due; due &= due - 1)
		fb_detectors[__builtin_ctz(due)].look(look);
}

static void judge_one(struct fb_look *look)
{
	take_time(look);
	if (!look->for_many)
		look_all(look);
	conclude(look->judgement);
	fb_second_conclude(look);
}

static void tell_one(struct fb_judge *judge, const struct fb_judged *flow, unsigned int events,
		     struct fb_judgement *judgement)
{
	struct fb_look look;

	begin(&look, judge,
	      &(struct fb_judge_told){
		      .flow = flow, .judgement = judgement, .events = (uint8_t)events});
	judge_one(&look);
}

void fb_judge_opened(struct fb_judge *judge, const struct fb_judged *flow,
		     struct fb_judgement *judgement)
{
	tell_one(judge, flow, FB_TOLD_OPENED, judgement);
}

void fb_judge_result(struct fb_judge *judge, const struct fb_judged *flow,
		     struct fb_judgement *judgement)
{
	tell_one(judge, flow, FB_TOLD_RESULT, judgement);
}

void fb_judge_ended(struct fb_judge *judge, const struct fb_judged *flow,
		    struct fb_judgement *judgement)
{
	tell_one(judge, flow, FB_TOLD_ENDED, judgement);
}

void fb_judge_whole(struct fb_judge *judge, const struct fb_judged *flow,
		    struct fb_judgement *ret_judgement)
{
	*ret_judgement = (struct fb_judgement){0};
	tell_one(judge, flow, FB_TOLD_OPENED | FB_TOLD_RESULT | FB_TOLD_ENDED, ret_judgement);
}

/* --- many ------------------------------------------------------------------------------------- */

#define BLOCK 16 /* what they look up is in the fastest memory together */

static void tell_block(struct fb_judge *judge, const struct fb_judge_told *told, size_t n)
{
	struct fb_look look[BLOCK];

	for (size_t i = 0; i < n; i++) {
		begin(&look[i], judge, &told[i]);
		fb_ahead_places(&look[i]);
	}
	for (size_t i = 0; i < n; i++)
		fb_ahead_items(&look[i]);
	for (size_t i = 0; i < n; i++)
		fb_ahead_rest(&look[i]);
	for (size_t i = 0; i < n; i++)
		judge_one(&look[i]);
}

void fb_judge_tell(struct fb_judge *judge, const struct fb_judge_told *told, size_t n)
{
	for (size_t i = 0; i < n; i += BLOCK)
		tell_block(judge, told + i, n - i < BLOCK ? n - i : BLOCK);
}

/* --- order ------------------------------------------------------------------------------------ */

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_flows(const void *a_, const void *b_, void *ctx)
{
	const struct fb_judged *a = a_, *b = b_;
	int r = by_number(a->time_ns, b->time_ns);

	(void)ctx;
	r = r ? r : memcmp(a->src, b->src, 16);
	r = r ? r : memcmp(a->dst, b->dst, 16);
	r = r ? r : by_number(a->proto, b->proto);
	r = r ? r : by_number(a->sport, b->sport);
	r = r ? r : by_number(a->dport, b->dport);
	return r ? r : by_number(a->result, b->result);
}

void fb_judge_sort(struct fb_judged *flows, size_t n)
{
	fb_sort(flows, n, sizeof(*flows), compare_flows, NULL);
}
