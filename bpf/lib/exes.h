/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that processes run, those asked for last. */
#pragma once

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <flowbpf/owner.h>

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FB_EXES);
	__type(key, struct fb_exe_key);
	__type(value, struct fb_exe);
} fb_exes SEC(".maps");
