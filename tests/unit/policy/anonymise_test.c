/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy past filter flow proto util
/*
 * Anonymised snapshots: no value of any field tells of people more than it may, and the same flow
 * untouched does. Crypto-PAn by its authors' vectors, prefixes that stay, names, settings.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/listhits.h"
#include "flow/owner.h"
#include "flow/past.h"
#include "flow/places.h"
#include "flow/value.h"
#include "policy/anonymised.h"
#include "util/addr.h"
#include "util/cleanup.h"

static const uint8_t key[FB_CRYPTOPAN_KEY] = {21,  34, 23,  141, 51, 164, 207, 128, 19,	 10,  91,
					      22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
					      101, 39, 98,  87,	 76, 45,  42,  132, 34,	 2};

/* --- addresses ------------------------------------------------------------------------------- */

/* Of the sample trace that comes with Crypto-PAn 1.0. */
static void vectors(void **state)
{
	static const char *const pairs[][2] = {
		{"128.11.68.132", "135.242.180.132"},	{"129.118.74.4", "134.136.186.123"},
		{"130.132.252.244", "133.68.164.234"},	{"141.223.7.43", "141.167.8.160"},
		{"141.233.145.108", "141.129.237.235"}, {"152.163.225.39", "151.140.114.167"}};
	struct fb_cryptopan pan;
	char text[FB_ADDR_STRLEN];
	uint8_t addr[16], family;

	(void)state;
	fb_cryptopan_init(&pan, key);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(fb_addr_parse(pairs[i][0], addr, &family), 0);
		fb_cryptopan(&pan, addr, family, addr);
		assert_string_equal(fb_addr_format(addr, family, text), pairs[i][1]);
	}
}

static unsigned int common(const uint8_t *a, const uint8_t *b)
{
	unsigned int n = 0;

	while (n < 128 && !((a[n / 8] ^ b[n / 8]) & 0x80 >> n % 8))
		n++;
	return n;
}

static void prefixes_stay(void **state)
{
	struct fb_cryptopan pan;
	uint8_t a[16], b[16], told_a[16], told_b[16];

	(void)state;
	fb_cryptopan_init(&pan, key);
	for (unsigned int i = 0; i < 128; i++) {
		memset(a, 0x2a, sizeof(a));
		memcpy(b, a, sizeof(b));
		b[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		b[15] ^= i % 2;
		fb_cryptopan(&pan, a, FB_IPV6, told_a);
		fb_cryptopan(&pan, b, FB_IPV6, told_b);
		assert_int_equal(common(told_a, told_b), common(a, b));
		assert_memory_not_equal(told_a, a, 16);
	}
}

static void truncated(void **state)
{
	static const char *const pairs[][2] = {
		{"192.0.2.200", "192.0.2.0"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1::"},
	};
	struct fb_anonymiser who;
	uint8_t addr[16], family;
	char text[FB_ADDR_STRLEN];

	(void)state;
	fb_anonymiser_init(&who, (struct fb_anonymise){FB_ADDRESSES_TRUNCATE, FB_NAMES_FULL}, key);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(fb_addr_parse(pairs[i][0], addr, &family), 0);
		fb_anonymise_addr(&who, addr, family, addr);
		assert_string_equal(fb_addr_format(addr, family, text), pairs[i][1]);
	}
}

/* --- names and settings ---------------------------------------------------------------------- */

static void domains(void **state)
{
	static const char *const pairs[][2] = {
		{"www.example.org", "example.org"},
		{"example.org", "example.org"},
		{"a.b.example.co.uk", "example.co.uk"},
		{"example.co.uk", "example.co.uk"},
		{"a.co.example.com", "example.com"},
		{"www.example.org.", "example.org."},
		{"anna-laptop", NULL},
		{"anna.local", NULL},
		{"5.1.0.10.in-addr.arpa", NULL},
		{"10.0.1.5", NULL},
		{"10.0.1.5:8080", NULL},
		{"[fd00::5]:443", NULL},
		{"fd00::5", NULL},
		{"Anna B. Laptop", NULL},
		{".", NULL},
		{"", NULL},
	};
	struct fb_anonymiser who;

	(void)state;
	fb_anonymiser_init(&who, (struct fb_anonymise){.names = FB_NAMES_DOMAIN}, key);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const char *told = fb_anonymise_name(&who, pairs[i][0], false);

		if (pairs[i][1])
			assert_string_equal(told, pairs[i][1]);
		else
			assert_null(told);
	}
	assert_null(fb_anonymise_name(&who, "nas.example.org", true));
	/* where addresses are hidden, a name that is one is hidden with all others shown */
	fb_anonymiser_init(&who, (struct fb_anonymise){.addresses = FB_ADDRESSES_PREFIX}, key);
	assert_null(fb_anonymise_name(&who, "10.0.1.5", false));
	assert_null(fb_anonymise_name(&who, "5.1.0.10.in-addr.arpa", false));
	assert_string_equal(fb_anonymise_name(&who, "www.example.org", false), "www.example.org");
}

