/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/*
 * Conntrack of the real kernel, in a network namespace of this process: entries made by
 * conntrack(8) and by real packets, told by dump and by events, deleted, lost in an overrun and
 * found again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <flowbpf/key.h>

#include "flow/facts.h"
#include "kernel/conntrack.h"

#define KNOWN_SLOTS (1 << 18)
#define SECOND	    1000000000ull

/*
 * What a user of the module would know: the entries that are alive, by id and ports. Of 20,000 ids
 * alone, which the kernel hashes to 32 bits, two are the same in one run of twenty.
 */
struct known {
	uint64_t id[KNOWN_SLOTS];
	uint8_t state[KNOWN_SLOTS]; /* 0 free, 1 alive, 2 alive but not told in this dump, 3 gone */
	unsigned int events[4];
	unsigned int begins, dones;
	struct fb_ct last[4];
	struct fb_ct want; /* the newest with this destination port */
	uint16_t want_port;
};

static struct known known;

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static void on_entry(void *ctx, enum fb_ct_event event, const struct fb_ct *ct)
{
	struct known *to = ctx;
	const uint64_t id =
		(uint64_t)ct->id << 32 | (uint32_t)ct->orig.port[0] << 16 | ct->orig.port[1];
	uint32_t at = ct->id % KNOWN_SLOTS;

	while (to->state[at] && to->id[at] != id)
		at = (at + 1) % KNOWN_SLOTS;
	to->id[at] = id;
	to->state[at] = event == FB_CT_DESTROY ? 3 : 1;
	to->events[event]++;
	to->last[event] = *ct;
	if (to->want_port && ntohs(ct->orig.port[1]) == to->want_port)
		to->want = *ct;
}

static void on_dump_begin(void *ctx)
{
	struct known *to = ctx;

	to->begins++;
	for (unsigned int i = 0; i < KNOWN_SLOTS; i++)
		if (to->state[i] == 1)
			to->state[i] = 2;
}

static void on_dump_done(void *ctx)
{
	struct known *to = ctx;

	to->dones++;
	for (unsigned int i = 0; i < KNOWN_SLOTS; i++)
		if (to->state[i] == 2)
			to->state[i] = 3;
}

static const struct fb_conntrack_ops ops = {on_entry, on_dump_begin, on_dump_done};

static unsigned int alive(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < KNOWN_SLOTS; i++)
		n += known.state[i] == 1 || known.state[i] == 2;
	return n;
}

static struct fb_conntrack *open_with(const struct fb_conntrack_opts *opts)
{
	struct fb_conntrack *ct = NULL;
	struct fb_why why = {0};
	int r;

	memset(&known, 0, sizeof(known));
	r = fb_conntrack_new(opts, &ops, &known, &ct, &why);
	if (r < 0)
		fail_msg("%d %s", r, why.text);
	return ct;
}

/* Read until nothing came for 50 ms. */
static void settle(struct fb_conntrack *ct)
{
	struct pollfd fd = {.fd = fb_conntrack_fd(ct), .events = POLLIN};

	while (poll(&fd, 1, 50) > 0)
		assert_int_equal(fb_conntrack_read(ct), 0);
}

/* What is known is what is there; the kernel counts an entry until its memory is free: later. */
static void assert_agrees(struct fb_conntrack *ct)
{
	uint32_t count = 0, max;

	for (unsigned int i = 0; i < 100; i++) {
		settle(ct);
		fb_conntrack_count(&count, &max);
		if (alive() == count)
			return;
	}
	fail_msg("%u entries known, %u there", alive(), count);
}

static struct fb_conntrack *open_settled(void)
{
	const struct fb_conntrack_opts opts = {0};
	struct fb_conntrack *ct = open_with(&opts);

	settle(ct);
	assert_int_equal(known.dones, 1);
	return ct;
}

/* UDP packets from one socket to `n` ports of loopback: `n` entries. */
static void make_entries(unsigned int from, unsigned int n)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};

	for (unsigned int i = 0; i < n; i++) {
		to.sin_port = htons((uint16_t)(from + i));
		/* The last one's ICMP error comes back as an error of this one. */
		sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
	}
	close(fd);
}

