/* SPDX-License-Identifier: BSD-2-Clause */
/* The only place that knows cJSON; see the header. */
#include "util/jsontree.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

static const cJSON *item_of(const struct fb_jsontree *at)
{
	return (const cJSON *)at;
}

static const struct fb_jsontree *tree_of(const cJSON *item)
{
	return (const struct fb_jsontree *)item;
}

static bool is_hex4(const char *text, size_t len)
{
	return len >= 4 && isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]) &&
	       isxdigit((unsigned char)text[2]) && isxdigit((unsigned char)text[3]);
}

/* cJSON ends a string at \u0000, for which it takes digits that are none, too. */
static int look_for_nul(const char *text, size_t len)
{
	bool escaped = false;

	for (size_t i = 0; i < len; i++) {
		if (!text[i])
			return -EILSEQ;
		if (escaped && text[i] == 'u') {
			if (!is_hex4(text + i + 1, len - i - 1))
				return -EINVAL;
			if (!memcmp(text + i + 1, "0000", 4))
				return -EILSEQ;
		}
		escaped = text[i] == '\\' && !escaped;
	}
	return 0;
}

int fb_jsontree_parse(const char *text, size_t len, struct fb_jsontree **ret_root)
{
	const char *end = NULL;
	cJSON *root;
	int r = look_for_nul(text, len);

	if (r)
		return r;
	root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	while (root && end < text + len && strchr(" \t\r\n", *end))
		end++;
	if (!root || end != text + len) {
		cJSON_Delete(root);
		return -EINVAL;
	}
	*ret_root = (struct fb_jsontree *)root;
	return 0;
}

void fb_jsontree_freep(struct fb_jsontree **root)
{
	cJSON_Delete((cJSON *)*root);
}

enum fb_jsontree_type fb_jsontree_type(const struct fb_jsontree *at)
{
	switch (at ? item_of(at)->type & 0xff : cJSON_NULL) {
	case cJSON_False:
	case cJSON_True:
		return FB_JSONTREE_BOOL;
	case cJSON_Number:
		return FB_JSONTREE_NUMBER;
	case cJSON_String:
		return FB_JSONTREE_STRING;
	case cJSON_Array:
		return FB_JSONTREE_ARRAY;
	case cJSON_Object:
		return FB_JSONTREE_OBJECT;
	default:
		return FB_JSONTREE_NULL;
	}
}

/* The member whose key is the first `len` bytes of `key`. */
static const cJSON *member(const struct fb_jsontree *at, const char *key, size_t len)
{
	const cJSON *item = cJSON_IsObject(item_of(at)) ? item_of(at)->child : NULL;

	while (item && (strncmp(item->string, key, len) != 0 || item->string[len]))
		item = item->next;
	return item;
}

const struct fb_jsontree *fb_jsontree_member(const struct fb_jsontree *at, const char *key)
{
	return tree_of(member(at, key, strlen(key)));
}

const struct fb_jsontree *fb_jsontree_get(const struct fb_jsontree *at, const char *path)
{
	while (at && *path) {
		size_t len = strcspn(path, ".");

		at = tree_of(member(at, path, len));
		path += len + (path[len] == '.');
	}
	return at;
}

const struct fb_jsontree *fb_jsontree_first(const struct fb_jsontree *at)
{
	return at ? tree_of(item_of(at)->child) : NULL;
}

const struct fb_jsontree *fb_jsontree_next(const struct fb_jsontree *at)
{
	return at ? tree_of(item_of(at)->next) : NULL;
}

const char *fb_jsontree_key(const struct fb_jsontree *at)
{
	return at && item_of(at)->string ? item_of(at)->string : "";
}

bool fb_jsontree_is_null(const struct fb_jsontree *at)
{
	return fb_jsontree_type(at) == FB_JSONTREE_NULL;
}

bool fb_jsontree_is_true(const struct fb_jsontree *at)
{
	return cJSON_IsTrue(item_of(at));
}

double fb_jsontree_number(const struct fb_jsontree *at)
{
	return cJSON_IsNumber(item_of(at)) ? item_of(at)->valuedouble : (double)NAN;
}

uint64_t fb_jsontree_u64(const struct fb_jsontree *at)
{
	double value = fb_jsontree_number(at);

	if (!(value >= 0))
		return 0;
	return value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
}

const char *fb_jsontree_str(const struct fb_jsontree *at)
{
	return cJSON_IsString(item_of(at)) ? item_of(at)->valuestring : "";
}

void fb_jsontree_text(const struct fb_jsontree *at, struct fb_buf *buf)
{
	struct fb_json number;

	switch (fb_jsontree_type(at)) {
	case FB_JSONTREE_BOOL:
		fb_buf_adds(buf, fb_jsontree_is_true(at) ? "true" : "false");
		break;
	case FB_JSONTREE_NUMBER:
		fb_json_init(&number, buf);
		fb_json_double(&number, item_of(at)->valuedouble);
		break;
	default:
		fb_buf_adds(buf, fb_jsontree_str(at));
	}
}

static void write_all(const struct fb_jsontree *at, struct fb_json *json)
{
	bool object = cJSON_IsObject(item_of(at));

	if (object)
		fb_json_object(json);
	else
		fb_json_array(json);
	for (at = fb_jsontree_first(at); at; at = fb_jsontree_next(at)) {
		if (object)
			fb_json_key(json, fb_jsontree_key(at));
		fb_jsontree_write(at, json);
	}
	fb_json_end(json, object ? '}' : ']');
}

void fb_jsontree_write(const struct fb_jsontree *at, struct fb_json *json)
{
	switch (fb_jsontree_type(at)) {
	case FB_JSONTREE_BOOL:
		fb_json_bool(json, fb_jsontree_is_true(at));
		return;
	case FB_JSONTREE_NUMBER:
		fb_json_double(json, item_of(at)->valuedouble);
		return;
	case FB_JSONTREE_STRING:
		fb_json_str(json, fb_jsontree_str(at));
		return;
	case FB_JSONTREE_ARRAY:
	case FB_JSONTREE_OBJECT:
		if (json->depth + 1 < FB_JSON_DEPTH) {
			write_all(at, json);
			return;
		}
		break;
	case FB_JSONTREE_NULL:
		break;
	}
	fb_json_null(json);
}
