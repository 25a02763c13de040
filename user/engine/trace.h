/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was decided about flows, told by `--log debug`: who is the client and by what, what a flow
 * is called and by whom, what it was joined with, why it ended. Silent, at no cost, at other
 * levels.
 */
#pragma once

#include "flow/consumer.h"

/* Needs no context. */
extern const struct fb_consumer_ops fb_trace_consumer;
