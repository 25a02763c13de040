/* SPDX-License-Identifier: BSD-2-Clause */
/* Load libcurl, find the calls that are used, initialise it. It stays until the process ends. */
#include "fetch/libcurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Debian's with GnuTLS, which is in this process already; the usual one. */
static const char *const names[] = {"libcurl-gnutls.so.4", "libcurl.so.4"};

static const struct {
	const char *name;
	size_t offset;
} calls[] = {
#define CALL(name) {"curl_" #name, offsetof(struct fb_libcurl, name)},
	FB_LIBCURL_CALLS(CALL)
#undef CALL
};

static struct fb_libcurl library;
static bool loaded;

static void load(void)
{
	void *handle = NULL, *call;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !handle; i++)
		handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
	if (!handle)
		return;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		call = dlsym(handle, calls[i].name);
		if (!call)
			return;
		memcpy((char *)&library + calls[i].offset, &call, sizeof(call));
	}
	loaded = library.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

const struct fb_libcurl *fb_libcurl(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded ? &library : NULL;
}
