/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seed FOLDER: payloads of the captures as first inputs of the fuzz targets, FOLDER/TARGET/seed-N.
 * Built and run by seed.sh.
 */
#include <sys/stat.h>

#include "fuzz/ports.h"
#include "unit/corpus.h"

#define SEEDS_MOST 260
#define SEED_BYTES 16384

static const char *folder;

static struct target {
	const char *name;
	unsigned int n;
} targets[] = {{"hello", 0},	 {"record", 0},	  {"reasm", 0},	    {"quic", 0},    {"dns", 0},
	       {"http", 0},	 {"dhcp", 0},	  {"pcap", 0},	    {"inspect", 0}, {"icmp", 0},
	       {"neighbour", 0}, {"hostfile", 0}, {"georanges", 0}, {"listline", 0}};

static void seed(const char *name, const void *head, size_t head_len, const void *data, size_t len)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		_cleanup_free_ char *path = NULL;
		_cleanup_fclose_ FILE *file = NULL;

		if (strcmp(targets[i].name, name) != 0 || targets[i].n >= SEEDS_MOST ||
		    len > SEED_BYTES ||
		    asprintf(&path, "%s/%s/seed-%u", folder, name, targets[i].n) < 0)
			continue;
		file = fopen(path, "w");
		if (!file || fwrite(head, 1, head_len, file) != head_len ||
		    fwrite(data, 1, len, file) != len) {
			perror(path);
			exit(1);
		}
		targets[i].n++;
	}
}

static bool has_port(const struct decoded *pkt, uint16_t port)
{
	return pkt->key.port[0] == port || pkt->key.port[1] == port;
}

/* The first samples of a capture's first flows, as inspect_fuzz.c reads them. */
static struct {
	unsigned int n_flows;
	struct {
		struct fb_key key;
		bool based[2];
		uint32_t base[2];
	} flow[8];
	size_t len;
	uint8_t bytes[SEED_BYTES];
} scene;

static uint8_t scene_port(const struct decoded *pkt)
{
	for (uint8_t i = 1; i < sizeof(inspected_ports) / sizeof(*inspected_ports); i++)
		if (has_port(pkt, inspected_ports[i]))
			return i;
	return 0;
}

static void scene_add(const struct decoded *pkt)
{
	const uint8_t port = scene_port(pkt);
	const uint32_t len = pkt->caplen < 4095 ? pkt->caplen : 4095;
	uint8_t *at = scene.bytes + scene.len;
	unsigned int i = 0;
	uint32_t offset;

	while (i < scene.n_flows && memcmp(&scene.flow[i].key, &pkt->key, sizeof(pkt->key)) != 0)
		i++;
	if (i == 8 || len == 0 || scene.len + 8 + len > SEED_BYTES)
		return;
	if (i == scene.n_flows) {
		memset(&scene.flow[i], 0, sizeof(scene.flow[i]));
		scene.flow[scene.n_flows++].key = pkt->key;
	}
	if (!scene.flow[i].based[pkt->dir])
		scene.flow[i].base[pkt->dir] = pkt->seq;
	scene.flow[i].based[pkt->dir] = true;
	offset = pkt->key.proto == 6 ? pkt->seq - scene.flow[i].base[pkt->dir] : 0;
	if (offset >= 1 << 14)
		return;
	at[0] = (uint8_t)i;
	at[1] = (uint8_t)((port & 3) | pkt->dir << 2 | (port & 4) << 1 |
			  (pkt->key.proto == 17 ? 0x80 : 0x20));
	at[2] = (uint8_t)(offset >> 6);
	at[3] = offset & 63;
	at[4] = (uint8_t)(len >> 4);
	at[5] = (uint8_t)(len << 4);
	at[6] = at[7] = 0;
	memcpy(at + 8, pkt->payload, len);
	scene.len += 8 + len;
}

