/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which end of a row is the client. A SYN tells; of a connection that is older than we are, and of
 * datagrams, the best of some hints does: whoever was heard first is chance, so it comes last.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "proto/icmp.h"
#include "table/table_priv.h"

/* Clients have their ports from here on: Linux takes 32768 and up, IANA's range lies within. */
#define EPHEMERAL 32768

/* An echo reply, or the like: what was seen first is the answer. */
static bool icmp_is_reply(const struct fb_row *row)
{
	const uint8_t proto = row->key.proto;

	return (proto == IPPROTO_ICMP && fb_icmp_is_reply(4, row->icmp_type)) ||
	       (proto == IPPROTO_ICMPV6 && fb_icmp_is_reply(6, row->icmp_type));
}

int fb_table_listener(struct fb_table *table, const struct fb_listener_fact *fact)
{
	if (table->n_listeners == FB_LISTENERS_MAX) {
		table->counters.listeners_full++;
		return -ENOSPC;
	}
	table->listener[table->n_listeners++] = *fact;
	return 0;
}

static bool is_heard_on(struct fb_table *table, const struct fb_tuple *tuple, int end)
{
	static const uint8_t any4[16] = {[10] = 0xff, [11] = 0xff}, any6[16] = {0};

	for (unsigned int i = 0; i < table->n_listeners; i++) {
		const struct fb_listener_fact *fact = &table->listener[i];

		if (fact->port != tuple->port[end] || fact->proto != tuple->proto)
			continue;
		if (!memcmp(fact->addr, tuple->addr[end], 16))
			return true;
		if ((!memcmp(fact->addr, any6, 16) || !memcmp(fact->addr, any4, 16)) &&
		    (fact->family == tuple->family || fact->family == FB_IPV6))
			return fb_table_is_own(table, tuple->addr[end], tuple->family);
	}
	return false;
}

static bool is_service(struct fb_table *table, const struct fb_tuple *tuple, int end)
{
	return table->ops && table->ops->is_service &&
	       table->ops->is_service(tuple->proto, tuple->port[end]);
}

static bool is_fixed(struct fb_table *table, const struct fb_tuple *tuple, int end)
{
	(void)table;
	return tuple->port[end] < EPHEMERAL;
}

/* Of TCP, whose SYN was missed: elsewhere, who was seen first most likely asked. */
static bool is_lower(struct fb_table *table, const struct fb_tuple *tuple, int end)
{
	(void)table;
	return tuple->proto == IPPROTO_TCP && tuple->port[end] < tuple->port[!end];
}

/* Best first; what says the same of both ends says nothing. Conntrack stands after the first. */
static const struct {
	bool (*is_server)(struct fb_table *table, const struct fb_tuple *tuple, int end);
	enum fb_client_by by;
} hints[] = {
	{is_heard_on, FB_CLIENT_LISTENER},
	{is_service, FB_CLIENT_SERVICE},
	{is_fixed, FB_CLIENT_EPHEMERAL},
	{is_lower, FB_CLIENT_PORT},
};

/* A group or everybody: it answers from nowhere. */
static bool is_group(const struct fb_tuple *tuple, int end)
{
	const uint8_t *addr = tuple->addr[end];

	if (tuple->family == FB_IPV6)
		return addr[0] == 0xff;
	return addr[12] >= 224 && (addr[12] < 240 || !memcmp(addr + 12, "\xff\xff\xff\xff", 4));
}

int fb_table_client_of(struct fb_table *table, const struct fb_row *row,
		       const struct fb_tuple *tuple, uint8_t *ret_by)
{
	const int first = row->opener & 1;

	*ret_by = row->opener_by == FB_OPENER_SYN ? FB_CLIENT_SYN : FB_CLIENT_FIRST;
	if (*ret_by == FB_CLIENT_SYN)
		return first;
	if (tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6)
		return icmp_is_reply(row) ? !first : first;
	if (is_group(tuple, !first) || !tuple->port[0] || !tuple->port[1])
		return first;
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		const bool low = hints[i].is_server(table, tuple, 0);

		if (low == hints[i].is_server(table, tuple, 1))
			continue;
		*ret_by = (uint8_t)hints[i].by;
		return low;
	}
	return first;
}

bool fb_table_better_client(struct fb_table *table, uint32_t number, bool faces, uint8_t by)
{
	struct fb_flow *flow;

	if (by <= fb_store_flow(&table->store, number)->client_by)
		return false;
	flow = fb_store_edit(&table->store, number);
	if (!flow)
		return false;
	if (!faces)
		fb_table_swap_ends(table, number);
	flow->client_by = by;
	return !faces;
}
