/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich flow util
/* What hosts are called: which source speaks, for how long, and that nobody takes others' room. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "enrich/holders.h"
#include "enrich/hostnames.h"
#include "enrich/pipeline.h"
#include "util/addr.h"
#include "unit/end.h"

#define S   1000000000ull
#define DAY (86400 * S)

static int say(struct fb_hostnames *names, uint8_t origin, uint8_t source, const char *addr,
	       const char *name, uint32_t ttl, uint64_t now)
{
	struct end end = end_of(addr);
	const struct fb_addr_fact fact = {.time = now,
					  .addr = end.addr,
					  .family = end.family,
					  .source = source,
					  .name = name,
					  .len = strlen(name),
					  .ttl = ttl};

	return origin ? fb_hostnames_give(names, origin, &fact) : fb_hostnames_tell(names, &fact);
}

static const char *find(const struct fb_hostnames *names, const char *addr)
{
	struct end end = end_of(addr);
	struct fb_hostname name;

	return fb_hostnames_find(names, end.addr, end.family, &name) ? name.text : "-";
}

static struct fb_hostnames *new_names(void)
{
	struct fb_hostnames *names;

	assert_int_equal(fb_hostnames_new(&names), 0);
	return names;
}

static void ticks(struct fb_hostnames *names, uint64_t now)
{
	for (int i = 0; i < 30; i++)
		fb_hostnames_tick(names, now);
}

static void test_ranks(void **state)
{
	struct fb_hostnames *names = new_names();
	struct end host = end_of("192.168.1.9");
	struct fb_hostname name;
	uint64_t version;

	(void)state;
	assert_string_equal(find(names, "192.168.1.9"), "-");
	say(names, 0, FB_NAME_MDNS, "192.168.1.9", "tv.local", 60, S);
	say(names, 0, FB_NAME_DHCP, "192.168.1.9", "tv", 60, S);
	assert_string_equal(find(names, "192.168.1.9"), "tv");
	say(names, 3, FB_NAME_LEASE, "192.168.1.9", "leased", 60, S);
	assert_string_equal(find(names, "192.168.1.9"), "leased");
	say(names, 2, FB_NAME_HOSTS, "192.168.1.9", "filed", FB_ADDR_FOREVER, S);
	say(names, 1, FB_NAME_OPERATOR, "192.168.1.9", "den", FB_ADDR_FOREVER, S);
	assert_true(fb_hostnames_find(names, host.addr, host.family, &name));
	assert_string_equal(name.text, "den");
	assert_int_equal(name.source, FB_NAME_OPERATOR);
	/* what is told again is no news, what is taken back leaves the next one */
	version = fb_hostnames_version(names);
	say(names, 0, FB_NAME_DHCP, "192.168.1.9", "tv", 60, 2 * S);
	assert_int_equal(fb_hostnames_version(names), version);
	assert_true(fb_hostnames_take(names, 1, host.addr, host.family));
	assert_false(fb_hostnames_take(names, 1, host.addr, host.family));
	assert_string_equal(find(names, "192.168.1.9"), "filed");
	assert_int_not_equal(fb_hostnames_version(names), version);
	/* the other family's address of the same bytes is another one */
	assert_string_equal(find(names, "::ffff:192.168.1.9"), "-");
	fb_hostnames_free(names);
}

static void test_ends(void **state)
{
	struct fb_hostnames *names = new_names();
	struct end host = end_of("192.168.1.9");

	(void)state;
	say(names, 0, FB_NAME_DHCP, "192.168.1.9", "tv", 3600, S);
	say(names, 0, FB_NAME_MDNS, "192.168.1.9", "tv.local", 120, S);
	say(names, 0, FB_NAME_DHCP, "192.168.1.10", "nas", 7200, S);
	say(names, 1, FB_NAME_LEASE, "192.168.1.10", "leased", 100, S);
	ticks(names, 102 * S);
	assert_string_equal(find(names, "192.168.1.10"), "nas");
	ticks(names, 3602 * S);
	assert_string_equal(find(names, "192.168.1.9"), "tv.local");
	assert_string_equal(find(names, "192.168.1.10"), "nas");
	ticks(names, DAY + 2 * S);
	assert_string_equal(find(names, "192.168.1.9"), "-");
	/* a lease that was given back, and an address that another device has now */
	say(names, 0, FB_NAME_DHCP, "192.168.1.9", "tv", 3600, S);
	say(names, 0, FB_NAME_DHCP, "192.168.1.9", "", 0, 2 * S);
	assert_string_equal(find(names, "192.168.1.9"), "-");
	say(names, 0, FB_NAME_DHCP, "192.168.1.9", "tv", 3600, S);
	say(names, 2, FB_NAME_HOSTS, "192.168.1.9", "filed", FB_ADDR_FOREVER, S);
	fb_hostnames_moved(names, host.addr, host.family, DAY + 9 * S);
	assert_int_equal(fb_hostnames_since(names, host.addr, host.family), DAY + 9 * S);
	assert_string_equal(find(names, "192.168.1.9"), "filed");
	fb_hostnames_free(names);
}

