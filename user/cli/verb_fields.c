/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf fields: the field table, from which filters, columns, sorting and the API are made. */
#include <stdio.h>

#include "cli/opts.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "flow/fields.h"

struct fields_opts {
	bool names;
};

static const struct fb_opt options[] = {
	{.name = "names",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct fields_opts, names),
	 .help = "only the names, one a line"},
	{0},
};

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct fields_opts *opts = opts_;
	_cleanup_grid_ struct fb_grid table = {0};

	(void)args;
	(void)n;
	fb_grid_column(&table, "FIELD", false, 0);
	fb_grid_column(&table, "TYPE", false, 0);
	fb_grid_column(&table, "UNIT", false, 0);
	fb_grid_column(&table, "", false, 20);
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		const struct fb_field *field = &fb_fields[i];

		if (opts->names) {
			printf("%s\n", field->name);
			continue;
		}
		fb_grid_cells(&table, FB_TEXT_BOLD, field->name);
		fb_grid_cells(&table, FB_TEXT_PLAIN, fb_type_name(field->type));
		fb_grid_cells(&table, FB_TEXT_PLAIN, field->unit ? field->unit : "");
		fb_grid_cells(&table, FB_TEXT_PLAIN, field->help ? field->help : "");
	}
	if (!opts->names &&
	    fb_grid_print(&table, stdout, fb_text_width(stdout), fb_text_colours(stdout)))
		return fb_fail(FB_EXIT_FAILED, "cannot write the output");
	return FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_fields = {
	.name = "fields",
	.args = "",
	.summary = "List the fields that filters, columns and sorting know",
	.about =
		"Filters join terms \"field operator value\" by and, or, not and parentheses:\n\n"
		"  dst.port = 443 and bytes.up > 1MB\n"
		"  ip = 192.168.1.0/24 and not proto = udp\n"
		"  sni:youtube.com or host ~ cdn\n"
		"  state in (SYN_SENT, SYN_RECV)\n"
		"  first_seen > -5m and duration > 90s\n\n"
		"Operators are = != < <= > >= ~ !~ in. \"ip\" and \"port\" are either end. Values are\n"
		"addresses, CIDR blocks, ranges (1-1023), sizes (10MB), rates (5Mbit, 2MB/s), shares\n"
		"(1%, 0.01) and durations (250ms, 90s, 1h30m). A duration without a unit is in the unit that the field's\n"
		"name says (duration_ms, timeout_s); of duration, idle and timeout in seconds, of rtt in\n"
		"ms. Moments are RFC 3339 (2026-11-21T01:20:00Z, a day alone is all of it), now, or back\n"
		"from now (-5m), and ranges of them are A..B.\n"
		"A bare word is looked for in addresses, ports, names, services and states.\n",
	.opts = options,
	.opts_size = sizeof(struct fields_opts),
	.run = run,
};
