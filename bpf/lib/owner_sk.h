/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stamp that sockets carry: owner.bpf.c writes it, lib/owner.h reads it. What a socket accepts
 * has a copy.
 */
#pragma once

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <flowbpf/owner.h>

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct fb_stamp);
} fb_owner_sk SEC(".maps");
