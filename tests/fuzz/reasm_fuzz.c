// link: proto
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces at offsets that the input names, against a plain array: the bytes that are there are the
 * first that came (a zero gives way), and nothing is beyond the limit.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/reasm.h"

#define LIMIT 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t plain[2 * LIMIT];
static bool there[2 * LIMIT];

static void put(struct fb_reasm *reasm, uint32_t offset, const uint8_t *data, size_t len)
{
	if (fb_reasm_put(reasm, offset, data, len) < 0)
		return;
	for (size_t i = 0; i < len && offset + i < LIMIT; i++) {
		if (!there[offset + i] || plain[offset + i] == 0)
			plain[offset + i] = data[i];
		there[offset + i] = true;
	}
}

static void shift(struct fb_reasm *reasm, uint32_t by)
{
	if (fb_reasm_shift(reasm, by) < 0)
		return;
	memmove(plain + by, plain, LIMIT - by);
	memmove(there + by, there, LIMIT - by);
	memset(there, 0, by);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_reasm reasm;

	memset(there, 0, sizeof(there));
	fb_reasm_init(&reasm, LIMIT);
	while (size > 4) {
		const uint32_t offset = (uint32_t)(data[0] << 8 | data[1]) % (LIMIT + 64);
		const size_t len = data[2] < size - 4 ? data[2] : size - 4;

		if (data[3] == 0)
			shift(&reasm, offset % LIMIT);
		else
			put(&reasm, offset, data + 4, len);
		data += 4 + len;
		size -= 4 + len;
	}
	for (uint32_t i = 0; i < LIMIT; i++) {
		const size_t n = fb_reasm_contiguous(&reasm, i);

		if ((n > 0) != there[i] || (n > 0 && reasm.data[i] != plain[i]) || n > LIMIT - i)
			abort();
	}
	fb_reasm_fini(&reasm);
	return 0;
}
