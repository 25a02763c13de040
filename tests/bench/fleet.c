/* SPDX-License-Identifier: BSD-2-Clause */
// link: fleet fetch sink store past flow proto util
/*
 * Many sensors at once, each with the batches, the spool and the sender of a real one, all of them
 * this process: fleet FOLDER LOGIN SENSORS ROWS-PER-SECOND SECONDS URLS [URLS...], the URLs of one
 * shard in an argument; sensors take shards in turn. Rows are ends of flows of an office. Prints
 * rows made, sent and dropped, seconds until all were sent, the longest that a row waited, CPU
 * seconds.
 */
#include "unit/keeping.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "bench/office.h"
#include "fleet/clickhouseoutlet.h"
#include "fleet/fleetbatch.h"
#include "fleet/fleetrow.h"
#include "fleet/fleetsender.h"
#include "util/clock.h"

#define FLOWS	8192u
#define TURN_MS 100
#define PATIENT 120000
#define SPOOL	(256u << 20)

struct sensor {
	char id[33], site[16];
	atomic_bool stop;
	struct fb_clickhouse *clickhouse;
	struct fb_clickhouseoutlet to;
	struct fb_diskspool *spool;
	struct fb_fleetsender *sender;
	struct fb_fleetbatch batch;
	struct fb_export_counters counters;
};

