/* SPDX-License-Identifier: BSD-2-Clause */
/* A row of cells for each key: a measure is worked out of it, step by step. */
#include "policy/alerttry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/alertlife.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/select.h"

#define SLOTS	  (2 * FB_ALERTTRY_KEYS)
#define NS_PER_MS 1000000ull

struct key {
	char text[FB_ALARM_KEY + 1];
	/* By measure: bytes; 1 where it moved; how many more live than a step before. */
	int64_t *cell; /* [steps + 1] */
	int64_t first_ms;
};

struct fb_alerttry {
	const struct fb_alert_rule *rule;
	int64_t since_ms, step_ms;
	uint32_t steps;
	const struct fb_alerttry *other; /* borrowed; NULL: none */
	struct {
		bool down, fires; /* nobody looked; any key did */
	} at[FB_ALERTTRY_STEPS + 1];
	uint64_t left_out;
	uint32_t n;
	struct key key[FB_ALERTTRY_KEYS];
	uint16_t slot[SLOTS]; /* 1 + its key; 0: free */
};

const char *fb_alerttry_lack(const struct fb_alert_rule *rule)
{
	static const char *const lacks[FB_ALERT_MEASURE_COUNT] = {
		[FB_ALERT_LOSS] = "history has the loss of whole connections, not when it came",
		[FB_ALERT_LATENCY] = "history has the delay of whole connections, not when it was",
		[FB_ALERT_RISK] = "history has the risk of whole connections, not when it rose",
		[FB_ALERT_DOWN] = "history keeps no states of interfaces",
		[FB_ALERT_LINK_RATE] = "history has what flows moved, not what interfaces count",
		[FB_ALERT_NEW_DEVICE] = "history does not keep when a device was first seen",
		[FB_ALERT_CONNTRACK] = "history does not keep how full the tracking table was",
		[FB_ALERT_TABLE] = "history does not keep how full the flow table was",
		[FB_ALERT_LOSSES] = "history does not keep losses by the second",
		[FB_ALERT_DISK] = "history does not keep how full the disk was",
		[FB_ALERT_DEGRADED] = "history does not keep what was degraded",
	};

	return lacks[rule->measure];
}

bool fb_alerttry_is_of_living(const struct fb_alert_rule *rule)
{
	return rule->measure == FB_ALERT_FLOWS;
}

int fb_alerttry_new(const struct fb_alert_rule *rule, int64_t since_ms, int64_t until_ms,
		    struct fb_alerttry **ret_try)
{
	struct fb_alerttry *try = calloc(1, sizeof(*try));
	const int64_t span_s = (until_ms - since_ms + 999) / 1000;
	const int64_t step_s = (span_s + FB_ALERTTRY_STEPS - 1) / FB_ALERTTRY_STEPS;

	if (!try)
		return -ENOMEM;
	try->rule = rule;
	try->since_ms = since_ms;
	try->step_ms = (step_s > 1 ? step_s : 1) * 1000;
	try->steps = (uint32_t)((span_s * 1000 + try->step_ms - 1) / try->step_ms);
	*ret_try = try;
	return 0;
}

void fb_alerttry_free(struct fb_alerttry *try)
{
	if (!try)
		return;
	for (uint32_t i = 0; i < try->n; i++)
		free(try->key[i].cell);
	free(try);
}

uint32_t fb_alerttry_step_s(const struct fb_alerttry *try)
{
	return (uint32_t)(try->step_ms / 1000);
}

