/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of system calls that the daemon may make once it runs. Only privs.c uses this. */
#pragma once

/*
 * From now on, for this thread and those it starts: any other call fails with EPERM, one through
 * another architecture's entry ends the process. Needs NO_NEW_PRIVS. -EINVAL: no seccomp here.
 */
int fb_seccomp_start(void);
