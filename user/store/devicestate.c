/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/devicestate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/flow.h"
#include "util/addr.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/mac.h"

#define HEADER	 "flowbpf devices 1\n"
#define EVERY_NS (60 * 1000000000ULL)

void fb_devicestate_init(struct fb_devicestate *state, int folder, int64_t wall_ms)
{
	*state = (struct fb_devicestate){
		.file = {.name = "devices", .about = "the devices of the last run"},
		.folder = folder,
		.since_ms = wall_ms,
	};
}

/* --- loading --------------------------------------------------------------------------------- */

struct loading {
	struct fb_devicestate *state;
	struct fb_inventory *inventory;
	struct fb_inventory_device device; /* whose lines are read; not `used`: none yet */
	int taken;
};

static void finish_device(struct loading *loading)
{
	if (loading->device.used)
		loading->taken += fb_inventory_restore(loading->inventory, &loading->device) == 0;
	loading->device.used = false;
}

/* No sum of what is counted on from here leaves the numbers that a file has. */
#define BYTES_MOST (INT64_MAX / 4)
#define MS_MOST	   (INT64_MAX / 4)

static bool is_ms(int64_t ms)
{
	return ms >= 0 && ms <= MS_MOST;
}

static bool take_ms(char **at, int64_t *ret_ms)
{
	return fb_statefile_take_number(at, ret_ms) && is_ms(*ret_ms);
}

static bool take_counts(char **at, uint64_t counts[2])
{
	for (int i = 0; i < 2; i++) {
		int64_t number;

		if (!fb_statefile_take_number(at, &number) || number < 0 || number > BYTES_MOST)
			return false;
		counts[i] = (uint64_t)number;
	}
	return true;
}

/* "5,0,17": hour, the one before, ... */
static bool take_hours(char **at, struct fb_inventory_device *device)
{
	char *list, *one;
	int64_t hour;

	if (!fb_statefile_take_number(at, &hour) || hour < FB_INVENTORY_HOURS)
		return false;
	list = fb_statefile_word(at);
	device->hour = hour;
	for (; list && (one = strsep(&list, ",")) && hour > device->hour - FB_INVENTORY_HOURS;
	     hour--) {
		int64_t bytes;

		if (!fb_statefile_number(one, &bytes) || bytes < 0 || bytes > BYTES_MOST)
			return false;
		device->hours[hour % FB_INVENTORY_HOURS] = (uint64_t)bytes;
	}
	return hour == device->hour - FB_INVENTORY_HOURS;
}

/* ICON is "-" for none; LABEL is the rest, and may be empty. */
static bool take_label(char *at, struct fb_inventory_device *device)
{
	const char *icon = fb_statefile_word(&at);

	if (!icon || !fb_inventory_is_label(at))
		return false;
	device->icon = fb_device_icon(icon);
	memcpy(device->label, at, strlen(at) + 1);
	return device->icon || !strcmp(icon, "-");
}

static bool take_device(struct loading *loading, char *line)
{
	struct fb_inventory_device device = {.used = true};
	const char *mac = fb_statefile_word(&line);
	int64_t day;

	finish_device(loading);
	if (!mac || fb_mac_parse(mac, device.mac) < 0 || !take_ms(&line, &device.first_ms) ||
	    !take_ms(&line, &device.last_ms) || !take_counts(&line, device.total) ||
	    !fb_statefile_take_number(&line, &day) || !take_counts(&line, device.today) ||
	    !take_hours(&line, &device) || !take_label(line, &device))
		return false;
	device.day = (int32_t)day;
	loading->device = device;
	return true;
}

static bool take_address(struct loading *loading, char *line)
{
	struct fb_inventory_device *device = &loading->device;
	struct fb_inventory_addr *addr = &device->addr[device->n_addrs];
	const char *text = fb_statefile_word(&line);

	if (!device->used || device->n_addrs == FB_INVENTORY_ADDRS || !text ||
	    fb_addr_parse(text, addr->addr, &addr->family) < 0 ||
	    !fb_statefile_number(line, &addr->last_ms) || !is_ms(addr->last_ms))
		return false;
	device->n_addrs++;
	return true;
}

