/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of hosts from beyond the wire: hosts and lease files, what the last run learned, what
 * operators give. Used by the engine's thread; warns of what cannot be read or kept.
 */
#pragma once

#include "enrich/pipeline.h"
#include "store/hostfiles.h"
#include "store/hoststate.h"
#include "util/why.h"

struct fb_hostbook {
	struct fb_hostnames *names; /* borrowed */
	struct fb_hostfiles files;
	struct fb_hoststate state;
	uint64_t now_ns; /* of the last tick */
	unsigned int next_file;
	bool save_now; /* an operator gave a name */
};

struct fb_hostbook_opts {
	const char *const *files; /* given ones, borrowed; besides them the usual places */
	unsigned int n_files;
	const char *state; /* folder; NULL: nothing is kept */
	bool isolated;	   /* none of this machine's files */
	bool state_needed; /* else it is only said that it cannot be had */
};

/* While root: open and read everything. -errno with a sentence: the state folder cannot be had. */
int fb_hostbook_open(struct fb_hostbook *book, struct fb_pipeline *pipeline,
		     const struct fb_hostbook_opts *opts, uint64_t now_ns, int64_t wall_ms,
		     struct fb_why *why);
/* Save; before the pipeline is gone. A zeroed book is fine. */
void fb_hostbook_close(struct fb_hostbook *book);

/* The state folder, if it may be given to the user that we become; else -1. */
int fb_hostbook_folder(const struct fb_hostbook *book);

void fb_hostbook_tick(struct fb_hostbook *book, uint64_t now_ns, int64_t wall_ms);

/*
 * What somebody typed as the name that it is here; its length. 0 or -E2BIG: it is none, or an
 * address. Any thread.
 */
int fb_hostbook_spell(const char *typed, char name[static FB_NAME_MAX + 1]);

/* What these addresses are called is added to *who. */
void fb_hostbook_called(struct fb_hostbook *book, struct fb_person *who);
/* Names that operators gave these addresses go, others are to be told anew; how many had one. */
unsigned int fb_hostbook_erase(struct fb_hostbook *book, const struct fb_person *who);

/* An operator's name for an address; NULL takes it back. -EINVAL, -ENOENT, -ENOSPC, -ENOMEM. */
int fb_hostbook_name(struct fb_hostbook *book, const uint8_t addr[static 16], uint8_t family,
		     const char *name);
