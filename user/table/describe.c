/* SPDX-License-Identifier: BSD-2-Clause */
/* What is derived of a flow: where this host stands in it, and what the enrichers say. */
#include <errno.h>
#include <string.h>

#include "flow/devicelist.h"
#include "table/table_priv.h"

#define AGAIN_MAX 65536 /* flows described again in one tick */

static struct fb_own_addr *find_own(struct fb_table *table, const uint8_t addr[static 16],
				    uint8_t family)
{
	for (unsigned int i = 0; i < table->n_own; i++)
		if (table->own[i].family == family && !memcmp(table->own[i].addr, addr, 16))
			return &table->own[i];
	return NULL;
}

int fb_table_own_addr(struct fb_table *table, const uint8_t addr[static 16], uint8_t family,
		      bool gone)
{
	struct fb_own_addr *own = find_own(table, addr, family);

	if (gone) {
		if (own && --own->count == 0)
			*own = table->own[--table->n_own];
		return 0;
	}
	if (own) {
		own->count++;
		return 0;
	}
	if (table->n_own == FB_OWN_MAX) {
		table->counters.own_addrs_full++;
		return -ENOSPC;
	}
	own = &table->own[table->n_own++];
	memcpy(own->addr, addr, 16);
	own->family = family;
	own->count = 1;
	return 0;
}

void fb_table_own_addrs(const struct fb_table *table,
			void (*fn)(void *ctx, const uint8_t addr[static 16], uint8_t family),
			void *ctx)
{
	for (unsigned int i = 0; i < table->n_own; i++)
		fn(ctx, table->own[i].addr, table->own[i].family);
}

bool fb_table_is_own(struct fb_table *table, const uint8_t addr[static 16], uint8_t family)
{
	/* 127.0.0.0/8 is ours as a whole. */
	return (family == FB_IPV4 && addr[12] == 127) || find_own(table, addr, family);
}

bool fb_table_owns_once(struct fb_table *table, const uint8_t addr[static 16], uint8_t family)
{
	const struct fb_own_addr *own = find_own(table, addr, family);

	return own && own->count == 1;
}

static enum fb_direction direction_of(struct fb_table *table, const struct fb_flow *flow)
{
	const struct fb_flow_nat *nat = flow->nat;
	bool src = fb_table_is_own(table, flow->src, flow->family);
	bool dst = fb_table_is_own(table, flow->dst, flow->family);

	/* A translated server is where the connection really ends. */
	if (nat && nat->dst_family)
		dst = fb_table_is_own(table, nat->dst, nat->dst_family);
	return src && dst ? FB_DIRECTION_LOCAL
	       : src	  ? FB_DIRECTION_OUT
	       : dst	  ? FB_DIRECTION_IN
			  : FB_DIRECTION_FORWARD;
}

static bool is_src_host(const struct fb_flow *flow, const struct fb_flow_name *name)
{
	if (!flow->src_host || !name->text)
		return !flow->src_host && !name->text;
	return flow->src_host->source == name->source && !strcmp(flow->src_host->text, name->text);
}

/* A flow has its own copy: hosts change their names while snapshots still show the old one. */
static void take_src_host(struct fb_table *table, struct fb_flow *flow,
			  const struct fb_flow_name *name)
{
	const size_t len = name->text ? strlen(name->text) : 0;
	struct fb_flow_name *copy = NULL;

	if (is_src_host(flow, name))
		return;
	if (len) {
		copy = fb_store_side(&table->store, sizeof(*copy) + len + 1);
		if (!copy) {
			table->counters.no_memory++;
			return;
		}
		*copy = *name;
		copy->text = memcpy(copy + 1, name->text, len + 1);
	}
	fb_store_retire(&table->store, flow->src_host, 0);
	flow->src_host = copy;
}

static struct fb_flow_name dns_name_of(const struct fb_flow_facts *facts)
{
	return (struct fb_flow_name){
		.time = facts->dns_time,
		.text = facts->dns_name,
		.len = (uint8_t)strnlen(facts->dns_name, FB_NAME_MAX),
		.source = facts->dns_source ? facts->dns_source : FB_NAME_DNS,
		.flags = facts->dns_flags,
	};
}

static bool is_dns_news(const struct fb_flow *flow, const struct fb_flow_facts *facts)
{
	struct fb_flow_name name;

	if (!facts->dns_name || !facts->dns_name[0])
		return false;
	name = dns_name_of(facts);
	return !fb_table_has_name(flow, &name);
}

static void take_names(struct fb_table *table, struct fb_flow *flow,
		       const struct fb_flow_facts *facts)
{
	if (facts->name_flags)
		fb_table_flag_name(table, flow, facts->name_flags);
	if (is_dns_news(flow, facts)) {
		const struct fb_flow_name name = dns_name_of(facts);

		fb_table_add_name(table, flow, &name);
	}
}

