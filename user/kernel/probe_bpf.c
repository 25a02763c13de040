/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of the BPF half: each loads, makes or attaches a little thing and lets it go again. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/attach.h"
#include "kernel/privs.h"
#include "kernel/probe_priv.h"
#include "util/cleanup.h"

#define MOV_IMM(dst, value)                                                                        \
	((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (dst), .imm = (value)})
#define EXIT ((struct bpf_insn){.code = BPF_JMP | BPF_EXIT})

static int load(const struct bpf_insn *insns, size_t n)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "flowbpf_probe", "Dual BSD/GPL", insns, n,
			       NULL);

	return fd < 0 ? -errno : fd;
}

/* "Go on": a program that does nothing, wherever it is attached. */
static int load_pass(void)
{
	const struct bpf_insn pass[] = {MOV_IMM(BPF_REG_0, -1), EXIT};

	return load(pass, 2);
}

/* Without permission nothing is known of the kernel, so nothing is said of it. */
static void set_error(struct fb_probe *probe, int r, const char *sentence)
{
	if (r == -EPERM)
		fb_probe_set(probe, FB_PROBE_BAD, "not permitted",
			     "not to be found out without CAP_BPF", "sudo flowbpf doctor");
	else
		fb_probe_set(probe, FB_PROBE_BAD, strerror(-r), sentence, "");
}

void fb_check_capabilities(struct fb_probe *probe, const char *ifname)
{
	struct fb_why why = {0};

	(void)ifname;
	if (fb_privs_check(&why) == 0)
		fb_probe_set(probe, FB_PROBE_OK, "BPF, PERFMON, NET_ADMIN",
			     "enough to load and attach; root is given up afterwards", "");
	else
		fb_probe_set(probe, FB_PROBE_BAD, "missing", why.text, "sudo flowbpf doctor");
}

void fb_check_load(struct fb_probe *probe, const char *ifname)
{
	_cleanup_close_ int fd = load_pass();

	(void)ifname;
	if (fd >= 0)
		fb_probe_set(probe, FB_PROBE_OK, "load", "the kernel takes TC programs", "");
	else if (fd == -EPERM)
		fb_probe_set(probe, FB_PROBE_BAD, "not permitted",
			     "loading BPF programs takes CAP_BPF, and a kernel that is not locked "
			     "down",
			     "sudo flowbpf doctor");
	else
		set_error(probe, fd, "the kernel does not load TC programs (CONFIG_NET_CLS_BPF)");
}

void fb_check_tcx(struct fb_probe *probe, const char *ifname)
{
	_cleanup_close_ int prog = load_pass();
	_cleanup_close_ int link = -1;

	(void)ifname;
	if (prog < 0) {
		set_error(probe, prog, "not to be found out without loading a program");
		return;
	}
	link = bpf_link_create(prog, (int)if_nametoindex("lo"), (enum bpf_attach_type)46, NULL);
	if (link >= 0)
		fb_probe_set(probe, FB_PROBE_OK, "works", "programs go with the process, always",
			     "");
	else
		fb_probe_set(probe, FB_PROBE_WARN, "absent",
			     "clsact filters are used instead; what a kill -9 leaves, the next "
			     "start or `flowbpf detach` removes",
			     "");
}

static void check_map(struct fb_probe *probe, int fd, const char *good, const char *bad)
{
	if (fd >= 0)
		fb_probe_set(probe, FB_PROBE_OK, "works", good, "");
	else
		set_error(probe, -errno, bad);
}

void fb_check_ringbuf(struct fb_probe *probe, const char *ifname)
{
	const unsigned int page = (unsigned int)sysconf(_SC_PAGESIZE);
	_cleanup_close_ int fd =
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, "flowbpf_probe", 0, 0, page, NULL);

	(void)ifname;
	check_map(probe, fd, "first bytes of connections reach the name readers",
		  "flowbpf needs the BPF ring buffer: Linux 5.8 or newer");
}

void fb_check_mmap(struct fb_probe *probe, const char *ifname)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	_cleanup_close_ int fd =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "flowbpf_probe", 4, 128, 1024, &opts);

	(void)ifname;
	check_map(probe, fd, "counters are read as memory, without a system call",
		  "flowbpf needs BPF arrays that can be mapped: Linux 5.5 or newer");
}

void fb_check_atomics(struct fb_probe *probe, const char *ifname)
{
	/* r0 = fetch_add(stack, 1) */
	const struct bpf_insn insns[] = {
		MOV_IMM(BPF_REG_0, 1),
		{.code = BPF_STX | BPF_MEM | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8,
		 .imm = BPF_ADD | BPF_FETCH},
		MOV_IMM(BPF_REG_0, -1),
		EXIT,
	};
	_cleanup_close_ int fd = load(insns, sizeof(insns) / sizeof(insns[0]));

	(void)ifname;
	if (fd >= 0)
		fb_probe_set(probe, FB_PROBE_OK, "fetch and add", "counts of all CPUs are exact",
			     "");
	else
		set_error(probe, fd, "flowbpf needs BPF atomics that fetch: Linux 5.12 or newer");
}

void fb_check_jiffies(struct fb_probe *probe, const char *ifname)
{
	int r = libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_jiffies64, NULL);

	(void)ifname;
	if (r == 1)
		fb_probe_set(probe, FB_PROBE_OK, "works", "the time of a packet costs nothing", "");
	else
		set_error(probe, r < 0 ? r : -ENOTSUP,
			  "flowbpf needs the helper bpf_jiffies64: Linux 5.6 or newer");
}

void fb_check_test_run(struct fb_probe *probe, const char *ifname)
{
	static const unsigned char frame[64];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));
	_cleanup_close_ int prog = load_pass();

	(void)ifname;
	if (prog >= 0 && bpf_prog_test_run_opts(prog, &run) == 0)
		fb_probe_set(probe, FB_PROBE_OK, "work", "captures can be replayed", "");
	else
		set_error(probe, prog < 0 ? prog : -errno,
			  "neither the clock nor replays work without BPF_PROG_TEST_RUN");
}
