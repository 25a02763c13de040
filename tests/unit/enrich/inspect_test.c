/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich proto util
/* Hellos as a hostile or unlucky network delivers them: a name is whole and right, or absent. */
#include "unit/inspecting.h"

/* T1: cut anywhere, in any order, doubled. */
static void test_segments(void **state)
{
	static const uint8_t orders[][3] = {{0, 1, 2}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}, {1, 0, 2}};

	(void)state;
	usual_stream(0);
	for (size_t cut = 1; cut < stream.n; cut++)
		for (unsigned int sure = 0; sure < 2; sure++) {
			struct piece piece = {.sure = sure};

			begin();
			feed(&piece, 0, stream.b, cut);
			named(NULL);
			feed(&piece, (uint32_t)cut, stream.b + cut, stream.n - cut);
			named(NAME);
			begin();
			feed(&piece, (uint32_t)cut, stream.b + cut, stream.n - cut);
			feed(&piece, 0, stream.b, cut);
			named(NAME);
			assert_int_equal(seen.flags, 0);
		}
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		for (size_t a = 1; a + 1 < stream.n; a += 13) {
			const size_t from[] = {0, a, a + (stream.n - a) / 2, stream.n};

			begin();
			for (unsigned int k = 0; k < 6; k++) {
				const unsigned int p = orders[i][k % 3];

				if (!seen.names)
					feed(&up, (uint32_t)from[p], stream.b + from[p],
					     from[p + 1] - from[p]);
			}
			named(NAME);
		}
	begin();
	for (size_t i = 0; i < stream.n; i++) {
		feed(&up, (uint32_t)i, stream.b + i, 1);
		if (i == 40) /* a keepalive repeats the last byte, with nothing in it */
			feed(&up, (uint32_t)i, "", 1);
	}
	named(NAME);
	assert_int_equal(seen.flags, 0);
}

/* T2, T3: records and hellos of any size. */
static void test_sizes(void **state)
{
	static const size_t records[] = {2, 7, 64, 200, 16384};
	static const size_t shares[] = {0, 1216, 12000};

	(void)state;
	for (unsigned int s = 0; s < 3; s++)
		for (unsigned int r = s == 0 ? 0 : s == 1 ? 1 : 3; r < 5; r++)
			for (size_t each = 100; each < 1500; each += 447) {
				other.n = stream.n = 0;
				make_message(&other, &(struct made_hello){.name = NAME,
									  .name_len = strlen(NAME),
									  .key_share = shares[s]});
				make_records(&stream, other.b, other.n, records[r]);
				begin();
				for (size_t at = 0; at < stream.n; at += each)
					feed(&up, (uint32_t)at, stream.b + at,
					     stream.n - at < each ? stream.n - at : each);
				named(NAME);
				assert_true(seen.pq);
				assert_int_equal(seen.source, FB_NAME_SNI);
			}
	usual_stream(16100);
	begin();
	for (size_t at = 0; at < stream.n; at += 1400)
		feed(&up, (uint32_t)at, stream.b + at, stream.n - at < 1400 ? stream.n - at : 1400);
	named(NAME);
	other.n = stream.n = 0;
	make_message(&other, &(struct made_hello){
				     .name = NAME, .name_len = strlen(NAME), .key_share = 16400});
	make_records(&stream, other.b, other.n, 16384);
	begin();
	for (size_t at = 0; at < stream.n; at += 1400)
		feed(&up, (uint32_t)at, stream.b + at, stream.n - at < 1400 ? stream.n - at : 1400);
	named(NULL);
	assert_int_equal(counters().hello_too_big, 1);
}

/* T4: a gap that nothing fills is given up after 10 s. */
static void test_gap(void **state)
{
	(void)state;
	usual_stream(1216);
	begin();
	feed(&up, 0, stream.b, 500);
	feed(&up, 600, stream.b + 600, stream.n - 600);
	named(NULL);
	assert_int_equal(fb_inspect_used(seen.inspect), 1);
	fb_inspect_tick(seen.inspect, seen.now + 9 * S);
	assert_int_equal(fb_inspect_used(seen.inspect), 1);
	fb_inspect_tick(seen.inspect, seen.now + 11 * S);
	assert_int_equal(fb_inspect_used(seen.inspect), 0);
	assert_int_equal(counters().hello_incomplete, 1);
	named(NULL);
}

