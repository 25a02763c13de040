/* SPDX-License-Identifier: BSD-2-Clause */
/* Zones asked; see the header. */
#include "store/zoneplan.h"

#include <stdlib.h>

#include "filter/needs.h"
#include "store/fieldcolumns.h"
#include "store/sqlcells.h"
#include "store/sqldb.h"
#include "store/zones.h"
#include "util/buf.h"

#define VALUES	 256 /* that a plan looks for, at most */
#define EXPANDED 64  /* texts that a pattern stands for; beyond, nothing is passed by */

struct fb_zoneplan {
	sqlite3_stmt *zones; /* those of a range, the newest first */
	unsigned int n, groups;
	struct {
		uint64_t hash;
		unsigned int group;
	} value[VALUES];
};

static bool add_value(struct fb_zoneplan *plan, unsigned int group, uint64_t hash)
{
	if (plan->n == VALUES)
		return false;
	plan->value[plan->n].hash = hash;
	plan->value[plan->n++].group = group;
	return true;
}

/* The texts that a pattern or a domain stands for, by the table where each stands once. */
static bool add_texts(sqlite3 *db, struct fb_zoneplan *plan, const struct fb_need *need,
		      const struct fb_column *column)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	_cleanup_statement_ sqlite3_stmt *texts = NULL;
	unsigned int n = 0;
	int r;

	if (column->star == FB_STAR_flow)
		return false;
	fb_buf_addf(&text, "SELECT DISTINCT \"%s\" FROM %s WHERE %s(%u,\"%s\",?1%s)", column->name,
		    fb_star_name(column->star), need->how == FB_NEED_LIKE ? "fb_like" : "fb_is",
		    (unsigned int)need->field->id, column->name,
		    need->how == FB_NEED_LIKE	 ? ""
		    : need->how == FB_NEED_BELOW ? ",1"
						 : ",0");
	fb_buf_addc(&text, '\0');
	if (fb_buf_error(&text) || fb_sql_prepare(db, text.data, &texts) < 0)
		return false;
	sqlite3_bind_text(texts, 1, need->text, need->len, SQLITE_STATIC);
	while ((r = fb_sql_step(texts)) == 1) {
		struct fb_past_cell cell;

		fb_sqlcells_read(texts, 0, &cell);
		if (cell.kind == FB_PAST_NONE || ++n > EXPANDED ||
		    !add_value(plan, need->group, fb_zones_hash(column->name, &cell)))
			return false;
	}
	return r == 0;
}

static bool add_need(sqlite3 *db, struct fb_zoneplan *plan, const struct fb_need *need)
{
	struct fb_past_cell cell = {.kind = FB_PAST_NUMBER, .num = (int64_t)need->num};
	const uint8_t *addr = need->addr;
	struct fb_column column;

	if (!fb_column_of(need->field->id, &column))
		return false;
	if (need->how != FB_NEED_ADDR && need->how != FB_NEED_NUMBER)
		return add_texts(db, plan, need, &column);
	if (need->how == FB_NEED_ADDR && need->family == FB_IPV6)
		cell = (struct fb_past_cell){.kind = FB_PAST_ADDR, .addr = addr};
	else if (need->how == FB_NEED_ADDR)
		cell.num = (int64_t)((uint64_t)addr[12] << 24 | (uint64_t)addr[13] << 16 |
				     (uint64_t)addr[14] << 8 | addr[15]);
	return add_value(plan, need->group, fb_zones_hash(column.name, &cell));
}

/* A group whose values are too many says nothing; the others do. */
static void add_needs(sqlite3 *db, struct fb_zoneplan *plan, const struct fb_need *needs,
		      unsigned int n)
{
	for (unsigned int i = 0, next; i < n; i = next) {
		const unsigned int before = plan->n;
		bool all = true;

		for (next = i; next < n && needs[next].group == needs[i].group; next++) {
			struct fb_need need = needs[next];

			need.group = plan->groups;
			all = all && add_need(db, plan, &need);
		}
		if (all)
			plan->groups++;
		else
			plan->n = before;
	}
}

struct fb_zoneplan *fb_zoneplan_new(sqlite3 *db, const struct fb_filter *filter)
{
	struct fb_need needs[FB_NEEDS];
	bool kept[FB_FIELD_COUNT] = {false};
	struct fb_zoneplan *plan = calloc(1, sizeof(*plan));

	for (unsigned int id = 0; id < FB_FIELD_COUNT; id++)
		kept[id] = fb_zones_have((enum fb_field_id)id);
	if (plan)
		add_needs(db, plan, needs, fb_filter_needs(filter, kept, needs));
	if (plan && plan->groups &&
	    fb_sql_prepare(
		    db,
		    "SELECT w_from, w_before, bits FROM zone WHERE w_from < ?2 AND w_before > "
		    "?1 ORDER BY w_from DESC",
		    &plan->zones) == 0)
		return plan;
	fb_zoneplan_free(plan);
	return NULL;
}

void fb_zoneplan_free(struct fb_zoneplan *plan)
{
	if (plan)
		sqlite3_finalize(plan->zones);
	free(plan);
}

static bool may_have(const struct fb_zoneplan *plan, const uint8_t *bits)
{
	for (unsigned int group = 0; group < plan->groups; group++) {
		bool any = false;

		for (unsigned int i = 0; i < plan->n && !any; i++)
			any = plan->value[i].group == group &&
			      fb_zones_may_have(bits, plan->value[i].hash);
		if (!any)
			return false;
	}
	return true;
}

bool fb_zoneplan_next(struct fb_zoneplan *plan, int64_t from, int64_t *before, int64_t *ret_from)
{
	int64_t end = *before;

	sqlite3_bind_int64(plan->zones, 1, from);
	sqlite3_bind_int64(plan->zones, 2, end);
	*ret_from = from;
	while (fb_sql_step(plan->zones) == 1) {
		const int64_t zone_from = sqlite3_column_int64(plan->zones, 0);
		const int64_t zone_before = sqlite3_column_int64(plan->zones, 1);
		const void *bits = sqlite3_column_blob(plan->zones, 2);

		if (sqlite3_column_bytes(plan->zones, 2) != FB_ZONE_BYTES || may_have(plan, bits))
			continue;
		if (zone_before >= end) { /* nothing was kept yet: go on behind it */
			end = zone_from;
			continue;
		}
		*ret_from = zone_before;
		break;
	}
	sqlite3_reset(plan->zones);
	*before = end;
	return end > from;
}
