/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams' thread and lists; see the header. The HTTP side is in stream.c. */
#include "live/hub_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "api/summary.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "flow/snapshot.h"
#include "http/conn.h"
#include "http/counters.h"
#include "http/server.h"
#include "live/events.h"
#include "live/view.h"
#include "util/clock.h"
#include "util/cleanup.h"

int fb_hub_new(struct fb_api *api, struct fb_hub **ret_hub)
{
	struct fb_hub *hub = calloc(1, sizeof(*hub));
	pthread_condattr_t attr;

	if (!hub)
		return -ENOMEM;
	hub->api = api;
	hub->counters = fb_http_counters(api->http);
	pthread_mutex_init(&hub->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&hub->wake, &attr);
	pthread_condattr_destroy(&attr);
	*ret_hub = hub;
	return 0;
}

void fb_hub_free(struct fb_hub *hub)
{
	if (!hub)
		return;
	while (hub->views) {
		struct fb_view *view = hub->views;

		hub->views = view->next;
		fb_view_free(view);
	}
	pthread_cond_destroy(&hub->wake);
	pthread_mutex_destroy(&hub->lock);
	free(hub);
}

void fb_hub_tick(struct fb_hub *hub)
{
	pthread_mutex_lock(&hub->lock);
	hub->ticked = true;
	pthread_cond_signal(&hub->wake);
	pthread_mutex_unlock(&hub->lock);
}

void fb_hub_view_put(struct fb_hub *hub, struct fb_view *view)
{
	if (!view || --view->refs)
		return;
	if (view->prev)
		view->prev->next = view->next;
	else
		hub->views = view->next;
	if (view->next)
		view->next->prev = view->prev;
	hub->n_views--;
	fb_chunk_put(view->delta);
	fb_chunk_put(view->full);
	view->delta = view->full = NULL;
	fb_hub_view_put(hub, TAKE_PTR(view->held_from));
	fb_view_free(view);
}

/* Wake a client that has something to read; with the lock. */
static void resume(struct fb_client *client)
{
	if (client->suspended && (client->n_pending || client->over || client->hub->stopping)) {
		client->suspended = false;
		MHD_resume_connection(client->mhd);
	}
}

void fb_hub_end_session(struct fb_hub *hub, const char *cookie)
{
	char session[FB_CLIENT_SESSION];

	fb_hub_cookie_session(cookie, session);
	pthread_mutex_lock(&hub->lock);
	for (struct fb_client *client = hub->clients; client; client = client->next) {
		if (*cookie ? strcmp(client->session, session) != 0 : !client->by_header)
			continue;
		fb_client_fini(client);
		client->over = true;
		resume(client);
	}
	pthread_mutex_unlock(&hub->lock);
}

/* What one client gets of one view: nothing, what changed, or all of it. */
static void deliver_view(struct fb_client *client, struct fb_client_view *mine)
{
	struct fb_view *view = mine->view;
	bool next = mine->has && mine->has + 1 == view->tick && view->delta;
	struct fb_chunk *body = next ? view->delta : view->full;

	if (!view->tick || mine->has == view->tick)
		return;
	if (!body) {
		view->want_full = client->hub->kicked = true;
		return;
	}
	if (fb_client_addf(client, "event: rows\ndata: {\"view\":\"%s\",\"e\":%u,", mine->name,
			   mine->number) &&
	    fb_client_add(client, body))
		mine->has = view->tick;
}

/* A client that still has bytes of an earlier tick gets none of this one. */
static bool is_behind(struct fb_hub *hub, struct fb_client *client, bool tick, uint64_t now)
{
	if (!client->n_pending)
		return false;
	if (tick)
		atomic_fetch_add(&hub->counters->stream_skipped, 1);
	if (now - client->drained_ms > FB_HUB_STALL_MS && !client->stalled) {
		client->stalled = true;
		atomic_fetch_add(&hub->counters->stream_dropped, 1);
		fb_conn_cut(client->conn);
	}
	return true;
}

static void deliver(struct fb_hub *hub, const struct fb_events events[static 2], bool tick)
{
	uint64_t now = fb_conn_now_ms();

	for (struct fb_client *client = hub->clients; client; client = client->next) {
		if (client->over || is_behind(hub, client, tick, now))
			continue;
		fb_events_deliver(&events[client->anonymised], client, tick);
		for (unsigned int i = 0; i < FB_CLIENT_VIEWS; i++)
			if (client->views[i].name[0])
				deliver_view(client, &client->views[i]);
		if (!client->n_pending && now - client->sent_ms > FB_HUB_HEARTBEAT_MS)
			fb_client_addf(client, ":\n\n");
		if (!client->n_pending)
			continue;
		client->drained_ms = client->sent_ms = now;
		resume(client);
	}
}

struct fb_hub_work {
	struct fb_view *view;
	bool full;
	int r;
	struct fb_chunk *delta, *whole;
};

/* Which views are to be encoded, those of who is told all first; takes a reference to each. */
static unsigned int plan(struct fb_hub *hub, bool tick, bool anonymised, struct fb_hub_work *work,
			 unsigned int n)
{
	for (struct fb_client *client = hub->clients; client; client = client->next)
		for (unsigned int i = 0; i < FB_CLIENT_VIEWS; i++)
			if (client->views[i].name[0] && !client->n_pending &&
			    client->views[i].has != client->views[i].view->tick)
				client->views[i].view->want_full = true;
	for (struct fb_view *view = hub->views; view && n < FB_HUB_VIEWS_TOTAL; view = view->next) {
		if (view->anonymised != anonymised || (!tick && view->tick && !view->want_full))
			continue;
		view->refs++;
		work[n++] =
			(struct fb_hub_work){.view = view, .full = view->want_full || !view->tick};
		view->want_full = false;
	}
	return n;
}

