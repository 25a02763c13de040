/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches to Kafka, a row a message as rowjson.h has it, to the topics PREFIX.flows and
 * PREFIX.sensors, without a key: brokers spread them. A batch is taken when all in-sync replicas
 * have each of its rows, once, whatever broke on the way. One on its way when the daemon ends, or
 * of which brokers refused rows for a reason that may pass (no such topic, no right to it), is sent
 * again whole: rows of it may be there twice.
 */
#pragma once

#include <stdatomic.h>

#include "fleet/outlet.h"
#include "util/why.h"

/* All borrowed; `stop` for as long as it is used. */
struct fb_kafka_opts {
	const char *brokers; /* HOST:PORT, by commas */
	const char *topic;   /* the prefix */
	const char *
		config; /* file: "NAME = VALUE" as librdkafka has them, for TLS and SASL; or NULL */
	const atomic_bool *stop;
};

struct fb_kafka;

/* While root: the file is read, no thread is made. -errno with a sentence. */
int fb_kafka_new(const struct fb_kafka_opts *opts, struct fb_kafka **ret_kafka, struct fb_why *why);
/* NULL is fine. */
void fb_kafka_free(struct fb_kafka *kafka);

/* As the user that it stays: its threads are made. -errno with a sentence. */
int fb_kafka_start(struct fb_kafka *kafka, struct fb_why *why);

struct fb_outlet fb_kafka_outlet(struct fb_kafka *kafka);

/* May stand in a statement of ClickHouse and in a list of brokers: "a.example:9092,[::1]:9092". */
bool fb_kafka_is_brokers(const char *text);
bool fb_kafka_is_topic(const char *text);
