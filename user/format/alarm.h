/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people and programs are told of an alert, written for each of them. Keys have names that
 * strangers chose: in all of these they are text, and end no line, header, quote or markup.
 * Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define FB_ALARM_NAME	  32  /* bytes of a rule's or a sender's name, at most */
#define FB_ALARM_KEY	  128 /* of what an alert is about */
#define FB_ALARM_SENTENCE 320

enum fb_severity { FB_SEVERITY_INFO, FB_SEVERITY_WARNING, FB_SEVERITY_CRITICAL, FB_SEVERITIES };

enum fb_alarm_kind { FB_ALARM_FIRING, FB_ALARM_RESOLVED, FB_ALARM_TEST, FB_ALARM_KINDS };

struct fb_alarm {
	uint64_t id; /* of (rule, key): the same each time */
	enum fb_alarm_kind kind;
	enum fb_severity severity;
	char rule[FB_ALARM_NAME + 1];
	char key[FB_ALARM_KEY + 1];	      /* empty: the rule is about one thing */
	char sentence[FB_ALARM_SENTENCE + 1]; /* "conntrack is 81 %, above 80 %" */
	char host[65];			      /* whose alert it is: this machine */
	int64_t since_ms, time_ms;	      /* it holds since; it was told, wall clock */
	uint32_t others; /* alerts of this rule that fired with it, and get no message */
};

const char *fb_severity_name(enum fb_severity severity);
/* False: there is none of that name. */
bool fb_severity_find(const char *name, enum fb_severity *ret_severity);
/* What rules and senders are called: 1 to 32 letters, digits, '-' and '_'. */
bool fb_alarm_is_name(const char *text, size_t len);
const char *fb_alarm_kind_name(enum fb_alarm_kind kind);

/* Copy with control characters and broken UTF-8 made blanks or U+FFFD, cut at a character. */
void fb_alarm_clean(char *to, size_t size, const char *text);

/* "[warning] uploads 10.0.0.5: 62.1 Mbit/s ...": one line for people. */
void fb_alarm_title(const struct fb_alarm *alarm, struct fb_buf *buf);

/* One JSON object, without a line's end; and read back. -EINVAL: it is none. */
void fb_alarm_write(const struct fb_alarm *alarm, struct fb_buf *buf);
int fb_alarm_read(const char *text, size_t len, struct fb_alarm *ret_alarm);

/* --- lines for SIEMs (alarmlines.c) ----------------------------------------------------------- */

void fb_alarm_cef(const struct fb_alarm *alarm, struct fb_buf *buf);
void fb_alarm_eve(const struct fb_alarm *alarm, struct fb_buf *buf);

/* --- bodies of webhooks (alarmhooks.c) -------------------------------------------------------- */

/* X(name, type, help) */
#define FB_ALARM_HOOKS(X)                                                                          \
	X(json, "application/json", "the alert as the API has it")                                 \
	X(alertmanager, "application/json", "POST /api/v2/alerts of Prometheus' Alertmanager")     \
	X(slack, "application/json", "an incoming webhook of Slack or Mattermost")                 \
	X(teams, "application/json", "a workflow of Microsoft Teams: an adaptive card")            \
	X(matrix, "application/json", "a message of Matrix' client API")                           \
	X(ntfy, "text/plain", "a topic of ntfy")                                                   \
	X(telegram, "application/json", "sendMessage of a Telegram bot; chat=ID")                  \
	X(sms, "application/json", "an SMS gateway that takes {\"to\", \"text\"}; chat=NUMBER")

enum fb_alarm_hook {
#define X(name, type, help) FB_ALARM_HOOK_##name,
	FB_ALARM_HOOKS(X)
#undef X
		FB_ALARM_HOOK_COUNT
};

/* False: there is none of that name. */
bool fb_alarm_hook_find(const char *name, enum fb_alarm_hook *ret_hook);
const char *fb_alarm_hook_type(enum fb_alarm_hook hook);
/* `chat`: whom a message is for, where the body says it; else "". */
void fb_alarm_hook_write(enum fb_alarm_hook hook, const struct fb_alarm *alarm, const char *chat,
			 struct fb_buf *buf);

/* --- mail (alarmmail.c) ----------------------------------------------------------------------- */

/* RFC 5322 with CRLF, headers in ASCII by RFC 2047, the text as UTF-8 in base64. */
void fb_alarm_mail(const struct fb_alarm *alarm, const char *from, const char *to,
		   struct fb_buf *buf);
