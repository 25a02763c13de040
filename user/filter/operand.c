/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of the filter language: numbers with units or under a mask, moments, addresses, endpoints,
 * ranges of these, and words of closed lists.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter/filter_priv.h"
#include "util/fmt.h"
#include "util/words.h"

/* "1.5": whole units and millionths; more digits are read and dropped. */
static int take_decimal(const char **text, uint64_t *ret_whole, uint64_t *ret_millionths)
{
	uint64_t whole = 0, part = 0, scale = 1000000;
	const char *c = *text;

	if (*c < '0' || *c > '9')
		return -EINVAL;
	for (; *c >= '0' && *c <= '9'; c++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*c - '0'), &whole))
			return -ERANGE;
	if (*c == '.') {
		if (*++c < '0' || *c > '9')
			return -EINVAL;
		for (; *c >= '0' && *c <= '9'; c++) {
			scale /= 10;
			part += (uint64_t)(*c - '0') * scale;
		}
	}
	*text = c;
	*ret_whole = whole;
	*ret_millionths = part;
	return 0;
}

static const struct {
	const char *name;
	uint64_t us;
} time_units[] = {
	{"us", 1},	 {"ms", 1000},	     {"s", 1000000},
	{"m", 60000000}, {"h", 3600000000u}, {"d", 86400000000u},
};

/* 0: there is no such unit */
static uint64_t unit_us(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(time_units) / sizeof(*time_units); i++)
		if (strlen(time_units[i].name) == len &&
		    !strncasecmp(time_units[i].name, name, len))
			return time_units[i].us;
	return 0;
}

/* "90s", "1.5h", "1h30m", "850us"; a number alone is in `bare`. */
static int parse_duration(const char *text, const char *bare, uint64_t *ret_us)
{
	uint64_t sum = 0, last = UINT64_MAX, whole, part;

	do {
		const char *unit;
		size_t len;
		uint64_t us;
		int r = take_decimal(&text, &whole, &part);

		if (r < 0)
			return r;
		unit = text;
		len = strspn(text, "dhmusDHMUS");
		text += len;
		us = len ? unit_us(unit, len)
			 : (last == UINT64_MAX ? unit_us(bare, strlen(bare)) : 0);
		if (!us || us >= last)
			return -EINVAL;
		last = us;
		if (__builtin_mul_overflow(whole, us, &whole) ||
		    __builtin_add_overflow(whole, part * us / 1000000, &whole) ||
		    __builtin_add_overflow(sum, whole, &sum))
			return -ERANGE;
	} while (*text);
	*ret_us = sum;
	return 0;
}

static const struct {
	const char *name;
	unsigned int bits;
} rate_units[] = {
	{"", 1},      {"b", 1},	  {"b/s", 1}, {"bps", 1}, {"bit", 1},
	{"bit/s", 1}, {"Bit", 1}, {"B", 8},   {"B/s", 8},
};

/* "5M", "5Mbit", "5Mbit/s", "5Mbps": bits a second; "5MB", "5MB/s": bytes. */
static int parse_rate(const char *text, uint64_t *ret_bps)
{
	size_t number = strspn(text, "0123456789."), si = strspn(text + number, "kKmMgGtTi");
	const char *unit = text + number + si;
	char plain[64];
	uint64_t value;
	int r;

	if (number + si + 2 > sizeof(plain))
		return -EINVAL;
	/* a size has "Mi" only as "MiB" */
	snprintf(plain, sizeof(plain), "%.*s%s", (int)(number + si), text, si == 2 ? "B" : "");
	r = fb_fmt_parse_size(plain, 0, UINT64_MAX / 16, &value);
	for (size_t i = 0; r == 0 && i < sizeof(rate_units) / sizeof(*rate_units); i++) {
		if (strcmp(rate_units[i].name, unit) != 0)
			continue;
		*ret_bps = value * rate_units[i].bits;
		return 0;
	}
	return -EINVAL;
}

/* "AS15169" is how people write it. */
static const char *without_as(const struct fb_field *field, const char *text)
{
	const bool is_asn = field->id == FB_FIELD_src_asn || field->id == FB_FIELD_dst_asn;

	return is_asn && !strncasecmp(text, "AS", 2) ? text + 2 : text;
}

static int parse_plain(const struct fb_field *field, const char *text, uint64_t scale,
		       uint64_t *ret_value)
{
	uint64_t whole, part;
	char *end;
	int r;

	if (text[0] == '0' && (text[1] | 32) == 'x' && field->type == FB_TYPE_INT) {
		errno = 0;
		whole = strtoull(text + 2, &end, 16);
		if (errno || *end || !isxdigit((unsigned char)text[2]))
			return -EINVAL;
		*ret_value = whole;
		return 0;
	}
	text = without_as(field, text);
	r = take_decimal(&text, &whole, &part);
	if (r < 0 || *text || (part && !field->decimals) ||
	    __builtin_mul_overflow(whole, scale, &whole) ||
	    __builtin_add_overflow(whole, part * scale / 1000000, &whole))
		return -EINVAL;
	*ret_value = whole;
	return 0;
}