static void publish(struct fb_hub *hub, struct fb_hub_work *work, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct fb_view *view = work[i].view;

		if (!work[i].r) {
			fb_chunk_put(view->delta);
			fb_chunk_put(view->full);
			view->delta = work[i].delta;
			view->full = work[i].whole;
			view->tick++;
		}
		fb_hub_view_put(hub, TAKE_PTR(view->held_from));
	}
}

/* All that the tick is asked, in one pass over the flows; then each view is encoded. */
static void encode(struct fb_hub *hub, struct fb_snapshot *snapshot, bool summary,
		   struct fb_hub_work *work, unsigned int n)
{
	struct fb_ask *asks = hub->asks;
	unsigned int first = summary ? FB_SUMMARY_ASKS : 0;
	int r;

	if (summary)
		fb_summary_ask(asks);
	for (unsigned int i = 0; i < n; i++)
		asks[first + i] = (struct fb_ask){.query = &work[i].view->spec.query};
	r = fb_query_ask(snapshot, asks, first + n);
	if (!r && summary)
		fb_summary_answer(hub->api, snapshot, asks);
	for (unsigned int i = 0; i < n; i++)
		work[i].r = r ? r
			      : fb_view_encode(work[i].view, asks[first + i].result, work[i].full,
					       &work[i].delta, &work[i].whole);
	for (unsigned int i = 0; i < first + n; i++)
		fb_ask_fini(&asks[i]);
}

/* Of one kind of clients: views and events by the snapshot that they may see. */
static void make(struct fb_hub *hub, bool anonymised, unsigned int n_clients,
		 struct fb_hub_work *work, unsigned int n, struct fb_events *events)
{
	_cleanup_snapshot_ struct fb_snapshot *snapshot = NULL;

	if (!n && !n_clients && anonymised)
		return;
	snapshot = fb_api_snapshot(hub->api, anonymised);
	for (unsigned int i = 0; !snapshot && i < n; i++)
		work[i].r = -ENOMEM;
	if (!snapshot)
		return;
	encode(hub, snapshot, n_clients && fb_summary_stale(hub->api, snapshot), work, n);
	if (n_clients)
		fb_events_make(events, hub->api, snapshot);
}

static void run_once(struct fb_hub *hub, bool tick)
{
	struct fb_events events[2] = {{.summary = NULL}, {.summary = NULL}};
	unsigned int n, all, n_clients, n_anonymised;

	pthread_mutex_lock(&hub->lock);
	n = plan(hub, tick, false, hub->work, 0);
	all = plan(hub, tick, true, hub->work, n);
	n_anonymised = hub->n_anonymised;
	n_clients = hub->n_clients - n_anonymised;
	pthread_mutex_unlock(&hub->lock);

	make(hub, false, n_clients, hub->work, n, &events[0]);
	make(hub, true, n_anonymised, hub->work + n, all - n, &events[1]);

	pthread_mutex_lock(&hub->lock);
	publish(hub, hub->work, all);
	deliver(hub, events, tick);
	for (unsigned int i = 0; i < all; i++)
		fb_hub_view_put(hub, hub->work[i].view);
	fb_events_fini(&events[0]);
	fb_events_fini(&events[1]);
	pthread_mutex_unlock(&hub->lock);
}

static void *hub_main(void *ctx)
{
	struct fb_hub *hub = ctx;
	struct timespec until;
	uint64_t swept = 0, now;

	pthread_mutex_lock(&hub->lock);
	while (!hub->stopping) {
		bool tick = hub->ticked, kick = hub->kicked;

		hub->ticked = hub->kicked = false;
		if (tick || kick) {
			pthread_mutex_unlock(&hub->lock);
			run_once(hub, tick);
			pthread_mutex_lock(&hub->lock);
		}
		now = fb_conn_now_ms();
		if (now - swept >= 1000) {
			swept = now;
			pthread_mutex_unlock(&hub->lock); /* a login that ends asks for it */
			fb_http_sweep(hub->api->http);
			pthread_mutex_lock(&hub->lock);
		}
		if (hub->stopping || hub->ticked || hub->kicked)
			continue;
		until = fb_monotonic_in_ms(1000);
		pthread_cond_timedwait(&hub->wake, &hub->lock, &until);
	}
	pthread_mutex_unlock(&hub->lock);
	return NULL;
}

static void free_work(struct fb_hub *hub)
{
	free(TAKE_PTR(hub->work));
	free(TAKE_PTR(hub->asks));
}

int fb_hub_start(struct fb_hub *hub)
{
	int r = ENOMEM;

	hub->work = calloc(FB_HUB_VIEWS_TOTAL, sizeof(*hub->work));
	hub->asks = calloc(FB_HUB_VIEWS_TOTAL + FB_SUMMARY_ASKS, sizeof(*hub->asks));
	if (hub->work && hub->asks)
		r = pthread_create(&hub->thread, NULL, hub_main, hub);
	if (r) {
		free_work(hub);
		return -r;
	}
	hub->started = true;
	return 0;
}

void fb_hub_stop(struct fb_hub *hub)
{
	if (!hub)
		return;
	pthread_mutex_lock(&hub->lock);
	hub->stopping = true;
	pthread_cond_signal(&hub->wake);
	pthread_mutex_unlock(&hub->lock);
	if (hub->started)
		pthread_join(hub->thread, NULL);
	hub->started = false;
	pthread_mutex_lock(&hub->lock);
	for (struct fb_client *client = hub->clients; client; client = client->next) {
		if (!client->n_pending)
			fb_client_addf(client, "event: bye\ndata: {\"reason\":\"stopped\"}\n\n");
		resume(client);
	}
	pthread_mutex_unlock(&hub->lock);
	free_work(hub);
}
