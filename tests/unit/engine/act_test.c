// link: engine store proto policy filter flow util
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
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/acts.h"
#include "engine/journal.h"

struct engine {
	struct fb_acts *acts;
	unsigned int performed;
	uint64_t last;
};

static int perform(void *ctx, const struct fb_act *act, char target[static FB_ACT_TARGET])
{
	struct engine *engine = ctx;

	engine->performed++;
	engine->last = act->target.flow_id;
	snprintf(target, FB_ACT_TARGET, "number %d", (int)act->target.flow_id);
	return act->kind == FB_ACT_FLUSH ? -EOPNOTSUPP : (int)act->target.flow_id;
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
	assert_int_equal(fb_acts_new(perform, &engine, NULL, &engine.acts), 0);
	pthread_create(&thread, NULL, run_until_stop, &engine);
	for (int i = 1; i <= 200; i++) {
		struct fb_act act = {.kind = FB_ACT_FORGET, .target.flow_id = (uint64_t)i};

		assert_int_equal(fb_acts_request(engine.acts, &act), i);
	}
	assert_int_equal(fb_acts_request(engine.acts, &(struct fb_act){.kind = FB_ACT_FLUSH}),
			 -EOPNOTSUPP);
	fb_acts_request(engine.acts,
			&(struct fb_act){.kind = FB_ACT_FORGET, .target.flow_id = UINT64_MAX});
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

	caller->result = fb_acts_request(
		caller->engine->acts, &(struct fb_act){.kind = FB_ACT_FORGET, .target.flow_id = 7});
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
	assert_int_equal(fb_acts_new(perform, &engine, NULL, &engine.acts), 0);
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

/* Whoever could not be woken is told no, and what was asked for does not happen later. */
static void forgets_what_nobody_was_woken_for(void **state)
{
	const uint64_t most = UINT64_MAX - 1; /* one more does not fit an eventfd */
	struct engine engine = {0};
	struct fb_act act = {.kind = FB_ACT_FORGET, .target.flow_id = 7};

	(void)state;
	assert_int_equal(fb_acts_new(perform, &engine, NULL, &engine.acts), 0);
	assert_int_equal(write(fb_acts_fd(engine.acts), &most, sizeof(most)), sizeof(most));
	assert_int_equal(fb_acts_request(engine.acts, &act), -EBUSY);
	fb_acts_run(engine.acts);
	assert_int_equal(engine.performed, 0);
	fb_acts_free(engine.acts);
}

static const char *field(const struct fb_journal_entry *entry, const char *name)
{
	const char *value, *key = fb_journal_field(entry, NULL, &value);

	while (key && strcmp(key, name) != 0)
		key = fb_journal_field(entry, key, &value);
	return key ? value : NULL;
}

/* One record names who, what, from where, why and with what result. */
static void writes_one_record(void **state)
{
	struct engine engine = {0};
	struct fb_journal *journal;
	struct fb_journal_entry entry[3];
	struct fb_act act = {
		.kind = FB_ACT_FORGET,
		.target.flow_id = 0xab,
		.actor = {FB_ACT_BY_CLI, "operator", "uid 0", "pid 71"},
		.reason = "stale\nmapping",
	};
	struct fb_act flush = {.kind = FB_ACT_FLUSH, .actor = {.by = FB_ACT_BY_TIMER}};

	(void)state;
	assert_int_equal(fb_journal_new(&journal), 0);
	assert_int_equal(fb_acts_new(perform, &engine, NULL, &engine.acts), 0);
	fb_log_set_listener(fb_journal_add, journal);
	assert_int_equal(fb_acts_perform(engine.acts, &act), 0xab);
	assert_int_equal(fb_acts_perform(engine.acts, &flush), -EOPNOTSUPP);
	fb_log_set_listener(NULL, NULL);

	assert_int_equal(fb_journal_read(journal, 0, entry, 3), 2);
	assert_string_equal(entry[0].component, "act");
	assert_string_equal(entry[0].message, "forget number 171: done; asked by operator uid 0, "
					      "pid 71 (cli): \"stale?mapping\"");
	assert_string_equal(field(&entry[0], "act"), "forget");
	assert_string_equal(field(&entry[0], "target"), "number 171");
	assert_string_equal(field(&entry[0], "flow"), "00000000000000ab");
	assert_string_equal(field(&entry[0], "role"), "operator");
	assert_string_equal(field(&entry[0], "user"), "uid 0");
	assert_string_equal(field(&entry[0], "peer"), "pid 71");
	assert_string_equal(field(&entry[0], "by"), "cli");
	assert_string_equal(field(&entry[0], "reason"), act.reason);
	assert_string_equal(field(&entry[0], "result"), "done");
	assert_int_equal(entry[1].level, FB_LOG_WARN);
	assert_string_equal(field(&entry[1], "result"),
			    "connection tracking is not available here");
	assert_null(field(&entry[1], "user"));
	fb_acts_free(engine.acts);
	fb_journal_free(journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_caller_its_result),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(forgets_what_nobody_was_woken_for),
		cmocka_unit_test(writes_one_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
