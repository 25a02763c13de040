/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of SQLite as cells of flows: what they lead to stands as long as the value does. */
#pragma once

#include <sqlite3.h>

#include "flow/past.h"

void fb_sqlcells_of(sqlite3_value *value, struct fb_past_cell *ret_cell);
/* A column of a result. */
void fb_sqlcells_read(sqlite3_stmt *statement, int column, struct fb_past_cell *ret_cell);
