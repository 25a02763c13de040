/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guessing of passwords shows in connections that are answered, short, small and alike: many of one
 * source in minutes, some of one source over hours, and the same from many sources, each of which
 * comes too seldom to be seen alone.
 */
#include "policy/detectors.h"
#include "policy/places.h"
#include "policy/relations.h"

#define HOUR	     3600u
#define REPEATS	     7200u /* s for which a guesser stays one */
#define SHAPE_WINDOW (6 * HOUR)
#define SHAPE_UNIT   24 /* bytes */
#define SHORT_US     120000000ull
#define SMALL	     30000 /* bytes both ways */
#define GREETING     300   /* bytes up: somebody spoke */
#define MAIL	     3500  /* bytes up: it was handed over, not refused at its login */
#define GOT_IN	     15000 /* bytes down: no refusal is as long */
#define UNIT	     256   /* of a bucket's level */
#define FAST	     6
#define HALF_FAST    4
#define SLOW	     10
#define FULL	     (UINT16_MAX - UNIT)
#define ALIKE	     9830 /* .15 */

enum form { FORM_FAST, FORM_SLOW, FORM_MANY, FORM_CALLED };

/* One that takes logins, of which one would be guessed at. */
static bool is_at_login(const struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;

	if (!look->tcp || !look->ok || flow->forgeable)
		return false;
	if (flow->src_inside && (look->dport & FB_PORT_STORE || (look->outward && flow->name)))
		return false;
	return look->dport & FB_PORT_LOGIN ||
	       flow->l7 & (FB_JUDGED_SSH | FB_JUDGED_FTP | FB_JUDGED_RDP | FB_JUDGED_SMTP);
}

static bool is_login(const struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	const uint64_t most = flow->l7 & FB_JUDGED_SMTP ? MAIL : SMALL;

	return flow->duration_us < SHORT_US && flow->bytes[0] + flow->bytes[1] < SMALL &&
	       flow->bytes[0] > GREETING && flow->bytes[0] < most;
}

static void call(struct fb_look *look, unsigned int form, uint64_t n)
{
	struct fb_called *called;
	bool is_new;

	fb_look_say(look, FB_KIND_BRUTE, form, 50, n, look->flow->dport);
	if (look->judge->opts.off & 1u << FB_KIND_BRUTE)
		return;
	called = fb_lru_get_at(fb_at_called(look), &is_new);
	called->guesser_at = look->now;
}

static uint16_t drip(uint16_t level, uint32_t seconds, uint32_t period)
{
	const uint64_t leaked = (uint64_t)seconds * UNIT / period;

	level = leaked < level ? (uint16_t)(level - leaked) : 0;
	return level < FULL ? level + UNIT : level;
}

static void fill_buckets(struct fb_look *look)
{
	struct fb_relation *relation = look->relation;
	const uint32_t since = relation->tried_at ? look->now - relation->tried_at : 0;

	/* Hosts here are looked after by such logins, and who guesses here need not be slow. */
	relation->fast = drip(relation->fast, since, look->within ? 10 : 60);
	relation->slow = drip(relation->slow, since, HOUR);
	relation->tried_at = look->now;
	if (fb_relations_spread(look) > ALIKE)
		return;
	if (relation->slow >= SLOW * UNIT && look->within)
		fb_look_say(look, FB_KIND_BRUTE, FORM_SLOW, 15, relation->slow / UNIT,
			    look->flow->dport);
	else if (relation->slow >= SLOW * UNIT)
		call(look, FORM_SLOW, relation->slow / UNIT);
	if (relation->fast >= FAST * UNIT)
		call(look, FORM_FAST, relation->fast / UNIT);
	else if (relation->fast >= HALF_FAST * UNIT)
		fb_look_say(look, FB_KIND_BRUTE, FORM_FAST, 25, relation->fast / UNIT,
			    look->flow->dport);
}

static void compare_shape(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	const uint32_t shape = (uint32_t)(flow->bytes[0] / SHAPE_UNIT) << 16 |
			       (uint32_t)(flow->bytes[1] / SHAPE_UNIT);
	struct fb_group *group;
	unsigned int n;
	bool is_new;

	group = fb_lru_get(fb_look_table(look, shapes),
			   fb_key(look, 'f', look->dst, flow->dport) ^ fb_key(look, 'b', 0, shape),
			   &is_new);
	n = fb_recent_note(&group->recent, fb_key(look, 'c', look->src, 0), look->now,
			   SHAPE_WINDOW);
	if (n >= FB_RECENT)
		call(look, FORM_MANY, n);
}

static void count_login(struct fb_look *look)
{
	struct fb_relation *relation = look->relation;

	if (relation && look->flow->bytes[1] >= GOT_IN)
		relation->got_in = true;
	if (!is_login(look) || (relation && relation->got_in))
		return;
	if (relation)
		fill_buckets(look);
	if (look->inward)
		compare_shape(look);
}

void fb_detect_brute(struct fb_look *look)
{
	const struct fb_called *called;

	if (is_at_login(look))
		count_login(look);
	if (!(look->dport & FB_PORT_LOGIN))
		return;
	called = fb_lru_find_at(fb_at_called(look));
	if (called && called->guesser_at && look->now - called->guesser_at < REPEATS)
		fb_look_say(look, FB_KIND_BRUTE, FORM_CALLED, 50, look->now - called->guesser_at,
			    look->flow->dport);
}
