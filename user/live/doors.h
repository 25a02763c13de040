/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Daemons elsewhere that a relay asks, and how each answered lately. Whoever calls holds the
 * relay's lock; the texts of a door never change, so that who holds one reads them without it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fb_json;

#define FB_DOORS_UNDER "/sensor/" /* NAME/api/v1/... is /api/v1/... of the sensor NAME */

/* Whom to ask; a copy of the texts is kept. */
struct fb_door_to {
	const char *name;   /* of a sensor; NULL: it is the only one */
	const char *socket; /* path; NULL: */
	const char *url;    /* http[s]://HOST[:PORT] */
	const char *token;  /* of a login there; NULL: none */
	const char *ca;	    /* file of who vouches for it; NULL: the system's */
};

struct fb_door {
	struct fb_door *next;
	unsigned int refs;
	bool listed; /* false: others were put in its place */
	char *name;  /* NULL: it is the only one */
	char *socket, *url, *token, *ca;
	unsigned int calls; /* on their way */
	uint64_t asked, refused, failed;
	int64_t failing_ms; /* since when, of the wall clock; 0: the last one had an answer */
	char error[200];    /* of the last failure */
};

struct fb_doors {
	struct fb_door *first;
};

/*
 * These, whole, in the place of all others; one that is as it was stays, with what it counted.
 * 0; -ENOMEM: nothing changed.
 */
int fb_doors_set(struct fb_doors *doors, const struct fb_door_to *to, unsigned int n);
void fb_doors_fini(struct fb_doors *doors);

/* To be put back; NULL: there is none of that name. */
struct fb_door *fb_doors_get(struct fb_doors *doors, const char *name);
void fb_door_put(struct fb_door *door);

/* How a call went: `error` NULL: it had an answer. */
void fb_door_told(struct fb_door *door, const char *error);

/* A list of what may be known of each by who may look: neither addresses nor logins. */
void fb_doors_write(const struct fb_doors *doors, struct fb_json *json);
