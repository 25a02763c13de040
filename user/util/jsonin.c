/* SPDX-License-Identifier: BSD-2-Clause */
/* The typed JSON reader; see the header. */
#include "util/jsonin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "util/scope.h"

struct fb_jsonin {
	cJSON *root;
	struct fb_jsonin_error error;
	bool failed;
};

static void set_error(struct fb_jsonin_error *error, const char *key, const char *detail)
{
	snprintf(error->pointer, sizeof(error->pointer), "%s%.60s", *key ? "/" : "", key);
	snprintf(error->detail, sizeof(error->detail), "%s", detail);
}

void fb_jsonin_fail(struct fb_jsonin *in, const char *key, const char *detail)
{
	if (in->failed)
		return;
	in->failed = true;
	set_error(&in->error, key, detail);
}

const struct fb_jsonin_error *fb_jsonin_error(const struct fb_jsonin *in)
{
	return in->failed ? &in->error : NULL;
}

/* Two keys of one name: which of them counts would be the reader's guess. */
static const char *doubled(const cJSON *object)
{
	for (const cJSON *a = object->child; a; a = a->next)
		for (const cJSON *b = a->next; b; b = b->next)
			if (!strcmp(a->string, b->string))
				return a->string;
	return NULL;
}

int fb_jsonin_new(const char *text, size_t len, struct fb_jsonin **ret_in,
		  struct fb_jsonin_error *error)
{
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	const char *end = NULL, *key;
	unsigned int n = 0;

	if (memchr(text, '\0', len)) {
		set_error(error, "", "the body has a NUL byte");
		return -EINVAL;
	}
	in = calloc(1, sizeof(*in));
	if (!in)
		return -ENOMEM;
	in->root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	while (in->root && end < text + len && strchr(" \t\r\n", *end))
		end++;
	if (!in->root || end != text + len) {
		set_error(error, "", "the body is not one JSON document");
		return -EINVAL;
	}
	for (const cJSON *item = in->root->child; item; item = item->next)
		n++;
	if (!cJSON_IsObject(in->root) || n > 64) {
		set_error(error, "", "the body must be a JSON object of 64 keys or fewer");
		return -EINVAL;
	}
	key = doubled(in->root);
	if (key) {
		set_error(error, key, "this key comes twice");
		return -EINVAL;
	}
	*ret_in = TAKE_PTR(in);
	return 0;
}

void fb_jsonin_freep(struct fb_jsonin **in)
{
	if (!*in)
		return;
	cJSON_Delete((*in)->root);
	free(*in);
}

static const cJSON *get(const struct fb_jsonin *in, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(in->root, key);

	return item && !cJSON_IsNull(item) ? item : NULL;
}

bool fb_jsonin_str(struct fb_jsonin *in, const char *key, const char **ret_text)
{
	const cJSON *item = get(in, key);

	if (!item)
		return false;
	if (!cJSON_IsString(item)) {
		fb_jsonin_fail(in, key, "must be a string");
		return false;
	}
	*ret_text = item->valuestring;
	return true;
}

bool fb_jsonin_bool(struct fb_jsonin *in, const char *key, bool *ret_value)
{
	const cJSON *item = get(in, key);

	if (!item)
		return false;
	if (!cJSON_IsBool(item)) {
		fb_jsonin_fail(in, key, "must be true or false");
		return false;
	}
	*ret_value = cJSON_IsTrue(item);
	return true;
}

bool fb_jsonin_u64(struct fb_jsonin *in, const char *key, uint64_t least, uint64_t most,
		   uint64_t *ret_value)
{
	const cJSON *item = get(in, key);
	char detail[96];
	double value;

	if (!item)
		return false;
	value = cJSON_IsNumber(item) ? item->valuedouble : -1;
	/* beyond 2^53 the double may not be what was written */
	if (!(value >= 0 && value <= 9007199254740992.0) || value != (double)(uint64_t)value ||
	    (uint64_t)value < least || (uint64_t)value > most) {
		snprintf(detail, sizeof(detail), "must be a whole number from %llu to %llu",
			 (unsigned long long)least, (unsigned long long)most);
		fb_jsonin_fail(in, key, detail);
		return false;
	}
	*ret_value = (uint64_t)value;
	return true;
}

unsigned int fb_jsonin_strs(struct fb_jsonin *in, const char *key, const char **texts,
			    unsigned int max)
{
	const cJSON *list = get(in, key), *item;
	unsigned int n = 0;

	if (!list)
		return 0;
	if (!cJSON_IsArray(list)) {
		fb_jsonin_fail(in, key, "must be a list of strings");
		return 0;
	}
	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item) || n == max) {
			fb_jsonin_fail(in, key,
				       n == max ? "has too many items"
						: "must be a list of strings");
			return 0;
		}
		texts[n++] = item->valuestring;
	}
	return n;
}

void fb_jsonin_only(struct fb_jsonin *in, const char *const *known)
{
	for (const cJSON *item = in->root->child; item; item = item->next) {
		bool found = false;

		for (const char *const *k = known; *k && !found; k++)
			found = !strcmp(*k, item->string);
		if (!found)
			fb_jsonin_fail(in, item->string, "is not known");
	}
}
