/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/history_opt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/fmt.h"

#define DAY_S	   86400u
#define MINUTE_MS  60000ull
#define MOST_MS	   (3650ull * DAY_S * 1000)
#define LEAST_SIZE (1u << 20)
#define MOST_SIZE  (1ull << 46)

static const struct fb_history_limits standard = {
	.of = {[FB_HISTORY_flows] = {7 * DAY_S, 2000000000},
	       [FB_HISTORY_seconds] = {DAY_S, 250000000},
	       [FB_HISTORY_minutes] = {30 * DAY_S, 1000000000},
	       [FB_HISTORY_hours] = {730 * DAY_S, 1000000000}},
	.bytes = 4000000000,
};

/* "7d", "7d/2G" or "/2G". */
static bool set_limit(struct fb_history_limit *limit, char *value)
{
	char *size = strchr(value, '/');
	uint64_t ms;

	if (size)
		*size++ = '\0';
	if (size && fb_fmt_parse_size(size, LEAST_SIZE, MOST_SIZE, &limit->bytes) < 0)
		return false;
	if (size && !*value)
		return true;
	if (fb_fmt_parse_duration(value, MINUTE_MS, MOST_MS, &ms) < 0)
		return false;
	limit->seconds = (uint32_t)(ms / 1000);
	return true;
}

static bool set(struct fb_history_limits *limits, const char *name, char *value)
{
	if (!strcmp(name, "size"))
		return fb_fmt_parse_size(value, LEAST_SIZE, MOST_SIZE, &limits->bytes) == 0;
	for (int kind = 0; kind < FB_HISTORY_N_LIMITED; kind++)
		if (!strcmp(name, fb_history_kinds[kind]))
			return set_limit(&limits->of[kind], value);
	return false;
}

int fb_history_opt(const char *value, struct fb_history_limits *ret_limits, struct fb_why *why)
{
	char copy[200], *rest = copy, *item;

	*ret_limits = standard;
	if (!strcmp(value, "off"))
		ret_limits->bytes = 0;
	if (!strcmp(value, "off") || !strcmp(value, "on"))
		return 0;
	snprintf(copy, sizeof(copy), "%s", value);
	while ((item = strsep(&rest, ","))) {
		char *number = strchr(item, '=');

		if (number)
			*number++ = '\0';
		if (!number || strlen(value) >= sizeof(copy) || !set(ret_limits, item, number))
			return fb_why_set(
				why, -EINVAL,
				"--history takes on, off or limits such as "
				"flows=7d/2G,seconds=1d,minutes=30d,hours=730d,size=4G, not "
				"\"%.40s\"",
				value);
	}
	return 0;
}
