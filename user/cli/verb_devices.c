/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf devices: who is in the networks here, and what operators call them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/daemon.h"
#include "cli/items.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "util/fmt.h"
#include "util/json.h"
#include "util/mac.h"

#define DEVICES "/api/v1/devices"

struct devices_opts {
	const char *socket, *icon;
	bool json;
};

static const struct devices_opts defaults = {.socket = FB_DEFAULT_SOCKET};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct devices_opts),
	{.name = "icon",
	 .arg = "NAME",
	 .type = FB_OPT_TEXT,
	 .offset = offsetof(struct devices_opts, icon),
	 .help = "label: draw it as computer, laptop, phone, tablet, tv, speaker, console, printer, "
		 "camera, sensor, server or router"},
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct devices_opts, json),
	 .help = "the API's answer as it is"},
	{0},
};

/* --- the list --------------------------------------------------------------------------------- */

/* Its label, else its name, else its MAC. */
static const char *name_of(const struct fb_jsontree *item)
{
	const char *label = fb_items_text(item, "label"), *host = fb_items_text(item, "host");

	return *label ? label : *host ? host : fb_items_text(item, "mac");
}

static void add_traffic(struct fb_grid *table, const struct fb_jsontree *item)
{
	char text[FB_FMT_STRLEN];

	fb_grid_cells(table, FB_TEXT_UP, fb_fmt_rate(fb_items_number(item, "rate_bps.up"), text));
	fb_grid_cells(table, FB_TEXT_DOWN,
		      fb_fmt_rate(fb_items_number(item, "rate_bps.down"), text));
	fb_grid_cells(table, FB_TEXT_UP,
		      fb_fmt_bytes(fb_items_number(item, "bytes_today.up"), text));
	fb_grid_cells(table, FB_TEXT_DOWN,
		      fb_fmt_bytes(fb_items_number(item, "bytes_today.down"), text));
}

static const char *address_of(const struct fb_jsontree *address)
{
	return fb_items_text(address, "ip");
}

static bool is_true(const struct fb_jsontree *item, const char *path)
{
	return fb_jsontree_is_true(fb_jsontree_get(item, path));
}

static void add_row(struct fb_grid *table, const struct fb_jsontree *item)
{
	const bool fresh = is_true(item, "new");

	fb_grid_cells(table, FB_TEXT_BOLD, name_of(item));
	fb_grid_cells(table, fresh ? FB_TEXT_WARN : FB_TEXT_DIM,
		      fresh			 ? "new"
		      : is_true(item, "several") ? "several hosts"
						 : "");
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "mac"));
	fb_grid_cells(table, FB_TEXT_PLAIN, fb_items_text(item, "vendor"));
	fb_items_add_list(table, fb_jsontree_get(item, "addresses"), address_of);
	add_traffic(table, item);
	fb_grid_cells(table, FB_TEXT_DIM, fb_items_text(item, "last_seen"));
}

static const struct fb_items_column columns[] = {
	{"DEVICE", false, 12, 0},   {"", false, 0, 3},		 {"MAC", false, 0, 2},
	{"VENDOR", false, 8, 4},    {"ADDRESSES", false, 15, 0}, {"SENDS", true, 0, 0},
	{"GETS", true, 0, 0},	    {"SENT TODAY", true, 0, 1},	 {"GOT TODAY", true, 0, 1},
	{"LAST SEEN", false, 0, 5},
};

static const struct fb_items items = {columns, sizeof(columns) / sizeof(*columns), add_row};

