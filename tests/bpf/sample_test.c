/* SPDX-License-Identifier: BSD-2-Clause */
/* Names read in the kernel: whole and right, or none. Samples: what is sent, when it ends. */
#include "bpf/dp.h"

#define CLI "10.0.0.1"
#define SRV "192.0.2.9"

#define FEW 24 /* packets of a direction: its end is near */

static int start(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.inspect = 1, .sample_packets = FEW}, 0);
	*state = &dp;
	return 0;
}

static int start_tiny_ring(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.inspect = 1}, 4096);
	*state = &dp;
	return 0;
}

static int start_blind(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.inspect = 0}, 0);
	*state = &dp;
	return 0;
}

static int stop(void **state)
{
	dp_conserves(*state);
	dp_close(*state);
	return 0;
}

static void tcp(struct pkt *p, int back, uint16_t port, uint8_t flags, uint32_t seq)
{
	pkt_eth(p, 0x0800);
	pkt_ip4(p, back ? SRV : CLI, back ? CLI : SRV, 6);
	pkt_tcp(p, back ? port : 40000, back ? 40000 : port, flags, seq, 1);
}

static void send_payload(struct dp *dp, int back, uint16_t port, const void *bytes,
			 unsigned int len)
{
	struct pkt p = {};

	tcp(&p, back, port, PKT_TCP_ACK, 100);
	if (bytes)
		pkt_add(&p, bytes, len);
	else
		pkt_fill(&p, len);
	pkt_end(&p);
	dp_send(dp, 0, &p);
}

static bool named(struct dp *dp, uint16_t port, struct fb_name *name)
{
	struct fb_row *row = dp_find(dp, CLI, SRV, 40000, port, 6, NULL);

	return row && row->state & FB_ROW_NAMED && dp_name(dp, row, name);
}

static void names_on_any_port(void **state)
{
	static const uint16_t ports[] = {443, 25, 853, 3389, 5228, 65535};
	struct dp *dp = *state;

	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		char text[32];
		struct pkt hello = {};
		struct fb_name name;

		snprintf(text, sizeof(text), "host%u.example", ports[i]);
		pkt_hello(&hello, text, 0);
		if (i % 2) /* STARTTLS: others spoke first */
			send_payload(dp, 1, ports[i], "220 ready\r\n", 11);
		send_payload(dp, 0, ports[i], hello.data, hello.len);
		assert_true(named(dp, ports[i], &name));
		assert_string_equal(name.name, text);
		assert_int_equal(name.len, strlen(text));
		assert_int_equal(name.source, FB_NAME_SNI);
	}
	assert_int_equal(dp_stat(dp, FB_STAT_name_found), 6);
}

static void names_in_a_syn(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};
	struct fb_name name;

	tcp(&p, 0, 443, PKT_TCP_SYN, 999);
	pkt_hello(&p, "tfo.example", 0);
	pkt_end(&p);
	dp_send(dp, 0, &p);
	assert_true(named(dp, 443, &name));
	assert_string_equal(name.name, "tfo.example");
	assert_int_equal(dp_events(dp), 1);
	assert_int_equal(dp->events[0].event.flags, FB_EVENT_SYN | FB_EVENT_NAMED);
	assert_int_equal(dp->events[0].event.seq, 999);
}

static void outer_name_of_ech(void **state)
{
	struct dp *dp = *state;
	struct pkt hello = {};
	struct fb_name name;
	unsigned int ext;

	pkt_hello(&hello, "public.example", 40);
	ext = hello.len;
	pkt_add(&hello, "\xfe\x0d\0\x04\0\1\2\3", 8);
	pkt_put16(hello.data + 3, hello.len - 5);
	pkt_put16(hello.data + 7, hello.len - 9);
	pkt_put16(hello.data + 50, hello.len - 52);
	assert_int_equal(ext + 8, hello.len);
	send_payload(dp, 0, 443, hello.data, hello.len);
	assert_true(named(dp, 443, &name));
	assert_string_equal(name.name, "public.example");
	assert_int_equal(name.source, FB_NAME_ECH);
}

