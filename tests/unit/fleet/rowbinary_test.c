/* SPDX-License-Identifier: BSD-2-Clause */
// link: fleet past format flow proto util
/*
 * Rows byte for byte: each value as ClickHouse's documents have it, and whole rows read back by a
 * decoder that knows only the types of their columns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/fleetrow.h"
#include "fleet/rowbinary.h"
#include "fleet/rowjson.h"
#include "unit/end.h"
#include "unit/fake.h"

/* --- values ----------------------------------------------------------------------------------- */

static void holds(struct fb_buf *buf, const void *bytes, size_t len)
{
	assert_int_equal(fb_buf_error(buf), 0);
	assert_int_equal(buf->len, len);
	assert_memory_equal(buf->data, bytes, len);
	fb_buf_clear(buf);
}

#define HOLDS(buf, bytes) holds(buf, bytes, sizeof(bytes) - 1)

static void test_values(void **state)
{
	struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	fb_rowbinary_number(&buf, 1, 1);
	HOLDS(&buf, "\x01");
	fb_rowbinary_number(&buf, 0x1234, 2);
	HOLDS(&buf, "\x34\x12");
	fb_rowbinary_number(&buf, 0xfffefdfc, 4);
	HOLDS(&buf, "\xfc\xfd\xfe\xff");
	fb_rowbinary_number(&buf, 0x0102030405060708, 8);
	HOLDS(&buf, "\x08\x07\x06\x05\x04\x03\x02\x01");
	fb_rowbinary_real(&buf, 1.5);
	HOLDS(&buf, "\0\0\0\0\0\0\xf8\x3f");
	fb_rowbinary_text(&buf, NULL);
	HOLDS(&buf, "\0");
	fb_rowbinary_text(&buf, "a.b");
	HOLDS(&buf, "\x03"
		    "a.b");
	fb_buf_fini(&buf);
}

static void test_lengths(void **state)
{
	struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	fb_rowbinary_length(&buf, 127);
	HOLDS(&buf, "\x7f");
	fb_rowbinary_length(&buf, 128);
	HOLDS(&buf, "\x80\x01");
	fb_rowbinary_length(&buf, 300);
	HOLDS(&buf, "\xac\x02");
	fb_rowbinary_length(&buf, 1u << 21);
	HOLDS(&buf, "\x80\x80\x80\x01");
	fb_rowbinary_length(&buf, UINT64_MAX);
	HOLDS(&buf, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
	fb_buf_fini(&buf);
}

/* --- whole rows ------------------------------------------------------------------------------- */

struct cell {
	char name[64];
	bool is_null;
	uint64_t number;
	double real;
	unsigned int n; /* of a list */
	char text[256]; /* of a list the first */
	uint8_t addr[16];
};

struct decoded {
	struct cell cell[256];
	unsigned int n;
};

static uint64_t take_number(const uint8_t **at, unsigned int bytes)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < bytes; i++)
		number |= (uint64_t)*(*at)++ << (8 * i);
	return number;
}

static uint64_t take_length(const uint8_t **at)
{
	uint64_t length = 0;
	unsigned int shift = 0;

	do
		length |= (uint64_t)(**at & 0x7f) << (7 * shift++);
	while (*(*at)++ & 0x80);
	return length;
}

static void take_text(const uint8_t **at, char text[static 256])
{
	const uint64_t len = take_length(at);

	assert_true(len < 256);
	memcpy(text, *at, len);
	text[len] = '\0';
	*at += len;
}

static void take_cell(const uint8_t **at, enum fb_fleet_type type, struct cell *cell)
{
	static const unsigned int bytes[] = {
#define X(name, bytes) bytes,
		FB_FLEET_TYPES(X)
#undef X
	};
	char text[256];

	switch (type) {
	case FB_FLEET_WORD:
	case FB_FLEET_TEXT:
		take_text(at, cell->text);
		break;
	case FB_FLEET_WORDS:
		cell->n = (unsigned int)take_length(at);
		for (unsigned int i = 0; i < cell->n; i++)
			take_text(at, i ? text : cell->text);
		break;
	case FB_FLEET_COUNTS:
		cell->n = (unsigned int)take_length(at);
		for (unsigned int i = 0; i < cell->n; i++)
			cell->number = take_number(at, 8);
		break;
	case FB_FLEET_ADDR:
		memcpy(cell->addr, *at, 16);
		*at += 16;
		break;
	case FB_FLEET_REAL:
		cell->number = take_number(at, 8);
		memcpy(&cell->real, &cell->number, 8);
		break;
	default:
		assert_true(bytes[type]);
		cell->number = take_number(at, bytes[type]);
	}
}

