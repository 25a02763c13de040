/* SPDX-License-Identifier: BSD-2-Clause */
/* What `flowbpf attach` was asked for: one table fills this from config file and command line. */
#pragma once

#include "cli/pagedoor.h"

struct fb_attach_opts {
	struct fb_opt_list interfaces; /* from the config file */
	struct fb_pagedoor_opts page;
	struct fb_opt_cidrs internal, trusted;
	struct fb_opt_list hosts_files;
	struct fb_opt_list geo;
	struct fb_opt_list lists, exceptions;
	struct fb_opt_list metrics_top, eve, ndjson, ipfix;
	struct fb_opt_list alerts, senders, anonymise;
	const char *ipfix_ca;
	const char *clickhouse, *clickhouse_login, *clickhouse_ca, *kafka, *kafka_topic,
		*kafka_config, *sensor_name, *site;
	const char *spool_limit;
	struct fb_opt_list tags;
	uint32_t ipfix_active, ipfix_idle;
	bool ipfix_uniflow;
	uint32_t rotate_size, rotate_keep;
	const char *state, *history;
	const char *socket, *config, *pin, *hook, *quality, *judge, *log;
	uint32_t flood_rate;
	uint32_t max_flows, closed_flows, closed_seconds, window_s;
	bool xdp, no_conntrack, no_owner, forget_on_loss, wait;
};

extern const struct fb_opt fb_attach_options[];
extern const struct fb_attach_opts fb_attach_defaults;
