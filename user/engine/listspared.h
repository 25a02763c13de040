/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that are never touched, as they were last looked at: which came, and which are gone. */
#pragma once

#include "policy/never.h"
#include "util/addr.h"

#define FB_LISTSPARED 1024

struct fb_listspared {
	struct fb_cidr net[FB_LISTSPARED]; /* in order */
	unsigned int n;
};

typedef void (*fb_listspared_fn)(void *ctx, const struct fb_cidr *net);

/* As the facts have them now; `fn` is told of each that was not there, or is not any more. -ENOMEM.
 */
int fb_listspared_update(struct fb_listspared *spared, const struct fb_never_facts *never,
			 fb_listspared_fn fn, void *ctx);
