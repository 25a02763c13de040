/* SPDX-License-Identifier: BSD-2-Clause */
// link: sink format proto flow past util
/* Events as Suricata writes them: whole lines to be compared, and a stranger's text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sink/eve.h"
#include "sink/syslog.h"
#include "unit/end.h"
#include "unit/fake.h"

static struct fb_flow *set_flow(struct fake *fake, const char *src, const char *dst, uint8_t proto)
{
	const struct end from = end_of(src), to = end_of(dst);
	struct fb_flow *flow = fake_flow(fake, 0);

	*flow = (struct fb_flow){.id = 0xfff0000000000001,
				 .family = from.family,
				 .proto = proto,
				 .link = 1,
				 .first_seen = fake->snapshot.now_ns - 3500000000};
	memcpy(flow->src, from.addr, 16);
	memcpy(flow->dst, to.addr, 16);
	fake_traffic(fake, 0)->last_seen = fake->snapshot.now_ns - 1000000000;
	return flow;
}

static void assert_line(struct fb_buf *buf, const char *want)
{
	fb_buf_addc(buf, '\0');
	assert_string_equal(buf->data, want);
	fb_buf_clear(buf);
}

static void test_flow(void **state)
{
	struct fake *fake = fake_new(1);
	struct fb_flow *flow = set_flow(fake, "128.232.110.120", "66.35.250.204", 6);
	struct fb_flow_at at = fake_at(fake, 0);
	struct fb_told_part part = {
		.packets = {10, 8}, .bytes = {1342, 1508}, .since_ns = flow->first_seen};
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	flow->src_port = 34855;
	flow->dst_port = 80;
	flow->l7 = FB_L7_HTTP;
	flow->vlan[0] = 7, flow->vlan[1] = 9;
	flow->tcp_flags[FB_UP] = 0x1b, flow->tcp_flags[FB_DOWN] = 0x12;
	flow->state = FB_STATE_TIME_WAIT;
	flow->closed = FB_CLOSED_FIN;
	fb_eve_flow(&buf, &at, &part, false);
	assert_line(
		&buf,
		"{\"timestamp\":\"2026-11-21T01:20:11.201000+0000\",\"flow_id\":4503599627370497,"
		"\"in_iface\":\"lan0\",\"event_type\":\"flow\",\"vlan\":[7,9],"
		"\"src_ip\":\"128.232.110.120\",\"src_port\":34855,"
		"\"dest_ip\":\"66.35.250.204\",\"dest_port\":80,\"proto\":\"TCP\",\"ip_v\":4,"
		"\"app_proto\":\"http\",\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\","
		"\"flow\":{\"pkts_toserver\":10,\"pkts_toclient\":8,\"bytes_toserver\":1342,"
		"\"bytes_toclient\":1508,\"start\":\"2026-11-21T01:20:07.701000+0000\","
		"\"end\":\"2026-11-21T01:20:10.201000+0000\",\"age\":2,\"state\":\"closed\","
		"\"reason\":\"timeout\",\"alerted\":false},\"tcp\":{\"tcp_flags\":\"1b\","
		"\"tcp_flags_ts\":\"1b\",\"tcp_flags_tc\":\"12\",\"fin\":true,\"syn\":true,"
		"\"psh\":true,\"ack\":true,\"state\":\"time_wait\"}}\n");
	/* no ports where there are none, and types in their place in the id */
	flow = set_flow(fake, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 58);
	flow->icmp_type = 135;
	fb_eve_flow(&buf, &at, &part, true);
	assert_line(
		&buf,
		"{\"timestamp\":\"2026-11-21T01:20:11.201000+0000\",\"flow_id\":4503599627370497,"
		"\"in_iface\":\"lan0\",\"event_type\":\"flow\",\"src_ip\":\"fe80::200:86ff:fe05:80da\","
		"\"dest_ip\":\"fe80::260:97ff:fe07:69ea\",\"proto\":\"IPv6-ICMP\",\"ip_v\":6,"
		"\"icmp_type\":135,\"icmp_code\":0,"
		"\"community_id\":\"1:dGHyGvjMfljg6Bppwm3bg0LO8TY=\","
		"\"flow\":{\"pkts_toserver\":10,\"pkts_toclient\":8,\"bytes_toserver\":1342,"
		"\"bytes_toclient\":1508,\"start\":\"2026-11-21T01:20:07.701000+0000\","
		"\"end\":\"2026-11-21T01:20:10.201000+0000\",\"age\":2,\"state\":\"new\","
		"\"reason\":\"shutdown\",\"alerted\":false}}\n");
	/* the reply was seen first */
	flow = set_flow(fake, "192.168.0.89", "192.168.0.1", 1);
	fb_eve_flow(&buf, &at, &part, true);
	fb_buf_addc(&buf, '\0');
	assert_non_null(strstr(buf.data, "\"icmp_type\":8,\"icmp_code\":0,\"community_id\":"
					 "\"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=\","));
	fb_buf_clear(&buf);
	flow = set_flow(fake, "10.1.12.1", "10.1.12.2", 46);
	flow->closed = FB_CLOSED_EVICTED;
	fb_eve_flow(&buf, &at, &part, false);
	fb_buf_addc(&buf, '\0');
	assert_non_null(strstr(buf.data, "\"proto\":\"046\",\"ip_v\":4,\"community_id\":"
					 "\"1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=\","));
	assert_non_null(strstr(buf.data, "\"state\":\"new\",\"reason\":\"forced\""));
	fake_free(fake);
}

