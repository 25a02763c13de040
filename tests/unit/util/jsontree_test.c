// link: util
/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON as a tree: paths, numbers, escapes, and documents that are none. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/jsontree.h"

static const char text[] =
	" {\"items\":[{\"id\":\"9f\",\"bytes\":{\"up\":9007199254740992,\"down\":0},"
	"\"closed\":null},{},[]],\"ok\":true,\"no\":false,\"rate\":1.5e3,"
	"\"a.b\":{\"c\":7},\"name\":\"a\\\"\\\\\\n\\u00e9\\ud83d\\ude00\\\\u0000\"} ";

static struct fb_jsontree *parse(const char *document)
{
	struct fb_jsontree *root = NULL;

	assert_int_equal(fb_jsontree_parse(document, strlen(document), &root), 0);
	return root;
}

static void test_paths(void **state)
{
	_cleanup_jsontree_ struct fb_jsontree *root = parse(text);
	const struct fb_jsontree *item = fb_jsontree_first(fb_jsontree_get(root, "items"));

	(void)state;
	assert_true(fb_jsontree_u64(fb_jsontree_get(item, "bytes.up")) == 1ull << 53);
	assert_string_equal(fb_jsontree_str(fb_jsontree_get(item, "id")), "9f");
	assert_string_equal(fb_jsontree_key(fb_jsontree_get(item, "bytes.up")), "up");
	assert_true(fb_jsontree_is_null(fb_jsontree_get(item, "closed")));
	assert_non_null(fb_jsontree_get(item, "closed"));
	assert_null(fb_jsontree_get(item, "bytes.sideways"));
	assert_null(fb_jsontree_get(item, "byte"));
	assert_null(fb_jsontree_get(item, "bytes.u"));
	assert_null(fb_jsontree_get(item, "id.x"));
	assert_null(fb_jsontree_get(root, "a.b"));
	assert_int_equal(fb_jsontree_u64(fb_jsontree_get(fb_jsontree_member(root, "a.b"), "c")), 7);
	item = fb_jsontree_next(item);
	assert_int_equal(fb_jsontree_type(item), FB_JSONTREE_OBJECT);
	assert_null(fb_jsontree_first(item));
	item = fb_jsontree_next(item);
	assert_int_equal(fb_jsontree_type(item), FB_JSONTREE_ARRAY);
	assert_null(fb_jsontree_next(item));
	assert_true(fb_jsontree_is_true(fb_jsontree_get(root, "ok")));
	assert_false(fb_jsontree_is_true(fb_jsontree_get(root, "no")));
	assert_string_equal(fb_jsontree_str(fb_jsontree_get(root, "name")),
			    "a\"\\\n\xc3\xa9\xf0\x9f\x98\x80\\u0000");
}

static void test_nothing(void **state)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	assert_null(fb_jsontree_get(NULL, "a.b"));
	assert_null(fb_jsontree_member(NULL, "a"));
	assert_null(fb_jsontree_first(NULL));
	assert_null(fb_jsontree_next(NULL));
	assert_string_equal(fb_jsontree_key(NULL), "");
	assert_string_equal(fb_jsontree_str(NULL), "");
	assert_int_equal(fb_jsontree_u64(NULL), 0);
	assert_true(isnan(fb_jsontree_number(NULL)));
	assert_true(fb_jsontree_is_null(NULL));
	assert_false(fb_jsontree_is_true(NULL));
	fb_jsontree_text(NULL, &buf);
	assert_int_equal(buf.len, 0);
}

/* The number as it is read, as the text of a cell, and written again. */
static void number_is(const char *number, uint64_t value, const char *want)
{
	_cleanup_jsontree_ struct fb_jsontree *root = parse(number);
	_cleanup_buf_ struct fb_buf cell = FB_BUF_INIT, again = FB_BUF_INIT;
	struct fb_json json;

	assert_true(fb_jsontree_u64(root) == value);
	fb_jsontree_text(root, &cell);
	fb_buf_addc(&cell, '\0');
	assert_string_equal(cell.data, want);
	fb_json_init(&json, &again);
	fb_jsontree_write(root, &json);
	fb_buf_addc(&again, '\0');
	assert_string_equal(again.data, want);
}

