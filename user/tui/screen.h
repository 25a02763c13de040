/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal, over ncursesw, which nothing else here knows. Text that is put is inert
 * (cli/text.h), and looks are those of tables with flags beside. What it changes of the terminal is
 * given back however the program ends, but by SIGKILL. One screen a process, one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/text.h"
#include "util/why.h"

/* Added to an enum fb_text_style. */
#define FB_SCREEN_REVERSE   0x100
#define FB_SCREEN_UNDERLINE 0x200
#define FB_SCREEN_BOLD	    0x400

struct fb_screen_opts {
	bool ascii;   /* nothing else is sent: lines and bars are drawn by letters */
	bool colours; /* else bold, dim and reverse alone */
};

struct fb_screen_event {
	uint32_t key;		  /* enum fb_key, or a character */
	unsigned int row, column; /* of FB_KEY_CLICK */
};

/* 0, or -errno with `why`: no terminal, or one that is not known here. */
int fb_screen_open(const struct fb_screen_opts *opts, struct fb_why *why);
void fb_screen_close(void);

unsigned int fb_screen_rows(void);
unsigned int fb_screen_columns(void);
/* The terminal has another size now. */
void fb_screen_resize(void);

/* All blank; then what is put; then it is shown, as far as it changed. */
void fb_screen_clear(void);
void fb_screen_put(unsigned int row, unsigned int column, const char *text, size_t len,
		   unsigned int look);
void fb_screen_puts(unsigned int row, unsigned int column, const char *text, unsigned int look);
/* `width` blanks of a look. */
void fb_screen_fill(unsigned int row, unsigned int column, unsigned int width, unsigned int look);
/* Where the cursor stands once it is shown; hidden if this is not called. */
void fb_screen_cursor(unsigned int row, unsigned int column);
void fb_screen_show(void);

/* The next key that was pressed; false: none. Never waits. */
bool fb_screen_event(struct fb_screen_event *ret_event);

/* `text` as letters alone, of the same width: lines, bars and arrows as what is like them. */
void fb_screen_add_ascii(struct fb_buf *buf, const char *text, size_t len);
