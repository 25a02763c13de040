/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests: an inspector fed by hand, and what it told of the flow last fed. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "enrich/inspect.h"

#include "hellos.h"

#define NAME "www.example.com"
#define S    1000000000ULL

/* What was told of the flow last fed. */
static struct {
	struct fb_inspect *inspect;
	char name[256], ja4[64], addr_name[256];
	uint8_t source, flags, l7, addr_source, addr_last;
	unsigned int names, addrs;
	uint32_t addr_ttl, hello_us, answer_us;
	unsigned int answers;
	uint16_t cipher, version, group;
	bool answered, pq;
	int client;
	uint64_t now;
	uint32_t slot;
} seen;

static void on_hello(void *ctx, const struct fb_event *event, const struct fb_hello_fact *fact)
{
	(void)ctx;
	(void)event;
	if (fact->name) {
		assert_int_equal(strlen(fact->name), fact->name_len);
		memcpy(seen.name, fact->name, fact->name_len + 1);
		seen.names++;
		seen.source = fact->name_source;
		seen.flags = fact->name_flags;
	}
	if (fact->client >= 0)
		seen.client = fact->client;
	seen.l7 = fact->l7;
	seen.pq |= fact->pq_offered;
	if (fact->tls && fact->tls->ja4[0])
		memcpy(seen.ja4, fact->tls->ja4, sizeof(fact->tls->ja4));
	if (fact->tls && fact->tls->answered) {
		seen.hello_us = fact->tls->hello_us;
		seen.answered = true;
		seen.cipher = fact->tls->cipher;
		seen.version = fact->tls->version;
		seen.group = fact->tls->group;
	}
}

static void on_addr(void *ctx, const struct fb_addr_fact *fact)
{
	(void)ctx;
	memcpy(seen.addr_name, fact->name, fact->len);
	seen.addr_name[fact->len] = '\0';
	seen.addr_source = fact->source;
	seen.addr_last = fact->addr[15];
	seen.addr_ttl = fact->ttl;
	seen.addrs++;
}

static void on_answer(void *ctx, const struct fb_event *event, uint32_t us)
{
	(void)ctx;
	(void)event;
	seen.answers++;
	seen.answer_us = us;
}

static const struct fb_inspect_ops ops = {.hello = on_hello, .addr = on_addr, .answer = on_answer};

/* A new flow in a new inspector. */
static inline void begin_with(const struct fb_inspect_opts *opts)
{
	fb_inspect_free(seen.inspect);
	memset(&seen, 0, sizeof(seen));
	seen.client = -1;
	seen.now = S;
	assert_int_equal(fb_inspect_new(opts, &ops, NULL, &seen.inspect), 0);
}

static inline void begin(void)
{
	begin_with(&(struct fb_inspect_opts){0});
}

static inline struct fb_inspect_counters counters(void)
{
	struct fb_inspect_counters now;

	fb_inspect_counters(seen.inspect, &now);
	return now;
}

#define ISN 0xfffffff0u /* sequence numbers wrap within the hello */

struct piece {
	uint8_t dir, proto, flags;
	bool sure; /* the SYN was seen */
	uint16_t port, from_port, gso_size;
	uint32_t host; /* the sender's address */
	bool unanswered;
};

static inline enum fb_inspect_verdict feed(const struct piece *piece, uint32_t offset,
					   const void *data, size_t len)
{
	struct fb_event event = {
		.time = seen.now,
		.slot = seen.slot,
		.generation = 7,
		.seq = ISN + 1 + offset,
		.len = (uint32_t)len,
		.caplen = (uint16_t)len,
		.dir = piece->dir,
		.flags = piece->flags,
		.gso_size = piece->gso_size,
	};
	uint8_t *exact = malloc(len ? len : 1);
	struct fb_inspect_pkt pkt = {&event, exact, piece->sure, !piece->unanswered, ISN + 1};
	enum fb_inspect_verdict verdict = FB_INSPECT_VERDICT_MORE;

	assert_non_null(exact);
	assert_true(len <= FB_SAMPLE_MAX);
	memcpy(exact, data, len);
	event.key.proto = piece->proto ? piece->proto : 6;
	event.key.family = FB_IPV4;
	event.key.port[0] = piece->port;
	event.key.port[1] = piece->from_port;
	memcpy(&event.key.addr[piece->dir][12], &piece->host, 4);
	if (fb_inspect_may(seen.inspect, &pkt))
		verdict = fb_inspect_feed(seen.inspect, &pkt);
	free(exact);
	return verdict;
}

__attribute__((unused)) static const struct piece up = {.sure = true}, down = {.dir = 1},
						  udp = {.proto = 17},
						  udp_down = {.proto = 17, .dir = 1};

static inline void named(const char *name)
{
	if (!name && seen.names)
		print_message("# named '%s'\n", seen.name);
	assert_int_equal(seen.names, name ? 1 : 0);
	if (name)
		assert_string_equal(seen.name, name);
}

__attribute__((unused)) static struct made stream, other;

static inline void usual_stream(size_t key_share)
{
	stream.n = 0;
	make_stream(&stream, &(struct made_hello){.name = NAME,
						  .name_len = strlen(NAME),
						  .key_share = key_share,
						  .alpn = "h2"});
}

static int teardown(void **state)
{
	(void)state;
	fb_inspect_free(seen.inspect);
	return 0;
}
