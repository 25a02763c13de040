/* SPDX-License-Identifier: BSD-2-Clause */
/* A row's columns, coded one behind the other, are its key; what is bound is read from it. */
#include "store/stars.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/coded.h"
#include "store/layout.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/index.h"

#define FIRST (FB_STAR_flow + 1)

struct entry {
	int64_t n;    /* 0: this place is free */
	int64_t hour; /* as `used` is in the file */
	uint64_t hash;
	size_t len;
	bool changed, asked; /* since the last commit; since the hand came by */
	char *key;
};

struct star {
	struct fb_column column[FB_FIELD_COUNT];
	unsigned int n_columns;
	sqlite3_stmt *insert, *use, *sweep;
	int64_t last, committed, swept; /* numbers */
	struct fb_index index;
	struct entry *entry; /* [FB_STARS_KEPT] */
	uint32_t hand;
	size_t bytes;
};

struct fb_stars {
	sqlite3 *db;
	struct star star[FB_STAR_COUNT];
	struct fb_buf key;
};

static void drop(struct star *star, uint32_t i)
{
	struct entry *entry = &star->entry[i];

	fb_index_remove(&star->index, entry->hash, i);
	star->bytes -= entry->len;
	free(entry->key);
	*entry = (struct entry){0};
}

/* --- what is remembered ----------------------------------------------------------------------- */

static struct entry *find(struct star *star, uint64_t hash, const struct fb_buf *key)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(&star->index, &it, &i)) {
		struct entry *entry = &star->entry[i];

		if (entry->hash == hash && entry->len == key->len &&
		    !memcmp(entry->key, key->data, key->len))
			return entry;
	}
	return NULL;
}

/* A free place: the hand goes round, and takes what was not asked for since it came by. */
static uint32_t take_place(struct star *star, size_t len)
{
	for (;;) {
		const uint32_t i = star->hand++ % FB_STARS_KEPT;
		struct entry *entry = &star->entry[i];

		if (entry->n && !entry->asked)
			drop(star, i);
		entry->asked = false;
		if (!entry->n && star->bytes + len <= FB_STARS_TEXT)
			return i;
	}
}

static int remember(struct star *star, uint64_t hash, const struct fb_buf *key, int64_t n,
		    int64_t hour)
{
	const uint32_t i = take_place(star, key->len);
	char *copy = malloc(key->len);

	if (!copy || fb_index_add(&star->index, hash, i) < 0) {
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, key->data, key->len);
	star->bytes += key->len;
	star->entry[i] = (struct entry){
		.n = n,
		.hour = hour,
		.hash = hash,
		.len = key->len,
		.key = copy,
	};
	return 0;
}

/* --- life ------------------------------------------------------------------------------------- */

/* Those that came last, so that a restart writes none of them again. */
static int load(struct fb_stars *stars, enum fb_star id)
{
	_cleanup_statement_ sqlite3_stmt *select = NULL;
	struct star *star = &stars->star[id];
	struct fb_buf *key = &stars->key;
	int r = fb_layout_prepare_select(stars->db, id, "ORDER BY n DESC", &select);

	for (unsigned int n = 0; r >= 0 && n < FB_STARS_KEPT / 2; n++) {
		r = fb_sql_step(select);
		if (r <= 0)
			break;
		fb_buf_clear(key);
		for (unsigned int i = 0; i < star->n_columns; i++)
			fb_coded_add_from(key, select, 2 + (int)i);
		if (n == 0)
			star->last = sqlite3_column_int64(select, 0);
		r = fb_buf_error(key);
		if (r == 0)
			r = remember(star, fb_hash(key->data, key->len, id), key,
				     sqlite3_column_int64(select, 0),
				     sqlite3_column_int64(select, 1));
	}
	star->committed = star->last;
	return r;
}

static int prepare(struct fb_stars *stars, enum fb_star id)
{
	struct star *star = &stars->star[id];
	const char *name = fb_star_name(id);
	char use[80], sweep[80];
	int r;

	snprintf(use, sizeof(use), "UPDATE %s SET used = ?2 WHERE n = ?1", name);
	snprintf(sweep, sizeof(sweep), "DELETE FROM %s WHERE n > ?1 AND n <= ?2 AND used < ?3",
		 name);
	r = fb_layout_prepare_insert(stars->db, id, &star->insert);
	if (r == 0)
		r = fb_sql_prepare(stars->db, use, &star->use);
	return r < 0 ? r : fb_sql_prepare(stars->db, sweep, &star->sweep);
}

static int open_star(struct fb_stars *stars, enum fb_star id)
{
	struct star *star = &stars->star[id];
	int r = fb_index_init(&star->index);

	star->entry = calloc(FB_STARS_KEPT, sizeof(*star->entry));
	if (r < 0 || !star->entry)
		return -ENOMEM;
	for (int field = 0; field < FB_FIELD_COUNT; field++)
		if (fb_column_of((enum fb_field_id)field, &star->column[star->n_columns]) &&
		    star->column[star->n_columns].star == id)
			star->n_columns++;
	r = prepare(stars, id);
	return r < 0 ? r : load(stars, id);
}