static void set_name(struct fb_flow_names *names, const char *text, uint8_t source)
{
	names->n = 1;
	names->name[0] =
		(struct fb_flow_name){.text = text, .source = source, .len = (uint8_t)strlen(text)};
}

/* A name is as long as names are, and whatever a stranger put into it. */
static void test_hello(void **state)
{
	struct fake *fake = fake_new(1);
	struct fb_flow *flow = set_flow(fake, "10.0.0.5", "192.0.2.1", 6);
	struct fb_flow_at at = fake_at(fake, 0);
	struct fb_flow_names *names = calloc(1, sizeof(*names) + sizeof(names->name[0]));
	struct fb_flow_tls tls = {
		.version = 0x0304, .ja4 = "t13d", .alpn = "h2\0a\"b\0", .alpn_len = 7};
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	char longest[FB_NAME_MAX + 1];

	(void)state;
	assert_non_null(names);
	flow->l7 = FB_L7_TLS;
	flow->tls = &tls;
	flow->names = names;
	set_name(names, "a\"\n\\</script>\x1b[1m\xff", FB_NAME_SNI);
	fb_eve_hello(&buf, &at);
	fb_buf_addc(&buf, '\0');
	assert_non_null(strstr(
		buf.data, "\"tls\":{\"sni\":\"a\\\"\\n\\\\\\u003c/script>\\u001b[1m\xef\xbf\xbd\","
			  "\"version\":\"TLS 1.3\",\"client_alpns\":[\"h2\",\"a\\\"b\"],"
			  "\"ja4\":\"t13d\"}}\n"));
	fb_buf_clear(&buf);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	flow->l7 = FB_L7_QUIC;
	tls.quic_version = 1;
	set_name(names, longest, FB_NAME_QUIC);
	fb_eve_hello(&buf, &at);
	fb_buf_addc(&buf, '\0');
	assert_non_null(strstr(buf.data, "\"event_type\":\"quic\""));
	assert_non_null(strstr(buf.data, "\"quic\":{\"version\":\"1\",\"sni\":\"xxx"));
	assert_non_null(strstr(buf.data, longest));
	assert_non_null(strstr(buf.data, "\"ja4\":\"t13d\",\"extensions\":[{\"name\":\"alpn\","
					 "\"type\":16,\"values\":[\"h2\",\"a\\\"b\"]}]}}\n"));
	assert_null(strstr(buf.data, "client_alpns"));
	for (size_t i = 0; i < 3; i++) {
		static const struct {
			uint32_t version;
			const char *text;
		} known[] = {{0x6b3343cf, "v2"}, {0xff00001d, "ff00001d"}, {0x51303530, "Q050"}};
		char want[64];

		snprintf(want, sizeof(want), "\"quic\":{\"version\":\"%s\",", known[i].text);
		fb_buf_clear(&buf);
		tls.quic_version = known[i].version;
		fb_eve_hello(&buf, &at);
		fb_buf_addc(&buf, '\0');
		assert_non_null(strstr(buf.data, want));
	}
	fb_buf_clear(&buf);
	free(names);
	fake_free(fake);
}

static void assert_dns(const struct fb_flow_at *at, const uint8_t *message, size_t len,
		       const char *want)
{
	struct fb_dnslog_entry *entry = malloc(fb_dnslog_size(len));
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	assert_non_null(entry);
	entry->flow = at->flow->id;
	entry->time = at->snapshot->now_ns - 500000000;
	entry->len = (uint32_t)len;
	memcpy(entry->message, message, len);
	assert_int_equal(fb_eve_dns(&buf, at, entry), !!want);
	fb_buf_addc(&buf, '\0');
	if (want) {
		assert_non_null(
			strstr(buf.data, "\"timestamp\":\"2026-11-21T01:20:10.701000+0000\""));
		assert_non_null(strstr(buf.data, "\"app_proto\":\"dns\","));
		assert_non_null(strstr(buf.data, want));
	}
	free(entry);
}

