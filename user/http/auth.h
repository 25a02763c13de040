/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who asks, and may they: Host allow-list, origin, tokens, sessions, roles.
 * Without a token file everybody who reaches the loopback listener is an operator. Over the unix
 * socket the kernel says who the peer is: root and our own user are operators, others viewers.
 */
#pragma once

#include "http/request.h"
#include "util/why.h"

struct fb_auth;

/* `token_file` may be NULL. -EPERM when others can read it; `why` holds the sentence. */
int fb_auth_new(const char *token_file, struct fb_auth **ret_auth, struct fb_why *why);
void fb_auth_free(struct fb_auth *auth);

/* A token is needed, of everybody over TCP. */
bool fb_auth_required(const struct fb_auth *auth);

/* ... and so of this one. */
bool fb_auth_wants_login(const struct fb_request *req);

/* Host is one that this server answers for. */
bool fb_auth_host(const struct fb_request *req);

/* Set the role and hold it, the origin and the CSRF header against the route; may answer. */
bool fb_auth_check(struct fb_request *req);

/* A new one-time token for the login link; returns `buf`. */
const char *fb_auth_one_time(struct fb_auth *auth, char buf[static 33]);

/* The link's other end: "token=..." as the page's query. True: an answer that sets the cookie. */
bool fb_auth_exchange(struct fb_request *req, const char *query);

/* The cookie that the request came with: which session it is of; NULL: of none. */
const char *fb_auth_session(const struct fb_request *req);

/* Begin a session of the token's role, with its cookie in the answer. False after answering. */
bool fb_auth_login(struct fb_request *req, const char *token);

/* End the request's session, and have its cookie forgotten by the answer. */
void fb_auth_logout(struct fb_request *req);
