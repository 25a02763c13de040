/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What takes the value of a field out of a flow: fb_get_<id>, for lists fb_item_<id>, as the table
 * of fields names them. What is left alone is not known.
 */
#pragma once

#include "flow/fields.h"

#define FIELD(id, ...) void fb_get_##id(const struct fb_flow_at *at, struct fb_value *value);
#define LIST(id, ...)                                                                              \
	void fb_item_##id(const struct fb_flow_at *at, unsigned int i, struct fb_value *value);
#include "flow/fields.def"

#define GET(id) void fb_get_##id(const struct fb_flow_at *at, struct fb_value *value)
#define ITEM(id)                                                                                   \
	void fb_item_##id(const struct fb_flow_at *at, unsigned int i, struct fb_value *value)
#define FLOW  (at->flow)
#define MOVED (at->traffic)

static inline void fb_set(struct fb_value *value, uint64_t num)
{
	value->known = true;
	value->num = num;
}

static inline void fb_set_text(struct fb_value *value, const char *text)
{
	value->known = text && *text;
	value->text = value->known ? text : NULL;
}

static inline void fb_set_enum(struct fb_value *value, unsigned int num, const char *text)
{
	fb_set_text(value, text);
	value->num = num;
}
