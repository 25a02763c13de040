/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table of fields: it drives JSON columns, CSV, filter, sort, group and the CLI.
 * Adding a field is one line in fields.c and, if it is new, its getter.
 */
#pragma once

#include "flow/snapshot.h"
#include "util/json.h"

enum fb_type {
	FB_TYPE_ID,
	FB_TYPE_IP,
	FB_TYPE_PORT,
	FB_TYPE_TEXT,
	FB_TYPE_ENUM,
	FB_TYPE_INT,
	FB_TYPE_BYTES,
	FB_TYPE_PACKETS,
	FB_TYPE_RATE,	  /* bits per second */
	FB_TYPE_DURATION, /* in the field's unit */
	FB_TYPE_TIME,	  /* ms since 1970 */
	FB_TYPE_BOOL,
	FB_TYPE_COUNT
};

#define FB_VALUE_TEXT 160

/* One value; nothing in it outlives the snapshot. */
struct fb_value {
	bool known;		 /* false: null */
	uint8_t family;		 /* IP */
	uint64_t num;		 /* all but IP and TEXT; ENUM: for order, if it has one */
	const char *text;	 /* TEXT and ENUM */
	const uint8_t *addr;	 /* IP */
	char buf[FB_VALUE_TEXT]; /* where `text` is made, when it has to be; not copied by value */
};

struct fb_field {
	const char *name, *label;
	enum fb_type type;
	const char *unit; /* "bytes", "bit/s", "ms", "s", "packets"; NULL none */
	const char *help;
	uint8_t decimals; /* the number is num / 10^decimals */
	bool right;	  /* aligned */
	bool sortable, filterable, groupable;
	bool shown; /* by default */
	void (*get)(const struct fb_flow_at *at, struct fb_value *ret_value);
};

/* The IPS_* bits that have a name; NULL after the last. Bit number of entry `i`. */
const char *fb_conntrack_flag_name(unsigned int i, unsigned int *ret_bit);

extern const struct fb_field fb_fields[];
extern const unsigned int fb_n_fields;

/* By name or alias ("src", "dport", "rate", ...); NULL unknown. Either-end names have none. */
const struct fb_field *fb_field_find(const char *name, size_t len);

/* The nearest field name or alias to a misspelt one; NULL when none is near. */
const char *fb_field_suggest(const char *name, size_t len);

/* How many edits from the one to the other; 99: too many to count. */
unsigned int fb_name_distance(const char *a, size_t len, const char *b);

/*
 * "duration" for duration_ms: the unit of a number without one, and the alias; NULL for all names
 * that need none or say it themselves.
 */
const char *fb_field_bare_unit(const char *name, size_t len, const char **ret_alias);

const char *fb_type_name(enum fb_type type);

static inline void fb_field_get(const struct fb_field *field, const struct fb_flow_at *at,
				struct fb_value *ret_value)
{
	ret_value->known = false;
	ret_value->num = 0;
	ret_value->text = NULL;
	ret_value->addr = NULL;
	field->get(at, ret_value);
}

/* -1, 0, 1; unknown values are below all others. */
int fb_value_compare(const struct fb_field *field, const struct fb_value *a,
		     const struct fb_value *b);

/* The value as JSON: number, string, boolean or null. */
void fb_field_write_json(struct fb_json *json, const struct fb_field *field,
			 const struct fb_value *value);
/* As text, without quotes: CSV and terminals escape it themselves. */
void fb_field_write_text(struct fb_buf *buf, const struct fb_field *field,
			 const struct fb_value *value);

/* One CSV cell, quoted if need be; what a spreadsheet would run as a formula gets a quote before.
 */
void fb_field_write_csv(struct fb_buf *buf, const struct fb_field *field,
			const struct fb_value *value);
void fb_fields_write_csv_header(struct fb_buf *buf, const struct fb_field *const *fields,
				unsigned int n);

/* The whole flow object of the API. */
void fb_flow_write_json(struct fb_json *json, const struct fb_flow_at *at);

/* Body of GET /api/v1/fields: an array of field descriptions. */
void fb_fields_write_json(struct fb_json *json);
