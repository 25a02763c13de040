/* SPDX-License-Identifier: BSD-2-Clause */
// link: filter flow format util
/*
 * What is run of a filter says what its text says: random expressions, each evaluated beside it by
 * bit operations on what its single terms say of 64 random flows.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filter/filter_priv.h"
#include "util/addr.h"

#define FLOWS	    64
#define EXPRESSIONS 4000
#define N(arr)	    (sizeof(arr) / sizeof(*(arr)))

static char links[FB_LINK_MAX][FB_LINK_NAME] = {[1] = "lan0"};
static struct fb_snapshot snapshot = {.now_ns = 50000000000000,
				      .wall_ms = 1795224011201,
				      .interval_ns = 1000000000,
				      .link_names = links};
static struct fb_flow flows[FLOWS];
static struct fb_traffic traffic[FLOWS];
static struct fb_flow_nat nat = {.kind = FB_NAT_SRC, .src_family = FB_IPV4, .src_port = 7};

static unsigned int below(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static void make_flows(void)
{
	static const char *const services[] = {NULL, "https", "dns", "https (YouTube)"};

	fb_addr_parse("10.0.0.9", nat.src, &(uint8_t){0});
	for (unsigned int i = 0; i < FLOWS; i++) {
		char text[FB_ADDR_STRLEN];

		snprintf(text, sizeof(text), below(4) ? "10.0.%u.%u" : "fd00::%u:%u", below(4),
			 below(8));
		flows[i] = (struct fb_flow){
			.id = i + 1,
			.src_port = (uint16_t)below(10),
			.dst_port = (uint16_t)(below(5) ? below(10) : 65530 + below(6)),
			.proto = below(2) ? IPPROTO_TCP : IPPROTO_UDP,
			.state = (uint8_t)below(FB_STATE_COUNT),
			.service = services[below(N(services))],
			.nat = below(4) ? NULL : &nat,
			.ct_mark = below(16),
			.flags = below(2) ? FB_FLOW_CONNTRACK : 0,
			.first_seen = snapshot.now_ns - below(10) * 1000000000ull,
			.link = 1};
		fb_addr_parse(text, flows[i].src, &flows[i].family);
		fb_addr_parse(flows[i].family == FB_IPV4 ? "10.0.2.3" : "fd00::2:3", flows[i].dst,
			      &flows[i].family);
		traffic[i] = (struct fb_traffic){.bytes = {below(20), below(20)},
						 .last_seen = snapshot.now_ns};
	}
}

static uint64_t says(const char *text)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_filter_error error;
	uint64_t bits = 0;

	if (fb_filter_compile(text, &filter, &error) < 0)
		fail_msg("%s: %s at %u", text, error.detail, error.offset);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const struct fb_flow_at at = {&snapshot, &flows[i], &traffic[i], NULL};

		bits |= (uint64_t)fb_filter_match(filter, &at) << i;
	}
	return bits;
}

/* --- single terms, by what stands in the flow ------------------------------------------------- */

static bool has_port(const struct fb_flow *flow, unsigned int low, unsigned int high)
{
	const bool known = flow->src_port || flow->dst_port;

	return (known && flow->src_port >= low && flow->src_port <= high) ||
	       (known && flow->dst_port >= low && flow->dst_port <= high) ||
	       (flow->nat && 7 >= low && 7 <= high);
}

static uint64_t ports(char *text, size_t size)
{
	const unsigned int low = below(4) ? below(10) : 65530 + below(6);
	const unsigned int high = low + (below(2) ? 0 : below(4));
	const bool negated = below(3) == 0;
	uint64_t bits = 0;

	snprintf(text, size, "port %s %u-%u", negated ? "!=" : "=", low, high);
	if (high > 65535)
		snprintf(text, size, "port %s %u", negated ? "!=" : "=", low);
	for (unsigned int i = 0; i < FLOWS; i++)
		bits |= (uint64_t)has_port(&flows[i], low, high > 65535 ? low : high) << i;
	return negated ? ~bits : bits;
}

static uint64_t some_bytes(char *text, size_t size)
{
	static const char *const ops[] = {"<", "<=", ">", ">=", "=", "!="};
	const unsigned int op = below(N(ops)), limit = below(2) ? 0 : below(40);
	uint64_t bits = 0;

	snprintf(text, size, "bytes %s %u", ops[op], limit);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const uint64_t n = traffic[i].bytes[0] + traffic[i].bytes[1];
		const bool is[] = {n<limit, n <= limit, n> limit, n >= limit, n == limit,
				   n != limit};

		bits |= (uint64_t)is[op] << i;
	}
	return bits;
}

