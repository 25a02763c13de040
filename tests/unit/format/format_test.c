/* SPDX-License-Identifier: BSD-2-Clause */
// link: format flow util
/*
 * The table of fields against all that is made of it: each field is found by its names, stands at
 * its path in the flow object with the same value as in flat objects and CSV, and is promised by
 * the schema. What we format ourselves is held against the C library.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "flow/value.h"
#include "flow/listhits.h"
#include "format/csv.h"
#include "format/object.h"
#include "format/schema.h"
#include "util/addr.h"
#include "util/cleanup.h"

static char links[FB_LINK_MAX][FB_LINK_NAME] = {[1] = "lan0", [2] = "wan0"};
static const struct fb_devicelist devices = {
	.n = 1, .entry = {{.mac = "02:00:00:00:00:01", .name = "den", .vendor = "ACME"}}};
static const struct fb_snapshot snapshot = {.now_ns = 50000000000000,
					    .wall_ms = 1795224011201,
					    .link_names = links,
					    .devices = &devices};

/* A flow of which everything is known. */
static const struct fb_flow_name src_host = {.text = "laptop", .source = FB_NAME_DHCP};

static const struct fb_flow_answers answers = {.sum_us = 9000, .n = 2, .slowest_us = 8000};

static const struct fb_flow_nat nat = {
	.kind = FB_NAT_BOTH, .src_family = 4, .dst_family = 4, .src_port = 1, .dst_port = 2};

static uint16_t on_lists(void)
{
	const struct fb_listhits hits = {.n = 2, .list = {"bad", "feed"}, .entry = "192.0.2.0/24"};

	return fb_listhits_number(&hits);
}

static const struct fb_flow_evidence evidence = {
	.n = 2,
	.item = {{.kind = FB_KIND_NONAME, .points = 5}, {.kind = FB_KIND_NEW, .points = 5}}};

static const struct fb_flow_verdict verdict = {.evidence = &evidence,
					       .told = FB_CASE_ANSWERED,
					       .asked = 1,
					       .learned = FB_JUDGE_INSPECT,
					       .risk = 10,
					       .confidence = 512};

static void make_flow(struct fb_flow *flow, struct fb_traffic *traffic)
{
	static struct fb_flow_names *names;
	static const struct fb_flow_tls tls = {
		.version = 0x0304,
		.group = 0x11ec,
		.cipher = 0x1301,
		.offered = 0x0304,
		.hello_us = 20500,
		.answered = true,
		.n_groups = 2,
		.groups = {0x11ec, 0x1234},
		.ja4 = "t13d1516h2_8daaf6152771_02713d6af862",
		.alpn = "h2\0http/1.1",
		.alpn_len = sizeof("h2\0http/1.1"),
	};

	if (!names) {
		names = calloc(1, sizeof(*names) + sizeof(names->name[0]));
		names->n = 1;
		names->name[0] = (struct fb_flow_name){.text = "www.example.com",
						       .source = FB_NAME_SNI,
						       .flags = FB_NAME_FLAG_CONFIRMED,
						       .len = 15};
	}
	*traffic = (struct fb_traffic){
		.packets = {3, 4}, .bytes = {300, 4000}, .last_seen = 49000000000000};
	*flow = (struct fb_flow){
		.id = 0x0123456789abcdef,
		.src = {[10] = 255, 255, 10, 0, 0, 1},
		.dst = {[10] = 255, 255, 192, 0, 2, 1},
		.src_port = 40000,
		.dst_port = 443,
		.proto = IPPROTO_TCP,
		.family = 4,
		.link = 1,
		.first_seen = 48000000000000,
		.closed_at = 49000000000000,
		.rtt_ns = 12345678,
		.flags = FB_FLOW_CONNTRACK | FB_FLOW_ICMP_ERROR | FB_FLOW_PQ_OFFERED,
		.tcp_flags = {0x12, 0x1a},
		.state = FB_STATE_ESTABLISHED,
		.l7 = FB_L7_TLS,
		.ct_id = 4242,
		.ct_status = 0xe,
		.ct_timeout = 300,
		.ct_time = 49990,
		.icmp_type = 3,
		.icmp_code = 1,
		.service = "https",
		.src_host = &src_host,
		.names = names,
		.tls = &tls,
		.answers = &answers,
		.nat = &nat,
		.vlan = {10, 20},
		.hits = on_lists(),
		.src_device = 1,
		.dst_device = 1,
		.verdict = verdict,
	};
}

static char *object_of(const struct fb_flow_at *at)
{
	struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;

	fb_json_init(&json, &buf);
	fb_flow_write_json(&json, at);
	return fb_buf_take(&buf, NULL);
}

