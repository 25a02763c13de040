/* SPDX-License-Identifier: BSD-2-Clause */
#include "tui/prompt.h"

#include <string.h>

#include "tui/keymap.h"
#include "util/utf8.h"

#define CTRL(letter) ((letter) & 0x1f)

static size_t before(const struct fb_prompt *prompt, size_t at)
{
	while (at && ((unsigned char)prompt->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t behind(const struct fb_prompt *prompt, size_t at)
{
	if (at < prompt->len)
		at++;
	while (at < prompt->len && ((unsigned char)prompt->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static size_t word_before(const struct fb_prompt *prompt)
{
	size_t at = prompt->at;

	while (at && prompt->text[at - 1] == ' ')
		at--;
	while (at && prompt->text[at - 1] != ' ')
		at--;
	return at;
}

void fb_prompt_replace(struct fb_prompt *prompt, size_t start, size_t end, const char *text)
{
	const size_t len = strlen(text);

	if (start > end || end > prompt->len || prompt->len - (end - start) + len > FB_PROMPT_BYTES)
		return;
	memmove(prompt->text + start + len, prompt->text + end, prompt->len - end + 1);
	memcpy(prompt->text + start, text, len);
	prompt->len += len - (end - start);
	prompt->at = start + len;
}

void fb_prompt_set(struct fb_prompt *prompt, const char *text)
{
	size_t len = strlen(text);

	if (len > FB_PROMPT_BYTES)
		for (len = FB_PROMPT_BYTES; len && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
			;
	memcpy(prompt->text, text, len);
	prompt->text[len] = '\0';
	prompt->len = prompt->at = len;
}

/* UTF-8 of a character, "" for what no line may hold. */
static void encode(uint32_t code, char text[static 5])
{
	memset(text, 0, 5);
	if (code < ' ' || code > 0x10ffff || fb_utf8_is_hostile(code))
		return;
	if (code < 0x80) {
		text[0] = (char)code;
		return;
	}
	for (int n = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3, i = n; i >= 0; i--) {
		text[i] = (char)(i ? 0x80 | (code & 0x3f) : (0xff00 >> (n + 1)) | code);
		code >>= 6;
	}
}

static bool move(struct fb_prompt *prompt, uint32_t key)
{
	switch (key) {
	case FB_KEY_LEFT:
		prompt->at = before(prompt, prompt->at);
		return true;
	case FB_KEY_RIGHT:
		prompt->at = behind(prompt, prompt->at);
		return true;
	case FB_KEY_HOME:
	case CTRL('A'):
		prompt->at = 0;
		return true;
	case FB_KEY_END:
	case CTRL('E'):
		prompt->at = prompt->len;
		return true;
	default:
		return false;
	}
}

bool fb_prompt_key(struct fb_prompt *prompt, uint32_t key)
{
	size_t start = prompt->at, end = prompt->at;
	char text[5] = "";

	if (key == FB_KEY_BACKSPACE)
		start = before(prompt, start);
	else if (key == FB_KEY_DELETE)
		end = behind(prompt, end);
	else if (key == CTRL('U'))
		start = 0;
	else if (key == CTRL('K'))
		end = prompt->len;
	else if (key == CTRL('W'))
		start = word_before(prompt);
	else if (key < FB_KEY_UP)
		encode(key, text);
	if (start == end && !*text)
		return move(prompt, key);
	fb_prompt_replace(prompt, start, end, text);
	return true;
}
