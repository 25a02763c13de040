/* SPDX-License-Identifier: BSD-2-Clause */
/* The IEEE's lists of MACs, where Debian's package ieee-data has put them. Any thread. */
#pragma once

#include "enrich/vendors.h"
#include "util/why.h"

/*
 * What there is of them. 0; -ENOENT: none; -errno with a sentence: one cannot be read, which is
 * left out.
 */
int fb_vendorfiles_read(struct fb_vendors **ret_vendors, struct fb_why *why);
