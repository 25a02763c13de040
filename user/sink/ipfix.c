/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements, templates, messages; records are written by ipfixrecord.c. */
#include "sink/ipfix.h"

#include <pthread.h>
#include <string.h>

#include "sink/ipfix_priv.h"

#define VERSION	     10
#define HEADER	     16
#define SET_TEMPLATE 2
#define SET_OPTIONS  3

/* --- what templates have --------------------------------------------------------------------- */

static struct fb_ipfix_template templates[FB_IPFIX_TEMPLATES];

/* Bytes of an element of IANA's that is a field; 0: by the value's type. */
static uint16_t length_of(uint16_t id)
{
	switch (id) {
	case 56: /* sourceMacAddress */
	case 80: /* destinationMacAddress */
		return 6;
	case 16: /* bgpSourceAsNumber */
	case 17: /* bgpDestinationAsNumber */
		return 4;
	case 4:	 /* protocolIdentifier */
	case 60: /* ipVersion */
		return 1;
	case 243: /* dot1qVlanId */
	case 245: /* dot1qCustomerVlanId */
		return 2;
	default:
		return 0;
	}
}

static uint16_t length_by_type(enum fb_type type, bool six)
{
	switch (type) {
	case FB_TYPE_IP:
		return six ? 16 : 4;
	case FB_TYPE_PORT:
		return 2;
	case FB_TYPE_ID:
	case FB_TYPE_TIME:
		return 8;
	default:
		return FB_IPFIX_VARIABLE;
	}
}

/* Counts, and what is made of others, are no part of a record: it has what moved. */
static bool is_exported(const struct fb_field *field)
{
	return field->ipfix && field->section != FB_SECTION_TRAFFIC &&
	       field->type != FB_TYPE_DURATION;
}

static bool is_nat(const struct fb_field *field)
{
	return !strncmp(field->name, "nat.", 4);
}

/* What an event of a translation has beside its kind and time. */
static bool is_of_event(const struct fb_field *field)
{
	return is_nat(field) || field->id == FB_FIELD_proto || field->id == FB_FIELD_src_ip ||
	       field->id == FB_FIELD_src_port || field->id == FB_FIELD_dst_ip ||
	       field->id == FB_FIELD_dst_port;
}

/* The same of the other end: src.port of dst.port. */
static enum fb_field_id twin_of(const struct fb_field *field)
{
	char name[64];
	const struct fb_field *twin;
	char *at;

	if (field->end == FB_END_NONE || strlen(field->name) >= sizeof(name))
		return field->id;
	memcpy(name, field->name, strlen(field->name) + 1);
	at = strstr(name, field->end == FB_END_SRC ? "src" : "dst");
	if (!at)
		return field->id;
	memcpy(at, field->end == FB_END_SRC ? "dst" : "src", 3);
	twin = fb_field_find(name, strlen(name));
	return twin ? twin->id : field->id;
}

static void add(struct fb_ipfix_template *to, const struct fb_ipfix_element *element)
{
	if (to->n < FB_IPFIX_ELEMENTS)
		to->element[to->n++] = *element;
}

static void add_fields(struct fb_ipfix_template *to, unsigned int kind)
{
	const bool six = kind & FB_IPFIX_SIX;

	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		const struct fb_field *field = &fb_fields[i];
		struct fb_ipfix_element element = {
			.id = six && field->ipfix6 ? field->ipfix6 : field->ipfix,
			.what = FB_IPFIX_FIELD,
			.field = field->id,
			.twin = twin_of(field),
		};

		if (!is_exported(field) || (kind & FB_IPFIX_EVENT && !is_of_event(field)) ||
		    (kind & FB_IPFIX_ICMP && field->type == FB_TYPE_PORT) ||
		    (is_nat(field) && !(kind & (FB_IPFIX_NAT | FB_IPFIX_EVENT))))
			continue;
		element.len = length_of(field->ipfix);
		if (!element.len)
			element.len = length_by_type(field->type, six);
		add(to, &element);
	}
}

