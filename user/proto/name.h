/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names are bytes from a stranger. As text they are printable ASCII, every other byte (and the
 * backslash) written \xNN: inert on a terminal, in a log, in CSV, JSON and a page.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Write `bytes` as such text with a NUL into `text` of `room` bytes. The length, or -E2BIG when it
 * does not fit: never a part of a name.
 */
int fb_name_text(const uint8_t *bytes, size_t len, char *text, size_t room);

/*
 * The same of a host's name, in the one spelling that it has here: small letters, no dot at the
 * end. 0: nothing is left.
 */
int fb_name_host(const uint8_t *bytes, size_t len, char *text, size_t room);

/* Is such a text an address, with brackets or a zone or as inet_aton takes it? It names nothing. */
bool fb_name_is_address(const char *text, size_t len);
