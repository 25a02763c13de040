/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/eve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "flow/value.h"
#include "proto/communityid.h"
#include "proto/dns.h"
#include "proto/icmp.h"
#include "proto/name.h"

#define FLOW_ID ((1ull << 53) - 1) /* what every reader of JSON has exactly */

/* "2026-11-21T01:20:11.201000+0000" */
static void write_time(struct fb_json *json, const char *key, int64_t ms)
{
	char text[FB_TIME_STRLEN];

	fb_json_format_time(ms, text);
	fb_json_key(json, key);
	fb_json_strf(json, "%.23s000+0000", text);
}

/* Nothing of what is not known. */
static void write_field(struct fb_json *json, const char *key, enum fb_field_id id,
			const struct fb_flow_at *at)
{
	struct fb_value value;

	fb_field_get(&fb_fields[id], at, &value);
	if (!value.known)
		return;
	fb_json_key(json, key);
	fb_value_write_json(json, &fb_fields[id], &value);
}

static void write_proto(struct fb_json *json, uint8_t proto)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {
		{IPPROTO_TCP, "TCP"},	       {IPPROTO_UDP, "UDP"},   {IPPROTO_ICMP, "ICMP"},
		{IPPROTO_ICMPV6, "IPv6-ICMP"}, {IPPROTO_SCTP, "SCTP"}, {IPPROTO_GRE, "GRE"},
		{IPPROTO_ESP, "ESP"},	       {IPPROTO_AH, "AH"},     {IPPROTO_IGMP, "IGMP"},
	};

	fb_json_key(json, "proto");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].proto == proto) {
			fb_json_str(json, names[i].name);
			return;
		}
	fb_json_strf(json, "%03u", proto);
}

static bool is_icmp(const struct fb_flow *flow)
{
	return flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6;
}

/* Of the first message. */
static void write_icmp(struct fb_json *json, const struct fb_flow *flow)
{
	if (!is_icmp(flow))
		return;
	fb_json_kv_u64(json, "icmp_type", fb_icmp_question(flow->family, flow->icmp_type));
	fb_json_kv_u64(json, "icmp_code", flow->icmp_code);
}

/* Of ICMP that of its first message: other monitors call each type a flow. */
static void write_community_id(struct fb_json *json, const struct fb_flow *flow)
{
	const bool icmp = is_icmp(flow);
	const struct fb_community_flow ends = {
		.src = flow->src,
		.dst = flow->dst,
		.family = flow->family,
		.proto = flow->proto,
		.src_port = icmp ? fb_icmp_question(flow->family, flow->icmp_type) : flow->src_port,
		.dst_port = icmp ? flow->icmp_code : flow->dst_port,
	};
	char id[FB_COMMUNITY_ID];

	fb_community_id(&ends, id);
	fb_json_kv_str(json, "community_id", id);
}

static void write_vlan(struct fb_json *json, const struct fb_flow *flow)
{
	if (!flow->vlan[0])
		return;
	fb_json_kv_array(json, "vlan");
	fb_json_u64(json, flow->vlan[0]);
	if (flow->vlan[1])
		fb_json_u64(json, flow->vlan[1]);
	fb_json_end(json, ']');
}

/* What every event of a flow begins with. */
static void begin(struct fb_json *json, const struct fb_flow_at *at, const char *type, int64_t ms)
{
	fb_json_object(json);
	write_time(json, "timestamp", ms);
	fb_json_kv_u64(json, "flow_id", at->flow->id & FLOW_ID);
	write_field(json, "in_iface", FB_FIELD_iface, at);
	fb_json_kv_str(json, "event_type", type);
	write_vlan(json, at->flow);
	write_field(json, "src_ip", FB_FIELD_src_ip, at);
	write_field(json, "src_port", FB_FIELD_src_port, at);
	write_field(json, "dest_ip", FB_FIELD_dst_ip, at);
	write_field(json, "dest_port", FB_FIELD_dst_port, at);
	write_proto(json, at->flow->proto);
	fb_json_kv_u64(json, "ip_v", at->flow->family);
	write_icmp(json, at->flow);
	write_field(json, "app_proto", FB_FIELD_l7, at);
	write_community_id(json, at->flow);
}

