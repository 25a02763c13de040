/* SPDX-License-Identifier: BSD-2-Clause */
/* What ports mean to the judge. Pure. */
#pragma once

#include <stdint.h>

/* Of a port, as a server's. */
enum fb_port_trait {
	FB_PORT_KNOWN = 1 << 0,	    /* some service has it */
	FB_PORT_LOGIN = 1 << 1,	    /* one logs in there */
	FB_PORT_STORE = 1 << 2,	    /* mail and databases: programs log in there again and again */
	FB_PORT_ADMIN = 1 << 3,	    /* where machines are taken over from inside */
	FB_PORT_AMPLIFIES = 1 << 4, /* over UDP it answers more than it is asked */
	FB_PORT_NEARBY = 1 << 5,    /* over UDP, asked of who may be away: no sign of a scan */
};

/* enum fb_port_trait of each port. */
void fb_ports_traits(uint8_t ret_traits[static 65536]);
