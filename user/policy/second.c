/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/second.h"
#include "policy/places.h"

#include <string.h>

#include "policy/relations.h"
#include "policy/serving.h"
#include "policy/teachings.h"

#define HOUR 3600u

/* --- what came before ------------------------------------------------------------------------- */

struct before {
	struct fb_asker *asker;
	struct fb_fan *tries;
	bool met, served;
};

static struct fb_asker *asker_of(struct fb_look *look)
{
	bool is_new;
	struct fb_asker *asker = fb_lru_get_at(fb_at_clients(look), &is_new);
	const uint32_t hour = look->now / HOUR, passed = hour - asker->hour;

	if (!passed)
		return asker;
	asker->flows = passed < 32 ? asker->flows >> passed : 0;
	asker->failed = passed < 32 ? asker->failed >> passed : 0;
	asker->hour = hour;
	return asker;
}

static struct before recall(struct fb_look *look, struct fb_learned_facts *facts)
{
	struct before before = {.asker = asker_of(look)};
	const struct fb_relation *relation;
	uint64_t since;
	bool is_new;

	fb_relations_find(look);
	relation = look->relation;
	before.met = relation && relation->met;
	before.tries = fb_lru_get_at(fb_at_tries(look), &is_new);
	before.served = fb_lru_find_at(fb_at_answering(look));
	facts->src_flows = before.asker->flows;
	facts->src_failed = before.asker->failed;
	facts->served = before.served;
	facts->peers = before.tries->servers;
	if (!before.met)
		return before;
	facts->peers -= before.tries->servers > 0; /* others than this */
	since = look->now_ms - relation->met_ms;
	facts->repeats = relation->met;
	facts->interval_ms = since < UINT32_MAX ? (uint32_t)since + !since : UINT32_MAX;
	return before;
}

/* This connection is one of those before the next. */
static void note(struct fb_look *look, const struct before *before)
{
	struct fb_relation *relation = fb_relations_get(look);
	bool is_new;

	before->asker->flows++;
	before->asker->failed += look->failed;
	before->tries->servers += !before->met;
	relation->met_ms = look->now_ms;
	relation->met++;
	if (look->ok && !before->served)
		fb_lru_get_at(fb_at_answering(look), &is_new);
}

/* --- what it is ------------------------------------------------------------------------------- */

static struct fb_learned_facts facts_of(const struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;

	return (struct fb_learned_facts){
		.src_inside = flow->src_inside,
		.dst_inside = flow->dst_inside,
		.named = flow->name,
		.proto = flow->proto,
		.result = flow->result,
		.port = look->icmp ? 0 : flow->dport,
		.up = flow->bytes[0],
		.down = flow->bytes[1],
	};
}

void fb_second_look(struct fb_look *look)
{
	struct fb_learned_facts facts = facts_of(look);
	struct fb_learned_steps *steps = &look->judgement->steps;
	struct before before;

	if (!look->judge->opts.learned)
		return;
	fb_learned_take_itself(look->judge->opts.learned, &facts, steps);
	/* It came to be one of them at its result, but what was before it stays. */
	if (!(look->events & (FB_TOLD_OPENED | FB_TOLD_RESULT)))
		return;
	before = recall(look, &facts);
	fb_learned_take_before(&facts, steps);
	if (look->events & FB_TOLD_RESULT)
		note(look, &before);
}

/* --- both ------------------------------------------------------------------------------------- */

static bool ask(struct fb_look *look)
{
	struct fb_judgement *judgement = look->judgement;

	if (!look->judge->opts.learned || look->for_many)
		return false;
	fb_opinions_ask(&look->judge->opinions, look->judge->opts.learned, &judgement->steps,
			&judgement->second);
	if (look->events & FB_TOLD_RESULT)
		fb_agreement_add(&look->judge->agreement, judgement->rules,
				 judgement->second.action, look->flow->time_ns);
	return true;
}

static uint8_t taught_of(const struct fb_look *look)
{
	const struct fb_teaching *teaching;
	struct fb_teaching_ends ends;

	if (!look->judge->opts.teachings || !look->judge->opts.teachings->n)
		return 0;
	fb_teaching_ends_of(look->flow, &ends);
	teaching = fb_teachings_find(look->judge->opts.teachings, &ends);
	if (!teaching)
		return 0;
	return 1 + (teaching->deny ? FB_JUDGE_DENY : FB_JUDGE_ALLOW);
}

void fb_second_conclude(struct fb_look *look)
{
	struct fb_judgement *judgement = look->judgement;

	if (look->events & ~(unsigned int)FB_TOLD_ASKED) {
		judgement->asked = ask(look);
		judgement->abstains = judgement->asked && look->judge->agreement.abstains;
	}
	fb_judgement_serve(judgement, taught_of(look));
}
