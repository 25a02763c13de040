/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs by id, their maps by id, the rows by a mapping for reading. */
#include "kernel/loaded.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <flowbpf/knobs.h>

#include "kernel/capture.h"
#include "kernel/clsact.h"
#include "kernel/maps.h"
#include "kernel/tick_rates.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define PROGRAM	    "flowbpf_ingress"
#define MAPS_MOST   32
#define TCX_INGRESS 46 /* BPF_TCX_INGRESS: newer than the headers that it builds with */
#define TCX_MOST    64

/* Its maps that are read, closed with it. */
struct maps {
	int flows, state, links, names, lanes;
	uint32_t max;
};

static void close_maps(struct maps *maps)
{
	const int fds[] = {maps->flows, maps->state, maps->links, maps->names, maps->lanes};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static size_t pages(size_t bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* Keep the descriptor if it is one of those that are read; -EPROTO: of another layout. */
static int sort_map(struct maps *maps, int fd, const struct bpf_map_info *info)
{
	const struct {
		enum fb_map map;
		int *to;
		size_t value;
	} wanted[] = {
		{FB_MAP_FLOWS, &maps->flows, sizeof(struct fb_row)},
		{FB_MAP_STATE, &maps->state, sizeof(struct fb_state)},
		{FB_MAP_LINKS, &maps->links, sizeof(struct fb_link)},
		{FB_MAP_NAMES, &maps->names, sizeof(struct fb_name)},
		{FB_MAP_LANES, &maps->lanes, sizeof(struct fb_lane)},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (strcmp(info->name, fb_map_name(wanted[i].map)) != 0 || *wanted[i].to >= 0)
			continue;
		if (info->value_size != wanted[i].value)
			return -EPROTO;
		if (wanted[i].map == FB_MAP_FLOWS)
			maps->max = info->max_entries;
		*wanted[i].to = fd;
		return 1;
	}
	return 0;
}

static int open_maps(const uint32_t *ids, uint32_t n, struct maps *maps)
{
	for (uint32_t i = 0; i < n; i++) {
		/* Not BPF_F_RDONLY: such a descriptor cannot be mapped, for reading neither. */
		_cleanup_close_ int fd = bpf_map_get_fd_by_id(ids[i]);
		struct bpf_map_info info = {0};
		uint32_t len = sizeof(info);
		int r;

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
			return -errno;
		r = sort_map(maps, fd, &info);
		if (r < 0)
			return r;
		if (r)
			fd = -1; /* kept */
	}
	return maps->flows < 0 || maps->state < 0 || maps->links < 0 || maps->names < 0 ||
			       maps->lanes < 0
		       ? -EPROTO
		       : 0;
}

static void read_links(struct fb_loaded *loaded, int fd)
{
	struct fb_link link;

	for (uint32_t i = 0; i < FB_LINK_ENTRIES; i++)
		if (bpf_map_lookup_elem(fd, &i, &link) == 0 && link.ifindex &&
		    link.link < FB_LINK_MAX)
			loaded->ifindex[link.link] = link.ifindex;
}

/*
 * The kernel does not tell its tick rate, but where its ticks began: 300 s before they exceed 32
 * bits. So one moment of both clocks, which the daemon left, is enough.
 */
static uint64_t tick_of(uint64_t ticks, uint64_t boot_ns)
{
	const uint64_t asleep = fb_clock_ns(CLOCK_BOOTTIME) - fb_clock_ns(CLOCK_MONOTONIC);
	const double awake_s = boot_ns > asleep ? (double)(boot_ns - asleep) / 1e9 : 0;
	double least = 1e18;
	uint64_t tick_ns = 0;

	for (size_t i = 0; i < FB_TICK_RATES && ticks; i++) {
		const double begin = 4294967296.0 - 300.0 * fb_tick_rates[i];
		const double seconds = ((double)ticks - begin) / fb_tick_rates[i];
		const double off = seconds > awake_s ? seconds - awake_s : awake_s - seconds;

		if (off < least) {
			least = off;
			tick_ns = 1000000000 / fb_tick_rates[i];
		}
	}
	return tick_ns;
}

static int map_rows(struct fb_loaded *loaded, const struct maps *maps)
{
	const uint32_t zero = 0;
	struct fb_state state;
	void *rows;

	if (bpf_map_lookup_elem(maps->state, &zero, &state) < 0)
		return -errno;
	loaded->clock_ticks = state.clock_ticks;
	loaded->clock_ns = state.clock_ns;
	loaded->tick_ns = tick_of(state.clock_ticks, state.clock_ns);
	loaded->n = state.next_slot < maps->max ? (uint32_t)state.next_slot : maps->max;
	loaded->mapped = pages((size_t)maps->max * sizeof(struct fb_row));
	rows = mmap(NULL, loaded->mapped, PROT_READ, MAP_SHARED, maps->flows, 0);
	if (rows == MAP_FAILED)
		return errno == EINVAL ? -EPROTO : -errno;
	loaded->row = rows;
	return 0;
}

static int open_rows(struct fb_loaded *loaded, const uint32_t *map_ids, uint32_t n)
{
	__attribute__((__cleanup__(close_maps))) struct maps maps = {-1, -1, -1, -1, -1, 0};
	int r = open_maps(map_ids, n, &maps);

	if (r == 0)
		r = map_rows(loaded, &maps);
	if (r < 0)
		return r;
	read_links(loaded, maps.links);
	loaded->names = TAKE_FD(maps.names);
	loaded->lanes = TAKE_FD(maps.lanes);
	return 0;
}

/* 1: it is ours and its rows are at hand, 0: another's program, or one that is gone by now. */
static int look_at(struct fb_loaded *loaded, uint32_t id)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	uint32_t maps[MAPS_MOST], len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {
		.nr_map_ids = MAPS_MOST,
		.map_ids = (uint64_t)(uintptr_t)maps,
	};
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	if (strcmp(info.name, PROGRAM) != 0)
		return 0;
	r = open_rows(loaded, maps, info.nr_map_ids < MAPS_MOST ? info.nr_map_ids : MAPS_MOST);
	return r < 0 ? r : 1;
}

int fb_loaded_next(struct fb_loaded *loaded, struct fb_why *why)
{
	uint32_t id = loaded->prog_id;
	int r;

	fb_loaded_close(loaded);
	for (;;) {
		if (bpf_prog_get_next_id(id, &id) < 0) {
			r = errno == ENOENT ? 0 : -errno;
			break;
		}
		r = look_at(loaded, id);
		loaded->prog_id = id;
		if (r != 0)
			break;
	}
	if (r == -EPERM || r == -EACCES)
		return fb_why_set(why, r,
				  "reading the kernel's maps is not permitted: run it as root");
	if (r == -EPROTO)
		return fb_why_set(
			why, r,
			"program %u has rows of another layout: its flowbpf is of another version",
			id);
	return r < 0 ? fb_why_set(why, r, "cannot read the kernel's maps: %s", strerror(-r)) : r;
}

void fb_loaded_close(struct fb_loaded *loaded)
{
	if (loaded->row) {
		munmap((void *)loaded->row, loaded->mapped);
		close(loaded->names);
		close(loaded->lanes);
	}
	*loaded = (struct fb_loaded){.names = -1, .lanes = -1};
}

uint32_t fb_loaded_link(const struct fb_loaded *loaded, const struct fb_row *row)
{
	const uint32_t number = row->key.lane;
	struct fb_lane lane = {.link = row->key.lane};

	if (number >= FB_LINK_MAX && bpf_map_lookup_elem(loaded->lanes, &number, &lane) < 0)
		return 0;
	return lane.link % FB_LINK_MAX;
}

bool fb_loaded_serves(const struct fb_loaded *loaded, uint32_t ifindex)
{
	uint32_t ids[TCX_MOST], n = TCX_MOST;
	bool by_clsact;

	if (bpf_prog_query((int)ifindex, (enum bpf_attach_type)TCX_INGRESS, 0, NULL, ids, &n) < 0)
		n = 0;
	for (uint32_t i = 0; i < n; i++)
		if (ids[i] == loaded->prog_id)
			return true;
	fb_capture_start(); /* libbpf would print that there is no qdisc */
	by_clsact = fb_clsact_check(ifindex, FB_HOOK_INGRESS, loaded->prog_id) == 0;
	fb_capture_stop();
	return by_clsact;
}

uint64_t fb_loaded_last_ns(const struct fb_loaded *loaded, const struct fb_row *row)
{
	const uint64_t last = __atomic_load_n(&row->last_seen, __ATOMIC_RELAXED);

	return loaded->tick_ns ? loaded->clock_ns + (last - loaded->clock_ticks) * loaded->tick_ns
			       : 0;
}

int fb_loaded_name(const struct fb_loaded *loaded, const struct fb_row *row,
		   struct fb_name *ret_name)
{
	if (bpf_map_lookup_elem(loaded->names, &row->key, ret_name) < 0)
		return -errno;
	return ret_name->generation == row->generation ? 0 : -ENOENT;
}
