/* SPDX-License-Identifier: BSD-2-Clause */
// link: filter flow format util
/* The filter language: what matches, and text that comes back. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/fields.h"
#include "filter/filter.h"
#include "util/addr.h"
#include "util/cleanup.h"

static char links[FB_LINK_MAX][FB_LINK_NAME] = {[1] = "lan0"};
static const struct fb_flow_tls tls = {.version = 0x0304};
static struct fb_flow_names *names;
static struct fb_snapshot snapshot = {.now_ns = 50000000000000,
				      .wall_ms = 1795224011201,
				      .interval_ns = 1000000000,
				      .link_names = links};
static struct fb_flow flow;
static struct fb_traffic traffic;
static const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};

static int set_up(void **state)
{
	(void)state;
	names = calloc(1, sizeof(*names) + sizeof(names->name[0]));
	if (!names)
		return -1;
	names->n = 1;
	names->name[0] = (struct fb_flow_name){.text = "www.YouTube.com", .source = FB_NAME_SNI};
	flow = (struct fb_flow){
		.id = 77,
		.src_port = 51544,
		.dst_port = 443,
		.proto = IPPROTO_TCP,
		.family = FB_IPV4,
		.link = 1,
		.state = FB_STATE_ESTABLISHED,
		.l7 = FB_L7_TLS,
		.first_seen = snapshot.now_ns - 7200000000000,
		.rtt_ns = 11800000,
		.service = "https (YouTube)",
		.names = names,
		.tls = &tls,
	};
	fb_addr_parse("192.168.88.105", flow.src, &flow.family);
	fb_addr_parse("142.250.74.110", flow.dst, &flow.family);
	traffic = (struct fb_traffic){
		.packets = {10, 20},
		.bytes = {1000, 12000000},
		.moved_bytes = {0, 700000},
		.last_seen = snapshot.now_ns - 3000000000,
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(names);
	return 0;
}

static bool match(const char *text)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_filter_error error;
	int r = fb_filter_compile(text, &filter, &error);

	if (r < 0)
		fail_msg("%s: %s at %u", text, error.detail, error.offset);
	return fb_filter_match(filter, &at);
}

static const char *const yes[] = {
	"",
	"  ",
	"proto=tcp",
	"proto = 6",
	"PROTO=TCP",
	"proto==tcp",
	"proto in (udp, tcp)",
	"src=192.168.88.105",
	"src=192.168.88.0/24",
	"src in (10.0.0.0/8, 192.168.0.0/16)",
	"src=192.168.88.100-192.168.88.110",
	"ip=142.250.74.110",
	"ip=192.168.0.0/16",
	"ip!=1.2.3.4",
	"not ip=1.2.3.4",
	"port=443",
	"port=51544",
	"dport=443",
	"dport in (80,443)",
	"dport=400-500",
	"sport>1023",
	"dport<=443",
	"dport>=443",
	"dport!=80",
	"host:youtube.com",
	"name:YOUTUBE.com",
	"host=www.youtube.com.",
	"host:youtube.com.",
	"host=www.youtube.com",
	"host~tube",
	"dst.host~\"*.youtube.*\"",
	"host!~google",
	"sni~\"w?w.*\"",
	"bytes>10MB",
	"bytes.down>11.9M",
	"up<=1k",
	"rate>5Mbit",
	"rate>5Mbit/s",
	"rate_bps<6M",
	"duration_ms>=2h",
	"duration_ms<2h1m",
	"idle_ms=3s",
	"rtt_ms>11",
	"rtt_ms<12",
	"service=https",
	"service=youtube",
	"app=\"https (YouTube)\"",
	"state=established",
	"iface=lan0",
	"proto=tcp and dport=443",
	"proto=tcp dport=443",
	"proto=udp or dport=443",
	"not proto=udp",
	"!proto=udp",
	"-proto=udp",
	"not (proto=udp or dport=80)",
	"proto=udp or proto=icmp or proto=tcp",
	"(((proto=tcp)))",
	"youtube",
	"443",
	"\"443\"",
	"192.168.88",
	"tcp",
	"establ",
	"tls",
	"https",
	"proto=tcp youtube -udp",
	"tls.version=1.3",
	"not closed=fin",
	"dst.host_from=sni",
	"packets=30",
	"id=000000000000004d",
	"proto=udp or not proto=udp and dport=443",
	/* it is 2026-11-21T01:20:11.201Z; first seen two hours before, last seen three seconds */
	"first_seen<-1h",
	"first_seen>-3h",
	"last_seen>-5m",
	"last_seen>=-3s",
	"last_seen<now",
	"first_seen<=2026-11-20T23:20:11.201Z",
	"first_seen=2026-11-20T23:20:11.201Z",
	"first_seen=2026-11-20T23:20:11Z",
	"first_seen=2026-11-20T23:20Z",
	"first_seen=2026-11-20",
	"first_seen=2026-11-21T00:20:11+01:00",
	"first_seen<2026-11-21",
	"last_seen>2026-11-20",
	"first_seen>2026-11-20T23:20:11.200Z",
	"first_seen=-2h1m..-1h59m",
	"first_seen=2026-11-20T23:20:00Z..2026-11-20T23:21:00Z",
	"last_seen=2026-11-21..now",
	"last_seen in (2020-01-01, -1m..now)",
	"first_seen=1795216811201",
	"duration>90",
	"duration=7200",
	"duration<1.5d",
	"duration_ms>90",
	"duration_ms=7200000",
	"idle=3",
	"idle>2.5s",
	"idle<1m",
	"rtt>11",
	"rtt=11.8",
	"rtt>11700us",
	"rate=700kB/s",
	"rate<1MB",
	"rate>5.5Mbps",
	"rate<1Gib/s",
	"family=0x4",
	"192.168.0.0/16",
	"192.168.88.100-192.168.88.110",
	"tcp 192.168.88.0/24 -10.0.0.0/8",
	"not 2001:db8::/32",
	"proto=tcp && dport=443",
	"proto=udp||dport=443",
	"proto=tcp&&dport=443 || dport=80",
	"proto not in (udp, icmp)",
	"proto = tcp and dst.port = 443 and src not in (10.0.0.0/8)",
	"port not in (80, 8080)",
};

