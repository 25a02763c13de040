/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is to be forgotten: devices, and what hosts were called. */
#include "enrich/devices.h"
#include "enrich/hostnames.h"
#include "enrich/inventory.h"
#include "enrich/pipeline.h"

static void forget_device(void *ctx, const uint8_t mac[static 6])
{
	struct fb_pipeline *pipeline = ctx;

	fb_devices_forget(pipeline->devices, mac);
	pipeline->holders++;
}

unsigned int fb_pipeline_erase(struct fb_pipeline *pipeline, const struct fb_person *who,
			       uint64_t now_ns)
{
	for (unsigned int i = 0; i < who->n_addrs; i++)
		fb_hostnames_moved(pipeline->hosts, who->addr[i].addr, who->addr[i].family, now_ns);
	return fb_inventory_erase(pipeline->inventory, who, forget_device, pipeline);
}
