/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of detectors, in the order in which they look, and who has to look at what. */
#include "policy/detectors.h"

#define TCP_UDP (FB_OF_TCP | FB_OF_UDP)
#define ALL	(FB_OF_ANYWHERE | FB_OF_ANY)

const struct fb_detector fb_detectors[FB_KIND_COUNT] = {
	{FB_KIND_PROBE, FB_TOLD_RESULT, FB_MAY_NOT, FB_OF_IN | (FB_OF_ANY & ~FB_OF_ICMP),
	 FB_IF_FAILED, fb_detect_probe},
	{FB_KIND_SCAN, FB_TOLD_RESULT, FB_MAY_LIMIT, ALL, FB_IF_ODD, fb_detect_scan},
	{FB_KIND_BRUTE, FB_TOLD_ENDED, FB_MAY_BLOCK, ALL, 0, fb_detect_brute},
	{FB_KIND_BEACON, FB_TOLD_RESULT, FB_MAY_NOT, ALL & ~FB_OF_ICMP, FB_IF_PAIR,
	 fb_detect_beacon},
	{FB_KIND_FAILING, FB_TOLD_RESULT, FB_MAY_NOT, FB_OF_OUT | FB_OF_TCP, FB_IF_FAILED,
	 fb_detect_failing},
	{FB_KIND_FLOOD, FB_TOLD_RESULT | FB_TOLD_COUNTED, FB_MAY_LIMIT, ALL, FB_IF_SILENT,
	 fb_detect_flood},
	{FB_KIND_AMPLIFICATION, FB_TOLD_RESULT | FB_TOLD_COUNTED, FB_MAY_NOT, FB_OF_IN | FB_OF_UDP,
	 0, fb_detect_amplification},
	{FB_KIND_PORT, FB_TOLD_OPENED, FB_MAY_NOT, FB_OF_OUT | TCP_UDP, 0, fb_detect_port},
	{FB_KIND_NONAME, FB_TOLD_RESULT, FB_MAY_NOT, FB_OF_OUT | FB_OF_TCP, 0, fb_detect_noname},
	{FB_KIND_UNEXPLAINED, FB_TOLD_RESULT, FB_MAY_NOT, FB_OF_OUT | FB_OF_ANY, FB_IF_MARKED,
	 fb_detect_unexplained},
	{FB_KIND_NEW, FB_TOLD_OPENED, FB_MAY_NOT, FB_OF_OUT | (FB_OF_ANY & ~FB_OF_ICMP), 0,
	 fb_detect_new},
	{FB_KIND_LATERAL, FB_TOLD_OPENED, FB_MAY_NOT, FB_OF_WITHIN | FB_OF_TCP, 0,
	 fb_detect_lateral},
	{FB_KIND_EXFIL, FB_TOLD_COUNTED | FB_TOLD_ENDED, FB_MAY_NOT, FB_OF_OUT | FB_OF_ANY, 0,
	 fb_detect_exfil},
	{FB_KIND_FREQUENCY, FB_TOLD_OPENED, FB_MAY_NOT, FB_OF_OUT | FB_OF_WITHIN | FB_OF_ANY, 0,
	 fb_detect_frequency},
	{FB_KIND_LONG, FB_TOLD_COUNTED | FB_TOLD_ENDED, FB_MAY_NOT, ALL, 0, fb_detect_long},
	{FB_KIND_JA4, FB_TOLD_RESULT, FB_MAY_NOT, FB_OF_OUT | FB_OF_ANY, FB_IF_PRINT,
	 fb_detect_ja4},
	{FB_KIND_DGA, FB_TOLD_RESULT | FB_TOLD_ASKED, FB_MAY_NOT, ALL, FB_IF_ASKED, fb_detect_dga},
	{FB_KIND_TUNNEL, FB_TOLD_RESULT | FB_TOLD_ASKED, FB_MAY_NOT, ALL, FB_IF_ASKED,
	 fb_detect_tunnel},
	{FB_KIND_LIST, FB_TOLD_OPENED, FB_MAY_BLOCK, ALL, FB_IF_MARKED, fb_detect_list},
};

enum fb_may_act fb_may_act_of(unsigned int kind)
{
	for (unsigned int i = 0; i < FB_KIND_COUNT; i++)
		if (fb_detectors[i].kind == kind)
			return fb_detectors[i].may_act;
	return FB_MAY_NOT;
}

const char *fb_may_act_name(enum fb_may_act may)
{
	static const char *const names[] = {[FB_MAY_LIMIT] = "limit", [FB_MAY_BLOCK] = "block"};

	return names[may];
}

/* Of one that went on when we came, only what does not hang on how it began. */
static bool may_look(bool older, unsigned int events, unsigned int kind)
{
	static const uint32_t always = 1u << FB_KIND_EXFIL | 1u << FB_KIND_LONG |
				       1u << FB_KIND_DGA | 1u << FB_KIND_TUNNEL |
				       1u << FB_KIND_LIST;
	static const uint32_t anew = 1u << FB_KIND_FLOOD | 1u << FB_KIND_AMPLIFICATION;

	return !older || always & 1u << kind || (anew & 1u << kind && events == FB_TOLD_COUNTED);
}

static uint32_t those_told(bool older, unsigned int events)
{
	uint32_t those = 0;

	for (unsigned int i = 0; i < FB_KIND_COUNT; i++)
		if (fb_detectors[i].needs & events && may_look(older, events, fb_detectors[i].kind))
			those |= 1u << i;
	return those;
}

void fb_duty_init(struct fb_duty *duty)
{
	for (unsigned int events = 0; events < FB_TOLD_SETS; events++) {
		duty->told[false][events] = those_told(false, events);
		duty->told[true][events] = those_told(true, events);
	}
	for (unsigned int i = 0; i < FB_KIND_COUNT; i++) {
		for (unsigned int bit = 0; bit < 8; bit++)
			duty->of[bit] |= (uint32_t)(fb_detectors[i].of >> bit & 1) << i;
		for (unsigned int so = 0; so < FB_IF_SETS; so++)
			duty->only[so] |= (uint32_t)!(fb_detectors[i].only & ~so) << i;
	}
}

static unsigned int what_is_so(const struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;

	return (look->failed ? FB_IF_FAILED : 0u) | (flow->packets[1] ? 0u : FB_IF_SILENT) |
	       (!look->ok || look->first_met || look->icmp ? FB_IF_ODD : 0u) |
	       (look->pair ? FB_IF_PAIR : 0u) | (flow->question ? FB_IF_ASKED : 0u) |
	       (flow->listed || flow->unexplained ? FB_IF_MARKED : 0u) |
	       (flow->ja4 ? FB_IF_PRINT : 0u);
}

uint32_t fb_duty_of(const struct fb_duty *duty, const struct fb_look *look)
{
	const unsigned int where = look->outward ? 0 : look->inward ? 1 : look->within ? 2 : 3;
	const unsigned int kind = look->tcp ? 4 : look->udp ? 5 : look->icmp ? 6 : 7;

	return duty->told[look->flow->older][look->events] & duty->of[where] & duty->of[kind] &
	       duty->only[what_is_so(look)];
}
