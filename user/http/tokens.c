/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens, sessions and failures; see the header. */
#include "http/tokens.h"
#include "http/tokenhash.h"
#include "util/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Equal, in a time that tells nothing about where they differ. `secret` is NUL-padded. */
static bool same(const char *secret, size_t size, const char *text, size_t len)
{
	unsigned char differ = len >= size;

	for (size_t i = 0; i < size; i++)
		differ |= (unsigned char)(secret[i] ^ (i < len ? text[i] : 0));
	return !differ && len > 0;
}

static const char hash_mark[] = "sha256:";

static void keep(char *secret, size_t size, const char *text)
{
	memset(secret, 0, size);
	memcpy(secret, text, strnlen(text, size - 1));
}

bool fb_tokens_is_name(const char *text)
{
	const size_t len = strlen(text);

	return len <= FB_TOKEN_NAME && text[0] != '-' && text[0] != '.' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       len;
}

/* The words of a line; how many, at most one more than there may be. */
static unsigned int split(char *line, char *words[static 4])
{
	unsigned int n = 0;
	char *save, *word = strtok_r(line, " \t\r", &save);

	for (; word && n < 4; word = strtok_r(NULL, " \t\r", &save))
		words[n++] = word;
	return n;
}

/* The token, or its hash; false: it is neither. */
static bool take_token(struct fb_token *to, const char *token)
{
	const size_t len = strlen(token), mark = sizeof(hash_mark) - 1;

	to->hashed = !strncmp(token, hash_mark, mark);
	if (to->hashed && strspn(token + mark, "0123456789abcdef") != FB_TOKENHASH_LEN)
		return false;
	if (to->hashed ? len != mark + FB_TOKENHASH_LEN
		       : len < FB_TOKEN_LEAST || len > FB_TOKEN_MOST)
		return false;
	keep(to->text, sizeof(to->text), to->hashed ? token + mark : token);
	return true;
}

static bool take_line(struct fb_tokens *tokens, char *const words[static 4], unsigned int n)
{
	const char *token = words[n - 1], *name = n == 3 ? words[1] : "";
	const enum fb_role role = n > 1 ? fb_role_of(words[0]) : FB_ROLE_OPERATOR;
	struct fb_token *next = &tokens->tokens[tokens->n];

	if (n > 3 || role == FB_ROLE_NONE || !fb_tokens_is_name(name) || tokens->n == FB_TOKENS ||
	    !take_token(next, token))
		return false;
	keep(next->name, sizeof(next->name), name);
	/* an operator was who may all, before there were others and names for them */
	next->role = role == FB_ROLE_OPERATOR && !*name ? FB_ROLE_ADMIN : role;
	tokens->n++;
	return true;
}

