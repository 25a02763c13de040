/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich proto flow util
/* Any text as lines of a list: an entry is a clean prefix, name or fingerprint, or none. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/listline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct fb_list_entry *entry)
{
	if (entry->kind == FB_LIST_PREFIX) {
		if (entry->prefix.bits > 128 ||
		    !fb_cidr_contains(&entry->prefix, entry->prefix.addr, entry->prefix.family))
			abort();
		return;
	}
	if (entry->kind <= FB_LIST_BAD)
		return;
	if (!*entry->text || strlen(entry->text) > 253)
		abort();
	for (const char *c = entry->text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			abort();
	if (entry->kind != FB_LIST_JA4 && !strchr(entry->text, '.'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *line = text, *next;
	struct fb_list_entry entry;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		fb_list_line(line, &entry);
		look(&entry);
	}
	free(text);
	return 0;
}
