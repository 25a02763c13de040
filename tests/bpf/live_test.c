/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real skbs on the loopback of a network namespace of our own: payload outside the linear part,
 * segmentation offload, real fragments, tags that the kernel moved out of the data, runts.
 */
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf/dp.h"

#define TCX_INGRESS 46
#define LO	    "127.0.0.1"

static struct dp dp;
static int tcx = -1;

static void lo_set(unsigned long request, int flags, int mtu)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {.ifr_name = "lo"};

	if (request == SIOCSIFFLAGS)
		ifr.ifr_flags = flags;
	else
		ifr.ifr_mtu = mtu;
	assert_int_equal(ioctl(fd, request, &ifr), 0);
	close(fd);
}

static int start(void **state)
{
	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	lo_set(SIOCSIFFLAGS, IFF_UP, 0);
	dp_open(&dp, (struct fb_knobs){.inspect = 1}, 0);
	tcx = bpf_link_create(dp.prog[0], DP_IFINDEX, TCX_INGRESS, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	if (tcx >= 0)
		close(tcx);
	tcx = -1;
	dp_conserves(&dp);
	dp_close(&dp);
	return 0;
}

static bool attached(void)
{
	if (tcx >= 0)
		return true;
	print_message("# no TCX in this kernel\n");
	skip();
	return false;
}

/* Segments that TCP sent in this namespace; OutSegs leaves out what was sent again. */
static uint64_t tcp_out_segments(void)
{
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	unsigned long long out = 0, again = 0;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Tcp: %*u %*u %*u %*d %*u %*u %*u %*u %*u %*u %llu %llu", &out,
			   &again) == 2)
			break;
	fclose(file);
	return out + again;
}

static int listener(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_in){.sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (void *)addr, sizeof(*addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)addr, &len), 0);
	return fd;
}

static void *read_all(void *arg)
{
	static char buf[65536];

	while (read(*(int *)arg, buf, sizeof(buf)) > 0)
		;
	return NULL;
}

/* A hello and `more` bytes after it through a TCP connection, to its end; payload bytes sent. */
static uint64_t stream(int mtu, unsigned int more, struct fb_row **ret_row, int *ret_dir)
{
	struct sockaddr_in addr, own;
	int server = listener(&addr), client, peer;
	socklen_t len = sizeof(own);
	struct pkt hello = {};
	pthread_t reader;
	static char zeros[65536];
	struct tcp_info info;
	socklen_t info_len = sizeof(info);

	lo_set(SIOCSIFMTU, 0, mtu);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(getsockname(client, (void *)&own, &len), 0);
	peer = accept(server, NULL, NULL);
	assert_int_equal(pthread_create(&reader, NULL, read_all, &peer), 0);
	pkt_hello(&hello, "beyond.the.linear.part", mtu > 2000 ? 1500 : 500);
	assert_int_equal(write(client, hello.data, hello.len), hello.len);
	for (unsigned int sent = 0; sent < more; sent += sizeof(zeros))
		assert_int_equal(write(client, zeros, sizeof(zeros)), sizeof(zeros));
	shutdown(client, SHUT_WR);
	pthread_join(reader, NULL);
	close(peer);
	while (read(client, zeros, 1) > 0)
		;
	assert_int_equal(getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &info_len), 0);
	close(client);
	close(server);
	usleep(20000);
	*ret_row = dp_find(&dp, LO, LO, ntohs(own.sin_port), ntohs(addr.sin_port), 6, ret_dir);
	assert_non_null(*ret_row);
	return info.tcpi_bytes_sent;
}

static void name_in_the_pages_of_an_skb(void **state)
{
	static const int mtus[] = {1500, 9000, 65536};
	struct fb_name name;
	struct fb_row *row;
	int dir;

	(void)state;
	for (int i = 0; i < 3 && attached(); i++) {
		stream(mtus[i], 0, &row, &dir);
		assert_true(row->state & FB_ROW_NAMED);
		assert_true(dp_name(&dp, row, &name));
		assert_string_equal(name.name, "beyond.the.linear.part");
		assert_int_equal(row->opener, dir);
		assert_int_equal(row->opener_by, FB_OPENER_SYN);
	}
}

