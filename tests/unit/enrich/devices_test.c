/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich flow proto util
/* Which addresses are one device's, and what their flows are called by that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "enrich/pipeline.h"
#include "proto/neighbour.h"
#include "unit/end.h"

#define S    1000000000ull
#define HOUR (3600 * S)

static bool tie(struct fb_devices *devices, uint8_t mac, const char *addr, uint32_t link,
		uint64_t now, bool sure)
{
	const uint8_t bytes[6] = {2, 0, 0, 0, 0, mac};
	struct end end = end_of(addr);

	return fb_devices_tie(devices, &(struct fb_devices_fact){.time = now,
								 .mac = bytes,
								 .addr = end.addr,
								 .family = end.family,
								 .link = link,
								 .sure = sure});
}

/* The other addresses, "a b", the newest first. */
static const char *others(const struct fb_devices *devices, const char *addr)
{
	static char text[2000];
	struct end end = end_of(addr);
	const uint8_t *other;
	uint8_t family;
	uint32_t at = 0;
	size_t len = 0;

	text[0] = '\0';
	while (fb_devices_next(devices, end.addr, end.family, &at, &other, &family)) {
		char one[FB_ADDR_STRLEN];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
					fb_addr_format(other, family, one));
	}
	return text;
}

static void test_ties(void **state)
{
	struct fb_devices *devices;

	(void)state;
	assert_int_equal(fb_devices_new(&devices), 0);
	assert_false(tie(devices, 1, "192.168.1.5", 2, S, true));
	assert_string_equal(others(devices, "192.168.1.5"), "");
	tie(devices, 1, "2001:db8:1::5", 2, S, true);
	tie(devices, 1, "fe80::5", 2, S, true);
	tie(devices, 2, "2001:db8:1::6", 2, S, true);
	assert_string_equal(others(devices, "192.168.1.5"), "fe80::5 2001:db8:1::5");
	assert_string_equal(others(devices, "2001:db8:1::5"), "fe80::5 192.168.1.5");
	assert_string_equal(others(devices, "2001:db8:1::6"), "");
	/* what a group or nobody has, and addresses of no host, are left aside */
	assert_false(tie(devices, 1, "224.0.0.251", 2, S, true));
	assert_false(tie(devices, 1, "127.0.0.1", 2, S, true));
	assert_false(tie(devices, 1, "ff02::1", 2, S, true));
	assert_string_equal(others(devices, "192.168.1.5"), "fe80::5 2001:db8:1::5");
	/* it went to another device: only who is sure can say that */
	assert_false(tie(devices, 2, "192.168.1.5", 2, 2 * S, false));
	assert_string_equal(others(devices, "2001:db8:1::6"), "");
	assert_true(tie(devices, 2, "192.168.1.5", 2, 2 * S, true));
	assert_string_equal(others(devices, "2001:db8:1::6"), "192.168.1.5");
	assert_string_equal(others(devices, "fe80::5"), "2001:db8:1::5");
	/* one address, two networks: nobody's, until one of them is silent for an hour */
	assert_false(tie(devices, 3, "192.168.1.5", 3, 3 * S, true));
	assert_string_equal(others(devices, "2001:db8:1::6"), "");
	assert_string_equal(others(devices, "192.168.1.5"), "");
	assert_true(tie(devices, 3, "192.168.1.5", 3, 2 * HOUR, true));
	tie(devices, 3, "2001:db8:1::7", 3, 2 * HOUR, true);
	assert_string_equal(others(devices, "2001:db8:1::7"), "192.168.1.5");
	/* two of IPv4 are two hosts, behind a relay of some kind */
	tie(devices, 4, "192.168.1.8", 2, S, true);
	tie(devices, 4, "192.168.1.9", 2, S, true);
	assert_string_equal(others(devices, "192.168.1.8"), "");
	fb_devices_free(devices);
}

/* Behind a router stand strangers, and who plays many takes nobody's place. */
static void test_routers(void **state)
{
	struct fb_devices *devices;
	char addr[48];

	(void)state;
	assert_int_equal(fb_devices_new(&devices), 0);
	tie(devices, 1, "192.168.1.5", 2, S, true);
	for (int i = 0; i < FB_DEVICE_FAMILY; i++) {
		snprintf(addr, sizeof(addr), "2001:db8::%x", i + 1);
		tie(devices, 1, addr, 2, S, true);
	}
	assert_int_not_equal(strlen(others(devices, "192.168.1.5")), 0);
	tie(devices, 1, "2001:db8::ff", 2, S, true);
	assert_string_equal(others(devices, "192.168.1.5"), "");
	assert_string_equal(others(devices, "2001:db8::1"), "");
	/* privacy addresses of days ago do not make a router */
	tie(devices, 1, "192.168.1.5", 2, 25 * HOUR, true);
	assert_int_not_equal(strlen(others(devices, "192.168.1.5")), 0);
	tie(devices, 7, "10.0.0.1", 2, S, true);
	tie(devices, 7, "fd00::1", 2, S, true);
	for (uint32_t i = 0; i < 3 * FB_DEVICES_ADDRS; i++) {
		snprintf(addr, sizeof(addr), "fd00:1::%x:%x", i >> 16, i & 0xffff);
		tie(devices, 9, addr, 2, S, true);
	}
	assert_string_equal(others(devices, "10.0.0.1"), "fd00::1");
	fb_devices_free(devices);
}

