/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields by name, path and alias, and the nearest to a misspelt one. */
#include <string.h>
#include <strings.h>

#include "flow/fields.h"
#include "util/words.h"

static const struct {
	const char *alias;
	enum fb_field_id id;
	const char *bare; /* what a bare number is in, where the alias leaves the unit out */
} aliases[] = {
	{"src", FB_FIELD_src_ip, NULL},
	{"dst", FB_FIELD_dst_ip, NULL},
	{"sport", FB_FIELD_src_port, NULL},
	{"dport", FB_FIELD_dst_port, NULL},
	{"host", FB_FIELD_dst_host, NULL},
	{"name", FB_FIELD_dst_host, NULL},
	{"sni", FB_FIELD_sni, NULL},
	{"alpn", FB_FIELD_alpn, NULL},
	{"ja4", FB_FIELD_ja4, NULL},
	{"up", FB_FIELD_bytes_up, NULL},
	{"down", FB_FIELD_bytes_down, NULL},
	{"rate", FB_FIELD_rate, NULL},
	{"duration", FB_FIELD_duration, "s"},
	{"idle", FB_FIELD_idle, "s"},
	{"timeout", FB_FIELD_timeout, "s"},
	{"rtt", FB_FIELD_rtt, "ms"},
	{"handshake_ms", FB_FIELD_rtt, NULL},
	{"mark", FB_FIELD_ct_mark, NULL},
	{"zone", FB_FIELD_ct_zone, NULL},
	{"flags", FB_FIELD_ct_flags, NULL},
	{"interface", FB_FIELD_iface, NULL},
	{"protocol", FB_FIELD_proto, NULL},
	{"app", FB_FIELD_service, NULL},
	{"nat", FB_FIELD_nat_kind, NULL},
	{"ech", FB_FIELD_ech, NULL},
	{"process", FB_FIELD_owner_process, NULL},
	{"pid", FB_FIELD_owner_pid, NULL},
	{"exe", FB_FIELD_owner_exe, NULL},
	{"user", FB_FIELD_owner_user, NULL},
	{"unit", FB_FIELD_owner_unit, NULL},
	{"container", FB_FIELD_owner_container, NULL},
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

const char *fb_field_suggest(const char *name, size_t len)
{
	const char *best = NULL;
	unsigned int least = len <= 3 ? 2 : 3, d;

	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		d = fb_word_distance(name, len, fb_fields[i].name);
		if (d < least) {
			least = d;
			best = fb_fields[i].name;
		}
	}
	for (size_t i = 0; i < N_ALIASES; i++) {
		d = fb_word_distance(name, len, aliases[i].alias);
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
		"id",	 "ip",	    "port", "endpoint", "text",	 "enum", "int",
		"bytes", "packets", "rate", "duration", "share", "time", "bool",
	};

	return type < FB_TYPE_COUNT ? names[type] : NULL;
}

const char *fb_section_name(enum fb_section section)
{
	static const char *const names[FB_SECTION_COUNT] = {
#define X(id, title) title,
		FB_SECTIONS(X)
#undef X
	};

	return section < FB_SECTION_COUNT ? names[section] : NULL;
}
