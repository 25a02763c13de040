/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seed FOLDER: payloads of the captures as first inputs of the fuzz targets, FOLDER/TARGET/seed-N.
 * Built and run by seed.sh.
 */
#include <sys/stat.h>

#include "unit/corpus.h"

#define SEEDS_MOST 150
#define SEED_BYTES 16384

static const char *folder;

static struct target {
	const char *name;
	unsigned int n;
} targets[] = {{"hello", 0}, {"record", 0}, {"reasm", 0}, {"quic", 0},	 {"dns", 0},
	       {"http", 0},  {"dhcp", 0},   {"pcap", 0},  {"inspect", 0}};

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
	return pkt->key.port[0] == htons(port) || pkt->key.port[1] == htons(port);
}

/* As inspect_fuzz.c reads it: flow, ports and protocol, sequence, length. */
static void seed_sample(const struct decoded *pkt)
{
	const uint8_t port = has_port(pkt, 53)	   ? 1
			     : has_port(pkt, 67)   ? 2
			     : has_port(pkt, 5353) ? 3
						   : 0;
	const uint32_t len = pkt->caplen < 4095 ? pkt->caplen : 4095;
	const uint8_t head[8] = {1,
				 (uint8_t)(port | (pkt->key.proto == 17 ? 0x80 : 0)),
				 0,
				 0,
				 (uint8_t)(len >> 4),
				 (uint8_t)(len << 4),
				 0,
				 0};

	seed("inspect", head, sizeof(head), pkt->payload, len);
}

static void on_frame(void *ctx, const struct fb_pcap_frame *frame, const struct decoded *pkt)
{
	const uint8_t *data = pkt->payload;
	const size_t len = pkt->caplen;

	(void)ctx;
	(void)frame;
	if (len < 16)
		return;
	if (pkt->key.proto == 6 && data[0] == 22 && data[1] == 3) {
		seed("record", "", 0, data, len);
		seed("hello", "", 0, data + 9, len - 9);
		seed("reasm", "\0\0\377\1", 4, data, len);
		seed_sample(pkt);
	} else if (pkt->key.proto == 6 && memmem(data, len, " HTTP/1.", 8)) {
		seed("http", "", 0, data, len);
		seed_sample(pkt);
	} else if (pkt->key.proto == 17 && (has_port(pkt, 53) || has_port(pkt, 5353))) {
		seed("dns", "", 0, data, len);
		seed_sample(pkt);
	} else if (pkt->key.proto == 17 && has_port(pkt, 67)) {
		seed("dhcp", "", 0, data, len);
		seed_sample(pkt);
	} else if (pkt->key.proto == 17 && ((data[0] & 0xc0) == 0xc0 || data[9] == 'Q')) {
		seed("quic", "", 0, data, len);
		seed_sample(pkt);
	}
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
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_free_ char *path = paths[i];
		_cleanup_free_ uint8_t *data = NULL;
		size_t len;

		data = corpus_read(path, &len);
		if (!data)
			continue;
		seed("pcap", "", 0, data, len);
		corpus_walk(data, len, on_frame, NULL);
	}
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		printf("%s %u\n", targets[i].name, targets[i].n);
	return 0;
}
