/* SPDX-License-Identifier: BSD-2-Clause */
/* XDP's program by the maps of a data path under test. */
#pragma once

#include "bpf/dp.h"

#include <flowbpf/verdict.h>

#define XDP_TAKEN 1 /* XDP_DROP */
#define XDP_LEFT  2 /* XDP_PASS */

static inline struct bpf_object *xdp_open(struct dp *dp)
{
	const char *path = getenv("FLOWBPF_XDP_OBJECT");
	struct bpf_object *object = bpf_object__open_file(path ? path : "build/xdp.bpf.o", NULL);
	struct bpf_map *map;

	assert_non_null(object);
	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__is_internal(map))
			assert_int_equal(bpf_map__set_initial_value(map, dp_rodata(dp),
								    sizeof(struct fb_knobs)),
					 0);
		else
			assert_int_equal(bpf_map__reuse_fd(map, dp_map(dp, bpf_map__name(map))), 0);
	}
	assert_int_equal(bpf_object__load(object), 0);
	return object;
}

static inline int xdp_prog(const struct bpf_object *object)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, "flowbpf_xdp"));
}

/* Of a frame on the interface of the tests: XDP_TAKEN, XDP_LEFT; -1: too short for a test run. */
static inline int xdp_run(int prog, const void *data, uint32_t len)
{
	struct xdp_md md = {.ingress_ifindex = DP_IFINDEX, .data_end = len};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = len, .ctx_in = &md,
		    .ctx_size_in = sizeof(md), .repeat = 1);

	return bpf_prog_test_run_opts(prog, &opts) ? -1 : (int)opts.retval;
}

/* The counts of a rule, over all CPUs. */
static inline struct fb_xdp_count xdp_count(const struct dp *dp, uint32_t number)
{
	const int cpus = libbpf_num_possible_cpus();
	struct fb_xdp_count *each = calloc(cpus, sizeof(*each)), sum = {0};
	const int fd = bpf_object__find_map_fd_by_name(dp->object, "fb_xdp_rules");

	assert_non_null(each);
	assert_int_equal(bpf_map_lookup_elem(fd, &number, each), 0);
	for (int cpu = 0; cpu < cpus; cpu++) {
		sum.packets += each[cpu].packets;
		sum.bytes += each[cpu].bytes;
		sum.last = each[cpu].last > sum.last ? each[cpu].last : sum.last;
	}
	free(each);
	return sum;
}
