/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET /metrics, as Prometheus scrapes it. Labels are interfaces, protocols and words of ours; names
 * of others only where the operator chose a field, and at most so many (past/tally.h).
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/previews.h"
#include "api/routes.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "engine/incidentbook.h"
#include "engine/status.h"
#include "format/prom.h"
#include "http/counters.h"
#include "http/reply.h"
#include "http/server.h"
#include "past/tally.h"
#include "policy/anonymised.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define LABELS FB_PROM_LABELS

static const char *const hooks[] = {"rx", "tx"};

static void write_one(struct fb_buf *buf, const char *name, const char *type, const char *help,
		      uint64_t value)
{
	fb_prom_family(buf, name, type, help);
	fb_prom_sample(buf, name, NULL, value);
}

/* --- interfaces: packets of flows and of causes make up all that were seen -------------------- */

static uint64_t seen_packets(const struct fb_link_status *link, unsigned int hook)
{
	return link->stats[hook].packets[FB_STAT_seen];
}

static uint64_t seen_bytes(const struct fb_link_status *link, unsigned int hook)
{
	return link->stats[hook].bytes[FB_STAT_seen];
}

static uint64_t flow_packets(const struct fb_link_status *link, unsigned int hook)
{
	return link->row_packets[hook];
}

static uint64_t flow_bytes(const struct fb_link_status *link, unsigned int hook)
{
	return link->row_bytes[hook];
}

static void write_books(struct fb_buf *buf, const struct fb_status *status)
{
	static const struct {
		const char *name, *help;
		uint64_t (*get)(const struct fb_link_status *link, unsigned int hook);
	} books[] = {
		{"flowbpf_interface_packets_total", "Packets that the program saw.", seen_packets},
		{"flowbpf_interface_bytes_total", "IP bytes of these packets.", seen_bytes},
		{"flowbpf_interface_flow_packets_total", "Packets that flows count.", flow_packets},
		{"flowbpf_interface_flow_bytes_total", "IP bytes that flows count.", flow_bytes},
	};

	for (size_t i = 0; i < sizeof(books) / sizeof(*books); i++) {
		fb_prom_family(buf, books[i].name, "counter", books[i].help);
		for (unsigned int k = 0; k < status->n_links; k++)
			for (unsigned int hook = 0; hook < 2; hook++)
				fb_prom_sample(buf, books[i].name,
					       LABELS({"interface", status->links[k].name},
						      {"direction", hooks[hook]}),
					       books[i].get(&status->links[k], hook));
	}
}

static void write_causes(struct fb_buf *buf, const struct fb_status *status, const char *name,
			 const char *help, bool bytes)
{
	static const struct {
		const char *name;
		bool conserved;
	} causes[] = {
#define X(name, conserved, loss, help) {#name, conserved},
		FB_STATS(X)
#undef X
	};

	fb_prom_family(buf, name, "counter", help);
	for (unsigned int k = 0; k < status->n_links; k++)
		for (unsigned int i = 0; i < 2 * FB_STAT_COUNT; i++) {
			const struct fb_link_status *link = &status->links[k];
			const struct fb_stats *stats = &link->stats[i / FB_STAT_COUNT];
			const unsigned int stat = i % FB_STAT_COUNT;

			if (causes[stat].conserved)
				fb_prom_sample(buf, name,
					       LABELS({"interface", link->name},
						      {"direction", hooks[i / FB_STAT_COUNT]},
						      {"cause", causes[stat].name}),
					       bytes ? stats->bytes[stat] : stats->packets[stat]);
		}
}

static void write_attached(struct fb_buf *buf, const struct fb_status *status)
{
	fb_prom_family(buf, "flowbpf_attached", "gauge", "1 where packets are counted.");
	for (unsigned int i = 0; i < status->n_links; i++)
		fb_prom_sample(buf, "flowbpf_attached",
			       LABELS({"interface", status->links[i].name},
				      {"hook", status->links[i].hook}),
			       status->links[i].state == FB_LINK_ATTACHED);
}

static void write_interfaces(struct fb_buf *buf, const struct fb_status *status)
{
	write_attached(buf, status);
	write_books(buf, status);
	write_causes(buf, status, "flowbpf_interface_uncounted_packets_total",
		     "Packets that no flow counts, by cause.", false);
	write_causes(buf, status, "flowbpf_interface_uncounted_bytes_total",
		     "Bytes of packets that no flow counts, by cause.", true);
}

/* --- flows ----------------------------------------------------------------------------------- */

