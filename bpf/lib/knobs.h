/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every knob of the kernel half, in rodata: set between open and load, constants afterwards, so
 * that the verifier prunes what is off.
 */
#pragma once

#include <flowbpf/event.h>
#include <flowbpf/knobs.h>
#include <flowbpf/limits.h>

const volatile struct fb_knobs fb_knobs = {
	.inspect = 1,
	.quality = 1,
	.sample_packets = FB_SAMPLE_PACKETS_DEFAULT,
	.sample_bytes = FB_SAMPLE_MAX,
	.max_flows = FB_MAX_FLOWS_DEFAULT,
};
