/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line as a message of syslog: RFC 5424, by TCP with its length in front (RFC 6587). To /dev/log
 * in the form of the C library: rsyslog and systemd-journald take no other there.
 */
#pragma once

#include <stdint.h>

#include "util/buf.h"

enum fb_syslog_to { FB_SYSLOG_LOCAL, FB_SYSLOG_UDP, FB_SYSLOG_TCP };

struct fb_syslog {
	enum fb_syslog_to to;
	char host[256];
	int pid;
	int severity;	   /* of RFC 5424; info after the init */
	const char *msgid; /* static */
};

void fb_syslog_init(struct fb_syslog *syslog, const char *msgid, enum fb_syslog_to to);

/* `line` without its end, as of this moment, in ms since 1970. */
void fb_syslog_write(const struct fb_syslog *syslog, struct fb_buf *buf, const char *line,
		     size_t len, int64_t ms);
