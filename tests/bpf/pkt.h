/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets built header by header: pkt_eth, pkt_ip4, pkt_tcp, pkt_data, then pkt_end, which writes
 * the length fields. What a test wants to be wrong it overwrites afterwards.
 */
#pragma once

#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <string.h>

#define PKT_MAX	     3500
#define PKT_TCP_FIN  0x01
#define PKT_TCP_SYN  0x02
#define PKT_TCP_RST  0x04
#define PKT_TCP_PUSH 0x08
#define PKT_TCP_ACK  0x10

/* Below n, and the same in each run. */
static inline uint32_t pkt_below(uint32_t n)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % n;
}

struct pkt_fix {
	unsigned int at;      /* of the 16-bit length field */
	unsigned int counted; /* the field counts from here */
};

struct pkt {
	uint8_t data[PKT_MAX];
	unsigned int len;
	unsigned int l3, l4; /* of the innermost */
	struct pkt_fix fix[16];
	unsigned int fixes;
};

static inline uint8_t *pkt_add(struct pkt *p, const void *bytes, unsigned int len)
{
	uint8_t *at = p->data + p->len;

	assert(p->len + len <= PKT_MAX);
	if (bytes)
		memcpy(at, bytes, len);
	else
		memset(at, 0, len);
	p->len += len;
	return at;
}

static inline void pkt_put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static inline void pkt_put32(uint8_t *at, uint32_t value)
{
	pkt_put16(at, value >> 16);
	pkt_put16(at + 2, value);
}

static inline void pkt_add16(struct pkt *p, uint16_t value)
{
	pkt_put16(pkt_add(p, NULL, 2), value);
}

static inline void pkt_length(struct pkt *p, unsigned int at, unsigned int counted)
{
	assert(p->fixes < 16);
	p->fix[p->fixes++] = (struct pkt_fix){at, counted};
}

static inline void pkt_end(struct pkt *p)
{
	for (unsigned int i = 0; i < p->fixes; i++)
		pkt_put16(p->data + p->fix[i].at, p->len - p->fix[i].counted);
}

static inline void pkt_eth(struct pkt *p, uint16_t type)
{
	static const uint8_t mac[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};

	pkt_add(p, mac, sizeof(mac));
	pkt_add16(p, type);
}

/* A tag whose type says what follows it. */
static inline void pkt_tag(struct pkt *p, uint16_t tci, uint16_t type)
{
	pkt_add16(p, tci);
	pkt_add16(p, type);
}

/* IPv4, with `options` bytes of no-operation options. */
static inline void pkt_ip4_options(struct pkt *p, const char *src, const char *dst, uint8_t proto,
				   unsigned int options)
{
	uint8_t *ip = pkt_add(p, NULL, 20);

	p->l3 = p->len - 20;
	ip[0] = 0x40 | (5 + options / 4);
	ip[8] = 64;
	ip[9] = proto;
	assert(inet_pton(AF_INET, src, ip + 12) == 1 && inet_pton(AF_INET, dst, ip + 16) == 1);
	memset(pkt_add(p, NULL, options), 1, options);
	pkt_length(p, p->l3 + 2, p->l3);
	p->l4 = p->len;
}

static inline void pkt_ip4(struct pkt *p, const char *src, const char *dst, uint8_t proto)
{
	pkt_ip4_options(p, src, dst, proto, 0);
}

static inline void pkt_ip6(struct pkt *p, const char *src, const char *dst, uint8_t next)
{
	uint8_t *ip = pkt_add(p, NULL, 40);

	p->l3 = p->len - 40;
	ip[0] = 0x60;
	ip[6] = next;
	ip[7] = 64;
	assert(inet_pton(AF_INET6, src, ip + 8) == 1 && inet_pton(AF_INET6, dst, ip + 24) == 1);
	pkt_length(p, p->l3 + 4, p->len);
	p->l4 = p->len;
}

/* Both headers, of the family that the addresses are written in. */
static inline void pkt_eth_ip(struct pkt *p, const char *src, const char *dst, uint8_t proto)
{
	const int six = strchr(src, ':') != NULL;

	pkt_eth(p, six ? 0x86dd : 0x0800);
	if (six)
		pkt_ip6(p, src, dst, proto);
	else
		pkt_ip4(p, src, dst, proto);
}