static bool take_line(void *loading_, char *line)
{
	struct loading *loading = loading_;
	const char *what = fb_statefile_word(&line);

	if (what && !strcmp(what, "device"))
		return take_device(loading, line);
	if (what && !strcmp(what, "address"))
		return take_address(loading, line);
	return what && !strcmp(what, "since") &&
	       fb_statefile_number(line, &loading->state->since_ms) &&
	       is_ms(loading->state->since_ms);
}

int fb_devicestate_load(struct fb_devicestate *state, struct fb_inventory *inventory,
			struct fb_why *why)
{
	struct loading loading = {.state = state, .inventory = inventory};
	const int r =
		fb_statefile_load(&state->file, state->folder, HEADER, take_line, &loading, why);

	finish_device(&loading);
	return r < 0 ? r : loading.taken;
}

/* --- saving ---------------------------------------------------------------------------------- */

static void write_hours(struct fb_buf *buf, const struct fb_inventory_device *device)
{
	const int64_t hour = device->hour < FB_INVENTORY_HOURS ? FB_INVENTORY_HOURS : device->hour;

	fb_buf_addf(buf, " %" PRId64 " ", hour);
	for (int64_t i = hour; i > hour - FB_INVENTORY_HOURS; i--)
		fb_buf_addf(buf, "%s%" PRIu64, i < hour ? "," : "",
			    device->hours[i % FB_INVENTORY_HOURS]);
}

/* Returns how many lines. */
static unsigned int write_device(struct fb_buf *buf, const struct fb_inventory_device *device)
{
	char mac[FB_MAC_STRLEN], addr[FB_ADDR_STRLEN];

	fb_buf_addf(buf,
		    "device %s %" PRId64 " %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRId32 " %" PRIu64
		    " %" PRIu64,
		    fb_mac_format(device->mac, mac), device->first_ms, device->last_ms,
		    device->total[FB_UP], device->total[FB_DOWN], device->day, device->today[FB_UP],
		    device->today[FB_DOWN]);
	write_hours(buf, device);
	fb_buf_addf(buf, " %s %s\n", device->icon ? fb_device_icon_name(device->icon) : "-",
		    device->label);
	for (unsigned int i = 0; i < device->n_addrs; i++)
		fb_buf_addf(buf, "address %s %" PRId64 "\n",
			    fb_addr_format(device->addr[i].addr, device->addr[i].family, addr),
			    device->addr[i].last_ms);
	return 1u + device->n_addrs;
}

static int make_text(const struct fb_devicestate *state, const struct fb_inventory *inventory,
		     char **ret_text, size_t *ret_len)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	const struct fb_inventory_device *device;
	unsigned int n = 1;
	uint32_t pos = 0;

	fb_buf_addf(&buf, HEADER "since %" PRId64 "\n", state->since_ms);
	while ((device = fb_inventory_next(inventory, &pos)))
		n += write_device(&buf, device);
	fb_buf_addf(&buf, "end %u\n", n);
	*ret_text = fb_buf_take(&buf, ret_len);
	return *ret_text ? 0 : -ENOMEM;
}

void fb_devicestate_tick(struct fb_devicestate *state, const struct fb_inventory *inventory,
			 uint64_t now_ns, bool at_once)
{
	char *text;
	size_t len;

	state->wanted |= at_once || now_ns >= state->next_ns;
	if (state->folder < 0 || !fb_statefile_is_ready(&state->file, false, &state->wanted) ||
	    !state->wanted)
		return;
	state->next_ns = now_ns + EVERY_NS;
	state->wanted = make_text(state, inventory, &text, &len) < 0 ||
			fb_statefile_write(&state->file, state->folder, text, len) < 0;
}

int fb_devicestate_close(struct fb_devicestate *state, const struct fb_inventory *inventory)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (state->folder < 0)
		return 0;
	r = make_text(state, inventory, &text, &len);
	if (r < 0)
		fb_statefile_finish(&state->file);
	return r < 0 ? r : fb_statefile_replace(&state->file, state->folder, text, len);
}
