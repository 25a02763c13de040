/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prometheus' text format, version 0.0.4: a family's head, then its samples. Values of labels may
 * be a stranger's: they are escaped, and what is no plain character is replaced.
 */
#pragma once

#include <stdint.h>

#include "util/buf.h"

#define FB_PROM_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct fb_prom_label {
	const char *key, *value; /* a list ends with a NULL key */
};

/* Labels of one sample, where they are written. */
#define FB_PROM_LABELS(...) ((const struct fb_prom_label[]){__VA_ARGS__, {NULL, NULL}})

/* `type`: "counter", "gauge", "histogram". */
void fb_prom_family(struct fb_buf *buf, const char *name, const char *type, const char *help);

/* `labels`: NULL: none. */
void fb_prom_sample(struct fb_buf *buf, const char *name, const struct fb_prom_label *labels,
		    uint64_t value);
/* value / 10^decimals */
void fb_prom_decimal(struct fb_buf *buf, const char *name, const struct fb_prom_label *labels,
		     uint64_t value, unsigned int decimals);
