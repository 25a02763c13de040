/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of alerts. */
#include "policy/alertlife.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fmt.h"
#include "util/hash.h"

#define NS	   1000000000ull
#define CLEAR_MOST 60  /* s that it must not hold before it is over, at most */
#define EVENT_S	   300 /* an event is shown as firing */
#define SETTLE_S   60  /* after a restart, before what is not found again is over */
#define SHOWN_MS   3600000

const char *fb_alert_state_name(enum fb_alert_state state)
{
	static const char *const names[] = {"pending", "firing", "resolved"};

	return names[state];
}

static uint64_t make_id(const char *rule, const char *key)
{
	char text[FB_ALARM_NAME + FB_ALARM_KEY + 3];
	const int n = snprintf(text, sizeof(text), "%s\n%s", rule, key);

	return fb_hash_fixed(text, (size_t)n);
}

/* --- a look ----------------------------------------------------------------------------------- */

void fb_alertlife_begin(struct fb_alertlife *life)
{
	life->look++;
}

static struct fb_alert *find(struct fb_alertlife *life, uint64_t id)
{
	for (unsigned int i = 0; i < life->n; i++)
		if (life->alert[i].id == id)
			return &life->alert[i];
	return NULL;
}

static void take_away(struct fb_alertlife *life, struct fb_alert *alert)
{
	*alert = life->alert[--life->n];
}

/* What is over for longest makes room. NULL: nothing is. */
static struct fb_alert *room(struct fb_alertlife *life)
{
	struct fb_alert *oldest = NULL;

	if (life->n < FB_ALERTS)
		return &life->alert[life->n++];
	for (unsigned int i = 0; i < life->n; i++) {
		struct fb_alert *one = &life->alert[i];

		if (one->state == FB_ALERT_RESOLVED &&
		    (!oldest || one->ended_ms < oldest->ended_ms))
			oldest = one;
	}
	life->counters.crowded += !oldest;
	return oldest;
}

static struct fb_alert *make(struct fb_alertlife *life, const struct fb_alert_rule *rule,
			     const char *key, uint64_t id)
{
	struct fb_alert *alert = room(life);

	if (!alert)
		return NULL;
	*alert = (struct fb_alert){.id = id,
				   .state = FB_ALERT_RESOLVED,
				   .once = fb_alert_measures[rule->measure].once};
	snprintf(alert->rule, sizeof(alert->rule), "%s", rule->name);
	snprintf(alert->key, sizeof(alert->key), "%s", key);
	return alert;
}

static void start(struct fb_alert *alert, const struct fb_alert_moment *moment)
{
	alert->state = FB_ALERT_PENDING;
	alert->since_ns = moment->ns;
	alert->since_ms = moment->wall_ms;
	alert->ended_ms = 0;
	alert->told_ns = 0;
	alert->grouped = false;
}

void fb_alertlife_see(struct fb_alertlife *life, const struct fb_alert_rule *rule,
		      const struct fb_alert_found *found, const struct fb_alert_moment *moment)
{
	const uint64_t id = make_id(rule->name, found->key);
	struct fb_alert *alert = find(life, id);

	if (!alert)
		alert = make(life, rule, found->key, id);
	if (!alert)
		return;
	if (alert->state == FB_ALERT_RESOLVED)
		start(alert, moment);
	alert->severity = rule->severity;
	alert->look = life->look;
	if (moment->ns > alert->last_ns)
		alert->last_ns = moment->ns;
	if (found->link)
		alert->link = found->link;
	if (found->sentence)
		snprintf(alert->sentence, sizeof(alert->sentence), "%s", found->sentence);
	else
		fb_alert_say(rule, found->value, alert->sentence, sizeof(alert->sentence));
}

/* --- who is told ------------------------------------------------------------------------------ */

static bool is_silenced(const struct fb_alertlife *life, const struct fb_alert *alert,
			int64_t wall_ms)
{
	for (unsigned int i = 0; i < life->n_silences; i++) {
		const struct fb_alert_silence *one = &life->silence[i];

		if (one->until_ms > wall_ms && (!*one->rule || !strcmp(one->rule, alert->rule)) &&
		    (!*one->key || !strcmp(one->key, alert->key)))
			return true;
	}
	return false;
}