static uint64_t sources(char *text, size_t size)
{
	const unsigned int net = below(4), low = below(8), high = low + below(8 - low);
	const bool v6 = below(3) == 0, negated = below(3) == 0;
	uint64_t bits = 0;

	snprintf(text, size,
		 v6 ? "src.ip %s fd00::%u:%u-fd00::%u:%u" : "src.ip %s 10.0.%u.%u-10.0.%u.%u",
		 negated ? "!=" : "=", net, low, net, high);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const uint8_t *src = flows[i].src;
		const bool is = (flows[i].family == FB_IPV6) == v6 && src[v6 ? 13 : 14] == net &&
				src[15] >= low && src[15] <= high;

		bits |= (uint64_t)is << i;
	}
	return negated ? ~bits : bits;
}

/* Patterns, some of which no address or port is ever like. */
static uint64_t likes(char *text, size_t size)
{
	static const char *const parts[] = {"3", "0.1", "d0", "zz", "10.0.2", "655", "777777", ":"};
	const bool by_port = below(2), negated = below(3) == 0;
	const char *part = parts[below(N(parts))];
	char value[FB_ADDR_STRLEN];
	uint64_t bits = 0;

	snprintf(text, size, "%s %s \"%s\"", by_port ? "dst.port" : "src.ip", negated ? "!~" : "~",
		 part);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const struct fb_flow *flow = &flows[i];
		const bool known = !by_port || flow->src_port || flow->dst_port;

		if (by_port)
			snprintf(value, sizeof(value), "%u", flow->dst_port);
		else
			fb_addr_format(flow->src, flow->family, value);
		bits |= (uint64_t)(known && strstr(value, part)) << i;
	}
	return negated ? ~bits : bits;
}

static uint64_t others(char *text, size_t size)
{
	static const char *const texts[] = {"proto = udp",
					    "state in (established, close)",
					    "service = https",
					    "service ~ tube",
					    "10.0.1",
					    "conntrack.mark & 3",
					    "conntrack.mark = 5",
					    "first_seen > -4s",
					    "bytes.up in (1, 3-5, 9)",
					    "not port in (1, 2, 65535)",
					    "ip ~ \"0.2\"",
					    "port ~ 3",
					    "id ~ 1"};

	snprintf(text, size, "%s", texts[below(N(texts))]);
	return says(text);
}

/* --- expressions ------------------------------------------------------------------------------ */

struct text {
	char at[4000];
	size_t len;
};

static void add(struct text *text, const char *more)
{
	text->len +=
		(size_t)snprintf(text->at + text->len, sizeof(text->at) - text->len, "%s", more);
}

static uint64_t add_term(struct text *text)
{
	static uint64_t (*const terms[])(char *, size_t) = {ports, ports, some_bytes, sources,
							    likes, likes, others};
	char term[100];
	const uint64_t bits = terms[below(N(terms))](term, sizeof(term));

	add(text, term);
	return bits;
}

static uint64_t add_expression(struct text *text, unsigned int depth)
{
	const bool any = below(2), negated = below(4) == 0;
	uint64_t bits = any ? 0 : UINT64_MAX;

	if (!depth || below(3) == 0)
		return add_term(text);
	add(text, negated ? "not (" : "(");
	for (unsigned int i = 0, n = 1 + below(4); i < n; i++) {
		uint64_t one;

		add(text, !i ? "" : any ? " or " : " and ");
		one = add_expression(text, depth - 1);
		bits = any ? bits | one : bits & one;
	}
	add(text, ")");
	return negated ? ~bits : bits;
}

static void test_expressions(void **state)
{
	(void)state;
	srand(5);
	for (unsigned int i = 0; i < EXPRESSIONS; i++) {
		struct text text = {.len = 0};
		uint64_t bits, said;

		make_flows();
		bits = add_expression(&text, 3);
		said = says(text.at);
		if (said != bits)
			fail_msg("%s: %016llx, not %016llx", text.at, (unsigned long long)said,
				 (unsigned long long)bits);
	}
}

