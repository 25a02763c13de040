/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A median of many is followed by steps: up where one is above it, down where it is below, so that
 * in the end as many are on either side; likewise the MAD. Of bytes there is one number a day, and
 * those of the last days are kept, as logarithms.
 */
#include "policy/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/fixed.h"
#include "util/index.h"
#include "util/select.h"

#define VERSION	     1
#define HOUR	     3600
#define TIME_MOST    (1ll << 40)
#define SILENT	     48 /* hours */
#define TRIES	     16 /* places that are looked at for one */
#define UNIT	     8	/* of connections a minute */
#define MINUTES_MOST (UINT16_MAX / UNIT)
#define MINUTES	     20 /* of an hour of the day, until their median is one */
#define MADS	     6
#define PARTS	     4	     /* of the median: less than one of them is no spread */
#define SENT_LEAST   1000000 /* bytes: likewise */
#define SENT_MOST    193     /* 2^48 bytes: sums of them stay numbers */
#define QUARTERS     4	     /* of an octave, in which bytes are told apart */

struct hour {
	uint16_t rate, spread;		/* connections a minute, 1/8: median and MAD */
	uint16_t minutes;		/* that taught them */
	uint8_t sent[FB_BASELINE_DAYS]; /* of days by their number; 0: none */
};

struct host {
	uint8_t addr[16];
	int64_t now;   /* the hour since 1970 that counts ... */
	uint64_t sent; /* ... these bytes */
	uint16_t days;
	struct hour hour[FB_BASELINE_HOURS];
};

_Static_assert(sizeof(struct host) <= 512, "8192 of them are 4 MB at most");

struct fb_baseline {
	struct host *hosts;
	uint32_t n, max, hand;
	uint64_t evicted, refused;
	struct fb_index index;
};

struct fb_baseline *fb_baseline_new(uint32_t max)
{
	struct fb_baseline *baseline = calloc(1, sizeof(*baseline));

	if (!baseline)
		return NULL;
	baseline->max = max;
	baseline->hosts = calloc(max, sizeof(*baseline->hosts));
	if (!baseline->hosts || fb_index_init(&baseline->index) < 0 ||
	    fb_index_reserve(&baseline->index, max) < 0) {
		fb_baseline_free(baseline);
		return NULL;
	}
	return baseline;
}

void fb_baseline_free(struct fb_baseline *baseline)
{
	if (!baseline)
		return;
	fb_index_fini(&baseline->index);
	free(baseline->hosts);
	free(baseline);
}

/* --- hosts ------------------------------------------------------------------------------------ */

static struct host *find(const struct fb_baseline *baseline, const uint8_t addr[static 16])
{
	struct fb_index_it it = fb_index_begin(fb_hash_addr(addr, 0));
	uint32_t i;

	while (fb_index_next(&baseline->index, &it, &i))
		if (!memcmp(baseline->hosts[i].addr, addr, 16))
			return &baseline->hosts[i];
	return NULL;
}

/* Of who was silent; NULL: nobody near the hand was. */
static struct host *take_place(struct fb_baseline *baseline, int64_t time_s)
{
	for (unsigned int i = 0; i < TRIES; i++) {
		const uint32_t at = baseline->hand;
		struct host *host = &baseline->hosts[at];

		baseline->hand = at + 1 < baseline->max ? at + 1 : 0;
		if (time_s / HOUR - host->now <= SILENT)
			continue;
		fb_index_remove(&baseline->index, fb_hash_addr(host->addr, 0), at);
		baseline->evicted++;
		return host;
	}
	return NULL;
}

static struct host *find_or_make(struct fb_baseline *baseline, const uint8_t addr[static 16],
				 int64_t time_s)
{
	struct host *host = find(baseline, addr);

	if (host)
		return host;
	host = baseline->n < baseline->max ? &baseline->hosts[baseline->n++]
					   : take_place(baseline, time_s);
	if (!host) {
		baseline->refused++;
		return NULL;
	}
	*host = (struct host){.now = time_s / HOUR};
	memcpy(host->addr, addr, 16);
	/* There is room: it was reserved for all of them. */
	fb_index_add(&baseline->index, fb_hash_addr(addr, 0), (uint32_t)(host - baseline->hosts));
	return host;
}

