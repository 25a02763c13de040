/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of logins share; nobody else. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "http/auth.h"
#include "http/passwords.h"
#include "http/tokens.h"

/* The lock guards the tokens and their generation; the rest stays as it began. */
struct fb_auth {
	pthread_mutex_t lock;
	const char *read_only; /* why nobody is more than a viewer; NULL: some are */
	enum fb_role most;     /* that anybody is here */
	bool open_to_read;     /* nobody over TCP needs a login to read */
	uid_t uid;	       /* of the daemon at its start */
	bool has_operators;    /* a group whose members are admins over the unix socket: */
	gid_t operators;
	char *token_file; /* NULL: none */
	struct fb_passwords *passwords;
	struct fb_tokens tokens;
	uint64_t generation; /* 1, 2, ... of the tokens: who was found among those before has to ask
				again */
};

/* Who a token is of. */
struct fb_login {
	enum fb_role role;
	unsigned int owner;
	uint64_t generation;
};

/* Whose address is at the other end, IPv4 as ::ffff:a.b.c.d. */
void fb_auth_peer(const struct fb_request *req, uint8_t ret_addr[static 16]);

/* Answers, and counts; false. */
bool fb_auth_deny(struct fb_request *req, unsigned int status, const char *code,
		  const char *detail);

/* With the lock held: the numbers of owners change with the tokens. */
void fb_auth_name_user(struct fb_request *req, enum fb_role role, unsigned int owner);

/* Begin a session of who was found, with its cookie in the answer. False after answering: the
 * tokens are others since. */
bool fb_auth_begin(struct fb_request *req, const struct fb_login *login);
