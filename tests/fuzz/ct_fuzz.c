/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel
/* Conntrack messages from anywhere: no crash, and an entry that is told has what it says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/ctparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t message[4096];
	enum fb_ct_event event;
	struct fb_ct ct;
	uint32_t len;

	/* Once as it is, once with the length and type that get it past the header. */
	if (fb_ct_parse(data, size, &event, &ct) > 0 && !(ct.has & FB_CT_HAS_ORIG))
		abort();
	if (size < 16 || size > sizeof(message))
		return 0;
	memcpy(message, data, size);
	len = (uint32_t)size;
	memcpy(message, &len, sizeof(len));
	message[4] = data[4] & 2;
	message[5] = 1;
	if (fb_ct_parse(message, size, &event, &ct) > 0 && ct.orig.family != 4 &&
	    ct.orig.family != 6)
		abort();
	return 0;
}