static void test_dump_tells_everything(void **state)
{
	struct fb_conntrack *ct;

	(void)state;
	run("conntrack -I -p tcp -s 10.1.2.3 -d 10.4.5.6 --sport 1111 --dport 2222 -u ASSURED,SEEN_REPLY"
	    " --state ESTABLISHED -t 4321 --mark 77 -w 5 --reply-src 10.4.5.6 --reply-dst 192.0.2.7"
	    " --reply-port-src 2222 --reply-port-dst 3333 >/dev/null 2>&1");
	run("conntrack -I -p udp -s 2001:db8::1 -d 2001:db8::2 --sport 53 --dport 54 -t 60"
	    " >/dev/null 2>&1");
	known.want_port = 0;
	ct = open_settled();
	assert_int_equal(known.events[FB_CT_DUMP], 2);
	fb_conntrack_free(ct);

	memset(&known, 0, sizeof(known));
	{
		const struct fb_conntrack_opts opts = {0};
		struct fb_conntrack *again = open_with(&opts);

		known.want_port = 2222;
		settle(again);
		fb_conntrack_free(again);
	}
	assert_int_equal(known.want.has & FB_CT_HAS_ZONE, FB_CT_HAS_ZONE);
	assert_int_equal(known.want.zone, 5);
	assert_int_equal(known.want.mark, 77);
	assert_in_range(known.want.timeout, 4300, 4321);
	assert_int_equal(known.want.tcp_state, TCP_CONNTRACK_ESTABLISHED);
	assert_int_equal(known.want.orig.family, FB_IPV4);
	assert_memory_equal(known.want.orig.addr[0], "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03",
			    16);
	assert_memory_equal(known.want.reply.addr[1], "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\x07",
			    16);
	assert_int_equal(ntohs(known.want.reply.port[1]), 3333);
	assert_true(known.want.status & FB_IPS_ASSURED);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(0x7f000001),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void test_events_of_a_translated_connection(void **state)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(8080),
		.sin_addr.s_addr = htonl(0x7f000002),
	};
	struct fb_conntrack *ct = open_settled();
	struct fb_ct found;
	int server = listen_on(9090), client = socket(AF_INET, SOCK_STREAM, 0), peer;

	(void)state;
	known.want_port = 8080;
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof(at)), 0);
	peer = accept(server, NULL, NULL);
	settle(ct);
	assert_true(known.events[FB_CT_NEW] >= 1);
	assert_true(known.events[FB_CT_UPDATE] >= 1);
	assert_int_equal(known.want.tcp_state, TCP_CONNTRACK_ESTABLISHED);
	assert_true(known.want.status & FB_IPS_DST_NAT);
	assert_int_equal(ntohs(known.want.reply.port[0]), 9090);
	/* The same entry by either of its tuples. */
	assert_int_equal(fb_conntrack_get(ct, &known.want.orig, 0, &found), 0);
	assert_int_equal(found.id, known.want.id);
	assert_int_equal(fb_conntrack_get(ct, &known.want.reply, 0, &found), 0);
	assert_int_equal(found.id, known.want.id);
	assert_memory_equal(&found.orig, &known.want.orig, sizeof(found.orig));

	found.id++;
	assert_int_equal(fb_conntrack_delete(ct, &found), -ENOENT);
	found.id--;
	assert_int_equal(fb_conntrack_delete(ct, &found), 0);
	assert_int_equal(fb_conntrack_delete(ct, &found), -ENOENT);
	assert_int_equal(fb_conntrack_get(ct, &found.orig, 0, &found), -ENOENT);
	settle(ct);
	assert_int_equal(known.events[FB_CT_DESTROY], 1);
	assert_int_equal(known.last[FB_CT_DESTROY].id, found.id);
	close(peer);
	close(client);
	close(server);
	fb_conntrack_free(ct);
}

static void test_flush(void **state)
{
	struct fb_conntrack *ct = open_settled();
	uint32_t count = 0, max = 0;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		make_entries(20000 + i * 1000, 1000);
		settle(ct);
	}
	assert_int_equal(fb_conntrack_count(&count, &max), 0);
	assert_true(count >= 5000 && max >= count);
	assert_int_equal(alive(), count);
	assert_int_equal(fb_conntrack_flush(ct), 0);
	settle(ct);
	assert_int_equal(fb_conntrack_count(&count, &max), 0);
	assert_int_equal(count, 0);
	assert_int_equal(alive(), 0);
	fb_conntrack_free(ct);
}

static void overflow(struct fb_conntrack *ct)
{
	struct fb_conntrack_stats before, after;

	fb_conntrack_stats(ct, &before);
	make_entries(10000, 20000);
	settle(ct);
	fb_conntrack_stats(ct, &after);
	assert_int_equal(after.overruns, before.overruns + 1);
	assert_true(after.resync_due);
}

