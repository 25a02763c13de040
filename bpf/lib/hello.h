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
#define FB_HELLO_SIZE FB_SAMPLE_MAX
#define hello_inline  static __always_inline
#endif

#define FB_HELLO_EXTENSIONS 512

/* Every read goes through here; the mask is for the verifier, offsets are checked before. */
#define FB_HELLO_BYTE(hello, off) ((hello)->data[hello_offset(off) & (FB_HELLO_SIZE - 1)])

/* Hidden from the compiler, which would drop a mask that it, but no verifier, can do without. */
hello_inline __u32 hello_offset(__u32 off)
{
	asm volatile("" : "+r"(off));
	return off;
}

struct fb_hello {
	const __u8 *data;
	__u32 at;  /* the next extension */
	__u32 end; /* behind the last one */
	__u32 name_at;
	__u32 name_len; /* 0: no name */
	__u8 ech;
	__u8 bad; /* lengths contradict each other, or it is not plain */
	__u8 pad[6];
};

hello_inline __u32 hello_u16(const struct fb_hello *hello, __u32 off)
{
	return (__u32)FB_HELLO_BYTE(hello, off) << 8 | FB_HELLO_BYTE(hello, off + 1);
}

/* One extension; true: stop. */
static long hello_extension(__u32 i, struct fb_hello *hello)
{
	__u32 at = hello->at, type, len, name_len;

	(void)i;
	if (at == hello->end)
		return 1;
	hello->bad = 1;
	if (at + 4 > hello->end || at + 4 > FB_HELLO_SIZE)
		return 1;
	type = hello_u16(hello, at);
	len = hello_u16(hello, at + 2);
	at += 4;
	if (at + len > hello->end)
		return 1;
	if (type == 0xfe0d)
		hello->ech = 1;
	if (type == 0 && !hello->name_len) {
		if (len < 6)
			return 1;
		name_len = hello_u16(hello, at + 3);
		if (hello_u16(hello, at) != len - 2 || FB_HELLO_BYTE(hello, at + 2) ||
		    name_len != len - 5 || name_len > 255)
			return 1;
		hello->name_at = at + 5;
		hello->name_len = name_len;
	}
	hello->at = at + len;
	hello->bad = 0;
	return 0;
}

/* True: a whole hello, and name_len bytes at name_at are its name (0: it has none). */
hello_inline bool fb_hello_read(const __u8 *data, __u32 len, struct fb_hello *hello)
{
	__u32 at = 43, end;
	long i;

	hello->data = data;
	if (len < 5 + 4 + 34 + 1 || len > FB_HELLO_SIZE || FB_HELLO_BYTE(hello, 0) != 22 ||
	    FB_HELLO_BYTE(hello, 1) != 3 || FB_HELLO_BYTE(hello, 5) != 1 || FB_HELLO_BYTE(hello, 6))
		return false;
	end = 9 + hello_u16(hello, 7);
	if (end > len || end > 5 + hello_u16(hello, 3))
		return false;
	at += 1 + FB_HELLO_BYTE(hello, at);
	if (at + 2 > end)
		return false;
	at += 2 + hello_u16(hello, at);
	if (at + 1 > end)
		return false;
	at += 1 + FB_HELLO_BYTE(hello, at);
	if (at + 2 > end || at + 2 + hello_u16(hello, at) != end)
		return false;
	hello->at = at + 2;
	hello->end = end;
#ifdef __bpf__
	(void)i;
	bpf_loop(FB_HELLO_EXTENSIONS, hello_extension, hello, 0);
#else
	for (i = 0; i < FB_HELLO_EXTENSIONS; i++)
		if (hello_extension(i, hello))
			break;
#endif
	return !hello->bad && hello->at == hello->end;
}
