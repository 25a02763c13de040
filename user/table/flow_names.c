/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of a flow: the best source first, one name of each source. */
#include <errno.h>
#include <string.h>

#include "table/table_priv.h"

/* One takes the other's place: a host has one name, wherever it is from. */
static bool replaces(const struct fb_flow_name *name, const struct fb_flow_name *old)
{
	return old->source == name->source ||
	       (fb_name_is_of_host(old->source) && fb_name_is_of_host(name->source));
}

/* The list with `name` in its place (one without a text only leaves), those it replaces left out.
 */
static unsigned int merge_names(const struct fb_flow_names *old, const struct fb_flow_name *name,
				struct fb_flow_name list[static FB_FLOW_NAMES + 1])
{
	unsigned int n = 0;
	bool placed = !name->text;

	for (unsigned int i = 0; old && i < old->n; i++) {
		if (replaces(name, &old->name[i]))
			continue;
		if (!placed && fb_name_rank(name->source) <= fb_name_rank(old->name[i].source)) {
			list[n++] = *name;
			placed = true;
		}
		list[n++] = old->name[i];
	}
	if (!placed)
		list[n++] = *name;
	return n < FB_FLOW_NAMES ? n : FB_FLOW_NAMES;
}

static struct fb_flow_names *build_names(struct fb_store *store, const struct fb_flow_name *list,
					 unsigned int n)
{
	size_t size = sizeof(struct fb_flow_names) + n * sizeof(*list);
	struct fb_flow_names *names;
	char *text;

	for (unsigned int i = 0; i < n; i++)
		size += list[i].len + 1u;
	names = fb_store_side(store, size);
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

static int set_names(struct fb_table *table, struct fb_flow *flow, const struct fb_flow_name *name)
{
	struct fb_flow_name list[FB_FLOW_NAMES + 1];
	const unsigned int n = merge_names(flow->names, name, list);
	struct fb_flow_names *names = n ? build_names(&table->store, list, n) : NULL;

	if (n && !names) {
		table->counters.no_memory++;
		return -ENOMEM;
	}
	fb_store_retire(&table->store, flow->names, 0);
	flow->names = names;
	return 0;
}

bool fb_table_has_name(const struct fb_flow *flow, const struct fb_flow_name *name)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++) {
		const struct fb_flow_name *old = &flow->names->name[i];

		if (old->source == name->source && old->len == name->len &&
		    !memcmp(old->text, name->text, name->len) &&
		    (old->flags | name->flags) == old->flags)
			return true;
	}
	return false;
}

int fb_table_add_name(struct fb_table *table, struct fb_flow *flow, const struct fb_flow_name *name)
{
	if (fb_table_has_name(flow, name))
		return 0;
	return set_names(table, flow, name);
}

/* What the server is called; NULL: nothing. */
static const struct fb_flow_name *dst_host(const struct fb_flow *flow)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		if (fb_name_is_of_host(flow->names->name[i].source))
			return &flow->names->name[i];
	return NULL;
}

bool fb_table_is_dst_host(const struct fb_flow *flow, const struct fb_flow_name *name)
{
	const struct fb_flow_name *old = dst_host(flow);

	/* what lookups on the link ask for stands among the names, and is no host's own */
	if (flow->l7 == FB_L7_MDNS || !old || !name->text)
		return flow->l7 == FB_L7_MDNS || (!old && !name->text);
	return old->source == name->source && !strcmp(old->text, name->text);
}

void fb_table_set_dst_host(struct fb_table *table, struct fb_flow *flow,
			   const struct fb_flow_name *name)
{
	struct fb_flow_name host = *name;

	if (fb_table_is_dst_host(flow, name))
		return;
	if (!host.text)
		host.source = FB_NAME_DHCP; /* in whose place nothing comes */
	set_names(table, flow, &host);
}

/* Add flags to the best name that the connection itself told. */
void fb_table_flag_name(struct fb_table *table, struct fb_flow *flow, uint8_t flags)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++) {
		struct fb_flow_name name = flow->names->name[i];

		if (name.source != FB_NAME_SNI && name.source != FB_NAME_QUIC &&
		    name.source != FB_NAME_HTTP)
			continue;
		name.flags |= flags;
		fb_table_add_name(table, flow, &name);
		return;
	}
}
