/* SPDX-License-Identifier: BSD-2-Clause */
/* Windows; see the header. */
#include "past/windows.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/index.h"

struct known {
	struct fb_window_addr host;
	uint64_t window; /* last one it was seen in; 0: this place is free */
	bool answered;	 /* it had an answer, or gave one: not made up by a stranger */
};

struct fb_windows {
	pthread_mutex_t lock; /* guards the ring and `now`; the rest is the feeder's alone */
	struct fb_window ring[FB_WINDOWS];
	struct fb_window now; /* filling */
	uint32_t seconds;     /* its length */
	uint64_t gone;	      /* windows of silence after which a host is gone */
	/*
	 * By record, the low half of the id of the flow that ended in this window and is counted:
	 * its record may be another's before the window closes.
	 */
	uint32_t *counted, n_counted;
	bool any_counted;
	uint64_t start_ns;
	int64_t moved[2]; /* bytes by enum fb_dir, of no window yet */
	uint64_t losses;  /* at its start */
	struct known known[FB_WINDOW_KNOWN];
	uint32_t n_known, n_free, free[FB_WINDOW_KNOWN];
	uint32_t n_claimed; /* of those known: never answered */
	uint32_t hand;	    /* where the next of them is looked for */
	uint64_t missed;
	struct fb_index index;
};

int fb_windows_new(uint32_t seconds, struct fb_windows **ret_windows)
{
	struct fb_windows *windows = calloc(1, sizeof(*windows));

	if (!windows)
		return -ENOMEM;
	pthread_mutex_init(&windows->lock, NULL);
	windows->now.id = 1;
	windows->now.start_ms = fb_wall_ms();
	windows->seconds = seconds;
	windows->gone = (FB_WINDOW_GONE_S + seconds - 1) / seconds;
	*ret_windows = windows;
	return 0;
}

void fb_windows_free(struct fb_windows *windows)
{
	if (!windows)
		return;
	pthread_mutex_destroy(&windows->lock);
	free(windows->counted);
	free(windows);
}

static uint64_t host_hash(const struct fb_window_addr *host)
{
	return fb_hash(host, sizeof(*host), 0);
}

static void forget_host(struct fb_windows *windows, uint32_t i)
{
	struct known *known = &windows->known[i];

	fb_index_remove(&windows->index, host_hash(&known->host), i);
	windows->n_claimed -= !known->answered;
	known->window = 0;
	windows->free[windows->n_free++] = i;
}

/*
 * A place for one more. Addresses that nobody ever answered may be made up: they have half of the
 * places, and of these one goes for each that was answered.
 */
static bool take_place(struct fb_windows *windows, bool answered, uint32_t *ret_place)
{
	if (!answered && windows->n_claimed >= FB_WINDOW_KNOWN / 2)
		return false;
	if (!windows->n_free && windows->n_known < FB_WINDOW_KNOWN) {
		*ret_place = windows->n_known++;
		return true;
	}
	for (uint32_t i = 0; !windows->n_free && windows->n_claimed && i < FB_WINDOW_KNOWN; i++) {
		const uint32_t at = windows->hand++ % FB_WINDOW_KNOWN;

		if (windows->known[at].window && !windows->known[at].answered)
			forget_host(windows, at);
	}
	if (!windows->n_free)
		return false;
	*ret_place = windows->free[--windows->n_free];
	return true;
}

static void see_host(struct fb_windows *windows, struct fb_window *window, const uint8_t *addr,
		     uint8_t family, bool answered)
{
	struct fb_window_addr host = {.family = family};
	struct fb_index_it it;
	uint32_t i;

	memcpy(host.addr, addr, 16);
	it = fb_index_begin(host_hash(&host));
	while (fb_index_next(&windows->index, &it, &i)) {
		if (memcmp(&windows->known[i].host, &host, sizeof(host)) != 0)
			continue;
		windows->known[i].window = window->id;
		windows->n_claimed -= answered && !windows->known[i].answered;
		windows->known[i].answered |= answered;
		return;
	}
	if (!take_place(windows, answered, &i)) {
		windows->missed++;
		return;
	}
	windows->known[i] = (struct known){host, window->id, answered};
	if (fb_index_add(&windows->index, host_hash(&host), i) < 0) {
		windows->known[i].window = 0;
		windows->free[windows->n_free++] = i;
		return;
	}
	windows->n_claimed += !answered;
	if (window->n_new < FB_WINDOW_HOSTS)
		window->new_host[window->n_new] = host;
	window->n_new++;
}

