/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose the sockets of flows are. */
#include "table/owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fb_owners_init(struct fb_owners *owners)
{
	return fb_index_init(&owners->index);
}

void fb_owners_fini(struct fb_owners *owners)
{
	free(owners->item);
	free(owners->free);
	fb_index_fini(&owners->index);
}

static uint64_t hash_of(const struct fb_owner_key *key)
{
	return fb_hash(key, sizeof(*key), 0);
}

struct fb_owner *fb_owners_find(const struct fb_owners *owners, const struct fb_owner_key *key)
{
	struct fb_index_it it = fb_index_begin(hash_of(key));
	uint32_t number;

	while (fb_index_next(&owners->index, &it, &number))
		if (!memcmp(&owners->item[number]->key, key, sizeof(*key)))
			return owners->item[number];
	return NULL;
}

static bool make_room(struct fb_owners *owners)
{
	const uint32_t room = owners->room ? owners->room * 2 : 64;
	struct fb_owner **item;
	uint32_t *list;

	if (owners->n_free || owners->n < owners->room)
		return true;
	item = realloc(owners->item, room * sizeof(*item));
	if (!item)
		return false;
	owners->item = item;
	list = realloc(owners->free, room * sizeof(*list));
	if (!list)
		return false;
	owners->free = list;
	owners->room = room;
	return true;
}

static const char *put_text(char **at, const char *text, size_t size)
{
	char *to = *at;

	if (!text)
		return NULL;
	memcpy(to, text, size);
	*at += size;
	return to;
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static struct fb_owner *copy(struct fb_store *store, const struct fb_owner *from)
{
	const size_t texts = size_of(from->process) + size_of(from->exe) + size_of(from->user) +
			     size_of(from->unit) + size_of(from->container) +
			     size_of(from->container_name) + from->parents_len;
	struct fb_owner *owner = fb_store_side(store, sizeof(*owner) + texts);
	char *at = (char *)(owner + 1);

	if (!owner)
		return NULL;
	*owner = (struct fb_owner){.key = from->key, .parents_len = from->parents_len};
	owner->process = put_text(&at, from->process, size_of(from->process));
	owner->exe = put_text(&at, from->exe, size_of(from->exe));
	owner->user = put_text(&at, from->user, size_of(from->user));
	owner->unit = put_text(&at, from->unit, size_of(from->unit));
	owner->container = put_text(&at, from->container, size_of(from->container));
	owner->container_name = put_text(&at, from->container_name, size_of(from->container_name));
	owner->parents = put_text(&at, from->parents, from->parents_len);
	return owner;
}

struct fb_owner *fb_owners_add(struct fb_owners *owners, struct fb_store *store,
			       const struct fb_owner *from)
{
	struct fb_owner *owner = make_room(owners) ? copy(store, from) : NULL;
	uint32_t number;

	if (!owner)
		return NULL;
	number = owners->n_free ? owners->free[owners->n_free - 1] : owners->n;
	if (fb_index_add(&owners->index, hash_of(&owner->key), number) < 0) {
		fb_store_side_free(store, owner);
		return NULL;
	}
	if (owners->n_free)
		owners->n_free--;
	else
		owners->n++;
	owner->number = number;
	owners->item[number] = owner;
	return owner;
}

struct fb_owner *fb_owners_put(struct fb_owners *owners, const struct fb_owner *given)
{
	struct fb_owner *owner = given ? owners->item[given->number] : NULL;

	if (!owner || --owner->refs)
		return NULL;
	fb_index_remove(&owners->index, hash_of(&owner->key), owner->number);
	owners->item[owner->number] = NULL;
	owners->free[owners->n_free++] = owner->number;
	return owner;
}
