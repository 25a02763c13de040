/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of fields. */
#include "flow/fields.h"

#include <string.h>

#include "flow/getters.h"
#include "flow/owner.h"

/* flags of a line */
enum {
	R = 1 << 0,
	S = 1 << 1,
	F = 1 << 2,
	G = 1 << 3,
	D = 1 << 4,
	A = 1 << 5,
	T = 1 << 6,
	P = 1 << 7,
};

/* What the line itself names, its path above all, comes last and stands. */
#define LINE(id_, name_, type_, label_, section_, flags_, help_, ...)                              \
	[FB_FIELD_##id_] = {.id = FB_FIELD_##id_,                                                  \
			    .name = name_,                                                         \
			    .path = (flags_) & T ? NULL : name_,                                   \
			    .type = FB_TYPE_##type_,                                               \
			    .label = label_,                                                       \
			    .section = FB_SECTION_##section_,                                      \
			    .help = help_,                                                         \
			    .right = !!((flags_) & R),                                             \
			    .sortable = !!((flags_) & S),                                          \
			    .filterable = !!((flags_) & F),                                        \
			    .groupable = !!((flags_) & G),                                         \
			    .shown = !!((flags_) & D),                                             \
			    .always = !!((flags_) & A),                                            \
			    .parent = !!((flags_) & P),                                            \
			    __VA_ARGS__},

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const struct fb_field fb_fields[FB_FIELD_COUNT] = {
#define FIELD(id, ...) LINE(id, __VA_ARGS__, .get = fb_get_##id)
#define LIST(id, ...)  LINE(id, __VA_ARGS__, .item = fb_item_##id)
#include "flow/fields.def"
};
#pragma GCC diagnostic pop

void fb_field_join(const struct fb_field *field, const struct fb_flow_at *at,
		   struct fb_value *ret_value)
{
	struct fb_value item;
	size_t len = 0;

	for (unsigned int i = 0;; i++) {
		size_t n;

		fb_value_clear(&item);
		field->item(at, i, &item);
		if (!item.known)
			break;
		n = strlen(item.text);
		if (len + n + 2 > sizeof(ret_value->buf))
			continue;
		if (len)
			ret_value->buf[len++] = ',';
		memcpy(ret_value->buf + len, item.text, n);
		len += n;
	}
	ret_value->buf[len] = '\0';
	fb_set_text(ret_value, ret_value->buf);
}
