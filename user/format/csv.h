/* SPDX-License-Identifier: BSD-2-Clause */
/* CSV (RFC 4180) that no spreadsheet takes for a formula. Any thread that holds the snapshot. */
#pragma once

#include "flow/fields.h"
#include "util/buf.h"

/* One cell: quoted if need be; what would run as a formula gets a quote in front. */
void fb_csv_cell(struct fb_buf *buf, const char *text, size_t len);

void fb_csv_header(struct fb_buf *buf, const struct fb_field *const *fields, unsigned int n);
void fb_csv_row(struct fb_buf *buf, const struct fb_flow_at *at,
		const struct fb_field *const *fields, unsigned int n);
