/* SPDX-License-Identifier: BSD-2-Clause */
/* The field table and the getters that it names. */
#include "flow/fields.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "util/addr.h"

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

#define GET(name)   static void get_##name(const struct fb_flow_at *at, struct fb_value *value)
#define FLOW	    (at->flow)
#define TRAFFIC	    (at->traffic)

GET(id)
{
	snprintf(value->buf, sizeof(value->buf), "%016llx", (unsigned long long)FLOW->id);
	set_enum(value, 0, value->buf);
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
	set_text(value, FLOW->src_host);
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

GET(bytes_up)
{
	set(value, TRAFFIC->bytes[FB_UP]);
}

GET(bytes_down)
{
	set(value, TRAFFIC->bytes[FB_DOWN]);
}

GET(bytes)
{
	set(value, TRAFFIC->bytes[FB_UP] + TRAFFIC->bytes[FB_DOWN]);
}

GET(packets_up)
{
	set(value, TRAFFIC->packets[FB_UP]);
}

GET(packets_down)
{
	set(value, TRAFFIC->packets[FB_DOWN]);
}

GET(packets)
{
	set(value, TRAFFIC->packets[FB_UP] + TRAFFIC->packets[FB_DOWN]);
}

GET(rate_up)
{
	set(value, TRAFFIC->rate[FB_UP] * 8);
}

GET(rate_down)
{
	set(value, TRAFFIC->rate[FB_DOWN] * 8);
}

GET(rate)
{
	set(value, (TRAFFIC->rate[FB_UP] + TRAFFIC->rate[FB_DOWN]) * 8);
}

GET(pps)
{
	set(value, (uint64_t)TRAFFIC->pps[FB_UP] + TRAFFIC->pps[FB_DOWN]);
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
	uint64_t from = FLOW->ct_time, seen = TRAFFIC->last_seen / 1000000000, now;

	if (!(FLOW->flags & FB_FLOW_CONNTRACK) || FLOW->closed)
		return;
	/* Packets that change no state start the timer again without a word of it. */
	now = at->snapshot->now_ns / 1000000000;
	from = seen > from ? seen : from;
	from = now > from ? now - from : 0;
	set(value, FLOW->ct_timeout > from ? FLOW->ct_timeout - from : 0);
}

GET(iface)
{
	set_text(value, fb_snapshot_link(at->snapshot, FLOW->link));
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
}

GET(nat_src)
{
	if (FLOW->nat && FLOW->nat->src_family)
		set_end(value, FLOW->nat->src, FLOW->nat->src_family, FLOW->nat->src_port);
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

/* IPS_* bits of a conntrack status that people care about. */
static const struct {
	unsigned int bit;
	const char *name;
} ct_flags[] = {
	{1, "SEEN_REPLY"}, {2, "ASSURED"}, {3, "CONFIRMED"}, {4, "SRC_NAT"},
	{5, "DST_NAT"},	   {9, "DYING"},   {14, "OFFLOAD"},
};

#define N_CT_FLAGS (sizeof(ct_flags) / sizeof(*ct_flags))

const char *fb_conntrack_flag_name(unsigned int i, unsigned int *ret_bit)
{
	if (i >= N_CT_FLAGS)
		return NULL;
	*ret_bit = ct_flags[i].bit;
	return ct_flags[i].name;
}

static void join(struct fb_value *value, size_t *len, const char *word)
{
	int n = snprintf(value->buf + *len, sizeof(value->buf) - *len, "%s%s", *len ? "," : "",
			 word);

	if (n > 0 && *len + (size_t)n < sizeof(value->buf))
		*len += (size_t)n;
	value->buf[*len] = '\0'; /* no part of a word that did not fit */
}

GET(ct_flags)
{
	size_t len = 0;

	value->buf[0] = '\0';
	for (size_t i = 0; FLOW->flags & FB_FLOW_CONNTRACK && i < N_CT_FLAGS; i++)
		if (FLOW->ct_status & (1u << ct_flags[i].bit))
			join(value, &len, ct_flags[i].name);
	set_text(value, value->buf);
}

GET(sni)
{
	const struct fb_flow_name *name = name_of(FLOW, SNI_SOURCES);

	set_text(value, name ? name->text : NULL);
}

GET(alpn)
{
	size_t len = 0;

	value->buf[0] = '\0';
	for (const char *alpn = NULL; (alpn = fb_flow_next_alpn(FLOW->tls, alpn));)
		join(value, &len, alpn);
	set_text(value, value->buf);
}

GET(tls_offered)
{
	if (FLOW->tls && FLOW->tls->offered)
		set_enum(value, FLOW->tls->offered, fb_tls_version_name(FLOW->tls->offered));
}

GET(tls_groups)
{
	const struct fb_flow_tls *tls = FLOW->tls;
	char number[8];
	size_t len = 0;

	value->buf[0] = '\0';
	for (unsigned int i = 0; tls && i < tls->n_groups; i++) {
		const char *name = fb_tls_group_name(tls->groups[i]);

		snprintf(number, sizeof(number), "0x%04x", tls->groups[i]);
		join(value, &len, name ? name : number);
	}
	set_text(value, value->buf);
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

GET(ja4)
{
	set_text(value, FLOW->tls ? FLOW->tls->ja4 : NULL);
}

GET(ech)
{
	if (FLOW->tls)
		set(value, FLOW->tls->ech);
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

static uint8_t name_flags(const struct fb_flow *flow)
{
	uint8_t flags = 0;

	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		flags |= flow->names->name[i].flags;
	return flags;
}

GET(name_flags)
{
	uint8_t flags = name_flags(FLOW);
	size_t len = 0;

	value->buf[0] = '\0';
	for (unsigned int bit = 0; bit < 5; bit++)
		if (flags & (1u << bit))
			join(value, &len, fb_name_flag_name(bit));
	set_text(value, value->buf);
}

GET(tcp_flags_up)
{
	if (FLOW->proto == IPPROTO_TCP)
		set_text(value, fb_tcp_flags_text(FLOW->tcp_flags[FB_UP], value->buf));
}

GET(tcp_flags_down)
{
	if (FLOW->proto == IPPROTO_TCP)
		set_text(value, fb_tcp_flags_text(FLOW->tcp_flags[FB_DOWN], value->buf));
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

GET(partial)
{
	set(value, !!(FLOW->flags & FB_FLOW_PARTIAL));
}

/* flags of a line: right, sortable, filterable, groupable, shown */
#define R 1u
#define S 2u
#define F 4u
#define G 8u
#define D 16u

#define FIELD(name_, label_, type_, unit_, getter, flags_, help_)                                  \
	{                                                                                          \
		.name = name_, .label = label_, .type = FB_TYPE_##type_, .unit = unit_,            \
		.help = help_, .right = !!((flags_)&R), .sortable = !!((flags_)&S),                \
		.filterable = !!((flags_)&F), .groupable = !!((flags_)&G),                         \
		.shown = !!((flags_)&D), .get = get_##getter,                                      \
	}

/* clang-format off */
const struct fb_field fb_fields[] = {
	FIELD("id", "Id", ID, NULL, id, S|F, "stable for the flow's life"),
	FIELD("src.ip", "Source", IP, NULL, src_ip, S|F|G|D, "the client: who opened the connection"),
	FIELD("src.port", "Source port", PORT, NULL, src_port, R|S|F|G, "port of the client"),
	FIELD("src.host", "Source name", TEXT, NULL, src_host, S|F|G, "what the client calls itself (DHCP, mDNS) or is called"),
	FIELD("dst.ip", "Destination", IP, NULL, dst_ip, S|F|G|D, "the server: the address that the client asked for"),
	FIELD("dst.port", "Port", PORT, NULL, dst_port, R|S|F|G|D, "port of the server"),
	FIELD("dst.host", "Name", TEXT, NULL, dst_host, S|F|G|D, "the best name known for the destination"),
	FIELD("dst.host_from", "Name from", ENUM, NULL, dst_host_from, S|F|G, "where the name was learned: sni, quic, http, dns, ech, dhcp, mdns"),
	FIELD("proto", "Protocol", ENUM, NULL, proto, S|F|G|D, "tcp, udp, icmp, ... or the IP protocol number"),
	FIELD("family", "IP", INT, NULL, family, R|S|F|G, "4 or 6"),
	FIELD("l7", "Application protocol", ENUM, NULL, l7, S|F|G, "what the payload is: tls, quic, http, dns, dhcp, mdns, ssh"),
	FIELD("service", "Service", TEXT, NULL, service, S|F|G|D, "service or application, by payload, port and name"),
	FIELD("state", "State", ENUM, NULL, state, S|F|G|D, "connection state: of conntrack, else of the TCP flags seen"),
	FIELD("bytes.up", "Up", BYTES, "bytes", bytes_up, R|S|F|D, "IP bytes that the client sent"),
	FIELD("bytes.down", "Down", BYTES, "bytes", bytes_down, R|S|F|D, "IP bytes that the server sent"),
	FIELD("bytes", "Bytes", BYTES, "bytes", bytes, R|S|F, "IP bytes, both ways"),
	FIELD("packets.up", "Packets up", PACKETS, "packets", packets_up, R|S|F, "wire packets that the client sent"),
	FIELD("packets.down", "Packets down", PACKETS, "packets", packets_down, R|S|F, "wire packets that the server sent"),
	FIELD("packets", "Packets", PACKETS, "packets", packets, R|S|F, "wire packets, both ways"),
	FIELD("rate_bps.up", "Rate up", RATE, "bit/s", rate_up, R|S|F, "over the last second, sent by the client"),
	FIELD("rate_bps.down", "Rate down", RATE, "bit/s", rate_down, R|S|F, "over the last second, sent by the server"),
	FIELD("rate_bps", "Rate", RATE, "bit/s", rate, R|S|F|D, "over the last second, both ways"),
	FIELD("pps", "Packets/s", INT, "packets/s", pps, R|S|F, "over the last second, both ways"),
	FIELD("duration_ms", "Duration", DURATION, "ms", duration, R|S|F|D, "since the first packet; of closed flows and in replay, to the last"),
	FIELD("idle_ms", "Idle", DURATION, "ms", idle, R|S|F, "since the last packet"),
	FIELD("timeout_s", "Timeout", DURATION, "s", timeout, R|S|F, "until conntrack forgets it, if nothing more comes"),
	FIELD("iface", "Interface", TEXT, NULL, iface, S|F|G, "the interface whose counts these are"),
	FIELD("direction", "Direction", ENUM, NULL, direction, S|F|G, "as this host sees it: in, out, forward, local"),
	FIELD("scope", "Scope", ENUM, NULL, scope, S|F|G, "internal-external, external-internal, internal, external"),
	FIELD("nat.kind", "NAT", ENUM, NULL, nat_kind, S|F|G, "snat, dnat or both"),
	FIELD("nat.src", "NAT source", TEXT, NULL, nat_src, S|F|G, "the client behind the translation"),
	FIELD("nat.dst", "NAT destination", TEXT, NULL, nat_dst, S|F|G, "the server behind the translation"),
	FIELD("conntrack.id", "Conntrack id", ID, NULL, ct_id, R|F, "id of the conntrack entry"),
	FIELD("conntrack.mark", "Mark", INT, NULL, ct_mark, R|S|F|G, "conntrack mark"),
	FIELD("conntrack.zone", "Zone", INT, NULL, ct_zone, R|S|F|G, "conntrack zone"),
	FIELD("conntrack.flags", "Flags", TEXT, NULL, ct_flags, F|G, "conntrack status: SEEN_REPLY, ASSURED, ..."),
	FIELD("tls.sni", "SNI", TEXT, NULL, sni, S|F|G, "server name of the ClientHello"),
	FIELD("tls.alpn", "ALPN", TEXT, NULL, alpn, S|F|G, "application protocols that the client offered"),
	FIELD("tls.version", "TLS", ENUM, NULL, tls_version, S|F|G, "TLS version: chosen, else offered"),
	FIELD("tls.ja4", "JA4", TEXT, NULL, ja4, S|F|G, "fingerprint of the ClientHello"),
	FIELD("tls.ech", "ECH", BOOL, NULL, ech, S|F|G, "the hello hides its name"),
	FIELD("tls.esni", "ESNI", BOOL, NULL, esni, S|F|G, "the hello hides its name in the old way"),
	FIELD("tls.offered", "TLS offered", ENUM, NULL, tls_offered, S|F|G, "highest TLS version that the client offered"),
	FIELD("tls.groups", "Groups offered", TEXT, NULL, tls_groups, S|F|G, "key exchange groups that the client offered"),
	FIELD("tls.pq", "Post-quantum", BOOL, NULL, pq, S|F|G, "the client offered a post-quantum key exchange"),
	FIELD("tls.group", "Key exchange", ENUM, NULL, group, S|F|G, "key exchange group: chosen, else first offered"),
	FIELD("tls.cipher", "Cipher", ENUM, NULL, cipher, S|F|G, "cipher suite that the server chose"),
	FIELD("name.flags", "Name flags", TEXT, NULL, name_flags, F|G, "ech, overlap, unexplained, confirmed, mixed_script"),
	FIELD("tcp.flags_up", "TCP flags up", TEXT, NULL, tcp_flags_up, F|G, "flags seen from the client: FSRPAUEC"),
	FIELD("tcp.flags_down", "TCP flags down", TEXT, NULL, tcp_flags_down, F|G, "flags seen from the server"),
	{.name = "rtt_ms", .label = "RTT", .type = FB_TYPE_DURATION, .unit = "ms", .decimals = 3,
	 .right = true, .sortable = true, .filterable = true, .get = get_rtt,
	 .help = "of the TCP handshake, as seen here"},
	FIELD("first_seen", "First seen", TIME, NULL, first_seen, R|S|F, "first packet; in filters -5m, now, 2026-11-21T01:20:00Z, or A..B"),
	FIELD("last_seen", "Last seen", TIME, NULL, last_seen, R|S|F, "last packet; in filters as first_seen"),
	FIELD("closed", "Closed", ENUM, NULL, closed, S|F|G, "why it ended: fin, rst, timeout, evicted, reused, ended"),
	FIELD("partial", "Partial", BOOL, NULL, partial, S|F|G, "picked up in mid-stream"),
};
/* clang-format on */

const unsigned int fb_n_fields = sizeof(fb_fields) / sizeof(*fb_fields);
