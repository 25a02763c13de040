/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of one connection, in two parts: struct fb_flow changes rarely, struct fb_traffic with
 * every packet, so that a tick copies little. `src` is the client, `dst` the server; up is what src
 * sent. Written by the engine's thread through table/ only; in a snapshot it never changes.
 * What is rare stands in immutable side records.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <flowbpf/key.h>
#include <flowbpf/name.h>

#include "flow/verdict.h"

enum fb_dir {
	FB_UP = 0,   /* sent by src */
	FB_DOWN = 1, /* sent by dst */
};

/* Connection states, numbered as the kernel's conntrack does for TCP; the last three for others. */
#define FB_STATES(X)                                                                               \
	X(NONE)                                                                                    \
	X(SYN_SENT)                                                                                \
	X(SYN_RECV)                                                                                \
	X(ESTABLISHED)                                                                             \
	X(FIN_WAIT)                                                                                \
	X(CLOSE_WAIT)                                                                              \
	X(LAST_ACK)                                                                                \
	X(TIME_WAIT)                                                                               \
	X(CLOSE)                                                                                   \
	X(SYN_SENT2)                                                                               \
	X(UNREPLIED)                                                                               \
	X(REPLIED)                                                                                 \
	X(ASSURED)

enum fb_state_id {
#define X(name) FB_STATE_##name,
	FB_STATES(X)
#undef X
		FB_STATE_COUNT
};

enum fb_closed {
	FB_CLOSED_NOT,
	FB_CLOSED_FIN,
	FB_CLOSED_RST,
	FB_CLOSED_TIMEOUT,
	FB_CLOSED_EVICTED, /* idle longest when the table was full */
	FB_CLOSED_REUSED,  /* a new connection took its 5-tuple */
	FB_CLOSED_ENDED,   /* its conntrack entry was deleted */
};

enum fb_scope {
	FB_SCOPE_INTERNAL_EXTERNAL,
	FB_SCOPE_EXTERNAL_INTERNAL,
	FB_SCOPE_INTERNAL,
	FB_SCOPE_EXTERNAL,
	FB_SCOPE_COUNT
};

/* The flow as this host sees it. */
enum fb_direction {
	FB_DIRECTION_IN,      /* to an address of ours */
	FB_DIRECTION_OUT,     /* from an address of ours */
	FB_DIRECTION_FORWARD, /* neither end is ours */
	FB_DIRECTION_LOCAL,   /* both are */
};

enum fb_l7 {
	FB_L7_NONE,
	FB_L7_TLS,
	FB_L7_QUIC,
	FB_L7_HTTP,
	FB_L7_DNS,
	FB_L7_DHCP,
	FB_L7_MDNS,
	FB_L7_SSH,
	FB_L7_COUNT
};

/* Which ends a translation changed, as bits. */
enum fb_nat_kind { FB_NAT_NONE, FB_NAT_SRC, FB_NAT_DST, FB_NAT_BOTH };

/* What told the client from the server; the higher, the better it knows. */
enum fb_client_by {
	FB_CLIENT_FIRST,     /* it was heard first */
	FB_CLIENT_PORT,	     /* its port is the higher one */
	FB_CLIENT_EPHEMERAL, /* its port alone is one of those that clients are given */
	FB_CLIENT_SERVICE,   /* the other's port alone is a service's */
	FB_CLIENT_HELLO,     /* it sent a ClientHello or a request */
	FB_CLIENT_CONNTRACK, /* conntrack says so */
	FB_CLIENT_LISTENER,  /* the other end is a listening socket of this host */
	FB_CLIENT_SYN,	     /* it sent the SYN, or was sent the SYN-ACK */
};

/* Who counted its packets. */
enum fb_counted_by {
	FB_COUNTED_NOT,
	FB_COUNTED_FLOWBPF,
	FB_COUNTED_CONNTRACK, /* with nf_conntrack_acct; no packet has passed here yet */
};

