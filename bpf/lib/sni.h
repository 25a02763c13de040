/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The name in a TLS ClientHello that sits whole in one record in one segment. Also compiled for
 * user space, to be compared with the full parser there. What is not plain (several names, lengths
 * that do not add up, more than FB_SNI_EXTENSIONS) gives no name: user space has a closer look.
 *
 *  record     | 22 | 3 minor | length 16 | handshake
 *  handshake  | 1 | length 24 | version 16 | random 32 | n 8 | session id | n 16 | ciphers |
 *             | n 8 | compression | n 16 | extensions: | type 16 | n 16 | ... |
 *  server_name  | list 16 | 0 | n 16 | name |
 */
#pragma once

#ifdef __bpf__
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#define sni_inline static __always_inline
#else
#include <stdbool.h>
#define sni_inline static inline
#endif
#include <flowbpf/event.h>

#define FB_SNI_EXTENSIONS 512
#define FB_SNI_ALPNS	  16

_Static_assert((FB_SAMPLE_MAX & (FB_SAMPLE_MAX - 1)) == 0, "bounded by a mask");

enum sni_extension_type {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
	EXTENSION_ECH = 0xfe0d,
};

struct fb_sni {
	__u32 at;  /* the next extension */
	__u32 end; /* behind the last one */
	__u32 name_at;
	__u32 name_len; /* 0: no name */
	__u32 ech;
	__u32 bad; /* lengths contradict each other, or it is not plain */
};

/*
 * `sni` is in a map, not on the stack: verifiers before 6.7 follow one round of a loop's callback
 * only, and would take two extensions that are never seen in one round for impossible together.
 */
struct fb_sni_walk {
	const __u8 *data;
	struct fb_sni *sni;
};

/*
 * Every read goes through here. Offsets are checked before; the mask is for the verifier, and what
 * stands before it keeps the compiler from proving it superfluous.
 */
sni_inline __u32 sni_u8(const struct fb_sni_walk *walk, __u32 off)
{
	__asm__ volatile("" : "+r"(off));
	return walk->data[off & (FB_SAMPLE_MAX - 1)];
}

sni_inline __u32 sni_u16(const struct fb_sni_walk *walk, __u32 off)
{
	return sni_u8(walk, off) << 8 | sni_u8(walk, off + 1);
}

/* server_name: one host_name and nothing else. */
sni_inline bool sni_name(const struct fb_sni_walk *walk, __u32 at, __u32 len)
{
	struct fb_sni *sni = walk->sni;
	__u32 name_len;

	if (sni->name_len || len < 6)
		return false;
	name_len = sni_u16(walk, at + 3);
	if (sni_u16(walk, at) != len - 2 || sni_u8(walk, at + 2) || name_len != len - 5 ||
	    name_len > 255)
		return false;
	sni->name_at = at + 5;
	sni->name_len = name_len;
	return true;
}

/* ALPN: | list 16 | n 8 | name | ... */
sni_inline bool sni_alpn(const struct fb_sni_walk *walk, __u32 at, __u32 len)
{
	__u32 end, i;

	if (len < 2 || sni_u16(walk, at) > len - 2)
		return false;
	end = at + 2 + sni_u16(walk, at);
	at += 2;
	for (i = 0; i < FB_SNI_ALPNS && at < end; i++)
		at += 1 + sni_u8(walk, at);
	return at == end;
}

/* The lists that the full parser reads must add up, for it refuses the hello otherwise. */
sni_inline bool sni_lists(const struct fb_sni_walk *walk, __u32 type, __u32 at, __u32 len)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		return sni_name(walk, at, len);
	case EXTENSION_GROUPS:
		return len >= 2 && sni_u16(walk, at) <= len - 2 && !(sni_u16(walk, at) & 1);
	case EXTENSION_SIGNATURES:
		return len >= 2 && sni_u16(walk, at) <= len - 2;
	case EXTENSION_ALPN:
		return sni_alpn(walk, at, len);
	case EXTENSION_VERSIONS:
		return len >= 1 && sni_u8(walk, at) <= len - 1;
	case EXTENSION_ECH:
		walk->sni->ech = 1;
		return true;
	}
	return true;
}

/* One extension; true: stop. */
static long sni_extension(__u32 i, struct fb_sni_walk *walk)
{
	struct fb_sni *sni = walk->sni;
	__u32 at = sni->at, len;

	(void)i;
	if (at == sni->end)
		return 1;
	sni->bad = 1;
	if (at + 4 > sni->end)
		return 1;
	len = sni_u16(walk, at + 2);
	if (at + 4 + len > sni->end || !sni_lists(walk, sni_u16(walk, at), at + 4, len))
		return 1;
	sni->at = at + 4 + len;
	sni->bad = 0;
	return 0;
}

/* Everything before the extensions: sni->at, sni->end. */
sni_inline bool sni_head(const struct fb_sni_walk *walk, __u32 len)
{
	__u32 at = 43, end;

	if (len < 5 + 4 + 34 + 1 || len > FB_SAMPLE_MAX || sni_u8(walk, 0) != 22 ||
	    sni_u8(walk, 1) != 3 || sni_u8(walk, 5) != 1 || sni_u8(walk, 6) || sni_u8(walk, 9) != 3)
		return false;
	end = 9 + sni_u16(walk, 7);
	if (end > len || end > 5 + sni_u16(walk, 3))
		return false;
	at += 1 + sni_u8(walk, at);
	if (at + 2 > end)
		return false;
	at += 2 + sni_u16(walk, at);
	if (at + 1 > end)
		return false;
	at += 1 + sni_u8(walk, at);
	if (at + 2 > end || at + 2 + sni_u16(walk, at) != end)
		return false;
	walk->sni->at = at + 2;
	walk->sni->end = end;
	return true;
}

/* True: a whole hello, and name_len bytes at name_at are its name (0: it has none). */
sni_inline bool fb_sni_read(const __u8 *data, __u32 len, struct fb_sni *sni)
{
	struct fb_sni_walk walk = {data, sni};

	sni->name_len = sni->ech = sni->bad = 0;
	if (!sni_head(&walk, len))
		return false;
#ifdef __bpf__
	bpf_loop(FB_SNI_EXTENSIONS, sni_extension, &walk, 0);
#else
	for (__u32 i = 0; i < FB_SNI_EXTENSIONS; i++)
		if (sni_extension(i, &walk))
			break;
#endif
	return !sni->bad && sni->at == sni->end;
}