/* T5: the bytes that came first stay, and the name is marked. */
static void test_overlap(void **state)
{
	(void)state;
	usual_stream(0);
	for (unsigned int first = 0; first < 2; first++) {
		static struct made fake;
		const size_t tail = stream.n - 5;

		fake = stream;
		memcpy(fake.b + tail, "ab.de", 5);
		begin();
		feed(&up, (uint32_t)tail, (first ? stream.b : fake.b) + tail, 5);
		feed(&up, (uint32_t)tail, (first ? fake.b : stream.b) + tail, 5);
		feed(&up, 0, stream.b, tail);
		named(first ? NAME : "www.examplab.de");
		assert_int_equal(seen.flags, FB_NAME_FLAG_OVERLAP);
		assert_int_equal(counters().hello_overlap, 1);
	}
}

/* T6: each byte of a hello set to each of some values: the name, or one told by the bytes. */
static void test_lies(void **state)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};

	(void)state;
	usual_stream(0);
	for (size_t at = 0; at < stream.n; at++)
		for (unsigned int v = 0; v < sizeof(values); v++) {
			const uint8_t right = stream.b[at];
			const bool in_name = at >= stream.n - strlen(NAME);

			stream.b[at] = values[v];
			begin();
			feed(&up, 0, stream.b, stream.n);
			/* a length that does not add up gives no name, never a part of it */
			if (seen.names && !in_name)
				assert_string_equal(seen.name, NAME);
			stream.b[at] = right;
		}
}

static void list_of_names(const uint8_t *list, size_t len)
{
	size_t extensions;

	other.n = stream.n = 0;
	make_message(&other, &(struct made_hello){0});
	/* append an extension and mend the lengths around it */
	extensions = 4 + 2 + 32 + 1 + 2 + 6 + 2;
	made_be(&other, 0, 2);
	made_be(&other, len + 2, 2);
	made_be(&other, len, 2);
	made_put(&other, list, len);
	made_len(&other, extensions, 2);
	made_len(&other, 1, 3);
	make_records(&stream, other.b, other.n, 16384);
	begin();
	for (size_t at = 0; at < stream.n; at += 8000)
		feed(&up, (uint32_t)at, stream.b + at, stream.n - at < 8000 ? stream.n - at : 8000);
	assert_int_equal(counters().hellos_tls + counters().hello_malformed, 1);
}

/* T7: the first host name, 1 to 255 bytes. */
static void test_name_forms(void **state)
{
	static const size_t sizes[] = {1, 255, 256, 4000};
	static char name[4096];

	(void)state;
	memset(name, 'n', sizeof(name));
	for (unsigned int i = 0; i < 4; i++) {
		stream.n = 0;
		make_stream(&stream, &(struct made_hello){.name = name, .name_len = sizes[i]});
		begin();
		feed(&up, 0, stream.b, stream.n);
		assert_int_equal(seen.names, sizes[i] <= 255);
		if (seen.names)
			assert_int_equal(strlen(seen.name), sizes[i]);
	}
	list_of_names((const uint8_t *)"\0\0\1a\0\0\1b", 8);
	named("a");
	list_of_names((const uint8_t *)"\1\0\1a\0\0\1b", 8);
	named("b");
	list_of_names((const uint8_t *)"\1\0\1a", 4);
	named(NULL);
	list_of_names((const uint8_t *)"\0\0\0", 3);
	named(NULL);
	list_of_names((const uint8_t *)"\0\0\5a", 4);
	named(NULL);
}

/* T8: any bytes as a name become inert text. */
static void test_hostile_names(void **state)
{
	static const struct {
		const char *bytes, *text;
		size_t len;
	} cases[] = {
		{"a\0b", "a\\x00b", 3},	       {"\33[2Jx", "\\x1b[2jx", 5},
		{"<script>", "<script>", 8},   {"\"\\", "\"\\x5c", 2},
		{"\xff\xfe", "\\xff\\xfe", 2}, {"\xe2\x80\xae", "\\xe2\\x80\\xae", 3},
		{"a\nb", "a\\x0ab", 3},	       {"xn--80ak6aa92e.com", "xn--80ak6aa92e.com", 18},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		stream.n = 0;
		make_stream(&stream,
			    &(struct made_hello){.name = cases[i].bytes, .name_len = cases[i].len});
		begin();
		feed(&up, 0, stream.b, stream.n);
		named(cases[i].text);
	}
	stream.n = 0; /* "pаypal" with a Cyrillic letter */
	make_stream(&stream, &(struct made_hello){.name = "xn--pypal-4ve.com", .name_len = 17});
	begin();
	feed(&up, 0, stream.b, stream.n);
	assert_int_equal(seen.flags, FB_NAME_FLAG_MIXED_SCRIPT);
}

