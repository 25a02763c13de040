/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines above and below the table; what there is no room for is left out, piece by piece. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tui/cells.h"
#include "tui/keymap.h"
#include "tui/top.h"
#include "util/fmt.h"

#define BARS_LEAST 8

struct pen {
	unsigned int row, at, end;
};

/* Whole, or not at all. */
static bool put(struct pen *pen, unsigned int look, const struct fb_buf *text)
{
	const unsigned int width = text->len ? fb_text_columns(text->data, text->len) : 0;

	if (fb_buf_error(text) || !width || pen->at + width > pen->end)
		return false;
	fb_screen_put(pen->row, pen->at, text->data, text->len, look);
	pen->at += width;
	return true;
}

__attribute__((format(printf, 3, 4))) static bool putf(struct pen *pen, unsigned int look,
						       const char *fmt, ...)
{
	_cleanup_buf_ struct fb_buf raw = FB_BUF_INIT, inert = FB_BUF_INIT;
	va_list args;

	va_start(args, fmt);
	fb_buf_vaddf(&raw, fmt, args);
	va_end(args);
	if (raw.len)
		fb_text_add_inert(&inert, raw.data, raw.len);
	return put(pen, look, &inert);
}

/* As much of it as there is room for. */
static void put_cut(struct pen *pen, unsigned int look, const char *text)
{
	_cleanup_buf_ struct fb_buf inert = FB_BUF_INIT, fits = FB_BUF_INIT;

	fb_text_add_inert(&inert, text, strlen(text));
	if (inert.len)
		fb_text_add_cut(&fits, inert.data, inert.len, pen->end - pen->at);
	put(pen, look, &fits);
}

/* At the right end, which comes nearer by it. */
static bool put_right(struct pen *pen, unsigned int look, const char *text)
{
	const unsigned int width = fb_text_columns(text, strlen(text));

	if (pen->at + width + 1 > pen->end)
		return false;
	fb_screen_puts(pen->row, pen->end - width, text, look);
	pen->end -= width + 1;
	return true;
}

/* --- line 0: who it is ------------------------------------------------------------------------ */

static void put_clock(struct pen *pen)
{
	const time_t now = time(NULL);
	char text[16] = "";
	struct tm local;

	if (localtime_r(&now, &local))
		strftime(text, sizeof(text), "%H:%M:%S", &local);
	put_right(pen, FB_TEXT_DIM, text);
}

static void draw_title(const struct fb_top *top)
{
	struct pen pen = {0, 0, fb_screen_columns()};
	char uptime[FB_FMT_STRLEN];

	putf(&pen, FB_TEXT_DOWN | FB_SCREEN_BOLD, "flowbpf");
	put_clock(&pen);
	if (*top->lost.text)
		put_right(&pen, FB_TEXT_BAD | FB_SCREEN_REVERSE, " no answer ");
	else if (top->paused)
		put_right(&pen, FB_TEXT_WARN | FB_SCREEN_REVERSE, " paused ");
	else
		put_right(&pen, FB_TEXT_OK, "● live");
	if (top->head.panic)
		put_right(&pen, FB_TEXT_BAD | FB_SCREEN_REVERSE, " panic: nothing is blocked ");
	if (*top->head.interfaces)
		putf(&pen, FB_TEXT_PLAIN, "  %s", top->head.interfaces);
	if (top->head.uptime_s)
		putf(&pen, FB_TEXT_DIM, "  up %s",
		     fb_fmt_duration(top->head.uptime_s * 1000, uptime));
}

/* --- line 1: what moves ----------------------------------------------------------------------- */

static void put_rate(struct pen *pen, const struct fb_top *top, const double *rates, bool up,
		     unsigned int bars)
{
	_cleanup_buf_ struct fb_buf rate = FB_BUF_INIT, spark = FB_BUF_INIT;
	const unsigned int look = up ? FB_TEXT_UP : FB_TEXT_DOWN;

	fb_cells_rate(&rate, rates[FB_TOP_RECENT - 1], (struct fb_cells_how){top->bytes});
	fb_buf_addc(&rate, '\0');
	fb_cells_spark(&spark, rates + FB_TOP_RECENT - top->head.n, top->head.n, bars);
	if (fb_buf_error(&rate))
		return;
	putf(pen, look | FB_SCREEN_BOLD, "%s %-12s", up ? "↑" : "↓", rate.data);
	put(pen, look, &spark);
	pen->at += bars > top->head.n ? bars - top->head.n : 0;
	pen->at += 2;
}

static void draw_traffic(const struct fb_top *top)
{
	const struct fb_top_head *head = &top->head;
	const unsigned int columns = fb_screen_columns();
	unsigned int bars = columns > 90 ? (columns - 74) / 2 : BARS_LEAST;
	struct pen pen = {1, 0, columns};
	char text[FB_FMT_STRLEN];

	if (!head->n)
		return;
	bars = bars > FB_TOP_RECENT ? FB_TOP_RECENT : bars;
	put_rate(&pen, top, head->up, true, bars);
	put_rate(&pen, top, head->down, false, bars);
	putf(&pen, FB_TEXT_PLAIN, "%s flows ", fb_fmt_count(head->flows, text));
	putf(&pen, head->incidents ? FB_TEXT_BAD : FB_TEXT_DIM, " %s incident%s ",
	     fb_fmt_count(head->incidents, text), head->incidents == 1 ? "" : "s");
	putf(&pen, head->losses ? FB_TEXT_BAD : FB_TEXT_DIM, " %s lost ",
	     fb_fmt_count(head->losses, text));
	putf(&pen, FB_TEXT_DIM, " +%s/s", fb_fmt_count(head->new_per_s, text));
}

