/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of a flow: the best source first, one name of each source. */
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
