/* SPDX-License-Identifier: BSD-2-Clause */
/* What `flowbpf attach` was asked for: one table fills this from config file and command line. */
#pragma once

#include "cli/opts.h"

struct fb_attach_opts {
	struct fb_opt_list interfaces; /* from the config file */
	struct fb_opt_list listen, hosts;
	struct fb_opt_cidrs internal;
	const char *token_file, *tls_cert, *tls_key;
	struct fb_opt_list hosts_files;
	struct fb_opt_list geo;
	struct fb_opt_list lists, exceptions;
	const char *state;
	const char *socket, *config, *pin, *hook, *quality, *log;
	uint32_t max_flows, closed_flows, closed_seconds;
	bool no_conntrack, no_owner, forget_on_loss, no_login, wait;
};

extern const struct fb_opt fb_attach_options[];
extern const struct fb_attach_opts fb_attach_defaults;
