// link: cli util
/* SPDX-License-Identifier: BSD-2-Clause */
/* What reaches a terminal: hostile names stay inert, tables align and shrink by display width. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/text.h"
#include "util/cleanup.h"

static void inert(const char *text, size_t len, const char *want)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	fb_text_add_inert(&buf, text, len);
	fb_buf_addc(&buf, '\0');
	assert_string_equal(buf.data, want);
}

static void test_inert(void **state)
{
	(void)state;
	inert("www.example.com", 15, "www.example.com");
	inert("\033[2J", 4, "\\x1b[2J");
	inert("a\0b", 3, "a\\x00b");
	inert("\r\n\t\177", 4, "\\x0d\\x0a\\x09\\x7f");
	inert("\xff\xfe", 2, "\\xff\\xfe");
	inert("\xc2\x9b", 2, "\\u{9b}");       /* C1 CSI */
	inert("\xe2\x80\xae", 3, "\\u{202e}"); /* right-to-left override */
	inert("\xe2\x81\xa6", 3, "\\u{2066}");
	inert("\xf3\xa0\x80\xa1", 4, "\\u{e0021}");  /* tag characters */
	inert("\xc0\xaf", 2, "\\xc0\\xaf");	     /* overlong */
	inert("\xed\xa0\x80", 3, "\\xed\\xa0\\x80"); /* surrogate */
	inert("b\xc3\xbc"
	      "cher.example",
	      15,
	      "b\xc3\xbc"
	      "cher.example");
	inert("\xe4\xb8", 2, "\\xe4\\xb8"); /* cut */
}

static void test_inert_json(void **state)
{
	static const char json[] =
		"{\"a\":\"x\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\xa1\xff\177\\n\xc3\xa9\"}";
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	fb_text_add_inert_json(&buf, json, sizeof(json) - 1);
	fb_buf_addc(&buf, '\0');
	assert_string_equal(buf.data,
			    "{\"a\":\"x\\u009b\\u202e\\udb40\\udc21\\ufffd\\u007f\\n\xc3\xa9\"}");
}

/* All bytes and all pairs: never a control byte in the output. */
static void test_never_a_control_byte(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < 256; a++)
		for (unsigned int b = 0; b < 256; b++) {
			_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
			const char pair[] = {(char)a, (char)b};

			fb_text_add_inert(&buf, pair, 2);
			for (size_t i = 0; i < buf.len; i++) {
				unsigned char c = (unsigned char)buf.data[i];

				assert_true(c >= 0x20 && c != 0x7f);
				assert_false(c == 0xc2 && (unsigned char)buf.data[i + 1] < 0xa0);
			}
		}
}

static void test_columns(void **state)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	assert_int_equal(fb_text_columns("abc", 3), 3);
	assert_int_equal(fb_text_columns("\xe4\xb8\xad\xe6\x96\x87", 6), 4); /* wide */
	assert_int_equal(fb_text_columns("e\xcc\x81", 3), 1);		     /* combining */
	fb_text_add_cut(&buf, "\xe4\xb8\xad\xe6\x96\x87", 6, 3);
	fb_buf_addc(&buf, '\0');
	assert_string_equal(buf.data, "\xe4\xb8\xad\xe2\x80\xa6");
}

static void printed(struct fb_grid *table, unsigned int width, bool colours, const char *want)
{
	char out[1024] = "";
	_cleanup_fclose_ FILE *to = fmemopen(out, sizeof(out), "w");

	assert_non_null(to);
	assert_int_equal(fb_grid_print(table, to, width, colours), 0);
	fflush(to);
	assert_string_equal(out, want);
}

static void test_table(void **state)
{
	_cleanup_grid_ struct fb_grid table = {0};

	(void)state;
	fb_grid_column(&table, "NAME", false, 5);
	fb_grid_column(&table, "BYTES", true, 0);
	fb_grid_cells(&table, FB_TEXT_PLAIN, "\xe4\xb8\xad\xe6\x96\x87.example");
	fb_grid_cells(&table, FB_TEXT_PLAIN, "7 B");
	fb_grid_cells(&table, FB_TEXT_PLAIN, "x\n");
	fb_grid_cells(&table, FB_TEXT_BAD, "1.00 MB");
	printed(&table, 0, false,
		"NAME            BYTES\n"
		"\xe4\xb8\xad\xe6\x96\x87.example      7 B\n"
		"x\\x0a         1.00 MB\n");
	printed(&table, 15, false,
		"NAME      BYTES\n"
		"\xe4\xb8\xad\xe6\x96\x87.\xe2\x80\xa6      7 B\n"
		"x\\x0a   1.00 MB\n");
	printed(&table, 3, true,
		"\033[1mNAME     BYTES\033[0m\n"
		"\xe4\xb8\xad\xe6\x96\x87\xe2\x80\xa6      7 B\n"
		"x\\x0a  \033[31m1.00 MB\033[0m\n");
}

/* What ranks highest goes before names are cut below their least; an address keeps its port. */
static void test_left_out(void **state)
{
	_cleanup_grid_ struct fb_grid table = {0};

	(void)state;
	fb_grid_column(&table, "FROM", false, 9);
	table.columns[0].ends = true;
	fb_grid_column(&table, "NAME", false, 5);
	fb_grid_column(&table, "UP", true, 0);
	fb_grid_column(&table, "DOWN", true, 0);
	table.columns[2].rank = table.columns[3].rank = 3;
	fb_grid_column(&table, "STATE", false, 0);
	table.columns[4].rank = 4;
	fb_grid_cells(&table, FB_TEXT_PLAIN, "[2001:db8::1]:443");
	fb_grid_cells(&table, FB_TEXT_PLAIN, "a.long.example");
	fb_grid_cells(&table, FB_TEXT_PLAIN, "1 kB");
	fb_grid_cells(&table, FB_TEXT_PLAIN, "2 kB");
	fb_grid_cells(&table, FB_TEXT_PLAIN, "OPEN");
	printed(&table, 56, false,
		"FROM               NAME              UP  DOWN  STATE\n"
		"[2001:db8::1]:443  a.long.example  1 kB  2 kB  OPEN\n");
	printed(&table, 35, false,
		"FROM       NAME     UP  DOWN  STATE\n"
		"[20…]:443  a.lo…  1 kB  2 kB  OPEN\n");
	printed(&table, 34, false,
		"FROM        NAME          UP  DOWN\n"
		"[200…]:443  a.long.ex…  1 kB  2 kB\n");
	printed(&table, 20, false,
		"FROM       NAME\n"
		"[20…]:443  a.long.e…\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inert),
		cmocka_unit_test(test_inert_json),
		cmocka_unit_test(test_never_a_control_byte),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_left_out),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
