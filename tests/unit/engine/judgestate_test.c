/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine store policy filter flow proto util
/* What the judge was taught and what is usual here outlives a restart; what is torn is none of it.
 */
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

#include "engine/judgestate.h"

#define HOSTS 8
#define DAY   86400

static char path[64];
static int folder;

struct kept {
	struct fb_teachings teachings;
	struct fb_judgestate_of of;
	struct fb_judgestate *state;
};

static int fresh(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/flowbpf-judgestate-XXXXXX");
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
	return folder < 0;
}

static int gone(void **state)
{
	(void)state;
	unlinkat(folder, "judge.state", 0);
	unlinkat(folder, "judge.state.old", 0);
	close(folder);
	return rmdir(path);
}

static struct kept begin(void)
{
	struct kept kept;

	assert_int_equal(fb_teachings_init(&kept.teachings), 0);
	return kept;
}

static void start(struct kept *kept)
{
	kept->of = (struct fb_judgestate_of){&kept->teachings, fb_baseline_new(HOSTS)};
	assert_non_null(kept->of.baseline);
	assert_int_equal(fb_judgestate_open(folder, &kept->of, &kept->state), 0);
}

static void end(struct kept *kept)
{
	fb_judgestate_close(kept->state);
	fb_baseline_free(kept->of.baseline);
	fb_teachings_fini(&kept->teachings);
}

static const uint8_t host[16] = {10, 0, 0, 5};

static void learn(struct kept *kept)
{
	const struct fb_teaching teaching = {.deny = true, .ends = {.port = 22, .proto = 6}};
	uint32_t id;

	for (int64_t day = 0; day < 5; day++)
		for (int64_t minute = 0; minute < 60; minute++)
			fb_baseline_minute(kept->of.baseline, host, day * DAY + minute * 60, 20,
					   true);
	assert_int_equal(fb_teachings_add(&kept->teachings, &teaching, &id), 0);
	fb_judgestate_changed(kept->state);
}

static void both_are_kept(void **state)
{
	struct kept kept = begin();
	struct fb_baseline_state usual;

	(void)state;
	start(&kept);
	learn(&kept);
	end(&kept);
	kept = begin();
	start(&kept);
	usual = fb_baseline_state(kept.of.baseline);
	assert_int_equal(usual.hosts, 1);
	assert_int_equal(usual.learned, 1);
	assert_int_equal(kept.teachings.n, 1);
	assert_true(kept.teachings.list[0].deny);
	end(&kept);
}

static unsigned int taught_on_disk(void)
{
	struct kept other = begin();
	unsigned int n;

	start(&other);
	n = other.teachings.n;
	end(&other);
	return n;
}

static bool is_taught(struct kept *kept, uint16_t port)
{
	const struct fb_teaching teaching = {.ends = {.port = port, .proto = 6}};
	const unsigned int n = kept->teachings.n + 1;
	uint32_t id;

	assert_int_equal(fb_teachings_add(&kept->teachings, &teaching, &id), 0);
	fb_judgestate_changed(kept->state);
	for (unsigned int i = 0; i < 2000; i++) {
		fb_judgestate_tick(kept->state);
		if (taught_on_disk() == n)
			return true;
		usleep(1000);
	}
	return false;
}

/* What somebody said is on disk within ticks, not only what he said first. */
static void no_kill_forgets_it(void **state)
{
	struct kept kept = begin();

	(void)state;
	start(&kept);
	assert_true(is_taught(&kept, 22));
	assert_true(is_taught(&kept, 23));
	assert_true(is_taught(&kept, 25));
	end(&kept);
}

/* The last byte is another one: nothing of it is taken, and it is there to be looked at. */
static void torn(void **state)
{
	struct kept kept = begin();
	char byte;
	int fd;

	(void)state;
	start(&kept);
	learn(&kept);
	end(&kept);
	fd = openat(folder, "judge.state", O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, lseek(fd, -1, SEEK_END)), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, lseek(fd, -1, SEEK_END)), 1);
	close(fd);
	kept = begin();
	start(&kept);
	assert_int_equal(fb_baseline_state(kept.of.baseline).hosts, 0);
	assert_int_equal(kept.teachings.n, 0);
	assert_int_equal(faccessat(folder, "judge.state.old", F_OK, 0), 0);
	end(&kept);
}

static void no_folder(void **state)
{
	struct kept kept = begin();
	const int was = folder;

	(void)state;
	folder = -1;
	start(&kept);
	folder = was;
	assert_null(kept.state);
	fb_judgestate_changed(kept.state);
	fb_judgestate_tick(kept.state);
	end(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_are_kept, fresh, gone),
		cmocka_unit_test_setup_teardown(no_kill_forgets_it, fresh, gone),
		cmocka_unit_test_setup_teardown(torn, fresh, gone),
		cmocka_unit_test_setup_teardown(no_folder, fresh, gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
