/* SPDX-License-Identifier: BSD-2-Clause */
/* The composition root: parts wired to one loop, in one thread. */
#include "engine/engine_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/trace.h"
#include "kernel/listeners.h"
#include "kernel/lock.h"
#include "kernel/privs.h"
#include "util/clock.h"
#include "util/log.h"

#define DRAIN_NICER 10 /* steps of nice */

static void on_addr(void *ctx, const struct fb_netdev_addr *addr, bool gone)
{
	struct fb_engine *engine = ctx;

	fb_table_own_addr(engine->core.table, addr->addr, addr->family, gone);
	fb_table_net(engine->core.table, addr->ifindex, addr->addr, addr->family, addr->prefix,
		     gone);
	if (engine->lost)
		fb_lost_addrs_addr(engine->lost, addr, gone, fb_monotonic_ns());
}

/* A veth's other end is no device below it: packets are told apart by their hooks there. */
static void on_device(void *ctx, const struct fb_netdev_link *device, bool gone)
{
	const struct fb_device entry = {
		.ifindex = device->ifindex,
		.lower = strcmp(device->kind, "veth") ? device->parent : 0,
		.master = device->master,
		.vlan = device->vlan,
		.vrf = !strcmp(device->kind, "vrf"),
	};

	fb_table_device(((struct fb_engine *)ctx)->core.table, &entry, gone);
}

static void on_neighbour(void *ctx, const struct fb_netdev_neighbour *neighbour)
{
	struct fb_engine *engine = ctx;

	fb_pipeline_tie(&engine->core.pipeline,
			&(struct fb_devices_fact){.time = engine->core.moment.ns,
						  .mac = neighbour->mac,
						  .addr = neighbour->addr,
						  .family = neighbour->family,
						  .link = neighbour->ifindex,
						  .silent_ms = neighbour->silent_ms,
						  .sure = true});
}

static void on_in_rows(void *ctx, bool numbers[FB_LINK_MAX])
{
	struct fb_engine *engine = ctx;

	fb_table_links_in_rows(engine->core.table, numbers);
}

static void on_retire(void *ctx, uint16_t number)
{
	struct fb_engine *engine = ctx;

	fb_table_link_retire(engine->core.table, number);
}

static void on_renumbered(void *ctx, uint16_t number)
{
	struct fb_engine *engine = ctx;

	fb_table_link_renumbered(engine->core.table, number);
}

/* --- life ------------------------------------------------------------------------------------ */

/* Not root, or nothing can be written: it counts all the same, but a second instance could, too. */
static int open_lock(struct fb_why *why)
{
	int r = fb_lock_open(why);

	if (r != -EACCES && r != -EROFS)
		return r;
	fb_warn("attach", "%s; a second instance on the same interface is not refused", why->text);
	why->text[0] = '\0';
	return 0;
}

static int start_core(struct fb_engine *engine, const struct fb_engine_opts *opts,
		      struct fb_why *why)
{
	const struct fb_core_opts core_opts = {
		.bpf = {.knobs = {.max_flows = opts->max_flows,
				  .owner = opts->owner,
				  .quality = opts->quality},
			.pin = opts->pin_dir,
			.verifier_log = opts->verifier_log},
		.internal = opts->internal,
		.n_internal = opts->n_internal,
		.closed_flows = opts->closed_flows,
		.closed_seconds = opts->closed_seconds,
	};
	int r = fb_privs_check(why);

	if (r == 0)
		r = open_lock(why);
	if (r == 0)
		r = fb_core_init(&engine->core, &core_opts, why);
	engine->core_up = r == 0;
	if (r == 0 && opts->owner)
		fb_ownerbook_open(&engine->core.owners, engine->core.bpf, &engine->core.rows,
				  engine->core.table, opts->conntrack);
	return r;
}

static int start_links(struct fb_engine *engine, const struct fb_engine_opts *opts,
		       struct fb_why *why)
{
	int r;