/* Of what has neither the flags nor the hellos of TCP and UDP. */
#define NOT_TALK (FB_IPFIX_EVENT | FB_IPFIX_ICMP)
#define NOT_BACK (FB_IPFIX_EVENT | FB_IPFIX_UNIFLOW)

/* What is no field, in the kinds that have all bits of `in` and none of `not_in`. */
static const struct {
	struct fb_ipfix_element element;
	unsigned int in, not_in;
} others[] = {
	{{.id = 1, .len = 8, .what = FB_IPFIX_OCTETS}, 0, FB_IPFIX_EVENT},
	{{.id = 2, .len = 8, .what = FB_IPFIX_PACKETS}, 0, FB_IPFIX_EVENT},
	{{.id = 1, .pen = 29305, .len = 8, .what = FB_IPFIX_REVERSE_OCTETS}, 0, NOT_BACK},
	{{.id = 2, .pen = 29305, .len = 8, .what = FB_IPFIX_REVERSE_PACKETS}, 0, NOT_BACK},
	/* of one byte: RFC 7125 has two, of which some collectors read the first */
	{{.id = 6, .len = 1, .what = FB_IPFIX_TCP_FLAGS}, 0, NOT_TALK},
	{{.id = 6, .pen = 29305, .len = 1, .what = FB_IPFIX_REVERSE_TCP_FLAGS},
	 0,
	 NOT_TALK | FB_IPFIX_UNIFLOW},
	{{.id = 32, .len = 2, .what = FB_IPFIX_ICMP_TYPE}, FB_IPFIX_ICMP, FB_IPFIX_SIX},
	{{.id = 139, .len = 2, .what = FB_IPFIX_ICMP_TYPE}, FB_IPFIX_ICMP | FB_IPFIX_SIX, 0},
	{{.id = 5, .len = 1, .what = FB_IPFIX_TOS}, 0, FB_IPFIX_EVENT},
	{{.id = 10, .len = 4, .what = FB_IPFIX_CAME_BY}, 0, FB_IPFIX_EVENT},
	{{.id = 14, .len = 4, .what = FB_IPFIX_WENT_BY}, 0, FB_IPFIX_EVENT},
	{{.id = 61, .len = 1, .what = FB_IPFIX_DIRECTION}, 0, FB_IPFIX_EVENT},
	{{.id = 136, .len = 1, .what = FB_IPFIX_END_REASON}, 0, FB_IPFIX_EVENT},
	{{.id = 239, .len = 1, .what = FB_IPFIX_BIFLOW}, 0, NOT_BACK},
	{{.id = 230, .len = 1, .what = FB_IPFIX_NAT_EVENT}, FB_IPFIX_EVENT, 0},
	{{.id = 323, .len = 8, .what = FB_IPFIX_OBSERVED}, FB_IPFIX_EVENT, 0},
	/* CESNET's and Flowmon's: IANA has none of TLS */
	{{.id = 808, .pen = 8057, .len = FB_IPFIX_VARIABLE, .what = FB_IPFIX_TLS_SNI}, 0, NOT_TALK},
	{{.id = 809, .pen = 8057, .len = FB_IPFIX_VARIABLE, .what = FB_IPFIX_JA4}, 0, NOT_TALK},
	{{.id = 890, .pen = 8057, .len = FB_IPFIX_VARIABLE, .what = FB_IPFIX_QUIC_SNI},
	 0,
	 NOT_TALK},
	{{.id = 337, .pen = 39499, .len = FB_IPFIX_VARIABLE, .what = FB_IPFIX_ALPN}, 0, NOT_TALK},
	{{.id = 333, .pen = 39499, .len = 2, .what = FB_IPFIX_TLS_VERSION}, 0, NOT_TALK},
};

