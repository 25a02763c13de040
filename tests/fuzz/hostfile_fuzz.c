/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto util
/* Any text as a hosts or lease file: addresses have a family, names are inert and whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/hostfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_entry(void *ctx, const struct fb_hostfile_entry *entry)
{
	(void)ctx;
	if (entry->family != 4 && entry->family != 6)
		abort();
	for (size_t i = 0; entry->name && i < entry->len; i++)
		if (entry->name[i] <= ' ' || entry->name[i] > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	(void)fb_hostfile_is_leases(text);
	fb_hostfile_parse(text, size, on_entry, NULL);
	free(text);
	return 0;
}
