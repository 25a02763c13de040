/* SPDX-License-Identifier: BSD-2-Clause */
/* The getters that the table of fields names, and the table. */
#include "flow/fields.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "flow/facts.h"
#include "util/addr.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

static void set(struct fb_value *value, uint64_t num)
{
	value->known = true;
	value->num = num;
}

static void set_text(struct fb_value *value, const char *text)
{
	value->known = text && *text;
	value->text = value->known ? text : NULL;
}

static void set_enum(struct fb_value *value, unsigned int num, const char *text)
{
	set_text(value, text);
	value->num = num;
}

static const struct fb_flow_name *name_of(const struct fb_flow *flow, unsigned int sources)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		if (sources & (1u << flow->names->name[i].source))
			return &flow->names->name[i];
	return NULL;
}

#define SNI_SOURCES (1u << FB_NAME_SNI | 1u << FB_NAME_QUIC | 1u << FB_NAME_ECH)

#define GET(id)	    static void get_##id(const struct fb_flow_at *at, struct fb_value *value)
#define ITEM(id)                                                                                   \
	static void item_##id(const struct fb_flow_at *at, unsigned int i, struct fb_value *value)
#define FLOW	(at->flow)
#define TRAFFIC (at->traffic)

GET(id)
{
	for (int i = 0; i < 16; i++)
		value->buf[i] = "0123456789abcdef"[FLOW->id >> (60 - 4 * i) & 15];
	value->buf[16] = '\0';
	value->known = true;
	value->text = value->buf;
	value->num = FLOW->id;
}

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
	set_text(value, fb_flow_src_host(FLOW));
}

GET(src_host_from)
{
	const uint8_t source = FLOW->src_host ? FLOW->src_host->source : 0;

	set_enum(value, source, fb_name_source_name(source));
}

GET(dst_host)
{
	const struct fb_flow_name *host = fb_flow_host(FLOW);

	set_text(value, host ? host->text : NULL);
}

GET(dst_host_from)
{
	const struct fb_flow_name *host = fb_flow_host(FLOW);
	uint8_t source = host ? host->source : 0;

	set_enum(value, source, fb_name_source_name(source));
}

GET(proto)
{
	set_enum(value, FLOW->proto, fb_proto_name(FLOW->proto, value->buf));
}

GET(family)
{
	set(value, FLOW->family);
}

GET(l7)
{
	set_enum(value, FLOW->l7, fb_l7_name(FLOW->l7));
}

GET(service)
{
	set_text(value, FLOW->service);
}

GET(state)
{
	set_enum(value, FLOW->state, fb_state_name(FLOW->state));
}

/* Nobody knows what passed of a flow before its first packet here, but conntrack may. */
static void set_counts(struct fb_value *value, const struct fb_flow *flow, const uint64_t *ours,
		       const uint64_t *of_conntrack, unsigned int dirs)
{
	const enum fb_counted_by by = fb_flow_counted_by(flow);
	const uint64_t *counts = by == FB_COUNTED_CONNTRACK ? of_conntrack : ours;

	if (by != FB_COUNTED_NOT)
		set(value, (dirs & 1u << FB_UP ? counts[FB_UP] : 0) +
				   (dirs & 1u << FB_DOWN ? counts[FB_DOWN] : 0));
}

#define COUNTS(id, what, dirs)                                                                     \
	GET(id)                                                                                    \
	{                                                                                          \
		set_counts(value, FLOW, TRAFFIC->what, FLOW->acct ? FLOW->acct->what : NULL,       \
			   dirs);                                                                  \
	}

COUNTS(bytes_up, bytes, 1u << FB_UP)
COUNTS(bytes_down, bytes, 1u << FB_DOWN)
COUNTS(bytes, bytes, 1u << FB_UP | 1u << FB_DOWN)
COUNTS(packets_up, packets, 1u << FB_UP)
COUNTS(packets_down, packets, 1u << FB_DOWN)
COUNTS(packets, packets, 1u << FB_UP | 1u << FB_DOWN)

#undef COUNTS

GET(counted_by)
{
	const enum fb_counted_by by = fb_flow_counted_by(FLOW);

	set_enum(value, by, fb_counted_by_name(by));
}

GET(rate_up)
{
	set(value, fb_flow_rate(at, FB_UP) * 8);
}

GET(rate_down)
{
	set(value, fb_flow_rate(at, FB_DOWN) * 8);
}

GET(rate)
{
	set(value, fb_flow_rates(at) * 8);
}

GET(pps_up)
{
	set(value, fb_flow_pps(at, FB_UP));
}

GET(pps_down)
{
	set(value, fb_flow_pps(at, FB_DOWN));
}

GET(pps)
{
	set(value, fb_flow_pps(at, FB_UP) + fb_flow_pps(at, FB_DOWN));
}

static uint64_t ms_between(uint64_t from, uint64_t to)
{
	return to > from ? (to - from) / 1000000 : 0;
}

GET(duration)
{
	/* An open connection goes on while it is silent; what a capture shows of it does not. */
	const bool over = FLOW->closed || at->snapshot->is_replay;

	set(value, ms_between(FLOW->first_seen, over ? TRAFFIC->last_seen : at->snapshot->now_ns));
}

