/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf doctor: what this machine has of what flowbpf uses, and the command that mends the rest.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "kernel/probe.h"
#include "store/vendorfiles.h"
#include "util/json.h"

struct doctor_opts {
	bool json;
};

static const struct fb_opt options[] = {
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct doctor_opts, json),
	 .help = "one array of objects"},
	{0},
};

static const enum fb_text_style styles[] = {
	[FB_PROBE_OK] = FB_TEXT_OK,
	[FB_PROBE_WARN] = FB_TEXT_WARN,
	[FB_PROBE_BAD] = FB_TEXT_BAD,
	[FB_PROBE_INFO] = FB_TEXT_DIM,
};

static void add_row(void *table, const struct fb_probe *probe)
{
	fb_grid_cells(table, styles[probe->state], fb_probe_state_name(probe->state));
	fb_grid_cells(table, FB_TEXT_BOLD, probe->name);
	fb_grid_cells(table, FB_TEXT_PLAIN, probe->value);
	fb_grid_cells(table, FB_TEXT_PLAIN, probe->sentence);
	if (!*probe->fix || probe->state == FB_PROBE_OK)
		return;
	fb_grid_cells(table, FB_TEXT_PLAIN, "");
	fb_grid_cells(table, FB_TEXT_PLAIN, "");
	fb_grid_cells(table, FB_TEXT_PLAIN, "");
	fb_grid_cellf(table, FB_TEXT_DIM, "-> %s", probe->fix);
}

/* Not the kernel's affair: the lists that say who made a device. */
static void check_vendors(fb_probe_fn fn, void *ctx)
{
	struct fb_probe probe = {.name = "vendors of devices", .state = FB_PROBE_INFO};
	struct fb_vendors *vendors = NULL;
	struct fb_why why = {""};
	const int r = fb_vendorfiles_read(&vendors, &why);

	if (r == 0) {
		probe.state = FB_PROBE_OK;
		snprintf(probe.value, sizeof(probe.value), "%u blocks of MACs",
			 fb_vendors_blocks(vendors));
		snprintf(probe.sentence, sizeof(probe.sentence), "devices show who made them");
	} else {
		snprintf(probe.value, sizeof(probe.value), "absent");
		snprintf(probe.sentence, sizeof(probe.sentence), "%.190s",
			 *why.text ? why.text : "devices do not show who made them");
		snprintf(probe.fix, sizeof(probe.fix), "apt install ieee-data");
	}
	fb_vendors_free(vendors);
	fn(ctx, &probe);
}

static int print_table(const char *ifname)
{
	_cleanup_grid_ struct fb_grid table = {0};
	int bad;

	fb_grid_column(&table, "", false, 0);
	fb_grid_column(&table, "CHECK", false, 0);
	fb_grid_column(&table, "FOUND", false, 0);
	fb_grid_column(&table, "WHAT IT MEANS", false, 0);
	bad = fb_probe_run(ifname, add_row, &table);
	check_vendors(add_row, &table);
	fb_grid_print(&table, stdout, 0, fb_text_colours(stdout));
	return bad;
}

static void add_object(void *json, const struct fb_probe *probe)
{
	fb_json_object(json);
	fb_json_kv_str(json, "name", probe->name);
	fb_json_kv_str(json, "state", fb_probe_state_name(probe->state));
	fb_json_kv_str(json, "value", probe->value);
	fb_json_kv_str(json, "sentence", probe->sentence);
	fb_json_kv_str(json, "fix", *probe->fix ? probe->fix : NULL);
	fb_json_end(json, '}');
}

static int print_json(const char *ifname)
{
	_cleanup_buf_ struct fb_buf out = FB_BUF_INIT;
	struct fb_json json;
	int bad;

	fb_json_init(&json, &out);
	fb_json_array(&json);
	bad = fb_probe_run(ifname, add_object, &json);
	check_vendors(add_object, &json);
	fb_json_end(&json, ']');
	if (!fb_buf_error(&out))
		printf("%.*s\n", (int)out.len, out.data);
	return bad;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct doctor_opts *opts = opts_;
	const char *ifname = n ? args[0] : NULL;
	int bad;

	if (ifname && !if_nametoindex(ifname))
		return fb_fail(FB_EXIT_FAILED, "there is no interface \"%.40s\" here", ifname);
	bad = opts->json ? print_json(ifname) : print_table(ifname);
	return bad ? FB_EXIT_FAILED : FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_doctor = {
	.name = "doctor",
	.args = "[IFACE]",
	.summary = "Check this machine, with the command that mends each lack",
	.about = "Run it as root: some answers are hidden from others. Status 1 if something that\n"
		 "flowbpf cannot do without is missing.\n",
	.opts = options,
	.opts_size = sizeof(struct doctor_opts),
	.max_args = 1,
	.run = run,
};