static const char *const no[] = {
	"proto=udp",
	"src=192.168.89.0/24",
	"src=fe80::/10",
	"ip=1.2.3.4",
	"ip!=142.250.74.110",
	"port=80",
	"port!=443",
	"44",
	"dport<443",
	"dport>443",
	"host=youtube.com",
	"host:outube.com",
	"host=\"www.youtube.com..\"",
	"host~\"tube*\"",
	"bytes>13MB",
	"rate>6Mbit",
	"duration_ms>3h",
	"service=http",
	"service~quic",
	"state=close",
	"state=NONE",
	"google",
	"10.0.0",
	"closed=fin",
	"proto=tcp and dport=80",
	"proto=udp or dport=80",
	"not proto=tcp",
	"not not proto=udp",
	"partial=true",
	"tls.ech=true",
	"nat.kind=snat",
	"youtube udp",
	"first_seen>-1h",
	"last_seen<-5m",
	"last_seen>now",
	"first_seen>2026-11-20T23:20:11Z",
	"first_seen>2026-11-20",
	"first_seen=2026-11-21",
	"last_seen=-15m..-5m",
	"last_seen=2020-01-01..-1h",
	"duration<90",
	"duration_ms<7200",
	"idle>3",
	"rtt<11",
	"rate>800kB/s",
	"10.0.0.0/8",
	"fe80::/10",
	"\"192.168.0.0/16\"",
	"10.0.0.1-10.0.0.9",
	"proto=tcp && dport=80",
	"proto not in (tcp)",
	"ip not in (142.250.0.0/16)",
};

static void test_matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!match(yes[i]))
			fail_msg("should match: %s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (match(no[i]))
			fail_msg("should not match: %s", no[i]);
}

