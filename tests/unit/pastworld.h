/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random flows, and random filters of what they say: the one set that each database of flows is
 * held to, against fb_filter_match. Some of the flows are called what an attacker would be called.
 */
#pragma once

#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/sql.h"
#include "flow/owner.h"
#include "flow/places.h"
#include "flow/value.h"
#include "util/addr.h"
#include "util/cleanup.h"

#define FLOWS	1500
#define FILTERS 1200
#define N(arr)	(sizeof(arr) / sizeof(*(arr)))

static char links[FB_LINK_MAX][FB_LINK_NAME] = {[1] = "lan0", [2] = "wan0"};
static struct fb_snapshot snapshot = {.now_ns = 50000000000000,
				      .wall_ms = 1795224011201,
				      .interval_ns = 1000000000,
				      .link_names = links};
static struct fb_flow flows[FLOWS];
static struct fb_traffic traffic[FLOWS];
static uint32_t places[4];

static unsigned int below(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static struct fb_flow_at at_of(unsigned int i)
{
	return (struct fb_flow_at){
		.snapshot = &snapshot, .flow = &flows[i], .traffic = &traffic[i]};
}

/* --- random flows ---------------------------------------------------------------------------- */

static const char *const hosts[] = {
	"www.example.com",	"EXAMPLE.com",	      "cdn.example.org",       "xn--bcher-kva.de",
	"a_b.example",		"10.example",	      "it's.example",	       "x') OR 1=1 -- ",
	"100%_a.example",	"b\\x27.example",     "\xc3\xbcmlaut.example", "tab\there\nand",
	"(regex)+[a].example$", "bad\xff\xfe.example"};

static const struct fb_flow_names *some_names(void)
{
	static const uint8_t sources[] = {FB_NAME_SNI, FB_NAME_DNS, FB_NAME_QUIC};
	struct fb_flow_names *names = malloc(sizeof(*names) + sizeof(*names->name));

	names->n = 1;
	names->name[0] = (struct fb_flow_name){
		.text = hosts[below(N(hosts))],
		.source = sources[below(3)],
		.flags = (uint8_t)below(64),
	};
	names->name[0].len = (uint8_t)strlen(names->name[0].text);
	return names;
}

static const struct fb_flow_tls *some_tls(void)
{
	struct fb_flow_tls *tls = calloc(1, sizeof(*tls));

	*tls = (struct fb_flow_tls){
		.version = (uint16_t)(0x0301 + below(4)),
		.group = below(2) ? 0x001d : 0x9999,
		.cipher = below(2) ? 0x1301 : 0,
		.offered = 0x0304,
		.answered = below(2),
		.ech = below(2),
		.n_groups = (uint8_t)below(3),
		.groups = {0x001d, 0x0017},
		.ja4 = "t13d1516h2_8daaf6152771_02713d6af862",
		.alpn_len = below(2) ? 3 : 12,
		.alpn = "h2\0http/1.1",
	};
	return tls;
}

static const struct fb_flow_nat *some_nat(void)
{
	struct fb_flow_nat *nat = calloc(1, sizeof(*nat));

	nat->kind = FB_NAT_SRC;
	nat->src_port = (uint16_t)below(10);
	fb_addr_parse(below(3) ? "198.51.100.7" : "2001:db8::7", nat->src, &nat->src_family);
	return nat;
}

static const struct fb_owner *some_owner(void)
{
	struct fb_owner *owner = calloc(1, sizeof(*owner));

	owner->key.pid = 1 + below(5);
	owner->process = below(2) ? "curl" : "Firefox";
	owner->exe = "/usr/bin/curl";
	owner->parents = "bash (7)\0init (1)";
	owner->parents_len = 18;
	return owner;
}

static void make_flow(struct fb_flow *flow, struct fb_traffic *moved)
{
	static const char *const services[] = {NULL, "https", "dns", "https (YouTube)"};
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 99};
	static const struct fb_flow_name client = {.text = "Laptop.lan", .source = FB_NAME_DHCP};
	const bool v6 = below(4) == 0;
	char text[FB_ADDR_STRLEN];

	*flow = (struct fb_flow){
		.id = (uint64_t)rand() << 32 | (uint32_t)rand() | (uint64_t)below(2) << 63,
		.proto = protos[below(4)],
		.state = (uint8_t)below(FB_STATE_COUNT),
		.closed = (uint8_t)below(7),
		.scope = (uint8_t)below(4),
		.direction = (uint8_t)below(4),
		.l7 = (uint8_t)below(FB_L7_COUNT),
		.client_by = (uint8_t)below(8),
		.link = (uint16_t)below(3),
		.vlan = {(uint16_t)below(3), 0},
		.flags = below(2) ? FB_FLOW_CONNTRACK : FB_FLOW_PARTIAL,
		.ct_id = (uint32_t)rand() * 2u,
		.ct_mark = below(2) ? below(32) : 0xffffffff,
		.ct_status = (uint32_t)rand(),
		.rtt_ns = below(3) * 1234567,
		.tcp_flags = {(uint8_t)below(256), (uint8_t)below(256)},
		.src_place = places[below(4)],
		.dst_place = places[below(4)],
		.service = services[below(N(services))],
		.src_host = below(2) ? &client : NULL,
		.tls = below(2) ? some_tls() : NULL,
		.nat = below(3) ? NULL : some_nat(),
		.owner = below(2) ? some_owner() : NULL,
		.owner_by = 1,
		.first_seen = snapshot.now_ns - below(10000) * 1000000000ull,
	};
	if (flow->proto != IPPROTO_ICMP) {
		flow->src_port = (uint16_t)(40000 + below(10));
		flow->dst_port = (uint16_t)(below(5) ? below(10) : 443);
	}
	/* names that were asked of a resolver are in no field, so history does not have them */
	if (flow->l7 != FB_L7_DNS && flow->l7 != FB_L7_MDNS && below(3))
		flow->names = some_names();
	flow->closed_at = flow->closed ? flow->first_seen + 1000000000ull * below(60) : 0;
	snprintf(text, sizeof(text), v6 ? "fd00::%u:%u" : "10.0.%u.%u", below(4), below(8));
	fb_addr_parse(text, flow->src, &flow->family);
	fb_addr_parse(v6 ? "2001:db8::2:3" : "192.0.2.3", flow->dst, &flow->family);
	*moved = (struct fb_traffic){
		.packets = {below(20), below(5)},
		.bytes = {below(20), (uint64_t)below(3) << 31},
		.last_seen = flow->first_seen + below(100) * 1000000000ull,
	};
}

