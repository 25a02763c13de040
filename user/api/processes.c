/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs that flows belong to. */
#include <errno.h>

#include "api/api.h"
#include "api/list_json.h"
#include "api/params.h"
#include "api/routes.h"
#include "http/reply.h"
#include "query/programs.h"
#include "util/cleanup.h"

static void write_owner(struct fb_json *json, const struct fb_program *program)
{
	const struct fb_owner *owner = program->owner;

	fb_json_kv_str(json, "process", owner->process);
	fb_json_kv_array(json, "pids");
	for (uint32_t i = 0; i < program->n_pids; i++)
		fb_json_u64(json, program->pid[i]);
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "processes", program->processes);
	fb_json_kv_str(json, "exe", owner->exe);
	fb_json_kv_str(json, "user", owner->user);
	fb_json_kv_str(json, "unit", owner->unit);
	fb_json_kv_str(json, "container", owner->container);
	fb_json_kv_str(json, "container_name", owner->container_name);
}

static void write_program(struct fb_json *json, const struct fb_snapshot *snapshot,
			  const struct fb_program *program)
{
	fb_json_object(json);
	write_owner(json, program);
	fb_json_kv_u64(json, "flows", program->flows);
	fb_json_kv_u64(json, "active", program->active);
	fb_write_ends(json, "bytes", program->bytes, 1);
	fb_write_ends(json, "packets", program->packets, 1);
	fb_write_ends(json, "rate_bps", program->rate, 8);
	fb_json_kv_array(json, "peers");
	for (uint32_t i = 0; i < program->n_peers; i++)
		fb_json_str(json, program->peer[i]);
	fb_json_end(json, ']');
	fb_json_kv_time(json, "first_seen", fb_snapshot_wall_ms(snapshot, program->first_seen));
	fb_json_kv_time(json, "last_seen", fb_snapshot_wall_ms(snapshot, program->last_seen));
	fb_json_end(json, '}');
}

int fb_api_processes(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(fb_params_fini) struct fb_params spec = {.n_columns = 0};
	_cleanup_(fb_programs_fini) struct fb_programs programs = {0};
	struct fb_json *json;

	if (!fb_params_read(req, snapshot->wall_ms, &spec) || !fb_params_place(req, &spec.query))
		return 0;
	if (fb_query_programs(snapshot, &spec.query, &programs) < 0)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (uint32_t i = 0; i < programs.n; i++)
		write_program(json, snapshot, &programs.item[i]);
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "unowned", programs.unowned);
	fb_json_kv_u64(json, "left_out", programs.left_out);
	fb_write_page(json, &spec.query, snapshot->epoch, programs.total, programs.total,
		      programs.n);
	fb_write_stamp(json, snapshot);
	fb_json_end(json, '}');
	return 0;
}
