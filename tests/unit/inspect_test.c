// link: enrich/inspect enrich/streams enrich/datagrams proto/tls proto/record proto/reasm
// link: proto/ja4 proto/crypto proto/quic proto/dns proto/http proto/dhcp proto/name proto/idn
/* SPDX-License-Identifier: BSD-2-Clause */
/* Hellos as a hostile or unlucky network delivers them: a name is whole and right, or absent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "enrich/inspect.h"

#include "hellos.h"

#define NAME "www.example.com"
#define S    1000000000ULL

/* What was told of the flow last fed. */
static struct {
	struct fb_inspect *inspect;
	char name[256], ja4[64], addr_name[256];
	uint8_t source, flags, l7, addr_source, addr_last;
	unsigned int names, addrs;
	uint16_t cipher, version, group;
	bool answered, pq;
	int client;
	uint64_t now;
	uint32_t slot;
} seen;

static void on_hello(void *ctx, const struct fb_event *event, const struct fb_hello_fact *fact)
{
	(void)ctx;
	(void)event;
	if (fact->name) {
		assert_int_equal(strlen(fact->name), fact->name_len);
		memcpy(seen.name, fact->name, fact->name_len + 1);
		seen.names++;
		seen.source = fact->name_source;
		seen.flags = fact->name_flags;
	}
	if (fact->client >= 0)
		seen.client = fact->client;
	seen.l7 = fact->l7;
	seen.pq |= fact->pq_offered;
	if (fact->tls && fact->tls->ja4[0])
		memcpy(seen.ja4, fact->tls->ja4, sizeof(fact->tls->ja4));
	if (fact->tls && fact->tls->answered) {
		seen.answered = true;
		seen.cipher = fact->tls->cipher;
		seen.version = fact->tls->version;
		seen.group = fact->tls->group;
	}
}

static void on_addr(void *ctx, const struct fb_inspect_addr *addr, uint64_t time)
{
	(void)ctx;
	(void)time;
	memcpy(seen.addr_name, addr->name, addr->len + 1);
	seen.addr_source = addr->source;
	seen.addr_last = addr->addr[15];
	seen.addrs++;
}

static const struct fb_inspect_ops ops = {on_hello, on_addr};

/* A new flow in a new inspector. */
static void begin_with(const struct fb_inspect_opts *opts)
{
	fb_inspect_free(seen.inspect);
	memset(&seen, 0, sizeof(seen));
	seen.client = -1;
	seen.now = S;
	assert_int_equal(fb_inspect_new(opts, &ops, NULL, &seen.inspect), 0);
}

static void begin(void)
{
	begin_with(&(struct fb_inspect_opts){0});
}

static struct fb_inspect_counters counters(void)
{
	struct fb_inspect_counters now;

	fb_inspect_counters(seen.inspect, &now);
	return now;
}

#define ISN 0xfffffff0u /* sequence numbers wrap within the hello */

struct piece {
	uint8_t dir, proto, flags;
	bool sure; /* the SYN was seen */
	uint16_t port, gso_size;
};

static enum fb_inspect_verdict feed(const struct piece *piece, uint32_t offset, const void *data,
				    size_t len)
{
	struct fb_event event = {
		.time = seen.now,
		.slot = seen.slot,
		.generation = 7,
		.seq = ISN + 1 + offset,
		.len = (uint32_t)len,
		.caplen = (uint16_t)len,
		.dir = piece->dir,
		.flags = piece->flags,
		.gso_size = piece->gso_size,
	};
	uint8_t *exact = malloc(len ? len : 1);
	enum fb_inspect_verdict verdict;

	assert_non_null(exact);
	assert_true(len <= FB_SAMPLE_MAX);
	memcpy(exact, data, len);
	event.key.proto = piece->proto ? piece->proto : 6;
	event.key.family = FB_IPV4;
	event.key.port[0] = (__be16)(piece->port >> 8 | piece->port << 8);
	verdict = fb_inspect_feed(seen.inspect,
				  &(struct fb_inspect_pkt){&event, exact, piece->sure, ISN + 1});
	free(exact);
	return verdict;
}

static const struct piece up = {.sure = true}, down = {.dir = 1}, udp = {.proto = 17},
			  udp_down = {.proto = 17, .dir = 1};

