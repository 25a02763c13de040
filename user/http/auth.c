/* SPDX-License-Identifier: BSD-2-Clause */
/* Who asks, and may they; see the header. */
#include "http/auth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/auth_priv.h"
#include "http/guard.h"
#include "http/http_priv.h"
#include "http/opts.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/tokenfile.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/why.h"

#define COOKIE "flowbpf"

int fb_auth_new(const struct fb_http_opts *opts, struct fb_auth **ret_auth, struct fb_why *why)
{
	struct fb_auth *auth = calloc(1, sizeof(*auth));
	int r;

	if (!auth)
		return -ENOMEM;
	pthread_mutex_init(&auth->lock, NULL);
	auth->generation = 1;
	auth->uid = geteuid();
	auth->read_only = opts->read_only;
	auth->most = opts->read_only ? FB_ROLE_VIEWER : opts->most ? opts->most : FB_ROLE_ADMIN;
	auth->open_to_read = opts->no_login;
	auth->has_operators = opts->operators;
	auth->operators = opts->operators ? *opts->operators : 0;
	r = fb_passwords_new(&auth->passwords);
	if (r == 0 && opts->token_file)
		r = fb_tokenfile_read(&auth->tokens, opts->token_file, why);
	if (r == 0 && opts->token_file)
		auth->token_file = strdup(opts->token_file);
	if (r) {
		fb_auth_free(auth);
		return r;
	}
	*ret_auth = auth;
	return 0;
}

void fb_auth_free(struct fb_auth *auth)
{
	if (!auth)
		return;
	fb_passwords_free(auth->passwords);
	pthread_mutex_destroy(&auth->lock);
	explicit_bzero(&auth->tokens, sizeof(auth->tokens));
	free(auth->token_file);
	free(auth);
}

bool fb_auth_wants_login(const struct fb_request *req)
{
	return !req->http->auth->open_to_read && !req->conn->local;
}

static void random_hex(char buf[static 33])
{
	unsigned char bytes[16];

	while (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		;
	for (int i = 0; i < 16; i++)
		snprintf(buf + 2 * i, 3, "%02x", bytes[i]);
}

/* An address of either end of the connection, IPv4 as ::ffff:a.b.c.d. */
static bool end_address(int fd, int (*get)(int, struct sockaddr *, socklen_t *),
			uint8_t ret_addr[static 16])
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	memset(ret_addr, 0, 16);
	if (get(fd, (struct sockaddr *)&ss, &len))
		return false;
	if (ss.ss_family == AF_INET6) {
		memcpy(ret_addr, &((struct sockaddr_in6 *)&ss)->sin6_addr, 16);
	} else if (ss.ss_family == AF_INET) {
		ret_addr[10] = ret_addr[11] = 0xff;
		memcpy(ret_addr + 12, &((struct sockaddr_in *)&ss)->sin_addr, 4);
	} else {
		return false;
	}
	return true;
}

static int local_name(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getsockname(fd, sa, len);
}

static int peer_name(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getpeername(fd, sa, len);
}

void fb_auth_peer(const struct fb_request *req, uint8_t ret_addr[static 16])
{
	end_address(req->conn->fd, peer_name, ret_addr);
}

/*
 * Loopback names, the address that was connected to, and what the user allowed: a page of another
 * site cannot reach us under its own name, whatever its DNS says.
 */
bool fb_auth_host(const struct fb_request *req)
{
	const char *value = fb_request_header(req, MHD_HTTP_HEADER_HOST);
	char host[FB_HOST_NAME_MAX + 1];
	uint8_t own[16], named[16], family;

	if (req->conn->local)
		return true;
	if (!value || fb_guard_host(value, host))
		return false;
	if (fb_guard_is_loopback(host))
		return true;
	if (!fb_addr_parse(host, named, &family) && end_address(req->conn->fd, local_name, own) &&
	    !memcmp(own, named, 16))
		return true;
	for (unsigned int i = 0; i < req->http->n_hosts; i++)
		if (!strcasecmp(req->http->hosts[i], host))
			return true;
	return false;
}

