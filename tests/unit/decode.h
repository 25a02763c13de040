/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests: a captured frame to its innermost TCP or UDP payload, in user space, so that parsers
 * are tried on captures without the kernel half. Tunnels are always looked through.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <flowbpf/key.h>

#include "proto/bytes.h"

struct decoded {
	struct fb_key key;
	uint8_t dir;
	bool syn, ack, fin;
	uint32_t seq;
	const uint8_t *payload;
	uint32_t caplen, len;
};

static bool decode_ip(struct fb_bytes in, struct decoded *to, unsigned int depth);
static bool decode_type(uint16_t type, struct fb_bytes in, struct decoded *to, unsigned int depth);

static bool decode_ethernet(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	uint16_t type;

	fb_bytes_take(&in, 12);
	type = fb_bytes_u16(&in);
	return !in.bad && decode_type(type, in, to, depth);
}

static bool decode_mpls(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	uint32_t label;

	do
		label = fb_bytes_u32(&in);
	while (!in.bad && !(label & 0x100));
	return decode_ip(in, to, depth);
}

static bool decode_ppp(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	uint16_t type;

	if (fb_bytes_left(&in) > 2 && in.at[0] == 0xff && in.at[1] == 0x03)
		fb_bytes_take(&in, 2);
	type = fb_bytes_u8(&in);
	if (!(type & 1))
		type = (uint16_t)(type << 8 | fb_bytes_u8(&in));
	return (type == 0x21 || type == 0x57) && decode_ip(in, to, depth);
}

static bool decode_type(uint16_t type, struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	if (depth > 12)
		return false;
	switch (type) {
	case 0x0800:
	case 0x86dd:
		return decode_ip(in, to, depth + 1);
	case 0x8100:
	case 0x88a8:
	case 0x9100:
		fb_bytes_take(&in, 2);
		type = fb_bytes_u16(&in);
		return !in.bad && decode_type(type, in, to, depth + 1);
	case 0x8847:
	case 0x8848:
		return decode_mpls(in, to, depth + 1);
	case 0x8864:
		fb_bytes_take(&in, 6);
		return decode_ppp(in, to, depth + 1);
	case 0x6558:
		return decode_ethernet(in, to, depth + 1);
	default:
		return false;
	}
}

static bool decode_gre(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	const uint16_t flags = fb_bytes_u16(&in);
	const uint16_t type = fb_bytes_u16(&in);

	if (in.bad)
		return false;
	if ((flags & 7) == 1) { /* the form of PPTP */
		fb_bytes_take(&in, 4 + (flags & 0x1000 ? 4 : 0) + (flags & 0x80 ? 4 : 0));
		return type == 0x880b && decode_ppp(in, to, depth + 1);
	}
	fb_bytes_take(&in, (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) +
				   (flags & 0x1000 ? 4 : 0));
	if (type == 0x88be && flags & 0x1000) { /* ERSPAN II */
		fb_bytes_take(&in, 8);
		return decode_ethernet(in, to, depth + 1);
	}
	return type == 0x88be ? decode_ethernet(in, to, depth + 1)
			      : decode_type(type, in, to, depth + 1);
}

static bool decode_gtp(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	const uint8_t flags = fb_bytes_u8(&in), type = fb_bytes_u8(&in);
	uint8_t next;

	fb_bytes_take(&in, 6);
	if (in.bad || flags >> 5 != 1 || type != 255)
		return false;
	if (flags & 7) {
		fb_bytes_take(&in, 3);
		next = fb_bytes_u8(&in);
		while (next && !in.bad && flags & 4) {
			const uint8_t words = fb_bytes_u8(&in);

			if (!words)
				return false;
			fb_bytes_take(&in, words * 4u - 2);
			next = fb_bytes_u8(&in);
		}
	}
	return decode_ip(in, to, depth + 1);
}

static bool decode_teredo(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	if (fb_bytes_left(&in) > 4 && in.at[0] == 0 && in.at[1] == 1)
		fb_bytes_take(&in, 13u + in.at[2] + in.at[3]);
	if (fb_bytes_left(&in) > 8 && in.at[0] == 0 && in.at[1] == 0)
		fb_bytes_take(&in, 8);
	return fb_bytes_left(&in) >= 40 && in.at[0] >> 4 == 6 && decode_ip(in, to, depth + 1);
}

static bool decode_udp_tunnel(uint16_t port, struct fb_bytes in, struct decoded *to,
			      unsigned int depth)
{
	uint8_t first;
	uint16_t type;

	switch (port) {
	case 4789:
	case 8472:
		fb_bytes_take(&in, 8);
		return decode_ethernet(in, to, depth + 1);
	case 6081:
		first = fb_bytes_u8(&in);
		fb_bytes_u8(&in);
		type = fb_bytes_u16(&in);
		fb_bytes_take(&in, 4 + (first & 0x3f) * 4u);
		return decode_type(type, in, to, depth + 1);
	case 2152:
		return decode_gtp(in, to, depth);
	case 3544:
		return decode_teredo(in, to, depth);
	case 4754: /* GRE in UDP */
		return decode_gre(in, to, depth);
	default:
		return false;
	}
}

