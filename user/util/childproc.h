/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process beside the daemon, for what the daemon cannot do once it has given up its rights. It
 * lives until the daemon's end of a socket is closed, however that happens.
 */
#pragma once

/*
 * Before any thread is made. The process has `end`, no other descriptor (the first three are
 * /dev/null), no terminal's signals, and ends when `run` returns; it is nobody's zombie. Returns
 * the other end, SOCK_SEQPACKET, owned, or -errno.
 */
int fb_childproc_start(const char *name, void (*run)(int end, const void *ctx), const void *ctx);

/*
 * For the process: it keeps its uid, and nothing that is more than that. What it may not do then,
 * it leaves undone.
 */
void fb_childproc_give_up(void);