static bool is_member(int fd, gid_t primary, gid_t group)
{
	gid_t groups[256];
	socklen_t len = sizeof(groups);

	if (primary == group)
		return true;
	/* of one in more groups nothing is told, and nothing is allowed */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static enum fb_role peer_role(const struct fb_auth *auth, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return FB_ROLE_NONE;
	if (cred.uid == 0 || cred.uid == auth->uid ||
	    (auth->has_operators && is_member(fd, cred.gid, auth->operators)))
		return FB_ROLE_ADMIN;
	return FB_ROLE_VIEWER;
}

/* Browsers keep cookies by host, not by port: two daemons of one machine have different ones. */
static void name_cookie(const struct fb_request *req, char name[static 32])
{
	const char *host = fb_request_header(req, MHD_HTTP_HEADER_HOST);
	const char *port = host ? strrchr(host, ':') : NULL;

	if (port && port[1] && !port[1 + strspn(port + 1, "0123456789")])
		snprintf(name, 32, COOKIE "-%.5s", port + 1);
	else
		snprintf(name, 32, COOKIE);
}

const char *fb_auth_session(const struct fb_request *req)
{
	char name[32];

	name_cookie(req, name);
	return MHD_lookup_connection_value(req->mhd, MHD_COOKIE_KIND, name);
}

bool fb_auth_deny(struct fb_request *req, unsigned int status, const char *code, const char *detail)
{
	atomic_fetch_add(&req->http->counters.denied, 1);
	fb_reply_problem(req, status, code, "%s", detail);
	return false;
}

/* Wrong ones are counted by address; they never stand in the way of a right one. */
static bool refuse_token(struct fb_request *req, bool within_limit)
{
	if (within_limit)
		return fb_auth_deny(req, 401, "wrong-token", "this token is not known here");
	atomic_fetch_add(&req->http->counters.limited, 1);
	fb_reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, "60");
	fb_reply_problem(req, 429, "too-many-logins",
			 "too many wrong tokens from this address, wait a minute");
	return false;
}

void fb_auth_name_user(struct fb_request *req, enum fb_role role, unsigned int owner)
{
	const char *name = fb_tokens_name(&req->http->auth->tokens, owner);

	snprintf(req->user_text, sizeof(req->user_text), "%s", name);
	req->user = role != FB_ROLE_NONE && *name ? req->user_text : NULL;
}

/* A token that was shown, to log in also one that is good once. False after answering. */
static bool try_token(struct fb_request *req, const char *text, bool to_log_in,
		      struct fb_login *ret_login)
{
	struct fb_auth *auth = req->http->auth;
	struct fb_login login = {.owner = FB_OWNERS};
	uint64_t now = fb_conn_now_ms();
	bool within_limit = true;
	uint8_t addr[16];

	fb_auth_peer(req, addr);
	pthread_mutex_lock(&auth->lock);
	login.generation = auth->generation;
	login.role = fb_tokens_role(&auth->tokens, text, strlen(text), &login.owner);
	if (login.role == FB_ROLE_NONE && to_log_in)
		login.role = fb_tokens_spend(&auth->tokens, text, now, &login.owner);
	if (login.role == FB_ROLE_NONE)
		within_limit = fb_tokens_failed(&auth->tokens, addr, now);
	fb_auth_name_user(req, login.role, login.owner);
	pthread_mutex_unlock(&auth->lock);
	*ret_login = login;
	return login.role != FB_ROLE_NONE || refuse_token(req, within_limit);
}

bool fb_auth_is_current(const struct fb_request *req)
{
	struct fb_auth *auth = req->http->auth;
	bool is;

	pthread_mutex_lock(&auth->lock);
	is = !req->by_header || req->by_header == auth->generation;
	pthread_mutex_unlock(&auth->lock);
	return is;
}

bool fb_auth_is_session(struct fb_http *http, const char *session)
{
	unsigned int owner;
	enum fb_role role;

	pthread_mutex_lock(&http->auth->lock);
	role = fb_tokens_session(&http->auth->tokens, session, strlen(session), fb_conn_now_ms(),
				 &owner);
	pthread_mutex_unlock(&http->auth->lock);
	return role != FB_ROLE_NONE;
}

static void find_session(struct fb_request *req, const char *session)
{
	struct fb_auth *auth = req->http->auth;
	unsigned int owner = FB_OWNERS;

	pthread_mutex_lock(&auth->lock);
	req->role = fb_tokens_session(&auth->tokens, session, strlen(session), fb_conn_now_ms(),
				      &owner);
	fb_auth_name_user(req, req->role, owner);
	pthread_mutex_unlock(&auth->lock);
	req->by_session = req->role != FB_ROLE_NONE;
}

static bool find_role(struct fb_request *req)
{
	struct fb_auth *auth = req->http->auth;
	const char *bearer = fb_request_header(req, MHD_HTTP_HEADER_AUTHORIZATION);
	const char *session = fb_auth_session(req);
	struct fb_login login;

	req->user = NULL;
	if (req->conn->local) {
		req->role = peer_role(auth, req->conn->fd);
		return true;
	}
	if (bearer && !strncasecmp(bearer, "Bearer ", 7)) {
		if (!try_token(req, bearer + 7, false, &login))
			return false;
		req->role = login.role;
		req->by_header = login.generation;
		return true;
	}
	if (session)
		find_session(req, session);
	if (req->role == FB_ROLE_NONE && auth->open_to_read)
		req->role = FB_ROLE_VIEWER;
	return true;
}