/* "1%", "0.25%", "0.0025": of one, and no more. */
static int parse_share(const char *text, uint64_t scale, uint64_t *ret_value)
{
	uint64_t whole, part, millionths;
	int r = take_decimal(&text, &whole, &part);

	if (r < 0 || whole > 100)
		return -EINVAL;
	millionths = whole * 1000000 + part;
	if (*text == '%') {
		text++;
		millionths /= 100;
	}
	if (*text || millionths > 1000000)
		return -EINVAL;
	*ret_value = millionths * scale / 1000000;
	return 0;
}

static int parse_number(const struct fb_node *node, const char *text, uint64_t *ret_value)
{
	const struct fb_field *field = node->field[0];
	uint64_t scale = 1;
	const char *unit = field->unit ? field->unit : "s";
	int r;

	for (unsigned int i = 0; i < field->decimals; i++)
		scale *= 10;
	switch (field->type) {
	case FB_TYPE_BYTES:
		return fb_fmt_parse_size(text, 0, UINT64_MAX / 2, ret_value);
	case FB_TYPE_RATE:
		return parse_rate(text, ret_value);
	case FB_TYPE_DURATION:
		r = parse_duration(text, node->bare ? node->bare : unit, ret_value);
		if (r == 0)
			*ret_value /= unit_us(unit, strlen(unit)) / scale;
		return r;
	case FB_TYPE_SHARE:
		return parse_share(text, scale, ret_value);
	case FB_TYPE_BOOL:
		if (strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0)
			return *ret_value = 1, 0;
		if (strcasecmp(text, "false") == 0 || strcasecmp(text, "no") == 0)
			return *ret_value = 0, 0;
		return fb_fmt_parse_u64(text, 0, 1, ret_value);
	case FB_TYPE_PORT:
		return fb_fmt_parse_u64(text, 0, 65535, ret_value);
	default:
		return parse_plain(field, text, scale, ret_value);
	}
}

static int parse_number_range(const struct fb_node *node, char *text, struct fb_operand *operand)
{
	char *dash = strchr(text + (*text != 0), '-');
	int r;

	if (!dash) {
		r = parse_number(node, text, &operand->low);
		operand->high = operand->low;
		return r;
	}
	*dash = '\0';
	r = parse_number(node, text, &operand->low);
	if (r == 0)
		r = parse_number(node, dash + 1, &operand->high);
	return r == 0 && operand->low > operand->high ? -EINVAL : r;
}

/* "0x10/0xff": those bits of it, as iptables and conntrack write marks. */
static int parse_bits(const struct fb_node *node, char *text, struct fb_operand *operand)
{
	char *slash = strchr(text, '/');
	int r = 0;

	operand->mask = node->mask;
	if (slash && node->mask)
		return -EINVAL;
	if (slash) {
		*slash = '\0';
		r = parse_number(node, slash + 1, &operand->mask);
	}
	if (r < 0 || (slash && !operand->mask))
		return -EINVAL;
	return parse_number_range(node, text, operand);
}

/* "now" and "-5m" go along with the clock: *ret_relative, and how long ago. */
static int parse_moment(const char *text, uint64_t *ret_low, uint64_t *ret_high, bool *ret_relative)
{
	uint64_t span = 1;
	int64_t ms = 0;
	int r;

	*ret_relative = strcasecmp(text, "now") == 0 || *text == '-';
	if (*text == '-') {
		r = parse_duration(text + 1, "s", ret_low);
		*ret_low /= 1000;
	} else if (*ret_relative) {
		r = 0;
		*ret_low = 0;
	} else if (text[strspn(text, "0123456789")] == '\0') {
		r = fb_fmt_parse_u64(text, 0, INT64_MAX, ret_low);
	} else {
		r = fb_fmt_parse_time(text, &ms, &span);
		*ret_low = (uint64_t)ms;
	}
	*ret_high = *ret_low + span - 1;
	return r;
}

/* Moments, and ranges of them: "-15m..-5m", "2026-11-21T01:20:00Z..now". */
static int parse_time_range(char *text, struct fb_operand *operand)
{
	char *dots = strstr(text, "..");
	bool low, high;
	uint64_t skip = 0;
	int r;

	if (dots)
		*dots = '\0';
	r = parse_moment(text, &operand->low, &operand->high, &low);
	high = low;
	if (r == 0 && dots)
		r = parse_moment(dots + 2, &skip, &operand->high, &high);
	operand->low_ago = low;
	operand->high_ago = high;
	if (r == 0 && low == high &&
	    (low ? operand->low < operand->high : operand->low > operand->high))
		return -EINVAL;
	return r;
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
	fb_cidr_last(&cidr, operand->to);
	return 0;
}

