/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules to the kernel half. */
#include "engine/rulebook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/act.h"
#include "engine/rulebook_priv.h"
#include "engine/ruleimport.h"
#include "util/clock.h"
#include "util/log.h"

#define FIRST	   (FB_KILLS_MAX + 1) /* numbers of limits and others that are no prefix, ... */
#define FIRST_NET  (FB_LIMIT_FIRST + FB_LIMIT_HOSTS) /* ... and, behind those of hosts, blocks */
#define FOR_GOOD   (3600ull * FB_NS_PER_S) /* in the kernel half: it outlives us by that at most */
#define LIMIT_MORE (5ull * FB_NS_PER_S)	   /* we end it ourselves, with what waits in its queue */
#define PORT_SSH   22

/* --- the kernel half -------------------------------------------------------------------------- */

static uint64_t deadline(const struct fb_rulebook *book, const struct fb_rule *rule)
{
	const uint64_t now = fb_core_now(book->core);
	const int64_t end_ms = fb_rule_end_ms(rule), left = end_ms - fb_wall_ms();

	if (!end_ms)
		return now + FOR_GOOD;
	if (left > FB_RULE_LONGEST * 1000ll) /* a file's, as far off as one likes */
		return now + FB_RULE_LONGEST * FB_NS_PER_S;
	return left > 0 ? now + (uint64_t)left * FB_NS_PER_MS : 0;
}

static bool is_inside(const struct fb_rulebook *book, const struct fb_cidr *net)
{
	return net->family &&
	       (fb_scope_is_internal(&book->core->pipeline.scopes, net->addr, net->family) ||
		fb_table_is_own(book->core->table, net->addr, net->family));
}

/* Must not end before what it is excepted from. */
static uint64_t exception_until(const struct fb_rulebook *book, const struct fb_rule *rule)
{
	return fb_rule_end_ms(rule) ? deadline(book, rule) : UINT64_MAX;
}

_Static_assert(FIRST + FB_RULES_OPEN + 2 * FB_LISTNETS <= FB_LIMIT_FIRST && FIRST_NET <= 4096 &&
		       FIRST_NET + FB_RULES <= FB_RULE_SPARED,
	       "numbers for all, and of limits such that their classes have");

/* Of rules that are over: no row has one of them any more. */
static void free_numbers(struct fb_rulebook *book)
{
	if (!book->n_over)
		return;
	fb_verdicts_sweep_all(book->verdicts, book->over);
	for (unsigned int i = 0; i < FB_RULES_MAX; i++)
		book->used[i] &= !book->over[i];
	memset(book->over, 0, sizeof(book->over));
	book->n_over = 0;
}

/* There are more than rules, and lists that are on their way out. */
static uint16_t take_number(struct fb_rulebook *book, const struct fb_rule *rule)
{
	uint16_t i = fb_rule_is_net(rule) ? FIRST_NET : FIRST;

	if (book->n_over > FB_RULE_SPARED - FIRST_NET - FB_RULES ||
	    book->n_over > FB_LIMIT_FIRST - FIRST - FB_RULES_OPEN - 2 * FB_LISTNETS)
		free_numbers(book);
	while (book->used[i] || fb_listnets_uses(&book->listnets, i))
		i++;
	book->used[i] = true;
	return i;
}

int fb_rulebook_enforce(struct fb_rulebook *book, struct fb_rule *rule, struct fb_why *why)
{
	int r = 0;

	rule->number = take_number(book, rule);
	if (rule->verb == FB_RULE_BLOCK)
		fb_verdicts_rule(book->verdicts, rule->number, FB_VERDICT_DROP,
				 deadline(book, rule));
	else if (rule->verb == FB_RULE_ALLOW)
		fb_verdicts_rule(book->verdicts, rule->number, 0, exception_until(book, rule));
	else if (!fb_rule_is_over(rule, fb_wall_ms()))
		r = fb_limits_put(&book->limits, rule, is_inside(book, &rule->net),
				  deadline(book, rule) + LIMIT_MORE, why);
	book->unplaced = true;
	return r;
}

void fb_rulebook_extend(struct fb_rulebook *book, const struct fb_rule *rule)
{
	const uint64_t until =
		rule->verb == FB_RULE_ALLOW ? exception_until(book, rule) : deadline(book, rule);

	__atomic_store_n(&book->verdicts->rule[rule->number].until, until, __ATOMIC_RELAXED);
}

