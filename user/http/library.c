/* SPDX-License-Identifier: BSD-2-Clause */
/* What the HTTP library does by its version; see the header. */
#include "http/library.h"

#include <microhttpd.h>
#include <stdlib.h>

bool fb_library_at_least(const char *version, unsigned int major, unsigned int minor,
			 unsigned int patch)
{
	const unsigned int wanted[] = {major, minor, patch};
	char *end = (char *)version;

	for (unsigned int i = 0; i < 3; i++) {
		unsigned long part = strtoul(end, &end, 10);

		if (part != wanted[i])
			return part > wanted[i];
		if (*end == '.')
			end++;
	}
	return true;
}

bool fb_library_is_strict(void)
{
	return fb_library_at_least(MHD_get_version(), 0, 9, 77);
}
