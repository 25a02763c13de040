/* SPDX-License-Identifier: BSD-2-Clause */
/* How much, how fast, how long. */
#include "policy/detectors.h"
#include "policy/places.h"

#define WINDOW	      10u /* s */
#define FLOOD_FLOWS   500
#define FLOOD_PACKETS 5000
#define FLOOD_RATE    500    /* packets a second */
#define STREAM_RATE   5000   /* likewise, of a camera or a log's sender, who gets no answer */
#define REFLECTED     100000 /* bytes in a window */
#define AMPLIFIED     10
#define EXFIL_BYTES   50000000ull
#define EXFIL_TIMES   10
#define EXFIL_LEAST   5000000ull /* once it is known what is usual */
#define MEGA	      1000000ull
#define LONG_US	      (12 * 3600 * 1000000ull)
#define MINUTE	      60u
#define LEARNED	      60 /* minutes before a host's habit is one */
#define FREQUENT      20 /* connections a minute, at least */
#define UNIT	      256
#define DECAY	      64 /* minutes */
#define SPREADS	      6
#define LASTING	      2 /* minutes before this one */

/* Of both kinds that know a host's habit: by fixed marks while it is learned. */
enum form { FORM_LEARNING, FORM_UNUSUAL };

/* --- floods ----------------------------------------------------------------------------------- */

static struct fb_mute *count(struct fb_look *look, struct fb_mute *mute)
{
	if (!mute->begin || look->now - mute->begin >= WINDOW)
		*mute = (struct fb_mute){.begin = look->now, .flooded_at = mute->flooded_at};
	mute->flows += !!(look->events & FB_TOLD_RESULT);
	mute->packets += look->moved_packets[0];
	mute->bytes += look->moved_bytes[0];
	return mute;
}

static struct fb_mute *mute_of(struct fb_look *look, char what, uint64_t ends)
{
	bool is_new;

	return count(look,
		     fb_lru_get(fb_look_side(look, floods), fb_key(look, what, ends, 0), &is_new));
}

/* Packets a second, from which on it is one. */
static uint32_t rate_of(const struct fb_look *look)
{
	return look->within && look->udp ? STREAM_RATE : FLOOD_RATE;
}

/* It does not end with the window, nor begin anew with the next. */
static bool is_flood(const struct fb_look *look, struct fb_mute *mute)
{
	if (mute->flows > FLOOD_FLOWS || mute->packets > rate_of(look) * WINDOW)
		mute->flooded_at = look->now;
	return mute->flooded_at && look->now - mute->flooded_at <= 2 * WINDOW;
}

/* Who is flooded from forged sources is seen at the target alone. */
void fb_detect_flood(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	const uint64_t seconds = flow->duration_us / 1000000;
	struct fb_mute *mute;
	bool is_new;

	mute = count(look, fb_lru_get_at(fb_at_floods(look), &is_new));
	if (is_flood(look, mute))
		fb_look_say(look, FB_KIND_FLOOD, 0, 50, mute->flows, mute->packets);
	if (flow->packets[0] > FLOOD_PACKETS &&
	    flow->packets[0] > rate_of(look) * (seconds ? seconds : 1))
		fb_look_say(look, FB_KIND_FLOOD, 1, 50, flow->packets[0], seconds);
	if (!look->inward)
		return;
	mute = mute_of(look, 'O', look->dst);
	if (is_flood(look, mute))
		fb_look_say(look, FB_KIND_FLOOD, 2, 50, mute->flows, mute->packets);
}

/* By itself, on an average of its windows. */
static bool is_reflecting(const struct fb_judged *flow)
{
	return flow->bytes[1] / REFLECTED > flow->duration_us / 1000000 / WINDOW;
}

/* Answers that nobody here asked for, and a server here that answers much to little. */
void fb_detect_amplification(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	struct fb_mute *mute;

	if (look->sport & FB_PORT_AMPLIFIES && !flow->packets[1]) {
		mute = mute_of(look, 'r', look->dst);
		if (mute->bytes >= REFLECTED)
			fb_look_say(look, FB_KIND_AMPLIFICATION, 0, 50, mute->bytes, mute->flows);
	} else if (look->dport & FB_PORT_AMPLIFIES &&
		   flow->bytes[1] >= AMPLIFIED * flow->bytes[0]) {
		mute = mute_of(look, 'a', look->both);
		mute->bytes += look->moved_bytes[1];
		if (mute->bytes >= REFLECTED || is_reflecting(flow))
			fb_look_say(look, FB_KIND_AMPLIFICATION, 1, 25, mute->bytes, mute->flows);
	}
}

/* --- what is usual ---------------------------------------------------------------------------- */

static int64_t wall_of(const struct fb_look *look, uint32_t now)
{
	const struct fb_judge *judge = look->judge;
	const int64_t begin_s = (int64_t)(judge->begin_ns / 1000000000);

	return begin_s + now - FB_LOOK_FIRST_MS / 1000 +
	       (judge->opts.ahead_s ? *judge->opts.ahead_s : 0);
}