static void named(const char *name)
{
	if (!name && seen.names)
		print_message("# named '%s'\n", seen.name);
	assert_int_equal(seen.names, name ? 1 : 0);
	if (name)
		assert_string_equal(seen.name, name);
}

static struct made stream, other;

static void usual_stream(size_t key_share)
{
	stream.n = 0;
	make_stream(&stream, &(struct made_hello){.name = NAME,
						  .name_len = strlen(NAME),
						  .key_share = key_share,
						  .alpn = "h2"});
}

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
		{"a\0b", "a\\x00b", 3},	       {"\33[2Jx", "\\x1b[2Jx", 5},
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
	(void)state;
	stream.n = 0;
	make_stream(&stream,
		    &(struct made_hello){.name = NAME, .name_len = strlen(NAME), .empty = 2000});
	begin();
	feed(&up, 0, stream.b, stream.n);
	named(NAME);
	assert_string_equal(seen.ja4, ""); /* more than is kept: none, not a wrong one */
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
}

/* T11: what is no hello gives no name, and is not looked at for ever. */
static void test_others(void **state)
{
	static const char *const texts[] = {
		"SSH-2.0-OpenSSH_9.2\r\n", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
		"\x15\x03\x01\x00\x02\x02\x28", "220 mail.example.com ESMTP\r\n",
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
	other.n = 0;
	made_put(&other, "PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\n", 38);
	made_put(&other, stream.b, stream.n);
	begin();
	feed(&up, 0, other.b, 800);
	feed(&up, 800, other.b + 800, other.n - 800);
	named(NAME);
	begin();
	feed(&syn, (uint32_t)-1, stream.b, stream.n);
	named(NAME);
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
	assert_int_equal(feed(&down, 0, stream.b, 20), FB_INSPECT_VERDICT_MORE);
	assert_false(seen.answered);
	assert_int_equal(feed(&down, 20, stream.b + 20, stream.n - 20), FB_INSPECT_VERDICT_END);
	assert_true(seen.answered);
	assert_int_equal(seen.version, 0x0304);
	assert_int_equal(seen.cipher, 0x1301);
	assert_int_equal(seen.group, 0x1d);
	assert_int_equal(fb_inspect_used(seen.inspect), 0);
}

/* T13: one hello in three packets of three datagrams, in any order, all versions. */
static void test_quic(void **state)
{
	static const uint32_t versions[] = {QUIC_V1, QUIC_V2, 0xff00001d};
	static struct made frames, packet[3];

	(void)state;
	for (unsigned int v = 0; v < 3; v++)
		for (unsigned int order = 0; order < 6; order++) {
			const unsigned int first = order % 3, second = (first + 1 + order / 3) % 3;
			const unsigned int last = 3 - first - second;
			size_t third;

			other.n = 0;
			make_message(&other, &(struct made_hello){.name = NAME,
								  .name_len = 15,
								  .key_share = 1216});
			third = other.n / 3;
			for (unsigned int i = 0; i < 3; i++) {
				const size_t from = i * third;
				const size_t to = i == 2 ? other.n : from + third;

				frames.n = 0;
				made_be(&frames, 1, 1); /* PING */
				make_crypto(&frames, other.b, from + 20, to);
				made_put(&frames, "\2\1\0\0\0", 5); /* ACK */
				make_crypto(&frames, other.b, from, from + 20);
				made_fill(&frames, 0, 100);
				packet[i].n = 0;
				make_initial(&packet[i],
					     &(struct made_initial){.version = versions[v],
								    .dcid = "87654321",
								    .number = i,
								    .token = 30},
					     frames.b, frames.n);
			}
			begin();
			feed(&udp, 0, packet[first].b, packet[first].n);
			feed(&udp, 0, packet[second].b, packet[second].n);
			named(NULL);
			feed(&udp, 0, packet[last].b, packet[last].n);
			named(NAME);
			assert_int_equal(seen.source, FB_NAME_QUIC);
			assert_int_equal(seen.ja4[0], 'q');
			/* coalesced, in one datagram and in one sample of several */
			packet[0].n = packet[0].n;
			made_put(&packet[0], packet[1].b, packet[1].n);
			made_put(&packet[0], packet[2].b, packet[2].n);
			begin();
			feed(&udp, 0, packet[0].b, packet[0].n);
			named(NAME);
		}
}

static void quic_whole(struct made *packet, const struct made_initial *initial)
{
	static struct made frames;

	frames.n = other.n = packet->n = 0;
	make_message(&other, &(struct made_hello){.name = NAME, .name_len = 15});
	make_crypto(&frames, other.b, 0, other.n);
	made_fill(&frames, 0, 600);
	make_initial(packet, initial, frames.b, frames.n);
}

static void test_quic_ids(void **state)
{
	static struct made packet, frames;
	struct piece gro = udp;

	(void)state;
	/* behind a Retry the keys are those of the new id */
	quic_whole(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "first"});
	packet.b[packet.n - 1] ^= 1;
	begin();
	feed(&udp, 0, packet.b, packet.n);
	assert_int_equal(counters().quic_bad, 1);
	feed(&udp_down, 0, "\xff\0\0\0\1\0\6second0123456789abcdef", 29);
	quic_whole(&packet,
		   &(struct made_initial){.version = QUIC_V1, .dcid = "second", .token = 60});
	feed(&udp, 0, packet.b, packet.n);
	named(NAME);

	/* a new id without a Retry: the keys stay those of the first */
	frames.n = packet.n = 0;
	make_crypto(&frames, other.b, 0, 30);
	make_initial(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "first"}, frames.b,
		     frames.n);
	begin();
	feed(&udp, 0, packet.b, packet.n);
	frames.n = packet.n = 0;
	make_crypto(&frames, other.b, 30, other.n);
	make_initial(&packet,
		     &(struct made_initial){
			     .version = QUIC_V1, .dcid = "servers", .keyed = "first", .number = 1},
		     frames.b, frames.n);
	feed(&udp, 0, packet.b, packet.n);
	named(NAME);

	/* datagrams of one length, received as one sample; the answer confirms */
	quic_whole(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "first"});
	stream.n = 0;
	made_fill(&stream, 0x40, packet.n);
	made_put(&stream, packet.b, packet.n);
	gro.gso_size = (uint16_t)packet.n;
	begin();
	feed(&gro, 0, stream.b, stream.n);
	named(NAME);
	other.n = frames.n = packet.n = 0;
	make_answer(&other, 0x1302);
	make_crypto(&frames, other.b, 0, other.n);
	make_initial(&packet,
		     &(struct made_initial){
			     .version = QUIC_V1, .dcid = "cl", .keyed = "first", .server = true},
		     frames.b, frames.n);
	assert_int_equal(feed(&udp_down, 0, packet.b, packet.n), FB_INSPECT_VERDICT_END);
	assert_true(seen.answered);
	assert_int_equal(seen.cipher, 0x1302);
	assert_int_equal(seen.l7, FB_L7_QUIC);
}

