/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every open connection, and how long it may stay in its phase. The library's own timeout starts
 * again with each byte; the deadlines here do not: 10 s for a head (idle or byte by byte), 10 s
 * for a body, 10 s for an answer plus what it takes at 64 kB/s, while streams have the hub's rule.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum fb_api_phase {
	FB_PHASE_HEAD,
	FB_PHASE_BODY,
	FB_PHASE_REPLY,
	FB_PHASE_STREAM,
};

struct fb_api_conn {
	struct fb_api_conn *prev, *next;
	int fd;
	bool local; /* over the unix socket */
	bool tls;
	bool cut; /* past its deadline, shut down */
	enum fb_api_phase phase;
	uint64_t since_ms; /* of the phase, monotonic */
	uint64_t sent;	   /* bytes of the answer handed to the library */
};

struct fb_api_conns {
	pthread_mutex_t lock; /* guards all below and the fields of every connection */
	struct fb_api_conn *first;
	unsigned int n;
	uint64_t deadlines; /* connections that were ended by one */
};

void fb_conns_init(struct fb_api_conns *conns);
void fb_conns_fini(struct fb_api_conns *conns);

/* NULL when memory is short. */
struct fb_api_conn *fb_conns_add(struct fb_api_conns *conns, int fd, bool local, bool tls);
void fb_conns_remove(struct fb_api_conns *conns, struct fb_api_conn *conn);

void fb_conns_phase(struct fb_api_conns *conns, struct fb_api_conn *conn, enum fb_api_phase phase);
void fb_conns_sent(struct fb_api_conns *conns, struct fb_api_conn *conn, uint64_t bytes);

/* Shut down those past their deadline; once a second. */
void fb_conns_sweep(struct fb_api_conns *conns);

/* The library's own timeout came first. */
void fb_conns_timed_out(struct fb_api_conns *conns, struct fb_api_conn *conn);

/* Shut one down, for the hub: a stream that does not drain. */
void fb_conns_cut(struct fb_api_conns *conns, struct fb_api_conn *conn);
bool fb_conns_is_cut(struct fb_api_conns *conns, const struct fb_api_conn *conn);

uint64_t fb_conns_now_ms(void);
