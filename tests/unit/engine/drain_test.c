/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine
/* Samples from a ring to a reader that is late: each once, whole, in order, within bounds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/drain.h"

/* A ring that makes samples up, numbered by event.seq: readable until `last` is read. */
static struct fb_ring {
	fb_ring_fn fn;
	void *ctx;
	int fd;
	uint16_t len;
	atomic_uint next, last;
} ring;

int fb_ring_new(struct fb_bpf *bpf, fb_ring_fn fn, void *ctx, struct fb_ring **ret_ring)
{
	(void)bpf;
	ring.fn = fn;
	ring.ctx = ctx;
	ring.fd = eventfd(1, EFD_CLOEXEC);
	*ret_ring = &ring;
	return 0;
}

void fb_ring_free(struct fb_ring *ring_)
{
	close(ring_->fd);
}

int fb_ring_fd(const struct fb_ring *ring_)
{
	return ring_->fd;
}

uint64_t fb_ring_bad(const struct fb_ring *ring_)
{
	(void)ring_;
	return 0;
}

int fb_ring_read(struct fb_ring *ring_, unsigned int max)
{
	static uint8_t payload[FB_SAMPLE_MAX];
	unsigned int n = 0;

	for (; n < max && ring_->next < ring_->last; n++) {
		const struct fb_event event = {.seq = ring_->next++, .caplen = ring_->len};

		memset(payload, (int)event.seq & 0xff, event.caplen);
		ring_->fn(ring_->ctx, &event, payload);
	}
	return (int)n;
}

static void check(void *ctx, const struct fb_event *event, const uint8_t *payload)
{
	uint32_t *next = ctx;

	assert_int_equal(event->seq, (*next)++);
	assert_int_equal(event->caplen, ring.len);
	assert_int_equal(payload[0], event->seq & 0xff);
	assert_int_equal(payload[event->caplen - 1], event->seq & 0xff);
}

static struct fb_drain *open_drain(uint32_t *next, uint16_t len, unsigned int last)
{
	struct fb_drain *drain;

	*next = 0;
	ring.len = len;
	ring.next = 0;
	ring.last = last;
	assert_int_equal(fb_drain_new(NULL, check, next, &drain), 0);
	return drain;
}

static void test_reads_for_itself_before_the_thread(void **state)
{
	uint32_t next;
	struct fb_drain *drain = open_drain(&next, 701, 5);

	(void)state;
	assert_int_equal(fb_drain_read(drain, 3), 3);
	assert_int_equal(fb_drain_read(drain, 100), 2);
	assert_int_equal(fb_drain_read(drain, 100), 0);
	fb_drain_free(drain);
}

static void test_each_once_and_in_order(void **state)
{
	enum { SAMPLES = 200000 };
	uint32_t next;
	struct fb_drain *drain = open_drain(&next, 333, SAMPLES);
	eventfd_t told;

	(void)state;
	assert_int_equal(fb_drain_start(drain), 0);
	while (next < SAMPLES)
		fb_drain_read(drain, 512);
	while (fb_drain_read(drain, 512))
		;
	assert_int_equal(eventfd_read(fb_drain_fd(drain), &told), -1);
	assert_int_equal(errno, EAGAIN);
	fb_drain_free(drain);
}

/* Who does not read has what fits wait, and the ring the rest; nothing of it is lost. */
static void test_waits_within_bounds(void **state)
{
	const unsigned int fit = FB_DRAIN_BYTES / FB_SAMPLE_MAX;
	uint32_t next;
	struct fb_drain *drain = open_drain(&next, FB_SAMPLE_MAX, 2 * fit);

	(void)state;
	assert_int_equal(fb_drain_start(drain), 0);
	while (ring.next < fit * 3 / 4)
		usleep(1000);
	while (next < 2 * fit) {
		assert_true(ring.next <= next + fit);
		fb_drain_read(drain, 64);
	}
	/* and what nobody reads is freed */
	ring.last = 2 * fit + 1000;
	while (ring.next < ring.last)
		usleep(1000);
	fb_drain_free(drain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_for_itself_before_the_thread),
		cmocka_unit_test(test_each_once_and_in_order),
		cmocka_unit_test(test_waits_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
