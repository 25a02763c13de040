// link: cli util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a config file of attach: taken, or refused with a sentence that names the line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <flowbpf/limits.h>

#include "cli/attach_opts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_attach_opts opts = fb_attach_defaults;
	char *text = malloc(size + 1);
	struct fb_why why = {""};
	int r;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	r = fb_opts_config(fb_attach_options, &opts, text, &why);
	if (r && strncmp(why.text, "line ", 5) != 0)
		abort();
	if (opts.max_flows < FB_MAX_FLOWS_LEAST || opts.max_flows > FB_MAX_FLOWS_MOST ||
	    opts.closed_seconds < 1 || opts.closed_seconds > 86400 ||
	    opts.page.listen.n > FB_OPT_LIST_MAX || opts.internal.n > FB_OPT_LIST_MAX)
		abort();
	free(text);
	return 0;
}
