/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetbatch.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "util/clock.h"

#define MS_PER_DAY 86400000
#define RAW_MOST   (64u << 20) /* well below what a server makes a block of */
#define PIECE	   65536

int fb_fleetbatch_init(struct fb_fleetbatch *batch, enum fb_fleet_table table, uint64_t rows)
{
	*batch = (struct fb_fleetbatch){.head = {.kind = table}, .most = rows};
	batch->up = deflateInit2(&batch->z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
	return batch->up ? 0 : -ENOMEM;
}

void fb_fleetbatch_fini(struct fb_fleetbatch *batch)
{
	if (batch->up)
		deflateEnd(&batch->z);
	fb_buf_fini(&batch->out);
	*batch = (struct fb_fleetbatch){0};
}

/* "(a,b,c)\n" */
static void write_columns(struct fb_buf *out, enum fb_fleet_table table)
{
	struct fb_fleet_column column;

	for (unsigned int i = 0; fb_fleet_column(table, i, &column); i++) {
		fb_buf_addc(out, i ? ',' : '(');
		fb_buf_adds(out, column.name);
	}
	fb_buf_adds(out, ")\n");
}

static void open_batch(struct fb_fleetbatch *batch, uint64_t wall_ms)
{
	const uint64_t kind = batch->head.kind;

	batch->head = (struct fb_batch){.kind = kind, .first_ms = wall_ms, .last_ms = wall_ms};
	if (getrandom(&batch->head.id, sizeof(batch->head.id), 0) != sizeof(batch->head.id))
		batch->head.id = fb_clock_ns(CLOCK_REALTIME);
	batch->opened_ms = fb_monotonic_ms();
	batch->raw = 0;
	fb_buf_clear(&batch->out);
	batch->failed = deflateReset(&batch->z) != Z_OK;
	write_columns(&batch->out, (enum fb_fleet_table)kind);
}

uint64_t fb_fleetbatch_begin(struct fb_fleetbatch *batch, struct fb_diskspool *spool,
			     uint64_t wall_ms)
{
	if (batch->head.rows && batch->head.first_ms / MS_PER_DAY != wall_ms / MS_PER_DAY)
		fb_fleetbatch_close(batch, spool, true);
	if (!batch->head.rows)
		open_batch(batch, wall_ms);
	if (wall_ms < batch->head.first_ms)
		batch->head.first_ms = wall_ms;
	if (wall_ms > batch->head.last_ms)
		batch->head.last_ms = wall_ms;
	return batch->head.id;
}

static void squeeze(struct fb_fleetbatch *batch, const char *data, size_t len, int flush)
{
	z_stream *z = &batch->z;
	int r;

	z->next_in = (uint8_t *)data;
	z->avail_in = (unsigned int)len;
	do {
		char *to = fb_buf_reserve(&batch->out, PIECE);

		if (!to) {
			batch->failed = true;
			return;
		}
		z->next_out = (uint8_t *)to;
		z->avail_out = PIECE;
		r = deflate(z, flush);
		batch->out.len += PIECE - z->avail_out;
	} while (r == Z_OK && (z->avail_in || !z->avail_out || flush == Z_FINISH));
}

void fb_fleetbatch_add(struct fb_fleetbatch *batch, struct fb_buf *row, uint64_t packets,
		       uint64_t bytes)
{
	batch->head.rows++;
	batch->head.packets += packets;
	batch->head.bytes += bytes;
	batch->raw += row->len;
	batch->failed |= fb_buf_error(row) != 0;
	if (!batch->failed)
		squeeze(batch, row->data, row->len, Z_NO_FLUSH);
}

static bool is_due(const struct fb_fleetbatch *batch)
{
	return batch->head.rows >= batch->most || batch->raw >= RAW_MOST ||
	       fb_monotonic_ms() - batch->opened_ms >= FB_FLEETBATCH_MS;
}

void fb_fleetbatch_close(struct fb_fleetbatch *batch, struct fb_diskspool *spool, bool now)
{
	if (!batch->head.rows || (!now && !is_due(batch)))
		return;
	if (!batch->failed)
		squeeze(batch, NULL, 0, Z_FINISH);
	if (batch->failed || fb_buf_error(&batch->out))
		fb_diskspool_lose(spool, &batch->head);
	else
		fb_diskspool_add(spool, batch->head, batch->out.data, batch->out.len);
	batch->head.rows = 0;
}

/* --- read again ------------------------------------------------------------------------------- */

static int inflate_all(z_stream *z, struct fb_buf *rows)
{
	int r = Z_OK;

	while (r == Z_OK && rows->len <= RAW_MOST + PIECE) {
		char *to = fb_buf_reserve(rows, PIECE);

		if (!to)
			return -ENOMEM;
		z->next_out = (uint8_t *)to;
		z->avail_out = PIECE;
		r = inflate(z, Z_NO_FLUSH);
		rows->len += PIECE - z->avail_out;
	}
	return r == Z_STREAM_END && !z->avail_in ? 0 : -EBADMSG;
}

int fb_fleetbatch_read(const struct fb_buf *data, struct fb_buf *rows)
{
	const char *line = data->len ? memchr(data->data, '\n', data->len) : NULL;
	z_stream z = {0};
	int r;

	fb_buf_clear(rows);
	if (!line || inflateInit2(&z, 15 + 16) != Z_OK)
		return line ? -ENOMEM : -EBADMSG;
	z.next_in = (uint8_t *)(uintptr_t)(line + 1);
	z.avail_in = (unsigned int)(data->len - (size_t)(line + 1 - data->data));
	r = inflate_all(&z, rows);
	inflateEnd(&z);
	return r;
}
