/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/childproc.h"
#include "util/cleanup.h"
#include "util/users.h"

#define NO_COMMAND 127 /* as a shell says it */
#define FILES	   64
#define STRAYS	   4096

struct order {
	char *const *argv;
	uid_t uid;
	gid_t gid;
};

struct request {
	uint32_t number;
	char input[FB_RUNNER_INPUT];
};

struct reply {
	uint32_t number;
	int32_t status; /* 0 .. 255: what it exited with; -signal; -1000: it was killed for its time
			 */
};

#define TOO_LONG (-1000)

/* --- in its process: no memory is taken, no lock ---------------------------------------------- */

static int become(const struct order *order)
{
	const struct rlimit no_core = {0, 0}, files = {FILES, FILES};

	/* What a command leaves behind, in a session of its own even, comes to us. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_CHILD_SUBREAPER, 1) ||
	    chdir("/"))
		return -errno;
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) || setresgid(order->gid, order->gid, order->gid) ||
	     setresuid(order->uid, order->uid, order->uid)))
		return -errno;
	umask(077);
	if (setrlimit(RLIMIT_CORE, &no_core) || setrlimit(RLIMIT_NOFILE, &files))
		return -errno;
	return 0;
}

/* As it would be started by hand: the daemon ignores some signals, and that is inherited. */
static void run_command(const struct order *order, int input)
{
	char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
	sigset_t none;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int signum = 1; signum < NSIG; signum++)
		signal(signum, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(input, 0) == 0)
		execve(order->argv[0], order->argv, env);
	_exit(NO_COMMAND);
}

static pid_t any_child(void)
{
	_cleanup_close_ int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* What ran away from its group; the bound is for what forks faster than it is killed. */
static void end_strays(void)
{
	for (unsigned int i = 0; i < STRAYS; i++) {
		const pid_t stray = any_child();

		if (stray <= 0)
			return;
		kill(stray, SIGKILL);
		waitpid(stray, NULL, 0);
	}
}

static int32_t wait_for(pid_t child)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd ended = {.fd = fd, .events = POLLIN};
	const bool is_over = fd >= 0 && poll(&ended, 1, FB_RUNNER_SECONDS * 1000) == 1;
	int status = 0;

	/* Until it is waited for, its number is that of its group. */
	kill(-child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	end_strays();
	if (!is_over)
		return TOO_LONG;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int32_t run_once(const struct order *order, const char *input, size_t len)
{
	_cleanup_close_ int file = memfd_create("alert", MFD_CLOEXEC);
	pid_t child;

	if (file < 0 || write(file, input, len) != (ssize_t)len || lseek(file, 0, SEEK_SET) != 0)
		return NO_COMMAND;
	child = fork();
	if (!child)
		run_command(order, file);
	return child < 0 ? NO_COMMAND : wait_for(child);
}

static void serve(int end, const void *ctx)
{
	static struct request request;
	const struct order *order = ctx;
	struct reply reply = {.status = become(order)};
	ssize_t n = (ssize_t)sizeof(request.number);

	while (send(end, &reply, sizeof(reply), MSG_NOSIGNAL) == sizeof(reply) &&
	       (n = recv(end, &request, sizeof(request), 0)) >= (ssize_t)sizeof(request.number)) {
		reply.number = request.number;
		reply.status = run_once(order, request.input, (size_t)n - sizeof(request.number));
	}
}

/* --- in the daemon ---------------------------------------------------------------------------- */

static int check_file(const char *path, uid_t uid, struct fb_why *why)
{
	struct stat st;

	if (*path != '/')
		return fb_why_set(why, -EINVAL, "a command begins with its whole path");
	if (stat(path, &st))
		return fb_why_set(why, -errno, "%.200s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return fb_why_set(why, -EACCES, "%.200s is no program", path);
	if ((st.st_uid != 0 && st.st_uid != uid && st.st_uid != geteuid()) || st.st_mode & 022)
		return fb_why_set(why, -EPERM,
				  "%.200s may be written by others: chown root it, chmod go-w it",
				  path);
	return 0;
}

static int take_reply(int fd, uint32_t number, int32_t *ret_status)
{
	struct reply reply;
	ssize_t n;

	do
		n = recv(fd, &reply, sizeof(reply), 0);
	while ((n < 0 && errno == EINTR) || (n == sizeof(reply) && reply.number != number));
	if (n != sizeof(reply))
		return n < 0 ? -errno : -EPIPE;
	*ret_status = reply.status;
	return 0;
}

int fb_runner_start(char *const argv[], const char *user, struct fb_runner *ret_runner,
		    struct fb_why *why)
{
	const struct timeval patience = {.tv_sec = FB_RUNNER_SECONDS + 2};
	struct order order = {.argv = argv};
	int32_t status = 0;
	int r = fb_users_choose(user ? user : "nobody", &order.uid, &order.gid, why);

	if (r == 0)
		r = check_file(argv[0], order.uid, why);
	if (r < 0)
		return r;
	ret_runner->fd = fb_childproc_start("flowbpf-command", serve, &order);
	if (ret_runner->fd < 0)
		return fb_why_set(why, ret_runner->fd,
				  "a command can be added by a restart alone: the daemon has "
				  "given up the right to run one");
	setsockopt(ret_runner->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	r = take_reply(ret_runner->fd, 0, &status);
	r = r < 0 ? r : status;
	if (r == 0)
		return 0;
	fb_runner_stop(ret_runner);
	return fb_why_set(why, r, "its process cannot become that user: %s", strerror(-r));
}

static int tell_end(int32_t status, struct fb_why *why)
{
	if (status == 0)
		return 0;
	if (status == TOO_LONG)
		return fb_why_set(why, -ETIMEDOUT, "it did not end within %d s and was killed",
				  FB_RUNNER_SECONDS);
	if (status == NO_COMMAND)
		return fb_why_set(why, -ENOENT, "it cannot be run");
	return status > 0 ? fb_why_set(why, -EAGAIN, "it ended with %d", status)
			  : fb_why_set(why, -EAGAIN, "it ended by signal %d", -status);
}

int fb_runner_run(struct fb_runner *runner, const char *input, size_t len, struct fb_why *why)
{
	struct iovec parts[] = {{&runner->number, sizeof(runner->number)}, {(char *)input, len}};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	int32_t status = 0;
	int r = len <= FB_RUNNER_INPUT ? 0 : -EMSGSIZE;

	runner->number++;
	if (r == 0 && sendmsg(runner->fd, &message, MSG_NOSIGNAL) < 0)
		r = -errno;
	if (r == 0)
		r = take_reply(runner->fd, runner->number, &status);
	return r < 0 ? fb_why_set(why, r, "its process does not answer: %s", strerror(-r))
		     : tell_end(status, why);
}

void fb_runner_stop(struct fb_runner *runner)
{
	if (runner->fd >= 0)
		close(runner->fd);
	runner->fd = -1;
}
