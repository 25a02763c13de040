/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one hash of memory. It is keyed, with words drawn when the program starts: strangers choose
 * what is hashed here (addresses, ports, names), and whoever does not know the key cannot choose
 * what collides. Equal hashes do not mean equal values: who looks something up compares.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* `kind` tells equal bytes of different meaning apart: a family, a type. */
uint64_t fb_hash(const void *data, size_t len, uint64_t kind);

/* By a key that everybody knows, so the same in every run: for ids that are shown, not for tables.
 */
uint64_t fb_hash_fixed(const void *data, size_t len);
