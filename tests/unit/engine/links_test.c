/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine util
/* Interfaces through their lives: all or none, renamed, gone and back, taken off by somebody. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/links.h"
#include "kernel/lock.h"
#include "kernel/qdisc.h"

#define DEVICES 4

/* A machine with some interfaces. */
static struct {
	const struct fb_netdev_ops *ops;
	void *ctx;
	struct fb_netdev_link dev[DEVICES]; /* ifindex 0: none */
	uint32_t known;			    /* ifindex that pinned maps knew as link 9 */
	uint32_t refuse;		    /* ifindex that cannot be attached to */
	uint32_t off;			    /* ifindex whose program somebody took off */
	unsigned int attached, cleared;
	unsigned int told; /* names and patterns that others can ask for */
	struct fb_qdisc queue;
	bool kept; /* the last that stopped keeps its pinned links */
} machine;

int fb_netdev_new(const struct fb_netdev_ops *ops, void *ctx, struct fb_netdev **ret_netdev)
{
	machine.ops = ops;
	machine.ctx = ctx;
	*ret_netdev = (struct fb_netdev *)&machine;
	return 0;
}

void fb_netdev_free(struct fb_netdev *netdev)
{
	(void)netdev;
	machine.ops = NULL;
}

int fb_netdev_fd(const struct fb_netdev *netdev)
{
	(void)netdev;
	return 3;
}

int fb_netdev_list(struct fb_netdev *netdev)
{
	(void)netdev;
	return 0;
}

int fb_netdev_read(struct fb_netdev *netdev)
{
	(void)netdev;
	return 0;
}

void fb_netdev_hardware(const struct fb_netdev *netdev, const char *name,
			struct fb_netdev_hardware *ret_hardware)
{
	(void)netdev;
	*ret_hardware = (struct fb_netdev_hardware){.speed = !strcmp(name, "lan") ? 1000 : 0};
}

int fb_netdev_link_by_name(struct fb_netdev *netdev, const char *name,
			   struct fb_netdev_link *ret_link)
{
	(void)netdev;
	for (int i = 0; i < DEVICES; i++)
		if (machine.dev[i].ifindex && !strcmp(machine.dev[i].name, name)) {
			*ret_link = machine.dev[i];
			return 0;
		}
	return -ENODEV;
}

int fb_attach_start(struct fb_attach *attach, struct fb_bpf *bpf, uint32_t ifindex, uint16_t link,
		    struct fb_why *why)
{
	if (ifindex == machine.refuse)
		return fb_why_set(why, -EBUSY, "number %u is taken", ifindex);
	*attach = (struct fb_attach){
		.bpf = bpf, .ifindex = ifindex, .link = link, .kind = FB_ATTACH_TCX};
	machine.attached++;
	return 0;
}

void fb_attach_stop(struct fb_attach *attach, bool keep_pinned)
{
	(void)attach;
	machine.attached--;
	machine.kept = keep_pinned;
}

int fb_attach_check(struct fb_attach *attach)
{
	for (int i = 0; i < DEVICES; i++)
		if (machine.dev[i].ifindex == attach->ifindex)
			return attach->ifindex == machine.off ? -ESTALE : 0;
	return -ENODEV;
}

uint16_t fb_attach_known_link(const struct fb_bpf *bpf, uint32_t ifindex)
{
	(void)bpf;
	return ifindex && ifindex == machine.known ? 9 : 0;
}

const char *fb_attach_kind_name(enum fb_attach_kind kind)
{
	return kind == FB_ATTACH_TCX ? "tcx" : "none";
}

const char *fb_bpf_pin(const struct fb_bpf *bpf)
{
	(void)bpf;
	return NULL;
}

int fb_bpf_stats(const struct fb_bpf *bpf, uint16_t link, enum fb_hook hook,
		 struct fb_stats *ret_stats)
{
	(void)bpf;
	*ret_stats = (struct fb_stats){.packets = {[FB_STAT_seen] = link * 2u + hook}};
	return 0;
}

int fb_bpf_stats_clear(struct fb_bpf *bpf, uint16_t link)
{
	(void)bpf;
	assert_in_range(link, 1, FB_LINK_MAX - 1);
	machine.cleared++;
	return 0;
}

void fb_lock_want(const char *name)
{
	assert_non_null(name);
	machine.told++;
}

int fb_qdisc_roots(void (*fn)(void *ctx, const struct fb_qdisc *qdisc), void *ctx)
{
	fn(ctx, &(struct fb_qdisc){.ifindex = 77, .drops = 5});
	fn(ctx, &machine.queue);
	return 0;
}

