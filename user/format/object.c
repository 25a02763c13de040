/* SPDX-License-Identifier: BSD-2-Clause */
/* The flow object, by the paths of the table of fields; see the header. */
#include "format/object.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "flow/value.h"
#include "util/idn.h"

static struct fb_step steps[FB_FIELD_COUNT * 3];
static unsigned int n_steps;

static void add_step(enum fb_step_kind kind, const struct fb_field *field, const char *name,
		     size_t len)
{
	struct fb_step *step = &steps[n_steps++];

	*step = (struct fb_step){.kind = kind, .field = field, .name = name};
	step->name_len = (uint8_t)len;
	step->key_len = (uint8_t)(len + 4);
	assert(step->key_len < sizeof(step->key));
	memcpy(step->key, ",\"", 2);
	memcpy(step->key + 2, name, len);
	memcpy(step->key + 2 + len, "\":", 2);
}

/* Does the path of an earlier field begin with these bytes? Then they are written already. */
static bool is_begun(enum fb_field_id id, size_t len)
{
	for (unsigned int i = 0; i < id; i++)
		if (fb_fields[i].path && !strncmp(fb_fields[i].path, fb_fields[id].path, len))
			return true;
	return false;
}

/* All below the first `len` bytes of `prefix`: members in the order of their first field. */
static void add_members(const char *prefix, size_t len)
{
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		const char *path = fb_fields[i].path, *name, *dot;

		if (!path || strncmp(path, prefix, len) != 0)
			continue;
		name = path + len;
		dot = strchr(name, '.');
		if (!dot) {
			add_step(FB_STEP_FIELD, &fb_fields[i], name, strlen(name));
		} else if (!is_begun(fb_fields[i].id, (size_t)(dot + 1 - path))) {
			add_step(FB_STEP_OPEN, NULL, name, (size_t)(dot - name));
			add_members(path, (size_t)(dot + 1 - path));
			add_step(FB_STEP_CLOSE, NULL, "", 0);
		}
	}
}

static void make_steps(void)
{
	add_members("", 0);
}

const struct fb_step *fb_object_steps(unsigned int *ret_n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_steps);
	*ret_n = n_steps;
	return steps;
}

/* An empty list is one of nothing known. */
static bool write_list(struct fb_json *json, const struct fb_field *field,
		       const struct fb_flow_at *at)
{
	struct fb_value item;
	bool known = false;

	fb_json_array(json);
	for (unsigned int i = 0;; i++) {
		fb_field_item(field, at, i, &item);
		if (!item.known)
			break;
		known = true;
		fb_json_str(json, item.text);
	}
	fb_json_end(json, ']');
	return known;
}

static bool write_field(struct fb_json *json, const struct fb_field *field,
			const struct fb_flow_at *at)
{
	struct fb_value value;

	if (field->item)
		return write_list(json, field, at);
	fb_field_get(field, at, &value);
	fb_value_write_json(json, field, &value);
	return value.known || field->parent;
}

static void write_key(struct fb_json *json, const struct fb_step *step)
{
	fb_json_raw_key(json, step->key, step->key_len);
}

/* The object that begins at *step, which is moved behind its end. */
static bool write_object(struct fb_json *json, const struct fb_step **step,
			 const struct fb_flow_at *at)
{
	const size_t start = json->buf->len;
	const struct fb_json before = *json;
	bool known = false;

	fb_json_object(json);
	for (++*step; (*step)->kind != FB_STEP_CLOSE; ++*step) {
		write_key(json, *step);
		if ((*step)->kind == FB_STEP_OPEN)
			known |= write_object(json, step, at);
		else
			known |= write_field(json, (*step)->field, at);
	}
	fb_json_end(json, '}');
	if (known)
		return true;
	json->buf->len = start;
	*json = before;
	fb_json_null(json);
	return false;
}

void fb_flow_write_open(struct fb_json *json, const struct fb_flow_at *at)
{
	unsigned int n;
	const struct fb_step *step = fb_object_steps(&n), *end = step + n;

	fb_json_object(json);
	for (; step < end; step++) {
		write_key(json, step);
		if (step->kind == FB_STEP_OPEN)
			write_object(json, &step, at);
		else
			write_field(json, step->field, at);
	}
	for (unsigned int i = 0; i < FB_MEMBERS; i++) {
		fb_json_kv_array(json, fb_members[i].name);
		fb_members[i].write(json, at);
		fb_json_end(json, ']');
	}
}

