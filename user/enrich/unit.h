/* SPDX-License-Identifier: BSD-2-Clause */
/* What the path of a control group tells: systemd's unit, the container. Any thread. */
#pragma once

#include <stdbool.h>

#define FB_UNIT_TEXT 256

/*
 * The innermost unit of a path like "/system.slice/nginx.service", no slice, as systemd writes it;
 * false: it is in none.
 */
bool fb_unit_of(const char *path, char unit[static FB_UNIT_TEXT]);

/* Id of Docker, Podman, containerd, CRI-O; name of LXC, systemd-nspawn; false: it is in none. */
bool fb_container_of(const char *path, char container[static FB_UNIT_TEXT]);
