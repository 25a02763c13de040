/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/agreement.h"

#define MINUTE_NS 60000000000ULL

struct fb_agreement_counts fb_agreement_hour(const struct fb_agreement *agreement)
{
	struct fb_agreement_counts sum = {0, 0, 0};

	for (unsigned int i = 0; i < FB_AGREEMENT_MINUTES; i++) {
		sum.flows += agreement->minute[i].flows;
		sum.same += agreement->minute[i].same;
		sum.side += agreement->minute[i].side;
	}
	return sum;
}

/* When a minute is over: what it and the 59 before it came to. */
static void decide(struct fb_agreement *agreement)
{
	const struct fb_agreement_counts hour = fb_agreement_hour(agreement);
	const unsigned int mark = agreement->abstains ? FB_AGREEMENT_BACK : FB_AGREEMENT_LOW;

	if (agreement->now - agreement->first + 1 >= FB_AGREEMENT_MINUTES &&
	    hour.flows >= FB_AGREEMENT_LEAST)
		agreement->abstains = hour.side * 100 < hour.flows * mark;
}

static void go_to(struct fb_agreement *agreement, int64_t minute)
{
	if (!agreement->begun) {
		agreement->first = agreement->now = minute;
		agreement->begun = true;
	}
	if (minute - agreement->now > FB_AGREEMENT_MINUTES) {
		decide(agreement);
		agreement->now = minute - FB_AGREEMENT_MINUTES;
	}
	while (agreement->now < minute) {
		decide(agreement);
		agreement->now++;
		agreement->minute[agreement->now % FB_AGREEMENT_MINUTES] =
			(struct fb_agreement_counts){0, 0, 0};
	}
}

static void count(struct fb_agreement_counts *counts, bool same, bool side)
{
	counts->flows++;
	counts->same += same;
	counts->side += side;
}

void fb_agreement_add(struct fb_agreement *agreement, unsigned int rules, unsigned int learned,
		      uint64_t time_ns)
{
	const bool same = rules == learned, side = !rules == !learned;

	go_to(agreement, (int64_t)(time_ns / MINUTE_NS));
	count(&agreement->minute[agreement->now % FB_AGREEMENT_MINUTES], same, side);
	count(&agreement->all, same, side);
}
