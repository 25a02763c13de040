/* SPDX-License-Identifier: BSD-2-Clause */
/* A sender from inside: sender.c reads it, send*.c send. */
#pragma once

#include <stdatomic.h>

#include "fetch/smtp.h"
#include "sink/runner.h"
#include "sink/sender.h"
#include "sink/syslog.h"
#include "sink/wire.h"

#define FB_SENDER_SECONDS 15 /* that sending one may take */

enum fb_sender_lines { FB_SENDER_JSON, FB_SENDER_CEF, FB_SENDER_EVE };

struct fb_sender_kind {
	const char *name;
	bool hides_target; /* which may stand in a file, as a secret */
	/* Once all of it is read. 0 or -EINVAL with a sentence. */
	int (*check)(struct fb_sender *sender, struct fb_why *why);
	int (*send)(struct fb_sender *sender, const struct fb_alarm *alarm, struct fb_why *why);
};

struct fb_sender {
	char name[FB_ALARM_NAME + 1];
	char text[FB_SENDER_TEXT + 1]; /* cut into what follows */
	const struct fb_sender_kind *kind;
	char *target, *format, *chat, *from, *to, *user, *ca, *tls; /* NULL: not given */
	char *token, *password, *url;				    /* owned: of files */
	unsigned int rate;
	enum fb_severity least;
	atomic_bool stopped;

	enum fb_alarm_hook hook;
	enum fb_sender_lines lines;
	const char *recipient[FB_SMTP_TO + 1];
	struct fb_wire wire;
	struct fb_syslog syslog;
	char *argv[FB_RUNNER_ARGS + 1]; /* the command, what follows it, NULL */
	unsigned int n_args;
	struct fb_runner runner;
};

extern const struct fb_sender_kind fb_sender_webhook, fb_sender_mail, fb_sender_syslog,
	fb_sender_command;
