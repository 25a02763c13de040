/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that no person chose: how much likelier what a name is like is among names that programs
 * made up than among those of the world's sites. Weights of a byte for each pair of letters, the
 * length, and what of it are digits, vowels and runs, learned by tests/judge/learn_names. Names put
 * together of words pass. Of a single odd name nothing follows: one in 200 sites has such. Pure,
 * any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FB_DGA_SYMBOLS 38 /* an edge, a to z, 0 to 9, all else */
#define FB_DGA_LENGTHS 64
#define FB_DGA_RUNS    16
#define FB_DGA_VOWELS  8
#define FB_DGA_DIGITS  16
#define FB_DGA_TURNS   16
#define FB_DGA_VARIETY 32

/* Each in 1/16 of ln(odds). */
struct fb_dga_weights {
	int8_t pair[FB_DGA_SYMBOLS][FB_DGA_SYMBOLS];
	int8_t length[FB_DGA_LENGTHS];	/* in characters, as all that follow; the last for more */
	int8_t consonants[FB_DGA_RUNS]; /* the longest run of them */
	int8_t vowels[FB_DGA_VOWELS];	/* likewise */
	int8_t digits[FB_DGA_DIGITS];	/* how many */
	int8_t turns[FB_DGA_TURNS];	/* from digits to others and back */
	int8_t variety[FB_DGA_VARIETY]; /* different ones */
};

extern const struct fb_dga_weights fb_dga_weights;

/*
 * The label of a name that somebody registered: of "a.example.co.uk" "example". Its length, at
 * *ret_label; 0: there is none, for the name has one label, or is of addresses or of the network
 * here.
 */
size_t fb_dga_label(const char *name, const char **ret_label);

/* 16 ln(odds) that a label was made up: above 0 it is odd. Upper and lower case are one. */
int fb_dga_score(const char *label, size_t len);
