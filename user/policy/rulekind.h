/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a rule the kernel half can match by itself: prefixes, ports, protocols and ends of a
 * connection where its row would be made, names where a hello is read. It never claims more than
 * the rule's filter says; of an exception, never less, but for what a translation hides. Pure.
 */
#pragma once

#include <flowbpf/match.h>
#include <flowbpf/verdict.h>

#include "filter/filter.h"
#include "policy/never.h"
#include "util/addr.h"

#define FB_MATCHES 4096 /* of a rule */

enum fb_match_kind { FB_MATCH_NET, FB_MATCH_TUPLE, FB_MATCH_NAME };

/* An entry of fb_nets, fb_tuples or fb_rule_names; of the latter both numbers are 1 or 0. */
struct fb_match {
	enum fb_match_kind kind;
	union {
		struct fb_net_key net;
		struct fb_tuple_key tuple;
		struct fb_rule_name name; /* in lower case */
	};
};

/*
 * All of them, one of which has to hold, for FB_MATCHES at most: how many; 0: the kernel half
 * cannot, -ENOMEM.
 */
int fb_rulekind_read(const struct fb_filter *filter, bool exception,
		     struct fb_match matches[static FB_MATCHES]);

struct fb_cidr fb_rulekind_net(const struct fb_net_key *key);

/*
 * May all of the addresses be shut out that an expression is about, if it is about nothing else?
 * FB_NEVER_NOT, or why not.
 */
enum fb_never fb_rulekind_never(const struct fb_filter *filter, const struct fb_never_facts *facts);