static void plug(int i, uint32_t ifindex, const char *name)
{
	machine.dev[i] = (struct fb_netdev_link){
		.ifindex = ifindex, .up = true, .running = true, .mtu = 1500};
	snprintf(machine.dev[i].name, sizeof(machine.dev[i].name), "%s", name);
}

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	plug(0, 2, "lan");
	plug(1, 3, "wan");
	return 0;
}

static void test_all_or_none(void **state)
{
	const char *const names[] = {"lan", "wan", "lan"};
	struct fb_links links;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 3, &why), -EINVAL);
	assert_string_equal(why.text, "interface lan is named twice");
	assert_int_equal(machine.attached, 0);
	machine.refuse = 3;
	assert_int_equal(fb_links_init(&links, NULL, names, 2, &why), -EBUSY);
	assert_int_equal(machine.attached, 0);
	assert_null(machine.ops);
	machine.refuse = 0;
	machine.known = 3;
	assert_int_equal(fb_links_init(&links, NULL, names, 2, &why), 0);
	assert_int_equal(links.slots[0].number, 1);
	assert_int_equal(links.slots[1].number, 9); /* as the rows of the run before have it */
	assert_int_equal(links.slots[0].speed, 1000);
	fb_links_fini(&links, true);
	assert_int_equal(machine.attached, 0);
	assert_true(machine.kept);
}

/* Its number stays, whatever it is called, and whichever index it comes back with. */
static void test_renamed_gone_and_back(void **state)
{
	const char *const names[] = {"lan", "wan"};
	struct fb_links links;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 2, &why), 0);
	plug(0, 2, "inside");
	machine.dev[0].running = false;
	machine.ops->link(machine.ctx, &machine.dev[0]);
	assert_string_equal(links.slots[0].name, "inside");
	assert_false(links.slots[0].running);
	machine.dev[0].ifindex = 0;
	machine.ops->link_gone(machine.ctx, 2, "inside");
	assert_int_equal(links.slots[0].state, FB_LINK_GONE);
	assert_int_equal(machine.attached, 1);
	machine.ops->link_gone(machine.ctx, 77, "stranger");
	plug(0, 12, "inside");
	machine.refuse = 12;
	machine.ops->link(machine.ctx, &machine.dev[0]);
	assert_string_equal(links.slots[0].reason, "number 12 is taken");
	machine.refuse = 0;
	machine.ops->link(machine.ctx, &machine.dev[0]);
	assert_int_equal(links.slots[0].state, FB_LINK_ATTACHED);
	assert_int_equal(links.slots[0].attach.ifindex, 12);
	assert_int_equal(links.slots[0].number, 1);
	assert_string_equal(links.slots[0].reason, "");
	assert_int_equal(machine.attached, 2);
	fb_links_fini(&links, false);
	assert_int_equal(machine.attached, 0);
}

static void test_taken_off(void **state)
{
	const char *const names[] = {"lan", "wan"};
	struct fb_links links;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 2, &why), 0);
	machine.off = 3;
	machine.refuse = 3;
	fb_links_check(&links);
	assert_int_equal(links.slots[0].state, FB_LINK_ATTACHED);
	assert_int_equal(links.slots[1].state, FB_LINK_DETACHED);
	assert_true(links.slots[1].running);
	machine.off = machine.refuse = 0;
	fb_links_check(&links);
	assert_int_equal(links.slots[1].state, FB_LINK_ATTACHED);
	machine.dev[1].ifindex = 0; /* gone without a word */
	fb_links_check(&links);
	assert_int_equal(links.slots[1].state, FB_LINK_GONE);
	assert_int_equal(machine.attached, 1);
	fb_links_fini(&links, false);
}

static void come(uint32_t ifindex, const char *name)
{
	plug(2, ifindex, name);
	machine.ops->link(machine.ctx, &machine.dev[2]);
}

static void go(uint32_t ifindex)
{
	machine.dev[2].ifindex = 0;
	machine.ops->link_gone(machine.ctx, ifindex, machine.dev[2].name);
}

