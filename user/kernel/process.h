/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc tells of a process. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flowbpf/owner.h>

#define FB_EXE_TEXT    256
#define FB_CGROUP_TEXT 512

struct fb_process {
	uint32_t pid, parent;
	uint64_t began; /* ticks of FB_PROCESS_TICK_NS since boot (CLOCK_BOOTTIME) */
	char comm[FB_COMM_LEN];
};

/* 100 a second, on every architecture that Linux has. */
#define FB_PROCESS_TICK_NS 10000000ull

/* 0, or -errno: it is gone (-ENOENT), or hidden. */
int fb_process_read(uint32_t pid, struct fb_process *ret_process);

/* The file that it runs; false: not to be seen without CAP_SYS_PTRACE, or it runs none. */
bool fb_process_exe(uint32_t pid, char exe[static FB_EXE_TEXT]);

/* Where systemd's own hierarchy (v1), or else v2, has it; false: not known. */
bool fb_process_cgroup(uint32_t pid, char path[static FB_CGROUP_TEXT]);

/*
 * Does it, or a process that it began and that is called as it is, run something of another name?
 * So does a server of logins once somebody is in.
 */
bool fb_process_serves(uint32_t pid);

/* The effective user; false: not known. */
bool fb_process_uid(uint32_t pid, uint32_t *ret_uid);
