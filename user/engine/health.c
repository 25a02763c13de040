/* SPDX-License-Identifier: BSD-2-Clause */
/* Status: links with their causes, named counters, fill, times, and what is degraded. */
#include "engine/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/alertbook.h"
#include "engine/auditor.h"
#include "engine/automationbook.h"
#include "engine/consumers.h"
#include "engine/historybook.h"
#include "engine/exporters.h"
#include "engine/ifbook.h"
#include "engine/judgebook.h"
#include "engine/incidentbook.h"
#include "query/query.h"
#include "past/ends.h"
#include "past/peers.h"
#include "past/windows.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/select.h"

#define FULL_PERCENT 90 /* of the kernel's rows: from here on people should know */

void fb_health_init(struct fb_health *health, uint64_t now_ns)
{
	struct fb_status *status = &health->status;
	struct utsname name;

	*health = (struct fb_health){.started_ns = now_ns};
	status->started_ms = fb_wall_ms();
	status->pid = getpid();
	if (getrandom(&status->boot_id, sizeof(status->boot_id), 0) < 0)
		status->boot_id = health->started_ns;
	if (uname(&name) == 0)
		snprintf(status->kernel, sizeof(status->kernel), "%s", name.release);
}

static int ascending(const void *a, const void *b, void *ctx)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	(void)ctx;
	return (x > y) - (x < y);
}

static void note_tick(struct fb_tick_times *ticks, uint32_t us)
{
	unsigned int i = 0;

	while (i < FB_TICK_BUCKETS && us > fb_tick_bounds[i])
		i++;
	if (i < FB_TICK_BUCKETS)
		ticks->bucket[i]++;
	ticks->sum_us += us;
	ticks->n++;
}

void fb_health_tick_took(struct fb_health *health, uint32_t us)
{
	uint32_t sorted[FB_HEALTH_TICKS];
	unsigned int n;

	health->took[health->n_took++ % FB_HEALTH_TICKS] = us;
	n = health->n_took < FB_HEALTH_TICKS ? health->n_took : FB_HEALTH_TICKS;
	memcpy(sorted, health->took, n * sizeof(*sorted));
	fb_sort(sorted, n, sizeof(*sorted), ascending, NULL);
	note_tick(&health->status.ticks, us);
	health->status.tick_us = us;
	health->status.tick_p50_us = sorted[n / 2];
	health->status.tick_p99_us = sorted[n * 99 / 100];
}

/* --- links ----------------------------------------------------------------------------------- */

static void link_rates(struct fb_link_status *link, const struct fb_stats before[2],
		       uint64_t elapsed_ns)
{
	for (unsigned int hook = 0; hook < 2; hook++) {
		const uint64_t packets = link->stats[hook].packets[FB_STAT_seen] -
					 before[hook].packets[FB_STAT_seen];
		const uint64_t bytes =
			link->stats[hook].bytes[FB_STAT_seen] - before[hook].bytes[FB_STAT_seen];

		link->pps[hook] = elapsed_ns ? packets * 1000000000 / elapsed_ns : 0;
		link->bytes_per_s[hook] = elapsed_ns ? bytes * 1000000000 / elapsed_ns : 0;
	}
}

static void make_link(struct fb_link_status *status, const struct fb_core *core,
		      const struct fb_link_slot *slot, uint64_t elapsed_ns)
{
	const bool same = status->link == slot->number && status->ifindex == slot->attach.ifindex;
	struct fb_stats before[2];

	memcpy(status->name, slot->name, sizeof(status->name));
	memcpy(before, status->stats, sizeof(before));
	status->ifindex = slot->attach.ifindex;
	status->link = slot->number;
	status->loopback = slot->loopback;
	status->running = slot->running;
	status->mtu = slot->mtu;
	status->speed = slot->speed;
	status->state = slot->state;
	snprintf(status->hook, sizeof(status->hook), "%s", fb_attach_kind_name(slot->attach.kind));
	status->xdp = slot->state == FB_LINK_ATTACHED && slot->attach.xdp.link >= 0;
	memcpy(status->no_xdp, slot->attach.xdp.why, sizeof(status->no_xdp));
	status->queue_dropped = slot->queue_dropped;
	memcpy(status->reason, slot->reason, sizeof(status->reason));
	for (unsigned int hook = 0; hook < 2; hook++)
		fb_bpf_stats(core->bpf, slot->number, hook, &status->stats[hook]);
	if (!same) /* another one had this place: it has no rate yet */
		memcpy(before, status->stats, sizeof(before));
	fb_table_link_totals(core->table, slot->number, status->row_packets, status->row_bytes);
	link_rates(status, before, elapsed_ns);
}

