/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of one page, picked from a pass over all: what can still be on it stands in a buffer,
 * cut back to the best each time that it is full. Most rows lose by one comparison of two numbers
 * against the worst that was kept, and the order in which they come is of no matter.
 */
#pragma once

#include "query/query.h"

struct fb_pick_item {
	uint64_t
		key[2]; /* numbers in the order of the first sort, or of the first and the second */
	uint64_t id;	/* decides where all sorts are equal */
	uint32_t row;
	uint32_t decided; /* sorts that need no look where the keys are equal */
};

struct fb_pick {
	const struct fb_snapshot *snapshot;
	struct fb_sort sort[FB_QUERY_SORTS];
	unsigned int n_sorts;
	bool wide;	     /* both keys are the first sort's */
	bool descending[2];  /* by key */
	uint32_t from, keep; /* the page is the kept ones from `from` on */
	struct fb_pick_item *item, worst;
	uint32_t n, size;
	bool cut; /* `worst` is the last of those kept */
	uint32_t seed;
};

/* 0 or -ENOMEM. */
int fb_pick_init(struct fb_pick *pick, const struct fb_snapshot *snapshot,
		 const struct fb_query *query);
void fb_pick_fini(struct fb_pick *pick);

void fb_pick_add(struct fb_pick *pick, const struct fb_flow_at *at, uint32_t row);
/* The page in its order; *ret_rows is to be freed, NULL when the page is empty. 0 or -ENOMEM. */
int fb_pick_page(struct fb_pick *pick, uint32_t **ret_rows, uint32_t *ret_n);
