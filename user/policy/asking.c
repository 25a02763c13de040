/* SPDX-License-Identifier: BSD-2-Clause */
/* What hosts ask of DNS. */
#include "policy/detectors.h"

void fb_detect_dga(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	unsigned int n;

	if (!flow->absent)
		return;
	n = fb_dnstunnel_absent(&look->judge->tunnels, flow->src, flow->question,
				look->now_ms * 1000000);
	if (n)
		fb_look_say(look, FB_KIND_DGA, 0, 30, n, 0);
}

void fb_detect_tunnel(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	unsigned int n;

	n = fb_dnstunnel_asked(&look->judge->tunnels, flow->src, flow->question,
			       flow->question_type, look->now_ms * 1000000);
	if (n)
		fb_look_say(look, FB_KIND_TUNNEL, 0, 50, n, 0);
}