enum fb_flow_flag {
	FB_FLOW_PARTIAL = 1 << 0,    /* picked up in mid-stream */
	FB_FLOW_HELD = 1 << 1,	     /* closed, and conntrack still has its entry, or would */
	FB_FLOW_UNSEEN = 1 << 2,     /* no packet of it has passed here yet: of conntrack */
	FB_FLOW_CONNTRACK = 1 << 4,  /* `ct_*` and `state` come from conntrack */
	FB_FLOW_PQ_OFFERED = 1 << 5, /* the hello offered a post-quantum group */
	FB_FLOW_OUTSIDE = 1 << 6,    /* its counts are those of the translated tuple */
	FB_FLOW_ICMP_ERROR = 1 << 7, /* icmp_type and _code are of an error that quotes it */
	FB_FLOW_OWNER_SENT = 1 << 8, /* its owner's socket sent a packet of it: that is sure */
};

enum fb_name_flag {
	FB_NAME_FLAG_ECH = 1 << 0,	   /* the outer name of an Encrypted Client Hello */
	FB_NAME_FLAG_OVERLAP = 1 << 1,	   /* segments disagreed about the bytes */
	FB_NAME_FLAG_UNEXPLAINED = 1 << 2, /* no DNS answer of that client explains it */
	FB_NAME_FLAG_CONFIRMED = 1 << 3,   /* the server answered the hello */
	FB_NAME_FLAG_MIXED_SCRIPT = 1 << 4,
	FB_NAME_FLAG_SHARED = 1 << 5, /* the answer came to an address that others ask by too */
};

#define FB_FLOW_NAMES 4	  /* names kept per flow, best first */
#define FB_FLOW_LINKS 8	  /* lanes (interfaces, VLANs) kept per flow */
#define FB_ALPN_TEXT  384 /* bytes of a flow's ALPN values, at most */
#define FB_JA4_LEN    36

struct fb_flow_name {
	uint64_t time;	  /* ns CLOCK_BOOTTIME: when it was learned */
	const char *text; /* NUL-terminated bytes from a stranger; in the same allocation */
	uint8_t source;	  /* enum fb_name_source */
	uint8_t flags;	  /* enum fb_name_flag */
	uint8_t len;
};

struct fb_flow_names {
	unsigned int n;
	struct fb_flow_name name[]; /* best first; the texts behind them */
};

#define FB_FLOW_GROUPS 12

struct fb_flow_tls {
	uint16_t version;      /* chosen, else offered: 0x0304, ...; 0 unknown */
	uint16_t group;	       /* chosen, else first offered; 0 unknown */
	uint16_t cipher;       /* chosen; 0 unknown */
	uint16_t offered;      /* the highest version that the client offered; 0 unknown */
	uint32_t hello_us;     /* from the ClientHello to the first ServerHello; 0 unknown */
	uint32_t quic_version; /* of the packet that had the ClientHello; 0: it is not QUIC */
	bool answered;	       /* a ServerHello was seen */
	bool ech, esni;
	uint8_t n_groups;
	uint16_t groups[FB_FLOW_GROUPS]; /* offered, the first ones */
	char ja4[FB_JA4_LEN + 1];	 /* empty: unknown */
	uint16_t alpn_len;
	const char *alpn; /* values, each with its NUL, of that length together; same allocation */
};

/* The value behind `last` (NULL: the first one); NULL when there is no more. */
static inline const char *fb_flow_next_alpn(const struct fb_flow_tls *tls, const char *last)
{
	const char *next = last ? last + strlen(last) + 1 : tls ? tls->alpn : NULL;

	return next && next < tls->alpn + tls->alpn_len ? next : NULL;
}

/* As seen behind the translation; family 0: that end is not translated. */
struct fb_flow_nat {
	uint8_t kind; /* enum fb_nat_kind */
	uint8_t src_family, dst_family;
	uint16_t src_port, dst_port; /* host order */
	uint8_t src[16], dst[16];
};

/*
 * What one lane counted of a connection. A packet may be met on several lanes and on both hooks:
 * these are never added up blindly, see fb_links_sum.
 */