	engine->lost = opts->forget_on_loss ? calloc(1, sizeof(*engine->lost)) : NULL;
	if (opts->forget_on_loss && !engine->lost)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	r = fb_links_init(&engine->links, engine->core.bpf, opts->interfaces, opts->n_interfaces,
			  why);
	if (r < 0)
		return r;
	engine->links_up = true;
	engine->links.addr = on_addr;
	engine->links.device = on_device;
	engine->links.neighbour = on_neighbour;
	engine->links.in_rows = on_in_rows;
	engine->links.retire = on_retire;
	engine->links.renumbered = on_renumbered;
	engine->links.ctx = engine;
	fb_links_list(&engine->links);
	fb_ifbook_open(&engine->ifbook, engine->links.netdev);
	fb_engine_read_links(engine);
	return 0;
}

static void on_listener(void *ctx, const struct fb_listener *listener)
{
	struct fb_engine *engine = ctx;
	struct fb_listener_fact fact = {
		.family = listener->family,
		.proto = listener->proto,
		.port = listener->port,
	};

	memcpy(fact.addr, listener->addr, sizeof(fact.addr));
	fb_table_listener(engine->core.table, &fact);
}

/* Once: of connections that come later a SYN tells the server. */
static void read_listeners(struct fb_engine *engine)
{
	const int r = fb_listeners_read(on_listener, engine);

	if (r < 0)
		fb_info("engine", "the kernel does not tell the listening sockets: %s",
			strerror(-r));
}

static int open_hostbook(struct fb_engine *engine, const struct fb_engine_opts *opts,
			 struct fb_why *why)
{
	const struct fb_hostbook_opts book = {
		.files = opts->hosts_files,
		.n_files = opts->n_hosts_files,
		.state = opts->state_dir,
		.state_needed = opts->state_needed,
	};

	return fb_hostbook_open(&engine->hostbook, &engine->core.pipeline, &book,
				engine->core.moment.ns, fb_wall_ms(), why);
}

static void open_devicebook(struct fb_engine *engine)
{
	fb_devicebook_open(&engine->devicebook, &engine->core.pipeline,
			   engine->hostbook.state.folder, engine->core.moment.ns, fb_wall_ms());
}

/* Before anything is counted: it may take half a second. */
static int open_geobook(struct fb_engine *engine, const struct fb_engine_opts *opts,
			struct fb_why *why)
{
	const int r =
		fb_geobook_open(&engine->geobook, &engine->core.pipeline, opts->geo, opts->n_geo);

	return r < 0 ? fb_why_set(why, r, "cannot start: %s", strerror(-r)) : 0;
}

static int open_listbook(struct fb_engine *engine, const struct fb_engine_opts *opts,
			 struct fb_why *why)
{
	const struct fb_listbook_opts book = {
		.deny = opts->lists,
		.n_deny = opts->n_lists,
		.allow = opts->exceptions,
		.n_allow = opts->n_exceptions,
		.state = opts->state_dir,
		.own = true,
	};

	return fb_listbook_open(&engine->listbook, &engine->core.pipeline, &book, why);
}

static int open_conntrack(struct fb_engine *engine, const struct fb_engine_opts *opts)
{
	fb_ctfeed_init(&engine->ct, engine->core.table, opts->conntrack);
	if (opts->forget_on_loss && !engine->ct.ct)
		fb_warn("conntrack", "--forget-on-loss deletes nothing: there is no conntrack");
	return fb_forgets_init(&engine->forgets, &engine->ct);
}

static int open_consumers(struct fb_engine *engine)
{
	int r = fb_series_new(&engine->series);

	if (r == 0)
		r = fb_windows_new(&engine->windows);
	if (r == 0)
		r = fb_peers_new(&engine->peers);
	if (r == 0)
		r = fb_ends_new(&engine->ends);
	if (r == 0)
		r = fb_consumers_add(&engine->consumers, &fb_series_consumer, engine->series);
	if (r == 0)
		r = fb_consumers_add(&engine->consumers, &fb_windows_consumer, engine->windows);
	if (r == 0)
		r = fb_consumers_add(&engine->consumers, &fb_peers_consumer, engine->peers);
	if (r == 0)
		r = fb_consumers_add(&engine->consumers, &fb_ends_consumer, engine->ends);
	if (r == 0)
		r = fb_consumers_add(&engine->consumers, &fb_devicebook_consumer,
				     &engine->devicebook);
	if (r == 0)
		r = fb_consumers_add(&engine->consumers, &fb_trace_consumer, NULL);
	return r < 0 ? r : fb_consumers_open(&engine->consumers);
}