uint64_t fb_alerttry_left_out(const struct fb_alerttry *try)
{
	return try->left_out;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* 1: *ret_key is it; 0: there is no room for it; -ENOMEM. */
static int take_key(struct fb_alerttry *try, const char *text, struct key **ret_key)
{
	uint32_t i = (uint32_t)fb_hash(text, strlen(text), 0) % SLOTS;
	struct key *key;

	while (try->slot[i] && strcmp(try->key[try->slot[i] - 1].text, text) != 0)
		i = (i + 1) % SLOTS;
	if (!try->slot[i] && try->n == FB_ALERTTRY_KEYS) {
		try->left_out++;
		return 0;
	}
	if (!try->slot[i]) {
		key = &try->key[try->n];
		key->cell = calloc(try->steps + 1, sizeof(*key->cell));
		if (!key->cell)
			return -ENOMEM;
		key->first_ms = INT64_MAX;
		memcpy(key->text, text, strlen(text) + 1);
		try->slot[i] = (uint16_t)++try->n;
	}
	*ret_key = &try->key[try->slot[i] - 1];
	return 1;
}

static uint32_t step_of(const struct fb_alerttry *try, int64_t ms)
{
	const int64_t step = (ms - try->since_ms) / try->step_ms;

	return ms <= try->since_ms ? 0 : step < try->steps ? (uint32_t)step : try->steps - 1;
}

/* The share of each step that the part passes; what was before the first one is left out. */
static void spread(const struct fb_alerttry *try, struct key *key,
		   const struct fb_alerttry_part *part, uint32_t from, uint32_t to)
{
	const double span = (double)(part->to_ms - part->from_ms);

	for (uint32_t i = from; i <= to; i++) {
		const int64_t begin = try->since_ms + i * try->step_ms, end = begin + try->step_ms;
		const int64_t a = part->from_ms > begin ? part->from_ms : begin;
		const int64_t b = part->to_ms < end ? part->to_ms : end;
		const double share = span > 0 ? (double)(b - a) / span : 1;

		key->cell[i] += (int64_t)((double)part->bytes * (share > 0 ? share : 0) + 0.5);
	}
}

int fb_alerttry_add(struct fb_alerttry *try, const struct fb_alerttry_part *part)
{
	const uint32_t from = step_of(try, part->from_ms), to = step_of(try, part->to_ms);
	struct key *key;
	int r;

	if (part->to_ms < try->since_ms || !try->steps)
		return 0;
	r = take_key(try, part->key, &key);
	if (r <= 0)
		return r;
	if (part->from_ms < key->first_ms)
		key->first_ms = part->from_ms;
	if (try->rule->measure == FB_ALERT_FLOWS) {
		key->cell[from]++;
		key->cell[to + 1]--;
	} else if (try->rule->measure == FB_ALERT_ABSENT) {
		for (uint32_t i = from; i <= to; i++)
			key->cell[i] = 1;
	} else {
		spread(try, key, part, from, to);
	}
	return 0;
}

void fb_alerttry_gap(struct fb_alerttry *try, int64_t from_ms, int64_t to_ms)
{
	if (to_ms <= try->since_ms || !try->steps)
		return;
	for (uint32_t i = step_of(try, from_ms); i < step_of(try, to_ms); i++)
		try->at[i].down = true;
}

void fb_alerttry_explain(struct fb_alerttry *try, const struct fb_alerttry *other)
{
	try->other = other;
}

/* --- measures over steps ---------------------------------------------------------------------- */

struct walk {
	uint32_t window; /* steps */
	int64_t sum;
	int64_t seen; /* the last step that it moved in; -1: none yet */
};

/* Of step `i`, each once and in order. False: it is not known, or nothing to tell. */
static bool measure(const struct fb_alerttry *try, const struct key *key, uint32_t i,
		    struct walk *walk, uint64_t *ret_value)
{
	const int64_t at_ms = try->since_ms + i * try->step_ms;
	int64_t value;

	switch (try->rule->measure) {
	case FB_ALERT_NEW:
		*ret_value = 0;
		return key->first_ms >= at_ms && key->first_ms < at_ms + try->step_ms &&
		       at_ms - try->since_ms >= try->rule->window_s * 1000ll;
	case FB_ALERT_ABSENT:
		/* it is waited for anew after a start */
		if (key->cell[i] || (try->at[i].down && (walk->seen >= 0 || !try->rule->by)))
			walk->seen = i;
		/* what all that match are one of is waited for from the beginning */
		value = try->rule->by && walk->seen < 0
				? -1
				: (i - (walk->seen < 0 ? 0 : walk->seen)) * try->step_ms / 1000;
		break;
	case FB_ALERT_FLOWS:
		value = walk->sum += key->cell[i];
		break;
	default:
		walk->sum += key->cell[i];
		if (i >= walk->window)
			walk->sum -= key->cell[i - walk->window];
		value = try->rule->measure == FB_ALERT_BYTES
				? walk->sum
				: walk->sum * 8 * 1000 / (walk->window * try->step_ms);
	}
	*ret_value = (uint64_t)value;
	return value >= 0;
}

/* --- alerts over steps ------------------------------------------------------------------------ */

static void tell_nobody(void *ctx, const struct fb_alert *alert, enum fb_alarm_kind kind,
			uint32_t others)
{
	(void)ctx, (void)alert, (void)kind, (void)others;
}

static bool is_quiet(const struct fb_alert_rule *rule, int64_t ms)
{
	const time_t s = (time_t)(ms / 1000);
	struct tm tm;

	if (rule->quiet_from < 0)
		return false;
	localtime_r(&s, &tm);
	return fb_alert_is_quiet(rule, tm.tm_hour * 60 + tm.tm_min);
}

/* Where there are too many, the oldest goes. */
static struct fb_alerttry_time *keep(struct fb_alerttry_times *times)
{
	unsigned int oldest = 0;

	if (times->n_kept < FB_ALERTTRY_TIMES)
		return &times->kept[times->n_kept++];
	for (unsigned int i = 1; i < FB_ALERTTRY_TIMES; i++)
		if (times->kept[i].from_ms < times->kept[oldest].from_ms)
			oldest = i;
	return &times->kept[oldest];
}

static const char *why_silent(const struct fb_alerttry *try, uint32_t i, int64_t ms)
{
	if (is_quiet(try->rule, ms))
		return "quiet hours";
	return try->other && i < try->other->steps && try->other->at[i].fires
		       ? "explained by another rule"
		       : NULL;
}

static bool is_worse(const struct fb_alert_rule *rule, uint64_t value, uint64_t than)
{
	return rule->below ? value < than : value > than;
}

struct run {
	struct fb_alertlife *life;
	struct fb_alerttry_times *times;
	bool fires;
	struct fb_alerttry_time now; /* the one that holds, or may */
};

/* What is silent all the time that it fires, nobody is told of. */
static void follow(struct fb_alerttry *try, struct run *run, uint32_t i, int64_t ms)
{
	const struct fb_alert *alert = run->life->n ? &run->life->alert[0] : NULL;
	const bool fires = alert && alert->state == FB_ALERT_FIRING;

	try->at[i].fires |= fires;
	if (fires && !run->fires) {
		run->now.from_ms = ms;
		run->now.silent = why_silent(try, i, ms);
		run->times->n++;
		run->times->told += !run->now.silent;
	} else if (fires && run->now.silent) {
		run->now.silent = why_silent(try, i, ms);
		run->times->told += !run->now.silent;
	} else if (!fires && run->fires) {
		run->now.to_ms = ms;
		*keep(run->times) = run->now;
	}
	run->fires = fires;
}

/* Over a restart what fires goes on, if it is found again soon; what may soon fire does not. */
static void restart(struct run *run, int64_t ms)
{
	struct fb_alert *alert = &run->life->alert[0];

	if (run->life->n && alert->state == FB_ALERT_PENDING)
		run->life->n = 0;
	else
		alert->last_ns = (uint64_t)ms * NS_PER_MS;
}

static void look_at_step(struct fb_alerttry *try, const struct key *key, struct run *run,
			 uint32_t i, bool known, uint64_t value)
{
	/* a measure is of its step, and known when that is over */
	const int64_t ms = try->since_ms + (i + 1) * try->step_ms;
	const struct fb_alert_rule *rule = try->rule;
	const struct fb_alert_moment moment = {.ns = (uint64_t)ms * NS_PER_MS, .wall_ms = ms};
	struct fb_alerttry_time *now = &run->now;

	fb_alertlife_begin(run->life);
	if (known && fb_alert_breaks(rule, value)) {
		const bool first = !run->life->n || run->life->alert[0].state == FB_ALERT_RESOLVED;

		now->value = first || is_worse(rule, value, now->value) ? value : now->value;
		fb_alertlife_see(run->life, rule,
				 &(struct fb_alert_found){.key = key->text, .value = value},
				 &moment);
	}
	fb_alertlife_settle(run->life, rule, &moment, tell_nobody, NULL);
	follow(try, run, i, ms);
}

static void look_at_key(struct fb_alerttry *try, const struct key *key, struct run *run)
{
	const int64_t window = (try->rule->window_s * 1000ll + try->step_ms - 1) / try->step_ms;
	struct walk walk = {.window = (uint32_t)window, .seen = -1};

	run->life->n = 0;
	run->fires = false;
	run->now = (struct fb_alerttry_time){.value = 0};
	memcpy(run->now.key, key->text, sizeof(key->text));
	for (uint32_t i = 0; i < try->steps; i++) {
		uint64_t value;
		const bool known = measure(try, key, i, &walk, &value);

		if (try->at[i].down)
			restart(run, try->since_ms + (i + 1) * try->step_ms);
		else
			look_at_step(try, key, run, i, known, value);
	}
	if (run->fires) {
		run->now.to_ms = 0;
		*keep(run->times) = run->now;
	}
}

static int compare_times(const void *a_, const void *b_, void *ctx)
{
	const struct fb_alerttry_time *a = a_, *b = b_;

	(void)ctx;
	if (a->from_ms != b->from_ms)
		return a->from_ms < b->from_ms ? -1 : 1;
	return strcmp(a->key, b->key);
}

int fb_alerttry_end(struct fb_alerttry *try, struct fb_alerttry_times *ret_times)
{
	_cleanup_free_ struct fb_alertlife *life = calloc(1, sizeof(*life));
	struct run run = {.life = life, .times = ret_times};
	struct key *whole;
	int r = 0;

	memset(ret_times, 0, sizeof(*ret_times));
	if (!life)
		return -ENOMEM;
	/* "flows < 1" is told of none at all, too; so is "absent" */
	if (!try->rule->by && try->steps)
		r = take_key(try, "", &whole);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < try->n; i++)
		look_at_key(try, &try->key[i], &run);
	fb_sort(ret_times->kept, ret_times->n_kept, sizeof(ret_times->kept[0]), compare_times,
		NULL);
	return 0;
}
