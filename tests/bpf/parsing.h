/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the parser share: a data path each, and a segment behind whatever stands there.
 */
#pragma once

#include "bpf/dp.h"

#define SRC  "10.0.0.1"
#define DST  "192.0.2.9"
#define SRC6 "2001:db8::1"
#define DST6 "2001:db8::9"

static inline int start(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.inspect = 1}, 0);
	*state = &dp;
	return 0;
}

static inline int stop(void **state)
{
	dp_conserves(*state);
	dp_close(*state);
	return 0;
}

/* A TCP segment of `len` bytes behind an IPv4 header, port 1000 -> 443. */
static inline void add_tcp4(struct pkt *p, unsigned int len)
{
	pkt_ip4(p, SRC, DST, 6);
	pkt_tcp(p, 1000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, len);
	pkt_end(p);
}

static inline void add_tcp6(struct pkt *p, unsigned int len)
{
	pkt_ip6(p, SRC6, DST6, 6);
	pkt_tcp(p, 1000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, len);
	pkt_end(p);
}

#define parser_test(f) cmocka_unit_test_setup_teardown(f, start, stop)
