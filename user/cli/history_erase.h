/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf history erase: one person's traces, counted and shown first. */
#pragma once

#include <stdbool.h>

struct fb_history_erase {
	const char *socket, *device, *ip, *mac, *reason;
	bool yes, dry_run, json;
};

/* Returns enum fb_exit, and has told what went wrong. */
int fb_history_erase(const struct fb_history_erase *opts);
