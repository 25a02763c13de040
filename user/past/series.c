/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings of points by absolute second; see the header. Bytes are summed, and the sums become rates.
 */
#include "past/series.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "past/busiest.h"
#include "util/addr.h"
#include "util/cleanup.h"

struct line {
	enum fb_series_by by;
	uint16_t link;		  /* IFACE */
	uint8_t addr[16], family; /* HOST */
	char key[48];
	double weight; /* HOST: a slow mean of its rate: the least makes room */
	double sum[2]; /* of the ten seconds that are filling */
	uint32_t n_sum;
	bool fed;   /* in this tick */
	bool taken; /* in this tick: by a new host */
	float fast[2][FB_SERIES_FAST], slow[2][FB_SERIES_SLOW];
};

struct fb_series {
	pthread_mutex_t lock;
	struct line *line[FB_SERIES_LINES];
	unsigned int n_hosts, n_links;
	uint64_t last_s;	/* second of the newest point; 0: none yet */
	int64_t wall_ms;	/* of it */
	struct fb_busiest busy; /* the feeder's own, as is */
	struct fb_byservice by;
};

enum {
	TOTAL,
	COUNTS,
	NEW,
	WORK,
	COST,
	PROTOS,
	LINKS = PROTOS + FB_PAST_PROTOS,
	HOSTS = LINKS + FB_SERIES_LINKS,
	SERVICES = HOSTS + FB_SERIES_HOSTS,
	SERVICE_FLOWS = SERVICES + FB_BYSERVICE_LINES,
};

int fb_series_new(struct fb_series **ret_series)
{
	struct fb_series *series = calloc(1, sizeof(*series));

	if (!series)
		return -ENOMEM;
	pthread_mutex_init(&series->lock, NULL);
	fb_byservice_init(&series->by);
	*ret_series = series;
	return 0;
}

void fb_series_free(struct fb_series *series)
{
	if (!series)
		return;
	for (unsigned int i = 0; i < FB_SERIES_LINES; i++)
		free(series->line[i]);
	pthread_mutex_destroy(&series->lock);
	free(series);
}

static void forget(struct line *line)
{
	for (int dir = 0; dir < 2; dir++) {
		for (unsigned int i = 0; i < FB_SERIES_FAST; i++)
			line->fast[dir][i] = NAN;
		for (unsigned int i = 0; i < FB_SERIES_SLOW; i++)
			line->slow[dir][i] = NAN;
		line->sum[dir] = 0;
	}
	line->n_sum = 0;
	line->weight = 0;
}

static struct line *get_line(struct fb_series *series, unsigned int i, enum fb_series_by by,
			     const char *key)
{
	if (!series->line[i]) {
		series->line[i] = calloc(1, sizeof(struct line));
		if (!series->line[i])
			return NULL;
		forget(series->line[i]);
		series->line[i]->by = by;
		snprintf(series->line[i]->key, sizeof(series->line[i]->key), "%s", key);
	}
	return series->line[i];
}

static void feed(struct fb_series *series, struct line *line, double up, double down)
{
	double value[2] = {up, down};

	if (!line)
		return;
	line->fed = true;
	line->n_sum++;
	for (int dir = 0; dir < 2; dir++) {
		line->fast[dir][series->last_s % FB_SERIES_FAST] = (float)value[dir];
		line->sum[dir] += value[dir];
		line->slow[dir][series->last_s / 10 % FB_SERIES_SLOW] =
			(float)(line->sum[dir] / line->n_sum);
	}
}

/* Points that no tick made are not known, whatever stood there a round ago. */
static void advance(struct fb_series *series, uint64_t now_s)
{
	uint64_t from = series->last_s && now_s - series->last_s < 86400 ? series->last_s + 1
									 : now_s - 86400;

	for (unsigned int i = 0; i < FB_SERIES_LINES; i++) {
		struct line *line = series->line[i];

		for (uint64_t s = from; line && s <= now_s; s++) {
			line->fast[0][s % FB_SERIES_FAST] = line->fast[1][s % FB_SERIES_FAST] = NAN;
			if (s / 10 == (s - 1) / 10)
				continue;
			line->slow[0][s / 10 % FB_SERIES_SLOW] = NAN;
			line->slow[1][s / 10 % FB_SERIES_SLOW] = NAN;
			line->sum[0] = line->sum[1] = 0;
			line->n_sum = 0;
		}
	}
	series->last_s = now_s;
}

