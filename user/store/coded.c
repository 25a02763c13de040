/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/coded.h"

#include <arpa/inet.h>
#include <string.h>

static void add_bytes(struct fb_buf *buf, enum fb_coded_type type, const void *bytes, size_t len)
{
	const uint16_t kept = (uint16_t)(len < UINT16_MAX ? len : UINT16_MAX);
	char head[3] = {(char)type};

	memcpy(head + 1, &kept, sizeof(kept));
	fb_buf_add(buf, head, sizeof(head));
	fb_buf_add(buf, bytes, kept);
}

static void add_number(struct fb_buf *buf, int64_t number)
{
	char bytes[FB_BUF_SHORT] = {FB_CODED_IS_NUMBER};

	memcpy(bytes + 1, &number, sizeof(number));
	fb_buf_add_short(buf, bytes, 1 + sizeof(number));
}

static void add_addr(struct fb_buf *buf, const struct fb_value *value)
{
	uint32_t net;

	if (value->family != FB_IPV4) {
		add_bytes(buf, FB_CODED_IS_BLOB, value->addr, 16);
		return;
	}
	memcpy(&net, value->addr + 12, sizeof(net));
	add_number(buf, ntohl(net));
}

/* "\x1fh2\x1fhttp/1.1\x1f" */
static bool add_list(struct fb_buf *buf, const struct fb_field *field, const struct fb_flow_at *at)
{
	const size_t start = buf->len;
	struct fb_value item;
	uint16_t len;

	add_bytes(buf, FB_CODED_IS_TEXT, "", 0);
	for (unsigned int i = 0; buf->len - start < UINT16_MAX / 2; i++) {
		fb_value_clear(&item);
		field->item(at, i, &item);
		if (!item.known)
			break;
		fb_buf_addc(buf, FB_LIST_MARK);
		fb_buf_adds(buf, item.text);
	}
	if (fb_buf_error(buf) || buf->len == start + 3)
		return false;
	fb_buf_addc(buf, FB_LIST_MARK);
	len = (uint16_t)(buf->len - start - 3);
	memcpy(buf->data + start + 1, &len, sizeof(len));
	return true;
}

static bool add_value(struct fb_buf *buf, const struct fb_column *column,
		      const struct fb_flow_at *at)
{
	struct fb_value value;

	fb_value_clear(&value);
	column->field->get(at, &value);
	if (!value.known)
		return false;
	switch (column->coding) {
	case FB_CODED_IP:
		add_addr(buf, &value);
		return true;
	case FB_CODED_TEXT:
		add_bytes(buf, FB_CODED_IS_TEXT, value.text, strlen(value.text));
		return true;
	default:
		add_number(buf, (int64_t)value.num);
		return true;
	}
}

bool fb_coded_add(struct fb_buf *buf, const struct fb_column *column, const struct fb_flow_at *at)
{
	const size_t start = buf->len;

	if (column->coding == FB_CODED_LIST ? add_list(buf, column->field, at)
					    : add_value(buf, column, at))
		return true;
	buf->len = start;
	fb_buf_addc(buf, FB_CODED_IS_NULL);
	return false;
}

void fb_coded_add_from(struct fb_buf *buf, sqlite3_stmt *statement, int column)
{
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		add_number(buf, sqlite3_column_int64(statement, column));
		break;
	case SQLITE_TEXT:
		add_bytes(buf, FB_CODED_IS_TEXT, sqlite3_column_text(statement, column),
			  (size_t)sqlite3_column_bytes(statement, column));
		break;
	case SQLITE_BLOB:
		add_bytes(buf, FB_CODED_IS_BLOB, sqlite3_column_blob(statement, column),
			  (size_t)sqlite3_column_bytes(statement, column));
		break;
	default:
		fb_buf_addc(buf, FB_CODED_IS_NULL);
	}
}

const char *fb_coded_read(const char *at, struct fb_coded *ret_coded)
{
	*ret_coded = (struct fb_coded){.type = (enum fb_coded_type) * at++};
	switch (ret_coded->type) {
	case FB_CODED_IS_NULL:
		return at;
	case FB_CODED_IS_NUMBER:
		memcpy(&ret_coded->number, at, sizeof(ret_coded->number));
		return at + sizeof(ret_coded->number);
	default:
		memcpy(&ret_coded->len, at, sizeof(ret_coded->len));
		ret_coded->bytes = at + sizeof(ret_coded->len);
		return ret_coded->bytes + ret_coded->len;
	}
}

void fb_coded_bind(sqlite3_stmt *statement, int parameter, const struct fb_coded *coded)
{
	switch (coded->type) {
	case FB_CODED_IS_NULL:
		sqlite3_bind_null(statement, parameter);
		break;
	case FB_CODED_IS_NUMBER:
		sqlite3_bind_int64(statement, parameter, coded->number);
		break;
	case FB_CODED_IS_TEXT:
		sqlite3_bind_text(statement, parameter, coded->bytes, coded->len, SQLITE_STATIC);
		break;
	case FB_CODED_IS_BLOB:
		sqlite3_bind_blob(statement, parameter, coded->bytes, coded->len, SQLITE_STATIC);
		break;
	}
}
