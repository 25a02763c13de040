/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A login by name and password; see auth.h. The hash is what a name had when it was asked; who it
 * is then is asked once more, so that one who is taken out meanwhile has no login.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/auth_priv.h"
#include "http/conn.h"
#include "http/http_priv.h"
#include "http/reply.h"
#include "util/hash.h"

struct fb_passlogin {
	struct fb_password_job job;
	char name[FB_TOKEN_NAME + 1];
	bool known; /* somebody has it, with a password */
};

static void refuse_guesses(struct fb_request *req)
{
	atomic_fetch_add(&req->http->counters.limited, 1);
	fb_reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, "60");
	fb_reply_problem(req, 429, "too-many-passwords",
			 "too many wrong passwords from this address, wait a minute");
}

static bool may_guess(struct fb_request *req, const uint8_t addr[static 16])
{
	struct fb_auth *auth = req->http->auth;
	bool may;

	pthread_mutex_lock(&auth->lock);
	may = fb_tokens_may_guess(&auth->tokens, addr, fb_conn_now_ms());
	pthread_mutex_unlock(&auth->lock);
	return may;
}

static void resume(void *req)
{
	fb_request_resume(req);
}

/* The whole name is looked up: a longer one that begins like another is another. */
static struct fb_passlogin *make(struct fb_request *req, const char *name, const char *password)
{
	struct fb_auth *auth = req->http->auth;
	struct fb_passlogin *login = calloc(1, sizeof(*login));

	if (!login)
		return NULL;
	pthread_mutex_lock(&auth->lock);
	login->known = fb_tokens_password(&auth->tokens, name, login->job.hash);
	pthread_mutex_unlock(&auth->lock);
	snprintf(login->name, sizeof(login->name), "%s", name);
	snprintf(login->job.password, sizeof(login->job.password), "%s", password);
	login->job.done = resume;
	login->job.ctx = req;
	return login;
}

void fb_auth_login_by_password(struct fb_request *req, const char *name, const char *password)
{
	struct fb_passlogin *login;
	uint8_t addr[16];

	fb_auth_peer(req, addr);
	if (!may_guess(req, addr)) {
		refuse_guesses(req);
		return;
	}
	login = make(req, name, password);
	if (!login) {
		fb_reply_no_memory(req);
		return;
	}
	login->job.source = fb_hash(addr, sizeof(addr), 2);
	req->login = login;
	fb_request_wait(req);
	if (fb_passwords_ask(req->http->auth->passwords, &login->job) == 0)
		return;
	login->job.r = -EBUSY;
	fb_request_resume(req);
}

bool fb_auth_login_waited(const struct fb_request *req)
{
	return req->login;
}

static bool refuse_busy(struct fb_request *req)
{
	atomic_fetch_add(&req->http->counters.logins_busy, 1);
	fb_reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	fb_reply_problem(req, 503, "logins-busy",
			 "too many log in at this moment: try again in a second");
	return false;
}

static bool refuse(struct fb_request *req, bool within_limit)
{
	if (within_limit)
		return fb_auth_deny(req, 401, "wrong-password",
				    "this name and password do not belong together");
	refuse_guesses(req);
	return false;
}

bool fb_auth_login_end(struct fb_request *req, char ret_name[static FB_TOKEN_NAME + 1])
{
	struct fb_auth *auth = req->http->auth;
	const struct fb_passlogin *waited = req->login;
	struct fb_login login = {.role = FB_ROLE_NONE, .owner = FB_OWNERS};
	bool within_limit = true;
	uint8_t addr[16];

	ret_name[0] = '\0';
	if (waited->job.r < 0)
		return refuse_busy(req);
	fb_auth_peer(req, addr);
	pthread_mutex_lock(&auth->lock);
	login.generation = auth->generation;
	if (waited->known && waited->job.r == 1)
		login.role = fb_tokens_named(&auth->tokens, waited->name, waited->job.hash,
					     &login.owner);
	if (login.role == FB_ROLE_NONE)
		within_limit = fb_tokens_guessed(&auth->tokens, addr, fb_conn_now_ms());
	fb_auth_name_user(req, login.role, login.owner);
	pthread_mutex_unlock(&auth->lock);
	/* of a name that is none nothing is told on: it may be a password in the wrong place */
	if (waited->known)
		memcpy(ret_name, waited->name, sizeof(waited->name));
	return login.role != FB_ROLE_NONE ? fb_auth_begin(req, &login) : refuse(req, within_limit);
}

void fb_auth_login_forget(struct fb_request *req)
{
	if (req->login)
		explicit_bzero(req->login, sizeof(*req->login));
	free(req->login);
	req->login = NULL;
}

bool fb_auth_has_passwords(const struct fb_request *req)
{
	struct fb_auth *auth = req->http->auth;
	bool have;

	pthread_mutex_lock(&auth->lock);
	have = fb_tokens_have_passwords(&auth->tokens);
	pthread_mutex_unlock(&auth->lock);
	return have;
}

int fb_auth_start(struct fb_auth *auth)
{
	return fb_passwords_start(auth->passwords);
}

void fb_auth_stop(struct fb_auth *auth)
{
	fb_passwords_stop(auth->passwords);
}
