/* SPDX-License-Identifier: BSD-2-Clause */
/* One function a link header, and the table that has them by number. */
#include "kernel/linktype.h"

#include <linux/if_ether.h>
#include <stdbool.h>
#include <string.h>

#define WLAN_HEADER	 24
#define WLAN_DATA	 2
#define WLAN_QOS	 0x80 /* of the first byte, in data frames */
#define WLAN_NO_DATA	 0x40
#define WLAN_TO_AND_FROM 3 /* of the second byte */
#define WLAN_PROTECTED	 0x40
#define WLAN_HT		 0x80
#define RADIOTAP_PADDED	 0x20

#define NFLOG_PAYLOAD	 9

#define NLPID_IPV4	 0xcc
#define NLPID_IPV6	 0x8e
#define NLPID_SNAP	 0x80

static uint16_t load16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static struct fb_inner by_version(const uint8_t *data, uint32_t len, uint32_t offset)
{
	const uint8_t version = offset < len ? data[offset] >> 4 : 0;

	return (struct fb_inner){
		.ethertype = version == 4   ? ETH_P_IP
			     : version == 6 ? ETH_P_IPV6
					    : 0,
		.offset = offset,
	};
}

static struct fb_inner raw(const uint8_t *data, uint32_t len)
{
	return by_version(data, len, 0);
}

/* | family 4, in the byte order of whoever captured | IP: the version says what it is |  */
static struct fb_inner null_loop(const uint8_t *data, uint32_t len)
{
	return by_version(data, len, 4);
}

/* | packet type 2 | ARPHRD 2 | address length 2 | address 8 | EtherType 2 | */
static struct fb_inner sll(const uint8_t *data, uint32_t len)
{
	if (len < 16)
		return (struct fb_inner){0};
	return (struct fb_inner){.ethertype = load16(data + 14), .offset = 16};
}

/* | EtherType 2 | 0 2 | ifindex 4 | ARPHRD 2 | packet type 1 | address length 1 | address 8 | */
static struct fb_inner sll2(const uint8_t *data, uint32_t len)
{
	if (len < 20)
		return (struct fb_inner){0};
	return (struct fb_inner){.ethertype = load16(data), .offset = 20};
}

static uint16_t ppp_ethertype(uint16_t protocol)
{
	static const struct {
		uint16_t protocol, ethertype;
	} protocols[] = {
		{0x0021, ETH_P_IP},
		{0x0057, ETH_P_IPV6},
		{0x0281, ETH_P_MPLS_UC},
		{0x0283, ETH_P_MPLS_MC},
	};

	for (unsigned int i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].ethertype;
	/* Link control and the like, to be counted as non-IP. */
	return ETH_P_PPP_DISC;
}

/*
 * | ff 03, may be left out | protocol 2, or 1 if its low bit is set | ..
 * Cisco HDLC: | 0f or 8f | 00 | EtherType 2 | ..
 */
static struct fb_inner ppp(const uint8_t *data, uint32_t len)
{
	uint32_t at = 0;

	if (len >= 4 && (data[0] == 0x0f || data[0] == 0x8f) && data[1] == 0)
		return (struct fb_inner){.ethertype = load16(data + 2), .offset = 4};
	if (len >= 2 && data[0] == 0xff && data[1] == 0x03)
		at = 2;
	if (at < len && data[at] & 1)
		return (struct fb_inner){.ethertype = ppp_ethertype(data[at]), .offset = at + 1};
	if (len < at + 2)
		return (struct fb_inner){0};
	return (struct fb_inner){.ethertype = ppp_ethertype(load16(data + at)), .offset = at + 2};
}

