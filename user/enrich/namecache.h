/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of addresses, as DNS answers told them to each client. Bounded: the oldest of the client
 * that has most makes room. Used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/facts.h"

struct fb_namecache;

/* X(name, loss, help) */
#define FB_NAMECACHE_COUNTERS(X)                                                                   \
	X(names_learned, false, "names of addresses learned from DNS")                             \
	X(names_replaced, true, "names of addresses dropped early: more than are kept")            \
	X(clients_replaced, false, "clients of DNS forgotten: more than are kept")

struct fb_namecache_counters {
#define X(name, loss, help) uint64_t name;
	FB_NAMECACHE_COUNTERS(X)
#undef X
};

struct fb_namecache_name {
	const char *text; /* NUL-terminated; until the next call that adds */
	uint64_t time;	  /* ns, since when it was called so */
	uint8_t source;	  /* enum fb_name_source */
};

/* The family of a client, of address 0, that stands for this host by all its addresses. */
#define FB_NAMECACHE_SELF 255

/* `entries` at most; 0: 65,536. */
int fb_namecache_new(uint32_t entries, struct fb_namecache **ret_cache);
void fb_namecache_free(struct fb_namecache *cache);

/*
 * What a client was told. All is copied. 0; -EINVAL: the name is empty, over FB_NAME_MAX or has a
 * NUL; -ENOMEM.
 */
int fb_namecache_add(struct fb_namecache *cache, const struct fb_addr_fact *fact);

/*
 * What `client` knew `addr` as at that moment: what came later is for others. An answer holds for
 * its TTL and an hour, for clients keep what they looked up.
 */
bool fb_namecache_find(const struct fb_namecache *cache, const uint8_t client[static 16],
		       uint8_t client_family, const uint8_t addr[static 16], uint8_t family,
		       uint64_t at_ns, struct fb_namecache_name *ret_name);

enum fb_namecache_asked {
	FB_NAMECACHE_SILENT,	  /* when it began, this client had not been seen asking DNS */
	FB_NAMECACHE_EXPLAINED,	  /* an answer that it got leads from `name` to `addr` */
	FB_NAMECACHE_UNEXPLAINED, /* none: it knows by DoH, a hosts file, or the name is forged */
};

/* How the client of a connection that began then knows where to go. */
enum fb_namecache_asked fb_namecache_asked(const struct fb_namecache *cache,
					   const uint8_t client[static 16], uint8_t client_family,
					   const uint8_t addr[static 16], uint8_t family,
					   const char *name, uint64_t began_ns);

void fb_namecache_counters(const struct fb_namecache *cache,
			   struct fb_namecache_counters *ret_counters);
