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

#include "proto/bytes.h"

#define TYPE_A	   1
#define TYPE_AAAA  28
#define TYPE_SVCB  64
#define TYPE_HTTPS 65

#define HINT_IPV4  4
#define HINT_IPV6  6

#define JUMPS_MAX  32

struct message {
	const uint8_t *start;
	size_t len;
	const struct fb_dns *dns;
	fb_dns_fn fn;
	void *ctx;
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

static void tell(const struct message *message, const struct fb_dns_name *owner,
		 const uint8_t *bytes, uint8_t family, uint32_t ttl)
{
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};

	if (family == 4)
		memcpy(addr + 12, bytes, 4);
	else
		memcpy(addr, bytes, 16);
	message->fn(message->ctx, message->dns, owner, addr, family, ttl);
}

static void tell_hints(const struct message *message, const struct fb_dns_name *owner,
		       struct fb_bytes data, uint32_t ttl)
{
	struct fb_dns_name target;

	fb_bytes_u16(&data);
	if (data.bad || !take_name(message, &data, &target))
		return;
	while (fb_bytes_left(&data) > 0) {
		const uint16_t key = fb_bytes_u16(&data);
		struct fb_bytes value = fb_bytes_vector(&data, 2);
		const size_t size = key == HINT_IPV4 ? 4 : 16;

		while ((key == HINT_IPV4 || key == HINT_IPV6) && fb_bytes_left(&value) >= size)
			tell(message, owner, fb_bytes_take(&value, size), size == 4 ? 4 : 6, ttl);
	}
}

static bool take_record(const struct message *message, struct fb_bytes *in)
{
	struct fb_dns_name owner;
	struct fb_bytes data;
	uint16_t type;
	uint32_t ttl;

	if (!take_name(message, in, &owner))
		return false;
	type = fb_bytes_u16(in);
	fb_bytes_u16(in);
	ttl = fb_bytes_u32(in);
	data = fb_bytes_vector(in, 2);
	if (in->bad || data.bad)
		return false;
	if (type == TYPE_A && fb_bytes_left(&data) == 4)
		tell(message, &owner, data.at, 4, ttl);
	else if (type == TYPE_AAAA && fb_bytes_left(&data) == 16)
		tell(message, &owner, data.at, 6, ttl);
	else if (type == TYPE_SVCB || type == TYPE_HTTPS)
		tell_hints(message, &owner, data, ttl);
	return true;
}

int fb_dns_parse(const uint8_t *bytes, size_t len, fb_dns_fn fn, void *ctx, struct fb_dns *ret_dns)
{
	struct message message = {bytes, len, ret_dns, fn, ctx};
	struct fb_bytes in = fb_bytes(bytes, len);
	struct fb_dns dns = {0};
	unsigned int questions, records;
	uint16_t flags;

	fb_bytes_u16(&in);
	flags = fb_bytes_u16(&in);
	questions = fb_bytes_u16(&in);
	records = fb_bytes_u16(&in);
	fb_bytes_u16(&in);
	records += fb_bytes_u16(&in); /* mDNS gives addresses as additional records */
	dns.response = flags >> 15;
	dns.opcode = flags >> 11 & 15;
	dns.rcode = flags & 15;
	if (in.bad || dns.opcode > 5 || questions > 32)
		return -EBADMSG;
	for (unsigned int i = 0; i < questions; i++) {
		struct fb_dns_name name;
		uint16_t type;

		if (!take_name(&message, &in, &name))
			return -EBADMSG;
		type = fb_bytes_u16(&in);
		fb_bytes_u16(&in);
		if (in.bad)
			return -EBADMSG;
		if (i == 0) {
			dns.has_question = true;
			dns.question = name;
			dns.question_type = type;
		}
	}
	*ret_dns = dns;
	if (!fn || !dns.response)
		return 0;
	for (unsigned int i = 0; i < records && i < FB_DNS_RECORDS && fb_bytes_left(&in) > 0; i++)
		if (!take_record(&message, &in))
			break; /* what came before is right: truncated answers are usual */
	return 0;
}
