/* SPDX-License-Identifier: BSD-2-Clause */
/* Values by the type of their field; see the header. */
#include "flow/value.h"

#include <string.h>
#include <strings.h>

#include "util/addr.h"

int fb_value_compare(const struct fb_field *field, const struct fb_value *a,
		     const struct fb_value *b)
{
	int order;

	if (!a->known || !b->known)
		return a->known - b->known;
	if (field->type == FB_TYPE_IP || field->type == FB_TYPE_ENDPOINT) {
		order = a->family == b->family ? memcmp(a->addr, b->addr, 16)
					       : a->family - b->family;
		if (order || field->type == FB_TYPE_IP)
			return (order > 0) - (order < 0);
	}
	if (field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM) {
		order = strcasecmp(a->text, b->text);
		return (order > 0) - (order < 0);
	}
	return (a->num > b->num) - (a->num < b->num);
}

void fb_value_write_json(struct fb_json *json, const struct fb_field *field,
			 const struct fb_value *value)
{
	char addr[FB_ADDR_STRLEN];

	if (!value->known)
		fb_json_null(json);
	else if (field->type == FB_TYPE_IP)
		fb_json_str(json, fb_addr_format(value->addr, value->family, addr));
	else if (value->text)
		fb_json_str(json, value->text);
	else if (field->type == FB_TYPE_BOOL)
		fb_json_bool(json, value->num != 0);
	else if (field->type == FB_TYPE_TIME)
		fb_json_time(json, (int64_t)value->num);
	else
		fb_json_decimal(json, value->num, field->decimals);
}

void fb_value_write_text(struct fb_buf *buf, const struct fb_field *field,
			 const struct fb_value *value)
{
	char text[FB_ADDR_STRLEN];

	if (!value->known)
		return;
	if (field->type == FB_TYPE_IP)
		fb_buf_adds(buf, fb_addr_format(value->addr, value->family, text));
	else if (value->text)
		fb_buf_adds(buf, value->text);
	else if (field->type == FB_TYPE_BOOL)
		fb_buf_adds(buf, value->num ? "true" : "false");
	else if (field->type == FB_TYPE_TIME)
		fb_buf_adds(buf, fb_json_format_time((int64_t)value->num, text));
	else
		fb_buf_add_decimal(buf, value->num, field->decimals);
}
