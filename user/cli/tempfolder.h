/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder for what this run alone needs. A process beside us removes it with all that is in it
 * when we have ended, however that was.
 */
#pragma once

#include "util/why.h"

struct fb_tempfolder {
	char path[200];
	int keeper; /* of the folder; -1: it was not made */
};

/* In $TMPDIR, else /var/tmp. Before any thread is made. 0, or -errno with a sentence. */
int fb_tempfolder_make(struct fb_tempfolder *folder, struct fb_why *why);
/* Have it removed now, and wait for that a little. */
void fb_tempfolder_end(struct fb_tempfolder *folder);
