/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sender of raw frames for the lab, through a packet socket on an interface.
 *   frames IFACE DST-MAC KIND COUNT [FIRST [PER-SECOND]]
 * Kinds: syn (IPv4 SYNs, each from another source), inward (the same, of 198.18/15 to 10.0.1.2),
 * syn6, udp (IPv4 datagrams, each its own flow and source), small (one source's connections: a SYN,
 * 24 requests that do not end, then a byte a segment), initials (one source's QUIC Initials that do
 * not open, 400 a flow), office (datagrams, each its own flow, of 2,000 clients to 5,000 servers),
 * tls (whole connections of 8 packets, SYN to FIN, each with a ClientHello of its own name; 8 at
 * once), one (datagrams of one flow), tags1
 * .. tags3 (the same, of another flow, with VLAN tags), mpls (two labels), pppoe, pppoe6, odd (a
 * cycle of what trackers stumble over: ARP, unknown EtherTypes, cut and lying headers, fragments
 * last first, extension headers, ICMP errors, SCTP, GRE, one to fourteen byte runts). Prints
 * "FRAMES BYTES" that were accepted by the interface.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, ROOM = 700, CLIENT_HELLO = 517, SERVER_HELLO = 132 };

static unsigned char dst[6];

static unsigned char *ethernet(unsigned char *p, unsigned int type)
{
	static const unsigned char own[6] = {2, 0, 0, 0, 0, 9};

	memcpy(p, dst, 6);
	memcpy(p + 6, own, 6);
	p[12] = type >> 8;
	p[13] = type & 255;
	return p + 14;
}

static unsigned short sum(const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned int total = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		total += (unsigned int)p[i] << 8 | p[i + 1];
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons(~total & 0xffff);
}

static unsigned char *ipv4(unsigned char *p, unsigned int proto, unsigned int payload,
			   unsigned int source, unsigned int fragment)
{
	struct iphdr ip = {.version = 4,
			   .ihl = 5,
			   .ttl = 64,
			   .protocol = proto,
			   .id = htons(7),
			   .frag_off = htons(fragment),
			   .tot_len = htons(20 + payload)};

	ip.saddr = htonl(source);
	inet_pton(AF_INET, "198.51.100.2", &ip.daddr);
	ip.check = sum(&ip, sizeof(ip));
	memcpy(p, &ip, sizeof(ip));
	return p + sizeof(ip);
}

static unsigned char *ipv6(unsigned char *p, unsigned int next, unsigned int payload,
			   unsigned int n)
{
	struct ip6_hdr ip = {.ip6_plen = htons(payload)};
	unsigned int low = htonl(n);

	ip.ip6_vfc = 0x60;
	ip.ip6_hlim = 64;
	ip.ip6_nxt = next;
	inet_pton(AF_INET6, "fd00:99::", &ip.ip6_src);
	memcpy(ip.ip6_src.s6_addr + 12, &low, 4);
	inet_pton(AF_INET6, "2001:db8:2::2", &ip.ip6_dst);
	memcpy(p, &ip, sizeof(ip));
	return p + sizeof(ip);
}

static unsigned char *ports(unsigned char *p, unsigned int proto, unsigned int source)
{
	struct tcphdr tcp = {.source = htons(source), .dest = htons(443), .doff = 5, .syn = 1};
	struct udphdr udp = {.source = htons(source), .dest = htons(9999), .len = htons(20)};

	if (proto == IPPROTO_TCP)
		memcpy(p, &tcp, sizeof(tcp));
	else
		memcpy(p, &udp, sizeof(udp));
	return p + 20;
}

static size_t plain(unsigned char *f, unsigned int proto, unsigned int n)
{
	/* 10.128.0.0/9 and then the source port tell 2^23 * 64 flows apart */
	unsigned char *p = ipv4(ethernet(f, ETH_P_IP), proto, 20, 0x0a800000u + (n & 0x7fffff), 0);

	return ports(p, proto, 1024 + (n >> 23)) - f;
}

/* SYNs from outside, each of another source. */
static size_t inward(unsigned char *f, unsigned int n)
{
	const unsigned int ends[] = {htonl(0xc6120000u + (n & 0x1ffff)), htonl(0x0a000102u)};
	unsigned char *p = ipv4(ethernet(f, ETH_P_IP), IPPROTO_TCP, 20, 0, 0);

	memcpy(p - 8, ends, sizeof(ends));
	return ports(p, IPPROTO_TCP, 1024 + (n >> 17)) - f;
}

