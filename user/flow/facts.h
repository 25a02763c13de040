/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the world tells the table, besides rows: conntrack entries and what payload revealed.
 * The engine fills these from kernel/ and enrich/; the table copies what it keeps.
 */
#pragma once

#include "flow/flow.h"

/* One direction of a conntrack entry; [0] source, [1] destination. */
struct fb_tuple {
	uint8_t addr[2][16]; /* as in fb_key */
	uint16_t port[2];    /* host order; 0 for ICMP and protocols without ports */
	uint8_t proto, family;
};

struct fb_listener_fact {
	uint8_t addr[16]; /* as in fb_key; zeros: any */
	uint8_t family, proto;
	uint16_t port; /* host order */
};

/* A device of this host, attached to or not; zero: none, not one. */
struct fb_device {
	uint32_t ifindex;
	uint32_t lower;	 /* the device that carries its packets */
	uint32_t master; /* the bundle, bridge or VRF that it is a member of */
	uint16_t vlan;	 /* it takes this VLAN of the lower one */
	uint8_t vrf;	 /* it is a VRF */
	uint8_t pad;
};

enum fb_conntrack_event {
	FB_CONNTRACK_UPSERT, /* as it is now: from a dump, or new, or changed */
	FB_CONNTRACK_DESTROY,
	FB_CONNTRACK_FORGOTTEN, /* deleted by us: its flow has no entry from now on */
};

struct fb_conntrack_fact {
	struct fb_tuple orig, reply;
	uint32_t id, status, timeout, mark; /* status: enum fb_ips; timeout: seconds left */
	uint16_t zone;
	uint16_t icmp_id; /* host order; of ICMP's original tuple, for the kernel */
	uint8_t icmp_type, icmp_code;
	uint8_t tcp_state;	  /* kernel's number; 0 for other protocols */
	bool has_state;		  /* timeout and status were in the message */
	bool has_tcp;		  /* and tcp_state, which stands in those of a change only */
	bool listed;		  /* told by a dump, not by an event */
	bool counted;		  /* `acct` was in the message: nf_conntrack_acct is on */
	uint64_t start_ns;	  /* CLOCK_REALTIME; 0: not known */
	struct fb_flow_acct acct; /* up is of the original tuple */
};

/* X(name, bit): of a conntrack entry's status, those that people care about; as IPS_* of the
 * kernel. */
#define FB_CONNTRACK_STATUS(X)                                                                     \
	X(SEEN_REPLY, 1)                                                                           \
	X(ASSURED, 2)                                                                              \
	X(CONFIRMED, 3)                                                                            \
	X(SRC_NAT, 4)                                                                              \
	X(DST_NAT, 5)                                                                              \
	X(DYING, 9)                                                                                \
	X(OFFLOAD, 14)

enum fb_ips {
#define X(name, bit) FB_IPS_##name = 1 << (bit),
	FB_CONNTRACK_STATUS(X)
#undef X
};

/* What payload of one flow revealed; fields that are zero were not learned. */
struct fb_hello_fact {
	uint64_t time;	     /* ns CLOCK_BOOTTIME */
	const char *name;    /* NULL: none; need not be NUL-terminated */
	size_t name_len;     /* at most FB_NAME_MAX, else it is refused */
	uint8_t name_source; /* enum fb_name_source */
	uint8_t name_flags;  /* enum fb_name_flag */
	uint8_t l7;	     /* enum fb_l7 */
	int8_t client;	     /* direction of fb_key whose sender is the client; -1 not known */
	const struct fb_flow_tls *tls; /* NULL: none; merged into what is known */
	bool pq_offered;
};

#define FB_ADDR_FOREVER UINT32_MAX

/* An address has a name, as was said to `client`, or by the host itself to everybody. */
struct fb_addr_fact {
	uint64_t time;	       /* ns CLOCK_BOOTTIME */
	const uint8_t *client; /* 16 bytes as in fb_key; NULL: everybody */
	uint8_t client_family; /* 0: everybody */
	bool client_is_own;    /* it is this host, which may resolve for others */
	const uint8_t *addr;   /* 16 bytes as in fb_key */
	uint8_t family;
	uint8_t source;	       /* enum fb_name_source: DNS, MDNS, DHCP, ... */
	const uint8_t *teller; /* to everybody: whose share it takes, of that family; NULL: addr's
				*/
	const uint8_t *mac;    /* 6 bytes, the address is that device's; NULL: not told */
	const char *name;      /* need not be NUL-terminated */
	size_t len;	       /* 0, to everybody: by this source it has no name any more */
	uint32_t ttl;	       /* seconds; FB_ADDR_FOREVER */
};

/*
 * What enrich/ derives from a flow; the table's `describe` hook fills it. Scope, service,
 * places, devices and hits stand in it as they are, and stay unless they are written; so do both
 * hosts unless `hosts_told`.
 */
struct fb_flow_facts {
	uint8_t scope;			 /* enum fb_scope */
	const char *service;		 /* static or interned for good */
	uint32_t src_place, dst_place;	 /* flow/places.h; 0: not known */
	uint32_t src_device, dst_device; /* flow/devicelist.h; 0: not known */
	uint16_t hits;			 /* flow/listhits.h; 0: on no list */
	bool hosts_told;
	struct fb_flow_name src_host; /* text valid during the call only; NULL: it has none */
	struct fb_flow_name dst_host;
	const char *dns_name; /* valid during the call only; NULL: none */
	uint64_t dns_time;    /* when it was learned */
	uint8_t dns_source;   /* enum fb_name_source; 0: DNS */
	uint8_t dns_flags;    /* enum fb_name_flag */
	uint8_t name_flags;   /* added to the flow's best own name: UNEXPLAINED, ... */
};
