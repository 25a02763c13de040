/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Internationalised names: "xn--" labels as Unicode (RFC 3492), with a warning when a label mixes
 * scripts as look-alikes do. Only letters, marks and digits are decoded: never controls, spaces or
 * what turns the direction of text. Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Write `name` as UTF-8 with a NUL. The length; 0 if no label of it is an internationalised one;
 * -EBADMSG if one does not decode to printable letters; -E2BIG.
 */
int fb_idn_text(const char *name, size_t len, char *text, size_t room, bool *ret_mixed);
