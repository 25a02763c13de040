/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sums over time of what flows moved, by one field each, as the table `rollup` of the history has
 * them: step in seconds, `by` as numbered here, the bucket's begin in seconds since 1970, the key
 * coded as the field's column is. Of a bucket the largest keys stand alone, the rest together.
 */
#pragma once

#include "flow/fields.h"

/* X(word, number, field): the numbers are in files, they stay. */
#define FB_ROLLUP_BYS(X)                                                                           \
	X(total, 0, FB_FIELD_COUNT)                                                                \
	X(interface, 1, FB_FIELD_iface)                                                            \
	X(service, 2, FB_FIELD_service)                                                            \
	X(protocol, 3, FB_FIELD_proto)                                                             \
	X(host, 4, FB_FIELD_src_ip)                                                                \
	X(device, 5, FB_FIELD_src_mac)                                                             \
	X(name, 6, FB_FIELD_dst_host)                                                              \
	X(network, 7, FB_FIELD_dst_org)                                                            \
	X(country, 8, FB_FIELD_dst_country)                                                        \
	X(process, 9, FB_FIELD_owner_process)                                                      \
	X(verdict, 10, FB_FIELD_verdict)

enum fb_rollup_by {
#define X(word, number, field) FB_ROLLUP_##word = number,
	FB_ROLLUP_BYS(X)
#undef X
		FB_ROLLUP_BYS_COUNT
};

struct fb_rollup_by_what {
	const char *word;
	enum fb_field_id field; /* FB_FIELD_COUNT: of all, its key is '' */
};

/* By number. */
extern const struct fb_rollup_by_what fb_rollup_bys[FB_ROLLUP_BYS_COUNT];

#define FB_ROLLUP_STEPS 3
/* Seconds of a bucket, short to long. */
extern const unsigned int fb_rollup_steps[FB_ROLLUP_STEPS];
