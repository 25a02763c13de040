/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inspector from inside: inspect.c (slots), streams.c (TCP), datagrams.c (UDP), lookups.c (DNS
 * and DHCP in both).
 */
#pragma once

#include "enrich/inspect.h"
#include "enrich/leases.h"
#include "enrich/questions.h"
#include "enrich/ration.h"
#include "proto/http.h"
#include "proto/quic.h"
#include "proto/reasm.h"
#include "proto/record.h"
#include "proto/tls.h"
#include "util/index.h"

#define FB_INSPECT_STARTS 24 /* places of a stream where a hello may begin */

/* What is reckoned for a sample, ns: as measured, on a slow machine more (fb_inspect_charge). */
#define FB_COST_SAMPLE 2000
#define FB_COST_BYTE   1
#define FB_COST_FACT   1500 /* a name, a protocol: written to the flow and to fb_names */
#define FB_COST_HELLO  3000 /* ... and its fingerprint */
#define FB_COST_ADDR   500
#define FB_COST_OPEN   5000 /* a decryption that is tried */

/* A place of a stream where a request or a hello may begin, and how far it was read as either. */
struct fb_start {
	uint32_t at;
	struct fb_http_scan request;
	struct fb_record_scan hello;
};

/* One direction of a TCP flow. */
struct fb_stream {
	bool based; /* `base` is set */
	bool sure;  /* ... from the SYN, not from the first segment that came */
	uint32_t base;
	uint32_t read;	       /* DNS: bytes of messages that were read */
	unsigned int segments; /* with payload, seen so far */
	unsigned int rebases, rereads;
	struct fb_reasm reasm;
	unsigned int n_starts;
	struct fb_start start[FB_INSPECT_STARTS];
};

/* One direction of a DTLS flow: two messages at a time, for they may come interleaved. */
struct fb_dtls {
	struct fb_reasm message[2]; /* by fragment offset */
	uint16_t seq[2];	    /* which they are */
};

struct fb_inspect_slot {
	uint64_t id;	 /* generation << 32 | row */
	uint32_t number; /* where it stands in fb_inspect.slot */
	uint64_t since;
	size_t held;	     /* bytes, as counted in fb_inspect.held */
	unsigned int failed; /* QUIC packets that did not open */
	struct fb_inspect_slot *older, *newer;
	bool pending;	    /* a hello has begun and is not whole */
	bool told;	    /* the hello was told: its answer is awaited */
	int8_t client;	    /* direction that sent the hello; -1: none yet */
	uint64_t hello_ns;  /* when it was whole; 0: not yet, or its answer was seen */
	uint32_t answer_us; /* from then to its first answer; 0: not known */
	struct fb_stream stream[2];
	struct fb_quic quic; /* UDP */
	struct fb_dtls dtls[2];
};

struct fb_inspect {
	struct fb_inspect_opts opts;
	const struct fb_inspect_ops *ops;
	void *ctx;
	struct fb_inspect_counters counters;
	struct fb_ration time, opens; /* of this second */
	uint64_t ticked_ns;	      /* the last tick; 0: none yet */
	uint64_t unanswered;	      /* time spent on flows without an answer */
	uint64_t cost;		      /* of the sample that is being looked at */
	struct fb_source source;      /* ... and whose it is */

	size_t held;		       /* bytes of all slots */
	struct fb_inspect_slot **slot; /* by number */
	struct fb_shares shares;       /* of numbers, by source of the first sample */
	uint32_t used;
	struct fb_index index; /* of numbers, by id */
	struct fb_inspect_slot *oldest, *newest;
	struct fb_inspect_slot *spare; /* cleared ones, to be used again; `newer` is the next */
	uint32_t n_spare;

	struct fb_questions *questions; /* of DNS, that wait for their answer */
	struct fb_leases *leases;	/* of DHCP */

	uint8_t scratch[FB_HANDSHAKE_MAX + 4];
	struct fb_client_hello hello; /* of the message that is being read */
};

/* inspect.c */
struct fb_inspect_slot *fb_inspect_slot(struct fb_inspect *inspect, const struct fb_event *event);

/* May a packet of the flow be decrypted, and how many; and that this many were tried. */
bool fb_inspect_may_open(struct fb_inspect *inspect, const struct fb_inspect_slot *slot,
			 unsigned int *ret_opens);
void fb_inspect_opened(struct fb_inspect *inspect, unsigned int n);

/* How a ClientHello came. */
struct fb_carrier {
	char transport; /* as in proto/ja4.h */
	bool overlap;	/* its bytes were told twice, and not the same */
	uint32_t quic_version;
};

/* Tell what a ClientHello's body says. False: it is malformed. */
bool fb_inspect_client_hello(struct fb_inspect *inspect, const struct fb_event *event,
			     const uint8_t *body, size_t len, const struct fb_carrier *by);
bool fb_inspect_server_hello(struct fb_inspect *inspect, const struct fb_event *event,
			     const uint8_t *body, size_t len, uint8_t l7, bool *ret_retry);

/* Microseconds, at least one: clocks of CPUs differ by a little. */
uint32_t fb_inspect_us(uint64_t from_ns, uint64_t to_ns);

/* Tell a protocol and, if `name` is not NULL, a name. */
void fb_inspect_tell(struct fb_inspect *inspect, const struct fb_event *event, uint8_t l7,
		     int8_t client, uint8_t source, const uint8_t *name, size_t len);

/* lookups.c: read a message of the flow; what it says of addresses is told if it was asked for. */
void fb_inspect_dns(struct fb_inspect *inspect, const struct fb_event *event,
		    const uint8_t *message, size_t len);
void fb_inspect_dhcp(struct fb_inspect *inspect, const struct fb_event *event,
		     const uint8_t *message, size_t len);
bool fb_inspect_has_port(const struct fb_event *event, uint16_t port);
/* Has it a port of one of them? */
bool fb_inspect_is_lookup(const struct fb_event *event);

/* streams.c, datagrams.c */
enum fb_inspect_verdict fb_inspect_tcp(struct fb_inspect *inspect,
				       const struct fb_inspect_pkt *pkt);
enum fb_inspect_verdict fb_inspect_udp(struct fb_inspect *inspect,
				       const struct fb_inspect_pkt *pkt);