int fb_stars_new(sqlite3 *db, struct fb_stars **ret_stars)
{
	struct fb_stars *stars = calloc(1, sizeof(*stars));
	int r = 0;

	if (!stars)
		return -ENOMEM;
	stars->db = db;
	for (int id = FIRST; id < FB_STAR_COUNT && r == 0; id++)
		r = open_star(stars, (enum fb_star)id);
	if (r < 0) {
		fb_stars_free(stars);
		return r;
	}
	*ret_stars = stars;
	return 0;
}

void fb_stars_free(struct fb_stars *stars)
{
	if (!stars)
		return;
	for (int id = FIRST; id < FB_STAR_COUNT; id++) {
		struct star *star = &stars->star[id];

		for (uint32_t i = 0; star->entry && i < FB_STARS_KEPT; i++)
			free(star->entry[i].key);
		free(star->entry);
		fb_index_fini(&star->index);
		fb_sql_endp(&star->insert);
		fb_sql_endp(&star->use);
		fb_sql_endp(&star->sweep);
	}
	fb_buf_fini(&stars->key);
	free(stars);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static int add(struct star *star, const struct fb_buf *key, uint64_t hash, int64_t hour,
	       int64_t *ret_n)
{
	const char *at = key->data;
	struct fb_coded coded;
	int r;

	sqlite3_bind_int64(star->insert, 1, star->last + 1);
	sqlite3_bind_int64(star->insert, 2, hour);
	for (unsigned int i = 0; i < star->n_columns; i++) {
		at = fb_coded_read(at, &coded);
		fb_coded_bind(star->insert, 3 + (int)i, &coded);
	}
	r = fb_sql_step(star->insert);
	if (r < 0)
		return r;
	*ret_n = ++star->last;
	return remember(star, hash, key, *ret_n, hour);
}

/* Once an hour the file is told that it is still in use. */
static int use(struct star *star, struct entry *entry, int64_t hour)
{
	int r = 0;

	if (entry->hour != hour) {
		sqlite3_bind_int64(star->use, 1, entry->n);
		sqlite3_bind_int64(star->use, 2, hour);
		r = fb_sql_step(star->use);
		entry->changed = true;
		entry->hour = hour;
	}
	entry->asked = true;
	return r;
}

static int find_one(struct fb_stars *stars, enum fb_star id, const struct fb_flow_at *at,
		    int64_t hour, int64_t *ret_n)
{
	struct star *star = &stars->star[id];
	struct fb_buf *key = &stars->key;
	struct entry *entry;
	bool known = false;
	uint64_t hash;

	*ret_n = 0;
	fb_buf_clear(key);
	for (unsigned int i = 0; i < star->n_columns; i++)
		known |= fb_coded_add(key, &star->column[i], at);
	if (fb_buf_error(key))
		return -ENOMEM;
	if (!known)
		return 0;
	hash = fb_hash(key->data, key->len, id);
	entry = find(star, hash, key);
	if (!entry)
		return add(star, key, hash, hour, ret_n);
	*ret_n = entry->n;
	return use(star, entry, hour);
}

int fb_stars_find(struct fb_stars *stars, const struct fb_flow_at *at, int64_t hour,
		  int64_t numbers[static FB_STAR_COUNT])
{
	int r = 0;

	for (int id = FIRST; id < FB_STAR_COUNT && r == 0; id++)
		r = find_one(stars, (enum fb_star)id, at, hour, &numbers[id]);
	return r;
}

/* --- transactions, and what goes -------------------------------------------------------------- */

void fb_stars_commit(struct fb_stars *stars)
{
	for (int id = FIRST; id < FB_STAR_COUNT; id++)
		stars->star[id].committed = stars->star[id].last;
}

void fb_stars_rollback(struct fb_stars *stars)
{
	for (int id = FIRST; id < FB_STAR_COUNT; id++) {
		struct star *star = &stars->star[id];

		for (uint32_t i = 0; i < FB_STARS_KEPT; i++) {
			if (star->entry[i].n > star->committed)
				drop(star, i);
			else if (star->entry[i].changed)
				star->entry[i].hour = 0;
		}
		star->last = star->committed;
	}
}

void fb_stars_forget(struct fb_stars *stars, enum fb_star id, int64_t n)
{
	struct star *star = &stars->star[id];

	for (uint32_t i = 0; i < FB_STARS_KEPT; i++)
		if (star->entry[i].n == n)
			drop(star, i);
}

static void forget_older(struct star *star, int64_t hour)
{
	for (uint32_t i = 0; i < FB_STARS_KEPT; i++)
		if (star->entry[i].n && star->entry[i].hour < hour)
			drop(star, i);
}

int fb_stars_sweep(struct fb_stars *stars, enum fb_star id, int64_t hour, int most)
{
	struct star *star = &stars->star[id];
	int r;

	if (star->swept == 0)
		forget_older(star, hour);
	sqlite3_bind_int64(star->sweep, 1, star->swept);
	sqlite3_bind_int64(star->sweep, 2, star->swept + most);
	sqlite3_bind_int64(star->sweep, 3, hour);
	r = fb_sql_step(star->sweep);
	if (r < 0)
		return r;
	star->swept += most;
	if (star->swept < star->last)
		return 1;
	star->swept = 0;
	return 0;
}
