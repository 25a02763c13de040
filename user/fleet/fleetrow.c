/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetrow.h"

#include "fleet/rowbinary.h"

#define MS_PER_DAY 86400000

static void put_words(struct fb_buf *row, const struct fb_fleet_words *words)
{
	fb_rowbinary_length(row, words->n);
	for (unsigned int i = 0; i < words->n; i++)
		fb_rowbinary_text(row, words->item[i]);
}

static void put_counts(struct fb_buf *row, const struct fb_fleet_counts *counts)
{
	fb_rowbinary_length(row, counts->n);
	for (unsigned int i = 0; i < counts->n; i++)
		fb_rowbinary_number(row, counts->item[i], 8);
}

/* A member of the struct, by the type of its column. */
#define PUT_DATE(value)	  fb_rowbinary_number(row, value, 2)
#define PUT_TIME(value)	  fb_rowbinary_number(row, value, 8)
#define PUT_FLAG(value)	  fb_rowbinary_number(row, value, 1)
#define PUT_COUNT(value)  fb_rowbinary_number(row, value, 8)
#define PUT_WORD(value)	  fb_rowbinary_text(row, value)
#define PUT_TEXT(value)	  fb_rowbinary_text(row, value)
#define PUT_WORDS(value)  put_words(row, &(value))
#define PUT_COUNTS(value) put_counts(row, &(value))

static void put_head(struct fb_buf *row, struct fb_fleet_head head)
{
	head.date = head.time / MS_PER_DAY;
#define X(name, type, help) PUT_##type(head.name);
	FB_FLEET_HEAD(X)
#undef X
}

/* --- fields of a flow ------------------------------------------------------------------------- */

static void put_list(struct fb_buf *row, const struct fb_field *field, const struct fb_flow_at *at)
{
	struct fb_value item;
	unsigned int n = 0;

	for (fb_field_item(field, at, n, &item); item.known; fb_field_item(field, at, n, &item))
		n++;
	fb_rowbinary_length(row, n);
	for (unsigned int i = 0; i < n; i++) {
		fb_field_item(field, at, i, &item);
		fb_rowbinary_text(row, item.text);
	}
}

static double real_of(const struct fb_field *field, uint64_t number)
{
	double value = (double)number;

	for (unsigned int i = 0; i < field->decimals; i++)
		value /= 10;
	return value;
}

static void put_value(struct fb_buf *row, const struct fb_field *field,
		      const struct fb_value *value, enum fb_fleet_type type)
{
	static const uint8_t no_addr[16];

	switch (type) {
	case FB_FLEET_WORD:
	case FB_FLEET_TEXT:
		fb_rowbinary_text(row, value->known ? value->text : NULL);
		break;
	case FB_FLEET_ADDR:
		fb_buf_add(row, value->known ? value->addr : no_addr, sizeof(no_addr));
		break;
	case FB_FLEET_REAL:
		fb_rowbinary_real(row, value->known ? real_of(field, value->num) : 0);
		break;
	default:
		fb_rowbinary_number(row, value->known ? value->num : 0, fb_fleet_bytes_of(type));
	}
}

static void put_field(struct fb_buf *row, const struct fb_field *field, const struct fb_flow_at *at)
{
	const enum fb_fleet_type type = fb_fleet_type_of(field);
	struct fb_value value;

	if (type == FB_FLEET_WORDS) {
		put_list(row, field, at);
		return;
	}
	fb_field_get(field, at, &value);
	if (fb_fleet_may_be_null(field))
		fb_rowbinary_number(row, !value.known, 1);
	if (value.known || !fb_fleet_may_be_null(field))
		put_value(row, field, &value, type);
}

/* --- rows ------------------------------------------------------------------------------------- */

void fb_fleet_write_flow(struct fb_buf *row, const struct fb_fleet_head *head,
			 const struct fb_flow_at *at, const struct fb_told_part *part, bool ended)
{
	const struct fb_fleet_flow own = {
		.ended = ended,
		.begun = part->first,
		.bytes_up = part->bytes[FB_UP],
		.bytes_down = part->bytes[FB_DOWN],
		.packets_up = part->packets[FB_UP],
		.packets_down = part->packets[FB_DOWN],
	};

	put_head(row, *head);
#define X(name, type, help) PUT_##type(own.name);
	FB_FLEET_FLOWS(X)
#undef X
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (fb_fleet_has_field(&fb_fields[id]))
			put_field(row, &fb_fields[id], at);
}

void fb_fleet_write_sensor(struct fb_buf *row, const struct fb_fleet_head *head,
			   const struct fb_fleet_beat *beat)
{
	put_head(row, *head);
#define X(name, type, help) PUT_##type(beat->name);
	FB_FLEET_SENSORS(X)
#undef X
}
