/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long header:  1 1 T T R R P P   version(4)  dcid<0..20>:1  scid<0..20>:1
 *   Initial:    ... token<..>:varint  length(varint)  packet number(1..4)  payload + tag(16)
 *   The low four bits of the first byte and the packet number are masked by a sample of the
 *   payload, taken 4 bytes behind the start of the packet number.
 * Frames in it:  PADDING(0)  PING(1)  ACK(2, 3)  CRYPTO(6): offset, data<..>  CONNECTION_CLOSE(28)
 */
#include "proto/quic.h"

#include <string.h>

#include "proto/bytes.h"
#include "proto/gquic.h"
#include "proto/record.h"
#include "proto/tls.h"

#define LONG_HEADER 0x80 /* the bit behind it may be greased (RFC 9287) */
#define TAG_LEN	    16
#define PACKET_MAX  4096
#define FRAMES_MAX  512 /* PADDING runs count as one */
#define ANSWER_MAX  2048

#define SALT(...)   {__VA_ARGS__}

enum labels { LABELS_V1, LABELS_V2 };
enum frames { FRAMES_PUBLISHED, FRAMES_GOOGLE };

static const struct fb_quic_version {
	uint32_t from, to;
	uint8_t initial; /* type bits of an Initial packet */
	enum labels labels;
	enum frames frames;
	uint8_t salt[20];
} versions[] = {
	/* version 1, and drafts 33 and 34 */
	{0x00000001, 0x00000001, 0, LABELS_V1, FRAMES_PUBLISHED,
	 SALT(0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
	      0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a)},
	{0xff000021, 0xff000022, 0, LABELS_V1, FRAMES_PUBLISHED,
	 SALT(0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
	      0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a)},
	/* version 2, and its drafts */
	{0x6b3343cf, 0x6b3343cf, 1, LABELS_V2, FRAMES_PUBLISHED,
	 SALT(0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
	      0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9)},
	{0x709a50c4, 0x709a50c4, 1, LABELS_V2, FRAMES_PUBLISHED,
	 SALT(0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04,
	      0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3)},
	/* drafts 29 to 32 */
	{0xff00001d, 0xff000020, 0, LABELS_V1, FRAMES_PUBLISHED,
	 SALT(0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
	      0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99)},
	/* drafts 23 to 28, and mvfst's of draft 27 */
	{0xff000017, 0xff00001c, 0, LABELS_V1, FRAMES_PUBLISHED,
	 SALT(0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
	      0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02)},
	{0xfaceb002, 0xfaceb00f, 0, LABELS_V1, FRAMES_PUBLISHED,
	 SALT(0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
	      0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02)},
	/* draft 22, and mvfst's of it */
	{0xff000016, 0xff000016, 0, LABELS_V1, FRAMES_PUBLISHED,
	 SALT(0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51,
	      0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a)},
	{0xfaceb001, 0xfaceb001, 0, LABELS_V1, FRAMES_PUBLISHED,
	 SALT(0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51,
	      0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a)},
	/* Q050, T050, T051 */
	{0x51303530, 0x51303530, 0, LABELS_V1, FRAMES_GOOGLE,
	 SALT(0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3,
	      0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45)},
	{0x54303530, 0x54303530, 0, LABELS_V1, FRAMES_GOOGLE,
	 SALT(0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2,
	      0x36, 0x7c, 0x60, 0x48, 0x83, 0x10)},
	{0x54303531, 0x54303531, 0, LABELS_V1, FRAMES_GOOGLE,
	 SALT(0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f,
	      0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d)},
};

/* What a reserved version is tried as: version 1, drafts 29 and 23. */
static const uint32_t guesses[] = {0x00000001, 0xff00001d, 0xff000017};

#define GUESSES (sizeof(guesses) / sizeof(guesses[0]))

static const struct fb_quic_version *find_version(uint32_t version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (version >= versions[i].from && version <= versions[i].to)
			return &versions[i];
	return NULL;
}