/* 704 packets of 40 names each, and 20,000 renamings: nobody else's name goes. */
static void test_greedy(void **state)
{
	struct fb_hostnames *names = new_names();
	struct fb_hostnames_counters counters;
	struct end teller = end_of("10.99.0.2");
	char name[32];

	(void)state;
	say(names, 0, FB_NAME_MDNS, "10.99.0.9", "printer.local", 120, S);
	for (uint32_t i = 0; i < 28160; i++) {
		const int n = snprintf(name, sizeof(name), "h%08xevil", i);
		uint8_t addr[16] = {[10] = 0xff,       0xff,	  8, (uint8_t)(i >> 16),
				    (uint8_t)(i >> 8), (uint8_t)i};

		assert_int_equal(
			fb_hostnames_tell(names, &(struct fb_addr_fact){.time = 2 * S,
									.addr = addr,
									.family = 4,
									.teller = teller.addr,
									.source = FB_NAME_MDNS,
									.name = name,
									.len = (size_t)n,
									.ttl = 120}),
			0);
	}
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "laptop-%d", i);
		say(names, 0, FB_NAME_DHCP, "10.99.0.7", name, 60, 3 * S);
	}
	say(names, 0, FB_NAME_MDNS, "10.99.0.8", "scanner.local", 120, 4 * S);
	assert_string_equal(find(names, "10.99.0.9"), "printer.local");
	assert_string_equal(find(names, "10.99.0.8"), "scanner.local");
	assert_string_equal(find(names, "10.99.0.7"), "laptop-19999");
	assert_string_equal(find(names, "8.0.109.255"), "h00006dffevil");
	assert_string_equal(find(names, "8.0.0.1"), "-");
	fb_hostnames_counters(names, &counters);
	assert_int_equal(counters.hosts_learned, 28163);
	assert_int_equal(counters.hosts_replaced, 28163 - FB_HOSTNAMES_LEARNED);
	fb_hostnames_free(names);
}

/* A file is read again: what is not in it any more is gone, the rest is no news. */
static void test_files(void **state)
{
	struct fb_hostnames *names = new_names();
	struct fb_hostnames_counters counters;
	struct fb_hostname name;
	uint64_t version;
	uint32_t pos = 0, n = 0;
	char addr[32];

	(void)state;
	fb_hostnames_begin(names, 2);
	assert_int_equal(say(names, 2, FB_NAME_HOSTS, "10.0.0.1", "a", FB_ADDR_FOREVER, S), 0);
	assert_int_equal(say(names, 2, FB_NAME_HOSTS, "10.0.0.1", "alias", FB_ADDR_FOREVER, S),
			 -EEXIST);
	assert_int_equal(say(names, 2, FB_NAME_HOSTS, "10.0.0.2", "b", FB_ADDR_FOREVER, S), 0);
	assert_int_equal(say(names, 2, FB_NAME_HOSTS, "127.0.0.1", "localhost", 1, S), -EINVAL);
	assert_int_equal(say(names, 2, FB_NAME_HOSTS, "ff02::1", "allnodes", 1, S), -EINVAL);
	fb_hostnames_end(names, 2);
	say(names, 3, FB_NAME_HOSTS, "10.0.0.1", "later file", FB_ADDR_FOREVER, S);
	assert_string_equal(find(names, "10.0.0.1"), "a");
	fb_hostnames_begin(names, 2);
	assert_int_equal(say(names, 2, FB_NAME_HOSTS, "10.0.0.2", "b", FB_ADDR_FOREVER, S), 0);
	version = fb_hostnames_version(names);
	fb_hostnames_end(names, 2);
	assert_string_equal(find(names, "10.0.0.1"), "later file");
	assert_string_equal(find(names, "10.0.0.2"), "b");
	assert_int_not_equal(fb_hostnames_version(names), version);
	say(names, 0, FB_NAME_DHCP, "10.0.0.3", "c", 60, S);
	while (fb_hostnames_next(names, &pos, &name))
		n++;
	assert_int_equal(n, 3);
	for (uint32_t i = 0; i < FB_HOSTNAMES_GIVEN; i++) {
		snprintf(addr, sizeof(addr), "10.1.%u.%u", i >> 8, i & 255);
		say(names, 4, FB_NAME_HOSTS, addr, "many", FB_ADDR_FOREVER, S);
	}
	fb_hostnames_counters(names, &counters);
	assert_int_equal(counters.hosts_not_given, 2);
	fb_hostnames_begin(names, 4);
	fb_hostnames_end(names, 4);
	assert_string_equal(find(names, "10.0.0.2"), "b");
	assert_string_equal(find(names, "10.1.0.1"), "-");
	fb_hostnames_free(names);
}

