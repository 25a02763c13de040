/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a sensor is among others: a number at random, made at its first start and kept. */
#pragma once

#include "util/why.h"

#define FB_SENSOR_ID 33 /* 32 digits and a NUL */

/*
 * Read it from the state folder, or make one there. 0; 1 with a sentence: what was there is none,
 * is kept as sensor.old, and this is a new one; -errno with a sentence.
 */
int fb_sensorid(int folder, char ret_id[static FB_SENSOR_ID], struct fb_why *why);
