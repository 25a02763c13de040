/* SPDX-License-Identifier: BSD-2-Clause */
/* The operator's lists, and what became of each. */
#include <errno.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/listbook.h"
#include "http/reply.h"
#include "util/cleanup.h"

static void write_list(struct fb_json *json, const struct fb_listbook_entry *entry)
{
	const struct fb_listset_facts *facts = &entry->facts;

	fb_json_object(json);
	fb_json_kv_str(json, "name", entry->name);
	fb_json_kv_str(json, "file", entry->path);
	fb_json_kv_bool(json, "exceptions", entry->allow);
	fb_json_kv_bool(json, "fetched", entry->fetched);
	fb_json_kv_bool(json, "in_use", entry->known);
	fb_json_kv_u64(json, "addresses", facts->addresses);
	fb_json_kv_u64(json, "domains", facts->domains);
	fb_json_kv_u64(json, "ja4", facts->ja4);
	fb_json_kv_u64(json, "bad_lines", facts->bad_lines);
	fb_json_kv_u64(json, "refused", facts->refused);
	fb_json_kv_str(json, "licence", *facts->licence ? facts->licence : NULL);
	fb_json_key(json, "changed");
	if (entry->changed)
		fb_json_time(json, entry->changed * 1000);
	else
		fb_json_null(json);
	fb_json_kv_str(json, "error", *entry->error.text ? entry->error.text : NULL);
	fb_json_end(json, '}');
}

int fb_api_lists(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_listbook_entry *list = calloc(FB_LISTS, sizeof(*list));
	struct fb_json *json;
	unsigned int n;

	if (!list)
		return -ENOMEM;
	n = fb_listbook_list(fb_engine_lists(api->engine), list);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++)
		write_list(json, &list[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}