/* Behind 300 small extensions and behind a key share of 1.2 kB. */
static void names_far_in(void **state)
{
	struct dp *dp = *state;
	struct pkt many = {};
	struct pkt big = {};
	struct fb_name name;

	pkt_hello(&many, NULL, 0);
	for (int i = 0; i < 300; i++)
		pkt_add(&many, "\x7a\x7a\0\0", 4);
	pkt_add(&many,
		"\0\0\0\x0e\0\x0c\0\0\x09"
		"ext.local",
		18);
	pkt_put16(many.data + 3, many.len - 5);
	pkt_put16(many.data + 7, many.len - 9);
	pkt_put16(many.data + 50, many.len - 52);
	send_payload(dp, 0, 443, many.data, many.len);
	assert_true(named(dp, 443, &name));
	assert_string_equal(name.name, "ext.local");
	pkt_hello(&big, "post.quantum.example", 2000);
	send_payload(dp, 0, 444, big.data, big.len);
	assert_true(named(dp, 444, &name));
	assert_string_equal(name.name, "post.quantum.example");
}

static void cut_hellos_have_no_name(void **state)
{
	struct dp *dp = *state;
	struct pkt hello = {};
	struct fb_name name;

	pkt_hello(&hello, "whole.or.nothing.example", 0);
	for (unsigned int len = 1; len < hello.len; len++) {
		send_payload(dp, 0, 1000 + len, hello.data, len);
		assert_false(named(dp, 1000 + len, &name));
	}
	assert_int_equal(dp_stat(dp, FB_STAT_name_found), 0);
	assert_int_equal(dp_stat(dp, FB_STAT_sampled), hello.len - 1);
	send_payload(dp, 0, 999, hello.data, hello.len);
	assert_true(named(dp, 999, &name));
}

/* Each byte of a hello set to each of some values: the right name, or none, or one inside it. */
static void lies_give_no_bytes_past_the_packet(void **state)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0xff};
	const char *text = "truth.example";
	struct dp *dp = *state;
	struct pkt hello = {};
	unsigned int n = 0;

	pkt_hello(&hello, text, 6);
	for (unsigned int at = 0; at < hello.len; at++)
		for (int v = 0; v < 4; v++) {
			uint8_t bytes[256];
			struct fb_name name;

			memcpy(bytes, hello.data, hello.len);
			if (bytes[at] == values[v])
				continue;
			bytes[at] = values[v];
			send_payload(dp, 0, 1000 + n, bytes, hello.len);
			if (named(dp, 1000 + n, &name) && at < hello.len - strlen(text)) {
				assert_int_equal(name.len, strlen(text));
				assert_string_equal(name.name, text);
			}
			n++;
		}
	assert_true(n > 200);
}

static void lengths_of_names(void **state)
{
	static const struct {
		unsigned int len;
		bool found;
	} names[] = {{0, false}, {1, true}, {255, true}, {256, false}, {1000, false}};
	struct dp *dp = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char text[1024] = {};
		struct pkt hello = {};
		struct fb_name name;

		memset(text, 'a', names[i].len);
		pkt_hello(&hello, text, 0);
		send_payload(dp, 0, 500 + i, hello.data, hello.len);
		assert_int_equal(named(dp, 500 + i, &name), names[i].found);
		if (names[i].found)
			assert_string_equal(name.name, text);
	}
}

static void strangers_have_no_name(void **state)
{
	static const char texts[][40] = {"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
					 "SSH-2.0-OpenSSH_9.2\r\n", "\x15\x03\x01\0\x02\x02\x28",
					 "\x80\x2e\x01\0\x02", "EHLO me\r\n"};
	struct dp *dp = *state;
	uint8_t sixteens[600];
	struct fb_name name;

	memset(sixteens, 0x16, sizeof(sixteens));
	for (unsigned int i = 0; i < 5; i++) {
		send_payload(dp, 0, 443 + i, texts[i], sizeof(texts[i]));
		assert_false(named(dp, 443 + i, &name));
	}
	send_payload(dp, 0, 500, sixteens, sizeof(sixteens));
	assert_false(named(dp, 500, &name));
	assert_int_equal(dp_events(dp), 6); /* user space decides what they are */
}

static void samples_say_what_they_are(void **state)
{
	struct dp *dp = *state;
	struct fb_event *event;
	struct fb_row *row;
	int dir;

	send_payload(dp, 0, 443, "hello", 5);
	send_payload(dp, 1, 443, "answer", 6);
	assert_int_equal(dp_events(dp), 2);
	row = dp_find(dp, CLI, SRV, 40000, 443, 6, &dir);
	event = &dp->events[0].event;
	assert_memory_equal(&event->key, &row->key, sizeof(row->key));
	assert_int_equal(event->slot, row - dp->rows);
	assert_int_equal(event->generation, row->generation);
	assert_int_equal(event->seq, 100);
	assert_int_equal(event->len, 5);
	assert_int_equal(event->caplen, 5);
	assert_int_equal(event->dir, dir);
	assert_int_equal(event->opener, dir);
	assert_memory_equal(dp->events[0].payload, "hello", 5);
	assert_int_equal(dp->events[1].event.dir, !dir);
	assert_memory_equal(dp->events[1].payload, "answer", 6);
	assert_int_equal(row->sampled[dir], 1);
	assert_int_equal(row->sampled_bytes[!dir], 6);
}

