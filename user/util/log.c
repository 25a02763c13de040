/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines: formatted in a bounded buffer, made inert, written by one write(2). */
#include "util/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/utf8.h"

#define LINE_MAX_BYTES 1024

/* Read without the lock; a reload may change it. */
static _Atomic enum fb_log_level max_level = FB_LOG_INFO;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects all below, and stderr */
static fb_log_fn listener;
static void *listener_ctx;
static uint64_t lost;

static const char *const level_names[] = {
	[FB_LOG_ERROR] = "error",
	[FB_LOG_WARN] = "warning",
	[FB_LOG_INFO] = "info",
	[FB_LOG_DEBUG] = "debug",
};

const char *fb_log_level_name(enum fb_log_level level)
{
	return level_names[level];
}

void fb_log_set_level(enum fb_log_level level)
{
	max_level = level;
}

bool fb_log_takes(enum fb_log_level level)
{
	return level <= max_level;
}

void fb_log_set_listener(fb_log_fn fn, void *ctx)
{
	pthread_mutex_lock(&lock);
	listener = fn;
	listener_ctx = ctx;
	pthread_mutex_unlock(&lock);
}

/* A control character, C1 or a byte of none would move the cursor or forge a line. */
static bool is_inert(uint32_t code)
{
	return code >= 0x20 && (code < 0x7f || code >= 0xa0);
}

static void make_inert(char *line)
{
	unsigned char *c = (unsigned char *)line;
	size_t len = strlen(line);

	while (len) {
		uint32_t code;
		unsigned int n = fb_utf8_decode(c, len, &code);
		const bool inert = n && is_inert(code);

		n = n ? n : 1;
		if (!inert)
			memset(c, '?', n);
		c += n;
		len -= n;
	}
}

/*
 * A reader that went away, that stands still, or a full disk must not stop the daemon. A pipe that
 * has room at all takes a line whole. Not by O_NONBLOCK: stderr is often the user's terminal, too.
 */
static bool write_line(const char *line, size_t len)
{
	struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&room, 1, 0) == 1 && room.revents & POLLOUT &&
	       write(STDERR_FILENO, line, len) == (ssize_t)len;
}

__attribute__((format(printf, 4, 0))) static void log_line(enum fb_log_level level,
							   const char *component,
							   const struct fb_log_field *fields,
							   const char *fmt, va_list args)
{
	char message[LINE_MAX_BYTES];
	char line[LINE_MAX_BYTES + 64];
	int n;

	if (level > max_level && level > FB_LOG_INFO)
		return;
	vsnprintf(message, sizeof(message), fmt, args);
	make_inert(message);

	n = snprintf(line, sizeof(line), "%s%s%s\n", level <= FB_LOG_WARN ? level_names[level] : "",
		     level <= FB_LOG_WARN ? ": " : "", message);
	pthread_mutex_lock(&lock);
	if (level <= max_level && !write_line(line, (size_t)n))
		lost++;
	if (listener)
		listener(listener_ctx, level, component, message, fields);
	pthread_mutex_unlock(&lock);
}

void fb_log(enum fb_log_level level, const char *component, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(level, component, NULL, fmt, args);
	va_end(args);
}

void fb_log_fields(enum fb_log_level level, const char *component,
		   const struct fb_log_field *fields, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(level, component, fields, fmt, args);
	va_end(args);
}

uint64_t fb_log_lost(void)
{
	uint64_t n;

	pthread_mutex_lock(&lock);
	n = lost;
	pthread_mutex_unlock(&lock);
	return n;
}
