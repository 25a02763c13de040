/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows and samples of the kernel half become flows of the table. */
#include "engine/core.h"

#include <errno.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "engine/judgebook.h"
#include "enrich/service.h"
#include "kernel/tick_rates.h"
#include "proto/name.h"
#include "util/clock.h"

#define EVICTIONS_MAX	65536 /* slots taken back in one tick; the rest waits for the next */
#define SAMPLES_AT_ONCE 512
/* Samples are handed out for as long, then others have their turn: signals, the tick. */
#define SAMPLES_NS (50 * FB_NS_PER_MS)
/* Likewise, so that samples have most of the time. */
#define WORK_NS (5 * FB_NS_PER_MS)
/* CPU for samples a second: half of a core is left for the table and who asks it. */
#define INSPECT_NS (500 * FB_NS_PER_MS)

/* CLOCK_BOOTTIME (in replay: capture time) in ns of the kernel half's ticks. */
static uint64_t row_ns(const struct fb_core *core, uint64_t ticks)
{
	if (core->replay)
		return ticks * core->tick_ns;
	/* a packet that came after the clock was read is as new as the clock */
	if (ticks >= core->moment.ticks)
		return core->moment.ns;
	return core->moment.ns - (core->moment.ticks - ticks) * core->tick_ns;
}

static void sleep_ms(long ms)
{
	const struct timespec time = {.tv_nsec = ms * 1000000};

	nanosleep(&time, NULL);
}

/* The kernel does not tell its tick rate; two looks at both clocks do, rounded to one in use. */
static int measure_tick(struct fb_core *core)
{
	struct fb_moment from, to;
	uint64_t best = UINT64_MAX;
	int r = fb_bpf_clock(core->bpf, &from);

	if (r < 0)
		return r;
	sleep_ms(100);
	r = fb_bpf_clock(core->bpf, &to);
	if (r < 0)
		return r;
	for (size_t i = 0; i < FB_TICK_RATES; i++) {
		const uint64_t expected = (to.ns - from.ns) * fb_tick_rates[i] / 1000000000;
		const uint64_t ticks = to.ticks - from.ticks;
		const uint64_t off = expected > ticks ? expected - ticks : ticks - expected;

		if (off < best) {
			best = off;
			core->tick_ns = 1000000000 / fb_tick_rates[i];
		}
	}
	core->moment = to;
	return 0;
}

/* The name that the kernel half read from one segment, or the run before us by whatever means. */
static void fetch_name(struct fb_core *core, uint32_t slot, const struct fb_row *row)
{
	static const uint8_t l7[] = {
		[FB_NAME_SNI] = FB_L7_TLS,
		[FB_NAME_ECH] = FB_L7_TLS,
		[FB_NAME_QUIC] = FB_L7_QUIC,
		[FB_NAME_HTTP] = FB_L7_HTTP,
	};
	struct fb_name name;
	char text[FB_NAME_MAX + 1];
	struct fb_hello_fact fact = {
		.time = row_ns(core, fb_row_last_seen(row)),
		.client = -1,
	};

	int n;

	fb_table_name_asked(core->table, slot);
	if (fb_rowmap_name_get(&core->rows, &row->key, &name) < 0 ||
	    name.generation != row->generation)
		return;
	n = name.escaped ? name.len
			 : fb_name_host((const uint8_t *)name.name, name.len, text, sizeof(text));
	if (n <= 0)
		return;
	fact.name = name.escaped ? name.name : text;
	fact.name_len = (size_t)n;
	fact.name_source = name.source;
	fact.l7 = name.source < sizeof(l7) ? l7[name.source] : FB_L7_NONE;
	if (name.source == FB_NAME_ECH && row->key.proto == IPPROTO_UDP)
		fact.l7 = FB_L7_QUIC;
	fact.name_flags = name.source == FB_NAME_ECH ? FB_NAME_FLAG_ECH : 0;
	fb_table_hello(core->table, slot, row->generation, &fact);
}

/* Of a row that is there, or that is cleared now. */
static void count_name(struct fb_core *core, uint32_t slot, bool named)
{
	if (core->named[slot] != named)
		core->n_names += named ? 1 : UINT32_MAX;
	core->named[slot] = named;
}

/* Its last word is told, and its slot was not given back yet. */
static bool is_over(const struct fb_core *core, uint32_t slot, const struct fb_row *row)
{
	return row->state & FB_ROW_UNLINKED &&
	       fb_table_generation(core->table, slot) != row->generation;
}