struct fb_flow_link {
	uint16_t link;
	uint16_t vlan[2]; /* outer and inner VLAN id; 0: none */
	bool outside;	  /* of the translated tuple */
	uint8_t syn;	  /* its SYNs, bits 1 << (2 * enum fb_dir + enum fb_hook) */
	uint8_t same; /* the lanes that see the same packets, by their place in the list: bits */
	uint64_t packets[2][2], bytes[2][2]; /* by enum fb_hook, enum fb_dir */
};

/* What conntrack counted, by enum fb_dir. */
struct fb_flow_acct {
	uint64_t packets[2], bytes[2];
};

struct fb_flow_links {
	uint64_t epoch;	 /* of the tick that made it: the table may still write it in that one */
	uint32_t wiring; /* version of what `same` was made of */
	uint16_t n, room;
	struct fb_flow_link link[]; /* that of the flow itself first */
};

/* What moves; one cache line. */
struct fb_traffic {
	uint64_t packets[2], bytes[2]; /* by enum fb_dir: wire packets, IP bytes */
	/*
	 * What this tick added to them; summed over a flow's life they are its counts. Below zero
	 * where an interface began to speak for the flow that had counted less than was told.
	 */
	int64_t moved_bytes[2];
	int32_t moved_packets[2];
	uint64_t last_seen; /* ns CLOCK_BOOTTIME */
};

_Static_assert(sizeof(struct fb_traffic) == 64, "one cache line");

/* Questions of DNS that were answered: microseconds from the first time each was asked. */
struct fb_flow_answers {
	uint64_t epoch; /* of the tick that made it: the table may still write it in that one */
	uint64_t sum_us;
	uint32_t n, slowest_us;
};

/* Microseconds, from here to the end that is sent to and back; 0: not known. */
struct fb_flow_delay {
	uint32_t min, smoothed, jitter;
};

struct fb_flow_troubles {
	uint32_t retrans;
	uint16_t reordered, zero_windows;
};

/* By enum fb_dir: of what that end sent. */
struct fb_flow_quality {
	uint32_t generation; /* of the row that tells it; 0: nothing is known */
	struct fb_flow_delay delay[2];
	struct fb_flow_troubles count[2];
	struct fb_flow_troubles before[2]; /* of these, by the flow's rows before that one */
};

_Static_assert(sizeof(struct fb_flow_quality) <= 64, "what a measured flow takes more");

struct fb_flow {
	uint64_t id;		     /* 0: this record is free */
	uint8_t src[16], dst[16];    /* as in fb_key */
	uint16_t src_port, dst_port; /* host order */
	uint8_t proto, family;
	uint16_t link; /* the interface that saw it first */

	uint64_t first_seen;  /* ns CLOCK_BOOTTIME */
	uint64_t closed_at;   /* 0 while it is live */
	uint32_t rtt_ns;      /* 0 unknown */
	uint16_t flags;	      /* enum fb_flow_flag */
	uint8_t tcp_flags[2]; /* by enum fb_dir */
	uint8_t state;	      /* enum fb_state_id */
	uint8_t closed;	      /* enum fb_closed */
	uint8_t scope, direction, l7;
	uint8_t tos;
	uint16_t vlan[2]; /* there: outer and inner VLAN id; 0: none */
	uint8_t hook[2]; /* by enum fb_dir, without `links`: 1 + the hook that counts it; 0: none */

	uint32_t ct_id, ct_mark, ct_status;
	uint32_t ct_timeout; /* seconds left at ... */
	uint32_t ct_time;    /* ... this moment, s CLOCK_BOOTTIME */
	uint16_t ct_zone;
	uint8_t icmp_type, icmp_code;
	uint8_t client_by; /* enum fb_client_by */
	uint8_t owner_by;  /* enum fb_owner_by */
	uint16_t hits;	   /* flow/listhits.h; 0: on no list */

	/* flow/places.h and flow/devicelist.h; 0: not known */
	uint32_t src_place : 18, src_device : 14;
	uint32_t dst_place : 18, dst_device : 14;

