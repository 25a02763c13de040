/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of flows of the past; see the header. */
#include "flow/past.h"

#include <stdio.h>
#include <string.h>

#include "flow/getters.h"
#include "util/addr.h"

#define LIST_MARK '\x1f'

static void set_addr(struct fb_value *value, const struct fb_past_cell *cell)
{
	uint8_t *addr = (uint8_t *)value->buf;

	value->known = true;
	value->family = cell->kind == FB_PAST_NUMBER ? FB_IPV4 : FB_IPV6;
	value->addr = value->family == FB_IPV4 ? addr : cell->addr;
	if (value->family == FB_IPV6)
		return;
	memset(addr, 0, 10);
	memset(addr + 10, 0xff, 2);
	for (int i = 0; i < 4; i++)
		addr[12 + i] = (uint8_t)(cell->num >> (24 - 8 * i));
}

static void set_id(const struct fb_field *field, struct fb_value *value, uint64_t num)
{
	fb_set(value, num);
	value->text = value->buf;
	if (field->id == FB_FIELD_id)
		snprintf(value->buf, sizeof(value->buf), "%016llx", (unsigned long long)num);
	else
		snprintf(value->buf, sizeof(value->buf), "%llu", (unsigned long long)num);
}

/* Protocols go by their names, and by their numbers to who counts. */
static void set_text(const struct fb_field *field, struct fb_value *value, const char *text)
{
	const int proto = field->id == FB_FIELD_proto ? fb_proto_number(text) : -1;

	fb_set_text(value, text);
	value->num = proto > 0 ? (uint64_t)proto : 0;
}

/* The item behind `at`, which is a mark; NULL: it is the last one. */
static const char *next_item(const char *at, size_t *ret_len)
{
	const char *end = *at ? strchr(at + 1, LIST_MARK) : NULL;

	*ret_len = end ? (size_t)(end - at - 1) : 0;
	return end;
}

/* As fb_field_join has them. */
static void join(struct fb_value *value, const char *text)
{
	size_t len = 0, n;

	for (const char *at = text, *end; (end = next_item(at, &n)); at = end) {
		if (len + n + 2 > sizeof(value->buf))
			continue;
		if (len)
			value->buf[len++] = ',';
		memcpy(value->buf + len, at + 1, n);
		len += n;
	}
	value->buf[len] = '\0';
	fb_set_text(value, value->buf);
}

void fb_past_value(const struct fb_field *field, const struct fb_past_cell *cell,
		   struct fb_value *ret_value)
{
	fb_value_clear(ret_value);
	if (cell->kind == FB_PAST_NONE)
		return;
	if (field->type == FB_TYPE_IP)
		set_addr(ret_value, cell);
	else if (field->item && cell->kind == FB_PAST_TEXT)
		join(ret_value, cell->text);
	else if (cell->kind == FB_PAST_TEXT)
		set_text(field, ret_value, cell->text);
	else if (field->type == FB_TYPE_ID)
		set_id(field, ret_value, (uint64_t)cell->num);
	else if (field->type == FB_TYPE_ENUM && field->word)
		fb_set_enum(ret_value, (unsigned int)cell->num,
			    field->word((unsigned int)cell->num));
	else
		fb_set(ret_value, (uint64_t)cell->num);
}

static const struct fb_past_cell *cell_of(const struct fb_past_row *row, enum fb_field_id id)
{
	static const struct fb_past_cell none;
	const uint8_t slot = row->columns->slot[id];

	return slot ? &row->cell[slot - 1] : &none;
}

static void get_stored(enum fb_field_id id, const struct fb_past_row *row, struct fb_value *value)
{
	fb_past_value(&fb_fields[id], cell_of(row, id), value);
}

static void get_sum(enum fb_field_id up, enum fb_field_id down, const struct fb_past_row *row,
		    struct fb_value *value)
{
	const struct fb_past_cell *a = cell_of(row, up), *b = cell_of(row, down);

	if (a->kind && b->kind)
		fb_set(value, (uint64_t)(a->num + b->num));
}

static void get_endpoint(enum fb_field_id ip, enum fb_field_id port, const struct fb_past_row *row,
			 struct fb_value *value)
{
	const struct fb_past_cell *number = cell_of(row, port);
	struct fb_value end;

	get_stored(ip, row, &end);
	if (!end.known)
		return;
	value->num = number->kind ? (uint64_t)number->num : 0;
	fb_set_text(value, value->num ? fb_endpoint_format(end.addr, end.family,
							   (uint16_t)value->num, value->buf)
				      : fb_addr_format(end.addr, end.family, value->buf));
	value->family = end.family;
	/* behind the text, in the same room */
	value->addr = memcpy(value->buf + sizeof(value->buf) - 16, end.addr, 16);
}

static void get_between(int64_t from, int64_t to, struct fb_value *value)
{
	fb_set(value, to > from ? (uint64_t)(to - from) : 0);
}

static void hide(const struct fb_field *field, const struct fb_flow_at *at, struct fb_value *value)
{
	const struct fb_screen *screen = at->snapshot->screen;

	if (screen && field->tells && value->known)
		screen->hide(screen, field, value);
}

