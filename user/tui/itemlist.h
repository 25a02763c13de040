/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The items of the last answer in the order in which they are shown, and which of them is chosen. A
 * chosen row stays so by its key, wherever it moves; until one is chosen, the first is the
 * cursor's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tui/views.h"
#include "util/jsontree.h"

#define FB_ITEMLIST_KEY 300

struct fb_itemlist {
	struct fb_jsontree *answer; /* owned */
	const struct fb_jsontree **items;
	unsigned int n;
	const char *key;	      /* member of an item */
	char chosen[FB_ITEMLIST_KEY]; /* "": none */
	unsigned int cursor, top;     /* of the first row shown */
};

struct fb_itemlist_order {
	const char *key;		   /* member of an item */
	const struct fb_view_column *sort; /* NULL: as they came */
	bool descending;
	bool hold; /* those that were there stay in their order; new ones come last */
};

/* Take the answer over. 0, or -ENOMEM and the list is empty. */
int fb_itemlist_set(struct fb_itemlist *list, struct fb_jsontree *answer,
		    const struct fb_itemlist_order *order);

/* Another question: nothing is there, nothing is chosen. */
void fb_itemlist_clear(struct fb_itemlist *list);

/* Move the cursor by as many rows, and choose the row there. */
void fb_itemlist_move(struct fb_itemlist *list, long by);
/* The first row, whichever it is, from now on. */
void fb_itemlist_first(struct fb_itemlist *list);

/* Scroll so that the cursor is among the `rows` shown. */
void fb_itemlist_show(struct fb_itemlist *list, unsigned int rows);

/* The item at the cursor; NULL: there is none. */
const struct fb_jsontree *fb_itemlist_at(const struct fb_itemlist *list);

/* Free a tree, and have none. */
void fb_itemlist_drop(struct fb_jsontree **tree);

/* The value at a path: the flat item's member, or down the tree. */
const struct fb_jsontree *fb_itemlist_value(const struct fb_jsontree *item, const char *path);

void fb_itemlist_fini(struct fb_itemlist *list);
