/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens, sessions and failures to log in: the memory behind auth.c. Every table has a size, what
 * is oldest gives way; each token has sessions of its own, so that its holders push out each other
 * at most. Not locked: auth.c does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/passhash.h"
#include "http/request.h"
#include "util/why.h"

#define FB_TOKEN_LEAST	 16
#define FB_TOKEN_MOST	 128
#define FB_TOKENS	 16
#define FB_LINKS	 8			/* one-time tokens, unused, of each role */
#define FB_OWNERS	 (FB_TOKENS + FB_ROLES) /* of sessions: each token, the links of each role */
#define FB_SESSIONS	 32			/* of each owner */
#define FB_SESSION_ID	 33
#define FB_FAILURES	 128
#define FB_FAILURES_MOST 10    /* wrong tokens, or passwords, ... */
#define FB_FAILURES_MS	 60000 /* ... in this time, by address */
#define FB_SESSION_MS	 (24ull * 3600 * 1000)
#define FB_ONE_TIME_MS	 (15ull * 60 * 1000)
#define FB_SECRET_MAX	 (FB_TOKEN_MOST + 1)
#define FB_TOKEN_NAME	 31 /* characters of whose it is */

struct fb_tokens {
	struct fb_token {
		char text[FB_SECRET_MAX];     /* NUL to the end */
		char name[FB_TOKEN_NAME + 1]; /* empty: nobody said */
		enum fb_role role;
		enum fb_secret {
			FB_SECRET_TOKEN,
			FB_SECRET_SHA256,   /* of a token, in hexadecimal digits */
			FB_SECRET_PASSWORD, /* the hash of one */
		} kind;
	} tokens[FB_TOKENS];
	unsigned int n;
	struct {
		char text[FB_SECRET_MAX];
		uint64_t until_ms; /* 0: used or never made */
	} links[FB_ROLES][FB_LINKS];
	struct {
		char id[FB_SESSION_ID];
		enum fb_role role;
		uint64_t used_ms; /* 0: free */
	} sessions[FB_OWNERS][FB_SESSIONS];
	struct fb_failure {
		uint8_t addr[16];
		unsigned int n;
		uint64_t since_ms;
	} failures[FB_FAILURES], guesses[FB_FAILURES]; /* of tokens, of passwords */
};

/*
 * Read "ROLE NAME TOKEN" lines, without a NAME, or "TOKEN" alone, which may be "sha256:" and the
 * digits of its SHA-256. An operator without a NAME is an admin. Of who has a NAME, in place of the
 * token, once, the hash of a password. 0, or -EINVAL with a sentence, which has no token.
 */
int fb_tokens_parse(struct fb_tokens *tokens, const char *text, struct fb_why *why);

/*
 * The role of a token, and in `ret_owner` whose its sessions are; FB_ROLE_NONE for a wrong one.
 * Takes as long for every wrong one.
 */
enum fb_role fb_tokens_role(const struct fb_tokens *tokens, const char *text, size_t len,
			    unsigned int *ret_owner);

/*
 * The hash that a password of this name is held against, and true; of a name that has none false,
 * and a hash of another's making, so that it takes as long to be told so.
 */
bool fb_tokens_password(const struct fb_tokens *tokens, const char *name,
			char ret_hash[static FB_PASSHASH_MAX + 1]);

/* The role of the name whose password has this hash now, as fb_tokens_role. */
enum fb_role fb_tokens_named(const struct fb_tokens *tokens, const char *name, const char *hash,
			     unsigned int *ret_owner);

bool fb_tokens_have_passwords(const struct fb_tokens *tokens);

/* Letters, digits, . _ -: what may stand in the log and on record. An empty one is. */
bool fb_tokens_is_name(const char *text);

/* Line by line, without regard to sessions. */
bool fb_tokens_are_same(const struct fb_tokens *a, const struct fb_tokens *b);

/*
 * Take over what `fresh` has read. Sessions of a token that is the same go on; of others they end:
 * their ids, and how many.
 */
unsigned int fb_tokens_replace(struct fb_tokens *tokens, const struct fb_tokens *fresh,
			       char ret_ended[static FB_TOKENS * FB_SESSIONS][FB_SESSION_ID]);

/* Whose token it is, of an owner of sessions, until the next replacement; empty: nobody said, or a
 * link. */
const char *fb_tokens_name(const struct fb_tokens *tokens, unsigned int owner);

/* A one-time token of the role: the oldest one of it that nobody used gives way. */
void fb_tokens_one_time(struct fb_tokens *tokens, const char *secret, enum fb_role role,
			uint64_t now_ms);

/* As fb_tokens_role of a one-time token, which is spent by this call. */
enum fb_role fb_tokens_spend(struct fb_tokens *tokens, const char *text, uint64_t now_ms,
			     unsigned int *ret_owner);

/* `ret_ended`: the owner's session that gave way, or empty. */
void fb_tokens_session_add(struct fb_tokens *tokens, const char *id, enum fb_role role,
			   unsigned int owner, uint64_t now_ms,
			   char ret_ended[static FB_SESSION_ID]);
/* *ret_owner: whose, where there is a role. */
enum fb_role fb_tokens_session(struct fb_tokens *tokens, const char *id, size_t len,
			       uint64_t now_ms, unsigned int *ret_owner);
void fb_tokens_session_end(struct fb_tokens *tokens, const char *id, size_t len);

/* Forget one session that was not used for too long: false when there is none. */
bool fb_tokens_expire(struct fb_tokens *tokens, uint64_t now_ms,
		      char ret_ended[static FB_SESSION_ID]);

/* One more wrong token came from this address: false when there were too many already. */
bool fb_tokens_failed(struct fb_tokens *tokens, const uint8_t addr[static 16], uint64_t now_ms);

/*
 * The same of a wrong password. A right one would be found by who guesses on, so that none of such
 * an address is tried while fb_tokens_may_guess is false. IPv6: by /64, of which one host has all.
 */
bool fb_tokens_guessed(struct fb_tokens *tokens, const uint8_t addr[static 16], uint64_t now_ms);
bool fb_tokens_may_guess(const struct fb_tokens *tokens, const uint8_t addr[static 16],
			 uint64_t now_ms);
