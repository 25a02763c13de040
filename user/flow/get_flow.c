/* SPDX-License-Identifier: BSD-2-Clause */
/* The connection itself: what it is, what it moved, when, what it said, what conntrack says. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "flow/facts.h"
#include "flow/getters.h"
#include "flow/listhits.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

static const struct fb_flow_name *name_of(const struct fb_flow *flow, unsigned int sources)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		if (sources & (1u << flow->names->name[i].source))
			return &flow->names->name[i];
	return NULL;
}

#define SNI_SOURCES (1u << FB_NAME_SNI | 1u << FB_NAME_QUIC | 1u << FB_NAME_ECH)

GET(id)
{
	for (int i = 0; i < 16; i++)
		value->buf[i] = "0123456789abcdef"[FLOW->id >> (60 - 4 * i) & 15];
	value->buf[16] = '\0';
	value->known = true;
	value->text = value->buf;
	value->num = FLOW->id;
}

GET(proto)
{
	fb_set_enum(value, FLOW->proto, fb_proto_name(FLOW->proto, value->buf));
}

GET(family)
{
	fb_set(value, FLOW->family);
}

GET(l7)
{
	fb_set_enum(value, FLOW->l7, fb_l7_name(FLOW->l7));
}

GET(service)
{
	fb_set_text(value, FLOW->service);
}

ITEM(list)
{
	const struct fb_listhits *hits = fb_listhits_get(FLOW->hits);

	if (hits && i < hits->n)
		fb_set_text(value, hits->list[i]);
}

GET(list_entry)
{
	const struct fb_listhits *hits = fb_listhits_get(FLOW->hits);

	fb_set_text(value, hits ? hits->entry : NULL);
}

GET(state)
{
	fb_set_enum(value, FLOW->state, fb_state_name(FLOW->state));
}

/* Nobody knows what passed of a flow before its first packet here, but conntrack may. */
static void set_counts(struct fb_value *value, const struct fb_flow *flow, const uint64_t *ours,
		       const uint64_t *of_conntrack, unsigned int dirs)
{
	const enum fb_counted_by by = fb_flow_counted_by(flow);
	const uint64_t *counts = by == FB_COUNTED_CONNTRACK ? of_conntrack : ours;

	if (by != FB_COUNTED_NOT)
		fb_set(value, (dirs & 1u << FB_UP ? counts[FB_UP] : 0) +
				      (dirs & 1u << FB_DOWN ? counts[FB_DOWN] : 0));
}

#define COUNTS(id, what, dirs)                                                                     \
	GET(id)                                                                                    \
	{                                                                                          \
		set_counts(value, FLOW, MOVED->what, FLOW->acct ? FLOW->acct->what : NULL, dirs);  \
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

	fb_set_enum(value, by, fb_counted_by_name(by));
}

GET(rate_up)
{
	fb_set(value, fb_flow_rate(at, FB_UP) * 8);
}

GET(rate_down)
{
	fb_set(value, fb_flow_rate(at, FB_DOWN) * 8);
}

GET(rate)
{
	fb_set(value, fb_flow_rates(at) * 8);
}

GET(pps_up)
{
	fb_set(value, fb_flow_pps(at, FB_UP));
}

GET(pps_down)
{
	fb_set(value, fb_flow_pps(at, FB_DOWN));
}

GET(pps)
{
	fb_set(value, fb_flow_pps(at, FB_UP) + fb_flow_pps(at, FB_DOWN));
}

static uint64_t ms_between(uint64_t from, uint64_t to)
{
	return to > from ? (to - from) / 1000000 : 0;
}

GET(duration)
{
	/* An open connection goes on while it is silent; what a capture shows of it does not. */
	const bool over = FLOW->closed || at->snapshot->is_replay;

	fb_set(value, ms_between(FLOW->first_seen, over ? MOVED->last_seen : at->snapshot->now_ns));
}

GET(idle)
{
	fb_set(value, ms_between(MOVED->last_seen, at->snapshot->now_ns));
}

GET(timeout)
{
	const bool opening = FLOW->proto == IPPROTO_TCP &&
			     (FLOW->state == FB_STATE_SYN_SENT || FLOW->state == FB_STATE_SYN_RECV);
	uint64_t from = FLOW->ct_time, seen = MOVED->last_seen / 1000000000, now;

	if (!(FLOW->flags & FB_FLOW_CONNTRACK) || !fb_flow_is_live(FLOW))
		return;
	/*
	 * Packets that change no state start the timer again, and conntrack sends no event; but
	 * SYNs and their answers, sent again, do not.
	 */
	now = at->snapshot->now_ns / 1000000000;
	from = !opening && seen > from ? seen : from;
	from = now > from ? now - from : 0;
	fb_set(value, FLOW->ct_timeout > from ? FLOW->ct_timeout - from : 0);
}

