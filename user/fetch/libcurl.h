/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libcurl, loaded when the first request is made. Linked, its two dozen libraries (LDAP, Kerberos,
 * SSH) would double the time that every verb takes to start, and lie in the memory of a daemon
 * that starts as root and has no use for them.
 */
#pragma once

#include <curl/curl.h>

#define FB_LIBCURL_CALLS(X)                                                                        \
	X(global_init)                                                                             \
	X(easy_init)                                                                               \
	X(easy_setopt)                                                                             \
	X(easy_perform)                                                                            \
	X(easy_getinfo)                                                                            \
	X(easy_cleanup)                                                                            \
	X(slist_append)                                                                            \
	X(slist_free_all)

struct fb_libcurl {
#define FB_LIBCURL_MEMBER(name) __typeof__(curl_##name) *name;
	FB_LIBCURL_CALLS(FB_LIBCURL_MEMBER)
#undef FB_LIBCURL_MEMBER
};

/* The library, ready for use, once for all threads; NULL if this machine has none. */
const struct fb_libcurl *fb_libcurl(void);
