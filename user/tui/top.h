/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What flowbpf top knows: which view, what was asked and what came. topask.c asks and takes
 * answers, topkeys.c changes it, topdraw.c shows it, toploop.c brings them together.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tui/asker.h"
#include "tui/itemlist.h"
#include "tui/prompt.h"
#include "tui/screen.h"
#include "tui/views.h"

#define FB_TOP_FACES	 8  /* of a view, at most */
#define FB_TOP_RECENT	 64 /* seconds of rates that the bars show */
#define FB_TOP_FIRST_ROW 5

enum fb_top_mode {
	FB_TOP_TABLE,
	FB_TOP_TYPING, /* a filter */
	FB_TOP_DETAIL,
	FB_TOP_HELPING,
	FB_TOP_NAMING,	   /* what to block */
	FB_TOP_CONFIRMING, /* what was shown */
};

struct fb_top_order {
	uint8_t sort;
	bool ascending, chosen; /* chosen: not the face's own order any more */
};

struct fb_top_head {
	double up[FB_TOP_RECENT], down[FB_TOP_RECENT]; /* bits a second, the newest last */
	unsigned int n;
	uint64_t flows, new_per_s, losses, uptime_s, incidents;
	bool panic;
	char interfaces[200];
};

struct fb_top_place { /* where a group was opened from */
	bool known;
	unsigned int view, face;
	char filter[FB_PROMPT_BYTES + 1];
};

enum fb_top_step {
	FB_TOP_IDLE,
	FB_TOP_LOOKING, /* asked what it would be */
	FB_TOP_SHOWN,	/* ... and told */
	FB_TOP_DOING,
	FB_TOP_KEEPING, /* a rule is confirmed */
};

struct fb_top_act {
	enum fb_top_step step;
	bool rule;		     /* block; else end connections */
	bool whole;		     /* all of what was told is on the screen */
	struct fb_jsontree *preview; /* owned */
	char said[300];		     /* what came of it; "": nothing to be said */
	uint64_t made;		     /* number of the rule; 0: none */
};

struct fb_top {
	struct fb_asker *asker;
	enum fb_top_mode mode;
	unsigned int view, face[FB_VIEWS];
	struct fb_top_order order[FB_VIEWS][FB_TOP_FACES];
	unsigned int live; /* fb_top_lives[live] */
	char filter[FB_PROMPT_BYTES + 1];
	struct fb_top_place from;
	bool paused, hold, bytes, quit;

	unsigned int number; /* of the question whose answers count */
	bool reorder;	     /* the next answer's order holds, whatever is held */
	unsigned int ticks;
	struct fb_itemlist list;
	struct fb_top_head head;
	bool answered; /* the rows are of this question */

	struct fb_prompt prompt;
	struct fb_jsontree *choices; /* owned: what may stand at the cursor */
	unsigned int choice;
	struct fb_why wrong; /* with the filter; "": nothing */
	unsigned int place;  /* ... in it, from 1; 0: not told */
	struct fb_why lost;  /* why the daemon does not answer; "": it does */

	struct fb_jsontree *detail; /* owned: the flow that is shown whole */
	unsigned int detail_top;
	unsigned int help_top;
	struct fb_top_act act;
	unsigned int act_number; /* of the last question about one */

	unsigned int widths[FB_GRID_COLUMNS]; /* so wide has each column been */
	unsigned int
		titles[FB_GRID_COLUMNS + 1]; /* where each begins on the screen; 0 wide: left out */
	unsigned int shown[FB_GRID_COLUMNS]; /* how wide it is there; 0: left out */
	unsigned int tabs[FB_VIEWS + 1];     /* where each view's title begins */
};

extern const char *const fb_top_lives[3];

static inline const struct fb_view_face *fb_top_face(const struct fb_top *top)
{
	return &fb_views[top->view].faces[top->face[top->view]];
}

static inline unsigned int fb_top_rows(void)
{
	const unsigned int rows = fb_screen_rows();

	return rows > FB_TOP_FIRST_ROW + 1 ? rows - FB_TOP_FIRST_ROW - 1 : 0;
}

/* --- topask.c ------------------------------------------------------------------------------ */

/* By which column (FB_VIEW_RATE: none), and whether the largest comes first. */
unsigned int fb_top_sort(const struct fb_top *top, bool *ret_descending);

/* Ask what there is to be asked each second. */
void fb_top_tick(struct fb_top *top);

/* Another question than before: what still comes of the old one is dropped. */
void fb_top_ask_anew(struct fb_top *top, bool clear);
void fb_top_ask_choices(struct fb_top *top);
void fb_top_ask_detail(struct fb_top *top);

/* Take in what came; true if there was anything. */
bool fb_top_take(struct fb_top *top);

/* "field=value" as the filter language takes it, of any value; "": it is not known. */
void fb_top_term(struct fb_buf *filter, const char *field, const char *value);

/* --- topacts.c: shown first, then that and nothing else, as the verbs do it ------------------- */

/* Ask what ending the row, or all of a group, would be. */
void fb_top_begin_kill(struct fb_top *top);
/* Ask for what to block, beginning with what the row is about; then what that would be. */
void fb_top_begin_block(struct fb_top *top);
void fb_top_look_at_block(struct fb_top *top);
/* Do what was shown. */
void fb_top_do(struct fb_top *top);
void fb_top_keep_rule(struct fb_top *top);
void fb_top_leave_act(struct fb_top *top);
void fb_top_take_act(struct fb_top *top, struct fb_answer *answer);

/* What was shown, as lines. */
void fb_top_write_act(const struct fb_top *top, struct fb_grid *grid);

/* --- topkeys.c -------------------------------------------------------------------------------- */

void fb_top_event(struct fb_top *top, const struct fb_screen_event *event);

/* --- topdraw.c, tophead.c --------------------------------------------------------------------- */

void fb_top_draw(struct fb_top *top);
void fb_top_draw_head(struct fb_top *top);
void fb_top_draw_foot(const struct fb_top *top);

/* --- toploop.c -------------------------------------------------------------------------------- */

/* Until it is quit: an exit code. */
int fb_top_loop(struct fb_top *top);
