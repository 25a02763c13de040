/* SPDX-License-Identifier: BSD-2-Clause */
/* How well the connection does: the path, and how soon it was answered. */
#include "flow/getters.h"

/* Known of TCP connections that passed here; NULL: it is not. */
static const struct fb_flow_quality *quality_of(const struct fb_flow_at *at)
{
	return fb_snapshot_quality(at->snapshot, (uint32_t)(FLOW->id & FB_ID_NUMBER));
}

static void set_us(struct fb_value *value, uint32_t us)
{
	if (us)
		fb_set(value, us);
}

GET(tls_hello)
{
	if (FLOW->tls)
		set_us(value, FLOW->tls->hello_us);
}

#define ANSWER(id, expression)                                                                     \
	GET(id)                                                                                    \
	{                                                                                          \
		const struct fb_flow_answers *answers = fb_flow_answers(FLOW);                     \
                                                                                                   \
		if (answers)                                                                       \
			fb_set(value, expression);                                                 \
	}

ANSWER(dns_answer, answers->sum_us / answers->n)
ANSWER(dns_slowest, answers->slowest_us)
ANSWER(dns_answers, answers->n)

#undef ANSWER

#define DELAY(id, dir, member)                                                                     \
	GET(id)                                                                                    \
	{                                                                                          \
		const struct fb_flow_quality *quality = quality_of(at);                            \
                                                                                                   \
		if (quality)                                                                       \
			set_us(value, quality->delay[dir].member);                                 \
	}

DELAY(latency_up, FB_UP, min)
DELAY(latency_down, FB_DOWN, min)
DELAY(latency_up_now, FB_UP, smoothed)
DELAY(latency_down_now, FB_DOWN, smoothed)

#undef DELAY

GET(jitter)
{
	const struct fb_flow_quality *quality = quality_of(at);

	if (quality)
		set_us(value, quality->delay[FB_UP].jitter > quality->delay[FB_DOWN].jitter
				      ? quality->delay[FB_UP].jitter
				      : quality->delay[FB_DOWN].jitter);
}

/* Of a direction that sent nothing yet there is nothing to tell. */
#define COUNT(id, dir, member)                                                                     \
	GET(id)                                                                                    \
	{                                                                                          \
		const struct fb_flow_quality *quality = quality_of(at);                            \
                                                                                                   \
		if (quality && MOVED->packets[dir])                                                \
			fb_set(value, quality->count[dir].member);                                 \
	}

COUNT(retrans_up, FB_UP, retrans)
COUNT(retrans_down, FB_DOWN, retrans)
COUNT(reordered_up, FB_UP, reordered)
COUNT(reordered_down, FB_DOWN, reordered)
COUNT(zero_window_up, FB_UP, zero_windows)
COUNT(zero_window_down, FB_DOWN, zero_windows)

#undef COUNT

/* Parts in 10,000 of what a direction sent that were sent again. */
static uint64_t share(const struct fb_flow_at *at, const struct fb_flow_quality *quality, int dir)
{
	const uint64_t sent = MOVED->packets[dir], again = quality->count[dir].retrans;

	return sent ? fb_loss_of(again, sent) : 0;
}

GET(loss)
{
	const struct fb_flow_quality *quality = quality_of(at);
	uint64_t up, down;

	if (!quality)
		return;
	up = share(at, quality, FB_UP);
	down = share(at, quality, FB_DOWN);
	fb_set(value, up > down ? up : down);
}
