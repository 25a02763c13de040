/* SPDX-License-Identifier: BSD-2-Clause */
/* The databases that say where addresses are, and what became of each. */
#include <errno.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/geobook.h"
#include "http/reply.h"
#include "util/cleanup.h"

static void write_database(struct fb_json *json, const struct fb_geobook_entry *entry)
{
	const struct fb_geodb_facts *facts = &entry->facts;

	fb_json_object(json);
	fb_json_kv_str(json, "file", entry->path);
	fb_json_kv_bool(json, "in_use", entry->known);
	fb_json_kv_str(json, "format", entry->known ? facts->format : NULL);
	fb_json_kv_str(json, "describes", *facts->describes ? facts->describes : NULL);
	fb_json_kv_str(json, "credit", *entry->credit ? entry->credit : NULL);
	fb_json_kv_u64(json, "entries", facts->entries);
	fb_json_kv_u64(json, "bad_lines", facts->bad_lines);
	fb_json_key(json, "built");
	if (facts->built)
		fb_json_time(json, facts->built * 1000);
	else
		fb_json_null(json);
	fb_json_kv_str(json, "error", *entry->error.text ? entry->error.text : NULL);
	fb_json_end(json, '}');
}

int fb_api_geo(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_geobook_entry *list = calloc(FB_GEO_FILES, sizeof(*list));
	struct fb_json *json;
	unsigned int n;

	if (!list)
		return -ENOMEM;
	n = fb_geobook_list(fb_engine_geo(api->engine), list);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++)
		write_database(json, &list[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}