static void test_overrun_and_resync(void **state)
{
	const struct fb_conntrack_opts opts = {.rcvbuf = 8192, .rcvbuf_max = 8192};
	struct fb_conntrack *ct = open_with(&opts);
	struct fb_conntrack_stats stats;
	uint32_t count, max;
	const uint64_t start = now();

	(void)state;
	settle(ct);
	overflow(ct);
	fb_conntrack_count(&count, &max);
	assert_true(count >= 20000);
	assert_true(alive() < count / 2);
	/* Not within the storm, but a second after it. */
	assert_int_equal(fb_conntrack_tick(ct, now()), 0);
	assert_int_equal(known.begins, 1);
	assert_int_equal(fb_conntrack_tick(ct, now() + 2 * SECOND), 0);
	assert_int_equal(known.begins, 2);
	settle(ct);
	assert_int_equal(known.dones, 2);
	assert_agrees(ct);
	fb_conntrack_stats(ct, &stats);
	assert_false(stats.resync_due);
	/* The next one waits until 30 s are over. */
	overflow(ct);
	for (unsigned int s = 3; s < 30; s++)
		assert_int_equal(fb_conntrack_tick(ct, start + s * SECOND), 0);
	assert_int_equal(known.begins, 2);
	assert_int_equal(fb_conntrack_tick(ct, start + 40 * SECOND), 0);
	assert_int_equal(known.begins, 3);
	settle(ct);
	fb_conntrack_stats(ct, &stats);
	assert_int_equal(stats.resyncs, 2);
	assert_int_equal(stats.malformed, 0);
	fb_conntrack_flush(ct);
	settle(ct);
	fb_conntrack_free(ct);
}

static void test_receive_buffer_grows(void **state)
{
	const struct fb_conntrack_opts opts = {.rcvbuf = 8192, .rcvbuf_max = 65536};
	struct fb_conntrack *ct = open_with(&opts);
	struct fb_conntrack_stats stats;

	(void)state;
	settle(ct);
	for (unsigned int i = 0; i < 5; i++)
		overflow(ct);
	fb_conntrack_stats(ct, &stats);
	assert_int_equal(stats.rcvbuf, 65536);
	fb_conntrack_flush(ct);
	settle(ct);
	fb_conntrack_free(ct);
}

/* Entries come and go between the slices of a dump: what is known at the end is what is there. */
static void test_dump_and_events_agree(void **state)
{
	const struct fb_conntrack_opts opts = {.rcvbuf = 32 << 20};
	struct fb_conntrack *ct = open_settled();
	struct fb_conntrack *dumping;
	uint32_t count, max;
	unsigned int slices = 0;
	struct pollfd fd;

	(void)state;
	make_entries(20000, 20000);
	dumping = open_with(&opts);
	fd = (struct pollfd){.fd = fb_conntrack_fd(dumping), .events = POLLIN};
	while (known.dones == 0) {
		assert_int_equal(poll(&fd, 1, 1000), 1);
		assert_int_equal(fb_conntrack_read(dumping), 0);
		make_entries(40000 + slices * 50, 50);
		run("conntrack -D -p udp --dport 20500 >/dev/null 2>&1 || true");
		if (slices++ == 10)
			run("conntrack -D -p udp -s 127.0.0.1 >/dev/null 2>&1");
		assert_true(slices < 400);
	}
	settle(dumping);
	fb_conntrack_count(&count, &max);
	print_message("%u slices, %u entries known, %u there\n", slices, alive(), count);
	assert_int_equal(alive(), count);
	fb_conntrack_flush(ct);
	fb_conntrack_free(ct);
	fb_conntrack_free(dumping);
}

/* nf_conntrack_events = 2: who was there before us never sends an event. */
static void test_entries_older_than_the_listener(void **state)
{
	struct fb_conntrack_stats stats;
	struct fb_conntrack *ct;

	(void)state;
	make_entries(20000, 10);
	ct = open_settled();
	fb_conntrack_stats(ct, &stats);
	assert_int_equal(stats.silent, 10);
	run("conntrack -D -p udp --dport 20005 >/dev/null 2>&1");
	settle(ct);
	fb_conntrack_tick(ct, now() + 4 * SECOND);
	assert_int_equal(known.begins, 1);
	fb_conntrack_tick(ct, now() + 60 * SECOND);
	settle(ct);
	assert_int_equal(known.dones, 2);
	assert_int_equal(alive(), 9);
	run("conntrack -F >/dev/null 2>&1");
	fb_conntrack_tick(ct, now() + 120 * SECOND);
	settle(ct);
	fb_conntrack_stats(ct, &stats);
	assert_int_equal(stats.silent, 0);
	assert_int_equal(stats.refreshes, 2);
	assert_int_equal(stats.resyncs, 0);
	assert_int_equal(alive(), 0);
	/* Nobody is silent any more: no dump without need. */
	make_entries(20000, 10);
	settle(ct);
	fb_conntrack_tick(ct, now() + 1000 * SECOND);
	assert_int_equal(known.begins, 3);
	assert_int_equal(alive(), 10);
	fb_conntrack_free(ct);
}

