/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of attaching share: a network and mount namespace of this process, a veth pair in
 * it, the programs loaded, and looks at what the kernel has.
 */
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "kernel/attach.h"
#include "kernel/lock.h"
#include "kernel/pin.h"

#include <flowbpf/limits.h>

#define TCX_INGRESS 46
#define TCX_EGRESS  47
#ifndef PIN_MOUNT
#define PIN_MOUNT "/tmp/flowbpf-attach-test"
#endif
#define PIN_DIR PIN_MOUNT "/pin"

__attribute__((unused)) static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

__attribute__((unused)) static struct fb_bpf *load_sized(uint32_t max_flows, const char *pin)
{
	const struct fb_bpf_opts opts = {
		.knobs = {.max_flows = max_flows,
			  .inspect = 1,
			  .sample_packets = 8,
			  .sample_bytes = 2048},
		.pin = pin,
	};
	struct fb_bpf *bpf = NULL;
	struct fb_why why = {0};
	int r = fb_bpf_new(&opts, &bpf, &why);

	if (r < 0)
		fail_msg("load: %d %s", r, why.text);
	return bpf;
}

__attribute__((unused)) static struct fb_bpf *load(void)
{
	return load_sized(1024, NULL);
}

__attribute__((unused)) static void start(struct fb_attach *attach, struct fb_bpf *bpf,
					  const char *name)
{
	struct fb_why why = {0};
	int r = fb_attach_start(attach, bpf, if_nametoindex(name), 1, &why);

	if (r < 0)
		fail_msg("attach: %d %s", r, why.text);
}

/* Kernels before 6.6 have no TCX: there clsact is what a start takes. */
__attribute__((unused)) static bool kernel_has_tcx(void)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "pass", "GPL", pass, 2, NULL);
	int link = bpf_link_create(prog, (int)if_nametoindex("lo"),
				   (enum bpf_attach_type)TCX_INGRESS, NULL);

	assert_true(prog >= 0);
	close(prog);
	if (link >= 0)
		close(link);
	return link >= 0;
}

__attribute__((unused)) static unsigned int tcx_programs(const char *name, int type)
{
	__u32 ids[16], count = 16;

	if (bpf_prog_query((int)if_nametoindex(name), (enum bpf_attach_type)type, 0, NULL, ids,
			   &count) < 0)
		return 0;
	return count;
}

/* Lines of a command's output. */
__attribute__((unused)) static unsigned int lines(const char *command)
{
	FILE *out = popen(command, "r");
	unsigned int n = 0;

	assert_non_null(out);
	for (int c = fgetc(out); c != EOF; c = fgetc(out))
		n += c == '\n';
	pclose(out);
	return n;
}

__attribute__((unused)) static uint64_t seen(const struct fb_bpf *bpf, enum fb_hook hook)
{
	struct fb_stats stats;

	assert_int_equal(fb_bpf_stats(bpf, 1, hook, &stats), 0);
	return stats.packets[FB_STAT_seen];
}

/* Programs of ours on a hook of an interface, by whatever means. */
__attribute__((unused)) static unsigned int our_programs(const char *name, const char *hook)
{
	const bool ingress = strcmp(hook, "ingress") == 0;
	char command[128];

	snprintf(command, sizeof(command), "tc filter show dev %s %s | grep 'flowbpf_%s '", name,
		 hook, hook);
	return tcx_programs(name, ingress ? TCX_INGRESS : TCX_EGRESS) + lines(command);
}

/* Three frames out of va: they are egress there and ingress on vb. */
__attribute__((unused)) static void send_packets(void)
{
	run("ping -q -c 3 -i 0.01 -W 1 -I va 192.0.2.9 >/dev/null 2>&1 || true");
}

__attribute__((unused)) static int make_links(void **state)
{
	(void)state;
	run("ip link add va type veth peer name vb && ip addr add 192.0.2.1/24 dev va &&"
	    " ip link set va up && ip link set vb up &&"
	    " ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev va nud permanent");
	return 0;
}

__attribute__((unused)) static int remove_links(void **state)
{
	(void)state;
	fb_attach_force_clsact(false);
	/* What a failed test of pinning left would fail the next. */
	fb_pin_remove(PIN_DIR, NULL);
	return system("ip link del va 2>/dev/null || true") == -1;
}

__attribute__((unused)) static int enter(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	mkdir(PIN_MOUNT, 0700);
	if (mount("bpffs", PIN_MOUNT, "bpf", 0, NULL) < 0)
		return -1;
	return system("ip link set lo up");
}

__attribute__((unused)) static int leave(void **state)
{
	(void)state;
	umount(PIN_MOUNT);
	return rmdir(PIN_MOUNT);
}
