/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every open connection, and how long it may stay in its phase. The library's own timeout starts
 * again with each byte; the deadlines here do not: 10 s for a head (idle or byte by byte), 10 s
 * for a body, 10 s for an answer plus what it takes at 64 kB/s. A stream has none: live/hub ends
 * those whose client does not read.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum fb_phase {
	FB_PHASE_HEAD,
	FB_PHASE_BODY,
	FB_PHASE_REPLY,
	FB_PHASE_STREAM,
};

struct fb_conn {
	struct fb_conns *conns; /* where it is listed */
	struct fb_conn *prev, *next;
	int fd;
	bool local; /* over the unix socket */
	bool tls;
	bool cut; /* past its deadline, shut down */
	enum fb_phase phase;
	uint64_t since_ms; /* of the phase, monotonic */
	uint64_t sent;	   /* bytes of the answer handed to the library */
};

struct fb_conns {
	pthread_mutex_t lock; /* guards all below and the fields of every connection */
	struct fb_conn *first;
	unsigned int n;
	uint64_t deadlines; /* connections that were ended by one */
};

void fb_conns_init(struct fb_conns *conns);
void fb_conns_fini(struct fb_conns *conns);

/* Shut down those past their deadline; once a second. */
void fb_conns_sweep(struct fb_conns *conns);

/* `tls`: those that come over TCP speak it. NULL when memory is short. */
struct fb_conn *fb_conn_new(struct fb_conns *conns, int fd, bool tls);
void fb_conn_free(struct fb_conn *conn);

void fb_conn_phase(struct fb_conn *conn, enum fb_phase phase);
void fb_conn_sent(struct fb_conn *conn, uint64_t bytes);

/* The library's own timeout came first. */
void fb_conn_timed_out(struct fb_conn *conn);

/* Shut one down: a stream that does not drain. */
void fb_conn_cut(struct fb_conn *conn);
bool fb_conn_is_cut(const struct fb_conn *conn);

uint64_t fb_conn_now_ms(void);
