// link: cli util
/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON as nodes: paths, exact numbers, escapes, and documents that are none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/doc.h"

static const char text[] =
	" {\"items\":[{\"id\":\"9f\",\"bytes\":{\"up\":18446744073709551615,\"down\":0},"
	"\"closed\":null},{},[]],\"ok\":true,\"no\":false,\"rate\":1.5e3,"
	"\"name\":\"a\\\"\\\\\\n\\u00e9\\ud83d\\ude00\\ud800\"} ";

static void test_paths(void **state)
{
	_cleanup_doc_ struct fb_doc doc = {0};
	uint32_t items, item;
	char buf[64];
	size_t len;
	const char *raw;

	(void)state;
	assert_int_equal(fb_doc_init(&doc, text, strlen(text)), 0);
	items = fb_doc_get(&doc, 0, "items");
	item = fb_doc_first(&doc, items);
	assert_true(fb_doc_u64(&doc, fb_doc_get(&doc, item, "bytes.up")) == UINT64_MAX);
	assert_string_equal(fb_doc_str(&doc, fb_doc_get(&doc, item, "id"), buf, sizeof(buf)), "9f");
	assert_true(fb_doc_is_null(&doc, fb_doc_get(&doc, item, "closed")));
	assert_int_equal(fb_doc_get(&doc, item, "bytes.sideways"), FB_DOC_NONE);
	assert_int_equal(fb_doc_get(&doc, item, "id.x"), FB_DOC_NONE);
	raw = fb_doc_raw(&doc, item, &len);
	assert_int_equal(len, 70);
	assert_memory_equal(raw, "{\"id\"", 5);
	raw = fb_doc_raw(&doc, fb_doc_get(&doc, item, "id"), &len);
	assert_int_equal(len, 4);
	assert_memory_equal(raw, "\"9f\"", 4);
	item = fb_doc_next(&doc, items, item);
	assert_int_equal(fb_doc_type(&doc, item), FB_DOC_OBJECT);
	assert_int_equal(fb_doc_first(&doc, item), FB_DOC_NONE);
	item = fb_doc_next(&doc, items, item);
	assert_int_equal(fb_doc_type(&doc, item), FB_DOC_ARRAY);
	assert_int_equal(fb_doc_next(&doc, items, item), FB_DOC_NONE);
	assert_true(fb_doc_true(&doc, fb_doc_get(&doc, 0, "ok")));
	assert_false(fb_doc_true(&doc, fb_doc_get(&doc, 0, "no")));
	assert_string_equal(fb_doc_str(&doc, fb_doc_get(&doc, 0, "name"), buf, sizeof(buf)),
			    "a\"\\\n\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd");
	assert_string_equal(fb_doc_str(&doc, FB_DOC_NONE, buf, sizeof(buf)), "");
	assert_string_equal(fb_doc_str(&doc, fb_doc_get(&doc, 0, "rate"), buf, 4), "1.5");
}

/* Each in memory of exactly its size, so that a sanitizer sees a reader that goes too far. */
static void refused(const char *bad, size_t len)
{
	struct fb_doc doc = {0};
	char *exact = malloc(len ? len : 1);

	assert_non_null(exact);
	memcpy(exact, bad, len);
	assert_int_equal(fb_doc_init(&doc, exact, len), -EINVAL);
	assert_null(doc.nodes);
	free(exact);
}

static void test_refused(void **state)
{
	char deep[200];

	(void)state;
	for (const char **bad = (const char *[]){"",	  "{",	     "}",	    "[1,]",
						 "[1 2]", "{\"a\"}", "{\"a\":}",    "{a:1}",
						 "\"",	  "\"\\x\"", "\"\\u12g4\"", "\"\\u12",
						 "\"\\",  "tru",     "nul",	    "01x",
						 "{} {}", "[1]]",    "{\"a\":1,}",  "\"\n\"",
						 "[,1]",  "{,}",     "[}",	    "+1",
						 NULL};
	     *bad; bad++)
		refused(*bad, strlen(*bad));
	for (size_t cut = 1; cut < strlen(text) - 2; cut++)
		refused(text, cut);
	memset(deep, '[', sizeof(deep));
	refused(deep, sizeof(deep));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
