/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XDP, where it is asked for: the object xdp.bpf.o, which drops by the maps of the data path, in
 * the driver of an interface. Its link ends with us, or is pinned as those of TC are. A program of
 * others is never replaced. Used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/verdict.h>

#include "kernel/bpf.h"

#define FB_XDP_WHY 240

struct fb_xdp {
	const struct fb_bpf *bpf; /* borrowed */
	bool wanted;
	int prog;	      /* -1: not loaded */
	char why[FB_XDP_WHY]; /* ... because of this */
};

/* On one interface. */
struct fb_xdp_hook {
	int link;	      /* -1: not attached */
	uint32_t taken;	      /* by another's program of this id, which may go; 0: not */
	char why[FB_XDP_WHY]; /* why not; empty: it is, or is not wanted */
};

/*
 * Load the program if it is wanted. What fails is no failure: each interface tells why it has none.
 */
void fb_xdp_open(struct fb_xdp *xdp, const struct fb_bpf *bpf, bool wanted);
void fb_xdp_close(struct fb_xdp *xdp);

/*
 * On this interface, in its driver or not at all; or go on from the link that an earlier run
 * pinned, which ends if XDP is not wanted any more.
 */
void fb_xdp_attach(const struct fb_xdp *xdp, struct fb_xdp_hook *hook, uint32_t ifindex,
		   const char *name);
void fb_xdp_detach(const struct fb_xdp *xdp, struct fb_xdp_hook *hook, uint32_t ifindex,
		   bool keep_pinned);
/* Somebody took it off, or what was there before it is gone: once more. */
void fb_xdp_check(const struct fb_xdp *xdp, struct fb_xdp_hook *hook, uint32_t ifindex,
		  const char *name);

/* What it dropped by the rule of a number, over all CPUs. 0 or -errno. */
int fb_xdp_count(const struct fb_bpf *bpf, uint16_t number, struct fb_xdp_count *ret_count);
int fb_xdp_count_clear(const struct fb_bpf *bpf, uint16_t number);
