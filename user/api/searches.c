/* SPDX-License-Identifier: BSD-2-Clause */
/* How far questions to history are, for who waits for them. */
#include "api/api.h"
#include "api/routes.h"
#include "http/reply.h"
#include "store/pastpool.h"

int fb_api_searches(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_pastpool_search searches[FB_PASTPOOL_SHARE];
	const unsigned int n =
		api->past ? fb_pastpool_searches(api->past, req->source, searches) : 0;
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++) {
		fb_json_object(json);
		fb_json_kv_str(json, "search", searches[i].name);
		fb_json_kv_u64(json, "rows", searches[i].rows);
		fb_json_key(json, "share");
		fb_json_decimal(json, searches[i].permille, 3);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}
