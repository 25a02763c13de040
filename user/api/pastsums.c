/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /history/top, series, heat, quality. A request waits with what it asks; its handler is called
 * once more when the answer, JSON as it is sent, is there.
 */
#include "api/pastsums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/params.h"
#include "fleet/fleetsums.h"
#include "http/reply.h"
#include "http/route.h"
#include "store/pastquality.h"

#define DAY_S	    86400
#define MINUTE_S    60
#define TZ_MOST_MIN 840
#define TOP_LIMIT   20
#define LINES	    5
#define TAG	    "tag:"
#define TAG_MOST    128

struct question {
	struct fb_rollup_ask ask;
	struct fb_fleetsums_ask fleet; /* of a hub; its `rollup` is `ask` */
	int ahead;		       /* s, of heat */
};

/* What a hub tells apart besides, behind fb_rollup_bys. */
static const struct fb_rollup_by_what fleet_bys[] = {
	{"sensor", FB_FIELD_sensor},
	{"site", FB_FIELD_site},
};

#define FLEET_BYS (sizeof(fleet_bys) / sizeof(*fleet_bys))

static int write_top(struct sqlite3 *db, const struct question *question, struct fb_json *json)
{
	return fb_rollup_write_top(db, &question->ask, json);
}

static int write_series(struct sqlite3 *db, const struct question *question, struct fb_json *json)
{
	return fb_rollup_write_series(db, &question->ask, json);
}

static int write_heat(struct sqlite3 *db, const struct question *question, struct fb_json *json)
{
	return fb_rollup_write_heat(db, &question->ask, question->ahead, json);
}

static int write_quality(struct sqlite3 *db, const struct question *question, struct fb_json *json)
{
	return fb_past_write_quality(db, &question->ask, json);
}

/* --- of a fleet ------------------------------------------------------------------------------ */

static int fleet_top(struct fb_fleetquery *query, const struct question *question,
		     struct fb_json *json)
{
	return fb_fleetsums_write_top(query, &question->fleet, json);
}

static int fleet_series(struct fb_fleetquery *query, const struct question *question,
			struct fb_json *json)
{
	return fb_fleetsums_write_series(query, &question->fleet, json);
}

static int fleet_heat(struct fb_fleetquery *query, const struct question *question,
		      struct fb_json *json)
{
	return fb_fleetsums_write_heat(query, &question->fleet, question->ahead, json);
}

static int fleet_quality(struct fb_fleetquery *query, const struct question *question,
			 struct fb_json *json)
{
	return fb_fleetquality_write(query, &question->fleet, json);
}

/* --- the answer ------------------------------------------------------------------------------ */

static int reply(struct fb_request *req)
{
	const struct fb_past_job *job = req->waited;

	fb_reply_json(req);
	fb_buf_add(&req->reply.body, job->text.data, job->text.len);
	return 0;
}

int fb_api_history_top(struct fb_request *req)
{
	return reply(req);
}

int fb_api_history_series(struct fb_request *req)
{
	return reply(req);
}

int fb_api_history_heat(struct fb_request *req)
{
	return reply(req);
}

int fb_api_history_quality(struct fb_request *req)
{
	return reply(req);
}

