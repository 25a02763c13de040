/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy flow util
/* What operators said of connections: who it is about, what it teaches, what is left of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "policy/teachings.h"
#include "util/cleanup.h"

#define NOW 1764432000000LL

static struct fb_teaching teaching_of(uint8_t client, bool deny)
{
	return (struct fb_teaching){
		.deny = deny,
		.time_ms = NOW,
		.ends = {.client = {[15] = client}, .server = {[15] = 9}, .port = 8883, .proto = 6},
		/* not served, most failed, often, in a minute, some servers; out, odd port, tcp ok,
		   ... */
		.steps = {{0, 3, 2, 2, 1, 1, 7, 1, 0, 4, 7}},
	};
}

static uint32_t add(struct fb_teachings *teachings, uint8_t client, bool deny)
{
	const struct fb_teaching teaching = teaching_of(client, deny);
	uint32_t id = 0;

	assert_int_equal(fb_teachings_add(teachings, &teaching, &id), 0);
	return id;
}

static const struct fb_teaching *find(const struct fb_teachings *teachings, uint8_t client)
{
	const struct fb_teaching teaching = teaching_of(client, false);

	return fb_teachings_find(teachings, &teaching.ends);
}

static void has_the_last_word(void **state)
{
	_cleanup_(fb_teachings_fini) struct fb_teachings teachings;
	struct fb_teaching_ends other = teaching_of(1, false).ends;

	(void)state;
	assert_int_equal(fb_teachings_init(&teachings), 0);
	assert_null(find(&teachings, 1));
	assert_int_equal(add(&teachings, 1, true), 1);
	assert_int_equal(add(&teachings, 2, true), 2);
	assert_int_equal(add(&teachings, 1, false), 3); /* in place of the first */
	assert_int_equal(teachings.n, 2);
	assert_false(find(&teachings, 1)->deny);
	assert_true(find(&teachings, 2)->deny);
	other.port++;
	assert_null(fb_teachings_find(&teachings, &other));
	assert_int_equal(fb_teachings_undo(&teachings, 1), -ENOENT);
	assert_int_equal(fb_teachings_undo(&teachings, 2), 0);
	assert_null(find(&teachings, 2));
	assert_int_equal(find(&teachings, 1)->id, 3);
	assert_int_equal(add(&teachings, 4, true), 4);
}

static void refuses_what_is_too_much(void **state)
{
	_cleanup_(fb_teachings_fini) struct fb_teachings teachings;
	struct fb_teaching teaching = teaching_of(0, true);
	uint32_t id;

	(void)state;
	assert_int_equal(fb_teachings_init(&teachings), 0);
	for (unsigned int i = 0; i < FB_TEACHINGS; i++) {
		teaching.ends.port = (uint16_t)i;
		assert_int_equal(fb_teachings_add(&teachings, &teaching, &id), 0);
	}
	assert_int_equal(fb_teachings_add(&teachings, &teaching, &id), 0); /* these ends again */
	teaching.ends.port++;
	assert_int_equal(fb_teachings_add(&teachings, &teaching, &id), -ENOSPC);
	assert_int_equal(teachings.n, FB_TEACHINGS);
	assert_int_equal(fb_teachings_undo(&teachings, 7), 0);
	assert_int_equal(fb_teachings_add(&teachings, &teaching, &id), 0);
}

static uint16_t opinion_after(const struct fb_teachings *teachings, int64_t now_ms)
{
	struct fb_learned *learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n);
	const struct fb_teaching asked = teaching_of(1, false);
	struct fb_learned_opinion opinion;
	struct fb_learned_place place;

	fb_learned_place(&asked.steps, &place);
	fb_teachings_apply(teachings, learned, now_ms);
	fb_learned_judge(learned, &place, &opinion);
	fb_learned_free(learned);
	return opinion.p;
}

static void teaches_and_fades(void **state)
{
	const int64_t half = FB_TEACHING_HALF_MS;
	_cleanup_(fb_teachings_fini) struct fb_teachings teachings;
	uint16_t untaught, fresh, later, gone;
	uint32_t last = 0;

	(void)state;
	assert_int_equal(fb_teachings_init(&teachings), 0);
	untaught = opinion_after(&teachings, NOW);
	for (uint8_t client = 1; client < 100; client++)
		last = add(&teachings, client, true);
	fresh = opinion_after(&teachings, NOW);
	assert_true(fresh > untaught);
	assert_int_equal(opinion_after(&teachings, NOW - half), fresh); /* a clock that went back */
	later = opinion_after(&teachings, NOW + half);
	assert_true(later < fresh && later > untaught);
	gone = opinion_after(&teachings, NOW + 40 * half);
	assert_int_equal(gone, untaught);
	for (uint32_t id = 1; id <= last; id++)
		assert_int_equal(fb_teachings_undo(&teachings, id), 0);
	assert_int_equal(opinion_after(&teachings, NOW), untaught);
}

