/* SPDX-License-Identifier: BSD-2-Clause */
/* Members that lists have in common; see the header. */
#include "api/list_json.h"
#include "flow/value.h"

#include <math.h>

/* A cursor is where to go on, with the epoch it was made in, so that nobody takes it for a number.
 */
static void write_cursor(struct fb_json *json, const char *key, uint64_t epoch, bool there,
			 uint64_t offset)
{
	fb_json_key(json, key);
	if (there)
		fb_json_strf(json, "%llx.%llx", (unsigned long long)epoch,
			     (unsigned long long)offset);
	else
		fb_json_null(json);
}

void fb_write_page(struct fb_json *json, const struct fb_query *query, uint64_t epoch,
		   uint64_t total, uint64_t matched, uint32_t n)
{
	uint64_t before = query->offset > query->limit ? query->offset - query->limit : 0;

	fb_json_kv_object(json, "page");
	fb_json_kv_u64(json, "total", total);
	fb_json_kv_u64(json, "matched", matched);
	fb_json_kv_u64(json, "limit", query->limit);
	fb_json_kv_u64(json, "offset", query->offset);
	write_cursor(json, "next", epoch, n && query->offset + n < matched,
		     query->offset + (uint64_t)n);
	write_cursor(json, "prev", epoch, query->offset > 0, before);
	fb_json_end(json, '}');
}

void fb_write_stamp(struct fb_json *json, const struct fb_snapshot *snapshot)
{
	fb_json_kv_time(json, "as_of", snapshot->wall_ms);
	fb_json_kv_u64(json, "epoch", snapshot->epoch);
}

void fb_write_reading(struct fb_json *json, uint64_t left_out, int64_t read_ms)
{
	fb_json_kv_u64(json, "left_out", left_out);
	fb_json_key(json, "read");
	if (read_ms)
		fb_json_time(json, read_ms);
	else
		fb_json_null(json);
}

void fb_write_ends(struct fb_json *json, const char *key, const uint64_t ends[2], uint64_t factor)
{
	fb_json_kv_object(json, key);
	fb_json_kv_u64(json, "up", ends[FB_UP] * factor);
	fb_json_kv_u64(json, "down", ends[FB_DOWN] * factor);
	fb_json_end(json, '}');
}

void fb_write_totals(struct fb_json *json, const struct fb_query_totals *totals)
{
	fb_json_object(json);
	fb_json_kv_u64(json, "flows", totals->flows);
	fb_write_ends(json, "bytes", totals->bytes, 1);
	fb_write_ends(json, "packets", totals->packets, 1);
	fb_write_ends(json, "rate_bps", totals->rate, 8);
	fb_json_kv_u64(json, "hosts", totals->hosts);
	fb_json_end(json, '}');
}

void fb_write_host(struct fb_json *json, const char *key, const struct fb_flow *flow)
{
	const struct fb_flow_name *host = fb_flow_host(flow);

	fb_json_kv_str(json, key, host ? host->text : NULL);
}

void fb_write_value(struct fb_json *json, const struct fb_field *field, const struct fb_flow_at *at)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_value value;

	fb_field_get(field, at, &value);
	if (value.known)
		fb_value_write_text(&text, field, &value);
	fb_json_strn(json, text.data ? text.data : "", text.len);
}

void fb_write_points(struct fb_json *json, const char *key, const float *values, uint32_t n)
{
	fb_json_kv_array(json, key);
	for (uint32_t i = 0; i < n; i++) {
		if (isnan(values[i]))
			fb_json_null(json);
		else
			fb_json_u64(json, (uint64_t)((double)values[i] + 0.5));
	}
	fb_json_end(json, ']');
}
