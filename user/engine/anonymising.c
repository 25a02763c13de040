/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is told less, and the key that prefixes are made others by. */
#include <string.h>

#include "engine/engine_priv.h"
#include "store/keyfile.h"

#define KEY_FILE "anonymise.key"

/* Who keeps no key has one of this run, unless it matters. */
int fb_engine_open_key(struct fb_engine *engine, struct fb_why *why)
{
	uint8_t *key = engine->anonymise_key;
	bool needed = false;
	int r = fb_keyfile_open(engine->hostbook.state.folder, KEY_FILE, key, FB_CRYPTOPAN_KEY,
				why);

	for (int i = 0; i < FB_ANONYMISE_COUNT; i++)
		needed |= engine->anonymise[i].addresses == FB_ADDRESSES_PREFIX;
	if (r < 0 && !needed)
		r = fb_keyfile_open(-1, KEY_FILE, key, FB_CRYPTOPAN_KEY, why);
	return r < 0 ? r : fb_consumers_key(&engine->consumers, key);
}

struct fb_anonymise fb_engine_anonymise_askers(const struct fb_engine *engine)
{
	const struct fb_anonymise *list = engine->anonymise;

	return list[fb_anonymise_is_on(&list[FB_ANONYMISE_operator]) ? FB_ANONYMISE_operator
								     : FB_ANONYMISE_viewer];
}

void fb_engine_anonymise_key(const struct fb_engine *engine,
			     uint8_t ret_key[static FB_CRYPTOPAN_KEY])
{
	memcpy(ret_key, engine->anonymise_key, FB_CRYPTOPAN_KEY);
}
