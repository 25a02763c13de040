/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields by what a filter calls them, those of either end among them. */
#include <string.h>
#include <strings.h>

#include "filter/filter_priv.h"

#define FOUR(id)                                                                                   \
	{FB_FIELD_src_##id, FB_FIELD_dst_##id, FB_FIELD_nat_src_##id, FB_FIELD_nat_dst_##id}
#define TWO(id) {FB_FIELD_src_##id, FB_FIELD_dst_##id}

static const struct {
	const char *name;
	uint8_t n;
	enum fb_field_id fields[FB_TERM_FIELDS];
} either_end[] = {
	{"ip", 4, FOUR(ip)},
	{"addr", 4, FOUR(ip)},
	{"port", 4, FOUR(port)},
	{"host", 2, {FB_FIELD_dst_host, FB_FIELD_sni}},
	{"name", 2, {FB_FIELD_dst_host, FB_FIELD_sni}},
	{"sni", 1, {FB_FIELD_sni}},
	{"device", 2, TWO(device)},
	{"mac", 2, TWO(mac)},
	{"vendor", 2, TWO(vendor)},
};

bool fb_filter_find_fields(const char *name, size_t len, struct fb_node *node)
{
	const struct fb_field *field;

	for (size_t i = 0; i < sizeof(either_end) / sizeof(*either_end); i++) {
		if (strlen(either_end[i].name) != len ||
		    strncasecmp(either_end[i].name, name, len) != 0)
			continue;
		node->name = either_end[i].name;
		for (; node->n_fields < either_end[i].n; node->n_fields++)
			node->field[node->n_fields] =
				&fb_fields[either_end[i].fields[node->n_fields]];
		return true;
	}
	field = fb_field_find(name, len);
	if (!field || !field->filterable)
		return false;
	node->field[0] = field;
	node->n_fields = 1;
	node->name = field->name;
	/* "duration>90" is not "duration_ms>90", so it keeps its name */
	node->bare = fb_field_bare_unit(name, len, &node->name);
	return true;
}
