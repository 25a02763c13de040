/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/evidenceroute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "api/actor.h"
#include "api/api.h"
#include "api/status_json.h"
#include "engine/engine.h"
#include "engine/status.h"
#include "http/reply.h"
#include "http/route.h"
#include "store/handover.h"
#include "util/cleanup.h"

#define BUDGET_MS 600000 /* of a question to the history; there are as many as it takes */

bool fb_evidence_is_asked(const struct fb_request *req)
{
	return req->route->handle == fb_api_evidence;
}

int fb_api_evidence(struct fb_request *req)
{
	const struct fb_past_job *job = req->waited;
	struct fb_handover *what = job->what;

	req->reply.response = MHD_create_response_from_fd64(what->bytes, what->fd);
	if (!req->reply.response)
		return -ENOMEM;
	what->fd = -1; /* the response's */
	fb_reply_header(req, "Content-Disposition",
			"attachment; filename=\"flowbpf-evidence.tar.gz\"");
	req->reply.status = 200;
	req->reply.type = "application/gzip";
	return 0;
}

static void write_asked(struct fb_json *json, const struct fb_request *req)
{
	struct fb_actor actor;

	fb_actor_of(req, &actor);
	fb_json_kv_object(json, "asked");
	for (unsigned int i = 0; i < req->n_params; i++)
		fb_json_kv_str(json, req->params[i].name, req->params[i].value);
	fb_json_end(json, '}');
	fb_json_kv_str(json, "role", actor.role);
	fb_json_kv_str(json, "user", *actor.user ? actor.user : NULL);
	fb_json_kv_str(json, "peer", *actor.peer ? actor.peer : NULL);
	fb_json_kv_str(json, "request_id", req->id);
}

static void write_machine(struct fb_json *json)
{
	struct utsname name;

	fb_json_kv_str(json, "flowbpf", FLOWBPF_VERSION);
	if (uname(&name) < 0)
		return;
	fb_json_kv_str(json, "host", name.nodename);
	fb_json_key(json, "kernel");
	fb_json_strf(json, "%s %s %s", name.sysname, name.release, name.machine);
}

static void write_about(struct fb_json *json, const struct fb_request *req,
			const struct fb_status *status, const struct fb_past_ask *ask,
			int64_t now_ms)
{
	fb_json_object(json);
	fb_json_kv_time(json, "made", now_ms);
	write_asked(json, req);
	fb_json_kv_time(json, "since", ask->since_ms);
	fb_json_kv_time(json, "until", ask->until_ms ? ask->until_ms : now_ms);
	write_machine(json);
	fb_json_key(json, "interfaces");
	fb_status_write_links(json, status);
	fb_json_key(json, "losses");
	fb_status_write_losses(json, status);
	fb_json_end(json, '}');
	fb_buf_addc(json->buf, '\n');
	fb_buf_addc(json->buf, '\0');
}

bool fb_evidence_fill(struct fb_request *req, int64_t now_ms, struct fb_past_job *job)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));
	_cleanup_buf_ struct fb_buf about = FB_BUF_INIT;
	struct fb_handover *what = NULL;
	struct fb_json json;

	fb_json_init(&json, &about);
	if (status) {
		fb_engine_status(api->engine, status);
		write_about(&json, req, status, &job->ask, now_ms);
	}
	if (status && !fb_buf_error(&about))
		what = malloc(sizeof(*what) + about.len);
	if (!what) {
		fb_reply_no_memory(req);
		return false;
	}
	*what = (struct fb_handover){
		.folder = fb_engine_history_dir(api->engine),
		.since_ms = job->ask.since_ms,
		.until_ms = job->ask.until_ms ? job->ask.until_ms : now_ms,
		.now_ms = now_ms,
		.fd = -1,
	};
	memcpy(what->about, about.data, about.len);
	job->what = what;
	job->end = fb_handover_end;
	job->other = fb_handover_make;
	job->ask.budget_ms = BUDGET_MS;
	return true;
}
