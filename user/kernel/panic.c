/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs by id, the map of their state by its name, its word by a mapping. */
#include "kernel/panic.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <flowbpf/knobs.h>

#include "kernel/loaded.h"
#include "kernel/maps.h"
#include "util/cleanup.h"

#define PROGRAM	  "flowbpf_ingress"
#define MAPS_MOST 64

static int write_word(int fd, bool on)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct fb_state *state = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (state == MAP_FAILED)
		return -errno;
	__atomic_store_n(&state->no_verdicts, on, __ATOMIC_SEQ_CST);
	munmap(state, page);
	return 0;
}

/* 1: it is the state of a kernel half, which has the word now. */
static int look_at_map(uint32_t id, bool on)
{
	_cleanup_close_ int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	int r;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	if (strcmp(info.name, fb_map_name(FB_MAP_STATE)) != 0)
		return 0;
	if (info.value_size < offsetof(struct fb_state, no_verdicts) + sizeof(uint64_t))
		return -EPROTO; /* of a version that drops nothing */
	r = write_word(fd, on);
	return r < 0 ? r : 1;
}

static bool serves_one(uint32_t prog_id, const uint32_t *ifindexes, unsigned int n)
{
	const struct fb_loaded loaded = {.prog_id = prog_id};

	for (unsigned int i = 0; i < n; i++)
		if (fb_loaded_serves(&loaded, ifindexes[i]))
			return true;
	return !n;
}

/* 1: a kernel half has it now; 0: it is no program of ours, or not one of those. */
static int look_at_program(uint32_t id, bool on, const uint32_t *ifindexes, unsigned int n)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	uint32_t maps[MAPS_MOST], len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.nr_map_ids = MAPS_MOST, .map_ids = (uint64_t)(uintptr_t)maps};
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	if (strcmp(info.name, PROGRAM) != 0 || !serves_one(id, ifindexes, n))
		return 0;
	for (uint32_t i = 0; r == 0 && i < info.nr_map_ids && i < MAPS_MOST; i++)
		r = look_at_map(maps[i], on);
	return r == -EPROTO ? 0 : r;
}

int fb_panic_write(bool on, const uint32_t *ifindexes, unsigned int n, struct fb_why *why)
{
	uint32_t id = 0;
	int written = 0, r = 0;

	while (r >= 0 && bpf_prog_get_next_id(id, &id) == 0) {
		r = look_at_program(id, on, ifindexes, n);
		written += r > 0;
	}
	if (r >= 0 && errno != ENOENT)
		r = -errno;
	if (r == -EPERM || r == -EACCES)
		return fb_why_set(why, r,
				  "writing the kernel's maps is not permitted: run it as root");
	return r < 0 ? fb_why_set(why, r, "cannot write the kernel's maps: %s", strerror(-r))
		     : written;
}
