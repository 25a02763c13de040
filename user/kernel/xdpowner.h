/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose XDP program is on an interface. As root; without it less is known. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The id of the program that is on an interface; 0: there is none. */
uint32_t fb_xdp_program(uint32_t ifindex);

/*
 * One sentence's part: "program 12 \"name\", held by xdp-loader (pid 345)", and what to do about
 * it.
 */
void fb_xdp_owner(uint32_t prog, uint32_t ifindex, const char *name, char *text, size_t size);