/* The connection's client as it is described now. */
static const char *described(struct fb_pipeline *pipeline, struct fb_flow *flow,
			     struct fb_flow_facts *facts)
{
	*facts = (struct fb_flow_facts){0};
	fb_pipeline_describe(pipeline, flow, UINT32_MAX, facts);
	return facts->src_host.text ? facts->src_host.text : "-";
}

/* Two devices have one address one after the other: each connection is that of its time. */
static void test_holders(void **state)
{
	struct end host = end_of("192.168.1.60");
	struct fb_flow first = {.proto = 6, .family = 4, .dst_port = 22, .first_seen = 3 * S};
	struct fb_flow between = first, next = first, silent = first;
	struct fb_flow_facts facts;
	struct fb_flow_name kept;
	struct fb_pipeline pipeline;

	(void)state;
	assert_int_equal(fb_pipeline_init(&pipeline, &(struct fb_pipeline_opts){0}), 0);
	memcpy(first.src, host.addr, 16);
	silent = first;
	between = first;
	between.first_seen = 4000 * S;
	next = first;
	next.first_seen = 2 * DAY;
	say(pipeline.hosts, 0, FB_NAME_DHCP, "192.168.1.60", "annas-phone", 3600, 5 * S);
	/* told late it is shown of what began before */
	assert_string_equal(described(&pipeline, &first, &facts), "annas-phone");
	kept = facts.src_host;
	kept.text = "annas-phone";
	first.src_host = &kept;
	/* the lease is over, whether a tick came by or not */
	assert_string_equal(described(&pipeline, &between, &facts), "-");
	for (int i = 0; i < 30; i++)
		fb_pipeline_tick(&pipeline, DAY);
	assert_string_equal(described(&pipeline, &between, &facts), "-");
	assert_string_equal(described(&pipeline, &first, &facts), "annas-phone");
	say(pipeline.hosts, 0, FB_NAME_DHCP, "192.168.1.60", "toms-phone", 3600, 2 * DAY);
	assert_string_equal(described(&pipeline, &next, &facts), "toms-phone");
	assert_string_equal(described(&pipeline, &first, &facts), "annas-phone");
	assert_string_equal(described(&pipeline, &silent, &facts), "-");
	/* what the operator says holds at all times */
	say(pipeline.hosts, 3, FB_NAME_OPERATOR, "192.168.1.60", "phone", FB_ADDR_FOREVER, DAY);
	assert_string_equal(described(&pipeline, &first, &facts), "phone");
	fb_pipeline_fini(&pipeline);
}