/* "closed.reason" in a tree; NULL: there is no such member. */
static const cJSON *at_path(const cJSON *tree, const char *path)
{
	char copy[64], *rest = copy, *name;

	snprintf(copy, sizeof(copy), "%s", path);
	while (tree && (name = strsep(&rest, ".")))
		tree = cJSON_GetObjectItemCaseSensitive(tree, name);
	return tree;
}

/* A list by commas, an empty one as null, anything else as it is printed. */
static char *text_of(const cJSON *item)
{
	struct fb_buf buf = FB_BUF_INIT;
	const cJSON *one;

	if (!cJSON_IsArray(item))
		return cJSON_PrintUnformatted(item);
	if (!item->child)
		return strdup("null");
	fb_buf_addc(&buf, '"');
	cJSON_ArrayForEach(one, item)
	{
		if (buf.len > 1)
			fb_buf_addc(&buf, ',');
		fb_buf_adds(&buf, one->valuestring);
	}
	fb_buf_addc(&buf, '"');
	return fb_buf_take(&buf, NULL);
}

/* Where all members of an object are null, it is null itself. */
static void check_field(const struct fb_field *field, const cJSON *object, const cJSON *flat)
{
	const cJSON *there = field->path ? at_path(object, field->path) : NULL;
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(flat, field->name);
	char *a, *b;

	assert_non_null(value);
	if (!field->path || (!there && cJSON_IsNull(value)))
		return;
	if (!there)
		fail_msg("%s is not at %s", field->name, field->path);
	a = text_of(there);
	b = text_of(value);
	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void flat_of(struct fb_buf *buf, const struct fb_flow_at *at)
{
	const struct fb_field *all[FB_FIELD_COUNT];
	struct fb_json json;

	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
		all[i] = &fb_fields[i];
	fb_json_init(&json, buf);
	fb_flow_write_flat(&json, at, all, FB_FIELD_COUNT);
	fb_buf_addc(buf, '\0');
}

static void test_paths(void **state)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_flow flow;
	struct fb_traffic traffic;
	const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};

	(void)state;
	make_flow(&flow, &traffic);
	for (int closed = 0; closed < 2; closed++) {
		char *object_text;
		cJSON *object, *flat;

		flow.closed = closed ? FB_CLOSED_FIN : FB_CLOSED_NOT;
		fb_buf_clear(&text);
		flat_of(&text, &at);
		object_text = object_of(&at);
		object = cJSON_Parse(object_text);
		flat = cJSON_Parse(text.data);
		assert_non_null(object);
		assert_non_null(flat);
		for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
			check_field(&fb_fields[i], object, flat);
		assert_true(closed || cJSON_IsNull(cJSON_GetObjectItem(object, "closed")));
		assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(object, "ifaces")), 1);
		assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(object, "names")), 1);
		cJSON_Delete(object);
		cJSON_Delete(flat);
		free(object_text);
	}
}

/* Of a flow of which little is known, what is not known is null, lists are empty. */
static void test_unknown(void **state)
{
	static const char *const nulls[] = {"nat", "tls",	 "conntrack", "tcp",
					    "l7",  "icmp_error", "closed",    "rtt_ms"};
	const struct fb_flow flow = {.id = 1, .family = 4, .proto = IPPROTO_UDP};
	const struct fb_traffic traffic = {.last_seen = 1};
	const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};
	char *text = object_of(&at);
	cJSON *object = cJSON_Parse(text);

	(void)state;
	assert_non_null(object);
	for (size_t i = 0; i < sizeof(nulls) / sizeof(*nulls); i++)
		assert_true(cJSON_IsNull(cJSON_GetObjectItem(object, nulls[i])));
	assert_true(cJSON_IsObject(cJSON_GetObjectItem(object, "src")));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(object, "names")), 0);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(object, "name_flags")), 0);
	cJSON_Delete(object);
	free(text);
}

static void test_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		const struct fb_field *field = &fb_fields[i];

		assert_int_equal(field->id, i);
		assert_ptr_equal(fb_field_find(field->name, strlen(field->name)), field);
		assert_true(field->get || field->item);
		assert_true(field->label[0] && field->help[0]);
		if (field->path)
			assert_ptr_equal(fb_field_find(field->path, strlen(field->path)), field);
		for (unsigned int k = 0; k < i; k++) {
			assert_string_not_equal(field->name, fb_fields[k].name);
			if (field->path && fb_fields[k].path)
				assert_string_not_equal(field->path, fb_fields[k].path);
		}
	}
}

/* Each word of a closed list is the text of its number. */
static void test_words(void **state)
{
	unsigned int lists = 0;

	(void)state;
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		lists += fb_fields[i].word != NULL;
		for (unsigned int k = 0; fb_field_word(&fb_fields[i], k); k++)
			assert_true(*fb_field_word(&fb_fields[i], k));
	}
	assert_int_equal(fb_field_word(&fb_fields[FB_FIELD_src_ip], 0), NULL);
	assert_string_equal(fb_field_word(&fb_fields[FB_FIELD_closed], 0), "fin");
	assert_true(lists >= 8);
}

