/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for what a flow's numbers mean. */
#include "flow/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/addr.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

static const char *word(const char *const *words, size_t n, unsigned int i)
{
	return i < n ? words[i] : NULL;
}

#define WORDS(function, ...)                                                                       \
	const char *function(unsigned int i)                                                       \
	{                                                                                          \
		static const char *const words[] = {__VA_ARGS__};                                  \
                                                                                                   \
		return word(words, N(words), i);                                                   \
	}

#define X(name) #name,
WORDS(fb_state_name, FB_STATES(X))
#undef X
WORDS(fb_closed_name, NULL, "fin", "rst", "timeout", "evicted", "reused", "ended")
WORDS(fb_scope_name, "internal-external", "external-internal", "internal", "external")
WORDS(fb_direction_name, "in", "out", "forward", "local")
WORDS(fb_client_by_name, "first", "port", "ephemeral", "service", "hello", "conntrack", "listener",
      "syn")
WORDS(fb_counted_by_name, NULL, "flowbpf", "conntrack")
WORDS(fb_l7_name, NULL, "tls", "quic", "http", "dns", "dhcp", "mdns", "ssh")
WORDS(fb_nat_kind_name, NULL, "snat", "dnat", "both")
WORDS(fb_name_source_name, NULL, "sni", "quic", "ech", "http", "dns", "dhcp", "mdns", "lease",
      "hosts", "operator")
WORDS(fb_name_flag_name, "ech", "overlap", "unexplained", "confirmed", "mixed_script", "shared")

unsigned int fb_name_rank(unsigned int source)
{
	/* the outer name of an ECH hello is nobody's destination */
	static const uint8_t rank[] = {
		[FB_NAME_NONE] = 99, [FB_NAME_OPERATOR] = 1, [FB_NAME_SNI] = 2,	 [FB_NAME_QUIC] = 2,
		[FB_NAME_HTTP] = 3,  [FB_NAME_HOSTS] = 4,    [FB_NAME_DNS] = 5,	 [FB_NAME_ECH] = 6,
		[FB_NAME_LEASE] = 7, [FB_NAME_DHCP] = 8,     [FB_NAME_MDNS] = 9,
	};

	return source < sizeof(rank) ? rank[source] : 99;
}

const struct fb_flow_name *fb_flow_host(const struct fb_flow *flow)
{
	const struct fb_flow_names *names = flow->names;

	if (!names || names->n == 0 || flow->l7 == FB_L7_MDNS)
		return NULL;
	if (flow->l7 != FB_L7_DNS)
		return &names->name[0];
	for (unsigned int i = 0; i < names->n; i++)
		if (fb_name_is_of_host(names->name[i].source))
			return &names->name[i];
	return NULL;
}

const struct fb_flow_name *fb_flow_asked_name(const struct fb_flow *flow)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		if (!fb_name_is_of_host(flow->names->name[i].source))
			return &flow->names->name[i];
	return NULL;
}

struct number {
	unsigned int number;
	const char *name;
};

static const struct number protos[] = {
	{1, "icmp"},  {2, "igmp"},   {4, "ipip"},   {6, "tcp"},	   {17, "udp"},	     {33, "dccp"},
	{41, "ipv6"}, {47, "gre"},   {50, "esp"},   {51, "ah"},	   {58, "icmpv6"},   {89, "ospf"},
	{103, "pim"}, {112, "vrrp"}, {115, "l2tp"}, {132, "sctp"}, {136, "udplite"},
};

static const char *find_number(const struct number *numbers, size_t n, unsigned int number)
{
	for (size_t i = 0; i < n; i++)
		if (numbers[i].number == number)
			return numbers[i].name;
	return NULL;
}

const char *fb_proto_name(uint8_t proto, char buf[static 4])
{
	const char *name = find_number(protos, N(protos), proto);

	if (name)
		return name;
	snprintf(buf, 4, "%u", proto);
	return buf;
}

int fb_proto_number(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	if (digits && digits <= 3 && !name[digits]) {
		long number = strtol(name, NULL, 10);

		return number < 256 ? (int)number : -1;
	}
	for (size_t i = 0; i < N(protos); i++)
		if (!strcasecmp(protos[i].name, name))
			return (int)protos[i].number;
	return -1;
}

void fb_flow_ends_text(const struct fb_flow *flow, char *text, size_t size)
{
	char src[FB_ADDR_STRLEN], dst[FB_ADDR_STRLEN], proto[4];
	const char *open = flow->family == 6 ? "[" : "", *close = flow->family == 6 ? "]" : "";

	fb_addr_format(flow->src, flow->family, src);
	fb_addr_format(flow->dst, flow->family, dst);
	snprintf(text, size, "%s%s%s:%u > %s%s%s:%u %s", open, src, close, flow->src_port, open,
		 dst, close, flow->dst_port, fb_proto_name(flow->proto, proto));
}

const char *fb_tcp_flags_text(uint8_t flags, char buf[static 9])
{
	char *out = buf;

	for (int bit = 0; bit < 8; bit++)
		if (flags & (1 << bit))
			*out++ = "FSRPAUEC"[bit];
	*out = '\0';
	return buf;
}

const char *fb_tls_version_name(uint16_t version)
{
	static const struct number versions[] = {
		{0x0300, "ssl3"},	 {0x0301, "1.0"},	  {0x0302, "1.1"},
		{0x0303, "1.2"},	 {0x0304, "1.3"},	  {0xfeff, "dtls1.0"},
		{0xfefd, "dtls1.2"},	 {0xfefc, "dtls1.3"},	  {0x7f12, "1.3-draft18"},
		{0x7f17, "1.3-draft23"}, {0x7f1a, "1.3-draft26"}, {0x7f1b, "1.3-draft27"},
		{0x7f1c, "1.3-draft28"}, {0x7f1d, "1.3-draft29"},
	};

	return find_number(versions, N(versions), version);
}

const char *fb_tls_group_name(uint16_t group)
{
	static const struct number groups[] = {
		{23, "secp256r1"},
		{24, "secp384r1"},
		{25, "secp521r1"},
		{29, "x25519"},
		{30, "x448"},
		{256, "ffdhe2048"},
		{257, "ffdhe3072"},
		{258, "ffdhe4096"},
		{0x0200, "MLKEM512"},
		{0x0201, "MLKEM768"},
		{0x0202, "MLKEM1024"},
		{0x11eb, "SecP256r1MLKEM768"},
		{0x11ec, "X25519MLKEM768"},
		{0x11ed, "SecP384r1MLKEM1024"},
		{0x6399, "X25519Kyber768Draft00"},
	};

	return find_number(groups, N(groups), group);
}

const char *fb_tls_cipher_name(uint16_t cipher)
{
	static const struct number ciphers[] = {
		{0x1301, "TLS_AES_128_GCM_SHA256"},
		{0x1302, "TLS_AES_256_GCM_SHA384"},
		{0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
		{0x1304, "TLS_AES_128_CCM_SHA256"},
		{0x0004, "TLS_RSA_WITH_RC4_128_MD5"},
		{0x0005, "TLS_RSA_WITH_RC4_128_SHA"},
		{0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
		{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},
		{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
		{0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
		{0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
		{0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
		{0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
		{0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
		{0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
		{0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
		{0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
		{0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
		{0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
		{0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
		{0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
		{0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
		{0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
		{0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
		{0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
		{0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
		{0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
		{0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
		{0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
		{0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
		{0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
	};

	return find_number(ciphers, N(ciphers), cipher);
}
