/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this machine has of what flowbpf uses: the table that `flowbpf doctor` prints.
 * Each check tries the thing itself, not a version. Changes nothing that outlives the call.
 */
#pragma once

enum fb_probe_state {
	FB_PROBE_OK,
	FB_PROBE_WARN, /* works, with less */
	FB_PROBE_BAD,  /* does not work */
	FB_PROBE_INFO, /* neither good nor bad */
};

struct fb_probe {
	const char *name; /* static */
	enum fb_probe_state state;
	char value[96];	    /* what was found */
	char sentence[200]; /* what it means */
	char fix[160];	    /* the one command that changes it, "" if there is none to give */
};

typedef void (*fb_probe_fn)(void *ctx, const struct fb_probe *probe);

/* "ok", "warn", "bad", "info" */
const char *fb_probe_state_name(enum fb_probe_state state);

/* Run all checks, those of one interface too if `ifname` is not NULL. Returns the number of bad. */
int fb_probe_run(const char *ifname, fb_probe_fn fn, void *ctx);
