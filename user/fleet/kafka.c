/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/kafka.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fleet/fleetbatch.h"
#include "fleet/librdkafka.h"
#include "fleet/rowjson.h"
#include "util/clock.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/fmt.h"

#define CONFIG_MOST  65536
#define TOPIC_MOST   200
#define BROKERS_MOST 1000
#define WAIT_MS	     5000 /* then it is told that brokers take their time */
#define POLL_MS	     100

struct fb_kafka {
	const struct fb_librdkafka *lib;
	struct rd_kafka_conf *conf;
	struct rd_kafka *producer;
	struct rd_kafka_topic *topic[FB_FLEET_TABLE_COUNT];
	char prefix[TOPIC_MOST + 1];
	const atomic_bool *stop;
	uint64_t batch; /* whose rows are on their way; 0: none's */
	bool produced;	/* all of them */
	size_t at;	/* of its rows, as far as they are produced */
	struct fb_buf rows, json;
	uint64_t failed; /* of them */
	bool refused;	 /* one of them, which it would be any other time */
	struct fb_why error;
};

bool fb_kafka_is_topic(const char *text)
{
	const size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789._-");

	return len && len <= TOPIC_MOST && !text[len];
}

/* One of them: a name or an address, and a port that there is, unless Kafka's own is meant. */
static bool is_broker(const char *text)
{
	const size_t name = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":");
	uint64_t port;

	if (!name || name > strlen(text))
		return false;
	return !text[name] ||
	       (text[name] == ':' && !fb_fmt_parse_u64(text + name + 1, 1, 65535, &port));
}

bool fb_kafka_is_brokers(const char *text)
{
	const size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789.-_:,[]");
	char brokers[BROKERS_MOST + 1], *rest = brokers, *broker;

	if (!len || len > BROKERS_MOST || text[len])
		return false;
	memcpy(brokers, text, len + 1);
	while ((broker = strsep(&rest, ",")))
		if (!is_broker(broker))
			return false;
	return true;
}

/* --- what librdkafka calls, within poll ------------------------------------------------------- */

static void on_error(struct rd_kafka *producer, int error, const char *reason, void *ctx)
{
	struct fb_kafka *kafka = ctx;

	(void)producer, (void)error;
	fb_why_set(&kafka->error, 0, "%.300s", reason);
}

static void on_delivered(struct rd_kafka *producer, const struct rd_kafka_message *message,
			 void *ctx)
{
	struct fb_kafka *kafka = ctx;

	(void)producer;
	if (!message->err)
		return;
	kafka->failed++;
	kafka->refused |= message->err == RD_KAFKA_MSG_SIZE_TOO_LARGE ||
			  message->err == RD_KAFKA_INVALID_MSG ||
			  message->err == RD_KAFKA_INVALID_RECORD;
	fb_why_set(&kafka->error, 0, "%s", kafka->lib->err2str(message->err));
}

/* It would write to stderr, of a daemon. */
static void on_log(const struct rd_kafka *producer, int level, const char *facility,
		   const char *text)
{
	(void)producer, (void)level, (void)facility, (void)text;
}

/* --- its life --------------------------------------------------------------------------------- */

static int set(struct fb_kafka *kafka, const char *name, const char *value, struct fb_why *why)
{
	char error[300];

	return kafka->lib->conf_set(kafka->conf, name, value, error, sizeof(error)) ==
			       RD_KAFKA_CONF_OK
		       ? 0
		       : fb_why_set(why, -EINVAL, "Kafka: %s", error);
}

static int set_ours(struct fb_kafka *kafka, const char *brokers, struct fb_why *why)
{
	const struct {
		const char *name, *value;
	} ours[] = {
		{"bootstrap.servers", brokers}, {"client.id", "flowbpf"},    {"acks", "all"},
		{"enable.idempotence", "true"}, {"message.timeout.ms", "0"}, /* what waits is ours
										to drop, from the
										spool */
		{"compression.codec", "zstd"},	{"linger.ms", "100"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(ours) / sizeof(*ours); i++)
		r = set(kafka, ours[i].name, ours[i].value, why);
	kafka->lib->conf_set_opaque(kafka->conf, kafka);
	kafka->lib->conf_set_log_cb(kafka->conf, on_log);
	kafka->lib->conf_set_error_cb(kafka->conf, on_error);
	kafka->lib->conf_set_dr_msg_cb(kafka->conf, on_delivered);
	return r;
}

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return text;
}

static int set_line(struct fb_kafka *kafka, char *line, struct fb_why *why)
{
	char *value = strchr(line, '=');

	line = trim(line);
	if (!*line || *line == '#')
		return 0;
	if (!value)
		return fb_why_set(why, -EINVAL,
				  "Kafka: a line of the file has no =: write NAME = VALUE");
	*value++ = '\0';
	return set(kafka, trim(line), trim(value), why);
}

