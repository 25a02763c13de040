/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/rulelook.h"

#include <stdio.h>

#include "cli/text.h"
#include "util/fmt.h"

static const char *text(const struct fb_jsontree *at, const char *path)
{
	return fb_jsontree_str(fb_jsontree_get(at, path));
}

static uint64_t number(const struct fb_jsontree *at, const char *path)
{
	return fb_jsontree_u64(fb_jsontree_get(at, path));
}

static void write_sums(struct fb_buf *buf, const char *title, const struct fb_jsontree *of)
{
	char flows[FB_FMT_STRLEN], hosts[FB_FMT_STRLEN], bytes[FB_FMT_STRLEN];

	fb_buf_addf(
		buf, "%s: %s flows, hosts: %s, %s", title, fb_fmt_count(number(of, "flows"), flows),
		fb_fmt_count(number(of, "hosts"), hosts), fb_fmt_bytes(number(of, "bytes"), bytes));
}

static void print_examples(const struct fb_jsontree *preview)
{
	static const char *const titles[] = {"SOURCE", "DESTINATION", "NAME", "PROTO", "STATE"};
	static const char *const paths[] = {"src.ip", "dst.ip", "dst.host", "proto", "state"};
	const struct fb_jsontree *flow = fb_jsontree_first(fb_jsontree_get(preview, "examples"));
	_cleanup_grid_ struct fb_grid grid = {0};

	if (!flow)
		return;
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		fb_grid_column(&grid, titles[i], false, 0);
	for (; flow; flow = fb_jsontree_next(flow)) {
		for (size_t i = 0; i < 2; i++)
			fb_grid_cellf(
				&grid, FB_TEXT_PLAIN, "%s:%llu", text(flow, paths[i]),
				(unsigned long long)number(flow, i ? "dst.port" : "src.port"));
		for (size_t i = 2; i < sizeof(paths) / sizeof(*paths); i++)
			fb_grid_cells(&grid, FB_TEXT_PLAIN, text(flow, paths[i]));
	}
	fb_grid_print(&grid, stdout, fb_text_width(stdout), fb_text_colours(stdout));
}

static void write_warnings(struct fb_buf *buf, const struct fb_jsontree *preview)
{
	if (fb_jsontree_is_true(fb_jsontree_get(preview, "touches_inside")))
		fb_buf_adds(buf, "it is about inside hosts: by their addresses, or all that one of "
				 "them has\n");
	if (number(preview, "confirm"))
		fb_buf_addf(buf,
			    "it would be taken back after %llu s unless \"flowbpf rules confirm\" "
			    "comes\n",
			    (unsigned long long)number(preview, "confirm"));
	if (!fb_jsontree_is_null(fb_jsontree_get(preview, "refused")))
		fb_buf_addf(buf, "it would be refused: it is %s\n", text(preview, "refused.text"));
}

void fb_rulelook_write(struct fb_buf *buf, const struct fb_jsontree *preview)
{
	const struct fb_jsontree *past = fb_jsontree_get(preview, "past");
	const struct fb_jsontree *left = fb_jsontree_first(fb_jsontree_get(preview, "protected"));
	char rate[FB_FMT_STRLEN];

	write_sums(buf, "now", preview);
	fb_buf_addf(buf, ", %s\n", fb_fmt_rate(number(preview, "rate"), rate));
	if (fb_jsontree_is_null(past)) {
		fb_buf_addf(buf, "in the last 24 h: not known, %s\n", text(preview, "past_lack"));
	} else {
		write_sums(buf, "in the last 24 h", past);
		fb_buf_addc(buf, '\n');
	}
	for (; left; left = fb_jsontree_next(left))
		fb_buf_addf(buf, "left alone, %s: %llu\n", text(left, "text"),
			    (unsigned long long)number(left, "flows"));
	write_warnings(buf, preview);
}

void fb_rulelook_print(const struct fb_jsontree *preview)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	print_examples(preview);
	fb_rulelook_write(&buf, preview);
	fb_buf_addc(&buf, '\0');
	printf("%snothing was changed\n", fb_buf_error(&buf) ? "" : buf.data);
}
