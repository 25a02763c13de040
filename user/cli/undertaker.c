/* SPDX-License-Identifier: BSD-2-Clause */
/* The child: everything given up but the right of root's uid to change root's folders. */
#include "cli/undertaker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/scope.h"

#define PATIENCE_MS 300
#define LOOKS	    40
#define LOOK_US	    25000

/* A socket that nobody listens on: not that of a daemon which came after ours. */
static bool is_left_over(const char *path)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path) || lstat(path, &st) ||
	    !S_ISSOCK(st.st_mode))
		return false;
	memcpy(address.sun_path, path, strlen(path));
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) && errno == ECONNREFUSED;
}

static void give_up_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* Without the right to unlink the file simply stays: nothing to handle. */
	(void)!syscall(SYS_capset, &header, none);
}

static void close_others(int keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (keep > 3)
		syscall(SYS_close_range, 3, keep - 1, 0);
	syscall(SYS_close_range, keep + 1, ~0U, 0);
}

static void wait_and_bury(int end, const char *path)
{
	ssize_t n;
	char byte;

	/* Ctrl-C reaches the whole group of the terminal. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "flowbpf-socket");
	close_others(end);
	give_up_capabilities();
	while ((n = read(end, &byte, 1)) < 0 && errno == EINTR)
		;
	/* A process that is killed closes one thing after the other, the listener may come last. */
	for (int i = 0; n <= 0 && i < LOOKS && !is_left_over(path); i++)
		usleep(LOOK_US);
	if (is_left_over(path))
		unlink(path);
	_exit(0);
}

int fb_undertaker_start(const char *path)
{
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	/* Twice, so that it is nobody's zombie. */
	child = fork();
	if (!child) {
		close(ends[1]);
		if (!fork())
			wait_and_bury(ends[0], path);
		_exit(0);
	}
	close(ends[0]);
	if (child > 0)
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	return ends[1];
}

void fb_undertaker_end(int fd)
{
	struct pollfd gone = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return;
	/* A word before the end: everything of ours is closed. */
	if (write(fd, "", 1) == 1 && !shutdown(fd, SHUT_WR))
		poll(&gone, 1, PATIENCE_MS);
	close(fd);
}
