/* SPDX-License-Identifier: BSD-2-Clause */
/* What the table is told of this machine: its interfaces, addresses, neighbours, and who listens.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine_priv.h"
#include "kernel/listeners.h"
#include "util/clock.h"
#include "util/log.h"

static void on_addr(void *ctx, const struct fb_netdev_addr *addr, bool gone)
{
	struct fb_engine *engine = ctx;

	fb_table_own_addr(engine->core.table, addr->addr, addr->family, gone);
	fb_table_net(engine->core.table, addr->ifindex, addr->addr, addr->family, addr->prefix,
		     gone);
	if (engine->lost)
		fb_lost_addrs_addr(engine->lost, addr, gone, fb_monotonic_ns());
}

/* A veth's other end is no device below it: packets are told apart by their hooks there. */
static void on_device(void *ctx, const struct fb_netdev_link *device, bool gone)
{
	const struct fb_device entry = {
		.ifindex = device->ifindex,
		.lower = strcmp(device->kind, "veth") ? device->parent : 0,
		.master = device->master,
		.vlan = device->vlan,
		.vrf = !strcmp(device->kind, "vrf"),
	};

	fb_table_device(((struct fb_engine *)ctx)->core.table, &entry, gone);
}

static void on_neighbour(void *ctx, const struct fb_netdev_neighbour *neighbour)
{
	struct fb_engine *engine = ctx;

	fb_pipeline_tie(&engine->core.pipeline,
			&(struct fb_devices_fact){.time = engine->core.moment.ns,
						  .mac = neighbour->mac,
						  .addr = neighbour->addr,
						  .family = neighbour->family,
						  .link = neighbour->ifindex,
						  .silent_ms = neighbour->silent_ms,
						  .sure = true});
}

static void on_in_rows(void *ctx, bool numbers[FB_LINK_MAX])
{
	struct fb_engine *engine = ctx;

	fb_table_links_in_rows(engine->core.table, numbers);
}

static void on_retire(void *ctx, uint16_t number)
{
	struct fb_engine *engine = ctx;

	fb_table_link_retire(engine->core.table, number);
}

static void on_renumbered(void *ctx, uint16_t number)
{
	struct fb_engine *engine = ctx;

	fb_table_link_renumbered(engine->core.table, number);
}

int fb_engine_start_links(struct fb_engine *engine, const struct fb_engine_opts *opts,
			  struct fb_why *why)
{
	int r;

	engine->lost = opts->forget_on_loss ? calloc(1, sizeof(*engine->lost)) : NULL;
	if (opts->forget_on_loss && !engine->lost)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	fb_xdp_open(&engine->xdp, engine->core.bpf, opts->xdp);
	fb_attach_use_xdp(&engine->xdp);
	r = fb_links_init(&engine->links, engine->core.bpf, opts->interfaces, opts->n_interfaces,
			  why);
	if (r < 0)
		return r;
	engine->links_up = true;
	engine->links.addr = on_addr;
	engine->links.device = on_device;
	engine->links.neighbour = on_neighbour;
	engine->links.in_rows = on_in_rows;
	engine->links.retire = on_retire;
	engine->links.renumbered = on_renumbered;
	engine->links.ctx = engine;
	fb_links_list(&engine->links);
	fb_ifbook_open(&engine->ifbook, engine->links.netdev);
	fb_engine_read_links(engine);
	return 0;
}

static void on_listener(void *ctx, const struct fb_listener *listener)
{
	struct fb_engine *engine = ctx;
	struct fb_listener_fact fact = {
		.family = listener->family,
		.proto = listener->proto,
		.port = listener->port,
	};

	memcpy(fact.addr, listener->addr, sizeof(fact.addr));
	fb_table_listener(engine->core.table, &fact);
}

/* Once: of connections that come later a SYN tells the server. */
void fb_engine_read_listeners(struct fb_engine *engine)
{
	const int r = fb_listeners_read(on_listener, engine);

	if (r < 0)
		fb_info("engine", "the kernel does not tell the listening sockets: %s",
			strerror(-r));
}
