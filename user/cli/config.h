/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a verb was asked for: its defaults, then its config file if it has one (--config: the long
 * options as "name = value" lines), then the command line.
 */
#pragma once

#include <stddef.h>

#include "util/why.h"

struct fb_verb;

struct fb_config {
	void *opts; /* the verb's struct; its strings belong to `text` and to argv */
	char *text; /* of the file; NULL: none */
	char **args;
	unsigned int n_args;
};

/*
 * 0, 1 when help was asked for, or -errno with one sentence in `why` that names the file's line and
 * key. argv has to stay as long as the process.
 */
int fb_config_read(const struct fb_verb *verb, int argc, char **argv, struct fb_config *ret_config,
		   struct fb_why *why);

/* The same once more: the file may have changed. */
int fb_config_again(struct fb_config *ret_config, struct fb_why *why);

void fb_config_fini(struct fb_config *config);

#define _cleanup_config_ __attribute__((__cleanup__(fb_config_fini)))
