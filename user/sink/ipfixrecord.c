/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow as bytes, element by element of its template. */
#include <netinet/in.h>
#include <string.h>

#include <flowbpf/row.h>

#include "proto/icmp.h"
#include "sink/ipfix_priv.h"
#include "util/mac.h"

/* natEvent, by family: IPv4, IPv6; came, gone. */
static const uint8_t events[2][2] = {{4, 5}, {1, 2}};

struct record {
	const struct fb_flow_at *at;
	const struct fb_told_part *part;
	enum fb_ipfix_end end;
	bool gone; /* of an event */
	int dir;   /* FB_DOWN: of a uniflow the other way */
	size_t len;
	uint8_t data[FB_IPFIX_RECORD];
};

static void add_be(struct record *record, uint64_t value, unsigned int bytes)
{
	uint8_t *to = record->data + record->len;

	record->len += bytes;
	while (bytes--) {
		to[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static void add_bytes(struct record *record, const void *data, size_t len)
{
	memcpy(record->data + record->len, data, len);
	record->len += len;
}

/* A text is whole, or absent. */
static void add_text(struct record *record, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len > FB_NAME_MAX)
		len = 0;
	if (len < 255) {
		add_be(record, len, 1);
	} else {
		add_be(record, 255, 1);
		add_be(record, len, 2);
	}
	add_bytes(record, text ? text : "", len);
}

/* Fields that are of the part, or of the flow itself where no translation is known. */
static void get_value(const struct record *record, enum fb_field_id id, struct fb_value *value)
{
	static const struct {
		enum fb_field_id id, plain;
	} untranslated[] = {
		{FB_FIELD_nat_src_ip, FB_FIELD_src_ip},
		{FB_FIELD_nat_src_port, FB_FIELD_src_port},
		{FB_FIELD_nat_dst_ip, FB_FIELD_dst_ip},
		{FB_FIELD_nat_dst_port, FB_FIELD_dst_port},
	};

	fb_field_get(&fb_fields[id], record->at, value);
	for (size_t i = 0; i < 4; i++)
		if (id == untranslated[i].id &&
		    (!value->known || (value->addr && value->family != record->at->flow->family)))
			fb_field_get(&fb_fields[untranslated[i].plain], record->at, value);
	if (id == FB_FIELD_first_seen)
		value->num =
			(uint64_t)fb_snapshot_wall_ms(record->at->snapshot, record->part->since_ns);
	if (id == FB_FIELD_proto)
		value->num = record->at->flow->proto;
}

static void add_field(struct record *record, const struct fb_ipfix_element *element)
{
	const enum fb_field_id id = record->dir == FB_DOWN ? element->twin : element->field;
	const size_t skip = record->at->flow->family == 4 ? 12 : 0;
	struct fb_value value;
	uint8_t mac[6] = {0};

	get_value(record, id, &value);
	if (element->len == FB_IPFIX_VARIABLE) {
		add_text(record, value.known ? value.text : NULL);
	} else if (fb_fields[id].type == FB_TYPE_IP) {
		add_bytes(record, value.addr + skip, element->len);
	} else if (element->len == sizeof(mac)) {
		if (value.known)
			fb_mac_parse(value.text, mac);
		add_bytes(record, mac, sizeof(mac));
	} else {
		add_be(record, value.known ? value.num : 0, element->len);
	}
}

static void add_name(struct record *record, enum fb_field_id id, bool wanted)
{
	struct fb_value value;

	fb_value_clear(&value);
	if (wanted)
		fb_field_get(&fb_fields[id], record->at, &value);
	add_text(record, value.known ? value.text : NULL);
}

/* When the session came, or went: conntrack's word may come before the last packet is counted. */
static uint64_t observed(const struct record *record)
{
	const struct fb_flow *flow = record->at->flow;
	const uint64_t seen = record->at->traffic->last_seen;
	const uint64_t ns = !record->gone	     ? flow->first_seen
			    : flow->closed_at > seen ? flow->closed_at
						     : seen;

	return (uint64_t)fb_snapshot_wall_ms(record->at->snapshot, ns);
}

/* The interface on whose hook the packets of this direction are counted; 0: on none. */
static uint16_t link_of(const struct fb_flow *flow, int hook, int dir)
{
	if (!flow->links)
		return flow->hook[dir] == 1 + hook ? flow->link : 0;
	for (unsigned int i = 0; i < flow->links->n; i++)
		if (flow->links->link[i].packets[hook][dir])
			return flow->links->link[i].link;
	return 0;
}

/* That of the first message, which may be an answer that was seen first; back what answers it. */
static uint64_t icmp_of(const struct fb_flow *flow, int dir)
{
	uint8_t type = fb_icmp_question(flow->family, flow->icmp_type);
	const int answer = fb_icmp_counterpart(flow->family, type);

	if (dir == FB_DOWN && answer >= 0)
		type = (uint8_t)answer;
	return (uint64_t)type << 8 | flow->icmp_code;
}

static uint64_t number_of(const struct record *record, enum fb_ipfix_what what)
{
	const struct fb_flow *flow = record->at->flow;
	const struct fb_told_part *part = record->part;
	const int dir = record->dir;

	switch (what) {
	case FB_IPFIX_OCTETS:
		return part->bytes[dir];
	case FB_IPFIX_PACKETS:
		return part->packets[dir];
	case FB_IPFIX_REVERSE_OCTETS:
		return part->bytes[!dir];
	case FB_IPFIX_REVERSE_PACKETS:
		return part->packets[!dir];
	case FB_IPFIX_TCP_FLAGS:
		return flow->tcp_flags[dir];
	case FB_IPFIX_REVERSE_TCP_FLAGS:
		return flow->tcp_flags[!dir];
	case FB_IPFIX_TOS:
		return flow->tos;
	case FB_IPFIX_ICMP_TYPE:
		return icmp_of(flow, dir);
	case FB_IPFIX_CAME_BY:
		return link_of(flow, FB_HOOK_INGRESS, dir);
	case FB_IPFIX_WENT_BY:
		return link_of(flow, FB_HOOK_EGRESS, dir);
	case FB_IPFIX_DIRECTION: /* 1: it leaves by the interface */
		return flow->hook[dir] ? flow->hook[dir] == 2
				       : (flow->direction == FB_DIRECTION_OUT) == (dir == FB_UP);
	case FB_IPFIX_END_REASON:
		return record->end;
	case FB_IPFIX_BIFLOW:
		return 1; /* the source opened it */
	case FB_IPFIX_NAT_EVENT:
		return events[flow->family == 6][record->gone];
	case FB_IPFIX_OBSERVED:
		return observed(record);
	case FB_IPFIX_TLS_VERSION:
		return flow->tls ? flow->tls->version : 0;
	default:
		return 0;
	}
}

static void add_element(struct record *record, const struct fb_ipfix_element *element)
{
	const bool quic = record->at->flow->l7 == FB_L7_QUIC;

	switch (element->what) {
	case FB_IPFIX_FIELD:
		add_field(record, element);
		break;
	case FB_IPFIX_TLS_SNI:
		add_name(record, FB_FIELD_sni, !quic);
		break;
	case FB_IPFIX_QUIC_SNI:
		add_name(record, FB_FIELD_sni, quic);
		break;
	case FB_IPFIX_JA4:
		add_name(record, FB_FIELD_ja4, true);
		break;
	case FB_IPFIX_ALPN:
		add_name(record, FB_FIELD_alpn, true);
		break;
	default:
		add_be(record, number_of(record, element->what), element->len);
	}
}

static bool add_record(struct fb_ipfix *ipfix, struct record *record, unsigned int kind)
{
	const struct fb_ipfix_template *template = fb_ipfix_template(kind);

	record->len = 0;
	for (unsigned int i = 0; i < template->n; i++)
		add_element(record, &template->element[i]);
	return fb_ipfix_add(ipfix, template->id, record->data, record->len);
}

static unsigned int kind_of(const struct fb_flow *flow)
{
	return flow->family == 6 ? FB_IPFIX_SIX : 0;
}

bool fb_ipfix_flow(struct fb_ipfix *ipfix, const struct fb_flow_at *at,
		   const struct fb_told_part *part, enum fb_ipfix_end end, enum fb_dir dir)
{
	struct record record = {.at = at, .part = part, .end = end, .dir = dir};
	const uint8_t proto = at->flow->proto;
	const bool icmp = proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
	const unsigned int kind = kind_of(at->flow) | (at->flow->nat ? FB_IPFIX_NAT : 0) |
				  (ipfix->uniflow ? FB_IPFIX_UNIFLOW : 0) |
				  (icmp ? FB_IPFIX_ICMP : 0);

	return add_record(ipfix, &record, kind);
}

bool fb_ipfix_nat_event(struct fb_ipfix *ipfix, const struct fb_flow_at *at, bool gone)
{
	struct record record = {.at = at, .gone = gone};

	return !at->flow->nat || add_record(ipfix, &record, FB_IPFIX_EVENT | kind_of(at->flow));
}
