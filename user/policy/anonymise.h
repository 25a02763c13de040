/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of people is left out where flows are shown, sent or kept: addresses and names, each in
 * three steps, for each of those below. What a field may tell stands in the table of fields
 * (enum fb_tells), and what is done with it stands here. Addresses are those of both ends: what
 * has a public address is often a person too, and one look-up away from a name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "flow/fields.h"
#include "policy/cryptopan.h"
#include "util/why.h"

struct fb_window;

/* X(name, help): for whom; of a sink all outputs of its kind, those to a syslog first. */
#define FB_ANONYMISE_FOR(X)                                                                        \
	X(viewer, "what viewers see")                                                              \
	X(operator, "what operators see, and viewers with them")                                   \
	X(history, "what is written to the history")                                               \
	X(eve, "--eve")                                                                            \
	X(ndjson, "--ndjson")                                                                      \
	X(syslog, "either of them to a syslog")                                                    \
	X(ipfix, "--ipfix")                                                                        \
	X(clickhouse, "--clickhouse")                                                              \
	X(kafka, "--kafka")

enum fb_anonymise_for {
#define X(name, help) FB_ANONYMISE_##name,
	FB_ANONYMISE_FOR(X)
#undef X
		FB_ANONYMISE_COUNT
};

/* The higher, the less is told. */
enum fb_anonymise_addresses {
	FB_ADDRESSES_WHOLE,    /* off */
	FB_ADDRESSES_PREFIX,   /* others, in the same prefixes */
	FB_ADDRESSES_TRUNCATE, /* their first 24 bits, of IPv6 48 */
};

enum fb_anonymise_names {
	FB_NAMES_FULL,
	FB_NAMES_DOMAIN, /* of servers what was registered, of hosts none */
	FB_NAMES_OFF,
};

struct fb_anonymise {
	uint8_t addresses; /* enum fb_anonymise_addresses */
	uint8_t names;	   /* enum fb_anonymise_names */
};

/*
 * "addresses=off|truncate|prefix,names=off|domain|full", in any order; what is left out is told as
 * it is. 0, or -EINVAL with a sentence.
 */
int fb_anonymise_parse(const char *text, struct fb_anonymise *ret_how, struct fb_why *why);
/* "WHOM:..." of the same, into the list. Viewers are told as operators are, where these have one.
 */
int fb_anonymise_parse_for(const char *text, struct fb_anonymise list[static FB_ANONYMISE_COUNT],
			   struct fb_why *why);

static inline bool fb_anonymise_is_on(const struct fb_anonymise *how)
{
	return how->addresses || how->names;
}

/* Who does it, constant: any thread. The screen comes first, so that it is found by it. */
struct fb_anonymiser {
	struct fb_screen screen; /* for fb_snapshot.screen */
	struct fb_anonymise how;
	struct fb_cryptopan pan;
};

void fb_anonymiser_init(struct fb_anonymiser *who, struct fb_anonymise how,
			const uint8_t key[static FB_CRYPTOPAN_KEY]);

/* Is a value of such a field ever left out, or made another? */
bool fb_anonymise_hides(const struct fb_anonymise *how, enum fb_tells tells);

void fb_anonymise_addr(const struct fb_anonymiser *who, const uint8_t addr[static 16],
		       uint8_t family, uint8_t ret_addr[static 16]);

/*
 * What is told of a name: a part of it, the text's end; NULL: nothing. `of_host`: it is what a host
 * is called, and not what was asked for.
 */
const char *fb_anonymise_name(const struct fb_anonymiser *who, const char *name, bool of_host);

/* The hosts that came and went. */
void fb_anonymise_window(const struct fb_anonymiser *who, struct fb_window *window);

/* How many bytes of a service are told: without "(whose)". */
size_t fb_anonymise_service(const struct fb_anonymiser *who, const char *service);
