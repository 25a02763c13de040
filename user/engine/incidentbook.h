/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incidents while it runs (policy/incidents.h): the engine's thread tells, any other one asks. News
 * go to the log, and to a ring that streams read. Silences and what is open stand in the file
 * `incidents` of the state folder.
 */
#pragma once

#include <pthread.h>

#include "policy/incidents.h"
#include "store/statefile.h"

struct fb_status;

#define FB_INCIDENT_NEWS 64

struct fb_incident_item {
	uint64_t seq; /* 1, 2, ... since the start */
	enum fb_incident_news what;
	struct fb_incident incident;
};

struct fb_incidentbook {
	int folder; /* -1: nothing outlives us */
	struct fb_statefile file;
	unsigned int ticks, logged; /* lines of this tick */
	bool asked;		    /* somebody changed a silence: it is not written yet */
	pthread_mutex_t lock;	    /* protects what follows */
	struct fb_incidents incidents;
	struct fb_incident_item news[FB_INCIDENT_NEWS]; /* a ring */
	uint64_t last_news;
};

/* 0 or -ENOMEM. */
int fb_incidentbook_new(struct fb_incidentbook **ret_book);
/* The last run's. */
void fb_incidentbook_start(struct fb_incidentbook *book, int folder);
/* NULL is fine. */
void fb_incidentbook_free(struct fb_incidentbook *book);

/* --- the engine's thread ---------------------------------------------------------------------- */

/* As fb_incidents_erase; and news that name them are told to nobody who comes. */
unsigned int fb_incidentbook_erase(struct fb_incidentbook *book, const struct fb_person *who);

/* As the judge's book has its listener. */
void fb_incidentbook_tell(void *book, const struct fb_judged *flow,
			  const struct fb_judgement *judgement, uint64_t flow_id);
void fb_incidentbook_tick(struct fb_incidentbook *book, int64_t wall_ms);

/* --- any thread ------------------------------------------------------------------------------- */

/* As fb_incidents_list; of each, `silenced` the number of what hides it, 0: nothing does. */
uint32_t fb_incidentbook_list(struct fb_incidentbook *book, const struct fb_incident_ask *ask,
			      struct fb_incident *list, uint32_t *silenced, uint32_t *ret_total);
/* How many there are that are open, and not silenced, by enum fb_risk_class. */
void fb_incidentbook_count(struct fb_incidentbook *book, uint32_t ret_open[static 3]);
/* Their number. */
unsigned int fb_incidentbook_silences(struct fb_incidentbook *book,
				      struct fb_incident_silence list[static FB_INCIDENT_SILENCES]);
/* The number of the silence; -EINVAL, -ENOSPC. */
int fb_incidentbook_hide(struct fb_incidentbook *book, const struct fb_incident_silence *silence);
/* 0 or -ENOENT. */
int fb_incidentbook_show(struct fb_incidentbook *book, uint32_t id);

/* What came after number `after`, `max` at most, the oldest first; UINT64_MAX: nothing, but the
 * last number in *ret_last. */
unsigned int fb_incidentbook_news(struct fb_incidentbook *book, uint64_t after,
				  struct fb_incident_item *list, unsigned int max,
				  uint64_t *ret_last);

/* Its counters into the status. */
void fb_incidentbook_health(struct fb_incidentbook *book,
			    void (*add)(void *ctx, const char *name, const char *help,
					uint64_t value, bool loss),
			    struct fb_status *status);