static int read_config(struct fb_kafka *kafka, const char *path, struct fb_why *why)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	struct stat st;
	size_t len;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fb_why_set(why, -errno, "%.200s: %s", path, strerror(errno));
	if (st.st_mode & 077)
		return fb_why_set(
			why, -EACCES,
			"%.200s may have a password, and others may read it: chmod 600 it", path);
	r = fb_file_read(fd, CONFIG_MOST, &text, &len);
	if (r < 0)
		return fb_why_set(why, r, "%.200s: %s", path, strerror(-r));
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n")))
		r = set_line(kafka, line, why);
	explicit_bzero(text, len);
	return r;
}

static int set_up(struct fb_kafka *kafka, const struct fb_kafka_opts *opts, struct fb_why *why)
{
	int r;

	if (!fb_kafka_is_brokers(opts->brokers))
		return fb_why_set(why, -EINVAL,
				  "--kafka takes HOST:PORT[,HOST:PORT...], not \"%.100s\"",
				  opts->brokers);
	if (!fb_kafka_is_topic(opts->topic))
		return fb_why_set(why, -EINVAL, "\"%.60s\" is no name of a topic", opts->topic);
	kafka->lib = fb_librdkafka();
	if (!kafka->lib)
		return fb_why_set(why, -ENOENT,
				  "--kafka needs librdkafka: apt install librdkafka1");
	snprintf(kafka->prefix, sizeof(kafka->prefix), "%s", opts->topic);
	kafka->stop = opts->stop;
	kafka->conf = kafka->lib->conf_new();
	r = set_ours(kafka, opts->brokers, why);
	return r == 0 && opts->config ? read_config(kafka, opts->config, why) : r;
}

int fb_kafka_new(const struct fb_kafka_opts *opts, struct fb_kafka **ret_kafka, struct fb_why *why)
{
	struct fb_kafka *kafka = calloc(1, sizeof(*kafka));
	int r = kafka ? set_up(kafka, opts, why) : fb_why_set(why, -ENOMEM, "not enough memory");

	if (r < 0) {
		fb_kafka_free(kafka);
		return r;
	}
	*ret_kafka = kafka;
	return 0;
}