static double cpu_s(void)
{
	return (double)fb_clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

static void give_up(const char *what, const char *why)
{
	fprintf(stderr, "fleet: %s: %s\n", what, why);
	exit(1);
}

static void open_sensor(struct sensor *sensor, unsigned int i, int folder, const char *login,
			const char *urls)
{
	const struct fb_clickhouse_opts opts = {urls, login, NULL, &sensor->stop};
	struct fb_why why = {""};
	struct fb_outlet outlet;
	char name[32];

	snprintf(sensor->id, sizeof(sensor->id), "%032x", i + 1);
	snprintf(sensor->site, sizeof(sensor->site), "site-%u", i % 8);
	snprintf(name, sizeof(name), "sensor-%u", i);
	if (fb_clickhouse_new(&opts, &sensor->clickhouse, &why) < 0 ||
	    fb_diskspool_open(folder, name, SPOOL, &sensor->spool, &why) < 0)
		give_up(name, why.text);
	sensor->to = (struct fb_clickhouseoutlet){sensor->clickhouse, sensor->id};
	outlet = fb_clickhouseoutlet(&sensor->to);
	if (fb_fleetbatch_init(&sensor->batch, FB_FLEET_TABLE_FLOWS, FB_FLEETBATCH_ROWS) < 0 ||
	    fb_fleetsender_start(&outlet, sensor->spool, &sensor->stop, &sensor->counters,
				 &sensor->sender) < 0)
		give_up(name, "not enough memory");
}

static void close_sensor(struct sensor *sensor)
{
	fb_fleetsender_stop(sensor->sender, 0);
	fb_diskspool_close(sensor->spool);
	fb_fleetbatch_fini(&sensor->batch);
	fb_clickhouse_free(sensor->clickhouse);
}

static void make_rows(struct sensor *sensor, struct keeping *keeping, unsigned int n)
{
	static struct fb_buf row = FB_BUF_INIT;
	const uint64_t now = (uint64_t)fb_wall_ms();
	struct fb_fleet_head head = {
		.time = now, .sensor = sensor->id, .site = sensor->site, .run = 1};
	struct fb_told_part part = {.first = true};

	for (unsigned int i = 0; i < n; i++) {
		struct fb_flow_at at = fake_at(keeping->fake, (uint32_t)any() % FLOWS);

		for (int dir = 0; dir < 2; dir++) {
			part.packets[dir] = at.traffic->packets[dir];
			part.bytes[dir] = at.traffic->bytes[dir];
		}
		head.batch = fb_fleetbatch_begin(&sensor->batch, sensor->spool, now);
		fb_buf_clear(&row);
		fb_fleet_write_flow(&row, &head, &at, &part, true);
		fb_fleetbatch_add(&sensor->batch, &row, part.packets[0], part.bytes[0]);
		fb_fleetbatch_close(&sensor->batch, sensor->spool, false);
	}
	atomic_fetch_add(&sensor->counters.records, n);
}

static uint64_t lag_ms(struct sensor *sensor)
{
	const uint64_t now = (uint64_t)fb_wall_ms();
	struct fb_diskspool_state state;

	fb_diskspool_state(sensor->spool, &state);
	return state.oldest_ms && now > state.oldest_ms ? now - state.oldest_ms : 0;
}

/* The longest that a row waited so far. */
static uint64_t look(struct sensor *sensors, unsigned int n, uint64_t longest)
{
	for (unsigned int i = 0; i < n; i++) {
		const uint64_t lag = lag_ms(&sensors[i]);

		longest = lag > longest ? lag : longest;
	}
	return longest;
}

static bool is_sent(struct sensor *sensors, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (atomic_load(&sensors[i].counters.records) !=
		    atomic_load(&sensors[i].counters.sent) +
			    atomic_load(&sensors[i].counters.dropped))
			return false;
	return true;
}

static void rest_until(uint64_t ms)
{
	const uint64_t now = fb_monotonic_ms();

	if (now < ms)
		usleep((unsigned int)(ms - now) * 1000);
}

int main(int argc, char **argv)
{
	const unsigned int n = argc > 6 ? (unsigned int)atoi(argv[3]) : 0;
	const uint64_t rate = n ? strtoull(argv[4], NULL, 10) : 0,
		       seconds = n ? strtoull(argv[5], NULL, 10) : 0;
	struct sensor *sensors = calloc(n ? n : 1, sizeof(*sensors));
	struct keeping keeping = {.fake = fake_new(FLOWS)};
	struct world *world = calloc(1, sizeof(*world));
	uint64_t sent = 0, dropped = 0, made = 0, longest = 0, began;
	int folder;

	if (!n || !sensors || !world)
		give_up("usage",
			"fleet FOLDER LOGIN SENSORS ROWS-PER-SECOND SECONDS URLS [URLS...]");
	folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_world(world);
	for (uint32_t i = 0; i < FLOWS; i++)
		make_flow(&keeping, world, i, i + 1);
	for (unsigned int i = 0; i < n; i++)
		open_sensor(&sensors[i], i, folder, argv[2],
			    argv[6 + i % (unsigned int)(argc - 6)]);
	began = fb_monotonic_ms();
	for (uint64_t turn = 0; turn < seconds * 1000 / TURN_MS; turn++) {
		for (unsigned int i = 0; i < n; i++)
			make_rows(&sensors[i], &keeping, (unsigned int)(rate * TURN_MS / 1000 / n));
		longest = look(sensors, n, longest);
		rest_until(began + (turn + 1) * TURN_MS);
	}
	for (unsigned int i = 0; i < n; i++)
		fb_fleetbatch_close(&sensors[i].batch, sensors[i].spool, true);
	while (!is_sent(sensors, n) && fb_monotonic_ms() < began + seconds * 1000 + PATIENT) {
		longest = look(sensors, n, longest);
		usleep(20000);
	}
	for (unsigned int i = 0; i < n; i++) {
		made += atomic_load(&sensors[i].counters.records);
		sent += atomic_load(&sensors[i].counters.sent);
		dropped += atomic_load(&sensors[i].counters.dropped);
	}
	printf("%llu %llu %llu %.1f %.1f %.2f\n", (unsigned long long)made,
	       (unsigned long long)sent, (unsigned long long)dropped,
	       (double)(fb_monotonic_ms() - began) / 1000, (double)longest / 1000, cpu_s());
	for (unsigned int i = 0; i < n; i++)
		close_sensor(&sensors[i]);
	return 0;
}
