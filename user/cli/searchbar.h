/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far a question to history is, while its answer is waited for: a bar on stderr where that is a
 * terminal, drawn by a thread that asks the daemon; nothing in a pipe.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct fb_searchbar {
	char name[20]; /* of the question: a parameter `search`; empty: nobody looks */
	const char *socket;
	pthread_t thread;
	bool started;
	atomic_bool over;
};

/* `bar` is zeroed. Where there is a terminal its name goes to the question. */
void fb_searchbar_begin(struct fb_searchbar *bar, const char *socket);
/* The line is empty again. */
void fb_searchbar_end(struct fb_searchbar *bar);