static bool fires(const struct fb_alertlife *life, const char *rule)
{
	for (unsigned int i = 0; i < life->n; i++)
		if (life->alert[i].state == FB_ALERT_FIRING && !strcmp(life->alert[i].rule, rule))
			return true;
	return false;
}

static const char *why_silent(const struct fb_alertlife *life, const struct fb_alert_rule *rule,
			      const struct fb_alert *alert, const struct fb_alert_moment *moment)
{
	if (is_silenced(life, alert, moment->wall_ms))
		return "silenced";
	if (fb_alert_is_quiet(rule, moment->minute))
		return "quiet hours";
	if (*rule->unless && fires(life, rule->unless))
		return "explained by another rule";
	if (fb_alert_measures[rule->measure].of == FB_ALERT_OF_FLOWS && moment->links_down &&
	    alert->link && moment->links_down[alert->link])
		return "its interface is down";
	return NULL;
}

static uint32_t clear_s(const struct fb_alert_rule *rule, const struct fb_alert *alert)
{
	if (alert->once)
		return EVENT_S;
	return rule->for_s < CLEAR_MOST ? rule->for_s : CLEAR_MOST;
}

static bool is_over(const struct fb_alertlife *life, const struct fb_alert_rule *rule,
		    const struct fb_alert *alert, uint64_t ns)
{
	if (alert->look == life->look || ns < alert->last_ns)
		return false;
	return ns - alert->last_ns >= clear_s(rule, alert) * NS;
}

static void step(struct fb_alertlife *life, const struct fb_alert_rule *rule,
		 struct fb_alert *alert, const struct fb_alert_moment *moment)
{
	if (alert->state == FB_ALERT_PENDING && moment->ns - alert->since_ns >= rule->for_s * NS) {
		alert->state = FB_ALERT_FIRING;
		life->counters.fired++;
		life->changed = true;
	} else if (alert->state == FB_ALERT_FIRING && is_over(life, rule, alert, moment->ns)) {
		alert->state = FB_ALERT_RESOLVED;
		alert->ended_ms = moment->wall_ms;
		life->changed = true;
	}
}

static bool is_due(const struct fb_alert_rule *rule, const struct fb_alert *alert, uint64_t ns)
{
	if (alert->state == FB_ALERT_RESOLVED)
		return alert->told_ns && !alert->grouped && !alert->once;
	if (alert->state != FB_ALERT_FIRING || alert->grouped)
		return false;
	return !alert->told_ns || (!alert->once && ns - alert->told_ns >= rule->repeat_s * NS);
}

/* Of one state: the first ones by a message each, the last of these says how many more there are.
 */
static void tell_all(struct fb_alert **due, unsigned int n, uint64_t ns, fb_alert_tell tell,
		     void *ctx)
{
	for (unsigned int i = 0; i < n; i++) {
		struct fb_alert *alert = due[i];
		const bool ended = alert->state == FB_ALERT_RESOLVED;
		const uint32_t others = i == FB_ALERT_BURST - 1 ? n - FB_ALERT_BURST : 0;

		alert->grouped = i >= FB_ALERT_BURST;
		alert->told_ns = ended ? 0 : ns;
		if (!alert->grouped)
			tell(ctx, alert, ended ? FB_ALARM_RESOLVED : FB_ALARM_FIRING, others);
	}
}

void fb_alertlife_settle(struct fb_alertlife *life, const struct fb_alert_rule *rule,
			 const struct fb_alert_moment *moment, fb_alert_tell tell, void *ctx)
{
	struct fb_alert *due[2][FB_ALERTS];
	unsigned int n[2] = {0, 0};

	for (unsigned int i = life->n; i-- > 0;) {
		struct fb_alert *alert = &life->alert[i];

		if (!strcmp(alert->rule, rule->name) && alert->state == FB_ALERT_PENDING &&
		    alert->look != life->look && !alert->once)
			take_away(life, alert);
	}
	for (unsigned int i = 0; i < life->n; i++) {
		struct fb_alert *alert = &life->alert[i];
		const bool ended = alert->state == FB_ALERT_RESOLVED;

		if (ended || strcmp(alert->rule, rule->name) != 0)
			continue;
		step(life, rule, alert, moment);
		alert->silent = why_silent(life, rule, alert, moment);
		if (!alert->silent && is_due(rule, alert, moment->ns)) {
			const bool over = alert->state == FB_ALERT_RESOLVED;

			due[over][n[over]++] = alert;
		}
	}
	for (unsigned int over = 0; over < 2; over++) {
		tell_all(due[over], n[over], moment->ns, tell, ctx);
		life->changed |= n[over] > 0;
	}
}

