/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An epoll loop of one thread: sources are file descriptors with a callback, ticked by a timer and
 * ended by fb_loop_stop. All calls but fb_loop_stop belong to the thread that runs it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fb_loop;

/* Return 0 to go on; a negative value ends fb_loop_run with it. */
typedef int (*fb_loop_fn)(void *ctx, uint32_t epoll_events);

int fb_loop_new(struct fb_loop **ret_loop);
void fb_loop_free(struct fb_loop *loop);

/* Call `fn` when `fd` is readable; it stays the caller's, and open as long as the loop. */
int fb_loop_add(struct fb_loop *loop, int fd, fb_loop_fn fn, void *ctx);

/* Call `fn` every `interval_ms`; ticks that were missed are one call. */
int fb_loop_every(struct fb_loop *loop, unsigned int interval_ms, fb_loop_fn fn, void *ctx);

/*
 * What need not be done at once: a piece of it by each call of `fn`, which says whether there is
 * more. It is called when all sources that were ready had their turn, before the loop waits.
 */
void fb_loop_work(struct fb_loop *loop, bool (*fn)(void *ctx), void *ctx);

/* Call `fn` for each of the signals, which are blocked in this thread and its children. */
int fb_loop_signals(struct fb_loop *loop, const int *signals, unsigned int n,
		    void (*fn)(void *ctx, int signal), void *ctx);

/* Run until fb_loop_stop (returns 0) or a callback fails (returns its value). */
int fb_loop_run(struct fb_loop *loop);

/* End fb_loop_run after the callback that is running; from the loop's thread. */
void fb_loop_stop(struct fb_loop *loop);
