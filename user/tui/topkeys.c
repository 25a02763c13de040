/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys and clicks, by what is shown; see top.h. */
#include <stdio.h>
#include <string.h>

#include "tui/keymap.h"
#include "tui/top.h"

#define WHEEL_ROWS 3

/* --- the question ----------------------------------------------------------------------------- */

static void forget_place(struct fb_top *top)
{
	top->from.known = false;
}

static void set_filter(struct fb_top *top, const char *filter)
{
	snprintf(top->filter, sizeof(top->filter), "%s", filter);
}

static void show_view(struct fb_top *top, unsigned int view)
{
	if (view >= FB_VIEWS || view == top->view)
		return;
	top->view = view;
	forget_place(top);
	fb_top_ask_anew(top, true);
}

static void next_face(struct fb_top *top)
{
	const struct fb_view *view = &fb_views[top->view];

	if (view->n_faces < 2)
		return;
	top->face[top->view] = (top->face[top->view] + 1) % view->n_faces;
	fb_top_ask_anew(top, true);
}

static void sort_by(struct fb_top *top, unsigned int column)
{
	struct fb_top_order *order = &top->order[top->view][top->face[top->view]];
	bool descending;
	const bool same = fb_top_sort(top, &descending) == column;

	*order = (struct fb_top_order){
		.sort = (uint8_t)column,
		.ascending = same && descending,
		.chosen = true,
	};
	fb_top_ask_anew(top, false);
}

static void sort_next(struct fb_top *top, int step)
{
	bool descending;
	const unsigned int from = fb_top_sort(top, &descending);
	const unsigned int to = fb_view_next_sort(fb_top_face(top), from, step);

	if (to != from)
		sort_by(top, to);
}

static void reverse(struct fb_top *top)
{
	bool descending;
	const unsigned int column = fb_top_sort(top, &descending);

	sort_by(top, column);
}

/* --- a row ------------------------------------------------------------------------------------ */

/* The flows of a group: its term is added to the filter, and Esc leads back. */
static void open_group(struct fb_top *top, const struct fb_view_face *face,
		       const struct fb_jsontree *item)
{
	_cleanup_buf_ struct fb_buf filter = FB_BUF_INIT;

	if (*top->filter)
		fb_buf_addf(&filter, "(%s) and ", top->filter);
	fb_top_term(&filter, face->group_by, fb_jsontree_str(fb_jsontree_member(item, face->key)));
	fb_buf_addc(&filter, '\0');
	if (fb_buf_error(&filter) || filter.len > sizeof(top->filter))
		return;
	top->from = (struct fb_top_place){true, top->view, top->face[top->view], ""};
	snprintf(top->from.filter, sizeof(top->from.filter), "%s", top->filter);
	set_filter(top, filter.data);
	top->view = FB_VIEW_FLOWS;
	top->face[FB_VIEW_FLOWS] = 0;
	fb_top_ask_anew(top, true);
}

static void open_row(struct fb_top *top)
{
	const struct fb_view_face *face = fb_top_face(top);
	const struct fb_jsontree *item = fb_itemlist_at(&top->list);

	if (!item)
		return;
	if (face->group_by) {
		open_group(top, face, item);
		return;
	}
	fb_itemlist_move(&top->list, 0);
	fb_itemlist_drop(&top->detail);
	top->detail_top = 0;
	top->mode = FB_TOP_DETAIL;
	if (face->of_flows)
		fb_top_ask_detail(top);
}

static void go_back(struct fb_top *top)
{
	if (top->from.known) {
		top->view = top->from.view;
		top->face[top->view] = top->from.face;
		set_filter(top, top->from.filter);
		forget_place(top);
		fb_top_ask_anew(top, true);
	} else if (*top->filter) {
		set_filter(top, "");
		fb_top_ask_anew(top, true);
	} else {
		fb_itemlist_first(&top->list);
	}
}

/* --- the filter ------------------------------------------------------------------------------- */

static void begin_typing(struct fb_top *top)
{
	fb_prompt_set(&top->prompt, top->filter);
	top->mode = FB_TOP_TYPING;
	fb_top_ask_choices(top);
}

static const struct fb_jsontree *choice_at(const struct fb_top *top, unsigned int number)
{
	const struct fb_jsontree *one = fb_jsontree_first(fb_jsontree_get(top->choices, "items"));

	while (one && number--)
		one = fb_jsontree_next(one);
	return one;
}

