/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens, sessions and failures; see the header. */
#include "http/tokens.h"
#include "http/tokenhash.h"
#include "util/hash.h"
#include "util/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of nobody: held against the passwords of names that have none, where nobody has one. */
static const char nobodys_hash[] =
	"$y$j9T$LsdBUA0FlRKutFzeitACs1$uf1WvCLegknJKYYTyvs5h1ntecqNqPuc2jdCqviUGFD";

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

/* A token. */
static bool take_plain(struct fb_token *to, const char *text)
{
	const size_t len = strlen(text);

	if (len < FB_TOKEN_LEAST || len > FB_TOKEN_MOST)
		return false;
	to->kind = FB_SECRET_TOKEN;
	keep(to->text, sizeof(to->text), text);
	return true;
}

/* A token's hash. */
static bool take_sha256(struct fb_token *to, const char *text)
{
	const char *digits = text + sizeof(hash_mark) - 1;

	if (strlen(digits) != FB_TOKENHASH_LEN ||
	    strspn(digits, "0123456789abcdef") != FB_TOKENHASH_LEN)
		return false;
	to->kind = FB_SECRET_SHA256;
	keep(to->text, sizeof(to->text), digits);
	return true;
}

static const struct fb_token *find_password(const struct fb_tokens *tokens, const char *name)
{
	for (unsigned int i = 0; i < tokens->n; i++)
		if (tokens->tokens[i].kind == FB_SECRET_PASSWORD &&
		    !strcmp(tokens->tokens[i].name, name))
			return &tokens->tokens[i];
	return NULL;
}

/* A password's hash: whose it is has to be said to log in, and it is one's only one. */
static bool take_password(const struct fb_tokens *tokens, struct fb_token *to, const char *text)
{
	if (!*to->name || find_password(tokens, to->name) || !fb_passhash_is_one(text))
		return false;
	to->kind = FB_SECRET_PASSWORD;
	keep(to->text, sizeof(to->text), text);
	return true;
}

/* False: it is neither. What is marked as a hash is none that may be shown instead. */
static bool take_secret(const struct fb_tokens *tokens, struct fb_token *to, const char *text)
{
	if (fb_passhash_is_marked(text))
		return take_password(tokens, to, text);
	if (!strncmp(text, hash_mark, sizeof(hash_mark) - 1))
		return take_sha256(to, text);
	return take_plain(to, text);
}

static bool take_line(struct fb_tokens *tokens, char *const words[static 4], unsigned int n)
{
	const char *secret = words[n - 1], *name = n == 3 ? words[1] : "";
	const enum fb_role role = n > 1 ? fb_role_of(words[0]) : FB_ROLE_ADMIN;
	struct fb_token *next = &tokens->tokens[tokens->n];

	if (n > 3 || role == FB_ROLE_NONE || !fb_tokens_is_name(name))
		return false;
	keep(next->name, sizeof(next->name), name);
	if (!take_secret(tokens, next, secret))
		return false;
	next->role = role;
	tokens->n++;
	return true;
}

