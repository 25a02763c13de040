/* SPDX-License-Identifier: BSD-2-Clause */
/* Alerts to a command of the operator's: one line of JSON that it reads, and how it ended. */
#include <errno.h>

#include "sink/sender_priv.h"

static int check(struct fb_sender *sender, struct fb_why *why)
{
	sender->argv[0] = sender->target;
	return fb_runner_start(sender->argv, sender->user, &sender->runner, why);
}

static int run(struct fb_sender *sender, const struct fb_alarm *alarm, struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;

	fb_alarm_write(alarm, &line);
	fb_buf_addc(&line, '\n');
	if (fb_buf_error(&line) < 0)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	return fb_runner_run(&sender->runner, line.data, line.len, why);
}

const struct fb_sender_kind fb_sender_command = {.name = "command", .check = check, .send = run};
