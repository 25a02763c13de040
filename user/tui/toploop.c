/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys, answers, seconds and signals, whichever comes first; see top.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cli/verb.h"
#include "tui/top.h"
#include "util/cleanup.h"

enum { KEYS, ANSWERS, SECONDS, SIGNALS, SOURCES };

static int open_signals(void)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int open_timer(void)
{
	const struct itimerspec second = {.it_interval.tv_sec = 1, .it_value.tv_nsec = 1};
	const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0)
		timerfd_settime(fd, 0, &second, NULL);
	return fd;
}

/* Another size, or the end. */
static void take_signals(struct fb_top *top, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH) {
			top->quit = true;
			continue;
		}
		fb_screen_resize();
		memset(top->widths, 0, sizeof(top->widths));
	}
}

static bool empty(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

/* A filter that is wrong is mended where it was typed. */
static void ask_again(struct fb_top *top)
{
	if (!*top->wrong.text || top->mode != FB_TOP_TABLE)
		return;
	fb_prompt_set(&top->prompt, top->filter);
	top->mode = FB_TOP_TYPING;
}

static void step(struct fb_top *top, struct pollfd *sources)
{
	struct fb_screen_event event;

	if (sources[SIGNALS].revents)
		take_signals(top, sources[SIGNALS].fd);
	if (sources[KEYS].revents & ~POLLIN)
		top->quit = true; /* the terminal is gone */
	while (!top->quit && fb_screen_event(&event))
		fb_top_event(top, &event);
	if (sources[SECONDS].revents && empty(sources[SECONDS].fd))
		fb_top_tick(top);
	if (sources[ANSWERS].revents && empty(sources[ANSWERS].fd))
		fb_top_take(top);
	ask_again(top);
}

int fb_top_loop(struct fb_top *top)
{
	_cleanup_close_ int signals = open_signals(), timer = open_timer();
	struct pollfd sources[SOURCES] = {
		[KEYS] = {STDIN_FILENO, POLLIN, 0},
		[ANSWERS] = {fb_asker_fd(top->asker), POLLIN, 0},
		[SECONDS] = {timer, POLLIN, 0},
		[SIGNALS] = {signals, POLLIN, 0},
	};

	if (signals < 0 || timer < 0)
		return -errno;
	while (!top->quit) {
		if (poll(sources, SOURCES, -1) < 0 && errno != EINTR)
			return -errno;
		step(top, sources);
		if (!top->quit)
			fb_top_draw(top);
	}
	return 0;
}