GET(idle)
{
	set(value, ms_between(TRAFFIC->last_seen, at->snapshot->now_ns));
}

GET(timeout)
{
	const bool opening = FLOW->proto == IPPROTO_TCP &&
			     (FLOW->state == FB_STATE_SYN_SENT || FLOW->state == FB_STATE_SYN_RECV);
	uint64_t from = FLOW->ct_time, seen = TRAFFIC->last_seen / 1000000000, now;

	if (!(FLOW->flags & FB_FLOW_CONNTRACK) || !fb_flow_is_live(FLOW))
		return;
	/*
	 * Packets that change no state start the timer again, and conntrack sends no event; but
	 * SYNs and their answers, sent again, do not.
	 */
	now = at->snapshot->now_ns / 1000000000;
	from = !opening && seen > from ? seen : from;
	from = now > from ? now - from : 0;
	set(value, FLOW->ct_timeout > from ? FLOW->ct_timeout - from : 0);
}

GET(iface)
{
	set_text(value, fb_snapshot_link(at->snapshot, FLOW->link));
}

GET(vlan)
{
	if (FLOW->vlan[0])
		set(value, FLOW->vlan[0]);
}

GET(vlan_inner)
{
	if (FLOW->vlan[1])
		set(value, FLOW->vlan[1]);
}

GET(direction)
{
	set_enum(value, FLOW->direction, fb_direction_name(FLOW->direction));
}

GET(scope)
{
	set_enum(value, FLOW->scope, fb_scope_name(FLOW->scope));
}

GET(nat_kind)
{
	if (FLOW->nat)
		set_enum(value, FLOW->nat->kind, fb_nat_kind_name(FLOW->nat->kind));
}

