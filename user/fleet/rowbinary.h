/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClickHouse's RowBinary: values one behind the other, in the order of the columns.
 *
 * numbers   1, 2, 4 or 8 bytes, the lowest first; Float64 its eight
 * String    length(1..10, seven bits each, the lowest first)  bytes
 * Array     length as of String, values
 */
#pragma once

#include <stdint.h>

#include "util/buf.h"

/* The lowest `bytes` of it. */
void fb_rowbinary_number(struct fb_buf *row, uint64_t number, unsigned int bytes);
void fb_rowbinary_real(struct fb_buf *row, double number);
/* The length of what follows. */
void fb_rowbinary_length(struct fb_buf *row, uint64_t length);
/* NULL is the empty one. */
void fb_rowbinary_text(struct fb_buf *row, const char *text);
