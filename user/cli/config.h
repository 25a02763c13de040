/* SPDX-License-Identifier: BSD-2-Clause */
/* The config file of a verb: its long options as "name = value" lines, read before the command
 * line.
 */
#pragma once

#include <stddef.h>

struct fb_verb;

/*
 * If the verb has --config and argv names a file, read it into `opts`. `ret_text` holds what the
 * options then refer to, for the caller to free when they are no longer used. 0, or -errno with one
 * sentence in `why`.
 */
int fb_config_apply(const struct fb_verb *verb, void *opts, int argc, char *const *argv,
		    char **ret_text, char *why, size_t why_len);
