// link: proto
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a stream: the message found lies in the stream or the scratch space, and a longer
 * stream never changes what was found in a shorter one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t scratch[FB_HANDSHAKE_MAX + 4];
	const uint8_t *body, *again;
	size_t len, len_again;
	struct fb_record_scan scan = {0};
	enum fb_record_result result;

	result = fb_record_handshake(data, size, 1, scratch, &body, &len);
	if (result == FB_RECORD_FOUND) {
		const uint8_t *from =
			body >= scratch && body < scratch + sizeof(scratch) ? scratch : data;
		const size_t room = from == scratch ? sizeof(scratch) : size;

		if (body < from || body + len > from + room || len > FB_HANDSHAKE_MAX)
			abort();
	}
	for (size_t cut = 0; cut < size && cut < 600; cut += 1 + cut / 16) {
		const enum fb_record_result part =
			fb_record_scan(&scan, data, cut, 1, scratch, &again, &len_again);

		if (part != FB_RECORD_MORE && part != result)
			abort();
		if (part == FB_RECORD_FOUND && len_again != len)
			abort();
		if (part != FB_RECORD_MORE)
			break;
	}
	if (fb_record_prelude(data, size) > 16 + 65535 ||
	    fb_record_behind_line(data, size / 2, size) > size)
		abort();
	return 0;
}