/* --- filters ---------------------------------------------------------------------------------- */

static void text_of(const struct fb_field *field, const struct fb_value *value, char *text,
		    size_t size)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	fb_value_write_text(&buf, field, value);
	snprintf(text, size, "%.*s", (int)buf.len, buf.data ? buf.data : "");
}

struct text {
	char at[3000];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	text->len +=
		(size_t)vsnprintf(text->at + text->len, sizeof(text->at) - text->len, format, ap);
	va_end(ap);
}

/* What some flow says of the field, or a part of it. */
static void some_value(const struct fb_field *field, bool part, char *text, size_t size)
{
	const struct fb_flow_at at = at_of(below(FLOWS));
	struct fb_value value;
	size_t len;

	fb_field_get(field, &at, &value);
	text_of(field, &value, text, size);
	len = strlen(text);
	if (part && len > 2 && below(3)) {
		memmove(text, text + below(2), len);
		text[1 + below((unsigned int)len)] = '\0';
		if (below(3) == 0)
			text[0] = "*?"[below(2)];
	}
	for (char *c = text; *c; c++)
		if (*c == '"' || *c == '\\')
			*c = '?';
}

/* Names of either end, by one of their fields. */
static const struct {
	const char *name;
	enum fb_field_id field;
} either[] = {{"ip", FB_FIELD_src_ip}, {"port", FB_FIELD_dst_port}, {"host", FB_FIELD_dst_host},
	      {"sni", FB_FIELD_sni},   {"mac", FB_FIELD_src_mac},   {"ip", FB_FIELD_nat_src_ip}};

static void add_term(struct text *text)
{
	static const char *const ops[] = {"=", "!=", "<", "<=", ">", ">=", "~", "!~", ":", "~"};
	const unsigned int place = below(N(either) * 4);
	const struct fb_field *field = place < N(either) ? &fb_fields[either[place].field]
							 : &fb_fields[below(FB_FIELD_COUNT)];
	const char *name = place < N(either) ? either[place].name : field->name;
	const char *op = ops[below(N(ops))];
	char value[FB_VALUE_TEXT], other[FB_VALUE_TEXT];

	some_value(field, strchr(op, '~'), value, sizeof(value));
	some_value(field, false, other, sizeof(other));
	switch (below(8)) {
	case 0:
		add(text, "%s in (\"%s\", \"%s\")", name, value, other);
		break;
	case 1:
		add(text, "%s not in (\"%s\")", name, value);
		break;
	case 2:
		add(text, "%s = \"%s%s%s\"", name, value, field->type == FB_TYPE_TIME ? ".." : "-",
		    other);
		break;
	case 3:
		add(text, "\"%s\"", value); /* a bare word */
		break;
	case 4:
		add(text, "%s",
		    field->type == FB_TYPE_IP	 ? "src.ip = 10.0.1.0/24"
		    : field->type == FB_TYPE_INT ? "conntrack.mark & 5"
						 : "first_seen > -2h");
		break;
	default:
		add(text, "%s %s \"%s\"", name, op, value);
	}
}

