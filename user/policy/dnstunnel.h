/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a client asks of DNS, beyond single names: data carried in names (a tunnel), and names made
 * up by a program, which mostly are not there. Tables of fixed size: where a place is taken, who
 * was silent longest gives it up, which is counted; but who asks for very many names rather gives
 * up its own. Times are the caller's, in ns, and go on. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FB_DNSTUNNEL_PARENTS 8192
#define FB_DNSTUNNEL_CLIENTS 4096

/*
 * A tunnel is so many distinct names below one, of so many characters in the mean. Browsers ask for
 * addresses, also of sites that give each advertisement a name: of those it takes more.
 */
#define FB_DNSTUNNEL_CHILDREN  10
#define FB_DNSTUNNEL_ADDRESSES 32
#define FB_DNSTUNNEL_LENGTH    20

#define FB_DNSTUNNEL_ABSENT    3  /* distinct odd names that are not there, within ... */
#define FB_DNSTUNNEL_MINUTES   10 /* ... which is also after how long a silence all begins anew */

struct fb_dnstunnel {
	struct fb_dnstunnel_parent *parent;
	struct fb_dnstunnel_client *client;
	bool secret;
	uint64_t parents_full, clients_full; /* places taken from those who were not silent yet */
};

/* By a hash that those who ask do not know, or by one that is the same in every run. 0 or -ENOMEM.
 */
int fb_dnstunnel_init(struct fb_dnstunnel *tunnels, bool secret);
void fb_dnstunnel_fini(struct fb_dnstunnel *tunnels);

/*
 * A client asked for a name (text without its last dot), of a type as DNS has it. How many distinct
 * names below one that makes, at most, if those are a tunnel; else 0.
 */
unsigned int fb_dnstunnel_asked(struct fb_dnstunnel *tunnels, const uint8_t client[static 16],
				const char *name, uint16_t type, uint64_t time_ns);

/*
 * It was told that there is no such name. How many distinct odd ones it asked for lately, if those
 * are enough to say that a program makes them up; else 0.
 */
unsigned int fb_dnstunnel_absent(struct fb_dnstunnel *tunnels, const uint8_t client[static 16],
				 const char *name, uint64_t time_ns);