static int start(struct fb_engine *engine, const struct fb_engine_opts *opts, struct fb_why *why)
{
	int r = fb_journal_new(&engine->journal);

	if (r == 0) {
		fb_log_set_listener(fb_journal_add, engine->journal);
		fb_info("engine", "starting, pid %d", (int)getpid());
		r = fb_loop_new(&engine->loop);
	}
	if (r == 0)
		r = fb_acts_new(fb_engine_perform, engine, &engine->acts);
	if (r == 0)
		r = open_consumers(engine);
	if (r < 0)
		return fb_why_set(why, r, "cannot start: %s", strerror(-r));
	r = start_core(engine, opts, why);
	if (r == 0)
		r = open_hostbook(engine, opts, why);
	if (r == 0)
		open_devicebook(engine);
	if (r == 0)
		r = open_geobook(engine, opts, why);
	if (r == 0)
		r = open_listbook(engine, opts, why);
	if (r == 0)
		r = start_links(engine, opts, why);
	if (r < 0)
		return r;
	read_listeners(engine);
	fb_health_init(&engine->health, engine->core.moment.ns);
	fb_self_init(&engine->self);
	r = fb_listenbook_open(&engine->listenbook);
	if (r == 0)
		r = open_conntrack(engine, opts);
	if (r == 0)
		r = fb_engine_wire(engine);
	if (r < 0)
		return fb_why_set(why, r, "cannot start: %s", strerror(-r));
	fb_engine_first_tick(engine);
	return engine->snapshot ? 0 : fb_why_set(why, -ENOMEM, "not enough memory");
}

int fb_engine_new(const struct fb_engine_opts *opts, struct fb_engine **ret_engine,
		  struct fb_why *why)
{
	struct fb_engine *engine = calloc(1, sizeof(*engine));
	int r;