	const char *service;		     /* static or interned for good; NULL unknown */
	const struct fb_flow_name *src_host; /* what the client is called; NULL unknown */
	const struct fb_flow_names *names;   /* NULL: none */
	const struct fb_flow_tls *tls;
	const struct fb_flow_nat *nat;
	const struct fb_flow_links *links; /* NULL: one lane, each direction on one hook */
	union {
		const struct fb_flow_acct *acct;       /* FB_FLOW_UNSEEN, if it is known; NULL */
		const struct fb_flow_answers *answers; /* others: see fb_flow_answers */
	};
	const struct fb_owner *owner; /* whose socket it is, as it was found: see fb_flow_owner */
	struct fb_flow_verdict verdict;
};

/* Parts in 10,000 of the packets that were `sent`, not none, that were sent again. */
static inline uint64_t fb_loss_of(uint64_t again, uint64_t sent)
{
	return again < sent ? (again * 10000 + sent / 2) / sent : 10000;
}

/* NULL: none was seen. */
static inline const struct fb_flow_answers *fb_flow_answers(const struct fb_flow *flow)
{
	return flow->flags & FB_FLOW_UNSEEN ? NULL : flow->answers;
}

static inline enum fb_counted_by fb_flow_counted_by(const struct fb_flow *flow)
{
	return !(flow->flags & FB_FLOW_UNSEEN) ? FB_COUNTED_FLOWBPF
	       : flow->acct		       ? FB_COUNTED_CONNTRACK
					       : FB_COUNTED_NOT;
}

/*
 * The lower, the better: what the operator says, then what the client said of this connection,
 * then what is known of the address.
 */
unsigned int fb_name_rank(unsigned int source);

/* It is what a host is called, at any time, and not what a connection was opened to. */
static inline bool fb_name_is_of_host(unsigned int source)
{
	return source >= FB_NAME_DHCP && source <= FB_NAME_OPERATOR;
}

/*
 * The best name of where the flow goes; NULL unknown. What a lookup asks for is no name of the
 * server that it asks: it stands among the names only.
 */
const struct fb_flow_name *fb_flow_host(const struct fb_flow *flow);

/* The best name of what the connection was opened to, as client and DNS said; NULL unknown. */
const struct fb_flow_name *fb_flow_asked_name(const struct fb_flow *flow);

/* What the client is called; NULL unknown. */
static inline const char *fb_flow_src_host(const struct fb_flow *flow)
{
	return flow->src_host ? flow->src_host->text : NULL;
}

/* Live is what conntrack's table has: a connection in TIME_WAIT is over, and there. */
static inline bool fb_flow_is_live(const struct fb_flow *flow)
{
	return flow->id && (!flow->closed || flow->flags & FB_FLOW_HELD);
}

/* The text of an enum value, as the JSON has it; NULL for none, and for a value out of range. */
const char *fb_state_name(unsigned int state);
const char *fb_closed_name(unsigned int closed);
const char *fb_scope_name(unsigned int scope);
const char *fb_direction_name(unsigned int direction);
const char *fb_client_by_name(unsigned int by);
const char *fb_counted_by_name(unsigned int by);
const char *fb_l7_name(unsigned int l7);
const char *fb_nat_kind_name(unsigned int kind);
const char *fb_name_source_name(unsigned int source);
const char *fb_name_flag_name(unsigned int bit); /* bit number, 0 .. 5 */

/* "tcp", "udp", "icmp", ...; for others the number, in `buf`. */
const char *fb_proto_name(uint8_t proto, char buf[static 4]);
/* The number of a name or of decimal digits; -1 unknown. */
int fb_proto_number(const char *name);

/* "10.0.0.5:40000 > 192.0.2.1:443 tcp", cut to `size`. */
void fb_flow_ends_text(const struct fb_flow *flow, char *text, size_t size);

/* "SPA": one letter for each flag, FSRPAUEC. Returns `buf`. */
const char *fb_tcp_flags_text(uint8_t flags, char buf[static 9]);

/* "1.3", "1.2", ...; NULL unknown. "x25519", "X25519MLKEM768", ...; NULL unknown. */
const char *fb_tls_version_name(uint16_t version);
const char *fb_tls_group_name(uint16_t group);
const char *fb_tls_cipher_name(uint16_t cipher);
