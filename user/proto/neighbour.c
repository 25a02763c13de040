/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP (RFC 826):  1(2) 0x0800(2) 6 4 op(2) | sender MAC(6) sender IPv4(4) | target ...
 * ND (RFC 4861):  IPv6, hop limit 255 | ICMPv6 135 from the sender, 136 about a target(16), each
 *                 with options type(1) length in 8 bytes(1): 1 the sender's MAC, 2 the target's
 *
 * What a router passes on has a hop less: only from the link itself does a packet come with one of
 * the numbers that hosts begin with. IPv4 has private addresses to tell the inside by, too.
 */
#include "proto/neighbour.h"

#include <string.h>

#include "proto/bytes.h"

#define ARP	      0x0806
#define IPV4	      0x0800
#define IPV6	      0x86dd
#define TCP	      6
#define UDP	      17
#define ICMPV6	      58
#define SOLICITATION  135
#define ADVERTISEMENT 136
#define DNS_PORT      53
#define SYN	      0x02
#define ACK	      0x10

static bool take_ipv4(struct fb_neighbour *neighbour, const uint8_t *addr)
{
	memset(neighbour->addr, 0, 10);
	memset(neighbour->addr + 10, 0xff, 2);
	memcpy(neighbour->addr + 12, addr, 4);
	neighbour->family = 4;
	return addr[0] != 0;
}

static bool read_arp(struct fb_bytes in, struct fb_neighbour *neighbour)
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4};
	const uint8_t *fixed = fb_bytes_take(&in, 8), *sender = fb_bytes_take(&in, 10);

	if (!sender || memcmp(fixed, head, sizeof(head)) != 0)
		return false;
	memcpy(neighbour->mac, sender, 6);
	neighbour->sure = true;
	return take_ipv4(neighbour, sender + 6); /* zero: it asks whether anybody has the address */
}

static bool read_discovery(struct fb_bytes in, const uint8_t *source,
			   struct fb_neighbour *neighbour)
{
	const uint8_t type = fb_bytes_u8(&in);
	const uint8_t *target;

	fb_bytes_take(&in, 7);
	target = fb_bytes_take(&in, 16);
	if (!target || (type != SOLICITATION && type != ADVERTISEMENT))
		return false;
	memcpy(neighbour->addr, type == SOLICITATION ? source : target, 16);
	while (fb_bytes_left(&in) >= 8) {
		const uint8_t option = fb_bytes_u8(&in);
		const uint8_t *mac = fb_bytes_take(&in, fb_bytes_u8(&in) * 8u - 2);

		if (!mac || option != type - SOLICITATION + 1)
			continue;
		memcpy(neighbour->mac, mac, 6);
		neighbour->sure = true;
		return true;
	}
	return false;
}

/* It opens a connection, or asks DNS: a server's answers come from anywhere. */
static bool opens(struct fb_bytes in, uint8_t proto)
{
	const uint8_t *ports = fb_bytes_take(&in, 4);
	const uint8_t *rest = fb_bytes_take(&in, proto == TCP ? 10 : 4);

	if (!rest)
		return false;
	if (proto == TCP)
		return (rest[9] & (SYN | ACK)) == SYN;
	return proto == UDP && (ports[2] << 8 | ports[3]) == DNS_PORT;
}

static bool is_first_hop(uint8_t ttl)
{
	return ttl == 64 || ttl == 128 || ttl == 255;
}

static bool is_inside(const uint8_t *addr)
{
	return addr[0] == 10 || (addr[0] == 172 && addr[1] >> 4 == 1) ||
	       (addr[0] == 192 && addr[1] == 168) || (addr[0] == 100 && addr[1] >> 6 == 1) ||
	       (addr[0] == 169 && addr[1] == 254);
}

static bool read_ipv4(struct fb_bytes in, struct fb_neighbour *neighbour)
{
	const uint8_t *header = fb_bytes_take(&in, 20);

	if (!header || header[0] >> 4 != 4 || (header[0] & 15) < 5)
		return false;
	fb_bytes_take(&in, (header[0] & 15) * 4u - 20);
	return is_first_hop(header[8]) && is_inside(header + 12) && opens(in, header[9]) &&
	       take_ipv4(neighbour, header + 12);
}

static bool read_ipv6(struct fb_bytes in, struct fb_neighbour *neighbour)
{
	const uint8_t *header = fb_bytes_take(&in, 40);

	if (!header || header[0] >> 4 != 6)
		return false;
	neighbour->family = 6;
	if (header[6] == ICMPV6)
		return header[7] == 255 && read_discovery(in, header + 8, neighbour);
	memcpy(neighbour->addr, header + 8, 16);
	return is_first_hop(header[7]) && opens(in, header[6]);
}

bool fb_neighbour_parse(const uint8_t *frame, size_t len, struct fb_neighbour *ret_neighbour)
{
	struct fb_bytes in = fb_bytes(frame, len);
	const uint8_t *macs = fb_bytes_take(&in, 12);
	uint16_t type = fb_bytes_u16(&in);

	if (!macs)
		return false;
	*ret_neighbour = (struct fb_neighbour){0};
	memcpy(ret_neighbour->mac, macs + 6, 6);
	for (int tags = 0; tags < 2 && (type == 0x8100 || type == 0x88a8); tags++) {
		const uint16_t tag = fb_bytes_u16(&in);

		ret_neighbour->vlan = ret_neighbour->vlan ? ret_neighbour->vlan : tag & 0xfff;
		type = fb_bytes_u16(&in);
	}
	return type == ARP    ? read_arp(in, ret_neighbour)
	       : type == IPV4 ? read_ipv4(in, ret_neighbour)
	       : type == IPV6 ? read_ipv6(in, ret_neighbour)
			      : false;
}
