/* SPDX-License-Identifier: BSD-2-Clause */
/* How a connection was answered. */
#pragma once

#include "flow/verdict.h"

/* As a server answered; of what has no handshake: both ends sent, or only the client. */
enum fb_judged_result {
	FB_JUDGED_UNKNOWN, /* not yet */
	FB_JUDGED_OK,
	FB_JUDGED_REFUSED,
	FB_JUDGED_NOREPLY,
	FB_JUDGED_HALF,	 /* the server spoke, the client never finished the handshake */
	FB_JUDGED_OTHER, /* joined in the middle, among others: says nothing */
};
