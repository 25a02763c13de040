/* SPDX-License-Identifier: BSD-2-Clause */
#include "live/doors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/json.h"

static void free_door(struct fb_door *door)
{
	if (door->token)
		explicit_bzero(door->token, strlen(door->token));
	free(door->name);
	free(door->socket);
	free(door->url);
	free(door->token);
	free(door->ca);
	free(door);
}

void fb_door_put(struct fb_door *door)
{
	if (--door->refs == 0)
		free_door(door);
}

static void put_all(struct fb_door *first)
{
	for (struct fb_door *door = first, *next; door; door = next) {
		next = door->next;
		door->listed = false;
		fb_door_put(door);
	}
}

static bool copy(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return !text || *to;
}

static struct fb_door *new_door(const struct fb_door_to *to)
{
	struct fb_door *door = calloc(1, sizeof(*door));
	bool good = door;

	good = good && copy(&door->name, to->name) && copy(&door->socket, to->socket);
	good = good && copy(&door->url, to->url) && copy(&door->token, to->token);
	good = good && copy(&door->ca, to->ca);
	if (good) {
		door->refs = 1;
		door->listed = true;
		return door;
	}
	if (door)
		free_door(door);
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_as(const struct fb_door *door, const struct fb_door_to *to)
{
	return same(door->name, to->name) && same(door->socket, to->socket) &&
	       same(door->url, to->url) && same(door->token, to->token) && same(door->ca, to->ca);
}

/* One that is there already in the place of its copy, and the copy in its. */
static struct fb_door *keep(struct fb_doors *doors, struct fb_door *fresh)
{
	const struct fb_door_to to = {fresh->name, fresh->socket, fresh->url, fresh->token,
				      fresh->ca};

	for (struct fb_door **at = &doors->first; *at; at = &(*at)->next) {
		struct fb_door *old = *at;

		if (!is_as(old, &to))
			continue;
		fresh->next = old->next;
		*at = fresh;
		return old;
	}
	return fresh;
}

int fb_doors_set(struct fb_doors *doors, const struct fb_door_to *to, unsigned int n)
{
	struct fb_door *fresh = NULL, **end = &fresh, *others;

	for (unsigned int i = 0; i < n; i++) {
		*end = new_door(&to[i]);
		if (!*end) {
			put_all(fresh);
			return -ENOMEM;
		}
		end = &(*end)->next;
	}
	for (struct fb_door **at = &fresh; *at; at = &(*at)->next) {
		struct fb_door *next = (*at)->next;

		*at = keep(doors, *at);
		(*at)->next = next;
	}
	others = doors->first;
	doors->first = fresh;
	put_all(others);
	return 0;
}

void fb_doors_fini(struct fb_doors *doors)
{
	put_all(doors->first);
	doors->first = NULL;
}

struct fb_door *fb_doors_get(struct fb_doors *doors, const char *name)
{
	for (struct fb_door *door = doors->first; door; door = door->next) {
		if (!same(door->name, name))
			continue;
		door->refs++;
		return door;
	}
	return NULL;
}

void fb_door_told(struct fb_door *door, const char *error)
{
	if (!error) {
		door->failing_ms = 0;
		return;
	}
	door->failed++;
	door->failing_ms = door->failing_ms ? door->failing_ms : fb_wall_ms();
	snprintf(door->error, sizeof(door->error), "%s", error);
}

void fb_doors_write(const struct fb_doors *doors, struct fb_json *json)
{
	fb_json_array(json);
	for (const struct fb_door *door = doors->first; door; door = door->next) {
		fb_json_object(json);
		fb_json_kv_str(json, "name", door->name);
		fb_json_key(json, "path");
		fb_json_strf(json, FB_DOORS_UNDER "%s", door->name);
		fb_json_kv_u64(json, "open", door->calls);
		fb_json_kv_u64(json, "asked", door->asked);
		fb_json_kv_u64(json, "refused", door->refused);
		fb_json_kv_u64(json, "failed", door->failed);
		fb_json_kv_str(json, "error", door->failing_ms ? door->error : NULL);
		fb_json_key(json, "failing_since");
		if (door->failing_ms)
			fb_json_time(json, door->failing_ms);
		else
			fb_json_null(json);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}
