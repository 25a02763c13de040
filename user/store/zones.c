/* SPDX-License-Identifier: BSD-2-Clause */
/* Zones, written; see the header. */
#include "store/zones.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/fieldcolumns.h"
#include "store/sqldb.h"
#include "store/sqlcells.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/hash.h"

#define AT_ONCE 4 /* zones after a commit */
#define HASHES	4 /* bits of a value */

static const enum fb_field_id summed[] = {
	FB_FIELD_src_ip,   FB_FIELD_dst_ip,	   FB_FIELD_nat_src_ip,	 FB_FIELD_nat_dst_ip,
	FB_FIELD_dst_host, FB_FIELD_sni,	   FB_FIELD_src_host,	 FB_FIELD_src_mac,
	FB_FIELD_dst_mac,  FB_FIELD_src_device,	   FB_FIELD_dst_device,	 FB_FIELD_dst_port,
	FB_FIELD_service,  FB_FIELD_src_country,   FB_FIELD_dst_country, FB_FIELD_dst_org,
	FB_FIELD_dst_asn,  FB_FIELD_owner_process, FB_FIELD_owner_unit,	 FB_FIELD_owner_container,
	FB_FIELD_ja4,
};

#define N_SUMMED (sizeof(summed) / sizeof(*summed))

/* Of a field's value, the same in every run: without regard to case, as filters have it. */
static uint64_t hash_of(const char *column, const void *bytes, size_t len)
{
	char text[600];
	size_t n = strlen(column) + 1;

	memcpy(text, column, n);
	for (size_t i = 0; i < len && n < sizeof(text); i++)
		text[n++] = (char)tolower(((const unsigned char *)bytes)[i]);
	return fb_hash_fixed(text, n);
}

uint64_t fb_zones_hash(const char *column, const struct fb_past_cell *cell)
{
	switch (cell->kind) {
	case FB_PAST_TEXT:
		return hash_of(column, cell->text, strlen(cell->text));
	case FB_PAST_ADDR:
		return hash_of(column, cell->addr, 16);
	default:
		return hash_of(column, &cell->num, sizeof(cell->num));
	}
}

bool fb_zones_have(enum fb_field_id id)
{
	for (size_t i = 0; i < N_SUMMED; i++)
		if (summed[i] == id)
			return true;
	return false;
}

static void set_bits(uint8_t *bits, uint64_t hash)
{
	const uint32_t step = (uint32_t)(hash >> 32) | 1;
	uint32_t at = (uint32_t)hash;

	for (int i = 0; i < HASHES; i++, at += step)
		bits[at / 8 % FB_ZONE_BYTES] |= (uint8_t)(1 << at % 8);
}

bool fb_zones_may_have(const uint8_t bits[static FB_ZONE_BYTES], uint64_t hash)
{
	const uint32_t step = (uint32_t)(hash >> 32) | 1;
	uint32_t at = (uint32_t)hash;

	for (int i = 0; i < HASHES; i++, at += step)
		if (!(bits[at / 8 % FB_ZONE_BYTES] & 1 << at % 8))
			return false;
	return true;
}

/* --- writing --------------------------------------------------------------------------------- */

int fb_zones_make(sqlite3 *db)
{
	return fb_sql_run(db, "CREATE TABLE zone (w_from INTEGER PRIMARY KEY, w_before, bits)");
}

static void put_columns(struct fb_buf *text)
{
	struct fb_column column;

	fb_buf_adds(text, "SELECT w");
	for (size_t i = 0; i < N_SUMMED; i++)
		if (fb_column_of(summed[i], &column))
			fb_buf_addf(text, ", \"%s\"", column.name);
}

/* Rows from `from` on, as many as a zone has: 1 and where they end; 0: there are not so many. */
static int read_zone(sqlite3 *db, int64_t from, int64_t last, uint8_t bits[static FB_ZONE_BYTES],
		     int64_t *ret_before)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	struct fb_column column;
	struct fb_past_cell cell;
	int r, n = 0;

	put_columns(&text);
	fb_buf_addf(&text, " FROM flows WHERE w >= ?1 AND w <= ?2 ORDER BY w LIMIT %d",
		    FB_ZONE_ROWS);
	fb_buf_addc(&text, '\0');
	r = fb_buf_error(&text) ? -ENOMEM : fb_sql_prepare(db, text.data, &rows);
	if (r < 0)
		return r;
	sqlite3_bind_int64(rows, 1, from);
	sqlite3_bind_int64(rows, 2, last);
	for (; (r = fb_sql_step(rows)) == 1; n++) {
		*ret_before = sqlite3_column_int64(rows, 0) + 1;
		for (size_t i = 0; i < N_SUMMED; i++) {
			fb_sqlcells_read(rows, (int)i + 1, &cell);
			if (cell.kind && fb_column_of(summed[i], &column))
				set_bits(bits, fb_zones_hash(column.name, &cell));
		}
	}
	return r < 0 ? r : n == FB_ZONE_ROWS;
}

