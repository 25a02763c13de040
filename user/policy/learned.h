/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second judge: how many connections with such facts were good and bad where it was learned,
 * and where its operator taught it. Each of seven tables sees two or three facts, each in a few
 * steps; a cell of it is a logarithm of odds, and those add up. No verdict of a rule is among its
 * facts, so that the two judges err apart. Integers only: the same facts, the same answer.
 *
 * What flow it is asked about changes nothing of what comes, for it only looks on: so the action of
 * least expected cost now is the best there is, and nothing is tried out by chance.
 *
 * Used by one thread, no clock, no files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_LEARNED_FACTS    11
#define FB_LEARNED_TABLES   7
#define FB_LEARNED_CELLS    1024 /* of a table, at most */
#define FB_LEARNED_UNIT	    16	 /* counts are in sixteenths of a flow */
#define FB_LEARNED_SHOWN    3
#define FB_LEARNED_TEXT_LEN 80

/* Of a connection as it is known when it is judged; what is counted came before it. */
struct fb_learned_facts {
	bool src_inside, dst_inside;
	bool served; /* the server answered on this port before, whomever */
	bool named;
	uint8_t proto;			/* as IANA has it */
	uint8_t result;			/* enum fb_judged_result (policy/outcome.h) */
	uint16_t port;			/* the server's; 0 where there are none */
	uint32_t src_flows, src_failed; /* of the client; refused, unanswered and half ones */
	uint32_t repeats;		/* of this client, server, port and protocol */
	uint32_t interval_ms;		/* since the last of those began; 0: there was none */
	uint32_t peers;			/* other servers of the client at this port */
	uint64_t up, down;		/* bytes so far */
};

/* Each of the facts as one of a few steps; those of before come first. */
struct fb_learned_steps {
	uint8_t step[FB_LEARNED_FACTS];
};

#define FB_LEARNED_BEFORE 5 /* served, failed, repeats, interval, peers */

/* The cell of each table that a connection is in. */
struct fb_learned_place {
	uint16_t cell[FB_LEARNED_TABLES]; /* table * FB_LEARNED_CELLS + the cell in it */
};

struct fb_learned_count {
	uint16_t cell;
	uint32_t good, bad; /* FB_LEARNED_UNIT is one flow */
};

struct fb_learned_opinion {
	uint16_t p;	     /* that it is bad: 1/65536 */
	uint16_t confidence; /* 1/1000 */
	uint8_t action;	     /* enum fb_judge_action (policy/outcome.h) */
	uint16_t thinnest;   /* flows that the least known of its cells has seen */
	struct fb_learned_weight {
		uint16_t cell;
		int16_t weight;	   /* 1/1000 of ln(odds): above 0 for bad */
	} shown[FB_LEARNED_SHOWN]; /* the largest, by either sign */
};

/* What it comes with, made by tests/judge/learn. */
extern const struct fb_learned_count fb_learned_shipped[];
extern const size_t fb_learned_shipped_n;

struct fb_learned;

/* Knows these counts, which stay the caller's and where they are. NULL: memory is short. */
struct fb_learned *fb_learned_new(const struct fb_learned_count *counts, size_t n);
void fb_learned_free(struct fb_learned *learned);

/* Forget all but what it was made with; then teach again, and settle once after the last. */
void fb_learned_reset(struct fb_learned *learned);
void fb_learned_teach(struct fb_learned *learned, const struct fb_learned_place *place, bool bad,
		      uint32_t units);
void fb_learned_settle(struct fb_learned *learned);
/* Another one whenever opinions may have changed. */
uint32_t fb_learned_version(const struct fb_learned *learned);

void fb_learned_take(const struct fb_learned *learned, const struct fb_learned_facts *facts,
		     struct fb_learned_steps *ret_steps);
/* What was before it, and it as it is: the one may stay as it was when it was told first. */
void fb_learned_take_before(const struct fb_learned_facts *facts,
			    struct fb_learned_steps *ret_steps);
void fb_learned_take_itself(const struct fb_learned *learned, const struct fb_learned_facts *facts,
			    struct fb_learned_steps *ret_steps);
/* May facts be so? */
bool fb_learned_is_step(unsigned int fact, uint8_t step);
/* All steps in 25 bits, and back. */
uint32_t fb_learned_pack(const struct fb_learned_steps *taken);
void fb_learned_unpack(uint32_t packed, struct fb_learned_steps *ret_steps);
void fb_learned_place(const struct fb_learned_steps *taken, struct fb_learned_place *ret_place);
void fb_learned_judge(const struct fb_learned *learned, const struct fb_learned_place *place,
		      struct fb_learned_opinion *ret_opinion);

/* "out, odd port, tcp noreply +2.1"; returns `text`. */
const char *fb_learned_text(const struct fb_learned_weight *weight,
			    char text[static FB_LEARNED_TEXT_LEN]);
