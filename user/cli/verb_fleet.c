/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf fleet init: the tables in ClickHouse that the sensors of a fleet write to.
 * flowbpf fleet sums: hours of their rows are added up.
 * flowbpf fleet sensors: how each of them fares, without a hub.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/clickhouseopts.h"
#include "cli/fleetlist.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "fleet/fleetfill.h"
#include "fleet/fleetinit.h"
#include "fleet/kafka.h"
#include "util/clock.h"

struct fleet_opts {
	const char *clickhouse, *login, *ca, *dialect, *cluster, *kafka, *kafka_topic;
	const char *since;
	uint32_t days, sums_days, settle;
	bool dry_run, json, drop;
};

static const struct fleet_opts defaults = {
	.days = 30, .sums_days = 400, .settle = 10, .kafka_topic = "flowbpf", .since = "1h"};

#define AT(member) offsetof(struct fleet_opts, member)

static const struct fb_opt options[] = {
	FB_CLICKHOUSE_OPTIONS(struct fleet_opts),
	{.name = "dialect",
	 .arg = "VERSION",
	 .type = FB_OPT_CHOICE,
	 .offset = AT(dialect),
	 .choices = (const char *const[]){"18", "24", NULL},
	 .help = "init: 18 as ClickHouse 18.16 has it, 24 with TTL, IPv6, codecs (what the server says)"},
	{.name = "cluster",
	 .arg = "NAME",
	 .type = FB_OPT_TEXT,
	 .offset = AT(cluster),
	 .help = "init: tables that are replicated and sharded, on each server of it"},
	{.name = "days",
	 .arg = "N",
	 .type = FB_OPT_U32,
	 .offset = AT(days),
	 .least = 1,
	 .most = 36500,
	 .help = "init: rows are kept so long, where the dialect has a TTL; sums: see --drop (30)"},
	{.name = "sums-days",
	 .arg = "N",
	 .type = FB_OPT_U32,
	 .offset = AT(sums_days),
	 .least = 1,
	 .most = 36500,
	 .help = "the same of sums (400)"},
	{.name = "settle",
	 .arg = "MINUTES",
	 .type = FB_OPT_U32,
	 .offset = AT(settle),
	 .least = 0,
	 .most = 1440,
	 .help = "sums: an hour is added up so long after its end, and again not sooner than that (10)"},
	{.name = "drop",
	 .type = FB_OPT_FLAG,
	 .offset = AT(drop),
	 .help = "sums: drop what is older than --days and --sums-days, of rows what is added up alone"},
	{.name = "kafka",
	 .arg = "BROKERS",
	 .type = FB_OPT_TEXT,
	 .offset = AT(kafka),
	 .help = "init: tables that read from these, too: HOST:PORT[,HOST:PORT...], of sensors with attach --kafka"},
	{.name = "kafka-topic",
	 .arg = "PREFIX",
	 .type = FB_OPT_TEXT,
	 .offset = AT(kafka_topic),
	 .help = "init: the topics PREFIX.flows and PREFIX.sensors (flowbpf)"},
	{.name = "dry-run",
	 .type = FB_OPT_FLAG,
	 .offset = AT(dry_run),
	 .help = "init, sums: print what would be done; without --clickhouse all of it"},
	{.name = "since",
	 .arg = "AGO",
	 .type = FB_OPT_TEXT,
	 .offset = AT(since),
	 .help = "sensors: losses and books are of this time, a week at most (1h)"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = AT(json),
	 .help = "sensors: as the API of a hub has it"},
	{0},
};

static void print(void *ctx, const char *sql)
{
	(void)ctx;
	printf("%s;\n\n", sql);
}

static void be_silent(void *ctx, const char *sql)
{
	(void)ctx;
	(void)sql;
}

static int choose_dialect(struct fb_fleetinit *init, const char *dialect, struct fb_why *why)
{
	int version;

	if (dialect) {
		init->ddl.modern = !strcmp(dialect, "24");
		return 0;
	}
	version = fb_clickhouse_version(init->clickhouse, NULL, why);
	init->ddl.modern = version >= FB_CLICKHOUSE_MODERN;
	return version < 0 ? version : 0;
}

