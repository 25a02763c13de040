/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header: id(2) flags(2) questions(2) answers(2) authority(2) additional(2)
 * Question: name type(2) class(2)      Record: name type(2) class(2) ttl(4) data<..>:2
 * Name: labels<1..63>:1 up to a zero, or two bits 11 and the offset of the rest (14 bits)
 * SVCB, HTTPS data: priority(2) target { key(2) value<..>:2 }, keys 4 and 6 being address hints
 */
#include "proto/dns.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "proto/bytes.h"

#define TYPE_A	      1
#define TYPE_NS	      2
#define TYPE_CNAME    5
#define TYPE_PTR      12
#define TYPE_MX	      15
#define TYPE_AAAA     28
#define TYPE_SVCB     64
#define TYPE_HTTPS    65

#define CLASS_IN      1
#define CLASS_MASK    0x7fff /* mDNS: the high bit asks to flush caches */

#define HINT_IPV4     4
#define HINT_IPV6     6

#define JUMPS_MAX     32
#define CHAIN_MAX     16 /* names that a question leads to */

#define HEADER	      12
#define QUESTIONS_MAX 32
#define QUESTION      5	 /* bytes of one at least */
#define RECORD	      11 /* .. of a record */
#define RCODE_MAX     11 /* of those in a header */

struct message {
	const uint8_t *start;
	size_t len;
	const struct fb_dns *dns;
	fb_dns_fn fn;
	void *ctx;
	struct fb_dns_name name; /* what the question's addresses are called */
	unsigned int n_chain;
	struct fb_dns_name chain[CHAIN_MAX]; /* the question, and what CNAMEs lead to */
};

struct record {
	struct fb_dns_name owner;
	uint16_t type;
	uint32_t ttl;
	struct fb_bytes data;
};

/* Read a name at in->at, following pointers that lead backwards. */
static bool take_name(const struct message *message, struct fb_bytes *in, struct fb_dns_name *name)
{
	struct fb_bytes at = *in;
	bool jumped = false;
	size_t len = 0;

	for (unsigned int jumps = 0;;) {
		const uint8_t n = fb_bytes_u8(&at);

		if (at.bad)
			return false;
		if (n >= 0xc0) {
			const size_t to = (size_t)(n & 0x3f) << 8 | fb_bytes_u8(&at);

			if (at.bad || to >= message->len || ++jumps > JUMPS_MAX)
				return false;
			if (!jumped)
				in->at = at.at;
			jumped = true;
			at = fb_bytes(message->start + to, message->len - to);
			continue;
		}
		if (n == 0)
			break;
		if (n > 63 || len + n + 1 > FB_DNS_NAME_MAX || fb_bytes_left(&at) < n)
			return false;
		if (len > 0)
			name->text[len++] = '.';
		memcpy(name->text + len, fb_bytes_take(&at, n), n);
		len += n;
	}
	if (!jumped)
		in->at = at.at;
	name->text[len] = '\0';
	name->len = (uint8_t)len;
	return true;
}

/* --- what a question leads to ---------------------------------------------------------------- */

static bool in_chain(const struct message *message, const struct fb_dns_name *name)
{
	for (unsigned int i = 0; i < message->n_chain; i++)
		if (message->chain[i].len == name->len &&
		    strcasecmp(message->chain[i].text, name->text) == 0)
			return true;
	return false;
}

static void add_to_chain(struct message *message, const struct fb_dns_name *name)
{
	if (message->n_chain < CHAIN_MAX && name->len > 0 && !in_chain(message, name))
		message->chain[message->n_chain++] = *name;
}

/* A CNAME's or a service's other name. */
static void follow(struct message *message, const struct record *record)
{
	struct fb_bytes data = record->data;
	struct fb_dns_name target;

	if (record->type != TYPE_CNAME && record->type != TYPE_SVCB && record->type != TYPE_HTTPS)
		return;
	if (record->type != TYPE_CNAME)
		fb_bytes_u16(&data);
	if (in_chain(message, &record->owner) && take_name(message, &data, &target))
		add_to_chain(message, &target);
}

/*
 * The question begins the chain. A service is asked for as _8443._https.NAME (RFC 9460 2.3): NAME
 * is what it is called.
 */
static void begin_chain(struct message *message)
{
	const struct fb_dns_name *question = &message->dns->question;
	const char *text = question->text, *dot;

	message->name = *question;
	if (!message->dns->has_question)
		return;
	add_to_chain(message, question);
	while (*text == '_' && (dot = strchr(text, '.')))
		text = dot + 1;
	message->name.len = (uint8_t)(question->len - (text - question->text));
	memmove(message->name.text, text, message->name.len + 1u);
}