static void settings(void **state)
{
	static const char *const wrong[] = {"",
					    "addresses",
					    "addresses=",
					    "addresses=on",
					    "names=off,",
					    "names=off names=off",
					    "addresses=truncate;names=off"};
	struct fb_anonymise how, list[FB_ANONYMISE_COUNT] = {{0}};
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_anonymise_parse("names=domain,addresses=truncate", &how, &why), 0);
	assert_int_equal(how.addresses, FB_ADDRESSES_TRUNCATE);
	assert_int_equal(how.names, FB_NAMES_DOMAIN);
	assert_int_equal(fb_anonymise_parse("addresses=off,names=full", &how, &why), 0);
	assert_false(fb_anonymise_is_on(&how));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(fb_anonymise_parse(wrong[i], &how, &why), -EINVAL);
	assert_int_equal(fb_anonymise_parse_for("ipfix:addresses=prefix", list, &why), 0);
	assert_int_equal(list[FB_ANONYMISE_ipfix].addresses, FB_ADDRESSES_PREFIX);
	assert_int_equal(fb_anonymise_parse_for("sensor:names=off", list, &why), -EINVAL);
	/* of one that is for viewers, too, and one of theirs, in either order */
	assert_int_equal(fb_anonymise_parse_for("viewer:names=off", list, &why), 0);
	assert_int_equal(fb_anonymise_parse_for("operator:names=off", list, &why), -EINVAL);
	assert_string_equal(why.text, "operator: is of viewers, too: leave viewer: out");
	memset(list, 0, sizeof(list));
	assert_int_equal(fb_anonymise_parse_for("operator:names=off", list, &why), 0);
	assert_int_equal(list[FB_ANONYMISE_operator].names, FB_NAMES_OFF);
	assert_int_equal(fb_anonymise_parse_for("viewer:names=full", list, &why), 0);
	assert_int_equal(fb_anonymise_parse_for("viewer:names=domain", list, &why), -EINVAL);
	assert_int_equal(fb_anonymise_parse_for("names=off", list, &why), -EINVAL);
}

/* --- whole flows ----------------------------------------------------------------------------- */

/* Two flows that differ in who takes part, and in nothing else. */
struct person {
	const char *src, *dst, *nat_src, *nat_dst, *host, *sni, *device, *mac, *vendor, *service;
	const char *process, *user, *list, *entry;
};

static const struct person people[2] = {
	{"10.77.1.5", "198.51.100.23", "203.0.113.77", "192.0.2.99", "anna-laptop",
	 "secret.anna-bank.example", "Annas Laptop", "02:00:00:00:00:aa", "Annavendor",
	 "https (Annabank)", "procone", "userone", "annalist", "entry-of-anna.example"},
	{"10.88.2.6", "203.0.113.42", "198.51.100.88", "192.0.3.98", "bert-laptop",
	 "hidden.bert-shop.example", "Berts Laptop", "02:00:00:00:00:bb", "Bertvendor",
	 "https (Bertshop)", "proctwo", "usertwo", "bertlist", "entry-of-bert.example"},
};

struct scene {
	struct fb_snapshot snapshot;
	struct fb_flow_chunk chunk, *chunks[1];
	struct fb_traffic_chunk traffic, *traffics[1];
	struct fb_devicelist *devices;
	char links[FB_LINK_MAX][FB_LINK_NAME];
	struct fb_flow_nat nat;
	struct fb_owner owner;
	struct fb_flow_name host;
	struct fb_flow_names *names;
	unsigned int released;
};

