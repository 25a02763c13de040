/* SPDX-License-Identifier: BSD-2-Clause */
/* What both judges are sure of, and the rule that automation makes of it. Pure. */
#pragma once

#include "policy/automation.h"
#include "policy/incidents.h"
#include "policy/rules.h"

#define FB_AUTOMATION_RATE 256000 /* bits a second, each way, of what may be forged */

struct fb_automation_call {
	int64_t time_ms; /* since 1970 */
	uint64_t incident;
	uint8_t kind, scope; /* enum fb_judge_kind, fb_scope */
	bool proven;	     /* nobody can have forged it */
	bool one_peer;
	uint16_t port;			    /* of the server; 0: several, or none */
	struct fb_incident_addr host, peer; /* as of the incident */
	char sentence[FB_SENTENCE_LEN];
};

void fb_automation_call_of(const struct fb_incident *incident, bool proven, int64_t now_ms,
			   struct fb_automation_call *ret_call);

/* FB_RULE_BLOCK, or what may be forged FB_RULE_LIMIT. */
enum fb_rule_verb fb_automation_verb(const struct fb_automation_call *call);
/* What the rule is about. */
void fb_automation_what(const struct fb_automation_call *call, char what[static FB_RULE_WHAT + 1]);
/* Its reason. */
void fb_automation_reason(const struct fb_automation_call *call,
			  char reason[static FB_RULE_REASON + 1]);
/* Seconds to confirm it; 0: it need not be. */
uint32_t fb_automation_confirm(const struct fb_automation_call *call);
/* Whom it is against, who must not be one who is never touched; family 0: nobody. */
struct fb_incident_addr fb_automation_accused(const struct fb_automation_call *call);