static void complete(struct fb_top *top)
{
	const struct fb_jsontree *choice = choice_at(top, top->choice);

	if (!choice)
		return;
	fb_prompt_replace(&top->prompt, fb_jsontree_u64(fb_jsontree_get(top->choices, "start")),
			  fb_jsontree_u64(fb_jsontree_get(top->choices, "end")),
			  fb_jsontree_str(fb_jsontree_get(choice, "text")));
	fb_itemlist_drop(&top->choices);
	fb_top_ask_choices(top);
}

static void end_typing(struct fb_top *top, bool taken)
{
	top->mode = FB_TOP_TABLE;
	fb_itemlist_drop(&top->choices);
	if (taken)
		set_filter(top, top->prompt.text);
	else if (*top->wrong.text)
		set_filter(top, "");
	if (taken || *top->wrong.text) {
		forget_place(top);
		fb_top_ask_anew(top, true);
	}
}

static void type(struct fb_top *top, uint32_t key)
{
	switch (key) {
	case FB_KEY_ENTER:
		end_typing(top, true);
		break;
	case FB_KEY_ESC:
		end_typing(top, false);
		break;
	case FB_KEY_TAB:
		complete(top);
		break;
	case FB_KEY_UP:
		top->choice -= top->choice > 0;
		break;
	case FB_KEY_DOWN:
		top->choice += choice_at(top, top->choice + 1) != NULL;
		break;
	default:
		if (fb_prompt_key(&top->prompt, key))
			fb_top_ask_choices(top);
	}
}

/* --- what each act does ----------------------------------------------------------------------- */

static long rows_of(enum fb_keymap_act act)
{
	const long page = fb_top_rows() > 1 ? (long)fb_top_rows() - 1 : 1;

	switch (act) {
	case FB_TOP_UP:
		return -1;
	case FB_TOP_DOWN:
		return 1;
	case FB_TOP_PAGE_UP:
		return -page;
	case FB_TOP_PAGE_DOWN:
		return page;
	case FB_TOP_LAST:
		return 1000000;
	default:
		return 0;
	}
}

static void toggle_pause(struct fb_top *top)
{
	top->paused = !top->paused;
	if (!top->paused)
		fb_top_ask_anew(top, false);
}

static void change(struct fb_top *top, enum fb_keymap_act act)
{
	switch (act) {
	case FB_TOP_GROUP:
		next_face(top);
		break;
	case FB_TOP_LIVE:
		top->live = (top->live + 1) % 3;
		fb_top_ask_anew(top, true);
		break;
	case FB_TOP_SORT_NEXT:
		sort_next(top, 1);
		break;
	case FB_TOP_SORT_PREVIOUS:
		sort_next(top, -1);
		break;
	case FB_TOP_REVERSE:
		reverse(top);
		break;
	case FB_TOP_PAUSE:
		toggle_pause(top);
		break;
	case FB_TOP_HOLD:
		top->hold = !top->hold;
		break;
	case FB_TOP_UNITS:
		top->bytes = !top->bytes;
		memset(top->widths, 0, sizeof(top->widths));
		break;
	case FB_TOP_KILL:
		fb_top_begin_kill(top);
		break;
	case FB_TOP_BLOCK:
		fb_top_begin_block(top);
		break;
	case FB_TOP_KEEP:
		fb_top_keep_rule(top);
		break;
	default:
		fb_itemlist_move(&top->list, rows_of(act));
	}
}

static void act_on_table(struct fb_top *top, enum fb_keymap_act act, uint32_t key)
{
	switch (act) {
	case FB_TOP_NOTHING:
		break;
	case FB_TOP_VIEW:
		show_view(top, key - '1');
		break;
	case FB_TOP_NEXT_VIEW:
		show_view(top, (top->view + 1) % FB_VIEWS);
		break;
	case FB_TOP_PREVIOUS_VIEW:
		show_view(top, (top->view + FB_VIEWS - 1) % FB_VIEWS);
		break;
	case FB_TOP_FILTER:
		begin_typing(top);
		break;
	case FB_TOP_OPEN:
		open_row(top);
		break;
	case FB_TOP_BACK:
		go_back(top);
		break;
	case FB_TOP_FIRST:
		fb_itemlist_first(&top->list);
		break;
	case FB_TOP_HELP:
		top->mode = FB_TOP_HELPING;
		top->help_top = 0;
		break;
	case FB_TOP_QUIT:
		top->quit = true;
		break;
	default:
		change(top, act);
	}
}

