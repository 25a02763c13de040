/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns of a flow's first packet, all flows new: a SYN against one insert into a bare hash map of the
 * same size, and a segment with a whole ClientHello (its name read, its bytes sent to the ring,
 * which is emptied between runs) against a SYN; and what of that no program can leave out: to copy
 * the payload, to send it, to keep a name. Then a SYN where sockets are asked whose it is: one that
 * is forwarded, and one to a socket here. What the driver costs is taken off. Run as root:
 * build/tests/bench/births [ROUNDS]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <flowbpf/owner.h>

#include "bench/bench.h"

#define FLOWS 200000
#define TURN  8000 /* flows between two emptyings of the ring */

enum birth {
	BIRTH_BARE,
	BIRTH_SYN,
	BIRTH_UDP,
	BIRTH_HELLO,
	BIRTH_COPY,
	BIRTH_ASKED,
	BIRTH_OWNED,
	BIRTHS
};

static const struct {
	const char *name, *against;
	enum birth floor;
	double limit;	  /* 0: none */
	const char *what; /* in its place */
} births[] = {
	[BIRTH_BARE] = {"insert into a bare hash map", NULL, BIRTH_BARE, 0},
	[BIRTH_SYN] = {"SYN", "insert", BIRTH_BARE, 2.5},
	[BIRTH_UDP] = {"UDP datagram", "insert", BIRTH_BARE, 2.5},
	[BIRTH_HELLO] = {"TLS ClientHello, 517 bytes", "SYN", BIRTH_SYN, 2.5},
	[BIRTH_COPY] = {"  a SYN, and its bytes copied, sent and named", "SYN", BIRTH_SYN, 0,
			"floor"},
	[BIRTH_ASKED] = {"SYN, forwarded, --owner on", "SYN", BIRTH_SYN, 0, "owner on"},
	[BIRTH_OWNED] = {"SYN to a listener here, --owner on", "SYN", BIRTH_SYN, 0, "owner on"},
};

/* A stamped listener on loopback: its socket. */
static int listener(struct bench *b, int six, uint16_t *ret_port)
{
	static const struct fb_stamp stamp = {.pid = 1, .by = FB_OWNER_SOCKET, .comm = "bench"};
	struct sockaddr_in6 at6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in at4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *at = six ? (void *)&at6 : (void *)&at4;
	socklen_t len = six ? sizeof(at6) : sizeof(at4);
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bpf_map_update_elem(dp_map(&b->dp, "fb_owner_sk"), &fd, &stamp, BPF_ANY) ||
	    bind(fd, at, len) || listen(fd, 1) || getsockname(fd, at, &len))
		bench_die("listener");
	*ret_port = ntohs(six ? at6.sin6_port : at4.sin_port);
	return fd;
}

static void build_to_listener(struct pkt *p, int six, uint16_t port)
{
	*p = (struct pkt){0};
	pkt_eth(p, six ? 0x86dd : 0x0800);
	if (six)
		pkt_ip6(p, BENCH_SRC6, "::1", 6);
	else
		pkt_ip4(p, BENCH_SRC4, "127.0.0.1", 6);
	pkt_tcp(p, 40000, port, PKT_TCP_SYN, 1, 0);
	pkt_end(p);
}

static void build(struct pkt *p, enum birth birth, int six)
{
	if (birth == BIRTH_UDP) {
		pkt_eth(p, six ? 0x86dd : 0x0800);
		if (six)
			pkt_ip6(p, BENCH_SRC6, BENCH_DST6, 17);
		else
			pkt_ip4(p, BENCH_SRC4, BENCH_DST4, 17);
		pkt_udp(p, 40000, 443);
		pkt_fill(p, 20);
	} else if (birth == BIRTH_HELLO || birth == BIRTH_COPY) {
		pkt_eth(p, six ? 0x86dd : 0x0800);
		if (six)
			pkt_ip6(p, BENCH_SRC6, BENCH_DST6, 6);
		else
			pkt_ip4(p, BENCH_SRC4, BENCH_DST4, 6);
		pkt_tcp(p, 40000, 443, PKT_TCP_ACK | PKT_TCP_PUSH, 1, 1);
		pkt_hello(p, "www.example.com", 427);
	} else {
		bench_packet(p, six, PKT_TCP_SYN, 0);
		return;
	}
	pkt_end(p);
}