/* A term that is none of the language, or not of the past, is left out. */
static void add_good_term(struct text *text)
{
	for (;;) {
		_cleanup_filter_ struct fb_filter *filter = NULL;
		_cleanup_where_ struct fb_where where = FB_WHERE_INIT;
		struct fb_filter_error error;
		struct text term = {.len = 0};

		add_term(&term);
		if (fb_filter_compile(term.at, &filter, &error) < 0 || !filter ||
		    fb_filter_sql(filter, &fb_where_sqlite, 0, &where, &error) < 0)
			continue;
		add(text, "%s", term.at);
		return;
	}
}

static void add_expression(struct text *text, unsigned int depth)
{
	const bool any = below(2), negated = below(4) == 0;

	if (!depth || below(3) == 0) {
		add_good_term(text);
		return;
	}
	add(text, negated ? "not (" : "(");
	for (unsigned int i = 0, n = 1 + below(3); i < n; i++) {
		add(text, "%s", !i ? "" : any ? " or " : " and ");
		add_expression(text, depth - 1);
	}
	add(text, ")");
}

static bool is_random_duration(const char *text)
{
	return strstr(text, "duration") || strstr(text, "rate") || strstr(text, "idle");
}

/* What is more than text to somebody. */
static const char *const hostile[] = {
	"host ~ \"'\"",
	"dst.host = \"it's.example\"",
	"dst.host = \"x') OR 1=1 -- \"",
	"dst.host ~ \"') OR 1=1\"",
	"dst.host ~ \"%_\"",
	"dst.host ~ \"*%_a*\"",
	"dst.host ~ \"100?_a*\"",
	"dst.host ~ \"b?x27*\"",
	"dst.host ~ \"?mlaut*\"",
	"dst.host ~ \"??mlaut*\"",
	"dst.host ~ \"\xc3\xbc\"",
	"dst.host : \"\xc3\x9cmlaut.example\"",
	"dst.host ~ \"(regex)+[a]*$\"",
	"dst.host ~ \".*\"",
	"dst.host ~ \"[a]\"",
	"dst.host ~ \"^\"",
	"dst.host ~ \"$\"",
	"\"'); DROP TABLE flows; --\"",
	"not dst.host ~ \"*e*\"",
	"src.ip = ::/0",
	"src.ip ~ \"::ffff\"",
	"nat.src.ip != 198.51.100.7",
	"ip ~ \"10.0.1\" or ip ~ \"*:1:?\"",
	"service = YouTube",
	"service = \"https (YouTube)\"",
	"service ~ \"(\"",
	"rtt < 2",
	"rtt >= 0",
	"not rtt >= 0",
	"rtt ~ \"1.2\"",
	"tls.pq = no or tls.ech = true",
	"not tls.pq",
	"tls.alpn ~ \"http\" and not tls.groups ~ \"x25519\"",
	"conntrack.mark & 5",
	"sensor = gw and site = berlin or tags ~ \"a=b\"",
	"not sensor = gw",
};

static int setup(void **state)
{
	const struct fb_place some[] = {{"DE", 64500, "Example (DE) GmbH"}, {"", 0, "Anycast"}};

	(void)state;
	srand(7);
	places[1] = fb_place_number(&some[0]);
	places[2] = fb_place_number(&some[1]);
	for (unsigned int i = 0; i < FLOWS; i++)
		make_flow(&flows[i], &traffic[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FLOWS; i++) {
		free((void *)flows[i].names);
		free((void *)flows[i].tls);
		free((void *)flows[i].nat);
		free((void *)flows[i].owner);
	}
	return 0;
}

/* What the field said of the flow, and says of it where it was kept: `whose`. */
static inline void compare(const struct fb_field *field, const struct fb_flow_at *live,
			   const struct fb_flow_at *past, const char *whose)
{
	char a[FB_VALUE_TEXT], b[FB_VALUE_TEXT];
	struct fb_value was, is;

	if (field->type == FB_TYPE_RATE || field->id == FB_FIELD_idle ||
	    field->id == FB_FIELD_duration || field->id == FB_FIELD_timeout)
		return;
	fb_field_get(field, live, &was);
	fb_field_get(field, past, &is);
	text_of(field, &was, a, sizeof(a));
	text_of(field, &is, b, sizeof(b));
	if (was.known != is.known || strcmp(a, b) != 0)
		fail_msg("%s: \"%s\", and in the %s \"%s\"", field->name, a, whose, b);
}
