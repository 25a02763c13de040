/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Payload samples through the inspector to the table, the name cache and, for bpftool, fb_names.
 * Used by the engine's thread.
 */
#pragma once

#include <stdint.h>

#include "engine/describe.h"
#include "enrich/inspect.h"
#include "kernel/rowmap.h"
#include "table/table.h"

#define FB_HELLO_QUOTES 512

/* An ICMP error, kept until the scan has told of the flow that it quotes. */
struct fb_hello_quote {
	struct fb_tuple tuple;
	uint8_t type, code;
};

struct fb_hello {
	struct fb_inspect *inspect;
	struct fb_table *table; /* borrowed, as the others */
	struct fb_rows *rows;
	struct fb_describe *describe;
	uint64_t names_failed; /* names that fb_names had no room for */
	struct fb_hello_quote quote[FB_HELLO_QUOTES];
	unsigned int n_quotes;
	uint64_t quotes_lost; /* ICMP errors of no flow that is known, or too many in one tick */
};

int fb_hello_init(struct fb_hello *hello, struct fb_table *table, struct fb_rows *rows,
		  struct fb_describe *describe);
void fb_hello_fini(struct fb_hello *hello);

void fb_hello_feed(struct fb_hello *hello, const struct fb_event *event, const uint8_t *payload);
void fb_hello_tick(struct fb_hello *hello, uint64_t now_ns);

struct fb_status;

/* Add the counters of inspector and name cache by `add`. */
void fb_hello_counters(const struct fb_hello *hello,
		       void (*add)(struct fb_status *status, const char *name, const char *help,
				   uint64_t value, bool loss),
		       struct fb_status *status);
