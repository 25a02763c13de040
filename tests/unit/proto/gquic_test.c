/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto
/* Google's hello in packets of all forms, cut anywhere, with lengths that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/gquic.h"

#include "unit/hellos.h"

#define NAME "www.example.com"

static void made_le(struct made *made, uint64_t value, unsigned int width)
{
	for (unsigned int i = 0; i < width; i++)
		made_put(made, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

/* Padding, the name, a version. */
static void make_chlo(struct made *made)
{
	made->n = 0;
	made_put(made, "CHLO\3\0\0\0PAD\0", 12);
	made_le(made, 100, 4);
	made_put(made, "SNI\0", 4);
	made_le(made, 115, 4);
	made_put(made, "VER\0", 4);
	made_le(made, 119, 4);
	made_fill(made, '-', 100);
	made_put(made, NAME "Q043", 19);
}

/* A packet of a version, with the frames behind its hash. */
static void make_packet(struct made *made, unsigned int version, const struct made *frames)
{
	const char text[] = {'Q', '0', (char)('0' + version / 10), (char)('0' + version % 10)};

	made->n = 0;
	if (version < 44) {
		made_be(made, 0x1d, 1); /* version, id, packet number of two bytes */
		made_be(made, 0x1122334455667788, 8);
		made_put(made, text, 4);
		made_be(made, 1, 2);
	} else {
		made_be(made, 0xc3, 1);
		made_put(made, text, 4);
		made_be(made, 0x50, 1);
		made_be(made, 0x1122334455667788, 8);
		made_be(made, 1, 4);
	}
	made_fill(made, 0xaa, 12);
	if (version < 34)
		made_be(made, 0, 1);
	made_put(made, frames->b, frames->n);
}

/* The crypto stream from one place to another, at `offset`. */
static void make_stream_frame(struct made *frames, unsigned int version, const struct made *message,
			      size_t from, size_t to, uint64_t offset)
{
	void (*number)(struct made *made, uint64_t value, unsigned int width) =
		version < 39 ? made_le : made_be;

	made_be(frames, 0x80 | 0x20 | 1 << 2, 1); /* length, offset of two bytes */
	number(frames, 1, 1);
	number(frames, offset + from, 2);
	number(frames, to - from, 2);
	made_put(frames, message->b + from, to - from);
}

static struct made message, frames, packet;

/* Feed the packet from memory of its own size; true if the hello is whole then. */
static bool feed(struct fb_reasm *crypto, uint64_t *at, size_t len, const uint8_t **ret_name,
		 size_t *ret_len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct fb_gquic_packet opened;

	assert_non_null(exact);
	memcpy(exact, packet.b, len);
	if (fb_gquic_open(exact, len, &opened))
		fb_gquic_read(&opened, crypto, at);
	free(exact);
	return fb_gquic_chlo(crypto->data, fb_reasm_contiguous(crypto, 0), ret_name, ret_len) ==
	       FB_GQUIC_CHLO;
}

/* Behind an ACK, STOP_WAITING and a PING, in two parts; the second hello of a connection. */
static void test_versions(void **state)
{
	static const unsigned int versions[] = {24, 33, 34, 38, 39, 43, 44, 46};
	const uint8_t *name;
	size_t len;

	(void)state;
	make_chlo(&message);
	for (unsigned int v = 0; v < 8; v++)
		for (uint64_t offset = 0; offset < 3000; offset += 1500) {
			const unsigned int version = versions[v];
			struct fb_reasm crypto;
			uint64_t at = UINT64_MAX;

			fb_reasm_init(&crypto, 16384);
			frames.n = 0;
			/* largest, delay, blocks, first block, gap and block, times, one */
			made_put(&frames, "\x60\0", version < 34 ? 2 : 1);
			made_put(&frames, "\1\0\0\1\1\1\1\1\0\0\0\0\0", 13);
			made_fill(&frames, 6, 1); /* STOP_WAITING */
			made_fill(&frames, 0x77, (version < 44 ? 2 : 4) + (version < 34));
			made_be(&frames, 7, 1);
			make_stream_frame(&frames, version, &message, 0, 50, offset);
			made_fill(&frames, 0, 20);
			make_packet(&packet, version, &frames);
			assert_true(fb_gquic_looks_like(packet.b, packet.n));
			assert_false(feed(&crypto, &at, packet.n, &name, &len));
			assert_int_equal(at, offset);
			frames.n = 0;
			make_stream_frame(&frames, version, &message, 50, message.n, offset);
			make_packet(&packet, version, &frames);
			assert_true(feed(&crypto, &at, packet.n, &name, &len));
			assert_int_equal(len, strlen(NAME));
			assert_memory_equal(name, NAME, len);
			fb_reasm_fini(&crypto);
		}
}

