/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the kernel half, made up: the one builder of them for all tests. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <flowbpf/row.h>

#include "flow/facts.h"

#define S      1000000000ull
#define SYN    0x02
#define ACK    0x10
#define FIN    0x01
#define RST    0x04
#define LAN    1
#define WAN    2

#define CLIENT 0x0a000005u
#define SERVER 0xc0000201u
#define GATE   0xcb007107u

static inline void set_addr(uint8_t addr[16], uint32_t v4)
{
	uint32_t net = htonl(v4);

	memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	memcpy(addr + 12, &net, 4);
}

/* A row of client -> server; direction 0 is that of the lower address, as the kernel has it. */
static inline struct fb_row make_row(uint16_t link, uint8_t proto, uint32_t client, uint16_t cport,
				     uint32_t server, uint16_t sport, uint64_t first_seen)
{
	struct fb_row row = {.state = FB_ROW_LIVE, .generation = 1, .first_seen = first_seen};
	int low = client > server;

	set_addr(row.key.addr[low], client);
	set_addr(row.key.addr[!low], server);
	row.key.port[low] = cport;
	row.key.port[!low] = sport;
	row.key.proto = proto;
	row.key.family = FB_IPV4;
	row.key.lane = link;
	row.opener = (uint8_t)low;
	row.opener_by = proto == IPPROTO_TCP ? FB_OPENER_SYN : FB_OPENER_FIRST;
	return row;
}

/* Sent by the opener (FB_UP) or to it (FB_DOWN). */
static inline void count(struct fb_row *row, int dir, uint64_t packets, uint64_t bytes,
			 uint8_t flags)
{
	int d = dir ^ row->opener;

	row->packets[d] += packets;
	row->bytes[d] += bytes;
	row->tcp_flags[d] |= flags;
	row->sight[d] = (uint8_t)(1 + dir);
}

static inline void open_tcp(struct fb_row *row)
{
	count(row, FB_UP, 2, 112, SYN | ACK);
	count(row, FB_DOWN, 1, 60, SYN | ACK);
}

static inline void set_tuple(struct fb_tuple *tuple, uint8_t proto, uint32_t src, uint16_t sport,
			     uint32_t dst, uint16_t dport)
{
	set_addr(tuple->addr[0], src);
	set_addr(tuple->addr[1], dst);
	tuple->port[0] = sport;
	tuple->port[1] = dport;
	tuple->proto = proto;
	tuple->family = FB_IPV4;
}
