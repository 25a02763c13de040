/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/automation.h"

#include <flowbpf/key.h>

#define MINUTE_MS 60000

bool fb_automation_is_narrow(const struct fb_cidr *net)
{
	return net->bits >= (net->family == FB_IPV4 ? 96 + 24 : 48);
}

/* The oldest of the last ones stands where the next one will. */
bool fb_automation_may(const struct fb_automation *automation,
		       const struct fb_automation_beside *beside, bool open, int64_t now_ms)
{
	const int64_t oldest = automation->made_ms[automation->next];

	return beside->all < FB_AUTOMATION_ALL && (!open || beside->open < FB_AUTOMATION_OPEN) &&
	       (!oldest || now_ms - oldest >= MINUTE_MS);
}

void fb_automation_note(struct fb_automation *automation, int64_t now_ms)
{
	automation->made_ms[automation->next] = now_ms;
	automation->next = (automation->next + 1) % FB_AUTOMATION_MINUTE;
}

unsigned int fb_automation_used(const struct fb_automation *automation, int64_t now_ms)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FB_AUTOMATION_MINUTE; i++)
		n += automation->made_ms[i] && now_ms - automation->made_ms[i] < MINUTE_MS;
	return n;
}
