/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has a socket now: the object owner_held.bpf.o, which walks over the open files of all
 * processes (8 to 28 ms a machine). Needs the kernel's own types; works after root is given up.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/owner.h>

#include "kernel/sockstamp.h"

struct fb_sockheld {
	int link; /* of the walk; -1: it cannot be asked */
	int held; /* fb_owner_held */
};

/* A question, by ends, proto and elsewhere; and its answer: stamp.pid 0, nobody has it. */
struct fb_sockheld_ask {
	struct fb_owner_ends ends;
	struct fb_owner_held held;
};

/* As root; what is attached to nothing costs nothing. 0 or -errno: then it cannot be asked. */
int fb_sockheld_open(struct fb_sockheld *held, const struct fb_sockstamp *stamp);
void fb_sockheld_close(struct fb_sockheld *held);

/* One walk for all `n`, FB_OWNER_HELD at most; two of the same ends are one. 0 or -errno. */
int fb_sockheld_ask(const struct fb_sockheld *held, struct fb_sockheld_ask *ask, unsigned int n);
