/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields by name and alias, the nearest to a misspelt one, and values in order. */
#include <string.h>
#include <strings.h>

#include "flow/fields.h"

static const struct {
	const char *alias, *name;
	const char *bare; /* what a bare number is in, where the alias leaves the unit out */
} aliases[] = {
	{"src", "src.ip", NULL},
	{"dst", "dst.ip", NULL},
	{"sport", "src.port", NULL},
	{"dport", "dst.port", NULL},
	{"host", "dst.host", NULL},
	{"name", "dst.host", NULL},
	{"sni", "tls.sni", NULL},
	{"alpn", "tls.alpn", NULL},
	{"ja4", "tls.ja4", NULL},
	{"up", "bytes.up", NULL},
	{"down", "bytes.down", NULL},
	{"rate", "rate_bps", NULL},
	{"duration", "duration_ms", "s"},
	{"idle", "idle_ms", "s"},
	{"timeout", "timeout_s", "s"},
	{"rtt", "rtt_ms", "ms"},
	{"mark", "conntrack.mark", NULL},
	{"zone", "conntrack.zone", NULL},
	{"flags", "conntrack.flags", NULL},
	{"interface", "iface", NULL},
	{"protocol", "proto", NULL},
	{"app", "service", NULL},
	{"nat", "nat.kind", NULL},
	{"ech", "tls.ech", NULL},
};

#define N_ALIASES (sizeof(aliases) / sizeof(*aliases))

static bool is_name(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && !strncasecmp(name, text, len);
}

const struct fb_field *fb_field_find(const char *name, size_t len)
{
	for (size_t i = 0; i < N_ALIASES; i++) {
		if (is_name(aliases[i].alias, name, len)) {
			name = aliases[i].name;
			len = strlen(name);
			break;
		}
	}
	for (unsigned int i = 0; i < fb_n_fields; i++)
		if (is_name(fb_fields[i].name, name, len))
			return &fb_fields[i];
	return NULL;
}

const char *fb_field_bare_unit(const char *name, size_t len, const char **ret_alias)
{
	for (size_t i = 0; i < N_ALIASES; i++) {
		if (!aliases[i].bare || !is_name(aliases[i].alias, name, len))
			continue;
		*ret_alias = aliases[i].alias;
		return aliases[i].bare;
	}
	return NULL;
}

/* Edits from `a` to `b` (insert, delete, change, swap of neighbours), by rows; at most 32 bytes. */
unsigned int fb_name_distance(const char *a, size_t a_len, const char *b)
{
	unsigned int row[3][34];
	size_t b_len = strlen(b);

	if (a_len > 32 || b_len > 32)
		return 99;
	for (size_t j = 0; j <= b_len; j++)
		row[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int *now = row[i % 3], *last = row[(i + 2) % 3],
			     *before = row[(i + 1) % 3];

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned int change = last[j - 1] + ((a[i - 1] | 32) != (b[j - 1] | 32));

			now[j] = last[j] < now[j - 1] ? last[j] + 1 : now[j - 1] + 1;
			if (change < now[j])
				now[j] = change;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return row[a_len % 3][b_len];
}

const char *fb_field_suggest(const char *name, size_t len)
{
	const char *best = NULL;
	unsigned int least = len <= 3 ? 2 : 3, d;

	for (unsigned int i = 0; i < fb_n_fields; i++) {
		d = fb_name_distance(name, len, fb_fields[i].name);
		if (d < least) {
			least = d;
			best = fb_fields[i].name;
		}
	}
	for (size_t i = 0; i < N_ALIASES; i++) {
		d = fb_name_distance(name, len, aliases[i].alias);
		if (d < least) {
			least = d;
			best = aliases[i].alias;
		}
	}
	return best;
}

const char *fb_type_name(enum fb_type type)
{
	static const char *const names[FB_TYPE_COUNT] = {
		"id",	 "ip",	    "port", "text",	"enum", "int",
		"bytes", "packets", "rate", "duration", "time", "bool",
	};

	return type < FB_TYPE_COUNT ? names[type] : NULL;
}

int fb_value_compare(const struct fb_field *field, const struct fb_value *a,
		     const struct fb_value *b)
{
	int order;

	if (!a->known || !b->known)
		return a->known - b->known;
	if (field->type == FB_TYPE_IP) {
		order = a->family == b->family ? memcmp(a->addr, b->addr, 16)
					       : a->family - b->family;
		return (order > 0) - (order < 0);
	}
	if (field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM) {
		order = strcasecmp(a->text, b->text);
		return (order > 0) - (order < 0);
	}
	return (a->num > b->num) - (a->num < b->num);
}