/* --- silences --------------------------------------------------------------------------------- */

void fb_alertlife_forget(struct fb_alertlife *life, int64_t wall_ms)
{
	for (unsigned int i = life->n_silences; i-- > 0;)
		if (life->silence[i].until_ms <= wall_ms) {
			life->silence[i] = life->silence[--life->n_silences];
			life->changed = true;
		}
	for (unsigned int i = life->n; i-- > 0;)
		if (life->alert[i].state == FB_ALERT_RESOLVED &&
		    wall_ms - life->alert[i].ended_ms > SHOWN_MS)
			take_away(life, &life->alert[i]);
}

int fb_alertlife_silence(struct fb_alertlife *life, const struct fb_alert_silence *silence)
{
	unsigned int i = 0;

	while (i < life->n_silences && (strcmp(life->silence[i].rule, silence->rule) != 0 ||
					strcmp(life->silence[i].key, silence->key) != 0))
		i++;
	if (!silence->until_ms && i == life->n_silences)
		return -ENOENT;
	if (i == FB_ALERT_SILENCES)
		return -ENOSPC;
	life->changed = true;
	if (!silence->until_ms) {
		life->silence[i] = life->silence[--life->n_silences];
		return 0;
	}
	life->silence[i] = *silence;
	life->n_silences += i == life->n_silences;
	return 0;
}

/* --- over a restart --------------------------------------------------------------------------- */

/* Words by tabs, of which keys and texts have none. */
static void add_text(struct fb_buf *buf, const char *text)
{
	char clean[FB_ALARM_SENTENCE + 1];

	fb_alarm_clean(clean, sizeof(clean), text);
	fb_buf_addc(buf, '\t');
	fb_buf_adds(buf, clean);
}

void fb_alertlife_write(const struct fb_alertlife *life, struct fb_buf *buf)
{
	for (unsigned int i = 0; i < life->n; i++) {
		const struct fb_alert *one = &life->alert[i];

		if (one->state != FB_ALERT_FIRING || !one->told_ns)
			continue;
		fb_buf_addf(buf, "alert\t%s\t%" PRId64 "\t%d", one->rule, one->since_ms,
			    one->grouped);
		add_text(buf, one->key);
		add_text(buf, one->sentence);
		fb_buf_addc(buf, '\n');
	}
	for (unsigned int i = 0; i < life->n_silences; i++) {
		const struct fb_alert_silence *one = &life->silence[i];

		fb_buf_addf(buf, "silence\t%s\t%" PRId64 "\t0", one->rule, one->until_ms);
		add_text(buf, one->key);
		add_text(buf, one->by);
		add_text(buf, one->reason);
		fb_buf_addc(buf, '\n');
	}
}

static bool restore(struct fb_alertlife *life, const char *rule, int64_t since_ms, bool grouped,
		    char **rest, const struct fb_alert_moment *moment)
{
	const char *key = strsep(rest, "\t"), *sentence = strsep(rest, "\t");
	struct fb_alert *alert;

	if (!sentence || life->n == FB_ALERTS)
		return false;
	alert = &life->alert[life->n++];
	*alert = (struct fb_alert){
		.id = make_id(rule, key),
		.state = FB_ALERT_FIRING,
		.since_ns = moment->ns,
		.last_ns = moment->ns + SETTLE_S * NS,
		.since_ms = since_ms,
		.told_ns = moment->ns,
		.grouped = grouped,
	};
	snprintf(alert->rule, sizeof(alert->rule), "%s", rule);
	snprintf(alert->key, sizeof(alert->key), "%s", key);
	snprintf(alert->sentence, sizeof(alert->sentence), "%s", sentence);
	return true;
}

