/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcap     | magic 4 | version 4 | zone 4 | digits 4 | snaplen 4 | link type 4 |  then records
 * record   | seconds 4 | micro- or nanoseconds 4 | captured 4 | on the wire 4 | (8 more) | data |
 * pcapng   blocks, each | type 4 | length 4 | body | length 4 |, padded to 4 bytes:
 *   section    body | magic 4 | version 4 | section length 8 | options |
 *   interface  body | link type 2 | 0 2 | snaplen 4 | options |
 *   enhanced   body | interface 4 | time high 4 | low 4 | captured 4 | on the wire 4 | data |
 * options | simple     body | on the wire 4 | data | obsolete   body | interface 2 | drops 2 | time
 * high 4 | low 4 | captured 4 | wire 4 | data | options | All numbers in the byte order of whoever
 * wrote the file, which the magic shows.
 */
#include "proto/pcap.h"

#include <errno.h>
#include <string.h>

#define LATEST_NS	7258118400000000000ull /* 2200 */

#define NG_SECTION	0x0a0d0d0a
#define NG_INTERFACE	1
#define NG_OBSOLETE	2
#define NG_SIMPLE	3
#define NG_ENHANCED	6
#define NG_MAGIC	0x1a2b3c4d

#define MAGIC_MICRO	0xa1b2c3d4
#define MAGIC_NANO	0xa1b23c4d
#define MAGIC_PATCHED	0xa1b2cd34 /* 8 bytes more in each record */

#define OPTION_TSRESOL	9
#define OPTION_TSOFFSET 14

static uint32_t swap32(uint32_t x)
{
	return __builtin_bswap32(x);
}

static uint32_t get32(const struct fb_pcap *pcap, const uint8_t *at)
{
	uint32_t x;

	memcpy(&x, at, 4);
	return pcap->swapped ? swap32(x) : x;
}

static uint16_t get16(const struct fb_pcap *pcap, const uint8_t *at)
{
	uint16_t x;

	memcpy(&x, at, 2);
	return pcap->swapped ? __builtin_bswap16(x) : x;
}

static int bad(struct fb_pcap *pcap, const char *why)
{
	pcap->why = why;
	return -EPROTO;
}

static int more(size_t n, size_t *ret_n)
{
	*ret_n = n;
	return FB_PCAP_MORE;
}

/* units / per_second in ns, without overflow for any time that a file can have. */
static uint64_t to_ns(uint64_t units, uint64_t per_second)
{
	uint64_t rest = units % per_second;

	return units / per_second * 1000000000 +
	       (uint64_t)((unsigned __int128)rest * 1000000000 / per_second);
}

static int begin(struct fb_pcap *pcap, const uint8_t *data, size_t len, size_t *ret_n)
{
	static const uint32_t magics[] = {MAGIC_MICRO, MAGIC_NANO, MAGIC_PATCHED};
	uint32_t magic;

	if (len < 4)
		return more(4, ret_n);
	memcpy(&magic, data, 4);
	if (magic == NG_SECTION) { /* the same in both byte orders */
		pcap->begun = pcap->ng = true;
		*ret_n = 0;
		return FB_PCAP_OTHER;
	}
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++) {
		if (magic != magics[i] && swap32(magic) != magics[i])
			continue;
		if (len < 24)
			return more(24, ret_n);
		pcap->swapped = magic != magics[i];
		pcap->nanoseconds = magics[i] == MAGIC_NANO;
		pcap->patched = magics[i] == MAGIC_PATCHED;
		/* the upper bits tell of checksums behind the frames */
		pcap->linktype = get32(pcap, data + 20) & 0xffff;
		pcap->begun = true;
		*ret_n = 24;
		return FB_PCAP_OTHER;
	}
	return bad(pcap, "neither pcap nor pcapng");
}

static int record(struct fb_pcap *pcap, const uint8_t *data, size_t len, size_t *ret_n,
		  struct fb_pcap_frame *frame)
{
	size_t head = pcap->patched ? 24 : 16;
	uint64_t per_second = pcap->nanoseconds ? 1000000000 : 1000000;
	uint32_t caplen;

	if (!len)
		return more(0, ret_n);
	if (len < head)
		return more(head, ret_n);
	caplen = get32(pcap, data + 8);
	if (caplen > FB_PCAP_BLOCK_MAX)
		return bad(pcap, "a record is longer than any frame");
	if (len - head < caplen)
		return more(head + caplen, ret_n);
	*frame = (struct fb_pcap_frame){
		.data = data + head,
		.caplen = caplen,
		.len = get32(pcap, data + 12),
		.linktype = pcap->linktype,
		.ts_ns = (uint64_t)get32(pcap, data) * 1000000000 +
			 to_ns(get32(pcap, data + 4), per_second),
	};
	*ret_n = head + caplen;
	return FB_PCAP_FRAME;
}

static int section(struct fb_pcap *pcap, size_t len)
{
	if (len < 16)
		return bad(pcap, "a section header is cut");
	pcap->n_interfaces = 0;
	return FB_PCAP_OTHER;
}

