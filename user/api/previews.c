/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/previews.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "engine/forget_list.h"
#include "util/clock.h"
#include "util/cleanup.h"
#include "util/shares.h"

struct preview {
	char token[FB_PREVIEW_TOKEN];
	uint64_t who, until_ns;
	struct fb_act act;
};

struct fb_previews {
	pthread_mutex_t lock; /* protects all below */
	struct fb_shares shares;
	struct preview preview[FB_PREVIEWS]; /* by number of the share */
	uint64_t flows;			     /* that they hold */
	struct fb_previews_counters counters;
};

struct fb_previews *fb_previews_new(void)
{
	struct fb_previews *previews = calloc(1, sizeof(*previews));

	if (previews && fb_shares_init(&previews->shares, FB_PREVIEWS) < 0) {
		free(previews);
		return NULL;
	}
	if (previews)
		pthread_mutex_init(&previews->lock, NULL);
	return previews;
}

static uint32_t flows_of(const struct fb_act *act)
{
	return fb_act_is_many(act) ? act->target.many->n : 1;
}

/* What it holds; its number stays with the shares. */
static void forget(struct fb_previews *previews, uint32_t number)
{
	struct preview *preview = &previews->preview[number];

	previews->flows -= flows_of(&preview->act);
	fb_act_drop(&preview->act);
	explicit_bzero(preview, sizeof(*preview));
}

static void drop(struct fb_previews *previews, uint32_t number)
{
	forget(previews, number);
	fb_shares_give(&previews->shares, number);
}

void fb_previews_free(struct fb_previews *previews)
{
	if (!previews)
		return;
	for (uint32_t i = 0; i < FB_PREVIEWS; i++)
		if (fb_shares_is_held(&previews->shares, i))
			forget(previews, i);
	fb_shares_fini(&previews->shares);
	pthread_mutex_destroy(&previews->lock);
	free(previews);
}

static void drop_old(struct fb_previews *previews, uint64_t now_ns)
{
	for (uint32_t i = 0; i < FB_PREVIEWS; i++)
		if (fb_shares_is_held(&previews->shares, i) &&
		    now_ns >= previews->preview[i].until_ns)
			drop(previews, i);
}

static uint64_t flows_held_by(const struct fb_previews *previews, uint64_t who)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < FB_PREVIEWS; i++)
		if (fb_shares_is_held(&previews->shares, i) && previews->preview[i].who == who)
			sum += flows_of(&previews->preview[i].act);
	return sum;
}

/* The oldest of who holds most flows. */
static uint32_t next_out(const struct fb_previews *previews)
{
	uint32_t found = FB_NONE;
	uint64_t most = 0;

	for (uint32_t i = 0; i < FB_PREVIEWS; i++) {
		const struct preview *preview = &previews->preview[i];
		uint64_t held;

		if (!fb_shares_is_held(&previews->shares, i))
			continue;
		held = flows_held_by(previews, preview->who);
		if (held > most || (held == most && found != FB_NONE &&
				    preview->until_ns < previews->preview[found].until_ns)) {
			most = held;
			found = i;
		}
	}
	return found;
}

static void make_room(struct fb_previews *previews, uint32_t flows)
{
	while (previews->flows + flows > FB_PREVIEWS_FLOWS) {
		drop(previews, next_out(previews));
		previews->counters.evicted++;
	}
}

static int make_token(char token[static FB_PREVIEW_TOKEN])
{
	uint8_t bytes[(FB_PREVIEW_TOKEN - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -EAGAIN;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(token + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* With the lock held. */
static int keep(struct fb_previews *previews, const struct preview *fresh)
{
	uint8_t key[FB_SHARES_KEY] = {0};
	bool evicted;
	uint32_t number;

	memcpy(key, &fresh->who, sizeof(fresh->who));
	make_room(previews, flows_of(&fresh->act));
	number = fb_shares_take(&previews->shares, key, &evicted);
	if (number == FB_NONE)
		return -ENOMEM;
	if (evicted) {
		forget(previews, number);
		previews->counters.evicted++;
	}
	previews->preview[number] = *fresh;
	fb_act_hold(&fresh->act);
	previews->flows += flows_of(&fresh->act);
	previews->counters.shown++;
	return 0;
}

int fb_previews_keep(struct fb_previews *previews, uint64_t who, const struct fb_act *act,
		     uint64_t now_ns, char ret_token[static FB_PREVIEW_TOKEN])
{
	struct preview fresh = {
		.who = who, .until_ns = now_ns + FB_PREVIEW_SECONDS * FB_NS_PER_S, .act = *act};
	int r = flows_of(act) > FB_PREVIEWS_FLOWS ? -EOVERFLOW : make_token(fresh.token);

	if (r < 0)
		return r;
	pthread_mutex_lock(&previews->lock);
	drop_old(previews, now_ns);
	r = keep(previews, &fresh);
	pthread_mutex_unlock(&previews->lock);
	memcpy(ret_token, fresh.token, sizeof(fresh.token));
	return r;
}

/* As long for each that is wrong. */
static bool is_same(const char *a, const char *b)
{
	unsigned char differ = 0;

	for (size_t i = 0; i < FB_PREVIEW_TOKEN; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return !differ;
}

int fb_previews_take(struct fb_previews *previews, uint64_t who, const char *token, uint64_t now_ns,
		     bool automates, struct fb_act *ret_act)
{
	int r = -ENOENT;

	if (strlen(token) != FB_PREVIEW_TOKEN - 1)
		return r;
	pthread_mutex_lock(&previews->lock);
	drop_old(previews, now_ns);
	for (uint32_t i = 0; i < FB_PREVIEWS && r < 0; i++) {
		const struct preview *preview = &previews->preview[i];

		if (!fb_shares_is_held(&previews->shares, i) || preview->who != who ||
		    (preview->act.kind == FB_ACT_AUTOMATE) != automates ||
		    !is_same(preview->token, token))
			continue;
		*ret_act = preview->act;
		fb_act_hold(ret_act);
		drop(previews, i);
		previews->counters.done++;
		r = 0;
	}
	pthread_mutex_unlock(&previews->lock);
	return r;
}

void fb_previews_counters(struct fb_previews *previews, struct fb_previews_counters *ret_counters)
{
	pthread_mutex_lock(&previews->lock);
	*ret_counters = previews->counters;
	pthread_mutex_unlock(&previews->lock);
}