static int init_server(struct fb_fleetinit *init, const struct fleet_opts *opts, struct fb_why *why)
{
	int r = choose_dialect(init, opts->dialect, why);

	init->done = 0;
	if (init->clickhouse)
		init->ddl.database = fb_clickhouse_database(init->clickhouse);
	if (r == 0)
		r = fb_fleetinit_run(init, why);
	if (r < 0)
		return fb_fail(FB_EXIT_FAILED, "%s", why->text);
	if (init->clickhouse && !opts->dry_run)
		printf("%s: %s\n", fb_clickhouse_server(init->clickhouse),
		       init->done ? "its tables are made" : "its tables are as they should be");
	return FB_EXIT_DONE;
}

/* A cluster hands statements on by itself; servers without one are made each. */
static int init_all(struct fb_fleetinit *init, const struct fleet_opts *opts, struct fb_why *why)
{
	const unsigned int n =
		init->clickhouse && !opts->cluster ? fb_clickhouse_n(init->clickhouse) : 1;
	int r = FB_EXIT_DONE;

	for (unsigned int i = 0; r == FB_EXIT_DONE && i < n; i++) {
		r = init_server(init, opts, why);
		if (n > 1)
			fb_clickhouse_next(init->clickhouse);
	}
	return r;
}

static int check_init(const struct fleet_opts *opts)
{
	if (opts->cluster && !fb_clickhouse_is_name(opts->cluster))
		return fb_fail(FB_EXIT_USAGE, "\"%.60s\" is no name of a cluster", opts->cluster);
	if (opts->kafka && !fb_kafka_is_brokers(opts->kafka))
		return fb_fail(FB_EXIT_USAGE,
			       "--kafka takes HOST:PORT[,HOST:PORT...], not \"%.100s\"",
			       opts->kafka);
	if (!fb_kafka_is_topic(opts->kafka_topic))
		return fb_fail(FB_EXIT_USAGE, "\"%.60s\" is no name of a topic", opts->kafka_topic);
	if (!opts->clickhouse && !(opts->dry_run && opts->dialect))
		return fb_fail(FB_EXIT_USAGE, "name the server by --clickhouse, or ask what would "
					      "be done by --dry-run --dialect 24");
	return FB_EXIT_DONE;
}

static int run_init(const struct fleet_opts *opts, struct fb_clickhouse *clickhouse,
		    struct fb_why *why)
{
	struct fb_fleetinit init = {
		.clickhouse = clickhouse,
		.ddl = {.database = "flowbpf",
			.cluster = opts->cluster,
			.days = opts->days,
			.sums_days = opts->sums_days,
			.brokers = opts->kafka,
			.topic = opts->kafka_topic},
		.dry = opts->dry_run,
		.tell = opts->dry_run ? print : be_silent,
	};

	return init_all(&init, opts, why);
}

/* --- sums ------------------------------------------------------------------------------------- */

/* Late rows come within days; what comes later is read of rows. */
#define LATE_MS (7 * 86400000ll)

static int add_up(const struct fleet_opts *opts, struct fb_clickhouse *clickhouse,
		  struct fb_why *why)
{
	struct fb_fleetfill fill = {
		.clickhouse = clickhouse,
		.now_ms = fb_wall_ms(),
		.settle_ms = opts->settle * 60000ll,
		.days = opts->drop ? opts->days : 0,
		.sums_days = opts->drop ? opts->sums_days : 0,
		.dry = opts->dry_run,
		.tell = opts->dry_run ? print : be_silent,
	};

	fill.since_ms = opts->drop ? 0 : fill.now_ms - LATE_MS;
	if (fb_fleetfill_run(&fill, why) < 0)
		return fb_fail(FB_EXIT_FAILED, "%s", why->text);
	if (!opts->dry_run && fill.dropped)
		printf("%s: %u hours were added up, %u partitions dropped\n",
		       fb_clickhouse_server(clickhouse), fill.hours, fill.dropped);
	else if (!opts->dry_run)
		printf("%s: %u hours were added up\n", fb_clickhouse_server(clickhouse),
		       fill.hours);
	return FB_EXIT_DONE;
}

/* Each server its own rows; one that is away keeps none of the others from it. */
static int run_sums(const struct fleet_opts *opts, struct fb_clickhouse *clickhouse,
		    struct fb_why *why)
{
	int r = FB_EXIT_DONE;

