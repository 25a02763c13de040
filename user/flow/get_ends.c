/* SPDX-License-Identifier: BSD-2-Clause */
/* Who speaks with whom: both ends, where they are, and what NAT made of them. */
#include <string.h>

#include "flow/getters.h"
#include "flow/places.h"
#include "util/addr.h"

GET(src_ip)
{
	value->known = true;
	value->addr = FLOW->src;
	value->family = FLOW->family;
}

GET(dst_ip)
{
	value->known = true;
	value->addr = FLOW->dst;
	value->family = FLOW->family;
}

static bool has_ports(const struct fb_flow *flow)
{
	return flow->src_port || flow->dst_port;
}

GET(src_port)
{
	value->known = has_ports(FLOW);
	value->num = FLOW->src_port;
}

GET(dst_port)
{
	value->known = has_ports(FLOW);
	value->num = FLOW->dst_port;
}

GET(src_host)
{
	fb_set_text(value, fb_flow_src_host(FLOW));
}

GET(src_host_from)
{
	const uint8_t source = FLOW->src_host ? FLOW->src_host->source : 0;

	fb_set_enum(value, source, fb_name_source_name(source));
}

GET(dst_host)
{
	const struct fb_flow_name *host = fb_flow_host(FLOW);

	fb_set_text(value, host ? host->text : NULL);
}

GET(dst_host_from)
{
	const struct fb_flow_name *host = fb_flow_host(FLOW);
	uint8_t source = host ? host->source : 0;

	fb_set_enum(value, source, fb_name_source_name(source));
}

static void set_country(struct fb_value *value, const struct fb_place *place)
{
	fb_set_text(value, place ? place->country : NULL);
}

static void set_asn(struct fb_value *value, const struct fb_place *place)
{
	value->known = place && place->asn;
	value->num = value->known ? place->asn : 0;
}

static void set_org(struct fb_value *value, const struct fb_place *place)
{
	fb_set_text(value, place ? place->org : NULL);
}

GET(src_country)
{
	set_country(value, fb_place_get(FLOW->src_place));
}

GET(src_asn)
{
	set_asn(value, fb_place_get(FLOW->src_place));
}

GET(src_org)
{
	set_org(value, fb_place_get(FLOW->src_place));
}

GET(dst_country)
{
	set_country(value, fb_place_get(FLOW->dst_place));
}

GET(dst_asn)
{
	set_asn(value, fb_place_get(FLOW->dst_place));
}

GET(dst_org)
{
	set_org(value, fb_place_get(FLOW->dst_place));
}

GET(nat_kind)
{
	if (FLOW->nat)
		fb_set_enum(value, FLOW->nat->kind, fb_nat_kind_name(FLOW->nat->kind));
}

/* Of ICMP and others without ports: the address. */
static void set_end(struct fb_value *value, const uint8_t *addr, uint8_t family, uint16_t port)
{
	fb_set_text(value, port ? fb_endpoint_format(addr, family, port, value->buf)
				: fb_addr_format(addr, family, value->buf));
	value->addr = addr;
	value->family = family;
	value->num = port;
}

GET(nat_src)
{
	if (FLOW->nat && FLOW->nat->src_family)
		set_end(value, FLOW->nat->src, FLOW->nat->src_family, FLOW->nat->src_port);
}

GET(nat_src_ip)
{
	value->known = FLOW->nat && FLOW->nat->src_family;
	value->addr = value->known ? FLOW->nat->src : NULL;
	value->family = value->known ? FLOW->nat->src_family : 0;
}

GET(nat_src_port)
{
	if (FLOW->nat && FLOW->nat->src_port)
		fb_set(value, FLOW->nat->src_port);
}

GET(nat_dst_ip)
{
	value->known = FLOW->nat && FLOW->nat->dst_family;
	value->addr = value->known ? FLOW->nat->dst : NULL;
	value->family = value->known ? FLOW->nat->dst_family : 0;
}

GET(nat_dst_port)
{
	if (FLOW->nat && FLOW->nat->dst_port)
		fb_set(value, FLOW->nat->dst_port);
}

GET(nat_dst)
{
	if (FLOW->nat && FLOW->nat->dst_family)
		set_end(value, FLOW->nat->dst, FLOW->nat->dst_family, FLOW->nat->dst_port);
}
