/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of the filter language: numbers with units, addresses, ranges, words of closed lists. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/filter_priv.h"
#include "util/fmt.h"

static int parse_number(const struct fb_field *field, const char *text, uint64_t *ret_value)
{
	uint64_t value, scale = 1;
	char *end;
	double number;
	int r;

	for (unsigned int i = 0; i < field->decimals; i++)
		scale *= 10;
	switch (field->type) {
	case FB_TYPE_BYTES:
		return fb_fmt_parse_size(text, 0, UINT64_MAX / 2, ret_value);
	case FB_TYPE_RATE: {
		char plain[64];
		size_t n = strcspn(text, "b");

		/* "5Mbit", "5Mbit/s", "5M": bits per second */
		snprintf(plain, sizeof(plain), "%.*s", (int)n, text);
		return fb_fmt_parse_size(plain, 0, UINT64_MAX / 2, ret_value);
	}
	case FB_TYPE_DURATION:
		number = strtod(text, &end);
		if (end != text && !*end && number >= 0) {
			*ret_value = (uint64_t)(number * (double)scale);
			return 0;
		}
		r = fb_fmt_parse_duration(text, 0, UINT64_MAX / 1000000, &value);
		if (r == 0 && field->unit && strcmp(field->unit, "s") == 0)
			value /= 1000;
		*ret_value = value * scale;
		return r;
	case FB_TYPE_BOOL:
		if (strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0)
			return *ret_value = 1, 0;
		if (strcasecmp(text, "false") == 0 || strcasecmp(text, "no") == 0)
			return *ret_value = 0, 0;
		return fb_fmt_parse_u64(text, 0, 1, ret_value);
	case FB_TYPE_PORT:
		return fb_fmt_parse_u64(text, 0, 65535, ret_value);
	default:
		number = strtod(text, &end);
		if (end == text || *end || number < 0 || number > 1e18)
			return -EINVAL;
		if (number == (double)(uint64_t)number && !strchr(text, '.'))
			return fb_fmt_parse_u64(text, 0, UINT64_MAX / scale, &value) < 0
				       ? -EINVAL
				       : (*ret_value = value * scale, 0);
		*ret_value = (uint64_t)(number * (double)scale);
		return 0;
	}
}

static int parse_number_range(const struct fb_field *field, char *text, struct fb_operand *operand)
{
	char *dash = strchr(text + (*text != 0), '-');
	int r;

	if (!dash) {
		r = parse_number(field, text, &operand->low);
		operand->high = operand->low;
		return r;
	}
	*dash = '\0';
	r = parse_number(field, text, &operand->low);
	if (r == 0)
		r = parse_number(field, dash + 1, &operand->high);
	return r == 0 && operand->low > operand->high ? -EINVAL : r;
}

static int parse_addr_range(char *text, struct fb_operand *operand)
{
	char *dash = strchr(text, '-');
	struct fb_cidr cidr;
	uint8_t family;

	if (dash) {
		*dash = '\0';
		if (fb_addr_parse(text, operand->from, &operand->family) < 0 ||
		    fb_addr_parse(dash + 1, operand->to, &family) < 0 || family != operand->family)
			return -EINVAL;
		return memcmp(operand->from, operand->to, 16) > 0 ? -EINVAL : 0;
	}
	if (fb_cidr_parse(text, &cidr) < 0)
		return -EINVAL;
	operand->family = cidr.family;
	memcpy(operand->from, cidr.addr, 16);
	memcpy(operand->to, cidr.addr, 16);
	for (unsigned int i = cidr.bits; i < 128; i++)
		operand->to[i / 8] |= (uint8_t)(0x80 >> (i % 8));
	return 0;
}

int fb_operand_parse(const struct fb_field *field, char *text, struct fb_operand *operand)
{
	return field->type == FB_TYPE_IP ? parse_addr_range(text, operand)
					 : parse_number_range(field, text, operand);
}

const char *fb_vocabulary(const struct fb_field *field, unsigned int i)
{
	static const struct {
		const char *field;
		const char *(*word)(unsigned int);
		unsigned int from;
	} lists[] = {
		{"state", fb_state_name, 1},
		{"scope", fb_scope_name, 0},
		{"l7", fb_l7_name, 1},
		{"direction", fb_direction_name, 0},
		{"nat.kind", fb_nat_kind_name, 1},
		{"closed", fb_closed_name, 1},
		{"dst.host_from", fb_name_source_name, 1},
	};

	for (size_t k = 0; k < sizeof(lists) / sizeof(*lists); k++)
		if (strcmp(lists[k].field, field->name) == 0)
			return lists[k].word(i + lists[k].from);
	return NULL;
}

bool fb_filter_check_word(const struct fb_field *field, char *text, size_t size,
			  char detail[static 160])
{
	char number[4];
	const char *word;
	int used;

	if (strcmp(field->name, "proto") == 0) {
		int proto = fb_proto_number(text);

		if (proto >= 0)
			snprintf(text, size, "%s", fb_proto_name((uint8_t)proto, number));
		else
			snprintf(detail, 160, "no IP protocol: a name such as tcp, or 0 to 255");
		return proto >= 0;
	}
	used = snprintf(detail, 160, "%s is one of", field->name);
	for (unsigned int i = 0; (word = fb_vocabulary(field, i)); i++) {
		if (!strcasecmp(word, text))
			return true;
		if (used > 0 && used < 159)
			used += snprintf(detail + used, (size_t)(160 - used), "%s %s", i ? "," : "",
					 word);
	}
	return !fb_vocabulary(field, 0);
}