static void on_row(void *ctx, uint32_t slot, const struct fb_row *row)
{
	struct fb_core *core = ctx;
	int r;

	if (is_over(core, slot, row))
		return;
	r = fb_table_row(core->table, slot, row, row_ns(core, fb_row_last_seen(row)));
	if (r > 0 && r & FB_TABLE_ROW_WANTS_NAME)
		fetch_name(core, slot, row);
	if (r > 0 && r & FB_TABLE_ROW_WANTS_OWNER)
		fb_ownerbook_tell(&core->owners, slot, row);
	count_name(core, slot, row->state & FB_ROW_NAMED);
}

static void on_row_gone(void *ctx, uint32_t slot, const struct fb_row *row)
{
	struct fb_core *core = ctx;

	fb_table_row_gone(core->table, slot, row, row_ns(core, row->last_seen));
	count_name(core, slot, false);
}

/*
 * The table must know a row before its facts. Its name waits for the scan: most often the sample
 * tells it, and no system call is needed.
 */
static void meet_row(struct fb_core *core, uint32_t slot, uint32_t generation)
{
	const struct fb_row *row = &core->rows.row[slot];

	if (fb_table_generation(core->table, slot) != generation && fb_row_is_live(row) &&
	    row->generation == generation && !is_over(core, slot, row))
		fb_table_row(core->table, slot, row, row_ns(core, fb_row_last_seen(row)));
}

static void on_sample(void *ctx, const struct fb_event *event, const uint8_t *payload)
{
	struct fb_core *core = ctx;

	if (event->slot >= core->rows.max || fb_samples_is_late(&core->samples, event) ||
	    !fb_samples_may(&core->samples, event))
		return;
	meet_row(core, event->slot, event->generation);
	fb_samples_feed(&core->samples, event, payload);
}

static void describe(void *ctx, const struct fb_flow *flow, unsigned int which,
		     struct fb_flow_facts *facts)
{
	fb_pipeline_describe(&((struct fb_core *)ctx)->pipeline, flow, which, facts);
}

static const struct fb_owner *owner_of(void *ctx, const struct fb_flow *flow, uint8_t *ret_by)
{
	return fb_ownerbook_find(&((struct fb_core *)ctx)->owners, flow, ret_by);
}

static void on_ended(void *ctx, const uint32_t *numbers, uint32_t n)
{
	struct fb_core *core = ctx;

	fb_judgebook_ended(core->judgebook, numbers, n, core->moment.ns);
}

static int make_table(struct fb_core *core, const struct fb_core_opts *opts)
{
	const struct fb_table_opts table_opts = {
		.max_rows = core->rows.max,
		.closed_flows = opts->closed_flows,
		.closed_seconds = opts->closed_seconds,
		.sides = core->rows.side,
		.quality = core->rows.quality,
		.lanes = core->rows.lane,
		.judged = opts->judged,
		.keep_all = opts->keep_all,
	};
	static const struct fb_table_ops ops = {.describe = describe,
						.owner = owner_of,
						.ended = on_ended,
						.is_service = fb_service_has_server};
	const struct fb_pipeline_opts pipeline = {opts->internal, opts->n_internal};
	int r = fb_pipeline_init(&core->pipeline, &pipeline);

	if (r == 0)
		r = fb_table_new(&table_opts, &ops, core, &core->table);
	if (r == 0)
		r = fb_samples_init(&core->samples, core->table, &core->rows, &core->pipeline,
				    core->replay ? 0 : INSPECT_NS, opts->dns);
	return r;
}

static int wire(struct fb_core *core, const struct fb_core_opts *opts)
{
	int r = fb_rowmap_open(&core->rows, core->bpf);

	if (r < 0)
		return r;
	core->evictions = calloc(EVICTIONS_MAX, sizeof(*core->evictions));
	core->named = calloc(core->rows.max, sizeof(*core->named));
	if (!core->evictions || !core->named)
		return -ENOMEM;
	if (fb_bpf_adopted(core->bpf))
		r = fb_rowmap_recover(&core->rows);
	if (r >= 0)
		r = fb_reclaim_init(&core->reclaim, &core->rows);
	if (r == 0)
		r = make_table(core, opts);
	if (r == 0)
		r = core->replay ? fb_ring_new(core->bpf, on_sample, core, &core->ring)
				 : fb_drain_new(core->bpf, on_sample, core, &core->drain);
	return r;
}

int fb_core_init(struct fb_core *core, const struct fb_core_opts *opts, struct fb_why *why)
{
	struct fb_bpf_opts bpf = opts->bpf;
	int r;

	*core = (struct fb_core){.replay = opts->bpf.knobs.replay, .tick_ns = 1000};
	bpf.knobs.inspect = 1;
	r = fb_bpf_new(&bpf, &core->bpf, why);
	if (r < 0)
		return r;
	r = core->replay ? 0 : measure_tick(core);
	if (r == 0)
		r = wire(core, opts);
	if (r < 0) {
		fb_core_fini(core);
		return fb_why_set(why, r, "cannot set up the flow table: %s", strerror(-r));
	}
	return 0;
}

