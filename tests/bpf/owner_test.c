/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose a row is, by the stamp of the socket that a packet comes to. The socket that sends one
 * cannot be given to a test run: tests/lab/owner.sh.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <flowbpf/batch.h>
#include <flowbpf/owner.h>

#include "bpf/dp.h"

static const struct fb_stamp stamp = {.pid = 4711, .uid = 5, .by = FB_OWNER_SOCKET, .comm = "me"};

/* A stamped socket of 127.0.0.1 or ::1; its port. */
static int bound(struct dp *dp, int family, int type, uint16_t *ret_port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *at = family == AF_INET ? (void *)&four : (void *)&six;
	socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
	int fd = socket(family, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(bpf_map_update_elem(dp_map(dp, "fb_owner_sk"), &fd, &stamp, BPF_ANY), 0);
	assert_int_equal(bind(fd, at, len), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, at, &len), 0);
	*ret_port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return fd;
}

static void comes(struct dp *dp, int family, int type, uint16_t to, uint8_t flags)
{
	struct pkt p = {};

	pkt_eth(&p, family == AF_INET ? 0x0800 : 0x86dd);
	if (family == AF_INET)
		pkt_ip4(&p, "127.0.0.9", "127.0.0.1", type == SOCK_STREAM ? 6 : 17);
	else
		pkt_ip6(&p, "2001:db8::9", "::1", type == SOCK_STREAM ? 6 : 17);
	if (type == SOCK_STREAM)
		pkt_tcp(&p, 4000, to, flags, 1, 1);
	else
		pkt_udp(&p, 4000, to);
	pkt_fill(&p, 4);
	pkt_end(&p);
	dp_send(dp, FB_HOOK_INGRESS, &p);
}

static int owner_of(struct dp *dp, uint32_t slot, struct fb_stamped *owner)
{
	return bpf_map_lookup_elem(dp_map(dp, "fb_owners"), &slot, owner);
}

static void listener_answers(void **state)
{
	static const int families[] = {AF_INET, AF_INET6}, types[] = {SOCK_STREAM, SOCK_DGRAM};
	struct fb_knobs knobs = {.inspect = 1, .owner = 1};
	struct fb_stamped owner;
	struct dp dp;

	(void)state;
	dp_open(&dp, knobs, 0);
	for (uint32_t i = 0; i < 4; i++) {
		const int family = families[i & 1], type = types[i >> 1];
		uint16_t port;
		int fd = bound(&dp, family, type, &port);

		comes(&dp, family, type, port, PKT_TCP_SYN);
		assert_int_equal(dp.rows[i].state & (FB_ROW_OWNED | FB_ROW_OWNER_SENT),
				 FB_ROW_OWNED);
		assert_int_equal(owner_of(&dp, i, &owner), 0);
		assert_int_equal(owner.stamp.pid, stamp.pid);
		assert_int_equal(owner.stamp.uid, stamp.uid);
		assert_string_equal(owner.stamp.comm, "me");
		assert_int_equal(owner.generation, dp.rows[i].generation);
		assert_int_equal(owner.by,
				 type == SOCK_STREAM ? FB_OWNER_LISTENER : FB_OWNER_SOCKET);
		close(fd);
	}
	dp_conserves(&dp);
	dp_close(&dp);
}

static void nobody_listens(void **state)
{
	struct fb_knobs knobs = {.inspect = 1, .owner = 1};
	struct fb_stamped owner;
	struct dp dp;
	uint16_t port;
	int fd;

	(void)state;
	dp_open(&dp, knobs, 0);
	fd = bound(&dp, AF_INET, SOCK_STREAM, &port);
	close(fd);
	comes(&dp, AF_INET, SOCK_STREAM, port, PKT_TCP_SYN);
	assert_int_equal(dp.rows[0].state & FB_ROW_OWNED, 0);
	assert_int_not_equal(owner_of(&dp, 0, &owner), 0);
	dp_close(&dp);
}

/* What is off asks nobody. */
static void switched_off(void **state)
{
	struct fb_knobs knobs = {.inspect = 1};
	struct dp dp;
	uint16_t port;
	int fd;

	(void)state;
	dp_open(&dp, knobs, 0);
	fd = bound(&dp, AF_INET, SOCK_STREAM, &port);
	comes(&dp, AF_INET, SOCK_STREAM, port, PKT_TCP_SYN);
	assert_int_equal(dp.rows[0].state & FB_ROW_OWNED, 0);
	close(fd);
	dp_close(&dp);
}

/* A row that goes takes its owner along. */
static void goes_with_the_row(void **state)
{
	struct fb_knobs knobs = {.inspect = 1, .owner = 1};
	struct fb_batch batch = {.what = FB_BATCH_FREE, .n = 1};
	uint8_t frame[64] = {0};
	struct __sk_buff skb = {.ifindex = DP_IFINDEX};
	struct fb_stamped owner;
	uint32_t zero = 0;
	struct dp dp;
	uint16_t port;
	int fd;

	(void)state;
	dp_open(&dp, knobs, 0);
	fd = bound(&dp, AF_INET, SOCK_DGRAM, &port);
	comes(&dp, AF_INET, SOCK_DGRAM, port, 0);
	assert_int_equal(owner_of(&dp, 0, &owner), 0);
	dp.rows[0].state |= FB_ROW_UNLINKED;
	assert_int_equal(bpf_map_update_elem(dp_map(&dp, "fb_batch"), &zero, &batch, BPF_ANY), 0);
	dp_run(dp_prog(&dp, "flowbpf_batch"), frame, sizeof(frame), &skb);
	assert_int_equal(dp.rows[0].state, 0);
	assert_int_not_equal(owner_of(&dp, 0, &owner), 0);
	close(fd);
	dp_close(&dp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listener_answers),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(switched_off),
		cmocka_unit_test(goes_with_the_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
