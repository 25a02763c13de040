/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/pastwindows.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/params.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "store/historylog.h"
#include "util/addr.h"
#include "util/cleanup.h"

#define MOST 1000 /* of an answer; `after` asks for those behind them */

struct question {
	int64_t since_ms, until_ms;
	uint64_t after;
	int n; /* found */
	struct fb_window list[MOST];
};

static void write_hosts(struct fb_json *json, const char *key, const struct fb_window_addr *host,
			uint32_t n)
{
	char addr[FB_ADDR_STRLEN];

	fb_json_kv_array(json, key);
	for (uint32_t i = 0; i < n && i < FB_WINDOW_HOSTS; i++)
		if (host[i].family) /* else it was erased */
			fb_json_str(json, fb_addr_format(host[i].addr, host[i].family, addr));
	fb_json_end(json, ']');
}

/* `sum` over `n`; null where there is none. */
static void write_average(struct fb_json *json, const char *key, uint64_t sum, uint64_t n,
			  double unit, int decimals)
{
	fb_json_key(json, key);
	if (n)
		fb_json_num(json, (double)sum / unit / (double)n, decimals);
	else
		fb_json_null(json);
}

static void write_predictions(struct fb_json *json, const struct fb_window_judged *judged)
{
	const uint64_t *action = judged->action;
	const uint64_t n =
		action[FB_JUDGE_ALLOW] + action[FB_JUDGE_INSPECT] + action[FB_JUDGE_DENY];

	fb_json_kv_object(json, "predictions");
	fb_json_kv_u64(json, "allow", action[FB_JUDGE_ALLOW]);
	fb_json_kv_u64(json, "deny", action[FB_JUDGE_DENY]);
	fb_json_kv_u64(json, "inspect", action[FB_JUDGE_INSPECT]);
	write_average(json, "avg_confidence", judged->confidence, judged->asked, 1000, 3);
	write_average(json, "avg_risk", judged->risk, n, 100, 3);
	write_average(json, "agreement_rate", judged->agreed, judged->asked, .01, 1);
	fb_json_end(json, '}');
}

void fb_window_write(struct fb_json *json, const struct fb_window *window)
{
	fb_json_object(json);
	fb_json_kv_u64(json, "id", window->id);
	fb_json_kv_u64(json, "batch_id", window->id);
	fb_json_kv_time(json, "start", window->start_ms);
	fb_json_kv_time(json, "end", window->end_ms);
	fb_json_kv_time(json, "completion_time", window->end_ms);
	fb_json_kv_object(json, "traffic");
	fb_json_kv_u64(json, "total_flows", window->flows);
	fb_json_kv_u64(json, "external_flows", window->external);
	fb_json_kv_u64(json, "local_flows", window->internal);
	fb_json_key(json, "external_ratio");
	fb_json_num(json,
		    window->flows ? 100.0 * (double)window->external / (double)window->flows : 0,
		    1);
	fb_json_end(json, '}');
	write_predictions(json, &window->judged);
	fb_json_kv_object(json, "protocols");
	for (int i = 0; i < FB_PAST_PROTOS; i++)
		fb_json_kv_u64(json, fb_past_proto_name((enum fb_past_proto)i), window->protos[i]);
	fb_json_end(json, '}');
	fb_json_kv_object(json, "bytes");
	fb_json_kv_u64(json, "up", window->bytes[FB_UP]);
	fb_json_kv_u64(json, "down", window->bytes[FB_DOWN]);
	fb_json_end(json, '}');
	write_hosts(json, "new_hosts", window->new_host, window->n_new);
	write_hosts(json, "gone_hosts", window->gone_host, window->n_gone);
	fb_json_kv_u64(json, "new_hosts_total", window->n_new);
	fb_json_kv_u64(json, "gone_hosts_total", window->n_gone);
	fb_json_kv_u64(json, "losses", window->losses);
	fb_json_key(json, "processing_ms");
	fb_json_num(json, (double)window->processing_us / 1000, 3);
	fb_json_end(json, '}');
}

/* Those after a number. */
static void write_windows(struct fb_request *req, struct fb_json *json, uint64_t after)
{
	const struct fb_api *api = req->ctx;
	struct fb_windows *windows = fb_engine_windows(api->engine);
	_cleanup_free_ struct fb_window *list = calloc(FB_WINDOWS, sizeof(*list));
	unsigned int n = list ? fb_windows_read(windows, after, list, FB_WINDOWS) : 0;

	fb_json_array(json);
	for (unsigned int i = 0; i < n; i++) {
		fb_told_window(api, &list[i], req->anonymised);
		fb_window_write(json, &list[i]);
	}
	fb_json_end(json, ']');
}

/* By a thread of the history's. */
static int ask(struct sqlite3 *db, struct fb_past_job *job)
{
	struct question *question = job->what;

	question->n = fb_historylog_windows(db, question->since_ms, question->until_ms,
					    question->after, question->list, MOST);
	return question->n < 0 ? question->n : 0;
}

static void write_found(const struct fb_past_job *job, struct fb_json *json)
{
	const struct question *question = job->what;

	fb_json_array(json);
	for (int i = 0; i < question->n; i++)
		fb_window_write(json, &question->list[i]);
	fb_json_end(json, ']');
}

int fb_api_windows(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_windows *windows = fb_engine_windows(api->engine);
	struct fb_json *json;
	uint64_t after, id;
	int64_t start_ms;

	if (!fb_param_u64(req, "after", 0, INT64_MAX, 0, &after))
		return 0;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_u64(json, "length_s", fb_windows_seconds(windows));
	fb_windows_current(windows, &id, &start_ms);
	fb_json_kv_object(json, "current");
	fb_json_kv_u64(json, "id", id);
	fb_json_kv_time(json, "start", start_ms);
	fb_json_end(json, '}');
	fb_json_key(json, "items");
	if (req->waited)
		write_found(req->waited, json);
	else
		write_windows(req, json, after);
	fb_json_end(json, '}');
	return 0;
}

/* The windows as another dashboard calls them. */
int fb_api_alias_history(struct fb_request *req)
{
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_bool(json, "success", true);
	fb_json_key(json, "data");
	write_windows(req, json, 0);
	fb_json_end(json, '}');
	return 0;
}

bool fb_pastwindows_are_asked(const struct fb_request *req)
{
	return req->route->handle == fb_api_windows && fb_param(req, "since");
}

bool fb_pastwindows_fill(struct fb_request *req, int64_t now_ms, struct fb_past_job *job)
{
	struct question *question = calloc(1, sizeof(*question));

	if (!question) {
		fb_reply_no_memory(req);
		return false;
	}
	job->what = question;
	job->other = ask;
	if (!fb_params_moment(req, "since", now_ms, &question->since_ms) ||
	    !fb_params_moment(req, "until", now_ms, &question->until_ms) ||
	    !fb_param_u64(req, "after", 0, INT64_MAX, 0, &question->after))
		return false;
	if (!question->until_ms)
		question->until_ms = now_ms;
	return true;
}