struct sums {
	int64_t total[2], proto[FB_PAST_PROTOS][2], link[FB_LINK_MAX][2], packets;
	bool linked[FB_LINK_MAX];
};

static void add_flow(struct sums *sums, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;

	for (int dir = 0; dir < 2; dir++) {
		int64_t bytes = at->traffic->moved_bytes[dir];

		sums->total[dir] += bytes;
		sums->proto[fb_past_proto(flow->proto)][dir] += bytes;
		sums->link[flow->link % FB_LINK_MAX][dir] += bytes;
		sums->packets += at->traffic->moved_packets[dir];
	}
	sums->linked[flow->link % FB_LINK_MAX] = true;
}

static bool has_moved(const struct fb_traffic *traffic)
{
	return traffic->moved_bytes[0] || traffic->moved_bytes[1] || traffic->moved_packets[0] ||
	       traffic->moved_packets[1];
}

static void sum_up(struct sums *sums, struct fb_series *series, const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at;

	fb_busiest_clear(&series->busy);
	fb_byservice_clear(&series->by);
	for (uint32_t row = fb_snapshot_next_moved(snapshot, 0); row < snapshot->n;
	     row = fb_snapshot_next_moved(snapshot, row + 1)) {
		if (!fb_snapshot_at(snapshot, row, &at) || !has_moved(at.traffic))
			continue;
		add_flow(sums, &at);
		fb_busiest_add(&series->busy, &at, row);
		fb_byservice_add(&series->by, &at);
	}
}

static struct line *link_line(struct fb_series *series, uint16_t link, const char *name)
{
	for (unsigned int i = 0; i < series->n_links; i++)
		if (series->line[LINKS + i]->link == link)
			return series->line[LINKS + i];
	if (series->n_links == FB_SERIES_LINKS ||
	    !get_line(series, LINKS + series->n_links, FB_SERIES_IFACE, name))
		return NULL;
	series->line[LINKS + series->n_links]->link = link;
	return series->line[LINKS + series->n_links++];
}

/* A new host gets a line that is free, or that of the host which was least busy lately. */
static struct line *take_line(struct fb_series *series, const struct fb_flow *flow, double rate)
{
	struct line *least = NULL;
	char key[FB_ADDR_STRLEN];

	for (unsigned int i = 0; i < series->n_hosts; i++) {
		struct line *line = series->line[HOSTS + i];

		if (!line->taken && (!least || line->weight < least->weight))
			least = line;
	}
	fb_addr_format(flow->src, flow->family, key);
	if (series->n_hosts < FB_SERIES_HOSTS) {
		least = get_line(series, HOSTS + series->n_hosts, FB_SERIES_HOST, key);
		series->n_hosts += least != NULL;
	} else if (!least || rate <= least->weight * 2) {
		return NULL;
	} else {
		forget(least);
		snprintf(least->key, sizeof(least->key), "%s", key);
	}
	if (!least)
		return NULL;
	memcpy(least->addr, flow->src, 16);
	least->family = flow->family;
	least->taken = true;
	return least;
}

static double bits(int64_t bytes, const struct fb_snapshot *snapshot)
{
	return (double)fb_per_second(bytes * 8, snapshot);
}

static void feed_bytes(struct fb_series *series, struct line *line, const int64_t bytes[2],
		       const struct fb_snapshot *snapshot)
{
	feed(series, line, bits(bytes[FB_UP], snapshot), bits(bytes[FB_DOWN], snapshot));
}

static void feed_host(struct fb_series *series, struct line *line,
		      const struct fb_busiest_host *host, const struct fb_snapshot *snapshot)
{
	static const int64_t nothing[2];
	const int64_t *bytes = host ? host->bytes : nothing;

	feed_bytes(series, line, bytes, snapshot);
	line->weight += (bits(bytes[0] + bytes[1], snapshot) - line->weight) / 64;
}

static bool has_line(const struct fb_series *series, const struct fb_flow *flow)
{
	for (unsigned int i = 0; i < series->n_hosts; i++) {
		const struct line *line = series->line[HOSTS + i];

		if (line->family == flow->family && !memcmp(line->addr, flow->src, 16))
			return true;
	}
	return false;
}