static struct fb_flow flow_of(const char *src, const char *dst)
{
	struct end from = end_of(src), to = end_of(dst);
	struct fb_flow flow = {.proto = 6, .family = from.family, .first_seen = 5 * S};

	memcpy(flow.src, from.addr, 16);
	memcpy(flow.dst, to.addr, 16);
	return flow;
}

static void learn(struct fb_pipeline *pipeline, const char *client, const char *addr,
		  const char *name)
{
	struct end end = end_of(addr), who = end_of(client ? client : "::");

	fb_pipeline_learn(pipeline,
			  &(struct fb_addr_fact){.time = S,
						 .client = who.addr,
						 .client_family = client ? who.family : 0,
						 .addr = end.addr,
						 .family = end.family,
						 .source = client ? FB_NAME_DNS : FB_NAME_DHCP,
						 .name = name,
						 .len = strlen(name),
						 .ttl = 3600});
}

/* Asked over IPv4, connected over IPv6: the flow has what DNS said, and its client's own name. */
static void test_dual_stack(void **state)
{
	struct fb_pipeline pipeline;
	struct fb_flow flow = flow_of("2001:db8:1::5", "2001:db8::99");
	struct fb_flow_facts facts = {0};
	struct fb_flow_names *names = calloc(1, sizeof(*names) + sizeof(names->name[0]));

	(void)state;
	assert_non_null(names);
	assert_int_equal(fb_pipeline_init(&pipeline, &(struct fb_pipeline_opts){0}), 0);
	learn(&pipeline, "192.168.1.5", "2001:db8::99", "six.example");
	learn(&pipeline, NULL, "192.168.1.5", "lisas-laptop");
	fb_pipeline_tick(&pipeline, 5 * S);
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_null(facts.dns_name);
	assert_null(facts.src_host.text);
	tie(pipeline.devices, 1, "192.168.1.5", 2, S, true);
	assert_int_equal(fb_pipeline_tick(&pipeline, 6 * S), 0);
	tie(pipeline.devices, 1, "2001:db8:1::5", 2, S, true);
	const unsigned int which = fb_pipeline_tick(&pipeline, 7 * S);
	/* also of flows that began before the tie was known */
	fb_pipeline_describe(&pipeline, &flow, which, &facts);
	assert_string_equal(facts.dns_name, "six.example");
	assert_string_equal(facts.src_host.text, "lisas-laptop");
	/* nor is the name it goes by unexplained; another one is */
	names->n = 1;
	names->name[0] = (struct fb_flow_name){.text = "six.example", .source = FB_NAME_SNI};
	flow.names = names;
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_int_equal(facts.name_flags & FB_NAME_FLAG_UNEXPLAINED, 0);
	names->name[0].text = "other.example";
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_int_not_equal(facts.name_flags & FB_NAME_FLAG_UNEXPLAINED, 0);
	/* the address goes to a device that tells no name */
	learn(&pipeline, NULL, "192.168.1.5", "lisas-laptop");
	struct end addr = end_of("192.168.1.5");
	fb_pipeline_tie(&pipeline,
			&(struct fb_devices_fact){.time = 9 * S,
						  .mac = (const uint8_t[6]){2, 0, 0, 0, 0, 9},
						  .addr = addr.addr,
						  .family = 4,
						  .sure = true});
	facts = (struct fb_flow_facts){0};
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_null(facts.src_host.text);
	fb_pipeline_fini(&pipeline);
	free(names);
}

/* An address without a name of its own goes to another device: flows keep the name of before. */
static void test_moved(void **state)
{
	struct fb_flow_name had = {.text = "lisas-laptop", .len = 12, .source = FB_NAME_DHCP};
	struct fb_flow before = flow_of("2001:db8:1::5", "2001:db8::99"), after = before;
	const uint8_t mac[] = {2, 0, 0, 0, 0, 2};
	const struct end addr = end_of("2001:db8:1::5");
	struct fb_flow_facts facts = {0};
	struct fb_pipeline pipeline;

	(void)state;
	assert_int_equal(fb_pipeline_init(&pipeline, &(struct fb_pipeline_opts){0}), 0);
	learn(&pipeline, NULL, "192.168.1.5", "lisas-laptop");
	learn(&pipeline, NULL, "192.168.1.6", "bobs-tv");
	tie(pipeline.devices, 1, "192.168.1.5", 2, S, true);
	tie(pipeline.devices, 2, "192.168.1.6", 2, S, true);
	tie(pipeline.devices, 1, "2001:db8:1::5", 2, S, true);
	before.first_seen = 5 * S;
	fb_pipeline_describe(&pipeline, &before, UINT32_MAX, &facts);
	assert_string_equal(facts.src_host.text, "lisas-laptop");
	before.src_host = &had;
	fb_pipeline_tie(&pipeline, &(struct fb_devices_fact){.time = 9 * S,
							     .mac = mac,
							     .addr = addr.addr,
							     .family = 6,
							     .link = 2,
							     .sure = true});
	after.first_seen = 10 * S;
	facts = (struct fb_flow_facts){0};
	fb_pipeline_describe(&pipeline, &after, UINT32_MAX, &facts);
	assert_string_equal(facts.src_host.text, "bobs-tv");
	facts = (struct fb_flow_facts){0};
	fb_pipeline_describe(&pipeline, &before, UINT32_MAX, &facts);
	assert_string_equal(facts.src_host.text, "lisas-laptop");
	fb_pipeline_fini(&pipeline);
}

