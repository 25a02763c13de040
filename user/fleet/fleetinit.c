/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetinit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fleet/fleetfill.h"
#include "util/clock.h"

static int perform(struct fb_fleetinit *init, struct fb_buf *sql, struct fb_why *why)
{
	struct fb_buf answer = FB_BUF_INIT;
	int r;

	fb_buf_addc(sql, '\0');
	r = fb_buf_error(sql);
	if (r < 0)
		return fb_why_set(why, r, "not enough memory");
	init->tell(init->ctx, sql->data);
	init->done++;
	if (init->dry)
		return 0;
	r = fb_clickhouse_query(init->clickhouse, sql->data, &answer, why);
	fb_buf_fini(&answer);
	return r;
}

static int ask(struct fb_fleetinit *init, struct fb_buf *sql, struct fb_buf *answer,
	       struct fb_why *why)
{
	fb_buf_addc(sql, '\0');
	return fb_buf_error(sql) ? fb_why_set(why, -ENOMEM, "not enough memory")
				 : fb_clickhouse_query(init->clickhouse, sql->data, answer, why);
}

/* What it answers, which is a number; the statement is freed. -errno with a sentence. */
static int ask_number(struct fb_fleetinit *init, struct fb_buf *sql, struct fb_why *why)
{
	struct fb_buf answer = FB_BUF_INIT;
	int r = ask(init, sql, &answer, why);

	if (r == 0)
		r = (int)strtoul(answer.data, NULL, 10);
	fb_buf_fini(sql);
	fb_buf_fini(&answer);
	return r;
}

/* How many tables of that name; "system.tables" needs no database of ours. */
static int has_table(struct fb_fleetinit *init, const char *name, struct fb_why *why)
{
	struct fb_buf sql = FB_BUF_INIT;

	fb_buf_addf(&sql, "SELECT count() FROM system.tables WHERE database = '%s' AND name = '%s'",
		    init->ddl.database, name);
	return ask_number(init, &sql, why);
}

/* The last migration that is on record; -errno. */
static int version_of(struct fb_fleetinit *init, struct fb_why *why)
{
	struct fb_buf sql = FB_BUF_INIT;
	const int r = init->clickhouse ? has_table(init, "migrations", why) : 0;

	if (r <= 0)
		return r;
	fb_buf_addf(&sql, "SELECT max(version) FROM %s.migrations", init->ddl.database);
	return ask_number(init, &sql, why);
}

static int migrate(struct fb_fleetinit *init, unsigned int version, struct fb_why *why)
{
	struct fb_buf sql = FB_BUF_INIT;
	int r = 0;

	for (unsigned int i = 0; r == 0 && fb_fleetddl_statement(&init->ddl, version, i, &sql); i++)
		r = perform(init, &sql, why);
	if (r == 0) {
		fb_fleetddl_record(&init->ddl, version, fb_fleetddl_migration(version), &sql);
		r = perform(init, &sql, why);
	}
	fb_buf_fini(&sql);
	return r;
}

/* --- columns of fields that are new ----------------------------------------------------------- */

static int has_column(struct fb_fleetinit *init, enum fb_fleet_table table, bool local,
		      const char *column, struct fb_why *why)
{
	struct fb_buf sql = FB_BUF_INIT;

	fb_buf_addf(&sql,
		    "SELECT count() FROM system.columns WHERE database = '%s' AND table = '%s%s' "
		    "AND name = '%s'",
		    init->ddl.database, fb_fleet_table_name(table), local ? "_local" : "", column);
	return ask_number(init, &sql, why);
}

static int add_columns(struct fb_fleetinit *init, enum fb_fleet_table table, bool local,
		       unsigned int version, struct fb_why *why)
{
	struct fb_buf sql = FB_BUF_INIT;
	struct fb_fleet_column column;
	char name[128];
	int r = 0;

	for (unsigned int i = 0; r >= 0 && fb_fleet_column(table, i, &column); i++) {
		r = has_column(init, table, local, column.name, why);
		if (r != 0)
			continue;
		fb_fleetddl_add(&init->ddl, table, local, &column, &sql);
		r = perform(init, &sql, why);
		snprintf(name, sizeof(name), "column %s%s.%s", fb_fleet_table_name(table),
			 local ? "_local" : "", column.name);
		if (r < 0)
			break;
		fb_fleetddl_record(&init->ddl, version, name, &sql);
		r = perform(init, &sql, why);
	}
	fb_buf_fini(&sql);
	return r < 0 ? r : 0;
}

static int make_queues(struct fb_fleetinit *init, struct fb_why *why)
{
	struct fb_buf sql = FB_BUF_INIT;
	int r = 0;

	for (unsigned int i = 0; r == 0 && fb_fleetddl_queue(&init->ddl, i, &sql); i++)
		r = perform(init, &sql, why);
	fb_buf_fini(&sql);
	return r;
}

/* Rows that were there before there were sums. */
static int add_up(struct fb_fleetinit *init, struct fb_why *why)
{
	struct fb_fleetfill fill = {
		.clickhouse = init->clickhouse,
		.now_ms = fb_wall_ms(),
		.fresh = init->dry,
		.dry = init->dry,
		.tell = init->tell,
		.ctx = init->ctx,
	};

	return fb_fleetfill_run(&fill, why);
}

int fb_fleetinit_run(struct fb_fleetinit *init, struct fb_why *why)
{
	const int version = version_of(init, why);
	unsigned int last = 0;
	int r = 0;

	if (version < 0)
		return version;
	while (fb_fleetddl_migration(last + 1))
		last++;
	if ((unsigned int)version > last)
		return fb_why_set(why, -EPROTO,
				  "the tables there are of version %d, this flowbpf knows %u: use "
				  "the newer one",
				  version, last);
	for (unsigned int i = (unsigned int)version + 1; r == 0 && i <= last; i++)
		r = migrate(init, i, why);
	for (int i = 0; r == 0 && version > 0 && i < 2 * FB_FLEET_TABLE_COUNT; i++)
		r = add_columns(init, (enum fb_fleet_table)(i / 2), i % 2 == 0, last, why);
	if (r == 0 && version > 0 && version < FB_FLEETDDL_SUMS)
		r = add_up(init, why);
	return r == 0 && init->ddl.brokers ? make_queues(init, why) : r;
}
