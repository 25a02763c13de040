/* SPDX-License-Identifier: BSD-2-Clause */
/* Protocols by the few words that series and windows have for them. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

enum fb_past_proto { FB_PAST_TCP, FB_PAST_UDP, FB_PAST_ICMP, FB_PAST_OTHER, FB_PAST_PROTOS };

static inline enum fb_past_proto fb_past_proto(uint8_t proto)
{
	return proto == IPPROTO_TCP				  ? FB_PAST_TCP
	       : proto == IPPROTO_UDP				  ? FB_PAST_UDP
	       : proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ? FB_PAST_ICMP
								  : FB_PAST_OTHER;
}

static inline const char *fb_past_proto_name(enum fb_past_proto proto)
{
	static const char *const names[] = {"tcp", "udp", "icmp", "other"};

	return names[proto];
}
