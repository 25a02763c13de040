/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's state as JSON: links, conntrack, counters, losses, log lines. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/json.h"

struct fb_journal_entry;
struct fb_snapshot;
struct fb_history_status;
struct fb_judge_status;
struct fb_status;

void fb_status_write_links(struct fb_json *json, const struct fb_status *status);
void fb_status_write_conntrack(struct fb_json *json, const struct fb_status *status);

/* What is kept of the past on the disk. */
void fb_status_write_history(struct fb_json *json, const struct fb_history_status *history);

/* Exporters: what they sent, and what waits. */
void fb_status_write_exports(struct fb_json *json, const struct fb_status *status);

/* {"name":n}: every counter of what was lost. */
/* {"on":true,"took_us":..,"abstains":false,"flows":..,...,"tables":{"pairs":{"used":..},..}} */
void fb_status_write_judge(struct fb_json *json, const struct fb_judge_status *judge);
void fb_status_write_losses(struct fb_json *json, const struct fb_status *status);

/* A member of the counters, and those of kernel half and engine. */
void fb_status_write_counter(struct fb_json *json, const char *name, const char *help,
			     uint64_t value, bool loss);
void fb_status_write_counters(struct fb_json *json, const struct fb_status *status);

/* The members of a monitor_status: is anything attached, and how much goes on. */
void fb_monitor_write(struct fb_json *json, const struct fb_status *status,
		      const struct fb_snapshot *snapshot);

/* One line of the log. */
void fb_journal_write(struct fb_json *json, const struct fb_journal_entry *entry);
