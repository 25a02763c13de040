// link: tui cli filter flow table kernel util fetch
/* SPDX-License-Identifier: BSD-2-Clause */
/* What the screen says of items: units, ends, hostile names, bars; the views' table; letters alone.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/fields.h"
#include "tui/cells.h"
#include "tui/itemlist.h"
#include "tui/pane.h"
#include "tui/screen.h"
#include "tui/views.h"

static struct fb_jsontree *parse(const char *text)
{
	struct fb_jsontree *tree = NULL;

	assert_int_equal(fb_jsontree_parse(text, strlen(text), &tree), 0);
	return tree;
}

static const char *cell(const struct fb_grid *grid, size_t number)
{
	static char text[256];

	assert_true(number < grid->n_cells && grid->cells[number].len < sizeof(text));
	memcpy(text, fb_grid_text(grid, &grid->cells[number]), grid->cells[number].len);
	text[grid->cells[number].len] = '\0';
	return text;
}

static void test_flow(void **state)
{
	_cleanup_jsontree_ struct fb_jsontree *flow = parse(
		"{\"id\":\"1\",\"src.ip\":\"fd00::1\",\"src.port\":5000,\"dst.ip\":\"192.0.2.1\","
		"\"dst.port\":null,\"dst.host\":\"a\\u001b[2Jb\\u202ec\",\"rate_bps.up\":8000000,"
		"\"rate_bps.down\":0,\"bytes.up\":1500,\"rtt_ms\":12.345,\"closed\":null}");
	const struct fb_view_face *face = &fb_views[FB_VIEW_FLOWS].faces[0];
	_cleanup_grid_ struct fb_grid grid = {0};

	(void)state;
	fb_cells_begin(&grid, face);
	fb_cells_add(&grid, face, flow, (struct fb_cells_how){false});
	fb_cells_add(&grid, face, flow, (struct fb_cells_how){true});
	assert_string_equal(cell(&grid, 0), "[fd00::1]:5000");
	assert_string_equal(cell(&grid, 1), "192.0.2.1");
	assert_string_equal(cell(&grid, 2), "a\\x1b[2Jb\\u{202e}c");
	assert_string_equal(cell(&grid, 3), "8.00 Mbit/s");
	assert_int_equal(grid.cells[3].style, FB_TEXT_UP);
	assert_string_equal(cell(&grid, 4), "0");
	assert_int_equal(grid.cells[4].style, FB_TEXT_DIM);
	assert_string_equal(cell(&grid, face->n_columns + 3u), "1.00 MB/s");
	assert_string_equal(cell(&grid, 8), "-"); /* not known is not 0 */
	assert_string_equal(cell(&grid, 12), "12.3 ms");
}

static void test_ended(void **state)
{
	_cleanup_jsontree_ struct fb_jsontree *flow =
		parse("{\"src.ip\":\"10.0.0.1\",\"rate_bps.up\":1,\"closed\":\"fin\"}");
	const struct fb_view_face *face = &fb_views[FB_VIEW_FLOWS].faces[0];
	_cleanup_grid_ struct fb_grid grid = {0};

	(void)state;
	fb_cells_begin(&grid, face);
	fb_cells_add(&grid, face, flow, (struct fb_cells_how){false});
	for (size_t i = 0; i < grid.n_cells; i++)
		assert_int_equal(grid.cells[i].style, FB_TEXT_DIM);
}

static void test_spark(void **state)
{
	_cleanup_buf_ struct fb_buf bars = FB_BUF_INIT, none = FB_BUF_INIT;

	(void)state;
	fb_cells_spark(&bars, (const double[]){100, 0, 50, 10, -1}, 5, 4);
	fb_buf_addc(&bars, '\0');
	assert_string_equal(bars.data, "▁█▂▁");
	fb_cells_spark(&none, NULL, 0, 8);
	assert_int_equal(none.len, 0);
}

/* Letters of the same width, so that columns stay where they are. */
static void test_ascii(void **state)
{
	static const char text[] = "x…▁█▲↓ü中\xff";
	_cleanup_buf_ struct fb_buf letters = FB_BUF_INIT;

	(void)state;
	fb_screen_add_ascii(&letters, text, sizeof(text) - 1);
	fb_buf_addc(&letters, '\0');
	assert_string_equal(letters.data, "x~_#^v????");
}

/* What views ask for are fields that the API has, and what they sort by can be sorted by. */
static void check_flow_column(const struct fb_view_face *face, const struct fb_view_column *column)
{
	const struct fb_field *field = fb_field_find(column->path, strlen(column->path));

	if (face->group_by)
		return;
	assert_non_null(field);
	assert_string_equal(field->name, column->path);
	assert_int_equal(field->sortable, column->sorts);
}

