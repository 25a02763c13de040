/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One way by which alerts reach people, as it is written:
 *
 *	NAME: webhook URL [format=FORMAT] [token-file=FILE] [chat=ID] [ca=FILE]
 *	NAME: mail smtp://HOST:PORT from=ADDRESS to=ADDRESS,... [user=NAME password-file=FILE]
 *		[tls=none] [ca=FILE]
 *	NAME: syslog local | udp:HOST:PORT | tcp:HOST:PORT | tls:HOST:PORT [format=json|cef|eve]
 *		[ca=FILE]
 *	NAME: command /PROGRAM [arg=WORD]... [user=NAME]
 *
 * and for each of them [rate=N] a minute, [severity=WORD] and what is worse. Secrets are read from
 * files, once, while root: a URL that is one, too (webhook /FILE). They are in no log and no
 * answer.
 */
#pragma once

#include "format/alarm.h"
#include "util/why.h"

#define FB_SENDERS     16
#define FB_SENDER_TEXT 1024

struct fb_sender;

/* While root. -EINVAL with a sentence, which has no secret; -errno: a file cannot be read. */
int fb_sender_new(const char *text, struct fb_sender **ret_sender, struct fb_why *why);
/* NULL is fine. */
void fb_sender_free(struct fb_sender *sender);

/*
 * Send it now, which may take seconds. 0; -EREMOTEIO: refused, and so would be another time; other
 * -errno: it may be taken later. `why` says why, in a few words without a secret.
 */
int fb_sender_send(struct fb_sender *sender, const struct fb_alarm *alarm, struct fb_why *why);
/* By any thread: a webhook that is waited for is not any more. Nothing is sent behind it. */
void fb_sender_stop(struct fb_sender *sender);

const char *fb_sender_name(const struct fb_sender *sender);
const char *fb_sender_kind(const struct fb_sender *sender);  /* static */
unsigned int fb_sender_rate(const struct fb_sender *sender); /* messages a minute */
enum fb_severity fb_sender_least(const struct fb_sender *sender);