	if (!engine)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	pthread_mutex_init(&engine->lock, NULL);
	engine->self.statm = -1;
	r = start(engine, opts, why);
	if (r < 0) {
		fb_engine_free(engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}

void fb_engine_free(struct fb_engine *engine)
{
	if (!engine)
		return;
	fb_ifbook_close(&engine->ifbook);
	fb_listenbook_close(&engine->listenbook);
	if (engine->links_up)
		fb_links_fini(&engine->links, engine->ran);
	fb_self_fini(&engine->self);
	fb_forgets_fini(&engine->forgets);
	fb_ctfeed_fini(&engine->ct);
	fb_devicebook_close(&engine->devicebook);
	fb_hostbook_close(&engine->hostbook);
	fb_watch_stop(&engine->watch);
	fb_geobook_close(&engine->geobook);
	fb_listbook_close(&engine->listbook);
	fb_consumers_close(&engine->consumers);
	fb_snapshot_put(engine->snapshot);
	if (engine->core_up)
		fb_core_fini(&engine->core);
	fb_ends_free(engine->ends);
	fb_peers_free(engine->peers);
	fb_windows_free(engine->windows);
	fb_series_free(engine->series);
	fb_acts_free(engine->acts);
	free(engine->lost);
	fb_loop_free(engine->loop);
	fb_log_set_listener(NULL, NULL);
	fb_journal_free(engine->journal);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

/*
 * The thread that empties the ring is above what else runs here: it copies, a few per cent of a
 * core at most, and what it is late for is lost. It has our priority of this moment, and no rights.
 */
static int start_drain(struct fb_engine *engine, int nice)
{
	int r = fb_core_start(&engine->core);

	setpriority(PRIO_PROCESS, 0, nice);
	return r;
}

static int start_watch(struct fb_engine *engine)
{
	if (!engine->geobook.off)
		fb_watch_add(&engine->watch, fb_geobook_look, &engine->geobook);
	if (engine->listbook.n)
		fb_watch_add(&engine->watch, fb_listbook_look, &engine->listbook);
	return fb_watch_start(&engine->watch);
}

int fb_engine_drop_privileges(struct fb_engine *engine, struct fb_why *why)
{
	const struct fb_privs_opts opts = {.bpf = engine->core.bpf,
					   .folder = fb_hostbook_folder(&engine->hostbook)};
	const int nice = getpriority(PRIO_PROCESS, 0);
	struct fb_privs privs;
	int r;

	/* taken while we may; where we may not, it runs like the rest */
	(void)setpriority(PRIO_PROCESS, 0, nice - DRAIN_NICER);
	r = fb_privs_drop(&opts, &privs, why);
	if (r == 0) {
		r = start_drain(engine, nice);
		if (r == 0)
			r = start_watch(engine);
		if (r < 0)
			fb_why_set(why, r, "cannot start a thread: %s", strerror(-r));
	}
	if (r < 0)
		return r;
	fb_info("engine", "running as %s, %s", privs.user,
		privs.seccomp ? "with a list of allowed system calls"
			      : "without a system call filter");
	return 0;
}

int fb_engine_run(struct fb_engine *engine)
{
	int r = fb_consumers_start(&engine->consumers);

	engine->ran = true;
	fb_ownerbook_warn(&engine->core.owners);
	return r < 0 ? r : fb_loop_run(engine->loop);
}

int fb_engine_reload(struct fb_engine *engine, const struct fb_act *act)
{
	return fb_acts_perform(engine->acts, act);
}

/* --- from any thread ------------------------------------------------------------------------- */

struct fb_series *fb_engine_series(struct fb_engine *engine)
{
	return engine->series;
}

struct fb_windows *fb_engine_windows(struct fb_engine *engine)
{
	return engine->windows;
}

struct fb_peers *fb_engine_peers(struct fb_engine *engine)
{
	return engine->peers;
}

struct fb_devicebook *fb_engine_devices(struct fb_engine *engine)
{
	return &engine->devicebook;
}

struct fb_geobook *fb_engine_geo(struct fb_engine *engine)
{
	return &engine->geobook;
}

struct fb_listbook *fb_engine_lists(struct fb_engine *engine)
{
	return &engine->listbook;
}

struct fb_ifbook *fb_engine_interfaces(struct fb_engine *engine)
{
	return &engine->ifbook;
}

struct fb_listenbook *fb_engine_listeners(struct fb_engine *engine)
{
	return &engine->listenbook;
}

struct fb_ends *fb_engine_ends(struct fb_engine *engine)
{
	return engine->ends;
}

struct fb_snapshot *fb_engine_snapshot(struct fb_engine *engine)
{
	struct fb_snapshot *snapshot;

	pthread_mutex_lock(&engine->lock);
	snapshot = fb_snapshot_get(engine->snapshot);
	pthread_mutex_unlock(&engine->lock);
	return snapshot;
}

void fb_engine_status(struct fb_engine *engine, struct fb_status *ret_status)
{
	pthread_mutex_lock(&engine->lock);
	*ret_status = engine->status;
	pthread_mutex_unlock(&engine->lock);
	fb_status_age(ret_status, fb_monotonic_ns());
}

struct fb_journal *fb_engine_journal(struct fb_engine *engine)
{
	return engine->journal;
}

int fb_engine_act(struct fb_engine *engine, const struct fb_act *act)
{
	return fb_acts_request(engine->acts, act);
}

unsigned int fb_engine_forgets(struct fb_engine *engine, struct fb_forget **ret_list)
{
	return fb_forgets_list(&engine->forgets, ret_list);
}

void fb_engine_on_tick(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx)
{
	engine->on_tick = fn;
	engine->on_tick_ctx = ctx;
}

void fb_engine_on_hangup(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx)
{
	engine->on_hangup = fn;
	engine->on_hangup_ctx = ctx;
}
