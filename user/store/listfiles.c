/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/listfiles.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/hash.h"

static const char name_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

static bool is_url(const char *text)
{
	return !strncmp(text, "https://", 8) || !strncmp(text, "http://", 7);
}

static bool has_name(const struct fb_listfiles *files, const char *name)
{
	for (unsigned int i = 0; i < files->n; i++)
		if (!strcmp(files->file[i]->name, name))
			return true;
	return false;
}

/* NAME=...: the length of the name; 0 with a sentence. */
static size_t name_len(const char *given, struct fb_why *why)
{
	const size_t len = strspn(given, name_chars);

	if (len && len <= FB_LIST_NAME_TEXT && given[len] == '=' && given[len + 1])
		return len;
	fb_why_set(why, -EINVAL,
		   "a list is NAME=FILE or NAME=URL, the name of letters, digits, - and _, at most "
		   "%d: \"%s\"",
		   FB_LIST_NAME_TEXT, given);
	return 0;
}

int fb_listfiles_add(struct fb_listfiles *files, const char *given, bool allow, const char *state,
		     struct fb_why *why)
{
	_cleanup_free_ struct fb_listfile *file = calloc(1, sizeof(*file));
	const size_t len = name_len(given, why);
	const char *from = given + len + 1;

	if (!len)
		return -EINVAL;
	if (!file)
		return fb_why_set(why, -ENOMEM, "memory is short");
	memcpy(file->name, given, len);
	file->allow = allow;
	file->fetched = is_url(from);
	if (has_name(files, file->name))
		return fb_why_set(why, -EINVAL, "two lists are called %s", file->name);
	if (files->n == FB_LISTS)
		return fb_why_set(why, -ENOSPC, "there are more than %d lists", FB_LISTS);
	if (file->fetched && !state)
		return fb_why_set(why, -EINVAL, "list %s is fetched, which needs --state",
				  file->name);
	if (file->fetched)
		snprintf(file->at.path, sizeof(file->at.path), "%s/lists/%s", state, file->name);
	else
		snprintf(file->at.path, sizeof(file->at.path), "%s", from);
	files->file[files->n++] = TAKE_PTR(file);
	return 0;
}

const char *fb_listfiles_url(const char *given, char name[static FB_LIST_NAME_TEXT + 1])
{
	const size_t len = name_len(given, NULL);

	if (!len || !is_url(given + len + 1))
		return NULL;
	memcpy(name, given, len);
	name[len] = '\0';
	return given + len + 1;
}

void fb_listfiles_fini(struct fb_listfiles *files)
{
	while (files->n) {
		struct fb_listfile *file = files->file[--files->n];

		fb_listset_unref(file->set);
		free(file);
	}
}

static int read_file(void *ctx, int fd, struct fb_why *why)
{
	static const struct fb_listset_own none;
	struct fb_listfile *file = ctx;
	struct fb_listset *set = NULL;
	const int r = fb_listset_read(fd, file->allow ? &none : file->own, &set, why);

	if (r < 0)
		return r;
	fb_listset_unref(file->set);
	file->set = set;
	return 0;
}

/* Does it hold one of our own, or did it, and was refused? */
static bool is_touched(const struct fb_listfile *file, const struct fb_listset_own *own)
{
	struct fb_listset_facts facts;
	struct fb_cidr entry;

	if (file->allow || !file->set)
		return false;
	for (unsigned int i = 0; i < own->n; i++)
		if (fb_listset_find_addr(file->set, own->prefix[i].addr, own->prefix[i].family,
					 &entry))
			return true;
	fb_listset_facts(file->set, &facts);
	return facts.refused;
}

static bool has_moved(struct fb_listfiles *files, const struct fb_listset_own *own)
{
	const uint64_t before = files->own;

	files->own = fb_hash(own->prefix, own->n * sizeof(*own->prefix), 0);
	return before && before != files->own;
}

bool fb_listfiles_check(struct fb_listfiles *files, const struct fb_listset_own *own,
			fb_listfile_fn fn, void *ctx)
{
	const bool moved = has_moved(files, own);
	bool changed = false;

	for (unsigned int i = 0; i < files->n; i++) {
		struct fb_listfile *file = files->file[i];
		int r;

		file->own = own;
		if (moved && is_touched(file, own))
			fb_watched_again(&file->at);
		r = fb_watched_check(&file->at, read_file, file);
		if (r)
			fn(ctx, file);
		changed |= r > 0;
	}
	return changed;
}
