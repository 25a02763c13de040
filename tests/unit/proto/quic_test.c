/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto
/* Keys of the published examples (RFC 9001 A.1, RFC 9369 A.1), packets cut at each byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/quic.h"

#include "unit/hellos.h"

static void from_hex(const char *hex, uint8_t *to)
{
	for (unsigned int byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		*to++ = (uint8_t)byte;
}

static void test_published_keys(void **state)
{
	static const struct {
		bool v2, server;
		const char *key, *iv, *hp;
	} cases[] = {
		{false, false, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
		 "9f50449e04a0e810283a1e9933adedd2"},
		{false, true, "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e",
		 "c206b8d9b9f0f37644430b490eeaa314"},
		{true, false, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
		 "45b95e15235d6f45a6b19cbcb0294ba9"},
		{true, true, "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652",
		 "edf6d05c83121201b436e16877593c3a"},
	};
	struct fb_quic_keys keys;
	uint8_t dcid[8], want[16];

	(void)state;
	from_hex("8394c8f03e515708", dcid);
	for (unsigned int i = 0; i < 4; i++) {
		fb_quic_initial_keys(cases[i].v2 ? quic_salt_v2 : quic_salt_v1, dcid, sizeof(dcid),
				     cases[i].v2, cases[i].server, &keys);
		from_hex(cases[i].key, want);
		assert_memory_equal(keys.key, want, 16);
		from_hex(cases[i].iv, want);
		assert_memory_equal(keys.iv, want, 12);
		from_hex(cases[i].hp, want);
		assert_memory_equal(keys.hp, want, 16);
	}
}

static void test_cuts(void **state)
{
	static struct made message, frames, packet;
	struct fb_quic quic;
	const uint8_t *body;
	size_t len;

	(void)state;
	make_message(&message, &(struct made_hello){.name = "q", .name_len = 1});
	make_crypto(&frames, message.b, 0, message.n);
	make_initial(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "abcd"}, frames.b,
		     frames.n);
	for (size_t cut = 0; cut <= packet.n; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);
		unsigned int opens = 10;

		assert_non_null(exact);
		memcpy(exact, packet.b, cut);
		fb_quic_init(&quic);
		assert_int_equal(fb_quic_looks_like(exact, cut), cut >= 5);
		assert_int_equal(fb_quic_feed(&quic, exact, cut, &opens),
				 cut == packet.n ? FB_QUIC_HELLO : FB_QUIC_NOT);
		if (cut == packet.n) {
			assert_true(fb_quic_hello(&quic, &body, &len));
			assert_int_equal(len, message.n - 4);
			assert_memory_equal(body, message.b + 4, len);
			assert_int_equal(opens, 9);
		}
		fb_quic_fini(&quic);
		free(exact);
	}
}

/* No decryption is tried when none is left; other versions are not ours. */
static void test_refusals(void **state)
{
	static struct made packet;
	static const uint8_t padding[64];
	struct fb_quic quic;
	unsigned int opens = 0;

	(void)state;
	make_initial(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "abcd"}, padding,
		     sizeof(padding));
	fb_quic_init(&quic);
	assert_int_equal(fb_quic_feed(&quic, packet.b, packet.n, &opens), FB_QUIC_MORE);
	assert_int_equal(opens, 0);
	opens = 5;
	packet.b[packet.n - 1] ^= 0x80;
	assert_int_equal(fb_quic_feed(&quic, packet.b, packet.n, &opens), FB_QUIC_BAD);
	assert_int_equal(opens, 4);
	packet.b[1] = 0xba;
	assert_false(fb_quic_looks_like(packet.b, packet.n));
	assert_int_equal(fb_quic_feed(&quic, packet.b, packet.n, &opens), FB_QUIC_NOT);
	assert_null(quic.crypto.data);
	fb_quic_fini(&quic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_keys),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