static void write_all(const struct fb_teachings *teachings, struct fb_buf *buf)
{
	fb_blob_begin(buf);
	fb_teachings_write(teachings, buf);
	fb_blob_end(buf);
	assert_int_equal(fb_buf_error(buf), 0);
}

static int read_all(struct fb_teachings *teachings, const void *data, size_t len)
{
	struct fb_blob blob;
	int r = fb_blob_open(data, len, &blob, NULL);

	if (r == 0)
		r = fb_teachings_read(teachings, &blob);
	return r == 0 && !fb_blob_is_done(&blob) ? -EBADMSG : r;
}

static void outlives_a_restart(void **state)
{
	_cleanup_(fb_teachings_fini) struct fb_teachings teachings, again;
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT, same = FB_BUF_INIT;

	(void)state;
	assert_int_equal(fb_teachings_init(&teachings), 0);
	assert_int_equal(fb_teachings_init(&again), 0);
	for (uint8_t client = 1; client < 50; client++)
		add(&teachings, client, client & 1);
	assert_int_equal(fb_teachings_undo(&teachings, 49), 0);
	write_all(&teachings, &buf);
	assert_int_equal(read_all(&again, buf.data, buf.len), 0);
	assert_int_equal(again.n, 48);
	assert_memory_equal(&again.list[47].steps, &teachings.list[47].steps,
			    sizeof(struct fb_learned_steps));
	assert_true(find(&again, 47)->deny);
	assert_int_equal(add(&again, 60, true), 50); /* 49 was given before */
	assert_int_equal(fb_teachings_undo(&again, 50), 0);
	again.last_id--;
	write_all(&again, &same);
	assert_int_equal(same.len, buf.len);
	assert_memory_equal(same.data, buf.data, buf.len);
}

static void tells_a_torn_file(void **state)
{
	_cleanup_(fb_teachings_fini) struct fb_teachings teachings;
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_teachings_init(&teachings), 0);
	add(&teachings, 1, true);
	write_all(&teachings, &buf);
	for (size_t len = 0; len < buf.len; len++)
		assert_int_equal(read_all(&teachings, buf.data, len), -EBADMSG);
	for (size_t i = 0; i < buf.len; i++) {
		buf.data[i] ^= 4;
		assert_int_not_equal(read_all(&teachings, buf.data, buf.len), 0);
		buf.data[i] ^= 4;
	}
	assert_int_equal(teachings.n, 1); /* what was there stayed */
	buf.data[8]++;
	assert_int_equal(fb_blob_open(buf.data, buf.len, &(struct fb_blob){0}, &why),
			 -EPROTONOSUPPORT);
	assert_non_null(strstr(why.text, "another version"));
}

/* A whole file with a right hash that says what cannot be. */
static void tells_what_cannot_be(void **state)
{
	_cleanup_(fb_teachings_fini) struct fb_teachings teachings;
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	assert_int_equal(fb_teachings_init(&teachings), 0);
	add(&teachings, 1, true);
	add(&teachings, 2, true);
	teachings.last_id = 1; /* an id that was never given */
	write_all(&teachings, &buf);
	assert_int_equal(read_all(&teachings, buf.data, buf.len), -EBADMSG);
	teachings.last_id = 2;
	teachings.list[1].id = 1; /* twice the same */
	write_all(&teachings, &buf);
	assert_int_equal(read_all(&teachings, buf.data, buf.len), -EBADMSG);
	teachings.list[1] = teachings.list[0];
	teachings.list[1].id = 2; /* twice the same ends */
	write_all(&teachings, &buf);
	assert_int_equal(read_all(&teachings, buf.data, buf.len), -EBADMSG);
	teachings.n = 1;
	teachings.list[0].steps.step[0] = 2; /* no such fact */
	write_all(&teachings, &buf);
	assert_int_equal(read_all(&teachings, buf.data, buf.len), -EBADMSG);
	teachings.list[0].steps.step[0] = 1;
	write_all(&teachings, &buf);
	assert_int_equal(read_all(&teachings, buf.data, buf.len), 0);
	buf.data[24] = 2; /* fewer than it says */
	fb_blob_end(&buf);
	assert_int_equal(read_all(&teachings, buf.data, buf.len), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_last_word), cmocka_unit_test(refuses_what_is_too_much),
		cmocka_unit_test(teaches_and_fades), cmocka_unit_test(outlives_a_restart),
		cmocka_unit_test(tells_a_torn_file), cmocka_unit_test(tells_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