static void miss_hosts(struct fb_windows *windows, struct fb_window *window)
{
	for (uint32_t i = 0; i < windows->n_known; i++) {
		struct known *known = &windows->known[i];

		if (!known->window || known->window + windows->gone > window->id)
			continue;
		if (window->n_gone < FB_WINDOW_HOSTS)
			window->gone_host[window->n_gone] = known->host;
		window->n_gone++;
		forget_host(windows, i);
	}
}

static void count_verdict(struct fb_window_judged *judged, const struct fb_flow_verdict *verdict)
{
	if (!verdict->told)
		return;
	judged->action[verdict->action]++;
	judged->risk += verdict->risk;
	if (!verdict->asked)
		return;
	judged->asked++;
	judged->agreed += verdict->rules == verdict->learned;
	judged->confidence += verdict->confidence;
}

static void count_flow(struct fb_windows *windows, struct fb_window *window,
		       const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	const bool answered = at->traffic->packets[FB_DOWN] != 0;

	window->flows++;
	window->protos[fb_past_proto(flow->proto)]++;
	count_verdict(&window->judged, &flow->verdict);
	window->internal += flow->scope == FB_SCOPE_INTERNAL;
	window->external += flow->scope != FB_SCOPE_INTERNAL;
	if (flow->scope == FB_SCOPE_INTERNAL || flow->scope == FB_SCOPE_INTERNAL_EXTERNAL)
		see_host(windows, window, flow->src, flow->family, answered);
	if (flow->scope == FB_SCOPE_INTERNAL || flow->scope == FB_SCOPE_EXTERNAL_INTERNAL)
		see_host(windows, window, flow->dst, flow->family, answered);
}

static bool is_counted(const struct fb_windows *windows, uint32_t row, const struct fb_flow *flow)
{
	return row < windows->n_counted && windows->counted[row] == (uint32_t)flow->id;
}

static int make_room(struct fb_windows *windows, uint32_t n)
{
	uint32_t *more;

	if (n <= windows->n_counted)
		return 0;
	more = realloc(windows->counted, n * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + windows->n_counted, 0, (n - windows->n_counted) * sizeof(*more));
	windows->counted = more;
	windows->n_counted = n;
	return 0;
}

/* Those that ended may be gone before the window closes: closed flows are kept for a while only. */
static int count_ended(struct fb_windows *windows, const struct fb_snapshot *snapshot)
{
	const int r = snapshot->n_ended ? make_room(windows, snapshot->n) : 0;
	struct fb_flow_at at;

	for (uint32_t k = 0; r == 0 && k < snapshot->n_ended; k++) {
		const uint32_t row = snapshot->ended[k];

		if (!fb_snapshot_at(snapshot, row, &at) ||
		    at.traffic->last_seen < windows->start_ns || is_counted(windows, row, at.flow))
			continue;
		count_flow(windows, &windows->now, &at);
		windows->counted[row] = (uint32_t)at.flow->id;
		windows->any_counted = true;
	}
	return r;
}

static void count_others(struct fb_windows *windows, struct fb_window *window,
			 const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at;

	for (uint32_t row = 0; row < snapshot->n; row++) {
		if (row + FB_AHEAD < snapshot->n)
			__builtin_prefetch(fb_snapshot_traffic(snapshot, row + FB_AHEAD));
		if (fb_snapshot_traffic(snapshot, row)->last_seen < windows->start_ns ||
		    !fb_snapshot_at(snapshot, row, &at) || is_counted(windows, row, at.flow))
			continue;
		count_flow(windows, window, &at);
	}
	if (windows->any_counted)
		memset(windows->counted, 0, windows->n_counted * sizeof(*windows->counted));
	windows->any_counted = false;
}

static void add_bytes(struct fb_windows *windows, const struct fb_snapshot *snapshot)
{
	int64_t *moved = windows->moved;

	moved[0] += snapshot->stray_bytes[0];
	moved[1] += snapshot->stray_bytes[1];
	for (uint32_t row = fb_snapshot_next_moved(snapshot, 0); row < snapshot->n;
	     row = fb_snapshot_next_moved(snapshot, row + 1)) {
		const struct fb_traffic *traffic = fb_snapshot_traffic(snapshot, row);

		moved[0] += traffic->moved_bytes[0];
		moved[1] += traffic->moved_bytes[1];
	}
}

/*
 * Where another interface came to speak for a flow, less may have moved than windows before had;
 * below zero, it is taken off the next one.
 */
static void close_bytes(struct fb_windows *windows, struct fb_window *window)
{
	for (int dir = 0; dir < 2; dir++) {
		window->bytes[dir] = windows->moved[dir] > 0 ? (uint64_t)windows->moved[dir] : 0;
		windows->moved[dir] -= (int64_t)window->bytes[dir];
	}
}