	for (unsigned int i = 0; i < fb_clickhouse_n(clickhouse); i++) {
		const int one = add_up(opts, clickhouse, why);

		r = one ? one : r;
		fb_clickhouse_next(clickhouse);
	}
	return r;
}

static int run_sensors(const struct fleet_opts *opts, struct fb_clickhouse *clickhouse,
		       struct fb_why *why)
{
	(void)why;
	return fb_fleetlist_print(clickhouse, opts->since, opts->json);
}

static int check_server(const struct fleet_opts *opts)
{
	return opts->clickhouse ? FB_EXIT_DONE
				: fb_fail(FB_EXIT_USAGE, "name the server by --clickhouse");
}

static const struct {
	const char *word;
	int (*check)(const struct fleet_opts *opts);
	int (*run)(const struct fleet_opts *opts, struct fb_clickhouse *clickhouse,
		   struct fb_why *why);
} words[] = {
	{"init", check_init, run_init},
	{"sums", check_server, run_sums},
	{"sensors", check_server, run_sensors},
};

#define WORDS (sizeof(words) / sizeof(*words))

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct fleet_opts *opts = opts_;
	const struct fb_clickhouse_opts clickhouse_opts = {opts->clickhouse, opts->login, opts->ca,
							   NULL};
	struct fb_clickhouse *clickhouse = NULL;
	struct fb_why why = {""};
	size_t i = 0;
	int r;

	while (i < WORDS && (n != 1 || strcmp(args[0], words[i].word) != 0))
		i++;
	if (i == WORDS)
		return fb_fail(FB_EXIT_USAGE, "fleet knows init, sums and sensors, as in: flowbpf "
					      "fleet init --clickhouse http://192.0.2.1:8123");
	r = words[i].check(opts);
	if (r)
		return r;
	if (opts->clickhouse && fb_clickhouse_new(&clickhouse_opts, &clickhouse, &why) < 0)
		return fb_fail(FB_EXIT_USAGE, "%s", why.text);
	r = words[i].run(opts, clickhouse, &why);
	fb_clickhouse_free(clickhouse);
	return r;
}

const struct fb_verb fb_cmd_fleet = {
	.name = "fleet",
	.args = "init|sums|sensors",
	.summary = "Make a fleet's tables in ClickHouse, add rows up, show how sensors fare",
	.about =
		"Sensors are daemons with --clickhouse or --kafka. Tables: flows, whose rows each add to what a\n"
		"flow counted, and sensors, how each of them fares, every ten seconds. Run it again\n"
		"after an update, before the sensors are: it adds what is new, and else does nothing.\n\n"
		"sums adds up rows of hours that are over, by minute and hour, sensor, site, tags and what the\n"
		"hub's sums over time tell apart; the hub reads these where they are of all rows that there are,\n"
		"and answers the same as without. Let a timer (of systemd: flowbpf-sums) run it every ten minutes, for\n"
		"one server of each shard. Rows that came late are added up by the next run, of the last week. 18.16 has no TTL:\n"
		"there --drop, once a day, keeps what --days and --sums-days say.\n\n"
		"sensors lists who was heard of within a day: silent is one without a word for a minute,\n"
		"late one whose rows wait for half of that, and losing one that dropped rows, lost what it\n"
		"should have counted, or whose books differ from what the engine has of it.\n\n"
		"  flowbpf fleet init --clickhouse http://192.0.2.1:8123\n"
		"  flowbpf fleet init --clickhouse https://ch.example:8443 --clickhouse-login login --cluster main\n"
		"  flowbpf fleet init --clickhouse http://192.0.2.1:8123 --kafka kafka.example:9092\n"
		"  flowbpf fleet init --dry-run --dialect 24\n"
		"  flowbpf fleet sums --clickhouse http://shard1:8123,http://shard2:8123 --clickhouse-login login\n"
		"  flowbpf fleet sensors --clickhouse http://192.0.2.1:8123 --clickhouse-login login\n",
	.opts = options,
	.opts_size = sizeof(struct fleet_opts),
	.defaults = &defaults,
	.max_args = 1,
	.run = run,
};