static void on_frame(void *ctx, const struct fb_pcap_frame *frame, const struct decoded *pkt)
{
	const uint8_t *data = pkt->payload;
	const size_t len = pkt->caplen;

	(void)ctx;
	(void)frame;
	scene_add(pkt);
	if (len < 16)
		return;
	if (pkt->key.proto == 6 && data[0] == 22 && data[1] == 3) {
		seed("record", "", 0, data, len);
		seed("hello", "", 0, data + 9, len - 9);
		seed("reasm", "\0\0\377\1", 4, data, len);
	} else if (pkt->key.proto == 6 && memmem(data, len, " HTTP/1.", 8)) {
		seed("http", "", 0, data, len);
	} else if (pkt->key.proto == 17 && (has_port(pkt, 53) || has_port(pkt, 5353))) {
		seed("dns", "", 0, data, len);
	} else if (pkt->key.proto == 17 && has_port(pkt, 67)) {
		seed("dhcp", "", 0, data, len);
	} else if (pkt->key.proto == 17 && ((data[0] & 0xc0) == 0xc0 || data[9] == 'Q')) {
		seed("quic", "", 0, data, len);
	}
}

/* A service's hints, a DHCP name in labels, records that cut a message, too many gaps. */
static void seed_odd(void)
{
	static const char svcb[] = "\0\1\x81\x80\0\1\0\1\0\0\0\0"
				   "\5_8443\6_https\1a\0\0\x41\0\1"
				   "\xc0\x0c\0\x41\0\1\0\0\0\x3c\0\x0d\0\1\1b\0\0\4\0\4\xc0\0\2\1";
	static const char fqdn[] = "\x63\x82\x53\x63\x35\1\3\0\x51\x0b\4\0\0\6laptop\0\xff";
	static const char http[] = "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80 \r\n\r\n";
	static const char cut[] = "\x16\3\1\0\3\1\0\0\x16\3\1\0\2\x30\3\x16\3\1\0\1\3";
	static const char v2[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c____abcdefgh\x16\3\1";
	static const char request[236] = "\1\1\6";
	uint8_t gaps[5 * 40];

	for (unsigned int i = 0; i < sizeof(gaps); i += 5)
		memcpy(gaps + i, (uint8_t[]){0, (uint8_t)i, 1, 1, 'x'}, 5);
	seed("reasm", "", 0, gaps, sizeof(gaps));
	seed("dns", "", 0, svcb, sizeof(svcb) - 1);
	seed("dhcp", request, sizeof(request), fqdn, sizeof(fqdn) - 1);
	seed("http", "", 0, http, sizeof(http) - 1);
	seed("record", "", 0, cut, sizeof(cut) - 1);
	seed("record", "", 0, v2, sizeof(v2) - 1);
}

/* What the captures do not have: big-endian sections, times of all kinds, simple packets. */
/* One of each kind of hosts and lease file, and who is behind an address, by ARP and by ND. */
static void seed_hosts(void)
{
	static const char *const files[] = {
		"# static\n127.0.0.1 localhost\n192.168.1.9\ttv.lan tv # in the hall\nfd00::9 tv6\n",
		"1796000000 02:00:00:00:00:09 192.168.1.9 tv 01:02:00:00:00:00:09\n"
		"0 02:00:00:00:00:0a 192.168.1.10 * *\nduid 00:01\n1796000000 1 fd00::9 tv6 00:01\n",
		"lease 192.168.1.9 {\n  starts 4 2026/11/26 16:00:00;\n  ends 4 2026/11/28 16:00:00;\n"
		"  binding state active;\n  client-hostname \"tv\";\n}\n"
		"lease 192.168.1.10 {\n  ends never;\n  binding state free;\n}\n",
		"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state\n"
		"192.168.1.9,02:00:00:00:00:09,,3600,1796000000,1,0,0,tv.lan.,0\n"
		"192.168.1.10,02:00:00:00:00:0a,,3600,1796000000,1,0,0,,1\n",
	};
	static const char ranges[] = "1.0.0.0,1.0.0.255,AU,AS13335,\"Cloudflare, Inc.\"\n"
				     "2001:200::/32\t2500\tJP\tWIDE\n0.0.0.0/0,ZZ\n";
	static const char list[] =
		"# License: CC0\n192.0.2.0/24 ; why\n2001:db8::/32\n"
		"0.0.0.0 bad.example\n*.bad.example\n||bad.example^\n"
		"t13d1516h2_8daaf6152771_b186095e22b6,x\n\"a\",\"198.51.100.1\"\n";
	static const char arp[] = "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1\x08\6\0\1\x08\0\6\4\0\2"
				  "\2\0\0\0\0\1\x0a\0\0\1\2\0\0\0\0\2\x0a\0\0\2";
	static const char nd[] = "\x33\x33\0\0\0\1\2\0\0\0\0\1\x86\xdd"
				 "\x60\0\0\0\0\x20\x3a\xff"
				 "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
				 "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
				 "\x88\0\0\0\x20\0\0\0"
				 "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
				 "\2\1\2\0\0\0\0\1";

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		seed("hostfile", "", 0, files[i], strlen(files[i]));
	seed("georanges", "", 0, ranges, strlen(ranges));
	seed("listline", "", 0, list, strlen(list));
	seed("neighbour", "", 0, arp, sizeof(arp) - 1);
	seed("neighbour", "", 0, nd, sizeof(nd) - 1);
}

static void seed_made(void)
{
	static const char ng[] = "\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\1\0\0"
				 "\377\377\377\377\377\377\377\377\0\0\0\x1c"
				 "\0\0\0\1\0\0\0\x2c\0\1\0\0\0\0\0\x40"
				 "\0\x9\0\1\x8a\0\0\0\0\x0e\0\x08\0\0\0\0\0\0\0\1"
				 "\0\0\0\0\0\0\0\x2c"
				 "\0\0\0\3\0\0\0\x18\0\0\0\x8"
				 "abcdefgh\0\0\0\x18";
	static const char error4[] = "\4\3\1\0\0\0\0\0\0"
				     "\x45\0\0\x28\0\0\0\0\x40\6\0\0\x0a\0\0\1\xc0\0\2\1"
				     "\x9c\x40\1\xbb\0\0\0\1";
	static const char error6[] = "\1\1\0\0\0\0\0\0\0"
				     "\x60\0\0\0\0\x10\0\x40"
				     "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
				     "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"
				     "\x11\0\0\0\0\0\0\0\x9c\x40\0\x35\0\x8\0\0";
	static const char swapped[] = "\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\1"
				      "\0\0\0\1\0\0\0\1\0\0\0\4\0\0\0\4"
				      "abcd";

	seed("pcap", "", 0, ng, sizeof(ng) - 1);
	seed("icmp", "", 0, error4, sizeof(error4) - 1);
	seed("icmp", "", 0, error6, sizeof(error6) - 1);
	seed("pcap", "", 0, swapped, sizeof(swapped) - 1);
}

int main(int argc, char **argv)
{
	char *paths[CORPUS_FILES];
	unsigned int n = corpus_list(paths);

	if (argc != 2) {
		fprintf(stderr, "seed FOLDER\n");
		return 2;
	}
	folder = argv[1];
	mkdir(folder, 0755);
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s", folder, targets[i].name) > 0)
			mkdir(path, 0755);
	}
	seed_odd();
	seed_made();
	seed_hosts();
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_free_ char *path = paths[i];
		_cleanup_free_ uint8_t *data = NULL;
		size_t len;

		data = corpus_read(path, &len);
		if (!data)
			continue;
		seed("pcap", "", 0, data, len);
		scene.n_flows = scene.len = 0;
		corpus_walk(data, len, on_frame, NULL);
		seed("inspect", "", 0, scene.bytes, scene.len);
	}
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		printf("%s %u\n", targets[i].name, targets[i].n);
	return 0;
}
