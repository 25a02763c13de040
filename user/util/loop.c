/* SPDX-License-Identifier: BSD-2-Clause */
/* The epoll loop: a short list of sources, each owning nothing but its registration. */
#include "util/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "util/cleanup.h"

#define SOURCES_MAX 32 /* a daemon has a handful: interfaces share one netlink socket */

struct source {
	int fd; /* -1: free */
	bool owned;
	fb_loop_fn fn;
	void *ctx;
	void (*signal_fn)(void *ctx, int signal);
};

struct fb_loop {
	int epoll_fd;
	bool stop;
	bool (*work)(void *ctx);
	void *work_ctx;
	struct source sources[SOURCES_MAX];
};

int fb_loop_new(struct fb_loop **ret_loop)
{
	_cleanup_free_ struct fb_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	for (unsigned int i = 0; i < SOURCES_MAX; i++)
		loop->sources[i].fd = -1;
	*ret_loop = TAKE_PTR(loop);
	return 0;
}

void fb_loop_free(struct fb_loop *loop)
{
	if (!loop)
		return;
	for (unsigned int i = 0; i < SOURCES_MAX; i++)
		if (loop->sources[i].fd >= 0 && loop->sources[i].owned)
			close(loop->sources[i].fd);
	close(loop->epoll_fd);
	free(loop);
}

static int add_source(struct fb_loop *loop, struct source source)
{
	for (unsigned int i = 0; i < SOURCES_MAX; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

		if (loop->sources[i].fd >= 0)
			continue;
		if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source.fd, &event) < 0)
			return -errno;
		loop->sources[i] = source;
		return 0;
	}
	return -ENOSPC;
}

int fb_loop_add(struct fb_loop *loop, int fd, fb_loop_fn fn, void *ctx)
{
	return add_source(loop, (struct source){.fd = fd, .fn = fn, .ctx = ctx});
}

int fb_loop_every(struct fb_loop *loop, unsigned int interval_ms, fb_loop_fn fn, void *ctx)
{
	const struct timespec interval = {
		.tv_sec = interval_ms / 1000,
		.tv_nsec = (long)(interval_ms % 1000) * 1000000,
	};
	const struct itimerspec spec = {.it_interval = interval, .it_value = interval};
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int r;

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL) < 0)
		return -errno;
	r = add_source(loop, (struct source){.fd = fd, .owned = true, .fn = fn, .ctx = ctx});
	if (r == 0)
		TAKE_FD(fd);
	return r;
}

void fb_loop_work(struct fb_loop *loop, bool (*fn)(void *ctx), void *ctx)
{
	loop->work = fn;
	loop->work_ctx = ctx;
}

int fb_loop_signals(struct fb_loop *loop, const int *signals, unsigned int n,
		    void (*fn)(void *ctx, int signal), void *ctx)
{
	_cleanup_close_ int fd = -1;
	sigset_t set;
	int r;

	sigemptyset(&set);
	for (unsigned int i = 0; i < n; i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = add_source(loop, (struct source){.fd = fd, .owned = true, .signal_fn = fn, .ctx = ctx});
	if (r == 0)
		TAKE_FD(fd);
	return r;
}

static int dispatch(struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;
	uint64_t expirations;

	if (source->signal_fn) {
		while (read(source->fd, &info, sizeof(info)) == sizeof(info))
			source->signal_fn(source->ctx, (int)info.ssi_signo);
		return 0;
	}
	/* A timer is drained here, so that its callback need not know what it is. */
	if (source->owned && read(source->fd, &expirations, sizeof(expirations)) < 0)
		return errno == EAGAIN ? 0 : -errno;
	return source->fn(source->ctx, events);
}

int fb_loop_run(struct fb_loop *loop)
{
	struct epoll_event events[SOURCES_MAX];
	bool more = false;

	loop->stop = false;
	while (!loop->stop) {
		int n = epoll_wait(loop->epoll_fd, events, SOURCES_MAX, more ? 0 : -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n && !loop->stop; i++) {
			struct source *source = &loop->sources[events[i].data.u32];
			int r = source->fd < 0 ? 0 : dispatch(source, events[i].events);

			if (r < 0)
				return r;
		}
		more = loop->work && !loop->stop && loop->work(loop->work_ctx);
	}
	return 0;
}

void fb_loop_stop(struct fb_loop *loop)
{
	loop->stop = true;
}
