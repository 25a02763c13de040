/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/exporters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sink/collector.h"
#include "sink/lines.h"
#include "util/log.h"
#include "util/users.h"

#define NOBODY 65534

/* What is said of syslogs goes before what is said of the form. */
static enum fb_anonymise_for anonymise_for(const struct fb_exporters *exporters,
					   const struct fb_export *export)
{
	static const struct {
		const char *kind;
		enum fb_anonymise_for whom;
	} kinds[] = {{"eve", FB_ANONYMISE_eve},
		     {"ndjson", FB_ANONYMISE_ndjson},
		     {"ipfix", FB_ANONYMISE_ipfix},
		     {"kafka", FB_ANONYMISE_kafka}};
	const bool lines = export->ops == &fb_lines_consumer;

	if (lines && !strncmp(export->target, "syslog", 6) &&
	    fb_anonymise_is_on(&exporters->anonymise[FB_ANONYMISE_syslog]))
		return FB_ANONYMISE_syslog;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].kind, export->kind))
			return kinds[i].whom;
	return FB_ANONYMISE_clickhouse;
}

static void free_lines(void *ctx)
{
	fb_lines_free(ctx);
}

static void reopen_lines(void *ctx)
{
	fb_lines_reopen(ctx);
}

static int add(struct fb_exporters *exporters, const struct fb_export *export,
	       struct fb_consumers *consumers, struct fb_why *why)
{
	int r;

	exporters->list[exporters->n++] = *export;
	r = fb_consumers_add(consumers, export->ops, export->ctx);
	if (r < 0)
		return fb_why_set(why, r, "too many consumers of flows");
	fb_consumers_anonymise(consumers, exporters->anonymise[anonymise_for(exporters, export)]);
	return 0;
}

static int add_lines(struct fb_exporters *exporters, const struct fb_lines_opts *opts,
		     struct fb_consumers *consumers, struct fb_why *why)
{
	struct fb_export export = {
		.kind = opts->format == FB_LINES_EVE ? "eve" : "ndjson",
		.target = opts->target,
		.ops = &fb_lines_consumer,
		.free = free_lines,
		.reopen = reopen_lines,
	};
	struct fb_lines *lines;
	int r = fb_lines_new(opts, &lines, why);

	if (r < 0)
		return r;
	export.ctx = lines;
	export.counters = fb_lines_counters(lines);
	return add(exporters, &export, consumers, why);
}

static void free_collector(void *ctx)
{
	fb_collector_free(ctx);
}

static int add_collector(struct fb_exporters *exporters, const struct fb_collector_opts *opts,
			 struct fb_consumers *consumers, struct fb_why *why)
{
	struct fb_export export = {
		.kind = "ipfix",
		.target = opts->target,
		.ops = &fb_collector_consumer,
		.free = free_collector,
	};
	struct fb_collector *collector;
	int r = fb_collector_new(opts, &collector, why);

	if (r < 0)
		return r;
	export.ctx = collector;
	export.counters = fb_collector_counters(collector);
	return add(exporters, &export, consumers, why);
}

static void free_fleet(void *ctx)
{
	fb_fleetsink_free(ctx);
}

static void fleet_why(void *ctx, struct fb_why *ret_why)
{
	fb_fleetsink_why(ctx, ret_why);
}

static bool fleet_news(void *ctx, struct fb_why *ret_why)
{
	return fb_fleetsink_news(ctx, ret_why);
}

static int add_fleet(struct fb_exporters *exporters, struct fb_fleetsink_opts opts,
		     const struct fb_exporters_told *told, struct fb_consumers *consumers,
		     struct fb_why *why)
{
	struct fb_export export = {
		.kind = opts.brokers ? "kafka" : "clickhouse",
		.target = opts.brokers ? opts.brokers : opts.urls,
		.ops = &fb_fleetsink_consumer,
		.free = free_fleet,
		.why = fleet_why,
		.news = fleet_news,
	};
	int r;

	opts.books = told->books;
	opts.books_ctx = told->ctx;
	r = fb_fleetsink_new(&opts, &exporters->fleet, why);
	if (r < 0)
		return r;
	export.ctx = exporters->fleet;
	export.counters = fb_fleetsink_counters(exporters->fleet);
	return add(exporters, &export, consumers, why);
}

int fb_exporters_use(struct fb_exporters *exporters, int folder, struct fb_why *why)
{
	struct fb_why old = {""};
	int r;

	if (!exporters->fleet)
		return 0;
	r = fb_fleetsink_use(exporters->fleet, folder, &old);
	if (r < 0)
		return fb_why_set(why, r, "%s", old.text);
	if (r > 0)
		fb_warn("export", "%s", old.text);
	fb_info("export", "this sensor is %s, %s", fb_fleetsink_id(exporters->fleet),
		fb_fleetsink_name(exporters->fleet));
	return 0;
}

