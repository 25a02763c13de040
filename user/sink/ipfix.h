/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPFIX (RFC 7011) with both directions in a record (RFC 5103), or a record for each. What a record
 * has is of the table of fields, and beside it what is of a part: deltas, flags, why it is told.
 *
 * Message:  version(2) = 10  length(2)  export time(4)  sequence(4)  observation domain(4)  sets
 * Set:      id(2)  length(2)  records        Field of no fixed length: length(1, 3)  bytes
 */
#pragma once

#include "past/told.h"
#include "util/buf.h"

#define FB_IPFIX_DATAGRAM 1400 /* bytes of a message by UDP, at most */
#define FB_IPFIX_STREAM	  16384

enum fb_ipfix_end { /* flowEndReason */
		    FB_IPFIX_IDLE = 1,
		    FB_IPFIX_ACTIVE = 2,
		    FB_IPFIX_OVER = 3,
		    FB_IPFIX_FORCED = 4,
		    FB_IPFIX_NO_ROOM = 5,
};

struct fb_ipfix {
	uint32_t domain;
	uint32_t sequence; /* data records before this message */
	bool uniflow;
	uint16_t set;	  /* that is open; 0: none */
	uint32_t records; /* in this message */
	size_t set_at, len, max;
	uint8_t message[FB_IPFIX_STREAM];
};

/* What is told of the exporter itself. */
struct fb_ipfix_stats {
	uint64_t messages, bytes, flows;   /* that were sent */
	uint64_t flows_lost;		   /* records that found no room ... */
	uint64_t packets_lost, bytes_lost; /* ... and what they count, both ways */
	uint64_t packets_ignored;	   /* that no flow counts, for want of room */
};

/* `max`: of a message. */
void fb_ipfix_init(struct fb_ipfix *ipfix, uint32_t domain, bool uniflow, size_t max);

/* A record, of uniflows that of one direction. False: the message has no room. */
bool fb_ipfix_flow(struct fb_ipfix *ipfix, const struct fb_flow_at *at,
		   const struct fb_told_part *part, enum fb_ipfix_end end, enum fb_dir dir);
/*
 * An event of its translation, RFC 8158: a session came, or went. Of IPv4 it is NAT44's; IANA has
 * none of NAT66, so of IPv6 it is the one that names no kind. Records of their own: what has counts
 * and is an event, too, nfacctd takes for the event alone.
 */
bool fb_ipfix_nat_event(struct fb_ipfix *ipfix, const struct fb_flow_at *at, bool gone);

/* By options templates: what an interface's number is called; the exporter's own counts. */
bool fb_ipfix_interface(struct fb_ipfix *ipfix, uint32_t number, const char *name);
bool fb_ipfix_stats(struct fb_ipfix *ipfix, const struct fb_ipfix_stats *stats);

/* Close the message and return its length; 0: it has no record. Then begin another. */
size_t fb_ipfix_finish(struct fb_ipfix *ipfix, uint32_t time);
void fb_ipfix_begin(struct fb_ipfix *ipfix);

/* A message with all templates, as of this sequence number. */
void fb_ipfix_templates(const struct fb_ipfix *ipfix, uint32_t sequence, uint32_t time,
			struct fb_buf *to);
/* The sequence number of a message. */
uint32_t fb_ipfix_sequence(const char *message);