/* Lines of hosts that have one, then lines for those of the tick's busiest that have none. */
static void feed_hosts(struct fb_series *series, const struct fb_snapshot *snapshot)
{
	const struct fb_busiest_host *top[FB_SERIES_HOSTS];
	unsigned int n = fb_busiest_top(&series->busy, top, FB_SERIES_HOSTS);
	struct fb_flow_at at;

	for (unsigned int i = 0; i < series->n_hosts; i++) {
		struct line *line = series->line[HOSTS + i];

		line->taken = false;
		feed_host(series, line, fb_busiest_find(&series->busy, line->addr, line->family),
			  snapshot);
	}
	for (unsigned int i = 0; i < n; i++) {
		double rate = bits(top[i]->bytes[FB_UP] + top[i]->bytes[FB_DOWN], snapshot);
		struct line *line;

		fb_snapshot_at(snapshot, top[i]->row, &at);
		line = has_line(series, at.flow) ? NULL : take_line(series, at.flow, rate);
		if (line)
			feed_host(series, line, top[i], snapshot);
	}
}

/* The line of a service that another has now begins anew. */
static void feed_service(struct fb_series *series, unsigned int i,
			 const struct fb_byservice_line *service,
			 const struct fb_snapshot *snapshot)
{
	struct line *const of[] = {
		get_line(series, SERVICES + i, FB_SERIES_SERVICE, service->name),
		get_line(series, SERVICE_FLOWS + i, FB_SERIES_SERVICE_FLOWS, service->name),
	};

	for (int k = 0; k < 2; k++) {
		if (!of[k] || !service->taken)
			continue;
		forget(of[k]);
		snprintf(of[k]->key, sizeof(of[k]->key), "%s", service->name);
	}
	feed_bytes(series, of[0], service->sum.bytes, snapshot);
	feed(series, of[1], service->sum.flows, 0);
}

/* The rest has the last line, however many there are before it. */
static void feed_services(struct fb_series *series, const struct fb_snapshot *snapshot)
{
	struct fb_byservice_line line[FB_BYSERVICE_LINES];
	const unsigned int n = fb_byservice_lines(&series->by, line);

	for (unsigned int i = 0; i < n; i++)
		feed_service(series, i + 1 < n ? i : FB_BYSERVICE_LINES - 1, &line[i], snapshot);
}

static void feed_all(struct fb_series *series, const struct fb_snapshot *snapshot,
		     const struct sums *sums)
{
	feed_bytes(series, get_line(series, TOTAL, FB_SERIES_TOTAL, ""), sums->total, snapshot);
	feed(series, get_line(series, COUNTS, FB_SERIES_COUNTS, ""), (double)snapshot->live,
	     (double)fb_per_second(sums->packets, snapshot));
	for (unsigned int i = 0; i < FB_PAST_PROTOS; i++)
		feed_bytes(series,
			   get_line(series, PROTOS + i, FB_SERIES_PROTO,
				    fb_past_proto_name((enum fb_past_proto)i)),
			   sums->proto[i], snapshot);
	for (unsigned int i = 0; i < FB_LINK_MAX; i++)
		if (sums->linked[i])
			feed_bytes(series,
				   link_line(series, (uint16_t)i,
					     fb_snapshot_link(snapshot, (uint16_t)i)),
				   sums->link[i], snapshot);
	for (unsigned int i = 0; i < series->n_links; i++)
		if (!series->line[LINKS + i]->fed)
			feed(series, series->line[LINKS + i], 0, 0);
	feed_hosts(series, snapshot);
	feed_services(series, snapshot);
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_series *series = ctx;
	_cleanup_free_ struct sums *sums = calloc(1, sizeof(*sums));
	uint64_t now_s = snapshot->now_ns / 1000000000;

	(void)losses;
	if (!sums)
		return -ENOMEM;
	sum_up(sums, series, snapshot);
	pthread_mutex_lock(&series->lock);
	for (unsigned int i = 0; i < FB_SERIES_LINES; i++)
		if (series->line[i])
			series->line[i]->fed = false;
	if (now_s > series->last_s)
		advance(series, now_s);
	series->wall_ms = snapshot->wall_ms;
	feed_all(series, snapshot, sums);
	pthread_mutex_unlock(&series->lock);
	return 0;
}

