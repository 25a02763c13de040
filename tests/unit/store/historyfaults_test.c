/* SPDX-License-Identifier: BSD-2-Clause */
// timeout: 600
// link: engine policy proto store past flow util
/*
 * A disk that is slow, that tears a write and takes no more, and memory that is short, each at any
 * moment of a tick: the writer goes on as soon as it can, and all that was counted is written.
 */
#include "unit/keeping.h"

#include <sqlite3.h>
#include <time.h>

#include "engine/consumer_queue.h"

/* --- a disk ----------------------------------------------------------------------------------- */

static struct {
	sqlite3_vfs vfs, *base;
	const sqlite3_io_methods *real[4]; /* they differ by how they lock */
	sqlite3_io_methods methods[4];
	int writes;	 /* so far */
	int tear;	 /* this write is half done, and none after it is; 0: none */
	unsigned int us; /* that a write and a sync take */
	bool torn;
} disk;

static bool is_cut(void)
{
	if (disk.us)
		usleep(disk.us);
	return disk.torn;
}

static int disk_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	if (is_cut())
		return SQLITE_IOERR_WRITE;
	disk.torn = ++disk.writes == disk.tear;
	if (!disk.torn)
		return disk.real[0]->xWrite(file, bytes, n, at);
	disk.real[0]->xWrite(file, bytes, n / 2, at);
	return SQLITE_IOERR_WRITE;
}

/* What is written stands for what is on the disk: nobody waits for the real one. */
static int disk_sync(sqlite3_file *file, int flags)
{
	(void)file, (void)flags;
	return is_cut() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return is_cut() ? SQLITE_IOERR_TRUNCATE : disk.real[0]->xTruncate(file, size);
}

/* The file is the real one, but for three of its methods. */
static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret)
{
	const int r = disk.base->xOpen(disk.base, name, file, flags, ret);
	int i = 0;

	(void)vfs;
	if (r != SQLITE_OK)
		return r;
	while (disk.real[i] && disk.real[i] != file->pMethods)
		i++;
	disk.real[i] = file->pMethods;
	disk.methods[i] = *file->pMethods;
	disk.methods[i].xWrite = disk_write;
	disk.methods[i].xSync = disk_sync;
	disk.methods[i].xTruncate = disk_truncate;
	file->pMethods = &disk.methods[i];
	return r;
}

static int use_disk(void **state)
{
	(void)state;
	disk.base = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.base;
	disk.vfs.zName = "faulty";
	disk.vfs.xOpen = disk_open;
	return sqlite3_vfs_register(&disk.vfs, 1);
}

/* --- memory ----------------------------------------------------------------------------------- */

static long fail_at; /* this allocation fails; 0: none does */

/* A sanitizer has its own, and calls these before it is ready to look at what they do. */
#ifdef __SANITIZE_ADDRESS__
#define REAL(name) __interceptor_##name
#define UNSEEN	   __attribute__((no_sanitize("address", "undefined")))
#else
#define REAL(name) __libc_##name
#define UNSEEN
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *old, size_t size);

UNSEEN static bool fails(void)
{
	return fail_at && !--fail_at;
}

UNSEEN void *malloc(size_t size)
{
	return fails() ? NULL : REAL(malloc)(size);
}

UNSEEN void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : REAL(calloc)(n, size);
}

UNSEEN void *realloc(void *old, size_t size)
{
	return fails() ? NULL : REAL(realloc)(old, size);
}

/* --- what is written -------------------------------------------------------------------------- */

#define FLOWS 40u

static void end_flows(struct keeping *keeping, uint64_t born)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct fb_flow *flow = keeping_begin(keeping, i, born + i);

		flow->src[15] = (uint8_t)i;
		keeping_move(keeping, i, FB_UP, 1);
		keeping_end(keeping, i);
	}
}

static int again(struct keeping *keeping)
{
	return fb_historian_tick(keeping->historian, &keeping->fake->snapshot, NULL, 0);
}