void fb_flow_write_json(struct fb_json *json, const struct fb_flow_at *at)
{
	fb_flow_write_open(json, at);
	fb_json_end(json, '}');
}

void fb_flow_write_flat(struct fb_json *json, const struct fb_flow_at *at,
			const struct fb_field *const *fields, unsigned int n)
{
	struct fb_value value;

	fb_json_object(json);
	for (unsigned int i = 0; i < n; i++) {
		fb_field_get(fields[i], at, &value);
		fb_json_key(json, fields[i]->name);
		fb_value_write_json(json, fields[i], &value);
	}
	fb_json_end(json, '}');
}

/* --- lists of objects ------------------------------------------------------------------------ */

static void write_pair(struct fb_json *json, const char *key, const uint64_t pair[2])
{
	fb_json_kv_object(json, key);
	fb_json_kv_u64(json, "up", pair[FB_UP]);
	fb_json_kv_u64(json, "down", pair[FB_DOWN]);
	fb_json_end(json, '}');
}

static void write_vlan(struct fb_json *json, const char *key, uint16_t vlan)
{
	fb_json_key(json, key);
	if (vlan)
		fb_json_u64(json, vlan);
	else
		fb_json_null(json);
}

/* Of each direction what the hook counted that saw more of it. */
static void write_iface(struct fb_json *json, const char *name, const struct fb_flow_link *lane)
{
	uint64_t packets[2], bytes[2];

	for (int dir = 0; dir < 2; dir++) {
		const int hook = lane->packets[1][dir] > lane->packets[0][dir];

		packets[dir] = lane->packets[hook][dir];
		bytes[dir] = lane->bytes[hook][dir];
	}
	fb_json_object(json);
	fb_json_kv_str(json, "name", *name ? name : NULL);
	write_vlan(json, "vlan", lane->vlan[0]);
	write_vlan(json, "vlan_inner", lane->vlan[1]);
	write_pair(json, "packets", packets);
	write_pair(json, "bytes", bytes);
	fb_json_end(json, '}');
}

/* The one that saw it first comes first. */
static void write_ifaces(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow_links *links = at->flow->links;
	struct fb_flow_link only = {
		.link = at->flow->link,
		.vlan = {at->flow->vlan[0], at->flow->vlan[1]},
	};

	memcpy(only.packets[0], at->traffic->packets, sizeof(only.packets[0]));
	memcpy(only.bytes[0], at->traffic->bytes, sizeof(only.bytes[0]));
	if (at->flow->flags & FB_FLOW_UNSEEN)
		return;
	for (unsigned int i = 0; i < (links ? links->n : 1u); i++) {
		const struct fb_flow_link *lane = links ? &links->link[i] : &only;

		write_iface(json, fb_snapshot_link(at->snapshot, lane->link), lane);
	}
}

/* What an "xn--" name reads as; null for all others. */
static void write_unicode(struct fb_json *json, const struct fb_flow_name *name)
{
	char text[FB_NAME_MAX * 4 + 1];
	bool mixed;

	fb_json_kv_str(json, "unicode",
		       fb_idn_text(name->text, name->len, text, sizeof(text), &mixed) > 0 ? text
											  : NULL);
}

static void write_names(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow_names *names = at->flow->names;
	const uint64_t now = at->snapshot->now_ns;

	for (unsigned int i = 0; names && i < names->n; i++) {
		const struct fb_flow_name *name = &names->name[i];

		fb_json_object(json);
		fb_json_kv_str(json, "name", name->text);
		write_unicode(json, name);
		fb_json_kv_str(json, "source", fb_name_source_name(name->source));
		fb_json_kv_u64(json, "age_s",
			       now > name->time ? (now - name->time) / 1000000000 : 0);
		fb_json_kv_array(json, "flags");
		for (unsigned int bit = 0; fb_name_flag_name(bit); bit++)
			if (name->flags & (1u << bit))
				fb_json_str(json, fb_name_flag_name(bit));
		fb_json_end(json, ']');
		fb_json_end(json, '}');
	}
}

const struct fb_member fb_members[FB_MEMBERS] = {
	{"ifaces", "FlowInterface", "counts by interface and VLAN, the first that saw it first",
	 write_ifaces},
	{"names", "FlowName", "what is known of where it goes, best first", write_names},
};
