/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP error: type(1) code(1) checksum(2) rest(4), then the quoted IP header and at least 8 bytes:
 * IPv4: version 4 | IHL, ... protocol at 9, addresses at 12 and 16; IPv6: next header at 6,
 * addresses at 8 and 24, perhaps extension headers: next(1) length(1) in units of 8 bytes - 1.
 */
#include "proto/icmp.h"

#include <errno.h>
#include <string.h>

#include "proto/bytes.h"

#define PROTO_TCP      6
#define PROTO_UDP      17
#define PROTO_SCTP     132

#define EXTENSIONS_MAX 6

static bool is_error(uint8_t family, uint8_t type)
{
	if (family == 6)
		return type >= 1 && type <= 4;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static bool take_ipv4(struct fb_bytes *in, struct fb_icmp_quote *quote)
{
	const uint8_t *header = fb_bytes_take(in, 20);

	if (!header || header[0] >> 4 != 4 || (header[0] & 15) < 5)
		return false;
	fb_bytes_take(in, (size_t)(header[0] & 15) * 4 - 20);
	quote->proto = header[9];
	quote->src[10] = quote->src[11] = quote->dst[10] = quote->dst[11] = 0xff;
	memcpy(quote->src + 12, header + 12, 4);
	memcpy(quote->dst + 12, header + 16, 4);
	/* a later fragment quotes payload where ports would be */
	return !((header[6] & 0x1f) || header[7]);
}

static bool take_ipv6(struct fb_bytes *in, struct fb_icmp_quote *quote)
{
	const uint8_t *header = fb_bytes_take(in, 40);

	if (!header || header[0] >> 4 != 6)
		return false;
	quote->proto = header[6];
	memcpy(quote->src, header + 8, 16);
	memcpy(quote->dst, header + 24, 16);
	for (unsigned int i = 0; i < EXTENSIONS_MAX; i++) {
		const uint8_t *extension;

		if (quote->proto != 0 && quote->proto != 43 && quote->proto != 60)
			break;
		extension = fb_bytes_take(in, 8);
		if (!extension)
			return false;
		quote->proto = extension[0];
		fb_bytes_take(in, (size_t)extension[1] * 8);
	}
	return true;
}

int fb_icmp_quote_parse(const uint8_t *message, size_t len, uint8_t family,
			struct fb_icmp_quote *ret_quote)
{
	struct fb_bytes in = fb_bytes(message, len);
	struct fb_icmp_quote quote = {.family = family};

	quote.type = fb_bytes_u8(&in);
	quote.code = fb_bytes_u8(&in);
	fb_bytes_take(&in, 6);
	if (in.bad || !is_error(family, quote.type) ||
	    !(family == 4 ? take_ipv4(&in, &quote) : take_ipv6(&in, &quote)))
		return -EBADMSG;
	if (quote.proto == PROTO_TCP || quote.proto == PROTO_UDP || quote.proto == PROTO_SCTP) {
		quote.sport = fb_bytes_u16(&in);
		quote.dport = fb_bytes_u16(&in);
	}
	if (quote.proto == PROTO_TCP)
		quote.seq = fb_bytes_u32(&in);
	if (in.bad)
		return -EBADMSG;
	*ret_quote = quote;
	return 0;
}

int fb_icmp_counterpart(uint8_t family, uint8_t type)
{
	static const struct {
		uint8_t family, asks, answers;
	} pairs[] = {
		{4, 8, 0},     /* echo */
		{4, 10, 9},    /* router solicitation and advertisement */
		{4, 13, 14},   /* timestamp */
		{4, 15, 16},   /* information */
		{4, 17, 18},   /* address mask */
		{6, 128, 129}, /* echo */
		{6, 130, 131}, /* multicast listener query and report */
		{6, 133, 134}, /* router solicitation and advertisement */
		{6, 135, 136}, /* neighbour solicitation and advertisement */
		{6, 139, 140}, /* node information */
		{6, 144, 145}, /* home agent address discovery */
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (pairs[i].family == family && pairs[i].asks == type)
			return pairs[i].answers;
		else if (pairs[i].family == family && pairs[i].answers == type)
			return pairs[i].asks;
	return -1;
}

uint8_t fb_icmp_question(uint8_t family, uint8_t type)
{
	return fb_icmp_is_reply(family, type) ? (uint8_t)fb_icmp_counterpart(family, type) : type;
}
