/* SPDX-License-Identifier: BSD-2-Clause */
#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "tui/screen.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tui/keymap.h"
#include "util/utf8.h"

#define ESC_DELAY_MS 25
#define MOUSE	     (BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED)

/*
 * Readable on black and on white alike, each by 3.9 to 1 or more, for what the background is cannot
 * be asked everywhere. Of eight colours only red and magenta are.
 */
static const struct {
	int rgb, of256, of8; /* -1: the terminal's own */
	attr_t attributes;
} looks[] = {
	[FB_TEXT_PLAIN] = {-1, -1, -1, A_NORMAL},
	[FB_TEXT_BOLD] = {-1, -1, -1, A_BOLD},
	[FB_TEXT_DIM] = {0x767676, 243, -1, A_DIM},
	[FB_TEXT_OK] = {0x008700, 28, -1, A_NORMAL},
	[FB_TEXT_WARN] = {0xb05f00, 130, COLOR_MAGENTA, A_BOLD},
	[FB_TEXT_BAD] = {0xd70000, 160, COLOR_RED, A_BOLD},
	[FB_TEXT_UP] = {0xb05f00, 130, COLOR_MAGENTA, A_NORMAL},
	[FB_TEXT_DOWN] = {0x0087af, 31, -1, A_NORMAL},
};

#define LOOKS (sizeof(looks) / sizeof(*looks))

static struct {
	bool ascii, colours, cursor;
	unsigned int row, column; /* of the cursor */
	SCREEN *screen;
	struct termios before;
	char restore[128]; /* what a crash writes */
	size_t restore_len;
} own;

/* --- every way out ---------------------------------------------------------------------------- */

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

/* Only what may be called in a handler; then it dies of the signal as it would have. */
static void crash(int signal)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &own.before);
	(void)!write(STDOUT_FILENO, own.restore, own.restore_len);
	raise(signal);
}

static void add_restore(const char *sequence)
{
	const size_t len = sequence && sequence != (char *)-1 ? strlen(sequence) : 0;

	if (own.restore_len + len > sizeof(own.restore))
		return;
	memcpy(own.restore + own.restore_len, sequence ? sequence : "", len);
	own.restore_len += len;
}

/* Sequences with delays in them ($<..>) are of terminals from before this century. */
static void prepare_crash(void)
{
	struct sigaction action = {.sa_handler = crash, .sa_flags = SA_RESETHAND | SA_NODEFER};

	own.restore_len = 0;
	add_restore("\033[?1000l\033[?1006l");
	add_restore(tigetstr("sgr0"));
	add_restore(tigetstr("cnorm"));
	add_restore(tigetstr("rmcup"));
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		sigaction(crashes[i], &action, NULL);
}

/* --- open and close --------------------------------------------------------------------------- */

static void make_colours(void)
{
	if (!own.colours || start_color() == ERR || use_default_colors() == ERR || COLORS < 8) {
		own.colours = false;
		return;
	}
	for (size_t i = 0; i < LOOKS; i++) {
		const int colour = COLORS > 256	   ? looks[i].rgb
				   : COLORS == 256 ? looks[i].of256
						   : looks[i].of8;

		init_extended_pair((int)i + 1, colour, -1);
	}
}

int fb_screen_open(const struct fb_screen_opts *opts, struct fb_why *why)
{
	const char *term = getenv("TERM");

	own.ascii = opts->ascii;
	own.colours = opts->colours;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &own.before))
		return fb_why_set(
			why, -ENOTTY,
			"top needs a terminal; \"flowbpf flows\" prints a table anywhere");
	own.screen = newterm(NULL, stdout, stdin);
	if (own.screen && !tigetstr("cup")) { /* "dumb", of an editor's shell: no place to go to */
		endwin();
		delscreen(own.screen);
		own.screen = NULL;
	}
	if (!own.screen)
		return fb_why_set(why, -EINVAL,
				  "the terminal \"%.40s\" is not known here: set TERM, for example "
				  "to xterm",
				  term ? term : "");
	prepare_crash();
	cbreak();
	noecho();
	nonl();
	set_escdelay(ESC_DELAY_MS);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	make_colours();
	mouseinterval(0);
	mousemask(MOUSE, NULL);
	return 0;
}

void fb_screen_close(void)
{
	if (!own.screen)
		return;
	mousemask(0, NULL);
	curs_set(1);
	endwin();
	delscreen(own.screen);
	own.screen = NULL;
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		signal(crashes[i], SIG_DFL);
}

unsigned int fb_screen_rows(void)
{
	return (unsigned int)LINES;
}

unsigned int fb_screen_columns(void)
{
	return (unsigned int)COLS;
}

void fb_screen_resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	clearok(stdscr, TRUE);
}

/* --- what is shown ---------------------------------------------------------------------------- */

