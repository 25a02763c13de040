/* SPDX-License-Identifier: BSD-2-Clause */
#include "tui/keymap.h"

const struct fb_keymap fb_keymap[FB_KEYMAP_LINES] = {
	{{'/'},
	 FB_TOP_FILTER,
	 "/",
	 "filter",
	 "filter in the language of \"flows --filter\"; Tab completes"},
	{{'s', '>'},
	 FB_TOP_SORT_NEXT,
	 "s  >",
	 "sort",
	 "sort by the next column; or click on its title"},
	{{'<'}, FB_TOP_SORT_PREVIOUS, "<", NULL, "... by the column before"},
	{{'S', 'r'}, FB_TOP_REVERSE, "S  r", NULL, "turn the order around"},
	{{'a'}, FB_TOP_GROUP, "a", "group", "group by the next field of this view"},
	{{FB_KEY_ENTER}, FB_TOP_OPEN, "Enter", "open", "all of a row; of a group, its flows"},
	{{'k'}, FB_TOP_KILL, "k", "end", "end the connection, or all of a group: shown first"},
	{{'b'}, FB_TOP_BLOCK, "b", "block", "block an address, a prefix or a filter: shown first"},
	{{'K'}, FB_TOP_KEEP, "K", NULL, "keep the rule just made, which is else taken back"},
	{{'t'}, FB_TOP_LIVE, "t", "live", "live flows, those that ended, or both"},
	{{'p', ' '}, FB_TOP_PAUSE, "p  Space", "pause", "stop the picture, and go on"},
	{{'h'}, FB_TOP_HOLD, "h", "hold", "hold the order of the rows while their numbers go on"},
	{{'u'}, FB_TOP_UNITS, "u", "units", "rates in bits or bytes a second"},
	{{'?'}, FB_TOP_HELP, "?", NULL, "this help"},
	{{'q'}, FB_TOP_QUIT, "q", NULL, "quit"},
	{{FB_KEY_TAB, ']', FB_KEY_RIGHT},
	 FB_TOP_NEXT_VIEW,
	 "Tab  ]  Right",
	 NULL,
	 "the next view; 1 to 6 name one"},
	{{FB_KEY_BACKTAB, '[', FB_KEY_LEFT},
	 FB_TOP_PREVIOUS_VIEW,
	 "S-Tab  [  Left",
	 NULL,
	 "the view before"},
	{{FB_KEY_UP, FB_KEY_WHEEL_UP},
	 FB_TOP_UP,
	 "Up",
	 NULL,
	 "a row up; the row stays chosen wherever it moves"},
	{{FB_KEY_DOWN, FB_KEY_WHEEL_DOWN}, FB_TOP_DOWN, "Down", NULL, "a row down"},
	{{FB_KEY_PAGE_UP}, FB_TOP_PAGE_UP, "PgUp", NULL, "a page up"},
	{{FB_KEY_PAGE_DOWN}, FB_TOP_PAGE_DOWN, "PgDn", NULL, "a page down"},
	{{FB_KEY_HOME, 'g'}, FB_TOP_FIRST, "Home  g", NULL, "the first row, whichever it is"},
	{{FB_KEY_END, 'G'}, FB_TOP_LAST, "End  G", NULL, "the last row"},
	{{FB_KEY_ESC}, FB_TOP_BACK, "Esc", NULL, "back; then the filter goes"},
};

enum fb_keymap_act fb_keymap_find(uint32_t key)
{
	if (key >= '1' && key <= '9')
		return FB_TOP_VIEW;
	for (size_t i = 0; key && i < FB_KEYMAP_LINES; i++)
		for (size_t k = 0; k < 3; k++)
			if (fb_keymap[i].keys[k] == key)
				return fb_keymap[i].act;
	return FB_TOP_NOTHING;
}
