/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/historyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/layout.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file.h"

#define OLD_MOST    4	 /* kept; then the last of them is written over */
#define MODE	    0600 /* of the file and its logs; never wider */
#define BUSY_MS	    2000
#define CHECK_PAGES 4096 /* up to that size all of it is checked when it is opened */

/* What ties a history to its machine. */
static void find_owner(char owner[static 64])
{
	_cleanup_close_ int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len;

	snprintf(owner, 64, "unknown");
	if (fd >= 0 && fb_file_read(fd, 256, &text, &len) == 0 && len >= 32)
		snprintf(owner, 64, "%.32s", text);
}

int fb_historyfile_set_aside(const char *folder, char old[static FB_HISTORY_PATH])
{
	char path[FB_HISTORY_PATH + 8], to[FB_HISTORY_PATH + 8];
	int n = 1;

	for (; n < OLD_MOST; n++) {
		snprintf(old, FB_HISTORY_PATH, "%.200s/" FB_HISTORY_NAME ".old-%d", folder, n);
		if (access(old, F_OK) < 0)
			break;
	}
	snprintf(old, FB_HISTORY_PATH, "%.200s/" FB_HISTORY_NAME ".old-%d", folder, n);
	snprintf(path, sizeof(path), "%.200s/" FB_HISTORY_NAME, folder);
	if (rename(path, old) < 0)
		return -errno;
	snprintf(path, sizeof(path), "%.200s/" FB_HISTORY_NAME "-wal", folder);
	snprintf(to, sizeof(to), "%s-wal", old);
	if (rename(path, to) < 0)
		unlink(to);
	snprintf(path, sizeof(path), "%.200s/" FB_HISTORY_NAME "-shm", folder);
	unlink(path);
	return 0;
}

/* --- is it there ------------------------------------------------------------------------------ */

static uint64_t ino_of(const char *folder, const char *suffix, uint64_t *ret_dev)
{
	char path[FB_HISTORY_PATH + 8];
	struct stat st;

	snprintf(path, sizeof(path), "%.200s/" FB_HISTORY_NAME "%s", folder, suffix);
	if (stat(path, &st) < 0)
		return 0;
	*ret_dev = st.st_dev;
	return st.st_ino;
}

void fb_historyfile_identify(const char *folder, struct fb_historyfile_id *ret_id)
{
	uint64_t dev;

	*ret_id = (struct fb_historyfile_id){.wal_ino = ino_of(folder, "-wal", &dev)};
	ret_id->ino = ino_of(folder, "", &ret_id->dev);
}

bool fb_historyfile_is_there(const char *folder, const struct fb_historyfile_id *id,
			     const char **ret_gone)
{
	struct fb_historyfile_id now;

	fb_historyfile_identify(folder, &now);
	*ret_gone = !now.ino					? "was deleted"
		    : now.ino != id->ino || now.dev != id->dev	? "was replaced by another file"
		    : id->wal_ino && now.wal_ino != id->wal_ino ? "lost its log of writes"
								: NULL;
	return !*ret_gone;
}

static void drop_own(const char *folder, const char *suffix)
{
	char path[FB_HISTORY_PATH + 8];

	snprintf(path, sizeof(path), "%.200s/" FB_HISTORY_NAME "%s", folder, suffix);
	unlink(path);
}

/* The log that stands beside another file now is still ours, and would be read into that one. */
bool fb_historyfile_leave(const char *folder, const struct fb_historyfile_id *id, sqlite3 **db)
{
	struct fb_historyfile_id now;
	bool whole;

	fb_historyfile_identify(folder, &now);
	whole = now.ino == id->ino && now.dev == id->dev &&
		fb_sql_run(*db, "PRAGMA wal_checkpoint(TRUNCATE)") == 0;
	sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	fb_sql_closep(db);
	if (now.wal_ino && now.wal_ino == id->wal_ino) {
		drop_own(folder, "-wal");
		drop_own(folder, "-shm");
	}
	return whole;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Ours, as far as can be told in a moment. */
static int check(sqlite3 *db)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int64_t pages = 0, id = 0;
	int r = fb_sql_number(db, "PRAGMA page_count", 0, &pages);

	if (r == 0)
		r = fb_sql_number(db, "PRAGMA application_id", 0, &id);
	if (r < 0 || pages == 0)
		return r;
	if (id != FB_LAYOUT_ID)
		return -EBADMSG;
	if (pages > CHECK_PAGES)
		return 0;
	r = fb_sql_prepare(db, "PRAGMA quick_check(1)", &statement);
	if (r == 0)
		r = fb_sql_step(statement);
	if (r <= 0)
		return r;
	return strcmp((const char *)sqlite3_column_text(statement, 0), "ok") ? -EBADMSG : 0;
}

