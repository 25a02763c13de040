/* SPDX-License-Identifier: BSD-2-Clause */
/* A sorted array of ids, 5 bytes an entry, freed when the last silent entry is gone. */
#include "kernel/ctsilent.h"
#include "util/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fb_ct_silent_fini(struct fb_ct_silent *silent)
{
	free(silent->id);
	free(silent->here);
	*silent = (struct fb_ct_silent){0};
}

void fb_ct_silent_begin(struct fb_ct_silent *silent, bool first)
{
	if (first) {
		fb_ct_silent_fini(silent);
		silent->collecting = true;
	}
}

static int add(struct fb_ct_silent *silent, uint32_t id)
{
	if (silent->n == silent->size) {
		const uint32_t size = silent->size ? silent->size * 2 : 1024;
		uint32_t *grown = realloc(silent->id, size * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		silent->id = grown;
		silent->size = size;
	}
	silent->id[silent->n++] = id;
	return 0;
}

static uint8_t *find(const struct fb_ct_silent *silent, uint32_t id)
{
	uint32_t low = 0, high = silent->here ? silent->n : 0;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (silent->id[middle] == id)
			return &silent->here[middle];
		if (silent->id[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int fb_ct_silent_dumped(struct fb_ct_silent *silent, uint32_t id)
{
	uint8_t *here;
	int r = 0;

	if (silent->collecting) {
		r = add(silent, id);
		if (r < 0)
			fb_ct_silent_fini(silent);
		return r;
	}
	here = find(silent, id);
	if (here && *here)
		*here = 2;
	return 0;
}

void fb_ct_silent_spoke(struct fb_ct_silent *silent, uint32_t id)
{
	uint8_t *here = silent->left ? find(silent, id) : NULL;

	if (here && *here) {
		*here = 0;
		silent->left--;
	}
}

static int compare(const void *a, const void *b, void *ctx)
{
	const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	(void)ctx;
	return left < right ? -1 : left > right;
}

static void finish_collection(struct fb_ct_silent *silent)
{
	silent->collecting = false;
	if (silent->n == 0)
		return;
	silent->here = malloc(silent->n);
	if (!silent->here) {
		fb_ct_silent_fini(silent);
		return;
	}
	fb_sort(silent->id, silent->n, sizeof(*silent->id), compare, NULL);
	memset(silent->here, 1, silent->n);
	silent->left = silent->n;
}

void fb_ct_silent_end(struct fb_ct_silent *silent)
{
	if (silent->collecting) {
		finish_collection(silent);
		return;
	}
	if (silent->left == 0)
		return;
	silent->left = 0;
	for (uint32_t i = 0; i < silent->n; i++) {
		silent->here[i] = silent->here[i] == 2;
		silent->left += silent->here[i];
	}
	if (silent->left == 0)
		fb_ct_silent_fini(silent);
}