static uint32_t most(uint64_t number)
{
	return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

/* Two numbers of a sentence in one. */
static uint64_t range_of(uint64_t low, uint64_t high)
{
	return (uint64_t)most(low) << 32 | most(high);
}

/* --- one connection --------------------------------------------------------------------------- */

/* With those connections of its host that ended within the hour. */
static uint64_t sent_in_hour(struct fb_look *look, int64_t wall_s)
{
	const struct fb_judged *flow = look->flow;
	const bool ended = look->events & FB_TOLD_ENDED;
	const uint64_t hour = fb_baseline_sent(look->judge->baseline, flow->src, wall_s,
					       ended ? flow->bytes[0] : 0);

	return ended || flow->bytes[0] > UINT64_MAX - hour ? hour : hour + flow->bytes[0];
}

void fb_detect_exfil(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	const int64_t wall_s = wall_of(look, look->now);
	struct fb_baseline_usual usual;
	uint64_t hour;

	hour = sent_in_hour(look, wall_s);
	if (flow->bytes[0] < EXFIL_LEAST || flow->bytes[0] / EXFIL_TIMES <= flow->bytes[1])
		return;
	usual = fb_baseline_hour(look->judge->baseline, flow->src, wall_s);
	if (usual.learned && hour > usual.limit)
		fb_look_say(look, FB_KIND_EXFIL, FORM_UNUSUAL, 25, hour,
			    range_of(usual.low / MEGA, (usual.high + MEGA - 1) / MEGA));
	else if (!usual.learned && flow->bytes[0] > EXFIL_BYTES) /* a backup does, too */
		fb_look_say(look, FB_KIND_EXFIL, FORM_LEARNING,
			    flow->name || look->dport & FB_PORT_KNOWN ? 10 : 25, flow->bytes[0],
			    flow->bytes[1]);
}

void fb_detect_long(struct fb_look *look)
{
	if (look->flow->duration_us > LONG_US)
		fb_look_say(look, FB_KIND_LONG, 0, 5, look->flow->duration_us / 3600000000ull, 0);
}

/* --- a host's habit --------------------------------------------------------------------------- */

static uint32_t nearer(uint32_t mean, uint32_t value)
{
	return value > mean ? mean + (value - mean) / DECAY : mean - (mean - value) / DECAY;
}

static void learn_minute(struct fb_host *host, uint32_t n)
{
	const uint32_t value = n * UNIT, mean = host->mean;

	host->mean = host->learned ? nearer(mean, value) : value;
	host->spread = nearer(host->spread, value > mean ? value - mean : mean - value);
	host->learned++;
}

static bool is_above(const struct fb_host *host)
{
	return host->learned >= LEARNED &&
	       host->in_minute * UNIT > host->mean + SPREADS * host->spread;
}

/* Of the minute that counts, or the one that is over. */
static bool is_unusual(const struct fb_look *look, const struct fb_host *host,
		       struct fb_baseline_usual *ret_usual)
{
	*ret_usual = (struct fb_baseline_usual){.learned = false};
	if (host->in_minute < FREQUENT)
		return false;
	*ret_usual = fb_baseline_rate(look->judge->baseline, look->flow->src,
				      wall_of(look, host->minute * MINUTE));
	return ret_usual->learned ? host->in_minute > ret_usual->limit : is_above(host);
}

static void next_minute(struct fb_look *look, struct fb_host *host, uint32_t minute)
{
	struct fb_baseline_usual usual;

	if (host->minute == minute)
		return;
	host->above = is_unusual(look, host, &usual) ? host->above + 1 : 0;
	if (host->in_minute)
		fb_baseline_minute(look->judge->baseline, look->flow->src,
				   wall_of(look, host->minute * MINUTE), host->in_minute,
				   host->learned >= LEARNED);
	learn_minute(host, host->in_minute);
	host->in_minute = 0;
	host->minute++;
	/* What is older than that has left no trace. */
	if (minute - host->minute > 8 * DECAY)
		host->minute = minute - 8 * DECAY;
	for (; host->minute != minute; host->minute++) {
		host->above = 0;
		learn_minute(host, 0);
	}
}

void fb_detect_frequency(struct fb_look *look)
{
	const uint32_t minute = look->now / MINUTE;
	struct fb_baseline_usual usual;
	struct fb_client *client;
	struct fb_host *host;
	bool is_new;

	client = fb_lru_get_at(fb_at_clients(look), &is_new);
	host = &client->host;
	if (!host->seen_at) {
		host->minute = minute;
		host->seen_at = look->now;
	}
	next_minute(look, host, minute);
	host->in_minute++;
	/* A page takes a minute of many; what goes on is no page. */
	if (host->above < LASTING || !is_unusual(look, host, &usual))
		return;
	if (usual.learned)
		fb_look_say(look, FB_KIND_FREQUENCY, FORM_UNUSUAL, 15, host->in_minute,
			    range_of(usual.low, usual.high));
	else
		fb_look_say(look, FB_KIND_FREQUENCY, FORM_LEARNING, 15, host->in_minute,
			    (host->mean + UNIT / 2) / UNIT);
}
