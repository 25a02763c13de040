/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetwatch.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define EVERY_MS   5000
#define PATIENCE_S 5

struct fb_fleetwatch {
	struct fb_clickhouse *clickhouse; /* its thread's */
	pthread_t thread;
	bool runs;
	atomic_bool stop;
	pthread_mutex_t lock; /* guards the state */
	pthread_cond_t wake;
	struct fb_fleetwatch_state state;
	uint64_t started_ms; /* of the monotonic clock */
};

int fb_fleetwatch_new(const struct fb_clickhouse_opts *opts, struct fb_fleetwatch **ret_watch,
		      struct fb_why *why)
{
	struct fb_fleetwatch *watch = calloc(1, sizeof(*watch));
	struct fb_clickhouse_opts own = *opts;
	pthread_condattr_t attr;
	int r;

	if (!watch)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	own.stop = &watch->stop;
	r = fb_clickhouse_new(&own, &watch->clickhouse, why);
	if (r < 0) {
		free(watch);
		return r;
	}
	pthread_mutex_init(&watch->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&watch->wake, &attr);
	pthread_condattr_destroy(&attr);
	watch->started_ms = fb_monotonic_ms();
	watch->state.started_ms = watch->state.since_ms = watch->state.looked_ms = fb_wall_ms();
	snprintf(watch->state.error, sizeof(watch->state.error), "it was not asked yet");
	snprintf(watch->state.server, sizeof(watch->state.server), "%s",
		 fb_clickhouse_server(watch->clickhouse));
	*ret_watch = watch;
	return 0;
}

static int ask_one(struct fb_fleetwatch *watch, struct fb_why *why)
{
	struct fb_buf answer = FB_BUF_INIT;
	char sql[160];
	struct fb_clickhouse_read read = {
		.sql = sql, .seconds = PATIENCE_S, .most = 4096, .stop = &watch->stop};
	int r;

	snprintf(sql, sizeof(sql), "SELECT count() FROM %s.sensors WHERE 0",
		 fb_clickhouse_database(watch->clickhouse));
	r = fb_clickhouse_read(watch->clickhouse, &read, &answer, why);
	fb_buf_fini(&answer);
	return r;
}

/* As who asks for flows does: the next server, where one does not answer. */
static int ask(struct fb_fleetwatch *watch, struct fb_why *why)
{
	int r = -EIO;

	for (unsigned int i = 0; r < 0 && !watch->stop && i < fb_clickhouse_n(watch->clickhouse);
	     i++) {
		r = ask_one(watch, why);
		if (r < 0 && fb_clickhouse_n(watch->clickhouse) > 1)
			fb_clickhouse_next(watch->clickhouse);
	}
	return r;
}

/* With the lock. */
static void take(struct fb_fleetwatch *watch, bool reachable, const char *error)
{
	struct fb_fleetwatch_state *state = &watch->state;

	state->looked_ms = fb_wall_ms();
	if (reachable != state->reachable)
		state->since_ms = state->looked_ms;
	state->reachable = reachable;
	snprintf(state->server, sizeof(state->server), "%s",
		 fb_clickhouse_server(watch->clickhouse));
	snprintf(state->error, sizeof(state->error), "%.*s", (int)sizeof(state->error) - 1, error);
}

static void *run(void *ctx)
{
	struct fb_fleetwatch *watch = ctx;

	pthread_mutex_lock(&watch->lock);
	while (!watch->stop) {
		struct fb_why why = {""};
		struct timespec until;
		int r;

		pthread_mutex_unlock(&watch->lock);
		r = ask(watch, &why);
		until = fb_monotonic_in_ms(EVERY_MS);
		pthread_mutex_lock(&watch->lock);
		if (!watch->stop)
			take(watch, r == 0, r ? why.text : "");
		while (!watch->stop &&
		       pthread_cond_timedwait(&watch->wake, &watch->lock, &until) == 0)
			;
	}
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

int fb_fleetwatch_start(struct fb_fleetwatch *watch)
{
	int r = -pthread_create(&watch->thread, NULL, run, watch);

	watch->runs = r == 0;
	return r;
}

void fb_fleetwatch_free(struct fb_fleetwatch *watch)
{
	if (!watch)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->stop = true;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->lock);
	if (watch->runs)
		pthread_join(watch->thread, NULL);
	fb_clickhouse_free(watch->clickhouse);
	pthread_cond_destroy(&watch->wake);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

void fb_fleetwatch_state(struct fb_fleetwatch *watch, struct fb_fleetwatch_state *ret_state)
{
	pthread_mutex_lock(&watch->lock);
	*ret_state = watch->state;
	pthread_mutex_unlock(&watch->lock);
	ret_state->uptime_ms = fb_monotonic_ms() - watch->started_ms;
}
