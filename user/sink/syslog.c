/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * [LENGTH ]<30>1 2026-11-21T01:20:11.201Z HOST flowbpf PID MSGID - LINE
 *          <30>Nov 21 01:20:11 flowbpf[PID]: LINE
 */
#include "sink/syslog.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "util/json.h"

#define DAEMON (3 * 8)
#define INFO   6

void fb_syslog_init(struct fb_syslog *syslog, const char *msgid, enum fb_syslog_to to)
{
	struct utsname name;

	*syslog = (struct fb_syslog){.to = to, .pid = getpid(), .severity = INFO, .msgid = msgid};
	snprintf(syslog->host, sizeof(syslog->host), "%s",
		 uname(&name) == 0 && name.nodename[0] ? name.nodename : "-");
}

static int write_local(const struct fb_syslog *syslog, char *head, size_t size, int64_t ms)
{
	const time_t now = (time_t)(ms / 1000);
	char when[32];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%b %e %T", &tm);
	return snprintf(head, size, "<%d>%s flowbpf[%d]: ", DAEMON + syslog->severity, when,
			syslog->pid);
}

static int write_5424(const struct fb_syslog *syslog, char *head, size_t size, int64_t ms)
{
	char when[FB_TIME_STRLEN];

	return snprintf(head, size, "<%d>1 %s %s flowbpf %d %s - ", DAEMON + syslog->severity,
			fb_json_format_time(ms, when), syslog->host, syslog->pid, syslog->msgid);
}

void fb_syslog_write(const struct fb_syslog *syslog, struct fb_buf *buf, const char *line,
		     size_t len, int64_t ms)
{
	char head[384];
	const int n = syslog->to == FB_SYSLOG_LOCAL ? write_local(syslog, head, sizeof(head), ms)
						    : write_5424(syslog, head, sizeof(head), ms);

	if (syslog->to == FB_SYSLOG_TCP)
		fb_buf_addf(buf, "%zu ", (size_t)n + len);
	fb_buf_add(buf, head, (size_t)n);
	fb_buf_add(buf, line, len);
}