bool fb_auth_may_read(const struct fb_request *req)
{
	const char *session = fb_auth_session(req);

	return !fb_auth_wants_login(req) || (session && fb_auth_is_session(req->http, session));
}

static uint64_t source_of(const struct fb_request *req)
{
	const char *session = req->by_session ? fb_auth_session(req) : NULL;
	uint8_t addr[16] = {0};

	if (session)
		return fb_hash(session, strlen(session), 1) | 1;
	if (req->conn && !req->conn->local)
		fb_auth_peer(req, addr);
	return fb_hash(addr, sizeof(addr), 2) | 1;
}

/* What a page of another site could make a browser send. */
static bool check_origin(struct fb_request *req)
{
	const char *origin = fb_request_header(req, MHD_HTTP_HEADER_ORIGIN);
	const char *site = fb_request_header(req, "Sec-Fetch-Site");
	const char *mode = fb_request_header(req, "Sec-Fetch-Mode");
	const char *csrf = fb_request_header(req, "X-Flowbpf-CSRF");
	const char *host = fb_request_header(req, MHD_HTTP_HEADER_HOST);
	bool reads = !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
	char own[FB_HOST_NAME_MAX + 32];

	if (req->conn->local)
		return true;
	snprintf(own, sizeof(own), "%s://%s", req->conn->tls ? "https" : "http", host ? host : "");
	if (origin && strcasecmp(origin, own) != 0)
		return fb_auth_deny(req, 403, "cross-origin",
				    "this request comes from another site");
	if (site && !strcasecmp(site, "cross-site") &&
	    !(reads && mode && !strcasecmp(mode, "navigate")))
		return fb_auth_deny(req, 403, "cross-origin",
				    "this request comes from another site");
	if (reads)
		return true;
	if (site && strcasecmp(site, "same-origin") != 0)
		return fb_auth_deny(req, 403, "cross-origin",
				    "this request comes from another site");
	if (!csrf || strcmp(csrf, "1") != 0)
		return fb_auth_deny(
			req, 403, "csrf-header-missing",
			"a request that changes something needs the header X-Flowbpf-CSRF: 1");
	return true;
}

/* Where nothing can be changed, nobody is somebody who may. */
static enum fb_role limited(const struct fb_auth *auth, enum fb_role role)
{
	return role > auth->most ? auth->most : role;
}

const char *fb_auth_read_only(const struct fb_request *req)
{
	return req->http->auth->read_only;
}

/* Its answer is anonymised, or the asker may know all. */
static bool may_be_told(struct fb_request *req)
{
	char text[120];

	if (!req->anonymised || req->route->flags & FB_ROUTE_TELLS_NOBODY)
		return true;
	snprintf(text, sizeof(text),
		 "this names hosts or people, whom the role %s is not told of here: it needs the "
		 "role %s",
		 fb_role_word(req->role), fb_role_word(req->http->told_all));
	return fb_auth_deny(req, 403, "anonymised", text);
}

/* Of a page elsewhere, for whom it serves: a header that can only take away. */
static enum fb_role asks_as(const struct fb_request *req)
{
	const char *word = fb_request_header(req, FB_AUTH_ROLE_HEADER);
	const enum fb_role role = word ? fb_role_of(word) : FB_ROLE_NONE;

	return role != FB_ROLE_NONE && role < req->role ? role : req->role;
}

const char *fb_auth_behalf(const struct fb_request *req)
{
	const char *name = fb_request_header(req, FB_AUTH_USER_HEADER);

	return name && *name && fb_tokens_is_name(name) ? name : NULL;
}

bool fb_auth_lacks(struct fb_request *req, enum fb_role needed)
{
	char text[96];

	snprintf(text, sizeof(text), "this needs the role %s, and your login has the role %s",
		 fb_role_word(needed), fb_role_word(req->role));
	return fb_auth_deny(req, 403, "role-missing", text);
}

bool fb_auth_check(struct fb_request *req)
{
	if (!check_origin(req) || !find_role(req))
		return false;
	req->role = limited(req->http->auth, req->role);
	req->role = asks_as(req);
	req->source = source_of(req);
	req->anonymised = req->role < req->http->told_all;
	if (req->route->flags & FB_ROUTE_OPEN)
		return true;
	if (req->role >= req->route->role)
		return may_be_told(req);
	if (req->role == FB_ROLE_NONE) {
		fb_reply_header(req, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"flowbpf\"");
		return fb_auth_deny(
			req, 401, "login-required",
			"log in first: \"flowbpf login\" on this machine, as root, prints a link");
	}
	if (req->http->auth->read_only)
		return fb_auth_deny(req, 403, "read-only", req->http->auth->read_only);
	return fb_auth_lacks(req, req->route->role);
}