/* What a flow without flags or entry is shown as is what finds it. */
static void test_no_state(void **state)
{
	struct fb_value value = {0};

	(void)state;
	flow.state = FB_STATE_NONE;
	fb_field_find("state", 5)->get(&at, &value);
	assert_string_equal(value.text, "NONE");
	assert_true(match("state=NONE"));
	assert_true(match("state in (none, close)"));
	assert_false(match("state!=none"));
	flow.state = FB_STATE_ESTABLISHED;
}

static void print_of(const char *text, struct fb_buf *buf)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_filter_error error;

	if (fb_filter_compile(text, &filter, &error) < 0)
		fail_msg("%s: %s at %u", text, error.detail, error.offset);
	fb_filter_print(filter, buf);
	fb_buf_addc(buf, '\0');
}

/* A text, and its canonical form. */
static void check_both(const char *text, bool matches)
{
	_cleanup_buf_ struct fb_buf once = FB_BUF_INIT, twice = FB_BUF_INIT;

	print_of(text, &once);
	print_of(once.data, &twice);
	assert_string_equal(once.data, twice.data);
	if (match(text) != matches || match(once.data) != matches)
		fail_msg("\"%s\", \"%s\": should%s match", text, once.data, matches ? "" : " not");
}

/* A text, and what saying no makes of it, once to three times. */
static void check_negated(const char *text, bool matches)
{
	const int most = text[strspn(text, " ")] ? 3 : 0;

	for (int n = 0; n <= most; n++) {
		_cleanup_buf_ struct fb_buf said = FB_BUF_INIT;

		fb_buf_addf(&said, "%.*s%s%.*s", 5 * n, "not (  !( !  (", text, n, ")))");
		fb_buf_addc(&said, '\0');
		check_both(said.data, matches == (n % 2 == 0));
	}
}

/* The canonical text says the same, and is canonical itself. */
static void test_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		check_negated(yes[i], true);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		check_negated(no[i], false);
	check_negated("!proto not in (udp)", false);
	check_negated("!proto not in (tcp)", true);
}

static const char *const yes_behind_nat[] = {
	"nat.src=203.0.113.1",
	"nat.src=203.0.113.1:61000",
	"nat.src=203.0.113.1:60000-62000",
	"nat.src in (203.0.113.0/24)",
	"nat.src in (10.0.0.1, 203.0.113.1-203.0.113.9)",
	"nat.src!=203.0.113.10",
	"nat.src!=203.0.113.1:61001",
	"nat.src~203.0.113.1",
	"nat.src~\":61000\"",
	"nat.src.ip=203.0.113.0/24",
	"nat.src.port=61000",
	"nat.src_port>60000",
	"nat.dst=\"[fd00::5]:8443\"",
	"nat.dst=[fd00::5]",
	"nat.dst=fd00::5",
	"nat.dst=fd00::/8",
	"nat.dst.ip=fd00::5 and nat.dst.port=8443",
	"ip=203.0.113.1",
	"ip=fd00::5",
	"ip=192.168.88.105",
	"port=61000",
	"port=8443",
	"203.0.113",
	"203.0.113.1:61000",
	"[fd00::5]:8443",
	"203.0.113.0/24",
	"61000",
	"mark=0x1213",
	"mark & 0xff = 0x13",
	"mark&0xff=19",
	"conntrack.mark & 0xff00 in (0x1100, 0x1200)",
	"mark & 0xff != 0x12",
	"mark & 0xf0 = 0x10-0x20",
	"mark & 0xff > 18",
	"mark & 0x10",
	"mark&0x10 and port=443",
	"mark & 0x10 && port=443",
	"not mark & 0x100",
	"mark = 0x13/0xff",
	"mark in (0x14/0xff, 0x1200/0xff00)",
	"mark not in (0x14/0xff)",
};

