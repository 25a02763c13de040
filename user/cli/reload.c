/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings once more: what differs, and which of that may change now. */
#include "cli/reload.h"

#include <stdio.h>
#include <string.h>

#include "cli/attach_opts.h"
#include "cli/config.h"
#include "engine/act.h"
#include "engine/engine.h"
#include "util/log.h"

struct names {
	char text[200];
	unsigned int n;
};

static void add_name(struct names *names, const char *name)
{
	const size_t len = strlen(names->text);

	snprintf(names->text + len, sizeof(names->text) - len, "%s%s", names->n++ ? ", " : "",
		 name);
}

void fb_set_log_level(const char *name, unsigned int most)
{
	for (unsigned int level = FB_LOG_ERROR; level <= FB_LOG_DEBUG; level++)
		if (!strcmp(fb_log_level_name(level), name))
			fb_log_set_level(level < most || level == FB_LOG_DEBUG ? level : most);
}

static int take_over(struct fb_attach_opts *opts, const struct fb_attach_opts *next,
		     const char *names, struct fb_engine *engine)
{
	const struct fb_engine_opts change = {
		.internal = next->internal.items,
		.n_internal = next->internal.n,
		.trusted = next->trusted.items,
		.n_trusted = next->trusted.n,
		.closed_seconds = next->closed_seconds,
		.alerts = next->alerts.items,
		.n_alerts = next->alerts.n,
		.senders = next->senders.items,
		.n_senders = next->senders.n,
	};
	const struct fb_act act = {
		.kind = FB_ACT_RELOAD,
		.target.settings = {&change, names},
		.actor = {.by = FB_ACT_BY_CONFIG, .peer = "SIGHUP"},
	};
	int r = fb_engine_reload(engine, &act);

	if (r < 0)
		return r;
	opts->internal = next->internal;
	opts->trusted = next->trusted;
	opts->closed_seconds = next->closed_seconds;
	opts->alerts = next->alerts;
	opts->senders = next->senders;
	opts->log = next->log; /* a word of the option's table, not of the file */
	fb_set_log_level(opts->log, FB_LOG_DEBUG);
	return 0;
}

/* Lists refer to the text of the file that they were read from. */
static void keep(struct fb_config *kept, struct fb_config *config)
{
	const struct fb_config before = *kept;

	*kept = *config;
	*config = before;
}

void fb_reload(struct fb_attach_opts *opts, struct fb_config *kept, struct fb_engine *engine)
{
	_cleanup_config_ struct fb_config config = {0};
	struct names changed = {.n = 0}, waiting = {.n = 0};
	struct fb_why why;
	int r;

	if (!opts->config) {
		fb_info("config", "SIGHUP: there is no config file to read again");
		return;
	}
	r = fb_config_again(&config, &why);
	if (r < 0) {
		fb_warn("config", "%s; the settings stay as they are", why.text);
		return;
	}
	for (const struct fb_opt *opt = fb_attach_options; opt->name; opt++)
		if (!fb_opt_same(opt, opts, config.opts))
			add_name(opt->live ? &changed : &waiting, opt->name);
	r = changed.n ? take_over(opts, config.opts, changed.text, engine) : 0;
	if (changed.n && r == 0)
		keep(kept, &config);
	if (r < 0)
		fb_warn("config", "%s: %s; the settings stay as they are", opts->config,
			strerror(-r));
	else
		fb_info("config", "%s was read again: %s%s", opts->config,
			changed.n ? "now in force: " : "nothing that can change now", changed.text);
	if (waiting.n)
		fb_warn("config", "%s: only a restart changes %s", opts->config, waiting.text);
}
