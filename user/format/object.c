/* SPDX-License-Identifier: BSD-2-Clause */
/* Values, flows and the field table as JSON, text and CSV. */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "flow/fields.h"
#include "util/addr.h"
#include "util/idn.h"

static void add_decimals(struct fb_buf *buf, uint64_t num, unsigned int decimals)
{
	uint64_t div = 1;

	for (unsigned int i = 0; i < decimals; i++)
		div *= 10;
	fb_buf_addu(buf, num / div);
	if (decimals)
		fb_buf_addf(buf, ".%0*" PRIu64, (int)decimals, num % div);
}

void fb_field_write_json(struct fb_json *json, const struct fb_field *field,
			 const struct fb_value *value)
{
	char addr[FB_ADDR_STRLEN];

	if (!value->known)
		fb_json_null(json);
	else if (field->type == FB_TYPE_IP)
		fb_json_str(json, fb_addr_format(value->addr, value->family, addr));
	else if (value->text)
		fb_json_str(json, value->text);
	else if (field->type == FB_TYPE_BOOL)
		fb_json_bool(json, value->num != 0);
	else if (field->type == FB_TYPE_TIME)
		fb_json_time(json, (int64_t)value->num);
	else if (field->decimals)
		fb_json_num(json, (double)value->num / 1000, field->decimals);
	else
		fb_json_u64(json, value->num);
}

void fb_field_write_text(struct fb_buf *buf, const struct fb_field *field,
			 const struct fb_value *value)
{
	char text[FB_ADDR_STRLEN];

	if (!value->known)
		return;
	if (field->type == FB_TYPE_IP)
		fb_buf_adds(buf, fb_addr_format(value->addr, value->family, text));
	else if (value->text)
		fb_buf_adds(buf, value->text);
	else if (field->type == FB_TYPE_BOOL)
		fb_buf_adds(buf, value->num ? "true" : "false");
	else if (field->type == FB_TYPE_TIME)
		fb_buf_adds(buf, fb_json_format_time((int64_t)value->num, text));
	else
		add_decimals(buf, value->num, field->decimals);
}

void fb_field_write_csv(struct fb_buf *buf, const struct fb_field *field,
			const struct fb_value *value)
{
	if (!value->known || !value->text) {
		fb_field_write_text(buf, field, value);
		return;
	}
	if (!strpbrk(value->text, ",\"\r\n") && !strchr("=+-@\t", value->text[0])) {
		fb_buf_adds(buf, value->text);
		return;
	}
	fb_buf_addc(buf, '"');
	if (strchr("=+-@\t\r", value->text[0]))
		fb_buf_addc(buf, '\'');
	for (const char *c = value->text; *c; c++) {
		if (*c == '"')
			fb_buf_addc(buf, '"');
		fb_buf_addc(buf, *c);
	}
	fb_buf_addc(buf, '"');
}

void fb_fields_write_csv_header(struct fb_buf *buf, const struct fb_field *const *fields,
				unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		fb_buf_addf(buf, "%s%s", i ? "," : "", fields[i]->name);
	fb_buf_adds(buf, "\r\n");
}

static void write_pair(struct fb_json *json, const char *key, uint64_t up, uint64_t down)
{
	fb_json_kv_object(json, key);
	fb_json_kv_u64(json, "up", up);
	fb_json_kv_u64(json, "down", down);
	fb_json_end(json, '}');
}

/* The value of a field, by its name; null where it is not known. */
static void write_field(struct fb_json *json, const char *key, const char *name,
			const struct fb_flow_at *at)
{
	const struct fb_field *field = fb_field_find(name, strlen(name));
	struct fb_value value;

	fb_field_get(field, at, &value);
	fb_json_key(json, key);
	fb_field_write_json(json, field, &value);
}

static void write_port(struct fb_json *json, const struct fb_flow *flow, uint16_t port)
{
	fb_json_key(json, "port");
	if (flow->src_port || flow->dst_port)
		fb_json_u64(json, port);
	else
		fb_json_null(json);
}

static void write_ends(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	char addr[FB_ADDR_STRLEN];

	fb_json_kv_object(json, "src");
	fb_json_kv_str(json, "ip", fb_addr_format(flow->src, flow->family, addr));
	write_port(json, flow, flow->src_port);
	write_field(json, "host", "src.host", at);
	fb_json_end(json, '}');
	fb_json_kv_object(json, "dst");
	fb_json_kv_str(json, "ip", fb_addr_format(flow->dst, flow->family, addr));
	write_port(json, flow, flow->dst_port);
	write_field(json, "host", "dst.host", at);
	write_field(json, "host_from", "dst.host_from", at);
	fb_json_end(json, '}');
}

