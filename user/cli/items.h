/* SPDX-License-Identifier: BSD-2-Clause */
/* What verbs share that print the items of one of the daemon's answers: as a table, or as it is. */
#pragma once

#include "cli/daemon.h"
#include "cli/text.h"
#include "util/jsontree.h"

struct fb_items_column {
	const char *title;
	bool right;
	unsigned int least, rank; /* as in struct fb_grid_column */
};

struct fb_items {
	const struct fb_items_column *columns;
	size_t n_columns;
	void (*add_row)(struct fb_grid *table, const struct fb_jsontree *item);
};

/* The answer, or what it was read from (`json`), to stdout. 0, or an exit code: the user was told.
 */
int fb_items_print(const struct fb_items *items, const struct fb_jsontree *answer,
		   const struct fb_buf *body, bool json);

/* False: whose sockets are is not known there, or not of all; stderr was told why. */
bool fb_items_owners_known(const char *socket);

/* What is at a dotted path of an item: "" and 0 where there is none. */
const char *fb_items_text(const struct fb_jsontree *item, const char *path);
uint64_t fb_items_number(const struct fb_jsontree *item, const char *path);

/* A cell: a number, its dash where it is 0; the container's name, else its id. */
void fb_items_add_number(struct fb_grid *table, uint64_t number);
void fb_items_add_container(struct fb_grid *table, const struct fb_jsontree *item);

/* A cell: what `text` says of each of a list, with commas. */
void fb_items_add_list(struct fb_grid *table, const struct fb_jsontree *list,
		       const char *(*text)(const struct fb_jsontree *one));