static void end(struct fb_json *json)
{
	fb_json_end(json, '}');
	fb_buf_addc(json->buf, '\n');
}

/* --- flow ------------------------------------------------------------------------------------ */

static const char *state_of(const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;

	if (flow->closed && flow->closed != FB_CLOSED_TIMEOUT && flow->closed != FB_CLOSED_EVICTED)
		return "closed";
	return at->traffic->packets[FB_UP] && at->traffic->packets[FB_DOWN] ? "established" : "new";
}

static const char *reason_of(const struct fb_flow *flow, bool at_end)
{
	return at_end				   ? "shutdown"
	       : flow->closed == FB_CLOSED_EVICTED ? "forced"
	       : flow->closed == FB_CLOSED_REUSED  ? "tcp_reuse"
						   : "timeout";
}

static void write_tcp(struct fb_json *json, const struct fb_flow *flow)
{
	static const char *const states[FB_STATE_COUNT] = {
		[FB_STATE_SYN_SENT] = "syn_sent",	[FB_STATE_SYN_RECV] = "syn_recv",
		[FB_STATE_ESTABLISHED] = "established", [FB_STATE_FIN_WAIT] = "fin_wait1",
		[FB_STATE_CLOSE_WAIT] = "close_wait",	[FB_STATE_LAST_ACK] = "last_ack",
		[FB_STATE_TIME_WAIT] = "time_wait",	[FB_STATE_CLOSE] = "closed",
		[FB_STATE_SYN_SENT2] = "syn_sent",
	};
	static const char *const flags[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"};
	const unsigned int all = flow->tcp_flags[FB_UP] | flow->tcp_flags[FB_DOWN];

	fb_json_kv_object(json, "tcp");
	fb_json_key(json, "tcp_flags");
	fb_json_strf(json, "%02x", all);
	fb_json_key(json, "tcp_flags_ts");
	fb_json_strf(json, "%02x", flow->tcp_flags[FB_UP]);
	fb_json_key(json, "tcp_flags_tc");
	fb_json_strf(json, "%02x", flow->tcp_flags[FB_DOWN]);
	for (unsigned int bit = 0; bit < 8; bit++)
		if (all & 1u << bit)
			fb_json_kv_bool(json, flags[bit], true);
	if (flow->state < FB_STATE_COUNT && states[flow->state])
		fb_json_kv_str(json, "state", states[flow->state]);
	fb_json_end(json, '}');
}

void fb_eve_flow(struct fb_buf *buf, const struct fb_flow_at *at, const struct fb_told_part *part,
		 bool at_end)
{
	const int64_t start = fb_snapshot_wall_ms(at->snapshot, part->since_ns);
	const int64_t last = fb_snapshot_wall_ms(at->snapshot, at->traffic->last_seen);
	struct fb_json json;

	fb_json_init(&json, buf);
	begin(&json, at, "flow", at->snapshot->wall_ms);
	fb_json_kv_object(&json, "flow");
	fb_json_kv_u64(&json, "pkts_toserver", part->packets[FB_UP]);
	fb_json_kv_u64(&json, "pkts_toclient", part->packets[FB_DOWN]);
	fb_json_kv_u64(&json, "bytes_toserver", part->bytes[FB_UP]);
	fb_json_kv_u64(&json, "bytes_toclient", part->bytes[FB_DOWN]);
	write_time(&json, "start", start);
	write_time(&json, "end", last > start ? last : start);
	fb_json_kv_u64(&json, "age", last > start ? (uint64_t)(last - start) / 1000 : 0);
	fb_json_kv_str(&json, "state", state_of(at));
	fb_json_kv_str(&json, "reason", reason_of(at->flow, at_end));
	fb_json_kv_bool(&json, "alerted", false);
	fb_json_end(&json, '}');
	if (at->flow->proto == IPPROTO_TCP)
		write_tcp(&json, at->flow);
	end(&json);
}

/* --- hellos ---------------------------------------------------------------------------------- */

static const char *version_of(uint16_t version)
{
	switch (version) {
	case 0x0300:
		return "SSLv3";
	case 0x0301:
		return "TLSv1";
	case 0x0302:
		return "TLS 1.1";
	case 0x0303:
		return "TLS 1.2";
	case 0x0304:
		return "TLS 1.3";
	default:
		return NULL;
	}
}

/* "1", "v2", drafts in hexadecimal digits, Google's by their letters. */
static void write_quic_version(struct fb_json *json, uint32_t version)
{
	fb_json_key(json, "version");
	if (version == 0x6b3343cf)
		fb_json_str(json, "v2");
	else if (version >> 24 == 'Q')
		fb_json_strf(json, "Q%c%c%c", version >> 16 & 0xff, version >> 8 & 0xff,
			     version & 0xff);
	else
		fb_json_strf(json, "%x", version);
}

static void write_alpns(struct fb_json *json, const char *key, const struct fb_flow_tls *tls)
{
	fb_json_kv_array(json, key);
	for (const char *alpn = fb_flow_next_alpn(tls, NULL); alpn;
	     alpn = fb_flow_next_alpn(tls, alpn))
		fb_json_str(json, alpn);
	fb_json_end(json, ']');
}

/* Of QUIC they stand in the extension that has them. */
static void write_alpn_extension(struct fb_json *json, const struct fb_flow_tls *tls)
{
	fb_json_kv_array(json, "extensions");
	fb_json_object(json);
	fb_json_kv_str(json, "name", "alpn");
	fb_json_kv_u64(json, "type", 16);
	write_alpns(json, "values", tls);
	fb_json_end(json, '}');
	fb_json_end(json, ']');
}

void fb_eve_hello(struct fb_buf *buf, const struct fb_flow_at *at)
{
	const struct fb_flow_tls *tls = at->flow->tls;
	const bool quic = at->flow->l7 == FB_L7_QUIC, alpn = fb_flow_next_alpn(tls, NULL);
	const char *type = quic ? "quic" : "tls", *version = version_of(tls->version);
	struct fb_json json;

	fb_json_init(&json, buf);
	begin(&json, at, type, at->snapshot->wall_ms);
	fb_json_kv_object(&json, type);
	if (quic && tls->quic_version)
		write_quic_version(&json, tls->quic_version);
	write_field(&json, "sni", FB_FIELD_sni, at);
	if (!quic && version)
		fb_json_kv_str(&json, "version", version);
	if (!quic && alpn)
		write_alpns(&json, "client_alpns", tls);
	write_field(&json, "ja4", FB_FIELD_ja4, at);
	if (quic && alpn)
		write_alpn_extension(&json, tls);
	fb_json_end(&json, '}');
	end(&json);
}

/* --- dns ------------------------------------------------------------------------------------- */

#define ANSWERS_MAX 64 /* of a message, told at most */

static void write_name(struct fb_json *json, const char *key, const struct fb_dns_name *name)
{
	char text[4 * FB_DNS_NAME_MAX + 1];

	if (fb_name_text((const uint8_t *)name->text, name->len, text, sizeof(text)) >= 0)
		fb_json_kv_str(json, key, text);
}

static void write_word(struct fb_json *json, const char *key, const char *word, unsigned int number)
{
	fb_json_key(json, key);
	if (word)
		fb_json_str(json, word);
	else
		fb_json_strf(json, "%u", number);
}

struct answers {
	struct fb_json *json;
	unsigned int n;
};

static void write_answer(void *ctx, const struct fb_dns_record *record)
{
	struct answers *answers = ctx;
	struct fb_json *json = answers->json;
	char text[INET6_ADDRSTRLEN];

	if (answers->n++ == 0)
		fb_json_kv_array(json, "answers");
	fb_json_object(json);
	write_name(json, "rrname", record->owner);
	write_word(json, "rrtype", fb_dns_type_name(record->type), record->type);
	fb_json_kv_u64(json, "ttl", record->ttl);
	if (record->target)
		write_name(json, "rdata", record->target);
	else if (record->address && inet_ntop(record->type == 1 ? AF_INET : AF_INET6,
					      record->address, text, sizeof(text)))
		fb_json_kv_str(json, "rdata", text);
	fb_json_end(json, '}');
}

static void write_flags(struct fb_json *json, uint16_t flags)
{
	static const struct {
		uint16_t bit;
		const char *key;
	} bits[] = {{0x8000, "qr"}, {0x0400, "aa"}, {0x0200, "tc"}, {0x0100, "rd"}, {0x0080, "ra"}};

	fb_json_key(json, "flags");
	fb_json_strf(json, "%04x", flags);
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (flags & bits[i].bit)
			fb_json_kv_bool(json, bits[i].key, true);
}

bool fb_eve_dns(struct fb_buf *buf, const struct fb_flow_at *at,
		const struct fb_dnslog_entry *entry)
{
	struct fb_json json;
	struct answers answers = {.json = &json};
	struct fb_dns dns;

	if (fb_dns_parse(entry->message, entry->len, NULL, NULL, &dns) < 0)
		return false;
	fb_json_init(&json, buf);
	begin(&json, at, "dns", fb_snapshot_wall_ms(at->snapshot, entry->time));
	fb_json_kv_object(&json, "dns");
	fb_json_kv_u64(&json, "version", 2);
	fb_json_kv_str(&json, "type", dns.response ? "answer" : "query");
	fb_json_kv_u64(&json, "id", dns.id);
	if (dns.response)
		write_flags(&json, dns.flags);
	fb_json_kv_u64(&json, "opcode", dns.opcode);
	write_name(&json, "rrname", &dns.question);
	write_word(&json, "rrtype", fb_dns_type_name(dns.question_type), dns.question_type);
	if (dns.response) {
		write_word(&json, "rcode", fb_dns_rcode_name(dns.rcode), dns.rcode);
		fb_dns_answers(entry->message, entry->len, ANSWERS_MAX, write_answer, &answers,
			       &dns);
		if (answers.n)
			fb_json_end(&json, ']');
	}
	fb_json_end(&json, '}');
	end(&json);
	return true;
}

/* --- stats ----------------------------------------------------------------------------------- */

void fb_eve_stats(struct fb_buf *buf, const struct fb_snapshot *snapshot,
		  const struct fb_sink_totals *totals)
{
	struct fb_json json;

	fb_json_init(&json, buf);
	fb_json_object(&json);
	write_time(&json, "timestamp", snapshot->wall_ms);
	fb_json_kv_str(&json, "event_type", "stats");
	fb_json_kv_object(&json, "stats");
	fb_json_kv_u64(&json, "uptime", totals->uptime_ms / 1000);
	fb_json_kv_object(&json, "capture");
	fb_json_kv_u64(&json, "kernel_packets", totals->packets);
	fb_json_kv_u64(&json, "kernel_drops", totals->dropped);
	fb_json_end(&json, '}');
	fb_json_kv_object(&json, "decoder");
	fb_json_kv_u64(&json, "pkts", totals->packets);
	fb_json_kv_u64(&json, "bytes", totals->bytes);
	fb_json_kv_u64(&json, "invalid", totals->malformed);
	fb_json_end(&json, '}');
	fb_json_kv_object(&json, "flow");
	fb_json_kv_u64(&json, "active", snapshot->live);
	fb_json_end(&json, '}');
	fb_json_kv_object(&json, "flowbpf");
	fb_json_kv_u64(&json, "losses", totals->losses);
	fb_json_end(&json, '}');
	fb_json_end(&json, '}');
	end(&json);
}
