/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto
/* The first byte tells the IP version, the others are an ICMP message: what it quotes is a packet.
 */
#include <stdint.h>
#include <stdlib.h>

#include "proto/icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_icmp_quote quote;
	uint8_t family;

	if (!size)
		return 0;
	family = data[0] & 1 ? 6 : 4;
	if (fb_icmp_quote_parse(data + 1, size - 1, family, &quote) == 0 && quote.family != family)
		abort();
	return 0;
}
