/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * librdkafka, loaded by who writes to Kafka: others have no use for it, nor for the TLS and SASL
 * that come with it.
 */
#pragma once

#include <librdkafka/rdkafka.h>

#define FB_LIBRDKAFKA_CALLS(X)                                                                     \
	X(conf_new)                                                                                \
	X(conf_set)                                                                                \
	X(conf_dup)                                                                                \
	X(conf_destroy)                                                                            \
	X(conf_set_opaque)                                                                         \
	X(conf_set_log_cb)                                                                         \
	X(conf_set_error_cb)                                                                       \
	X(conf_set_dr_msg_cb)                                                                      \
	X(new)                                                                                     \
	X(destroy)                                                                                 \
	X(topic_new)                                                                               \
	X(topic_destroy)                                                                           \
	X(produce)                                                                                 \
	X(poll)                                                                                    \
	X(purge)                                                                                   \
	X(outq_len)                                                                                \
	X(last_error)                                                                              \
	X(fatal_error)                                                                             \
	X(err2str)

struct fb_librdkafka {
#define FB_LIBRDKAFKA_MEMBER(name) __typeof__(rd_kafka_##name) *name;
	FB_LIBRDKAFKA_CALLS(FB_LIBRDKAFKA_MEMBER)
#undef FB_LIBRDKAFKA_MEMBER
};

/* The library, once for all threads; NULL if this machine has none. */
const struct fb_librdkafka *fb_librdkafka(void);
