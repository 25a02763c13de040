/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To Q043:  flags(1): version 01, reset 02, id of 8 bytes 08, packet number of 1, 2, 4, 6 bytes 30
 *           id(8) version(4) "Q043"  packet number(1..6)  hash(12)  [to Q033: private flags(1)]
 * To Q048:  1 1 T T R R P P  version(4)  lengths of ids(1) = 50  dcid(8)  packet number(1..4)
 *           hash(12)
 * Hash:     FNV-1a, to find errors; anybody can make it, so it is not looked at
 * Frames:   STREAM 1FDOOOSS: stream(1..4) offset(0, 2..8) [length(2)] data; the crypto stream is 1
 *           ACK 01NxLLMM, STOP_WAITING(6), PING(7), PADDING(0); CRYPTO(8): offset, data<..>: varint
 * CHLO:     "CHLO" tags(2) 0(2) { tag(4) end of its value(4) } values; all of it little-endian
 * Numbers are big-endian from Q039 on, little-endian before.
 */
#include "proto/gquic.h"

#include <string.h>

#define HASH_LEN      12
#define LAST_PLAIN    48
#define CRYPTO_FRAME  8 /* from Q047 on; before, stream 1 */
#define TAGS_MAX      128
#define FRAMES_MAX    512
#define CHLO_HEADER   8
#define LONG_PLAIN_ID 0x50 /* 8 bytes of destination, none of source */

static uint64_t take_number(struct fb_bytes *in, size_t n, bool big)
{
	const uint8_t *taken = fb_bytes_take(in, n);
	uint64_t value = 0;

	for (size_t i = 0; taken && i < n; i++)
		value = value << 8 | taken[big ? i : n - 1 - i];
	return value;
}

static uint64_t take_varint(struct fb_bytes *in)
{
	const uint8_t first = fb_bytes_u8(in);
	const size_t more = ((size_t)1 << (first >> 6)) - 1;

	return (uint64_t)(first & 0x3f) << (8 * more) | fb_bytes_be(in, more);
}

/* "Q043" is 43; 0: it is none of these. */
static unsigned int plain_version(const uint8_t *text)
{
	const unsigned int version = (text[2] - '0') * 10u + (text[3] - '0');

	if (text[0] != 'Q' || text[1] != '0' || text[2] < '0' || text[2] > '9' || text[3] < '0' ||
	    text[3] > '9')
		return 0;
	return version >= 24 && version <= LAST_PLAIN ? version : 0;
}

/* Everything before the hash. */
static bool take_header(struct fb_bytes *in, struct fb_gquic_packet *packet)
{
	static const uint8_t lengths[] = {1, 2, 4, 6};
	const uint8_t flags = fb_bytes_u8(in);
	const uint8_t *version;

	if (flags & 0x80) {
		version = fb_bytes_take(in, 4);
		if (!version || fb_bytes_u8(in) != LONG_PLAIN_ID)
			return false;
		fb_bytes_take(in, 8);
		packet->version = plain_version(version);
		packet->number_len = packet->version < 46 ? 4 : (flags & 3u) + 1;
		if (packet->version < 44)
			return false;
	} else {
		fb_bytes_take(in, 8);
		version = fb_bytes_take(in, 4);
		if (!version || (flags & 0x4b) != 0x09)
			return false;
		packet->version = plain_version(version);
		packet->number_len = lengths[flags >> 4 & 3];
		if (packet->version == 0 || packet->version > 43)
			return false;
	}
	return fb_bytes_take(in, packet->number_len) && fb_bytes_left(in) > HASH_LEN;
}

bool fb_gquic_looks_like(const uint8_t *datagram, size_t len)
{
	struct fb_bytes in = fb_bytes(datagram, len);
	struct fb_gquic_packet packet;

	return take_header(&in, &packet);
}

bool fb_gquic_open(const uint8_t *datagram, size_t len, struct fb_gquic_packet *ret_packet)
{
	struct fb_bytes in = fb_bytes(datagram, len);
	struct fb_gquic_packet packet = {0};

	if (!take_header(&in, &packet))
		return false;
	fb_bytes_take(&in, HASH_LEN);
	if (packet.version < 34)
		fb_bytes_u8(&in);
	packet.frames = in;
	*ret_packet = packet;
	return true;
}

/* --- frames ---------------------------------------------------------------------------------- */

/* 01NxLLMM: largest(LL) delay(2) [blocks(1)] block(MM) { gap(1) block(MM) } times(1) [5 + 3 each]
 */