static void write_active(struct fb_buf *buf, const struct fb_snapshot *snapshot)
{
	uint64_t live[FB_PAST_PROTOS] = {0};

	for (uint32_t i = 0; i < snapshot->n; i++) {
		const struct fb_flow *flow = fb_snapshot_flow(snapshot, i);

		live[fb_past_proto(flow->proto)] += fb_flow_is_live(flow);
	}
	fb_prom_family(buf, "flowbpf_flows_active", "gauge", "Flows that are live.");
	for (unsigned int i = 0; i < FB_PAST_PROTOS; i++)
		fb_prom_sample(buf, "flowbpf_flows_active",
			       LABELS({"protocol", fb_past_proto_name(i)}), live[i]);
}

static void write_flows(struct fb_buf *buf, const struct fb_tally_counts *counts)
{
	fb_prom_family(buf, "flowbpf_flows_created_total", "counter", "Flows that came.");
	for (unsigned int i = 0; i < FB_PAST_PROTOS; i++)
		fb_prom_sample(buf, "flowbpf_flows_created_total",
			       LABELS({"protocol", fb_past_proto_name(i)}), counts->made[i]);
	fb_prom_family(buf, "flowbpf_flows_ended_total", "counter",
		       "Flows that ended and were counted to their last packet.");
	for (unsigned int i = 0; i < FB_PAST_PROTOS * FB_TALLY_REASONS; i++) {
		const unsigned int proto = i / FB_TALLY_REASONS, closed = i % FB_TALLY_REASONS;
		const char *reason = fb_closed_name(closed);

		fb_prom_sample(buf, "flowbpf_flows_ended_total",
			       LABELS({"protocol", fb_past_proto_name(proto)},
				      {"reason", reason ? reason : "joined"}),
			       counts->ended[proto][closed]);
	}
}

/* `how`: of who is not told all; NULL: of others. */
static void write_tops(struct fb_buf *buf, const struct fb_tally_counts *counts,
		       const struct fb_anonymise *how)
{
	static const char name[] = "flowbpf_top_bytes_total";

	if (!counts->n_tops)
		return;
	fb_prom_family(buf, name, "counter", "IP bytes by the fields of --metrics-top.");
	for (unsigned int i = 0; i < counts->n_tops; i++) {
		const struct fb_tally_top *top = &counts->top[i];

		if (how && fb_anonymise_hides(how, top->field->tells))
			continue;
		for (unsigned int k = 0; k < top->n; k++)
			fb_prom_sample(buf, name,
				       LABELS({"dimension", top->field->name},
					      {"name", top->name[k].text}),
				       top->name[k].bytes);
		fb_prom_sample(buf, name,
			       LABELS({"dimension", top->field->name}, {"name", "other"}),
			       top->other.bytes);
	}
	write_one(buf, "flowbpf_series_dropped_total", "counter",
		  "Times that a name found no series of its own, and was counted to other.",
		  counts->left_out);
}

/* --- the daemon ------------------------------------------------------------------------------ */

static void write_losses(struct fb_buf *buf, const struct fb_status *status)
{
	fb_prom_family(buf, "flowbpf_losses_total", "counter",
		       "What ought to have been kept and was not, by cause.");
	for (unsigned int i = 0; i < status->n_counters; i++)
		if (status->counters[i].loss)
			fb_prom_sample(buf, "flowbpf_losses_total",
				       LABELS({"cause", status->counters[i].name}),
				       status->counters[i].value);
}

/* Counters that are one family by a label; all others that are no loss have one of their own. */
static const struct placed {
	const char *counter, *family, *key, *value, *help;
} placed[] = {
	{"map_full", "flowbpf_map_update_failures_total", "map", "fb_flows",
	 "What found no room in a map of the kernel half."},
	{"names_full", "flowbpf_map_update_failures_total", "map", "fb_names", NULL},
	{"owners_full", "flowbpf_map_update_failures_total", "map", "fb_owners", NULL},
	{"sampled", "flowbpf_events_received_total", "ring", "samples",
	 "Events that the kernel half put into a ring."},
	{"ring_full", "flowbpf_events_lost_total", "ring", "samples",
	 "Events that found the ring full."},
	{"hellos_tls", "flowbpf_tls_client_hellos_total", "transport", "tcp",
	 "ClientHellos that were read."},
	{"hellos_dtls", "flowbpf_tls_client_hellos_total", "transport", "dtls", NULL},
	{"hellos_quic", "flowbpf_tls_client_hellos_total", "transport", "quic", NULL},
};

#define PLACED (sizeof(placed) / sizeof(*placed))

static bool is_placed(const char *counter)
{
	for (size_t i = 0; i < PLACED; i++)
		if (!strcmp(placed[i].counter, counter))
			return true;
	return false;
}

static uint64_t value_of(const struct fb_status *status, const char *counter)
{
	for (unsigned int i = 0; i < status->n_counters; i++)
		if (!strcmp(status->counters[i].name, counter))
			return status->counters[i].value;
	return 0;
}

