/* SPDX-License-Identifier: BSD-2-Clause */
/* Who asks for an act: what the request and its connection tell. */
#pragma once

#include "engine/act.h"
#include "http/request.h"

void fb_actor_of(const struct fb_request *req, struct fb_actor *ret_actor);
