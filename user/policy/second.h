/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second judge's part in a judgement: it gathers its facts, is asked, and what both say is
 * served. Within policy/ only.
 */
#pragma once

#include "policy/look.h"

/* Before the tables take this connection in: what it is beside those that came before. */
void fb_second_look(struct fb_look *look);

/*
 * When the rules are done: deny only if both say so, allow only if both do; while it abstains, what
 * the rules say, but no deny. What the operator said goes before all.
 */
void fb_second_conclude(struct fb_look *look);
