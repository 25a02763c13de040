/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For LD_PRELOAD: a kernel that says no to bpf(2). BPF_REFUSE tells to what: "program" (its first
 * instruction reads a register that nobody wrote: the refusal is the verifier's own), "maps" (no
 * memory for large ones), "ring" (no ring buffers), "tcx" (no such links).
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define TCX_INGRESS  46
#define TCX_EGRESS   47
#define PROBES_BELOW 64 /* instructions: libbpf's own questions to the kernel are shorter */
#define MOST	     65536

static int wants(const char *what)
{
	const char *refuse = getenv("BPF_REFUSE");

	return refuse && strcmp(refuse, what) == 0;
}

static void spoil(union bpf_attr *attr)
{
	static struct bpf_insn spoiled[MOST];

	memcpy(spoiled, (const void *)(uintptr_t)attr->insns, attr->insn_cnt * sizeof(*spoiled));
	spoiled[0] = (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_DW, .src_reg = 9};
	attr->insns = (uintptr_t)spoiled;
}

static int refuse(long command, union bpf_attr *attr)
{
	if (command == BPF_PROG_LOAD && wants("program") && attr->insn_cnt > PROBES_BELOW &&
	    attr->insn_cnt <= MOST)
		spoil(attr);
	if (command == BPF_MAP_CREATE && wants("maps") && attr->max_entries > 512)
		return ENOMEM;
	if (command == BPF_MAP_CREATE && wants("ring") && attr->map_type == BPF_MAP_TYPE_RINGBUF)
		return EINVAL;
	if (command == BPF_LINK_CREATE && wants("tcx") &&
	    (attr->link_create.attach_type == TCX_INGRESS ||
	     attr->link_create.attach_type == TCX_EGRESS))
		return EINVAL;
	return 0;
}

long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!next)
		next = (long (*)(long number, ...))dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_bpf) {
		errno = refuse(a[0], (union bpf_attr *)a[1]);
		if (errno)
			return -1;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