/* 0x?a?a?a?a (RFC 9000, 15) */
static bool is_reserved(uint32_t version)
{
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

static uint64_t take_varint(struct fb_bytes *in)
{
	const uint8_t first = fb_bytes_u8(in);
	const size_t more = ((size_t)1 << (first >> 6)) - 1;

	return (uint64_t)(first & 0x3f) << (8 * more) | fb_bytes_be(in, more);
}

void fb_quic_init(struct fb_quic *quic)
{
	*quic = (struct fb_quic){.google_at = UINT64_MAX};
	fb_reasm_init(&quic->crypto, FB_HANDSHAKE_MAX + 4);
	fb_reasm_init(&quic->answer, ANSWER_MAX);
}

void fb_quic_fini(struct fb_quic *quic)
{
	fb_reasm_fini(&quic->crypto);
	fb_reasm_fini(&quic->answer);
}

bool fb_quic_looks_like(const uint8_t *datagram, size_t len)
{
	struct fb_bytes in = fb_bytes(datagram, len);
	const uint8_t first = fb_bytes_u8(&in);
	const uint32_t version = fb_bytes_u32(&in);

	if (fb_gquic_looks_like(datagram, len))
		return true;
	return !in.bad && first & LONG_HEADER && (find_version(version) || is_reserved(version));
}

bool fb_quic_begins_again(const struct fb_quic *quic, const uint8_t *datagram, size_t len)
{
	struct fb_bytes in = fb_bytes(datagram, len);
	uint8_t first;
	uint32_t version;

	first = fb_bytes_u8(&in);
	version = fb_bytes_u32(&in);
	return is_reserved(quic->version) && !in.bad && first & LONG_HEADER &&
	       find_version(version);
}

/* --- one packet ------------------------------------------------------------------------------ */

struct packet {
	const struct fb_quic_version *version; /* NULL: reserved */
	uint32_t number_of_version;
	const uint8_t *start; /* of the header */
	const uint8_t *dcid;
	size_t dcid_len;
	const uint8_t *number; /* where the protected packet number starts */
	size_t len;	       /* of number and payload */
	bool initial;
};

/* Cut the next packet off a datagram; false: no long header of a version that is read is there. */
static bool next_packet(struct fb_bytes *in, struct packet *packet)
{
	struct fb_bytes id;
	uint8_t first, initial;
	uint64_t len;

	packet->start = in->at;
	first = fb_bytes_u8(in);
	packet->number_of_version = fb_bytes_u32(in);
	packet->version = find_version(packet->number_of_version);
	if (in->bad || !(first & LONG_HEADER) ||
	    (!packet->version && !is_reserved(packet->number_of_version)))
		return false;
	initial = packet->version ? packet->version->initial : 0;
	id = fb_bytes_vector(in, 1);
	packet->dcid = id.at;
	packet->dcid_len = fb_bytes_left(&id);
	fb_bytes_vector(in, 1);
	packet->initial = (first >> 4 & 3) == initial;
	if (packet->initial)
		fb_bytes_take(in, take_varint(in)); /* token */
	else if ((first >> 4 & 3) == (initial + 3) % 4)
		return false; /* Retry: it has no length, and nothing follows */
	len = take_varint(in);
	packet->number = in->at;
	packet->len = len;
	return fb_bytes_take(in, len) && !in->bad && packet->dcid_len <= FB_QUIC_DCID_MAX;
}

/* Remove header protection and open; the length of the plain text, or -1. */
static int open_packet(const struct packet *packet, const struct fb_quic_keys *keys,
		       uint8_t plain[static PACKET_MAX])
{
	const size_t before = (size_t)(packet->number - packet->start);
	uint8_t header[PACKET_MAX], mask[16];
	uint32_t number = 0;
	size_t n;

	if (packet->len < 4 + 16 || packet->len > PACKET_MAX || before + 4 > sizeof(header))
		return -1;
	fb_quic_mask(keys, packet->number + 4, mask);
	memcpy(header, packet->start, before + 4);
	header[0] ^= mask[0] & 0x0f;
	n = (header[0] & 3) + 1;
	for (size_t i = 0; i < n; i++) {
		header[before + i] ^= mask[1 + i];
		number = number << 8 | header[before + i];
	}
	if (!fb_quic_open(keys, number, header, before + n, packet->number + n, packet->len - n,
			  plain))
		return -1;
	return (int)(packet->len - n - TAG_LEN);
}

/* With the keys of the packet's own id, as a version has them. */
static int open_as(struct fb_quic *quic, const struct packet *packet,
		   const struct fb_quic_version *version, uint8_t plain[static PACKET_MAX],
		   unsigned int *opens)
{
	struct fb_quic_keys keys;
	int len;

	if (*opens == 0)
		return -1;
	(*opens)--;
	fb_quic_initial_keys(version->salt, packet->dcid, packet->dcid_len,
			     version->labels == LABELS_V2, false, &keys);
	len = open_packet(packet, &keys, plain);
	if (len >= 0) {
		quic->keys = keys;
		quic->keyed = true;
		quic->opened = version;
		quic->dcid_len = (uint8_t)packet->dcid_len;
		memcpy(quic->dcid, packet->dcid, packet->dcid_len);
	}
	return len;
}

/* The keys we have, else those of the packet's own id: the first of a connection, or after Retry.
 */
static int open_with_keys(struct fb_quic *quic, const struct packet *packet,
			  uint8_t plain[static PACKET_MAX], unsigned int *opens)
{
	int len = -1;

	if (quic->keyed && *opens > 0) {
		(*opens)--;
		len = open_packet(packet, &quic->keys, plain);
	}
	if (len >= 0)
		return len;
	if (packet->version)
		return open_as(quic, packet, packet->version, plain, opens);
	for (size_t i = 0; i < GUESSES && len < 0; i++)
		len = open_as(quic, packet, find_version(guesses[i]), plain, opens);
	return len;
}

/* --- frames ---------------------------------------------------------------------------------- */

static void skip_ack(struct fb_bytes *in, bool ecn)
{
	uint64_t ranges;

	take_varint(in);
	take_varint(in);
	ranges = take_varint(in);
	take_varint(in);
	for (uint64_t i = 0; i < ranges && !in->bad; i++) {
		take_varint(in);
		take_varint(in);
	}
	for (unsigned int i = 0; ecn && i < 3; i++)
		take_varint(in);
}

static bool take_crypto(struct fb_reasm *crypto, struct fb_bytes *in)
{
	const uint64_t offset = take_varint(in);
	const uint64_t len = take_varint(in);
	const uint8_t *data = fb_bytes_take(in, len);

	if (!data)
		return false;
	fb_reasm_put(crypto, offset, data, len); /* what does not fit marks it truncated */
	return true;
}

/* False: a frame that has no place in an Initial packet, or is cut. */
static bool read_published(struct fb_reasm *crypto, const uint8_t *plain, size_t len)
{
	struct fb_bytes in = fb_bytes(plain, len);

	for (unsigned int n = 0; fb_bytes_left(&in) > 0 && n < FRAMES_MAX; n++) {
		const uint64_t type = take_varint(&in);

		switch (type) {
		case 0: /* PADDING */
			while (fb_bytes_left(&in) > 0 && *in.at == 0)
				in.at++;
			break;
		case 1: /* PING */
			break;
		case 2: /* ACK */
		case 3:
			skip_ack(&in, type == 3);
			break;
		case 6: /* CRYPTO */
			if (!take_crypto(crypto, &in))
				return false;
			break;
		case 28: /* CONNECTION_CLOSE: nothing follows that we want */
			return true;
		default:
			return false;
		}
	}
	return !in.bad;
}

static bool read_frames(const struct fb_quic_version *version, struct fb_reasm *crypto,
			uint64_t *at, const uint8_t *plain, size_t len)
{
	const struct fb_gquic_packet packet = {.version = 50, .frames = fb_bytes(plain, len)};

	return version->frames == FRAMES_GOOGLE ? fb_gquic_read(&packet, crypto, at)
						: read_published(crypto, plain, len);
}

/* A packet of Google's whose frames are in plain. */
static enum fb_quic_result feed_google(struct fb_quic *quic, const uint8_t *datagram, size_t len,
				       unsigned int *opens)
{
	struct fb_gquic_packet packet;

	if (*opens == 0)
		return FB_QUIC_MORE;
	(*opens)--;
	if (!fb_gquic_open(datagram, len, &packet) ||
	    !fb_gquic_read(&packet, &quic->crypto, &quic->google_at))
		return FB_QUIC_BAD;
	quic->version = 0x51303030 + packet.version / 10 * 256 + packet.version % 10;
	return FB_QUIC_MORE;
}

/* Is the hello whole? */
static enum fb_quic_result whole(struct fb_quic *quic, enum fb_quic_result result)
{
	const uint8_t *body;
	size_t len;

	quic->too_big |= quic->crypto.truncated;
	if (fb_quic_hello(quic, &body, &len))
		return FB_QUIC_HELLO;
	return fb_quic_chlo(quic, &body, &len) ? FB_QUIC_CHLO : result;
}

enum fb_quic_result fb_quic_feed(struct fb_quic *quic, const uint8_t *datagram, size_t len,
				 unsigned int *opens)
{
	struct fb_bytes in = fb_bytes(datagram, len);
	enum fb_quic_result result = FB_QUIC_NOT;
	uint8_t plain[PACKET_MAX];
	struct packet packet;

	if (fb_gquic_looks_like(datagram, len))
		return whole(quic, feed_google(quic, datagram, len, opens));
	while (fb_bytes_left(&in) > 0 && next_packet(&in, &packet)) {
		int n;

		if (!packet.initial)
			continue;
		if (*opens == 0)
			return FB_QUIC_MORE;
		n = open_with_keys(quic, &packet, plain, opens);
		if (n < 0 ||
		    !read_frames(quic->opened, &quic->crypto, &quic->google_at, plain, (size_t)n)) {
			/* of a reserved version, nothing is expected */
			if (result == FB_QUIC_NOT && (packet.version || n >= 0))
				result = FB_QUIC_BAD;
			continue;
		}
		quic->version = packet.number_of_version;
		result = FB_QUIC_MORE;
	}
	return whole(quic, result);
}

/* The last whole message there is. */
static bool last_message(const struct fb_reasm *crypto, const uint8_t **ret_body, size_t *ret_len)
{
	struct fb_bytes in = fb_bytes(crypto->data, fb_reasm_contiguous(crypto, 0));
	bool found = false;

	while (fb_bytes_left(&in) > 0) {
		const uint8_t type = fb_bytes_u8(&in);
		const struct fb_bytes body = fb_bytes_vector(&in, 3);

		if (in.bad || body.bad || type != FB_TLS_SERVER_HELLO)
			break;
		*ret_body = body.at;
		*ret_len = fb_bytes_left(&body);
		found = true;
	}
	return found;
}

enum fb_quic_result fb_quic_answer(struct fb_quic *quic, const uint8_t *datagram, size_t len,
				   unsigned int *opens, const uint8_t **ret_body, size_t *ret_len)
{
	struct fb_bytes in = fb_bytes(datagram, len);
	enum fb_quic_result result = FB_QUIC_NOT;
	uint8_t plain[PACKET_MAX];
	struct packet packet;

	while (quic->keyed && fb_bytes_left(&in) > 0 && next_packet(&in, &packet)) {
		const struct fb_quic_version *version =
			packet.version ? packet.version : quic->opened;
		struct fb_quic_keys keys;
		uint64_t at = 0;
		int n;

		if (!packet.initial)
			continue;
		if (*opens == 0)
			return FB_QUIC_MORE;
		(*opens)--;
		fb_quic_initial_keys(version->salt, quic->dcid, quic->dcid_len,
				     version->labels == LABELS_V2, true, &keys);
		n = open_packet(&packet, &keys, plain);
		if (n < 0 || !read_frames(version, &quic->answer, &at, plain, (size_t)n))
			result = result == FB_QUIC_NOT ? FB_QUIC_BAD : result;
		else
			result = FB_QUIC_MORE;
	}
	return last_message(&quic->answer, ret_body, ret_len) ? FB_QUIC_HELLO : result;
}

bool fb_quic_hello(struct fb_quic *quic, const uint8_t **ret_body, size_t *ret_len)
{
	const size_t there = fb_reasm_contiguous(&quic->crypto, 0);
	const uint8_t *data = quic->crypto.data;
	size_t len;

	if (there < 4 || data[0] != FB_TLS_CLIENT_HELLO)
		return false;
	len = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
	quic->too_big |= len > FB_HANDSHAKE_MAX;
	if (len > there - 4)
		return false;
	*ret_body = data + 4;
	*ret_len = len;
	return true;
}

bool fb_quic_chlo(const struct fb_quic *quic, const uint8_t **ret_name, size_t *ret_len)
{
	const size_t there = fb_reasm_contiguous(&quic->crypto, 0);

	return quic->google_at != UINT64_MAX &&
	       fb_gquic_chlo(quic->crypto.data, there, ret_name, ret_len) == FB_GQUIC_CHLO;
}
