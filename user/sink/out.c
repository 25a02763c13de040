/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/out.h"

#include <errno.h>
#include <unistd.h>

#include "util/clock.h"

#define FIRST_WAIT_NS (FB_NS_PER_S / 2)	 /* before a wire is opened again; doubled ... */
#define LAST_WAIT_NS  (30 * FB_NS_PER_S) /* ... up to this */
#define ROTATE_NS     (60 * FB_NS_PER_S) /* between tries to rotate a file that may not be moved */
#define BURST	      16		 /* datagrams, before a pause: receivers have little room */
#define PAUSE_US      1000
#define FULL_MS	      200 /* for room, when the spool is full in mid-second */

int fb_out_init(struct fb_out *out)
{
	out->wait_ns = FIRST_WAIT_NS;
	return fb_spool_init(&out->spool, FB_OUT_SPOOL);
}

void fb_out_fini(struct fb_out *out)
{
	if (out->wire.ops)
		out->wire.ops->close(&out->wire);
	fb_spool_fini(&out->spool);
	fb_buf_fini(&out->greeting);
}

static void fail(struct fb_out *out, int error)
{
	const bool is_file = out->wire.ops == &fb_wire_file;

	atomic_fetch_add(&out->counters.errors, 1);
	atomic_store(&out->counters.error, error);
	out->retry_ns = fb_monotonic_ns() + out->wait_ns;
	/* a file stays open: the disk is full, and the line goes on where it was cut */
	if (is_file)
		return;
	out->wire.ops->close(&out->wire);
	out->sent = out->greeted = 0;
	out->wait_ns = out->wait_ns * 2 < LAST_WAIT_NS ? out->wait_ns * 2 : LAST_WAIT_NS;
}

static void note_sent(struct fb_out *out, size_t len, uint32_t records)
{
	out->bytes += len;
	fb_spool_drop_first(&out->spool);
	out->sent = 0;
	out->wait_ns = FIRST_WAIT_NS;
	atomic_store(&out->counters.error, 0);
	atomic_fetch_add(&out->counters.sent, records);
	atomic_fetch_add(&out->counters.batches, 1);
}

/* Between two lines. What cannot be moved is written to all the same. */
static void tend_file(struct fb_out *out)
{
	const uint64_t now = fb_monotonic_ns();
	int r = 0;

	if (out->wire.ops != &fb_wire_file || out->sent)
		return;
	if (atomic_exchange(&out->reopen, false))
		r = fb_wire_file_reopen(&out->wire);
	else if (now >= out->rotate_ns)
		r = fb_wire_file_rotate(&out->wire);
	if (r < 0) {
		out->rotate_ns = now + ROTATE_NS;
		atomic_fetch_add(&out->counters.errors, 1);
		atomic_store(&out->counters.error, r);
	}
}

static bool open_wire(struct fb_out *out, const char *first, size_t len)
{
	int r;

	if (out->wire.fd >= 0)
		return true;
	r = out->wire.ops->open(&out->wire);
	if (r < 0) {
		fail(out, r);
		return false;
	}
	fb_buf_clear(&out->greeting);
	if (out->greet)
		out->greet(out->greet_ctx, first, len, &out->greeting);
	return true;
}

/* What is sent to an end that has closed is lost: it is opened anew before. */
static void look_for_end(struct fb_out *out)
{
	struct fb_wire *wire = &out->wire;

	if (wire->fd < 0 || !wire->ops->is_closed || !wire->ops->is_closed(wire))
		return;
	wire->ops->close(wire);
	out->sent = out->greeted = 0;
}

/* The next bytes: of the greeting, then of the first message. 0: go on; -EAGAIN; -errno. */
static int send_some(struct fb_out *out, const char *first, size_t len, uint32_t records)
{
	const bool greets = out->greeted < out->greeting.len;
	const char *data = greets ? out->greeting.data + out->greeted : first + out->sent;
	const size_t left = greets ? out->greeting.len - out->greeted : len - out->sent;
	const ssize_t n = out->wire.ops->send(&out->wire, data, left);

	if (n < 0)
		return (int)n;
	if (greets)
		out->greeted += (size_t)n;
	else if ((out->sent += (size_t)n) == len)
		note_sent(out, len, records);
	return 0;
}

void fb_out_pump(struct fb_out *out, unsigned int ms)
{
	const uint64_t until = fb_monotonic_ns() + ms * FB_NS_PER_MS;
	const char *first;
	uint32_t records;
	size_t len;
	unsigned int n = 0;
	int r;

	look_for_end(out);
	while ((first = fb_spool_first(&out->spool, &len, &records))) {
		if (fb_monotonic_ns() < out->retry_ns || !open_wire(out, first, len))
			break;
		tend_file(out);
		r = send_some(out, first, len, records);
		if (out->wire.ops == &fb_wire_udp && ++n % BURST == 0)
			usleep(PAUSE_US);
		if (r == -EAGAIN || r == -EWOULDBLOCK || r == -ENOBUFS) {
			if (fb_monotonic_ns() >= until)
				break;
			fb_wire_wait(&out->wire, 20);
		} else if (r < 0) {
			fail(out, r);
		}
	}
	atomic_store(&out->counters.queue_bytes, out->spool.used);
}

bool fb_out_add(struct fb_out *out, const void *data, size_t len, uint32_t records)
{
	atomic_fetch_add(&out->counters.records, records);
	if (fb_spool_add(&out->spool, data, len, records))
		return true;
	fb_out_pump(out, FULL_MS);
	if (fb_spool_add(&out->spool, data, len, records))
		return true;
	atomic_fetch_add(&out->counters.dropped, records);
	atomic_fetch_add(&out->counters.dropped_full, records);
	return false;
}

void fb_out_lose(struct fb_out *out, uint32_t records)
{
	atomic_fetch_add(&out->counters.records, records);
	atomic_fetch_add(&out->counters.dropped, records);
	atomic_fetch_add(&out->counters.dropped_unwritten, records);
}
