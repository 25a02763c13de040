/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of flows; see the header. */
#include "cli/flowlist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/verb.h"
#include "util/fmt.h"

#define PAGE	    1000
#define TABLE_LIMIT 100
#define AROUND	    3 /* lines of a table beside its rows, and the cursor's */

struct query {
	const struct fb_flowlist *list;
	struct fb_daemon daemon;
	struct fb_listing *listing;
	uint64_t matched;
	char next[256]; /* cursor of the next page */
};

/* Of whole objects none is named. */
static void add_fields(struct fb_buf *target, const struct fb_listing *listing)
{
	const struct fb_field *fields[FB_COLUMNS_FIELDS];
	unsigned int n = listing->kind == FB_LISTING_LINES
				 ? 0
				 : fb_columns_fields(&listing->columns, fields);

	for (unsigned int i = 0; i < n; i++)
		fb_buf_addf(target, "%s%s", i ? "," : "&fields=", fields[i]->name);
}

static int get_page(struct query *query, uint32_t limit, struct fb_jsontree **ret_page)
{
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;

	fb_buf_addf(&target, "/api/v1/flows%s&limit=%u", query->list->params, limit);
	add_fields(&target, query->listing);
	fb_daemon_param(&target, "cursor", *query->next ? query->next : NULL);
	fb_buf_addc(&target, '\0');
	if (fb_buf_error(&target))
		return -ENOMEM;
	return fb_daemon_get(&query->daemon, target.data, &body, ret_page);
}

/* All pages, up to the limit. */
static int walk(struct query *query, uint64_t limit)
{
	struct fb_listing *listing = query->listing;

	do {
		_cleanup_jsontree_ struct fb_jsontree *page = NULL;
		const struct fb_jsontree *flow;
		uint64_t left = limit - listing->shown;
		int r = get_page(query, left < PAGE ? (uint32_t)left : PAGE, &page);

		if (r)
			return r;
		flow = fb_jsontree_first(fb_jsontree_get(page, "items"));
		for (; flow; flow = fb_jsontree_next(flow))
			fb_listing_add(listing, flow);
		query->matched = fb_jsontree_u64(fb_jsontree_get(page, "page.matched"));
		snprintf(query->next, sizeof(query->next), "%s",
			 fb_jsontree_str(fb_jsontree_get(page, "page.next")));
	} while (*query->next && listing->shown < limit);
	if (query->list->bar)
		fb_searchbar_end(query->list->bar);
	return fb_listing_end(listing);
}

/* Beside the rows, so that a pipe gets rows only. */
static void print_sum(uint64_t shown, uint64_t matched)
{
	char a[FB_FMT_STRLEN], b[FB_FMT_STRLEN];

	if (shown < matched)
		fprintf(stderr, "%s of %s flows; --limit 0 shows all\n", fb_fmt_count(shown, a),
			fb_fmt_count(matched, b));
	else
		fprintf(stderr, "%s flow%s\n", fb_fmt_count(shown, a), shown == 1 ? "" : "s");
}

/* A narrow terminal gets fewer columns, rather than all of them cut. */
static const char *table_fields(void)
{
	unsigned int width = fb_text_width(stdout);

	return width && width < FB_LISTING_NARROW_COLUMNS ? FB_LISTING_NARROW : FB_LISTING_TABLE;
}

/* A table that is watched has a screen's rows. */
static uint64_t limit_of(const struct fb_flowlist *list)
{
	const unsigned int height = fb_text_height(stdout);

	if (list->limit != FB_FLOWLIST_NO_LIMIT)
		return list->limit ? list->limit : UINT64_MAX;
	if (list->kind != FB_LISTING_GRID)
		return UINT64_MAX;
	return list->watched && height ? height - AROUND : TABLE_LIMIT;
}

int fb_flowlist_fail(const struct fb_daemon *daemon, int error)
{
	return fb_fail(daemon->status == 400 ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s",
		       *daemon->why.text ? daemon->why.text
		       : error == -EIO	 ? "cannot write the output"
					 : strerror(-error));
}

int fb_flowlist_print(const struct fb_flowlist *list)
{
	struct query query = {.list = list, .daemon = {.socket = list->socket}};
	_cleanup_listing_ struct fb_listing listing = {.kind = list->kind, .clear = list->watched};
	const char *fields = list->fields;
	int r;

	query.listing = &listing;
	query.daemon.patience_s = list->bar ? FB_FLOWLIST_PAST_S : 0;
	if (!fields)
		fields = list->kind == FB_LISTING_VALUES ? FB_LISTING_CSV : table_fields();
	if (fb_listing_begin(&listing, fields))
		return fb_fail(FB_EXIT_USAGE, "%s", listing.columns.why);
	r = walk(&query, limit_of(list));
	if (list->bar)
		fb_searchbar_end(list->bar);
	if (r)
		return fb_flowlist_fail(&query.daemon, r);
	if (listing.kind == FB_LISTING_GRID)
		print_sum(listing.shown, query.matched);
	return FB_EXIT_DONE;
}
