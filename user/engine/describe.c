/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow through the enrichers, one after the other. */
#include "engine/describe.h"

#include "enrich/service.h"

/* A resolver's own name would take the place of what it was asked. */
static bool is_asked(const struct fb_flow *flow)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		if (flow->names->name[i].source == FB_NAME_DNS)
			return flow->l7 == FB_L7_DNS;
	return false;
}

/* What its client was told that the server's address is called. */
static void describe_dns(const struct fb_describe *describe, const struct fb_flow *flow,
			 struct fb_flow_facts *facts)
{
	struct fb_namecache_name name;

	if (is_asked(flow) || !fb_namecache_find(describe->names, flow->src, flow->family,
						 flow->dst, flow->family, describe->now_ns, &name))
		return;
	facts->dns_name = name.text;
	facts->dns_time = name.time;
	facts->dns_source = name.source;
}

/* A name that the client claims and no answer it got explains. */
static void describe_doubt(const struct fb_describe *describe, const struct fb_flow *flow,
			   struct fb_flow_facts *facts)
{
	const struct fb_flow_name *name = flow->names ? &flow->names->name[0] : NULL;

	if (!name || (name->source != FB_NAME_SNI && name->source != FB_NAME_QUIC &&
		      name->source != FB_NAME_ECH))
		return;
	/* an outer name is nobody's question; that the address was an answer explains it */
	if (name->source == FB_NAME_ECH && facts->dns_name && facts->dns_source == FB_NAME_DNS)
		return;
	if (fb_namecache_is_unexplained(describe->names, flow->src, flow->family, flow->dst,
					flow->family, name->text, flow->first_seen))
		facts->name_flags |= FB_NAME_FLAG_UNEXPLAINED;
}

static void describe_flow(void *ctx, const struct fb_flow *flow, struct fb_flow_facts *ret_facts)
{
	const struct fb_describe *describe = ctx;

	ret_facts->scope = (uint8_t)fb_scope_of(&describe->scopes, flow);
	ret_facts->service = fb_service_of(flow);
	ret_facts->src_host = fb_namecache_host(describe->names, flow->src, flow->family);
	describe_dns(describe, flow, ret_facts);
	describe_doubt(describe, flow, ret_facts);
}

const struct fb_table_ops fb_describe_ops = {.describe = describe_flow};

int fb_describe_init(struct fb_describe *describe, const struct fb_cidr *internal, unsigned int n)
{
	int r = fb_scope_init(&describe->scopes, internal, n);

	return r < 0 ? r : fb_namecache_new(0, &describe->names);
}

int fb_describe_internal(struct fb_describe *describe, const struct fb_cidr *internal,
			 unsigned int n)
{
	struct fb_scope_list scopes;
	int r = fb_scope_init(&scopes, internal, n);

	if (r == 0)
		describe->scopes = scopes;
	return r;
}

void fb_describe_fini(struct fb_describe *describe)
{
	fb_namecache_free(describe->names);
	describe->names = NULL;
}
