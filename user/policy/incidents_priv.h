/* SPDX-License-Identifier: BSD-2-Clause */
/* incidents.c, incidentcalls.c and incidentsilence.c meet here. */
#pragma once

#include "policy/incidents.h"

/* Bytes of a network that one source may have the whole of: /24, behind 12 of IPv6; /64. */
#define FB_INCIDENT_NET4 15
#define FB_INCIDENT_NET6 8

/* One of the last run. NULL: it is there already, or there is no room. */
struct fb_incident *fb_incidents_put(struct fb_incidents *incidents,
				     const struct fb_incident *incident);
bool fb_incidents_is_of(const struct fb_person *who, const struct fb_incident_addr *host,
			const struct fb_incident_addr *peer);
unsigned int fb_incidents_erase_silences(struct fb_incidents *incidents,
					 const struct fb_person *who);
void fb_incidents_end_silences(struct fb_incidents *incidents, int64_t wall_ms);

/* A flow was added to it. */
void fb_incidents_call(struct fb_incidents *incidents, struct fb_incident *incident,
		       const struct fb_judged *flow, const struct fb_judgement *judgement,
		       int64_t wall_ms);
/* Now and then. */
void fb_incidents_call_due(struct fb_incidents *incidents, struct fb_incident *incident,
			   int64_t wall_ms);

/* Parts of files of the state folder. Of reading, false: it is none of ours. */
void fb_incident_add_addr(struct fb_buf *buf, const struct fb_incident_addr *addr);
void fb_incident_add_text(struct fb_buf *buf, const char *text);
bool fb_incident_take_addr(struct fb_blob *blob, struct fb_incident_addr *ret_addr);
bool fb_incident_take_text(struct fb_blob *blob, char *text, size_t size);
