/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose a socket is: stamped on it where it is made, by who makes it, and copied once to the rows
 * of its flows.
 */
#pragma once

#include <linux/types.h>

/* What the owner of a flow is known by. */
enum fb_owner_by {
	FB_OWNER_NOT,
	FB_OWNER_SOCKET,    /* it made the socket */
	FB_OWNER_CONNECT,   /* it opened the connection by it */
	FB_OWNER_LISTENER,  /* it made the socket that listens, and this connection came in by it */
	FB_OWNER_SNAPSHOT,  /* it had the socket when flowbpf came */
	FB_OWNER_CONNTRACK, /* it is behind the translation that conntrack tells */
	FB_OWNER_KERNEL,    /* no process: the kernel speaks for itself */
	FB_OWNER_HOLDER, /* it has the socket of this connection, which another one listened for */
};

#define FB_COMM_LEN 16

/* The value of fb_owner_sk, which goes with the socket and is inherited by what it accepts. */
struct fb_stamp {
	__u64 cgroup;	  /* id of its cgroup (v2) */
	__u64 started_ns; /* CLOCK_BOOTTIME: when the process began; 0: not known */
	__u64 made_ns;	  /* likewise: it was alive then */
	__u64 exe;	  /* as in fb_exe_key; 0: not known */
	__u32 pid;	  /* of the process; 0: none */
	__u32 uid;
	__u32 parent; /* pid of who began it; 0: not known */
	__u8 by;      /* enum fb_owner_by */
	__u8 pad[3];
	char comm[FB_COMM_LEN]; /* what the process is called, or its thread; NUL-terminated */
};

/* The value of fb_owners, by slot. */
struct fb_stamped {
	struct fb_stamp stamp;
	__u32 generation; /* of the row that it belongs to */
	__u8 by;	  /* of the flow, enum fb_owner_by */
	__u8 pad[3];
};

/* The file that a process runs (map fb_exes): read by the kernel's own types, once for each. */
struct fb_exe_key {
	__u64 started_ns;
	__u64 exe; /* of the file, among those that one process runs in its life */
	__u32 pid;
	__u32 pad;
};

#define FB_EXE_PATH 256
#define FB_EXES	    4096

struct fb_exe {
	__u32 len;     /* bytes of `path`; 0: it did not fit */
	__u32 upwards; /* 1: names of folders from the file up to the root, each with its NUL; 0:
			  text */
	char path[FB_EXE_PATH];
};

/*
 * Connections of other network namespaces of this machine, by their sockets (map fb_owner_ends):
 * containers, whose flows are forwarded here.
 */
struct fb_owner_ends {
	__u8 addr[2][16]; /* of the socket, of the other end; as in fb_key */
	__u16 port[2];	  /* host order */
};

struct fb_owner_end {
	struct fb_stamp stamp;
	__u64 open_ns; /* CLOCK_BOOTTIME: when it was established, or given up */
};

#define FB_OWNER_ENDS 8192

/*
 * fb_owner_opened: when one whose ends have this hash was written last, so that who looks for
 * another need not ask the kernel. Of UDP also the other end alone, when one was connected to it.
 */
#define FB_OWNER_OPENED 8192 /* entries, __u64 ns CLOCK_BOOTTIME; a power of two */

static inline __u32 fb_owner_ends_hash(const struct fb_owner_ends *ends)
{
	__u32 word[sizeof(*ends) / 4], hash = 0;

	__builtin_memcpy(word, ends, sizeof(word));
	for (unsigned int i = 0; i < sizeof(word) / sizeof(*word); i++) {
		hash = (hash ^ word[i]) * 0x9e3779b1u;
		hash ^= hash >> 15;
	}
	return hash & (FB_OWNER_OPENED - 1);
}

/*
 * Who has a socket now, of those that are asked for (map fb_owner_held, by fb_owner_ends): the
 * oldest of the processes that do, from which the others have it.
 */
struct fb_owner_held {
	struct fb_stamp stamp; /* pid 0: nobody so far */
	__u8 proto;	       /* asked for: of this protocol; ... */
	__u8 elsewhere;	       /* ... 1: in another network namespace than ours */
	__u8 pad[6];
};

#define FB_OWNER_HELD 256

/* Of the objects with the kernel's types: the loader's network namespace. */
struct fb_owner_knobs {
	__u64 cookie; /* 0: not known */
	__u32 netns;  /* its number */
	__u32 pad;
};

_Static_assert(sizeof(struct fb_stamp) == 64, "fb_stamp has no hidden padding");
_Static_assert(sizeof(struct fb_stamped) == 72, "nor has fb_stamped");
