/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the daemon's status, once a tick. Used by the engine's thread. */
#pragma once

#include "engine/core.h"
#include "engine/ctfeed.h"
#include "engine/limits.h"
#include "engine/listnets.h"
#include "engine/links.h"
#include "engine/pressure.h"
#include "engine/status.h"

#define FB_HEALTH_TICKS 256

struct fb_health {
	struct fb_status status;
	uint32_t took[FB_HEALTH_TICKS]; /* us, ring */
	unsigned int n_took;
	uint64_t last_ns, started_ns; /* CLOCK_BOOTTIME */
	uint64_t clock_set;	      /* times that were told */
	struct fb_pressure pressure;
};

struct fb_alertbook;
struct fb_auditor;
struct fb_consumers;
struct fb_ends;
struct fb_exporters;
struct fb_historybook;
struct fb_ifbook;
struct fb_judgebook;
struct fb_peers;
struct fb_windows;

/* `now_ns`: as fb_core.moment has it, which is not ours where there are time namespaces. */
void fb_health_init(struct fb_health *health, uint64_t now_ns);
void fb_health_tick_took(struct fb_health *health, uint32_t us);

/* Whose state it is, all borrowed. */
struct fb_health_of {
	const struct fb_core *core;
	const struct fb_links *links;
	const struct fb_limits *limits;
	const struct fb_listnets *listnets;
	const struct fb_ctfeed *ct;
	const struct fb_ifbook *interfaces;
	const struct fb_windows *windows;
	struct fb_peers *peers;
	struct fb_ends *ends;
	const struct fb_historybook *history;
	const struct fb_judgebook *judge;
	const struct fb_consumers *consumers;
	struct fb_exporters *exporters;
	struct fb_alertbook *alerts;
	struct fb_incidentbook *incidents;
	struct fb_automationbook *automation;
	struct fb_auditor *auditor;
	bool panic;
	uint64_t memory;		    /* resident, bytes */
	const struct fb_snapshot *snapshot; /* of this tick; may be NULL */
};

void fb_health_make(struct fb_health *health, const struct fb_health_of *of);