static void write_nat(struct fb_json *json, const struct fb_flow_at *at)
{
	fb_json_key(json, "nat");
	if (!at->flow->nat) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	write_field(json, "kind", "nat.kind", at);
	write_field(json, "src", "nat.src", at);
	write_field(json, "dst", "nat.dst", at);
	fb_json_end(json, '}');
}

static void write_groups(struct fb_json *json, const struct fb_flow_tls *tls)
{
	char number[8];

	fb_json_kv_array(json, "groups");
	for (unsigned int i = 0; tls && i < tls->n_groups; i++) {
		const char *name = fb_tls_group_name(tls->groups[i]);

		snprintf(number, sizeof(number), "0x%04x", tls->groups[i]);
		fb_json_str(json, name ? name : number);
	}
	fb_json_end(json, ']');
}

static void write_tls(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow_tls *tls = at->flow->tls;
	struct fb_value sni = {0};

	fb_field_get(fb_field_find("tls.sni", 7), at, &sni);
	fb_json_key(json, "tls");
	if (!tls && !sni.known) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	fb_json_kv_str(json, "sni", sni.text);
	fb_json_kv_array(json, "alpn");
	for (const char *alpn = NULL; (alpn = fb_flow_next_alpn(tls, alpn));)
		fb_json_str(json, alpn);
	fb_json_end(json, ']');
	write_field(json, "version", "tls.version", at);
	write_field(json, "ja4", "tls.ja4", at);
	write_field(json, "ech", "tls.ech", at);
	write_field(json, "esni", "tls.esni", at);
	write_field(json, "offered", "tls.offered", at);
	write_groups(json, tls);
	write_field(json, "pq", "tls.pq", at);
	write_field(json, "group", "tls.group", at);
	write_field(json, "cipher", "tls.cipher", at);
	fb_json_kv_bool(json, "answered", tls && tls->answered);
	fb_json_end(json, '}');
}

static void write_conntrack(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	const char *name;
	unsigned int bit;

	fb_json_key(json, "conntrack");
	if (!(flow->flags & FB_FLOW_CONNTRACK)) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	write_field(json, "id", "conntrack.id", at);
	write_field(json, "state", "state", at);
	fb_json_kv_array(json, "flags");
	for (unsigned int i = 0; (name = fb_conntrack_flag_name(i, &bit)); i++)
		if (flow->ct_status & (1u << bit))
			fb_json_str(json, name);
	fb_json_end(json, ']');
	write_field(json, "timeout_s", "timeout_s", at);
	fb_json_kv_u64(json, "mark", flow->ct_mark);
	fb_json_kv_u64(json, "zone", flow->ct_zone);
	fb_json_end(json, '}');
}

static void write_tcp(struct fb_json *json, const struct fb_flow *flow)
{
	char text[9];

	fb_json_key(json, "tcp");
	if (flow->proto != IPPROTO_TCP) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	fb_json_kv_str(json, "flags_up", fb_tcp_flags_text(flow->tcp_flags[FB_UP], text));
	fb_json_kv_str(json, "flags_down", fb_tcp_flags_text(flow->tcp_flags[FB_DOWN], text));
	fb_json_end(json, '}');
}

static void write_iface(struct fb_json *json, const char *name, const uint64_t *packets,
			const uint64_t *bytes)
{
	fb_json_object(json);
	fb_json_kv_str(json, "name", *name ? name : NULL);
	write_pair(json, "packets", packets[FB_UP], packets[FB_DOWN]);
	write_pair(json, "bytes", bytes[FB_UP], bytes[FB_DOWN]);
	fb_json_end(json, '}');
}

static void write_ifaces(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow_links *links = at->flow->links;

	fb_json_kv_array(json, "ifaces");
	write_iface(json, fb_snapshot_link(at->snapshot, at->flow->link), at->traffic->packets,
		    at->traffic->bytes);
	for (unsigned int i = 0; links && i < links->n; i++)
		write_iface(json, fb_snapshot_link(at->snapshot, links->link[i].link),
			    links->link[i].packets, links->link[i].bytes);
	fb_json_end(json, ']');
}