/* Of ICMP and others without ports: the address. */
static void set_end(struct fb_value *value, const uint8_t *addr, uint8_t family, uint16_t port)
{
	set_text(value, port ? fb_endpoint_format(addr, family, port, value->buf)
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
		set(value, FLOW->nat->src_port);
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
		set(value, FLOW->nat->dst_port);
}

GET(nat_dst)
{
	if (FLOW->nat && FLOW->nat->dst_family)
		set_end(value, FLOW->nat->dst, FLOW->nat->dst_family, FLOW->nat->dst_port);
}

GET(ct_id)
{
	if (!(FLOW->flags & FB_FLOW_CONNTRACK))
		return;
	snprintf(value->buf, sizeof(value->buf), "%u", FLOW->ct_id);
	set_enum(value, FLOW->ct_id, value->buf);
}

GET(ct_state)
{
	if (FLOW->flags & FB_FLOW_CONNTRACK)
		set_enum(value, FLOW->state, fb_state_name(FLOW->state));
}

GET(ct_mark)
{
	if (FLOW->flags & FB_FLOW_CONNTRACK)
		set(value, FLOW->ct_mark);
}

GET(ct_zone)
{
	if (FLOW->flags & FB_FLOW_CONNTRACK)
		set(value, FLOW->ct_zone);
}

static const struct {
	uint32_t bit;
	const char *name;
} ct_flags[] = {
#define X(name, bit) {FB_IPS_##name, #name},
	FB_CONNTRACK_STATUS(X)
#undef X
};

ITEM(ct_flags)
{
	for (size_t k = 0; FLOW->flags & FB_FLOW_CONNTRACK && k < N(ct_flags); k++)
		if (FLOW->ct_status & ct_flags[k].bit && !i--) {
			set_text(value, ct_flags[k].name);
			return;
		}
}

GET(sni)
{
	const struct fb_flow_name *name = name_of(FLOW, SNI_SOURCES);

	set_text(value, name ? name->text : NULL);
}

ITEM(alpn)
{
	const char *alpn = fb_flow_next_alpn(FLOW->tls, NULL);

	while (alpn && i--)
		alpn = fb_flow_next_alpn(FLOW->tls, alpn);
	value->known = alpn;
	value->text = alpn;
}

GET(tls_offered)
{
	if (FLOW->tls && FLOW->tls->offered)
		set_enum(value, FLOW->tls->offered, fb_tls_version_name(FLOW->tls->offered));
}

/* A code point: its name, or its number where it has none. */
static void set_code(struct fb_value *value, uint16_t code, const char *name)
{
	if (!code)
		return;
	if (!name) {
		snprintf(value->buf, sizeof(value->buf), "0x%04x", code);
		name = value->buf;
	}
	set_enum(value, code, name);
}

ITEM(tls_groups)
{
	const struct fb_flow_tls *tls = FLOW->tls;

	if (tls && i < tls->n_groups)
		set_code(value, tls->groups[i], fb_tls_group_name(tls->groups[i]));
}

GET(pq)
{
	if (FLOW->tls && FLOW->tls->offered)
		set(value, FLOW->flags & FB_FLOW_PQ_OFFERED ? 1 : 0);
}

GET(esni)
{
	if (FLOW->tls)
		set(value, FLOW->tls->esni);
}

GET(tls_version)
{
	if (FLOW->tls)
		set_enum(value, FLOW->tls->version, fb_tls_version_name(FLOW->tls->version));
}

GET(tls_answered)
{
	if (FLOW->tls)
		set(value, FLOW->tls->answered);
}

GET(ja4)
{
	set_text(value, FLOW->tls ? FLOW->tls->ja4 : NULL);
}

GET(ech)
{
	if (FLOW->tls)
		set(value, FLOW->tls->ech);
}

GET(group)
{
	if (FLOW->tls)
		set_code(value, FLOW->tls->group, fb_tls_group_name(FLOW->tls->group));
}

GET(cipher)
{
	if (FLOW->tls)
		set_code(value, FLOW->tls->cipher, fb_tls_cipher_name(FLOW->tls->cipher));
}

ITEM(name_flags)
{
	uint8_t flags = 0;

	for (unsigned int k = 0; FLOW->names && k < FLOW->names->n; k++)
		flags |= FLOW->names->name[k].flags;
	while (flags && i--)
		flags &= (uint8_t)(flags - 1);
	if (flags)
		set_text(value, fb_name_flag_name((unsigned int)__builtin_ctz(flags)));
}

static void set_flags(struct fb_value *value, const struct fb_flow *flow, enum fb_dir dir)
{
	if (flow->proto == IPPROTO_TCP)
		set_text(value, fb_tcp_flags_text(flow->tcp_flags[dir], value->buf));
}

GET(tcp_flags_up)
{
	set_flags(value, FLOW, FB_UP);
}

GET(tcp_flags_down)
{
	set_flags(value, FLOW, FB_DOWN);
}

GET(rtt)
{
	value->known = FLOW->rtt_ns != 0;
	value->num = FLOW->rtt_ns / 1000;
}

GET(first_seen)
{
	set(value, (uint64_t)fb_snapshot_wall_ms(at->snapshot, FLOW->first_seen));
}

GET(last_seen)
{
	set(value, (uint64_t)fb_snapshot_wall_ms(at->snapshot, TRAFFIC->last_seen));
}

GET(closed)
{
	set_enum(value, FLOW->closed, fb_closed_name(FLOW->closed));
}

GET(closed_at)
{
	if (FLOW->closed)
		set(value, (uint64_t)fb_snapshot_wall_ms(at->snapshot, FLOW->closed_at));
}

GET(icmp_error_type)
{
	if (FLOW->flags & FB_FLOW_ICMP_ERROR)
		set(value, FLOW->icmp_type);
}

GET(icmp_error_code)
{
	if (FLOW->flags & FB_FLOW_ICMP_ERROR)
		set(value, FLOW->icmp_code);
}

GET(client_by)
{
	set_enum(value, FLOW->client_by, fb_client_by_name(FLOW->client_by));
}

GET(partial)
{
	set(value, !!(FLOW->flags & FB_FLOW_PARTIAL));
}

#undef FLOW
#undef TRAFFIC

/* flags of a line */
enum {
	R = 1 << 0,
	S = 1 << 1,
	F = 1 << 2,
	G = 1 << 3,
	D = 1 << 4,
	A = 1 << 5,
	T = 1 << 6,
	P = 1 << 7,
};

/* What the line itself names, its path above all, comes last and stands. */
#define LINE(id_, name_, type_, label_, section_, flags_, help_, ...)                              \
	[FB_FIELD_##id_] = {.id = FB_FIELD_##id_,                                                  \
			    .name = name_,                                                         \
			    .path = (flags_) & T ? NULL : name_,                                   \
			    .type = FB_TYPE_##type_,                                               \
			    .label = label_,                                                       \
			    .section = FB_SECTION_##section_,                                      \
			    .help = help_,                                                         \
			    .right = !!((flags_) & R),                                             \
			    .sortable = !!((flags_) & S),                                          \
			    .filterable = !!((flags_) & F),                                        \
			    .groupable = !!((flags_) & G),                                         \
			    .shown = !!((flags_) & D),                                             \
			    .always = !!((flags_) & A),                                            \
			    .parent = !!((flags_) & P),                                            \
			    __VA_ARGS__},

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const struct fb_field fb_fields[FB_FIELD_COUNT] = {
#define FIELD(id, ...) LINE(id, __VA_ARGS__, .get = get_##id)
#define LIST(id, ...)  LINE(id, __VA_ARGS__, .item = item_##id)
#include "flow/fields.def"
};
#pragma GCC diagnostic pop

void fb_field_join(const struct fb_field *field, const struct fb_flow_at *at,
		   struct fb_value *ret_value)
{
	struct fb_value item;
	size_t len = 0;

	for (unsigned int i = 0;; i++) {
		size_t n;

		fb_value_clear(&item);
		field->item(at, i, &item);
		if (!item.known)
			break;
		n = strlen(item.text);
		if (len + n + 2 > sizeof(ret_value->buf))
			continue;
		if (len)
			ret_value->buf[len++] = ',';
		memcpy(ret_value->buf + len, item.text, n);
		len += n;
	}
	ret_value->buf[len] = '\0';
	set_text(ret_value, ret_value->buf);
}
