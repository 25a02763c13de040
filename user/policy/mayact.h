/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may follow from evidence of a kind, with nobody who asks: a column of the table of detectors
 * (detectors.c). Who scans or floods is told by packets that nothing has to answer: anybody can
 * send those in another's name, and have what that one does besides look like a part of it. So they
 * limit a rate at most, and never shut out an address.
 */
#pragma once

enum fb_may_act { FB_MAY_NOT, FB_MAY_LIMIT, FB_MAY_BLOCK };

/* FB_MAY_NOT out of range. */
enum fb_may_act fb_may_act_of(unsigned int kind);
/* "block"; NULL of FB_MAY_NOT. */
const char *fb_may_act_name(enum fb_may_act may);
