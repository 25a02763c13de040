/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/adopted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/snapshot.h"
#include "store/layout.h"

#define PARTS_MS ((FB_LAYOUT_SILENT_S + FB_LAYOUT_PART_S) * 1000ll)
#define ENDS_MS	 60000ll /* a flow that is told closed has its rows for so long, at most */

static uint64_t key_of(uint64_t flow_id)
{
	return flow_id & ~(uint64_t)FB_ID_NUMBER;
}

static uint64_t hash_of(uint64_t key)
{
	return fb_hash(&key, sizeof(key), 0);
}

const struct fb_adopted_flow *fb_adopted_find(const struct fb_adopted *adopted, uint64_t flow_id)
{
	const uint64_t key = key_of(flow_id);
	struct fb_index_it it = fb_index_begin(hash_of(key));
	uint32_t i;

	while (adopted->n && fb_index_next(&adopted->index, &it, &i))
		if (adopted->flow[i].key == key)
			return &adopted->flow[i];
	return NULL;
}

/* The newest row of a flow comes first, and counts. */
static int add(struct fb_adopted *adopted, sqlite3_stmt *row)
{
	struct fb_adopted_flow *flow = &adopted->flow[adopted->n];
	const bool part = sqlite3_column_int(row, 1);

	if (fb_adopted_find(adopted, (uint64_t)sqlite3_column_int64(row, 2)))
		return 0;
	*flow = (struct fb_adopted_flow){.key = key_of((uint64_t)sqlite3_column_int64(row, 2)),
					 .w = part ? 0 : sqlite3_column_int64(row, 0)};
	for (int dir = 0; dir < 2; dir++) {
		flow->counted_bytes[dir] = (uint64_t)sqlite3_column_int64(row, 3 + dir);
		flow->counted_packets[dir] = (uint32_t)sqlite3_column_int64(row, 5 + dir);
		flow->bytes[dir] = flow->counted_bytes[dir];
		flow->packets[dir] = flow->counted_packets[dir];
		if (part)
			continue;
		flow->bytes[dir] -= (uint64_t)sqlite3_column_int64(row, 7 + dir);
		flow->packets[dir] -= (uint32_t)sqlite3_column_int64(row, 9 + dir);
	}
	adopted->n++;
	return fb_index_add(&adopted->index, hash_of(flow->key), adopted->n - 1);
}

int fb_adopted_load(struct fb_adopted *adopted, sqlite3 *db)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int64_t last;
	int r = fb_sql_number(db, "SELECT max(w) FROM flow", 0, &last);

	adopted->flow = calloc(FB_ADOPTED_MOST, sizeof(*adopted->flow));
	if (!adopted->flow || fb_index_init(&adopted->index) < 0)
		return -ENOMEM;
	if (r == 0)
		r = fb_sql_prepare(db,
				   "SELECT w, part, id, bytes_up, bytes_down, packets_up, "
				   "packets_down, d_bytes_up, d_bytes_down, d_packets_up, "
				   "d_packets_down FROM flows WHERE w >= ?1 AND (part = 1 OR w >= "
				   "?2) AND counted_by = ?3 ORDER BY w DESC",
				   &rows);
	if (r < 0)
		return r;
	sqlite3_bind_int64(rows, 1, last - (PARTS_MS << FB_LAYOUT_W_SHIFT));
	sqlite3_bind_int64(rows, 2, last - (ENDS_MS << FB_LAYOUT_W_SHIFT));
	sqlite3_bind_int64(rows, 3, FB_COUNTED_FLOWBPF);
	while (adopted->n < FB_ADOPTED_MOST && (r = fb_sql_step(rows)) > 0) {
		r = add(adopted, rows);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

void fb_adopted_fini(struct fb_adopted *adopted)
{
	free(adopted->flow);
	fb_index_fini(&adopted->index);
	*adopted = (struct fb_adopted){0};
}
