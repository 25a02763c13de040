/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow as the API's JSON: the whole object, whose tree is made of the fields' paths, or a flat
 * one of chosen fields. Any thread that holds the snapshot.
 */
#pragma once

#include "flow/fields.h"
#include "util/json.h"

/* An object none of whose members is known is null as a whole. */
void fb_flow_write_json(struct fb_json *json, const struct fb_flow_at *at);
/* All of it but its end, for members that only some have. */
void fb_flow_write_open(struct fb_json *json, const struct fb_flow_at *at);

/* {"src.ip":..,"bytes":..}: the fields under their names. */
void fb_flow_write_flat(struct fb_json *json, const struct fb_flow_at *at,
			const struct fb_field *const *fields, unsigned int n);

/*
 * What the object has beside fields: lists of objects, which no column can show. Their items are
 * component schemas of OpenAPI.
 */
struct fb_member {
	const char *name, *schema, *help;
	void (*write)(struct fb_json *json, const struct fb_flow_at *at); /* the array's items */
};

#define FB_MEMBERS 2
extern const struct fb_member fb_members[FB_MEMBERS];

/*
 * The object's tree in steps, each of which has its key ready: `,"key":`. Made once, then constant.
 */
enum fb_step_kind {
	FB_STEP_FIELD,
	FB_STEP_OPEN, /* an object begins */
	FB_STEP_CLOSE,
};

struct fb_step {
	enum fb_step_kind kind;
	const struct fb_field *field; /* FIELD */
	const char *name;	      /* in the path, not NUL-terminated */
	uint8_t name_len, key_len;
	char key[FB_BUF_SHORT + 1];
};

const struct fb_step *fb_object_steps(unsigned int *ret_n);
