/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/watch.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_MS 1000

void fb_watch_add(struct fb_watch *watch, unsigned int every, fb_watch_fn look, void *ctx)
{
	watch->book[watch->n].look = look;
	watch->book[watch->n].every = every;
	watch->book[watch->n++].ctx = ctx;
}

static void *run(void *ctx)
{
	struct fb_watch *watch = ctx;
	struct pollfd stop = {.fd = watch->stop, .events = POLLIN};

	for (unsigned int s = 1; poll(&stop, 1, LOOK_MS) < 0 || !stop.revents; s++)
		for (unsigned int i = 0; i < watch->n; i++)
			if (s % watch->book[i].every == 0)
				watch->book[i].look(watch->book[i].ctx);
	return NULL;
}

int fb_watch_start(struct fb_watch *watch)
{
	int r;

	if (!watch->n)
		return 0;
	watch->stop = eventfd(0, EFD_CLOEXEC);
	if (watch->stop < 0)
		return -errno;
	r = -pthread_create(&watch->thread, NULL, run, watch);
	watch->started = r == 0;
	if (r < 0)
		close(watch->stop);
	return r;
}

void fb_watch_stop(struct fb_watch *watch)
{
	if (!watch->started)
		return;
	eventfd_write(watch->stop, 1);
	pthread_join(watch->thread, NULL);
	close(watch->stop);
	watch->started = false;
}