/* T14: nonsense behind a right tag, and a flood of wrong ones. */
static void test_quic_lies(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"\6\377\377\377\377\377\377\377\377\100\12aaaaaaaaaa", 21}, /* offset 2^62 - 1 */
		{"\6\0\377\377\377\377\377\377\377\377aaaaaaaaaaaa", 22},    /* length 2^62 - 1 */
		{"\2\0\0\377\377\377\377\377\377\377\377\0aaaaaaaa", 20},    /* ACK ranges */
		{"\37aaaaaaaaaaaaaaaaaaaa", 21},
	};
	static struct made packet;
	uint64_t tried;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		packet.n = 0;
		make_initial(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "first"},
			     (const uint8_t *)cases[i].bytes, cases[i].len);
		begin();
		feed(&udp, 0, packet.b, packet.n);
		named(NULL);
		assert_int_equal(counters().quic_bad + counters().hello_too_big, 1);
	}
	begin();
	feed(&udp, 0, "\xc3\0\0\0\1\377aaaaaaaaaaaaaaaaaaaa", 26); /* id of 255 bytes */
	feed(&udp, 0, "\xc3\0\0\0\1\1a\0\377\377\377\377\377\377\377\377aaaaaaaaaa", 26);
	named(NULL);

	begin_with(&(struct fb_inspect_opts){.opens_per_second = 1000});
	quic_whole(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "first"});
	packet.b[packet.n - 1] ^= 1;
	for (unsigned int i = 0; i < 40000; i++) {
		seen.slot = i;
		feed(&udp, 0, packet.b, packet.n);
	}
	named(NULL);
	tried = counters().quic_bad;
	assert_true(tried <= 1000);
	assert_int_equal(tried + counters().quic_skipped, 40000);
	fb_inspect_tick(seen.inspect, seen.now + S);
	feed(&udp, 0, packet.b, packet.n);
	assert_int_equal(counters().quic_bad, tried + 1);
}

