/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All verdicts off, whoever made them: one word that each kernel half asks before it drops, resets
 * or holds up anything (fb_state.no_verdicts), written without its daemon, which may be hung or
 * gone. Needs root.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/why.h"

/*
 * Write it in each kernel half that is attached to one of these interfaces of the caller's network
 * namespace; with n 0 in all of the machine. How many they are; -errno with why, and those before
 * it were written.
 */
int fb_panic_write(bool on, const uint32_t *ifindexes, unsigned int n, struct fb_why *why);
