/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is used of librdkafka.so.1, loaded by who writes to Kafka: others have no use for it, nor
 * for the TLS and SASL that come with it. Its own header is not taken: the package that has it
 * cannot be installed beside the libcurl of GnuTLS (Debian 13), and what stands here is as old as
 * the 1.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rd_kafka;
struct rd_kafka_conf;
struct rd_kafka_topic;

enum {
	RD_KAFKA_PRODUCER = 0, /* kind of client */
	RD_KAFKA_CONF_OK = 0,
	RD_KAFKA_PARTITION_UA = -1, /* any */
	RD_KAFKA_MSG_F_COPY = 2,
	RD_KAFKA_PURGE_F_QUEUE = 1,
	RD_KAFKA_PURGE_F_INFLIGHT = 2,
	/* the protocol's error codes */
	RD_KAFKA_INVALID_MSG = 2,
	RD_KAFKA_MSG_SIZE_TOO_LARGE = 10,
	RD_KAFKA_INVALID_RECORD = 87,
};

/* Its beginning. */
struct rd_kafka_message {
	int err; /* 0: it is delivered */
};

/* X(name, result, arguments) */
#define FB_LIBRDKAFKA_CALLS(X)                                                                     \
	X(conf_new, struct rd_kafka_conf *, (void))                                                \
	X(conf_dup, struct rd_kafka_conf *, (const struct rd_kafka_conf *conf))                    \
	X(conf_set, int,                                                                           \
	  (struct rd_kafka_conf * conf, const char *name, const char *value, char *error,          \
	   size_t error_size))                                                                     \
	X(conf_destroy, void, (struct rd_kafka_conf * conf))                                       \
	X(conf_set_opaque, void, (struct rd_kafka_conf * conf, void *ctx))                         \
	X(conf_set_log_cb, void,                                                                   \
	  (struct rd_kafka_conf * conf, void (*fn)(const struct rd_kafka *client, int level,       \
						   const char *facility, const char *text)))       \
	X(conf_set_error_cb, void,                                                                 \
	  (struct rd_kafka_conf * conf,                                                            \
	   void (*fn)(struct rd_kafka * client, int error, const char *reason, void *ctx)))        \
	X(conf_set_dr_msg_cb, void,                                                                \
	  (struct rd_kafka_conf * conf,                                                            \
	   void (*fn)(struct rd_kafka * client, const struct rd_kafka_message *message,            \
		      void *ctx)))                                                                 \
	X(new, struct rd_kafka *,                                                                  \
	  (int kind, struct rd_kafka_conf *conf, char *error, size_t error_size))                  \
	X(destroy, void, (struct rd_kafka * client))                                               \
	X(topic_new, struct rd_kafka_topic *,                                                      \
	  (struct rd_kafka * client, const char *name, void *conf))                                \
	X(topic_destroy, void, (struct rd_kafka_topic * topic))                                    \
	X(produce, int,                                                                            \
	  (struct rd_kafka_topic * topic, int32_t partition, int flags, void *payload, size_t len, \
	   const void *key, size_t key_len, void *ctx))                                            \
	X(poll, int, (struct rd_kafka * client, int timeout_ms))                                   \
	X(purge, int, (struct rd_kafka * client, int flags))                                       \
	X(outq_len, int, (struct rd_kafka * client))                                               \
	X(last_error, int, (void))                                                                 \
	X(fatal_error, int, (struct rd_kafka * client, char *error, size_t error_size))            \
	X(err2str, const char *, (int error))

struct fb_librdkafka {
#define FB_LIBRDKAFKA_MEMBER(name, result, arguments) result(*name) arguments;
	FB_LIBRDKAFKA_CALLS(FB_LIBRDKAFKA_MEMBER)
#undef FB_LIBRDKAFKA_MEMBER
};

/* The library, once for all threads; NULL if this machine has none. */
const struct fb_librdkafka *fb_librdkafka(void);
