/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields by name, path and alias, and the nearest to a misspelt one. */
#include <string.h>
#include <strings.h>

#include "flow/fields.h"

static const struct {
	const char *alias;
	enum fb_field_id id;
	const char *bare; /* what a bare number is in, where the alias leaves the unit out */
} aliases[] = {
	{"src", FB_FIELD_src_ip, NULL},	      {"dst", FB_FIELD_dst_ip, NULL},
	{"sport", FB_FIELD_src_port, NULL},   {"dport", FB_FIELD_dst_port, NULL},
	{"host", FB_FIELD_dst_host, NULL},    {"name", FB_FIELD_dst_host, NULL},
	{"sni", FB_FIELD_sni, NULL},	      {"alpn", FB_FIELD_alpn, NULL},
	{"ja4", FB_FIELD_ja4, NULL},	      {"up", FB_FIELD_bytes_up, NULL},
	{"down", FB_FIELD_bytes_down, NULL},  {"rate", FB_FIELD_rate, NULL},
	{"duration", FB_FIELD_duration, "s"}, {"idle", FB_FIELD_idle, "s"},
	{"timeout", FB_FIELD_timeout, "s"},   {"rtt", FB_FIELD_rtt, "ms"},
	{"mark", FB_FIELD_ct_mark, NULL},     {"zone", FB_FIELD_ct_zone, NULL},
	{"flags", FB_FIELD_ct_flags, NULL},   {"interface", FB_FIELD_iface, NULL},
	{"protocol", FB_FIELD_proto, NULL},   {"app", FB_FIELD_service, NULL},
	{"nat", FB_FIELD_nat_kind, NULL},     {"ech", FB_FIELD_ech, NULL},
};

#define N_ALIASES (sizeof(aliases) / sizeof(*aliases))

static bool is_name(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && !strncasecmp(name, text, len);
}

const struct fb_field *fb_field_find(const char *name, size_t len)
{
	for (size_t i = 0; i < N_ALIASES; i++)
		if (is_name(aliases[i].alias, name, len))
			return &fb_fields[aliases[i].id];
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
		if (is_name(fb_fields[i].name, name, len) ||
		    (fb_fields[i].path && is_name(fb_fields[i].path, name, len)))
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

	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
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