/* Datagrams of one flow (of 256) behind VLAN tags, the outer ones 802.1ad. */
static size_t tagged(unsigned char *f, unsigned int tags, unsigned int n)
{
	unsigned char *p = ethernet(f, tags > 1 ? 0x88a8 : 0x8100);

	for (unsigned int i = 1; i <= tags; i++, p += 4) {
		unsigned int next = i == tags ? ETH_P_IP : i + 1 == tags ? 0x8100 : 0x88a8;

		p[0] = 0;
		p[1] = 4 + i;
		p[2] = next >> 8;
		p[3] = next & 255;
	}
	p = ipv4(p, IPPROTO_UDP, 20, 0x0ac80000u + (n & 0xff00) + tags, 0);
	return ports(p, IPPROTO_UDP, 40000) - f;
}

/* Datagrams of one flow (of 256) that no link header announces as IP. */
static size_t carried(unsigned char *f, const char *by, unsigned int n)
{
	static const unsigned char labels[] = {0, 1, 0, 64, 0, 2, 1, 64};
	unsigned char session[] = {0x11, 0, 0, 1, 0, 42, 0, 0x21};
	unsigned char *p = ethernet(f, *by == 'm' ? ETH_P_MPLS_UC : ETH_P_PPP_SES);

	if (!strcmp(by, "pppoe6")) {
		session[5] = 62;
		session[7] = 0x57;
		memcpy(p, session, sizeof(session));
		return ports(ipv6(p + 8, IPPROTO_UDP, 20, 0xc90000 + (n >> 8)), IPPROTO_UDP,
			     40000) -
		       f;
	}
	memcpy(p, *by == 'm' ? labels : session, sizeof(session));
	p = ipv4(p + 8, IPPROTO_UDP, 20, 0x0ac90000u + (n & 0xff00) + (*by == 'm' ? 1 : 2), 0);
	return ports(p, IPPROTO_UDP, 40000) - f;
}

static size_t syn6(unsigned char *f, unsigned int n)
{
	unsigned char *p = ipv6(ethernet(f, ETH_P_IPV6), IPPROTO_TCP, 20, n);

	return ports(p, IPPROTO_TCP, 1024) - f;
}

/* Datagrams of 2,000 clients to 5,000 servers, as an office has them open. */
static size_t office(unsigned char *f, unsigned int n)
{
	static const unsigned short services[] = {443, 443, 443, 443, 443, 53, 80, 123};
	unsigned char *ip = ethernet(f, ETH_P_IP);
	unsigned char *udp = ipv4(ip, IPPROTO_UDP, 20, 0x0a140000u + n % 2000, 0);
	unsigned char *end = ports(udp, IPPROTO_UDP, 1024 + n / 2000);
	unsigned int server = htonl(0xc6120000u + n * 2654435761u / 4096 % 5000);
	unsigned short port = htons(services[n % 8]);

	memcpy(ip + 16, &server, 4);
	memcpy(udp + 2, &port, 2);
	return end - f;
}

static size_t small(unsigned char *f, unsigned int n)
{
	static const char request[] = "GET / HTTP/1.1\n";
	const unsigned int at = n % 4096, len = at == 0 ? 0 : at <= 24 ? 15 : 1;
	const unsigned int seq = htonl(at == 0 ? 0 : at <= 24 ? at * 15 - 14 : 336 + at);
	unsigned char *tcp = ipv4(ethernet(f, ETH_P_IP), IPPROTO_TCP, 20 + len, 0x0aca0001u, 0);
	unsigned char *end = ports(tcp, IPPROTO_TCP, 20000 + n / 4096 % 40000);

	memcpy(tcp + 4, &seq, 4);
	tcp[13] = at ? TH_ACK | TH_PUSH : TH_SYN;
	memcpy(end, len == 1 && n & 1 ? "A" : len == 1 ? "\n" : request, len);
	return end + len - f;
}

static unsigned char *put16(unsigned char *p, unsigned int value)
{
	p[0] = value >> 8;
	p[1] = value & 255;
	return p + 2;
}