const char *fb_auth_one_time(struct fb_auth *auth, enum fb_role role, char buf[static 33])
{
	random_hex(buf);
	pthread_mutex_lock(&auth->lock);
	fb_tokens_one_time(&auth->tokens, buf, role, fb_conn_now_ms());
	pthread_mutex_unlock(&auth->lock);
	return buf;
}

static void tell(const struct fb_http *http, const char *session, enum fb_role role)
{
	if (http->on_session)
		http->on_session(http->on_session_ctx, session, role);
}

/* False: the tokens are others since this one was found, and nothing was begun. */
static bool add_session(struct fb_auth *auth, const struct fb_login *login, const char *id,
			char ended[static FB_SESSION_ID])
{
	bool added;

	pthread_mutex_lock(&auth->lock);
	added = auth->generation == login->generation;
	if (added)
		fb_tokens_session_add(&auth->tokens, id, limited(auth, login->role), login->owner,
				      fb_conn_now_ms(), ended);
	pthread_mutex_unlock(&auth->lock);
	return added;
}

bool fb_auth_begin(struct fb_request *req, const struct fb_login *login)
{
	struct fb_auth *auth = req->http->auth;
	char id[FB_SESSION_ID], ended[FB_SESSION_ID], name[32];

	random_hex(id);
	if (!add_session(auth, login, id, ended))
		return fb_auth_deny(req, 401, "wrong-token", "this token is not known here");
	req->role = limited(auth, login->role);
	name_cookie(req, name);
	fb_reply_header(req, MHD_HTTP_HEADER_SET_COOKIE,
			"%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%llu%s", name, id,
			FB_SESSION_MS / 1000, req->conn->tls ? "; Secure" : "");
	if (*ended)
		tell(req->http, ended, FB_ROLE_NONE);
	tell(req->http, id, req->role);
	return true;
}

bool fb_auth_login(struct fb_request *req, const char *token)
{
	struct fb_login login;

	return try_token(req, token, true, &login) && fb_auth_begin(req, &login);
}

void fb_auth_logout(struct fb_request *req)
{
	struct fb_auth *auth = req->http->auth;
	const char *session = fb_auth_session(req);
	char name[32];

	if (session) {
		pthread_mutex_lock(&auth->lock);
		fb_tokens_session_end(&auth->tokens, session, strlen(session));
		pthread_mutex_unlock(&auth->lock);
		tell(req->http, session, FB_ROLE_NONE);
	}
	name_cookie(req, name);
	fb_reply_header(req, MHD_HTTP_HEADER_SET_COOKIE,
			"%s=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", name);
	req->user = NULL;
	if (!req->conn->local)
		req->role = auth->open_to_read ? FB_ROLE_VIEWER : FB_ROLE_NONE;
}

void fb_auth_sweep(struct fb_http *http)
{
	char ended[FB_SESSION_ID];
	bool some;

	do {
		pthread_mutex_lock(&http->auth->lock);
		some = fb_tokens_expire(&http->auth->tokens, fb_conn_now_ms(), ended);
		pthread_mutex_unlock(&http->auth->lock);
		if (some)
			tell(http, ended, FB_ROLE_NONE);
	} while (some);
}

/* --- other tokens ----------------------------------------------------------------------------- */

static int replace(struct fb_http *http, const struct fb_tokens *fresh)
{
	char(*ended)[FB_SESSION_ID] = calloc(FB_TOKENS * FB_SESSIONS, FB_SESSION_ID);
	struct fb_auth *auth = http->auth;
	unsigned int n;

	if (!ended)
		return -ENOMEM;
	pthread_mutex_lock(&auth->lock);
	n = fb_tokens_replace(&auth->tokens, fresh, ended);
	auth->generation++;
	pthread_mutex_unlock(&auth->lock);
	for (unsigned int i = 0; i < n; i++)
		tell(http, ended[i], FB_ROLE_NONE);
	tell(http, "", FB_ROLE_NONE); /* streams by a header: whose token it is is not kept */
	explicit_bzero(ended, FB_TOKENS * FB_SESSIONS * FB_SESSION_ID);
	free(ended);
	return 1;
}

int fb_auth_reread(struct fb_http *http, struct fb_why *why)
{
	struct fb_auth *auth = http->auth;
	struct fb_tokens *fresh;
	int r;

	if (!auth->token_file)
		return 0;
	fresh = calloc(1, sizeof(*fresh));
	r = fresh ? fb_tokenfile_read(fresh, auth->token_file, why) : -ENOMEM;
	if (r == 0 && fb_tokens_are_same(fresh, &auth->tokens))
		r = -EALREADY;
	if (r == 0)
		r = replace(http, fresh);
	if (fresh)
		explicit_bzero(fresh, sizeof(*fresh));
	free(fresh);
	return r == -EALREADY ? 0 : r;
}
