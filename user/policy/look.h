/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What detectors have before them: the connection, what has come to be known of it just now, and
 * what the tables remember of its ends. Within policy/ only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/agreement.h"
#include "policy/baseline.h"
#include "policy/dnstunnel.h"
#include "policy/judged.h"
#include "policy/judgetables.h"
#include "policy/opinions.h"
#include "policy/ports.h"
#include "util/hash.h"
#include "util/lru.h"

#define FB_RECENT 8

/* So many odd ports within so long, each of another: file sharing or a game. */
#define FB_SHARING    6
#define FB_SHARING_IN 3600u /* s */

/* The last ones of many, without doubles. */
struct fb_recent {
	uint32_t mark[FB_RECENT];
	uint32_t at[FB_RECENT]; /* s; 0: free */
};

#define FB_PAIR_SIZES 8
#define FB_PAIR_STEPS 32
#define FB_PAIR_FIRST 3 /* from this start on a pair has an entry of its own */

/*
 * What is known of a client, a server and its port from the first time on. A line of memory, as
 * all that is looked up for most connections: sizes below are shares of one, or whole ones.
 */
struct fb_relation {
	_Alignas(64) uint64_t last_ms; /* the last start that counted as one of its own */
	uint64_t met_ms;	       /* the last start at all, for the second judge, as ... */
	uint32_t met;		       /* ... how many there were */
	uint32_t n, failed;	       /* starts that counted, and were not answered */
	uint32_t failed_at;	       /* s; of ... */
	uint16_t in_vain;	       /* ... failures with less than an hour between them */
	uint16_t sport;		       /* of the last one */
	uint32_t tried_at;	       /* s; of the last login, for ... */
	uint16_t fast, slow;	       /* ... buckets that leak (guessing.c), 1/256 */
	uint16_t size[2];	       /* as in fb_pair */
	uint8_t step;		       /* as in fb_pair */
	uint8_t unsized;	       /* of the starts that counted: they have not ended yet */
	bool got_in;		       /* once it was sent what only who has logged in is sent */
};

/* What is kept of those that meet again and again. */
struct fb_pair {
	struct fb_relation relation;
	uint16_t size[FB_PAIR_SIZES]; /* log2 of bytes up, 1/1024; 0: none */
	uint8_t step[FB_PAIR_STEPS];  /* log2 of ms between two starts, 1/8 */
	uint8_t n_sizes, n_steps;     /* of the ring, at most its length */
	uint8_t next_size, next_step;
};

struct fb_fan {
	_Alignas(32) uint32_t begin; /* s: the first one; 0: there was none */
	uint32_t at;		     /* s: the last one */
	int32_t odds;		     /* in 1/256 of ln 4: how much rather a scan */
	uint32_t peers, failed;
	uint32_t servers; /* by the port: how many, however often, for the second judge */
};

struct fb_host {
	uint32_t minute, learned; /* the one that counts; how many went into ... */
	uint32_t in_minute;
	uint32_t above;	       /* minutes in a row that were far more than usual */
	uint32_t mean, spread; /* ... connections a minute, and how far from it, 1/256 */
	uint32_t seen_at;      /* s: first; 0: it opened none yet */
};

/* What the second judge counts. */
struct fb_asker {
	_Alignas(16) uint32_t flows;
	uint32_t failed; /* both halved each hour */
	uint32_t hour;
};

/* Of one outside there is the first part only. */
struct fb_client {
	_Alignas(64) struct fb_asker asker;
	struct fb_host host;
};

struct fb_called {
	uint32_t scanner_at, guesser_at; /* s; 0: not */
};

struct fb_group {
	struct fb_recent recent;
};

struct fb_mute {
	_Alignas(32) uint32_t begin; /* s; 0: it is new */
	uint32_t flooded_at;	     /* s: the last time that it was one, or 0 */
	uint32_t flows;
	uint64_t packets, bytes;
};

/* Lists of detectors (policy/detectors.h), a bit each, in their order. */
struct fb_duty {
	uint32_t told[2][FB_TOLD_SETS]; /* by fb_judged.older and enum fb_judge_event */
	uint32_t of[8];			/* by bit of enum fb_detector_of */
	uint32_t only[128];		/* by enum fb_detector_if: who needs no more than those */
};

#define FB_LOOK_FIRST_MS 1000 /* so that no moment is 0 */

struct fb_judge {
	struct fb_judge_opts opts;
	struct fb_lru table[FB_JUDGE_TABLE_COUNT];
	uint64_t begin_ns; /* the first connection's; 0: there was none */
	uint64_t now_ms;   /* since then, and a second; it never goes back */
	struct fb_hash_words words;
	struct fb_baseline *baseline;
	struct fb_agreement agreement;
	struct fb_opinions opinions;
	struct fb_dnstunnel tunnels;
	uint64_t
		known[1024]; /* a bit of each port that has a trait: most have none, and stay ... */
	uint8_t port[65536]; /* ... out of this, which is large */
	struct fb_duty duty;
};

/* Where what is remembered of it stands, of what most connections look up. */
enum fb_look_at {
	FB_AT_PAIRS,
	FB_AT_FIRSTS,
	FB_AT_CLIENTS,
	FB_AT_TRIES,
	FB_AT_WALKS,
	FB_AT_ANSWERING,
	FB_AT_CONTACTS,
	FB_AT_PRINTS,
	FB_AT_SERVED,
	FB_AT_CALLED,
	FB_AT_CLOSED,
	FB_AT_FLOODS,
	FB_AT_COUNT
};

struct fb_look {
	struct fb_judge *judge;
	const struct fb_judged *flow;
	struct fb_judgement *judgement;
	unsigned int events; /* enum fb_judge_event, at least one */
	/* By enum fb_dir: what no detector of volume was told of before. */
	const uint64_t *moved_bytes, *moved_packets;
	uint64_t now_ms;
	uint32_t now; /* s, never 0 */
	bool tcp, udp, icmp;
	bool for_many;	 /* multicast or broadcast, of which nothing is said */
	bool ok, failed; /* neither: nothing is known, or nothing is said by it */
	bool inward, outward, within;
	bool answers;	      /* it rather is the answer of a server whose request was not seen */
	bool goes_on;	      /* a connection of which the last was a part, too */
	bool first_met;	      /* this client at this port of this server: never before */
	bool sought;	      /* the pair was: both that follow say what there is of it */
	uint8_t sport, dport; /* enum fb_port_trait */
	uint64_t src, dst, both;		/* hashes of its ends */
	struct fb_relation *relation;		/* NULL: there is none */
	struct fb_pair *pair;			/* likewise; NULL: they met too seldom */
	uint32_t placed;			/* bits of enum fb_look_at: these are known: */
	struct fb_lru_place place[FB_AT_COUNT]; /* by places.h */
};

/* Points for a reason; those of a kind that are less than it has already are nothing. */
void fb_look_say(struct fb_look *look, enum fb_judge_kind kind, unsigned int form,
		 unsigned int points, uint64_t a, uint64_t b);

/* How many there were within `window` seconds, FB_RECENT at most; after one is noted. */
unsigned int fb_recent_count(const struct fb_recent *recent, uint32_t now, uint32_t window);
unsigned int fb_recent_note(struct fb_recent *recent, uint64_t mark, uint32_t now, uint32_t window);
