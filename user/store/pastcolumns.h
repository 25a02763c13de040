/* SPDX-License-Identifier: BSD-2-Clause */
/* Which columns a question to history reads for its records. */
#pragma once

#include "store/pastquestion.h"

/* `field` is by cell; what is not kept is left out. */
void fb_pastcolumns_of(const struct fb_past_ask *ask, struct fb_past_columns *ret_columns,
		       enum fb_field_id ret_field[static FB_FIELD_COUNT]);
