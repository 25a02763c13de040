/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The statements that make a fleet's tables, in two dialects: that of ClickHouse 18.16, and that of
 * 22.2 and later with TTL, LowCardinality, IPv6 and codecs. Sensors insert into NAME_local; who
 * asks asks NAME, which on a cluster goes to all shards.
 */
#pragma once

#include <stdbool.h>

#include "fleet/fleetcolumns.h"
#include "util/buf.h"

struct fb_fleetddl {
	const char *database;
	const char *cluster; /* replicated, sharded; NULL: one server */
	bool modern;
	unsigned int days, sums_days; /* that rows and sums are kept; where there is a TTL */
	const char *brokers, *topic;  /* of Kafka, which it reads them from; NULL: nobody */
};

#define FB_FLEETDDL_SUMS 2 /* the migration that makes sums, of rows before it, too */

/* Migrations by number, from 1 on; NULL: there is none of that number. */
const char *fb_fleetddl_migration(unsigned int version);
/* Its statement `i`, from 0 on; false: there are no more. */
bool fb_fleetddl_statement(const struct fb_fleetddl *ddl, unsigned int version, unsigned int i,
			   struct fb_buf *sql);
/* That it is done. */
void fb_fleetddl_record(const struct fb_fleetddl *ddl, unsigned int version, const char *name,
			struct fb_buf *sql);

/*
 * What reads the topics: NAME_queue, whose columns are as rowjson.h has them, and NAME_consumer,
 * which writes its rows to NAME_local. It is made anew, for a queue's columns are what is asked of
 * a message: where reading stands is with the brokers. Statement `i`, from 0 on; false: no more.
 */
bool fb_fleetddl_queue(const struct fb_fleetddl *ddl, unsigned int i, struct fb_buf *sql);

/* A column that a table of an older version lacks; `local`: of NAME_local, else of NAME. */
void fb_fleetddl_add(const struct fb_fleetddl *ddl, enum fb_fleet_table table, bool local,
		     const struct fb_fleet_column *column, struct fb_buf *sql);