static const char *const no_behind_nat[] = {
	"nat.src=203.0.113.2",
	"nat.src=203.0.113.1:61001",
	"nat.src=203.0.113.0/25 and nat.src.port<1024",
	"nat.src!=203.0.113.1",
	"nat.src in (203.0.114.0/24, fd00::/8)",
	"nat.dst=[fd00::5]:443",
	"nat.dst=203.0.113.1",
	"ip!=203.0.113.1",
	"203.0.113.1:443",
	"203.0.113.10",
	"mark & 0xff = 0x12",
	"mark & 0xff != 0x13",
	"mark & 0x100",
	"mark = 0x12/0xff",
};

/* The address behind the translation is found as an address, and so are bits of the mark. */
static void test_behind_nat(void **state)
{
	struct fb_flow_nat nat = {.src_port = 61000, .dst_port = 8443};

	(void)state;
	fb_addr_parse("203.0.113.1", nat.src, &nat.src_family);
	fb_addr_parse("fd00::5", nat.dst, &nat.dst_family);
	for (size_t i = 0; i < sizeof(yes_behind_nat) / sizeof(*yes_behind_nat); i++)
		if (!strstr(yes_behind_nat[i], "!=") && !strstr(yes_behind_nat[i], "not ") &&
		    !strstr(yes_behind_nat[i], "192.168"))
			assert_false(match(yes_behind_nat[i]));
	flow.nat = &nat;
	flow.flags |= FB_FLOW_CONNTRACK;
	flow.ct_mark = 0x1213;
	for (size_t i = 0; i < sizeof(yes_behind_nat) / sizeof(*yes_behind_nat); i++)
		check_both(yes_behind_nat[i], true);
	for (size_t i = 0; i < sizeof(no_behind_nat) / sizeof(*no_behind_nat); i++)
		check_both(no_behind_nat[i], false);
	flow.nat = NULL;
	flow.flags &= (uint16_t)~FB_FLOW_CONNTRACK;
}

static void test_long_chain(void **state)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT, once = FB_BUF_INIT, twice = FB_BUF_INIT;

	(void)state;
	for (int i = 0; i < 200; i++)
		fb_buf_addf(&text, "%sdport=%d", i ? " or " : "", 1000 + i);
	fb_buf_addc(&text, '\0');
	print_of(text.data, &once);
	print_of(once.data, &twice);
	assert_string_equal(once.data, twice.data);
}

/* A moment that is relative goes along with the clock. */
static void test_clock(void **state)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_filter_error error;
	struct fb_snapshot later = snapshot;
	const struct fb_flow_at then = {&later, &flow, &traffic, NULL};

	(void)state;
	later.now_ns += 120000000000;
	later.wall_ms += 120000;
	assert_int_equal(fb_filter_compile("last_seen>-1m", &filter, &error), 0);
	assert_true(fb_filter_match(filter, &at));
	assert_false(fb_filter_match(filter, &then));
	fb_filter_free(filter);
	assert_int_equal(fb_filter_compile("last_seen>2026-11-21T01:20Z", &filter, &error), 0);
	assert_false(fb_filter_match(filter, &then));
}

static void test_joins_a_search(void **state)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_filter *more = NULL;
	struct fb_filter_error error;
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	assert_int_equal(fb_filter_compile("proto=tcp and dport=80", &filter, &error), 0);
	assert_int_equal(fb_filter_search("you (x", &more), 0);
	filter = fb_filter_and(filter, more);
	assert_non_null(filter);
	assert_false(fb_filter_match(filter, &at));
	fb_filter_print(filter, &buf);
	fb_buf_addc(&buf, '\0');
	assert_non_null(strstr(buf.data, "proto=tcp and dst.port=80 and "));
	assert_true(fb_filter_match(NULL, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),	   cmocka_unit_test(test_print),
		cmocka_unit_test(test_long_chain), cmocka_unit_test(test_joins_a_search),
		cmocka_unit_test(test_clock),	   cmocka_unit_test(test_no_state),
		cmocka_unit_test(test_behind_nat),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
