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

struct answers {
	const uint8_t *data;
	size_t size;
	unsigned int n;
};

static void on_record(void *ctx, const struct fb_dns_record *record)
{
	struct answers *answers = ctx;
	const size_t len = record->type == 1 ? 4 : 16;

	check_name(record->owner);
	if (record->target)
		check_name(record->target);
	if (++answers->n > 64 ||
	    (record->address && (record->address < answers->data ||
				 record->address + len > answers->data + answers->size)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answers answers = {.data = data, .size = size};
	struct fb_dns dns, again;
	unsigned int count = 0;

	if ((fb_dns_answers(data, size, 64, on_record, &answers, &again) == 0) !=
	    (fb_dns_parse(data, size, NULL, NULL, &dns) == 0))
		abort();

	if (fb_dns_parse(data, size, on_addr, &count, &dns) == 0 && dns.has_question)
		check_name(&dns.question);
	return 0;
}