static void on_release(struct fb_snapshot *snapshot)
{
	((struct scene *)snapshot)->released++;
}

static void parse(const char *text, uint8_t addr[16])
{
	uint8_t family;

	assert_int_equal(fb_addr_parse(text, addr, &family), 0);
}

static void fill_flow(struct scene *scene, const struct person *who)
{
	struct fb_flow *flow = &scene->chunk.flow[0];
	const struct fb_listhits hits = {1, {who->list}, who->entry};

	*flow = (struct fb_flow){.id = 1ull << 32,
				 .src_port = 4000,
				 .dst_port = 443,
				 .proto = 6,
				 .family = FB_IPV4,
				 .first_seen = 1,
				 .l7 = FB_L7_TLS,
				 .src_device = 1,
				 .dst_device = 1,
				 .service = who->service,
				 .src_host = &scene->host,
				 .names = scene->names,
				 .nat = &scene->nat,
				 .owner = &scene->owner,
				 .owner_by = 1,
				 .flags = FB_FLOW_OWNER_SENT,
				 .hits = fb_listhits_number(&hits)};
	parse(who->src, flow->src);
	parse(who->dst, flow->dst);
	scene->nat = (struct fb_flow_nat){FB_NAT_BOTH, FB_IPV4, FB_IPV4, 5000, 6000, {0}, {0}};
	parse(who->nat_src, scene->nat.src);
	parse(who->nat_dst, scene->nat.dst);
	scene->owner = (struct fb_owner){.key.pid = 42,
					 .process = who->process,
					 .exe = who->process,
					 .user = who->user,
					 .unit = who->user,
					 .container = who->user,
					 .container_name = who->user,
					 .parents = who->process,
					 .parents_len = strlen(who->process) + 1};
	scene->host =
		(struct fb_flow_name){1, who->host, FB_NAME_DHCP, 0, (uint8_t)strlen(who->host)};
	scene->names->n = 2;
	scene->names->name[0] =
		(struct fb_flow_name){1, who->sni, FB_NAME_SNI, 0, (uint8_t)strlen(who->sni)};
	scene->names->name[1] = scene->host;
}

static struct scene *new_scene(const struct person *who, uint64_t epoch)
{
	struct scene *scene = aligned_alloc(64, (sizeof(*scene) + 63) & ~(size_t)63);

	assert_non_null(scene);
	memset(scene, 0, sizeof(*scene));
	scene->names = calloc(1, sizeof(*scene->names) + 2 * sizeof(*scene->names->name));
	scene->devices = calloc(1, sizeof(*scene->devices) + sizeof(*scene->devices->entry));
	scene->devices->n = 1;
	scene->devices->entry[0] = (struct fb_devicelist_entry){"", who->device, who->vendor};
	memcpy(scene->devices->entry[0].mac, who->mac, strlen(who->mac) + 1);
	fill_flow(scene, who);
	scene->chunk.epoch = scene->traffic.epoch = epoch;
	scene->chunks[0] = &scene->chunk;
	scene->traffics[0] = &scene->traffic;
	scene->snapshot.epoch = epoch;
	scene->snapshot.now_ns = 1000000000;
	scene->snapshot.interval_ns = 1000000000;
	scene->snapshot.n = scene->snapshot.live = 1;
	scene->snapshot.flows = scene->chunks;
	scene->snapshot.traffic = scene->traffics;
	scene->snapshot.link_names = scene->links;
	scene->snapshot.devices = scene->devices;
	scene->snapshot.release = on_release;
	atomic_init(&scene->snapshot.refs, 1);
	return scene;
}

static void end_scene(struct scene *scene)
{
	fb_snapshot_put(&scene->snapshot);
	assert_int_equal(scene->released, 1);
	free(scene->names);
	free(scene->devices);
	free(scene);
}

static void text_of(const struct fb_snapshot *snapshot, const struct fb_field *field,
		    struct fb_buf *ret_text)
{
	struct fb_flow_at at;
	struct fb_value value;

