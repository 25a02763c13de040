/* SPDX-License-Identifier: BSD-2-Clause */
/* What the judge says of the connection; nothing, before it was told of it. */
#include "flow/getters.h"

#define VERDICT (&at->flow->verdict)

GET(risk)
{
	if (VERDICT->told)
		fb_set(value, VERDICT->risk);
}

GET(risk_class)
{
	const enum fb_risk_class class = fb_risk_class(VERDICT->risk);

	if (VERDICT->told)
		fb_set_enum(value, class, fb_risk_class_name(class));
}

GET(verdict)
{
	if (VERDICT->told)
		fb_set_enum(value, VERDICT->action, fb_judge_action_name(VERDICT->action));
}

GET(confidence)
{
	if (VERDICT->asked)
		fb_set(value, VERDICT->confidence);
}

ITEM(evidence)
{
	const struct fb_flow_evidence *evidence = VERDICT->evidence;

	if (evidence && i < evidence->n)
		fb_set_text(value, fb_judge_kind_name(evidence->item[i].kind));
}

GET(learned)
{
	const unsigned int word = VERDICT->abstains ? FB_LEARNED_UNSURE : VERDICT->learned;

	if (VERDICT->asked)
		fb_set_enum(value, word, fb_learned_word(word));
}