void fb_core_fini(struct fb_core *core)
{
	fb_ownerbook_close(&core->owners);
	fb_ring_free(core->ring);
	fb_drain_free(core->drain);
	fb_samples_fini(&core->samples);
	fb_table_free(core->table);
	fb_pipeline_fini(&core->pipeline);
	fb_reclaim_fini(&core->reclaim);
	free(core->evictions);
	free(core->named);
	if (core->rows.row)
		fb_rowmap_close(&core->rows);
	fb_bpf_free(core->bpf);
	*core = (struct fb_core){0};
}

int fb_core_change(struct fb_core *core, const struct fb_cidr *internal, unsigned int n,
		   uint32_t closed_seconds)
{
	int r = fb_pipeline_change(&core->pipeline, &(struct fb_pipeline_opts){internal, n});

	if (r < 0)
		return r;
	fb_table_keep_closed(core->table, closed_seconds);
	return 0;
}

int fb_core_start(struct fb_core *core)
{
	return fb_drain_start(core->drain);
}

void fb_core_sample(struct fb_core *core)
{
	const uint64_t start = fb_monotonic_ns();
	const uint64_t cpu = fb_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	int n;

	do
		n = core->replay ? fb_ring_read(core->ring, SAMPLES_AT_ONCE)
				 : (int)fb_drain_read(core->drain, SAMPLES_AT_ONCE);
	while (n == SAMPLES_AT_ONCE && (core->replay || fb_monotonic_ns() - start < SAMPLES_NS));
	core->sampling_ns += fb_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	if (!core->replay)
		fb_samples_charge(&core->samples, core->sampling_ns);
}

static void take_back(struct fb_core *core)
{
	const uint32_t n = fb_table_evictions(core->table, core->evictions, EVICTIONS_MAX);

	for (uint32_t i = 0; i < n; i++)
		fb_reclaim_add(&core->reclaim, core->evictions[i],
			       fb_table_generation(core->table, core->evictions[i]));
}

static bool work_once(struct fb_core *core)
{
	return fb_reclaim_work(&core->reclaim) > 0 || fb_table_work(core->table);
}

bool fb_core_work(struct fb_core *core)
{
	const uint64_t start = fb_monotonic_ns();
	bool more;

	do
		more = work_once(core);
	while (more && fb_monotonic_ns() - start < WORK_NS);
	return more;
}

/* There was no time for it; in replay there is no time between two ticks. */
static void finish_work(struct fb_core *core)
{
	while (fb_reclaim_work(&core->reclaim) > 0)
		;
}

/* Ticks before this one are over: with one to spare, for clocks that CPUs read unequally. */
static uint64_t settled_ticks(const struct fb_core *core)
{
	return core->replay || !core->moment.ticks ? 0 : core->moment.ticks - 1;
}

uint64_t fb_core_now(struct fb_core *core)
{
	struct fb_moment now;

	return fb_bpf_clock(core->bpf, &now) < 0 ? core->moment.ns : now.ns;
}

void fb_core_read_all(struct fb_core *core)
{
	fb_rowmap_scan_all(&core->rows);
}

/* What devices are called, where that is another than before. */
static void name_devices(struct fb_core *core)
{
	const uint64_t texts = fb_inventory_texts(core->pipeline.inventory);
	struct fb_devicelist *list;

	if (texts == core->device_texts)
		return;
	list = fb_inventory_list(core->pipeline.inventory);
	if (!list)
		return;
	fb_table_devices(core->table, list);
	core->device_texts = texts;
}

struct fb_snapshot *fb_core_tick(struct fb_core *core, int64_t wall_ms)
{
	struct fb_snapshot *snapshot;

	finish_work(core);
	if (!core->replay)
		fb_bpf_clock(core->bpf, &core->moment);
	fb_table_tick_begin(core->table, core->moment.ns, wall_ms);
	fb_table_describe_again(core->table, fb_pipeline_tick(&core->pipeline, core->moment.ns));
	name_devices(core);
	fb_ownerbook_tick(&core->owners, core->moment.ns);
	fb_core_sample(core);
	fb_rowmap_scan(&core->rows, settled_ticks(core), on_row, core);
	fb_reclaim_tick(&core->reclaim, on_row_gone, core);
	fb_samples_tick(&core->samples, core->moment.ns);
	core->sampling_ns = 0;
	snapshot = fb_table_tick_end(core->table);
	if (snapshot)
		snapshot->dns = fb_samples_take_dns(&core->samples);
	take_back(core);
	if (core->replay)
		finish_work(core);
	return snapshot;
}
