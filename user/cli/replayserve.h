/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture on the page: fed to an engine of its own, whose past is in a folder that goes with us.
 */
#pragma once

#include "cli/input.h"
#include "cli/opts.h"
#include "cli/pagedoor.h"

struct fb_replayserve {
	const char *path;
	struct fb_input *input; /* borrowed */
	const struct fb_pagedoor_opts *page;
	const char *socket; /* for other verbs; NULL: none */
	const struct fb_opt_cidrs *internal;
	const struct fb_opt_list *geo, *lists, *exceptions;
	uint32_t max_flows;
	bool decap;
};

/* Until SIGINT or SIGTERM; returns enum fb_exit, what went wrong is said. */
int fb_replayserve(const struct fb_replayserve *what);

/* What of the frames could not be fed, on stderr. */
void fb_replay_tell_losses(const struct fb_replay_stats *fed);
