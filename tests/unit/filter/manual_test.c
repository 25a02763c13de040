/* SPDX-License-Identifier: BSD-2-Clause */
// link: filter flow format util
/* flowbpf-filter(7): each of its examples is a filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filter/filter.h"
#include "util/cleanup.h"

/* `.B "EXAMPLE"` */
static bool take_example(char *line, const char **ret_text)
{
	char *end = strrchr(line, '"');

	if (strncmp(line, ".B \"", 4) != 0 || end < line + 4)
		return false;
	*end = '\0';
	*ret_text = line + 4;
	return true;
}

static void test_examples(void **state)
{
	_cleanup_fclose_ FILE *file = fopen("user/dist/flowbpf-filter.7", "re");
	unsigned int examples = 0;
	const char *text;
	char line[256];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		_cleanup_filter_ struct fb_filter *filter = NULL;
		struct fb_filter_error error = {0};

		if (!take_example(line, &text))
			continue;
		if (fb_filter_compile(text, &filter, &error))
			fail_msg("%s: %s", text, error.detail);
		examples++;
	}
	assert_true(examples >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
