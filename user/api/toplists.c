/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/toplists.h"

#include <errno.h>
#include <stdio.h>

#include "api/list_json.h"
#include "api/params.h"

#define TOP 10

static void write_list(struct fb_json *json, const struct fb_ask *ask)
{
	for (uint32_t i = 0; i < ask->n_top; i++) {
		fb_json_object(json);
		fb_json_key(json, "key");
		fb_write_value(json, ask->field, &ask->top[i].first);
		fb_json_kv_u64(json, "count", ask->top[i].count);
		fb_json_kv_u64(json, "bytes", ask->top[i].bytes);
		fb_json_kv_u64(json, "rate_bps", ask->top[i].rate * 8);
		fb_json_end(json, '}');
	}
}

int fb_toplists_write(struct fb_json *json, struct fb_snapshot *snapshot,
		      const struct fb_toplist *lists, unsigned int n, const char *value)
{
	struct fb_params spec[FB_TOPLISTS_MOST] = {{.n_columns = 0}};
	struct fb_ask asks[FB_TOPLISTS_MOST];
	struct fb_params_error error;
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < n; i++) {
		char filter[96];
		struct fb_params_texts texts = {.filter = filter, .live = "both"};

		snprintf(filter, sizeof(filter), "%s=\"%s\"", lists[i].end, value);
		r = fb_params_parse(&texts, &spec[i], &error);
		asks[i] = (struct fb_ask){
			.kind = FB_ASK_TOP,
			.query = &spec[i].query,
			.field = &fb_fields[lists[i].field],
			.metric = FB_METRIC_BYTES,
			.n = TOP,
		};
	}
	if (r == 0)
		r = fb_query_ask(snapshot, asks, n);
	for (unsigned int i = 0; r == 0 && i < n; i++) {
		fb_json_kv_array(json, lists[i].key);
		write_list(json, &asks[i]);
		fb_json_end(json, ']');
		fb_ask_fini(&asks[i]);
	}
	for (unsigned int i = 0; i < n; i++)
		fb_params_fini(&spec[i]);
	return r;
}