static bool read_silence(struct fb_alertlife *life, const char *rule, int64_t until_ms, char **rest)
{
	const char *key = strsep(rest, "\t"), *by = strsep(rest, "\t"),
		   *reason = strsep(rest, "\t");
	struct fb_alert_silence silence = {.until_ms = until_ms};

	if (!reason)
		return false;
	snprintf(silence.rule, sizeof(silence.rule), "%s", rule);
	snprintf(silence.key, sizeof(silence.key), "%s", key);
	snprintf(silence.by, sizeof(silence.by), "%s", by);
	snprintf(silence.reason, sizeof(silence.reason), "%s", reason);
	return fb_alertlife_silence(life, &silence) == 0;
}

bool fb_alertlife_read(struct fb_alertlife *life, char *line, const struct fb_alert_moment *moment)
{
	const char *kind = strsep(&line, "\t"), *rule = strsep(&line, "\t");
	const char *time = strsep(&line, "\t"), *grouped = strsep(&line, "\t");
	uint64_t ms;

	if (!grouped || strlen(rule) > FB_ALARM_NAME ||
	    fb_fmt_parse_u64(time, 1, INT64_MAX, &ms) < 0)
		return false;
	if (!strcmp(kind, "alert"))
		return restore(life, rule, (int64_t)ms, *grouped == '1', &line, moment);
	return !strcmp(kind, "silence") && read_silence(life, rule, (int64_t)ms, &line);
}

/* As tell_all, of alerts of one rule that is no more. */
static void end_all(struct fb_alertlife *life, struct fb_alert *first, int64_t wall_ms,
		    fb_alert_tell tell, void *ctx)
{
	struct fb_alert *due[FB_ALERTS];
	unsigned int n = 0;

	for (struct fb_alert *one = first; one < life->alert + life->n; one++) {
		if (one->state != FB_ALERT_FIRING || strcmp(one->rule, first->rule) != 0)
			continue;
		one->state = FB_ALERT_RESOLVED;
		one->ended_ms = wall_ms;
		one->silent = NULL;
		snprintf(one->sentence, sizeof(one->sentence), "its rule was removed");
		if (one->told_ns && !one->grouped && !one->once)
			due[n++] = one;
	}
	tell_all(due, n, 0, tell, ctx);
	life->changed = true;
}

void fb_alertlife_adopt(struct fb_alertlife *life, const struct fb_alert_rules *rules,
			int64_t wall_ms, fb_alert_tell tell, void *ctx)
{
	for (unsigned int i = life->n; i-- > 0;)
		if (life->alert[i].state == FB_ALERT_PENDING &&
		    !fb_alert_rules_find(rules, life->alert[i].rule))
			take_away(life, &life->alert[i]);
	for (unsigned int i = 0; i < life->n; i++) {
		struct fb_alert *alert = &life->alert[i];
		const struct fb_alert_rule *rule = fb_alert_rules_find(rules, alert->rule);

		if (rule) {
			alert->severity = rule->severity;
			alert->once = fb_alert_measures[rule->measure].once;
		} else if (alert->state == FB_ALERT_FIRING) {
			end_all(life, alert, wall_ms, tell, ctx);
		}
	}
}

unsigned int fb_alertlife_erase(struct fb_alertlife *life, const struct fb_person *who)
{
	const unsigned int before = life->n + life->n_silences;

	for (unsigned int i = life->n; i--;)
		if (fb_person_is_in(who, life->alert[i].key) ||
		    fb_person_is_in(who, life->alert[i].sentence))
			take_away(life, &life->alert[i]);
	for (unsigned int i = life->n_silences; i--;)
		if (fb_person_is_in(who, life->silence[i].key) ||
		    fb_person_is_in(who, life->silence[i].reason))
			life->silence[i] = life->silence[--life->n_silences];
	life->changed |= before != life->n + life->n_silences;
	return before - life->n - life->n_silences;
}