/* A host renames itself, and takes its leave: what began before has the name of then. */
static void test_renamed(void **state)
{
	struct end host = end_of("192.168.1.7");
	struct fb_flow flow = {.proto = 6, .family = 4, .dst_port = 22};
	struct fb_flow_facts facts;
	struct fb_pipeline pipeline;
	static const struct {
		uint64_t began;
		const char *name;
	} flows[] = {
		{1 * S, "printer-3.local"}, /* nothing was known then: what it says now */
		{5 * S, "printer.local"},
		{15 * S, "printer-2.local"},
		{25 * S, "printer-3.local"},
	};

	(void)state;
	assert_int_equal(fb_pipeline_init(&pipeline, &(struct fb_pipeline_opts){0}), 0);
	memcpy(flow.src, host.addr, 16);
	say(pipeline.hosts, 0, FB_NAME_MDNS, "192.168.1.7", "printer.local", 120, 2 * S);
	say(pipeline.hosts, 0, FB_NAME_MDNS, "192.168.1.7", "printer.local", 120, 4 * S);
	say(pipeline.hosts, 0, FB_NAME_MDNS, "192.168.1.7", "printer-2.local", 120, 10 * S);
	say(pipeline.hosts, 0, FB_NAME_MDNS, "192.168.1.7", "printer-3.local", 120, 20 * S);
	for (size_t i = 0; i < sizeof(flows) / sizeof(*flows); i++) {
		flow.first_seen = flows[i].began;
		assert_string_equal(described(&pipeline, &flow, &facts), flows[i].name);
	}
	say(pipeline.hosts, 0, FB_NAME_MDNS, "192.168.1.7", "", 0, 30 * S);
	/* described for the first time after the name was taken back */
	assert_string_equal(described(&pipeline, &flow, &facts), "printer-3.local");
	flow.first_seen = 31 * S;
	assert_string_equal(described(&pipeline, &flow, &facts), "-");
	/* one that renames itself without end is remembered by its newest names only */
	for (uint64_t i = 0; i < 100; i++)
		say(pipeline.hosts, 0, FB_NAME_MDNS, "192.168.1.7", i % 2 ? "a" : "b", 120,
		    (40 + i) * S);
	flow.first_seen = 5 * S;
	assert_string_equal(described(&pipeline, &flow, &facts), "-");
	/* a lease file speaks of a time, a hosts file of all */
	say(pipeline.hosts, 1, FB_NAME_LEASE, "192.168.1.7", "tv", FB_ADDR_FOREVER, 200 * S);
	say(pipeline.hosts, 1, FB_NAME_LEASE, "192.168.1.7", "radio", FB_ADDR_FOREVER, 300 * S);
	flow.first_seen = 250 * S;
	assert_string_equal(described(&pipeline, &flow, &facts), "tv");
	/* an ISC file tells both, one after the other, whenever it is read */
	for (uint64_t i = 0; i < 10; i++) {
		say(pipeline.hosts, 1, FB_NAME_LEASE, "192.168.1.7", "tv", 0, (310 + i) * S);
		say(pipeline.hosts, 1, FB_NAME_LEASE, "192.168.1.7", "radio", FB_ADDR_FOREVER,
		    (310 + i) * S);
	}
	assert_string_equal(described(&pipeline, &flow, &facts), "tv");
	say(pipeline.hosts, 2, FB_NAME_HOSTS, "192.168.1.7", "set", FB_ADDR_FOREVER, 400 * S);
	assert_string_equal(described(&pipeline, &flow, &facts), "set");
	fb_pipeline_fini(&pipeline);
}

/* More addresses than are kept: the oldest make room. */
static void test_holders_full(void **state)
{
	struct fb_holders *holders;
	uint8_t addr[16] = {0};

	(void)state;
	assert_int_equal(fb_holders_new(&holders), 0);
	for (uint32_t i = 0; i < FB_HOLDERS_MAX + 10; i++) {
		memcpy(addr + 12, &i, 4);
		fb_holders_left(holders, addr, 4, S + i);
	}
	for (uint32_t i = 0; i < FB_HOLDERS_MAX + 10; i++) {
		memcpy(addr + 12, &i, 4);
		assert_int_equal(fb_holders_since(holders, addr, 4), i < 10 ? 0 : S + i);
	}
	fb_holders_left(holders, addr, 4, S);
	assert_int_equal(fb_holders_since(holders, addr, 4), S + FB_HOLDERS_MAX + 9);
	assert_int_equal(fb_holders_since(holders, addr, 6), 0);
	fb_holders_free(holders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranks),	cmocka_unit_test(test_ends),
		cmocka_unit_test(test_greedy),	cmocka_unit_test(test_files),
		cmocka_unit_test(test_holders), cmocka_unit_test(test_holders_full),
		cmocka_unit_test(test_renamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