static void make_programs(struct fb_status *status, const struct fb_bpf *bpf)
{
	static const enum fb_prog progs[] = {FB_PROG_INGRESS, FB_PROG_EGRESS};
	struct fb_prog_info info;

	status->programs_timed = fb_bpf_is_timed();
	status->n_programs = 0;
	for (size_t i = 0; i < sizeof(progs) / sizeof(*progs); i++)
		if (fb_bpf_prog_info(bpf, progs[i], &info) == 0)
			status->programs[status->n_programs++] = (struct fb_program_status){
				info.name, info.id, info.run_cnt, info.run_time_ns};
}

/* --- counters -------------------------------------------------------------------------------- */

static void add_counter(void *ctx, const char *name, const char *help, uint64_t value, bool loss)
{
	struct fb_status *status = ctx;

	if (status->n_counters < FB_STATUS_COUNTERS)
		status->counters[status->n_counters++] =
			(struct fb_counter){name, help, value, loss};
}

static uint64_t sum_stat(const struct fb_status *status, enum fb_stat stat)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < status->n_links; i++)
		for (unsigned int hook = 0; hook < 2; hook++)
			sum += status->links[i].stats[hook].packets[stat];
	return sum;
}

static void kernel_counters(struct fb_status *status, const struct fb_stats *past)
{
#define X(name, conserved, loss, help)                                                             \
	add_counter(status, #name, help,                                                           \
		    sum_stat(status, FB_STAT_##name) + past->packets[FB_STAT_##name], loss);
	FB_STATS(X)
#undef X
}

static void link_counters(struct fb_status *status, const struct fb_links *links)
{
	uint64_t dropped = links->past_queue;

	for (unsigned int i = 0; i < links->n; i++)
		dropped += links->slots[i].queue_dropped;
	add_counter(status, "links_crowded",
		    "times that an interface came and found no place among 255", links->crowded_out,
		    true);
	add_counter(status, "queue_dropped",
		    "packets that the interfaces' queues (qdisc) dropped behind where we count",
		    dropped, false);
}

static void limit_counters(struct fb_status *status, const struct fb_limits *limits)
{
	add_counter(status, "limits_crowded",
		    "times that a host of a limit a host found no place among 1024",
		    limits->crowded, true);
	add_counter(status, "limits_dropped",
		    "packets that found the queue of their limit full, behind where we count",
		    limits->dropped, false);
}

static void listnets_counters(struct fb_status *status, const struct fb_listnets *nets)
{
	add_counter(status, "list_prefixes",
		    "prefixes of lists that the kernel half has for rules about them", nets->there,
		    false);
	add_counter(status, "list_prefixes_missed",
		    "prefixes of lists that rules are about and the kernel half has no room for",
		    fb_listnets_no_room(nets), true);
}

static void table_counters(struct fb_status *status, const struct fb_table_stats *stats)
{
#define X(name, loss, help) add_counter(status, #name, help, stats->counters.name, loss);
	FB_TABLE_COUNTERS(X)
#undef X
}

static void owner_counters(struct fb_status *status, const struct fb_ownerbook *owners)
{
#define X(name, loss, help) add_counter(status, #name, help, owners->counters.name, loss);
	FB_OWNERBOOK_COUNTERS(X)
#undef X
#define X(name, loss, help) add_counter(status, #name, help, owners->heldbook.counters.name, loss);
	FB_HELDBOOK_COUNTERS(X)
#undef X
}

static void other_counters(struct fb_status *status, const struct fb_health_of *of)
{
	struct fb_peers_counts counts;
	uint64_t found, left_out;

	fb_peers_counts(of->peers, &counts);
	fb_query_matches_counts(&found, &left_out);
	add_counter(status, "hosts_left_out", "ends of flows beyond the 262,144 hosts of a list",
		    fb_query_hosts_left_out(), true);
	add_counter(status, "interfaces_left_out",
		    "interfaces beyond the 1,024 that are listed; they can be attached",
		    of->interfaces->shown.left_out, false);
	add_counter(status, "log_lines_lost", "log lines that stderr did not take", fb_log_lost(),
		    false);
	add_counter(status, "matches_left_out",
		    "questions whose flows found no room to be remembered for others", left_out,
		    false);
	add_counter(status, "matches_shared",
		    "questions whose flows another one of the same tick had found", found, false);
	add_counter(status, "ends_forgotten",
		    "ends of flows that made room among the 65,536 remembered",
		    fb_ends_forgotten(of->ends), false);
	add_counter(status, "peers_forgotten",
		    "destinations of hosts that made room among the 32,768 remembered",
		    counts.forgotten, false);
	add_counter(status, "window_hosts_missed",
		    "sightings of inside hosts beyond the 8,192 that windows remember",
		    fb_windows_hosts_missed(of->windows), true);
}

static void consumer_counters(struct fb_status *status, const struct fb_consumers *consumers)
{
	struct fb_consumer_counters all;

	fb_consumers_counters(consumers, &all);
#define X(name, loss, help) add_counter(status, "consumer_" #name, help, all.name, loss);
	FB_CONSUMER_COUNTERS(X)
#undef X
}

static void history_counters(struct fb_status *status, const struct fb_historian_state *state)
{
#define X(name, loss, help) add_counter(status, "history_" #name, help, state->name, loss);
	FB_HISTORY_COUNTERS(X)
#undef X
}

static void export_counters(struct fb_status *status)
{
	struct fb_export_status all = {0};

	for (unsigned int i = 0; i < status->n_exports; i++) {
#define X(name, loss, help) all.name += status->exports[i].name;
		FB_EXPORT_COUNTERS(X)
#undef X
	}
#define X(name, loss, help) add_counter(status, "exported_" #name, help, all.name, loss);
	FB_EXPORT_COUNTERS(X)
#undef X
}

/* And whether acts are on record as they should be. */
static void audit_counters(struct fb_status *status, struct fb_auditor *auditor)
{
	struct fb_auditor_state state;

	fb_auditor_state(auditor, &state);
#define X(name, loss, help) add_counter(status, "audit_" #name, help, state.counters.name, loss);
	FB_AUDITOR_COUNTERS(X)
#undef X
	if (*state.failing)
		fb_status_degrade(status, "acts are not on record: %s", state.failing);
}

static void conntrack_counters(struct fb_status *status, const struct fb_conntrack_stats *stats)
{
	add_counter(status, "conntrack_events", "conntrack events read", stats->events, false);
	add_counter(status, "conntrack_overruns", "times the kernel dropped conntrack events",
		    stats->overruns, true);
	add_counter(status, "conntrack_resyncs", "conntrack dumps after overruns", stats->resyncs,
		    false);
	add_counter(status, "conntrack_malformed", "conntrack messages that did not parse",
		    stats->malformed, true);
}

/* --- conntrack, degradation ------------------------------------------------------------------ */

static void make_conntrack(struct fb_status *status, const struct fb_ctfeed *feed)
{
	struct fb_conntrack_status *ct = &status->conntrack;
	struct fb_conntrack_stats stats = {0};
	uint32_t entries = 0, max = 0;

	*ct = (struct fb_conntrack_status){.available = feed->ct != NULL};
	snprintf(ct->reason, sizeof(ct->reason), "%.*s", FB_STATUS_REASON - 1, feed->reason.text);
	if (!feed->ct)
		return;
	fb_conntrack_stats(feed->ct, &stats);
	fb_conntrack_count(&entries, &max);
	ct->entries = entries;
	ct->max = max;
	ct->overruns = stats.overruns;
	ct->resyncs = stats.resyncs;
	ct->resyncing = stats.resync_due;
	conntrack_counters(status, &stats);
}

static void make_degraded(struct fb_status *status)
{
	status->n_degraded = 0;
	if (status->panic)
		fb_status_degrade(status, "panic is on: no rule is in force, nothing is ended; "
					  "\"flowbpf panic --off\" ends that");
	if (status->rows_used * 100 >= status->rows_max * FULL_PERCENT)
		fb_status_degrade(
			status,
			"the flow table is nearly full (%llu of %llu): start with a larger "
			"--max-flows",
			(unsigned long long)status->rows_used,
			(unsigned long long)status->rows_max);
	if (status->conntrack.resyncing)
		fb_status_degrade(status, "conntrack events were lost: states are read again");
	if (status->conntrack.max &&
	    status->conntrack.entries * 100 >= status->conntrack.max * FULL_PERCENT)
		fb_status_degrade(
			status,
			"the conntrack table is nearly full (%llu of %llu): new connections are "
			"refused; raise net.netfilter.nf_conntrack_max",
			(unsigned long long)status->conntrack.entries,
			(unsigned long long)status->conntrack.max);
}

/* What is not written now may be later, and the queue before the writer has an end. */
static void make_history(struct fb_status *status, const struct fb_health_of *of)
{
	const struct fb_historybook *book = of->history;
	struct fb_history_status *history = &status->history;

	history->on = book->historian != NULL;
	snprintf(history->reason, sizeof(history->reason), "%.*s", FB_STATUS_REASON - 1,
		 book->reason);
	if (!history->on)
		return;
	history->room = FB_HISTORYBOOK_QUEUE;
	history->waiting = fb_consumers_waiting(of->consumers, &fb_historybook_consumer);
	fb_historian_state(book->historian, &history->now);
	history_counters(status, &history->now);
	if (!history->now.works)
		fb_status_degrade(status, "%.150s", history->now.error);
}

static void make_judge(struct fb_status *status, const struct fb_judgebook *book)
{
	const struct fb_judge_status *judge = &status->judge;
	uint64_t evicted = 0;

	fb_judgebook_status(book, &status->judge);
	for (unsigned int i = 0; i < FB_JUDGE_TABLE_COUNT; i++)
		evicted += judge->table[i].evicted;
#define X(name, loss, help) add_counter(status, #name, help, book->counters.name, loss);
	FB_JUDGEBOOK_COUNTERS(X)
#undef X
	add_counter(status, "judge_evicted",
		    "what made room in the judge's tables, which remember what came before",
		    evicted, false);
}

void fb_health_make(struct fb_health *health, const struct fb_health_of *of)
{
	const struct fb_core *core = of->core;
	const struct fb_links *links = of->links;
	struct fb_status *status = &health->status;
	const uint64_t now = core->moment.ns;
	const uint64_t elapsed = health->last_ns ? now - health->last_ns : 0;
	struct fb_table_stats stats;

	health->last_ns = now;
	if (of->snapshot)
		status->epoch = of->snapshot->epoch;
	status->made_ns = fb_monotonic_ns();
	status->memory = of->memory;
	status->uptime_ms = (now - health->started_ns) / 1000000;
	status->uid = geteuid();
	status->n_links = links->n;
	fb_links_waits(links, status->waits_for, sizeof(status->waits_for));
	for (unsigned int i = 0; i < links->n; i++)
		make_link(&status->links[i], core, &links->slots[i], elapsed);

	fb_table_stats(core->table, &stats);
	status->n_counters = 0;
	kernel_counters(status, &links->past);
	link_counters(status, links);
	limit_counters(status, of->limits);
	listnets_counters(status, of->listnets);
	table_counters(status, &stats);
	add_counter(status, "samples_malformed", "samples of an impossible length, left out",
		    core->replay ? fb_ring_bad(core->ring) : fb_drain_bad(core->drain), true);
	fb_samples_counters(&core->samples, add_counter, status);
	fb_pipeline_counters(&core->pipeline, add_counter, status);
	owner_counters(status, &core->owners);
	other_counters(status, of);
	consumer_counters(status, of->consumers);
	fb_exporters_status(of->exporters, status);
	export_counters(status);
	make_conntrack(status, of->ct);

	make_programs(status, core->bpf);
	status->owner = core->owners.on;
	status->quality = core->rows.quality;
	snprintf(status->owner_lack, sizeof(status->owner_lack), "%.*s", FB_STATUS_REASON - 1,
		 core->owners.lack.text);
	status->rows_used = stats.rows;
	status->rows_max = core->rows.max;
	status->names_used = core->n_names;
	status->names_max = fb_bpf_map_size(core->bpf, FB_MAP_NAMES);
	status->ring_bytes = fb_bpf_map_size(core->bpf, FB_MAP_RING);
	status->panic = of->panic;
	make_degraded(status);
	audit_counters(status, of->auditor);
	make_history(status, of);
	make_judge(status, of->judge);
	fb_alertbook_health(of->alerts, add_counter, status);
	fb_incidentbook_health(of->incidents, add_counter, status);
	fb_automationbook_health(of->automation, add_counter, status);
	if (stats.counters.clock_set > health->clock_set)
		fb_info("engine", "the wall clock was set; times before that stay as shown");
	health->clock_set = stats.counters.clock_set;
	fb_pressure_tick(&health->pressure, status);
}