static unsigned char *extension(unsigned char *p, unsigned int type, const void *data, size_t len)
{
	p = put16(put16(p, type), len);
	memcpy(p, data, len);
	return p + len;
}

/* A record with a ClientHello of 517 bytes for the name "cNNNNNNNN.bench.example". */
static void client_hello(unsigned char *f, unsigned int n)
{
	enum { ALL = CLIENT_HELLO, CIPHERS = 16, NAME = 23 };
	static const unsigned char groups[] = {0, 6, 0, 29, 0, 23, 0, 24}, points[] = {1, 0};
	static const unsigned char algorithms[] = {0, 8, 4, 3, 8, 4, 4, 1, 5, 3};
	static const unsigned char alpn[] = {0,	  12,  2,   'h', '2', 8,   'h',
					     't', 't', 'p', '/', '1', '.', '1'};
	static const unsigned char versions[] = {4, 3, 4, 3, 3};
	unsigned char name[5 + NAME + 1] = {0, NAME + 3, 0, 0, NAME},
				      share[38] = {0, 36, 0, 29, 0, 32};
	unsigned char *p = f, *extensions;

	snprintf((char *)name + 5, NAME + 1, "c%08x.bench.example", n);
	memset(f, 0, ALL);
	memcpy(share + 6, &n, sizeof(n));
	*p++ = 22;
	p = put16(put16(p, 0x0301), ALL - 5);
	*p++ = 1;
	*p++ = 0;
	p = put16(put16(p, ALL - 9), 0x0303);
	memcpy(p, &n, sizeof(n));
	p += 32;
	*p++ = 32;
	p = put16(p + 32, 2 * CIPHERS);
	for (unsigned int i = 0; i < CIPHERS; i++)
		p = put16(p, i < 3 ? 0x1301 + i : 0xc02b + i);
	*p++ = 1;
	*p++ = 0;
	extensions = p;
	p = extension(p + 2, 0, name, sizeof(name) - 1);
	p = extension(p, 11, points, sizeof(points));
	p = extension(p, 10, groups, sizeof(groups));
	p = extension(p, 13, algorithms, sizeof(algorithms));
	p = extension(p, 16, alpn, sizeof(alpn));
	p = extension(p, 43, versions, sizeof(versions));
	p = extension(p, 51, share, sizeof(share));
	put16(put16(p, 21), ALL - 4 - (p - f));
	put16(extensions, ALL - 2 - (extensions - f));
}

/* A record with a ServerHello of TLS 1.3, and the head of one that is encrypted. */
static void server_hello(unsigned char *f)
{
	static const unsigned char head[] = {22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3};
	static const unsigned char tail[] = {0x13, 1, 0,  0, 46, 0, 43, 0, 2, 3,
					     4,	   0, 51, 0, 36, 0, 29, 0, 32};
	static const unsigned char next[] = {23, 3, 3, 0, 200};

	memset(f, 0, SERVER_HELLO);
	memcpy(f, head, sizeof(head));
	f[43] = 32;
	memcpy(f + 76, tail, sizeof(tail));
	memcpy(f + 127, next, sizeof(next));
}

/* One packet of a connection of 8: eight connections are open at a time. */
static size_t tls(unsigned char *f, unsigned int n)
{
	enum { AT_ONCE = 8, ANSWER = SERVER_HELLO, HELLO = CLIENT_HELLO };
	static const unsigned char flags[] = {
		TH_SYN,		  TH_SYN | TH_ACK, TH_ACK,	    TH_ACK | TH_PUSH,
		TH_ACK | TH_PUSH, TH_ACK | TH_FIN, TH_ACK | TH_FIN, TH_ACK,
	};
	const unsigned int step = n / AT_ONCE % 8, c = n / (AT_ONCE * 8) * AT_ONCE + n % AT_ONCE;
	const bool down = step == 1 || step == 4 || step == 6;
	const unsigned int len = step == 3 ? HELLO : step == 4 ? ANSWER : 0;
	const unsigned int sent[2] = {step > 5	 ? 2 + HELLO
				      : step > 3 ? 1 + HELLO
						 : step > 0,
				      step > 6	 ? 2 + ANSWER
				      : step > 4 ? 1 + ANSWER
						 : step > 1};
	const unsigned int ends[2] = {htonl(0x0a150000u + c % 5000),
				      htonl(0xc6120000u + c % 20000)};
	const unsigned int seq = htonl(sent[down]), ack = htonl(step ? sent[!down] : 0);
	unsigned char *ip = ethernet(f, ETH_P_IP);
	unsigned char *tcp = ipv4(ip, IPPROTO_TCP, 20 + len, 0, 0);
	unsigned char *end = ports(tcp, IPPROTO_TCP, 1024 + c / 5000 % 60000);

	memcpy(ip + 12, &ends[down], 4);
	memcpy(ip + 16, &ends[!down], 4);
	if (down) {
		memcpy(tcp + 2, tcp, 2);
		put16(tcp, 443);
	}
	memcpy(tcp + 4, &seq, 4);
	memcpy(tcp + 8, &ack, 4);
	tcp[13] = flags[step];
	if (step == 3)
		client_hello(end, c);
	else if (step == 4)
		server_hello(end);
	return end + len - f;
}

