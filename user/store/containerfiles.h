/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of containers by their ids, where their runtimes keep them on the disk: Docker, Podman and
 * CRI-O, containerd with Kubernetes or nerdctl. Most may be read by root alone: what was read
 * before root was given up stays; those that come later have names where everybody may look, as
 * in Kubernetes' folder of logs. Used by the engine's thread.
 */
#pragma once

#include <stdint.h>

#include "util/index.h"

#define FB_CONTAINERFILES	4096	   /* containers; further ones have no name, counted */
#define FB_CONTAINERFILES_BYTES (1u << 20) /* of one file, at most */
#define FB_CONTAINER_ID		64	   /* hex digits */
#define FB_CONTAINER_NAME	256

struct fb_containerfiles {
	char root[200]; /* in front of all paths; "" but for tests */
	struct fb_index index;
	struct fb_container *item; /* [n] */
	uint32_t n, room;
	uint64_t next_ns;  /* no reading before, as told by the caller */
	uint64_t left_out; /* names that found no room */
};

/* 0 or -ENOMEM; to be closed in any case. `root` is borrowed for the call. */
int fb_containerfiles_open(struct fb_containerfiles *files, const char *root);
void fb_containerfiles_close(struct fb_containerfiles *files);

/*
 * "web", "default/web-0/nginx" (namespace, pod, container); NULL: not known. What is not known is
 * looked for again, once in ten seconds at most. Valid until the next call.
 */
const char *fb_containerfiles_name(struct fb_containerfiles *files, const char *id,
				   uint64_t now_ns);