int fb_exporters_open(struct fb_exporters *exporters, const struct fb_exporters_opts *opts,
		      const struct fb_anonymise anonymise[static FB_ANONYMISE_COUNT],
		      const struct fb_exporters_told *told, struct fb_consumers *consumers,
		      struct fb_why *why)
{
	struct fb_lines_opts lines = {
		.rotate = (uint64_t)opts->rotate_mb << 20,
		.keep = opts->rotate_keep,
		.give = geteuid() == 0,
		.totals = told->totals,
		.totals_ctx = told->ctx,
	};
	struct fb_collector_opts collector = {
		.ca = opts->ipfix_ca,
		.uniflow = opts->ipfix_uniflow,
		.active_s = opts->ipfix_active_s,
		.idle_s = opts->ipfix_idle_s,
		.totals = told->totals,
		.totals_ctx = told->ctx,
	};
	int r = 0;

	memcpy(exporters->anonymise, anonymise, sizeof(exporters->anonymise));
	if (opts->n_eve + opts->n_ndjson + opts->n_ipfix + fb_fleetsink_is_asked(&opts->fleet) >
	    FB_STATUS_EXPORTS)
		return fb_why_set(why, -EINVAL, "there can be %d exporters at most",
				  FB_STATUS_EXPORTS);
	if (lines.give && !fb_users_own(&lines.uid, &lines.gid))
		lines.uid = lines.gid = NOBODY;
	for (unsigned int i = 0; r == 0 && i < opts->n_eve; i++) {
		lines.target = opts->eve[i];
		r = add_lines(exporters, &lines, consumers, why);
	}
	lines.format = FB_LINES_NDJSON;
	for (unsigned int i = 0; r == 0 && i < opts->n_ndjson; i++) {
		lines.target = opts->ndjson[i];
		r = add_lines(exporters, &lines, consumers, why);
	}
	for (unsigned int i = 0; r == 0 && i < opts->n_ipfix; i++) {
		collector.target = opts->ipfix[i];
		r = add_collector(exporters, &collector, consumers, why);
	}
	if (r == 0 && fb_fleetsink_is_asked(&opts->fleet))
		r = add_fleet(exporters, opts->fleet, told, consumers, why);
	return r;
}

void fb_exporters_close(struct fb_exporters *exporters)
{
	for (unsigned int i = 0; i < exporters->n; i++)
		exporters->list[i].free(exporters->list[i].ctx);
	exporters->n = 0;
}

int fb_exporters_blame(const struct fb_exporters *exporters, int r, struct fb_why *why)
{
	for (unsigned int i = 0; i < exporters->n; i++) {
		const int error = atomic_load(&exporters->list[i].counters->error);

		if (error < 0)
			return fb_why_set(why, r, "--%s %s: %s", exporters->list[i].kind,
					  exporters->list[i].target, strerror(-error));
	}
	return r;
}

void fb_exporters_reopen(const struct fb_exporters *exporters)
{
	for (unsigned int i = 0; i < exporters->n; i++)
		if (exporters->list[i].reopen)
			exporters->list[i].reopen(exporters->list[i].ctx);
}

static void tell(struct fb_export *export, const char *error)
{
	struct fb_why news;

	if (export->news && export->news(export->ctx, &news))
		fb_warn("export", "%s: %s", export->kind, news.text);
	if (!*error == !export->away)
		return;
	export->away = *error;
	if (*error)
		fb_warn("export", "%s to %s waits: %s", export->kind, export->target, error);
	else
		fb_info("export", "%s to %s goes on", export->kind, export->target);
}

static void write_error(const struct fb_export *export, char *error, size_t size)
{
	const int number = atomic_load(&export->counters->error);
	struct fb_why why = {""};

	if (export->why)
		export->why(export->ctx, &why);
	else if (number)
		fb_why_set(&why, number, "%s", strerror(-number));
	snprintf(error, size, "%.*s", (int)size - 1, why.text);
}

void fb_exporters_status(struct fb_exporters *exporters, struct fb_status *status)
{
	status->n_exports = exporters->n;
	if (exporters->fleet) {
		snprintf(status->sensor, sizeof(status->sensor), "%s",
			 fb_fleetsink_id(exporters->fleet));
		snprintf(status->sensor_name, sizeof(status->sensor_name), "%s",
			 fb_fleetsink_name(exporters->fleet));
	}
	for (unsigned int i = 0; i < exporters->n; i++) {
		struct fb_export *export = &exporters->list[i];
		struct fb_export_status *to = &status->exports[i];

		*to = (struct fb_export_status){
			.kind = export->kind,
			.target = export->target,
			.queue_bytes = atomic_load(&export->counters->queue_bytes),
		};
		write_error(export, to->error, sizeof(to->error));
#define X(name, loss, help) to->name = atomic_load(&export->counters->name);
		FB_EXPORT_COUNTERS(X)
#undef X
		tell(export, to->error);
	}
}
