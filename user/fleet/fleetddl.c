/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetddl.h"

#include <stddef.h>

#include "fleet/fleetrollup.h"

#define MIGRATIONS "(version UInt32, name String, flowbpf String, time DateTime)"

static const struct {
	const char *old, *modern;
	const char *codec; /* of the modern one; NULL: the server's */
} types[] = {
	[FB_FLEET_DATE] = {"Date", "Date", NULL},
	[FB_FLEET_TIME] = {"UInt64", "DateTime64(3, 'UTC')", "DoubleDelta, LZ4"},
	[FB_FLEET_FLAG] = {"UInt8", "UInt8", NULL},
	[FB_FLEET_PORT] = {"UInt16", "UInt16", NULL},
	[FB_FLEET_SHORT] = {"UInt32", "UInt32", "T64, LZ4"},
	[FB_FLEET_COUNT] = {"UInt64", "UInt64", "T64, LZ4"},
	[FB_FLEET_REAL] = {"Float64", "Float64", NULL},
	[FB_FLEET_ADDR] = {"FixedString(16)", "IPv6", "ZSTD(1)"},
	[FB_FLEET_WORD] = {"String", "LowCardinality(String)", NULL},
	[FB_FLEET_TEXT] = {"String", "String", "ZSTD(1)"},
	[FB_FLEET_WORDS] = {"Array(String)", "Array(LowCardinality(String))", NULL},
	[FB_FLEET_COUNTS] = {"Array(UInt64)", "Array(UInt64)", NULL},
};

static void add_column(struct fb_buf *sql, const struct fb_fleetddl *ddl,
		       const struct fb_fleet_column *column, bool local)
{
	const char *codec = ddl->modern && local ? types[column->type].codec : NULL;

	fb_buf_addf(sql, column->null ? "%s Nullable(%s)" : "%s %s", column->name,
		    ddl->modern ? types[column->type].modern : types[column->type].old);
	if (column->usual && local)
		fb_buf_addf(sql, " DEFAULT %s", column->usual);
	if (codec)
		fb_buf_addf(sql, " CODEC(%s)", codec);
}

static void add_columns(struct fb_buf *sql, const struct fb_fleetddl *ddl,
			enum fb_fleet_table table, bool local)
{
	struct fb_fleet_column column;

	for (unsigned int i = 0; fb_fleet_column(table, i, &column); i++) {
		fb_buf_adds(sql, i ? ",\n  " : " (\n  ");
		add_column(sql, ddl, &column, local);
	}
	fb_buf_adds(sql, "\n)");
}

static void add_cluster(struct fb_buf *sql, const struct fb_fleetddl *ddl)
{
	if (ddl->cluster)
		fb_buf_addf(sql, " ON CLUSTER %s", ddl->cluster);
}

static void begin_table(struct fb_buf *sql, const struct fb_fleetddl *ddl, const char *name,
			const char *suffix)
{
	fb_buf_addf(sql, "CREATE TABLE IF NOT EXISTS %s.%s%s", ddl->database, name, suffix);
	add_cluster(sql, ddl);
}

static void make_database(const struct fb_fleetddl *ddl, struct fb_buf *sql)
{
	fb_buf_addf(sql, "CREATE DATABASE IF NOT EXISTS %s", ddl->database);
	add_cluster(sql, ddl);
}

/* The same on every server of a cluster. */
static void make_migrations(const struct fb_fleetddl *ddl, struct fb_buf *sql)
{
	begin_table(sql, ddl, "migrations", "");
	fb_buf_adds(sql, " " MIGRATIONS "\nENGINE = ");
	if (ddl->cluster)
		fb_buf_addf(sql,
			    "ReplicatedMergeTree('/clickhouse/tables/%s/migrations', "
			    "'{shard}-{replica}')",
			    ddl->database);
	else
		fb_buf_adds(sql, "MergeTree()");
	fb_buf_adds(sql, " ORDER BY version");
}

static void add_local_engine(const struct fb_fleetddl *ddl, struct fb_buf *sql, const char *name)
{
	fb_buf_adds(sql, "\nENGINE = ");
	if (ddl->cluster)
		fb_buf_addf(sql,
			    "ReplicatedMergeTree('/clickhouse/tables/{shard}/%s/%s_local', "
			    "'{replica}')",
			    ddl->database, name);
	else
		fb_buf_adds(sql, "MergeTree()");
}

static void add_ttl(const struct fb_fleetddl *ddl, struct fb_buf *sql, unsigned int days)
{
	if (ddl->modern)
		fb_buf_addf(sql, "\nTTL date + INTERVAL %u DAY\nSETTINGS ttl_only_drop_parts = 1",
			    days);
}

/* Batches whose tokens a server remembers; for how long differs from version to version. */
#define KNOWN_ALONE "non_replicated_deduplication_window = 10000"
#define KNOWN_REPLICATED                                                                           \
	"replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800"

