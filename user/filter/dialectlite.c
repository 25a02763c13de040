/* SPDX-License-Identifier: BSD-2-Clause */
/* SQLite: parameters are bound, and functions of its connection call the filter's own code. */
#include "filter/sql.h"

#include <string.h>

static void put_param(struct fb_where *where, const struct fb_where_param *param)
{
	if (fb_where_keep(where, param) == 0)
		fb_buf_addf(&where->text, "?%u", where->n);
}

static void put_text(struct fb_where *where, struct fb_where_text text)
{
	const struct fb_where_param param = {
		.kind = FB_WHERE_TEXT, .text = text.text, .len = text.len};

	put_param(where, &param);
}

static void put_bits(struct fb_where *where, const struct fb_field *field, uint64_t mask)
{
	fb_where_adds(where, "(");
	fb_where_column(where, field->id);
	fb_where_adds(where, " & ");
	fb_where_put_num(where, &fb_where_sqlite, (int64_t)mask);
	fb_where_adds(where, ")");
}

/* IPv4 is a number, IPv6 16 bytes: neither is between two of the other. */
static void put_addr(struct fb_where *where, const uint8_t addr[static 16], uint8_t family)
{
	struct fb_where_param param = {.kind = FB_WHERE_BYTES};

	if (family == FB_IPV4) {
		fb_where_put_num(where, &fb_where_sqlite,
				 (int64_t)((uint64_t)addr[12] << 24 | addr[13] << 16 |
					   addr[14] << 8 | addr[15]));
		return;
	}
	memcpy(param.bytes, addr, sizeof(param.bytes));
	put_param(where, &param);
}

static void put_addrs(struct fb_where *where, enum fb_field_id id, const uint8_t from[static 16],
		      const uint8_t to[static 16], uint8_t family)
{
	fb_where_column(where, id);
	fb_where_adds(where, " BETWEEN ");
	put_addr(where, from, family);
	fb_where_adds(where, " AND ");
	put_addr(where, to, family);
}

static void put_call(struct fb_where *where, const char *function, enum fb_field_id id)
{
	fb_buf_addf(&where->text, "%s(%u,", function, (unsigned int)id);
	fb_where_column(where, id);
	fb_where_adds(where, ",");
}

static void put_is(struct fb_where *where, const struct fb_field *field, struct fb_where_text value,
		   bool suffix)
{
	put_call(where, "fb_is", field->id);
	put_text(where, value);
	fb_where_adds(where, suffix ? ",1)" : ",0)");
}

static void put_like(struct fb_where *where, const struct fb_field *field,
		     struct fb_where_text pattern)
{
	put_call(where, "fb_like", field->id);
	put_text(where, pattern);
	fb_where_adds(where, ")");
}

static void put_end_like(struct fb_where *where, enum fb_field_id ip, enum fb_field_id port,
			 struct fb_where_text pattern)
{
	fb_where_adds(where, "fb_end_like(");
	fb_where_column(where, ip);
	fb_where_adds(where, ",");
	fb_where_column(where, port);
	fb_where_adds(where, ",");
	put_text(where, pattern);
	fb_where_adds(where, ")");
}

const struct fb_where_dialect fb_where_sqlite = {
	put_param, put_bits, put_addrs, put_is, put_like, put_end_like, false,
};
