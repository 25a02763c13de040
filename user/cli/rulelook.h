/* SPDX-License-Identifier: BSD-2-Clause */
/* What a rule would do, as the daemon told it, for people. */
#pragma once

#include "util/buf.h"
#include "util/jsontree.h"

/* What it is about now and was in the last day, who is spared, and why it would be refused: lines.
 */
void fb_rulelook_write(struct fb_buf *buf, const struct fb_jsontree *preview);

/* All of it, with examples, to stdout. */
void fb_rulelook_print(const struct fb_jsontree *preview);