static int write_zone(sqlite3 *db, int64_t from, int64_t before, const uint8_t *bits)
{
	_cleanup_statement_ sqlite3_stmt *insert = NULL;
	int r = fb_sql_prepare(db, "INSERT OR REPLACE INTO zone VALUES (?1, ?2, ?3)", &insert);

	if (r < 0)
		return r;
	sqlite3_bind_int64(insert, 1, from);
	sqlite3_bind_int64(insert, 2, before);
	sqlite3_bind_blob(insert, 3, bits, FB_ZONE_BYTES, SQLITE_STATIC);
	return fb_sql_step(insert);
}

/* Is there a whole zone's worth of rows behind the last one? */
static int is_due(sqlite3 *db, int64_t last, int64_t *ret_from, bool *ret_due)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r = fb_sql_number(db, "SELECT w_before FROM zone ORDER BY w_from DESC LIMIT 1", 0,
			      ret_from);

	if (r == 0)
		r = fb_sql_prepare(
			db,
			"SELECT w FROM flow WHERE w >= ?1 AND w <= ?3 ORDER BY w LIMIT 1 OFFSET ?2",
			&rows);
	if (r < 0)
		return r;
	sqlite3_bind_int64(rows, 1, *ret_from);
	sqlite3_bind_int64(rows, 2, FB_ZONE_ROWS);
	sqlite3_bind_int64(rows, 3, last);
	r = fb_sql_step(rows);
	*ret_due = r == 1;
	return r < 0 ? r : 0;
}

static int note(sqlite3 *db, int64_t last)
{
	_cleanup_free_ uint8_t *bits = malloc(FB_ZONE_BYTES);
	int64_t from, before = 0;
	bool due = true;
	int r = bits ? 0 : -ENOMEM;

	for (int i = 0; i < AT_ONCE && r == 0; i++) {
		r = is_due(db, last, &from, &due);
		if (r < 0 || !due)
			return r;
		memset(bits, 0, FB_ZONE_BYTES);
		r = read_zone(db, from, last, bits, &before);
		if (r == 1)
			r = write_zone(db, from, before, bits);
	}
	if (r == 0)
		r = fb_sql_run(db, "DELETE FROM zone WHERE w_before <= (SELECT min(w) FROM flow)");
	return r;
}

int fb_zones_note(sqlite3 *db, int64_t last)
{
	int64_t from;
	bool due;
	int r = is_due(db, last, &from, &due);

	if (r < 0 || !due)
		return r;
	r = fb_sql_run(db, "BEGIN IMMEDIATE");
	if (r == 0)
		r = note(db, last);
	if (r == 0)
		r = fb_sql_run(db, "COMMIT");
	if (r < 0)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static int renew(sqlite3 *db, int64_t from, int64_t before)
{
	_cleanup_free_ uint8_t *bits = calloc(1, FB_ZONE_BYTES);
	int64_t end;
	int r = bits ? read_zone(db, from, before - 1, bits, &end) : -ENOMEM;

	return r < 0 ? r : write_zone(db, from, before, bits);
}

int fb_zones_renew(sqlite3 *db, int64_t from, int64_t before)
{
	_cleanup_statement_ sqlite3_stmt *zones = NULL;
	int r = fb_sql_prepare(
		db, "SELECT w_from, w_before FROM zone WHERE w_from < ?2 AND w_before > ?1",
		&zones);

	if (r < 0)
		return r;
	sqlite3_bind_int64(zones, 1, from);
	sqlite3_bind_int64(zones, 2, before);
	while ((r = fb_sql_step(zones)) > 0) {
		r = renew(db, sqlite3_column_int64(zones, 0), sqlite3_column_int64(zones, 1));
		if (r < 0)
			break;
	}
	return r;
}
