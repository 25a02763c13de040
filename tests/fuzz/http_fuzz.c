// link: proto
/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as the start of an HTTP stream: a host lies within, and more bytes do not change it. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_http_host host, part;
	struct fb_http_scan whole = {0}, pieces = {0};
	const enum fb_http_result result = fb_http_scan(&whole, data, size, &host);
	enum fb_http_result so_far = FB_HTTP_MORE;

	if (result == FB_HTTP_FOUND &&
	    (host.at < data || host.at + host.len > data + size || host.len == 0))
		abort();
	for (size_t cut = 0; cut < size && cut < 400 && so_far == FB_HTTP_MORE; cut++)
		so_far = fb_http_scan(&pieces, data, cut, &part);
	if (so_far == FB_HTTP_MORE)
		so_far = fb_http_scan(&pieces, data, size, &part);
	if (so_far != result)
		abort();
	if (result == FB_HTTP_FOUND && (part.at != host.at || part.len != host.len))
		abort();
	return 0;
}
