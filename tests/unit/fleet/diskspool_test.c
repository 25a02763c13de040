/* SPDX-License-Identifier: BSD-2-Clause */
// link: fleet util
/*
 * What waits on the disk comes out whole, in its order and over restarts; what is torn, full or
 * refused is counted with all that it had.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/diskspool.h"

#define LIMIT 1000

struct world {
	char path[64];
	int state;
	struct fb_diskspool *spool;
};

static void open_spool(struct world *world, uint64_t limit)
{
	struct fb_why why = {""};

	fb_diskspool_close(world->spool);
	assert_int_equal(fb_diskspool_open(world->state, "fleet", limit, &world->spool, &why), 0);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	snprintf(world->path, sizeof(world->path), "/tmp/diskspool.XXXXXX");
	assert_non_null(mkdtemp(world->path));
	world->state = open(world->path, O_RDONLY | O_DIRECTORY);
	open_spool(world, LIMIT);
	*state = world;
	return 0;
}

/* `remove`, too; how many files there are of that suffix, the last one's name. */
static unsigned int files(const struct world *world, const char *suffix, char name[static 256],
			  bool remove)
{
	const int fd = openat(world->state, "fleet", O_RDONLY | O_DIRECTORY);
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		const size_t len = strlen(entry->d_name), tail = strlen(suffix);

		if (entry->d_name[0] == '.' || len < tail ||
		    strcmp(entry->d_name + len - tail, suffix) != 0)
			continue;
		snprintf(name, 256, "%s", entry->d_name);
		n++;
		if (remove)
			unlinkat(fd, entry->d_name, 0);
	}
	closedir(dir);
	return n;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char name[256];

	fb_diskspool_close(world->spool);
	files(world, "", name, true);
	unlinkat(world->state, "fleet", AT_REMOVEDIR);
	close(world->state);
	rmdir(world->path);
	free(world);
	return 0;
}

static void add(struct world *world, uint64_t id, size_t len)
{
	const struct fb_batch batch = {
		.id = id, .kind = 1, .rows = 10, .packets = 20, .bytes = 30, .first_ms = 1000 + id};
	char data[LIMIT];

	assert_true(len <= sizeof(data));
	memset(data, (int)id, len);
	fb_diskspool_add(world->spool, batch, data, len);
}

static struct fb_batch take(struct world *world, uint64_t id, size_t len)
{
	struct fb_buf data = FB_BUF_INIT;
	struct fb_batch batch;

	assert_true(fb_diskspool_take(world->spool, &batch, &data));
	assert_int_equal(batch.id, id);
	assert_int_equal(batch.rows, 10);
	assert_int_equal(batch.packets, 20);
	assert_int_equal(batch.bytes, 30);
	assert_int_equal(data.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal((uint8_t)data.data[i], (uint8_t)id);
	fb_buf_fini(&data);
	return batch;
}

static void end(struct world *world, uint64_t id, size_t len, enum fb_diskspool_end how)
{
	const struct fb_batch batch = take(world, id, len);

	fb_diskspool_end(world->spool, &batch, how, true);
}

static void is_empty(struct world *world)
{
	struct fb_buf data = FB_BUF_INIT;
	struct fb_batch batch;
	char name[256];

	assert_false(fb_diskspool_take(world->spool, &batch, &data));
	assert_int_equal(files(world, ".batch", name, false), 0);
	fb_buf_fini(&data);
}

static struct fb_diskspool_state state_of(struct world *world)
{
	struct fb_diskspool_state state;