/* An IPv6 extension header of 8 + 8 * units bytes. */
static inline void pkt_ext(struct pkt *p, uint8_t next, uint8_t units)
{
	uint8_t *ext = pkt_add(p, NULL, 8 + 8 * units);

	ext[0] = next;
	ext[1] = units;
	p->l4 = p->len;
}

static inline void pkt_ext_fragment(struct pkt *p, uint8_t next, uint16_t offset, int more,
				    uint32_t id)
{
	uint8_t *ext = pkt_add(p, NULL, 8);

	ext[0] = next;
	pkt_put16(ext + 2, offset << 3 | more);
	pkt_put32(ext + 4, id);
	p->l4 = p->len;
}

/* IPv4: a fragment; `offset` in units of 8 bytes. */
static inline void pkt_ip4_fragment(struct pkt *p, uint16_t id, uint16_t offset, int more)
{
	pkt_put16(p->data + p->l3 + 4, id);
	pkt_put16(p->data + p->l3 + 6, (more ? 0x2000 : 0) | offset);
}

/* TCP with `options` bytes of no-operation options. */
static inline void pkt_tcp_options(struct pkt *p, uint16_t sport, uint16_t dport, uint8_t flags,
				   uint32_t seq, uint32_t ack, unsigned int options)
{
	uint8_t *tcp = pkt_add(p, NULL, 20);

	p->l4 = p->len - 20;
	pkt_put16(tcp, sport);
	pkt_put16(tcp + 2, dport);
	pkt_put32(tcp + 4, seq);
	pkt_put32(tcp + 8, ack);
	tcp[12] = (5 + options / 4) << 4;
	tcp[13] = flags;
	memset(pkt_add(p, NULL, options), 1, options);
}

static inline void pkt_tcp(struct pkt *p, uint16_t sport, uint16_t dport, uint8_t flags,
			   uint32_t seq, uint32_t ack)
{
	pkt_tcp_options(p, sport, dport, flags, seq, ack, 0);
}

static inline void pkt_udp(struct pkt *p, uint16_t sport, uint16_t dport)
{
	p->l4 = p->len;
	pkt_add16(p, sport);
	pkt_add16(p, dport);
	pkt_length(p, p->len, p->l4);
	pkt_add(p, NULL, 4);
}

/* Payload of `len` bytes 'x'. */
static inline void pkt_fill(struct pkt *p, unsigned int len)
{
	memset(pkt_add(p, NULL, len), 'x', len);
}

/* UDP from port 40000 with 50 bytes, of the family that the addresses are written in. */
static inline struct pkt pkt_datagram(const char *src, const char *dst, uint16_t port)
{
	struct pkt p = {};

	pkt_eth_ip(&p, src, dst, 17);
	pkt_udp(&p, 40000, port);
	pkt_fill(&p, 50);
	pkt_end(&p);
	return p;
}

/* A ClientHello with `name` as its SNI (NULL: none), behind `before` bytes of padding extension. */
static inline void pkt_hello(struct pkt *p, const char *name, unsigned int before)
{
	unsigned int record = p->len, n = name ? strlen(name) : 0, extensions;
	uint8_t *b = pkt_add(p, "\x16\x03\x01\0\0\x01\0\0\0\x03\x03", 11);

	memset(pkt_add(p, NULL, 32), 7, 32);
	pkt_add(p, "\0\0\x02\x13\x01\x01\0", 7);
	extensions = p->len;
	pkt_add16(p, 0);
	if (before) {
		pkt_add16(p, 21);
		pkt_add16(p, before);
		pkt_add(p, NULL, before);
	}
	if (name) {
		pkt_add16(p, 0);
		pkt_add16(p, n + 5);
		pkt_add16(p, n + 3);
		pkt_add(p, NULL, 1);
		pkt_add16(p, n);
		pkt_add(p, name, n);
	}
	pkt_put16(p->data + extensions, p->len - extensions - 2);
	pkt_put16(b + 3, p->len - record - 5);
	pkt_put16(b + 7, p->len - record - 9);
}
