/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/librdkafka.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	size_t offset;
} calls[] = {
#define CALL(name, result, arguments) {"rd_kafka_" #name, offsetof(struct fb_librdkafka, name)},
	FB_LIBRDKAFKA_CALLS(CALL)
#undef CALL
};

static struct fb_librdkafka library;
static bool loaded;

static void load(void)
{
	void *const handle = dlopen("librdkafka.so.1", RTLD_LAZY | RTLD_LOCAL);
	void *call;

	for (size_t i = 0; handle && i < sizeof(calls) / sizeof(*calls); i++) {
		call = dlsym(handle, calls[i].name);
		if (!call)
			return;
		memcpy((char *)&library + calls[i].offset, &call, sizeof(call));
	}
	loaded = handle != NULL;
}

const struct fb_librdkafka *fb_librdkafka(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded ? &library : NULL;
}