static int parse_line(struct fb_tokens *tokens, char *line, unsigned int number, struct fb_why *why)
{
	char *words[4];
	const unsigned int n = split(line, words);

	if (!n || *words[0] == '#' || take_line(tokens, words, n))
		return 0;
	return fb_why_set(
		why, -EINVAL,
		"line %u is not \"ROLE NAME TOKEN\" with a role viewer, operator or admin, a token of "
		"%d to %d characters (%d lines at most), and of a NAME letters, digits, . _ -, %d at "
		"most, or none",
		number, FB_TOKEN_LEAST, FB_TOKEN_MOST, FB_TOKENS, FB_TOKEN_NAME);
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

enum fb_role fb_tokens_role(const struct fb_tokens *tokens, const char *text, size_t len,
			    unsigned int *ret_owner)
{
	enum fb_role role = FB_ROLE_NONE;
	char hash[FB_TOKENHASH_LEN + 1];
	const bool has_hash = fb_tokenhash_make(text, len, hash);

	for (unsigned int i = 0; i < tokens->n; i++) {
		const struct fb_token *token = &tokens->tokens[i];

		/* who has read the hash has no token yet */
		if (token->hashed
			    ? has_hash && same(token->text, FB_SECRET_MAX, hash, FB_TOKENHASH_LEN)
			    : same(token->text, FB_SECRET_MAX, text, len)) {
			role = token->role;
			*ret_owner = i;
		}
	}
	return role;
}

static bool are_one(const struct fb_token *a, const struct fb_token *b)
{
	return same(a->text, sizeof(a->text), b->text, strlen(b->text)) &&
	       !strcmp(a->name, b->name) && a->role == b->role && a->hashed == b->hashed;
}

bool fb_tokens_are_same(const struct fb_tokens *a, const struct fb_tokens *b)
{
	bool are = a->n == b->n;

	for (unsigned int i = 0; i < a->n && are; i++)
		are = are_one(&a->tokens[i], &b->tokens[i]);
	return are;
}

/* The number of the same one; FB_TOKENS: there is none. */
static unsigned int find_same(const struct fb_tokens *tokens, const struct fb_token *token)
{
	for (unsigned int i = 0; i < tokens->n; i++)
		if (are_one(&tokens->tokens[i], token))
			return i;
	return FB_TOKENS;
}

unsigned int fb_tokens_replace(struct fb_tokens *tokens, const struct fb_tokens *fresh,
			       char ret_ended[static FB_TOKENS * FB_SESSIONS][FB_SESSION_ID])
{
	struct fb_tokens before = *tokens;
	unsigned int n = 0;

	memcpy(tokens->tokens, fresh->tokens, sizeof(tokens->tokens));
	tokens->n = fresh->n;
	memset(tokens->sessions, 0, FB_TOKENS * sizeof(tokens->sessions[0]));
	for (unsigned int i = 0; i < before.n; i++) {
		const unsigned int to = find_same(tokens, &before.tokens[i]);

		if (to < FB_TOKENS) {
			memcpy(tokens->sessions[to], before.sessions[i],
			       sizeof(tokens->sessions[to]));
			continue;
		}
		for (unsigned int k = 0; k < FB_SESSIONS; k++)
			if (before.sessions[i][k].used_ms)
				memcpy(ret_ended[n++], before.sessions[i][k].id, FB_SESSION_ID);
	}
	explicit_bzero(&before, sizeof(before));
	return n;
}

const char *fb_tokens_name(const struct fb_tokens *tokens, unsigned int owner)
{
	return owner < tokens->n ? tokens->tokens[owner].name : "";
}

void fb_tokens_one_time(struct fb_tokens *tokens, const char *secret, enum fb_role role,
			uint64_t now_ms)
{
	unsigned int oldest = 0;

	for (unsigned int i = 1; i < FB_LINKS; i++)
		if (tokens->links[role][i].until_ms < tokens->links[role][oldest].until_ms)
			oldest = i;
	keep(tokens->links[role][oldest].text, FB_SECRET_MAX, secret);
	tokens->links[role][oldest].until_ms = now_ms + FB_ONE_TIME_MS;
}

enum fb_role fb_tokens_spend(struct fb_tokens *tokens, const char *text, uint64_t now_ms,
			     unsigned int *ret_owner)
{
	enum fb_role role = FB_ROLE_NONE;
	size_t len = strlen(text);

	for (unsigned int i = 0; i < FB_ROLES * FB_LINKS; i++) {
		unsigned int of = i / FB_LINKS, n = i % FB_LINKS;

		if (!same(tokens->links[of][n].text, FB_SECRET_MAX, text, len) ||
		    now_ms >= tokens->links[of][n].until_ms)
			continue;
		memset(&tokens->links[of][n], 0, sizeof(tokens->links[of][n]));
		role = (enum fb_role)of;
		*ret_owner = FB_TOKENS + of;
	}
	return role;
}

void fb_tokens_session_add(struct fb_tokens *tokens, const char *id, enum fb_role role,
			   unsigned int owner, uint64_t now_ms,
			   char ret_ended[static FB_SESSION_ID])
{
	unsigned int oldest = 0;

	for (unsigned int i = 1; i < FB_SESSIONS; i++)
		if (tokens->sessions[owner][i].used_ms < tokens->sessions[owner][oldest].used_ms)
			oldest = i;
	memcpy(ret_ended, tokens->sessions[owner][oldest].id, FB_SESSION_ID);
	keep(tokens->sessions[owner][oldest].id, FB_SESSION_ID, id);
	tokens->sessions[owner][oldest].role = role;
	tokens->sessions[owner][oldest].used_ms = now_ms + 1;
}

static bool is_over(uint64_t used_ms, uint64_t now_ms)
{
	return now_ms > used_ms + FB_SESSION_MS;
}

enum fb_role fb_tokens_session(struct fb_tokens *tokens, const char *id, size_t len,
			       uint64_t now_ms, unsigned int *ret_owner)
{
	enum fb_role role = FB_ROLE_NONE;

	for (unsigned int i = 0; i < FB_OWNERS * FB_SESSIONS; i++) {
		unsigned int owner = i / FB_SESSIONS, n = i % FB_SESSIONS;

		if (!tokens->sessions[owner][n].used_ms ||
		    !same(tokens->sessions[owner][n].id, FB_SESSION_ID, id, len) ||
		    is_over(tokens->sessions[owner][n].used_ms, now_ms))
			continue;
		role = tokens->sessions[owner][n].role;
		*ret_owner = owner;
		tokens->sessions[owner][n].used_ms = now_ms + 1;
	}
	return role;
}

void fb_tokens_session_end(struct fb_tokens *tokens, const char *id, size_t len)
{
	for (unsigned int i = 0; i < FB_OWNERS * FB_SESSIONS; i++) {
		unsigned int owner = i / FB_SESSIONS, n = i % FB_SESSIONS;

		if (tokens->sessions[owner][n].used_ms &&
		    same(tokens->sessions[owner][n].id, FB_SESSION_ID, id, len))
			memset(&tokens->sessions[owner][n], 0, sizeof(tokens->sessions[owner][n]));
	}
}

bool fb_tokens_expire(struct fb_tokens *tokens, uint64_t now_ms,
		      char ret_ended[static FB_SESSION_ID])
{
	for (unsigned int i = 0; i < FB_OWNERS * FB_SESSIONS; i++) {
		unsigned int owner = i / FB_SESSIONS, n = i % FB_SESSIONS;

		if (!tokens->sessions[owner][n].used_ms ||
		    !is_over(tokens->sessions[owner][n].used_ms, now_ms))
			continue;
		memcpy(ret_ended, tokens->sessions[owner][n].id, FB_SESSION_ID);
		memset(&tokens->sessions[owner][n], 0, sizeof(tokens->sessions[owner][n]));
		return true;
	}
	return false;
}

bool fb_tokens_failed(struct fb_tokens *tokens, const uint8_t addr[static 16], uint64_t now_ms)
{
	unsigned int oldest = 0;

	for (unsigned int i = 0; i < FB_FAILURES; i++) {
		bool current = tokens->failures[i].n &&
			       now_ms - tokens->failures[i].since_ms < FB_FAILURES_MS;

		if (current && !memcmp(tokens->failures[i].addr, addr, 16)) {
			if (tokens->failures[i].n >= FB_FAILURES_MOST)
				return false;
			tokens->failures[i].n++;
			return true;
		}
		if (!tokens->failures[i].n ||
		    (tokens->failures[oldest].n &&
		     tokens->failures[i].since_ms < tokens->failures[oldest].since_ms))
			oldest = i;
	}
	memcpy(tokens->failures[oldest].addr, addr, 16);
	tokens->failures[oldest].n = 1;
	tokens->failures[oldest].since_ms = now_ms;
	return true;
}
