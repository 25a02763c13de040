// link: proto util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a DNS message: names are bounded, and as text they are inert. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/dns.h"
#include "proto/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct fb_dns_name *name)
{
	char text[256];
	int n = fb_name_text((const uint8_t *)name->text, name->len, text, sizeof(text));

	if (name->text[name->len] != '\0' || (n >= 0 && strlen(text) != (size_t)n))
		abort();
	for (int i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			abort();
}

static void on_addr(void *ctx, const struct fb_dns_addr *addr)
{
	unsigned int *count = ctx;

	check_name(addr->owner);
	if (addr->name)
		check_name(addr->name);
	if ((addr->family != 4 && addr->family != 6) || ++*count > 65536)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_dns dns;
	unsigned int count = 0;

	if (fb_dns_parse(data, size, on_addr, &count, &dns) == 0 && dns.has_question)
		check_name(&dns.question);
	return 0;
}
