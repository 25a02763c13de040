// link: tui util
/* SPDX-License-Identifier: BSD-2-Clause */
/* The line that a filter is typed in, and which key does what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/keymap.h"
#include "tui/prompt.h"

#define CTRL(letter) ((letter) & 0x1f)

static void keys(struct fb_prompt *prompt, const uint32_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fb_prompt_key(prompt, list[i]);
}

#define KEYS(prompt, ...)                                                                          \
	keys(prompt, (const uint32_t[]){__VA_ARGS__},                                              \
	     sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void test_typing(void **state)
{
	struct fb_prompt prompt;

	(void)state;
	fb_prompt_set(&prompt, "");
	KEYS(&prompt, 'i', 'p', ' ', 0xfc, 0x4e2d, 0x1f600);
	assert_string_equal(prompt.text, "ip ü中😀");
	assert_int_equal(prompt.at, prompt.len);
	KEYS(&prompt, FB_KEY_BACKSPACE, FB_KEY_LEFT, FB_KEY_LEFT, 'x');
	assert_string_equal(prompt.text, "ip xü中");
	KEYS(&prompt, FB_KEY_DELETE, FB_KEY_END, '!', FB_KEY_HOME, FB_KEY_DELETE, '=');
	assert_string_equal(prompt.text, "=p x中!");
	KEYS(&prompt, CTRL('E'), CTRL('W'));
	assert_string_equal(prompt.text, "=p ");
	KEYS(&prompt, CTRL('A'), FB_KEY_RIGHT, CTRL('K'));
	assert_string_equal(prompt.text, "=");
	KEYS(&prompt, CTRL('U'), FB_KEY_BACKSPACE, FB_KEY_DELETE);
	assert_string_equal(prompt.text, "");
}

/* What a terminal could be told by is no text, and other keys are not the line's. */
static void test_others(void **state)
{
	struct fb_prompt prompt;

	(void)state;
	fb_prompt_set(&prompt, "ip");
	assert_false(fb_prompt_key(&prompt, 0x1b));
	assert_false(fb_prompt_key(&prompt, 0x9b));
	assert_false(fb_prompt_key(&prompt, 0x202e));
	assert_false(fb_prompt_key(&prompt, FB_KEY_UP));
	assert_false(fb_prompt_key(&prompt, FB_KEY_CLICK));
	assert_string_equal(prompt.text, "ip");
	assert_true(fb_prompt_key(&prompt, '='));
}

static void test_bounds(void **state)
{
	char text[FB_PROMPT_BYTES + 40];
	struct fb_prompt prompt;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	memcpy(text + FB_PROMPT_BYTES - 1, "\xc3\xbc",
	       2); /* cut between its bytes: left out whole */
	fb_prompt_set(&prompt, text);
	assert_int_equal(prompt.len, FB_PROMPT_BYTES - 1);
	KEYS(&prompt, 0xfc, 'b', 'c');
	assert_int_equal(prompt.len, FB_PROMPT_BYTES);
	assert_int_equal(prompt.text[FB_PROMPT_BYTES - 1], 'b');
	fb_prompt_replace(&prompt, 10, FB_PROMPT_BYTES + 1, "x");
	fb_prompt_replace(&prompt, 20, 10, "x");
	assert_int_equal(prompt.len, FB_PROMPT_BYTES);
}

static void test_completion(void **state)
{
	struct fb_prompt prompt;

	(void)state;
	fb_prompt_set(&prompt, "dst.po = 443");
	fb_prompt_replace(&prompt, 0, 6, "dst.port");
	assert_string_equal(prompt.text, "dst.port = 443");
	assert_int_equal(prompt.at, 8);
}

/* Each key leads to one act, and each line of the help has a key that does what it says. */
static void test_keymap(void **state)
{
	(void)state;
	for (size_t i = 0; i < FB_KEYMAP_LINES; i++)
		for (size_t k = 0; k < 3 && fb_keymap[i].keys[k]; k++)
			assert_int_equal(fb_keymap_find(fb_keymap[i].keys[k]), fb_keymap[i].act);
	assert_int_equal(fb_keymap_find('3'), FB_TOP_VIEW);
	assert_int_equal(fb_keymap_find('0'), FB_TOP_NOTHING);
	assert_int_equal(fb_keymap_find(FB_KEY_NONE), FB_TOP_NOTHING);
	assert_int_equal(fb_keymap_find(0x1f600), FB_TOP_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typing), cmocka_unit_test(test_others),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_completion),
		cmocka_unit_test(test_keymap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
