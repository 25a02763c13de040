/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a grouped query; see the header. */
#include "api/groups.h"

#include <string.h>

#include "api/list_json.h"
#include "flow/value.h"

struct fb_group_column {
	const char *name;
	void (*write)(struct fb_json *json, const struct fb_query *query,
		      const struct fb_result *result, const struct fb_group *group);
};

static void write_key(struct fb_json *json, const struct fb_query *query,
		      const struct fb_result *result, const struct fb_group *group)
{
	_cleanup_buf_ struct fb_buf key = FB_BUF_INIT;

	(void)result;
	fb_groups_key(&key, query, group);
	fb_json_strn(json, key.data ? key.data : "", key.len);
}

static void add_level(struct fb_buf *buf, const struct fb_query *query, unsigned int level,
		      const struct fb_group *group)
{
	struct fb_value value = {.known = false};

	fb_group_key(query, group, level, &value);
	if (value.known)
		fb_value_write_text(buf, level ? query->group_then : query->group_by, &value);
}

static void write_keys(struct fb_json *json, const struct fb_query *query,
		       const struct fb_result *result, const struct fb_group *group)
{
	(void)result;
	fb_json_array(json);
	for (unsigned int level = 0; level < (query->group_then ? 2 : 1); level++) {
		_cleanup_buf_ struct fb_buf key = FB_BUF_INIT;

		add_level(&key, query, level, group);
		fb_json_strn(json, key.data ? key.data : "", key.len);
	}
	fb_json_end(json, ']');
}

static void write_services(struct fb_json *json, const struct fb_query *query,
			   const struct fb_result *result, const struct fb_group *group)
{
	(void)query, (void)result;
	fb_json_array(json);
	for (unsigned int i = 0; i < FB_GROUP_SERVICES && group->services[i]; i++)
		fb_json_str(json, group->services[i]);
	fb_json_end(json, ']');
}

#define NUMBER(function, value)                                                                    \
	static void function(struct fb_json *json, const struct fb_query *query,                   \
			     const struct fb_result *result, const struct fb_group *group)         \
	{                                                                                          \
		(void)query, (void)result;                                                         \
		fb_json_u64(json, value);                                                          \
	}

NUMBER(write_flows, group->flows)
NUMBER(write_active, group->active)
NUMBER(write_closed, group->closed)
NUMBER(write_bytes, group->bytes[FB_UP] + group->bytes[FB_DOWN])
NUMBER(write_bytes_up, group->bytes[FB_UP])
NUMBER(write_bytes_down, group->bytes[FB_DOWN])
NUMBER(write_packets, group->packets[FB_UP] + group->packets[FB_DOWN])
NUMBER(write_packets_up, group->packets[FB_UP])
NUMBER(write_packets_down, group->packets[FB_DOWN])
NUMBER(write_rate, (group->rate[FB_UP] + group->rate[FB_DOWN]) * 8)
NUMBER(write_rate_up, group->rate[FB_UP] * 8)
NUMBER(write_rate_down, group->rate[FB_DOWN] * 8)
NUMBER(write_hosts, group->hosts)

static void write_first_seen(struct fb_json *json, const struct fb_query *query,
			     const struct fb_result *result, const struct fb_group *group)
{
	(void)query;
	fb_json_time(json, fb_snapshot_wall_ms(result->snapshot, group->first_seen));
}

static void write_last_seen(struct fb_json *json, const struct fb_query *query,
			    const struct fb_result *result, const struct fb_group *group)
{
	(void)query;
	fb_json_time(json, fb_snapshot_wall_ms(result->snapshot, group->last_seen));
}

static void write_label(struct fb_json *json, const struct fb_group *group)
{
	fb_json_str(json, group->label ? group->label->text : NULL);
}

static void write_label_cell(struct fb_json *json, const struct fb_query *query,
			     const struct fb_result *result, const struct fb_group *group)
{
	(void)query, (void)result;
	write_label(json, group);
}

static const struct fb_group_column group_columns[] = {
	{"key", write_key},
	{"keys", write_keys},
	{"label", write_label_cell},
	{"flows", write_flows},
	{"active", write_active},
	{"closed", write_closed},
	{"bytes", write_bytes},
	{"bytes.up", write_bytes_up},
	{"bytes.down", write_bytes_down},
	{"packets", write_packets},
	{"packets.up", write_packets_up},
	{"packets.down", write_packets_down},
	{"rate_bps", write_rate},
	{"rate_bps.up", write_rate_up},
	{"rate_bps.down", write_rate_down},
	{"services", write_services},
	{"hosts", write_hosts},
	{"first_seen", write_first_seen},
	{"last_seen", write_last_seen},
};

const struct fb_group_column *fb_groups_column(const char *name)
{
	for (size_t i = 0; i < sizeof(group_columns) / sizeof(*group_columns); i++)
		if (!strcmp(group_columns[i].name, name))
			return &group_columns[i];
	return NULL;
}

void fb_groups_key(struct fb_buf *buf, const struct fb_query *query, const struct fb_group *group)
{
	add_level(buf, query, 0, group);
	if (!query->group_then)
		return;
	fb_buf_addc(buf, ',');
	add_level(buf, query, 1, group);
}

void fb_groups_cell(struct fb_json *json, const struct fb_group_column *column,
		    const struct fb_query *query, const struct fb_result *result,
		    const struct fb_group *group)
{
	column->write(json, query, result, group);
}

void fb_groups_write(struct fb_json *json, const struct fb_query *query,
		     const struct fb_result *result, const struct fb_group *group)
{
	_cleanup_buf_ struct fb_buf key = FB_BUF_INIT;

	fb_groups_key(&key, query, group);
	fb_json_object(json);
	fb_json_key(json, "key");
	fb_json_strn(json, key.data ? key.data : "", key.len);
	fb_json_key(json, "keys");
	write_keys(json, query, result, group);
	fb_json_kv_str(json, "field", query->group_by->name);
	fb_json_key(json, "label");
	write_label(json, group);
	fb_json_kv_u64(json, "flows", group->flows);
	fb_json_kv_u64(json, "active", group->active);
	fb_json_kv_u64(json, "closed", group->closed);
	fb_write_ends(json, "bytes", group->bytes, 1);
	fb_write_ends(json, "packets", group->packets, 1);
	fb_write_ends(json, "rate_bps", group->rate, 8);
	fb_json_key(json, "services");
	write_services(json, NULL, result, group);
	fb_json_kv_u64(json, "hosts", group->hosts);
	fb_json_kv_time(json, "first_seen",
			fb_snapshot_wall_ms(result->snapshot, group->first_seen));
	fb_json_kv_time(json, "last_seen", fb_snapshot_wall_ms(result->snapshot, group->last_seen));
	fb_json_end(json, '}');
}

void fb_groups_write_flat(struct fb_json *json, const struct fb_group_column *const *columns,
			  unsigned int n, const struct fb_query *query,
			  const struct fb_result *result, const struct fb_group *group)
{
	fb_json_object(json);
	for (unsigned int i = 0; i < n; i++) {
		fb_json_key(json, columns[i]->name);
		fb_groups_cell(json, columns[i], query, result, group);
	}
	fb_json_end(json, '}');
}