/* What follows from others, and what was of a moment that is over. */
static void get(const struct fb_field *field, const struct fb_flow_at *at,
		struct fb_value *ret_value)
{
	const struct fb_past_row *row = at->past;

	switch (field->id) {
	case FB_FIELD_bytes:
		get_sum(FB_FIELD_bytes_up, FB_FIELD_bytes_down, row, ret_value);
		break;
	case FB_FIELD_packets:
		get_sum(FB_FIELD_packets_up, FB_FIELD_packets_down, row, ret_value);
		break;
	case FB_FIELD_duration:
		get_between(cell_of(row, FB_FIELD_first_seen)->num,
			    cell_of(row, FB_FIELD_last_seen)->num, ret_value);
		break;
	case FB_FIELD_idle:
		get_between(cell_of(row, FB_FIELD_last_seen)->num, at->snapshot->wall_ms,
			    ret_value);
		break;
	case FB_FIELD_rate:
	case FB_FIELD_rate_up:
	case FB_FIELD_rate_down:
	case FB_FIELD_pps:
	case FB_FIELD_pps_up:
	case FB_FIELD_pps_down:
		fb_set(ret_value, 0);
		break;
	case FB_FIELD_nat_src:
		get_endpoint(FB_FIELD_nat_src_ip, FB_FIELD_nat_src_port, row, ret_value);
		break;
	case FB_FIELD_nat_dst:
		get_endpoint(FB_FIELD_nat_dst_ip, FB_FIELD_nat_dst_port, row, ret_value);
		break;
	default:
		get_stored(field->id, row, ret_value);
	}
}

void fb_past_get(const struct fb_field *field, const struct fb_flow_at *at,
		 struct fb_value *ret_value)
{
	get(field, at, ret_value);
	hide(field, at, ret_value);
}

void fb_past_item(const struct fb_field *field, const struct fb_flow_at *at, unsigned int i,
		  struct fb_value *ret_value)
{
	const struct fb_past_cell *cell = cell_of(at->past, field->id);
	const char *mark = cell->kind == FB_PAST_TEXT ? cell->text : "", *end;
	size_t n;

	while ((end = next_item(mark, &n)) && i--)
		mark = end;
	if (!end || n >= sizeof(ret_value->buf))
		return;
	memcpy(ret_value->buf, mark + 1, n);
	ret_value->buf[n] = '\0';
	fb_set_text(ret_value, ret_value->buf);
	hide(field, at, ret_value);
}

/* --- records --------------------------------------------------------------------------------- */

static uint64_t number_of(const struct fb_past_row *row, enum fb_field_id id)
{
	const struct fb_past_cell *cell = cell_of(row, id);

	return cell->kind == FB_PAST_NUMBER ? (uint64_t)cell->num : 0;
}

static void fill_end(const struct fb_past_row *row, enum fb_field_id id, uint8_t addr[static 16],
		     struct fb_flow *flow)
{
	struct fb_value value;

	get_stored(id, row, &value);
	if (!value.known)
		return;
	memcpy(addr, value.addr, 16);
	flow->family = value.family;
}

void fb_past_fill(const struct fb_past_row *row, bool part, struct fb_flow *ret_flow,
		  struct fb_traffic *ret_traffic)
{
	struct fb_value proto;

	get_stored(FB_FIELD_proto, row, &proto);
	*ret_flow = (struct fb_flow){
		.id = number_of(row, FB_FIELD_id),
		.src_port = (uint16_t)number_of(row, FB_FIELD_src_port),
		.dst_port = (uint16_t)number_of(row, FB_FIELD_dst_port),
		.proto = (uint8_t)proto.num,
		.first_seen = number_of(row, FB_FIELD_first_seen) * 1000000,
		.closed_at = number_of(row, FB_FIELD_closed_at) * 1000000,
		.state = (uint8_t)number_of(row, FB_FIELD_state),
		.closed = (uint8_t)number_of(row, FB_FIELD_closed),
		.scope = (uint8_t)number_of(row, FB_FIELD_scope),
		.direction = (uint8_t)number_of(row, FB_FIELD_direction),
		.l7 = (uint8_t)number_of(row, FB_FIELD_l7),
		.vlan = {(uint16_t)number_of(row, FB_FIELD_vlan),
			 (uint16_t)number_of(row, FB_FIELD_vlan_inner)},
	};
	if (!part && !ret_flow->closed)
		ret_flow->closed = FB_CLOSED_ENDED;
	fill_end(row, FB_FIELD_src_ip, ret_flow->src, ret_flow);
	fill_end(row, FB_FIELD_dst_ip, ret_flow->dst, ret_flow);
	*ret_traffic = (struct fb_traffic){
		.packets = {number_of(row, FB_FIELD_packets_up),
			    number_of(row, FB_FIELD_packets_down)},
		.bytes = {number_of(row, FB_FIELD_bytes_up), number_of(row, FB_FIELD_bytes_down)},
		.last_seen = number_of(row, FB_FIELD_last_seen) * 1000000,
	};
}
