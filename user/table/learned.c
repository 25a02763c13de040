/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and hello facts to flows: the best source first, one name of each source. */
#include <netinet/in.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table/table_priv.h"

/* The lower, the better: what the client said of this connection beats what is known of the
 * address; the outer name of an ECH hello is nobody's destination. */
static const uint8_t rank[] = {
	[FB_NAME_NONE] = 99, [FB_NAME_SNI] = 1, [FB_NAME_QUIC] = 1, [FB_NAME_ECH] = 4,
	[FB_NAME_HTTP] = 2,  [FB_NAME_DNS] = 3, [FB_NAME_DHCP] = 5, [FB_NAME_MDNS] = 6,
};

static unsigned int rank_of(uint8_t source)
{
	return source < sizeof(rank) ? rank[source] : 99;
}

/* The list with `name` in its place, older ones of the same source left out. */
static unsigned int merge_names(const struct fb_flow_names *old, const struct fb_flow_name *name,
				struct fb_flow_name list[static FB_FLOW_NAMES + 1])
{
	unsigned int n = 0;
	bool placed = false;

	for (unsigned int i = 0; old && i < old->n; i++) {
		if (old->name[i].source == name->source)
			continue;
		if (!placed && rank_of(name->source) <= rank_of(old->name[i].source)) {
			list[n++] = *name;
			placed = true;
		}
		list[n++] = old->name[i];
	}
	if (!placed)
		list[n++] = *name;
	return n < FB_FLOW_NAMES ? n : FB_FLOW_NAMES;
}

static struct fb_flow_names *build_names(const struct fb_flow_name *list, unsigned int n)
{
	size_t size = sizeof(struct fb_flow_names) + n * sizeof(*list);
	struct fb_flow_names *names;
	char *text;

	for (unsigned int i = 0; i < n; i++)
		size += list[i].len + 1u;
	names = malloc(size);
	if (!names)
		return NULL;
	names->n = n;
	text = (char *)&names->name[n];
	for (unsigned int i = 0; i < n; i++) {
		names->name[i] = list[i];
		names->name[i].text = text;
		memcpy(text, list[i].text, list[i].len);
		text[list[i].len] = '\0';
		text += list[i].len + 1;
	}
	return names;
}

int fb_table_add_name(struct fb_table *table, struct fb_flow *flow, const struct fb_flow_name *name)
{
	struct fb_flow_name list[FB_FLOW_NAMES + 1];
	struct fb_flow_names *names;

	for (unsigned int i = 0; flow->names && i < flow->names->n; i++) {
		const struct fb_flow_name *old = &flow->names->name[i];

		if (old->source == name->source && old->len == name->len &&
		    !memcmp(old->text, name->text, name->len) &&
		    (old->flags | name->flags) == old->flags)
			return 0;
	}
	names = build_names(list, merge_names(flow->names, name, list));
	if (!names) {
		table->counters.no_memory++;
		return -ENOMEM;
	}
	fb_store_retire(&table->store, flow->names, 0);
	flow->names = names;
	return 0;
}

/* Add flags to the best name that the connection itself told. */
void fb_table_flag_name(struct fb_table *table, struct fb_flow *flow, uint8_t flags)
{
	struct fb_flow_name name;

	if (!flow->names || rank_of(flow->names->name[0].source) > rank[FB_NAME_HTTP])
		return;
	name = flow->names->name[0];
	name.flags |= flags;
	fb_table_add_name(table, flow, &name);
}

static void merge_tls(struct fb_flow_tls *tls, const struct fb_flow_tls *fact)
{
	/* What the server chose stands against what the client offers. */
	if (fact->version && (fact->answered || !tls->answered))
		tls->version = fact->version;
	if (fact->group && (fact->answered || !tls->answered))
		tls->group = fact->group;
	if (fact->cipher)
		tls->cipher = fact->cipher;
	tls->answered |= fact->answered;
	tls->ech |= fact->ech;
	tls->esni |= fact->esni;
	if (fact->offered)
		tls->offered = fact->offered;
	if (fact->n_groups > 0) {
		tls->n_groups = fact->n_groups;
		memcpy(tls->groups, fact->groups, sizeof(tls->groups));
	}
	if (fact->ja4[0])
		memcpy(tls->ja4, fact->ja4, sizeof(tls->ja4));
}