static void test_numbers(void **state)
{
	(void)state;
	number_is("0", 0, "0");
	number_is("1.250", 1, "1.25");
	number_is("-4", 0, "-4");
	number_is("0.1", 0, "0.1");
	number_is("1e15", 1000000000000000ull, "1000000000000000");
	/* all up to 2^53 are exact, those behind it are even */
	for (uint64_t n = (1ull << 53) - 1000; n <= 1ull << 53; n++) {
		char digits[32];

		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
		number_is(digits, n, digits);
	}
	number_is("9007199254740993", 9007199254740992ull, "9007199254740992");
	number_is("18446744073709551615", UINT64_MAX, "18446744073709551616");
	number_is("1e20", UINT64_MAX, "100000000000000000000");
}

static void test_write(void **state)
{
	static const char plain[] =
		"{\"a\":[1,[],{\"x\":null,\"y\":true}],\"b\":{},\"c\":\"\\u003c\\n\xc3\xbc\"}";
	_cleanup_jsontree_ struct fb_jsontree *root = parse(plain), *deep = NULL;
	_cleanup_buf_ struct fb_buf again = FB_BUF_INIT;
	struct fb_json json;
	char brackets[200];

	(void)state;
	fb_json_init(&json, &again);
	fb_jsontree_write(root, &json);
	assert_int_equal(again.len, strlen(plain));
	assert_memory_equal(again.data, plain, again.len);
	/* deeper than the writer goes */
	memset(brackets, '[', 100);
	memset(brackets + 100, ']', 100);
	assert_int_equal(fb_jsontree_parse(brackets, 200, &deep), 0);
	fb_buf_clear(&again);
	fb_json_init(&json, &again);
	fb_jsontree_write(deep, &json);
	assert_int_equal(again.len, 2 * (FB_JSON_DEPTH - 1) + 4);
	assert_memory_equal(again.data + FB_JSON_DEPTH - 1, "null]", 5);
}

/* Each in memory of exactly its size, so that a sanitizer sees a reader that goes too far. */
static void refused(const char *bad, size_t len, int why)
{
	struct fb_jsontree *root = NULL;
	char *exact = malloc(len ? len : 1);

	assert_non_null(exact);
	memcpy(exact, bad, len);
	assert_int_equal(fb_jsontree_parse(exact, len, &root), why);
	assert_null(root);
	free(exact);
}

static void test_refused(void **state)
{
	static char deep[20000];

	(void)state;
	for (const char **bad = (const char *[]){"",	  "{",	     "}",	    "[1,]",
						 "[1 2]", "{\"a\"}", "{\"a\":}",    "{a:1}",
						 "\"",	  "\"\\x\"", "\"\\u12g4\"", "\"\\u12",
						 "\"\\",  "tru",     "nul",	    "01x",
						 "{} {}", "[1]]",    "{\"a\":1,}",  "\"\\ud800\"",
						 "[,1]",  "{,}",     "[}",	    "+1",
						 NULL};
	     *bad; bad++)
		refused(*bad, strlen(*bad), -EINVAL);
	for (size_t cut = 1; cut < strlen(text) - 2; cut++)
		refused(text, cut, -EINVAL);
	memset(deep, '[', sizeof(deep));
	refused(deep, sizeof(deep), -EINVAL);
	/* a string would end there, unseen */
	refused("{}\0", 3, -EILSEQ);
	refused("\"a\0b\"", 5, -EILSEQ);
	refused("\"a\\u0000b\"", 10, -EILSEQ);
	refused("\"\\\\\\u0000", 9, -EILSEQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),	cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_write),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