static void test_views(void **state)
{
	(void)state;
	for (unsigned int v = 0; v < FB_VIEWS; v++)
		for (unsigned int f = 0; f < fb_views[v].n_faces; f++) {
			const struct fb_view_face *face = &fb_views[v].faces[f];
			const struct fb_field *group =
				face->group_by
					? fb_field_find(face->group_by, strlen(face->group_by))
					: NULL;

			assert_true(face->n_columns <= FB_VIEW_COLUMNS);
			assert_true(face->sort == FB_VIEW_RATE || face->columns[face->sort].sorts);
			assert_true(face->of_flows == (face->sort == FB_VIEW_RATE));
			assert_true(!face->group_by || (group && group->groupable));
			for (unsigned int i = 0; face->of_flows && i < face->n_columns; i++)
				check_flow_column(face, &face->columns[i]);
		}
}

static void test_sorts(void **state)
{
	const struct fb_view_face *face = &fb_views[1].faces[0];

	(void)state;
	assert_int_equal(fb_view_next_sort(face, 0, 1), 2); /* the label is no order */
	assert_int_equal(fb_view_next_sort(face, 2, -1), 0);
	assert_int_equal(fb_view_next_sort(face, 0, -1), face->n_columns - 1);
	assert_int_equal(fb_view_next_sort(face, FB_VIEW_RATE, 1), 0);
	assert_int_equal(fb_view_next_sort(face, FB_VIEW_RATE, -1), face->n_columns - 1);
}

/* At each width all that is shown fits, and what says who and how much is always there. */
static void test_widths(void **state)
{
	_cleanup_jsontree_ struct fb_jsontree *flow = parse(
		"{\"src.ip\":\"2001:db8:1111:2222:3333:4444:5555:6666\",\"src.port\":50000,"
		"\"dst.ip\":\"2001:db8:1111:2222:3333:4444:5555:7777\",\"dst.port\":443,"
		"\"dst.host\":\"a-long-name.of-a-server.example.com\",\"rate_bps.up\":123456789,"
		"\"rate_bps.down\":123456789,\"state\":\"ESTABLISHED\",\"service\":\"https\"}");
	const struct fb_view_face *face = &fb_views[FB_VIEW_FLOWS].faces[0];

	(void)state;
	for (unsigned int width = 80; width <= 300; width++) {
		_cleanup_grid_ struct fb_grid grid = {0};
		unsigned int widths[FB_GRID_COLUMNS] = {0}, sum = 0, n = 0;

		fb_cells_begin(&grid, face);
		fb_cells_add(&grid, face, flow, (struct fb_cells_how){false});
		for (unsigned int i = 0; i < face->n_columns; i++)
			widths[i] = face->columns[i].usual;
		fb_grid_measure(&grid, widths);
		fb_grid_fit(&grid, width, widths);
		for (unsigned int i = 0; i < grid.n_columns; i++) {
			n += !grid.columns[i].left_out;
			sum += grid.columns[i].left_out ? 0 : widths[i];
			assert_false(i < 5 && grid.columns[i].left_out);
		}
		assert_true(sum + FB_GRID_GAP * (n - 1) <= width);
		assert_true(width < 300 || n == face->n_columns);
	}
}

static void test_pane(void **state)
{
	_cleanup_jsontree_ struct fb_jsontree *flow = parse(
		"{\"id\":\"7\",\"proto\":\"tcp\",\"src\":{\"ip\":\"10.0.0.1\",\"port\":5},"
		"\"bytes\":{\"up\":1500,\"down\":0},\"list\":[\"a\",\"b\"],\"service\":null}");
	_cleanup_jsontree_ struct fb_jsontree *item =
		parse("{\"name\":\"eth0\",\"rx\":{\"rate_bps\":5},\"mac\":null,\"up\":true}");
	_cleanup_grid_ struct fb_grid pane = {0}, other = {0};

	(void)state;
	fb_pane_begin(&pane);
	fb_pane_add_flow(&pane, flow);
	assert_string_equal(cell(&pane, 0), "Connection");
	assert_string_equal(cell(&pane, 2), "Id");
	assert_string_equal(cell(&pane, 7), "a, b");
	assert_string_equal(cell(&pane, 8), "Source");
	assert_string_equal(cell(&pane, 17), "1.50 kB");
	fb_pane_begin(&other);
	fb_pane_add_item(&other, item);
	assert_int_equal(other.n_cells, 6);
	assert_string_equal(cell(&other, 2), "rx.rate_bps");
	assert_string_equal(cell(&other, 5), "true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow),   cmocka_unit_test(test_ended),
		cmocka_unit_test(test_spark),  cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_views),  cmocka_unit_test(test_sorts),
		cmocka_unit_test(test_widths), cmocka_unit_test(test_pane),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