/* All flows once; in turns, so that the ring never fills. */
static double run_all(struct bench *b, int six, int prog, const struct pkt *p,
		      struct ring_buffer *ring)
{
	double ns = 0;

	for (uint32_t at = 0; at < FLOWS; at += TURN) {
		ns += bench_drive_from(b, six, prog, p, at, TURN);
		if (ring)
			ring_buffer__consume(ring);
	}
	return ns / (FLOWS / TURN);
}

static int drop(void *ctx, void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

static double copies(struct bench *b, int six, const struct pkt *p)
{
	int map = bpf_object__find_map_fd_by_name(b->floors, "bench_ring");
	struct ring_buffer *ring = ring_buffer__new(map, drop, NULL, NULL);
	double ns;

	if (!ring)
		bench_die("ring");
	ns = run_all(b, six, b->floor[BENCH_HELLO][six], p, ring);
	ring_buffer__free(ring);
	return ns;
}

/* Ours, and that it was what was meant. */
static double flows(struct bench *b, enum birth birth, int six, struct pkt *p)
{
	const bool asked = birth == BIRTH_ASKED || birth == BIRTH_OWNED;
	uint16_t port;
	int fd = -1;
	double ns;

	dp_open(&b->dp, (struct fb_knobs){.inspect = 1, .max_flows = 262144, .owner = asked},
		8 << 20);
	if (birth == BIRTH_OWNED) {
		fd = listener(b, six, &port);
		build_to_listener(p, six, port);
	}
	ns = run_all(b, six, b->dp.prog[0], p, b->dp.ring);
	if (fd >= 0)
		close(fd);
	if (dp_live(&b->dp) != FLOWS || dp_stat(&b->dp, FB_STAT_ring_full) ||
	    !!(b->dp.rows[0].state & FB_ROW_OWNED) != (birth == BIRTH_OWNED) ||
	    dp_stat(&b->dp, FB_STAT_name_found) != (birth == BIRTH_HELLO ? FLOWS : 0)) {
		fprintf(stderr, "%s: not what was meant to be measured\n", births[birth].name);
		exit(2);
	}
	dp_close(&b->dp);
	return ns;
}

static double measure(struct bench *b, enum birth birth, int six)
{
	struct pkt p = {};
	double ns;

	build(&p, birth, six);
	bench_open(b, 262144);
	bench_list(b, BENCH_IN_TURN, BENCH_RUN);
	ns = run_all(b, six, b->floor[BENCH_EMPTY][six], &p, NULL);
	if (birth == BIRTH_BARE)
		ns = run_all(b, six, b->floor[BENCH_INSERT][six], &p, NULL) - ns;
	else if (birth == BIRTH_COPY)
		ns = copies(b, six, &p) - ns;
	else
		ns = flows(b, birth, six, &p) - ns;
	bench_close(b);
	return ns;
}

int main(int argc, char **argv)
{
	static double ns[BIRTHS][BENCH_ROUNDS], ratio[BIRTHS][BENCH_ROUNDS];
	struct bench b = {};
	int over = 0;

	bench_begin(&b, argc, argv);
	printf("%-5s %-44s %6s %7s %8s\n", "", "", "ns", "ratio", "at most");
	for (int six = 0; six < 2; six++) {
		for (int round = 0; round < b.rounds; round++)
			for (int i = 0; i < BIRTHS; i++) {
				ns[i][round] = measure(&b, i, six);
				if (i == BIRTH_COPY)
					ns[i][round] += ns[BIRTH_SYN][round];
				ratio[i][round] = ns[i][round] / ns[births[i].floor][round];
			}
		for (int i = 0; i < BIRTHS; i++) {
			double value = bench_median(ratio[i], b.rounds);

			printf("%-5s %-44s %6.0f", six ? "IPv6" : "IPv4", births[i].name,
			       bench_median(ns[i], b.rounds));
			if (births[i].what)
				printf(" %7.2f %8s %s, of the %s", value, "", births[i].what,
				       births[i].against);
			else if (births[i].against)
				printf(" %7.2f %8.1f %s, of the %s", value, births[i].limit,
				       bench_verdict(value, births[i].limit, &over),
				       births[i].against);
			printf("\n");
		}
	}
	bench_end(&b);
	return over ? 1 : 0;
}
