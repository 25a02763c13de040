/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine util
/* Losses and full tables in the log: told when they begin and when they are over, not each tick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/pressure.h"
#include "util/log.h"

static struct {
	unsigned int n;
	enum fb_log_level level;
	char text[256];
} said;

static void listen(void *ctx, enum fb_log_level level, const char *component, const char *message,
		   const struct fb_log_field *fields)
{
	(void)ctx, (void)component, (void)fields;
	said.n++;
	said.level = level;
	snprintf(said.text, sizeof(said.text), "%s", message);
}

static int set_up(void **state)
{
	static struct fb_status status;

	memset(&status, 0, sizeof(status));
	status.n_counters = 2;
	status.counters[0] = (struct fb_counter){"ring_full", "samples", 7, true};
	status.counters[1] = (struct fb_counter){"seen", "packets", 7, false};
	status.rows_max = 1000;
	said.n = 0;
	fb_log_set_level(FB_LOG_ERROR);
	fb_log_set_listener(listen, NULL);
	*state = &status;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fb_log_set_listener(NULL, NULL);
	return 0;
}

static void test_losses(void **state)
{
	struct fb_status *status = *state;
	struct fb_pressure pressure = {0};

	fb_pressure_tick(&pressure, status);
	assert_int_equal(said.n, 1); /* of before the start */
	for (int i = 0; i < 20; i++)
		fb_pressure_tick(&pressure, status);
	assert_int_equal(said.n, 2);
	for (int i = 0; i < 30; i++) { /* one storm, with pauses */
		status->counters[0].value += i % 5 ? 0 : 3;
		status->counters[1].value += 100;
		fb_pressure_tick(&pressure, status);
	}
	assert_int_equal(said.n, 3);
	assert_int_equal(said.level, FB_LOG_WARN);
	assert_non_null(strstr(said.text, "ring_full: 10 so far (samples)"));
	for (int i = 0; i < 20; i++)
		fb_pressure_tick(&pressure, status);
	assert_int_equal(said.n, 4);
	assert_int_equal(said.level, FB_LOG_INFO);
	assert_string_equal(said.text, "ring_full: over, 18 were lost, 25 since the start");
	assert_int_equal(fb_status_losses(status), 25);
}

static void test_full_tables(void **state)
{
	struct fb_status *status = *state;
	struct fb_pressure pressure = {0};

	status->n_counters = 0;
	status->rows_used = 899;
	fb_pressure_tick(&pressure, status);
	assert_int_equal(said.n, 0);
	for (int i = 0; i < 10; i++) { /* on the edge */
		status->rows_used = 895 + (uint64_t)i;
		fb_pressure_tick(&pressure, status);
	}
	assert_int_equal(said.n, 1);
	assert_int_equal(said.level, FB_LOG_WARN);
	status->rows_used = 800;
	fb_pressure_tick(&pressure, status);
	assert_int_equal(said.n, 1);
	status->rows_used = 799;
	fb_pressure_tick(&pressure, status);
	assert_int_equal(said.n, 2);
	assert_string_equal(said.text, "the flow table has room again, 799 of 1000");
	status->conntrack.entries = status->conntrack.max = 50;
	fb_pressure_tick(&pressure, status);
	assert_int_equal(said.n, 3);
	assert_non_null(strstr(said.text, "nf_conntrack_max"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_losses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_tables, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
