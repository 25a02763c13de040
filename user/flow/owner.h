/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who on this host has the socket of a flow: a process, or the kernel itself. One record stands for
 * all flows of a process; it lives as long as a flow or a snapshot shows it. Written by table/
 * only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <flowbpf/owner.h>

#define FB_OWNER_TEXT	 256 /* bytes of a text, at most */
#define FB_OWNER_PARENTS 8

/* A process, and nobody who comes to have its number later. */
struct fb_owner_key {
	uint64_t began;	 /* ns CLOCK_BOOTTIME, as well as it is known; 0: gone when we looked */
	uint64_t cgroup; /* id (v2), as of its socket */
	uint32_t pid;	 /* 0: the kernel */
	uint32_t uid;
	char comm[FB_COMM_LEN]; /* what the task called itself that made the socket */
};

struct fb_owner {
	struct fb_owner_key key;
	uint32_t refs, number;
	/* Texts from strangers, in the same allocation; NULL: not known. */
	const char *process, *exe, *user, *unit, *container, *container_name;
	const char *parents; /* "name (pid)", each with its NUL, the nearest first; of that ... */
	size_t parents_len;  /* ... length together */
};

/* The value behind `last` (NULL: the first one); NULL when there is no more. */
static inline const char *fb_owner_next_parent(const struct fb_owner *owner, const char *last)
{
	const char *next = last ? last + strlen(last) + 1 : owner->parents;

	return next && next < owner->parents + owner->parents_len ? next : NULL;
}

struct fb_flow_at;

/*
 * The owner of a flow, NULL not known. What came in was looked up by its addresses, which a
 * translation may have changed after that: it counts once conntrack has had the time to say so, and
 * did not.
 */
const struct fb_owner *fb_flow_owner(const struct fb_flow_at *at);

/* "socket", "connect", ...; NULL for none, and for a value out of range. */
const char *fb_owner_by_name(unsigned int by);