/* "192.0.2.1:443", "[2001:db8::1]:1-1023", or addresses alone, with whatever port. */
static int parse_endpoint(char *text, struct fb_operand *operand)
{
	const size_t len = strlen(text), open = *text == '[' ? 1 : 0;
	char *close = strchr(text, ']'), *colon = strrchr(text, ':');
	const struct fb_node ports = {.field = {&fb_fields[FB_FIELD_src_port]}};
	int r;

	operand->low = 0;
	operand->high = UINT16_MAX;
	if (open && close && close + 1 == text + len) {
		*close = '\0';
		return parse_addr_range(text + 1, operand);
	}
	if (!open && (!colon || strchr(text, ':') != colon))
		return parse_addr_range(text, operand);
	if (!colon || (open && (!close || colon != close + 1)))
		return -EINVAL;
	*(open ? close : colon) = '\0';
	r = parse_addr_range(text + open, operand);
	return r < 0 ? r : parse_number_range(&ports, colon + 1, operand);
}

int fb_operand_parse(const struct fb_node *node, char *text, struct fb_operand *operand)
{
	switch (node->field[0]->type) {
	case FB_TYPE_IP:
		return parse_addr_range(text, operand);
	case FB_TYPE_ENDPOINT:
		return parse_endpoint(text, operand);
	case FB_TYPE_INT:
		return parse_bits(node, text, operand);
	case FB_TYPE_TIME:
		return parse_time_range(text, operand);
	default:
		return parse_number_range(node, text, operand);
	}
}

const char *fb_operand_example(const struct fb_field *field)
{
	static const char *const examples[FB_TYPE_COUNT] = {
		[FB_TYPE_IP] = "an address, a prefix such as 10.0.0.0/8 or a range",
		[FB_TYPE_ENDPOINT] = "an address, with a port or without, a prefix or a range",
		[FB_TYPE_INT] = "a number, a range such as 1-9, or bits such as 0x10/0xff",
		[FB_TYPE_PORT] = "a port from 0 to 65535, or a range such as 1-1023",
		[FB_TYPE_BYTES] = "a size such as 10MB",
		[FB_TYPE_RATE] = "a rate such as 5Mbit or 2MB/s",
		[FB_TYPE_DURATION] = "a time such as 250ms, 90s or 1h30m",
		[FB_TYPE_SHARE] = "a share such as 1%, 0.01 or 1%-5%",
		[FB_TYPE_TIME] = "a moment such as -5m, now or 2026-11-21T01:20:00Z, or A..B",
		[FB_TYPE_BOOL] = "true or false",
	};

	return examples[field->type] ? examples[field->type] : "a number, or a range such as 1-9";
}

static void suggest_word(const char *text, const char *word, unsigned int *least,
			 struct fb_filter_error *error)
{
	unsigned int d = strncasecmp(word, text, strlen(text)) == 0
				 ? 1
				 : fb_word_distance(text, strlen(text), word);

	if (d >= *least)
		return;
	*least = d;
	snprintf(error->suggestion, sizeof(error->suggestion), "%s", word);
}

static int check_proto(char *text, size_t size, uint64_t *ret_number, struct fb_filter_error *error)
{
	int proto = fb_proto_number(text);
	unsigned int least = strlen(text) <= 3 ? 3 : 4;
	const char *word;
	char number[4];

	if (proto >= 0) {
		snprintf(text, size, "%s", fb_proto_name((uint8_t)proto, number));
		*ret_number = (uint64_t)proto;
		return 0;
	}
	snprintf(error->detail, sizeof(error->detail),
		 "no IP protocol: a name such as tcp, or 0 to 255");
	for (unsigned int i = 0; i < 256; i++) {
		word = fb_proto_name((uint8_t)i, number);
		if (word != number)
			suggest_word(text, word, &least, error);
	}
	return -EINVAL;
}

int fb_filter_check_word(const struct fb_field *field, char *text, size_t size,
			 uint64_t *ret_number, struct fb_filter_error *error)
{
	const size_t room = sizeof(error->detail);
	unsigned int least = strlen(text) <= 3 ? 3 : 4;
	const char *word;
	int used;

	if (field->id == FB_FIELD_proto)
		return check_proto(text, size, ret_number, error);
	if (!field->word)
		return FB_NO_LIST;
	for (unsigned int i = 0; (word = fb_field_word(field, i)); i++) {
		if (strcasecmp(word, text) != 0)
			continue;
		*ret_number = i + field->first_word;
		return 0;
	}
	used = snprintf(error->detail, room, "%s is one of", field->name);
	for (unsigned int i = 0; (word = fb_field_word(field, i)); i++) {
		suggest_word(text, word, &least, error);
		if (used > 0 && (size_t)used < room - 1)
			used += snprintf(error->detail + used, room - (size_t)used, "%s %s",
					 i ? "," : "", word);
	}
	return -EINVAL;
}