/* All of it, and not a byte more. */
static void decode(const struct fb_buf *row, enum fb_fleet_table table, struct decoded *decoded)
{
	const uint8_t *at = (const uint8_t *)row->data;
	struct fb_fleet_column column;

	memset(decoded, 0, sizeof(*decoded));
	for (unsigned int i = 0; fb_fleet_column(table, i, &column); i++) {
		struct cell *cell = &decoded->cell[decoded->n++];

		snprintf(cell->name, sizeof(cell->name), "%s", column.name);
		cell->is_null = column.null && take_number(&at, 1);
		if (!cell->is_null)
			take_cell(&at, column.type, cell);
	}
	assert_ptr_equal(at, row->data + row->len);
}

static const struct cell *of(const struct decoded *decoded, const char *name)
{
	for (unsigned int i = 0; i < decoded->n; i++)
		if (!strcmp(decoded->cell[i].name, name))
			return &decoded->cell[i];
	fail_msg("no column %s", name);
	return NULL;
}

/* The same row as a message; and of each piece of it nothing is made. */
static void as_json(const struct fb_buf *row, enum fb_fleet_table table, struct fb_buf *json)
{
	struct fb_buf piece = FB_BUF_INIT;

	for (size_t len = 0; len < row->len; len++) {
		char *torn = malloc(len + 1); /* ends where it ends, for what finds reads behind */

		memcpy(torn, row->data, len);
		assert_int_equal(fb_rowjson(table, torn, len, &piece), 0);
		free(torn);
		fb_buf_clear(&piece);
	}
	fb_buf_fini(&piece);
	assert_int_equal(fb_rowjson(table, row->data, row->len, json), row->len);
	fb_buf_addc(json, '\0');
	assert_int_equal(fb_buf_error(json), 0);
}

static const char *const tags[] = {"a=b", "c=d"};

static struct fb_fleet_head head_of(uint64_t ms)
{
	return (struct fb_fleet_head){
		.time = ms,
		.sensor = "gateway",
		.sensor_id = "0123456789abcdef0123456789abcdef",
		.site = "berlin",
		.tags = {2, tags},
		.run = 77,
		.batch = UINT64_MAX,
	};
}

static void test_flow(void **state)
{
	struct fake *fake = fake_new(1);
	struct fb_flow *flow = fake_flow(fake, 0);
	const struct fb_told_part part = {.packets = {3, 2}, .bytes = {300, 2000}, .first = true};
	const struct fb_fleet_head head = head_of((uint64_t)fake->snapshot.wall_ms);
	struct fb_flow_at at = fake_at(fake, 0);
	struct fb_buf row = FB_BUF_INIT, json = FB_BUF_INIT;
	struct decoded decoded;

	(void)state;
	flow->id = 0x100;
	flow->family = FB_IPV4;
	flow->proto = 6;
	memcpy(flow->src, end_of("10.0.0.5").addr, 16);
	memcpy(flow->dst, end_of("192.0.2.1").addr, 16);
	flow->src_port = 50001;
	flow->dst_port = 443;
	flow->first_seen = fake->snapshot.now_ns - 1000000000;
	fb_fleet_write_flow(&row, &head, &at, &part, true);
	decode(&row, FB_FLEET_TABLE_FLOWS, &decoded);
	assert_int_equal(of(&decoded, "date")->number, 1795224011201ull / 86400000);
	assert_int_equal(of(&decoded, "time")->number, 1795224011201ull);
	assert_string_equal(of(&decoded, "sensor")->text, head.sensor);
	assert_string_equal(of(&decoded, "sensor_id")->text, head.sensor_id);
	assert_string_equal(of(&decoded, "site")->text, "berlin");
	assert_int_equal(of(&decoded, "tags")->n, 2);
	assert_string_equal(of(&decoded, "tags")->text, "a=b");
	assert_int_equal(of(&decoded, "run")->number, 77);
	assert_int_equal(of(&decoded, "batch")->number, UINT64_MAX);
	assert_int_equal(of(&decoded, "ended")->number, 1);
	assert_int_equal(of(&decoded, "begun")->number, 1);
	assert_int_equal(of(&decoded, "bytes_up")->number, 300);
	assert_int_equal(of(&decoded, "bytes_down")->number, 2000);
	assert_int_equal(of(&decoded, "packets_up")->number, 3);
	assert_int_equal(of(&decoded, "packets_down")->number, 2);
	assert_int_equal(of(&decoded, "id")->number, 0x100);
	assert_string_equal(of(&decoded, "proto")->text, "tcp");
	assert_memory_equal(of(&decoded, "src_ip")->addr, flow->src, 16);
	assert_memory_equal(of(&decoded, "dst_ip")->addr, flow->dst, 16);
	assert_int_equal(of(&decoded, "src_port")->number, 50001);
	assert_int_equal(of(&decoded, "dst_port")->number, 443);
	assert_int_equal(of(&decoded, "first_seen")->number, 1795224010201ull);
	assert_false(of(&decoded, "dst_port")->is_null);
	assert_true(of(&decoded, "owner_pid")->is_null);
	assert_true(of(&decoded, "rtt")->is_null);
	assert_string_equal(of(&decoded, "sni")->text, "");
	assert_int_equal(of(&decoded, "alpn")->n, 0);
	as_json(&row, FB_FLEET_TABLE_FLOWS, &json);
	assert_non_null(
		strstr(json.data, "{\"date\":\"2026-11-21\",\"time\":1795224011201,\"sensor\":"));
	assert_non_null(strstr(json.data,
			       "\"tags\":[\"a=b\",\"c=d\"],\"run\":77,\"batch\":"
			       "18446744073709551615,\"ended\":1,\"begun\":1,\"bytes_up\":300,"));
	assert_non_null(strstr(json.data, "\"src_ip\":\"::ffff:10.0.0.5\""));
	assert_null(strstr(json.data, "\"sni\""));
	assert_null(strstr(json.data, "owner_pid"));
	fb_buf_fini(&json);
	fb_buf_fini(&row);
	fake_free(fake);
}

