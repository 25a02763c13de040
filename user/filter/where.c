/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements as they grow, and what columns are called. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter/sql.h"

void fb_where_fini(struct fb_where *where)
{
	fb_buf_fini(&where->text);
	free(where->param);
	*where = (struct fb_where)FB_WHERE_INIT;
}

static bool make_room(struct fb_where *where)
{
	const unsigned int size = where->size ? 2 * where->size : 32;
	struct fb_where_param *grown;

	if (where->n < where->size)
		return true;
	grown = size > FB_WHERE_PARAMS * 2 ? NULL : realloc(where->param, size * sizeof(*grown));
	if (!grown)
		return false;
	where->param = grown;
	where->size = size;
	return true;
}

int fb_where_keep(struct fb_where *where, const struct fb_where_param *param)
{
	if (!make_room(where)) {
		where->text.error = -ENOMEM;
		return -ENOMEM;
	}
	where->param[where->n++] = *param;
	return 0;
}

void fb_where_put_num(struct fb_where *where, const struct fb_where_dialect *dialect, int64_t num)
{
	const struct fb_where_param param = {.kind = FB_WHERE_NUM, .num = num};

	dialect->put_param(where, &param);
}

void fb_where_adds(struct fb_where *where, const char *text)
{
	fb_buf_adds(&where->text, text);
}

/* --- columns --------------------------------------------------------------------------------- */

static const char *const columns[FB_FIELD_COUNT] = {
#define FIELD(id, ...) [FB_FIELD_##id] = "\"" #id "\"",
#define LIST(id, ...)  [FB_FIELD_##id] = "\"" #id "\"",
#include "flow/fields.def"
};

const char *fb_where_expression(const struct fb_field *field)
{
	switch (field->id) {
	case FB_FIELD_bytes:
		return "(\"bytes_up\"+\"bytes_down\")";
	case FB_FIELD_packets:
		return "(\"packets_up\"+\"packets_down\")";
	case FB_FIELD_duration:
		return "(\"last_seen\"-\"first_seen\")";
	case FB_FIELD_nat_src:
		return columns[FB_FIELD_nat_src_ip];
	case FB_FIELD_nat_dst:
		return columns[FB_FIELD_nat_dst_ip];
	case FB_FIELD_rate_up:
	case FB_FIELD_rate_down:
	case FB_FIELD_rate:
	case FB_FIELD_pps_up:
	case FB_FIELD_pps_down:
	case FB_FIELD_pps:
	case FB_FIELD_idle:
	case FB_FIELD_timeout:
		return NULL;
	default:
		return columns[field->id];
	}
}

static void use(struct fb_where *where, enum fb_field_id id)
{
	static const struct {
		enum fb_field_id id, of[2];
	} follow[] = {
		{FB_FIELD_bytes, {FB_FIELD_bytes_up, FB_FIELD_bytes_down}},
		{FB_FIELD_packets, {FB_FIELD_packets_up, FB_FIELD_packets_down}},
		{FB_FIELD_duration, {FB_FIELD_first_seen, FB_FIELD_last_seen}},
		{FB_FIELD_nat_src, {FB_FIELD_nat_src_ip, FB_FIELD_nat_src_ip}},
		{FB_FIELD_nat_dst, {FB_FIELD_nat_dst_ip, FB_FIELD_nat_dst_ip}},
	};

	where->used[id] = true;
	for (size_t i = 0; i < sizeof(follow) / sizeof(*follow); i++)
		if (follow[i].id == id)
			where->used[follow[i].of[0]] = where->used[follow[i].of[1]] = true;
}

void fb_where_column(struct fb_where *where, enum fb_field_id id)
{
	use(where, id);
	fb_where_adds(where, fb_where_expression(&fb_fields[id]));
}

int fb_where_refuse(const struct fb_field *field, struct fb_filter_error *ret_error)
{
	*ret_error = (struct fb_filter_error){.length = 0};
	snprintf(ret_error->detail, sizeof(ret_error->detail),
		 "%s is of the moment: history does not keep it; ask for bytes or times",
		 field->name);
	return -EINVAL;
}
