/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which sensor of a fleet saw a flow: the rows in its database say so, and flows that a hub has of
 * them (flow/past.h). Of its own flows a sensor leaves it open.
 */
#include "flow/getters.h"

#define UNKNOWN(id)                                                                                \
	GET(id)                                                                                    \
	{                                                                                          \
		(void)at;                                                                          \
		fb_value_clear(value);                                                             \
	}

UNKNOWN(sensor)
UNKNOWN(sensor_id)
UNKNOWN(site)

ITEM(tags)
{
	(void)at, (void)i;
	fb_value_clear(value);
}
