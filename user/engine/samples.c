/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples in; names out to all who keep them. */
#include "engine/samples.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "proto/icmp.h"
#include "util/cleanup.h"

/* The kernel half put it there as it is, from the same segment. */
static bool is_written(const struct fb_event *event, const struct fb_hello_fact *fact)
{
	return event->flags & FB_EVENT_NAMED &&
	       (fact->name_source == FB_NAME_SNI || fact->name_source == FB_NAME_ECH) &&
	       !memchr(fact->name, '\\', fact->name_len);
}

/* Names that payload told go to fb_names too: `bpftool map dump` shows them however found. */
static void write_back(struct fb_samples *samples, const struct fb_event *event,
		       const struct fb_hello_fact *fact)
{
	struct fb_row *row = &samples->rows->row[event->slot];
	struct fb_name name = {
		.generation = event->generation,
		.source = fact->name_source,
		.len = (uint8_t)fact->name_len,
		.escaped = 1,
	};

	if (!fact->name || fact->name_source == FB_NAME_DNS || is_written(event, fact))
		return;
	memcpy(name.name, fact->name, fact->name_len);
	if (fb_rowmap_name_put(samples->rows, &event->key, &name) < 0)
		samples->names_failed++;
	else if (row->generation == event->generation)
		__atomic_fetch_or(&row->state, FB_ROW_NAMED, __ATOMIC_RELAXED);
}

static void on_hello(void *ctx, const struct fb_event *event, const struct fb_hello_fact *fact)
{
	struct fb_samples *samples = ctx;

	if (fb_table_hello(samples->table, event->slot, event->generation, fact) < 0)
		return;
	write_back(samples, event, fact);
	if (samples->named && fact->name &&
	    (fact->name_source == FB_NAME_SNI || fact->name_source == FB_NAME_QUIC ||
	     fact->name_source == FB_NAME_HTTP))
		samples->named(samples->named_ctx, event->slot);
}

static void on_addr(void *ctx, const struct fb_addr_fact *fact)
{
	struct fb_samples *samples = ctx;
	struct fb_addr_fact told = *fact;

	told.client_is_own = fact->client_family &&
			     fb_table_is_own(samples->table, fact->client, fact->client_family);
	fb_pipeline_learn(samples->pipeline, &told);
}

static void on_answer(void *ctx, const struct fb_event *event, uint32_t us)
{
	struct fb_samples *samples = ctx;

	fb_table_answered(samples->table, event->slot, event->generation, us);
}

/* Who asked. */
static struct fb_source client_of(const struct fb_event *event, bool is_answer)
{
	return fb_source_of(event->key.addr[(event->dir & 1) ^ is_answer], event->key.family);
}

static void on_dns(void *ctx, const struct fb_event *event, bool is_answer, const uint8_t *message,
		   size_t len)
{
	struct fb_samples *samples = ctx;
	const struct fb_source source = client_of(event, is_answer);
	const size_t size = fb_dnslog_size(len);
	struct fb_dnslog_entry *entry;
	uint64_t flow;

	if (!samples->dns_bytes.limit)
		return;
	flow = fb_table_speaker(samples->table, event->slot, event->generation, !is_answer);
	if (!flow)
		return;
	if (!samples->dns && (samples->dns = malloc(sizeof(*samples->dns))))
		samples->dns->used = 0;
	if (!samples->dns || samples->dns->used + size > FB_DNSLOG_BYTES ||
	    !fb_ration_may(&samples->dns_bytes, &source, 1)) {
		samples->dns_untold++;
		return;
	}
	fb_ration_take(&samples->dns_bytes, &source, size);
	entry = (void *)(samples->dns->entries + samples->dns->used);
	samples->dns->used += (uint32_t)size;
	entry->flow = flow;
	entry->time = event->time;
	entry->len = (uint32_t)len;
	memcpy(entry->message, message, len);
}

struct fb_dnslog *fb_samples_take_dns(struct fb_samples *samples)
{
	fb_ration_reset(&samples->dns_bytes);
	return TAKE_PTR(samples->dns);
}

int fb_samples_init(struct fb_samples *samples, struct fb_table *table, struct fb_rowmap *rows,
		    struct fb_pipeline *pipeline, uint64_t ns_per_second, bool dns)
{
	static const struct fb_inspect_ops ops = {
		.hello = on_hello, .addr = on_addr, .answer = on_answer, .dns = on_dns};
	const struct fb_inspect_opts opts = {.ns_per_second = ns_per_second};

	*samples = (struct fb_samples){.table = table, .rows = rows, .pipeline = pipeline};
	samples->dns_bytes.limit = dns ? FB_DNSLOG_BYTES : 0;
	return fb_inspect_new(&opts, &ops, samples, &samples->inspect);
}

void fb_samples_fini(struct fb_samples *samples)
{
	fb_inspect_free(samples->inspect);
	samples->inspect = NULL;
	free(TAKE_PTR(samples->dns));
}

