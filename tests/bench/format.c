/* SPDX-License-Identifier: BSD-2-Clause */
// link: sink past format table flow proto util enrich
/*
 * What it costs to write a flow down: the API's object, CSV of all fields, and what exporters send,
 * an event of EVE with its Community ID and a record of IPFIX; in ns of CPU a flow, over flows with
 * conntrack, TLS and two names each. Prints one table.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format/csv.h"
#include "format/object.h"
#include "sink/eve.h"
#include "sink/ipfix.h"
#include "table/table.h"

#define S     1000000000ull
#define FLOWS 20000u
#define RUNS  7

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void make_row(struct fb_row *row, uint32_t i)
{
	*row = (struct fb_row){.state = FB_ROW_LIVE, .generation = 1};
	row->first_seen = 1000 * S + i * 5000ull;
	row->key.family = FB_IPV4;
	row->key.proto = IPPROTO_TCP;
	row->key.lane = 1;
	for (int end = 0; end < 2; end++) {
		uint8_t *addr = row->key.addr[end];

		addr[10] = addr[11] = 0xff;
		addr[12] = end ? 93 : 10;
		addr[13] = (uint8_t)(i >> 16);
		addr[14] = (uint8_t)(i >> 8);
		addr[15] = (uint8_t)i;
	}
	row->key.port[0] = (uint16_t)(1024 + i % 60000);
	row->key.port[1] = 443;
	row->packets[0] = 30 + i % 9;
	row->packets[1] = 21 + i % 7;
	row->bytes[0] = 300 + i % 1000;
	row->bytes[1] = 2000000 + i % 7777;
	row->tcp_flags[0] = row->tcp_flags[1] = 0x12;
	row->sight[0] = 1;
	row->sight[1] = 2;
	row->rtt_ns = 12345678;
	row->opener_by = FB_OPENER_SYN;
}

static void tell(struct fb_table *table, uint32_t slot, const struct fb_row *row)
{
	static const char alpn[] = "h2\0http/1.1";
	const struct fb_flow_tls tls = {.version = 0x0304,
					.group = 0x11ec,
					.cipher = 0x1301,
					.offered = 0x0304,
					.answered = true,
					.n_groups = 3,
					.groups = {0x11ec, 29, 23},
					.alpn = alpn,
					.alpn_len = sizeof(alpn),
					.ja4 = "t13d1516h2_8daaf6152771_02713d6af862"};
	char name[64];
	struct fb_hello_fact hello = {
		.time = S, .name = name, .l7 = FB_L7_TLS, .client = 0, .tls = &tls};
	struct fb_conntrack_fact ct = {.id = 123456 + slot,
				       .status = 0xe,
				       .timeout = 431999,
				       .tcp_state = 3,
				       .has_state = true,
				       .has_tcp = true};

	for (int i = 0; i < 2; i++) {
		hello.name_source = i ? FB_NAME_DNS : FB_NAME_SNI;
		hello.name_len = (size_t)snprintf(name, sizeof(name), "host-%u.%d.example.net",
						  slot % 5000, i);
		fb_table_hello(table, slot, 1, &hello);
	}
	memcpy(ct.orig.addr, row->key.addr, sizeof(ct.orig.addr));
	ct.orig.port[0] = row->key.port[0];
	ct.orig.port[1] = row->key.port[1];
	ct.orig.proto = IPPROTO_TCP;
	ct.orig.family = FB_IPV4;
	for (int end = 0; end < 2; end++) {
		memcpy(ct.reply.addr[end], row->key.addr[!end], 16);
		ct.reply.port[end] = ct.orig.port[!end];
	}
	ct.reply.proto = IPPROTO_TCP;
	ct.reply.family = FB_IPV4;
	fb_table_conntrack(table, FB_CONNTRACK_UPSERT, &ct);
}

static struct fb_snapshot *make_snapshot(struct fb_table **ret_table)
{
	const struct fb_table_opts opts = {.max_rows = FLOWS};
	struct fb_row row;

	if (fb_table_new(&opts, NULL, NULL, ret_table))
		exit(1);
	fb_table_link(*ret_table, 1, "eth0");
	fb_table_tick_begin(*ret_table, 2000 * S, 1700000000000);
	for (uint32_t i = 0; i < FLOWS; i++) {
		make_row(&row, i);
		fb_table_row(*ret_table, i, &row, 1999 * S + i);
		tell(*ret_table, i, &row);
	}
	return fb_table_tick_end(*ret_table);
}

static void write_object(struct fb_buf *buf, const struct fb_flow_at *at)
{
	struct fb_json json;

	fb_json_init(&json, buf);
	fb_flow_write_json(&json, at);
}

static void write_row(struct fb_buf *buf, const struct fb_flow_at *at)
{
	static const struct fb_field *all[FB_FIELD_COUNT];

	for (unsigned int i = 0; !all[0] || i < FB_FIELD_COUNT; i++)
		all[i] = &fb_fields[i];
	fb_csv_row(buf, at, all, FB_FIELD_COUNT);
}

static struct fb_told_part whole(const struct fb_flow_at *at)
{
	return (struct fb_told_part){
		.packets = {at->traffic->packets[0], at->traffic->packets[1]},
		.bytes = {at->traffic->bytes[0], at->traffic->bytes[1]},
		.since_ns = at->flow->first_seen,
		.first = true,
	};
}

static void write_eve(struct fb_buf *buf, const struct fb_flow_at *at)
{
	const struct fb_told_part part = whole(at);

	fb_eve_flow(buf, at, &part, false);
}

/* With what messages take, of as many records as fit into 1,400 bytes. */
static void write_ipfix(struct fb_buf *buf, const struct fb_flow_at *at)
{
	static struct fb_ipfix ipfix;
	const struct fb_told_part part = whole(at);

	if (!ipfix.max)
		fb_ipfix_init(&ipfix, 1, false, FB_IPFIX_DATAGRAM);
	if (fb_ipfix_flow(&ipfix, at, &part, FB_IPFIX_OVER, FB_UP))
		return;
	fb_buf_add(buf, ipfix.message, fb_ipfix_finish(&ipfix, 1));
	fb_ipfix_begin(&ipfix);
	fb_ipfix_flow(&ipfix, at, &part, FB_IPFIX_OVER, FB_UP);
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *what, const struct fb_snapshot *snapshot,
		    void (*write)(struct fb_buf *buf, const struct fb_flow_at *at))
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	double took[RUNS];
	struct fb_flow_at at;

	for (int run = 0; run < RUNS; run++) {
		double from = cpu_s();

		for (uint32_t i = 0; i < snapshot->n; i++) {
			if (i % 64 == 0)
				fb_buf_clear(&buf);
			if (fb_snapshot_at(snapshot, i, &at))
				write(&buf, &at);
		}
		took[run] = (cpu_s() - from) * 1e9 / snapshot->n;
	}
	qsort(took, RUNS, sizeof(*took), by_value);
	printf("%-28s %8.0f ns a flow\n", what, took[RUNS / 2]);
}

int main(void)
{
	struct fb_table *table;
	struct fb_snapshot *snapshot = make_snapshot(&table);

	if (!snapshot)
		return 1;
	measure("flow object, JSON", snapshot, write_object);
	measure("all fields, CSV", snapshot, write_row);
	measure("event of EVE", snapshot, write_eve);
	measure("record of IPFIX", snapshot, write_ipfix);
	fb_snapshot_put(snapshot);
	fb_table_free(table);
	return 0;
}
