/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich proto util
/* QUIC and DTLS, as samples of datagrams. */
#include "unit/inspecting.h"

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
	seen.now += 999;
	make_answer(&other, 0x1302);
	make_crypto(&frames, other.b, 0, other.n);
	make_initial(&packet,
		     &(struct made_initial){
			     .version = QUIC_V1, .dcid = "cl", .keyed = "first", .server = true},
		     frames.b, frames.n);
	assert_int_equal(feed(&udp_down, 0, packet.b, packet.n), FB_INSPECT_VERDICT_END);
	assert_true(seen.answered);
	assert_int_equal(seen.cipher, 0x1302);
	assert_int_equal(seen.hello_us, 1); /* less than a microsecond is known, too */
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
	/* who floods leaves something for others */
	seen.slot++;
	packet.b[packet.n - 1] ^= 1;
	feed(&(struct piece){.proto = 17, .host = 2}, 0, packet.b, packet.n);
	named(NAME);
	packet.b[packet.n - 1] ^= 1;
	seen.slot++;
	fb_inspect_tick(seen.inspect, seen.now + S);
	feed(&udp, 0, packet.b, packet.n);
	assert_int_equal(counters().quic_bad, tried + 1);
}

/* A flow of which nothing opens is given up; each flow's first packet goes before others' next. */
static void test_quic_fakes(void **state)
{
	static struct made packet;

	(void)state;
	quic_whole(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "first"});
	packet.b[packet.n - 1] ^= 1;
	begin();
	for (unsigned int i = 1; i < 24; i++)
		assert_int_equal(feed(&udp, 0, packet.b, packet.n), FB_INSPECT_VERDICT_MORE);
	assert_int_equal(feed(&udp, 0, packet.b, packet.n), FB_INSPECT_VERDICT_END);
	assert_int_equal(fb_inspect_used(seen.inspect), 0);

	begin_with(&(struct fb_inspect_opts){.opens_per_second = 100});
	for (seen.slot = 0; seen.slot < 10; seen.slot++)
		for (unsigned int i = 0; i < 20; i++)
			feed(&udp, 0, packet.b, packet.n);
	assert_int_equal(counters().quic_bad, 34 + 8);
	packet.b[packet.n - 1] ^= 1;
	feed(&udp, 0, packet.b, packet.n);
	named(NAME);
}

/* A DTLS record with one piece of a handshake message. */
static void make_dtls(struct made *made, uint8_t type, uint16_t seq, const struct made *message,
		      size_t from, size_t to)
{
	made_be(made, 0x16fefd, 3);
	made_be(made, from, 8);
	made_be(made, to - from + 12, 2);
	made_be(made, type, 1);
	made_be(made, message->n, 3);
	made_be(made, seq, 2);
	made_be(made, from, 3);
	made_be(made, to - from, 3);
	made_put(made, message->b + from, to - from);
}

/* Fragments in any order, the hello again behind a HelloVerifyRequest, and the answer. */
static void test_dtls(void **state)
{
	static struct made verify, answer;

	(void)state;
	verify.n = answer.n = 0;
	made_put(&verify, "\xfe\xff\4abcd", 7);
	make_answer(&answer, 0xc02b);
	memmove(answer.b, answer.b + 4, answer.n -= 4);
	memcpy(answer.b, "\xfe\xfd", 2);
	memcpy(answer.b + answer.n - 8, "\xfe\xfc", 2);
	for (unsigned int order = 0; order < 2; order++) {
		other.n = 0;
		make_body(&other, &(struct made_hello){.name = NAME, .name_len = 15, .dtls = true});
		begin();
		for (size_t i = 0; i < other.n; i += 90) {
			const size_t from = order ? (other.n - 1 - i) / 90 * 90 : i;

			named(NULL);
			stream.n = 0;
			make_dtls(&stream, 1, 0, &other, from,
				  from + 90 < other.n ? from + 90 : other.n);
			feed(&udp, 0, stream.b, stream.n);
		}
		named(NAME);
		assert_memory_equal(seen.ja4, "dd3d03", 6);
		assert_int_equal(counters().hellos_dtls, 1);
		stream.n = 0;
		make_dtls(&stream, 3, 0, &verify, 0, verify.n);
		assert_int_equal(feed(&udp_down, 0, stream.b, stream.n), FB_INSPECT_VERDICT_MORE);
		stream.n = 0;
		make_dtls(&stream, 1, 1, &other, 0, other.n);
		assert_int_equal(feed(&udp, 0, stream.b, stream.n), FB_INSPECT_VERDICT_MORE);
		named(NAME);
		assert_false(seen.answered);
		stream.n = 0;
		make_dtls(&stream, 2, 1, &answer, 0, 30);
		make_dtls(&stream, 2, 1, &answer, 30, answer.n);
		assert_int_equal(feed(&udp_down, 0, stream.b, stream.n), FB_INSPECT_VERDICT_END);
		assert_true(seen.answered);
		assert_int_equal(seen.version, 0xfefc);
		assert_int_equal(seen.cipher, 0xc02b);
		assert_int_equal(seen.group, 0x1d);
		assert_int_equal(fb_inspect_used(seen.inspect), 0);
	}
}

