/* SPDX-License-Identifier: BSD-2-Clause */
#include "tui/itemlist.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/select.h"

const struct fb_jsontree *fb_itemlist_value(const struct fb_jsontree *item, const char *path)
{
	const struct fb_jsontree *value = fb_jsontree_member(item, path);

	return value ? value : fb_jsontree_get(item, path);
}

void fb_itemlist_drop(struct fb_jsontree **tree)
{
	fb_jsontree_freep(tree);
	*tree = NULL;
}

static const char *key_of(const struct fb_jsontree *item, const char *key)
{
	return fb_jsontree_str(fb_jsontree_member(item, key));
}

/* --- order ------------------------------------------------------------------------------------ */

/* Numbers by size, all else by its text; what is not known comes last in descending order. */
static int compare_values(const struct fb_jsontree *a, const struct fb_jsontree *b)
{
	const double x = fb_jsontree_number(a), y = fb_jsontree_number(b);

	if (isnan(x) && isnan(y))
		return strcmp(fb_jsontree_str(a), fb_jsontree_str(b));
	if (isnan(x) || isnan(y))
		return isnan(x) ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int compare_items(const void *a, const void *b, void *ctx)
{
	const struct fb_jsontree *const *x = a, *const *y = b;
	const struct fb_itemlist_order *order = ctx;
	const char *path = order->sort->path;
	int r = compare_values(fb_itemlist_value(*x, path), fb_itemlist_value(*y, path));

	if (r)
		return order->descending ? -r : r;
	return strcmp(key_of(*x, order->key), key_of(*y, order->key));
}

/* Those of the old list first, in its order. They are mostly where they were: look there first. */
static void keep_order(const struct fb_itemlist *old, const struct fb_jsontree **items,
		       unsigned int n, const char *key)
{
	unsigned int placed = 0;

	for (unsigned int i = 0; i < old->n && placed < n; i++) {
		const char *wanted = key_of(old->items[i], key);

		for (unsigned int k = placed; k < n; k++) {
			const struct fb_jsontree *found = items[k];

			if (strcmp(key_of(found, key), wanted) != 0)
				continue;
			memmove(&items[placed + 1], &items[placed], (k - placed) * sizeof(*items));
			items[placed++] = found;
			break;
		}
	}
}

/* --- the list --------------------------------------------------------------------------------- */

static unsigned int collect(const struct fb_jsontree *answer, const struct fb_jsontree **items)
{
	const struct fb_jsontree *item = fb_jsontree_first(fb_jsontree_get(answer, "items"));
	unsigned int n = 0;

	for (; item; item = fb_jsontree_next(item)) {
		if (items)
			items[n] = item;
		n++;
	}
	return n;
}

static void find_chosen(struct fb_itemlist *list)
{
	if (!*list->chosen)
		list->cursor = 0;
	for (unsigned int i = 0; *list->chosen && i < list->n; i++)
		if (!strcmp(key_of(list->items[i], list->key), list->chosen)) {
			list->cursor = i;
			return;
		}
	/* it is gone: what took its place is only looked at */
	if (list->cursor >= list->n)
		list->cursor = list->n ? list->n - 1 : 0;
}

int fb_itemlist_set(struct fb_itemlist *list, struct fb_jsontree *answer,
		    const struct fb_itemlist_order *order)
{
	const unsigned int n = collect(answer, NULL);
	const struct fb_jsontree **items = calloc(n + 1, sizeof(const struct fb_jsontree *));

	if (!items) {
		fb_jsontree_freep(&answer);
		fb_itemlist_clear(list);
		return -ENOMEM;
	}
	collect(answer, items);
	if (order->sort)
		fb_sort(items, n, sizeof(const struct fb_jsontree *), compare_items,
			(void *)(uintptr_t)order);
	if (order->hold)
		keep_order(list, items, n, order->key);
	fb_jsontree_freep(&list->answer);
	free(list->items);
	list->answer = answer;
	list->items = items;
	list->n = n;
	list->key = order->key;
	find_chosen(list);
	return 0;
}

void fb_itemlist_clear(struct fb_itemlist *list)
{
	fb_itemlist_fini(list);
	*list = (struct fb_itemlist){.answer = NULL};
}

void fb_itemlist_move(struct fb_itemlist *list, long by)
{
	const long last = (long)list->n - 1;
	long to = (long)list->cursor + by;

	if (last < 0)
		return;
	list->cursor = (unsigned int)(to < 0 ? 0 : to > last ? last : to);
	snprintf(list->chosen, sizeof(list->chosen), "%s",
		 key_of(list->items[list->cursor], list->key));
}

void fb_itemlist_first(struct fb_itemlist *list)
{
	list->cursor = list->top = 0;
	list->chosen[0] = '\0';
}

void fb_itemlist_show(struct fb_itemlist *list, unsigned int rows)
{
	const unsigned int most = list->n > rows ? list->n - rows : 0;

	if (list->top > list->cursor)
		list->top = list->cursor;
	if (rows && list->cursor >= list->top + rows)
		list->top = list->cursor - rows + 1;
	if (list->top > most)
		list->top = most;
}

const struct fb_jsontree *fb_itemlist_at(const struct fb_itemlist *list)
{
	return list->cursor < list->n ? list->items[list->cursor] : NULL;
}

void fb_itemlist_fini(struct fb_itemlist *list)
{
	fb_itemlist_drop(&list->answer);
	free(list->items);
	list->items = NULL;
	list->n = 0;
}