/* The client's first packet came in from the wire there. */
static bool came_in(const struct fb_flow *flow)
{
	return flow->links ? flow->links->link[0].packets[FB_HOOK_INGRESS][FB_UP] > 0
			   : flow->hook[FB_UP] == 1 + FB_HOOK_INGRESS;
}

/* Who comes in by another way than his network's is not inside, whatever he says. */
static uint8_t scope_of(const struct fb_table *table, const struct fb_flow *flow, uint8_t scope)
{
	const struct fb_where lane = {.link = flow->link, .vlan = {flow->vlan[0], flow->vlan[1]}};

	if ((scope != FB_SCOPE_INTERNAL && scope != FB_SCOPE_INTERNAL_EXTERNAL) || !came_in(flow) ||
	    !fb_wiring_elsewhere(&table->wiring, &lane, flow->src, flow->family))
		return scope;
	return scope == FB_SCOPE_INTERNAL ? FB_SCOPE_EXTERNAL_INTERNAL : FB_SCOPE_EXTERNAL;
}

static bool is_news(const struct fb_flow *flow, const struct fb_flow_facts *facts,
		    enum fb_direction direction)
{
	return flow->direction != direction || flow->scope != facts->scope ||
	       flow->service != facts->service || flow->src_place != facts->src_place ||
	       flow->dst_place != facts->dst_place || flow->src_device != facts->src_device ||
	       flow->dst_device != facts->dst_device || flow->hits != facts->hits ||
	       facts->name_flags || is_dns_news(flow, facts) ||
	       (facts->hosts_told && (!is_src_host(flow, &facts->src_host) ||
				      !fb_table_is_dst_host(flow, &facts->dst_host)));
}

/* Most of what is said again is known: then the flow's chunk is not copied. */
static void describe(struct fb_table *table, uint32_t number, unsigned int which)
{
	const struct fb_flow *now = fb_store_flow(&table->store, number);
	const enum fb_direction direction = direction_of(table, now);
	struct fb_flow_facts facts = {.scope = now->scope,
				      .service = now->service,
				      .src_place = now->src_place,
				      .dst_place = now->dst_place,
				      .src_device = now->src_device,
				      .dst_device = now->dst_device,
				      .hits = now->hits};
	struct fb_flow *flow;

	if (table->ops && table->ops->describe)
		table->ops->describe(table->ctx, now, which, &facts);
	facts.scope = scope_of(table, now, facts.scope);
	if (!is_news(now, &facts, direction))
		return;
	flow = fb_store_edit(&table->store, number);
	if (!flow) {
		table->counters.no_memory++;
		return;
	}
	flow->direction = (uint8_t)direction;
	flow->scope = facts.scope;
	flow->service = facts.service;
	flow->src_place = facts.src_place;
	flow->dst_place = facts.dst_place;
	flow->src_device = facts.src_device & FB_DEVICE_NUMBER;
	flow->dst_device = facts.dst_device & FB_DEVICE_NUMBER;
	flow->hits = facts.hits;
	if (facts.hosts_told) {
		take_src_host(table, flow, &facts.src_host);
		fb_table_set_dst_host(table, flow, &facts.dst_host);
	}
	take_names(table, flow, &facts);
}

void fb_table_describe(struct fb_table *table, uint32_t number)
{
	describe(table, number, FB_DESCRIBE_ALL);
	fb_table_find_owner(table, number);
}

void fb_table_describe_later(struct fb_table *table, uint32_t number)
{
	if (table->priv[number].undescribed)
		return;
	table->priv[number].undescribed = true;
	table->undescribed[table->n_undescribed++] = number;
}

void fb_table_describe_new(struct fb_table *table, uint32_t max)
{
	const uint32_t n = table->n_undescribed < max ? table->n_undescribed : max;

	for (uint32_t i = 0; i < n; i++) {
		const uint32_t number = table->undescribed[i];

		table->priv[number].undescribed = false;
		if (fb_store_flow(&table->store, number)->id)
			fb_table_describe(table, number);
	}
	table->n_undescribed -= n;
	memmove(table->undescribed, table->undescribed + n,
		table->n_undescribed * sizeof(*table->undescribed));
}

void fb_table_describe_again(struct fb_table *table, unsigned int which)
{
	table->again |= which;
	table->again_left = which ? table->store.n : table->again_left;
}

void fb_table_describe_some(struct fb_table *table)
{
	uint32_t n = table->again_left < AGAIN_MAX ? table->again_left : AGAIN_MAX;

	table->again_left -= n;
	while (n--) {
		if (table->again_next >= table->store.n)
			table->again_next = 0;
		if (fb_store_flow(&table->store, table->again_next)->id)
			describe(table, table->again_next, table->again);
		table->again_next++;
	}
	if (!table->again_left)
		table->again = 0;
}
