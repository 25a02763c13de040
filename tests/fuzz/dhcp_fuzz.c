// link: proto
/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a DHCP message: the host name lies within. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_dhcp dhcp;

	if (fb_dhcp_parse(data, size, &dhcp) == 0 && dhcp.host &&
	    (dhcp.host < data || dhcp.host + dhcp.host_len > data + size))
		abort();
	return 0;
}
