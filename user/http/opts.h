/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server is made of; all of it is borrowed until fb_http_new returns. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "http/request.h"

struct fb_http_opts {
	const int *listeners; /* from fb_http_listen; taken over, also on failure */
	unsigned int n_listeners;
	const char *const *hosts; /* names allowed in Host, besides loopback and own addresses */
	unsigned int n_hosts;
	const char *token_file; /* "ROLE NAME TOKEN" a line; NULL: links only */
	enum fb_role told_all;	/* lesser roles are not told of hosts and people */
	bool no_login;		/* over loopback everybody may read */
	bool is_hub;		/* the page is one of a hub, which has the past alone */
	const char *read_only;	/* a sentence: why nobody may change anything; NULL: some may */
	enum fb_role most;	/* that anybody is here; FB_ROLE_NONE: no less than elsewhere */
	const gid_t *operators; /* a group that may change things over the unix socket, or NULL */
	const char *tls_cert;	/* PEM files, both or none; for the TCP listeners */
	const char *tls_key;
};
