/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes that own sockets, for owner.sh. All addresses are IPv4.
 *
 *   sockets swarm N ADDR PORT FIRST   N processes that live for 5 ms, the i-th of local port FIRST
 * + i, every other by TCP; says "LOCAL-PORT PID" of each sockets one tcp|udp|connected ADDR PORT
 * LOCAL [stay] one of them; stay: until it is killed sockets serve tcp|udp PORT        takes what
 * comes, answers nothing, until it is killed sockets reuse ADDR PORT LOCAL NEXT   one that ends,
 * then `NEXT one tcp ADDR PORT LOCAL+1 stay` with the same pid, which is said sockets fork PORT
 * NEXT   a server that gives each connection to a child, which runs `NEXT hold` sockets prefork
 * PORT     a server whose child takes the connections; both say the child's pid
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 8

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int make(const char *proto, unsigned int port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, strcmp(proto, "tcp") ? SOCK_DGRAM : SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		die("bind");
	return fd;
}

/* Whoever listens there or not: a packet is sent. */
static void one(char **args)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(args[2]))};
	const struct timespec life = {.tv_nsec = 5000000};
	int fd = make(args[0], (unsigned int)atoi(args[3]));

	inet_pton(AF_INET, args[1], &to.sin_addr);
	if (strcmp(args[0], "udp") != 0)
		(void)!connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (!strcmp(args[0], "connected"))
		(void)!send(fd, "?", 1, 0);
	else if (!strcmp(args[0], "udp"))
		(void)!sendto(fd, "?", 1, 0, (struct sockaddr *)&to, sizeof(to));
	if (args[4])
		pause();
	else
		nanosleep(&life, NULL);
}

static void swarm(char **self, int n, char **args)
{
	int left = 0;

	for (int i = 0; i < n; i++) {
		char local[16];
		char *argv[] = {self[0], "one", i % 2 ? "udp" : "tcp", args[0], args[1],
				local,	 NULL};
		pid_t pid;

		snprintf(local, sizeof(local), "%d", atoi(args[2]) + i);
		if (left == AT_ONCE && wait(NULL) > 0)
			left--;
		pid = fork();
		if (pid < 0)
			die("fork");
		if (pid == 0) {
			execv(self[0], argv);
			_exit(1);
		}
		left++;
		printf("%s %d\n", local, (int)pid);
	}
	while (wait(NULL) > 0)
		;
}

static int listen_at(const char *port)
{
	int fd = make("tcp", (unsigned int)atoi(port));

	if (listen(fd, 16) < 0)
		die("listen");
	return fd;
}

static void serve(char **args)
{
	if (!strcmp(args[0], "tcp"))
		listen_at(args[1]);
	else
		make(args[0], (unsigned int)atoi(args[1]));
	pause();
}

static void say(pid_t pid)
{
	printf("%d\n", (int)pid);
	fflush(stdout);
}

static void serve_by_children(char **args)
{
	char *next[] = {args[1], "hold", NULL};
	int fd = listen_at(args[0]);

	for (;;) {
		int taken = accept(fd, NULL, NULL);
		pid_t pid = fork();

		if (pid == 0) {
			close(fd);
			execv(args[1], next);
			_exit(1);
		}
		close(taken);
		say(pid);
	}
}

static void serve_by_child(char **args)
{
	int fd = listen_at(args[0]);
	pid_t pid = fork();

	if (pid)
		say(pid);
	else
		while (accept(fd, NULL, NULL) >= 0)
			;
	pause();
}

static pid_t clone_as(pid_t pid)
{
	const pid_t wanted[1] = {pid};
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)wanted,
		.set_tid_size = 1,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static void reuse(char **self, char **args)
{
	char next_port[16], *first[] = {self[0], "one", "tcp", args[0], args[1], args[2], NULL};
	char *next[] = {args[3], "one", "tcp", args[0], args[1], next_port, "stay", NULL};
	pid_t pid = fork(), again;

	if (pid == 0) {
		execv(self[0], first);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	snprintf(next_port, sizeof(next_port), "%d", atoi(args[2]) + 1);
	again = clone_as(pid);
	if (again < 0)
		die("clone3");
	if (again == 0) {
		execv(args[3], next);
		_exit(1);
	}
	say(pid);
	waitpid(again, NULL, 0);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "swarm") && argc == 6)
		swarm(argv, atoi(argv[2]), argv + 3);
	else if (!strcmp(verb, "one") && (argc == 6 || argc == 7))
		one(argv + 2);
	else if (!strcmp(verb, "serve") && argc == 4)
		serve(argv + 2);
	else if (!strcmp(verb, "fork") && argc == 4)
		serve_by_children(argv + 2);
	else if (!strcmp(verb, "prefork") && argc == 3)
		serve_by_child(argv + 2);
	else if (!strcmp(verb, "hold") && argc == 2)
		pause();
	else if (!strcmp(verb, "reuse") && argc == 6)
		reuse(argv, argv + 2);
	else
		return 2;
	return 0;
}
