/* SPDX-License-Identifier: BSD-2-Clause */
/* When a rule of alerts would have fired, by what history has; the request waits meanwhile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alertasked.h"
#include "api/api.h"
#include "api/params.h"
#include "api/pastask.h"
#include "api/routes.h"
#include "engine/alertbook.h"
#include "engine/engine.h"
#include "flow/value.h"
#include "http/reply.h"
#include "http/route.h"
#include "policy/alerttry.h"
#include "store/historylog.h"
#include "store/layout.h"
#include "store/pastparts.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/jsonin.h"

#define HOUR_MS	  3600000ll
#define SINCE_MS  (6 * HOUR_MS)
#define MOST_MS	  (7 * 24 * HOUR_MS)
#define BUDGET_MS 20000

/* A rule, and what came of it. */
struct tried {
	struct fb_alert_rule rule;
	struct fb_alerttry *try;
	struct fb_alerttry_times times;
	struct fb_buf *text; /* borrowed: of the thread that asks */
};

struct attempt {
	struct tried of, unless; /* the other is the rule behind unless, where there is one */
	int64_t since_ms, until_ms;
	const char *lack; /* why it is not known, static or the job's; NULL: it is */
	const char *note; /* what is left out of account, static; NULL: nothing */
	struct fb_buf text;
};

static void free_attempt(void *attempt_)
{
	struct attempt *attempt = attempt_;

	if (!attempt)
		return;
	fb_alerttry_free(attempt->of.try);
	fb_alerttry_free(attempt->unless.try);
	fb_filter_free(attempt->of.rule.filter);
	fb_filter_free(attempt->unless.rule.filter);
	fb_buf_fini(&attempt->text);
	free(attempt);
}

/* --- by a thread of the history's ------------------------------------------------------------- */

/* What it is by, clean; false: the flow has none. */
static bool read_key(struct tried *tried, const struct fb_past_part *part,
		     char key[static FB_ALARM_KEY + 1])
{
	static const struct fb_flow flow;
	static const struct fb_traffic traffic;
	const struct fb_snapshot snapshot = {.wall_ms = part->written_ms};
	const struct fb_flow_at at = {
		.snapshot = &snapshot, .flow = &flow, .traffic = &traffic, .past = part->row};
	const struct fb_field *field = tried->rule.by;
	struct fb_value value;

	*key = '\0';
	if (!field)
		return true;
	fb_field_get(field, &at, &value);
	if (!value.known)
		return false;
	fb_buf_clear(tried->text);
	fb_value_write_text(tried->text, field, &value);
	fb_buf_addc(tried->text, '\0');
	if (fb_buf_error(tried->text))
		return false;
	fb_alarm_clean(key, FB_ALARM_KEY + 1, tried->text->data);
	return true;
}

/* Until when it lived: one that had not ended may have done so as long as no row of it was due. */
static int64_t end_of_life(const struct fb_past_part *part)
{
	const uint8_t slot = part->row->columns->slot[FB_FIELD_closed_at];
	const struct fb_past_cell *cell = slot ? &part->row->cell[slot - 1] : NULL;

	if (part->lives)
		return part->written_ms + FB_LAYOUT_SILENT_S * 1000;
	return cell && cell->kind == FB_PAST_NUMBER ? cell->num : part->to_ms;
}

static int take_part(void *ctx, const struct fb_past_part *part)
{
	struct tried *tried = ctx;
	char key[FB_ALARM_KEY + 1];
	struct fb_alerttry_part one = {
		.key = key, .from_ms = part->from_ms, .to_ms = part->to_ms, .bytes = part->bytes};

	if (!read_key(tried, part, key))
		return 0;
	if (fb_alerttry_is_of_living(&tried->rule))
		one.to_ms = end_of_life(part);
	return fb_alerttry_add(tried->try, &one);
}

static void take_gap(void *ctx, int64_t from_ms, int64_t to_ms)
{
	fb_alerttry_gap(ctx, from_ms, to_ms);
}

/* How far it came is the later of both. */
static int ask_one(struct sqlite3 *db, struct fb_past_job *job, struct tried *tried)
{
	const struct attempt *attempt = job->what;
	const int64_t reached_ms = job->answer.reached_ms;
	int r = fb_historylog_gaps(db, attempt->since_ms, attempt->until_ms, take_gap, tried->try);

	job->ask.filter = tried->rule.filter;
	if (r == 0)
		r = fb_past_parts(db, job, fb_alerttry_is_of_living(&tried->rule), take_part,
				  tried);
	job->ask.filter = NULL;
	if (reached_ms > job->answer.reached_ms)
		job->answer.reached_ms = reached_ms;
	return r < 0 ? r : fb_alerttry_end(tried->try, &tried->times);
}

