/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first line: refuses what the HTTP library accepts wrongly, before anything is looked up.
 *
 * libmicrohttpd 0.9.75 cuts the request head apart where it lies: colons, CR and LF become NUL.
 * So the bytes between its pieces still tell how the lines ended, and one walk over them, beside
 * the list of headers that the library made of it, finds bare LF, folded lines, NUL bytes, spaces
 * in names and anything else that the two could read differently. Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_GUARD_HEADERS 64
#define FB_HOST_NAME_MAX 255

struct fb_guard_header {
	const char *name, *value; /* inside the head */
	size_t name_len, value_len;
};

/* What to answer: status 0 is "go on". */
struct fb_guard_verdict {
	unsigned int status;
	const char *code;   /* problem type */
	const char *detail; /* static */
};

/*
 * The head as the library left it, from the method on, `len` bytes with the empty line; the
 * request target was `target_len` bytes long.
 */
struct fb_guard_verdict fb_guard_head(const char *head, size_t len, size_t target_len,
				      const struct fb_guard_header *headers, unsigned int n);

/*
 * What any version of the library tells of a head: the method and the names are tokens, the version
 * is one of ours, no value has control characters. Newer ones that refuse the rest let these pass.
 */
struct fb_guard_verdict fb_guard_words(const char *method, const char *version,
				       const struct fb_guard_header *headers, unsigned int n);

/* Target form, one Host, framing by Content-Length alone. `target` is as sent. */
struct fb_guard_verdict fb_guard_framing(const char *target, const struct fb_guard_header *headers,
					 unsigned int n);

/* The host of "name", "name:port", "[v6]:port" in lower case, without brackets. 0 or -EINVAL. */
int fb_guard_host(const char *value, char ret_host[static FB_HOST_NAME_MAX + 1]);

/* "localhost" or a loopback address. */
bool fb_guard_is_loopback(const char *host);

/*
 * Decode %XX in place; 0 or -EINVAL for a bad escape, a NUL, a control character or, in a path
 * (`plus` false), an encoded slash. `plus` also turns + into a space.
 */
int fb_guard_decode(char *text, bool plus);

/* A path with empty or dot segments, which no address of ours has. */
bool fb_guard_odd_path(const char *path);