/* Half a hello, then one of another number: no mixture. In CAPWAP; what is encrypted is none. */
static void test_dtls_forms(void **state)
{
	(void)state;
	other.n = stream.n = 0;
	make_body(&other, &(struct made_hello){.name = NAME, .name_len = 15, .dtls = true});
	make_dtls(&stream, 1, 0, &other, 0, other.n - 10);
	begin();
	feed(&udp, 0, stream.b, stream.n);
	stream.n = 0;
	make_dtls(&stream, 1, 1, &other, other.n - 10, other.n);
	feed(&udp, 0, stream.b, stream.n);
	named(NULL);
	assert_int_equal(fb_inspect_used(seen.inspect), 1);
	fb_inspect_tick(seen.inspect, seen.now + 11 * S);
	assert_int_equal(counters().hello_incomplete, 1);
	begin(); /* two hellos interleaved: the one that is whole first */
	for (unsigned int i = 0; i < 3; i++) {
		stream.n = 0;
		make_dtls(&stream, 1, i != 1, &other, i == 2 ? 100 : 0, i == 2 ? other.n : 100);
		feed(&udp, 0, stream.b, stream.n);
	}
	named(NAME);
	stream.n = 0;
	made_be(&stream, 0x01000000, 4);
	make_dtls(&stream, 1, 0, &other, 0, other.n);
	begin();
	feed(&udp, 0, stream.b, stream.n);
	named(NAME);
	stream.n = 0;
	make_dtls(&stream, 1, 0, &other, 0, other.n);
	stream.b[4] = 1; /* epoch */
	begin();
	feed(&udp, 0, stream.b, stream.n);
	named(NULL);
}

/* TLS in a remote desktop's datagrams, and never a part of a hello. */
static void test_rdp(void **state)
{
	struct piece rdp = {.proto = 17, .port = 3389};

	(void)state;
	usual_stream(0);
	for (size_t header = 8; header < 40; header += 7) {
		other.n = 0;
		made_fill(&other, 0x16, header);
		made_put(&other, stream.b, stream.n);
		begin();
		feed(&rdp, 0, other.b, other.n - 1);
		named(NULL);
		assert_int_equal(feed(&rdp, 0, other.b, other.n), FB_INSPECT_VERDICT_END);
		named(NAME);
	}
}

/* A reserved version is read, and gives way to the hello of one that the server takes. */
static void test_quic_reserved(void **state)
{
	static struct made packet, frames;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		other.n = frames.n = packet.n = 0;
		make_message(&other, &(struct made_hello){.name = i ? NAME : "first.example",
							  .name_len = i ? 15 : 13});
		make_crypto(&frames, other.b, 0, other.n);
		/* make_initial takes the salt of draft 29 for what it does not know */
		make_initial(&packet,
			     &(struct made_initial){.version = i ? QUIC_V1 : 0x1a2a3a4a,
						    .dcid = i ? "second" : "first"},
			     frames.b, frames.n);
		if (i == 0)
			begin();
		assert_int_equal(feed(&udp, 0, packet.b, packet.n), FB_INSPECT_VERDICT_MORE);
		assert_int_equal(seen.names, i + 1);
		assert_string_equal(seen.name, i ? NAME : "first.example");
	}
	begin();
	packet.b[1] = 0x77; /* no version that there is */
	feed(&udp, 0, packet.b, packet.n);
	named(NULL);
}

/* Google's: in plain, and in T051's frames; a name over 255 bytes is none. */
static void test_quic_google(void **state)
{
	static const char plain[] = "\x09"
				    "12345678Q043\1"
				    "hashhashhash\xa0\1";

	(void)state;
	for (size_t name = 100; name <= 300; name += 200) {
		stream.n = 0;
		made_put(&stream, plain, sizeof(plain) - 1);
		made_be(&stream, 16 + name, 2);
		made_put(&stream, "CHLO\1\0\0\0SNI\0", 12);
		made_put(&stream, &(uint8_t[]){(uint8_t)name, (uint8_t)(name >> 8), 0, 0}, 4);
		made_fill(&stream, 'n', name);
		made_fill(&stream, 0, 300);
		begin();
		assert_int_equal(feed(&udp, 0, stream.b, stream.n), FB_INSPECT_VERDICT_END);
		assert_int_equal(seen.l7, FB_L7_QUIC);
		assert_int_equal(seen.names, name <= 255);
		assert_int_equal(seen.names ? seen.source : FB_NAME_QUIC, FB_NAME_QUIC);
		assert_int_equal(counters().name_refused, name > 255);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quic),	    cmocka_unit_test(test_quic_ids),
		cmocka_unit_test(test_quic_lies),   cmocka_unit_test(test_quic_fakes),
		cmocka_unit_test(test_dtls),	    cmocka_unit_test(test_dtls_forms),
		cmocka_unit_test(test_rdp),	    cmocka_unit_test(test_quic_reserved),
		cmocka_unit_test(test_quic_google),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