static size_t initials(unsigned char *f, unsigned int n)
{
	static const unsigned char head[] = {0xc3, 0, 0, 0, 1, 8};
	enum { ALL = 58, TAG_AND_MORE = 40 };
	unsigned char *udp = ipv4(ethernet(f, ETH_P_IP), IPPROTO_UDP, 8 + ALL, 0x0aca0001u, 0);
	const unsigned short port = htons(443), len = htons(8 + ALL);
	unsigned char *quic = udp + 8;

	ports(udp, IPPROTO_UDP, 20000 + n / 400 % 40000);
	memcpy(udp + 2, &port, 2);
	memcpy(udp + 4, &len, 2);
	memset(quic, 0, ALL);
	memcpy(quic, head, sizeof(head));
	memcpy(quic + sizeof(head), &n, sizeof(n));
	quic[16] = 0x40;
	quic[17] = TAG_AND_MORE;
	memcpy(quic + ALL - TAG_AND_MORE, &n, sizeof(n));
	return quic + ALL - f;
}

static size_t odd(unsigned char *f, unsigned int n)
{
	unsigned char *p, *ip = f + 14;
	unsigned int source = 0x0a7f0000u + (n / 16 & 0xff);

	memset(f, 0, ROOM);
	switch (n % 16) {
	case 0: /* ARP */
		return ethernet(f, ETH_P_ARP) + 28 - f;
	case 1: /* LLDP */
		return ethernet(f, 0x88cc) + 46 - f;
	case 2: /* header length under 20 */
		p = ipv4(ethernet(f, ETH_P_IP), IPPROTO_TCP, 20, source, 0) + 20;
		ip[0] = 0x44;
		return p - f;
	case 3: /* version 5 */
		p = ipv4(ethernet(f, ETH_P_IP), IPPROTO_UDP, 20, source, 0) + 20;
		ip[0] = 0x55;
		return p - f;
	case 4: /* the IPv4 header is cut */
		return ipv4(ethernet(f, ETH_P_IP), IPPROTO_TCP, 20, source, 0) - 9 - f;
	case 5: /* a later fragment before its first */
		return ipv4(ethernet(f, ETH_P_IP), IPPROTO_UDP, 24, source, 3) + 24 - f;
	case 6: /* the first fragment */
		return ports(ipv4(ethernet(f, ETH_P_IP), IPPROTO_UDP, 24, source, IP_MF), 17, 5) +
		       4 - f;
	case 7: /* a later fragment behind its first */
		return ipv4(ethernet(f, ETH_P_IP), IPPROTO_UDP, 24, source, 3) + 24 - f;
	case 8: /* two extension headers, then UDP */
		p = ipv6(ethernet(f, ETH_P_IPV6), IPPROTO_HOPOPTS, 16 + 20, n / 16 & 0xff);
		p[0] = IPPROTO_DSTOPTS;
		p[8] = IPPROTO_UDP;
		return ports(p + 16, IPPROTO_UDP, 77) - f;
	case 9: /* an extension header that claims 2 kB */
		p = ipv6(ethernet(f, ETH_P_IPV6), IPPROTO_HOPOPTS, 16, 1);
		p[1] = 255;
		return p + 16 - f;
	case 10: /* ICMP error that quotes a SYN */
		p = ipv4(ethernet(f, ETH_P_IP), IPPROTO_ICMP, 8 + 40, source, 0);
		p[0] = 3;
		return ports(ipv4(p + 8, IPPROTO_TCP, 20, source + 1, 0), IPPROTO_TCP, 99) - f;
	case 11: /* TCP data offset 4 */
		p = ports(ipv4(ethernet(f, ETH_P_IP), IPPROTO_TCP, 20, source, 0), IPPROTO_TCP, 98);
		p[-8] = 0x40;
		return p - f;
	case 12: /* SCTP */
		return ports(ipv4(ethernet(f, ETH_P_IP), IPPROTO_SCTP, 20, source, 0), 6, 97) - f;
	case 13: /* GRE */
		return ipv4(ethernet(f, ETH_P_IP), IPPROTO_GRE, 24, source, 0) + 24 - f;
	case 14: /* the TCP header is cut */
		return ipv4(ethernet(f, ETH_P_IP), IPPROTO_TCP, 7, source, 0) + 7 - f;
	default: /* nothing but an EtherType */
		return ethernet(f, ETH_P_IP) - f;
	}
}

