/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who asks, and may they: Host allow-list, origin, tokens, sessions, roles.
 * Over TCP nobody is anybody without a login, not on loopback either: every user of the machine
 * reaches that. Over the unix socket the kernel says who the peer is: root, our own user and the
 * operators' group are admins, others who may open it are viewers.
 */
#pragma once

#include "http/request.h"
#include "http/tokens.h"
#include "util/why.h"

struct fb_auth;
struct fb_http_opts;

#define FB_AUTH_ROLE_HEADER "X-Flowbpf-Role" /* who asks is to be taken for no more than that */

#define FB_AUTH_USER_HEADER "X-Flowbpf-User" /* of a page elsewhere: who is logged in there */

/* For whom a page elsewhere says to ask, as it says it; NULL: for itself. Never instead of who
 * asks. */
const char *fb_auth_behalf(const struct fb_request *req);

/* Reads the token file. -EPERM when others can read it; `why` holds the sentence. */
int fb_auth_new(const struct fb_http_opts *opts, struct fb_auth **ret_auth, struct fb_why *why);
void fb_auth_free(struct fb_auth *auth);

/* Reading, too, takes a login of this one. */
bool fb_auth_wants_login(const struct fb_request *req);

/* Who asks may read, by what a browser sends of itself; nothing is counted or answered. */
bool fb_auth_may_read(const struct fb_request *req);

/* Host is one that this server answers for. */
bool fb_auth_host(const struct fb_request *req);

/* Why nobody may change anything here, a sentence; NULL: some may. */
const char *fb_auth_read_only(const struct fb_request *req);

/* Set the role and hold it, the origin and the CSRF header against the route; may answer. */
bool fb_auth_check(struct fb_request *req);

/* Answers what role is missing to one who has another; false. */
bool fb_auth_lacks(struct fb_request *req, enum fb_role needed);

/* A new one-time token of the role, for the login link; returns `buf`. */
const char *fb_auth_one_time(struct fb_auth *auth, enum fb_role role, char buf[static 33]);

/* The cookie that the request came with: which session it is of; NULL: of none. */
const char *fb_auth_session(const struct fb_request *req);

/* The tokens are those by which its role was found, if it was by a header; any thread. */
bool fb_auth_is_current(const struct fb_request *req);

/* This session is still one; any thread. */
bool fb_auth_is_session(struct fb_http *http, const char *session);

/* Begin a session of the token's role, with its cookie in the answer. False after answering. */
bool fb_auth_login(struct fb_request *req, const char *token);

/*
 * The same of a name and a password, in two steps, for that takes a while: the first has the
 * request wait, or answers it. When the handler is called again fb_auth_login_waited is true, and
 * the second is its turn, which tells in *ret_name whose password it was or should have been; "":
 * no one's.
 */
void fb_auth_login_by_password(struct fb_request *req, const char *name, const char *password);
bool fb_auth_login_waited(const struct fb_request *req);
bool fb_auth_login_end(struct fb_request *req, char ret_name[static FB_TOKEN_NAME + 1]);
/* What waited is wiped and freed, with its request. */
void fb_auth_login_forget(struct fb_request *req);

/* Somebody here has a password. */
bool fb_auth_has_passwords(const struct fb_request *req);

/* The thread of passwords: 0 or -errno. */
int fb_auth_start(struct fb_auth *auth);
/* All who wait for a password are answered. */
void fb_auth_stop(struct fb_auth *auth);

/* End the request's session, and have its cookie forgotten by the answer. */
void fb_auth_logout(struct fb_request *req);

/*
 * Read the token file again. 1; 0: it is as it was, or there is none; -errno with a sentence: what
 * was read goes on. Who has a session by a token that is no more has none from here on, nor the
 * streams of it. One thread.
 */
int fb_auth_reread(struct fb_http *http, struct fb_why *why);

/* End the sessions that nobody used for a day; once a second. */
void fb_auth_sweep(struct fb_http *http);