/* What is on its way is nobody's any more: the file of its batch is. */
static void drop_all(struct fb_kafka *kafka)
{
	const uint64_t until_ms = fb_monotonic_ms() + WAIT_MS;

	kafka->lib->purge(kafka->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	while (kafka->lib->outq_len(kafka->producer) > 0 && fb_monotonic_ms() < until_ms)
		kafka->lib->poll(kafka->producer, POLL_MS);
	kafka->batch = 0;
}

static void end_producer(struct fb_kafka *kafka)
{
	if (!kafka->producer)
		return;
	drop_all(kafka);
	for (int i = 0; i < FB_FLEET_TABLE_COUNT; i++) {
		if (kafka->topic[i])
			kafka->lib->topic_destroy(kafka->topic[i]);
		kafka->topic[i] = NULL;
	}
	kafka->lib->destroy(kafka->producer);
	kafka->producer = NULL;
}

int fb_kafka_start(struct fb_kafka *kafka, struct fb_why *why)
{
	struct rd_kafka_conf *conf = kafka->lib->conf_dup(kafka->conf);
	char error[300], name[TOPIC_MOST + 32];

	kafka->producer = kafka->lib->new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
	if (!kafka->producer) {
		kafka->lib->conf_destroy(conf);
		return fb_why_set(why, -EINVAL, "Kafka: %s", error);
	}
	for (int i = 0; i < FB_FLEET_TABLE_COUNT; i++) {
		snprintf(name, sizeof(name), "%s.%s", kafka->prefix,
			 fb_fleet_table_name((enum fb_fleet_table)i));
		kafka->topic[i] = kafka->lib->topic_new(kafka->producer, name, NULL);
		if (kafka->topic[i])
			continue;
		fb_why_set(why, 0, "Kafka: %s: %s", name,
			   kafka->lib->err2str(kafka->lib->last_error()));
		end_producer(kafka);
		return -EINVAL;
	}
	return 0;
}

void fb_kafka_free(struct fb_kafka *kafka)
{
	if (!kafka)
		return;
	end_producer(kafka);
	if (kafka->conf)
		kafka->lib->conf_destroy(kafka->conf);
	fb_buf_fini(&kafka->rows);
	fb_buf_fini(&kafka->json);
	free(kafka);
}

/* --- a batch ---------------------------------------------------------------------------------- */

static bool is_stopping(const struct fb_kafka *kafka)
{
	return atomic_load(kafka->stop);
}

/* What brokers cannot make sense of ends a producer: what it had is sent by the next one. */
static int revive(struct fb_kafka *kafka, struct fb_why *why)
{
	char error[300];

	if (kafka->producer && !kafka->lib->fatal_error(kafka->producer, error, sizeof(error)))
		return 0;
	end_producer(kafka);
	return fb_kafka_start(kafka, why);
}

static int begin(struct fb_kafka *kafka, const struct fb_batch *batch, const struct fb_buf *data)
{
	int r;

	if (kafka->batch == batch->id)
		return 0;
	if (kafka->batch) /* of one that made way in the spool */
		drop_all(kafka);
	r = fb_fleetbatch_read(data, &kafka->rows);
	if (r < 0)
		return r;
	kafka->batch = batch->id;
	kafka->at = 0;
	kafka->produced = false;
	kafka->failed = 0;
	kafka->refused = false;
	*kafka->error.text = '\0';
	return 0;
}

/* 0; -EAGAIN: the producer's queue is full; -EBADMSG: no such row. */
static int produce_one(struct fb_kafka *kafka, enum fb_fleet_table table)
{
	size_t taken;

	fb_buf_clear(&kafka->json);
	taken = fb_rowjson(table, kafka->rows.data + kafka->at, kafka->rows.len - kafka->at,
			   &kafka->json);
	if (!taken || fb_buf_error(&kafka->json))
		return taken ? -EAGAIN : -EBADMSG;
	if (kafka->lib->produce(kafka->topic[table], RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
				kafka->json.data, kafka->json.len, NULL, 0, NULL) < 0) {
		on_error(NULL, 0, kafka->lib->err2str(kafka->lib->last_error()), kafka);
		return -EAGAIN;
	}
	kafka->at += taken;
	return 0;
}

/* All its rows to the producer, or until it is time to tell why that does not go on. */
static int produce(struct fb_kafka *kafka, enum fb_fleet_table table, uint64_t until_ms)
{
	int r = 0;

	while (kafka->at < kafka->rows.len && r != -EBADMSG) {
		if (r == -EAGAIN) {
			if (is_stopping(kafka) || fb_monotonic_ms() >= until_ms)
				return r;
			kafka->lib->poll(kafka->producer, POLL_MS);
		}
		r = produce_one(kafka, table);
	}
	kafka->produced = r == 0;
	return r;
}

/* All of them delivered, or failed. */
static bool wait_for_all(struct fb_kafka *kafka, uint64_t until_ms)
{
	while (kafka->lib->outq_len(kafka->producer) > 0) {
		if (is_stopping(kafka) || fb_monotonic_ms() >= until_ms)
			return false;
		kafka->lib->poll(kafka->producer, POLL_MS);
	}
	return true;
}

static enum fb_outlet_end wait_more(const struct fb_kafka *kafka, struct fb_why *why)
{
	fb_why_set(why, 0, "Kafka: %s",
		   *kafka->error.text ? kafka->error.text : "brokers take their time");
	return FB_OUTLET_NOT_NOW;
}

static enum fb_outlet_end deliver(void *ctx, const struct fb_batch *batch,
				  const struct fb_buf *data, struct fb_why *why)
{
	const uint64_t until_ms = fb_monotonic_ms() + WAIT_MS;
	struct fb_kafka *kafka = ctx;
	int r;

	if (revive(kafka, why) < 0)
		return FB_OUTLET_NOT_NOW;
	r = batch->kind < FB_FLEET_TABLE_COUNT ? begin(kafka, batch, data) : -EBADMSG;
	if (r == 0 && !kafka->produced)
		r = produce(kafka, (enum fb_fleet_table)batch->kind, until_ms);
	if (r == -EAGAIN || r == -ENOMEM || (r == 0 && !wait_for_all(kafka, until_ms)))
		return wait_more(kafka, why);
	if (r == -EBADMSG) /* what there was of it must not be laid to the next one */
		drop_all(kafka);
	kafka->batch = 0;
	if (r == 0 && !kafka->failed)
		return FB_OUTLET_TAKEN;
	fb_why_set(why, 0, "Kafka: %s",
		   r < 0 ? "the file of the batch is torn" : kafka->error.text);
	return r < 0 || kafka->refused ? FB_OUTLET_REFUSED : FB_OUTLET_NOT_NOW;
}

static unsigned int one(const void *ctx)
{
	(void)ctx;
	return 1;
}

/* librdkafka goes to the next broker by itself. */
static void stay(void *ctx)
{
	(void)ctx;
}

struct fb_outlet fb_kafka_outlet(struct fb_kafka *kafka)
{
	return (struct fb_outlet){.ctx = kafka, .deliver = deliver, .n = one, .next = stay};
}