	assert_true(fb_snapshot_at(snapshot, 0, &at));
	fb_field_get(field, &at, &value);
	fb_value_write_text(ret_text, field, &value);
	fb_buf_addc(ret_text, '\0');
}

static void assert_alike(const struct fb_snapshot *a, const struct fb_snapshot *b,
			 const struct fb_field *field, bool alike)
{
	_cleanup_buf_ struct fb_buf x = FB_BUF_INIT, y = FB_BUF_INIT;

	text_of(a, field, &x);
	text_of(b, field, &y);
	if (alike != !strcmp(x.data, y.data))
		fail_msg("%s: \"%s\" and \"%s\"", field->name, x.data, y.data);
}

/* The table says of each field that differs by who it is that it tells something. */
static void all_that_tells_says_so(void **state)
{
	struct scene *a = new_scene(&people[0], 1), *b = new_scene(&people[1], 1);

	(void)state;
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
		if (!fb_fields[i].tells)
			assert_alike(&a->snapshot, &b->snapshot, &fb_fields[i], true);
	end_scene(a);
	end_scene(b);
}

/* Who sees neither names nor addresses cannot tell Anna from Bert by any field, record or not. */
static void nobody_is_told_apart(void **state)
{
	struct scene *a = new_scene(&people[0], 1), *b = new_scene(&people[1], 1);
	struct fb_anonymised made;
	struct fb_snapshot *x, *y;

	(void)state;
	fb_anonymised_init(&made, (struct fb_anonymise){FB_ADDRESSES_TRUNCATE, FB_NAMES_OFF}, key);
	x = fb_anonymised_of(&made, &a->snapshot);
	b->chunk.epoch = 2; /* another tick of the same table */
	y = fb_anonymised_of(&made, &b->snapshot);
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		if (fb_fields[i].tells == FB_TELLS_ADDRESS)
			continue;
		assert_alike(&a->snapshot, &a->snapshot, &fb_fields[i], true);
		assert_alike(x, y, &fb_fields[i], true);
	}
	assert_null(x->devices);
	assert_null(fb_snapshot_flow(x, 0)->names);
	assert_null(fb_snapshot_flow(x, 0)->src_host);
	assert_null(fb_snapshot_flow(x, 0)->owner);
	assert_int_equal(fb_snapshot_flow(x, 0)->src[15], 0);
	assert_int_equal(fb_snapshot_flow(x, 0)->nat->src[15], 0);
	fb_snapshot_put(x);
	fb_snapshot_put(y);
	fb_anonymised_fini(&made);
	end_scene(a);
	end_scene(b);
}

static bool has_secret(const char *text, const struct person *who)
{
	const char *const *secret = (const char *const *)who;

	for (size_t i = 0; i < sizeof(*who) / sizeof(*secret); i++)
		if (strstr(text, secret[i]))
			return true;
	return false;
}

static bool has_any(const struct fb_flow_at *at, const struct fb_field *field)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_value value;

	fb_field_get(field, at, &value);
	fb_value_write_text(&text, field, &value);
	fb_buf_addc(&text, '\0');
	return has_secret(text.data, &people[0]);
}

/* Each way to hide, on records, on single rows, and the flow as it is, which has all of it. */
static void each_step_hides(void **state)
{
	struct scene *scene = new_scene(&people[0], 1);
	struct fb_anonymised_row row;
	struct fb_flow_at whole, at;

	(void)state;
	assert_true(fb_snapshot_at(&scene->snapshot, 0, &whole));
	for (uint8_t how = 1; how < 9; how++) {
		const struct fb_anonymise setting = {how % 3, how / 3};
		struct fb_anonymised made;
		struct fb_snapshot *told;

		fb_anonymised_init(&made, setting, key);
		told = fb_anonymised_of(&made, &scene->snapshot);
		assert_true(fb_snapshot_at(told, 0, &at));
		assert_true(fb_anonymised_row(&made, &whole, &row));
		for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
			const struct fb_field *field = &fb_fields[i];
			const bool hidden = fb_anonymise_hides(&setting, field->tells) &&
					    (field->tells != FB_TELLS_NAME || setting.names);

			assert_int_equal(has_any(&at, field), has_any(&whole, field) && !hidden);
			assert_int_equal(has_any(&row.at, field), has_any(&at, field));
		}
		fb_snapshot_put(told);
		fb_anonymised_fini(&made);
	}
	end_scene(scene);
}