/* Base units only: what is measured in microseconds is told in seconds. */
static void write_counter(struct fb_buf *buf, const struct fb_counter *counter)
{
	const size_t len = strlen(counter->name);
	const bool us = len > 3 && !strcmp(counter->name + len - 3, "_us");
	char name[96], help[200];

	snprintf(name, sizeof(name), "flowbpf_%.*s%s_total", (int)(us ? len - 3 : len),
		 counter->name, us ? "_seconds" : "");
	snprintf(help, sizeof(help), "%s.", counter->help);
	fb_prom_family(buf, name, "counter", help);
	fb_prom_decimal(buf, name, NULL, counter->value, us ? 6 : 0);
}

static void write_counters(struct fb_buf *buf, const struct fb_status *status)
{
	for (size_t i = 0; i < PLACED; i++) {
		if (placed[i].help)
			fb_prom_family(buf, placed[i].family, "counter", placed[i].help);
		fb_prom_sample(buf, placed[i].family, LABELS({placed[i].key, placed[i].value}),
			       value_of(status, placed[i].counter));
	}
	for (unsigned int i = 0; i < status->n_counters; i++)
		if (!status->counters[i].loss && !is_placed(status->counters[i].name))
			write_counter(buf, &status->counters[i]);
}

static void write_exports(struct fb_buf *buf, const struct fb_status *status)
{
	static const struct {
		const char *name, *type, *help;
		size_t offset;
	} families[] = {
#define EXPORT(member) offsetof(struct fb_export_status, member)
		{"flowbpf_export_records_total", "counter", "Flows and events to be sent.",
		 EXPORT(records)},
		{"flowbpf_export_sent_total", "counter", "Flows and events that were sent.",
		 EXPORT(sent)},
		{"flowbpf_export_dropped_total", "counter",
		 "Flows and events that found no room while the receiver was away.",
		 EXPORT(dropped)},
		{"flowbpf_export_batches_total", "counter", "Messages in which they were sent.",
		 EXPORT(batches)},
		{"flowbpf_export_errors_total", "counter", "Connections and sends that failed.",
		 EXPORT(errors)},
		{"flowbpf_export_queue_bytes", "gauge", "Bytes that wait.", EXPORT(queue_bytes)},
#undef EXPORT
	};

	for (size_t i = 0; status->n_exports && i < sizeof(families) / sizeof(*families); i++) {
		fb_prom_family(buf, families[i].name, families[i].type, families[i].help);
		for (unsigned int k = 0; k < status->n_exports; k++)
			fb_prom_sample(buf, families[i].name,
				       LABELS({"exporter", status->exports[k].kind},
					      {"target", status->exports[k].target}),
				       *(const uint64_t *)((const char *)&status->exports[k] +
							   families[i].offset));
	}
}

static void write_ticks(struct fb_buf *buf, const struct fb_tick_times *times)
{
	static const char name[] = "flowbpf_scan_duration_seconds";
	uint64_t n = 0;
	char bound[24];

	fb_prom_family(buf, name, "histogram",
		       "Time that the engine took for a second's work, once a second.");
	for (unsigned int i = 0; i < FB_TICK_BUCKETS; i++) {
		const uint32_t us = fb_tick_bounds[i];

		n += times->bucket[i];
		snprintf(bound, sizeof(bound), "%g", us / 1e6);
		fb_prom_sample(buf, "flowbpf_scan_duration_seconds_bucket", LABELS({"le", bound}),
			       n);
	}
	fb_prom_sample(buf, "flowbpf_scan_duration_seconds_bucket", LABELS({"le", "+Inf"}),
		       times->n);
	fb_prom_decimal(buf, "flowbpf_scan_duration_seconds_sum", NULL, times->sum_us, 6);
	fb_prom_sample(buf, "flowbpf_scan_duration_seconds_count", NULL, times->n);
}

static void write_tables(struct fb_buf *buf, const struct fb_status *status)
{
	write_one(buf, "flowbpf_flow_table_entries", "gauge", "Rows in use.", status->rows_used);
	write_one(buf, "flowbpf_flow_table_capacity", "gauge", "Rows that there are.",
		  status->rows_max);
	write_one(buf, "flowbpf_name_table_entries", "gauge",
		  "Names in the kernel half's map of names.", status->names_used);
	write_one(buf, "flowbpf_name_table_capacity", "gauge", "Names that it has room for.",
		  status->names_max);
	if (!status->conntrack.available)
		return;
	write_one(buf, "flowbpf_conntrack_entries", "gauge",
		  "Entries of the connection tracking table.", status->conntrack.entries);
	write_one(buf, "flowbpf_conntrack_capacity", "gauge", "Entries that it has room for.",
		  status->conntrack.max);
}

