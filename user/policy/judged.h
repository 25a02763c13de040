/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a judge is told of a connection, and what it says of it. No detector looks at anything else,
 * so a file of such lines is judged as live traffic is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow/verdict.h"
#include "policy/learned.h"
#include "policy/outcome.h"

enum fb_judged_l7 {
	FB_JUDGED_TLS = 1 << 0,
	FB_JUDGED_QUIC = 1 << 1,
	FB_JUDGED_HTTP = 1 << 2,
	FB_JUDGED_DNS = 1 << 3,
	FB_JUDGED_SSH = 1 << 4,
	FB_JUDGED_FTP = 1 << 5,
	FB_JUDGED_RDP = 1 << 6,
	FB_JUDGED_SMTP = 1 << 7,
	FB_JUDGED_MEDIA = 1 << 8, /* STUN, RTP, DTLS */
};

struct fb_judged {
	uint32_t tag;		  /* the caller's, of no meaning here */
	uint64_t time_ns;	  /* of its first packet; any clock that goes on */
	uint8_t src[16], dst[16]; /* client and server, as in fb_key */
	uint16_t sport, dport;	  /* host order; of ICMP type and code */
	uint8_t family, proto;
	uint8_t result; /* enum fb_judged_result */
	uint16_t l7;	/* enum fb_judged_l7, what was seen of it */
	bool src_inside, dst_inside;
	bool src_here, dst_here; /* likewise, or this machine itself, by whatever address */
	bool unexplained;	 /* a name that no DNS answer explains */
	bool listed;		 /* an end, the name or the fingerprint is on a list */
	bool icmp_error;	 /* an ICMP error quoted it */
	bool older;		 /* it went on when we came: nothing follows from how it began */
	bool forgeable;		 /* nothing the server sent shows that the client got its answers */
	uint64_t duration_us;
	uint64_t bytes[2], packets[2]; /* by enum fb_dir: IP bytes */
	/* Of one that is counted anew: what of these came since it was told of last. */
	uint64_t moved_bytes[2], moved_packets[2];
	uint64_t ja4;	      /* a hash of it; 0: none is known */
	const char *name;     /* the server's, as client or DNS said; NULL: none. The caller's */
	const char *question; /* of DNS, the name that was asked for; NULL: none. Likewise */
	uint16_t question_type;
	bool absent; /* the answer is that there is no such name */
};

/* Of either family: its ports are type and code. */
bool fb_judged_is_icmp(const struct fb_judged *flow);

/* What came to be known of a connection: the first three once each, in that order. */
enum fb_judge_event {
	FB_TOLD_OPENED = 1 << 0,
	FB_TOLD_RESULT = 1 << 1, /* how it was answered */
	FB_TOLD_ENDED = 1 << 2,
	FB_TOLD_COUNTED = 1 << 3, /* after its result: more of it passed, as moved_* tell */
	FB_TOLD_ASKED = 1 << 4,	  /* a message of DNS in it, as question and absent tell */
};

#define FB_TOLD_SETS 32 /* of these bits */

/* Zeroes are what is said of a flow of which nothing was told. */
struct fb_judgement {
	uint8_t risk;	/* 0 .. 100: the sum of the points */
	uint8_t class;	/* enum fb_risk_class */
	uint8_t action; /* enum fb_judge_action: what is served */
	uint8_t rules;	/* enum fb_judge_action: what the points say */
	uint8_t taught; /* what its operator said of such: 1 + enum fb_judge_action; 0: nothing */
	bool asked;	/* the second judge was, and this is what it said, and of what: */
	bool abstains;
	struct fb_learned_opinion second;
	struct fb_learned_steps steps;
	uint8_t n;
	struct fb_evidence evidence[FB_KIND_COUNT]; /* one a kind at most, in the order of kinds */
};
