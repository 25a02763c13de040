// link: util
/* SPDX-License-Identifier: BSD-2-Clause */
/* The typed JSON reader: types, ranges, unknown and doubled keys, and what is not one document. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/jsonin.h"

static struct fb_jsonin *parse(const char *text)
{
	struct fb_jsonin_error error;
	struct fb_jsonin *in = NULL;

	assert_int_equal(fb_jsonin_new(text, strlen(text), &in, &error), 0);
	return in;
}

static void reads_types(void **state)
{
	_cleanup_jsonin_ struct fb_jsonin *in =
		parse(" {\"s\":\"x\",\"b\":true,\"n\":300,\"z\":null,\"l\":[\"a\",\"b\"]} \n");
	const char *text = NULL, *texts[2];
	uint64_t n = 0;
	bool b = false;

	(void)state;
	assert_true(fb_jsonin_str(in, "s", &text));
	assert_string_equal(text, "x");
	assert_true(fb_jsonin_bool(in, "b", &b));
	assert_true(b);
	assert_true(fb_jsonin_u64(in, "n", 0, 300, &n));
	assert_int_equal(n, 300);
	assert_false(fb_jsonin_str(in, "z", &text));
	assert_false(fb_jsonin_str(in, "absent", &text));
	assert_int_equal(fb_jsonin_strs(in, "l", texts, 2), 2);
	assert_string_equal(texts[1], "b");
	assert_null(fb_jsonin_error(in));
}

static void refuses_wrong_values(void **state)
{
	static const struct {
		const char *text, *pointer;
	} cases[] = {
		{"{\"n\":-1}", "/n"},
		{"{\"n\":1.5}", "/n"},
		{"{\"n\":301}", "/n"},
		{"{\"n\":1e99}", "/n"},
		{"{\"n\":\"1\"}", "/n"},
		{"{\"n\":18446744073709551616}", "/n"},
		{"{\"s\":1}", "/s"},
		{"{\"b\":1}", "/b"},
		{"{\"l\":{}}", "/l"},
		{"{\"l\":[1]}", "/l"},
		{"{\"l\":[\"a\",\"b\",\"c\"]}", "/l"},
		{"{\"__proto__\":{}}", "/__proto__"},
	};
	static const char *const known[] = {"n", "s", "b", "l", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_jsonin_ struct fb_jsonin *in = parse(cases[i].text);
		const char *text, *texts[2];
		uint64_t n;
		bool b;

		fb_jsonin_str(in, "s", &text);
		fb_jsonin_bool(in, "b", &b);
		fb_jsonin_u64(in, "n", 0, 300, &n);
		fb_jsonin_strs(in, "l", texts, 2);
		fb_jsonin_only(in, known);
		assert_non_null(fb_jsonin_error(in));
		assert_string_equal(fb_jsonin_error(in)->pointer, cases[i].pointer);
	}
}

static void refuses_what_is_not_one_object(void **state)
{
	static const char *const texts[] = {"",
					    "{",
					    "[]",
					    "1",
					    "{} x",
					    "{}{}",
					    "nul",
					    "{\"a\":}",
					    "{'a':1}",
					    "{\"a\":1,\"a\":2}",
					    "{\"a\" 1}",
					    "\"{}\"",
					    "{\"a\":\"x\\u0000y\"}",
					    "{\"a\":\"\\u12g4\"}"};
	char deep[20001];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct fb_jsonin_error error;
		struct fb_jsonin *in = NULL;

		assert_int_equal(fb_jsonin_new(texts[i], strlen(texts[i]), &in, &error), -EINVAL);
		assert_null(in);
		assert_true(error.detail[0] != '\0');
	}
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	{
		struct fb_jsonin_error error;
		struct fb_jsonin *in = NULL;

		assert_int_equal(fb_jsonin_new(deep, strlen(deep), &in, &error), -EINVAL);
		assert_int_equal(fb_jsonin_new("{}\0", 3, &in, &error), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_types),
		cmocka_unit_test(refuses_wrong_values),
		cmocka_unit_test(refuses_what_is_not_one_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
