// link: proto
/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a capture file: each frame that is told lies within the bytes given. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/pcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fb_pcap pcap;
	struct fb_pcap_frame frame;
	size_t at = 0, n;

	pcap = (struct fb_pcap){0};
	for (;;) {
		int r = fb_pcap_next(&pcap, data + at, size - at, &n, &frame);

		if (r < 0 || r == FB_PCAP_MORE)
			return 0;
		if (n > size - at)
			abort();
		if (r == FB_PCAP_FRAME && (frame.data < data + at || frame.caplen > n ||
					   frame.data + frame.caplen > data + at + n))
			abort();
		at += n;
	}
}