void fb_series_note(struct fb_series *series, const struct fb_series_note *note)
{
	pthread_mutex_lock(&series->lock);
	feed(series, get_line(series, NEW, FB_SERIES_NEW, ""), note->new_flows, note->entries);
	feed(series, get_line(series, WORK, FB_SERIES_WORK, ""), note->tick_us, note->cpu_permille);
	feed(series, get_line(series, COST, FB_SERIES_COST, ""), (double)note->memory,
	     note->losses);
	pthread_mutex_unlock(&series->lock);
}

static int open_feeder(void *ctx)
{
	struct fb_series *series = ctx;

	return fb_busiest_init(&series->busy);
}

static void close_feeder(void *ctx)
{
	struct fb_series *series = ctx;

	fb_busiest_fini(&series->busy);
}

const struct fb_consumer_ops fb_series_consumer = {
	.name = "series",
	.open = open_feeder,
	.tick = tick,
	.close = close_feeder,
};

uint64_t fb_series_memory(struct fb_series *series, uint64_t *ret_max)
{
	uint64_t lines = 0;

	*ret_max = sizeof(struct line) * FB_SERIES_LINES;
	pthread_mutex_lock(&series->lock);
	for (unsigned int i = 0; i < FB_SERIES_LINES; i++)
		lines += series->line[i] != NULL;
	pthread_mutex_unlock(&series->lock);
	return lines * sizeof(struct line);
}

static void copy_line(const struct fb_series *series, const struct line *line, uint32_t step,
		      struct fb_series_answer *answer)
{
	struct fb_series_line *out = &answer->line[answer->n_lines];
	uint64_t last = series->last_s / step;

	memcpy(out->key, line->key, sizeof(out->key));
	out->up = answer->memory + (size_t)answer->n_lines * 2 * answer->n;
	out->down = out->up + answer->n;
	for (uint32_t i = 0; i < answer->n; i++) {
		uint64_t at = last + 1 + i - answer->n;

		out->up[i] = step == 1 ? line->fast[0][at % FB_SERIES_FAST]
				       : line->slow[0][at % FB_SERIES_SLOW];
		out->down[i] = step == 1 ? line->fast[1][at % FB_SERIES_FAST]
					 : line->slow[1][at % FB_SERIES_SLOW];
	}
	answer->n_lines++;
}

int fb_series_read(struct fb_series *series, enum fb_series_by by, uint32_t seconds,
		   struct fb_series_answer *ret_answer)
{
	uint32_t step = seconds > FB_SERIES_FAST ? 10 : 1, n;
	struct fb_series_answer *answer = ret_answer;

	seconds = seconds < 1 ? 1 : seconds > 86400 ? 86400 : seconds;
	n = seconds / step;
	*answer = (struct fb_series_answer){.step_s = step, .n = n};
	answer->memory = malloc((FB_SERIES_LINKS + FB_SERIES_HOSTS) * 2 * (size_t)n *
				sizeof(*answer->memory));
	if (!answer->memory)
		return -ENOMEM;
	pthread_mutex_lock(&series->lock);
	answer->start_ms = series->wall_ms - ((int64_t)n - 1) * step * 1000;
	for (unsigned int i = 0; i < FB_SERIES_LINES; i++)
		if (series->line[i] && series->line[i]->by == by)
			copy_line(series, series->line[i], step, answer);
	pthread_mutex_unlock(&series->lock);
	return 0;
}

void fb_series_answer_fini(struct fb_series_answer *answer)
{
	free(answer->memory);
	answer->memory = NULL;
}

/* The last line takes its place. */
static void drop_host(struct fb_series *series, unsigned int i)
{
	struct line **last = &series->line[HOSTS + --series->n_hosts];

	free(series->line[HOSTS + i]);
	series->line[HOSTS + i] = *last;
	*last = NULL;
}

unsigned int fb_series_erase(struct fb_series *series, const struct fb_person *who)
{
	unsigned int n = 0;

	pthread_mutex_lock(&series->lock);
	for (unsigned int i = series->n_hosts; i--;) {
		const struct line *line = series->line[HOSTS + i];

		if (!fb_person_has_addr(who, line->addr, line->family))
			continue;
		drop_host(series, i);
		n++;
	}
	pthread_mutex_unlock(&series->lock);
	return n;
}