/* --- addresses ------------------------------------------------------------------------------- */

static void tell(const struct message *message, const struct fb_dns_name *owner,
		 const uint8_t *bytes, uint8_t family, uint32_t ttl)
{
	struct fb_dns_addr addr = {
		.owner = owner,
		.name = in_chain(message, owner) ? &message->name : NULL,
		.family = family,
		.ttl = ttl,
	};

	if (family == 4) {
		memset(addr.bytes + 10, 0xff, 2);
		memcpy(addr.bytes + 12, bytes, 4);
	} else {
		memcpy(addr.bytes, bytes, 16);
	}
	message->fn(message->ctx, &addr);
}

static void tell_hints(const struct message *message, const struct record *record)
{
	struct fb_bytes data = record->data;
	struct fb_dns_name target;

	fb_bytes_u16(&data);
	if (data.bad || !take_name(message, &data, &target))
		return;
	while (fb_bytes_left(&data) > 0) {
		const uint16_t key = fb_bytes_u16(&data);
		struct fb_bytes value = fb_bytes_vector(&data, 2);
		const size_t size = key == HINT_IPV4 ? 4 : 16;

		while ((key == HINT_IPV4 || key == HINT_IPV6) && fb_bytes_left(&value) >= size)
			tell(message, &record->owner, fb_bytes_take(&value, size),
			     size == 4 ? 4 : 6, record->ttl);
	}
}

static void tell_record(struct message *message, const struct record *record)
{
	if (record->type == TYPE_A && fb_bytes_left(&record->data) == 4)
		tell(message, &record->owner, record->data.at, 4, record->ttl);
	else if (record->type == TYPE_AAAA && fb_bytes_left(&record->data) == 16)
		tell(message, &record->owner, record->data.at, 6, record->ttl);
	else if (record->type == TYPE_SVCB || record->type == TYPE_HTTPS)
		tell_hints(message, record);
}

static bool take_record(const struct message *message, struct fb_bytes *in, struct record *record)
{
	uint16_t class;

	if (!take_name(message, in, &record->owner))
		return false;
	record->type = fb_bytes_u16(in);
	class = fb_bytes_u16(in);
	record->ttl = fb_bytes_u32(in);
	record->data = fb_bytes_vector(in, 2);
	if ((class & CLASS_MASK) != CLASS_IN)
		record->type = 0; /* an OPT, or of no interest */
	return !in->bad && !record->data.bad;
}

/*
 * Call `fn` for each answer and additional record: an authority is no answer. What stands before a
 * cut is right: truncated answers are usual.
 */
static void each_record(struct message *message, struct fb_bytes in, const uint16_t n[static 3],
			void (*fn)(struct message *message, const struct record *record))
{
	const unsigned int all = n[0] + n[1] + n[2], authority = n[0] + n[1];
	struct record record;

	for (unsigned int i = 0; i < all && i < FB_DNS_RECORDS && fb_bytes_left(&in) > 0; i++) {
		if (!take_record(message, &in, &record))
			break;
		if (i < n[0] || i >= authority)
			fn(message, &record);
	}
}

/* `n`: answers, authorities, additional records, as the header counts them. */
static void read_records(struct message *message, struct fb_bytes in, const uint16_t n[static 3])
{
	unsigned int before;

	begin_chain(message);
	do { /* once, when CNAMEs come in order, as they do; again to see that */
		before = message->n_chain;
		each_record(message, in, n, follow);
	} while (message->n_chain > before && before < CHAIN_MAX);
	each_record(message, in, n, tell_record);
}

bool fb_dns_name_ends(const struct fb_dns_name *name, const char *suffix)
{
	const size_t n = strlen(suffix);

	return name->len >= n && strcasecmp(name->text + name->len - n, suffix) == 0;
}

bool fb_dns_looks_like(const uint8_t *message, size_t len, size_t total)
{
	struct fb_bytes in = fb_bytes(message, len);
	unsigned int flags, questions, records;

	if (len < HEADER)
		return false;
	fb_bytes_u16(&in);
	flags = fb_bytes_u16(&in);
	questions = fb_bytes_u16(&in);
	records = fb_bytes_u16(&in);
	records += fb_bytes_u16(&in);
	records += fb_bytes_u16(&in);
	if ((flags >> 11 & 15) > 5 || (flags & 15) > RCODE_MAX || questions > QUESTIONS_MAX)
		return false;
	/* a question asks; there is an answer without one, on the link */
	return (questions > 0 || flags >> 15) &&
	       HEADER + questions * QUESTION + records * RECORD <= total;
}

