/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A beat in the starts of a pair: the shape k of a Gamma distribution through its intervals, which
 * is 1 where they come by chance and large where they come by a clock, whatever their length.
 * It needs two sums only. Updates beat like malware: alone it is a remark, not an alarm.
 */
#include "policy/detectors.h"

#include "policy/fixed.h"
#include "policy/relations.h"

#define STEPS_LEAST  10	   /* with fewer, score() is below ... */
#define PAUSE	     16	   /* of 1/8 of an octave: four times the median is a night, not a beat */
#define FIRES	     49152 /* ... .75 */
#define ONE	     ((int64_t)FB_FIXED_ONE)
#define SCORE_UNIT   100

#define FAILING	     10
#define FAILING_LONG 30

/* 1 - k^(-1/1.2) */
static int64_t regularity(int64_t s)
{
	const int64_t d = 3 * ONE - s;
	int64_t k, log;

	if (s < 4)
		s = 4;
	k = (d + (int64_t)fb_fixed_root((uint64_t)(d * d + 24 * s * ONE))) * ONE / (12 * s);
	if (k <= ONE)
		return 0;
	log = (int64_t)fb_fixed_log2((uint64_t)k) - 16 * ONE;
	return ONE - fb_fixed_exp2(-log * 5 / 6);
}

/* ln of the mean less the mean of the ln, of the first m; all of them below `top`. */
static int64_t unevenness(const uint16_t *steps, unsigned int m, int top)
{
	int64_t sum = 0, logs = 0;

	for (unsigned int i = 0; i < m; i++) {
		const int64_t log = ((int64_t)steps[i] - top) * (ONE / 8);

		sum += fb_fixed_exp2(log);
		logs += log;
	}
	if (sum < m)
		sum = m;
	return ((int64_t)fb_fixed_log2((uint64_t)sum) - fb_fixed_log2(m) - 16 * ONE - logs / m) *
	       693 / 1000;
}

/* It mostly was not answered. */
static bool is_dead(const struct fb_look *look)
{
	return look->relation->failed * 2 > look->relation->n;
}

/* 0 .. FB_FIXED_ONE */
static int64_t score(const struct fb_look *look)
{
	const struct fb_pair *pair = look->pair;
	const unsigned int n = pair->n_steps;
	const uint32_t spread = fb_relations_spread(look);
	uint16_t steps[FB_PAIR_STEPS];
	int64_t regular, alike, sure;
	unsigned int m = n;

	/* Where nothing is sent, or mostly not, sizes say nothing. */
	if (spread == UINT32_MAX || is_dead(look))
		alike = -1;
	else
		alike = spread < FB_FIXED_ONE / 4 ? ONE - 4 * (int64_t)spread : 0;
	/* However regular: of most it is known now, without their steps, that it is no beat. */
	if (alike >= 0 && (65 * ONE + 35 * alike) / 100 < FIRES)
		return 0;
	for (unsigned int i = 0; i < n; i++)
		steps[i] = pair->step[i];
	fb_relations_sort(steps, n);
	while (m && steps[m - 1] > steps[n / 2] + PAUSE)
		m--;
	if (m < STEPS_LEAST)
		return 0;
	regular = regularity(unevenness(steps, m, steps[n / 2] + PAUSE));
	if (alike < 0)
		alike = regular;
	/* 1 - exp(-(m - 3) / 5) */
	sure = ONE - fb_fixed_exp2(-((int64_t)m - 3) * 18910);
	return sure * (65 * regular + 35 * alike) / 100 / ONE * (n + m) / (2 * n);
}

enum form { FORM_NAMED, FORM_UNNAMED, FORM_ODD, FORM_DEAD, FORM_INWARD, FORM_WITHIN };

static enum form form_of(const struct fb_look *look)
{
	if (!look->outward)
		return look->inward ? FORM_INWARD : FORM_WITHIN;
	if (look->flow->name)
		return FORM_NAMED;
	if (is_dead(look))
		return FORM_DEAD;
	return look->dport & FB_PORT_KNOWN ? FORM_UNNAMED : FORM_ODD;
}

void fb_detect_beacon(struct fb_look *look)
{
	static const uint8_t points[] = {[FORM_NAMED] = 10, [FORM_UNNAMED] = 15, [FORM_ODD] = 35,
					 [FORM_DEAD] = 35,  [FORM_INWARD] = 10,	 [FORM_WITHIN] = 5};
	const struct fb_pair *pair = look->pair;
	enum form form;
	int64_t beat;

	if (pair->n_steps < STEPS_LEAST || (look->udp && look->dport & FB_PORT_NEARBY))
		return;
	beat = score(look);
	if (beat < FIRES)
		return;
	form = form_of(look);
	fb_look_say(look, FB_KIND_BEACON, form, points[form], pair->relation.n,
		    (uint64_t)beat * SCORE_UNIT / FB_FIXED_ONE);
}

void fb_detect_failing(struct fb_look *look)
{
	const struct fb_relation *relation = look->relation;

	if (!relation || relation->in_vain < FAILING)
		return;
	if (relation->in_vain >= FAILING_LONG && !look->flow->name)
		fb_look_say(look, FB_KIND_FAILING, 0, 25, relation->in_vain, 0);
	else
		fb_look_say(look, FB_KIND_FAILING, 0, 15, relation->in_vain, 0);
}
