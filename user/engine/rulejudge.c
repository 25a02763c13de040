/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows to rules: those that moved each tick, one that got its name at once, and all of them when
 * the rules change and every few seconds, by steps between which the engine does what else there
 * is.
 */
#include <errno.h>
#include <netinet/in.h>
#include <time.h>

#include "engine/rulebook_priv.h"
#include "util/clock.h"

#define STEP_NS	  (5 * FB_NS_PER_MS)
#define STEP	  64 /* flows between two looks at the clock */
#define LOOK_NS	  (5ull * FB_NS_PER_S)
#define REST_MORE 20 /* times what a look took: a twentieth of a core at most */
#define WAIT_MS	  2000

/* --- one flow --------------------------------------------------------------------------------- */

/* Of a limit, by which direction of the row is up. Who asked for a name is told that he has none.
 */
static uint8_t verdict_of(const struct fb_rulebook *book, const struct fb_rule *rule,
			  const struct fb_flow *flow, uint32_t slot)
{
	const unsigned int up =
		fb_table_row_client(book->core->table, slot) ^ fb_limits_inside(flow);

	if (rule->verb == FB_RULE_LIMIT)
		return (uint8_t)(FB_VERDICT_LIMIT | (up ? FB_VERDICT_TURNED : 0));
	return rule->named && flow->proto == IPPROTO_TCP ? FB_VERDICT_RESET : FB_VERDICT_DROP;
}

/* With number 0: none. */
static void judge_row(struct fb_rulebook *book, uint32_t slot, uint16_t number, uint8_t verdict)
{
	const struct fb_row *row = &book->core->rows.row[slot];
	const uint16_t has = row->inspect & FB_VERDICT_ANY ? book->core->rows.side[slot].rule : 0;
	const uint8_t limit = row->inspect & (FB_VERDICT_LIMIT | FB_VERDICT_TURNED);
	const uint32_t generation = fb_table_generation(book->core->table, slot);
	const bool turns = verdict & FB_VERDICT_LIMIT && limit != verdict;

	if ((has && has < FB_RULEBOOK_FIRST) || (has == number && !turns))
		return; /* it is being killed, or all is as it should be */
	if (number)
		fb_verdicts_set(book->verdicts, slot, generation, number, verdict);
	else
		fb_verdicts_clear(book->verdicts, slot, generation, has);
}

/* Its prefix holds an address that became one of ours later, which alone is why it matches. */
static bool is_by_own(const struct fb_rulebook *book, const struct fb_rule *rule,
		      const struct fb_flow *flow)
{
	return rule->verb == FB_RULE_BLOCK && rule->net.family &&
	       fb_never_by_own(&book->facts, &rule->net, flow);
}

/* It is of the rule, and nothing that is never touched. */
static bool is_met(const struct fb_rulebook *book, const struct fb_rule *rule,
		   const struct fb_flow *flow)
{
	return rule && (rule->verb == FB_RULE_ALLOW ||
			(!fb_never_flow(&book->facts, flow) && !is_by_own(book, rule, flow)));
}

/* A limit that is not in force has none. */
static uint16_t entry_of(struct fb_rulebook *book, const struct fb_rule *rule,
			 const struct fb_flow *flow)
{
	if (rule->verb == FB_RULE_ALLOW)
		return 0;
	if (rule->verb != FB_RULE_LIMIT)
		return rule->number;
	return book->verdicts->rule[rule->number].until ? fb_limits_entry(&book->limits, rule, flow)
							: 0;
}

static void judge_rows(struct fb_rulebook *book, const struct fb_flow_at *at,
		       const struct fb_rule *rule, bool met)
{
	const uint16_t number = met ? entry_of(book, rule, at->flow) : 0;
	uint32_t slots[FB_KILL_ROWS];
	const unsigned int n =
		fb_table_rows_of(book->core->table, at->flow->id, slots, FB_KILL_ROWS);

	for (unsigned int i = 0; i < n; i++)
		judge_row(book, slots[i], number,
			  number ? verdict_of(book, rule, at->flow, slots[i]) : 0);
}

/* The rule that it is of, if it is about it. */
static struct fb_rule *judge(struct fb_rulebook *book, const struct fb_flow_at *at)
{
	struct fb_rule *rule = fb_rules_match(&book->rules, at);
	const bool met = is_met(book, rule, at->flow);

	if (!book->panic)
		judge_rows(book, at, rule, met);
	return met ? rule : NULL;
}

/* Who opened it came in by this interface: what he sent is not translated yet. */
static bool shows_all(const struct fb_row *row)
{
	return row->sight[row->opener & 1] == FB_HOOK_INGRESS + 1;
}

