/* SPDX-License-Identifier: BSD-2-Clause */
/* Which fields are kept of a flow by whoever writes it down for later, and as what. Any thread. */
#pragma once

#include "flow/fields.h"

/* The field's id in C, a word for columns: "src_ip". */
const char *fb_field_symbol(enum fb_field_id id);

/* False: it follows from others, or says nothing afterwards. */
bool fb_field_is_kept(const struct fb_field *field);
