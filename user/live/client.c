/* SPDX-License-Identifier: BSD-2-Clause */
/* One stream's chunks; see the header. */
#include "live/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fb_chunk *fb_chunk_new(struct fb_buf *buf)
{
	struct fb_chunk *chunk = buf->error ? NULL : malloc(sizeof(*chunk) + buf->len);

	if (chunk) {
		chunk->refs = 1;
		chunk->len = buf->len;
		if (buf->len)
			memcpy(chunk->data, buf->data, buf->len);
	}
	fb_buf_clear(buf);
	return chunk;
}

void fb_chunk_put(struct fb_chunk *chunk)
{
	if (chunk && !--chunk->refs)
		free(chunk);
}

bool fb_client_add(struct fb_client *client, struct fb_chunk *chunk)
{
	if (!chunk || client->n_pending == FB_CLIENT_PENDING)
		return false;
	if (!chunk->len)
		return true;
	chunk->refs++;
	client->pending[client->n_pending++] = chunk;
	return true;
}

bool fb_client_addf(struct fb_client *client, const char *fmt, ...)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_chunk *chunk;
	va_list ap;
	bool added;

	va_start(ap, fmt);
	fb_buf_vaddf(&buf, fmt, ap);
	va_end(ap);
	chunk = fb_chunk_new(&buf);
	added = fb_client_add(client, chunk);
	fb_chunk_put(chunk);
	return added;
}

size_t fb_client_take(struct fb_client *client, char *buf, size_t max)
{
	size_t done = 0;

	while (done < max && client->n_pending) {
		struct fb_chunk *chunk = client->pending[0];
		size_t n = chunk->len - client->offset;

		if (n > max - done)
			n = max - done;
		memcpy(buf + done, chunk->data + client->offset, n);
		done += n;
		client->offset += n;
		if (client->offset < chunk->len)
			break;
		fb_chunk_put(chunk);
		client->offset = 0;
		client->n_pending--;
		memmove(client->pending, client->pending + 1,
			client->n_pending * sizeof(*client->pending));
	}
	return done;
}

struct fb_client_view *fb_client_view(struct fb_client *client, const char *name, bool make)
{
	struct fb_client_view *free_place = NULL;

	for (unsigned int i = 0; i < FB_CLIENT_VIEWS; i++) {
		struct fb_client_view *view = &client->views[i];

		if (view->name[0] && !strcmp(view->name, name))
			return view;
		if (!view->name[0] && !free_place)
			free_place = view;
	}
	if (!make || !free_place)
		return NULL;
	snprintf(free_place->name, sizeof(free_place->name), "%s", name);
	return free_place;
}

void fb_client_fini(struct fb_client *client)
{
	for (unsigned int i = 0; i < client->n_pending; i++)
		fb_chunk_put(client->pending[i]);
	client->n_pending = 0;
	client->offset = 0;
}
