/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of numbers of 64 bits, up to a bound: open addressing, 8 bytes a place. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fb_numberset {
	uint64_t *slot; /* 0: empty */
	uint32_t n, size, most;
	bool has_zero;
};

/* Of at most `most` numbers; takes no memory before the first one. */
void fb_numberset_init(struct fb_numberset *set, uint32_t most);
void fb_numberset_fini(struct fb_numberset *set);

/* 1: it was not there; 0: it was; -ENOSPC, -ENOMEM: there is no room for it. */
int fb_numberset_add(struct fb_numberset *set, uint64_t number);
bool fb_numberset_has(const struct fb_numberset *set, uint64_t number);
