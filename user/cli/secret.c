/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/verb.h"
#include "util/cleanup.h"

#define CTRL_C 3

/* `mask`: with these signals alone held back; NULL: no other ones are. */
static ssize_t read_byte(int fd, const sigset_t *mask, char *to)
{
	struct pollfd poll = {.fd = fd, .events = POLLIN};

	return mask && ppoll(&poll, 1, NULL, mask) < 0 ? -1 : read(fd, to, 1);
}

/* Byte by byte: what is behind the line stays for others. What stands behind a NUL would be none of
 * it. 0, -ENODATA, -E2BIG, -EINTR, -EILSEQ, -errno. */
static int read_line(int fd, const sigset_t *mask, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;
	char c;

	while ((n = read_byte(fd, mask, &c)) == 1 && c != '\n') {
		if (c == CTRL_C)
			return -EINTR;
		if (!c)
			return -EILSEQ;
		if (len + 1 == size)
			return -E2BIG;
		buf[len++] = c;
	}
	buf[len] = '\0';
	if (n < 0)
		return -errno;
	return n == 0 && len == 0 ? -ENODATA : 0;
}

/* Signals that would end the program end the line: the terminal shows again what is typed. They
 * come while it is waited for, and at no other moment. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

struct held {
	sigset_t mask;
	struct sigaction actions[N_SIGNALS];
};

static void interrupt(int number)
{
	(void)number; /* ppoll() returns */
}

static void hold(struct held *before)
{
	const struct sigaction action = {.sa_handler = interrupt};
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaddset(&mask, signals[i]);
	sigprocmask(SIG_BLOCK, &mask, &before->mask);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &action, &before->actions[i]);
}

static void let_go(const struct held *before)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &before->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* So does Ctrl-C, as a letter. */
static int ask(int tty, const char *prompt, const char *what, char *buf, size_t size)
{
	struct termios seen, unseen;
	struct held before;
	int r;

	if (tcgetattr(tty, &seen) < 0)
		return -errno;
	unseen = seen;
	unseen.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	unseen.c_lflag |= ICANON;
	unseen.c_cc[VEOL] = CTRL_C;
	hold(&before);
	if (tcsetattr(tty, TCSAFLUSH, &unseen) < 0) {
		r = -errno;
		let_go(&before);
		return r;
	}
	dprintf(tty, "%s%s: ", prompt, what);
	r = read_line(tty, &before.mask, buf, size);
	tcsetattr(tty, TCSAFLUSH, &seen);
	let_go(&before);
	dprintf(tty, "\n");
	return r;
}

static int ask_twice(int tty, const char *what, char *buf, size_t size)
{
	char again[256];
	int r = ask(tty, "Password for ", what, buf, size);

	if (r == 0)
		r = ask(tty, "The same again, for ", what, again, sizeof(again));
	if (r == 0 && strcmp(buf, again) != 0)
		r = -EKEYREJECTED;
	explicit_bzero(again, sizeof(again));
	return r;
}

static int say(int r, const char *where)
{
	switch (r) {
	case 0:
		return FB_EXIT_DONE;
	case -EINTR:
		return fb_fail(FB_EXIT_FAILED, "nothing was changed");
	case -EKEYREJECTED:
		return fb_fail(FB_EXIT_FAILED, "these are two passwords: nothing was changed");
	case -ENODATA:
		return fb_fail(FB_EXIT_FAILED, "%s: there is no password", where);
	case -EILSEQ:
		return fb_fail(FB_EXIT_FAILED, "%s: it is no text", where);
	case -E2BIG:
		return fb_fail(FB_EXIT_FAILED, "%s: the line is too long for a password", where);
	default:
		return fb_fail(FB_EXIT_FAILED, "%s: %s", where, strerror(-r));
	}
}

int fb_secret_read(const char *file, const char *what, char *buf, size_t size)
{
	_cleanup_close_ int fd = -1;

	if (!file && isatty(STDIN_FILENO)) {
		fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
		return say(fd < 0 ? -errno : ask_twice(fd, what, buf, size), "the terminal");
	}
	if (!file || !strcmp(file, "-"))
		return say(read_line(STDIN_FILENO, NULL, buf, size), "standard input");
	fd = open(file, O_RDONLY | O_CLOEXEC);
	return say(fd < 0 ? -errno : read_line(fd, NULL, buf, size), file);
}
