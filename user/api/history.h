/* SPDX-License-Identifier: BSD-2-Clause */
/* A window of ten seconds as JSON. */
#pragma once

#include "past/windows.h"
#include "util/json.h"

void fb_window_write(struct fb_json *json, const struct fb_window *window);
