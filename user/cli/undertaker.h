/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removes the daemon's socket file when the daemon has ended, however it ended. The daemon cannot:
 * it is no longer root, and the folder is. A child without capabilities waits for the end of a
 * socket that only the daemon holds, and removes that one file, never one that a daemon started
 * since has put in its place.
 */
#pragma once

/*
 * For the socket that is ours at `path`, before any thread is made. Returns a file descriptor for
 * fb_undertaker_end, or -1: the file stays then, and the next start replaces it.
 */
int fb_undertaker_start(const char *path);

/* Let it do its work now, and wait for it a little. */
void fb_undertaker_end(int fd);
