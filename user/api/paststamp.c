/* SPDX-License-Identifier: BSD-2-Clause */
/* What an answer is about; see the header. */
#include "api/paststamp.h"

#include "api/list_json.h"
#include "store/pastpool.h"

const struct fb_past_answer *fb_past_of(const struct fb_request *req)
{
	const struct fb_past_job *job = req->waited;

	return job ? &job->answer : NULL;
}

static void write_search(struct fb_json *json, const struct fb_past_job *job)
{
	const struct fb_past_answer *answer = &job->answer;

	fb_json_kv_object(json, "search");
	fb_json_kv_bool(json, "done", answer->done);
	fb_json_kv_time(json, "from", job->ask.at_ms ? job->ask.at_ms : answer->from_ms);
	fb_json_kv_time(json, "to", job->ask.at_ms ? job->ask.at_ms : answer->to_ms);
	fb_json_kv_time(json, "reached", answer->done ? answer->from_ms : answer->reached_ms);
	fb_json_kv_u64(json, "rows", answer->rows);
	fb_json_kv_u64(json, "left_out", answer->left_out);
	fb_json_end(json, '}');
}

void fb_past_write_stamp(struct fb_json *json, const struct fb_request *req)
{
	fb_write_stamp(json, req->edition);
	if (req->waited)
		write_search(json, req->waited);
}