/* The header and the questions; `in` is then where records begin. */
static int read_questions(const struct message *message, struct fb_bytes *in,
			  uint16_t records[static 3], struct fb_dns *dns)
{
	unsigned int questions;

	dns->id = fb_bytes_u16(in);
	dns->flags = fb_bytes_u16(in);
	questions = fb_bytes_u16(in);
	for (int section = 0; section < 3; section++)
		records[section] = fb_bytes_u16(in);
	dns->response = dns->flags >> 15;
	dns->opcode = dns->flags >> 11 & 15;
	dns->rcode = dns->flags & 15;
	if (in->bad || dns->opcode > 5 || questions > QUESTIONS_MAX)
		return -EBADMSG;
	for (unsigned int i = 0; i < questions; i++) {
		struct fb_dns_name name;
		uint16_t type;

		if (!take_name(message, in, &name))
			return -EBADMSG;
		type = fb_bytes_u16(in);
		fb_bytes_u16(in);
		if (in->bad)
			return -EBADMSG;
		if (i == 0) {
			dns->has_question = true;
			dns->question = name;
			dns->question_type = type;
		}
	}
	return 0;
}

int fb_dns_parse(const uint8_t *bytes, size_t len, fb_dns_fn fn, void *ctx, struct fb_dns *ret_dns)
{
	struct message message = {.start = bytes, .len = len, .dns = ret_dns, .fn = fn, .ctx = ctx};
	struct fb_bytes in = fb_bytes(bytes, len);
	struct fb_dns dns = {0};
	uint16_t records[3];

	if (read_questions(&message, &in, records, &dns) < 0)
		return -EBADMSG;
	*ret_dns = dns;
	if (!fn || !dns.response)
		return 0;
	read_records(&message, in, records);
	return 0;
}

/* --- answers as they are --------------------------------------------------------------------- */

static void tell_answer(const struct message *message, const struct record *record,
			fb_dns_record_fn fn, void *ctx)
{
	struct fb_dns_record told = {
		.owner = &record->owner, .type = record->type, .ttl = record->ttl};
	struct fb_bytes data = record->data;
	struct fb_dns_name target;

	switch (record->type) {
	case TYPE_A:
		told.address = fb_bytes_left(&data) == 4 ? data.at : NULL;
		break;
	case TYPE_AAAA:
		told.address = fb_bytes_left(&data) == 16 ? data.at : NULL;
		break;
	case TYPE_MX:
		fb_bytes_u16(&data);
		/* fallthrough */
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
		if (!data.bad && take_name(message, &data, &target))
			told.target = &target;
	}
	fn(ctx, &told);
}

int fb_dns_answers(const uint8_t *bytes, size_t len, unsigned int max, fb_dns_record_fn fn,
		   void *ctx, struct fb_dns *ret_dns)
{
	const struct message message = {.start = bytes, .len = len};
	struct fb_bytes in = fb_bytes(bytes, len);
	struct fb_dns dns = {0};
	struct record record;
	uint16_t records[3];

	if (read_questions(&message, &in, records, &dns) < 0)
		return -EBADMSG;
	*ret_dns = dns;
	for (unsigned int i = 0; dns.response && i < records[0] && i < max; i++) {
		if (!take_record(&message, &in, &record))
			break;
		if (record.type)
			tell_answer(&message, &record, fn, ctx);
	}
	return 0;
}

const char *fb_dns_type_name(uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *name;
	} names[] = {
		{1, "A"},      {2, "NS"},     {5, "CNAME"},  {6, "SOA"},     {12, "PTR"},
		{13, "HINFO"}, {15, "MX"},    {16, "TXT"},   {28, "AAAA"},   {29, "LOC"},
		{33, "SRV"},   {35, "NAPTR"}, {39, "DNAME"}, {41, "OPT"},    {43, "DS"},
		{44, "SSHFP"}, {46, "RRSIG"}, {47, "NSEC"},  {48, "DNSKEY"}, {50, "NSEC3"},
		{52, "TLSA"},  {64, "SVCB"},  {65, "HTTPS"}, {99, "SPF"},    {250, "TSIG"},
		{251, "IXFR"}, {252, "AXFR"}, {255, "ANY"},  {256, "URI"},   {257, "CAA"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].type == type)
			return names[i].name;
	return NULL;
}

const char *fb_dns_rcode_name(uint8_t rcode)
{
	static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
					    "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
					    "NXRRSET", "NOTAUTH", "NOTZONE"};

	return rcode < sizeof(names) / sizeof(*names) ? names[rcode] : NULL;
}
