/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules over time: kept in a file and read from it, put in force again, ended when they are over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/rulebook_priv.h"
#include "policy/rulefile.h"
#include "util/clock.h"
#include "util/log.h"

#define CLOCK_SET_MS 500 /* less is no leap: both clocks are slewed alike */

/* One that is over meanwhile is ended by the first tick, on record. */
static void take_kept(struct fb_rulebook *book, const struct fb_rule *kept)
{
	struct fb_why why = {""};
	struct fb_rule *rule;

	if (kept->id > book->rules.last_id)
		book->rules.last_id = kept->id;
	if (fb_rules_add(&book->rules, kept, &rule) < 0)
		fb_warn("act", "rule %u of the last run is not in force: %s", kept->id,
			book->rules.error);
	else if (fb_rulebook_enforce(book, rule, &why) < 0)
		fb_warn("act", "rule %u of the last run is not in force: %s", kept->id, why.text);
}

static bool take_line(void *ctx, char *line)
{
	struct fb_why why = {""};
	struct fb_rule kept;

	if (fb_rulefile_read(line, &kept, &why) < 0) {
		fb_warn("act", "a rule of the last run is not in force: %s", why.text);
		return false;
	}
	take_kept(ctx, &kept);
	return true;
}

static bool take_line_1(void *ctx, char *line)
{
	struct fb_rule kept;

	if (!fb_rulefile_read_1(line, &kept))
		return false;
	take_kept(ctx, &kept);
	return true;
}

static int load(struct fb_rulebook *book, struct fb_why *why)
{
	if (fb_statefile_begins(&book->kept.file, book->folder, FB_RULEFILE_HEADER_1 "\n"))
		return fb_statefile_load(&book->kept.file, book->folder, FB_RULEFILE_HEADER_1 "\n",
					 take_line_1, book, why);
	return fb_statefile_load(&book->kept.file, book->folder, FB_RULEFILE_HEADER "\n", take_line,
				 book, why);
}

static int64_t wall_ahead_ms(void)
{
	return fb_wall_ms() - (int64_t)(fb_clock_ns(CLOCK_BOOTTIME) / FB_NS_PER_MS);
}

static void init_looked(struct fb_rulebook *book)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&book->looked, &attr);
	pthread_condattr_destroy(&attr);
}

int fb_rulebook_open(struct fb_rulebook *book, struct fb_core *core, struct fb_kills *kills,
		     int folder)
{
	struct fb_why why = {""};
	int r;

	*book = (struct fb_rulebook){
		.core = core,
		.verdicts = &kills->verdicts,
		.nevers = kills->nevers,
		.folder = folder,
		.kept.file = {.name = "rules", .about = "the rules"},
		.kept_panic.file = {.name = FB_RULEBOOK_PANIC, .about = "whether panic is on"},
	};
	pthread_mutex_init(&book->lock, NULL);
	init_looked(book);
	book->wall_ahead_ms = wall_ahead_ms();
	if (folder >= 0 && fb_statefile_begins(&book->kept_panic.file, folder, "on"))
		__atomic_store_n(&core->rows.state->no_verdicts, true, __ATOMIC_SEQ_CST);
	book->panic = fb_rulebook_is_panic(book);
	r = fb_limits_open(&book->limits, &kills->verdicts, kills->links);
	if (r == 0)
		r = fb_listnets_open(&book->listnets, &kills->verdicts, &book->maps, &book->facts,
				     &core->pipeline.scopes);
	if (r < 0 || folder < 0)
		return r;
	fb_nevers_look(book->nevers, NULL);
	fb_rulebook_read_facts(book);
	r = load(book, &why);
	if (r < 0 && r != -ENOENT) {
		fb_warn("act", "%s", why.text);
		book->kept.unsaved = true; /* those that could be read are in no file now */
	}
	if (book->rules.n)
		fb_info("act", "%u rules of the last run are in force", book->rules.n);
	return 0;
}

int fb_rulebook_write(struct fb_rulebook *book, struct fb_buf *buf)
{
	pthread_mutex_lock(&book->lock);
	fb_buf_adds(buf, FB_RULEFILE_HEADER "\n");
	for (unsigned int i = 0; i < book->rules.n; i++)
		fb_rulefile_write(&book->rules.rule[i], buf);
	fb_buf_addf(buf, "end %u\n", book->rules.n);
	pthread_mutex_unlock(&book->lock);
	return fb_buf_error(buf);
}

