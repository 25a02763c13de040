/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hosts are called: by themselves (DHCP, mDNS, LLMNR), by lease and hosts files, by the
 * operator. One name of each source for an address; the best one is shown (flow/flow.h ranks
 * them). What strangers tell is bounded, each teller with a share; what files and the operator
 * give has room of its own. Used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/facts.h"

struct fb_hostnames;

#define FB_HOSTNAMES_LEARNED 16384
#define FB_HOSTNAMES_GIVEN   65536
#define FB_HOSTNAMES_FOREVER UINT64_MAX

/* X(name, loss, help) */
#define FB_HOSTNAMES_COUNTERS(X)                                                                   \
	X(hosts_learned, false, "names that hosts told of themselves, by DHCP, mDNS and LLMNR")    \
	X(hosts_replaced, true, "names of hosts dropped early: their teller told more than most")  \
	X(hosts_ended, false, "names of hosts whose time was over, or that another took over")     \
	X(hosts_not_given, true, "names in hosts and lease files beyond the 65,536 that are kept")

struct fb_hostnames_counters {
#define X(name, loss, help) uint64_t name;
	FB_HOSTNAMES_COUNTERS(X)
#undef X
};

/* One that is known. */
struct fb_hostname {
	const char *text; /* until the next call that changes something */
	uint64_t since;	  /* ns: what it was called before is another name */
	uint64_t time;	  /* ns: when it was told last */
	uint64_t until;	  /* ns, or FB_HOSTNAMES_FOREVER */
	uint8_t addr[16]; /* as in fb_key */
	uint8_t family;
	uint8_t source; /* enum fb_name_source */
	uint8_t origin; /* 0: learned; else who gave it */
};

int fb_hostnames_new(struct fb_hostnames **ret_names);
void fb_hostnames_free(struct fb_hostnames *names);

/*
 * A host tells (`client_family` of the fact is 0); all is copied. A length of 0 takes the source's
 * name back. 0; -EINVAL: no name, or an address that is not one host's; -ENOMEM.
 */
int fb_hostnames_tell(struct fb_hostnames *names, const struct fb_addr_fact *fact);

/* The same for what an earlier run kept: it ends when it would have ended then. */
int fb_hostnames_restore(struct fb_hostnames *names, const struct fb_addr_fact *fact);

/* The address went to another device: what hosts told of themselves there is over. */
void fb_hostnames_moved(struct fb_hostnames *names, const uint8_t addr[static 16], uint8_t family,
			uint64_t time);
/* ns: what was there before was another's, or nobody's, and is not called as the one now. */
uint64_t fb_hostnames_since(const struct fb_hostnames *names, const uint8_t addr[static 16],
			    uint8_t family);

/*
 * Origin 1 .. 255 gives a name; of several for an address the last one stands, but the first of a
 * hosts file. Between _begin and _end an origin
 * gives all it has: what is not given again is gone. -EEXIST, -EINVAL, -ENOSPC (counted), -ENOMEM.
 */
int fb_hostnames_give(struct fb_hostnames *names, uint8_t origin, const struct fb_addr_fact *fact);
void fb_hostnames_begin(struct fb_hostnames *names, uint8_t origin);
void fb_hostnames_end(struct fb_hostnames *names, uint8_t origin);
/* Take the origin's name for the address back; false: it gave none. */
bool fb_hostnames_take(struct fb_hostnames *names, uint8_t origin, const uint8_t addr[static 16],
		       uint8_t family);

/* The best one of exactly this address; false: none. */
bool fb_hostnames_find(const struct fb_hostnames *names, const uint8_t addr[static 16],
		       uint8_t family, struct fb_hostname *ret_name);

/*
 * The same for a connection that began then: what hosts tell holds for its time, and from the
 * beginning where nothing was known; what files of hosts and the operator say holds always.
 */
bool fb_hostnames_find_at(const struct fb_hostnames *names, const uint8_t addr[static 16],
			  uint8_t family, uint64_t began_ns, struct fb_hostname *ret_name);

/* One after the other, *pos from 0 on; false: no more. */
bool fb_hostnames_next(const struct fb_hostnames *names, uint32_t *pos,
		       struct fb_hostname *ret_name);

/* Once a tick: end those whose time is over. */
void fb_hostnames_tick(struct fb_hostnames *names, uint64_t now_ns);

/* Another number whenever some address may be called otherwise than before. */
uint64_t fb_hostnames_version(const struct fb_hostnames *names);
void fb_hostnames_counters(const struct fb_hostnames *names,
			   struct fb_hostnames_counters *ret_counters);