/* Its verdicts are over at once, by the entry; rows are looked at for all that went together. */
void fb_rulebook_drop(struct fb_rulebook *book, struct fb_rule *rule)
{
	if (rule->verb == FB_RULE_LIMIT)
		fb_limits_take(&book->limits, rule);
	fb_verdicts_rule(book->verdicts, rule->number, FB_VERDICT_DROP, 0);
	book->over[rule->number] = true;
	book->n_over++;
	book->look = (struct fb_rulebook_look){0}; /* others may be about its flows */
	pthread_mutex_lock(&book->lock);
	fb_rules_remove(&book->rules, rule);
	pthread_cond_broadcast(&book->looked);
	pthread_mutex_unlock(&book->lock);
	book->kept.unsaved = book->unplaced = true;
}

/* --- what is never touched -------------------------------------------------------------------- */

static void on_own(void *ctx, const uint8_t addr[static 16], uint8_t family)
{
	struct fb_rulebook *book = ctx;

	if (book->n_own == FB_RULEBOOK_OWN)
		return;
	memcpy(book->own[book->n_own].addr, addr, 16);
	book->own[book->n_own++].family = family;
}

bool fb_rulebook_read_facts(struct fb_rulebook *book)
{
	const struct fb_never_facts before = book->facts;
	struct fb_never_addr own[FB_RULEBOOK_OWN];

	memcpy(own, book->own, before.n_own * sizeof(*own));
	book->n_own = 0;
	fb_table_own_addrs(book->core->table, on_own, book);
	book->facts = (struct fb_never_facts){.own = book->own, .n_own = book->n_own};
	fb_nevers_collect(book->nevers, &book->facts);
	return book->n_own != before.n_own ||
	       memcmp(own, book->own, before.n_own * sizeof(*own)) != 0 ||
	       !fb_never_same(&before, &book->facts);
}

static void keep_port(struct fb_rulemaps_facts *facts, uint16_t port)
{
	for (unsigned int i = 0; i < facts->n_kept; i++)
		if (facts->kept_port[i] == port)
			return;
	if (port && facts->n_kept < FB_KEPT_PORTS)
		facts->kept_port[facts->n_kept++] = port;
}

/* Where SSH sessions with this machine are, and where those who ask come in. */
static void find_kept_ports(const struct fb_rulebook *book, struct fb_rulemaps_facts *facts)
{
	keep_port(facts, PORT_SSH);
	keep_port(facts, book->facts.asker.own_port);
	for (unsigned int i = 0; i < book->facts.n_before; i++)
		keep_port(facts, book->facts.before[i].own_port);
	for (unsigned int i = 0; i < book->facts.n_doors; i++)
		keep_port(facts, book->facts.door[i]);
}

void fb_rulebook_place(struct fb_rulebook *book)
{
	struct fb_rulemaps_facts facts = {.never = &book->facts,
					  .scope = &book->core->pipeline.scopes};
	struct fb_rulebook_wants wants;

	find_kept_ports(book, &facts);
	fb_rulebook_want_lists(book, &wants, &facts);
	free_numbers(book);
	fb_verdicts_rule(book->verdicts, FB_RULE_SPARED, 0, book->rules.n ? UINT64_MAX : 0);
	pthread_mutex_lock(&book->lock);
	fb_rulemaps_put(&book->maps, book->verdicts, &book->rules, &facts);
	fb_rulebook_place_lists(book, &wants);
	pthread_mutex_unlock(&book->lock);
	book->unplaced = false;
}

void fb_rulebook_check_again(struct fb_rulebook *book, const struct fb_snapshot *snapshot)
{
	fb_rulebook_read_facts(book);
	fb_rulebook_place(book);
	fb_rulebook_judge_all(book, snapshot);
}

/* --- what they are ---------------------------------------------------------------------------- */

static enum fb_never check(const struct fb_rulebook *book, const struct fb_rule *rule,
			   const struct fb_never_asker *asker)
{
	struct fb_never_facts facts = book->facts;

	if (asker)
		facts.asker = *asker;
	if (rule->verb != FB_RULE_BLOCK)
		return FB_NEVER_NOT;
	return rule->net.family ? fb_never_net(&facts, &rule->net)
				: fb_rulekind_never(rule->filter, &facts);
}

static bool is_automatic(const struct fb_act *act)
{
	return act->actor.by == FB_ACT_BY_TIMER || act->actor.by == FB_ACT_BY_EVENT ||
	       act->actor.by == FB_ACT_BY_AUTOMATION;
}

static enum fb_never check_automatic(const struct fb_rulebook *book, const struct fb_rule *rule)
{
	const struct fb_automation_beside beside = {.all = book->rules.n,
						    .open = book->rules.n_open};

	if (rule->verb == FB_RULE_BLOCK && rule->net.family && !fb_automation_is_narrow(&rule->net))
		return FB_NEVER_WIDE_ALONE;
	return fb_automation_may(&book->automation[rule->verb == FB_RULE_LIMIT], &beside,
				 !fb_rule_is_net(rule), rule->made_ms)
		       ? FB_NEVER_NOT
		       : FB_NEVER_BUDGET;
}

