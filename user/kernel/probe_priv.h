/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks behind probe.c's table. Each fills `probe`, whose name is set. Only probe*.c use this.
 */
#pragma once

#include "kernel/probe.h"

typedef void (*fb_probe_check_fn)(struct fb_probe *probe, const char *ifname);

/* Fill a probe; `value` may be formatted into it before, then NULL. */
void fb_probe_set(struct fb_probe *probe, enum fb_probe_state state, const char *value,
		  const char *sentence, const char *fix);

/* probe_bpf.c */
void fb_check_capabilities(struct fb_probe *probe, const char *ifname);
void fb_check_load(struct fb_probe *probe, const char *ifname);
void fb_check_tcx(struct fb_probe *probe, const char *ifname);
void fb_check_ringbuf(struct fb_probe *probe, const char *ifname);
void fb_check_mmap(struct fb_probe *probe, const char *ifname);
void fb_check_atomics(struct fb_probe *probe, const char *ifname);
void fb_check_jiffies(struct fb_probe *probe, const char *ifname);
void fb_check_test_run(struct fb_probe *probe, const char *ifname);

/* probe_system.c */
void fb_check_kernel(struct fb_probe *probe, const char *ifname);
void fb_check_btf(struct fb_probe *probe, const char *ifname);
void fb_check_bpffs(struct fb_probe *probe, const char *ifname);
void fb_check_memlock(struct fb_probe *probe, const char *ifname);
void fb_check_conntrack(struct fb_probe *probe, const char *ifname);
void fb_check_sysctl(struct fb_probe *probe, const char *ifname);
void fb_check_user(struct fb_probe *probe, const char *ifname);

/* probe_ways.c */
void fb_check_root(struct fb_probe *probe, const char *ifname);
void fb_check_setcap(struct fb_probe *probe, const char *ifname);
void fb_check_service(struct fb_probe *probe, const char *ifname);
void fb_check_container(struct fb_probe *probe, const char *ifname);

/* probe_owner.c */
void fb_check_owner(struct fb_probe *probe, const char *ifname);
void fb_check_older(struct fb_probe *probe, const char *ifname);

/* probe_limits.c */
void fb_check_limits(struct fb_probe *probe, const char *ifname);

/* probe_device.c; called with an interface only */
void fb_check_device(struct fb_probe *probe, const char *ifname);
void fb_check_attached(struct fb_probe *probe, const char *ifname);
void fb_check_offload(struct fb_probe *probe, const char *ifname);