/* A pattern takes what is there and what comes; a name that is not there keeps its place. */
static void test_comes_later(void **state)
{
	const char *const names[] = {"wan", "veth*", "wg0"};
	struct fb_links links;
	struct fb_why why;
	char text[64];

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 3, &why), 0);
	assert_int_equal(machine.told, 3);
	assert_int_equal(links.n, 2);
	assert_int_equal(machine.attached, 1);
	fb_links_waits(&links, text, sizeof(text));
	assert_string_equal(text, "veth*, wg0");
	come(20, "docker0");
	assert_int_equal(links.n, 2);
	come(21, "veth1a");
	machine.ops->link(machine.ctx, &machine.dev[2]); /* told twice */
	assert_int_equal(links.n, 3);
	assert_int_equal(links.slots[2].number, 3);
	go(21);
	assert_int_equal(links.n, 2);
	assert_int_equal(links.past.packets[FB_STAT_seen], 3 * 2 + 3 * 2 + 1);
	come(22, "wg0");
	fb_links_waits(&links, text, sizeof(text));
	assert_string_equal(text, "veth*");
	assert_int_equal(links.slots[1].number, 2);
	come(23, "other");
	plug(2, 23, "vethlate"); /* renamed to what is wanted */
	machine.ops->link(machine.ctx, &machine.dev[2]);
	assert_int_equal(links.n, 3);
	assert_int_equal(links.slots[2].number, 4);
	plug(2, 23, "kept"); /* and on: we follow it */
	machine.ops->link(machine.ctx, &machine.dev[2]);
	assert_string_equal(links.slots[2].name, "kept");
	machine.dev[2].ifindex = 0; /* gone without a word */
	fb_links_check(&links);
	assert_int_equal(links.n, 2);
	machine.dev[0].loopback = true;
	snprintf(machine.dev[0].name, sizeof(machine.dev[0].name), "vethlo");
	machine.ops->link(machine.ctx, &machine.dev[0]);
	assert_int_equal(links.n, 2);
	fb_links_fini(&links, false);
	assert_int_equal(machine.attached, 0);
}

/* One that another instance holds is told of, tried again, and forgotten when it goes. */
static void test_pattern_held_by_others(void **state)
{
	const char *const names[] = {"veth*"};
	struct fb_links links;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 1, &why), 0);
	machine.refuse = 21;
	come(21, "veth1a");
	machine.ops->link(machine.ctx, &machine.dev[2]);
	assert_int_equal(links.n, 1);
	assert_int_equal(links.slots[0].state, FB_LINK_DETACHED);
	assert_string_equal(links.slots[0].reason, "number 21 is taken");
	fb_links_check(&links);
	assert_int_equal(machine.attached, 0);
	machine.refuse = 0;
	fb_links_check(&links);
	assert_int_equal(links.slots[0].state, FB_LINK_ATTACHED);
	go(21);
	machine.refuse = 22;
	come(22, "veth2a");
	machine.dev[2].ifindex = 0;
	fb_links_check(&links);
	assert_int_equal(links.n, 0);
	fb_links_fini(&links, false);
}

static unsigned int renumbered;

static void count_number(void *ctx, uint16_t number)
{
	(void)ctx;
	(void)number;
	renumbered++;
}

/* A thousand come and go, 200 at a time: numbers are given again, the longest unused first. */
static void test_churn(void **state)
{
	const char *const names[] = {"wan", "veth*"};
	struct fb_links links;
	struct fb_why why;
	char name[16];

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 2, &why), 0);
	links.renumbered = count_number;
	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "veth%u", i);
		come(100 + i, name);
		assert_int_equal(links.n, i < 200 ? i + 2 : 202);
		for (unsigned int k = 0; k + 1 < links.n; k++)
			assert_int_not_equal(links.slots[k].number,
					     links.slots[links.n - 1].number);
		if (i < 200)
			continue;
		go(100 + i - 200);
		for (unsigned int k = 1; k < FB_LINK_MAX; k++)
			if (links.unused_ns[k] > 1000)
				links.unused_ns[k] = i; /* long ago, in this order */
	}
	assert_int_equal(links.slots[0].number, 1);
	assert_int_equal(machine.attached, 201);
	assert_int_equal(renumbered, 1000 - (FB_LINK_MAX - 2));
	assert_int_equal(machine.cleared, renumbered);
	assert_int_equal(links.crowded_out, 0);
	fb_links_fini(&links, false);
	assert_int_equal(machine.attached, 0);
}

static struct {
	bool has[FB_LINK_MAX]; /* numbers that rows have */
	uint16_t retired;
} rows;

static void numbers_in_rows(void *ctx, bool numbers[FB_LINK_MAX])
{
	(void)ctx;
	memcpy(numbers, rows.has, sizeof(rows.has));
}

