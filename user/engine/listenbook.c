/* SPDX-License-Identifier: BSD-2-Clause */
/* Two lists that take turns; who has a socket is asked once a minute, of a new one at once. */
#include "engine/listenbook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/users.h"

#define EVERY_NS (2 * FB_NS_PER_S)
#define AGAIN_NS (60 * FB_NS_PER_S) /* another process may have it by then */

int fb_listenbook_open(struct fb_listenbook *book)
{
	*book = (struct fb_listenbook){
		.open = true,
		.fresh.entry = calloc(FB_LISTENBOOK_MOST, sizeof(*book->fresh.entry)),
		.shown.entry = calloc(FB_LISTENBOOK_MOST, sizeof(*book->shown.entry)),
	};
	pthread_mutex_init(&book->lock, NULL);
	return book->fresh.entry && book->shown.entry ? 0 : -ENOMEM;
}

void fb_listenbook_close(struct fb_listenbook *book)
{
	if (!book->open)
		return;
	free(book->fresh.entry);
	free(book->shown.entry);
	pthread_mutex_destroy(&book->lock);
	*book = (struct fb_listenbook){0};
}

static struct fb_listenbook_entry *find(const struct fb_listenbook_list *list,
					const struct fb_listener *listener)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct fb_listener *other = &list->entry[i].listener;

		if (other->port == listener->port && other->proto == listener->proto &&
		    other->family == listener->family && !memcmp(other->addr, listener->addr, 16))
			return &list->entry[i];
	}
	return NULL;
}

static void on_listener(void *ctx, const struct fb_listener *listener)
{
	struct fb_listenbook *book = ctx;
	struct fb_listenbook_list *list = &book->fresh;
	struct fb_listenbook_entry *entry = find(list, listener);
	const struct fb_listenbook_entry *before;

	if (entry) {
		entry->listener.queue += listener->queue;
		entry->listener.limit += listener->limit;
		entry->sockets++;
		return;
	}
	if (list->n == FB_LISTENBOOK_MOST) {
		list->left_out++;
		return;
	}
	entry = &list->entry[list->n++];
	before = find(&book->shown, listener);
	if (before && before->listener.uid == listener->uid)
		*entry = *before;
	else
		*entry = (struct fb_listenbook_entry){0};
	entry->listener = *listener;
	entry->sockets = 1;
	if (!*entry->user && !fb_users_name(listener->uid, entry->user))
		snprintf(entry->user, sizeof(entry->user), "%u", listener->uid);
}

/* --- who has them ----------------------------------------------------------------------------- */

static void ask_of(const struct fb_listener *listener, struct fb_sockheld_ask *ask)
{
	*ask = (struct fb_sockheld_ask){.held = {.proto = listener->proto}};
	memcpy(ask->ends.addr[0], listener->addr, 16);
	if (listener->family == FB_IPV4)
		ask->ends.addr[1][10] = ask->ends.addr[1][11] = 0xff;
	ask->ends.port[0] = listener->port;
}

static void set_text(char to[static FB_LISTENBOOK_TEXT], const char *text)
{
	snprintf(to, FB_LISTENBOOK_TEXT, "%s", text ? text : "");
}

static void set_owner(struct fb_listenbook_entry *entry, const struct fb_owner *owner)
{
	entry->pid = owner->key.pid;
	set_text(entry->process, owner->process);
	set_text(entry->exe, owner->exe);
	set_text(entry->user, owner->user);
	set_text(entry->unit, owner->unit);
	set_text(entry->container, owner->container);
	set_text(entry->container_name, owner->container_name);
}

static bool is_due(const struct fb_listenbook_entry *entry, uint64_t now_ns)
{
	return !entry->asked_ns || entry->asked_ns + AGAIN_NS <= now_ns;
}

static void ask_owners(struct fb_listenbook_list *list, struct fb_ownerbook *owners,
		       uint64_t now_ns)
{
	struct fb_sockheld_ask ask[FB_OWNER_HELD];
	struct fb_listenbook_entry *entry[FB_OWNER_HELD];
	unsigned int n = 0;

	for (unsigned int i = 0; i < list->n && n < FB_OWNER_HELD; i++) {
		if (!is_due(&list->entry[i], now_ns))
			continue;
		entry[n] = &list->entry[i];
		ask_of(&list->entry[i].listener, &ask[n++]);
	}
	if (!n || !owners->on || fb_heldbook_ask(&owners->heldbook, now_ns, ask, n) < 0)
		return;
	for (unsigned int i = 0; i < n; i++) {
		entry[i]->asked_ns = now_ns;
		if (ask[i].held.stamp.pid)
			set_owner(entry[i], fb_ownerbook_of(owners, &ask[i].held.stamp));
	}
}

void fb_listenbook_tick(struct fb_listenbook *book, struct fb_ownerbook *owners, uint64_t now_ns,
			int64_t wall_ms)
{
	struct fb_listenbook_list *fresh = &book->fresh, old;
	int r;

	if (now_ns < book->next_ns)
		return;
	book->next_ns = now_ns + EVERY_NS;
	fresh->n = fresh->left_out = 0;
	r = fb_listeners_read(on_listener, book);
	if (r < 0) {
		fb_debug("engine", "cannot list the listening sockets: %s", strerror(-r));
		return;
	}
	ask_owners(fresh, owners, now_ns);
	fresh->read_ms = wall_ms;
	pthread_mutex_lock(&book->lock);
	old = book->shown;
	book->shown = *fresh;
	pthread_mutex_unlock(&book->lock);
	*fresh = old;
}

int fb_listenbook_read(struct fb_listenbook *book, struct fb_listenbook_list *ret_list)
{
	size_t size;

	pthread_mutex_lock(&book->lock);
	*ret_list = book->shown;
	size = ret_list->n * sizeof(*ret_list->entry);
	ret_list->entry = malloc(size + 1);
	if (ret_list->entry)
		memcpy(ret_list->entry, book->shown.entry, size);
	pthread_mutex_unlock(&book->lock);
	return ret_list->entry ? 0 : -ENOMEM;
}
