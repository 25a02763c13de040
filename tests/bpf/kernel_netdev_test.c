/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel
/* Interfaces and addresses of a network namespace of this process: listed, and told as they change.
 */
#include <errno.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <flowbpf/key.h>

#include "kernel/netdev.h"

struct told {
	unsigned int links, gones, addrs, addr_gones;
	struct fb_netdev_link link; /* the last one called `want` */
	const char *want;
	char gone[IF_NAMESIZE];
	uint32_t gone_ifindex;
	struct fb_netdev_addr addr, addr_gone;
	unsigned int neighbours;
	struct fb_netdev_neighbour neighbour;
};

static void on_link(void *ctx, const struct fb_netdev_link *link)
{
	struct told *told = ctx;

	told->links++;
	if (told->want && strcmp(link->name, told->want) == 0)
		told->link = *link;
}

static void on_gone(void *ctx, uint32_t ifindex, const char *name)
{
	struct told *told = ctx;

	told->gones++;
	told->gone_ifindex = ifindex;
	snprintf(told->gone, sizeof(told->gone), "%s", name);
}

static void on_addr(void *ctx, const struct fb_netdev_addr *addr)
{
	((struct told *)ctx)->addrs++;
	((struct told *)ctx)->addr = *addr;
}

static void on_addr_gone(void *ctx, const struct fb_netdev_addr *addr)
{
	((struct told *)ctx)->addr_gones++;
	((struct told *)ctx)->addr_gone = *addr;
}

static void on_neighbour(void *ctx, const struct fb_netdev_neighbour *neighbour)
{
	((struct told *)ctx)->neighbours++;
	((struct told *)ctx)->neighbour = *neighbour;
}

static const struct fb_netdev_ops ops = {on_link, on_gone, on_addr, on_addr_gone, on_neighbour};

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static void settle(struct fb_netdev *netdev)
{
	struct pollfd fd = {.fd = fb_netdev_fd(netdev), .events = POLLIN};

	while (poll(&fd, 1, 50) > 0)
		assert_int_equal(fb_netdev_read(netdev), 0);
}

static struct fb_netdev *open_told(struct told *told, const char *want)
{
	struct fb_netdev *netdev = NULL;

	memset(told, 0, sizeof(*told));
	told->want = want;
	assert_int_equal(fb_netdev_new(&ops, told, &netdev), 0);
	return netdev;
}

static void test_list(void **state)
{
	struct fb_netdev_link link;
	struct told told;
	struct fb_netdev *netdev = open_told(&told, "va");

	(void)state;
	run("ip addr add 192.0.2.1/24 dev va");
	assert_int_equal(fb_netdev_list(netdev), 0);
	assert_int_equal(told.links, 3);
	assert_string_equal(told.link.kind, "veth");
	assert_int_equal(told.link.arphrd, ARPHRD_ETHER);
	assert_true(told.link.up && told.link.running && !told.link.loopback);
	assert_int_equal(told.link.mtu, 1500);
	assert_int_equal(told.link.parent, if_nametoindex("vb"));
	assert_true(told.addrs >= 1);
	assert_int_equal(fb_netdev_link_by_name(netdev, "lo", &link), 0);
	assert_true(link.loopback);
	assert_int_equal(fb_netdev_link_by_name(netdev, "vb", &link), 0);
	assert_int_equal(link.ifindex, if_nametoindex("vb"));
	assert_int_equal(fb_netdev_link_by_name(netdev, "nothere", &link), -ENODEV);
	assert_int_equal(fb_netdev_link_by_name(netdev, "", &link), -ENODEV);
	assert_int_equal(fb_netdev_link_by_name(netdev, "a-name-far-too-long", &link), -ENODEV);
	fb_netdev_free(netdev);
}

