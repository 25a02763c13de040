/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of SQLite as cells; see the header. */
#include "store/sqlcells.h"

void fb_sqlcells_of(sqlite3_value *value, struct fb_past_cell *ret_cell)
{
	*ret_cell = (struct fb_past_cell){.kind = FB_PAST_NONE};
	switch (sqlite3_value_type(value)) {
	case SQLITE_INTEGER:
		ret_cell->kind = FB_PAST_NUMBER;
		ret_cell->num = sqlite3_value_int64(value);
		break;
	case SQLITE_TEXT:
		ret_cell->text = (const char *)sqlite3_value_text(value);
		ret_cell->kind = ret_cell->text ? FB_PAST_TEXT : FB_PAST_NONE;
		break;
	case SQLITE_BLOB:
		ret_cell->addr = sqlite3_value_blob(value);
		if (sqlite3_value_bytes(value) == 16)
			ret_cell->kind = FB_PAST_ADDR;
		break;
	}
}

void fb_sqlcells_read(sqlite3_stmt *statement, int column, struct fb_past_cell *ret_cell)
{
	fb_sqlcells_of(sqlite3_column_value(statement, column), ret_cell);
}
