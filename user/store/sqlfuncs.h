/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What filter/sql.c asks of SQLite: functions that call the filter's own code, so that past and
 * live agree. And fb_percentile(value, enum fb_percentile), of all rows within 1.6 %. Of one
 * connection.
 */
#pragma once

#include <sqlite3.h>

#include "filter/sql.h"

/* 0 or -ENOMEM. */
int fb_sqlfuncs_add(sqlite3 *db);

/* A parameter, from 1 on; its text has to live as long as it is bound. */
void fb_sqlfuncs_bind(sqlite3_stmt *statement, int number, const struct fb_where_param *param);
