/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of many connections, what each will look up can be on its way from memory while others are
 * judged: first where it would stand in its tables, then what stands there, then what that leads
 * to. It changes no table. Within policy/ only.
 */
#pragma once

#include "policy/look.h"

void fb_ahead_places(struct fb_look *look);
void fb_ahead_items(struct fb_look *look);
void fb_ahead_rest(struct fb_look *look);
