/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of this network namespace that wait for others, and who has them: read every two seconds
 * by the engine's thread, copied out for any other. Several of the same address and port are one.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/ownerbook.h"
#include "kernel/listeners.h"

#define FB_LISTENBOOK_MOST 1024 /* sockets; those beyond are counted */
#define FB_LISTENBOOK_TEXT 160	/* bytes of a text of its owner, at most */

struct fb_listenbook_entry {
	struct fb_listener listener; /* of several, queue and limit are sums */
	uint32_t sockets;
	uint64_t asked_ns; /* when its holder was asked for; 0: never */
	uint32_t pid;	   /* 0: not known */
	/* Empty: not known. */
	char process[FB_LISTENBOOK_TEXT], exe[FB_LISTENBOOK_TEXT], user[FB_LISTENBOOK_TEXT],
		unit[FB_LISTENBOOK_TEXT], container[FB_LISTENBOOK_TEXT],
		container_name[FB_LISTENBOOK_TEXT];
};

struct fb_listenbook_list {
	struct fb_listenbook_entry *entry;
	unsigned int n, left_out;
	int64_t read_ms; /* wall clock; 0: the kernel did not tell yet */
};

struct fb_listenbook {
	bool open;
	struct fb_listenbook_list fresh; /* the engine's thread's; room for all, like ... */
	uint64_t next_ns;

	pthread_mutex_t lock;		 /* protects the rest */
	struct fb_listenbook_list shown; /* ... this */
};

/* 0 or -ENOMEM; to be closed in any case. */
int fb_listenbook_open(struct fb_listenbook *book);
/* A zeroed book is fine. */
void fb_listenbook_close(struct fb_listenbook *book);

/* Before the owners' own tick. `now_ns`: CLOCK_BOOTTIME. */
void fb_listenbook_tick(struct fb_listenbook *book, struct fb_ownerbook *owners, uint64_t now_ns,
			int64_t wall_ms);

/* A copy, whose entries the caller frees: 0 or -ENOMEM. Any thread. */
int fb_listenbook_read(struct fb_listenbook *book, struct fb_listenbook_list *ret_list);