GET(iface)
{
	fb_set_text(value, fb_snapshot_link(at->snapshot, FLOW->link));
}

GET(vlan)
{
	if (FLOW->vlan[0])
		fb_set(value, FLOW->vlan[0]);
}

GET(vlan_inner)
{
	if (FLOW->vlan[1])
		fb_set(value, FLOW->vlan[1]);
}

GET(direction)
{
	fb_set_enum(value, FLOW->direction, fb_direction_name(FLOW->direction));
}

GET(scope)
{
	fb_set_enum(value, FLOW->scope, fb_scope_name(FLOW->scope));
}

GET(ct_id)
{
	if (!(FLOW->flags & FB_FLOW_CONNTRACK))
		return;
	snprintf(value->buf, sizeof(value->buf), "%u", FLOW->ct_id);
	fb_set_enum(value, FLOW->ct_id, value->buf);
}

GET(ct_state)
{
	if (FLOW->flags & FB_FLOW_CONNTRACK)
		fb_set_enum(value, FLOW->state, fb_state_name(FLOW->state));
}

GET(ct_mark)
{
	if (FLOW->flags & FB_FLOW_CONNTRACK)
		fb_set(value, FLOW->ct_mark);
}

GET(ct_zone)
{
	if (FLOW->flags & FB_FLOW_CONNTRACK)
		fb_set(value, FLOW->ct_zone);
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
			fb_set_text(value, ct_flags[k].name);
			return;
		}
}

GET(sni)
{
	const struct fb_flow_name *name = name_of(FLOW, SNI_SOURCES);

	fb_set_text(value, name ? name->text : NULL);
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
		fb_set_enum(value, FLOW->tls->offered, fb_tls_version_name(FLOW->tls->offered));
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
	fb_set_enum(value, code, name);
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
		fb_set(value, FLOW->flags & FB_FLOW_PQ_OFFERED ? 1 : 0);
}

GET(esni)
{
	if (FLOW->tls)
		fb_set(value, FLOW->tls->esni);
}

GET(tls_version)
{
	if (FLOW->tls)
		fb_set_enum(value, FLOW->tls->version, fb_tls_version_name(FLOW->tls->version));
}

GET(tls_answered)
{
	if (FLOW->tls)
		fb_set(value, FLOW->tls->answered);
}

GET(ja4)
{
	fb_set_text(value, FLOW->tls ? FLOW->tls->ja4 : NULL);
}

GET(ech)
{
	if (FLOW->tls)
		fb_set(value, FLOW->tls->ech);
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
		fb_set_text(value, fb_name_flag_name((unsigned int)__builtin_ctz(flags)));
}

static void set_flags(struct fb_value *value, const struct fb_flow *flow, enum fb_dir dir)
{
	if (flow->proto == IPPROTO_TCP)
		fb_set_text(value, fb_tcp_flags_text(flow->tcp_flags[dir], value->buf));
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
	fb_set(value, (uint64_t)fb_snapshot_wall_ms(at->snapshot, FLOW->first_seen));
}

GET(last_seen)
{
	fb_set(value, (uint64_t)fb_snapshot_wall_ms(at->snapshot, MOVED->last_seen));
}

GET(closed)
{
	fb_set_enum(value, FLOW->closed, fb_closed_name(FLOW->closed));
}

GET(closed_at)
{
	if (FLOW->closed)
		fb_set(value, (uint64_t)fb_snapshot_wall_ms(at->snapshot, FLOW->closed_at));
}

GET(icmp_error_type)
{
	if (FLOW->flags & FB_FLOW_ICMP_ERROR)
		fb_set(value, FLOW->icmp_type);
}

GET(icmp_error_code)
{
	if (FLOW->flags & FB_FLOW_ICMP_ERROR)
		fb_set(value, FLOW->icmp_code);
}

GET(client_by)
{
	fb_set_enum(value, FLOW->client_by, fb_client_by_name(FLOW->client_by));
}

GET(partial)
{
	fb_set(value, !!(FLOW->flags & FB_FLOW_PARTIAL));
}