/* --- what frames tell ------------------------------------------------------------------------ */

static size_t hex(const char *text, uint8_t *bytes)
{
	size_t n = 0;

	for (; *text; text++) {
		unsigned int byte;

		if (*text == ' ')
			continue;
		assert_int_equal(sscanf(text++, "%2x", &byte), 1);
		bytes[n++] = (uint8_t)byte;
	}
	return n;
}

#define MACS	 "ffffffffffff 020000000005 "
#define IP4(ttl) "4500 0028 0001 4000 " ttl " 06 0000 c0a80105 c6336401 "
#define SYN	 "9c40 0016 00000001 00000000 5002 ffff 0000 0000"
#define IP6(hops, next, len)                                                                       \
	"6000 0000 " len " " next " " hops                                                         \
	" 20010db8000100000000000000000005 20010db8000000000000000000000099 "
#define TARGET "fe800000000000000000000000000007 "

static const struct {
	const char *frame, *addr; /* NULL: it does not tell */
	bool sure;
	uint16_t vlan;
	uint8_t mac;
} cases[] = {
	{MACS "0806 0001 0800 06 04 0001 020000000005 c0a80105 000000000000 c0a80101",
	 "192.168.1.5", true, 0, 5},
	{MACS "0806 0001 0800 06 04 0002 020000000006 c0a80106 020000000001 c0a80101",
	 "192.168.1.6", true, 0, 6},
	/* is the address free? */
	{MACS "0806 0001 0800 06 04 0001 020000000005 00000000 000000000000 c0a80101", NULL, false,
	 0, 0},
	{MACS "8100 000a 0800 " IP4("40") SYN, "192.168.1.5", false, 10, 5},
	{MACS "0800 " IP4("3f") SYN, NULL, false, 0, 0},
	{MACS "0800 " IP4("40") "9c40 0016 00000001 00000000 5012 ffff 0000 0000", NULL, false, 0,
	 0},
	{MACS "86dd " IP6("40", "06", "0014") SYN, "2001:db8:1::5", false, 0, 5},
	{MACS "86dd " IP6("39", "06", "0014") SYN, NULL, false, 0, 0},
	{MACS "86dd " IP6("40", "11", "0008") "9c40 0035 0008 0000", "2001:db8:1::5", false, 0, 5},
	{MACS "86dd " IP6("40", "11", "0008") "0035 9c40 0008 0000", NULL, false, 0, 0},
	/* neighbour discovery: its sender's MAC, its target's, none, from afar, a lie */
	{MACS "86dd " IP6("ff", "3a", "0020") "87 00 0000 00000000 " TARGET "01 01 020000000008",
	 "2001:db8:1::5", true, 0, 8},
	{MACS "86dd " IP6("ff", "3a", "0028") "88 00 0000 00000000 " TARGET
					      "0e 01 000000000000 02 01 020000000007",
	 "fe80::7", true, 0, 7},
	{MACS "86dd " IP6("ff", "3a", "0018") "88 00 0000 00000000 " TARGET, NULL, false, 0, 0},
	{MACS "86dd " IP6("fe", "3a", "0020") "88 00 0000 00000000 " TARGET "02 01 020000000007",
	 NULL, false, 0, 0},
	{MACS "86dd " IP6("ff", "3a", "0020") "88 00 0000 00000000 " TARGET "02 00 020000000007",
	 NULL, false, 0, 0},
};

static void test_frames(void **state)
{
	uint8_t bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const size_t len = hex(cases[i].frame, bytes);
		char text[FB_ADDR_STRLEN];
		struct fb_neighbour got;

		assert_int_equal(fb_neighbour_parse(bytes, len, &got), cases[i].addr != NULL);
		/* cut anywhere it tells nothing that is not there */
		for (size_t cut = 0; cut < len; cut++) {
			_Alignas(8) uint8_t part[256];
			struct fb_neighbour unused;

			memcpy(part + sizeof(part) - cut, bytes, cut);
			fb_neighbour_parse(part + sizeof(part) - cut, cut, &unused);
		}
		if (!cases[i].addr)
			continue;
		assert_string_equal(fb_addr_format(got.addr, got.family, text), cases[i].addr);
		assert_int_equal(got.sure, cases[i].sure);
		assert_int_equal(got.vlan, cases[i].vlan);
		assert_int_equal(got.mac[5], cases[i].mac);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ties),	   cmocka_unit_test(test_routers),
		cmocka_unit_test(test_dual_stack), cmocka_unit_test(test_moved),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