static void write_flags(struct fb_json *json, const char *key, uint8_t flags)
{
	fb_json_kv_array(json, key);
	for (unsigned int bit = 0; bit < 5; bit++)
		if (flags & (1u << bit))
			fb_json_str(json, fb_name_flag_name(bit));
	fb_json_end(json, ']');
}

/* What an "xn--" name reads as; null for all others. */
static void write_unicode(struct fb_json *json, const struct fb_flow_name *name)
{
	char text[FB_NAME_MAX * 4 + 1];
	bool mixed;

	fb_json_kv_str(json, "unicode",
		       fb_idn_text(name->text, name->len, text, sizeof(text), &mixed) > 0 ? text
											  : NULL);
}

static void write_names(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow_names *names = at->flow->names;
	uint8_t flags = 0;

	fb_json_kv_array(json, "names");
	for (unsigned int i = 0; names && i < names->n; i++) {
		const struct fb_flow_name *name = &names->name[i];
		uint64_t now = at->snapshot->now_ns;

		flags |= name->flags;
		fb_json_object(json);
		fb_json_kv_str(json, "name", name->text);
		write_unicode(json, name);
		fb_json_kv_str(json, "source", fb_name_source_name(name->source));
		fb_json_kv_u64(json, "age_s",
			       now > name->time ? (now - name->time) / 1000000000 : 0);
		write_flags(json, "flags", name->flags);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
	write_flags(json, "name_flags", flags);
}

static void write_closed(struct fb_json *json, const struct fb_flow_at *at)
{
	fb_json_key(json, "closed");
	if (!at->flow->closed) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	fb_json_kv_str(json, "reason", fb_closed_name(at->flow->closed));
	fb_json_kv_time(json, "at", fb_snapshot_wall_ms(at->snapshot, at->flow->closed_at));
	fb_json_end(json, '}');
}

/* The last ICMP error that quotes a packet of the flow. */
static void write_icmp_error(struct fb_json *json, const struct fb_flow *flow)
{
	fb_json_key(json, "icmp_error");
	if (!(flow->flags & FB_FLOW_ICMP_ERROR)) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	fb_json_kv_u64(json, "type", flow->icmp_type);
	fb_json_kv_u64(json, "code", flow->icmp_code);
	fb_json_end(json, '}');
}

void fb_flow_write_json(struct fb_json *json, const struct fb_flow_at *at)
{
	static const char *const plain[] = {
		"id", "proto", "l7", "service", "family", "direction", "scope", "state", "iface",
	};
	static const char *const times[] = {
		"rtt_ms", "first_seen", "last_seen", "duration_ms", "idle_ms", "partial",
	};
	const struct fb_traffic *traffic = at->traffic;

	fb_json_object(json);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		write_field(json, plain[i], plain[i], at);
	write_ends(json, at);
	write_nat(json, at);
	write_tls(json, at);
	write_conntrack(json, at);
	write_tcp(json, at->flow);
	write_icmp_error(json, at->flow);
	write_pair(json, "bytes", traffic->bytes[0], traffic->bytes[1]);
	write_pair(json, "packets", traffic->packets[0], traffic->packets[1]);
	write_pair(json, "rate_bps", traffic->rate[0] * 8, traffic->rate[1] * 8);
	write_pair(json, "pps", traffic->pps[0], traffic->pps[1]);
	write_ifaces(json, at);
	write_names(json, at);
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		write_field(json, times[i], times[i], at);
	write_closed(json, at);
	fb_json_end(json, '}');
}

void fb_fields_write_json(struct fb_json *json)
{
	fb_json_array(json);
	for (unsigned int i = 0; i < fb_n_fields; i++) {
		const struct fb_field *field = &fb_fields[i];

		fb_json_object(json);
		fb_json_kv_str(json, "name", field->name);
		fb_json_kv_str(json, "label", field->label);
		fb_json_kv_str(json, "type", fb_type_name(field->type));
		fb_json_kv_str(json, "unit", field->unit);
		fb_json_kv_str(json, "align", field->right ? "right" : "left");
		fb_json_kv_bool(json, "sortable", field->sortable);
		fb_json_kv_bool(json, "filterable", field->filterable);
		fb_json_kv_bool(json, "group", field->groupable);
		fb_json_kv_bool(json, "default", field->shown);
		fb_json_kv_str(json, "help", field->help);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}
