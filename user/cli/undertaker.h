/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removes the daemon's socket file when the daemon has ended, however it ended. The daemon cannot:
 * it is no longer root, and the folder is. A child without capabilities waits for the end of a
 * socket that only the daemon holds, and removes that one file, never one that a daemon started
 * since has put in its place.
 */
#pragma once

/*
 * Before any thread is made, and before the socket: the child is not to hold it. Returns a file
 * descriptor for the others, or -1: the file stays then, and the next start replaces it.
 */
int fb_undertaker_start(const char *path);

/* The socket is bound: this one is ours. */
void fb_undertaker_tell(int fd, const char *path);

/* Let it do its work now, and wait for it a little. */
void fb_undertaker_end(int fd);
