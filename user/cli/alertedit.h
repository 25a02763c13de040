/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf alert add, change, remove, on, off: rules of alerts that the daemon keeps. */
#pragma once

#include <stdbool.h>

/* Is it one of these words? */
bool fb_alert_edit_is(const char *word);
/* `what`: "NAME: TEXT" to add and to change, else a name; `reason` may be NULL. Returns the exit
 * code. */
int fb_alert_edit_run(const char *socket, const char *word, const char *what, const char *reason);
