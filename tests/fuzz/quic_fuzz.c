// link: proto
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a datagram, and as the frames of Initial packets whose protection is right: most
 * of what can go wrong lies behind a tag that random bytes never have.
 */
#include <stdint.h>
#include <stdlib.h>

#include "proto/gquic.h"
#include "proto/quic.h"
#include "proto/record.h"
#include "unit/hellos.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct fb_quic *quic)
{
	const uint8_t *body;
	size_t len;

	if (fb_quic_hello(quic, &body, &len) &&
	    (len > FB_HANDSHAKE_MAX || body < quic->crypto.data ||
	     body + len > quic->crypto.data + quic->crypto.room))
		abort();
	if (fb_quic_chlo(quic, &body, &len) && body &&
	    (body < quic->crypto.data || body + len > quic->crypto.data + quic->crypto.room))
		abort();
	if (quic->crypto.room > 2 * FB_HANDSHAKE_MAX)
		abort();
}

/* Frames and hellos of Google's, of the version that the first byte says. */
static void read_google(const uint8_t *data, size_t size)
{
	const struct fb_gquic_packet packet = {
		.version = size ? data[0] : 0, .number_len = 4, .frames = fb_bytes(data, size)};
	struct fb_reasm crypto;
	uint64_t at = UINT64_MAX;
	const uint8_t *name;
	size_t len;

	fb_reasm_init(&crypto, FB_HANDSHAKE_MAX);
	fb_gquic_read(&packet, &crypto, &at);
	fb_reasm_fini(&crypto);
	if (fb_gquic_chlo(data, size, &name, &len) == FB_GQUIC_CHLO && name &&
	    (name < data || name + len > data + size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct made packet;
	unsigned int opens = 64;
	struct fb_quic quic;
	const uint8_t *body;
	size_t len, half = size / 2 < 2000 ? size / 2 : 2000;

	fb_quic_init(&quic);
	fb_quic_looks_like(data, size);
	fb_quic_feed(&quic, data, size, &opens);
	check(&quic);
	packet.n = 0;
	make_initial(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "12345678"}, data,
		     half);
	make_initial(&packet,
		     &(struct made_initial){.version = size & 1 ? QUIC_V2 : QUIC_V1,
					    .dcid = "12345678",
					    .number = 1},
		     data + half, half);
	fb_quic_feed(&quic, packet.b, packet.n, &opens);
	check(&quic);
	packet.n = 0;
	make_initial(
		&packet,
		&(struct made_initial){
			.version = QUIC_V1, .dcid = "other", .keyed = "12345678", .server = true},
		data, half);
	fb_quic_answer(&quic, packet.b, packet.n, &opens, &body, &len);
	fb_quic_answer(&quic, data, size, &opens, &body, &len);
	fb_quic_begins_again(&quic, data, size);
	fb_quic_fini(&quic);
	read_google(data, size);
	return 0;
}