static void skip_ack(struct fb_bytes *in, uint8_t type, unsigned int version)
{
	static const uint8_t lengths[] = {1, 2, 4, 6};
	const size_t block = lengths[type & 3];
	unsigned int blocks = 0, times;

	fb_bytes_take(in, lengths[type >> 2 & 3] + 2u + (version < 34));
	if (type & 0x20)
		blocks = fb_bytes_u8(in);
	fb_bytes_take(in, block + blocks * (1 + block));
	times = fb_bytes_u8(in);
	fb_bytes_take(in, times ? 5 + 3 * (times - 1) : 0);
}

/* Data of the crypto stream. */
static void put(struct fb_reasm *crypto, uint64_t *at, uint64_t offset, const uint8_t *data,
		size_t len)
{
	if (*at == UINT64_MAX && len >= 4 && memcmp(data, "CHLO", 4) == 0)
		*at = offset; /* the first, or one that follows a rejected one */
	if (*at != UINT64_MAX && offset >= *at)
		fb_reasm_put(crypto, offset - *at, data, len);
}

static bool take_stream(const struct fb_gquic_packet *packet, struct fb_bytes *in, uint8_t type,
			struct fb_reasm *crypto, uint64_t *at)
{
	const bool big = packet->version >= 39;
	const size_t offset_len = type >> 2 & 7;
	const uint64_t stream = take_number(in, (type & 3u) + 1, big);
	const uint64_t offset = take_number(in, offset_len ? offset_len + 1 : 0, big);
	const size_t len = type & 0x20 ? take_number(in, 2, big) : fb_bytes_left(in);
	const uint8_t *data = fb_bytes_take(in, len);

	if (data && stream == 1)
		put(crypto, at, offset, data, len);
	return data != NULL;
}

static bool take_crypto(struct fb_bytes *in, struct fb_reasm *crypto, uint64_t *at)
{
	const uint64_t offset = take_varint(in);
	const uint64_t len = take_varint(in);
	const uint8_t *data = fb_bytes_take(in, len);

	if (data && *at == UINT64_MAX && offset == 0)
		*at = 0; /* T050, T051: a TLS hello */
	if (data)
		put(crypto, at, offset, data, len);
	return data != NULL;
}

bool fb_gquic_read(const struct fb_gquic_packet *packet, struct fb_reasm *crypto, uint64_t *at)
{
	struct fb_bytes in = packet->frames;

	for (unsigned int n = 0; fb_bytes_left(&in) > 0 && n < FRAMES_MAX; n++) {
		const uint8_t type = fb_bytes_u8(&in);

		if (type & 0x80) {
			if (!take_stream(packet, &in, type, crypto, at))
				return false;
		} else if (type & 0x40) {
			skip_ack(&in, type, packet->version);
		} else if (type == CRYPTO_FRAME) {
			if (!take_crypto(&in, crypto, at))
				return false;
		} else if (type == 6) { /* STOP_WAITING */
			fb_bytes_take(&in, packet->number_len + (packet->version < 34));
		} else if (type != 0 && type != 7) { /* PADDING, PING */
			return false;
		}
		while (type == 0 && fb_bytes_left(&in) > 0 && *in.at == 0)
			in.at++;
	}
	return !in.bad;
}

/* --- the hello ------------------------------------------------------------------------------- */

enum fb_gquic_result fb_gquic_chlo(const uint8_t *message, size_t len, const uint8_t **ret_name,
				   size_t *ret_len)
{
	struct fb_bytes in = fb_bytes(message, len), table, values;
	uint64_t tags, from = 0, to = 0, total;
	const uint8_t *head;

	*ret_name = NULL;
	*ret_len = 0;
	if (len > 0 && memcmp(message, "CHLO", len < 4 ? len : 4) != 0)
		return FB_GQUIC_NONE;
	head = fb_bytes_take(&in, CHLO_HEADER);
	if (!head)
		return FB_GQUIC_MORE;
	tags = (uint64_t)head[4] | (uint64_t)head[5] << 8;
	if (tags == 0 || tags > TAGS_MAX)
		return FB_GQUIC_NONE;
	table = fb_bytes_sub(&in, 8 * tags);
	if (table.bad)
		return FB_GQUIC_MORE;
	total = (uint64_t)table.end[-4] | (uint64_t)table.end[-3] << 8 |
		(uint64_t)table.end[-2] << 16 | (uint64_t)table.end[-1] << 24;
	if (fb_bytes_left(&in) < total)
		return FB_GQUIC_MORE;
	values = fb_bytes_sub(&in, total);
	while (fb_bytes_left(&table) > 0) {
		const uint8_t *tag = fb_bytes_take(&table, 4);

		to = take_number(&table, 4, false);
		if (to < from || to > total)
			return FB_GQUIC_NONE;
		if (memcmp(tag, "SNI\0", 4) == 0 && !*ret_name && to > from) {
			*ret_name = values.at + from;
			*ret_len = to - from;
		}
		from = to;
	}
	return FB_GQUIC_CHLO;
}
