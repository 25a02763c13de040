/* SPDX-License-Identifier: BSD-2-Clause */
/* A mail handed to an SMTP server, by libcurl: a connection each, bounded in time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define FB_SMTP_TO 8 /* recipients, at most */

struct fb_smtp {
	const char *url;  /* smtp://HOST:PORT, smtps://HOST:PORT */
	const char *user; /* NULL: no login */
	const char *password;
	const char *from;		/* an address, without brackets */
	const char *to[FB_SMTP_TO + 1]; /* ends with NULL */
	const char *ca;			/* file of who vouches for the server; NULL: the system's */
	bool plain;			/* without STARTTLS; else it is not sent without TLS */
	const char *text;		/* head and body, with CRLF */
	size_t len;
	unsigned int seconds; /* at most, together */
	unsigned int status;  /* the last answer's code; 0: there was none */
	char why[256];	      /* CURL_ERROR_SIZE: what libcurl says of a failure; may be empty */
};

/*
 * 0: the server took it; -ELIBACC: there is no libcurl on this machine; -EACCES: the login was
 * refused; -EREMOTEIO: it was refused for good (`status` 5xx); -EAGAIN: all else, another time it
 * may be taken; -ENOMEM.
 */
int fb_smtp_send(struct fb_smtp *mail);