/* `len` bytes of transport header and payload were sent, fewer may be there. */
static bool decode_l4(uint8_t proto, struct fb_bytes in, uint32_t len, struct decoded *to,
		      unsigned int depth)
{
	struct decoded inner;
	uint16_t port[2];
	uint8_t flags, words;
	uint32_t header = 8;

	memset(&inner, 0, sizeof(inner));
	if (proto == 4 || proto == 41)
		return decode_ip(in, to, depth + 1);
	if (proto == 47)
		return decode_gre(in, to, depth + 1);
	if (proto != 6 && proto != 17)
		return false;
	port[0] = fb_bytes_u16(&in);
	port[1] = fb_bytes_u16(&in);
	to->key.port[0] = port[0];
	to->key.port[1] = port[1];
	if (proto == 6) {
		to->seq = fb_bytes_u32(&in);
		fb_bytes_u32(&in);
		words = fb_bytes_u8(&in) >> 4;
		flags = fb_bytes_u8(&in);
		header = words * 4u;
		if (in.bad || words < 5)
			return false;
		fb_bytes_take(&in, header - 14);
		to->syn = flags & 2;
		to->ack = flags & 16;
		to->fin = flags & 1;
	} else {
		uint16_t udp_len = fb_bytes_u16(&in);

		fb_bytes_u16(&in);
		if (in.bad)
			return false;
		if (udp_len >= 8 && udp_len < len)
			len = udp_len;
		for (unsigned int i = 0; i < 2; i++)
			if (decode_udp_tunnel(port[i], in, &inner, depth)) {
				*to = inner;
				return true;
			}
	}
	if (in.bad || len < header)
		return false;
	to->payload = in.at;
	to->len = len - header;
	to->caplen = (uint32_t)fb_bytes_left(&in);
	if (to->caplen > to->len)
		to->caplen = to->len;
	return true;
}

static bool decode_ip4(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	const uint8_t *ip = in.at;
	uint32_t header, total;

	if (!fb_bytes_take(&in, 20))
		return false;
	header = (ip[0] & 15) * 4u;
	total = (uint32_t)ip[2] << 8 | ip[3];
	if (header < 20 || total < header || ((ip[6] & 0x1f) << 8 | ip[7]) != 0)
		return false;
	fb_bytes_take(&in, header - 20);
	memset(to, 0, sizeof(*to));
	for (unsigned int i = 0; i < 2; i++) {
		memset(to->key.addr[i] + 10, 0xff, 2);
		memcpy(to->key.addr[i] + 12, ip + 12 + 4 * i, 4);
	}
	to->key.family = FB_IPV4;
	to->key.proto = ip[9];
	return !in.bad && decode_l4(ip[9], in, total - header, to, depth);
}

static bool decode_ip6(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	const uint8_t *ip = in.at;
	uint32_t len;
	uint8_t next;

	if (!fb_bytes_take(&in, 40))
		return false;
	len = (uint32_t)ip[4] << 8 | ip[5];
	next = ip[6];
	for (unsigned int i = 0; i < 8; i++) {
		uint32_t n;

		if (next != 0 && next != 43 && next != 60 && next != 44)
			break;
		if (fb_bytes_left(&in) < 8)
			return false;
		if (next == 44 && (((uint32_t)in.at[2] << 8 | in.at[3]) & 0xfff8))
			return false;
		n = next == 44 ? 8 : 8 + in.at[1] * 8u;
		next = in.at[0];
		fb_bytes_take(&in, n);
		if (in.bad || n > len)
			return false;
		len -= n;
	}
	memset(to, 0, sizeof(*to));
	memcpy(to->key.addr, ip + 8, 32);
	to->key.family = FB_IPV6;
	to->key.proto = next;
	return decode_l4(next, in, len, to, depth);
}

static bool decode_ip(struct fb_bytes in, struct decoded *to, unsigned int depth)
{
	if (depth > 12 || fb_bytes_left(&in) == 0)
		return false;
	if (in.at[0] >> 4 == 4)
		return decode_ip4(in, to, depth);
	return in.at[0] >> 4 == 6 && decode_ip6(in, to, depth);
}

/* The two ends in the order of struct fb_key. */
static void decode_order(struct decoded *to)
{
	struct fb_key *key = &to->key;
	int r = memcmp(key->addr[0], key->addr[1], 16);
	struct fb_key other = *key;

	if (r == 0)
		r = key->port[0] - key->port[1];
	to->dir = r > 0;
	if (!to->dir)
		return;
	memcpy(key->addr[0], other.addr[1], 16);
	memcpy(key->addr[1], other.addr[0], 16);
	key->port[0] = other.port[1];
	key->port[1] = other.port[0];
}

static inline bool decode(uint32_t linktype, const uint8_t *data, uint32_t len, struct decoded *to)
{
	struct fb_bytes in = fb_bytes(data, len);
	bool found = false;
	uint16_t type;

	switch (linktype) {
	case 0: /* null and loop: an address family in some byte order */
	case 108:
		fb_bytes_take(&in, 4);
		found = decode_ip(in, to, 0);
		break;
	case 1:
		found = decode_ethernet(in, to, 0);
		break;
	case 9:
	case 50:
		found = decode_ppp(in, to, 0);
		break;
	case 12:
	case 101:
	case 228:
	case 229:
		found = decode_ip(in, to, 0);
		break;
	case 113: /* Linux SLL */
		fb_bytes_take(&in, 14);
		type = fb_bytes_u16(&in);
		found = !in.bad && decode_type(type, in, to, 0);
		break;
	case 276: /* SLL2 */
		type = fb_bytes_u16(&in);
		fb_bytes_take(&in, 18);
		found = !in.bad && decode_type(type, in, to, 0);
		break;
	default:
		break;
	}
	if (found)
		decode_order(to);
	return found;
}