/* A CHLO is whole with its name, or more is awaited: cut at each byte. */
static void test_cuts(void **state)
{
	const uint8_t *name;
	size_t len;

	(void)state;
	make_chlo(&message);
	for (size_t cut = 0; cut <= message.n; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		assert_non_null(exact);
		memcpy(exact, message.b, cut);
		assert_int_equal(fb_gquic_chlo(exact, cut, &name, &len),
				 cut == message.n ? FB_GQUIC_CHLO : FB_GQUIC_MORE);
		assert_int_equal(name != NULL, cut == message.n);
		free(exact);
	}
	frames.n = 0;
	make_stream_frame(&frames, 43, &message, 0, message.n, 0);
	make_packet(&packet, 43, &frames);
	for (size_t cut = 0; cut < packet.n; cut++) {
		struct fb_reasm crypto;
		uint64_t at = UINT64_MAX;

		fb_reasm_init(&crypto, 16384);
		assert_false(feed(&crypto, &at, cut, &name, &len));
		fb_reasm_fini(&crypto);
	}
}

static void test_lies(void **state)
{
	static const uint8_t bad_frames[][8] = {{5}, {0xa4, 1, 0, 0, 0xff, 0xff}, {8, 0xc0}};
	struct fb_gquic_packet opened;
	const uint8_t *name;
	size_t len;

	(void)state;
	for (size_t at = 0; at < 16 + 16; at++)
		for (unsigned int value = 0; value < 256; value += 51) {
			make_chlo(&message);
			message.b[at] = (uint8_t)value;
			if (fb_gquic_chlo(message.b, message.n, &name, &len) != FB_GQUIC_CHLO)
				continue;
			if (name) /* within the message, whatever the lengths say */
				assert_true(name >= message.b &&
					    name + len <= message.b + message.n);
		}
	make_chlo(&message);
	message.b[20] = 200; /* the name would end behind all that there is */
	assert_int_equal(fb_gquic_chlo(message.b, message.n, &name, &len), FB_GQUIC_NONE);
	assert_null(name);
	assert_int_equal(fb_gquic_chlo((const uint8_t *)"REJ\0\1\0\0\0", 8, &name, &len),
			 FB_GQUIC_NONE);
	assert_int_equal(fb_gquic_chlo((const uint8_t *)"CHLO\0\0\0\0", 8, &name, &len),
			 FB_GQUIC_NONE);
	for (unsigned int i = 0; i < 3; i++) {
		struct fb_reasm crypto;
		uint64_t at = UINT64_MAX;

		fb_reasm_init(&crypto, 16384);
		frames.n = 0;
		made_put(&frames, bad_frames[i], 8);
		make_packet(&packet, 43, &frames);
		assert_true(fb_gquic_open(packet.b, packet.n, &opened));
		assert_false(fb_gquic_read(&opened, &crypto, &at));
		fb_reasm_fini(&crypto);
	}
	make_packet(&packet, 43, &frames);
	packet.b[9] = 'R';
	assert_false(fb_gquic_looks_like(packet.b, packet.n));
	make_packet(&packet, 46, &frames);
	packet.b[5] = 0x55;
	assert_false(fb_gquic_looks_like(packet.b, packet.n));
	make_packet(&packet, 49, &frames);
	assert_false(fb_gquic_looks_like(packet.b, packet.n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
