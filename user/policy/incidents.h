/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incidents: what the judge said of many flows, as one thing a host and kind. One opens when a flow
 * has 25 points and the kind is the one that has most of them, or has 25 by itself; it is open
 * until none came for an hour, and kept for a day. Silences hide them, those that were, too; what a
 * flow is said to be does not change. Time comes from the caller. One thread.
 */
#pragma once

#include <flowbpf/key.h>

#include "flow/person.h"
#include "policy/blob.h"
#include "policy/judged.h"
#include "policy/sentences.h"
#include "util/index.h"
#include "util/numberset.h"
#include "util/shares.h"

#define FB_INCIDENTS	       4096
#define FB_INCIDENT_SAMPLES    8
#define FB_INCIDENT_PEER_SLOTS 64	/* bytes: distinct peers to within 13 % */
#define FB_INCIDENT_TOLD       65536	/* (flow, kind)s remembered, twice */
#define FB_INCIDENT_OPEN_MS    3600000	/* without a flow */
#define FB_INCIDENT_KEPT_MS    86400000 /* once it is over */
#define FB_INCIDENT_SILENCES   256
#define FB_INCIDENT_BY	       120
#define FB_INCIDENT_REASON     200

struct fb_incident_addr {
	uint8_t addr[16], family; /* as in fb_key; family 0: none */
};

/* Windows of 10 s of the wall clock in which something was. */
struct fb_incident_windows {
	uint32_t last; /* its number; 0: none */
	uint8_t n;
};

/* Since automation heard of it last: flows of which both judges are sure. */
struct fb_incident_calls {
	uint8_t scope; /* enum fb_scope, their direction */
	bool one_port;
	uint16_t port;			/* of the server: the one that all had, or the last one */
	struct fb_incident_windows any; /* with such a flow, and ... */
	struct fb_incident_windows proven; /* ... with one that nobody can forge */
};

struct fb_incident {
	uint64_t id; /* of host and kind, the same each time */
	struct fb_incident_addr host;
	struct fb_incident_addr peer; /* the one that all flows had, or the last one */
	bool one_peer;
	bool inside; /* the host is */
	bool closed;
	uint8_t kind;		   /* enum fb_judge_kind */
	uint8_t severity;	   /* enum fb_risk_class, by ... */
	uint8_t risk, points;	   /* ... the highest of its flows; the highest of the kind */
	int64_t first_ms, last_ms; /* wall clock */
	uint64_t flows;
	uint8_t n_samples;
	struct {
		uint64_t flow;
		uint8_t risk;
	} sample[FB_INCIDENT_SAMPLES]; /* the last ones, the oldest first */
	uint8_t peers[FB_INCIDENT_PEER_SLOTS];
	struct fb_incident_calls calls; /* not over a restart */
	char sentence[FB_SENTENCE_LEN]; /* of the last one */
};

/* What is hidden: of a kind, of a host, of a host and a peer of it; at least one of them. */
struct fb_incident_silence {
	uint32_t id;
	uint8_t kind;			    /* FB_KIND_COUNT: any */
	struct fb_incident_addr host, peer; /* none: any; a peer has a host */
	int64_t made_ms, until_ms;	    /* 0: for good */
	char by[FB_INCIDENT_BY + 1], reason[FB_INCIDENT_REASON + 1];
};

/* X(name, loss, help) */
#define FB_INCIDENTS_COUNTERS(X)                                                                   \
	X(incidents_opened, false, "incidents that opened: a host and what the judge said of it")  \
	X(incidents_crowded, true, "open incidents that made room for others, of 4,096")           \
	X(incidents_silenced, false, "flows of incidents that are silenced")

struct fb_incidents_counters {
#define X(name, loss, help) uint64_t name;
	FB_INCIDENTS_COUNTERS(X)
#undef X
};

enum fb_incident_news { FB_INCIDENT_OPENED, FB_INCIDENT_WORSE, FB_INCIDENT_CLOSED };

/* Of incidents that are not silenced, as it happens; NULL: nobody. */
struct fb_incidents_listeners {
	void (*news)(void *ctx, const struct fb_incident *incident, enum fb_incident_news what);
	void *news_ctx;
	/*
	 * Both judges were sure of one, in two windows (policy/automation.h). `proven`: by
	 * connections that nobody can forge.
	 */
	void (*called)(void *ctx, const struct fb_incident *incident, bool proven);
	void *called_ctx;
};

struct fb_incidents {
	struct fb_incidents_listeners to;
	struct fb_incident *incident; /* [FB_INCIDENTS] */
	struct fb_shares shares;
	struct fb_index index;
	uint32_t n_closed, hand;     /* where the next closed one is looked for */
	struct fb_numberset told[2]; /* the younger one first */
	struct fb_incident_silence silence[FB_INCIDENT_SILENCES];
	unsigned int n_silences;
	uint32_t last_silence;
	bool changed; /* what a restart has to know: the caller's to clear */
	struct fb_incidents_counters counters;
};

/* 0 or -ENOMEM; to be given to fb_incidents_fini in any case. */
int fb_incidents_init(struct fb_incidents *incidents);
void fb_incidents_fini(struct fb_incidents *incidents);

/* The judge spoke of a flow, for the first time or again. */
void fb_incidents_tell(struct fb_incidents *incidents, const struct fb_judged *flow,
		       const struct fb_judgement *judgement, uint64_t flow_id, int64_t wall_ms);
/* Now and then: what is over closes, what is old goes, silences end. */
void fb_incidents_age(struct fb_incidents *incidents, int64_t wall_ms);

/* Those of these addresses, on either side, and silences of them, go; returns how many. */
unsigned int fb_incidents_erase(struct fb_incidents *incidents, const struct fb_person *who);

/* --- asked ------------------------------------------------------------------------------------ */

struct fb_incident_ask {
	uint8_t least;		      /* enum fb_risk_class */
	int kind;		      /* -1: any */
	struct fb_incident_addr host; /* none: any */
	int closed;		      /* 0: open, 1: closed, -1: both */
	int silenced;		      /* likewise */
	int64_t wall_ms;
	uint32_t offset, limit;
};

/*
 * Copies to `list`, room for `limit`: the worst first, then what came last. Their number; all that
 * match in *ret_total.
 */
uint32_t fb_incidents_list(const struct fb_incidents *incidents, const struct fb_incident_ask *ask,
			   struct fb_incident *list, uint32_t *ret_total);
/* How many distinct ones, about. */
uint32_t fb_incident_count_peers(const struct fb_incident *incident);

/* --- silences --------------------------------------------------------------------------------- */

/* The one that hides it now; NULL: none does. */
const struct fb_incident_silence *fb_incidents_silence_of(const struct fb_incidents *incidents,
							  const struct fb_incident *incident,
							  int64_t wall_ms);
/* In the place of one of the same; its number in *ret_id. 0, -EINVAL: it is of nothing; -ENOSPC. */
int fb_incidents_hide(struct fb_incidents *incidents, const struct fb_incident_silence *silence,
		      uint32_t *ret_id);
/* -ENOENT: there is none of that number. */
int fb_incidents_show(struct fb_incidents *incidents, uint32_t id);

/* --- over a restart --------------------------------------------------------------------------- */

/* Silences, and incidents that are open. */
void fb_incidents_write(const struct fb_incidents *incidents, struct fb_buf *buf);
/* Into an empty one. 0 or -errno with a sentence: it stays empty. */
int fb_incidents_read(struct fb_incidents *incidents, const void *data, size_t len,
		      struct fb_why *why);
