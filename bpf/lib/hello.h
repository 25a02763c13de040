/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The name in a TLS ClientHello that sits whole in one record in one segment. Also compiled for
 * user space, to be compared with the full parser there. What is not plain (several names, lengths
 * that do not add up, more than FB_HELLO_EXTENSIONS) gives no name: user space has a closer look.
 *
 *  record     | 22 | 3 minor | length 16 | handshake
 *  handshake  | 1 | length 24 | version 16 | random 32 | n 8 | session id | n 16 | ciphers |
 *             | n 8 | compression | n 16 | extensions: | type 16 | n 16 | ... |
 *  extension  server_name 0: | list 16 | 0 | n 16 | name |      ECH: type 0xfe0d
 */
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#include <stdbool.h>
#define FB_HELLO_SIZE 16384
#define hello_inline  static inline
#else
#include <bpf/bpf_helpers.h>
#include <flowbpf/event.h>
#define FB_HELLO_SIZE FB_SAMPLE_MAX
#define hello_inline  static __always_inline
#endif

#define FB_HELLO_EXTENSIONS 512
#define FB_HELLO_ALPNS	    16

struct fb_hello {
	__u32 at;  /* the next extension */
	__u32 end; /* behind the last one */
	__u32 name_at;
	__u32 name_len; /* 0: no name */
	__u32 ech;
	__u32 bad; /* lengths contradict each other, or it is not plain */
};

/*
 * `hello` is in a map, not on the stack: verifiers before 6.7 follow one round of a loop's callback
 * only, and would take two extensions that are never seen in one round for impossible together.
 */
struct fb_hello_walk {
	const __u8 *data;
	struct fb_hello *hello;
};

/*
 * Every read goes through here. Offsets are checked before; the mask is for the verifier, and what
 * stands before it keeps the compiler from proving it superfluous.
 */
hello_inline __u32 hello_u8(const struct fb_hello_walk *walk, __u32 off)
{
	__asm__ volatile("" : "+r"(off));
	return walk->data[off & (FB_HELLO_SIZE - 1)];
}

hello_inline __u32 hello_u16(const struct fb_hello_walk *walk, __u32 off)
{
	return hello_u8(walk, off) << 8 | hello_u8(walk, off + 1);
}

/* server_name: one host_name and nothing else. */
hello_inline bool hello_name(const struct fb_hello_walk *walk, __u32 at, __u32 len)
{
	struct fb_hello *hello = walk->hello;
	__u32 name_len;

	if (hello->name_len || len < 6)
		return false;
	name_len = hello_u16(walk, at + 3);
	if (hello_u16(walk, at) != len - 2 || hello_u8(walk, at + 2) || name_len != len - 5 ||
	    name_len > 255)
		return false;
	hello->name_at = at + 5;
	hello->name_len = name_len;
	return true;
}

/* ALPN: | list 16 | n 8 | name | ... */
hello_inline bool hello_alpn(const struct fb_hello_walk *walk, __u32 at, __u32 len)
{
	__u32 end, i;

	if (len < 2 || hello_u16(walk, at) > len - 2)
		return false;
	end = at + 2 + hello_u16(walk, at);
	at += 2;
	for (i = 0; i < FB_HELLO_ALPNS && at < end; i++)
		at += 1 + hello_u8(walk, at);
	return at == end;
}

/* The lists that the full parser reads must add up, for it refuses the hello otherwise. */
hello_inline bool hello_lists(const struct fb_hello_walk *walk, __u32 type, __u32 at, __u32 len)
{
	switch (type) {
	case 0:
		return hello_name(walk, at, len);
	case 10: /* groups */
		return len >= 2 && hello_u16(walk, at) <= len - 2 && !(hello_u16(walk, at) & 1);
	case 13: /* signature algorithms */
		return len >= 2 && hello_u16(walk, at) <= len - 2;
	case 16:
		return hello_alpn(walk, at, len);
	case 43: /* versions */
		return len >= 1 && hello_u8(walk, at) <= len - 1;
	case 0xfe0d:
		walk->hello->ech = 1;
		return true;
	}
	return true;
}

/* One extension; true: stop. */
static long hello_extension(__u32 i, struct fb_hello_walk *walk)
{
	struct fb_hello *hello = walk->hello;
	__u32 at = hello->at, len;

	(void)i;
	if (at == hello->end)
		return 1;
	hello->bad = 1;
	if (at + 4 > hello->end)
		return 1;
	len = hello_u16(walk, at + 2);
	if (at + 4 + len > hello->end || !hello_lists(walk, hello_u16(walk, at), at + 4, len))
		return 1;
	hello->at = at + 4 + len;
	hello->bad = 0;
	return 0;
}

/* Everything before the extensions: hello->at, hello->end. */
hello_inline bool hello_head(const struct fb_hello_walk *walk, __u32 len)
{
	__u32 at = 43, end;

	if (len < 5 + 4 + 34 + 1 || len > FB_HELLO_SIZE || hello_u8(walk, 0) != 22 ||
	    hello_u8(walk, 1) != 3 || hello_u8(walk, 5) != 1 || hello_u8(walk, 6) ||
	    hello_u8(walk, 9) != 3)
		return false;
	end = 9 + hello_u16(walk, 7);
	if (end > len || end > 5 + hello_u16(walk, 3))
		return false;
	at += 1 + hello_u8(walk, at);
	if (at + 2 > end)
		return false;
	at += 2 + hello_u16(walk, at);
	if (at + 1 > end)
		return false;
	at += 1 + hello_u8(walk, at);
	if (at + 2 > end || at + 2 + hello_u16(walk, at) != end)
		return false;
	walk->hello->at = at + 2;
	walk->hello->end = end;
	return true;
}

/* True: a whole hello, and name_len bytes at name_at are its name (0: it has none). */
hello_inline bool fb_hello_read(const __u8 *data, __u32 len, struct fb_hello *hello)
{
	struct fb_hello_walk walk = {data, hello};

	hello->name_len = hello->ech = hello->bad = 0;
	if (!hello_head(&walk, len))
		return false;
#ifdef __bpf__
	bpf_loop(FB_HELLO_EXTENSIONS, hello_extension, &walk, 0);
#else
	for (__u32 i = 0; i < FB_HELLO_EXTENSIONS; i++)
		if (hello_extension(i, &walk))
			break;
#endif
	return !hello->bad && hello->at == hello->end;
}
