/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich proto util
/*
 * Samples of several flows, in an order and with ports, flags and cuts that the input chooses:
 * facts are bounded, memory and slots stay within their limits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/inspect.h"
#include "proto/dns.h"
#include "fuzz/ports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_hello(void *ctx, const struct fb_event *event, const struct fb_hello_fact *fact)
{
	(void)ctx;
	(void)event;
	if (fact->name && (fact->name_len > FB_NAME_MAX || strlen(fact->name) != fact->name_len))
		abort();
}

static void on_addr(void *ctx, const struct fb_addr_fact *fact)
{
	(void)ctx;
	if ((fact->len == 0 && fact->client_family) || fact->len > FB_NAME_MAX ||
	    strlen(fact->name) != fact->len)
		abort();
}

static void on_answer(void *ctx, const struct fb_event *event, uint32_t us)
{
	(void)ctx;
	(void)event;
	if (!us)
		abort();
}

/* Who speaks, of either family, and to whom: to one, or to the link. */
static void put_ends(struct fb_event *event, uint8_t choice)
{
	static const uint8_t addrs[2][2][16] = {
		{{[10] = 0xff, 0xff, 10, 0, 0, 9}, {[10] = 0xff, 0xff, 224, 0, 0, 251}},
		{{0xfe, 0x80, [15] = 9}, {0xff, 2, [15] = 0xfb}},
	};
	const unsigned int six = choice >> 3 & 1;

	event->key.family = six ? FB_IPV6 : FB_IPV4;
	memcpy(event->key.addr[event->dir], addrs[six][0], 16);
	memcpy(event->key.addr[!event->dir], addrs[six][choice >> 4 & 1], 16);
}

/* What exporters are given is all of a message that parses. */
static void on_dns(void *ctx, const struct fb_event *event, bool is_answer, const uint8_t *message,
		   size_t len)
{
	struct fb_dns dns;

	(void)ctx;
	(void)event;
	if (fb_dns_parse(message, len, NULL, NULL, &dns) < 0 || dns.response != is_answer)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fb_inspect_ops ops = {
		.hello = on_hello, .addr = on_addr, .answer = on_answer, .dns = on_dns};
	struct fb_inspect *inspect;

	if (fb_inspect_new(
		    &(struct fb_inspect_opts){.slots = 4, .opens_per_second = 100, .lookups = 4},
		    &ops, NULL, &inspect) < 0)
		return 0;
	for (uint64_t time = 1; size > 8; time++) {
		const size_t most = (size_t)data[4] << 4 | data[5] >> 4;
		const size_t len = most < size - 8 ? most : size - 8;
		const uint16_t port = inspected_ports[(data[1] & 3) | (data[1] >> 1 & 4)];
		struct fb_event event = {
			.time = time * 1000000000,
			.slot = data[0] & 7,
			.generation = 1,
			.seq = (uint32_t)data[2] << 6 | data[3],
			.len = (uint32_t)len,
			.caplen = (uint16_t)len,
			.gso_size = data[1] & 0x40 ? data[6] : 0,
			.dir = data[1] >> 2 & 1,
			.flags = data[7] & 15,
		};

		event.key.proto = data[1] & 0x80 ? 17 : 6;
		event.key.port[0] = port;
		event.key.port[1] = data[0] & 0x20 ? event.key.port[0] : 0;
		put_ends(&event, data[0]);
		fb_inspect_feed(inspect, &(struct fb_inspect_pkt){&event, data + 8, data[1] & 0x20,
								  true, 0});
		if (data[1] & 0x10)
			fb_inspect_tick(inspect, event.time);
		if (fb_inspect_used(inspect) > 4)
			abort();
		data += 8 + len;
		size -= 8 + len;
	}
	fb_inspect_free(inspect);
	return 0;
}
