/* SPDX-License-Identifier: BSD-2-Clause */
/* freeze TID: one thread of a process stands still until this ends; its other threads go on. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const pid_t tid = argc > 1 ? atoi(argv[1]) : 0;

	if (tid <= 0 || ptrace(PTRACE_SEIZE, tid, 0L, 0L) < 0 ||
	    ptrace(PTRACE_INTERRUPT, tid, 0L, 0L) < 0 || waitpid(tid, NULL, __WALL) != tid) {
		perror("freeze");
		return 1;
	}
	pause();
	return 0;
}
