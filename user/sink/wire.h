/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an exporter's messages go: a file, a socket of this machine, a collector. Opened again
 * whenever it was lost. No call waits for long; one thread, and not the engine's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/why.h"

struct fb_wire;
struct fb_wire_tls;

struct fb_wire_ops {
	const char *name;
	bool whole; /* a message is sent in one piece, or not at all */
	/* 0 or -errno; connects within seconds. */
	int (*open)(struct fb_wire *wire);
	/* Bytes that were taken; -EAGAIN: not now; else -errno, and it is to be closed. */
	ssize_t (*send)(struct fb_wire *wire, const void *data, size_t len);
	void (*close)(struct fb_wire *wire);
	/* The other end has closed: what is sent now is lost. NULL: that cannot be known. */
	bool (*is_closed)(struct fb_wire *wire);
};

struct fb_wire {
	const struct fb_wire_ops *ops;
	int fd;		/* -1: closed */
	char host[256]; /* without brackets */
	char port[6];
	char path[512]; /* of a socket or a file */
	uint64_t size;	/* of the file */
	struct fb_wire_tls *tls;
	uint64_t rotate;   /* from that size on it makes way; 0: never */
	unsigned int keep; /* files of before */
	bool give;	   /* files are given to this user, while we are root */
	uid_t uid;
	gid_t gid;
};

/* "HOST:PORT", "[ADDRESS]:PORT". -EINVAL: it is none. */
int fb_wire_set_peer(struct fb_wire *wire, const struct fb_wire_ops *ops, const char *text);
/* -EINVAL: the path is too long, or relative. */
int fb_wire_set_path(struct fb_wire *wire, const struct fb_wire_ops *ops, const char *path);

extern const struct fb_wire_ops fb_wire_udp, fb_wire_tcp, fb_wire_unix, fb_wire_devlog;
extern const struct fb_wire_ops fb_wire_file;

/* Until more can be sent, for at most so long. */
void fb_wire_wait(const struct fb_wire *wire, unsigned int ms);

/* Files, between two lines: make way if it is time; open the path anew, for it was moved away. */
int fb_wire_file_rotate(struct fb_wire *wire);
int fb_wire_file_reopen(struct fb_wire *wire);
