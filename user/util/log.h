/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line per message on stderr, and to an optional listener (the page's log).
 * Only engine, live and cli log; everything else returns -errno and stays silent.
 * Any thread may log. What a stranger chose is escaped: a message is always one inert line.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum fb_log_level {
	FB_LOG_ERROR,
	FB_LOG_WARN,
	FB_LOG_INFO,
	FB_LOG_DEBUG, /* what was decided about each flow, and why */
};

/* A part of what a message says, for programs; a list ends with a NULL key. */
struct fb_log_field {
	const char *key, *value; /* an empty value is left out */
};

/* `fields`: NULL: none. */
typedef void (*fb_log_fn)(void *ctx, enum fb_log_level level, const char *component,
			  const char *message, const struct fb_log_field *fields);

/* Messages above `level` are not written to stderr. */
void fb_log_set_level(enum fb_log_level level);

/*
 * `fn` sees every message up to FB_LOG_INFO, whatever the level, and what is written; from the
 * thread that logs it. NULL ends that.
 */
void fb_log_set_listener(fb_log_fn fn, void *ctx);

/* Lines that stderr did not take: it is full, closed, or nobody reads it. */
uint64_t fb_log_lost(void);

const char *fb_log_level_name(enum fb_log_level level);

void fb_log(enum fb_log_level level, const char *component, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void fb_log_fields(enum fb_log_level level, const char *component,
		   const struct fb_log_field *fields, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Is a message of that level written? Asked where making one costs. */
bool fb_log_takes(enum fb_log_level level);

#define fb_debug(component, ...) fb_log(FB_LOG_DEBUG, component, __VA_ARGS__)
#define fb_warn(component, ...)	 fb_log(FB_LOG_WARN, component, __VA_ARGS__)
#define fb_info(component, ...)	 fb_log(FB_LOG_INFO, component, __VA_ARGS__)