/* The first to write into it is its owner. */
static int take(sqlite3 *db)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	char owner[64];
	int64_t same = 0;
	int r = fb_sql_prepare(db, "INSERT OR IGNORE INTO meta VALUES ('owner', ?1), ('made', ?2)",
			       &statement);

	find_owner(owner);
	if (r < 0)
		return r;
	sqlite3_bind_text(statement, 1, owner, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, fb_wall_ms());
	r = fb_sql_step(statement);
	fb_sql_endp(&statement);
	if (r == 0)
		r = fb_sql_prepare(db, "SELECT value = ?1 FROM meta WHERE key = 'owner'",
				   &statement);
	if (r < 0)
		return r;
	sqlite3_bind_text(statement, 1, owner, -1, SQLITE_STATIC);
	r = fb_sql_step(statement);
	same = r > 0 && sqlite3_column_int(statement, 0);
	return r < 0 ? r : same ? 0 : -EPERM;
}

/*
 * A commit is on the disk when it is through: a cut of power takes two seconds, too. Deleted bytes
 * are written over where that costs nothing (store/erasure.h has all of them so); what is temporary
 * goes to memory, not to another folder.
 */
static int set_up(sqlite3 *db)
{
	int r = check(db);

	sqlite3_busy_timeout(db, BUSY_MS);
	if (r == 0)
		r = fb_layout_prepare(db);
	if (r == 0)
		r = fb_sql_run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				   "PRAGMA secure_delete = FAST; PRAGMA temp_store = MEMORY;"
				   "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 2000;"
				   "PRAGMA journal_size_limit = 67108864");
	if (r == 0)
		r = fb_layout_make(db);
	return r < 0 ? r : take(db);
}

/* By name: a descriptor of it that is closed would end the locks that readers have. */
static int narrow(const char *path, const char *suffix)
{
	char name[FB_HISTORY_PATH + 8];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	if (stat(name, &st) < 0 || !(st.st_mode & 0777 & ~MODE))
		return 0;
	return chmod(name, st.st_mode & MODE) < 0 && errno != EROFS ? -errno : 0;
}

/* What SQLite makes beside it has its mode. */
static int make_narrow(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
	int r = 0;

	if (fd >= 0)
		close(fd);
	for (int i = 0; i < 3 && r == 0; i++)
		r = narrow(path, suffixes[i]);
	return r;
}

static int open_once(const char *path, sqlite3 **ret_db)
{
	_cleanup_sqldb_ sqlite3 *db = NULL;
	int r = make_narrow(path);

	if (r == 0)
		r = fb_sql_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db);
	if (r < 0)
		return r;
	*ret_db = TAKE_PTR(db);
	return set_up(*ret_db);
}

static int tell(const char *path, int r, struct fb_why *why)
{
	if (r == -EPERM)
		return fb_why_set(why, r,
				  "%s is the history of another machine: move it away, or give "
				  "this one another --state",
				  path);
	if (r == -EPROTONOSUPPORT)
		return fb_why_set(why, r,
				  "%s was written by a later version of flowbpf: move it away, or "
				  "run that one",
				  path);
	return fb_why_set(why, r, "cannot keep a history in %s: %s", path, strerror(-r));
}

int fb_historyfile_open(const char *folder, sqlite3 **ret_db, struct fb_why *why)
{
	char path[FB_HISTORY_PATH], old[FB_HISTORY_PATH];
	sqlite3 *db = NULL;
	int r;

	snprintf(path, sizeof(path), "%.200s/" FB_HISTORY_NAME, folder);
	r = open_once(path, &db);
	if (r == -EBADMSG) {
		fb_sql_closep(&db);
		r = fb_historyfile_set_aside(folder, old);
		if (r == 0)
			fb_why_set(why, 0,
				   "%s is torn, or no history: kept as %s, a new one is begun",
				   path, old);
		if (r == 0)
			r = open_once(path, &db);
	}
	if (r < 0) {
		fb_sql_closep(&db);
		return tell(path, r, why);
	}
	*ret_db = db;
	return 0;
}