/* Domains stay, once; a chunk that no tick changed is not made again. */
static void domains_of_flows(void **state)
{
	struct scene *scene = new_scene(&people[0], 1);
	struct fb_anonymised made;
	struct fb_snapshot *told, *next;
	const struct fb_flow *flow;

	(void)state;
	fb_anonymised_init(&made, (struct fb_anonymise){FB_ADDRESSES_PREFIX, FB_NAMES_DOMAIN}, key);
	told = fb_anonymised_of(&made, &scene->snapshot);
	flow = fb_snapshot_flow(told, 0);
	assert_int_equal(flow->names->n, 1);
	assert_string_equal(flow->names->name[0].text, "anna-bank.example");
	assert_string_equal(flow->service, "https");
	assert_int_equal(flow->id, scene->chunk.flow[0].id);
	next = fb_anonymised_of(&made, &scene->snapshot);
	assert_ptr_equal(fb_snapshot_flow(next, 0), flow);
	fb_snapshot_put(told);
	scene->chunk.epoch = 7;
	told = fb_anonymised_of(&made, &scene->snapshot);
	assert_ptr_not_equal(fb_snapshot_flow(told, 0), fb_snapshot_flow(next, 0));
	fb_anonymised_fini(&made);
	assert_string_equal(fb_snapshot_flow(next, 0)->names->name[0].text, "anna-bank.example");
	fb_snapshot_put(told);
	fb_snapshot_put(next);
	end_scene(scene);
}

/* Flows that history has, whose values are made when they are asked for. */
static void the_past_is_hidden(void **state)
{
	struct {
		struct fb_past_row row;
		struct fb_past_cell cell[3];
	} past = {.row.flows = 1,
		  .cell = {{FB_PAST_NUMBER, {.num = 0x0a4d0105}},
			   {FB_PAST_TEXT, {.text = "secret.anna-bank.example"}},
			   {FB_PAST_TEXT, {.text = "02:00:00:00:00:aa"}}}};
	struct fb_past_columns columns = {.n = 3};
	struct scene *scene = new_scene(&people[0], 1);
	struct fb_past_row *rows[1] = {&past.row};
	struct fb_anonymised_row row;
	struct fb_anonymised made;
	struct fb_value value;
	struct fb_flow_at at;
	char text[FB_ADDR_STRLEN];

	(void)state;
	columns.slot[FB_FIELD_src_ip] = 1;
	columns.slot[FB_FIELD_dst_host] = 2;
	columns.slot[FB_FIELD_src_mac] = 3;
	past.row.columns = &columns;
	scene->snapshot.past = rows;
	assert_true(fb_snapshot_at(&scene->snapshot, 0, &at));
	fb_field_get(&fb_fields[FB_FIELD_src_mac], &at, &value);
	assert_string_equal(value.text, "02:00:00:00:00:aa");
	fb_anonymised_init(&made, (struct fb_anonymise){FB_ADDRESSES_TRUNCATE, FB_NAMES_DOMAIN},
			   key);
	assert_true(fb_anonymised_row(&made, &at, &row));
	fb_field_get(&fb_fields[FB_FIELD_src_ip], &row.at, &value);
	assert_string_equal(fb_addr_format(value.addr, value.family, text), "10.77.1.0");
	fb_field_get(&fb_fields[FB_FIELD_dst_host], &row.at, &value);
	assert_string_equal(value.text, "anna-bank.example");
	fb_field_get(&fb_fields[FB_FIELD_src_mac], &row.at, &value);
	assert_false(value.known);
	fb_anonymised_fini(&made);
	end_scene(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(prefixes_stay),
		cmocka_unit_test(truncated),
		cmocka_unit_test(domains),
		cmocka_unit_test(settings),
		cmocka_unit_test(all_that_tells_says_so),
		cmocka_unit_test(nobody_is_told_apart),
		cmocka_unit_test(each_step_hides),
		cmocka_unit_test(domains_of_flows),
		cmocka_unit_test(the_past_is_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