static int list(const struct devices_opts *opts)
{
	struct fb_daemon daemon = {.socket = opts->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;

	if (fb_daemon_get(&daemon, DEVICES, &body, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	return fb_items_print(&items, answer, &body, opts->json);
}

/* --- labels ----------------------------------------------------------------------------------- */

static bool has_mac(const struct fb_jsontree *item, const char *text)
{
	uint8_t mac[6], wanted[6];

	return fb_mac_parse(text, wanted) == 0 &&
	       fb_mac_parse(fb_items_text(item, "mac"), mac) == 0 && !memcmp(mac, wanted, 6);
}

static bool has_address(const struct fb_jsontree *item, const char *text)
{
	const struct fb_jsontree *one = fb_jsontree_first(fb_jsontree_get(item, "addresses"));

	for (; one; one = fb_jsontree_next(one))
		if (!strcasecmp(fb_items_text(one, "ip"), text))
			return true;
	return false;
}

static bool is_called(const struct fb_jsontree *item, const char *text)
{
	return !strcasecmp(fb_items_text(item, "label"), text) ||
	       !strcasecmp(fb_items_text(item, "host"), text);
}

/* The surest first: a device may call itself as another's address reads. */
static bool (*const ways[])(const struct fb_jsontree *item,
			    const char *text) = {has_mac, has_address, is_called};

#define N_WAYS (sizeof(ways) / sizeof(*ways))

/* How many are called so in this way; *ret_found: one of them. */
static unsigned int count(const struct fb_jsontree *answer, unsigned int way, const char *text,
			  const struct fb_jsontree **ret_found)
{
	const struct fb_jsontree *item = fb_jsontree_first(fb_jsontree_get(answer, "items"));
	unsigned int n = 0;

	for (; item; item = fb_jsontree_next(item)) {
		if (!ways[way](item, text))
			continue;
		*ret_found = item;
		n++;
	}
	return n;
}

/* The one device that is called so; NULL: the user was told. */
static const struct fb_jsontree *find(const struct fb_jsontree *answer, const char *text)
{
	const struct fb_jsontree *found = NULL;
	unsigned int n = 0;

	for (unsigned int way = 0; *text && !n && way < N_WAYS; way++)
		n = count(answer, way, text, &found);
	if (n == 1)
		return found;
	if (n)
		fb_fail(FB_EXIT_FAILED, "several devices are called \"%.64s\": give a MAC", text);
	else
		fb_fail(FB_EXIT_FAILED,
			"no device has the MAC, address, label or name \"%.64s\": \"flowbpf "
			"devices\" lists them",
			text);
	return NULL;
}

static int write_body(struct fb_buf *body, const char *label, const char *icon)
{
	struct fb_json json;

	fb_json_init(&json, body);
	fb_json_object(&json);
	fb_json_kv_str(&json, "label", label);
	fb_json_kv_str(&json, "icon", icon);
	fb_json_end(&json, '}');
	fb_buf_addc(body, '\0');
	return fb_buf_error(body);
}

/* `label` NULL: take it back. */
static int change(const struct devices_opts *opts, const char *which, const char *label)
{
	struct fb_daemon ask = {.socket = opts->socket}, act = ask;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT, body = FB_BUF_INIT, done = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL, *given = NULL;
	const struct fb_jsontree *device;
	char target[64];

	if (fb_daemon_get(&ask, DEVICES, &text, &answer))
		return fb_fail(FB_EXIT_FAILED, "%s", ask.why.text);
	device = find(answer, which);
	if (!device)
		return FB_EXIT_FAILED;
	if (label && write_body(&body, label, opts->icon))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	act.body = label ? body.data : NULL;
	snprintf(target, sizeof(target), DEVICES "/%.17s/label", fb_items_text(device, "mac"));
	if (fb_daemon_call(&act, label ? "PUT" : "DELETE", target, &done, &given))
		return fb_fail(FB_EXIT_FAILED, "%s", act.why.text);
	printf(label ? "%.17s is labelled\n" : "%.17s has no label any more\n",
	       fb_items_text(device, "mac"));
	return FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct devices_opts *opts = opts_;

	if (opts->icon && (!n || strcmp(args[0], "label") != 0))
		return fb_fail(FB_EXIT_USAGE, "--icon goes with \"devices label\"");
	if (!n)
		return list(opts);
	if (!strcmp(args[0], "label") && n == 3)
		return change(opts, args[1], args[2]);
	if (!strcmp(args[0], "unlabel") && n == 2)
		return change(opts, args[1], NULL);
	return fb_fail(FB_EXIT_USAGE, "devices takes \"label DEVICE LABEL\", \"unlabel DEVICE\" or "
				      "nothing");
}

const struct fb_verb fb_cmd_devices = {
	.name = "devices",
	.args = "[label DEVICE LABEL|unlabel DEVICE]",
	.summary = "List the devices of the networks here, or label one",
	.about =
		"A device is a MAC with all its addresses, by the kernel's neighbour table and DHCP.\n"
		"DEVICE is its MAC, one of its addresses, its label or its name.\n\n"
		"  flowbpf devices\n"
		"  sudo flowbpf devices label 192.168.1.50 'Living room TV' --icon tv\n"
		"  sudo flowbpf devices unlabel 02:00:00:00:00:01\n"
		"  flowbpf flows --filter 'device = \"living room tv\"'\n",
	.opts = options,
	.opts_size = sizeof(struct devices_opts),
	.defaults = &defaults,
	.max_args = 3,
	.run = run,
};