static size_t frame(const char *kind, unsigned char *f, unsigned int n)
{
	if (!strcmp(kind, "syn6"))
		return syn6(f, n);
	if (!strcmp(kind, "inward"))
		return inward(f, n);
	if (!strcmp(kind, "odd"))
		return odd(f, n);
	if (!strcmp(kind, "office"))
		return office(f, n);
	if (!strcmp(kind, "small"))
		return small(f, n);
	if (!strcmp(kind, "tls"))
		return tls(f, n);
	if (!strcmp(kind, "initials"))
		return initials(f, n);
	if (!strncmp(kind, "tags", 4))
		return tagged(f, kind[4] - '0', n);
	if (!strcmp(kind, "mpls") || !strncmp(kind, "pppoe", 5))
		return carried(f, kind, n);
	if (!strcmp(kind, "one"))
		return plain(f, IPPROTO_UDP, 0x7fffff);
	return plain(f, strcmp(kind, "udp") ? IPPROTO_TCP : IPPROTO_UDP, n);
}

/* Wait until `frames` are due at `rate` a second from the first call on; 0: no wait. */
static void pace(unsigned long long frames, unsigned long rate)
{
	static struct timespec start;
	struct timespec due;
	unsigned long long ns;

	if (!rate)
		return;
	if (!start.tv_sec)
		clock_gettime(CLOCK_MONOTONIC, &start);
	ns = start.tv_nsec + frames * 1000000000ull / rate;
	due.tv_sec = start.tv_sec + ns / 1000000000;
	due.tv_nsec = ns % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

int main(int argc, char **argv)
{
	static unsigned char room[BATCH][ROOM];
	static struct mmsghdr messages[BATCH];
	static struct iovec parts[BATCH];
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = 6};
	unsigned long long frames = 0, bytes = 0;
	unsigned long rate;
	unsigned int n, end;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (argc < 5 || !ether_aton(argv[2]))
		return fprintf(stderr, "usage: frames IFACE DST-MAC KIND COUNT [FIRST [RATE]]\n"),
		       2;
	to.sll_ifindex = if_nametoindex(argv[1]);
	memcpy(dst, ether_aton(argv[2]), 6);
	n = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
	rate = argc > 6 ? strtoul(argv[6], NULL, 10) : 0;
	end = n + strtoul(argv[4], NULL, 10);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)))
		return perror(argv[1]), 1;

	while (n < end) {
		int batch = 0, sent = 0;

		pace(frames, rate);
		for (; batch < BATCH && n < end; batch++, n++) {
			parts[batch].iov_base = room[batch];
			parts[batch].iov_len = frame(argv[3], room[batch], n);
			messages[batch].msg_hdr.msg_iov = &parts[batch];
			messages[batch].msg_hdr.msg_iovlen = 1;
		}
		while (sent < batch) {
			int r = sendmmsg(fd, messages + sent, batch - sent, 0);

			if (r < 0 && (errno == ENOBUFS || errno == EAGAIN)) {
				usleep(200);
				continue;
			}
			if (r < 0)
				return perror("sendmmsg"), 1;
			for (int i = sent; i < sent + r; i++)
				bytes += messages[i].msg_len;
			frames += r;
			sent += r;
		}
	}
	printf("%llu %llu\n", frames, bytes);
	return 0;
}
