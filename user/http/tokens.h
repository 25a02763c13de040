/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens, sessions and failures to log in: the memory behind auth.c. Every table has a size, what
 * is oldest gives way. Not locked: auth.c does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/request.h"
#include "util/why.h"

#define FB_TOKEN_LEAST	 16
#define FB_TOKEN_MOST	 128
#define FB_TOKENS	 16
#define FB_SESSIONS	 64
#define FB_FAILURES	 128
#define FB_FAILURES_MOST 10    /* wrong tokens ... */
#define FB_FAILURES_MS	 60000 /* ... in this time, by address */
#define FB_SESSION_MS	 (24ull * 3600 * 1000)
#define FB_ONE_TIME_MS	 (24ull * 3600 * 1000)
#define FB_SECRET_MAX	 129

struct fb_tokens {
	struct fb_token {
		char text[FB_SECRET_MAX]; /* NUL to the end */
		enum fb_role role;
	} tokens[FB_TOKENS];
	unsigned int n;
	struct {
		char text[FB_SECRET_MAX];
		uint64_t until_ms; /* 0: used or never made */
	} one_time;
	struct {
		char id[FB_SECRET_MAX];
		enum fb_role role;
		uint64_t used_ms; /* 0: free */
	} sessions[FB_SESSIONS];
	struct {
		uint8_t addr[16];
		unsigned int n;
		uint64_t since_ms;
	} failures[FB_FAILURES];
};

/* Read "operator TOKEN", "viewer TOKEN" or "TOKEN" lines. 0, or -EINVAL with a sentence. */
int fb_tokens_parse(struct fb_tokens *tokens, const char *text, struct fb_why *why);

/* Its role, FB_ROLE_NONE for a wrong one; takes as long for every wrong one. */
enum fb_role fb_tokens_role(const struct fb_tokens *tokens, const char *text, size_t len);

/* A one-time token, spent by this call. */
bool fb_tokens_spend(struct fb_tokens *tokens, const char *text, uint64_t now_ms);
void fb_tokens_one_time(struct fb_tokens *tokens, const char *secret, uint64_t now_ms);

void fb_tokens_session_add(struct fb_tokens *tokens, const char *id, enum fb_role role,
			   uint64_t now_ms);
enum fb_role fb_tokens_session(struct fb_tokens *tokens, const char *id, size_t len,
			       uint64_t now_ms);
void fb_tokens_session_end(struct fb_tokens *tokens, const char *id, size_t len);

/* Has this address failed too often? Otherwise, with `failed`, count one more failure. */
bool fb_tokens_limited(struct fb_tokens *tokens, const uint8_t addr[static 16], bool failed,
		       uint64_t now_ms);