/* By whom, and why: as the rule says it itself, else as the act does. */
static void sign(const struct fb_act *act, struct fb_rule *rule)
{
	if (!*rule->reason)
		snprintf(rule->reason, sizeof(rule->reason), "%s", act->reason);
	snprintf(rule->by, sizeof(rule->by), "%s%s%s%s%s", act->actor.role ? act->actor.role : "",
		 *act->actor.user ? " " : "", act->actor.user, *act->actor.peer ? ", " : "",
		 act->actor.peer);
}

static void describe(const struct fb_act *act, struct fb_rule *rule)
{
	*rule = (struct fb_rule){
		.verb = act->target.rule.verb,
		.made_ms = fb_wall_ms(),
		.rate_up = act->target.rule.rate_up,
		.rate_down = act->target.rule.rate_down,
		.per_host = act->target.rule.per_host,
	};
	if (act->target.rule.seconds)
		rule->until_ms = rule->made_ms + (int64_t)act->target.rule.seconds * 1000;
	if (act->target.rule.confirm)
		rule->confirm_ms = rule->made_ms + (int64_t)act->target.rule.confirm * 1000;
	snprintf(rule->what, sizeof(rule->what), "%s", act->target.rule.what);
	sign(act, rule);
}

/* 0, or why it may not be. */
static int may_be(const struct fb_rulebook *book, const struct fb_rule *rule,
		  const struct fb_act *act)
{
	enum fb_never never = check(book, rule, &act->actor.asker);

	if (!never && is_automatic(act))
		never = check_automatic(book, rule);
	return never ? -(FB_ACT_REFUSED + (int)never) : 0;
}

/* In force for what comes; its id. */
static int put(struct fb_rulebook *book, const struct fb_rule *asked, const struct fb_act *act)
{
	struct fb_rule *rule = NULL;
	struct fb_why why = {""};
	int r;

	pthread_mutex_lock(&book->lock);
	r = fb_rules_add(&book->rules, asked, &rule);
	pthread_mutex_unlock(&book->lock);
	if (r < 0)
		return r;
	r = may_be(book, rule, act);
	if (r < 0) {
		pthread_mutex_lock(&book->lock);
		fb_rules_remove(&book->rules, rule);
		pthread_mutex_unlock(&book->lock);
		return r;
	}
	if (fb_rulebook_enforce(book, rule, &why) < 0) {
		fb_rulebook_drop(book, rule);
		pthread_mutex_lock(&book->lock);
		snprintf(book->rules.error, sizeof(book->rules.error), "%.*s",
			 (int)sizeof(book->rules.error) - 1, why.text);
		pthread_mutex_unlock(&book->lock);
		return -FB_RULE_UNABLE;
	}
	rule->fresh = true;
	book->kept.unsaved = true;
	if (is_automatic(act))
		fb_automation_note(&book->automation[rule->verb == FB_RULE_LIMIT], rule->made_ms);
	return (int)rule->id;
}

int fb_rulebook_add(struct fb_rulebook *book, const struct fb_snapshot *snapshot,
		    const struct fb_act *act)
{
	struct fb_rule asked;
	int r;

	fb_rulebook_follow_clock(book);
	describe(act, &asked);
	fb_rulebook_read_facts(book);
	book->facts.asker = act->actor.asker; /* until they are read again */
	r = put(book, &asked, act);
	if (r > 0) {
		fb_rulebook_place(book);
		fb_rulebook_judge_all(book, snapshot);
	}
	return r;
}

int fb_rulebook_try(struct fb_rulebook *book, const struct fb_act *act)
{
	struct fb_rule asked;
	char why[sizeof(book->rules.error)];
	int r;

	describe(act, &asked);
	r = fb_rule_compile(&asked, why, sizeof(why));
	if (r < 0)
		return r;
	fb_rulebook_read_facts(book);
	r = fb_rules_have_room(&book->rules, &asked) ? may_be(book, &asked, act) : -ENOSPC;
	fb_filter_free(asked.filter);
	return r;
}

enum fb_never fb_rulebook_spares(struct fb_rulebook *book, const uint8_t addr[static 16],
				 uint8_t family)
{
	struct fb_cidr net = {.family = family, .bits = 128};

	memcpy(net.addr, addr, sizeof(net.addr));
	fb_rulebook_read_facts(book);
	return fb_never_net(&book->facts, &net);
}

