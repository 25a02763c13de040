/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy filter flow util
/*
 * Rules that the kernel half matches: which expressions, as what, and that it says the same of a
 * packet as the filter says of its flow, for thousands of both; of exceptions, never less.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/rulekind.h"
#include "util/addr.h"
#include "util/cleanup.h"

static struct fb_match matches[FB_MATCHES];

static int read_kind(const char *text, bool exception)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_filter_error error;

	if (fb_filter_compile(text, &filter, &error) < 0)
		fail_msg("%s: %s", text, error.detail);
	return fb_rulekind_read(filter, exception, matches);
}

/* --- as what ---------------------------------------------------------------------------------- */

static void to_each_map(void **state)
{
	static const struct {
		const char *text;
		int n;
		enum fb_match_kind kind;
		uint8_t shape;
	} cases[] = {
		{"ip = 192.0.2.0/24", 1, FB_MATCH_NET, 0},
		{"ip in (192.0.2.1, 2001:db8::/32)", 2, FB_MATCH_NET, 0},
		{"ip = 192.0.2.1 or ip = 192.0.2.9", 2, FB_MATCH_NET, 0},
		{"ip = 10.0.0.0/8 and ip = 10.1.0.0/16", 0, 0,
		 0}, /* both ends may be of the first */
		{"src.ip = 192.0.2.1", 1, FB_MATCH_TUPLE, FB_SHAPE_ADDR0 | FB_SHAPE_CLIENT},
		{"port = 25", 1, FB_MATCH_TUPLE, FB_SHAPE_PORT0},
		{"port in (25, 6881-6889)", 10, FB_MATCH_TUPLE, FB_SHAPE_PORT0},
		{"dst.port = 443 and proto = udp", 1, FB_MATCH_TUPLE,
		 FB_SHAPE_PROTO | FB_SHAPE_PORT1 | FB_SHAPE_CLIENT},
		{"proto = gre", 1, FB_MATCH_TUPLE, FB_SHAPE_PROTO},
		{"proto = tcp and src.ip = 10.0.0.1 and src.port = 40000 and dst.ip = 192.0.2.1 and "
		 "dst.port = 443",
		 1, FB_MATCH_TUPLE, 31 | FB_SHAPE_CLIENT},
		{"sni = www.example.com", 1, FB_MATCH_NAME, 0},
		{"host:example.com or sni ~ \"*.example.org\"", 2, FB_MATCH_NAME, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (read_kind(cases[i].text, false) != cases[i].n)
			fail_msg("%s: %d", cases[i].text, read_kind(cases[i].text, false));
		for (int k = 0; k < cases[i].n; k++) {
			assert_int_equal(matches[k].kind, cases[i].kind);
			if (matches[k].kind == FB_MATCH_TUPLE)
				assert_int_equal(matches[k].tuple.shape, cases[i].shape);
		}
	}
}

/* What is about more, or what must not be, or would be too many. */
static void not_at_all(void **state)
{
	static const char *const texts[] = {
		"not ip = 192.0.2.1",
		"ip != 192.0.2.1",
		"port > 1000",
		"port = 0",
		"port = 0-100",
		"port = 1-9999",
		"ip = 192.0.2.1-192.0.2.4",
		"ip = 192.0.2.0/24 and port = 25",
		"src.ip = 192.0.2.0/24",
		"bytes > 1MB",
		"ip = 192.0.2.1 and bytes > 1MB",
		"ip = 192.0.2.1 or dst.country = XX",
		"example.com",
		"dst.host ~ example",
		"sni ~ \"*example.com\"",
		"sni ~ \"*.exa*.com\"",
		"sni = \"ex\xc3\xa4mple.com\"",
		"sni = example.com and port = 443",
		"sni = a.example and sni = b.example",
		"nat.src = 192.0.2.1",
		"nat.dst.port = 80",
		"ip = ::/16", /* with those of IPv4, as the map has them */
		"ip = ::8000:0:0/81",
		"ip = ::ffff:192.0.2.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (read_kind(texts[i], false))
			fail_msg("%s", texts[i]);
	assert_int_equal(fb_rulekind_read(NULL, false, matches), 0);
	/* of an exception who is the client is left open */
	assert_int_equal(read_kind("src.ip = 192.0.2.0/24", true), 1);
	assert_int_equal(matches[0].kind, FB_MATCH_NET);
	assert_int_equal(read_kind("dst.port = 443", true), 1);
	assert_int_equal(matches[0].tuple.shape, FB_SHAPE_PORT0);
}

/* Said as an expression it is the same address. */
static void never_what_is_an_address(void **state)
{
	static const struct {
		const char *text;
		enum fb_never never;
	} cases[] = {
		{"ip = 10.0.0.1", FB_NEVER_OWN},
		{"src.ip = 10.0.0.1", FB_NEVER_OWN},
		{"dst.ip = 10.0.0.0/24", FB_NEVER_OWN},
		{"ip in (192.0.2.1, 10.0.0.1)", FB_NEVER_OWN},
		{"ip = 192.0.2.1 or src.ip = 127.0.0.0/8", FB_NEVER_LOOPBACK},
		{"ip = 128.0.0.0/7", FB_NEVER_WIDE},
		{"ip = 10.0.0.2", FB_NEVER_NOT},
		{"ip = 10.0.0.1 and port = 8080", FB_NEVER_NOT},
		{"port = 8080", FB_NEVER_NOT},
		{"sni = example.com", FB_NEVER_NOT},
	};
	struct fb_never_addr own = {.family = FB_IPV4};
	const struct fb_never_facts facts = {.own = &own, .n_own = 1};

	(void)state;
	assert_int_equal(fb_addr_parse("10.0.0.1", own.addr, &own.family), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_filter_ struct fb_filter *filter = NULL;
		struct fb_filter_error error;

		assert_int_equal(fb_filter_compile(cases[i].text, &filter, &error), 0);
		if (fb_rulekind_never(filter, &facts) != cases[i].never)
			fail_msg("%s: %d", cases[i].text, fb_rulekind_never(filter, &facts));
	}
}

static void names_as_they_are_hashed(void **state)
{
	(void)state;
	assert_int_equal(read_kind("host:WWW.Example.COM.", false), 1);
	assert_string_equal(matches[0].name.name, "www.example.com");
	assert_true(matches[0].name.at && matches[0].name.below);
	assert_int_equal(read_kind("sni = Example.COM", false), 1);
	assert_true(matches[0].name.at && !matches[0].name.below);
	assert_int_equal(read_kind("sni ~ \"*.Example.COM\"", false), 1);
	assert_string_equal(matches[0].name.name, "example.com");
	assert_true(!matches[0].name.at && matches[0].name.below);
}

/* --- the same of every packet ----------------------------------------------------------------- */

static uint32_t below(uint32_t n)
{
	static uint64_t seed = 88172645463325252ull;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static const char *const addrs[] = {"10.0.0.1", "10.0.0.2", "10.0.1.1",	  "192.0.2.1",
				    "fd00::1",	"fd00::2",  "2001:db8::1"};
static const char *const nets[] = {"10.0.0.1", "10.0.0.0/24", "10.0.0.0/8",	  "192.0.2.1",
				   "fd00::1",  "fd00::/64",   "10.0.0.1-10.0.0.2"};
static const char *const names[] = {
	"example.com", "www.example.com", "a.b.example.com", "badexample.com",
	"com",	       "example.org"};
static const uint16_t ports[] = {25, 80, 443, 40000, 40001};

static void make_term(char *to, size_t size)
{
	static const char *const ends[] = {"", "src.", "dst."};
	static const char *const fields[] = {"sni", "host"};

	switch (below(6)) {
	case 0:
	case 1:
		snprintf(to, size, "%sip = %s", ends[below(3)], nets[below(7)]);
		return;
	case 2:
	case 3:
		snprintf(to, size, "%sport in (%u, %u)", ends[below(3)], ports[below(5)],
			 ports[below(5)]);
		return;
	case 4:
		snprintf(to, size, "proto = %s", below(2) ? "tcp" : "udp");
		return;
	default:
		snprintf(to, size,
			 below(2)   ? "%s:%s"
			 : below(2) ? "%s = %s"
				    : "%s ~ \"*.%s\"",
			 fields[below(2)], names[below(6)]);
	}
}

/* Terms, joined and in parentheses, sometimes of what no packet shows. */
static void make_filter(char *to, size_t size)
{
	const unsigned int terms = 1 + below(4);
	unsigned int open = 0;

	*to = '\0';
	for (unsigned int i = 0; i < terms; i++) {
		char term[100];
		const bool opens = i + 1 < terms && below(4) == 0;

		make_term(term, sizeof(term));
		snprintf(to + strlen(to), size - strlen(to), "%s%s%s%s",
			 !i	    ? ""
			 : below(3) ? " and "
				    : " or ",
			 below(20) ? "" : "not ", opens ? "(" : "", term);
		open += opens;
	}
	while (open--)
		strncat(to, ")", size - strlen(to) - 1);
}

struct packet {
	struct fb_flow flow;
	struct {
		struct fb_flow_names list;
		struct fb_flow_name name;
	} names;
};

/* The client sends it. */
static void make_packet(struct packet *packet)
{
	struct fb_flow *flow = &packet->flow;

	*packet = (struct packet){.flow = {.id = 1}};
	do {
		fb_addr_parse(addrs[below(7)], flow->src, &flow->family);
		fb_addr_parse(addrs[below(7)], flow->dst, &flow->family);
	} while ((flow->src[0] == 0) != (flow->dst[0] == 0));
	flow->family = flow->src[0] ? FB_IPV6 : FB_IPV4;
	flow->proto = below(2) ? 6 : below(4) ? 17 : 1;
	if (flow->proto != 1) {
		flow->src_port = ports[below(5)];
		flow->dst_port = ports[below(5)];
	}
	if (flow->proto == 6 && below(2)) {
		const char *text = names[below(6)];

		packet->names.list.n = 1;
		packet->names.name = (struct fb_flow_name){
			.text = text, .source = FB_NAME_SNI, .len = (uint8_t)strlen(text)};
		flow->names = &packet->names.list;
	}
}

static void turn(struct packet *packet)
{
	struct fb_flow *flow = &packet->flow, was = *flow;

	memcpy(flow->src, was.dst, 16);
	memcpy(flow->dst, was.src, 16);
	flow->src_port = was.dst_port;
	flow->dst_port = was.src_port;
}

static bool filter_says(const struct fb_filter *filter, const struct packet *packet)
{
	static const struct fb_snapshot snapshot;
	static const struct fb_traffic traffic;

	return fb_filter_match(filter,
			       &(struct fb_flow_at){&snapshot, &packet->flow, &traffic, NULL});
}

/* As bpf/lib/rules.h looks a packet up. */
static bool tuple_says(const struct fb_tuple_key *tuple, const struct fb_flow *flow, bool turned)
{
	const uint8_t *addr[2] = {flow->src, flow->dst};
	const uint16_t port[2] = {flow->src_port, flow->dst_port};
	struct fb_tuple_key key = {.shape = tuple->shape};

	if (key.shape & FB_SHAPE_PROTO)
		key.proto = flow->proto;
	if (key.shape & (FB_SHAPE_ADDR0 | FB_SHAPE_ADDR1))
		key.family = flow->family;
	for (int i = 0; i < 2; i++) {
		if (key.shape & (i ? FB_SHAPE_ADDR1 : FB_SHAPE_ADDR0))
			memcpy(key.addr[i], addr[i ^ turned], 16);
		if (key.shape & (i ? FB_SHAPE_PORT1 : FB_SHAPE_PORT0))
			key.port[i] = port[i ^ turned];
	}
	return !memcmp(&key, tuple, sizeof(key));
}

static bool name_says(const struct fb_rule_name *rule, const struct fb_flow *flow)
{
	const char *name = flow->names ? flow->names->name[0].text : "";
	const size_t n = strlen(name), len = strlen(rule->name);

	if (n == len)
		return rule->at && !strcmp(name, rule->name);
	return rule->below && n > len && name[n - len - 1] == '.' &&
	       !strcmp(name + n - len, rule->name);
}

static bool match_says(const struct fb_match *match, const struct fb_flow *flow, bool client)
{
	struct fb_cidr net;

	switch (match->kind) {
	case FB_MATCH_NET:
		net = (struct fb_cidr){.bits = (uint8_t)match->net.bits, .family = flow->family};
		memcpy(net.addr, match->net.addr, 16);
		return fb_cidr_contains(&net, flow->src, flow->family) ||
		       fb_cidr_contains(&net, flow->dst, flow->family);
	case FB_MATCH_TUPLE:
		if (match->tuple.shape & FB_SHAPE_CLIENT)
			return client && tuple_says(&match->tuple, flow, false);
		return tuple_says(&match->tuple, flow, false) ||
		       tuple_says(&match->tuple, flow, true);
	default:
		return name_says(&match->name, flow);
	}
}

static bool kernel_says(int n, const struct packet *packet, bool client)
{
	for (int i = 0; i < n; i++)
		if (match_says(&matches[i], &packet->flow, client))
			return true;
	return false;
}

static void compare(const char *text, const struct fb_filter *filter, int n, bool exception)
{
	struct packet packet;

	for (int i = 0; i < 40; i++) {
		bool says, turned;

		make_packet(&packet);
		says = filter_says(filter, &packet);
		turn(&packet);
		turned = filter_says(filter, &packet);
		turn(&packet);
		if (exception ? (says || turned) && !kernel_says(n, &packet, false)
			      : says != kernel_says(n, &packet, true) ||
					(kernel_says(n, &packet, false) && !(says && turned)))
			fail_msg("%s: %s%s", text, exception ? "exception, " : "",
				 says ? "matches" : "does not match");
	}
}

static void says_what_the_filter_says(void **state)
{
	unsigned int taken = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		_cleanup_filter_ struct fb_filter *filter = NULL;
		struct fb_filter_error error;
		char text[600];
		int n;

		make_filter(text, sizeof(text));
		if (fb_filter_compile(text, &filter, &error) < 0)
			fail_msg("%s: %s", text, error.detail);
		for (int exception = 0; exception < 2; exception++) {
			n = fb_rulekind_read(filter, exception, matches);
			assert_true(n >= 0);
			taken += n > 0;
			if (n > 0)
				compare(text, filter, n, exception);
		}
	}
	print_message("# %u of 40000 expressions are the kernel half's\n", taken);
	assert_true(taken > 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_each_map),
		cmocka_unit_test(not_at_all),
		cmocka_unit_test(never_what_is_an_address),
		cmocka_unit_test(names_as_they_are_hashed),
		cmocka_unit_test(says_what_the_filter_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
