/* SPDX-License-Identifier: BSD-2-Clause */
/* The ends of a flow as the sockets of it have them: behind each translation of this host. */
#pragma once

#include <flowbpf/owner.h>

struct fb_flow;

enum fb_sockends {
	FB_SOCKENDS_CLIENT,
	FB_SOCKENDS_SERVER,
};

void fb_sockends_of(const struct fb_flow *flow, enum fb_sockends of, struct fb_owner_ends *ends);
