/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/devicebook.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/vendorfiles.h"
#include "util/addr.h"
#include "util/log.h"
#include "util/mac.h"

#define NEW_MS	   (24 * 3600 * 1000ll)
#define SETTLED_MS (10 * 1000) /* what the kernel knew when all of it began is nothing new */
#define SAY_MOST   16	       /* new devices told one after the other, then ... */
#define SAY_NS	   (10 * 1000000000ull) /* ... one in that time: the log keeps a thousand lines */

static void set_clock(struct fb_devicebook *book, uint64_t now_ns, int64_t wall_ms)
{
	const time_t now = (time_t)(wall_ms / 1000);
	struct fb_inventory_clock clock = {.ns = now_ns, .wall_ms = wall_ms};
	struct tm local;

	book->now_ns = now_ns;
	if (localtime_r(&now, &local))
		clock.day =
			(local.tm_year + 1900) * 10000 + (local.tm_mon + 1) * 100 + local.tm_mday;
	fb_inventory_tick(book->inventory, &clock);
}

static void read_vendors(struct fb_devicebook *book)
{
	struct fb_why why = {""};
	struct fb_vendors *vendors;
	const int r = fb_vendorfiles_read(&vendors, &why);

	if (*why.text)
		fb_warn("devices", "%s", why.text);
	if (r < 0)
		return;
	fb_debug("devices", "%u blocks of MACs are known", fb_vendors_blocks(vendors));
	fb_inventory_use_vendors(book->inventory, vendors);
	book->vendors = true;
}

void fb_devicebook_open(struct fb_devicebook *book, struct fb_pipeline *pipeline, int folder,
			uint64_t now_ns, int64_t wall_ms)
{
	struct fb_why torn = {""};
	int r = -ENOENT;

	*book = (struct fb_devicebook){.inventory = pipeline->inventory, .may_say = SAY_MOST};
	tzset(); /* while its file can be read */
	set_clock(book, now_ns, wall_ms);
	read_vendors(book);
	fb_devicestate_init(&book->state, folder, wall_ms);
	if (folder >= 0)
		r = fb_devicestate_load(&book->state, book->inventory, &torn);
	if (*torn.text)
		fb_warn("devices", "%s", torn.text);
	else if (r > 0)
		fb_info("devices", "%d devices are known from the last run", r);
}

void fb_devicebook_close(struct fb_devicebook *book)
{
	if (!book->inventory)
		return;
	fb_devicestate_close(&book->state, book->inventory);
	book->inventory = NULL;
}

/* --- what is new ------------------------------------------------------------------------------ */

bool fb_devicebook_is_new(const struct fb_inventory_device *device, int64_t since_ms,
			  int64_t wall_ms)
{
	return device->first_ms > since_ms + SETTLED_MS && device->first_ms + NEW_MS > wall_ms;
}

static void say_new(const struct fb_inventory_device *device, unsigned int unsaid)
{
	char mac[FB_MAC_STRLEN], addr[FB_ADDR_STRLEN] = "", more[48] = "";
	const char *vendor = device->vendor ? device->vendor : "";

	fb_mac_format(device->mac, mac);
	if (device->n_addrs)
		fb_addr_format(device->addr[0].addr, device->addr[0].family, addr);
	if (unsaid)
		snprintf(more, sizeof(more), "; %u more that were not told of", unsaid);
	fb_log_fields(FB_LOG_INFO, "devices",
		      (const struct fb_log_field[]){{"event", "new_device"},
						    {"mac", mac},
						    {"ip", addr},
						    {"name", device->name},
						    {"vendor", vendor},
						    {NULL, NULL}},
		      "new device %s at %s%s%s%s%s%s", mac, addr, *device->name ? ", " : "",
		      device->name, *vendor ? ", " : "", vendor, more);
}

static void refill(struct fb_devicebook *book)
{
	if (book->may_say < SAY_MOST && book->now_ns >= book->next_say_ns) {
		book->may_say++;
		book->next_say_ns = book->now_ns + SAY_NS;
	}
}

static void say_all_new(struct fb_devicebook *book, int64_t wall_ms)
{
	struct fb_inventory_device device;

	refill(book);
	while (fb_inventory_next_fresh(book->inventory, &device)) {
		book->save_now = true;
		if (!fb_devicebook_is_new(&device, book->state.since_ms, wall_ms))
			continue;
		if (!book->may_say) {
			book->unsaid++;
			continue;
		}
		book->may_say--;
		say_new(&device, book->unsaid);
		book->unsaid = 0;
	}
}

void fb_devicebook_tick(struct fb_devicebook *book, uint64_t now_ns, int64_t wall_ms)
{
	set_clock(book, now_ns, wall_ms);
	say_all_new(book, wall_ms);
	fb_devicestate_tick(&book->state, book->inventory, now_ns, book->save_now);
	book->save_now = false;
}

/* --- what they send and get ------------------------------------------------------------------- */

static void count(struct fb_inventory *inventory, uint32_t number, const struct fb_traffic *traffic,
		  bool is_src)
{
	for (int dir = 0; fb_inventory_has(inventory, number) && dir < 2; dir++)
		if (traffic->moved_bytes[dir])
			fb_inventory_count(inventory, number, is_src ? dir : !dir,
					   traffic->moved_bytes[dir]);
}

static int take(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_devicebook *book = ctx;
	struct fb_flow_at at;

	(void)losses;
	for (uint32_t row = fb_snapshot_next_moved(snapshot, 0); row < snapshot->n;
	     row = fb_snapshot_next_moved(snapshot, row + 1)) {
		if (!fb_snapshot_at(snapshot, row, &at))
			continue;
		count(book->inventory, at.flow->src_device, at.traffic, true);
		count(book->inventory, at.flow->dst_device, at.traffic, false);
	}
	fb_inventory_counted(book->inventory, snapshot->interval_ns);
	return 0;
}

const struct fb_consumer_ops fb_devicebook_consumer = {
	.name = "devices",
	.tick = take,
};

/* --- labels ----------------------------------------------------------------------------------- */

int fb_devicebook_label(struct fb_devicebook *book, const uint8_t mac[static 6], const char *label,
			uint8_t icon)
{
	const int r = fb_inventory_label(book->inventory, mac, label, icon);

	book->save_now |= r == 0;
	return r;
}

int fb_devicebook_list(struct fb_devicebook *book, struct fb_devicebook_list *ret_list)
{
	*ret_list = (struct fb_devicebook_list){.since_ms = book->state.since_ms,
						.vendors = book->vendors};
	return fb_inventory_copy(book->inventory, &ret_list->device, &ret_list->n,
				 &ret_list->clock);
}