/* As long as a filter may be: all of them are found, and nothing else. */
static void test_many_ports(void **state)
{
	struct text some = {.len = 0}, none = {.len = 0};
	char term[32];

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(term, sizeof(term), "%sdst.port=%u", i ? " or " : "", i * 7 % 200 * 300);
		add(&some, term);
		snprintf(term, sizeof(term), "%sdst.port!=%u", i ? " and " : "", i * 7 % 200 * 300);
		add(&none, term);
	}
	for (unsigned int from = 0; from < 65536; from += FLOWS) {
		uint64_t bits = 0;

		for (unsigned int i = 0; i < FLOWS; i++) {
			flows[i] = (struct fb_flow){.id = 1,
						    .family = FB_IPV4,
						    .src_port = 1,
						    .dst_port = (uint16_t)(from + i)};
			bits |= (uint64_t)((from + i) % 300 == 0 && from + i < 60000) << i;
		}
		assert_int_equal(says(some.at), bits);
		assert_int_equal(says(none.at), ~bits);
	}
}

/* A piece of an address that is there, of one that may be, or of none; often more than four parts.
 */
static void make_piece(char *piece, size_t size)
{
	static const char *const odd[] = {"",	 ".",	"..", "1..2", "1.2.3.4.5",
					  ".1.", "256", "01", "2?",   "*.1"};
	char text[FB_ADDR_STRLEN];
	const struct fb_flow *flow = &flows[below(FLOWS)];
	size_t from;

	fb_addr_format(flow->src, flow->family, text);
	if (below(2))
		snprintf(text, sizeof(text), "%u.%u.%u.%u", below(256), below(30), below(300),
			 below(12));
	from = below((unsigned int)strlen(text));
	snprintf(piece, size, "%.*s", (int)below(12) + 1, text + from);
	if (below(8) == 0)
		snprintf(piece, size, "%s", odd[1 + below(N(odd) - 1)]);
}

static uint64_t with_piece(const char *piece)
{
	char text[FB_ADDR_STRLEN];
	uint64_t bits = 0;

	for (unsigned int i = 0; i < FLOWS; i++) {
		fb_addr_format(flows[i].src, flows[i].family, text);
		bits |= (uint64_t)fb_filter_text_like(text, piece, strlen(piece)) << i;
	}
	return bits;
}

/* Alone, and more of them than are followed at once: what an address is like says its text. */
static void test_pieces_of_addresses(void **state)
{
	(void)state;
	srand(7);
	for (unsigned int i = 0; i < 3000; i++) {
		struct text text = {.len = 0};
		uint64_t bits = 0;

		for (unsigned int k = 0, n = i % 8 ? 1 + below(3) : 60; k < n; k++) {
			char piece[FB_ADDR_STRLEN], term[100];

			if (k % 16 == 0)
				make_flows();
			make_piece(piece, sizeof(piece));
			snprintf(term, sizeof(term), "%ssrc.ip ~ \"%s\"", k ? " or " : "", piece);
			add(&text, term);
		}
		make_flows();
		for (const char *at = strchr(text.at, '"'); at; at = strchr(at + 1, '"')) {
			char piece[FB_ADDR_STRLEN] = "";

			sscanf(at, "\"%45[^\"]", piece);
			bits |= with_piece(piece);
			at = strchr(at + 1, '"');
		}
		if (says(text.at) != bits)
			fail_msg("%s", text.at);
	}
}

/* A search and a filter joined: both, run as one. */
static void test_joined(void **state)
{
	struct fb_filter *search, *filter;
	struct fb_filter_error error;
	uint64_t bits = 0;

	(void)state;
	srand(6);
	make_flows();
	assert_int_equal(fb_filter_search("10.0.1 tcp", &search), 0);
	assert_int_equal(fb_filter_compile("port=3 or port=4 or not bytes>10", &filter, &error), 0);
	search = fb_filter_and(search, filter);
	assert_non_null(search);
	for (unsigned int i = 0; i < FLOWS; i++) {
		const struct fb_flow_at at = {&snapshot, &flows[i], &traffic[i], NULL};

		bits |= (uint64_t)fb_filter_match(search, &at) << i;
	}
	assert_int_equal(bits, says("10.0.1") & says("tcp") &
				       (says("port=3") | says("port=4") | ~says("bytes>10")));
	fb_filter_free(search);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_many_ports),
		cmocka_unit_test(test_pieces_of_addresses),
		cmocka_unit_test(test_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
