/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGHUP: the settings of `attach` are read again, in the engine's thread. */
#pragma once

struct fb_attach_opts;
struct fb_config;
struct fb_engine;

/*
 * Take over what may change while it runs; name in the log what changed and what needs a restart.
 * What is wrong is refused with file, line and key: then everything stays as it is. `kept` has what
 * the options refer to since the last one, to be given to fb_config_fini in the end.
 */
void fb_reload(struct fb_attach_opts *opts, struct fb_config *kept, struct fb_engine *engine);

/* Set what is said on stderr: the level `name`, but `most` at most unless it is "debug". */
void fb_set_log_level(const char *name, unsigned int most);
