/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other rules of alerts while it runs: read by the engine's thread, which refuses what is wrong,
 * and taken over by the book's, between two ticks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/alertbook_priv.h"
#include "util/cleanup.h"

struct fb_alertnext {
	struct fb_alert_rules rules;
	struct fb_alert_rules between; /* two are large: not on a stack */
	struct fb_alertlook *look[FB_ALERT_RULES];
};

const struct fb_alert_rules *fb_alertnext_rules(const struct fb_alertnext *next)
{
	return &next->rules;
}

void fb_alertnext_free(struct fb_alertnext *next)
{
	if (!next)
		return;
	for (unsigned int i = 0; i < FB_ALERT_RULES; i++)
		fb_alertlook_free(next->look[i]);
	fb_alert_rules_fini(&next->rules);
	free(next);
}

/* The book's rules and looks for the new ones. */
static void exchange(struct fb_alertbook *book, struct fb_alertnext *next)
{
	next->between = book->rules;
	book->rules = next->rules;
	next->rules = next->between;
	for (unsigned int i = 0; i < FB_ALERT_RULES; i++) {
		struct fb_alertlook *look = next->look[i];

		next->look[i] = book->look[i];
		book->look[i] = look;
		if (look)
			fb_alertlook_follow(look, &book->rules.rule[i]);
	}
}

/* --- the engine's thread ---------------------------------------------------------------------- */

static int make_next(const struct fb_alertmade *made, struct fb_alertnext **ret_next,
		     struct fb_why *why)
{
	struct fb_alertnext *next = calloc(1, sizeof(*next));
	int r;

	if (!next)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	r = fb_alertmade_rules(made, &next->rules, why);
	if (r == 0 && fb_alertlooks_new(&next->rules, next->look) < 0)
		r = fb_why_set(why, -ENOMEM, "not enough memory");
	if (r == 0)
		*ret_next = next;
	else
		fb_alertnext_free(next);
	return r;
}

static void put(struct fb_alertbook *book, struct fb_alertnext *next)
{
	struct fb_alertnext *before;

	pthread_mutex_lock(&book->lock);
	before = book->next;
	book->next = next;
	pthread_mutex_unlock(&book->lock);
	fb_alertnext_free(before);
}

int fb_alertbook_change(struct fb_alertbook *book, const struct fb_alertbook_opts *opts,
			struct fb_why *why)
{
	const struct fb_alert_texts before = book->made.config;
	struct fb_alertnext *next = NULL;
	int r;

	if (fb_alert_texts_copy(opts->rules, opts->n_rules, &book->made.config) < 0) {
		book->made.config = before;
		return fb_why_set(why, -ENOMEM, "not enough memory");
	}
	r = make_next(&book->made, &next, why);
	if (r == 0)
		r = fb_courier_change(book->courier, opts->senders, opts->n_senders, why);
	if (r < 0) {
		fb_alertnext_free(next);
		fb_alert_texts_fini(&book->made.config);
		book->made.config = before;
		return r;
	}
	fb_alert_texts_fini(&(struct fb_alert_texts){before.items, before.n});
	put(book, next);
	return 0;
}

int fb_alertbook_edit(struct fb_alertbook *book, const struct fb_alert_edit *edit)
{
	struct fb_alertnext *next = NULL;
	int r = fb_alertmade_edit(&book->made, edit);

	if (r == 0)
		r = make_next(&book->made, &next, NULL);
	if (r < 0)
		return r;
	put(book, next);
	fb_alertmade_tick(&book->made);
	return 0;
}

int fb_alertnext_begin(struct fb_alertbook *book, struct fb_why *why)
{
	struct fb_alertnext *next = NULL;
	const int r = make_next(&book->made, &next, why);

	if (r < 0)
		return r;
	exchange(book, next);
	fb_alertnext_free(next);
	return 0;
}

/* --- the book's thread ------------------------------------------------------------------------ */

static int find(const struct fb_alert_rules *rules, const char *name)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (!strcmp(rules->rule[i].name, name))
			return (int)i;
	return -1;
}

/* What was measured for a rule that says the same is the new one's. */
static void keep_measured(struct fb_alertbook *book, struct fb_alertnext *next, unsigned int i,
			  unsigned int old)
{
	struct fb_alertlook *look = next->look[i];

	next->look[i] = book->look[old];
	book->look[old] = look;
}

/* Of each place in the new list: where it was in the old one, -1: it says something else. */
static void match(const struct fb_alertbook *book, const struct fb_alertnext *next,
		  int was[static FB_ALERT_RULES])
{
	for (unsigned int i = 0; i < next->rules.n; i++) {
		const struct fb_alert_rule *rule = &next->rules.rule[i];

		was[i] = find(&book->rules, rule->name);
		if (was[i] >= 0 && strcmp(book->rules.rule[was[i]].text, rule->text) != 0)
			was[i] = -1;
	}
}

static void move_lost(struct fb_alertbook *book, unsigned int n,
		      const int was[static FB_ALERT_RULES])
{
	__typeof__(book->lost[0]) lost[FB_ALERT_RULES];

	memcpy(lost, book->lost, sizeof(lost));
	memset(book->lost, 0, sizeof(book->lost));
	for (unsigned int i = 0; i < n; i++)
		if (was[i] >= 0)
			book->lost[i] = lost[was[i]];
}

void fb_alertnext_take(struct fb_alertbook *book, const struct fb_snapshot *snapshot,
		       fb_alert_tell tell)
{
	struct fb_alertnext *next = TAKE_PTR(book->next);
	int was[FB_ALERT_RULES];

	if (!next)
		return;
	match(book, next, was);
	for (unsigned int i = 0; i < next->rules.n; i++)
		if (was[i] >= 0)
			keep_measured(book, next, i, (unsigned int)was[i]);
	move_lost(book, next->rules.n, was);
	exchange(book, next);
	for (unsigned int i = 0; i < book->rules.n; i++)
		if (book->rules.rule[i].measure == FB_ALERT_NEW_DEVICE &&
		    find(&next->rules, book->rules.rule[i].name) < 0)
			fb_alertlooks_learn(book, i, snapshot);
	fb_alertlife_adopt(&book->life, &book->rules, snapshot->wall_ms, tell, book);
	book->life.changed = true;
	fb_alertnext_free(next);
}