static const struct {
	int (*handle)(struct fb_request *req);
	int (*write)(struct sqlite3 *db, const struct question *question, struct fb_json *json);
	int (*of_fleet)(struct fb_fleetquery *query, const struct question *question,
			struct fb_json *json);
	enum fb_rollup_by by; /* as nobody said */
	unsigned int limit, most;
} kinds[] = {
	{fb_api_history_top, write_top, fleet_top, FB_ROLLUP_host, TOP_LIMIT, FB_ROLLUP_LIMIT},
	{fb_api_history_series, write_series, fleet_series, FB_ROLLUP_total, LINES,
	 FB_ROLLUP_LINES},
	{fb_api_history_heat, write_heat, fleet_heat, FB_ROLLUP_total, 1, 1},
	{fb_api_history_quality, write_quality, fleet_quality, FB_ROLLUP_network, TOP_LIMIT,
	 FB_ROLLUP_LIMIT},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static unsigned int kind_of(const struct fb_request *req)
{
	unsigned int kind = 0;

	while (kind < KINDS && kinds[kind].handle != req->route->handle)
		kind++;
	return kind;
}

bool fb_pastsums_are_asked(const struct fb_request *req)
{
	return kind_of(req) < KINDS;
}

/* By a thread of the history's. */
static int ask(struct sqlite3 *db, struct fb_past_job *job)
{
	struct fb_request *req = job->ctx;
	struct fb_json json;

	fb_json_init(&json, &job->text);
	return kinds[kind_of(req)].write(db, job->what, &json);
}

static int ask_fleet(struct fb_fleetquery *query, struct fb_past_job *job)
{
	struct fb_request *req = job->ctx;
	struct fb_json json;

	fb_json_init(&json, &job->text);
	return kinds[kind_of(req)].of_fleet(query, job->what, &json);
}

/* --- the question ---------------------------------------------------------------------------- */

/* "tag:region": what sensors say of themselves. */
static bool read_tag(struct fb_request *req, struct question *question)
{
	const char *by = fb_param(req, "by");
	const size_t len = strlen(TAG);

	if (!by || strncmp(by, TAG, len) != 0 || !by[len] || strlen(by) > TAG_MOST)
		return false;
	question->ask.by = FB_ROLLUP_total;
	question->fleet =
		(struct fb_fleetsums_ask){.word = by, .field = FB_FIELD_tags, .tag = by + len};
	return true;
}

/* Words of this machine's history; a hub has more. */
static bool read_by(struct fb_request *req, enum fb_rollup_by usual, struct question *question)
{
	const struct fb_api *api = req->ctx;
	const char *words[FB_ROLLUP_BYS_COUNT + FLEET_BYS + 1] = {NULL};
	const struct fb_rollup_by_what *what;
	unsigned int by;

	for (unsigned int i = 0; i < FB_ROLLUP_BYS_COUNT; i++)
		words[i] = fb_rollup_bys[i].word;
	for (unsigned int i = 0; api->is_hub && i < FLEET_BYS; i++)
		words[FB_ROLLUP_BYS_COUNT + i] = fleet_bys[i].word;
	if (api->is_hub && read_tag(req, question))
		return true;
	if (!fb_param_enum(req, "by", words, usual, &by))
		return false;
	what = by < FB_ROLLUP_BYS_COUNT ? &fb_rollup_bys[by] : &fleet_bys[by - FB_ROLLUP_BYS_COUNT];
	question->ask.by = by < FB_ROLLUP_BYS_COUNT ? (enum fb_rollup_by)by : FB_ROLLUP_total;
	question->fleet = (struct fb_fleetsums_ask){.word = what->word, .field = what->field};
	return true;
}

/* Seconds that are whole, so that an answer is of what was asked for at least. */
static bool read_period(struct fb_request *req, int64_t now_ms, struct fb_period *ret_period)
{
	int64_t since_ms, until_ms;

	if (!fb_params_moment(req, "since", now_ms, &since_ms) ||
	    !fb_params_moment(req, "until", now_ms, &until_ms))
		return false;
	if (!until_ms)
		until_ms = now_ms;
	if (!since_ms)
		since_ms = until_ms - DAY_S * 1000ll;
	*ret_period = (struct fb_period){since_ms / 1000, (until_ms + 999) / 1000};
	if (since_ms > 0 && since_ms < until_ms)
		return true;
	fb_reply_param(req, "since", "must be before until");
	return false;
}

static bool read_before(struct fb_request *req, const struct fb_period *of,
			struct fb_period *ret_before)
{
	static const char *const words[] = {"none", "previous", "day", "week", NULL};
	int64_t back[] = {0, of->until - of->since, DAY_S, 7 * DAY_S};
	unsigned int compare;

	if (!fb_param_enum(req, "compare", words, 0, &compare))
		return false;
	if (compare)
		*ret_before =
			(struct fb_period){of->since - back[compare], of->until - back[compare]};
	return true;
}

static bool read_sort(struct fb_request *req, enum fb_rollup_sort *ret_sort)
{
	static const char *const words[] = {"bytes", "change", NULL};
	unsigned int sort;

	if (!fb_param_enum(req, "sort", words, FB_ROLLUP_BY_BYTES, &sort))
		return false;
	*ret_sort = sort;
	return true;
}

static bool read_ahead(struct fb_request *req, int *ret_ahead)
{
	const char *text = fb_param(req, "tz_min");
	char *end = NULL;
	const long minutes = text ? strtol(text, &end, 10) : 0;

	*ret_ahead = (int)minutes * MINUTE_S;
	if (!text || (!*end && labs(minutes) <= TZ_MOST_MIN))
		return true;
	fb_reply_param(req, "tz_min", "must be minutes, from -%d to %d", TZ_MOST_MIN, TZ_MOST_MIN);
	return false;
}

bool fb_pastsums_fill(struct fb_request *req, int64_t now_ms, struct fb_past_job *job)
{
	const unsigned int kind = kind_of(req);
	struct question *question = calloc(1, sizeof(*question));
	struct fb_rollup_ask *sums = &question->ask;
	uint64_t limit;

	if (!question) {
		fb_reply_no_memory(req);
		return false;
	}
	job->what = question;
	job->other = ask;
	job->of_fleet = ask_fleet;
	sums->key = fb_param(req, "key");
	if (!read_by(req, kinds[kind].by, question) || !read_period(req, now_ms, &sums->of) ||
	    !read_before(req, &sums->of, &sums->before) || !read_sort(req, &sums->sort) ||
	    !read_ahead(req, &question->ahead) ||
	    !fb_param_u64(req, "limit", 1, kinds[kind].most, kinds[kind].limit, &limit))
		return false;
	sums->limit = (unsigned int)limit;
	question->fleet.rollup = *sums;
	question->fleet.once = job->ask.once;
	return true;
}
