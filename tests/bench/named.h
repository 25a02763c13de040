/* SPDX-License-Identifier: BSD-2-Clause */
/* A name for a flow of the benches of the table: one of 5,000. */
#pragma once

#include <stdio.h>

#include "table/table.h"
#include "unit/rows.h"

static inline void name_flow(struct fb_table *table, uint32_t slot)
{
	char name[64];
	struct fb_hello_fact fact = {
		.time = S, .name = name, .name_source = FB_NAME_SNI, .l7 = FB_L7_TLS, .client = -1};

	fact.name_len = (size_t)snprintf(name, sizeof(name), "host-%u.example.net", slot % 5000);
	fb_table_hello(table, slot, 1, &fact);
}
