/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From sampled payload to facts: names, hellos, addresses. Time, decryptions and the slots of what
 * is not whole yet are bounded, in all and by source (shares.h); the oldest of who has most makes
 * room. Every reason to give a flow up has a counter. Used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flowbpf/event.h>

#include "flow/facts.h"

struct fb_inspect;

struct fb_inspect_opts {
	uint32_t slots;		   /* flows whose hello is not whole, at most; 0: 4,096 */
	uint32_t opens_per_second; /* QUIC decryptions tried; 0: 20,000 */
	size_t bytes;		   /* held by all slots, at most; 0: 24 MiB */
	uint64_t ns_per_second;	   /* of CPU, as reckoned by what samples cost; 0: no limit */
	uint32_t lookups;	   /* questions, and leases, that are kept; 0: 16,384 */
};

enum fb_inspect_verdict {
	FB_INSPECT_VERDICT_MORE, /* the name may still come */
	FB_INSPECT_VERDICT_END,	 /* it is known, or cannot come: payload need not be sampled */
};

/* X(name, loss, help) */
#define FB_INSPECT_COUNTERS(X)                                                                     \
	X(samples, false, "payload samples looked at")                                             \
	X(inspect_skipped, true, "samples not looked at: source or all out of CPU this second")    \
	X(hellos_tls, false, "TLS ClientHellos read")                                              \
	X(hellos_quic, false, "QUIC ClientHellos read")                                            \
	X(hellos_dtls, false, "DTLS ClientHellos read")                                            \
	X(hello_answered, false, "ServerHellos read")                                              \
	X(hello_ech, false, "hellos that hide their name (ECH): the outer name is shown")          \
	X(hello_no_name, false, "hellos without a server name")                                    \
	X(hello_malformed, false, "hellos whose lengths do not add up")                            \
	X(hello_too_big, true, "hellos longer than 16 kB, given up")                               \
	X(hello_incomplete, true, "hellos that were never whole: a segment was not seen")          \
	X(hello_overlap, false, "hellos whose segments disagreed about a byte")                    \
	X(name_refused, true, "names that are too long when they are written out")                 \
	X(alpn_cut, true, "hellos with more ALPN values than are kept")                            \
	X(not_tls, false, "TCP flows whose start is no hello and no request")                      \
	X(mid_stream, false, "TCP flows whose start was not seen")                                 \
	X(quic_bad, false, "QUIC Initial packets that did not open")                               \
	X(quic_skipped, true, "QUIC Initial packets not tried: too many this second, by source")   \
	X(dns_messages, false, "DNS messages read")                                                \
	X(dns_malformed, false, "DNS messages that did not parse")                                 \
	X(dns_unasked, false, "DNS answers that nobody asked for: they name nothing")              \
	X(questions_lost, true, "DNS questions forgotten before their answer: too many wait")      \
	X(dhcp_unasked, false, "DHCP messages that end or confirm what is not known")              \
	X(slots_dropped, true, "flows given up early because too many were not whole")

struct fb_inspect_counters {
#define X(name, loss, help) uint64_t name;
	FB_INSPECT_COUNTERS(X)
#undef X
};

struct fb_inspect_pkt {
	const struct fb_event *event;
	const uint8_t *payload; /* event->caplen bytes */
	bool has_base;		/* `base` is the sequence number of the stream's first byte */
	bool answered;		/* the flow has packets of both directions */
	uint32_t base;
};

struct fb_inspect_ops {
	/* A fact about the flow of (slot, generation). */
	void (*hello)(void *ctx, const struct fb_event *event, const struct fb_hello_fact *fact);
	void (*addr)(void *ctx, const struct fb_addr_fact *fact);
	/* The flow's question of DNS was answered after `us`; once a question. */
	void (*answer)(void *ctx, const struct fb_event *event, uint32_t us);
	/* A question of DNS, or the first answer to one. NULL: of no interest. */
	void (*dns)(void *ctx, const struct fb_event *event, bool is_answer, const uint8_t *message,
		    size_t len);
};

int fb_inspect_new(const struct fb_inspect_opts *opts, const struct fb_inspect_ops *ops, void *ctx,
		   struct fb_inspect **ret_inspect);
void fb_inspect_free(struct fb_inspect *inspect);

/* One sample. Facts come by the callbacks, before it returns. */
enum fb_inspect_verdict fb_inspect_feed(struct fb_inspect *inspect,
					const struct fb_inspect_pkt *pkt);

/*
 * Is there time for this sample? False: it counts as skipped. Flows that nobody answered, as of
 * senders that do not exist, have half of the time.
 */
bool fb_inspect_may(struct fb_inspect *inspect, const struct fb_inspect_pkt *pkt);

/* What samples were reckoned to cost in this second, and what they did, if that was more. */
uint64_t fb_inspect_spent(const struct fb_inspect *inspect);
void fb_inspect_charge(struct fb_inspect *inspect, uint64_t ns);

/* Once a second: give up what waits for longer than 10 s; new budgets. */
void fb_inspect_tick(struct fb_inspect *inspect, uint64_t now_ns);

/* Slots in use. */
uint32_t fb_inspect_used(const struct fb_inspect *inspect);
void fb_inspect_counters(const struct fb_inspect *inspect,
			 struct fb_inspect_counters *ret_counters);
