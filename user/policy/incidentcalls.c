/* SPDX-License-Identifier: BSD-2-Clause */
/* What of an incident both judges are sure of, in two windows: what automation may act on. */
#include "policy/automation.h"
#include "policy/incidents_priv.h"

#define WINDOW_MS 10000
#define WINDOWS	  2

static bool both_deny(const struct fb_judgement *judgement)
{
	return judgement->asked && !judgement->abstains && judgement->action == FB_JUDGE_DENY &&
	       judgement->rules == FB_JUDGE_DENY && judgement->second.action == FB_JUDGE_DENY &&
	       judgement->second.confidence >= FB_AUTOMATION_CONFIDENCE;
}

static void count(struct fb_incident_windows *windows, uint32_t window)
{
	if (windows->last == window)
		return;
	windows->last = window;
	windows->n++;
}

/* Of what follows, two windows more are wanted. */
static void call(struct fb_incidents *incidents, struct fb_incident *incident, bool proven,
		 int64_t wall_ms)
{
	if (incidents->to.called && !fb_incidents_silence_of(incidents, incident, wall_ms))
		incidents->to.called(incidents->to.called_ctx, incident, proven);
	incident->calls.any.n = 0;
	if (proven)
		incident->calls.proven.n = 0;
}

static void note_service(struct fb_incident_calls *calls, const struct fb_judged *flow)
{
	const uint16_t port = fb_judged_is_icmp(flow) ? 0 : flow->dport;

	calls->one_port = port && (!calls->any.n || (calls->one_port && calls->port == port));
	calls->port = port;
}

void fb_incidents_call(struct fb_incidents *incidents, struct fb_incident *incident,
		       const struct fb_judged *flow, const struct fb_judgement *judgement,
		       int64_t wall_ms)
{
	const enum fb_may_act may = fb_may_act_of(incident->kind);
	const uint32_t window = (uint32_t)(wall_ms / WINDOW_MS);
	const uint8_t scope =
		flow->src_here ? FB_SCOPE_INTERNAL_EXTERNAL : FB_SCOPE_EXTERNAL_INTERNAL;
	struct fb_incident_calls *calls = &incident->calls;

	if (!may || flow->src_here == flow->dst_here || !both_deny(judgement))
		return;
	if (calls->scope != scope)
		*calls = (struct fb_incident_calls){.scope = scope};
	note_service(calls, flow);
	count(&calls->any, window);
	if (may == FB_MAY_BLOCK && !flow->forgeable)
		count(&calls->proven, window);
	if (calls->proven.n >= WINDOWS)
		call(incidents, incident, true, wall_ms);
	else if (may == FB_MAY_LIMIT && calls->any.n >= WINDOWS)
		call(incidents, incident, false, wall_ms);
}

/* What could still be proven in the window that goes on is waited for. */
void fb_incidents_call_due(struct fb_incidents *incidents, struct fb_incident *incident,
			   int64_t wall_ms)
{
	const struct fb_incident_calls *calls = &incident->calls;

	if (calls->any.n >= WINDOWS && calls->any.last != (uint32_t)(wall_ms / WINDOW_MS))
		call(incidents, incident, false, wall_ms);
}
