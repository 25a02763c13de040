/* SPDX-License-Identifier: BSD-2-Clause */
/* What a judge remembers, how much of it at most, and how it is set up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * X(name, items, help): the tables, what each holds at most. What strangers can fill at will, by
 * packets from forged addresses, too, stands apart from what hosts here fill.
 */
#define FB_JUDGE_TABLES(X)                                                                         \
	X(firsts, 32768, "pairs of client and server port that met once or twice")                 \
	X(firsts_outside, 32768, "likewise, of clients outside")                                   \
	X(pairs, 40960, "pairs of client and server port that met more often")                     \
	X(pairs_outside, 40960, "likewise, of clients outside")                                    \
	X(tries, 16384, "clients by the port that they try at servers")                            \
	X(tries_outside, 32768, "likewise, clients outside")                                       \
	X(walks, 16384, "clients by the server whose ports they try")                              \
	X(walks_outside, 32768, "likewise, clients outside")                                       \
	X(clients, 16384, "hosts here that open connections")                                      \
	X(clients_outside, 16384, "likewise, outside")                                             \
	X(served, 32768, "ports of hosts here that served somebody")                               \
	X(answering, 32768, "servers and ports that answered somebody")                            \
	X(contacts, 65536, "hosts here and whom they met")                                         \
	X(called, 4096, "hosts here that were called scanners or guessers")                        \
	X(called_outside, 12288, "likewise, sources outside")                                      \
	X(closed, 32768, "sources outside that tried closed ports")                                \
	X(sweeps, 4096, "hosts that ping or log in to many")                                       \
	X(shapes, 16384, "sizes of logins that came from several sources")                         \
	X(floods, 8192, "pairs and targets of what nobody answered")                               \
	X(floods_outside, 8192, "likewise, of clients outside")                                    \
	X(prints, 16384, "hosts here and their TLS fingerprints")

enum fb_judge_table {
#define X(name, items, help) FB_JUDGE_TABLE_##name,
	FB_JUDGE_TABLES(X)
#undef X
		FB_JUDGE_TABLE_COUNT
};

struct fb_learned;
struct fb_teachings;

struct fb_judge_opts {
	uint32_t off; /* bits of enum fb_judge_kind that say nothing */
	/*
	 * The second judge, and what its operator taught, or NULL. They are the caller's, who may
	 * teach and settle between two connections.
	 */
	const struct fb_learned *learned;
	const struct fb_teachings *teachings;
	/*
	 * How many seconds the clock on the wall, where hosts are, is ahead of the clock of flows:
	 * what is usual of them goes by their hour. The caller's, who may set it at any time. NULL:
	 * flows' times are since 1970, and it goes by UTC.
	 */
	const int64_t *ahead_s;
	/*
	 * Strangers choose what is looked up: live, by a hash that they do not know. Otherwise by
	 * one that is the same in every run.
	 */
	bool secret;
	uint8_t shrink; /* tables are by so many powers of two smaller: for tests, small machines */
};
