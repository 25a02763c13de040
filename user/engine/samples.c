/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples in; names out to all who keep them. */
#include "engine/samples.h"

#include <netinet/in.h>
#include <string.h>

#include "proto/icmp.h"

/* Names that payload told go to fb_names too: `bpftool map dump` shows them however found. */
static void write_back(struct fb_hello *hello, const struct fb_event *event,
		       const struct fb_hello_fact *fact)
{
	struct fb_row *row = &hello->rows->row[event->slot];
	struct fb_name name = {
		.generation = event->generation,
		.source = fact->name_source,
		.len = (uint8_t)fact->name_len,
		.escaped = 1,
	};

	if (!fact->name || fact->name_source == FB_NAME_DNS)
		return;
	memcpy(name.name, fact->name, fact->name_len);
	if (fb_names_put(hello->rows, &event->key, &name) < 0)
		hello->names_failed++;
	else if (row->generation == event->generation)
		__atomic_fetch_or(&row->state, FB_ROW_NAMED, __ATOMIC_RELAXED);
}

static void on_hello(void *ctx, const struct fb_event *event, const struct fb_hello_fact *fact)
{
	struct fb_hello *hello = ctx;

	if (fb_table_hello(hello->table, event->slot, event->generation, fact) == 0)
		write_back(hello, event, fact);
}

static void on_addr(void *ctx, const struct fb_addr_fact *fact)
{
	struct fb_hello *hello = ctx;

	fb_namecache_add(hello->describe->names, fact);
}

int fb_hello_init(struct fb_hello *hello, struct fb_table *table, struct fb_rows *rows,
		  struct fb_describe *describe)
{
	static const struct fb_inspect_ops ops = {.hello = on_hello, .addr = on_addr};
	const struct fb_inspect_opts opts = {0};

	*hello = (struct fb_hello){.table = table, .rows = rows, .describe = describe};
	return fb_inspect_new(&opts, &ops, hello, &hello->inspect);
}

void fb_hello_fini(struct fb_hello *hello)
{
	fb_inspect_free(hello->inspect);
	hello->inspect = NULL;
}

/* An ICMP error counts to its own flow, and is told to the one that it quotes. */
static void feed_icmp(struct fb_hello *hello, const struct fb_event *event, const uint8_t *payload)
{
	struct fb_icmp_quote quote;
	struct fb_hello_quote *kept;

	if (fb_icmp_quote_parse(payload, event->caplen, event->key.family, &quote) < 0)
		return;
	if (hello->n_quotes == FB_HELLO_QUOTES) {
		hello->quotes_lost++;
		return;
	}
	kept = &hello->quote[hello->n_quotes++];
	*kept = (struct fb_hello_quote){
		.tuple = {.port = {quote.sport, quote.dport},
			  .proto = quote.proto,
			  .family = quote.family},
		.type = quote.type,
		.code = quote.code,
	};
	memcpy(kept->tuple.addr[0], quote.src, 16);
	memcpy(kept->tuple.addr[1], quote.dst, 16);
}

/* By now the scan has told of every flow that an error could quote. */
static void link_quotes(struct fb_hello *hello)
{
	for (unsigned int i = 0; i < hello->n_quotes; i++) {
		const struct fb_hello_quote *quote = &hello->quote[i];

		hello->quotes_lost += fb_table_icmp_error(hello->table, &quote->tuple, quote->type,
							  quote->code) < 0;
	}
	hello->n_quotes = 0;
}

void fb_hello_feed(struct fb_hello *hello, const struct fb_event *event, const uint8_t *payload)
{
	struct fb_row *row = &hello->rows->row[event->slot];
	const bool opens = row->opener_by == FB_OPENER_SYN && row->opener == event->dir;
	const struct fb_inspect_pkt pkt = {
		.event = event,
		.payload = payload,
		.has_base = opens,
		.base = row->isn + 1,
	};

	if (event->key.proto == IPPROTO_ICMP || event->key.proto == IPPROTO_ICMPV6)
		feed_icmp(hello, event, payload);
	else if (fb_inspect_feed(hello->inspect, &pkt) == FB_INSPECT_VERDICT_END &&
		 row->generation == event->generation)
		__atomic_fetch_or(&row->inspect, FB_INSPECT_DONE, __ATOMIC_RELAXED);
}

void fb_hello_tick(struct fb_hello *hello, uint64_t now_ns)
{
	link_quotes(hello);
	fb_inspect_tick(hello->inspect, now_ns);
}

void fb_hello_counters(const struct fb_hello *hello,
		       void (*add)(struct fb_status *status, const char *name, const char *help,
				   uint64_t value, bool loss),
		       struct fb_status *status)
{
	struct fb_inspect_counters inspect;
	struct fb_namecache_counters names;

	fb_inspect_counters(hello->inspect, &inspect);
	fb_namecache_counters(hello->describe->names, &names);
#define X(name, loss, help) add(status, #name, help, inspect.name, loss);
	FB_INSPECT_COUNTERS(X)
#undef X
#define X(name, loss, help) add(status, #name, help, names.name, loss);
	FB_NAMECACHE_COUNTERS(X)
#undef X
	add(status, "icmp_errors_unlinked", "ICMP errors that quote no known flow",
	    hello->quotes_lost, false);
	add(status, "names_failed", "names found in user space that fb_names had no room for",
	    hello->names_failed, true);
}