static int write_file(struct fb_rulebook *book)
{
	struct fb_buf buf = FB_BUF_INIT;

	if (fb_rulebook_write(book, &buf) < 0) {
		fb_buf_fini(&buf);
		return -ENOMEM;
	}
	return fb_statefile_write(&book->kept.file, book->folder, buf.data, buf.len);
}

static int write_panic(struct fb_rulebook *book)
{
	char *text = strdup(book->panic ? "on\n" : "off\n");

	return text ? fb_statefile_write(&book->kept_panic.file, book->folder, text, strlen(text))
		    : -ENOMEM;
}

/* What was made, or taken back, is so for good: what does not go through is tried again. */
static void save(struct fb_rulebook *book, struct fb_rulebook_kept *kept,
		 int (*write)(struct fb_rulebook *book), bool at_once)
{
	if (book->folder >= 0 && fb_statefile_is_ready(&kept->file, at_once, &kept->unsaved) &&
	    kept->unsaved)
		kept->unsaved = write(book) < 0;
}

static void save_both(struct fb_rulebook *book, bool at_once)
{
	save(book, &book->kept, write_file, at_once);
	save(book, &book->kept_panic, write_panic, at_once);
}

static void save_all(struct fb_rulebook *book)
{
	save_both(book, true);
	if (fb_statefile_finish(&book->kept.file) < 0 ||
	    fb_statefile_finish(&book->kept_panic.file) < 0)
		fb_warn("act", "the rules of this run are not kept: the disk does not take them");
}

void fb_rulebook_close(struct fb_rulebook *book, bool keep)
{
	if (!book->core)
		return;
	save_all(book);
	fb_limits_close(&book->limits, keep && fb_bpf_pin(book->core->bpf));
	fb_listnets_close(&book->listnets);
	fb_rules_fini(&book->rules);
	fb_rulemaps_fini(&book->maps);
	pthread_cond_destroy(&book->looked);
	pthread_mutex_destroy(&book->lock);
	book->core = NULL;
}

static void age(struct fb_rulebook *book)
{
	for (unsigned int i = 0; i < book->rules.n; i++) {
		const struct fb_rule *rule = &book->rules.rule[i];

		if (!fb_rule_end_ms(rule) && rule->verb != FB_RULE_ALLOW &&
		    book->verdicts->rule[rule->number].until)
			fb_rulebook_extend(book, rule);
	}
}

uint32_t fb_rulebook_due(struct fb_rulebook *book, bool *ret_unconfirmed)
{
	const int64_t now = fb_wall_ms();

	fb_rulebook_follow_clock(book);
	for (unsigned int i = 0; i < book->rules.n; i++) {
		const struct fb_rule *rule = &book->rules.rule[i];

		if (!fb_rule_is_over(rule, now))
			continue;
		*ret_unconfirmed = fb_rule_end_ms(rule) != rule->until_ms;
		return rule->id;
	}
	return 0;
}

int fb_rulebook_expire(struct fb_rulebook *book, uint32_t id, char *target, size_t size)
{
	struct fb_rule *rule = fb_rules_find(&book->rules, id);

	snprintf(target, size, "rule %u", id);
	if (!rule)
		return -ENOENT;
	snprintf(target, size, "rule %u: %s %.140s", id, fb_rule_verb_name(rule->verb), rule->what);
	fb_rulebook_drop(book, rule);
	return 0;
}

void fb_rulebook_follow_clock(struct fb_rulebook *book)
{
	const int64_t ahead = wall_ahead_ms(), set = ahead - book->wall_ahead_ms;

	if (set < CLOCK_SET_MS && set > -CLOCK_SET_MS)
		return;
	book->wall_ahead_ms = ahead;
	pthread_mutex_lock(&book->lock);
	fb_rules_shift(&book->rules, set);
	pthread_mutex_unlock(&book->lock);
	book->kept.unsaved |= book->rules.n > 0;
}

void fb_rulebook_tick(struct fb_rulebook *book, const struct fb_snapshot *snapshot)
{
	age(book);
	fb_limits_tick(&book->limits, &book->rules);
	save_both(book, false);
	pthread_mutex_lock(&book->lock);
	book->moment = book->core->moment;
	book->moment_ms = fb_wall_ms();
	fb_rulebook_note_lists(book);
	pthread_mutex_unlock(&book->lock);
	if (!snapshot)
		return;
	if (book->rules.n)
		book->unplaced |= fb_rulebook_read_facts(book);
	book->unplaced |= book->rules.n && book->lists != book->core->pipeline.lists.version;
	if (book->unplaced)
		fb_rulebook_place(book);
	if (book->rules.n && !book->panic)
		fb_rulebook_judge_moved(book, snapshot);
	fb_rulebook_look_again(book);
}