/* An ICMP error counts to its own flow, and is told to the one that it quotes. */
static void feed_icmp(struct fb_samples *samples, const struct fb_event *event,
		      const uint8_t *payload)
{
	struct fb_icmp_quote quote;
	struct fb_samples_quote *kept;

	if (fb_icmp_quote_parse(payload, event->caplen, event->key.family, &quote) < 0)
		return;
	if (samples->n_quotes == FB_SAMPLES_QUOTES) {
		samples->quotes_lost++;
		return;
	}
	kept = &samples->quote[samples->n_quotes++];
	*kept = (struct fb_samples_quote){
		.tuple = {.port = {quote.sport, quote.dport},
			  .proto = quote.proto,
			  .family = quote.family},
		.seq = quote.seq,
		.type = quote.type,
		.code = quote.code,
	};
	memcpy(kept->tuple.addr[0], quote.src, 16);
	memcpy(kept->tuple.addr[1], quote.dst, 16);
}

/* By now the scan has told of every flow that an error could quote. */
static void link_quotes(struct fb_samples *samples)
{
	for (unsigned int i = 0; i < samples->n_quotes; i++) {
		const struct fb_samples_quote *quote = &samples->quote[i];

		samples->quotes_lost +=
			fb_table_icmp_error(samples->table, &quote->tuple, quote->seq, quote->type,
					    quote->code) < 0;
	}
	samples->n_quotes = 0;
}

static struct fb_inspect_pkt packet_of(const struct fb_samples *samples,
				       const struct fb_event *event, const uint8_t *payload)
{
	const struct fb_row *row = &samples->rows->row[event->slot];

	return (struct fb_inspect_pkt){
		.event = event,
		.payload = payload,
		.has_base = row->opener_by == FB_OPENER_SYN && row->opener == event->dir,
		.base = row->isn + 1,
		.answered = row->packets[0] && row->packets[1],
	};
}

static bool is_icmp(const struct fb_event *event)
{
	return event->key.proto == IPPROTO_ICMP || event->key.proto == IPPROTO_ICMPV6;
}

/* The kernel half need not sample the flow any more. */
static void end_sampling(struct fb_samples *samples, const struct fb_event *event)
{
	struct fb_row *row = &samples->rows->row[event->slot];

	if (row->generation == event->generation)
		__atomic_fetch_or(&row->inspect, FB_INSPECT_DONE, __ATOMIC_RELAXED);
}

bool fb_samples_is_late(const struct fb_samples *samples, const struct fb_event *event)
{
	const uint8_t ends = FB_INSPECT_END0 | FB_INSPECT_END1;
	const struct fb_row *row = &samples->rows->row[event->slot];
	const uint8_t inspect = __atomic_load_n(&row->inspect, __ATOMIC_RELAXED);

	/* with both ends it may be the kernel half that has enough: what it sent before is wanted
	 */
	return row->generation == event->generation && inspect & FB_INSPECT_DONE &&
	       (inspect & ends) != ends;
}

bool fb_samples_may(struct fb_samples *samples, const struct fb_event *event)
{
	const struct fb_inspect_pkt pkt = packet_of(samples, event, NULL);

	if (is_icmp(event) || fb_inspect_may(samples->inspect, &pkt))
		return true;
	/* a stream with a hole tells nothing: the rest of it need not be sampled */
	if (event->key.proto == IPPROTO_TCP)
		end_sampling(samples, event);
	return false;
}

void fb_samples_feed(struct fb_samples *samples, const struct fb_event *event,
		     const uint8_t *payload)
{
	const struct fb_inspect_pkt pkt = packet_of(samples, event, payload);

	if (is_icmp(event))
		feed_icmp(samples, event, payload);
	else if (fb_inspect_feed(samples->inspect, &pkt) == FB_INSPECT_VERDICT_END)
		end_sampling(samples, event);
}

void fb_samples_charge(struct fb_samples *samples, uint64_t ns)
{
	fb_inspect_charge(samples->inspect, ns);
}

void fb_samples_tick(struct fb_samples *samples, uint64_t now_ns)
{
	link_quotes(samples);
	fb_inspect_tick(samples->inspect, now_ns);
}

void fb_samples_counters(const struct fb_samples *samples, fb_counter_fn add, void *ctx)
{
	struct fb_inspect_counters inspect;

	fb_inspect_counters(samples->inspect, &inspect);
#define X(name, loss, help) add(ctx, #name, help, inspect.name, loss);
	FB_INSPECT_COUNTERS(X)
#undef X
	add(ctx, "icmp_errors_unlinked", "ICMP errors that quote no known flow",
	    samples->quotes_lost, false);
	add(ctx, "names_failed", "names found in user space that fb_names had no room for",
	    samples->names_failed, true);
	add(ctx, "dns_untold", "DNS messages that exporters were not told: too many in one tick",
	    samples->dns_untold, true);
}
