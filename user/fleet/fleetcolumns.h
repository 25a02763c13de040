/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of a fleet in ClickHouse, one line a column: rows, their statements and the tables
 * themselves are made of it. Behind those of FB_FLEET_FLOWS come all fields that are kept of a flow
 * (flow/keptfields.h), so that a field that is new has its column without a line here.
 * What is not known is null where it is a number, else empty or "::".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow/fields.h"

/* X(type, bytes of a number; 0: it is none). What each is called is the dialect's (fleetddl.c). */
#define FB_FLEET_TYPES(X)                                                                          \
	X(DATE, 2) /* days since 1970 */                                                           \
	X(TIME, 8) /* ms since 1970, UTC */                                                        \
	X(FLAG, 1)                                                                                 \
	X(PORT, 2)                                                                                 \
	X(SHORT, 4)                                                                                \
	X(COUNT, 8)                                                                                \
	X(REAL, 0)                                                                                 \
	X(ADDR, 0) /* 16 bytes, IPv4 as ::ffff:0:0/96 */                                           \
	X(WORD, 0) /* one of few */                                                                \
	X(TEXT, 0)                                                                                 \
	X(WORDS, 0)                                                                                \
	X(COUNTS, 0)

enum fb_fleet_type {
#define X(name, bytes) FB_FLEET_##name,
	FB_FLEET_TYPES(X)
#undef X
};

/* X(name, type, help): who told it, in both tables. */
#define FB_FLEET_HEAD(X)                                                                           \
	X(date, DATE, "the day of time, by UTC: partitions go by it")                              \
	X(time, TIME, "when the row was made, by the sensor's clock")                              \
	X(sensor, WORD, "its --sensor-name")                                                       \
	X(sensor_id, WORD, "the number that it made at its first start")                           \
	X(site, WORD, "its --site")                                                                \
	X(tags, WORDS, "its --tag, name=value each")                                               \
	X(run, COUNT, "which of its runs: when it started, ms since 1970")                         \
	X(batch, COUNT, "the number at random of the batch that the row came with")

/* What this row adds to its flow: all rows of a flow sum up to it. */
#define FB_FLEET_FLOWS(X)                                                                          \
	X(ended, FLAG, "1: the last word of the flow; 0: it goes on")                              \
	X(begun, FLAG, "1: the first word of the flow")                                            \
	X(bytes_up, COUNT, "IP bytes that the client sent since the row before")                   \
	X(bytes_down, COUNT, "IP bytes that the server sent since then")                           \
	X(packets_up, COUNT, "wire packets that the client sent since then")                       \
	X(packets_down, COUNT, "wire packets that the server sent since then")

/* A row of each sensor every ten seconds; all counts are since its start. */
#define FB_FLEET_SENSORS(X)                                                                        \
	X(version, WORD, "of flowbpf")                                                             \
	X(uptime_ms, COUNT, "since it started")                                                    \
	X(rx_packets, COUNT, "wire packets that its interfaces received")                          \
	X(rx_bytes, COUNT, "IP bytes of these")                                                    \
	X(tx_packets, COUNT, "wire packets that its interfaces sent")                              \
	X(tx_bytes, COUNT, "IP bytes of these")                                                    \
	X(flow_packets, COUNT, "packets that flows count, both ways")                              \
	X(flow_bytes, COUNT, "bytes that flows count, both ways")                                  \
	X(told_packets, COUNT, "packets of rows that were made")                                   \
	X(told_bytes, COUNT, "bytes of rows that were made")                                       \
	X(lost_packets, COUNT, "packets of rows that were dropped")                                \
	X(lost_bytes, COUNT, "bytes of rows that were dropped")                                    \
	X(rows, COUNT, "rows that were made, and those that an earlier run left")                  \
	X(rows_sent, COUNT, "rows that ClickHouse took")                                           \
	X(rows_dropped, COUNT, "rows that were dropped")                                           \
	X(lag_ms, COUNT, "age of the oldest row that waits")                                       \
	X(spool_bytes, COUNT, "bytes that wait on its disk")                                       \
	X(spool_batches, COUNT, "batches that wait on its disk")                                   \
	X(losses, WORDS, "names of the counters of what was lost that are not 0")                  \
	X(loss_counts, COUNTS, "what these counted")

enum fb_fleet_table { FB_FLEET_TABLE_FLOWS, FB_FLEET_TABLE_SENSORS, FB_FLEET_TABLE_COUNT };

struct fb_fleet_column {
	const char *name, *help;
	enum fb_fleet_type type;
	bool null;	   /* it may be */
	const char *usual; /* of a row that does not say it, in SQL; NULL: 0 or empty */
};

/* "flows", "sensors" */
const char *fb_fleet_table_name(enum fb_fleet_table table);

/* Column `i`, from 0 on; false: there are no more. */
bool fb_fleet_column(enum fb_fleet_table table, unsigned int i, struct fb_fleet_column *ret_column);

/* Of a number; 0: it is none. */
unsigned int fb_fleet_bytes_of(enum fb_fleet_type type);
enum fb_fleet_type fb_fleet_type_of(const struct fb_field *field);
/* A number that is not always known, and then null: 0 is one, too. */
bool fb_fleet_may_be_null(const struct fb_field *field);
/* It is a column of flows by itself: kept, and not among those of FB_FLEET_FLOWS. */
bool fb_fleet_has_field(const struct fb_field *field);