static void test_counters(void **state)
{
	struct fb_netdev_link before, after;
	struct told told;
	struct fb_netdev *netdev = open_told(&told, NULL);

	(void)state;
	fb_netdev_link_by_name(netdev, "lo", &before);
	run("ping -q -c 5 -i 0.01 127.0.0.1 >/dev/null");
	fb_netdev_link_by_name(netdev, "lo", &after);
	assert_int_equal(after.stats.rx_packets - before.stats.rx_packets, 10);
	assert_int_equal(after.stats.tx_packets - before.stats.tx_packets, 10);
	assert_int_equal(after.stats.rx_bytes - before.stats.rx_bytes, 10 * 84);
	fb_netdev_free(netdev);
}

/* From the list, then by an event; whose MAC is not known is not told. */
static void test_neighbours(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 7};
	const uint8_t four[16] = {[10] = 0xff, 0xff, 192, 0, 2, 77};
	const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x77};
	struct told told;
	struct fb_netdev *netdev;

	(void)state;
	run("ip neigh replace 192.0.2.77 lladdr 02:00:00:00:00:07 nud reachable dev va");
	netdev = open_told(&told, NULL);
	assert_int_equal(fb_netdev_list(netdev), 0);
	assert_true(told.neighbours >= 1);
	settle(netdev);
	told.neighbours = 0;
	run("ip neigh replace 192.0.2.78 nud failed dev va");
	run("ip -6 neigh replace 2001:db8::77 lladdr 02:00:00:00:00:07 dev va");
	settle(netdev);
	assert_true(told.neighbours >= 1);
	assert_int_equal(told.neighbour.family, FB_IPV6);
	assert_memory_equal(told.neighbour.addr, six, 16);
	assert_memory_equal(told.neighbour.mac, mac, 6);
	assert_int_equal(told.neighbour.ifindex, if_nametoindex("va"));
	run("ip neigh change 192.0.2.77 lladdr 02:00:00:00:00:07 nud stale dev va");
	settle(netdev);
	assert_int_equal(told.neighbour.family, FB_IPV4);
	assert_memory_equal(told.neighbour.addr, four, 16);
	run("ip neigh flush dev va nud all");
	fb_netdev_free(netdev);
}

static void test_events(void **state)
{
	const uint8_t address[16] = {[10] = 0xff, 0xff, 192, 0, 2, 7};
	struct told told;
	struct fb_netdev *netdev = open_told(&told, "renamed0");
	const uint32_t ifindex = if_nametoindex("va");

	(void)state;
	run("ip addr add 192.0.2.7/25 dev va");
	settle(netdev);
	assert_int_equal(told.addrs, 1);
	assert_int_equal(told.addr.ifindex, ifindex);
	assert_int_equal(told.addr.prefix, 25);
	assert_int_equal(told.addr.family, FB_IPV4);
	assert_memory_equal(told.addr.addr, address, 16);
	run("ip addr del 192.0.2.7/25 dev va");
	settle(netdev);
	assert_int_equal(told.addr_gones, 1);
	assert_memory_equal(told.addr_gone.addr, address, 16);
	run("ip link set va down && ip link set va name renamed0");
	settle(netdev);
	assert_int_equal(told.link.ifindex, ifindex);
	assert_false(told.link.up);
	run("ip link set renamed0 up");
	settle(netdev);
	assert_true(told.link.up);
	run("ip link del renamed0");
	settle(netdev);
	/* Of the pair, each is told once. */
	assert_int_equal(told.gones, 2);
	run("ip link add renamed0 type veth peer name vb");
	settle(netdev);
	assert_int_not_equal(told.link.ifindex, ifindex);
	fb_netdev_free(netdev);
	run("ip link del renamed0");
}

static void test_point_to_point_and_ipv6(void **state)
{
	struct told told;
	struct fb_netdev *netdev = open_told(&told, NULL);

	(void)state;
	run("ip addr add 192.0.2.1 peer 192.0.2.2 dev va");
	settle(netdev);
	/* Our address, not the peer's. */
	assert_int_equal(told.addr.addr[15], 1);
	run("ip -6 addr add 2001:db8::5/64 dev va nodad");
	settle(netdev);
	assert_int_equal(told.addr.family, FB_IPV6);
	assert_int_equal(told.addr.addr[0], 0x20);
	assert_int_equal(told.addr.addr[15], 5);
	fb_netdev_free(netdev);
}

