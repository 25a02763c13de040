/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter language over HTTP: does it parse, how may it go on. */
#include <errno.h>
#include <string.h>

#include "api/routes.h"
#include "filter/filter.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/jsonin.h"

int fb_api_filter_validate(struct fb_request *req)
{
	static const char *const known[] = {"filter", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	_cleanup_filter_ struct fb_filter *filter = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_filter_error place;
	const char *given = NULL;
	struct fb_json *json;
	int r;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return 0;
	fb_jsonin_only(in, known);
	if (!fb_jsonin_str(in, "filter", &given))
		fb_jsonin_fail(in, "filter", "is missing");
	if (!fb_reply_check_json(req, in))
		return 0;
	r = fb_filter_compile(given, &filter, &place);
	if (r == -EINVAL) {
		fb_reply_filter_error(req, "filter", place.offset, place.length, place.detail,
				      place.suggestion);
		return 0;
	}
	if (!r && filter)
		fb_filter_print(filter, &text);
	if (r || text.error)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_bool(json, "ok", true);
	fb_json_key(json, "canonical");
	fb_json_strn(json, text.data ? text.data : "", text.len);
	fb_json_end(json, '}');
	return 0;
}

int fb_api_filter_complete(struct fb_request *req)
{
	struct fb_filter_choice choices[FB_FILTER_CHOICES];
	const char *given = fb_param(req, "q"), *text = given ? given : "";
	unsigned int n, start = 0, end = 0;
	struct fb_json *json;
	uint64_t pos;

	if (strlen(text) > FB_FILTER_BYTES) {
		fb_reply_param(req, "q", "is longer than %d bytes", FB_FILTER_BYTES);
		return 0;
	}
	if (!fb_param_u64(req, "pos", 0, strlen(text), strlen(text), &pos))
		return 0;
	n = fb_filter_complete(text, (unsigned int)pos, &start, &end, choices);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++) {
		fb_json_object(json);
		fb_json_kv_str(json, "text", choices[i].text);
		fb_json_kv_str(json, "kind", choices[i].kind);
		fb_json_kv_str(json, "help", choices[i].help);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "start", start);
	fb_json_kv_u64(json, "end", end);
	fb_json_end(json, '}');
	return 0;
}
