/* SPDX-License-Identifier: BSD-2-Clause */
/* One stream's frames; see the header. */
#include "live/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fb_frame *fb_frame_new(struct fb_buf *buf)
{
	struct fb_frame *frame = buf->error ? NULL : malloc(sizeof(*frame) + buf->len);

	if (frame) {
		frame->refs = 1;
		frame->len = buf->len;
		memcpy(frame->data, buf->data, buf->len);
	}
	fb_buf_clear(buf);
	return frame;
}

void fb_frame_put(struct fb_frame *frame)
{
	if (frame && !--frame->refs)
		free(frame);
}

bool fb_client_add(struct fb_client *client, struct fb_frame *frame)
{
	if (!frame || client->n_pending == FB_CLIENT_PENDING)
		return false;
	if (!frame->len)
		return true;
	frame->refs++;
	client->pending[client->n_pending++] = frame;
	return true;
}

bool fb_client_addf(struct fb_client *client, const char *fmt, ...)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_frame *frame;
	va_list ap;
	bool added;

	va_start(ap, fmt);
	fb_buf_vaddf(&buf, fmt, ap);
	va_end(ap);
	frame = fb_frame_new(&buf);
	added = fb_client_add(client, frame);
	fb_frame_put(frame);
	return added;
}

size_t fb_client_take(struct fb_client *client, char *buf, size_t max)
{
	size_t done = 0;

	while (done < max && client->n_pending) {
		struct fb_frame *frame = client->pending[0];
		size_t n = frame->len - client->offset;

		if (n > max - done)
			n = max - done;
		memcpy(buf + done, frame->data + client->offset, n);
		done += n;
		client->offset += n;
		if (client->offset < frame->len)
			break;
		fb_frame_put(frame);
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

	for (unsigned int i = 0; i < FB_HUB_VIEWS; i++) {
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
		fb_frame_put(client->pending[i]);
	client->n_pending = 0;
	client->offset = 0;
}