static uint32_t load32_le(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static uint16_t load16_le(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

/* LLC/SNAP: | aa aa 03 | OUI 00 00 00 | EtherType 2 |; else nothing that holds IP */
static struct fb_inner snap(const uint8_t *data, uint32_t len, uint32_t at)
{
	static const uint8_t header[] = {0xaa, 0xaa, 3, 0, 0, 0};

	if (len < at + 8 || memcmp(data + at, header, sizeof(header)) != 0)
		return (struct fb_inner){.ethertype = ETH_P_802_2, .offset = at < len ? at : len};
	return (struct fb_inner){.ethertype = load16(data + at + 6), .offset = at + 8};
}

/* | frame control 1 | destination 6 | source 6 | LLC | */
static struct fb_inner fddi(const uint8_t *data, uint32_t len)
{
	return len < 13 ? (struct fb_inner){0} : snap(data, len, 13);
}

/* | address 1 | 00 | EtherType 2 | */
static struct fb_inner cisco_hdlc(const uint8_t *data, uint32_t len)
{
	if (len < 4)
		return (struct fb_inner){0};
	return (struct fb_inner){.ethertype = load16(data + 2), .offset = 4};
}

/* | Q.922 address 2 | EtherType 2 | (Cisco), | address 2 | 03 | [00] NLPID 1 | (RFC 2427) */
static struct fb_inner frame_relay(const uint8_t *data, uint32_t len)
{
	uint32_t at = 3;

	if (len < 6)
		return (struct fb_inner){0};
	if (data[2] != 3)
		return (struct fb_inner){.ethertype = load16(data + 2), .offset = 4};
	at += data[3] == 0;
	if (data[at] == NLPID_SNAP && len >= at + 6)
		return (struct fb_inner){.ethertype = load16(data + at + 4), .offset = at + 6};
	return (struct fb_inner){
		.ethertype = data[at] == NLPID_IPV4   ? ETH_P_IP
			     : data[at] == NLPID_IPV6 ? ETH_P_IPV6
						      : ETH_P_802_2,
		.offset = at + 1,
	};
}

/* | 1 1 | 0 | session 2 | length 2 | PPP */
static struct fb_inner ppp_ether(const uint8_t *data, uint32_t len)
{
	(void)data;
	return len < 8 ? (struct fb_inner){0} : (struct fb_inner){.ethertype = ETH_P_PPP_SES};
}

/* | sent or received 1 | PPP */
static struct fb_inner ppp_dir(const uint8_t *data, uint32_t len)
{
	struct fb_inner inner = len > 1 ? ppp(data + 1, len - 1) : (struct fb_inner){0};

	inner.offset++;
	return inner;
}

/*
 * 802.11: | frame control 2 | duration 2 | addresses 18 | sequence 2 | [address 6] [QoS 2] [HT 4] |
 * LLC. What is not data, or encrypted, holds no packet that could be read.
 */
static struct fb_inner wlan_at(const uint8_t *data, uint32_t len, uint32_t at, bool padded)
{
	const struct fb_inner none = {.ethertype = 0x0019 /* ETH_P_80211_RAW */, .offset = at};
	uint32_t header = WLAN_HEADER;

	if (len < at + WLAN_HEADER)
		return len > at + 2 ? none : (struct fb_inner){0};
	if ((data[at] >> 2 & 3) != WLAN_DATA || data[at] & WLAN_NO_DATA ||
	    data[at + 1] & WLAN_PROTECTED)
		return none;
	if ((data[at + 1] & WLAN_TO_AND_FROM) == WLAN_TO_AND_FROM)
		header += ETH_ALEN;
	if (data[at] & WLAN_QOS)
		header += data[at + 1] & WLAN_HT ? 6 : 2;
	if (padded)
		header = (header + 3) & ~3u;
	return len < at + header ? none : snap(data, len, at + header);
}

static struct fb_inner wlan(const uint8_t *data, uint32_t len)
{
	return wlan_at(data, len, 0, false);
}

/* | 0 0 | length 2 | what is there 4, more if bit 31 | [time 8, aligned] [flags 1] .. | 802.11 */
static struct fb_inner radiotap(const uint8_t *data, uint32_t len)
{
	uint32_t at = 8, words = 4, present, header;
	bool padded = false;

	if (len < 8)
		return (struct fb_inner){0};
	header = load16_le(data + 2);
	present = load32_le(data + 4);
	while (words + 4 < len && load32_le(data + words) >> 31) {
		words += 4;
		at += 4;
	}
	if (present & 1)
		at = ((at + 7) & ~7u) + 8;
	if (present & 2 && at < len && at < header)
		padded = data[at] & RADIOTAP_PADDED;
	return header > len ? (struct fb_inner){0} : wlan_at(data, len, header, padded);
}

/* | family 4 | SPI 4 | flags 4 | IP, of IPsec's device */
static struct fb_inner enc(const uint8_t *data, uint32_t len)
{
	return by_version(data, len, 12);
}

/* | length 1 | ... |, to a multiple of four, IP */
static struct fb_inner pflog(const uint8_t *data, uint32_t len)
{
	return by_version(data, len, len ? (data[0] + 3u) & ~3u : 0);
}

/* | family 1 | 0 | resource 2 | { length 2 | type 2 | value }, in the byte order of the capture */
static struct fb_inner nflog(const uint8_t *data, uint32_t len)
{
	uint32_t at = 4;

	while (at + 4 <= len) {
		const bool swapped = data[at + 2] == 0 && data[at + 3] != 0;
		const uint16_t n = swapped ? load16(data + at) : load16_le(data + at);
		const uint16_t type = swapped ? load16(data + at + 2) : load16_le(data + at + 2);

		if (type == NFLOG_PAYLOAD)
			return by_version(data, len, at + 4);
		if (n < 4)
			break;
		at += (n + 3u) & ~3u;
	}
	return (struct fb_inner){0};
}

/* A frame of another link type behind a header. */
static struct fb_inner nested(const uint8_t *data, uint32_t len, uint32_t header, uint32_t linktype)
{
	struct fb_inner inner = {0};

	if (header > len || linktype == FB_LINKTYPE_PPI || linktype == FB_LINKTYPE_PKTAP)
		return inner;
	inner = fb_linktype_inner(linktype, data + header, len - header);
	if (linktype == FB_LINKTYPE_ETHERNET && inner.ethertype)
		inner.offset = ETH_HLEN;
	inner.offset += header;
	return inner;
}

/* | version 1 | flags 1 | length 2 | link type 4 |, little-endian */
static struct fb_inner ppi(const uint8_t *data, uint32_t len)
{
	return len < 8 ? (struct fb_inner){0}
		       : nested(data, len, load16_le(data + 2), load32_le(data + 4));
}

/* | length 4 | 1 4 | link type 4 | ... |, little-endian: a device of macOS */
static struct fb_inner pktap(const uint8_t *data, uint32_t len)
{
	return len < 12 ? (struct fb_inner){0}
			: nested(data, len, load32_le(data), load32_le(data + 8));
}

static struct fb_inner ethernet(const uint8_t *data, uint32_t len)
{
	if (len < ETH_HLEN)
		return (struct fb_inner){0};
	return (struct fb_inner){.ethertype = load16(data + 2 * ETH_ALEN)};
}

static const struct {
	uint32_t linktype;
	struct fb_inner (*inner)(const uint8_t *data, uint32_t len);
} linktypes[] = {
	{FB_LINKTYPE_NULL, null_loop},	  {FB_LINKTYPE_ETHERNET, ethernet},
	{FB_LINKTYPE_PPP, ppp},		  {FB_LINKTYPE_FDDI, fddi},
	{FB_LINKTYPE_RAW_BSD, raw},	  {FB_LINKTYPE_RAW_OPENBSD, raw},
	{FB_LINKTYPE_PPP_HDLC, ppp},	  {FB_LINKTYPE_PPP_ETHER, ppp_ether},
	{FB_LINKTYPE_RAW, raw},		  {FB_LINKTYPE_CISCO_HDLC, cisco_hdlc},
	{FB_LINKTYPE_WLAN, wlan},	  {FB_LINKTYPE_FRELAY, frame_relay},
	{FB_LINKTYPE_LOOP, null_loop},	  {FB_LINKTYPE_ENC, enc},
	{FB_LINKTYPE_SLL, sll},		  {FB_LINKTYPE_PFLOG, pflog},
	{FB_LINKTYPE_RADIOTAP, radiotap}, {FB_LINKTYPE_PPI, ppi},
	{FB_LINKTYPE_PPP_DIR, ppp_dir},	  {FB_LINKTYPE_IPV4, raw},
	{FB_LINKTYPE_IPV6, raw},	  {FB_LINKTYPE_NFLOG, nflog},
	{FB_LINKTYPE_PKTAP, pktap},	  {FB_LINKTYPE_SLL2, sll2},
};

#define LINKTYPES (sizeof(linktypes) / sizeof(linktypes[0]))

struct fb_inner fb_linktype_inner(uint32_t linktype, const uint8_t *frame, uint32_t len)
{
	for (unsigned int i = 0; i < LINKTYPES; i++)
		if (linktypes[i].linktype == linktype)
			return linktypes[i].inner(frame, len);
	return (struct fb_inner){0};
}