static void test_sensor(void **state)
{
	static const char *const names[] = {"map_full", "names_full"};
	static const uint64_t counts[] = {1, 5};
	const struct fb_fleet_head head = head_of(86400000);
	const struct fb_fleet_beat beat = {
		.version = "1.2",
		.rx_packets = 9,
		.lag_ms = 11,
		.losses = {2, names},
		.loss_counts = {2, counts},
	};
	struct fb_buf row = FB_BUF_INIT, json = FB_BUF_INIT;
	struct decoded decoded;

	(void)state;
	fb_fleet_write_sensor(&row, &head, &beat);
	decode(&row, FB_FLEET_TABLE_SENSORS, &decoded);
	assert_int_equal(of(&decoded, "date")->number, 1);
	assert_string_equal(of(&decoded, "sensor")->text, "gateway");
	assert_string_equal(of(&decoded, "version")->text, "1.2");
	assert_int_equal(of(&decoded, "rx_packets")->number, 9);
	assert_int_equal(of(&decoded, "lag_ms")->number, 11);
	assert_int_equal(of(&decoded, "losses")->n, 2);
	assert_string_equal(of(&decoded, "losses")->text, "map_full");
	assert_int_equal(of(&decoded, "loss_counts")->number, 5);
	as_json(&row, FB_FLEET_TABLE_SENSORS, &json);
	assert_string_equal(
		json.data,
		"{\"date\":\"1970-01-02\",\"time\":86400000,\"sensor\":\"gateway\",\"sensor_id\":"
		"\"0123456789abcdef0123456789abcdef\",\"site\":\"berlin\",\"tags\":[\"a=b\","
		"\"c=d\"],\"run\":77,\"batch\":18446744073709551615,"
		"\"version\":\"1.2\",\"rx_packets\":9,\"lag_ms\":11,\"losses\":[\"map_full\","
		"\"names_full\"],\"loss_counts\":[1,5]}");
	fb_buf_fini(&json);
	fb_buf_fini(&row);
}

/* A name twice would be two columns, of which a statement takes one. */
static void test_columns(void **state)
{
	struct fb_fleet_column a, b;

	(void)state;
	for (int table = 0; table < FB_FLEET_TABLE_COUNT; table++)
		for (unsigned int i = 0; fb_fleet_column((enum fb_fleet_table)table, i, &a); i++) {
			assert_int_equal(strspn(a.name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
					 strlen(a.name));
			assert_true(*a.help);
			for (unsigned int k = 0; k < i; k++) {
				assert_true(fb_fleet_column((enum fb_fleet_table)table, k, &b));
				assert_string_not_equal(a.name, b.name);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_flow),	cmocka_unit_test(test_sensor),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