static int parse_line(struct fb_tokens *tokens, char *line, unsigned int number, struct fb_why *why)
{
	char *words[4];
	const unsigned int n = split(line, words);

	if (!n || *words[0] == '#')
		return 0;
	if (tokens->n == FB_TOKENS)
		return fb_why_set(why, -EINVAL, "line %u is one too many: %d logins are the most",
				  number, FB_TOKENS);
	if (take_line(tokens, words, n))
		return 0;
	return fb_why_set(
		why, -EINVAL,
		"line %u is not \"ROLE NAME TOKEN\" with a role viewer, operator or admin, a token of "
		"%d to %d characters, and of a NAME letters, digits, . _ -, %d at "
		"most, or none; nor has it, once for a NAME, the hash of a password there that is tried "
		"in a second or two",
		number, FB_TOKEN_LEAST, FB_TOKEN_MOST, FB_TOKEN_NAME);
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

/* Who has read a hash has no token yet; a password is none. `hash`: of the text, or NULL. */
static bool is_token(const struct fb_token *token, const char *text, size_t len, const char *hash)
{
	switch (token->kind) {
	case FB_SECRET_TOKEN:
		return same(token->text, FB_SECRET_MAX, text, len);
	case FB_SECRET_SHA256:
		return hash && same(token->text, FB_SECRET_MAX, hash, FB_TOKENHASH_LEN);
	case FB_SECRET_PASSWORD:
		break;
	}
	return false;
}

enum fb_role fb_tokens_role(const struct fb_tokens *tokens, const char *text, size_t len,
			    unsigned int *ret_owner)
{
	enum fb_role role = FB_ROLE_NONE;
	char hash[FB_TOKENHASH_LEN + 1];
	const bool has_hash = fb_tokenhash_make(text, len, hash);

	for (unsigned int i = 0; i < tokens->n; i++) {
		const struct fb_token *token = &tokens->tokens[i];

		if (is_token(token, text, len, has_hash ? hash : NULL)) {
			role = token->role;
			*ret_owner = i;
		}
	}
	return role;
}

/* Always the same one for a name, so that by its time it is as good as any that is there. */
static const char *any_hash(const struct fb_tokens *tokens, const char *name)
{
	const char *hashes[FB_TOKENS];
	unsigned int n = 0;

	for (unsigned int i = 0; i < tokens->n; i++)
		if (tokens->tokens[i].kind == FB_SECRET_PASSWORD)
			hashes[n++] = tokens->tokens[i].text;
	return n ? hashes[fb_hash(name, strlen(name), 3) % n] : nobodys_hash;
}

bool fb_tokens_password(const struct fb_tokens *tokens, const char *name,
			char ret_hash[static FB_PASSHASH_MAX + 1])
{
	const struct fb_token *found = find_password(tokens, name);

	snprintf(ret_hash, FB_PASSHASH_MAX + 1, "%s", found ? found->text : any_hash(tokens, name));
	return found;
}

enum fb_role fb_tokens_named(const struct fb_tokens *tokens, const char *name, const char *hash,
			     unsigned int *ret_owner)
{
	const struct fb_token *found = find_password(tokens, name);

	if (!found || strcmp(found->text, hash) != 0)
		return FB_ROLE_NONE;
	*ret_owner = (unsigned int)(found - tokens->tokens);
	return found->role;
}

bool fb_tokens_have_passwords(const struct fb_tokens *tokens)
{
	for (unsigned int i = 0; i < tokens->n; i++)
		if (tokens->tokens[i].kind == FB_SECRET_PASSWORD)
			return true;
	return false;
}

static bool are_one(const struct fb_token *a, const struct fb_token *b)
{
	return same(a->text, sizeof(a->text), b->text, strlen(b->text)) &&
	       !strcmp(a->name, b->name) && a->role == b->role && a->kind == b->kind;
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

static bool is_current(const struct fb_failure *failure, uint64_t now_ms)
{
	return failure->n && now_ms - failure->since_ms < FB_FAILURES_MS;
}

static bool add_failure(struct fb_failure failures[static FB_FAILURES],
			const uint8_t addr[static 16], uint64_t now_ms)
{
	struct fb_failure *oldest = failures;

	for (struct fb_failure *at = failures; at < failures + FB_FAILURES; at++) {
		if (is_current(at, now_ms) && !memcmp(at->addr, addr, 16)) {
			if (at->n >= FB_FAILURES_MOST)
				return false;
			at->n++;
			return true;
		}
		if (!at->n || (oldest->n && at->since_ms < oldest->since_ms))
			oldest = at;
	}
	memcpy(oldest->addr, addr, 16);
	oldest->n = 1;
	oldest->since_ms = now_ms;
	return true;
}

bool fb_tokens_failed(struct fb_tokens *tokens, const uint8_t addr[static 16], uint64_t now_ms)
{
	return add_failure(tokens->failures, addr, now_ms);
}

static void net_of(const uint8_t addr[static 16], uint8_t ret_net[static 16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memcpy(ret_net, addr, 16);
	if (memcmp(addr, mapped, sizeof(mapped)) != 0)
		memset(ret_net + 8, 0, 8);
}

bool fb_tokens_guessed(struct fb_tokens *tokens, const uint8_t addr[static 16], uint64_t now_ms)
{
	uint8_t net[16];

	net_of(addr, net);
	return add_failure(tokens->guesses, net, now_ms);
}

bool fb_tokens_may_guess(const struct fb_tokens *tokens, const uint8_t addr[static 16],
			 uint64_t now_ms)
{
	uint8_t net[16];

	net_of(addr, net);
	for (unsigned int i = 0; i < FB_FAILURES; i++)
		if (is_current(&tokens->guesses[i], now_ms) &&
		    !memcmp(tokens->guesses[i].addr, net, 16))
			return tokens->guesses[i].n < FB_FAILURES_MOST;
	return true;
}
