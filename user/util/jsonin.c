/* SPDX-License-Identifier: BSD-2-Clause */
/* The typed JSON reader; see the header. */
#include "util/jsonin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/jsontree.h"
#include "util/cleanup.h"

struct fb_jsonin {
	struct fb_jsontree *root;
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
static const char *doubled(const struct fb_jsontree *object)
{
	const struct fb_jsontree *a, *b;

	for (a = fb_jsontree_first(object); a; a = fb_jsontree_next(a))
		for (b = fb_jsontree_next(a); b; b = fb_jsontree_next(b))
			if (!strcmp(fb_jsontree_key(a), fb_jsontree_key(b)))
				return fb_jsontree_key(a);
	return NULL;
}

static bool is_small_object(const struct fb_jsontree *root)
{
	unsigned int n = 0;

	for (const struct fb_jsontree *at = fb_jsontree_first(root); at; at = fb_jsontree_next(at))
		n++;
	return fb_jsontree_type(root) == FB_JSONTREE_OBJECT && n <= 64;
}

int fb_jsonin_new(const char *text, size_t len, struct fb_jsonin **ret_in,
		  struct fb_jsonin_error *error)
{
	_cleanup_jsonin_ struct fb_jsonin *in = calloc(1, sizeof(*in));
	const char *key;
	int r;

	if (!in)
		return -ENOMEM;
	r = fb_jsontree_parse(text, len, &in->root);
	if (r) {
		set_error(error, "",
			  r == -EILSEQ ? "the body has a NUL character"
				       : "the body is not one JSON document");
		return -EINVAL;
	}
	if (!is_small_object(in->root)) {
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
	fb_jsontree_freep(&(*in)->root);
	free(*in);
}

/* The value of a type, or NULL: absent or null, or another type, which is noted. */
static const struct fb_jsontree *get(struct fb_jsonin *in, const char *key,
				     enum fb_jsontree_type type, const char *must_be)
{
	const struct fb_jsontree *item = fb_jsontree_member(in->root, key);

	if (fb_jsontree_is_null(item))
		return NULL;
	if (fb_jsontree_type(item) == type)
		return item;
	fb_jsonin_fail(in, key, must_be);
	return NULL;
}

bool fb_jsonin_str(struct fb_jsonin *in, const char *key, const char **ret_text)
{
	const struct fb_jsontree *item = get(in, key, FB_JSONTREE_STRING, "must be a string");

	if (item)
		*ret_text = fb_jsontree_str(item);
	return item;
}

void fb_jsonin_wipe(struct fb_jsonin *in, const char *key)
{
	const char *text = fb_jsontree_str(fb_jsontree_member(in->root, key));

	/* "" of what is none is a constant, and has nothing to be wiped */
	if (*text)
		explicit_bzero((char *)(uintptr_t)text, strlen(text));
}

bool fb_jsonin_bool(struct fb_jsonin *in, const char *key, bool *ret_value)
{
	const struct fb_jsontree *item = get(in, key, FB_JSONTREE_BOOL, "must be true or false");

	if (item)
		*ret_value = fb_jsontree_is_true(item);
	return item;
}

bool fb_jsonin_u64(struct fb_jsonin *in, const char *key, uint64_t least, uint64_t most,
		   uint64_t *ret_value)
{
	const struct fb_jsontree *item;
	char detail[96];
	double value;

	snprintf(detail, sizeof(detail), "must be a whole number from %llu to %llu",
		 (unsigned long long)least, (unsigned long long)most);
	item = get(in, key, FB_JSONTREE_NUMBER, detail);
	if (!item)
		return false;
	value = fb_jsontree_number(item);
	/* beyond 2^53 the double may not be what was written */
	if (!(value >= 0 && value <= 9007199254740992.0) || value != (double)(uint64_t)value ||
	    (uint64_t)value < least || (uint64_t)value > most) {
		fb_jsonin_fail(in, key, detail);
		return false;
	}
	*ret_value = (uint64_t)value;
	return true;
}

unsigned int fb_jsonin_strs(struct fb_jsonin *in, const char *key, const char **texts,
			    unsigned int max)
{
	static const char must_be[] = "must be a list of strings";
	const struct fb_jsontree *item =
		fb_jsontree_first(get(in, key, FB_JSONTREE_ARRAY, must_be));
	unsigned int n = 0;

	for (; item; item = fb_jsontree_next(item)) {
		if (fb_jsontree_type(item) != FB_JSONTREE_STRING || n == max) {
			fb_jsonin_fail(in, key, n == max ? "has too many items" : must_be);
			return 0;
		}
		texts[n++] = fb_jsontree_str(item);
	}
	return n;
}

void fb_jsonin_only(struct fb_jsonin *in, const char *const *known)
{
	const struct fb_jsontree *item = fb_jsontree_first(in->root);

	for (; item; item = fb_jsontree_next(item)) {
		bool found = false;

		for (const char *const *k = known; *k && !found; k++)
			found = !strcmp(*k, fb_jsontree_key(item));
		if (!found)
			fb_jsonin_fail(in, fb_jsontree_key(item), "is not known");
	}
}
