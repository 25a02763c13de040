/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of checks, in the order in which a reader wants to know. */
#include "kernel/probe.h"

#include <stdbool.h>
#include <stdio.h>

#include "kernel/capture.h"
#include "kernel/probe_priv.h"

static const struct {
	const char *name;
	fb_probe_check_fn check;
	bool device; /* of one interface */
} checks[] = {
	{"kernel", fb_check_kernel, false},
	{"capabilities", fb_check_capabilities, false},
	{"user", fb_check_user, false},
	{"way: root", fb_check_root, false},
	{"way: setcap", fb_check_setcap, false},
	{"way: service", fb_check_service, false},
	{"way: container", fb_check_container, false},
	{"BPF programs", fb_check_load, false},
	{"BPF JIT", fb_check_sysctl, false},
	{"TCX", fb_check_tcx, false},
	{"ring buffer", fb_check_ringbuf, false},
	{"mapped arrays", fb_check_mmap, false},
	{"atomics", fb_check_atomics, false},
	{"jiffies clock", fb_check_jiffies, false},
	{"test runs", fb_check_test_run, false},
	{"kernel BTF", fb_check_btf, false},
	{"BPF file system", fb_check_bpffs, false},
	{"locked memory", fb_check_memlock, false},
	{"unprivileged BPF", fb_check_sysctl, false},
	{"BPF statistics", fb_check_sysctl, false},
	{"owners", fb_check_owner, false},
	{"owners before us", fb_check_older, false},
	{"conntrack", fb_check_conntrack, false},
	{"conntrack events", fb_check_sysctl, false},
	{"conntrack times", fb_check_sysctl, false},
	{"conntrack counters", fb_check_sysctl, false},
	{"limits", fb_check_limits, false},
	{"interface", fb_check_device, true},
	{"attached", fb_check_attached, true},
	{"GRO", fb_check_offload, true},
	{"GSO", fb_check_offload, true},
	{"TSO", fb_check_offload, true},
	{"LRO", fb_check_offload, true},
};

const char *fb_probe_state_name(enum fb_probe_state state)
{
	static const char *const names[] = {"ok", "warn", "bad", "info"};

	return names[state];
}

void fb_probe_set(struct fb_probe *probe, enum fb_probe_state state, const char *value,
		  const char *sentence, const char *fix)
{
	probe->state = state;
	if (value)
		snprintf(probe->value, sizeof(probe->value), "%s", value);
	snprintf(probe->sentence, sizeof(probe->sentence), "%s", sentence);
	snprintf(probe->fix, sizeof(probe->fix), "%s", fix);
}

int fb_probe_run(const char *ifname, fb_probe_fn fn, void *ctx)
{
	int bad = 0;

	fb_capture_start();
	for (unsigned int i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct fb_probe probe = {.name = checks[i].name};

		if (checks[i].device && !ifname)
			continue;
		checks[i].check(&probe, ifname);
		bad += probe.state == FB_PROBE_BAD;
		fn(ctx, &probe);
	}
	fb_capture_stop();
	return bad;
}