static void test_csv(void **state)
{
	static const struct {
		const char *text, *cell;
	} cells[] = {
		{"", ""},
		{"plain", "plain"},
		{"a,b", "\"a,b\""},
		{"say \"hi\"", "\"say \"\"hi\"\"\""},
		{"=1+1", "\"'=1+1\""},
		{"-1", "\"'-1\""},
		{"two\nlines", "\"two\nlines\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

		fb_csv_cell(&buf, cells[i].text, strlen(cells[i].text));
		assert_int_equal(buf.len, strlen(cells[i].cell));
		if (buf.len)
			assert_memory_equal(buf.data, cells[i].cell, buf.len);
	}
}

/* A row takes short cuts: none may leave out the quotes that a cell needs. */
static void test_csv_row(void **state)
{
	struct fb_flow flow;
	struct fb_traffic traffic;
	const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};
	_cleanup_free_ struct fb_flow_names *names =
		calloc(1, sizeof(*names) + sizeof(names->name[0]));
	unsigned int lists = 0;

	(void)state;
	assert_non_null(names);
	make_flow(&flow, &traffic);
	names->n = 1;
	names->name[0] = flow.names->name[0];
	names->name[0].flags |= FB_NAME_FLAG_UNEXPLAINED;
	flow.names = names;
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		_cleanup_buf_ struct fb_buf row = FB_BUF_INIT, text = FB_BUF_INIT,
					    cell = FB_BUF_INIT;
		const struct fb_field *field = &fb_fields[i];
		struct fb_value value;

		fb_csv_row(&row, &at, &field, 1);
		fb_field_get(field, &at, &value);
		fb_value_write_text(&text, field, &value);
		fb_csv_cell(&cell, text.data ? text.data : "", text.len);
		fb_buf_adds(&cell, "\r\n");
		assert_int_equal(row.len, cell.len);
		assert_memory_equal(row.data, cell.data, cell.len);
		lists += text.len && memchr(text.data, ',', text.len) && field->word;
	}
	assert_true(lists > 0);
}

static void test_decimals(void **state)
{
	static const struct fb_field one = {.type = FB_TYPE_DURATION, .decimals = 1};
	static const struct fb_field six = {.type = FB_TYPE_DURATION, .decimals = 6};
	const struct fb_value value = {.known = true, .num = 1234567};
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;

	(void)state;
	fb_json_init(&json, &buf);
	fb_json_array(&json);
	fb_value_write_json(&json, &one, &value);
	fb_value_write_json(&json, &six, &value);
	fb_json_end(&json, ']');
	fb_value_write_text(&buf, &one, &value);
	fb_buf_addc(&buf, '\0');
	assert_string_equal(buf.data, "[123456.7,1.234567]123456.7");
}

static void test_formats(void **state)
{
	uint64_t seed = 1;
	char ours[64], theirs[64];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint8_t addr[16] = {[10] = 255, 255};
		uint64_t ms;
		time_t seconds;
		struct tm tm;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		memcpy(addr + 12, (uint8_t *)&seed + 4, 4);
		inet_ntop(AF_INET, addr + 12, theirs, sizeof(theirs));
		assert_string_equal(fb_addr_format(addr, 4, ours), theirs);
		ms = (seed >> 8) % 253402300800000ull;
		seconds = (time_t)(ms / 1000);
		gmtime_r(&seconds, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S", &tm);
		fb_json_format_time((int64_t)ms, ours);
		assert_memory_equal(ours, theirs, 19);
		assert_int_equal(strtol(ours + 20, NULL, 10), ms % 1000);
		assert_string_equal(ours + 23, "Z");
	}
}

static void test_schema(void **state)
{
	struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;
	char *text;
	cJSON *schema;

	(void)state;
	fb_json_init(&json, &buf);
	fb_schema_write_flow(&json);
	text = fb_buf_take(&buf, NULL);
	schema = cJSON_Parse(text);
	assert_non_null(schema);
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		char path[64], *rest = path, *name;
		const cJSON *at = schema;

		if (!fb_fields[i].path)
			continue;
		snprintf(path, sizeof(path), "%s", fb_fields[i].path);
		while ((name = strsep(&rest, "."))) {
			at = cJSON_GetObjectItem(cJSON_GetObjectItem(at, "properties"), name);
			assert_non_null(at);
		}
	}
	cJSON_Delete(schema);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),	cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_names),	cmocka_unit_test(test_words),
		cmocka_unit_test(test_csv),	cmocka_unit_test(test_decimals),
		cmocka_unit_test(test_csv_row), cmocka_unit_test(test_schema),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
