/* SPDX-License-Identifier: BSD-2-Clause */
/* What is unusual of a server: its port, its name, that it was never met. */
#include "policy/detectors.h"
#include "policy/places.h"

#define LEARNED	   3600u /* s until what is new is news */
#define LATERAL	   5
#define LATERAL_IN 600u /* s */

/* One odd port is a reason to look; many, each of another, are file sharing or a game. */
static bool is_sharing(struct fb_look *look)
{
	bool is_new;
	struct fb_group *group =
		fb_lru_get(fb_look_table(look, sweeps), fb_key(look, 'p', look->src, 0), &is_new);

	return fb_recent_note(&group->recent, look->flow->dport, look->now, FB_SHARING_IN) >=
	       FB_SHARING;
}

/* Games, calls and file sharing use any port of UDP; and who has a name was asked for. */
void fb_detect_port(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	unsigned int points;

	if ((look->dport | look->sport) & FB_PORT_KNOWN)
		return;
	if (look->tcp)
		points = flow->name ? 10 : 20;
	else if (!(flow->l7 & (FB_JUDGED_QUIC | FB_JUDGED_MEDIA)))
		points = flow->name ? 5 : 15;
	else
		return;
	fb_look_say(look, FB_KIND_PORT, 0, is_sharing(look) ? 5 : points, 0, 0);
}

void fb_detect_noname(struct fb_look *look)
{
	if (look->ok && !look->flow->name)
		fb_look_say(look, FB_KIND_NONAME, 0, look->dport & FB_PORT_KNOWN ? 5 : 10, 0, 0);
}

void fb_detect_unexplained(struct fb_look *look)
{
	if (look->flow->unexplained)
		fb_look_say(look, FB_KIND_UNEXPLAINED, 0, 10, 0, 0);
}

void fb_detect_new(struct fb_look *look)
{
	bool is_new;

	fb_lru_get_at(fb_at_contacts(look), &is_new);
	if (is_new && look->now > LEARNED)
		fb_look_say(look, FB_KIND_NEW, 0, 5, 0, 0);
}

void fb_detect_lateral(struct fb_look *look)
{
	struct fb_group *group;
	unsigned int n;
	bool is_new;

	if (!(look->dport & FB_PORT_ADMIN))
		return;
	group = fb_lru_get(fb_look_table(look, sweeps), fb_key(look, 'l', look->src, 0), &is_new);
	n = fb_recent_note(&group->recent, fb_key(look, 't', look->dst, 0), look->now, LATERAL_IN);
	if (n >= LATERAL)
		fb_look_say(look, FB_KIND_LATERAL, 0, 25, n, 0);
}

/* A program that this host did not have before, and that talks to nobody whom one knows. */
void fb_detect_ja4(struct fb_look *look)
{
	const struct fb_judged *flow = look->flow;
	const struct fb_client *client;
	bool is_new;

	fb_lru_get_at(fb_at_prints(look), &is_new);
	if (!is_new)
		return;
	client = fb_lru_find_at(fb_at_clients(look));
	if (client && client->host.seen_at && look->now - client->host.seen_at > LEARNED &&
	    (!flow->name || !(look->dport & FB_PORT_KNOWN)))
		fb_look_say(look, FB_KIND_JA4, 0, 15, 0, 0);
}

void fb_detect_list(struct fb_look *look)
{
	if (look->flow->listed)
		fb_look_say(look, FB_KIND_LIST, 0, 50, 0, 0);
}
