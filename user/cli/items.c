/* SPDX-License-Identifier: BSD-2-Clause */
/* Items of an answer; see the header. */
#include "cli/items.h"

#include <stdio.h>

#include "cli/verb.h"

const char *fb_items_text(const struct fb_jsontree *item, const char *path)
{
	return fb_jsontree_str(fb_jsontree_get(item, path));
}

uint64_t fb_items_number(const struct fb_jsontree *item, const char *path)
{
	return fb_jsontree_u64(fb_jsontree_get(item, path));
}

void fb_items_add_number(struct fb_grid *table, uint64_t number)
{
	if (number)
		fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu", (unsigned long long)number);
	else
		fb_grid_cells(table, FB_TEXT_DIM, "-");
}

void fb_items_add_container(struct fb_grid *table, const struct fb_jsontree *item)
{
	const char *name = fb_items_text(item, "container_name");

	fb_grid_cells(table, FB_TEXT_PLAIN, *name ? name : fb_items_text(item, "container"));
}

void fb_items_add_list(struct fb_grid *table, const struct fb_jsontree *list,
		       const char *(*text)(const struct fb_jsontree *one))
{
	_cleanup_buf_ struct fb_buf cell = FB_BUF_INIT;
	const struct fb_jsontree *one = fb_jsontree_first(list);

	for (; one; one = fb_jsontree_next(one))
		fb_buf_addf(&cell, "%s%s", cell.len ? ", " : "", text(one));
	fb_grid_cell(table, FB_TEXT_PLAIN, cell.data ? cell.data : "", cell.len);
}

static int print_table(const struct fb_items *items, const struct fb_jsontree *answer)
{
	_cleanup_grid_ struct fb_grid table = {0};
	const struct fb_jsontree *item = fb_jsontree_first(fb_jsontree_get(answer, "items"));

	for (size_t i = 0; i < items->n_columns; i++) {
		const struct fb_items_column *column = &items->columns[i];

		fb_grid_column(&table, column->title, column->right, column->least);
		table.columns[i].rank = column->rank;
	}
	for (; item; item = fb_jsontree_next(item))
		items->add_row(&table, item);
	return fb_grid_print(&table, stdout, fb_text_width(stdout), fb_text_colours(stdout));
}

bool fb_items_owners_known(const char *socket)
{
	struct fb_daemon daemon = {.socket = socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *health = NULL;
	const char *lack;

	if (fb_daemon_get(&daemon, "/api/v1/health", &body, &health))
		return true; /* what there is was told */
	lack = fb_items_text(health, "knows.owner_lack");
	if (*lack)
		fprintf(stderr, "%s\n", lack);
	else if (!fb_jsontree_is_true(fb_jsontree_get(health, "knows.owner")))
		fprintf(stderr, "processes are not known: the daemon runs with --no-owner\n");
	else
		return true;
	return false;
}

int fb_items_print(const struct fb_items *items, const struct fb_jsontree *answer,
		   const struct fb_buf *body, bool json)
{
	const int r = json ? fb_text_print_json(body->data, body->len) : print_table(items, answer);

	return r ? fb_fail(FB_EXIT_FAILED, "cannot write the output") : FB_EXIT_DONE;
}
