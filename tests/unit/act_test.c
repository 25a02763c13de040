// link: engine/act
/* SPDX-License-Identifier: BSD-2-Clause */
/* The door for acts: order, results to the right caller, a full queue, a caller that does not wait.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/act.h"

struct engine {
	struct fb_acts *acts;
	unsigned int performed;
	uint64_t last;
};

static int perform(void *ctx, const struct fb_act *act)
{
	struct engine *engine = ctx;

	engine->performed++;
	engine->last = act->flow_id;
	return act->kind == FB_ACT_FLUSH ? -EOPNOTSUPP : (int)act->flow_id;
}

static void *run_until_stop(void *ctx)
{
	struct engine *engine = ctx;
	struct pollfd fd = {.fd = fb_acts_fd(engine->acts), .events = POLLIN};

	while (engine->last != UINT64_MAX && poll(&fd, 1, 5000) == 1)
		fb_acts_run(engine->acts);
	return NULL;
}

static void gives_each_caller_its_result(void **state)
{
	struct engine engine = {0};
	pthread_t thread;

	(void)state;
	assert_int_equal(fb_acts_new(perform, &engine, &engine.acts), 0);
	pthread_create(&thread, NULL, run_until_stop, &engine);
	for (int i = 1; i <= 200; i++) {
		struct fb_act act = {.kind = FB_ACT_FORGET, .flow_id = (uint64_t)i};

		assert_int_equal(fb_acts_request(engine.acts, &act), i);
	}
	assert_int_equal(fb_acts_request(engine.acts, &(struct fb_act){.kind = FB_ACT_FLUSH}),
			 -EOPNOTSUPP);
	fb_acts_request(engine.acts,
			&(struct fb_act){.kind = FB_ACT_FORGET, .flow_id = UINT64_MAX});
	pthread_join(thread, NULL);
	assert_int_equal(engine.performed, 202);
	fb_acts_free(engine.acts);
}

static void refuses_what_does_not_fit(void **state)
{
	struct engine engine = {0};
	int accepted = 0;

	(void)state;
	assert_int_equal(fb_acts_new(perform, &engine, &engine.acts), 0);
	for (uint64_t i = 1; i <= 1000; i++) {
		struct fb_act act = {.kind = FB_ACT_FORGET, .flow_id = i};
		int r = fb_acts_post(engine.acts, &act);

		assert_true(r == 0 || r == -EBUSY);
		accepted += r == 0;
	}
	fb_acts_run(engine.acts);
	assert_int_equal(engine.performed, accepted);
	assert_int_equal(engine.last, accepted); /* first come, first served */
	assert_in_range(accepted, 1, 999);
	assert_int_equal(fb_acts_post(engine.acts, &(struct fb_act){0}), 0);
	fb_acts_free(engine.acts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_caller_its_result),
		cmocka_unit_test(refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