void fb_screen_add_ascii(struct fb_buf *buf, const char *text, size_t len)
{
	static const struct {
		const char *from;
		char to;
	} like[] = {{"…", '~'}, {"▁", '_'}, {"▂", '.'}, {"▃", '-'}, {"▄", '='}, {"▅", '+'},
		    {"▆", '*'}, {"▇", '%'}, {"█", '#'}, {"─", '-'}, {"▲", '^'}, {"▼", 'v'},
		    {"↑", '^'}, {"↓", 'v'}, {"●", '*'}, {"·", '.'}};

	while (len) {
		uint32_t code = '?';
		unsigned int n = fb_utf8_decode((const unsigned char *)text, len, &code);
		char to = code < 0x80 ? (char)code : '?';
		unsigned int width;

		n = n ? n : 1;
		width = fb_text_columns(text, n);
		for (size_t i = 0; i < sizeof(like) / sizeof(*like); i++)
			if (strlen(like[i].from) == n && !memcmp(like[i].from, text, n))
				to = like[i].to;
		while (width--)
			fb_buf_addc(buf, to);
		text += n;
		len -= n;
	}
}

static void set_look(unsigned int look)
{
	const unsigned int style = look & 0xff;
	attr_t attributes = looks[style].attributes;

	/* a grey of its own needs no dimming */
	if (own.colours && COLORS >= 256 && style == FB_TEXT_DIM)
		attributes = A_NORMAL;
	attributes |= look & FB_SCREEN_REVERSE ? A_REVERSE : 0;
	attributes |= look & FB_SCREEN_UNDERLINE ? A_UNDERLINE : 0;
	attributes |= look & FB_SCREEN_BOLD ? A_BOLD : 0;
	attr_set(attributes, own.colours ? (short)(style + 1) : 0, NULL);
}

void fb_screen_clear(void)
{
	own.cursor = false;
	attr_set(A_NORMAL, 0, NULL);
	erase();
}

void fb_screen_put(unsigned int row, unsigned int column, const char *text, size_t len,
		   unsigned int look)
{
	_cleanup_buf_ struct fb_buf fits = FB_BUF_INIT, letters = FB_BUF_INIT;
	const struct fb_buf *shown = &fits;

	if (row >= fb_screen_rows() || column >= fb_screen_columns())
		return;
	fb_text_add_cut(&fits, text, len, fb_screen_columns() - column);
	if (own.ascii && fits.len) {
		fb_screen_add_ascii(&letters, fits.data, fits.len);
		shown = &letters;
	}
	if (fb_buf_error(shown) || !shown->len)
		return;
	set_look(look);
	mvaddnstr((int)row, (int)column, shown->data, (int)shown->len);
}

void fb_screen_puts(unsigned int row, unsigned int column, const char *text, unsigned int look)
{
	fb_screen_put(row, column, text, strlen(text), look);
}

void fb_screen_fill(unsigned int row, unsigned int column, unsigned int width, unsigned int look)
{
	const unsigned int columns = fb_screen_columns();

	if (row >= fb_screen_rows() || column >= columns)
		return;
	set_look(look);
	for (unsigned int i = 0; i < width && column + i < columns; i++)
		mvaddch((int)row, (int)(column + i), ' ');
}

void fb_screen_cursor(unsigned int row, unsigned int column)
{
	own.cursor = true;
	own.row = row;
	own.column = column;
}

void fb_screen_show(void)
{
	curs_set(own.cursor);
	move((int)own.row, (int)own.column);
	refresh();
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool take_mouse(struct fb_screen_event *event)
{
	MEVENT mouse;

	if (getmouse(&mouse) == ERR || mouse.y < 0 || mouse.x < 0)
		return false;
	event->row = (unsigned int)mouse.y;
	event->column = (unsigned int)mouse.x;
	event->key = mouse.bstate & BUTTON4_PRESSED   ? FB_KEY_WHEEL_UP
		     : mouse.bstate & BUTTON5_PRESSED ? FB_KEY_WHEEL_DOWN
		     : mouse.bstate & BUTTON1_PRESSED ? FB_KEY_CLICK
						      : FB_KEY_NONE;
	return event->key != FB_KEY_NONE;
}

static uint32_t key_of(wint_t code)
{
	static const struct {
		int from;
		uint32_t to;
	} keys[] = {
		{KEY_UP, FB_KEY_UP},	     {KEY_DOWN, FB_KEY_DOWN},
		{KEY_LEFT, FB_KEY_LEFT},     {KEY_RIGHT, FB_KEY_RIGHT},
		{KEY_HOME, FB_KEY_HOME},     {KEY_END, FB_KEY_END},
		{KEY_PPAGE, FB_KEY_PAGE_UP}, {KEY_NPAGE, FB_KEY_PAGE_DOWN},
		{KEY_DC, FB_KEY_DELETE},     {KEY_BTAB, FB_KEY_BACKTAB},
		{KEY_ENTER, FB_KEY_ENTER},   {KEY_BACKSPACE, FB_KEY_BACKSPACE},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (code == (wint_t)keys[i].from)
			return keys[i].to;
	return FB_KEY_NONE;
}

static uint32_t character_of(wint_t code)
{
	return code == '\n' ? FB_KEY_ENTER : code == '\b' ? FB_KEY_BACKSPACE : (uint32_t)code;
}

bool fb_screen_event(struct fb_screen_event *ret_event)
{
	wint_t code;

	for (;;) {
		const int r = get_wch(&code);

		*ret_event = (struct fb_screen_event){.key = FB_KEY_NONE};
		if (r == ERR)
			return false;
		if (r == KEY_CODE_YES && code == KEY_MOUSE) {
			if (take_mouse(ret_event))
				return true;
			continue;
		}
		ret_event->key = r == KEY_CODE_YES ? key_of(code) : character_of(code);
		if (ret_event->key != FB_KEY_NONE)
			return true;
	}
}
