/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* Who is to be forgotten: closed flows go by an end, by what is behind NAT, by the MAC of a device.
 */
#include "flow/devicelist.h"
#include "flow/person.h"
#include "unit/world.h"

static void describe(void *ctx, const struct fb_flow *flow, unsigned int which,
		     struct fb_flow_facts *facts)
{
	(void)ctx;
	(void)flow;
	(void)which;
	facts->src_device = 1;
}

/* A connection that was translated and has ended, as a snapshot told. */
static struct world ended_world(void)
{
	static const struct fb_table_ops ops = {.describe = describe};
	struct world world = new_world(NULL, &ops, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_devicelist *list = calloc(1, sizeof(*list) + sizeof(list->entry[0]));
	struct fb_conntrack_fact fact = snat_fact();

	assert_non_null(list);
	list->n = 1;
	list->entry[0] = (struct fb_devicelist_entry){.mac = "02:00:00:00:00:09"};
	fb_table_devices(world.table, list);
	open_tcp(&row);
	fb_table_row(world.table, 5, &row, world.ns);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	count(&row, FB_DOWN, 1, 40, RST);
	fb_table_row(world.table, 5, &row, world.ns);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	for (int i = 0; i < 30; i++) {
		uint32_t slots[4];

		tick(&world, 1);
		for (unsigned int n = fb_table_evictions(world.table, slots, 4); n--;)
			fb_table_row_gone(world.table, slots[n], &row, world.ns);
	}
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_RST);
	return world;
}

static unsigned int erased(const struct fb_person *who)
{
	struct world world = ended_world();
	const unsigned int n = fb_table_erase(world.table, who);

	tick(&world, 1);
	assert_int_equal(world.now->closed, 1 - n);
	end_world(&world);
	return n;
}

static struct fb_person at(uint32_t addr)
{
	struct fb_person who = {.n_addrs = 1, .addr = {{.family = 4}}};

	set_addr(who.addr[0].addr, addr);
	return who;
}

static void test_by_its_ends(void **state)
{
	const struct fb_person client = at(CLIENT), server = at(SERVER), other = at(CLIENT + 1);

	(void)state;
	assert_int_equal(erased(&client), 1);
	assert_int_equal(erased(&server), 1);
	assert_int_equal(erased(&other), 0);
}

static void test_by_what_is_behind_nat(void **state)
{
	const struct fb_person gate = at(GATE);

	(void)state;
	assert_int_equal(erased(&gate), 1);
}

/* ... of a device that has none of these addresses any more. */
static void test_by_its_mac(void **state)
{
	struct fb_person who = {.has_mac = true, .mac = {2, 0, 0, 0, 0, 9}};

	(void)state;
	assert_int_equal(erased(&who), 1);
	who.mac[5] = 8;
	assert_int_equal(erased(&who), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_its_ends),
		cmocka_unit_test(test_by_what_is_behind_nat),
		cmocka_unit_test(test_by_its_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
