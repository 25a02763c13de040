/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of interfaces as people type them: are they there, and does another instance hold them. */
#pragma once

#include <stdbool.h>

/*
 * FB_EXIT_DONE, or FB_EXIT_FAILED after telling which one is not there or is held by whom. What is
 * not there is waited for if something else is, or if a pattern is among them, or with `wait`: a
 * name that is wrong beside none that is right is a slip.
 */
int fb_interfaces_check(const char *const *names, unsigned int n, bool wait);
