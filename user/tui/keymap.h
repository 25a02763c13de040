/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each key does, in one table: the help and the hints at the foot come from it. A key is a
 * Unicode character, or one of those that are none.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum fb_key {
	FB_KEY_NONE = 0,
	FB_KEY_TAB = '\t',
	FB_KEY_ENTER = '\r',
	FB_KEY_ESC = 0x1b,
	FB_KEY_BACKSPACE = 0x7f,
	FB_KEY_UP = 0x200000, /* above all characters */
	FB_KEY_DOWN,
	FB_KEY_LEFT,
	FB_KEY_RIGHT,
	FB_KEY_HOME,
	FB_KEY_END,
	FB_KEY_PAGE_UP,
	FB_KEY_PAGE_DOWN,
	FB_KEY_DELETE,
	FB_KEY_BACKTAB,
	FB_KEY_CLICK,
	FB_KEY_WHEEL_UP,
	FB_KEY_WHEEL_DOWN,
};

enum fb_keymap_act {
	FB_TOP_NOTHING,
	FB_TOP_VIEW, /* of the digit's number */
	FB_TOP_NEXT_VIEW,
	FB_TOP_PREVIOUS_VIEW,
	FB_TOP_FILTER,
	FB_TOP_BACK,
	FB_TOP_OPEN,
	FB_TOP_SORT_NEXT,
	FB_TOP_SORT_PREVIOUS,
	FB_TOP_REVERSE,
	FB_TOP_GROUP,
	FB_TOP_LIVE,
	FB_TOP_PAUSE,
	FB_TOP_HOLD,
	FB_TOP_UNITS,
	FB_TOP_KILL,
	FB_TOP_BLOCK,
	FB_TOP_KEEP,
	FB_TOP_UP,
	FB_TOP_DOWN,
	FB_TOP_PAGE_UP,
	FB_TOP_PAGE_DOWN,
	FB_TOP_FIRST,
	FB_TOP_LAST,
	FB_TOP_HELP,
	FB_TOP_QUIT,
};

struct fb_keymap {
	uint32_t keys[3]; /* 0: no more */
	enum fb_keymap_act act;
	const char *name; /* as people call the keys */
	const char *hint; /* a word for the foot; NULL: only in the help */
	const char *help;
};

#define FB_KEYMAP_LINES 24

extern const struct fb_keymap fb_keymap[FB_KEYMAP_LINES];

enum fb_keymap_act fb_keymap_find(uint32_t key);