/* What lies over the table is scrolled; each other key leads back. */
static void scroll(struct fb_top *top, enum fb_keymap_act act, unsigned int *first)
{
	const long by = rows_of(act);

	if (act == FB_TOP_QUIT)
		top->mode = FB_TOP_TABLE;
	else if (act == FB_TOP_FIRST)
		*first = 0;
	else if (by)
		*first = (long)*first + by < 0 ? 0 : *first + (unsigned int)by;
	else if (act == FB_TOP_PAUSE)
		toggle_pause(top);
	else if (act != FB_TOP_NOTHING)
		top->mode = FB_TOP_TABLE;
}

/* --- the mouse -------------------------------------------------------------------------------- */

static void click_title(struct fb_top *top, unsigned int at)
{
	const struct fb_view_face *face = fb_top_face(top);

	for (unsigned int i = 0; i < face->n_columns; i++)
		if (top->shown[i] && at >= top->titles[i] && at <= top->titles[i] + top->shown[i] &&
		    face->columns[i].sorts) {
			sort_by(top, i);
			return;
		}
}

static void click_row(struct fb_top *top, unsigned int row)
{
	const unsigned int at = top->list.top + row;

	if (at >= top->list.n)
		return;
	if (*top->list.chosen && at == top->list.cursor)
		open_row(top);
	else
		fb_itemlist_move(&top->list, (long)at - (long)top->list.cursor);
}

static void click(struct fb_top *top, const struct fb_screen_event *event)
{
	if (event->row == 2) {
		for (unsigned int i = 0; i < FB_VIEWS; i++)
			if (event->column >= top->tabs[i] && event->column < top->tabs[i + 1])
				show_view(top, i);
	} else if (event->row == 3) {
		begin_typing(top);
	} else if (event->row + 1 == FB_TOP_FIRST_ROW) {
		click_title(top, event->column);
	} else if (event->row >= FB_TOP_FIRST_ROW) {
		click_row(top, event->row - FB_TOP_FIRST_ROW);
	}
}

/* --- all of it -------------------------------------------------------------------------------- */

static void on_table(struct fb_top *top, const struct fb_screen_event *event)
{
	const enum fb_keymap_act act = fb_keymap_find(event->key);

	if (act != FB_TOP_NOTHING)
		top->act.said[0] = '\0';
	if (event->key == FB_KEY_CLICK)
		click(top, event);
	else if (event->key == FB_KEY_WHEEL_UP || event->key == FB_KEY_WHEEL_DOWN)
		fb_itemlist_move(&top->list,
				 event->key == FB_KEY_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
	else
		act_on_table(top, act, event->key);
}

static void name_block(struct fb_top *top, uint32_t key)
{
	if (key == FB_KEY_ENTER && top->prompt.len)
		fb_top_look_at_block(top);
	else if (key == FB_KEY_ESC)
		top->mode = FB_TOP_TABLE;
	else
		fb_prompt_key(&top->prompt, key);
}

/* Only y, and only once all of it was shown: no key that was meant for the table does anything. */
static void confirm(struct fb_top *top, uint32_t key)
{
	if (key == 'y' && top->act.step == FB_TOP_SHOWN && top->act.whole)
		fb_top_do(top);
	else
		fb_top_leave_act(top);
}

void fb_top_event(struct fb_top *top, const struct fb_screen_event *event)
{
	const enum fb_keymap_act act = fb_keymap_find(event->key);

	switch (top->mode) {
	case FB_TOP_TABLE:
		on_table(top, event);
		break;
	case FB_TOP_TYPING:
		type(top, event->key);
		break;
	case FB_TOP_DETAIL:
		scroll(top, act, &top->detail_top);
		break;
	case FB_TOP_HELPING:
		scroll(top, act, &top->help_top);
		break;
	case FB_TOP_NAMING:
		name_block(top, event->key);
		break;
	case FB_TOP_CONFIRMING:
		confirm(top, event->key);
		break;
	}
}
