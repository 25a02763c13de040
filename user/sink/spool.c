/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring:  [len(4) records(4) bytes, padded to 8]...  A head with the length WRAP: the next message
 * begins at 0.
 */
#include "sink/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WRAP UINT32_MAX

struct head {
	uint32_t len, records;
};

int fb_spool_init(struct fb_spool *spool, size_t size)
{
	*spool = (struct fb_spool){.data = malloc(size), .size = size};
	return spool->data ? 0 : -ENOMEM;
}

void fb_spool_fini(struct fb_spool *spool)
{
	free(spool->data);
	*spool = (struct fb_spool){0};
}

static size_t room_of(size_t len)
{
	return sizeof(struct head) + ((len + 7) & ~(size_t)7);
}

static void put(struct fb_spool *spool, const void *data, size_t len, uint32_t records)
{
	const struct head head = {(uint32_t)len, records};

	memcpy(spool->data + spool->tail, &head, sizeof(head));
	memcpy(spool->data + spool->tail + sizeof(head), data, len);
	spool->tail += room_of(len);
	spool->used += room_of(len);
}

bool fb_spool_add(struct fb_spool *spool, const void *data, size_t len, uint32_t records)
{
	const struct head wrap = {WRAP, 0};
	const size_t need = room_of(len);

	if (!spool->used)
		spool->head = spool->tail = 0;
	if (spool->tail < spool->head || (spool->used && spool->tail == spool->head)) {
		if (spool->head - spool->tail < need)
			return false;
	} else if (spool->size - spool->tail < need) {
		if (spool->head < need)
			return false;
		if (spool->size - spool->tail >= sizeof(wrap))
			memcpy(spool->data + spool->tail, &wrap, sizeof(wrap));
		spool->tail = 0;
	}
	put(spool, data, len, records);
	return true;
}

static struct head first_head(struct fb_spool *spool)
{
	struct head head = {WRAP, 0};

	if (spool->size - spool->head >= sizeof(head))
		memcpy(&head, spool->data + spool->head, sizeof(head));
	if (head.len != WRAP)
		return head;
	spool->head = 0;
	memcpy(&head, spool->data, sizeof(head));
	return head;
}

const char *fb_spool_first(struct fb_spool *spool, size_t *ret_len, uint32_t *ret_records)
{
	struct head head;

	if (!spool->used)
		return NULL;
	head = first_head(spool);
	*ret_len = head.len;
	*ret_records = head.records;
	return spool->data + spool->head + sizeof(head);
}

void fb_spool_drop_first(struct fb_spool *spool)
{
	const size_t room = room_of(first_head(spool).len);

	spool->head += room;
	spool->used -= room;
}
