/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who asks, and may they: Host allow-list, origin, tokens, sessions, roles.
 * Without a token file everybody who reaches the loopback listener is an operator. Over the unix
 * socket the kernel says who the peer is: root and our own user are operators, others viewers.
 */
#pragma once

#include "http/request.h"

struct fb_auth;

/* `token_file` may be NULL. -EPERM when others can read it; `why` holds the sentence. */
int fb_auth_new(const char *token_file, struct fb_auth **ret_auth, char *why, size_t why_len);
void fb_auth_free(struct fb_auth *auth);

/* A token is needed. */
bool fb_auth_required(const struct fb_auth *auth);

/* Host is one that this server answers for. */
bool fb_auth_host(const struct fb_api_request *req);

/* Set the role and hold it, the origin and the CSRF header against the route; may answer. */
bool fb_auth_check(struct fb_api_request *req);

/* A new one-time token for the login link; returns `buf`. */
const char *fb_auth_one_time(struct fb_auth *auth, char buf[static 33]);

/* The link's other end: "token=..." as the page's query. True: an answer that sets the cookie. */
bool fb_auth_exchange(struct fb_api_request *req, const char *query);

void fb_api_session_get(struct fb_api_request *req);
void fb_api_session_post(struct fb_api_request *req);
void fb_api_session_delete(struct fb_api_request *req);