/* | code 2 | length 2 | value, padded to 4 | ..., of which two matter */
static void interface_options(const struct fb_pcap *pcap, struct fb_pcap_interface *interface,
			      const uint8_t *at, size_t len)
{
	while (len >= 4) {
		uint16_t code = get16(pcap, at), size = get16(pcap, at + 2);
		size_t padded = 4 + ((size_t)size + 3) / 4 * 4;

		if (!code || padded > len)
			return;
		if (code == OPTION_TSRESOL && size >= 1) {
			unsigned int power = at[4] & 0x7f;

			interface->units = 1;
			if (at[4] & 0x80)
				interface->units = power < 63 ? 1ULL << power : 1ULL << 62;
			else
				while (power-- && interface->units < 1000000000000000000ULL)
					interface->units *= 10;
		} else if (code == OPTION_TSOFFSET && size >= 8) {
			uint64_t low = get32(pcap, at + (pcap->swapped ? 8 : 4));
			uint64_t high = get32(pcap, at + (pcap->swapped ? 4 : 8));

			interface->offset = (int64_t)(high << 32 | low);
		}
		at += padded;
		len -= padded;
	}
}

static int add_interface(struct fb_pcap *pcap, const uint8_t *body, size_t len)
{
	struct fb_pcap_interface *interface;

	if (len < 8)
		return bad(pcap, "an interface description is cut");
	if (pcap->n_interfaces == FB_PCAP_INTERFACES)
		return bad(pcap, "more than 256 interfaces in one section");
	interface = &pcap->interface[pcap->n_interfaces++];
	*interface = (struct fb_pcap_interface){
		.linktype = get16(pcap, body),
		.snaplen = get32(pcap, body + 4),
		.units = 1000000,
	};
	interface_options(pcap, interface, body + 8, len - 8);
	return FB_PCAP_OTHER;
}

static uint64_t block_time(const struct fb_pcap *pcap, uint32_t index, const uint8_t *at)
{
	const struct fb_pcap_interface *interface = &pcap->interface[index];
	uint64_t units = (uint64_t)get32(pcap, at) << 32 | get32(pcap, at + 4);

	const uint64_t ns =
		to_ns(units, interface->units) + (uint64_t)interface->offset * 1000000000;

	return ns < LATEST_NS ? ns : 0; /* it is none, and whoever adds to it would wrap */
}

static int packet(struct fb_pcap *pcap, uint32_t type, const uint8_t *body, size_t len,
		  struct fb_pcap_frame *frame)
{
	uint32_t index;

	if (len < 20)
		return bad(pcap, "a packet block is cut");
	index = type == NG_OBSOLETE ? get16(pcap, body) : get32(pcap, body);
	*frame = (struct fb_pcap_frame){
		.data = body + 20,
		.caplen = get32(pcap, body + 12),
		.len = get32(pcap, body + 16),
		.linktype = UINT32_MAX,
	};
	if (frame->caplen > len - 20)
		return bad(pcap, "a packet block is shorter than its packet");
	if (index < pcap->n_interfaces) {
		frame->linktype = pcap->interface[index].linktype;
		frame->ts_ns = block_time(pcap, index, body + 4);
		pcap->last_ns = frame->ts_ns;
	}
	return FB_PCAP_FRAME;
}

/* It has neither a time nor a captured length: the first interface's snap length tells. */
static int simple_packet(struct fb_pcap *pcap, const uint8_t *body, size_t len,
			 struct fb_pcap_frame *frame)
{
	uint32_t wire;

	if (len < 4)
		return bad(pcap, "a packet block is cut");
	wire = get32(pcap, body);
	*frame = (struct fb_pcap_frame){
		.data = body + 4,
		.caplen = wire,
		.len = wire,
		.linktype = pcap->n_interfaces ? pcap->interface[0].linktype : UINT32_MAX,
		.ts_ns = pcap->last_ns,
	};
	if (pcap->n_interfaces && pcap->interface[0].snaplen &&
	    pcap->interface[0].snaplen < frame->caplen)
		frame->caplen = pcap->interface[0].snaplen;
	if (frame->caplen > len - 4)
		frame->caplen = (uint32_t)(len - 4);
	return FB_PCAP_FRAME;
}

static int block(struct fb_pcap *pcap, const uint8_t *data, size_t len, size_t *ret_n,
		 struct fb_pcap_frame *frame)
{
	uint32_t type, size, magic;

	if (!len)
		return more(0, ret_n);
	if (len < 12)
		return more(12, ret_n);
	memcpy(&type, data, 4);
	if (type == NG_SECTION) {
		memcpy(&magic, data + 8, 4);
		if (magic != NG_MAGIC && swap32(magic) != NG_MAGIC)
			return bad(pcap, "a section header has no byte order");
		pcap->swapped = magic != NG_MAGIC;
	}
	type = get32(pcap, data);
	size = get32(pcap, data + 4);
	if (size < 12 || size % 4 || size > FB_PCAP_BLOCK_MAX)
		return bad(pcap, "a block has an impossible length");
	if (len < size)
		return more(size, ret_n);
	*ret_n = size;
	switch (type) {
	case NG_SECTION:
		return section(pcap, size - 12);
	case NG_INTERFACE:
		return add_interface(pcap, data + 8, size - 12);
	case NG_ENHANCED:
	case NG_OBSOLETE:
		return packet(pcap, type, data + 8, size - 12, frame);
	case NG_SIMPLE:
		return simple_packet(pcap, data + 8, size - 12, frame);
	default:
		return FB_PCAP_OTHER; /* names, statistics, comments, ... */
	}
}

int fb_pcap_next(struct fb_pcap *pcap, const uint8_t *data, size_t len, size_t *ret_n,
		 struct fb_pcap_frame *ret_frame)
{
	if (!pcap->begun)
		return begin(pcap, data, len, ret_n);
	return pcap->ng ? block(pcap, data, len, ret_n, ret_frame)
			: record(pcap, data, len, ret_n, ret_frame);
}
