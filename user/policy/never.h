/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no act may end or shut out, whoever asks: without it the operator is cut off, or the
 * network stops to be one. Pure functions of what the caller found out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow/snapshot.h"
#include "util/addr.h"

#define FB_NEVER_GATEWAYS  64
#define FB_NEVER_RESOLVERS 16
#define FB_NEVER_CLOCKS	   16
#define FB_NEVER_PEERS	   64
#define FB_NEVER_GUESTS	   256
#define FB_NEVERS_TRUSTED  32
#define FB_NEVER_ASKERS	   16
#define FB_NEVER_DOORS	   8

/* X(name, text): an end of it, or the flow itself, "is ..." */
#define FB_NEVERS(X)                                                                               \
	X(LOOPBACK, "within this machine")                                                         \
	X(MULTICAST, "for a multicast or broadcast address")                                       \
	X(ASKER, "the connection by which you ask")                                                \
	X(API, "with the server of flowbpf by which somebody asks")                                \
	X(SSH, "an SSH session with this machine")                                                 \
	X(GATEWAY, "with a gateway of this machine")                                               \
	X(RESOLVER, "with a resolver that this machine asks")                                      \
	X(DHCP, "DHCP")                                                                            \
	X(NEIGHBOURS, "neighbour discovery or router advertisement")                               \
	X(NTP, "NTP")                                                                              \
	X(ROUTING, "a routing protocol")                                                           \
	X(OWN, "with an address of this machine")                                                  \
	X(TRUSTED, "with an address that --trusted names")                                         \
	X(WIDE, "wider than /8, or of IPv6 than /16")                                              \
	X(WIDE_ALONE, "wider than /24, or of IPv6 than /48, with nobody who asked for it")         \
	X(BUDGET, "beyond what is done with nobody who asked: 20 a minute, 2000 in all")

enum fb_never {
	FB_NEVER_NOT,
#define X(name, text) FB_NEVER_##name,
	FB_NEVERS(X)
#undef X
		FB_NEVER_COUNT
};

/* "the flow is an SSH session with this machine": that part behind "is"; NULL out of range. */
const char *fb_never_text(unsigned int never);

/* "SSH", for programs; NULL out of range. */
const char *fb_never_name(unsigned int never);

struct fb_never_addr {
	uint8_t addr[16], family;
};

/* By what somebody asks: his end, and ours. Family 0: not over the network. */
struct fb_never_asker {
	uint8_t addr[16], family;
	uint16_t port, own_port;
};

struct fb_never_facts {
	struct fb_never_addr gateway[FB_NEVER_GATEWAYS], resolver[FB_NEVER_RESOLVERS];
	unsigned int n_gateways, n_resolvers;
	struct fb_never_addr clock[FB_NEVER_CLOCKS]; /* that this host sets its own by */
	struct fb_never_addr peer[FB_NEVER_PEERS];   /* of routing protocols, with this host */
	struct fb_never_addr guest[FB_NEVER_GUESTS]; /* who is in it by SSH, and ... */
	uint16_t door[FB_NEVER_DOORS];		     /* ... by which of its ports */
	struct fb_cidr trusted[FB_NEVERS_TRUSTED];
	struct fb_never_asker before[FB_NEVER_ASKERS]; /* who asked in the last hour */
	unsigned int n_clocks, n_peers, n_guests, n_doors, n_trusted, n_before;
	const struct fb_never_addr *own; /* borrowed: for fb_never_net */
	unsigned int n_own;
	struct fb_never_asker asker;
};

/* One more; what does not fit is the least of many. */
void fb_never_gateway(struct fb_never_facts *facts, const uint8_t addr[static 16], uint8_t family);
/* None of it is known, but for the asker and own addresses. */
void fb_never_forget(struct fb_never_facts *facts);
/* Is it a server of logins that has let somebody in? By its process; false: not known, too. */
typedef bool (*fb_never_serves_fn)(uint32_t pid);

/*
 * What the flows of a snapshot show: guests, clocks, peers of routing protocols, and which server
 * answers most of the questions to DNS. A guest is who is in: a SYN makes none, nor does who still
 * has to log in.
 */
void fb_never_read_flows(struct fb_never_facts *facts, const struct fb_snapshot *snapshot,
			 fb_never_serves_fn serves);
/* Do both say the same, but for asker and own addresses? */
bool fb_never_same(const struct fb_never_facts *a, const struct fb_never_facts *b);
/* The nameservers of a file as resolv.conf(5); none if it is not there. */
void fb_never_read_resolvers(struct fb_never_facts *facts, const char *path);

/* May all of this prefix be shut out? It must hold none of the addresses that are kept here. */
enum fb_never fb_never_net(const struct fb_never_facts *facts, const struct fb_cidr *net);

/*
 * Of a flow that has an end in this prefix: is it there by an address of this machine alone, which
 * came after the prefix was shut out? Its other flows are as they were.
 */
bool fb_never_by_own(const struct fb_never_facts *facts, const struct fb_cidr *net,
		     const struct fb_flow *flow);

/* May this flow be ended? FB_NEVER_NOT, or why not. */
enum fb_never fb_never_flow(const struct fb_never_facts *facts, const struct fb_flow *flow);