/* Packets and bytes of both directions are what TCP says that it sent, offload or not. */
static void segments_on_the_wire(void **state)
{
	static const int mtus[] = {1500, 9000, 65536};
	int dir, fd = open("/proc/sys/net/ipv4/tcp_sack", O_WRONLY | O_CLOEXEC);
	struct fb_row *row;

	(void)state;
	assert_int_equal(write(fd, "0", 1), 1); /* all headers are of one length then */
	close(fd);
	for (int i = 0; i < 3 && attached(); i++) {
		uint64_t before = tcp_out_segments(), payload, packets;

		payload = stream(mtus[i], 50 * 1024 * 1024, &row, &dir);
		packets = row->packets[0] + row->packets[1];
		assert_true(payload > 50 * 1024 * 1024);
		assert_int_equal(packets, tcp_out_segments() - before);
		/* IP 20, TCP with its timestamp 32, the two SYNs 8 more */
		assert_int_equal(row->bytes[0] + row->bytes[1], payload + packets * 52 + 16);
	}
}

static void real_fragments(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(7777),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
			   own;
	static char data[20000];
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int sink = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	if (!attached())
		return;
	lo_set(SIOCSIFMTU, 0, 1500);
	assert_int_equal(bind(sink, (void *)&to, sizeof(to)), 0);
	assert_int_equal(connect(fd, (void *)&to, sizeof(to)), 0);
	assert_int_equal(getsockname(fd, (void *)&own, &len), 0);
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	close(fd);
	close(sink);
	/* 20,008 bytes in fragments of 1,480 */
	dp_counted(&dp, LO, LO, ntohs(own.sin_port), 7777, 17, 14, 20008 + 14 * 20);
	assert_int_equal(dp_stat(&dp, FB_STAT_fragment), 0);
}

static void frame_send(const struct pkt *p)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = DP_IFINDEX, .sll_halen = 6};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_int_equal(sendto(fd, p->data, p->len, 0, (void *)&to, sizeof(to)), p->len);
	close(fd);
}

/* On receipt the kernel takes the outermost tag out of the data. */
static void tags_beside_the_data(void **state)
{
	static const uint16_t outer[] = {0x8100, 0x88a8, 0x88a8};

	(void)state;
	for (int n = 1; n <= 3 && attached(); n++) {
		struct pkt p = {};
		struct fb_row *row;

		pkt_eth(&p, outer[n - 1]);
		for (int i = 1; i <= n; i++)
			pkt_tag(&p, 10 * n + i, i < n ? 0x8100 : 0x0800);
		pkt_ip4(&p, "198.51.100.1", "198.51.100.2", 17);
		pkt_udp(&p, 600 + n, 5);
		pkt_fill(&p, 30);
		pkt_end(&p);
		frame_send(&p);
		dp.vlan[0] = (uint16_t)(10 * n + 1);
		dp.vlan[1] = (uint16_t)(n > 1 ? 10 * n + 2 : 0);
		row = dp_counted(&dp, "198.51.100.1", "198.51.100.2", 600 + n, 5, 17, 1, 58);
		assert_int_equal(row->vlan, 10 * n + 1);
	}
}

static void runts(void **state)
{
	struct pkt p = {};

	(void)state;
	if (!attached())
		return;
	pkt_eth(&p, 0x0800);
	for (int i = 0; i < 20; i++) {
		frame_send(&p); /* an EtherType, and ever more of an IP header */
		pkt_add(&p, i ? "\0" : "\x45", 1);
	}
	assert_int_equal(dp_stat(&dp, FB_STAT_malformed), 20);
	assert_int_equal(dp_live(&dp), 0);
}

int main(void)
{
#define live_test(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		live_test(name_in_the_pages_of_an_skb),
		live_test(segments_on_the_wire),
		live_test(real_fragments),
		live_test(tags_beside_the_data),
		live_test(runts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
