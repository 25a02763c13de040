/* SPDX-License-Identifier: BSD-2-Clause */
// timeout: 300
/*
 * What the verifier makes of the kernel half: as clang 14 and clang 19 build it, with knobs on and
 * off, every program loads, costs the verifier under a quarter of what it allows, and counts.
 * FLOWBPF_OBJECTS names objects to take instead (the virtual machine can build none), FLOWBPF_MODES
 * how many of the first settings of knobs are tried (it is slow).
 */
#include <stdlib.h>
#include <unistd.h>

#include "bpf/dp.h"

#define ALLOWED 1000000 /* instructions, for a privileged loader: BPF_COMPLEXITY_LIMIT_INSNS */

static const struct {
	const char *name;
	struct fb_knobs knobs;
} modes[] = {
	{"attach", {.inspect = 1, .owner = 1, .quality = 1}},
	{"attach, floods", {.inspect = 1, .owner = 1, .quality = 1, .flood_rate = 100}},
	{"attach, no owners", {.inspect = 1, .quality = 1}},
	{"attach, no quality", {.inspect = 1, .owner = 1}},
	{"attach, no names", {.quality = 1}},
	{"decap", {.inspect = 1, .quality = 1, .decap = 1}},
	{"replay", {.inspect = 1, .quality = 1, .replay = 1}},
	{"replay, decap", {.inspect = 1, .quality = 1, .replay = 1, .decap = 1}},
};

static uint32_t cost(int prog)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(prog, &info, &len), 0);
	assert_int_not_equal(info.verified_insns, 0); /* Linux 5.16 tells it */
	return info.verified_insns;
}

static void counts(struct dp *dp)
{
	for (int six = 0; six < 2; six++) {
		struct pkt p = {};

		pkt_eth(&p, six ? 0x86dd : 0x0800);
		if (six)
			pkt_ip6(&p, "2001:db8::1", "2001:db8::9", 6);
		else
			pkt_ip4(&p, "10.0.0.1", "10.9.9.9", 6);
		pkt_tcp(&p, 4000, 443, PKT_TCP_ACK, 1, 1);
		pkt_fill(&p, 100);
		pkt_end(&p);
		dp_send(dp, six, &p);
	}
	dp_counted(dp, "10.0.0.1", "10.9.9.9", 4000, 443, 6, 1, 140);
	dp_counted(dp, "2001:db8::1", "2001:db8::9", 4000, 443, 6, 1, 160);
	dp_conserves(dp);
}

static void verify(const char *object)
{
	const char *most = getenv("FLOWBPF_MODES");
	const size_t n = most ? (size_t)atoi(most) : sizeof(modes) / sizeof(*modes);

	assert_in_range(n, 1, sizeof(modes) / sizeof(*modes));
	setenv("FLOWBPF_OBJECT", object, 1);
	for (size_t i = 0; i < n; i++) {
		uint32_t in, out, clock, batch;
		struct dp dp;

		dp_open(&dp, modes[i].knobs, 0);
		in = cost(dp.prog[0]);
		out = cost(dp.prog[1]);
		clock = cost(dp.clock);
		batch = cost(dp_prog(&dp, "flowbpf_batch"));
		print_message("# %s, %s: ingress %u, egress %u, clock %u, batch %u of %d "
			      "instructions\n",
			      object, modes[i].name, in, out, clock, batch, ALLOWED);
		assert_true(in < ALLOWED / 4 && out < ALLOWED / 4 && clock < ALLOWED / 4 &&
			    batch < ALLOWED / 4);
		counts(&dp);
		dp_close(&dp);
	}
	unsetenv("FLOWBPF_OBJECT");
}

/* As the Makefile builds it, with another compiler. */
static void built_by(const char *compiler)
{
	const char *out = getenv("O") ? getenv("O") : "build";
	char object[512], command[2048];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", compiler);
	if (getenv("FLOWBPF_OBJECTS") || system(command))
		skip();
	snprintf(object, sizeof(object), "%s/tests/bpf/%s.bpf.o", out, compiler);
	snprintf(
		command, sizeof(command),
		"%s -O2 -g -fno-strict-aliasing -target bpf -mcpu=v3 -std=gnu11 -Iinclude -Ibpf -Ivmlinux -Wall -Wextra "
		"-Werror -Wno-unused-parameter -c -o %s bpf/flowbpf.bpf.c && llvm-strip -g %s",
		compiler, object, object);
	assert_int_equal(system(command), 0);
	verify(object);
}

static void clang_14(void **state)
{
	(void)state;
	built_by("clang-14");
}

static void clang_19(void **state)
{
	(void)state;
	built_by("clang-19");
}

/* The one that the daemon carries, or those that the caller names. */
static void as_built(void **state)
{
	char objects[1024], *object, *rest = NULL;

	(void)state;
	snprintf(objects, sizeof(objects), "%s",
		 getenv("FLOWBPF_OBJECTS") ? getenv("FLOWBPF_OBJECTS") : "build/flowbpf.bpf.o");
	for (object = strtok_r(objects, " ", &rest); object; object = strtok_r(NULL, " ", &rest))
		verify(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_built),
		cmocka_unit_test(clang_14),
		cmocka_unit_test(clang_19),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