static void write_judge(struct fb_buf *buf, const struct fb_judge_status *judge)
{
	static const struct {
		const char *name, *type, *help;
	} families[] = {
		{"flowbpf_judge_table_entries", "gauge", "What the judge remembers, by table."},
		{"flowbpf_judge_table_capacity", "gauge", "What it has room for."},
		{"flowbpf_judge_table_evicted_total", "counter", "What made room there."},
	};

	if (!judge->on)
		return;
	fb_prom_family(buf, "flowbpf_judge_duration_seconds", "gauge",
		       "Time that judging took in the last second.");
	fb_prom_decimal(buf, "flowbpf_judge_duration_seconds", NULL, judge->took_us, 6);
	for (unsigned int k = 0; k < sizeof(families) / sizeof(*families); k++) {
		fb_prom_family(buf, families[k].name, families[k].type, families[k].help);
		for (unsigned int i = 0; i < FB_JUDGE_TABLE_COUNT; i++) {
			const struct fb_judge_table_state *table = &judge->table[i];
			const uint64_t values[] = {table->used, table->max, table->evicted};

			fb_prom_sample(buf, families[k].name, LABELS({"table", table->name}),
				       values[k]);
		}
	}
}

/* Of no host and no kind: these are in the list. */
static void write_incidents(struct fb_buf *buf, const struct fb_api *api)
{
	static const char name[] = "flowbpf_incidents_open";
	uint32_t open[3];

	fb_incidentbook_count(fb_engine_incidents(api->engine), open);
	fb_prom_family(buf, name, "gauge", "Incidents that are open, and not silenced.");
	fb_prom_sample(buf, name, LABELS({"severity", "medium"}), open[FB_RISK_MEDIUM]);
	fb_prom_sample(buf, name, LABELS({"severity", "high"}), open[FB_RISK_HIGH]);
}

static void write_process(struct fb_buf *buf, const struct fb_status *status)
{
	fb_prom_family(buf, "flowbpf_build_info", "gauge", "What runs, and on what.");
	fb_prom_sample(buf, "flowbpf_build_info",
		       LABELS({"version", FLOWBPF_VERSION}, {"kernel", status->kernel}), 1);
	fb_prom_family(buf, "process_cpu_seconds_total", "counter", "CPU time of the daemon.");
	fb_prom_decimal(buf, "process_cpu_seconds_total", NULL,
			fb_clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000, 6);
	write_one(buf, "process_resident_memory_bytes", "gauge", "Memory of the daemon.",
		  status->memory);
	fb_prom_family(buf, "process_start_time_seconds", "gauge", "When it started, since 1970.");
	fb_prom_decimal(buf, "process_start_time_seconds", NULL, (uint64_t)status->started_ms, 3);
	write_one(buf, "flowbpf_degraded", "gauge", "Reasons why not all is well.",
		  status->n_degraded);
}

static void write_server(struct fb_buf *buf, const struct fb_api *api)
{
	struct fb_http_counters *counters = fb_http_counters(api->http);
	struct fb_previews_counters previews;
	unsigned int open;
	uint64_t deadlines;

	fb_http_connections(api->http, &open, &deadlines);
#define X(name, help)                                                                              \
	write_one(buf, "flowbpf_http_" #name "_total", "counter", help ".",                        \
		  atomic_load(&counters->name));
	FB_HTTP_COUNTERS(X)
#undef X
	fb_previews_counters(api->previews, &previews);
#define X(name, help)                                                                              \
	write_one(buf, "flowbpf_previews_" #name "_total", "counter", help ".", previews.name);
	FB_PREVIEWS_COUNTERS(X)
#undef X
	write_one(buf, "flowbpf_http_connections", "gauge", "Connections open now.", open);
	write_one(buf, "flowbpf_sse_clients", "gauge", "Live streams open now.",
		  atomic_load(&counters->streams));
}

int fb_api_metrics(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(api->engine);
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));
	_cleanup_free_ struct fb_tally_counts *counts = malloc(sizeof(*counts));
	struct fb_buf *buf = &req->reply.body;

	if (!status || !counts)
		return -ENOMEM;
	fb_engine_status(api->engine, status);
	fb_told_status(status, req->anonymised);
	fb_tally_read(fb_engine_tally(api->engine), counts);
	write_process(buf, status);
	write_interfaces(buf, status);
	write_active(buf, snapshot);
	write_flows(buf, counts);
	write_tops(buf, counts, req->anonymised ? &api->less->who.how : NULL);
	write_tables(buf, status);
	write_judge(buf, &status->judge);
	write_incidents(buf, api);
	write_losses(buf, status);
	write_counters(buf, status);
	write_exports(buf, status);
	write_ticks(buf, &status->ticks);
	write_server(buf, api);
	req->reply.status = 200;
	req->reply.type = FB_PROM_TYPE;
	return 0;
}
