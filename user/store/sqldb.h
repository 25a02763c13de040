/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite as this house speaks: statements that go with their scope, and -errno: -ENOSPC, -EIO,
 * -EROFS, -EBADMSG (torn, or no database), -EBUSY, -EINTR, -ENOMEM, -EACCES; -EPROTO for the rest.
 * A connection is used by one thread at a time.
 */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

/* `flags`: SQLITE_OPEN_...; *ret_db is to be closed where it fails, too. */
int fb_sql_open(const char *path, int flags, sqlite3 **ret_db);
/* Statements without a result, by semicolons. */
int fb_sql_run(sqlite3 *db, const char *sql);
int fb_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement);
/* 1: a row; 0: the end, and it is reset; -errno, and it is reset. */
int fb_sql_step(sqlite3_stmt *statement);
/* The one number that a question has for an answer; `none` where it has no row, or NULL. */
int fb_sql_number(sqlite3 *db, const char *sql, int64_t none, int64_t *ret_number);

/* Of the last failure: what the system said of it, else SQLite. */
const char *fb_sql_why(sqlite3 *db);

void fb_sql_endp(sqlite3_stmt **statement);
void fb_sql_closep(sqlite3 **db);

#define _cleanup_statement_ __attribute__((__cleanup__(fb_sql_endp)))
#define _cleanup_sqldb_	    __attribute__((__cleanup__(fb_sql_closep)))
