/* SPDX-License-Identifier: BSD-2-Clause */
/* How a server answered is told by flags and packets: conntrack, which would know, may not be
 * there. */
#include "policy/judgedflow.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "util/hash.h"

static uint8_t tcp_result(const struct fb_flow *flow, const struct fb_traffic *traffic)
{
	const uint8_t up = flow->tcp_flags[FB_UP], down = flow->tcp_flags[FB_DOWN];

	if (flow->flags & FB_FLOW_PARTIAL || !(up & TH_SYN))
		return FB_JUDGED_OTHER;
	if (!traffic->packets[FB_DOWN])
		return FB_JUDGED_NOREPLY;
	if (!(down & TH_SYN))
		return down & TH_RST ? FB_JUDGED_REFUSED : FB_JUDGED_OTHER;
	return up & TH_ACK ? FB_JUDGED_OK : FB_JUDGED_HALF;
}

static uint8_t result_of(const struct fb_flow *flow, const struct fb_traffic *traffic)
{
	if (flow->proto == IPPROTO_TCP)
		return tcp_result(flow, traffic);
	if (!traffic->packets[FB_UP])
		return FB_JUDGED_OTHER;
	return traffic->packets[FB_DOWN] ? FB_JUDGED_OK : FB_JUDGED_NOREPLY;
}

/*
 * Who forges an address can send a handshake and more, but not the number that the server's SYN
 * has: of that connection no server sends data, or ends it. A datagram proves nothing of who sent
 * it.
 */
static bool is_forgeable(const struct fb_flow *flow)
{
	return flow->proto != IPPROTO_TCP || !(flow->tcp_flags[FB_DOWN] & (TH_PUSH | TH_FIN));
}

static uint16_t l7_of(const struct fb_flow *flow)
{
	static const uint16_t of[FB_L7_COUNT] = {
		[FB_L7_TLS] = FB_JUDGED_TLS,   [FB_L7_QUIC] = FB_JUDGED_QUIC,
		[FB_L7_HTTP] = FB_JUDGED_HTTP, [FB_L7_DNS] = FB_JUDGED_DNS,
		[FB_L7_SSH] = FB_JUDGED_SSH,
	};

	return flow->l7 < FB_L7_COUNT ? of[flow->l7] : 0;
}

static void tell_ends(const struct fb_flow *flow, struct fb_judged *judged)
{
	const bool icmp = flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6;

	memcpy(judged->src, flow->src, 16);
	memcpy(judged->dst, flow->dst, 16);
	judged->sport = icmp ? flow->icmp_type : flow->src_port;
	judged->dport = icmp ? flow->icmp_code : flow->dst_port;
	judged->src_inside =
		flow->scope == FB_SCOPE_INTERNAL_EXTERNAL || flow->scope == FB_SCOPE_INTERNAL;
	judged->dst_inside =
		flow->scope == FB_SCOPE_EXTERNAL_INTERNAL || flow->scope == FB_SCOPE_INTERNAL;
	judged->src_here = judged->src_inside || flow->direction == FB_DIRECTION_OUT ||
			   flow->direction == FB_DIRECTION_LOCAL;
	judged->dst_here = judged->dst_inside || flow->direction == FB_DIRECTION_IN ||
			   flow->direction == FB_DIRECTION_LOCAL;
}

/* The last packet is told by a coarser clock than the first. */
static uint64_t duration_us(const struct fb_flow *flow, const struct fb_traffic *traffic)
{
	return traffic->last_seen > flow->first_seen
		       ? (traffic->last_seen - flow->first_seen) / 1000
		       : 0;
}

void fb_judged_of(const struct fb_flow_at *at, struct fb_judged *ret_flow)
{
	const struct fb_flow *flow = at->flow;
	const struct fb_traffic *traffic = at->traffic;
	const struct fb_flow_name *name = fb_flow_host(flow);

	*ret_flow = (struct fb_judged){
		.time_ns = flow->first_seen,
		.family = flow->family,
		.proto = flow->proto,
		.result = result_of(flow, traffic),
		.l7 = l7_of(flow),
		.unexplained = name && name->flags & FB_NAME_FLAG_UNEXPLAINED,
		.listed = flow->hits,
		.icmp_error = flow->flags & FB_FLOW_ICMP_ERROR,
		.forgeable = is_forgeable(flow),
		.duration_us = duration_us(flow, traffic),
		.bytes = {traffic->bytes[FB_UP], traffic->bytes[FB_DOWN]},
		.packets = {traffic->packets[FB_UP], traffic->packets[FB_DOWN]},
		.ja4 = flow->tls && *flow->tls->ja4
			       ? fb_hash_fixed(flow->tls->ja4, strlen(flow->tls->ja4))
			       : 0,
		.name = name ? name->text : NULL,
	};
	tell_ends(flow, ret_flow);
}

void fb_verdict_of(const struct fb_judgement *judgement, struct fb_flow_verdict *ret_verdict)
{
	*ret_verdict = (struct fb_flow_verdict){
		.steps = fb_learned_pack(&judgement->steps) & ((1u << 25) - 1),
		.asked = judgement->asked,
		.learned = judgement->second.action & 3,
		.abstains = judgement->abstains,
		.risk = judgement->risk & 127,
		.action = judgement->action & 3,
		.rules = judgement->rules & 3,
		.taught = judgement->taught & 3,
		.confidence = judgement->second.confidence & 1023,
	};
}

void fb_judgement_of(const struct fb_flow_verdict *verdict, struct fb_judgement *ret_judgement)
{
	const struct fb_flow_evidence *evidence = verdict->evidence;

	*ret_judgement = (struct fb_judgement){
		.risk = verdict->risk,
		.class = (uint8_t)fb_risk_class(verdict->risk),
		.action = verdict->action,
		.rules = verdict->rules,
		.taught = verdict->taught,
		.asked = verdict->asked,
		.abstains = verdict->abstains,
		.second = {.action = verdict->learned, .confidence = verdict->confidence},
		.n = evidence ? evidence->n : 0,
	};
	fb_learned_unpack(verdict->steps, &ret_judgement->steps);
	if (evidence)
		memcpy(ret_judgement->evidence, evidence->item,
		       evidence->n * sizeof(*evidence->item));
}
