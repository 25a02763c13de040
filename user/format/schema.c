/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of fields and the flow object, described; see the header. */
#include "format/schema.h"

#include "flow/fields.h"
#include "format/object.h"

static void write_words(struct fb_json *json, const struct fb_field *field)
{
	const char *word;

	for (unsigned int i = 0; (word = fb_field_word(field, i)); i++)
		fb_json_str(json, word);
}

static void write_number(struct fb_json *json, const char *key, unsigned int number)
{
	fb_json_key(json, key);
	if (number)
		fb_json_u64(json, number);
	else
		fb_json_null(json);
}

static void write_description(struct fb_json *json, const struct fb_field *field)
{
	static const char *const ends[] = {NULL, "src", "dst"};

	fb_json_object(json);
	fb_json_kv_str(json, "name", field->name);
	fb_json_kv_str(json, "path", field->path);
	fb_json_kv_str(json, "label", field->label);
	fb_json_kv_str(json, "section", fb_section_name(field->section));
	fb_json_kv_str(json, "type", fb_type_name(field->type));
	fb_json_kv_bool(json, "list", field->item);
	fb_json_kv_str(json, "unit", field->unit);
	fb_json_kv_u64(json, "decimals", field->decimals);
	fb_json_kv_str(json, "end", ends[field->end]);
	fb_json_kv_str(json, "align", field->right ? "right" : "left");
	fb_json_kv_bool(json, "sortable", field->sortable);
	fb_json_kv_bool(json, "filterable", field->filterable);
	fb_json_kv_bool(json, "group", field->groupable);
	fb_json_kv_bool(json, "default", field->shown);
	fb_json_kv_array(json, "words");
	write_words(json, field);
	fb_json_end(json, ']');
	write_number(json, "ipfix", field->ipfix);
	write_number(json, "ipfix6", field->ipfix6);
	fb_json_kv_str(json, "help", field->help);
	fb_json_end(json, '}');
}

void fb_schema_write_fields(struct fb_json *json)
{
	fb_json_array(json);
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
		write_description(json, &fb_fields[i]);
	fb_json_end(json, ']');
}

/* --- JSON Schema ----------------------------------------------------------------------------- */

static const char *json_type(const struct fb_field *field)
{
	switch (field->type) {
	case FB_TYPE_ID:
	case FB_TYPE_IP:
	case FB_TYPE_ENDPOINT:
	case FB_TYPE_TEXT:
	case FB_TYPE_ENUM:
	case FB_TYPE_TIME:
		return "string";
	case FB_TYPE_BOOL:
		return "boolean";
	default:
		return field->decimals ? "number" : "integer";
	}
}

static void write_type(struct fb_json *json, const char *type, bool nullable)
{
	fb_json_key(json, "type");
	if (!nullable) {
		fb_json_str(json, type);
		return;
	}
	fb_json_array(json);
	fb_json_str(json, type);
	fb_json_str(json, "null");
	fb_json_end(json, ']');
}

static void write_enum(struct fb_json *json, const struct fb_field *field, bool nullable)
{
	fb_json_kv_array(json, "enum");
	write_words(json, field);
	if (nullable)
		fb_json_null(json);
	fb_json_end(json, ']');
}

static void write_items(struct fb_json *json, const struct fb_field *field)
{
	fb_json_kv_str(json, "type", "array");
	fb_json_kv_object(json, "items");
	if (field->word)
		write_enum(json, field, false);
	else
		fb_json_kv_str(json, "type", "string");
	fb_json_end(json, '}');
}

static void write_limits(struct fb_json *json, const struct fb_field *field)
{
	if (field->type == FB_TYPE_TIME) {
		fb_json_kv_str(json, "pattern",
			       "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$");
	} else if (field->type == FB_TYPE_ID) {
		fb_json_kv_str(json, "pattern", "^[0-9a-f]+$");
	} else if (field->type == FB_TYPE_PORT) {
		fb_json_kv_u64(json, "minimum", 0);
		fb_json_kv_u64(json, "maximum", 65535);
	} else if (json_type(field)[0] == 'i' || json_type(field)[0] == 'n') {
		fb_json_kv_u64(json, "minimum", 0);
	}
}

static void write_field(struct fb_json *json, const struct fb_field *field)
{
	fb_json_object(json);
	if (field->item) {
		write_items(json, field);
	} else if (field->word) {
		write_enum(json, field, !field->always);
	} else {
		write_type(json, json_type(field), !field->always);
		write_limits(json, field);
	}
	fb_json_kv_str(json, "description", field->help);
	fb_json_end(json, '}');
}

static void begin_object(struct fb_json *json, bool nullable)
{
	fb_json_object(json);
	write_type(json, "object", nullable);
	fb_json_kv_bool(json, "additionalProperties", false);
}

static const struct fb_step *end_of(const struct fb_step *step)
{
	unsigned int depth = 0;

	do {
		depth += step->kind == FB_STEP_OPEN;
		depth -= step->kind == FB_STEP_CLOSE;
		step++;
	} while (depth);
	return step - 1;
}

static void write_required(struct fb_json *json, const struct fb_step *step,
			   const struct fb_step *end)
{
	for (; step < end; step = end_of(step) + 1)
		fb_json_strn(json, step->name, step->name_len);
}

/* An object is never null if one of its members is not. */
static bool is_nullable(const struct fb_step *step, const struct fb_step *end)
{
	for (; step < end; step++)
		if (step->kind == FB_STEP_FIELD && (step->field->always || step->field->parent))
			return false;
	return true;
}

static void write_properties(struct fb_json *json, const struct fb_step *step,
			     const struct fb_step *end)
{
	for (; step < end; step++) {
		const struct fb_step *last = end_of(step);

		fb_json_raw_key(json, step->key, step->key_len);
		if (step->kind == FB_STEP_FIELD) {
			write_field(json, step->field);
			continue;
		}
		begin_object(json, is_nullable(step + 1, last));
		fb_json_kv_array(json, "required");
		write_required(json, step + 1, last);
		fb_json_end(json, ']');
		fb_json_kv_object(json, "properties");
		write_properties(json, step + 1, last);
		fb_json_end(json, '}');
		fb_json_end(json, '}');
		step = last;
	}
}

static void write_member(struct fb_json *json, const struct fb_member *member)
{
	fb_json_kv_object(json, member->name);
	fb_json_kv_str(json, "type", "array");
	fb_json_kv_object(json, "items");
	fb_json_key(json, "$ref");
	fb_json_strf(json, "#/components/schemas/%s", member->schema);
	fb_json_end(json, '}');
	fb_json_kv_str(json, "description", member->help);
	fb_json_end(json, '}');
}

void fb_schema_write_flow(struct fb_json *json)
{
	unsigned int n;
	const struct fb_step *steps = fb_object_steps(&n);

	begin_object(json, false);
	fb_json_kv_array(json, "required");
	write_required(json, steps, steps + n);
	for (unsigned int i = 0; i < FB_MEMBERS; i++)
		fb_json_str(json, fb_members[i].name);
	fb_json_end(json, ']');
	fb_json_kv_object(json, "properties");
	write_properties(json, steps, steps + n);
	for (unsigned int i = 0; i < FB_MEMBERS; i++)
		write_member(json, &fb_members[i]);
	fb_json_kv_object(json, "judge");
	fb_json_kv_str(json, "$ref", "#/components/schemas/FlowJudge");
	fb_json_end(json, '}');
	fb_json_end(json, '}');
	fb_json_end(json, '}');
}