bool fb_rulebook_has(const struct fb_rulebook *book, enum fb_rule_verb verb, const char *what)
{
	for (unsigned int i = 0; i < book->rules.n; i++)
		if (book->rules.rule[i].verb == verb && !strcmp(book->rules.rule[i].what, what))
			return true;
	return false;
}

int fb_rulebook_confirm(struct fb_rulebook *book, uint32_t id)
{
	struct fb_rule *rule = fb_rules_find(&book->rules, id);

	if (!rule)
		return -ENOENT;
	if (!rule->confirm_ms)
		return -EALREADY;
	pthread_mutex_lock(&book->lock);
	rule->confirm_ms = 0;
	pthread_mutex_unlock(&book->lock);
	fb_rulebook_extend(book, rule);
	book->kept.unsaved = true;
	return 0;
}

bool fb_rulebook_is_panic(const struct fb_rulebook *book)
{
	return __atomic_load_n(&book->core->rows.state->no_verdicts, __ATOMIC_RELAXED);
}

bool fb_rulebook_panic_changed(const struct fb_rulebook *book)
{
	return book->panic != fb_rulebook_is_panic(book);
}

/* Rows lose their verdicts meanwhile, with each packet. */
void fb_rulebook_panic(struct fb_rulebook *book, const struct fb_snapshot *snapshot, bool on)
{
	__atomic_store_n(&book->core->rows.state->no_verdicts, on, __ATOMIC_SEQ_CST);
	book->panic = on;
	book->kept_panic.unsaved = true;
	if (!on)
		fb_rulebook_judge_all(book, snapshot);
}

/* --- many at once ----------------------------------------------------------------------------- */

static bool has_same(const struct fb_rules *rules, const struct fb_rule *asked)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->rule[i].verb == asked->verb &&
		    rules->rule[i].until_ms == asked->until_ms &&
		    rules->rule[i].rate_up == asked->rate_up &&
		    rules->rule[i].rate_down == asked->rate_down &&
		    rules->rule[i].per_host == asked->per_host &&
		    !strcmp(rules->rule[i].what, asked->what))
			return true;
	return false;
}

static int import_one(struct fb_rulebook *book, const struct fb_act *act,
		      const struct fb_rule *from)
{
	struct fb_ruleimport *import = act->target.import;
	struct fb_rule asked = *from;
	int r;

	asked.id = 0;
	asked.made_ms = fb_wall_ms();
	sign(act, &asked);
	if (fb_rule_is_over(&asked, asked.made_ms)) {
		import->over++;
		return 0;
	}
	if (has_same(&book->rules, &asked)) {
		import->present++;
		return 0;
	}
	r = put(book, &asked, act);
	if (r > 0)
		import->added++;
	else
		snprintf(import->failed, sizeof(import->failed), "%s", asked.what);
	return r;
}

/* Those that came since that one was the last. */
static void take_back(struct fb_rulebook *book, uint32_t last_id)
{
	while (book->rules.n && book->rules.rule[book->rules.n - 1].id > last_id)
		fb_rulebook_drop(book, &book->rules.rule[book->rules.n - 1]);
}

int fb_rulebook_import(struct fb_rulebook *book, const struct fb_snapshot *snapshot,
		       const struct fb_act *act)
{
	struct fb_ruleimport *import = act->target.import;
	const uint32_t last_id = book->rules.last_id;
	int r = 0;

	fb_rulebook_follow_clock(book);
	fb_rulebook_read_facts(book);
	book->facts.asker = act->actor.asker; /* until they are read again */
	for (unsigned int i = 0; r >= 0 && i < import->n; i++)
		r = import_one(book, act, &import->rule[i]);
	if (r < 0) {
		if (r == -EINVAL || r == -FB_RULE_UNABLE)
			snprintf(import->why, sizeof(import->why), "%s", book->rules.error);
		take_back(book, last_id);
	}
	fb_rulebook_place(book);
	fb_rulebook_judge_all(book, snapshot);
	return r < 0 ? r : (int)import->added;
}

int fb_rulebook_remove(struct fb_rulebook *book, const struct fb_snapshot *snapshot, uint32_t id,
		       uint32_t since_s)
{
	const int64_t since_ms = since_s ? fb_wall_ms() - (int64_t)since_s * 1000 : INT64_MIN;
	int n = 0;

	fb_rulebook_follow_clock(book);
	for (unsigned int i = book->rules.n; i-- > 0;) {
		struct fb_rule *rule = &book->rules.rule[i];

		if (id ? rule->id != id : rule->made_ms < since_ms)
			continue;
		fb_rulebook_drop(book, rule);
		n++;
	}
	if (id && !n)
		return -ENOENT;
	fb_rulebook_place(book);
	fb_rulebook_judge_all(book, snapshot);
	return n;
}