static int ask(struct sqlite3 *db, struct fb_past_job *job)
{
	struct attempt *attempt = job->what;
	int r = 0;

	if (attempt->unless.try) {
		r = ask_one(db, job, &attempt->unless);
		fb_alerttry_explain(attempt->of.try, attempt->unless.try);
		fb_numberset_fini(&job->seen);
		fb_numberset_init(&job->seen, FB_PAST_FLOWS);
	}
	return r < 0 ? r : ask_one(db, job, &attempt->of);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void write_time(struct fb_json *json, const struct attempt *attempt,
		       const struct fb_alerttry_time *time)
{
	char sentence[FB_ALARM_SENTENCE + 1];

	fb_alert_say(&attempt->of.rule, time->value, sentence, sizeof(sentence));
	fb_json_object(json);
	fb_json_kv_str(json, "key", *time->key ? time->key : NULL);
	fb_json_kv_time(json, "from", time->from_ms);
	fb_json_key(json, "to");
	if (time->to_ms)
		fb_json_time(json, time->to_ms);
	else
		fb_json_null(json);
	fb_json_kv_u64(json, "value", time->value);
	fb_json_kv_str(json, "sentence", sentence);
	fb_json_kv_str(json, "silent", time->silent);
	fb_json_end(json, '}');
}

static int write_answer(struct fb_request *req, const struct attempt *attempt, int64_t reached_ms)
{
	struct fb_json *json = fb_reply_json(req);
	const struct fb_alerttry_times *times = &attempt->of.times;

	fb_json_object(json);
	fb_json_kv_str(json, "rule", attempt->of.rule.name);
	fb_json_kv_str(json, "measure", fb_alert_measures[attempt->of.rule.measure].name);
	fb_json_kv_time(json, "since", attempt->since_ms);
	fb_json_kv_time(json, "until", attempt->until_ms);
	fb_json_kv_time(json, "reached", reached_ms);
	fb_json_kv_u64(json, "step_s", attempt->of.try ? fb_alerttry_step_s(attempt->of.try) : 0);
	fb_json_key(json, "times");
	if (attempt->lack)
		fb_json_null(json);
	else
		fb_json_u64(json, times->n);
	fb_json_kv_u64(json, "told", times->told);
	fb_json_kv_u64(json, "left_out",
		       attempt->of.try ? fb_alerttry_left_out(attempt->of.try) : 0);
	fb_json_kv_str(json, "lack", attempt->lack);
	fb_json_kv_str(json, "note", attempt->note);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; !attempt->lack && i < times->n_kept; i++)
		write_time(json, attempt, &times->kept[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}

static const char *lack_of(const struct fb_past_job *job)
{
	switch (job->r) {
	case 0:
		return NULL;
	case -ENXIO:
		return "there is no history yet";
	case -EBUSY:
		return "too many questions to history wait for an answer: ask again later";
	case -EINVAL:
		return job->error.detail;
	case -ETIME:
		return "history did not answer within 20 s";
	default:
		return "history cannot be read";
	}
}

static int answer(struct fb_request *req, const struct fb_past_job *job)
{
	struct attempt *attempt = job->what;

	if (job->r == -ENOMEM)
		return -ENOMEM;
	attempt->lack = lack_of(job);
	return write_answer(req, attempt, job->r == 0 ? job->answer.reached_ms : attempt->until_ms);
}

/* --- the question ----------------------------------------------------------------------------- */

/* Of what lives a minute may not be written: it is no sign that there was nothing. */
static int64_t until(const struct fb_alert_rule *rule, int64_t now_ms)
{
	const bool of_nothing = rule->below || rule->measure == FB_ALERT_ABSENT;

	return of_nothing ? now_ms - FB_LAYOUT_PART_S * 1000 : now_ms;
}

static bool read_since(struct fb_request *req, struct attempt *attempt)
{
	const int64_t now_ms = fb_wall_ms();

	attempt->until_ms = until(&attempt->of.rule, now_ms);
	if (!fb_params_moment(req, "since", now_ms, &attempt->since_ms))
		return false;
	if (!attempt->since_ms)
		attempt->since_ms = now_ms - SINCE_MS;
	if (attempt->since_ms < attempt->until_ms && now_ms - attempt->since_ms <= MOST_MS + 1000)
		return true;
	fb_reply_param(req, "since", "must be between a minute and seven days ago");
	return false;
}

/* What stands behind unless, as it is in force. 0 or -ENOMEM. */
static int read_unless(struct attempt *attempt, const struct fb_alert_rules *others)
{
	const struct fb_alert_rule *other = fb_alert_rules_find(others, attempt->of.rule.unless);
	char text[FB_ALARM_NAME + FB_ALERT_RULE_TEXT + 3];

	if (!other)
		return 0;
	if (fb_alerttry_lack(other)) {
		attempt->note = "the rule behind unless was left out: history does not tell of it";
		return 0;
	}
	snprintf(text, sizeof(text), "%s: %s", other->name, other->text);
	return fb_alert_rule_parse(text, &attempt->unless.rule, NULL);
}

/* False after answering. */
static bool check_rule(struct fb_request *req, const char *text, struct attempt *attempt)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_alert_rules *others = malloc(sizeof(*others));
	struct fb_alert_fault fault;
	int r;

	if (!others) {
		fb_reply_no_memory(req);
		return false;
	}
	fb_alertbook_rules(fb_engine_alerts(api->engine), others);
	r = fb_alert_asked_check(text, others, &attempt->of.rule, &fault);
	if (r == -EINVAL)
		fb_reply_rule_error(req, fault.offset, fault.length, fault.why.text);
	else if (r < 0 || read_unless(attempt, others) < 0)
		fb_reply_no_memory(req);
	else
		return true;
	return false;
}

static bool read_rule(struct fb_request *req, struct attempt *attempt)
{
	static const char *const known[] = {FB_ALERT_ASKED, NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	fb_alert_asked_read(in, NULL, &text);
	if (!fb_reply_check_json(req, in))
		return false;
	if (!fb_buf_error(&text))
		return check_rule(req, text.data, attempt);
	fb_reply_no_memory(req);
	return false;
}

static struct fb_past_job *make_job(struct attempt *attempt)
{
	struct fb_past_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->beside = true;
	job->ask.scope = FB_SCOPE_COUNT;
	job->ask.now_ms = fb_wall_ms();
	job->ask.since_ms = attempt->since_ms;
	job->ask.until_ms = job->ask.now_ms + 1;
	job->ask.budget_ms = BUDGET_MS;
	if (attempt->of.rule.by)
		job->ask.want[attempt->of.rule.by->id] = true;
	if (attempt->unless.rule.by)
		job->ask.want[attempt->unless.rule.by->id] = true;
	fb_numberset_init(&job->seen, FB_PAST_FLOWS);
	job->other = ask;
	job->what = attempt;
	job->end = free_attempt;
	return job;
}

static int make_try(const struct attempt *attempt, struct tried *tried, struct fb_buf *text)
{
	tried->text = text;
	return fb_alerttry_new(&tried->rule, attempt->since_ms, attempt->until_ms, &tried->try);
}

/* It goes on without an answer where history has none. */
static int begin(struct fb_request *req, struct attempt *attempt)
{
	const struct fb_api *api = req->ctx;
	struct fb_past_job *job = NULL;
	int r;

	attempt->lack = fb_alerttry_lack(&attempt->of.rule);
	if (!attempt->lack && !api->past)
		attempt->lack = "no history is kept";
	if (attempt->lack) {
		r = write_answer(req, attempt, attempt->until_ms);
		free_attempt(attempt);
		return r;
	}
	r = make_try(attempt, &attempt->of, &attempt->text);
	if (r == 0 && *attempt->unless.rule.name)
		r = make_try(attempt, &attempt->unless, &attempt->text);
	if (r == 0)
		job = make_job(attempt);
	if (job)
		fb_pastask_begin(req, job);
	else
		free_attempt(attempt);
	return job ? 0 : -ENOMEM;
}

int fb_api_alert_try(struct fb_request *req)
{
	struct attempt *attempt;

	if (req->waited)
		return answer(req, req->waited);
	attempt = calloc(1, sizeof(*attempt));
	if (!attempt)
		return -ENOMEM;
	if (read_rule(req, attempt) && read_since(req, attempt))
		return begin(req, attempt);
	free_attempt(attempt);
	return 0;
}