static void start_window(struct fb_windows *windows, uint64_t id,
			 const struct fb_snapshot *snapshot, uint64_t losses)
{
	windows->now = (struct fb_window){
		.id = id,
		.start_ms = snapshot->wall_ms,
	};
	windows->start_ns = snapshot->now_ns;
	windows->losses = losses;
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	const uint64_t begun_ns = fb_monotonic_ns();
	struct fb_windows *windows = ctx;
	struct fb_window window;
	int r;

	if (!windows->start_ns) {
		pthread_mutex_lock(&windows->lock);
		start_window(windows, windows->now.id, snapshot, losses);
		pthread_mutex_unlock(&windows->lock);
		return 0;
	}
	add_bytes(windows, snapshot);
	r = count_ended(windows, snapshot);
	/* Half a tick early rather than a whole tick late. */
	if (snapshot->now_ns - windows->start_ns < windows->seconds * FB_NS_PER_S - FB_NS_PER_S / 2)
		return r;
	window = windows->now;
	close_bytes(windows, &window);
	count_others(windows, &window, snapshot);
	miss_hosts(windows, &window);
	window.end_ms = snapshot->wall_ms;
	window.losses = losses - windows->losses;
	window.processing_us = (fb_monotonic_ns() - begun_ns) / 1000;
	pthread_mutex_lock(&windows->lock);
	windows->ring[window.id % FB_WINDOWS] = window;
	start_window(windows, window.id + 1, snapshot, losses);
	pthread_mutex_unlock(&windows->lock);
	return r;
}

static int open_feeder(void *ctx)
{
	struct fb_windows *windows = ctx;

	return fb_index_init(&windows->index);
}

static void close_feeder(void *ctx)
{
	struct fb_windows *windows = ctx;

	fb_index_fini(&windows->index);
}

const struct fb_consumer_ops fb_windows_consumer = {
	.name = "windows",
	.open = open_feeder,
	.tick = tick,
	.close = close_feeder,
};

void fb_windows_restore(struct fb_windows *windows, const struct fb_window *list, unsigned int n)
{
	pthread_mutex_lock(&windows->lock);
	for (unsigned int i = 0; i < n; i++)
		windows->ring[list[i].id % FB_WINDOWS] = list[i];
	if (n)
		windows->now.id = list[n - 1].id + 1;
	pthread_mutex_unlock(&windows->lock);
}

unsigned int fb_windows_read(struct fb_windows *windows, uint64_t after, struct fb_window *list,
			     unsigned int max)
{
	unsigned int n = 0;
	uint64_t first;

	pthread_mutex_lock(&windows->lock);
	first = windows->now.id > FB_WINDOWS ? windows->now.id - FB_WINDOWS : 1;
	for (uint64_t id = after + 1 > first ? after + 1 : first; id < windows->now.id && n < max;
	     id++)
		if (windows->ring[id % FB_WINDOWS].id == id)
			list[n++] = windows->ring[id % FB_WINDOWS];
	pthread_mutex_unlock(&windows->lock);
	return n;
}

uint64_t fb_windows_hosts_missed(const struct fb_windows *windows)
{
	return windows->missed;
}

uint32_t fb_windows_seconds(const struct fb_windows *windows)
{
	return windows->seconds;
}

void fb_windows_current(struct fb_windows *windows, uint64_t *ret_id, int64_t *ret_start_ms)
{
	pthread_mutex_lock(&windows->lock);
	*ret_id = windows->now.id;
	*ret_start_ms = windows->now.start_ms;
	pthread_mutex_unlock(&windows->lock);
}

/* How many came and went stays; whom of them is listed. */
static unsigned int leave_out(const struct fb_person *who, struct fb_window_addr *host)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < FB_WINDOW_HOSTS; i++)
		if (!fb_person_has_addr(who, host[i].addr, host[i].family))
			host[kept++] = host[i];
	memset(&host[kept], 0, (FB_WINDOW_HOSTS - kept) * sizeof(*host));
	return FB_WINDOW_HOSTS - kept;
}

unsigned int fb_windows_erase(struct fb_windows *windows, const struct fb_person *who)
{
	unsigned int n;

	pthread_mutex_lock(&windows->lock);
	n = leave_out(who, windows->now.new_host) + leave_out(who, windows->now.gone_host);
	for (unsigned int i = 0; i < FB_WINDOWS; i++)
		n += leave_out(who, windows->ring[i].new_host) +
		     leave_out(who, windows->ring[i].gone_host);
	pthread_mutex_unlock(&windows->lock);
	for (uint32_t i = 0; i < windows->n_known; i++) {
		struct known *known = &windows->known[i];

		if (!known->window ||
		    !fb_person_has_addr(who, known->host.addr, known->host.family))
			continue;
		forget_host(windows, i);
		*known = (struct known){.window = 0};
		n++;
	}
	return n;
}