static void test_dtls(void **state)
{
	size_t at = 0;

	(void)state;
	other.n = stream.n = 0;
	make_body(&other, &(struct made_hello){.name = NAME, .name_len = 15, .dtls = true});
	begin();
	for (size_t n = 90; at < other.n; at += n) {
		n = other.n - at < n ? other.n - at : n;
		stream.n = 0;
		made_be(&stream, 0x16fefd, 3);
		made_be(&stream, at, 8);
		made_be(&stream, n + 12, 2);
		made_be(&stream, 1, 1);
		made_be(&stream, other.n, 3);
		made_be(&stream, 0, 2);
		made_be(&stream, at, 3);
		made_be(&stream, n, 3);
		made_put(&stream, other.b + at, n);
		feed(&udp, 0, stream.b, stream.n);
	}
	named(NAME);
	assert_memory_equal(seen.ja4, "dd3d03", 6);
	assert_int_equal(counters().hellos_dtls, 1);
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

static void test_lookups(void **state)
{
	static const uint8_t answer[] = "\0\1\x81\x80\0\1\0\2\0\0\0\0\3www\1a\0\0\1\0\1"
					"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x10"
					"\xc0\x23\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7";
	static const uint8_t dhcp_end[] = "\x63\x82\x53\x63\x35\1\3\x0c\6laptop\xff";
	struct piece dns = {.dir = 1, .proto = 17, .port = 53};
	struct piece dhcp = {.proto = 17, .port = 67}, dns_tcp = {.dir = 1, .port = 53};

	(void)state;
	begin();
	feed(&dns, 0, answer, sizeof(answer) - 1);
	named("www.a");
	assert_int_equal(seen.source, FB_NAME_DNS);
	assert_int_equal(seen.addrs, 1);
	assert_string_equal(seen.addr_name, "www.a"); /* not the alias */
	assert_int_equal(seen.addr_last, 7);
	begin();
	stream.n = 0;
	made_be(&stream, sizeof(answer) - 1, 2);
	made_put(&stream, answer, sizeof(answer) - 1);
	feed(&dns_tcp, 0, stream.b, 20);
	assert_int_equal(seen.addrs, 0);
	feed(&dns_tcp, 20, stream.b + 20, stream.n - 20);
	assert_int_equal(seen.addrs, 1);
	begin();
	dns.port = 5353;
	feed(&dns, 0, answer, sizeof(answer) - 1);
	assert_int_equal(seen.addr_source, FB_NAME_MDNS);
	assert_string_equal(seen.addr_name, "b.a"); /* owners name themselves */
	begin();
	stream.n = 0;
	made_fill(&stream, 0, 236);
	stream.b[0] = 1;
	memcpy(stream.b + 12, "\xc0\xa8\1\5", 4);
	made_put(&stream, dhcp_end, sizeof(dhcp_end) - 1);
	feed(&dhcp, 0, stream.b, stream.n);
	assert_string_equal(seen.addr_name, "laptop");
	assert_int_equal(seen.addr_source, FB_NAME_DHCP);
	assert_int_equal(seen.addr_last, 5);
	begin();
	feed(&up, 0, "GET / HTTP/1.1\r\nAccept: *", 25);
	named(NULL);
	assert_int_equal(feed(&up, 25, "/*\r\nHOST:  web.test:8080 \r\n\r\n", 30),
			 FB_INSPECT_VERDICT_END);
	named("web.test");
	assert_int_equal(seen.source, FB_NAME_HTTP);
}

static int teardown(void **state)
{
	(void)state;
	fb_inspect_free(seen.inspect);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),      cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_gap),	      cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_lies),	      cmocka_unit_test(test_name_forms),
		cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_others),	      cmocka_unit_test(test_preludes),
		cmocka_unit_test(test_answer),	      cmocka_unit_test(test_quic),
		cmocka_unit_test(test_quic_ids),      cmocka_unit_test(test_quic_lies),
		cmocka_unit_test(test_dtls),	      cmocka_unit_test(test_half_open),
		cmocka_unit_test(test_lookups),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
