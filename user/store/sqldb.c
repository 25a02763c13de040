/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqldb.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static int error_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_IOERR:
		return -EIO;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_INTERRUPT:
		return -EINTR;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return -EACCES;
	default:
		return -EPROTO;
	}
}

int fb_sql_open(const char *path, int flags, sqlite3 **ret_db)
{
	return error_of(sqlite3_open_v2(path, ret_db, flags, NULL));
}

int fb_sql_run(sqlite3 *db, const char *sql)
{
	return error_of(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int fb_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement)
{
	return error_of(
		sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL));
}

int fb_sql_step(sqlite3_stmt *statement)
{
	const int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	sqlite3_reset(statement);
	return error_of(code);
}

int fb_sql_number(sqlite3 *db, const char *sql, int64_t none, int64_t *ret_number)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r = fb_sql_prepare(db, sql, &statement);

	if (r < 0)
		return r;
	r = fb_sql_step(statement);
	if (r < 0)
		return r;
	*ret_number = r && sqlite3_column_type(statement, 0) != SQLITE_NULL
			      ? sqlite3_column_int64(statement, 0)
			      : none;
	return 0;
}

const char *fb_sql_why(sqlite3 *db)
{
	const int error = sqlite3_system_errno(db);

	return error && (sqlite3_errcode(db) & 0xff) == SQLITE_IOERR ? strerror(error)
								     : sqlite3_errmsg(db);
}

void fb_sql_endp(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
	*statement = NULL;
}

void fb_sql_closep(sqlite3 **db)
{
	sqlite3_close(*db);
	*db = NULL;
}
