/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/* Bytes of the kernel's memory a flow that may be tracked, as the kernel accounts for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/bpf.h"
#include "kernel/maps.h"

#define FEW  65536u
#define MANY 262144u

static uint64_t memory_of(const struct fb_bpf *bpf, enum fb_map map)
{
	static const char name[] = "memlock:";
	uint64_t bytes = 0;
	char path[64], line[128];
	bool told = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fb_bpf_map_fd(bpf, map));
	file = fopen(path, "r");
	assert_non_null(file);
	while (!told && fgets(line, sizeof(line), file)) {
		told = !strncmp(line, name, sizeof(name) - 1);
		if (told)
			bytes = strtoull(line + sizeof(name) - 1, NULL, 10);
	}
	fclose(file);
	assert_true(told);
	assert_true(bytes > 0 || map == FB_MAP_NETS); /* a trie without entries takes nothing */
	return bytes;
}

static void measure(uint32_t max_flows, uint64_t bytes[FB_MAP_COUNT])
{
	const struct fb_bpf_opts opts = {
		.knobs = {.max_flows = max_flows, .inspect = 1, .quality = 1}};
	struct fb_bpf *bpf;
	struct fb_why why;

	assert_int_equal(fb_bpf_new(&opts, &bpf, &why), 0);
	for (int map = 0; map < FB_MAP_COUNT; map++)
		bytes[map] = memory_of(bpf, (enum fb_map)map);
	fb_bpf_free(bpf);
}

static void bytes_a_row(void **state)
{
	uint64_t few[FB_MAP_COUNT], many[FB_MAP_COUNT];
	double all = 0, sides = 0, quality = 0;

	(void)state;
	measure(FEW, few);
	measure(MANY, many);
	for (int map = 0; map < FB_MAP_COUNT; map++) {
		const double more = (double)(many[map] - few[map]) / (MANY - FEW);

		all += more;
		sides += map == FB_MAP_SIDES ? more : 0;
		quality += map == FB_MAP_QUALITY ? more : 0;
	}
	all += (double)(fb_hint_sets(MANY) - fb_hint_sets(FEW)) * FB_HINT_WAYS * sizeof(uint32_t) /
	       (MANY - FEW);
	print_message("# %.0f bytes a row, %.0f of them beside it, %.0f quality\n", all, sides,
		      quality);
	assert_true(sides <= 64.5 && quality <= 64.5);
	assert_true(all - sides - quality <= 380);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
