/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers of ClickHouse in its format TabSeparated as cells of flows, coded as history codes them:
 * words of closed lists by their numbers, addresses as numbers or 16 bytes. Texts are unescaped
 * where they stand.
 */
#pragma once

#include "flow/past.h"

/* Where addresses of one record stand. */
struct fb_fleetcells {
	unsigned int n;
	uint8_t addr[8][16];
};

/* The next value: *at goes behind it. False: it is none of the field's. */
bool fb_fleetcells_read(char **at, const struct fb_field *field, struct fb_fleetcells *room,
			struct fb_past_cell *ret_cell);

/* The next value as text, NUL behind it; "" where it is null. */
const char *fb_fleetcells_text(char **at);

/* So many numbers; what is null is 0. */
bool fb_fleetcells_numbers(char **at, unsigned int n, uint64_t *ret_numbers);
