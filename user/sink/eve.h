/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows and what is known of them as events in Suricata's EVE JSON, one object each, so that what
 * reads Suricata reads us. Bytes are IP bytes, where Suricata counts the link's header, too.
 */
#pragma once

#include "flow/dnslog.h"
#include "past/told.h"
#include "sink/totals.h"
#include "util/buf.h"

/* `part` of a flow that ended, or `at_end`: that goes on when we end. */
void fb_eve_flow(struct fb_buf *buf, const struct fb_flow_at *at, const struct fb_told_part *part,
		 bool at_end);
/* Its ClientHello and what answered it: `tls` or `quic`. */
void fb_eve_hello(struct fb_buf *buf, const struct fb_flow_at *at);
/* A question of it, or the answer to one. False: it does not parse, nothing is written. */
bool fb_eve_dns(struct fb_buf *buf, const struct fb_flow_at *at,
		const struct fb_dnslog_entry *entry);
void fb_eve_stats(struct fb_buf *buf, const struct fb_snapshot *snapshot,
		  const struct fb_sink_totals *totals);