static void make_local(const struct fb_fleetddl *ddl, struct fb_buf *sql, enum fb_fleet_table table)
{
	const char *name = fb_fleet_table_name(table);

	begin_table(sql, ddl, name, "_local");
	add_columns(sql, ddl, table, true);
	add_local_engine(ddl, sql, name);
	fb_buf_adds(sql, "\nPARTITION BY date ORDER BY (sensor_id, time)");
	add_ttl(ddl, sql, ddl->days);
	if (ddl->modern)
		fb_buf_adds(sql, ddl->cluster ? ", " KNOWN_REPLICATED : ", " KNOWN_ALONE);
}

static void add_all_engine(const struct fb_fleetddl *ddl, struct fb_buf *sql, const char *name)
{
	if (ddl->cluster)
		fb_buf_addf(sql, "\nENGINE = Distributed(%s, %s, %s_local, rand())", ddl->cluster,
			    ddl->database, name);
	else
		fb_buf_addf(sql, "\nENGINE = Merge(%s, '^%s_local$')", ddl->database, name);
}

static void make_all(const struct fb_fleetddl *ddl, struct fb_buf *sql, enum fb_fleet_table table)
{
	const char *name = fb_fleet_table_name(table);

	begin_table(sql, ddl, name, "");
	add_columns(sql, ddl, table, false);
	add_all_engine(ddl, sql, name);
}

/* --- sums of rows ----------------------------------------------------------------------------- */

static const struct {
	const char *old, *modern, *codec;
} sums_types[] = {
	[FB_FLEETROLLUP_DATE] = {"Date", "Date", NULL},
	[FB_FLEETROLLUP_KIND] = {"UInt8", "UInt8", NULL},
	[FB_FLEETROLLUP_NUMBER] = {"UInt32", "UInt32", "DoubleDelta, LZ4"},
	[FB_FLEETROLLUP_COUNT] = {"UInt64", "UInt64", "T64, LZ4"},
	[FB_FLEETROLLUP_WORD] = {"String", "LowCardinality(String)", NULL},
	[FB_FLEETROLLUP_TEXT] = {"String", "String", "ZSTD(1)"},
	[FB_FLEETROLLUP_WORDS] = {"Array(String)", "Array(LowCardinality(String))", NULL},
};

static void begin_sums(const struct fb_fleetddl *ddl, struct fb_buf *sql, const char *suffix,
		       bool local)
{
	const struct fb_fleetrollup_column *column;

	begin_table(sql, ddl, "sums", suffix);
	for (unsigned int i = 0; (column = fb_fleetrollup_column(i)); i++) {
		const char *codec = ddl->modern && local ? sums_types[column->type].codec : NULL;

		fb_buf_addf(sql, "%s%s %s", i ? ",\n  " : " (\n  ", column->name,
			    ddl->modern ? sums_types[column->type].modern
					: sums_types[column->type].old);
		if (codec)
			fb_buf_addf(sql, " CODEC(%s)", codec);
	}
	fb_buf_adds(sql, "\n)");
}

static bool make_sums(const struct fb_fleetddl *ddl, unsigned int i, struct fb_buf *sql)
{
	if (i == 0) {
		begin_sums(ddl, sql, "_local", true);
		add_local_engine(ddl, sql, "sums");
		fb_buf_adds(sql, "\nPARTITION BY toYYYYMM(date) ORDER BY (by, step, time, item, "
				 "sensor_id)");
		add_ttl(ddl, sql, ddl->sums_days);
	} else if (i == 1) {
		begin_sums(ddl, sql, "", false);
		add_all_engine(ddl, sql, "sums");
	}
	return i < 2;
}

/* --- migrations ------------------------------------------------------------------------------- */

static bool make_tables(const struct fb_fleetddl *ddl, unsigned int i, struct fb_buf *sql)
{
	if (i == 0)
		make_database(ddl, sql);
	else if (i == 1)
		make_migrations(ddl, sql);
	else if (i < 2 + FB_FLEET_TABLE_COUNT)
		make_local(ddl, sql, (enum fb_fleet_table)(i - 2));
	else if (i < 2 + 2 * FB_FLEET_TABLE_COUNT)
		make_all(ddl, sql, (enum fb_fleet_table)(i - 2 - FB_FLEET_TABLE_COUNT));
	return i < 2 + 2 * FB_FLEET_TABLE_COUNT;
}

static const struct {
	const char *name;
	bool (*statement)(const struct fb_fleetddl *ddl, unsigned int i, struct fb_buf *sql);
} migrations[] = {
	{"tables", make_tables},
	{"sums", make_sums},
};

const char *fb_fleetddl_migration(unsigned int version)
{
	return version && version <= sizeof(migrations) / sizeof(*migrations)
		       ? migrations[version - 1].name
		       : NULL;
}

bool fb_fleetddl_statement(const struct fb_fleetddl *ddl, unsigned int version, unsigned int i,
			   struct fb_buf *sql)
{
	fb_buf_clear(sql);
	return migrations[version - 1].statement(ddl, i, sql);
}