/* --- line 2: the views ------------------------------------------------------------------------ */

static void draw_tabs(struct fb_top *top)
{
	struct pen pen = {2, 0, fb_screen_columns()};
	bool descending;
	const unsigned int sort = fb_top_sort(top, &descending);
	char label[64];

	snprintf(label, sizeof(label), "%s%s", fb_top_face(top)->label,
		 sort != FB_VIEW_RATE ? ""
		 : descending	      ? ", by rate ▼"
				      : ", by rate ▲");
	for (unsigned int i = 0; i < FB_VIEWS; i++) {
		top->tabs[i] = pen.at;
		putf(&pen, i == top->view ? FB_TEXT_BOLD | FB_SCREEN_REVERSE : FB_TEXT_PLAIN,
		     " %u %s ", i + 1, fb_views[i].title);
	}
	top->tabs[FB_VIEWS] = pen.at;
	if (!put_right(&pen, FB_TEXT_BOLD, label))
		put_right(&pen, FB_TEXT_BOLD, fb_top_face(top)->label);
}

/* --- line 3: the filter ----------------------------------------------------------------------- */

/* A long line is shown by its end, up to the cursor. */
static void draw_prompt(const struct fb_top *top)
{
	const char *title = top->mode == FB_TOP_NAMING ? "block> " : "filter> ";
	const unsigned int begin = (unsigned int)strlen(title), columns = fb_screen_columns();
	const struct fb_prompt *prompt = &top->prompt;
	size_t from = 0;

	while (fb_text_columns(prompt->text + from, prompt->at - from) + begin + 1 >= columns &&
	       from < prompt->at)
		do
			from++;
		while (((unsigned char)prompt->text[from] & 0xc0) == 0x80);
	fb_screen_puts(3, 0, title, FB_TEXT_DOWN | FB_SCREEN_BOLD);
	fb_screen_put(3, begin, prompt->text + from, prompt->len - from, FB_TEXT_PLAIN);
	fb_screen_cursor(3, begin + fb_text_columns(prompt->text + from, prompt->at - from));
}

static void draw_filter(const struct fb_top *top)
{
	struct pen pen = {3, 0, fb_screen_columns()};

	if (top->hold)
		put_right(&pen, FB_TEXT_WARN, "order held");
	if (fb_top_face(top)->of_flows)
		put_right(&pen, top->live ? FB_TEXT_WARN : FB_TEXT_DIM,
			  top->live == 0   ? "live flows"
			  : top->live == 1 ? "flows that ended"
					   : "live and ended flows");
	if (!fb_top_face(top)->of_flows)
		return;
	if (!*top->filter) {
		if (!putf(&pen, FB_TEXT_DIM,
			  "/ to filter, for example: dst.port = 443 and up > 1MB"))
			putf(&pen, FB_TEXT_DIM, "/ to filter");
		return;
	}
	putf(&pen, FB_TEXT_DIM, "filter: ");
	put_cut(&pen, FB_TEXT_BOLD, top->filter);
}

void fb_top_draw_head(struct fb_top *top)
{
	draw_title(top);
	draw_traffic(top);
	draw_tabs(top);
	if (top->mode == FB_TOP_TYPING || top->mode == FB_TOP_NAMING)
		draw_prompt(top);
	else
		draw_filter(top);
}

/* --- the last line ---------------------------------------------------------------------------- */

static void put_counts(struct pen *pen, const struct fb_top *top)
{
	const struct fb_jsontree *matched = fb_jsontree_get(top->list.answer, "page.matched");
	const uint64_t all = fb_jsontree_is_null(matched) ? top->list.n : fb_jsontree_u64(matched);
	char a[FB_FMT_STRLEN], b[FB_FMT_STRLEN];

	if (all && top->list.n)
		putf(pen, FB_TEXT_PLAIN, "%s of %s  ", fb_fmt_count(top->list.cursor + 1, a),
		     fb_fmt_count(all, b));
}

/* A key and its word, or neither; false: there is no room for more. */
static bool put_hint(struct pen *pen, const struct fb_keymap *line)
{
	const int key = (int)strcspn(line->name, " ");

	if (!line->hint)
		return true;
	if (pen->at + (unsigned int)key + strlen(line->hint) + 2 > pen->end)
		return false;
	putf(pen, FB_TEXT_BOLD, "%.*s", key, line->name);
	putf(pen, FB_TEXT_DIM, " %s", line->hint);
	pen->at += 2;
	return true;
}

void fb_top_draw_foot(const struct fb_top *top)
{
	struct pen pen = {fb_screen_rows() - 1, 0, fb_screen_columns()};

	if (top->mode == FB_TOP_TYPING) {
		putf(&pen, FB_TEXT_DIM, "Enter takes it, Tab completes, Esc leaves it");
		return;
	}
	if (top->mode == FB_TOP_NAMING) {
		putf(&pen, FB_TEXT_DIM,
		     "an address, a prefix or a filter; Enter shows what it would be");
		return;
	}
	if (top->mode == FB_TOP_CONFIRMING)
		return;
	if (*top->act.said) {
		put_cut(&pen, FB_TEXT_BOLD, top->act.said);
		return;
	}
	if (top->mode != FB_TOP_TABLE) {
		putf(&pen, FB_TEXT_DIM, "Esc leads back, Up and Down scroll");
		return;
	}
	put_counts(&pen, top);
	put_right(&pen, FB_TEXT_DIM, "? help  q quit");
	for (size_t i = 0; i < FB_KEYMAP_LINES && put_hint(&pen, &fb_keymap[i]); i++)
		;
}