/* The machine may be busy with something else: only our own time counts. */
static uint64_t cpu_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static void test_no_call_takes_long(void **state)
{
	struct fb_conntrack *ct = open_settled();
	const struct fb_conntrack_opts opts = {0};
	uint64_t longest = 0, total = 0;
	struct fb_conntrack *dumping;
	uint32_t count = 0, max = 0;

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		make_entries(10000, 50000);
	settle(ct);
	dumping = open_with(&opts);
	while (known.dones == 0) {
		struct pollfd fd = {.fd = fb_conntrack_fd(dumping), .events = POLLIN};
		uint64_t start;

		poll(&fd, 1, 1000);
		start = cpu_time();
		assert_int_equal(fb_conntrack_read(dumping), 0);
		start = cpu_time() - start;
		total += start;
		if (start > longest)
			longest = start;
	}
	print_message("dump of %u entries: %llu ms, longest call %llu us\n",
		      known.events[FB_CT_DUMP], (unsigned long long)total / 1000000,
		      (unsigned long long)longest / 1000);
	assert_int_equal(fb_conntrack_count(&count, &max), 0);
	assert_int_equal(known.events[FB_CT_DUMP], count);
	assert_true(count >= (max < 200000 ? max : 200000) / 10 * 9);
	assert_true(longest < 100000000);
	fb_conntrack_flush(ct);
	fb_conntrack_free(ct);
	fb_conntrack_free(dumping);
}

/* Ten minutes in which nothing changes: nothing to read, no dump, whatever the table holds. */
static void test_idle_entries_cost_nothing(void **state)
{
	struct fb_conntrack *ct = open_settled();
	struct pollfd fd = {.fd = fb_conntrack_fd(ct), .events = POLLIN};
	struct fb_conntrack_stats before, after;
	uint32_t count = 0, max = 0;
	uint64_t start = now(), spent;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		make_entries(10000, 2000);
		settle(ct);
	}
	assert_int_equal(fb_conntrack_count(&count, &max), 0);
	assert_true(count >= (max < 200000 ? max : 200000) / 10 * 9);
	fb_conntrack_stats(ct, &before);
	assert_int_equal(before.resync_due, false);
	spent = cpu_time();
	for (unsigned int second = 1; second <= 600; second++) {
		assert_int_equal(fb_conntrack_tick(ct, start + second * SECOND), 0);
		if (poll(&fd, 1, 0) > 0)
			fail_msg("there is something to read in second %u", second);
	}
	spent = cpu_time() - spent;
	fb_conntrack_stats(ct, &after);
	assert_memory_equal(&after, &before, sizeof(before));
	assert_int_equal(known.begins, 1);
	print_message("%u entries, 600 idle seconds: %llu us\n", count,
		      (unsigned long long)spent / 1000);
	fb_conntrack_flush(ct);
	fb_conntrack_free(ct);
}

static void test_not_permitted(void **state)
{
	(void)state;
	if (fork() == 0) {
		const struct fb_conntrack_opts opts = {0};
		struct fb_conntrack *ct = NULL;
		struct fb_why why = {0};
		int r;

		if (setresuid(65534, 65534, 65534) < 0)
			_exit(1);
		r = fb_conntrack_new(&opts, &ops, &known, &ct, &why);
		_exit(r == -EPERM && strstr(why.text, "CAP_NET_ADMIN") ? 42 : 2);
	}
	{
		int status = 0;

		assert_true(wait(&status) > 0);
		assert_int_equal(WEXITSTATUS(status), 42);
	}
}

static int enter(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	return system(
		"ip link set lo up && nft 'table ip t {"
		" chain in { type filter hook input priority 0; ct state established accept; };"
		" chain out { type nat hook output priority -100;"
		"  ip daddr 127.0.0.2 tcp dport 8080 dnat to 127.0.0.1:9090; };"
		"}' && nft 'table ip6 t { chain in { type filter hook input priority 0;"
		" ct state established accept; }; }' &&"
		/* none of 200,000 expires while a busy machine still makes them */
		" echo 600 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout");
}

static int flush_all(void **state)
{
	(void)state;
	return system("conntrack -F >/dev/null 2>&1") == -1;
}

#define CASE(name) cmocka_unit_test_setup(name, flush_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_dump_tells_everything),
		CASE(test_events_of_a_translated_connection),
		CASE(test_flush),
		CASE(test_overrun_and_resync),
		CASE(test_receive_buffer_grows),
		CASE(test_dump_and_events_agree),
		CASE(test_entries_older_than_the_listener),
		CASE(test_no_call_takes_long),
		CASE(test_idle_entries_cost_nothing),
		CASE(test_not_permitted),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, enter, NULL);
}
