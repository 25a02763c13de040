/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/ruleimport.h"

#include <stdlib.h>

struct fb_ruleimport *fb_ruleimport_new(void)
{
	struct fb_ruleimport *import =
		calloc(1, sizeof(*import) + FB_RULES * sizeof(import->rule[0]));

	if (import)
		atomic_init(&import->refs, 1);
	return import;
}

struct fb_ruleimport *fb_ruleimport_get(struct fb_ruleimport *import)
{
	atomic_fetch_add(&import->refs, 1);
	return import;
}

void fb_ruleimport_put(struct fb_ruleimport *import)
{
	if (import && atomic_fetch_sub(&import->refs, 1) == 1)
		free(import);
}