static void samples_end_by_packets(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;
	int dir;

	for (int i = 0; i < 40; i++)
		send_payload(dp, 0, 443, "x", 1);
	assert_int_equal(dp_events(dp), FEW);
	assert_int_equal(dp->events[FEW - 2].event.flags & FB_EVENT_LAST, 0);
	assert_int_equal(dp->events[FEW - 1].event.flags & FB_EVENT_LAST, FB_EVENT_LAST);
	row = dp_find(dp, CLI, SRV, 40000, 443, 6, &dir);
	assert_int_equal(row->inspect, FB_INSPECT_END0 << dir);
	send_payload(dp, 1, 443, "y", 1); /* the other side still speaks */
	assert_int_equal(dp_events(dp), FEW + 1);
	for (int i = 0; i < 40; i++)
		send_payload(dp, 1, 443, "y", 1);
	assert_int_equal(dp_events(dp), 2 * FEW);
	assert_int_equal(row->inspect, FB_INSPECT_DONE | FB_INSPECT_END0 | FB_INSPECT_END1);
}

static void samples_end_by_bytes(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;
	int dir;

	send_payload(dp, 0, 443, "x", 1);
	for (int i = 0; i < 10; i++)
		send_payload(dp, 1, 443, NULL, 1400);
	assert_int_equal(dp_events(dp), 1 + 5);
	row = dp_find(dp, CLI, SRV, 40000, 443, 6, &dir);
	assert_int_equal(row->sampled_bytes[!dir], FB_SAMPLE_BYTES_OTHER);
	assert_int_equal(dp->events[5].event.caplen, FB_SAMPLE_BYTES_OTHER - 4 * 1400);
	assert_int_equal(dp->events[5].event.flags, FB_EVENT_LAST | FB_EVENT_CUT);
	for (int i = 0; i < 20; i++)
		send_payload(dp, 0, 443, NULL, 2000);
	assert_int_equal(row->sampled_bytes[dir], FB_SAMPLE_BYTES_OPENER);
	assert_int_equal(row->inspect & FB_INSPECT_DONE, FB_INSPECT_DONE);
}

static void samples_end_when_told(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;

	send_payload(dp, 0, 443, "x", 1);
	row = dp_find(dp, CLI, SRV, 40000, 443, 6, NULL);
	row->inspect = FB_INSPECT_DONE;
	for (int i = 0; i < 5; i++)
		send_payload(dp, i & 1, 443, "x", 1);
	assert_int_equal(dp_events(dp), 1);
}

static void full_ring_is_counted(void **state)
{
	struct dp *dp = *state;

	for (int i = 0; i < 20; i++)
		send_payload(dp, 0, 443, NULL, 1000);
	assert_int_equal(dp_stat(dp, FB_STAT_sampled) + dp_stat(dp, FB_STAT_ring_full), 20);
	assert_true(dp_stat(dp, FB_STAT_ring_full) >= 16);
	assert_int_equal(dp_events(dp), dp_stat(dp, FB_STAT_sampled));
	dp_counted(dp, CLI, SRV, 40000, 443, 6, 20, 20 * 1040);
}

static void datagram(struct dp *dp, uint16_t sport, uint16_t dport, const char *first, size_t n)
{
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, CLI, SRV, 17);
	pkt_udp(&p, sport, dport);
	pkt_add(&p, first, n);
	pkt_fill(&p, 60);
	pkt_end(&p);
	dp_send(dp, 0, &p);
}

