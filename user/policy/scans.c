/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who looks for what there is. From outside: ports that never served anyone. Of anybody: a walk of
 * the odds (Jung, Paxson, Berger, Balakrishnan: Fast Portscan Detection, 2004), where each first
 * contact counts as ln 4 for a scan if it fails and against it if it does not: four fifths of a
 * good host's first contacts are answered, one fifth of a scanner's. Kept by port and by target,
 * so that many peers at many ports, as of a game or of file sharing, do not add up.
 */
#include "policy/detectors.h"
#include "policy/places.h"

#define HOUR	    3600u
#define DAY	    86400u
#define STEP	    256 /* ln 4 */
#define SURE	    849 /* ln 99 = 3.315 ln 4 */
#define HALF_SURE   (SURE / 2)
#define FAILED	    5 /* distinct peers or ports */
#define HALF_FAILED 3
#define CLOSED_TCP  3
#define CLOSED_UDP  6
#define PINGED	    8
#define PING_STEP   107 /* so many in a row are sure */

enum form { FORM_CLOSED, FORM_HOSTS, FORM_PORTS, FORM_PINGS, FORM_CALLED };

static void call(struct fb_look *look, unsigned int form, uint64_t a, uint64_t b)
{
	struct fb_called *called;
	bool is_new;

	fb_look_say(look, FB_KIND_SCAN, form, 50, a, b);
	if (look->judge->opts.off & 1u << FB_KIND_SCAN)
		return;
	called = fb_lru_get_at(fb_at_called(look), &is_new);
	called->scanner_at = look->now;
}

static bool is_closed_port(struct fb_look *look)
{
	return !look->answers && !fb_lru_find_at(fb_at_served(look));
}

void fb_detect_probe(struct fb_look *look)
{
	if (is_closed_port(look))
		fb_look_say(look, FB_KIND_PROBE, 0,
			    look->tcp || look->dport & FB_PORT_KNOWN ? 25 : 15, 0, 0);
}

static void count_closed(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	struct fb_group *group;
	unsigned int n;
	bool is_new;

	if (!look->inward || !look->failed || look->icmp || !is_closed_port(look))
		return;
	group = fb_lru_get_at(fb_at_closed(look), &is_new);
	n = fb_recent_note(&group->recent, fb_key(look, 't', look->dst, flow->dport), look->now,
			   DAY);
	if (n >= (look->tcp ? CLOSED_TCP : CLOSED_UDP))
		call(look, FORM_CLOSED, n, 0);
}

static void go_on(const struct fb_look *look, struct fb_fan *fan, int step)
{
	if (!fan->begin || look->now - fan->at > HOUR)
		*fan = (struct fb_fan){.begin = look->now, .servers = fan->servers};
	fan->at = look->now;
	fan->peers++;
	fan->failed += look->failed;
	fan->odds += look->failed ? step : -step;
	fan->odds = fan->odds < -SURE ? -SURE : fan->odds > 2 * SURE ? 2 * SURE : fan->odds;
}

static void walk(struct fb_look *look, struct fb_fan *fan, unsigned int form)
{
	go_on(look, fan, look->tcp ? STEP : STEP / 2);
	if (fan->odds >= SURE && fan->failed >= FAILED)
		call(look, form, fan->failed, look->now - fan->begin);
	else if (fan->odds >= HALF_SURE && fan->failed >= HALF_FAILED)
		fb_look_say(look, FB_KIND_SCAN, form, 25, fan->failed, look->now - fan->begin);
}

/* Who scans guesses addresses: for a server outside that has a name somebody asked. */
static bool was_asked_for(const struct fb_look *look)
{
	return !look->flow->dst_inside && look->flow->name;
}

static bool is_odd_outward(const struct fb_look *look)
{
	return look->outward && !((look->dport | look->sport) & FB_PORT_KNOWN);
}

static void note_sharing(struct fb_look *look)
{
	struct fb_group *group;
	bool is_new;

	if (!look->ok || !is_odd_outward(look))
		return;
	group = fb_lru_get(fb_look_table(look, sweeps), fb_key(look, 'a', look->src, 0), &is_new);
	fb_recent_note(&group->recent, look->flow->dport, look->now, FB_SHARING_IN);
}

/*
 * Who was answered at many odd ports within the hour shares files, and most of his peers are gone:
 * that they are not there is no scan of such a port.
 */
static bool is_of_sharing(struct fb_look *look)
{
	const struct fb_group *group;

	if (!is_odd_outward(look))
		return false;
	group = fb_lru_find(fb_look_table(look, sweeps), fb_key(look, 'a', look->src, 0));
	return group && fb_recent_count(&group->recent, look->now, FB_SHARING_IN) >= FB_SHARING;
}

/* Whom a datagram leaves without an answer is often just away: services only, and errors. */
static bool is_walked(struct fb_look *look)
{
	if (!look->first_met || (look->failed && (was_asked_for(look) || is_of_sharing(look))) ||
	    !(look->ok || look->failed) || look->answers)
		return false;
	if (look->udp)
		return (look->dport & FB_PORT_KNOWN && !(look->dport & FB_PORT_NEARBY)) ||
		       look->flow->icmp_error;
	return look->tcp;
}

static void walk_both(struct fb_look *look)
{
	bool is_new;

	walk(look, fb_lru_get_at(fb_at_tries(look), &is_new), FORM_HOSTS);
	walk(look, fb_lru_get_at(fb_at_walks(look), &is_new), FORM_PORTS);
}

/* Who watches hosts pings some that are off, again and again, beside many that answer. */
static void walk_pings(struct fb_look *look)
{
	struct fb_fan *fan;
	bool is_new;

	if (!look->first_met || !(look->ok || look->failed))
		return;
	fan = fb_lru_get_at(fb_at_tries(look), &is_new);
	go_on(look, fan, PING_STEP);
	if (look->failed && fan->odds >= SURE && fan->failed >= PINGED)
		call(look, FORM_PINGS, fan->failed, 0);
}

static void count_ping(struct fb_look *look)
{
	struct fb_group *group;
	unsigned int n;
	bool is_new;

	group = fb_lru_get(fb_look_table(look, sweeps), fb_key(look, 'i', look->src, 0), &is_new);
	n = fb_recent_note(&group->recent, fb_key(look, 't', look->dst, 0), look->now, DAY);
	if (n >= PINGED)
		call(look, FORM_PINGS, n, 0);
}

/* RFC 792, 950, 4443: what asks for an answer. For a time or a mask nobody asks who only watches.
 */
static void look_at_ping(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;

	if (!flow->packets[0])
		return;
	if (flow->sport == 8 || flow->sport == 128)
		walk_pings(look);
	else if ((flow->sport == 13 || flow->sport == 15 || flow->sport == 17) && !flow->packets[1])
		count_ping(look);
}

/* What a scanner gets no answer to is a part of the scan, whatever it is. */
static void follow(struct fb_look *look)
{
	const struct fb_called *called;

	if (look->ok || was_asked_for(look) || (look->udp && look->flow->dport == 53))
		return;
	called = fb_lru_find_at(fb_at_called(look));
	if (called && called->scanner_at && look->now - called->scanner_at < HOUR)
		fb_look_say(look, FB_KIND_SCAN, FORM_CALLED, 50, look->now - called->scanner_at, 0);
}

void fb_detect_scan(struct fb_look *look)
{
	count_closed(look);
	note_sharing(look);
	if (look->icmp)
		look_at_ping(look);
	else if (is_walked(look))
		walk_both(look);
	follow(look);
}