/* --- from Kafka ------------------------------------------------------------------------------- */

/* As a message has it, and what that is in the table: %s is the column. NULL: the same. */
static const struct {
	const char *type, *old, *modern;
} queued[FB_FLEET_COUNTS + 1] = {
	[FB_FLEET_TIME] = {"UInt64", NULL, "fromUnixTimestamp64Milli(toInt64(%s), 'UTC')"},
	[FB_FLEET_ADDR] = {"String", "IPv6StringToNum(if(%s = '', '::', %s))",
			   "toIPv6(if(%s = '', '::', %s))"},
};

static void drop_table(const struct fb_fleetddl *ddl, struct fb_buf *sql, const char *name,
		       const char *suffix)
{
	fb_buf_addf(sql, "DROP TABLE IF EXISTS %s.%s_%s", ddl->database, name, suffix);
	add_cluster(sql, ddl);
}

static void make_queue(const struct fb_fleetddl *ddl, struct fb_buf *sql, enum fb_fleet_table table)
{
	struct fb_fleet_column column;
	const char *name = fb_fleet_table_name(table);

	begin_table(sql, ddl, name, "_queue");
	for (unsigned int i = 0; fb_fleet_column(table, i, &column); i++)
		fb_buf_addf(sql, column.null ? "%s%s Nullable(%s)" : "%s%s %s",
			    i ? ",\n  " : " (\n  ", column.name,
			    queued[column.type].type ? queued[column.type].type
						     : types[column.type].old);
	fb_buf_addf(sql,
		    "\n)\nENGINE = Kafka SETTINGS kafka_broker_list = '%s', kafka_topic_list = "
		    "'%s.%s', kafka_group_name = '%s', kafka_format = 'JSONEachRow'",
		    ddl->brokers, ddl->topic, name, ddl->database);
	if (ddl->modern)
		fb_buf_adds(sql, ", input_format_skip_unknown_fields = 1");
}

static void add_taken(struct fb_buf *sql, const struct fb_fleetddl *ddl,
		      const struct fb_fleet_column *column)
{
	const char *form = ddl->modern ? queued[column->type].modern : queued[column->type].old;

	for (const char *c = form ? form : "%s"; *c; c++) {
		if (*c != '%') {
			fb_buf_addc(sql, *c);
			continue;
		}
		fb_buf_adds(sql, column->name);
		c++;
	}
	if (form)
		fb_buf_addf(sql, " AS %s", column->name);
}

static void make_consumer(const struct fb_fleetddl *ddl, struct fb_buf *sql,
			  enum fb_fleet_table table)
{
	struct fb_fleet_column column;
	const char *name = fb_fleet_table_name(table);

	fb_buf_addf(sql, "CREATE MATERIALIZED VIEW IF NOT EXISTS %s.%s_consumer", ddl->database,
		    name);
	add_cluster(sql, ddl);
	fb_buf_addf(sql, " TO %s.%s_local AS SELECT", ddl->database, name);
	for (unsigned int i = 0; fb_fleet_column(table, i, &column); i++) {
		fb_buf_adds(sql, i ? ",\n  " : "\n  ");
		add_taken(sql, ddl, &column);
	}
	fb_buf_addf(sql, "\nFROM %s.%s_queue", ddl->database, name);
}

bool fb_fleetddl_queue(const struct fb_fleetddl *ddl, unsigned int i, struct fb_buf *sql)
{
	const enum fb_fleet_table table = (enum fb_fleet_table)(i / 4);

	fb_buf_clear(sql);
	if (i >= 4 * FB_FLEET_TABLE_COUNT)
		return false;
	if (i % 4 < 2)
		drop_table(ddl, sql, fb_fleet_table_name(table), i % 4 ? "queue" : "consumer");
	else if (i % 4 == 2)
		make_queue(ddl, sql, table);
	else
		make_consumer(ddl, sql, table);
	return true;
}

void fb_fleetddl_record(const struct fb_fleetddl *ddl, unsigned int version, const char *name,
			struct fb_buf *sql)
{
	fb_buf_clear(sql);
	fb_buf_addf(sql,
		    "INSERT INTO %s.migrations (version, name, flowbpf, time)\n"
		    "SELECT %u, '%s', '" FLOWBPF_VERSION "', now()",
		    ddl->database, version, name);
}

void fb_fleetddl_add(const struct fb_fleetddl *ddl, enum fb_fleet_table table, bool local,
		     const struct fb_fleet_column *column, struct fb_buf *sql)
{
	fb_buf_clear(sql);
	fb_buf_addf(sql, "ALTER TABLE %s.%s%s", ddl->database, fb_fleet_table_name(table),
		    local ? "_local" : "");
	add_cluster(sql, ddl);
	fb_buf_adds(sql, " ADD COLUMN ");
	add_column(sql, ddl, column, local);
}
