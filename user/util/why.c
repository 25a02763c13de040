/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatting of a failure's reason. */
#include "util/why.h"

#include <stdarg.h>
#include <stdio.h>

int fb_why_set(struct fb_why *why, int error, const char *fmt, ...)
{
	va_list args;

	if (!why)
		return error;
	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return error;
}
