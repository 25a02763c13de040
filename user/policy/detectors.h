/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Detectors, a line each: what it needs to be known, what may follow from it by itself, and what
 * looks. One file a family. Each says what it found by fb_look_say. Within policy/ only.
 */
#pragma once

#include "policy/look.h"
#include "policy/mayact.h"

/* Of which connections it can say anything: where they go, and of what kind they are. */
enum fb_detector_of {
	FB_OF_OUT = 1 << 0,
	FB_OF_IN = 1 << 1,
	FB_OF_WITHIN = 1 << 2,
	FB_OF_PASSING = 1 << 3,
	FB_OF_ANYWHERE = FB_OF_OUT | FB_OF_IN | FB_OF_WITHIN | FB_OF_PASSING,
	FB_OF_TCP = 1 << 4,
	FB_OF_UDP = 1 << 5,
	FB_OF_ICMP = 1 << 6,
	FB_OF_OTHER = 1 << 7,
	FB_OF_ANY = FB_OF_TCP | FB_OF_UDP | FB_OF_ICMP | FB_OF_OTHER,
};

/* What else must be so. */
enum fb_detector_if {
	FB_IF_FAILED = 1 << 0,
	FB_IF_SILENT = 1 << 1, /* not a packet came back */
	FB_IF_ODD = 1 << 2,    /* it was not answered, or is the first of its pair, or ICMP */
	FB_IF_PAIR = 1 << 3,   /* they met often */
	FB_IF_ASKED = 1 << 4,  /* a name was asked for */
	FB_IF_MARKED = 1 << 5, /* on a list, or its name is not explained */
	FB_IF_PRINT = 1 << 6,  /* it has a fingerprint */
	FB_IF_SETS = 1 << 7
};

struct fb_detector {
	uint8_t kind;	 /* enum fb_judge_kind */
	uint8_t needs;	 /* enum fb_judge_event: it looks when one of these came, ... */
	uint8_t may_act; /* enum fb_may_act: what may follow */
	uint8_t of;	 /* ... at connections of enum fb_detector_of only, ... */
	uint8_t only;	 /* ... and if all of enum fb_detector_if are so */
	void (*look)(struct fb_look *look);
};

extern const struct fb_detector fb_detectors[FB_KIND_COUNT];

void fb_duty_init(struct fb_duty *duty);
/* Of those the ones that could say anything, after its pair was looked up. */
uint32_t fb_duty_of(const struct fb_duty *duty, const struct fb_look *look);

void fb_detect_probe(struct fb_look *look);
void fb_detect_scan(struct fb_look *look);
void fb_detect_brute(struct fb_look *look);
void fb_detect_beacon(struct fb_look *look);
void fb_detect_failing(struct fb_look *look);
void fb_detect_flood(struct fb_look *look);
void fb_detect_amplification(struct fb_look *look);
void fb_detect_port(struct fb_look *look);
void fb_detect_noname(struct fb_look *look);
void fb_detect_unexplained(struct fb_look *look);
void fb_detect_new(struct fb_look *look);
void fb_detect_lateral(struct fb_look *look);
void fb_detect_exfil(struct fb_look *look);
void fb_detect_frequency(struct fb_look *look);
void fb_detect_long(struct fb_look *look);
void fb_detect_ja4(struct fb_look *look);
void fb_detect_dga(struct fb_look *look);
void fb_detect_tunnel(struct fb_look *look);
void fb_detect_list(struct fb_look *look);