/* T9, T10. */
static void test_extensions(void **state)
{
	char odd[121] = "";

	(void)state;
	stream.n = 0;
	make_stream(&stream,
		    &(struct made_hello){.name = NAME, .name_len = strlen(NAME), .empty = 2000});
	begin();
	feed(&up, 0, stream.b, stream.n);
	named(NAME);
	assert_string_equal(seen.ja4, "t13d039900_5559582ccdc4_61ca075eb364");
	stream.n = 0;
	make_stream(&stream, &(struct made_hello){.name = NAME, .name_len = 15, .alpn = "h2"});
	begin();
	feed(&up, 0, stream.b, stream.n);
	memcpy(other.b, seen.ja4, sizeof(seen.ja4));
	assert_memory_equal(seen.ja4, "t13d0305h2_", 11);
	stream.n = 0;
	make_stream(&stream, &(struct made_hello){
				     .name = NAME, .name_len = 15, .alpn = "h2", .grease = true});
	begin();
	feed(&up, 0, stream.b, stream.n);
	assert_string_equal(seen.ja4, (char *)other.b);
	stream.n = 0;
	make_stream(&stream, &(struct made_hello){.name = NAME, .name_len = 15, .ech = true});
	begin();
	feed(&up, 0, stream.b, stream.n);
	named(NAME);
	assert_int_equal(seen.source, FB_NAME_ECH);
	assert_int_equal(seen.flags, FB_NAME_FLAG_ECH);
	assert_int_equal(counters().hello_ech, 1);
	assert_int_equal(counters().alpn_cut, 0);
	/* written as \x01 each, it has no room: said, and the rest of the hello is there */
	stream.n = 0;
	memset(odd, 1, sizeof(odd) - 1);
	make_stream(&stream, &(struct made_hello){.name = NAME, .name_len = 15, .alpn = odd});
	begin();
	feed(&up, 0, stream.b, stream.n);
	named(NAME);
	assert_int_equal(counters().alpn_cut, 1);
	assert_memory_equal(seen.ja4, "t13d030501_", 11);
}

/* T11: what is no hello gives no name, and is not looked at for ever. */
static void test_others(void **state)
{
	static const char *const texts[] = {
		"SSH-2.0-OpenSSH_9.2\r\n", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
		"\x15\x03\x01\x00\x02\x02\x28\0\0\0\0", "220 mail.example.com ESMTP\r\n",
		"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x03"};
	enum fb_inspect_verdict verdict = FB_INSPECT_VERDICT_MORE;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		begin();
		verdict = feed(&up, 0, texts[i], 11);
		named(NULL);
		assert_true(i > 0 || (verdict == FB_INSPECT_VERDICT_END && seen.l7 == FB_L7_SSH));
	}
	for (unsigned int byte = 0; byte < 256; byte += 0x16) {
		begin();
		memset(stream.b, (int)byte, 600);
		for (unsigned int i = 0; i < 40; i++)
			verdict = feed(&up, i * 600, stream.b, 600);
		named(NULL);
	}
	begin();
	for (unsigned int i = 0; i < 20; i++)
		verdict = feed(&up, i * 3, "abc", 3);
	assert_int_equal(verdict, FB_INSPECT_VERDICT_END);
	assert_int_equal(counters().not_tls, 1);
	assert_int_equal(fb_inspect_used(seen.inspect), 0);
}

/* T12: a hello behind other talk; in the SYN. */
static void test_preludes(void **state)
{
	static const char *const talks[][3] = {
		{"EHLO me\r\n", "STARTTLS\r\n", NULL},
		{"CONNECT www.example.net:443 HTTP/1.1\r\n\r\n", NULL, NULL},
		{"\3\0\0\23\16\340\0\0\0\0\0\1\0\10\0\3\0\0\0", NULL, NULL},
		{"\5\1\0", "\5\1\0\3\1a\0\120", NULL},
	};
	static const size_t lens[][3] = {{9, 10, 0}, {40, 0, 0}, {19, 0, 0}, {3, 8, 0}};
	struct piece syn = {.sure = true, .flags = FB_EVENT_SYN};

	(void)state;
	usual_stream(1216);
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t at = 0;

		begin();
		feed(&down, 0, "220 hello\r\n", 11);
		for (unsigned int k = 0; talks[i][k]; k++) {
			feed(&up, at, talks[i][k], lens[i][k]);
			at += (uint32_t)lens[i][k];
		}
		feed(&up, at, stream.b, 700);
		feed(&up, at + 700, stream.b + 700, stream.n - 700);
		named(NAME);
		assert_int_equal(seen.client, 0);
	}
	begin();
	feed(&syn, (uint32_t)-1, stream.b, stream.n);
	named(NAME);
}

