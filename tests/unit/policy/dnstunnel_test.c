/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy proto util
/* Tunnels by DNS, and names that programs make up, as a client's questions show them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/dnstunnel.h"
#include "proto/dns.h"
#include "util/cleanup.h"

#include "unit/corpus.h"

#define SECOND	 1000000000ULL
#define A	 1
#define TXT	 16
#define NXDOMAIN 3

static const uint8_t client[16] = {10, 0, 0, 1};

/* Letters of data, different for each number. */
static const char *data_of(uint64_t number, unsigned int len, char text[static 64])
{
	for (unsigned int i = 0; i < len; i++) {
		number = number * 6364136223846793005ULL + 1442695040888963407ULL;
		text[i] = "abcdefghijklmnopqrstuvwxyz234567"[number >> 59];
	}
	text[len] = '\0';
	return text;
}

/* The last answer of so many questions, one a second, from a time on. */
static unsigned int ask(struct fb_dnstunnel *tunnels, const char *pattern, unsigned int len,
			uint16_t type, unsigned int n, uint64_t from)
{
	unsigned int children = 0;

	for (unsigned int i = 0; i < n; i++) {
		char name[256], text[64];

		const char *data = strstr(pattern, "%s");

		snprintf(name, sizeof(name), "%.*s%s%s", (int)(data - pattern), pattern,
			 data_of(i, len, text), data + 2);
		children = fb_dnstunnel_asked(tunnels, client, name, type, (from + i) * SECOND);
	}
	return children;
}

static struct fb_dnstunnel begin(void)
{
	struct fb_dnstunnel tunnels;

	assert_int_equal(fb_dnstunnel_init(&tunnels, false), 0);
	return tunnels;
}

static void finds_tunnels(void **state)
{
	_cleanup_(fb_dnstunnel_fini) struct fb_dnstunnel tunnels = begin();

	(void)state;
	assert_int_equal(ask(&tunnels, "%s.t1.example.com", 40, TXT, 9, 100), 0);
	assert_int_equal(ask(&tunnels, "%s.t1.example.com", 40, TXT, 11, 100), 11);
	/* No domain, the server is asked itself: a mark in front. */
	assert_in_range(ask(&tunnels, "dnscat.%s", 50, TXT, 12, 100), 10, 12);
	assert_in_range(ask(&tunnels, "%s.tunnel.co.uk", 30, A, 40, 100), FB_DNSTUNNEL_ADDRESSES,
			40);
}

static void finds_no_tunnel(void **state)
{
	static const struct {
		const char *pattern;
		unsigned int len;
		uint16_t type;
		unsigned int n;
	} benign[] = {
		{"r4---sn-%s.googlevideo.example", 8, A, 500}, /* short */
		{"%s.frames.example.com", 32, A, 12},	       /* a few advertisements */
		{"www.%s.com", 12, A, 500},		       /* browsing */
		{"%s.8.b.d.0.1.0.0.2.ip6.arpa", 40, 12, 500},  /* reverse */
		{"%s", 12, A, 500},			       /* a search domain's */
		{"%s.mail.example.org", 0, TXT, 500},	       /* always the same */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(benign) / sizeof(*benign); i++) {
		_cleanup_(fb_dnstunnel_fini) struct fb_dnstunnel tunnels = begin();

		if (ask(&tunnels, benign[i].pattern, benign[i].len, benign[i].type, benign[i].n, 1))
			fail_msg("%s", benign[i].pattern);
	}
}

static void forgets_in_silence(void **state)
{
	_cleanup_(fb_dnstunnel_fini) struct fb_dnstunnel tunnels = begin();
	const unsigned int silence = FB_DNSTUNNEL_MINUTES * 60;

	(void)state;
	assert_int_equal(ask(&tunnels, "%s.example.com", 40, TXT, 9, 0), 0);
	assert_int_equal(ask(&tunnels, "x%s.example.com", 40, TXT, 9, silence + 100), 0);
	assert_in_range(ask(&tunnels, "y%s.example.com", 40, TXT, 9, 2 * silence), 10, 18);
}

static void makes_room(void **state)
{
	_cleanup_(fb_dnstunnel_fini) struct fb_dnstunnel tunnels = begin();

	(void)state;
	ask(&tunnels, "%s.com", 12, A, 3 * FB_DNSTUNNEL_PARENTS, 0);
	ask(&tunnels, "a.%s.com", 12, A, 3 * FB_DNSTUNNEL_PARENTS, 0);
	assert_true(tunnels.parents_full > 0);
	assert_int_equal(ask(&tunnels, "%s.t1.example.com", 40, TXT, 11, 100000), 11);
}

static unsigned int is_absent(struct fb_dnstunnel *tunnels, const char *name, unsigned int second)
{
	return fb_dnstunnel_absent(tunnels, client, name, second * SECOND);
}

static void counts_odd_names_that_are_absent(void **state)
{
	_cleanup_(fb_dnstunnel_fini) struct fb_dnstunnel tunnels = begin();

	(void)state;
	assert_int_equal(is_absent(&tunnels, "xkqzjvwpqhtrd.com", 0), 0);
	assert_int_equal(is_absent(&tunnels, "XKQZJVWPQHTRD.com", 1), 0); /* the same */
	assert_int_equal(is_absent(&tunnels, "qwzxvkjhgtpfbn.net", 2), 0);
	assert_int_equal(is_absent(&tunnels, "weather-station.org", 3), 0); /* not odd */
	assert_int_equal(is_absent(&tunnels, "zqjxkvbwmpfhgd", 4), 0);	    /* a browser's probe */
	assert_int_equal(is_absent(&tunnels, "hjkqwxzvbnmtrp.info", 5), 3);
	assert_int_equal(is_absent(&tunnels, "pqxzwkvjhdfgtb.biz", 700), 0); /* long after */
}

