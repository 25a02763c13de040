/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/nevers.h"

#include <string.h>

#include "kernel/gateways.h"
#include "kernel/process.h"
#include "util/clock.h"
#include "util/log.h"

#define ASKED_NS      (3600ull * FB_NS_PER_S)
#define SETTLING      30 /* looks: by then conntrack has told of what is silent */
#define SETTLING_NS   (FB_NS_PER_S / 2)
#define LOOK_AGAIN_NS (10ull * FB_NS_PER_S)

void fb_nevers_init(struct fb_nevers *nevers)
{
	*nevers = (struct fb_nevers){.n_trusted = 0};
	pthread_mutex_init(&nevers->lock, NULL);
}

void fb_nevers_fini(struct fb_nevers *nevers)
{
	pthread_mutex_destroy(&nevers->lock);
}

void fb_nevers_trust(struct fb_nevers *nevers, const struct fb_cidr *list, unsigned int n)
{
	pthread_mutex_lock(&nevers->lock);
	nevers->n_trusted = n < FB_NEVERS_TRUSTED ? n : FB_NEVERS_TRUSTED;
	if (n)
		memcpy(nevers->trusted, list, nevers->n_trusted * sizeof(*list));
	pthread_mutex_unlock(&nevers->lock);
}

/* Each address once: who asks often does not push others out. */
void fb_nevers_asked(struct fb_nevers *nevers, const struct fb_never_asker *asker)
{
	unsigned int at = 0;

	if (!asker->family)
		return;
	pthread_mutex_lock(&nevers->lock);
	while (at < FB_NEVER_ASKERS && (nevers->asker[at].family != asker->family ||
					memcmp(nevers->asker[at].addr, asker->addr, 16) != 0))
		at++;
	if (at == FB_NEVER_ASKERS) {
		at = nevers->next;
		nevers->next = (nevers->next + 1) % FB_NEVER_ASKERS;
	}
	nevers->asker[at] = *asker;
	nevers->asked_ns[at] = fb_monotonic_ns();
	pthread_mutex_unlock(&nevers->lock);
}

/* With the lock held. */
static void copy_askers(const struct fb_nevers *nevers, struct fb_never_facts *facts)
{
	const uint64_t now = fb_monotonic_ns();

	for (unsigned int i = 0; i < FB_NEVER_ASKERS; i++)
		if (nevers->asked_ns[i] && now - nevers->asked_ns[i] < ASKED_NS)
			facts->before[facts->n_before++] = nevers->asker[i];
}

static void on_gateway(void *ctx, const uint8_t addr[static 16], uint8_t family)
{
	fb_never_gateway(ctx, addr, family);
}

static void look(struct fb_never_facts *facts, const struct fb_snapshot *snapshot)
{
	static const char *const files[] = {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"};
	const int r = fb_gateways_read(on_gateway, facts);

	if (r < 0)
		fb_debug("act", "cannot read all routes: %s", strerror(-r));
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		fb_never_read_resolvers(facts, files[i]);
	if (snapshot)
		fb_never_read_flows(facts, snapshot, fb_process_serves);
}

void fb_nevers_look(struct fb_nevers *nevers, const struct fb_snapshot *snapshot)
{
	struct fb_never_facts facts = {.n_own = 0};
	const uint64_t now = fb_monotonic_ns();

	look(&facts, snapshot);
	pthread_mutex_lock(&nevers->lock);
	nevers->seen = facts;
	nevers->looked_ns = now;
	nevers->looks++;
	pthread_mutex_unlock(&nevers->lock);
}

bool fb_nevers_are_older(struct fb_nevers *nevers, uint64_t ns)
{
	bool older;

	pthread_mutex_lock(&nevers->lock);
	older = !nevers->looked_ns || fb_monotonic_ns() - nevers->looked_ns >= ns;
	pthread_mutex_unlock(&nevers->lock);
	return older;
}

bool fb_nevers_are_due(struct fb_nevers *nevers)
{
	bool settled;

	pthread_mutex_lock(&nevers->lock);
	settled = nevers->looks > SETTLING;
	pthread_mutex_unlock(&nevers->lock);
	return fb_nevers_are_older(nevers, settled ? LOOK_AGAIN_NS : SETTLING_NS);
}

void fb_nevers_collect(struct fb_nevers *nevers, struct fb_never_facts *facts)
{
	const struct fb_never_facts kept = {
		.asker = facts->asker, .own = facts->own, .n_own = facts->n_own};

	pthread_mutex_lock(&nevers->lock);
	*facts = nevers->seen;
	memcpy(facts->trusted, nevers->trusted, sizeof(facts->trusted));
	facts->n_trusted = nevers->n_trusted;
	copy_askers(nevers, facts);
	pthread_mutex_unlock(&nevers->lock);
	facts->asker = kept.asker;
	facts->own = kept.own;
	facts->n_own = kept.n_own;
}
