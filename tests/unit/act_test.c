// link: engine
/* SPDX-License-Identifier: BSD-2-Clause */
/* The door for acts: results to the right caller, a full queue. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/acts.h"

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

#define CALLERS 100

struct caller {
	struct engine *engine;
	pthread_t thread;
	int result;
	atomic_uint *ended;
};

static void *ask(void *ctx)
{
	struct caller *caller = ctx;

	caller->result = fb_acts_request(caller->engine->acts,
					 &(struct fb_act){.kind = FB_ACT_FORGET, .flow_id = 7});
	atomic_fetch_add(caller->ended, 1);
	return NULL;
}

/* Nothing is performed until one has its answer, which can only be that the queue is full. */
static void refuses_what_does_not_fit(void **state)
{
	struct engine engine = {0};
	struct caller callers[CALLERS];
	atomic_uint ended = 0;
	unsigned int accepted = 0, refused = 0;

	(void)state;
	assert_int_equal(fb_acts_new(perform, &engine, &engine.acts), 0);
	for (unsigned int i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){.engine = &engine, .ended = &ended};
		pthread_create(&callers[i].thread, NULL, ask, &callers[i]);
	}
	while (!ended)
		sched_yield();
	for (unsigned int i = 0; i < CALLERS; i++) {
		while (pthread_tryjoin_np(callers[i].thread, NULL) == EBUSY)
			fb_acts_run(engine.acts);
		accepted += callers[i].result == 7;
		refused += callers[i].result == -EBUSY;
	}
	assert_int_equal(accepted + refused, CALLERS);
	assert_in_range(refused, 1, CALLERS - 1);
	assert_int_equal(engine.performed, accepted);
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
