/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Link headers of captures: where the network packet begins in a frame, and what it is. Pure; the
 * kernel has no part in it, but its caller, kernel/replay, makes Ethernet of what this finds.
 */
#pragma once

#include <stdint.h>

/* LINKTYPE_* of pcap that are read. */
enum fb_linktype {
	FB_LINKTYPE_NULL = 0,
	FB_LINKTYPE_ETHERNET = 1,
	FB_LINKTYPE_PPP = 9,
	FB_LINKTYPE_FDDI = 10,
	FB_LINKTYPE_RAW_BSD = 12,
	FB_LINKTYPE_RAW_OPENBSD = 14,
	FB_LINKTYPE_PPP_HDLC = 50,
	FB_LINKTYPE_PPP_ETHER = 51,
	FB_LINKTYPE_RAW = 101,
	FB_LINKTYPE_CISCO_HDLC = 104,
	FB_LINKTYPE_WLAN = 105,
	FB_LINKTYPE_FRELAY = 107,
	FB_LINKTYPE_LOOP = 108,
	FB_LINKTYPE_ENC = 109,
	FB_LINKTYPE_SLL = 113,
	FB_LINKTYPE_PFLOG = 117,
	FB_LINKTYPE_RADIOTAP = 127,
	FB_LINKTYPE_PPI = 192,
	FB_LINKTYPE_PPP_DIR = 204,
	FB_LINKTYPE_IPV4 = 228,
	FB_LINKTYPE_IPV6 = 229,
	FB_LINKTYPE_NFLOG = 239,
	FB_LINKTYPE_PKTAP = 258,
	FB_LINKTYPE_SLL2 = 276,
};

/* What is behind a link header. */
struct fb_inner {
	uint16_t ethertype; /* 0: the header is cut, or not one */
	uint32_t offset;
};

/* Ethernet counts as no header: its inner packet starts at 0, with its type where Ethernet has it.
 */
struct fb_inner fb_linktype_inner(uint32_t linktype, const uint8_t *frame, uint32_t len);