void fb_rulebook_named(struct fb_rulebook *book, const struct fb_snapshot *snapshot, uint32_t slot)
{
	static const struct fb_traffic nothing;
	const uint64_t id = book->rules.n ? fb_table_flow_of(book->core->table, slot) : 0;
	const struct fb_flow_at at = {snapshot, fb_table_flow(book->core->table, id), &nothing,
				      NULL};
	const struct fb_rule *rule;

	if (!id || !at.flow || !snapshot ||
	    (book->maps.excepting != FB_EXCEPTING_SEEN && !shows_all(&book->core->rows.row[slot])))
		return;
	rule = fb_rules_match_plain(&book->rules, &at);
	if (rule)
		judge_rows(book, &at, rule, is_met(book, rule, at.flow));
}

void fb_rulebook_judge_moved(struct fb_rulebook *book, const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at;

	for (uint32_t i = fb_snapshot_next_moved(snapshot, 0); i < snapshot->n;
	     i = fb_snapshot_next_moved(snapshot, i + 1))
		if (fb_snapshot_at(snapshot, i, &at))
			judge(book, &at);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Records keep their places: one snapshot goes on where the one before it was left. */
static void look_at_some(struct fb_rulebook *book, const struct fb_snapshot *snapshot)
{
	struct fb_rulebook_look *look = &book->look;
	const uint32_t end = snapshot->n - look->at < STEP ? snapshot->n : look->at + STEP;
	struct fb_rule *rule;
	struct fb_flow_at at;

	for (; look->at < end; look->at++) {
		if (!fb_snapshot_at(snapshot, look->at, &at))
			continue;
		rule = judge(book, &at);
		if (rule && fb_flow_is_live(at.flow))
			rule->counting++;
	}
}

static void end_look(struct fb_rulebook *book)
{
	struct fb_rulebook_look *look = &book->look;
	const uint64_t rest = look->took_ns * REST_MORE;

	look->goes_on = false;
	look->next_ns = fb_monotonic_ns() + (rest > LOOK_NS ? rest : LOOK_NS);
	pthread_mutex_lock(&book->lock);
	for (unsigned int i = 0; i < book->rules.n; i++) {
		struct fb_rule *rule = &book->rules.rule[i];

		rule->flows = rule->counting;
		if (rule->fresh)
			rule->met = rule->flows;
		rule->fresh = false;
	}
	pthread_cond_broadcast(&book->looked);
	pthread_mutex_unlock(&book->lock);
}

static void begin_look(struct fb_rulebook *book)
{
	book->look = (struct fb_rulebook_look){.goes_on = true};
	for (unsigned int i = 0; i < book->rules.n; i++)
		book->rules.rule[i].counting = 0;
}

static bool look_on(struct fb_rulebook *book, const struct fb_snapshot *snapshot)
{
	struct fb_rulebook_look *look = &book->look;
	const uint64_t start = fb_monotonic_ns();

	while (look->goes_on && snapshot && fb_monotonic_ns() - start < STEP_NS) {
		if (look->at >= snapshot->n)
			end_look(book);
		else
			look_at_some(book, snapshot);
	}
	look->took_ns += fb_monotonic_ns() - start;
	return look->goes_on && snapshot;
}

bool fb_rulebook_work(struct fb_rulebook *book, const struct fb_snapshot *snapshot)
{
	const bool flows = look_on(book, snapshot);

	return (book->listnets.n && fb_listnets_work(&book->listnets)) || flows;
}

void fb_rulebook_judge_all(struct fb_rulebook *book, const struct fb_snapshot *snapshot)
{
	begin_look(book);
	look_on(book, snapshot);
}

void fb_rulebook_look_again(struct fb_rulebook *book)
{
	if (book->rules.n && !book->look.goes_on && fb_monotonic_ns() >= book->look.next_ns)
		begin_look(book);
}

int fb_rulebook_met(struct fb_rulebook *book, uint32_t id, uint32_t *ret_flows)
{
	const struct timespec until = fb_monotonic_in_ms(WAIT_MS);
	const struct fb_rule *rule;
	int r = 0;

	pthread_mutex_lock(&book->lock);
	while ((rule = fb_rules_find(&book->rules, id)) && rule->fresh && r == 0)
		r = -pthread_cond_timedwait(&book->looked, &book->lock, &until);
	*ret_flows = rule ? rule->met : 0;
	r = rule ? r : -ENOENT;
	pthread_mutex_unlock(&book->lock);
	return r;
}