/* Those of a fixed length first: then their places are fixed, which some collectors count on. */
static void order(struct fb_ipfix_template *to)
{
	struct fb_ipfix_template all = *to;
	unsigned int n = 0;

	for (unsigned int pass = 0; pass < 2; pass++)
		for (unsigned int i = 0; i < all.n; i++)
			if ((all.element[i].len == FB_IPFIX_VARIABLE) == (pass == 1))
				to->element[n++] = all.element[i];
}

static void make_templates(void)
{
	for (unsigned int kind = 0; kind < FB_IPFIX_TEMPLATES; kind++) {
		struct fb_ipfix_template *to = &templates[kind];

		to->id = (uint16_t)(FB_IPFIX_FIRST_SET + kind);
		add_fields(to, kind);
		for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
			if (!(kind & others[i].not_in) && (kind & others[i].in) == others[i].in)
				add(to, &others[i].element);
		order(to);
	}
}

const struct fb_ipfix_template *fb_ipfix_template(unsigned int kind)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_templates);
	return &templates[kind];
}

/* --- messages -------------------------------------------------------------------------------- */

static void put(uint8_t *to, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		to[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static void add_be(struct fb_buf *buf, uint64_t value, unsigned int bytes)
{
	uint8_t text[8];

	put(text, value, bytes);
	fb_buf_add(buf, text, bytes);
}

static void write_header(uint8_t *to, size_t len, uint32_t time, uint32_t sequence, uint32_t domain)
{
	put(to, VERSION, 2);
	put(to + 2, len, 2);
	put(to + 4, time, 4);
	put(to + 8, sequence, 4);
	put(to + 12, domain, 4);
}

void fb_ipfix_init(struct fb_ipfix *ipfix, uint32_t domain, bool uniflow, size_t max)
{
	ipfix->domain = domain;
	ipfix->sequence = 0;
	ipfix->uniflow = uniflow;
	ipfix->max = max;
	fb_ipfix_begin(ipfix);
}

void fb_ipfix_begin(struct fb_ipfix *ipfix)
{
	ipfix->sequence += ipfix->records;
	ipfix->len = HEADER;
	ipfix->set = 0;
	ipfix->records = 0;
}

static void close_set(struct fb_ipfix *ipfix)
{
	if (ipfix->set)
		put(ipfix->message + ipfix->set_at + 2, ipfix->len - ipfix->set_at, 2);
	ipfix->set = 0;
}

bool fb_ipfix_add(struct fb_ipfix *ipfix, uint16_t set, const uint8_t *record, size_t len)
{
	const size_t head = ipfix->set == set ? 0 : 4;

	if (ipfix->len + head + len > ipfix->max)
		return false;
	if (head) {
		close_set(ipfix);
		ipfix->set = set;
		ipfix->set_at = ipfix->len;
		put(ipfix->message + ipfix->len, set, 2);
		ipfix->len += 4;
	}
	memcpy(ipfix->message + ipfix->len, record, len);
	ipfix->len += len;
	ipfix->records++;
	return true;
}

size_t fb_ipfix_finish(struct fb_ipfix *ipfix, uint32_t time)
{
	if (!ipfix->records)
		return 0;
	close_set(ipfix);
	write_header(ipfix->message, ipfix->len, time, ipfix->sequence, ipfix->domain);
	return ipfix->len;
}

uint32_t fb_ipfix_sequence(const char *message)
{
	const uint8_t *at = (const uint8_t *)message + 8;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* --- templates on the wire ------------------------------------------------------------------- */

static void write_element(struct fb_buf *to, const struct fb_ipfix_element *element)
{
	add_be(to, element->id | (element->pen ? 0x8000u : 0), 2);
	add_be(to, element->len, 2);
	if (element->pen)
		add_be(to, element->pen, 4);
}

static size_t begin_set(struct fb_buf *to, uint16_t id)
{
	add_be(to, id, 2);
	add_be(to, 0, 2);
	return to->len - 4;
}

static void end_set(struct fb_buf *to, size_t at)
{
	if (!fb_buf_error(to))
		put((uint8_t *)to->data + at + 2, to->len - at, 2);
}

static const struct fb_ipfix_element interface_options[] = {{.id = 10, .len = 4},
							    {.id = 82, .len = FB_IPFIX_VARIABLE}};
static const struct fb_ipfix_element stats_options[] = {
	{.id = 149, .len = 4}, /* observationDomainId */
	{.id = 41, .len = 8},  /* exportedMessageTotalCount */
	{.id = 40, .len = 8},  /* exportedOctetTotalCount */
	{.id = 42, .len = 8},  /* exportedFlowRecordTotalCount */
	{.id = 166, .len = 8}, /* notSentFlowTotalCount */
	{.id = 167, .len = 8}, /* notSentPacketTotalCount */
	{.id = 168, .len = 8}, /* notSentOctetTotalCount */
	{.id = 164, .len = 8}, /* ignoredPacketTotalCount */
};

/* The first one is the scope. */
static void write_options(struct fb_buf *to, uint16_t id, const struct fb_ipfix_element *element,
			  unsigned int n)
{
	add_be(to, id, 2);
	add_be(to, n, 2);
	add_be(to, 1, 2);
	for (unsigned int i = 0; i < n; i++)
		write_element(to, &element[i]);
}

void fb_ipfix_templates(const struct fb_ipfix *ipfix, uint32_t sequence, uint32_t time,
			struct fb_buf *to)
{
	static const uint8_t zeros[HEADER];
	const size_t start = to->len;
	size_t set;

	fb_buf_add(to, zeros, HEADER);
	set = begin_set(to, SET_TEMPLATE);
	for (unsigned int kind = 0; kind < FB_IPFIX_TEMPLATES; kind++) {
		const struct fb_ipfix_template *one = fb_ipfix_template(kind);

		if (!(kind & FB_IPFIX_EVENT) && !(kind & FB_IPFIX_UNIFLOW) == ipfix->uniflow)
			continue;
		add_be(to, one->id, 2);
		add_be(to, one->n, 2);
		for (unsigned int i = 0; i < one->n; i++)
			write_element(to, &one->element[i]);
	}
	end_set(to, set);
	/* a set each: nfacctd 1.7.7 calls one with two of them malformed */
	set = begin_set(to, SET_OPTIONS);
	write_options(to, FB_IPFIX_SET_INTERFACE, interface_options, 2);
	end_set(to, set);
	set = begin_set(to, SET_OPTIONS);
	write_options(to, FB_IPFIX_SET_STATS, stats_options, 8);
	end_set(to, set);
	if (!fb_buf_error(to))
		write_header((uint8_t *)to->data + start, to->len - start, time, sequence,
			     ipfix->domain);
}

/* --- options --------------------------------------------------------------------------------- */

bool fb_ipfix_interface(struct fb_ipfix *ipfix, uint32_t number, const char *name)
{
	uint8_t record[4 + 1 + FB_LINK_NAME];
	const size_t len = strnlen(name, FB_LINK_NAME);

	put(record, number, 4);
	record[4] = (uint8_t)len;
	memcpy(record + 5, name, len);
	return fb_ipfix_add(ipfix, FB_IPFIX_SET_INTERFACE, record, 5 + len);
}

bool fb_ipfix_stats(struct fb_ipfix *ipfix, const struct fb_ipfix_stats *stats)
{
	const uint64_t counts[] = {stats->messages,	  stats->bytes,	       stats->flows,
				   stats->flows_lost,	  stats->packets_lost, stats->bytes_lost,
				   stats->packets_ignored};
	uint8_t record[4 + sizeof(counts)];

	put(record, ipfix->domain, 4);
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		put(record + 4 + 8 * i, counts[i], 8);
	return fb_ipfix_add(ipfix, FB_IPFIX_SET_STATS, record, sizeof(record));
}
