/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A filter as the condition of a WHERE: over columns that are called as fields.def calls fields in
 * C, coded as history stores them. One compiler, and for each database what it says otherwise
 * (dialectlite.c, dialecthouse.c). It holds for the rows whose flows fb_filter_match takes: never
 * NULL, and what is not known is neither equal nor like anything.
 */
#pragma once

#include "filter/filter.h"
#include "flow/fields.h"

enum fb_where_kind { FB_WHERE_NUM, FB_WHERE_TEXT, FB_WHERE_BYTES };

struct fb_where_param {
	enum fb_where_kind kind;
	int64_t num;
	const char *text; /* not NUL-terminated; of the filter, which has to live as long */
	uint16_t len;
	uint8_t bytes[16]; /* BYTES: all of them */
};

#define FB_WHERE_PARAMS (FB_FILTER_TERMS * 8 + 64)

/* A statement that grows: its text, and what stands for its parameters in their order. */
struct fb_where {
	struct fb_buf text; /* an error of it is one of memory, or of too many parameters */
	struct fb_where_param *param;
	unsigned int n, size;
	bool used[FB_FIELD_COUNT]; /* columns that it reads */
};

#define FB_WHERE_INIT {.text = FB_BUF_INIT}
void fb_where_fini(struct fb_where *where);
#define _cleanup_where_ __attribute__((__cleanup__(fb_where_fini)))

/* A pattern, or a value: not NUL-terminated; of the filter, which has to live as long. */
struct fb_where_text {
	const char *text;
	uint16_t len;
};

/* What databases say each in its own way. */
struct fb_where_dialect {
	/* A parameter where it stands. */
	void (*put_param)(struct fb_where *where, const struct fb_where_param *param);
	void (*put_bits)(struct fb_where *where, const struct fb_field *field, uint64_t mask);
	void (*put_addrs)(struct fb_where *where, enum fb_field_id id,
			  const uint8_t from[static 16], const uint8_t to[static 16],
			  uint8_t family);
	/* As fb_filter_column_is and fb_filter_column_like. */
	void (*put_is)(struct fb_where *where, const struct fb_field *field,
		       struct fb_where_text value, bool suffix);
	void (*put_like)(struct fb_where *where, const struct fb_field *field,
			 struct fb_where_text pattern);
	/* The same of an address and its port together. */
	void (*put_end_like)(struct fb_where *where, enum fb_field_id ip, enum fb_field_id port,
			     struct fb_where_text pattern);
	bool words; /* those of closed lists are texts, not their numbers */
};

extern const struct fb_where_dialect fb_where_sqlite, fb_where_clickhouse;

/* A parameter that is bound: 0, and it is number `where->n` from 1 on; -ENOMEM. */
int fb_where_keep(struct fb_where *where, const struct fb_where_param *param);
void fb_where_adds(struct fb_where *where, const char *text);
/* What the field is to be asked by, where it is kept. */
void fb_where_column(struct fb_where *where, enum fb_field_id id);
void fb_where_put_num(struct fb_where *where, const struct fb_where_dialect *dialect, int64_t num);

/* What a field is to be asked by, its column or what it follows from; NULL: it is not kept. */
const char *fb_where_expression(const struct fb_field *field);

/* Why a field cannot be asked of the past. -EINVAL. */
int fb_where_refuse(const struct fb_field *field, struct fb_filter_error *ret_error);

/* Append the condition, in parentheses. `now_ms`: what "-5m" counts from. 0, -EINVAL or -ENOMEM. */
int fb_filter_sql(const struct fb_filter *filter, const struct fb_where_dialect *dialect,
		  int64_t now_ms, struct fb_where *where, struct fb_filter_error *ret_error);

/* What the functions of a database call. `text` as the filter has it, not NUL-terminated. */
bool fb_filter_column_is(const struct fb_value *value, const char *text, size_t len, bool suffix);
bool fb_filter_column_like(const struct fb_field *field, const struct fb_value *value,
			   const char *pattern, size_t len);