/* T12: ... and glued to it, in one segment, cut anywhere. */
static void test_glued(void **state)
{
#define TALK(text) {text, sizeof(text) - 1}
	static const struct {
		const char *talk;
		size_t len;
	} cases[] = {
		TALK("PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\n"),
		TALK("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c____abcdefgh"),
		TALK("EHLO me\r\nSTARTTLS\r\n"),
		TALK("CONNECT www.example.net:443 HTTP/1.1\r\nHost: www.example.net\r\n\r\n"),
		TALK("\x20\0\0\1\x85\xae\x7f\0\0\0\0\1!_______________________"), /* MySQL */
		TALK("\x12\1\2\x11\0\0\0\0"),					  /* TDS */
	};

	(void)state;
	usual_stream(0);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const bool connect = cases[i].talk[0] == 'C';

		other.n = 0;
		made_put(&other, cases[i].talk, cases[i].len);
		made_put(&other, stream.b, stream.n);
		for (size_t cut = 1; cut <= other.n; cut += 3) {
			begin();
			feed(&up, 0, other.b, 0);
			feed(&up, 0, other.b, cut);
			if (cut < other.n)
				feed(&up, (uint32_t)cut, other.b + cut, other.n - cut);
			assert_int_equal(seen.names, 1 + connect);
			assert_string_equal(seen.name, NAME);
		}
	}
	/* a hello in the body of a request is the request's */
	other.n = 0;
	made_put(&other, "POST / HTTP/1.1\r\nHost: web.test\r\n\r\n", 35);
	made_put(&other, stream.b, stream.n);
	begin();
	assert_int_equal(feed(&up, 0, other.b, other.n), FB_INSPECT_VERDICT_END);
	named("web.test");
}

/* The server's hello confirms, and tells what was chosen. */
static void test_answer(void **state)
{
	(void)state;
	usual_stream(0);
	begin();
	assert_int_equal(feed(&up, 0, stream.b, stream.n), FB_INSPECT_VERDICT_MORE);
	other.n = stream.n = 0;
	make_answer(&other, 0x1301);
	make_records(&stream, other.b, other.n, 30);
	seen.now += 12345678;
	assert_int_equal(feed(&down, 0, stream.b, 20), FB_INSPECT_VERDICT_MORE);
	assert_false(seen.answered);
	assert_int_equal(feed(&down, 20, stream.b + 20, stream.n - 20), FB_INSPECT_VERDICT_END);
	assert_true(seen.answered);
	assert_int_equal(seen.version, 0x0304);
	assert_int_equal(seen.cipher, 0x1301);
	assert_int_equal(seen.group, 0x1d);
	assert_int_equal(seen.hello_us, 12345);
	assert_int_equal(fb_inspect_used(seen.inspect), 0);
}

/* T15: 100,000 half-open hellos hold the slots and bytes that are allowed, no more. */
static void test_half_open(void **state)
{
	(void)state;
	usual_stream(12000);
	begin_with(&(struct fb_inspect_opts){.slots = 1000, .bytes = 8 << 20});
	for (uint32_t i = 0; i < 100000; i++) {
		seen.slot = i;
		feed(&up, 0, stream.b, i % 2 ? 1400 : 11000);
		assert_true(fb_inspect_used(seen.inspect) <= 1000);
	}
	named(NULL);
	assert_int_equal(counters().slots_dropped + fb_inspect_used(seen.inspect), 100000);
	/* the newest is still complete */
	feed(&up, 11000, stream.b + 11000, stream.n - 11000);
	feed(&up, 1400, stream.b + 1400, 9600);
	named(NAME);
	fb_inspect_tick(seen.inspect, seen.now + 20 * S);
	assert_int_equal(fb_inspect_used(seen.inspect), 0);
}

/* A request cut before its end; one for nothing, as some tools send it; of an address. */
static void test_requests(void **state)
{
	(void)state;
	begin();
	feed(&up, 0, "GET / HTTP/1.1\r\nAccept: *", 25);
	named(NULL);
	assert_int_equal(feed(&up, 25, "/*\r\nHOST:  web.test:8080 \r\n\r\n", 30),
			 FB_INSPECT_VERDICT_END);
	named("web.test");
	assert_int_equal(seen.source, FB_NAME_HTTP);
	begin();
	feed(&up, 0, "GET HTTP/1.1\r\nHost: web.test\r\n\r\n", 32);
	named("web.test");
	begin();
	assert_int_equal(feed(&up, 0, "GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n", 38),
			 FB_INSPECT_VERDICT_END);
	named(NULL);
	assert_int_equal(seen.l7, FB_L7_HTTP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),      cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_gap),	      cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_lies),	      cmocka_unit_test(test_name_forms),
		cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_others),	      cmocka_unit_test(test_preludes),
		cmocka_unit_test(test_glued),	      cmocka_unit_test(test_answer),
		cmocka_unit_test(test_half_open),     cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
