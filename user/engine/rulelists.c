/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules that are about lists: what of these the kernel half is to have (listnets.h). */
#include <errno.h>

#include "engine/rulebook_priv.h"
#include "filter/ways.h"
#include "util/log.h"

static bool has_names(const struct fb_listset *set)
{
	struct fb_listset_facts facts;

	fb_listset_facts(set, &facts);
	return facts.domains || facts.ja4;
}

static void want(struct fb_rulebook_wants *wants, const struct fb_list *list, uint32_t rule,
		 uint16_t number)
{
	if (wants->n == FB_LISTNETS)
		wants->crowded = true;
	else
		wants->want[wants->n++] = (struct fb_listnets_want){list->set, rule, number};
}

static const struct fb_rule *open_rule(const struct fb_rulebook *book, unsigned int i)
{
	return &book->rules.rule[book->rules.open[i]];
}

static bool is_block(const struct fb_rule *rule)
{
	return rule->lists && rule->verb == FB_RULE_BLOCK;
}

static void want_rule(const struct fb_rulebook *book, const struct fb_rule *rule,
		      struct fb_rulebook_wants *wants)
{
	const struct fb_lists *lists = &book->core->pipeline.lists;

	for (unsigned int i = 0; i < lists->n; i++)
		if (!lists->list[i].allow && fb_filter_has_list(rule->filter, lists->list[i].name))
			want(wants, &lists->list[i], rule->id, rule->number);
}

static void want_lists(const struct fb_rulebook *book, struct fb_rulebook_wants *wants)
{
	const struct fb_lists *lists = &book->core->pipeline.lists;

	*wants = (struct fb_rulebook_wants){.n = 0};
	for (unsigned int i = 0; i < book->rules.n_open; i++)
		if (is_block(open_rule(book, i)))
			want_rule(book, open_rule(book, i), wants);
	for (unsigned int i = 0; wants->n && i < lists->n; i++)
		if (lists->list[i].allow)
			want(wants, &lists->list[i], 0, FB_RULE_SPARED);
}

/* What lists of exceptions leave to the kernel half: names it sees too late. */
static void find_exceptions(const struct fb_rulebook *book, struct fb_rulemaps_facts *facts)
{
	const struct fb_lists *lists = &book->core->pipeline.lists;
	struct fb_cidr found;

	for (unsigned int i = 0; facts->lists && i < lists->n; i++) {
		const struct fb_list *list = &lists->list[i];

		if (!list->allow)
			continue;
		facts->leaves |= has_names(list->set);
		for (unsigned int k = 0; k < book->n_own; k++)
			if (fb_listset_find_addr(list->set, book->own[k].addr, book->own[k].family,
						 &found))
				facts->excepting = FB_EXCEPTING_ADDRS;
	}
}

void fb_rulebook_want_lists(const struct fb_rulebook *book, struct fb_rulebook_wants *wants,
			    struct fb_rulemaps_facts *facts)
{
	want_lists(book, wants);
	facts->lists = wants->n;
	find_exceptions(book, facts);
}

static void leave_lists(struct fb_rulebook *book)
{
	for (unsigned int i = 0; i < book->rules.n_open; i++)
		if (is_block(open_rule(book, i)))
			fb_verdicts_leave(book->verdicts, open_rule(book, i)->number,
					  book->maps.leaves);
}

/* Names of a list are found flow by flow. */
static bool is_all_nets(const struct fb_rulebook *book, const struct fb_rule *rule)
{
	const struct fb_lists *lists = &book->core->pipeline.lists;
	bool any = false;

	for (unsigned int i = 0; i < lists->n; i++) {
		if (lists->list[i].allow || !fb_filter_has_list(rule->filter, lists->list[i].name))
			continue;
		if (has_names(lists->list[i].set))
			return false;
		any = true;
	}
	return any;
}

void fb_rulebook_note_lists(struct fb_rulebook *book)
{
	for (unsigned int i = 0; i < book->rules.n_open; i++) {
		struct fb_rule *rule = &book->rules.rule[book->rules.open[i]];
		struct fb_listnets_count count;

		if (!is_block(rule))
			continue;
		count = fb_listnets_count(&book->listnets, rule->number);
		rule->nets = (struct fb_rule_nets){count.entries, count.there, count.left_out,
						   count.no_room};
		rule->kernel = count.done && !count.no_room && count.entries &&
			       !book->maps.leaves && is_all_nets(book, rule);
	}
}

void fb_rulebook_place_lists(struct fb_rulebook *book, const struct fb_rulebook_wants *wants)
{
	const int r = fb_listnets_put(&book->listnets, wants->want, wants->n);

	if (r < 0 || wants->crowded)
		fb_warn("act", "rules of lists are matched flow by flow: %s",
			r == -ENOMEM ? "memory is short" : "there are too many");
	book->lists = book->core->pipeline.lists.version;
	leave_lists(book);
	fb_rulebook_note_lists(book);
}