/* More events than the socket holds: the lists are told again, in full. */
static void test_lost_events(void **state)
{
	struct told told;
	struct fb_netdev *netdev = open_told(&told, "va");
	FILE *batch = popen("ip -batch -", "w");

	(void)state;
	for (unsigned int i = 0; i < 4000; i++)
		fprintf(batch, "link set va mtu %u\n", 1400 + i % 100);
	assert_int_equal(pclose(batch), 0);
	settle(netdev);
	assert_int_equal(told.link.mtu, 1400 + 3999 % 100);
	fb_netdev_free(netdev);
}

static int make_links(void **state)
{
	(void)state;
	return system("ip link add va type veth peer name vb && ip link set va up &&"
		      " ip link set vb up && sleep 0.2");
}

static int remove_links(void **state)
{
	(void)state;
	return system("ip link del va 2>/dev/null || true") == -1;
}

static int enter(void **state)
{
	(void)state;
	return unshare(CLONE_NEWNET) < 0 ? -1 : system("ip link set lo up");
}

/* Enough of them that a list takes several messages. */
#define MANY 30 /* pairs */

struct stirred {
	unsigned int links, changes, most;
};

/* Something changes while the list is under way: the kernel says of the rest that it is torn. */
static void stir(void *ctx, const struct fb_netdev_link *link)
{
	struct stirred *stirred = ctx;

	(void)link;
	if (stirred->links++ % 10 || stirred->changes == stirred->most)
		return;
	run(stirred->changes++ % 2 ? "ip link add name stirred type veth peer name stirring"
				   : "ip link delete stirred");
}

static struct fb_netdev *stir_lists(struct stirred *stirred, unsigned int changes)
{
	static const struct fb_netdev_ops stirring = {.link = stir};
	struct fb_netdev *netdev = NULL;

	run("ip link add name stirred type veth peer name stirring");
	*stirred = (struct stirred){.most = changes};
	assert_int_equal(fb_netdev_new(&stirring, stirred, &netdev), 0);
	assert_int_equal(fb_netdev_list(netdev), 0);
	return netdev;
}

static int make_many(void **state)
{
	char command[80];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(command, sizeof(command),
			 "ip link add name many%d type veth peer name peer%d", i, i);
		if (system(command) != 0)
			return -1;
	}
	return 0;
}

static int remove_many(void **state)
{
	(void)state;
	return system("ip link delete stirred 2>/dev/null; for i in $(seq 0 29); do "
		      "ip link delete many$i; done");
}

static void test_list_is_taken_again(void **state)
{
	struct stirred stirred;
	struct fb_netdev_link link;
	struct fb_netdev *netdev = stir_lists(&stirred, 1);

	(void)state;
	assert_int_equal(stirred.changes, 1);
	assert_true(stirred.links > 2 * MANY + 1);
	assert_int_equal(fb_netdev_link_by_name(netdev, "many7", &link), 0);
	fb_netdev_free(netdev);
}

/* It is not tried for ever, the socket can be asked on, and the next event brings the rest. */
static void test_list_that_never_stands_still(void **state)
{
	struct stirred stirred;
	struct fb_netdev_link link;
	struct fb_netdev *netdev = stir_lists(&stirred, 1000);
	unsigned int told;

	(void)state;
	assert_in_range(stirred.links, 3, 3 * (2 * MANY + 8));
	assert_int_equal(fb_netdev_link_by_name(netdev, "many7", &link), 0);
	stirred.most = stirred.changes;
	told = stirred.links;
	settle(netdev);
	assert_true(stirred.links - told >= 2 * MANY);
	fb_netdev_free(netdev);
}

#define MANY_CASE(name) cmocka_unit_test_setup_teardown(name, make_many, remove_many)
#define CASE(name)	cmocka_unit_test_setup_teardown(name, make_links, remove_links)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_list),
		CASE(test_counters),
		CASE(test_events),
		CASE(test_point_to_point_and_ipv6),
		CASE(test_neighbours),
		CASE(test_lost_events),
		MANY_CASE(test_list_is_taken_again),
		MANY_CASE(test_list_that_never_stands_still),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, enter, NULL);
}