static void assert_whole(struct keeping *keeping, int64_t bytes)
{
	assert_int_equal(
		keeping_ask(keeping, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
		1);
	assert_int_equal(keeping_ask(keeping, "SELECT sum(d_bytes_up) FROM flows"), bytes);
}

/* What a cut of power would leave: another folder with the files as they are. */
static struct keeping *image_of(const struct keeping *keeping)
{
	struct keeping *image = keeping_new(8);
	char line[300];

	keeping_close(image);
	snprintf(line, sizeof(line), "rm -f %s/*; cp %s/history.db %s/history.db-wal %s/",
		 image->folder, keeping->folder, keeping->folder, image->folder);
	assert_int_equal(system(line), 0);
	return image;
}

static void test_a_torn_write_costs_the_tick_it_is_of(void **state)
{
	bool torn = true;
	int n = 0;

	(void)state;
	for (; torn; n++) {
		struct keeping *keeping = keeping_new(FLOWS), *image;

		end_flows(keeping, 1);
		keeping_pass(keeping, 8); /* the next one writes sums, too */
		end_flows(keeping, 1000);
		disk.writes = 0;
		disk.tear = n + 1;
		keeping_tick(keeping);
		torn = disk.torn;
		disk.tear = 0;
		disk.torn = false;
		image = image_of(keeping);
		keeping_open(image);
		assert_string_equal(image->why.text, "");
		assert_whole(image, keeping_ask(image, "SELECT count(*) = 80 FROM flow") ? 80 : 40);
		keeping_free(image);
		assert_int_equal(again(keeping), 0);
		assert_whole(keeping, 80);
		keeping_free(keeping);
	}
	print_message("# %d writes were torn, one by one\n", n - 1);
	assert_true(n > 5);
}

static void test_a_torn_checkpoint_costs_nothing(void **state)
{
	bool torn = true;
	int n = 0;

	(void)state;
	for (; torn; n++) {
		struct keeping *keeping = keeping_new(FLOWS);

		end_flows(keeping, 1);
		keeping_pass(keeping, 11);
		disk.writes = 0;
		disk.tear = n + 1;
		keeping_close(keeping);
		torn = disk.torn;
		disk.tear = 0;
		disk.torn = false;
		keeping_open(keeping);
		assert_string_equal(keeping->why.text, "");
		assert_whole(keeping, 40);
		keeping_free(keeping);
	}
	print_message("# %d writes were torn, one by one\n", n - 1);
	assert_true(n > 10);
}

/* Each allocation of a tick fails once, with ten seconds of sums to write. */
static void test_short_memory_loses_nothing(void **state)
{
	bool failed = true;
	long n = 0;

	(void)state;
	for (; failed; n++) {
		struct keeping *keeping = keeping_new(FLOWS);
		int r;

		end_flows(keeping, 1);
		keeping_pass(keeping, 8);
		end_flows(keeping, 1000);
		fail_at = n + 1;
		r = keeping_tick(keeping);
		failed = fail_at == 0;
		fail_at = 0;
		for (int i = 0; r < 0 && i < 3; i++)
			r = again(keeping);
		assert_int_equal(r, 0);
		keeping->fake->snapshot.n_ended = 0;
		keeping_pass(keeping, 11);
		assert_whole(keeping, 80);
		assert_int_equal(keeping_ask(keeping,
					     "SELECT sum(bytes_up) FROM rollup WHERE by = 0 "
					     "AND step = 60"),
				 80);
		keeping_free(keeping);
	}
	print_message("# %ld allocations failed, one by one\n", n - 1);
	assert_true(n > 10);
}

/* --- a slow disk ------------------------------------------------------------------------------ */

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	(void)losses;
	return fb_historian_tick(ctx, snapshot, NULL, 0);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Who hands a tick over does not wait for the disk. */
static void test_a_slow_disk_is_waited_for_by_its_thread_alone(void **state)
{
	const struct fb_consumer_ops ops = {.name = "history", .queue = 16, .tick = tick};
	struct keeping *keeping = keeping_new(FLOWS);
	struct fb_consumer_queue *queue;
	struct fb_historian_state now;
	struct fb_snapshot each[5];
	uint64_t began, handed_us, all_us;

	(void)state;
	end_flows(keeping, 1);
	assert_int_equal(fb_consumer_queue_new(&ops, keeping->historian, &queue), 0);
	assert_int_equal(fb_consumer_queue_start(queue), 0);
	disk.us = 20000;
	began = now_us();
	for (int i = 0; i < 5; i++) {
		keeping->fake->snapshot.epoch++;
		keeping->fake->snapshot.wall_ms += 1000;
		keeping->fake->snapshot.now_ns += 1000000000;
		each[i] = keeping->fake->snapshot;
		each[i].refs = 1000;
		fb_consumer_queue_add(queue, &(struct fb_consumer_call){.snapshot = &each[i]});
	}
	handed_us = now_us() - began;
	fb_consumer_queue_free(queue);
	all_us = now_us() - began;
	disk.us = 0;
	fb_historian_state(keeping->historian, &now);
	print_message("# %llu us to hand five ticks over, %llu us to write them\n",
		      (unsigned long long)handed_us, (unsigned long long)all_us);
	assert_int_equal(now.ends, 5 * FLOWS);
	assert_true(all_us > 5 * 20000);
	assert_true(handed_us < all_us / 10);
	keeping_free(keeping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_torn_write_costs_the_tick_it_is_of),
		cmocka_unit_test(test_a_torn_checkpoint_costs_nothing),
		cmocka_unit_test(test_short_memory_loses_nothing),
		cmocka_unit_test(test_a_slow_disk_is_waited_for_by_its_thread_alone),
	};

	return cmocka_run_group_tests_name("historyfaults", tests, use_disk, NULL);
}
