/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow format util table
/* Programs: which processes are one, which way is theirs, and whom they talk to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/programs.h"
#include "unit/fake.h"
#include "unit/rows.h"

static struct fb_owner owner_of(uint32_t pid, const char *name, const char *container)
{
	return (struct fb_owner){.key = {.began = pid, .pid = pid, .comm = "x"},
				 .process = name,
				 .exe = "/usr/bin/x",
				 .user = "root",
				 .container = container};
}

static void add(struct fake *fake, uint32_t i, const struct fb_owner *owner, enum fb_owner_by by)
{
	struct fb_flow *flow = fake_flow(fake, i);
	struct fb_traffic *traffic = fake_traffic(fake, i);

	flow->id = i + 1;
	flow->family = FB_IPV4;
	flow->direction = FB_DIRECTION_OUT;
	flow->flags = FB_FLOW_OWNER_SENT;
	flow->owner = owner;
	flow->owner_by = by;
	set_addr(flow->src, 0x0a000001u);
	set_addr(flow->dst, 0x5d000000u + i % 8);
	traffic->bytes[FB_UP] = 10;
	traffic->bytes[FB_DOWN] = 1000;
	traffic->last_seen = i;
}

static void test_programs(void **state)
{
	const struct fb_owner one = owner_of(1, "a", NULL), two = owner_of(2, "a", NULL),
			      other = owner_of(3, "a", "box"), third = owner_of(4, "b", NULL);
	struct fake *fake = fake_new(20);
	struct fb_programs programs;
	struct fb_query query;

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		add(fake, i, i % 2 ? &one : &two, FB_OWNER_CONNECT);
	add(fake, 8, &other, FB_OWNER_LISTENER);
	add(fake, 9, &third, FB_OWNER_SOCKET);
	add(fake, 10, NULL, FB_OWNER_NOT);
	fb_query_init(&query);
	assert_int_equal(fb_query_programs(&fake->snapshot, &query, &programs), 0);
	assert_int_equal(programs.total, 3);
	assert_int_equal(programs.unowned, 1);
	assert_int_equal(programs.left_out, 0);
	assert_string_equal(programs.item[0].owner->process, "a");
	assert_int_equal(programs.item[0].processes, 2);
	assert_int_equal(programs.item[0].pid[0], 1); /* the last one */
	assert_int_equal(programs.item[0].flows, 8);
	assert_int_equal(programs.item[0].bytes[FB_UP], 80);
	assert_int_equal(programs.item[0].n_peers, FB_PROGRAM_PEERS);
	assert_string_equal(programs.item[1].owner->container, "box");
	assert_int_equal(programs.item[1].bytes[FB_UP], 1000); /* a server's */
	assert_string_equal(programs.item[1].peer[0], "10.0.0.1");
	assert_string_equal(programs.item[2].peer[0], "93.0.0.1");
	fb_programs_fini(&programs);
	query.offset = 2;
	query.limit = 5;
	assert_int_equal(fb_query_programs(&fake->snapshot, &query, &programs), 0);
	assert_int_equal(programs.n, 1);
	assert_string_equal(programs.item[0].owner->process, "b");
	fb_programs_fini(&programs);
	query.offset = 100;
	assert_int_equal(fb_query_programs(&fake->snapshot, &query, &programs), 0);
	assert_int_equal(programs.n, 0);
	fb_programs_fini(&programs);
	fb_query_fini(&query);
	fake_free(fake);
}

/* More peers than are told apart: the flows still count, and it is said. */
static void test_many_peers(void **state)
{
	enum { N = 66000 };
	const struct fb_owner one = owner_of(1, "a", NULL);
	struct fake *fake = fake_new(N);
	struct fb_programs programs;
	struct fb_query query;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		add(fake, i, &one, FB_OWNER_CONNECT);
		set_addr(fake_flow(fake, i)->dst, 0x5d000000u + i);
	}
	fb_query_init(&query);
	assert_int_equal(fb_query_programs(&fake->snapshot, &query, &programs), 0);
	assert_int_equal(programs.item[0].flows, N);
	assert_int_equal(programs.left_out, N - 65536);
	fb_programs_fini(&programs);
	fb_query_fini(&query);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_many_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