static void add_tls(struct fb_table *table, struct fb_flow *flow, const struct fb_flow_tls *fact)
{
	const struct fb_flow_tls *offer = fact->alpn_len || !flow->tls ? fact : flow->tls;
	struct fb_flow_tls *tls = calloc(1, sizeof(*tls) + offer->alpn_len);

	if (!tls) {
		table->counters.no_memory++;
		return;
	}
	if (flow->tls)
		*tls = *flow->tls;
	merge_tls(tls, fact);
	tls->alpn_len = offer->alpn_len;
	tls->alpn = memcpy(tls + 1, offer->alpn_len ? offer->alpn : "", offer->alpn_len);
	fb_store_retire(&table->store, flow->tls, 0);
	flow->tls = tls;
}

static int hello_name(struct fb_table *table, struct fb_flow *flow,
		      const struct fb_hello_fact *fact)
{
	struct fb_flow_name name = {
		.time = fact->time,
		.text = fact->name,
		.source = fact->name_source,
		.flags = fact->name_flags,
	};

	if (!fact->name_len || fact->name_len > FB_NAME_MAX ||
	    memchr(fact->name, '\0', fact->name_len)) {
		table->counters.names_refused++;
		return -EINVAL;
	}
	name.len = (uint8_t)fact->name_len;
	return fb_table_add_name(table, flow, &name);
}

int fb_table_hello(struct fb_table *table, uint32_t slot, uint32_t generation,
		   const struct fb_hello_fact *fact)
{
	struct fb_track *track = slot < table->opts.max_rows ? &table->track[slot] : NULL;
	struct fb_flow *flow;
	uint32_t number;
	int r = 0;

	if (!track || !track->used || track->generation != generation || track->flow == FB_NONE) {
		table->counters.rows_stale++;
		return -ESTALE;
	}
	number = track->flow;
	flow = fb_store_edit(&table->store, number);
	if (!flow) {
		table->counters.no_memory++;
		return -ENOMEM;
	}
	if (fact->client >= 0) {
		if (track->client != (fact->client & 1) &&
		    !(flow->flags & (FB_FLOW_CLIENT_SYN | FB_FLOW_CLIENT_CT)))
			fb_table_swap_ends(table, number);
		flow->flags |= FB_FLOW_CLIENT_HELLO;
	}
	if (fact->l7)
		flow->l7 = fact->l7;
	if (fact->pq_offered)
		flow->flags |= FB_FLOW_PQ_OFFERED;
	if (fact->tls)
		add_tls(table, flow, fact->tls);
	if (fact->name)
		r = hello_name(table, flow, fact);
	if (fact->tls && fact->tls->answered)
		fb_table_flag_name(table, flow, FB_NAME_FLAG_CONFIRMED);
	fb_table_touch(table, number);
	fb_table_describe(table, number);
	return r;
}

int fb_table_icmp_error(struct fb_table *table, const struct fb_tuple *quoted, uint8_t type,
			uint8_t code)
{
	const uint32_t ct = fb_ctab_match(&table->ctab, quoted);
	uint32_t number = fb_table_find(table, quoted);
	struct fb_flow *flow;

	if (number == FB_NONE && ct != FB_NONE)
		number = table->ctab.entry[ct].flow;
	flow = number == FB_NONE ? NULL : fb_store_edit(&table->store, number);
	if (!flow || flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6)
		return -ENOENT;
	flow->icmp_type = type;
	flow->icmp_code = code;
	flow->flags |= FB_FLOW_ICMP_ERROR;
	table->counters.icmp_errors_linked++;
	return 0;
}