static void retire_number(void *ctx, uint16_t number)
{
	(void)ctx;
	rows.retired = number;
}

/* A number that rows have is no other interface's: the next one, or it waits until they are back.
 */
static void test_numbers_in_rows(void **state)
{
	const char *const names[] = {"veth*"};
	struct fb_links links;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 1, &why), 0);
	links.in_rows = numbers_in_rows;
	links.retire = retire_number;
	for (uint16_t number = 1; number < FB_LINK_MAX; number++)
		links.unused_ns[number] = number; /* long ago */
	rows.has[1] = rows.has[2] = true;
	come(20, "veth0");
	assert_int_equal(links.slots[0].number, 3);
	assert_int_equal(rows.retired, 0);

	memset(rows.has, true, sizeof(rows.has));
	come(21, "veth1");
	assert_int_equal(links.n, 1);
	assert_int_equal(rows.retired, 1);
	rows.has[1] = false;
	come(21, "veth1");
	assert_int_equal(links.slots[1].number, 1);
	memset(&rows, 0, sizeof(rows));
	fb_links_fini(&links, false);
}

/* More than there are places wait until one goes. */
static void test_crowd(void **state)
{
	const char *const names[] = {"veth*"};
	struct fb_links links;
	struct fb_why why;
	char name[16];

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 1, &why), 0);
	for (uint32_t i = 0; i < FB_STATUS_LINKS + 5; i++) {
		snprintf(name, sizeof(name), "veth%u", i);
		come(100 + i, name);
	}
	assert_int_equal(links.n, FB_STATUS_LINKS);
	assert_int_equal(links.crowded_out, 5);
	assert_true(links.crowded);
	machine.ops->link_gone(machine.ctx, 100, "veth0");
	come(100 + FB_STATUS_LINKS, "veth255"); /* its number is not free before 3 s */
	assert_int_equal(links.n, FB_STATUS_LINKS - 1);
	links.unused_ns[1] = 1;
	come(100 + FB_STATUS_LINKS, "veth255");
	assert_int_equal(links.slots[FB_STATUS_LINKS - 1].number, 1);
	fb_links_fini(&links, false);
}

/* What a queue dropped since we look; its count wraps, and another queue begins anew. */
static void test_queue(void **state)
{
	static const struct {
		struct fb_qdisc told;
		uint64_t dropped;
	} steps[] = {
		{{3, 1, UINT32_MAX - 4}, 0},
		{{3, 1, UINT32_MAX}, 4},
		{{3, 1, 5}, 10},
		{{3, 1, 5}, 10},
		{{3, 2, 7}, 17},
		{{2, 2, 100}, 17},
	};
	const char *const names[] = {"wan"};
	struct fb_links links;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 1, &why), 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		machine.queue = steps[i].told;
		if (i == 0)
			fb_links_list(&links);
		else
			fb_links_check(&links);
		assert_int_equal(links.slots[0].queue_dropped, steps[i].dropped);
	}
	fb_links_fini(&links, false);
}

static unsigned int own_addrs;

static void count_addr(void *ctx, const struct fb_netdev_addr *addr, bool gone)
{
	assert_ptr_equal(ctx, &own_addrs);
	assert_int_equal(addr->family, 4);
	own_addrs += gone ? UINT32_MAX : 1;
}

static void test_addresses(void **state)
{
	const char *const names[] = {"lan"};
	struct fb_links links;
	struct fb_netdev_addr addr = {.family = 4};
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_links_init(&links, NULL, names, 1, &why), 0);
	machine.ops->addr(machine.ctx, &addr); /* nobody listens yet */
	links.addr = count_addr;
	links.ctx = &own_addrs;
	machine.ops->addr(machine.ctx, &addr);
	machine.ops->addr(machine.ctx, &addr);
	machine.ops->addr_gone(machine.ctx, &addr);
	assert_int_equal(own_addrs, 1);
	fb_links_fini(&links, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_or_none, set_up),
		cmocka_unit_test_setup(test_renamed_gone_and_back, set_up),
		cmocka_unit_test_setup(test_taken_off, set_up),
		cmocka_unit_test_setup(test_comes_later, set_up),
		cmocka_unit_test_setup(test_pattern_held_by_others, set_up),
		cmocka_unit_test_setup(test_churn, set_up),
		cmocka_unit_test_setup(test_numbers_in_rows, set_up),
		cmocka_unit_test_setup(test_crowd, set_up),
		cmocka_unit_test_setup(test_queue, set_up),
		cmocka_unit_test_setup(test_addresses, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
