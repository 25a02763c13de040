/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/communityid.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "proto/crypto.h"
#include "proto/icmp.h"

static unsigned int put_port(uint8_t *to, uint16_t port)
{
	to[0] = (uint8_t)(port >> 8);
	to[1] = (uint8_t)port;
	return 2;
}

static void write_base64(char *to, const uint8_t digest[static FB_SHA1_LEN])
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned int i = 0; i < FB_SHA1_LEN; i += 3) {
		const uint32_t third = i + 2 < FB_SHA1_LEN ? digest[i + 2] : 0;
		const uint32_t word =
			(uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8 | third;

		*to++ = letters[word >> 18];
		*to++ = letters[word >> 12 & 63];
		*to++ = letters[word >> 6 & 63];
		*to++ = letters[word & 63];
	}
	to[-1] = '='; /* 20 bytes: the last one of the last three is missing */
	*to = '\0';
}

struct ports {
	uint16_t src, dst;
	bool has, one_way;
};

static struct ports ports_of(const struct fb_community_flow *flow)
{
	struct ports ports = {.src = flow->src_port, .dst = flow->dst_port, .has = true};
	int other;

	switch (flow->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		return ports;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		other = fb_icmp_counterpart(flow->proto == IPPROTO_ICMP ? 4 : 6,
					    (uint8_t)flow->src_port);
		ports.one_way = other < 0;
		if (other >= 0)
			ports.dst = (uint16_t)other;
		return ports;
	default:
		return (struct ports){0};
	}
}

void fb_community_id(const struct fb_community_flow *flow, char id[static FB_COMMUNITY_ID])
{
	const size_t skip = flow->family == 4 ? 12 : 0, len = 16 - skip;
	const int order = memcmp(flow->src + skip, flow->dst + skip, len);
	const struct ports ports = ports_of(flow);
	const bool turned = !ports.one_way && (order > 0 || (order == 0 && ports.src > ports.dst));
	uint8_t text[2 + 32 + 2 + 4] = {0}, digest[FB_SHA1_LEN];
	size_t n = 2;

	memcpy(text + n, (turned ? flow->dst : flow->src) + skip, len);
	memcpy(text + n + len, (turned ? flow->src : flow->dst) + skip, len);
	n += 2 * len;
	text[n++] = flow->proto;
	text[n++] = 0;
	if (ports.has) {
		n += put_port(text + n, turned ? ports.dst : ports.src);
		n += put_port(text + n, turned ? ports.src : ports.dst);
	}
	fb_sha1(text, n, digest);
	id[0] = '1', id[1] = ':';
	write_base64(id + 2, digest);
}