/* It asks for names below a hundred thousand others, and goes on: the tunnel of another is seen. */
static void one_client_drives_out_no_other(void **state)
{
	_cleanup_(fb_dnstunnel_fini) struct fb_dnstunnel tunnels = begin();
	static const uint8_t other[16] = {10, 0, 0, 2};
	unsigned int children = 0;
	char name[256], text[64];

	(void)state;
	for (unsigned int i = 0; i < 120000; i++) {
		if (i % 10000 == 0) {
			snprintf(name, sizeof(name), "%s.t.example.com",
				 data_of(1000000 + i, 32, text));
			children = fb_dnstunnel_asked(&tunnels, client, name, TXT, 19 * SECOND);
		}
		snprintf(name, sizeof(name), "a.%s.com", data_of(i, 20, text));
		fb_dnstunnel_asked(&tunnels, other, name, A, 20 * SECOND);
	}
	assert_true(tunnels.parents_full > 0);
	assert_true(children >= FB_DNSTUNNEL_CHILDREN);
}

static void has_room_for_many_clients(void **state)
{
	_cleanup_(fb_dnstunnel_fini) struct fb_dnstunnel tunnels = begin();
	unsigned int found = 0;

	(void)state;
	for (uint32_t i = 0; i < 2 * FB_DNSTUNNEL_CLIENTS; i++) {
		uint8_t addr[16] = {10};

		memcpy(addr + 4, &i, 4);
		fb_dnstunnel_absent(&tunnels, addr, "xkqzjvwpqhtrd.com", 1 * SECOND);
		fb_dnstunnel_absent(&tunnels, addr, "qwzxvkjhgtpfbn.net", 2 * SECOND);
		found += !!fb_dnstunnel_absent(&tunnels, addr, "hjkqwxzvbnmtrp.info", 3 * SECOND);
	}
	assert_int_equal(found, 2 * FB_DNSTUNNEL_CLIENTS);
	assert_true(tunnels.clients_full >= FB_DNSTUNNEL_CLIENTS);
}

struct capture {
	struct fb_dnstunnel tunnels;
	unsigned int questions, children, absent;
};

static void on_frame(void *ctx, const struct fb_pcap_frame *frame, const struct decoded *pkt)
{
	struct capture *capture = ctx;
	const struct fb_key *key = &pkt->key;
	const bool asks = key->port[!pkt->dir] == 53;
	struct fb_dns dns;
	unsigned int n;

	if (key->proto != 17 || (!asks && key->port[pkt->dir] != 53) ||
	    fb_dns_parse(pkt->payload, pkt->caplen, NULL, NULL, &dns) < 0 || !dns.has_question)
		return;
	if (asks && !dns.response) {
		capture->questions++;
		n = fb_dnstunnel_asked(&capture->tunnels, key->addr[pkt->dir], dns.question.text,
				       dns.question_type, frame->ts_ns);
		capture->children = n > capture->children ? n : capture->children;
	} else if (dns.response && dns.rcode == NXDOMAIN) {
		n = fb_dnstunnel_absent(&capture->tunnels, key->addr[!pkt->dir], dns.question.text,
					frame->ts_ns);
		capture->absent = n > capture->absent ? n : capture->absent;
	}
}

static bool is_tunnel(const char *path)
{
	static const char *const tunnels[] = {"dns_exfiltration", "dns-tunnel-iodine",
					      "bad-dns-traffic"};

	for (size_t i = 0; i < sizeof(tunnels) / sizeof(*tunnels); i++)
		if (strstr(path, tunnels[i]))
			return true;
	return false;
}

/* How many questions a capture has; -1: it is not there. */
static int look_through(const char *path)
{
	struct capture capture = {.tunnels = begin()};
	_cleanup_free_ uint8_t *data = NULL;
	size_t len;

	data = corpus_read(path, &len);
	if (data)
		corpus_walk(data, len, on_frame, &capture);
	fb_dnstunnel_fini(&capture.tunnels);
	if (!data)
		return -1;
	if (capture.absent || is_tunnel(path) != !!capture.children)
		fail_msg("%s: %u names below one, %u odd ones absent", path, capture.children,
			 capture.absent);
	return (int)capture.questions;
}

/* Of real captures the tunnels, and no other. */
static void looks_through_captures(void **state)
{
	char *paths[CORPUS_FILES];
	const unsigned int n = corpus_list(paths);
	unsigned int captures = 0, questions = 0;

	(void)state;
	if (!n)
		skip();
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_free_ char *path = paths[i];
		const int asked = look_through(path);

		captures += asked > 0;
		questions += asked > 0 ? (unsigned int)asked : 0;
	}
	print_message("# figure: %u captures with %u questions\n", captures, questions);
	assert_true(captures > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_tunnels),
		cmocka_unit_test(finds_no_tunnel),
		cmocka_unit_test(forgets_in_silence),
		cmocka_unit_test(makes_room),
		cmocka_unit_test(counts_odd_names_that_are_absent),
		cmocka_unit_test(one_client_drives_out_no_other),
		cmocka_unit_test(has_room_for_many_clients),
		cmocka_unit_test(looks_through_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