static void samples_of_datagrams(void **state)
{
	static const struct {
		uint16_t sport, dport;
		const char *first;
		unsigned int n;
		bool sampled;
	} cases[] = {
		{5000, 443, "\xc3\0\0\0\1", 5, true},	       /* QUIC 1 */
		{5001, 4433, "\xd0\x6b\x33\x43\xcf", 5, true}, /* QUIC 2 */
		{5002, 9999, "\xc3\xff\0\0\x1d", 5, true},     /* draft 29 */
		{5003, 443,
		 "\x0d"
		 "12345678Q046",
		 13, true},				    /* gQUIC */
		{5004, 443, "\x43\0\0\0\1", 5, false},	    /* short header */
		{5005, 443, "\xc3\0\0\0\0", 5, false},	    /* version negotiation */
		{5006, 4433, "\x16\xfe\xfd\0\0", 5, true},  /* DTLS handshake */
		{5007, 4433, "\x17\xfe\xfd\0\0", 5, false}, /* DTLS data */
		{53, 5008, "xx", 2, true},		    /* DNS answer */
		{5353, 5353, "xx", 2, true},		    /* mDNS */
		{5009, 5355, "xx", 2, true},		    /* LLMNR */
		{68, 67, "\1\1", 2, true},		    /* DHCP */
		{5010, 5011, "\x80\x60\0\1\0\0", 6, false}, /* RTP */
	};
	struct dp *dp = *state;
	unsigned int events = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		datagram(dp, cases[i].sport, cases[i].dport, cases[i].first, cases[i].n);
		events += cases[i].sampled;
		assert_int_equal(dp_events(dp), events);
	}
}

/* Unreachable, too big, redirect, expired and the like quote a packet; echo and others do not. */
static void icmp_types_that_quote(void **state)
{
	static const char quoting[2][256] = {
		{[3] = 1, [4] = 1, [5] = 1, [11] = 1, [12] = 1},
		{[1] = 1, [2] = 1, [3] = 1, [4] = 1},
	};
	struct dp *dp = *state;
	unsigned int events = 0;

	for (int type = 0; type < 256; type++)
		for (int six = 0; six < 2; six++) {
			const uint8_t message[8] = {type};
			struct pkt p = {};

			pkt_eth(&p, six ? 0x86dd : 0x0800);
			if (six)
				pkt_ip6(&p, "2001:db8::1", "2001:db8::9", 58);
			else
				pkt_ip4(&p, CLI, SRV, 1);
			pkt_add(&p, message, 8);
			pkt_end(&p);
			dp_send(dp, 0, &p);
			events += quoting[six][type];
			assert_int_equal(dp_events(dp), events);
		}
}

static void lookups_have_no_end(void **state)
{
	struct dp *dp = *state;

	for (int i = 0; i < 100; i++) {
		datagram(dp, 5353, 5353, "xx", 2);
		datagram(dp, 6000, 6001, "xx", 2);
		datagram(dp, 5000, 443, "\xc3\0\0\0\1", 5);
	}
	assert_int_equal(dp_events(dp), 100 + FEW);
	assert_int_equal(dp_find(dp, CLI, SRV, 6000, 6001, 17, NULL)->inspect & 6, 2);
	assert_int_equal(dp_find(dp, CLI, SRV, 5353, 5353, 17, NULL)->inspect, FB_INSPECT_OPEN);
}

static void blind_when_told(void **state)
{
	struct dp *dp = *state;
	struct pkt hello = {};
	struct fb_name name;

	pkt_hello(&hello, "unseen.example", 0);
	send_payload(dp, 0, 443, hello.data, hello.len);
	assert_false(named(dp, 443, &name));
	assert_int_equal(dp_events(dp), 0);
}

/* The object as bpftool would load it samples as the daemon does. */
static void defaults_are_the_contracts(void **state)
{
	struct dp dp = {.object = dp_object()};
	const struct fb_knobs *knobs = dp_rodata(&dp);

	(void)state;
	assert_int_equal(knobs->inspect, 1);
	assert_int_equal(knobs->sample_packets, FB_SAMPLE_PACKETS_DEFAULT);
	assert_int_equal(knobs->sample_bytes, FB_SAMPLE_MAX);
	assert_int_equal(knobs->max_flows, FB_MAX_FLOWS_DEFAULT);
	bpf_object__close(dp.object);
}

int main(void)
{
#define sample_test(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		sample_test(names_on_any_port),
		sample_test(names_in_a_syn),
		sample_test(outer_name_of_ech),
		sample_test(names_far_in),
		sample_test(cut_hellos_have_no_name),
		sample_test(lies_give_no_bytes_past_the_packet),
		sample_test(lengths_of_names),
		sample_test(strangers_have_no_name),
		sample_test(samples_say_what_they_are),
		sample_test(samples_end_by_packets),
		sample_test(samples_end_by_bytes),
		sample_test(samples_end_when_told),
		cmocka_unit_test_setup_teardown(full_ring_is_counted, start_tiny_ring, stop),
		sample_test(samples_of_datagrams),
		sample_test(icmp_types_that_quote),
		sample_test(lookups_have_no_end),
		cmocka_unit_test_setup_teardown(blind_when_told, start_blind, stop),
		cmocka_unit_test(defaults_are_the_contracts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