/* Questions and answers as they were sent; a cut one as far as it goes. */
static void test_dns(void **state)
{
	static const uint8_t question[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\3WwW\7example\0\0\1\0\1";
	static const uint8_t answer[] =
		"\x12\x34\x85\x80\0\1\0\4\0\0\0\0\3www\7example\0\0\x1c\0\1"
		"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1\"\xc0\x10"
		"\xc0\x29\0\x1c\0\1\0\0\0\5\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
		"\xc0\x29\0\1\0\1\0\0\0\6\0\4\xc0\0\2\1"
		"\xc0\x29\xff\0\0\1\0\0\0\7\0\1x";
	static const uint8_t none[] = "\0\1\x81\x83\0\1\0\0\0\0\0\0\2no\0\0\x41\0\1";
	const char *whole =
		"\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":4660,\"flags\":\"8580\","
		"\"qr\":true,\"aa\":true,\"rd\":true,\"ra\":true,\"opcode\":0,"
		"\"rrname\":\"www.example\",\"rrtype\":\"AAAA\",\"rcode\":\"NOERROR\",\"answers\":["
		"{\"rrname\":\"www.example\",\"rrtype\":\"CNAME\",\"ttl\":60,\"rdata\":\"\\\".example\"},"
		"{\"rrname\":\"\\\".example\",\"rrtype\":\"AAAA\",\"ttl\":5,\"rdata\":\"2001:db8::1\"},"
		"{\"rrname\":\"\\\".example\",\"rrtype\":\"A\",\"ttl\":6,\"rdata\":\"192.0.2.1\"},"
		"{\"rrname\":\"\\\".example\",\"rrtype\":\"65280\",\"ttl\":7}]}}\n";
	struct fake *fake = fake_new(1);
	struct fb_flow *flow = set_flow(fake, "10.0.0.5", "192.0.2.53", 17);
	struct fb_flow_at at = fake_at(fake, 0);

	(void)state;
	flow->l7 = FB_L7_DNS;
	assert_dns(&at, question, sizeof(question) - 1,
		   "\"dns\":{\"version\":2,\"type\":\"query\",\"id\":4660,\"opcode\":0,"
		   "\"rrname\":\"WwW.example\",\"rrtype\":\"A\"}}\n");
	assert_dns(&at, answer, sizeof(answer) - 1, whole);
	assert_dns(&at, none, sizeof(none) - 1,
		   "\"flags\":\"8183\",\"qr\":true,\"rd\":true,\"ra\":true,\"opcode\":0,"
		   "\"rrname\":\"no\",\"rrtype\":\"HTTPS\",\"rcode\":\"NXDOMAIN\"}}\n");
	for (size_t len = 0; len < sizeof(answer) - 1; len++)
		assert_dns(&at, answer, len, len < 29 ? NULL : "\"rcode\":\"NOERROR\"");
	fake_free(fake);
}

/* Entries of all lengths, one behind the other. */
static void test_dnslog(void **state)
{
	struct fb_dnslog *log = calloc(1, sizeof(*log));
	const struct fb_dnslog_entry *entry = NULL;

	(void)state;
	assert_non_null(log);
	assert_null(fb_dnslog_next(NULL, NULL));
	assert_null(fb_dnslog_next(log, NULL));
	for (uint32_t len = 0; len < 40; len++) {
		struct fb_dnslog_entry *one = (void *)(log->entries + log->used);

		assert_int_equal(fb_dnslog_size(len) % 8, 0);
		one->len = len;
		memset(one->message, (int)len, len);
		log->used += (uint32_t)fb_dnslog_size(len);
	}
	for (uint32_t len = 0; len < 40; len++) {
		entry = fb_dnslog_next(log, entry);
		assert_non_null(entry);
		assert_int_equal(entry->len, len);
		assert_true(!len || entry->message[len - 1] == len);
	}
	assert_null(fb_dnslog_next(log, entry));
	free(log);
}

static void test_syslog(void **state)
{
	struct fb_syslog syslog = {FB_SYSLOG_TCP, "host", 7, 6, "eve"};
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	fb_syslog_write(&syslog, &buf, "{}\n", 2, 1795224011201);
	assert_line(&buf, "54 <30>1 2026-11-21T01:20:11.201Z host flowbpf 7 eve - {}");
	syslog.to = FB_SYSLOG_UDP;
	fb_syslog_write(&syslog, &buf, "{}\n", 2, 1795224011201);
	assert_line(&buf, "<30>1 2026-11-21T01:20:11.201Z host flowbpf 7 eve - {}");
	setenv("TZ", "UTC", 1);
	syslog.to = FB_SYSLOG_LOCAL;
	fb_syslog_write(&syslog, &buf, "{}\n", 2, 1795224011201);
	assert_line(&buf, "<30>Nov 21 01:20:11 flowbpf[7]: {}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow),   cmocka_unit_test(test_hello),
		cmocka_unit_test(test_dns),    cmocka_unit_test(test_dnslog),
		cmocka_unit_test(test_syslog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
