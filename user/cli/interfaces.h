/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of interfaces as people type them: are they there, and does another instance hold them. */
#pragma once

/* FB_EXIT_DONE, or FB_EXIT_FAILED after telling which one is not there or is held by whom. */
int fb_interfaces_check(const char *const *names, unsigned int n);