/* The last one takes its place. */
bool fb_baseline_erase(struct fb_baseline *baseline, const uint8_t addr[static 16])
{
	struct host *host = find(baseline, addr), *last;
	uint32_t at;

	if (!host)
		return false;
	at = (uint32_t)(host - baseline->hosts);
	last = &baseline->hosts[--baseline->n];
	fb_index_remove(&baseline->index, fb_hash_addr(addr, 0), at);
	if (last != host) {
		const uint64_t hash = fb_hash_addr(last->addr, 0);

		fb_index_remove(&baseline->index, hash, baseline->n);
		*host = *last;
		fb_index_add(&baseline->index, hash, at); /* there is room: one went */
	}
	*last = (struct host){.now = 0};
	if (baseline->hand >= baseline->n)
		baseline->hand = 0;
	return true;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static uint8_t sent_of(uint64_t bytes)
{
	const uint32_t log = 1 + fb_fixed_log2_cut(bytes | 1, 2);

	return (uint8_t)(log < SENT_MOST ? log : SENT_MOST);
}

static uint64_t bytes_of(uint8_t sent)
{
	static const uint32_t part[QUARTERS] = {65536, 77936, 92682, 110218}; /* of an octave */
	const unsigned int log = sent - 1u, whole = log / QUARTERS;

	return whole < 16 ? part[log % QUARTERS] >> (16 - whole)
			  : (uint64_t)part[log % QUARTERS] << (whole - 16);
}

static unsigned int hour_of_day(int64_t hour)
{
	return (unsigned int)((hour % FB_BASELINE_HOURS + FB_BASELINE_HOURS) % FB_BASELINE_HOURS);
}

static int64_t day_of(int64_t hour)
{
	return (hour - (int64_t)hour_of_day(hour)) / FB_BASELINE_HOURS;
}

static void go_to(struct host *host, int64_t hour)
{
	const int64_t before = host->now;

	host->hour[hour_of_day(before)].sent[(uint64_t)day_of(before) % FB_BASELINE_DAYS] =
		sent_of(host->sent);
	host->days += day_of(hour) != day_of(before) && host->days < UINT16_MAX;
	host->sent = 0;
	host->now = hour;
}

uint64_t fb_baseline_sent(struct fb_baseline *baseline, const uint8_t host[static 16],
			  int64_t time_s, uint64_t bytes)
{
	const int64_t hour = time_s / HOUR;
	struct host *at = find(baseline, host);

	if (!at)
		return 0;
	if (hour > at->now || at->now - hour >= FB_BASELINE_HOURS)
		go_to(at, hour);
	at->sent += bytes < UINT64_MAX - at->sent ? bytes : UINT64_MAX - at->sent;
	return at->sent;
}

/* --- connections ------------------------------------------------------------------------------ */

/* By a quarter of what it is at first, later by a thirty-second. */
static uint16_t step(uint16_t from, uint32_t to, unsigned int taught)
{
	const uint32_t by = 1 + (from >> (taught < 8 ? 2 : taught < 24 ? 3 : taught < 64 ? 4 : 5));

	if (to > from)
		return (uint16_t)(to - from < by ? to : from + by);
	return (uint16_t)(from - to < by ? to : from - by);
}

static void learn(struct hour *hour, uint32_t rate)
{
	const uint32_t value = (rate < MINUTES_MOST ? rate : MINUTES_MOST) * UNIT;

	if (!hour->minutes) {
		hour->rate = (uint16_t)value;
		hour->spread = (uint16_t)(value / 2);
	}
	hour->rate = step(hour->rate, value, hour->minutes);
	hour->spread =
		step(hour->spread, value > hour->rate ? value - hour->rate : hour->rate - value,
		     hour->minutes);
	hour->minutes += hour->minutes < UINT16_MAX;
}

void fb_baseline_minute(struct fb_baseline *baseline, const uint8_t host[static 16], int64_t time_s,
			uint32_t n, bool is_here)
{
	const int64_t hour = time_s / HOUR;
	struct host *at = is_here ? find_or_make(baseline, host, time_s) : find(baseline, host);

	if (!at)
		return;
	/* It is told when the next one begins, which may be long after it. */
	if (hour > at->now)
		go_to(at, hour);
	learn(&at->hour[hour_of_day(hour)], n);
}

/* --- what is usual ---------------------------------------------------------------------------- */

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct fb_baseline_usual usual_of(uint16_t days, uint64_t median, uint64_t mad,
					 uint64_t least)
{
	const uint64_t spread = larger(larger(mad, median / PARTS), least);

	return (struct fb_baseline_usual){
		.learned = true,
		.days = days,
		.low = median > mad ? median - mad : 0,
		.high = median + mad,
		.limit = median + MADS * spread,
	};
}

struct fb_baseline_usual fb_baseline_rate(const struct fb_baseline *baseline,
					  const uint8_t host[static 16], int64_t time_s)
{
	const struct host *at = find(baseline, host);
	const struct hour *hour = at ? &at->hour[hour_of_day(time_s / HOUR)] : NULL;

	if (!at || at->days < FB_BASELINE_LEARNED || hour->minutes < MINUTES)
		return (struct fb_baseline_usual){.days = at ? at->days : 0};
	return usual_of(at->days, (hour->rate + UNIT / 2) / UNIT, (hour->spread + UNIT / 2) / UNIT,
			1);
}

static int compare(const void *a_, const void *b_, void *ctx)
{
	const uint64_t a = *(const uint64_t *)a_, b = *(const uint64_t *)b_;

	(void)ctx;
	return a < b ? -1 : a > b;
}

static uint64_t median_of(uint64_t *values, unsigned int n)
{
	fb_sort(values, n, sizeof(*values), compare, NULL);
	return values[n / 2];
}

struct fb_baseline_usual fb_baseline_hour(const struct fb_baseline *baseline,
					  const uint8_t host[static 16], int64_t time_s)
{
	const struct host *at = find(baseline, host);
	uint64_t bytes[FB_BASELINE_DAYS], median;
	unsigned int n = 0;

	for (unsigned int i = 0; at && i < FB_BASELINE_DAYS; i++) {
		const uint8_t sent = at->hour[hour_of_day(time_s / HOUR)].sent[i];

		if (sent)
			bytes[n++] = bytes_of(sent);
	}
	if (n < FB_BASELINE_LEARNED)
		return (struct fb_baseline_usual){.days = at ? at->days : 0};
	median = median_of(bytes, n);
	for (unsigned int i = 0; i < n; i++)
		bytes[i] = bytes[i] > median ? bytes[i] - median : median - bytes[i];
	return usual_of(at->days, median, median_of(bytes, n), SENT_LEAST);
}

struct fb_baseline_state fb_baseline_state(const struct fb_baseline *baseline)
{
	struct fb_baseline_state state = {
		.hosts = baseline->n,
		.evicted = baseline->evicted,
		.refused = baseline->refused,
		.memory = baseline->max * sizeof(*baseline->hosts) +
			  ((size_t)baseline->index.mask + 1) * sizeof(*baseline->index.slot),
	};

	for (uint32_t i = 0; i < baseline->n; i++)
		state.learned += baseline->hosts[i].days >= FB_BASELINE_LEARNED;
	return state;
}

/* --- over a restart --------------------------------------------------------------------------- */

static uint32_t hours_of(const struct host *host)
{
	uint32_t hours = 0;

	for (unsigned int i = 0; i < FB_BASELINE_HOURS; i++) {
		bool taught = host->hour[i].minutes;

		for (unsigned int day = 0; day < FB_BASELINE_DAYS; day++)
			taught = taught || host->hour[i].sent[day];
		hours |= (uint32_t)taught << i;
	}
	return hours;
}

static void write_host(const struct host *host, struct fb_buf *buf)
{
	const uint32_t hours = hours_of(host);

	fb_buf_add(buf, host->addr, 16);
	fb_blob_add(buf, (uint64_t)host->now, 8);
	fb_blob_add(buf, host->sent, 8);
	fb_blob_add(buf, host->days, 2);
	fb_blob_add(buf, hours, 4);
	for (unsigned int i = 0; i < FB_BASELINE_HOURS; i++) {
		const struct hour *hour = &host->hour[i];

		if (!(hours & 1u << i))
			continue;
		fb_blob_add(buf, hour->rate, 2);
		fb_blob_add(buf, hour->spread, 2);
		fb_blob_add(buf, hour->minutes, 2);
		fb_buf_add(buf, hour->sent, FB_BASELINE_DAYS);
	}
}

void fb_baseline_write(const struct fb_baseline *baseline, struct fb_buf *buf)
{
	fb_blob_add(buf, VERSION, 2);
	fb_blob_add(buf, baseline->n, 4);
	for (uint32_t i = 0; i < baseline->n; i++)
		write_host(&baseline->hosts[i], buf);
}

static bool read_hour(struct hour *hour, struct fb_blob *blob)
{
	bool is_one = true;

	hour->rate = (uint16_t)fb_blob_take(blob, 2);
	hour->spread = (uint16_t)fb_blob_take(blob, 2);
	hour->minutes = (uint16_t)fb_blob_take(blob, 2);
	fb_blob_take_bytes(blob, hour->sent, FB_BASELINE_DAYS);
	for (unsigned int i = 0; i < FB_BASELINE_DAYS; i++)
		is_one = is_one && hour->sent[i] <= SENT_MOST;
	return is_one;
}

static bool read_hours(struct host *host, struct fb_blob *blob)
{
	const uint32_t hours = (uint32_t)fb_blob_take(blob, 4);
	bool are_hours = !(hours >> FB_BASELINE_HOURS);

	for (unsigned int i = 0; i < FB_BASELINE_HOURS; i++)
		if (hours & 1u << i)
			are_hours = read_hour(&host->hour[i], blob) && are_hours;
	return are_hours;
}

static int read_host(struct fb_baseline *baseline, struct fb_blob *blob)
{
	uint8_t addr[16];
	struct host *host;

	fb_blob_take_bytes(blob, addr, 16);
	if (blob->short_of || find(baseline, addr))
		return -EBADMSG;
	host = find_or_make(baseline, addr, 0);
	host->now = (int64_t)fb_blob_take(blob, 8);
	host->sent = fb_blob_take(blob, 8);
	host->days = (uint16_t)fb_blob_take(blob, 2);
	if (!read_hours(host, blob) || blob->short_of || host->now < 0 || host->now > TIME_MOST)
		return -EBADMSG;
	return 0;
}

int fb_baseline_read(struct fb_baseline *baseline, struct fb_blob *blob)
{
	struct fb_baseline *read = fb_baseline_new(baseline->max);
	const uint64_t version = fb_blob_take(blob, 2), n = fb_blob_take(blob, 4);
	int r = !read ? -ENOMEM : version != VERSION ? -EPROTONOSUPPORT : 0;

	if (!r && (blob->short_of || n > baseline->max))
		r = -EBADMSG;
	for (uint64_t i = 0; !r && i < n; i++)
		r = read_host(read, blob);
	if (!r) {
		const struct fb_baseline before = *baseline;

		*baseline = *read;
		*read = before;
	}
	fb_baseline_free(read);
	return r;
}
