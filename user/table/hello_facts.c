/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hello told, and the answer to it, to the flow of its row. */
#include <errno.h>
#include <string.h>

#include "table/table_priv.h"

static void merge_tls(struct fb_flow_tls *tls, const struct fb_flow_tls *fact)
{
	/* What the server chose stands against what the client offers. */
	if (fact->version && (fact->answered || !tls->answered))
		tls->version = fact->version;
	if (fact->group && (fact->answered || !tls->answered))
		tls->group = fact->group;
	if (fact->cipher)
		tls->cipher = fact->cipher;
	if (fact->hello_us)
		tls->hello_us = fact->hello_us;
	if (fact->quic_version)
		tls->quic_version = fact->quic_version;
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
	struct fb_flow_tls *tls = fb_store_side(&table->store, sizeof(*tls) + offer->alpn_len);

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
	if (fact->client >= 0)
		fb_table_better_client(table, number, track->client == (fact->client & 1),
				       FB_CLIENT_HELLO);
	if (fact->l7)
		flow->l7 = fact->l7;
	if (fact->pq_offered)
		flow->flags |= FB_FLOW_PQ_OFFERED;
	if (fact->tls)
		add_tls(table, flow, fact->tls);
	if (fact->name) {
		track->asked = 1;
		r = hello_name(table, flow, fact);
	}
	if (fact->tls && fact->tls->answered)
		fb_table_flag_name(table, flow, FB_NAME_FLAG_CONFIRMED);
	fb_table_touch(table, number);
	fb_table_describe_later(table, number);
	return r;
}
