/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/serving.h"

#include <netinet/in.h>
#include <string.h>

bool fb_judged_is_icmp(const struct fb_judged *flow)
{
	return flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6;
}

void fb_teaching_ends_of(const struct fb_judged *flow, struct fb_teaching_ends *ret_ends)
{
	const bool icmp = fb_judged_is_icmp(flow);

	*ret_ends = (struct fb_teaching_ends){.port = icmp ? 0 : flow->dport, .proto = flow->proto};
	memcpy(ret_ends->client, flow->src, 16);
	memcpy(ret_ends->server, flow->dst, 16);
}

static uint8_t served(const struct fb_judgement *judgement)
{
	if (judgement->taught)
		return judgement->taught - 1;
	if (!judgement->asked)
		return judgement->rules;
	if (judgement->abstains)
		return judgement->rules == FB_JUDGE_DENY ? FB_JUDGE_INSPECT : judgement->rules;
	return judgement->rules == judgement->second.action ? judgement->rules : FB_JUDGE_INSPECT;
}

void fb_judgement_serve(struct fb_judgement *judgement, uint8_t taught)
{
	judgement->taught = taught;
	judgement->action = served(judgement);
}
