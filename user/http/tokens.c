/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens, sessions and failures; see the header. */
#include "http/tokens.h"
#include "util/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Equal, in a time that tells nothing about where they differ. `secret` is NUL-padded. */
static bool same(const char secret[static FB_SECRET_MAX], const char *text, size_t len)
{
	unsigned char differ = len >= FB_SECRET_MAX;

	for (size_t i = 0; i < FB_SECRET_MAX; i++)
		differ |= (unsigned char)(secret[i] ^ (i < len ? text[i] : 0));
	return !differ && len > 0;
}

static void keep(char secret[static FB_SECRET_MAX], const char *text)
{
	memset(secret, 0, FB_SECRET_MAX);
	memcpy(secret, text, strnlen(text, FB_SECRET_MAX - 1));
}

static int parse_line(struct fb_tokens *tokens, char *line, unsigned int number, struct fb_why *why)
{
	enum fb_role role = FB_ROLE_OPERATOR;
	char *save, *word = strtok_r(line, " \t\r", &save), *token;
	size_t len;

	if (!word || *word == '#')
		return 0;
	token = strtok_r(NULL, " \t\r", &save);
	if (token && !strcmp(word, "viewer"))
		role = FB_ROLE_VIEWER;
	else if (token && strcmp(word, "operator") != 0)
		goto bad;
	else if (!token)
		token = word;
	len = strlen(token);
	if (strtok_r(NULL, " \t\r", &save) || len < FB_TOKEN_LEAST || len > FB_TOKEN_MOST ||
	    tokens->n == FB_TOKENS)
		goto bad;
	keep(tokens->tokens[tokens->n].text, token);
	tokens->tokens[tokens->n++].role = role;
	return 0;
bad:
	return fb_why_set(
		why, -EINVAL,
		"line %u is not \"operator TOKEN\" or \"viewer TOKEN\" with a token of %d to %d "
		"characters (%d lines at most)",
		number, FB_TOKEN_LEAST, FB_TOKEN_MOST, FB_TOKENS);
}

int fb_tokens_parse(struct fb_tokens *tokens, const char *text, struct fb_why *why)
{
	unsigned int number = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[512];
		int r;

		if (len >= sizeof(line))
			return fb_why_set(why, -EINVAL, "line %u is too long", number + 1);
		memcpy(line, text, len);
		line[len] = '\0';
		r = parse_line(tokens, line, ++number, why);
		if (r)
			return r;
		text += len + (text[len] == '\n');
	}
	if (tokens->n)
		return 0;
	return fb_why_set(why, -EINVAL, "it holds no token");
}

enum fb_role fb_tokens_role(const struct fb_tokens *tokens, const char *text, size_t len)
{
	enum fb_role role = FB_ROLE_NONE;

	for (unsigned int i = 0; i < tokens->n; i++)
		if (same(tokens->tokens[i].text, text, len))
			role = tokens->tokens[i].role;
	return role;
}

void fb_tokens_one_time(struct fb_tokens *tokens, const char *secret, uint64_t now_ms)
{
	keep(tokens->one_time.text, secret);
	tokens->one_time.until_ms = now_ms + FB_ONE_TIME_MS;
}

bool fb_tokens_spend(struct fb_tokens *tokens, const char *text, uint64_t now_ms)
{
	if (!same(tokens->one_time.text, text, strlen(text)) || now_ms >= tokens->one_time.until_ms)
		return false;
	memset(&tokens->one_time, 0, sizeof(tokens->one_time));
	return true;
}

void fb_tokens_session_add(struct fb_tokens *tokens, const char *id, enum fb_role role,
			   uint64_t now_ms)
{
	unsigned int oldest = 0;

	for (unsigned int i = 1; i < FB_SESSIONS; i++)
		if (tokens->sessions[i].used_ms < tokens->sessions[oldest].used_ms)
			oldest = i;
	keep(tokens->sessions[oldest].id, id);
	tokens->sessions[oldest].role = role;
	tokens->sessions[oldest].used_ms = now_ms + 1;
}

enum fb_role fb_tokens_session(struct fb_tokens *tokens, const char *id, size_t len,
			       uint64_t now_ms)
{
	enum fb_role role = FB_ROLE_NONE;

	for (unsigned int i = 0; i < FB_SESSIONS; i++) {
		if (!tokens->sessions[i].used_ms || !same(tokens->sessions[i].id, id, len))
			continue;
		if (now_ms > tokens->sessions[i].used_ms + FB_SESSION_MS)
			continue;
		role = tokens->sessions[i].role;
		tokens->sessions[i].used_ms = now_ms + 1;
	}
	return role;
}

void fb_tokens_session_end(struct fb_tokens *tokens, const char *id, size_t len)
{
	for (unsigned int i = 0; i < FB_SESSIONS; i++)
		if (tokens->sessions[i].used_ms && same(tokens->sessions[i].id, id, len))
			memset(&tokens->sessions[i], 0, sizeof(tokens->sessions[i]));
}

bool fb_tokens_limited(struct fb_tokens *tokens, const uint8_t addr[static 16], bool failed,
		       uint64_t now_ms)
{
	unsigned int oldest = 0;

	for (unsigned int i = 0; i < FB_FAILURES; i++) {
		bool current = tokens->failures[i].n &&
			       now_ms - tokens->failures[i].since_ms < FB_FAILURES_MS;

		if (current && !memcmp(tokens->failures[i].addr, addr, 16)) {
			if (tokens->failures[i].n >= FB_FAILURES_MOST)
				return true;
			tokens->failures[i].n += failed;
			return false;
		}
		if (!tokens->failures[i].n ||
		    (tokens->failures[oldest].n &&
		     tokens->failures[i].since_ms < tokens->failures[oldest].since_ms))
			oldest = i;
	}
	if (failed) {
		memcpy(tokens->failures[oldest].addr, addr, 16);
		tokens->failures[oldest].n = 1;
		tokens->failures[oldest].since_ms = now_ms;
	}
	return false;
}