	fb_diskspool_state(world->spool, &state);
	return state;
}

static void lost(struct world *world, enum fb_diskspool_reason reason, uint64_t batches)
{
	const struct fb_diskspool_state state = state_of(world);

	for (int i = 0; i < FB_DISKSPOOL_REASON_COUNT; i++) {
		const uint64_t n = (enum fb_diskspool_reason)i == reason ? batches : 0;

		assert_int_equal(state.lost[i].batches, n);
		assert_int_equal(state.lost[i].rows, 10 * n);
		assert_int_equal(state.lost[i].packets, 20 * n);
		assert_int_equal(state.lost[i].bytes, 30 * n);
	}
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_order_over_restarts(void **state)
{
	struct world *world = *state;
	struct fb_batch batch;

	add(world, 1, 100);
	add(world, 2, 0 + 1);
	batch = take(world, 1, 100);
	assert_false(batch.unsure);
	fb_diskspool_end(world->spool, &batch, FB_DISKSPOOL_LATER, false);
	assert_false(take(world, 1, 100).unsure);
	assert_int_equal(state_of(world).batches, 2);
	assert_int_equal(state_of(world).bytes, 101);
	assert_int_equal(state_of(world).rows, 20);
	assert_int_equal(state_of(world).oldest_ms, 1001);

	open_spool(world, LIMIT);
	assert_int_equal(state_of(world).rows, 20);
	batch = take(world, 1, 100);
	assert_true(batch.unsure); /* the last run may have sent it */
	fb_diskspool_end(world->spool, &batch, FB_DISKSPOOL_SENT, false);
	add(world, 3, 50);
	end(world, 2, 1, FB_DISKSPOOL_SENT);
	end(world, 3, 50, FB_DISKSPOOL_SENT);
	is_empty(world);
	assert_int_equal(state_of(world).bytes, 0);
	assert_int_equal(state_of(world).oldest_ms, 0);
	lost(world, FB_DISKSPOOL_full, 0);
}

/* What is being sent stays, for nobody knows what becomes of it. */
static void test_oldest_makes_way(void **state)
{
	struct world *world = *state;
	struct fb_batch batch;

	for (uint64_t id = 1; id <= 4; id++)
		add(world, id, 250);
	batch = take(world, 1, 250);
	add(world, 5, 400);
	lost(world, FB_DISKSPOOL_full, 2);
	fb_diskspool_end(world->spool, &batch, FB_DISKSPOOL_SENT, false);
	end(world, 4, 250, FB_DISKSPOOL_SENT);
	end(world, 5, 400, FB_DISKSPOOL_SENT);
	is_empty(world);
	open_spool(world, 500);
	add(world, 6, 501);
	lost(world, FB_DISKSPOOL_full, 1);
	is_empty(world);
	add(world, 7, 300);
	add(world, 8, 200);
	open_spool(world, 499); /* less than the last run had */
	lost(world, FB_DISKSPOOL_full, 1);
	end(world, 8, 200, FB_DISKSPOOL_SENT);
	is_empty(world);
}

static int open_file(const struct world *world, const char *name)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "fleet/%s", name);
	fd = openat(world->state, path, O_WRONLY);
	assert_true(fd >= 0);
	return fd;
}

static void test_torn(void **state)
{
	struct world *world = *state;
	char name[256], path[300], fresh[310];
	int fd;

	add(world, 1, 100); /* cut */
	assert_int_equal(files(world, ".batch", name, false), 1);
	fd = open_file(world, name);
	assert_int_equal(ftruncate(fd, 99), 0);
	close(fd);
	open_spool(world, LIMIT);
	lost(world, FB_DISKSPOOL_torn, 1);

	add(world, 2, 100); /* another byte, found when its turn comes */
	assert_int_equal(files(world, ".batch", name, false), 1);
	fd = open_file(world, name);
	assert_int_equal(pwrite(fd, "x", 1, 50), 1);
	close(fd);
	add(world, 3, 100);
	end(world, 3, 100, FB_DISKSPOOL_SENT);
	lost(world, FB_DISKSPOOL_torn, 2);

	add(world, 4, 100); /* killed while it was written */
	assert_int_equal(files(world, ".batch", name, false), 1);
	snprintf(path, sizeof(path), "fleet/%s", name);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	assert_int_equal(renameat(world->state, path, world->state, fresh), 0);
	open_spool(world, LIMIT);
	lost(world, FB_DISKSPOOL_torn, 1);
	is_empty(world);
	assert_int_equal(files(world, "", name, false), 0);
}

/* Names that are none of ours, whatever they are, are left alone. */
static void test_strangers(void **state)
{
	static const char *const names[] = {"fleet/x", "fleet/1-2.batch",
					    "fleet/-1-2-3-4-5-6-7-8-9-a.batch",
					    "fleet/11111111111111111-2-3-4-5-6-7-8-9-a.batch",
					    "fleet/1-2-3-4-5-6-7-8-9-.batch"};
	struct world *world = *state;
	char name[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		close(openat(world->state, names[i], O_CREAT | O_WRONLY, 0600));
	open_spool(world, LIMIT);
	lost(world, FB_DISKSPOOL_torn, 0);
	assert_int_equal(state_of(world).batches, 0);
	assert_int_equal(files(world, "", name, false), 5);
}

static void test_refused(void **state)
{
	struct world *world = *state;
	char name[256];

	for (uint64_t id = 1; id <= 12; id++) {
		add(world, id, 10);
		end(world, id, 10, FB_DISKSPOOL_REFUSED);
	}
	lost(world, FB_DISKSPOOL_refused, 12);
	is_empty(world);
	assert_int_equal(files(world, ".refused", name, false), 8);
}

static void test_no_disk(void **state)
{
	struct world *world = *state;
	struct fb_batch batch = {.rows = 10, .packets = 20, .bytes = 30};
	char name[256];

	files(world, "", name, true);
	assert_int_equal(unlinkat(world->state, "fleet", AT_REMOVEDIR), 0);
	add(world, 1, 10);
	lost(world, FB_DISKSPOOL_unwritten, 1);
	assert_true(state_of(world).error < 0);
	fb_diskspool_lose(world->spool, &batch);
	lost(world, FB_DISKSPOOL_unwritten, 2);
	open_spool(world, LIMIT);
	is_empty(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_order_over_restarts), TEST(test_oldest_makes_way), TEST(test_torn),
		TEST(test_strangers),		TEST(test_refused),	     TEST(test_no_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
