// link: proto
// timeout: 600
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The in-kernel reader of names against itself in user space (identical answers), and against the
 * full parser there (a name that the kernel gives is the one that the full parser gives), over
 * mutated hellos: real ones of the captures, if they are there, and hellos made here.
 */
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/dp.h"
#include "proto/pcap.h"
#include "proto/tls.h"

#include "../../bpf/lib/sni.h"

#define SEEDS	  400
#define MUTATIONS 1000000
#define SEED_MAX  3000

static struct {
	uint8_t data[SEED_MAX];
	unsigned int len;
} seed[SEEDS];
static unsigned int n_seeds;

static void seed_add(const uint8_t *data, size_t len)
{
	if (n_seeds == SEEDS || len > SEED_MAX)
		return;
	memcpy(seed[n_seeds].data, data, len);
	seed[n_seeds++].len = len;
}

/* A frame with a record that holds a whole ClientHello: found by its looks. */
static void seed_from_frame(const struct fb_pcap_frame *frame)
{
	const uint8_t *b = frame->data;

	for (uint32_t at = 40; at + 60 < frame->caplen; at++)
		if (b[at] == 22 && b[at + 1] == 3 && b[at + 2] <= 4 && b[at + 5] == 1 &&
		    !b[at + 6] && b[at + 9] == 3 &&
		    (b[at + 3] << 8 | b[at + 4]) == (b[at + 7] << 8 | b[at + 8]) + 4) {
			seed_add(b + at, frame->caplen - at);
			return;
		}
}

static void seed_from_file(const char *path)
{
	static struct fb_pcap pcap;
	struct fb_pcap_frame frame;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;
	unsigned int before = n_seeds;
	size_t at = 0, n;
	uint8_t *data;

	memset(&pcap, 0, sizeof(pcap));
	if (fd < 0)
		return;
	if (fstat(fd, &st) || st.st_size == 0 || st.st_size > 1 << 22) {
		close(fd);
		return;
	}
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return;
	while ((r = fb_pcap_next(&pcap, data + at, st.st_size - at, &n, &frame)) >= 0 &&
	       r != FB_PCAP_MORE && n_seeds < before + 4) {
		at += n;
		if (r == FB_PCAP_FRAME)
			seed_from_frame(&frame);
	}
	munmap(data, st.st_size);
}

static void seeds_of_captures(void)
{
	const char *folder = getenv("FLOWBPF_PCAPS");
	char pattern[512];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*/*.pcap*", folder ? folder : "../shared/pcaps");
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!strstr(found.gl_pathv[i], ".tsv"))
			seed_from_file(found.gl_pathv[i]);
	globfree(&found);
}

static void seeds_made_here(void)
{
	static const char *const names[] = {"a", "plain.example", NULL};

	for (int i = 0; i < 3; i++) {
		struct pkt p = {};

		pkt_hello(&p, names[i], i * 20);
		pkt_add(&p, "\0\x10\0\x0e\0\x0c\2h2\x08http/1.1\0\x0a\0\6\0\4\x11\xec\0\x1d", 28);
		pkt_add(&p, "\0\x2b\0\x03\x02\x03\x04\xfe\x0d\0\2\1\2", 13);
		pkt_put16(p.data + 3, p.len - 5);
		pkt_put16(p.data + 7, p.len - 9);
		pkt_put16(p.data + 50, p.len - 52);
		seed_add(p.data, p.len);
	}
}

/* A few bytes set, moved or cut, most of them among the lengths in front. */
static unsigned int mutate(uint8_t *data)
{
	unsigned int s = pkt_below(n_seeds), len = seed[s].len, n = pkt_below(4);

	memcpy(data, seed[s].data, len);
	while (n--) {
		unsigned int at = pkt_below(len);

		switch (pkt_below(5)) {
		case 0:
			data[at] = pkt_below(256);
			break;
		case 1:
			data[at] ^= 1 << pkt_below(8);
			break;
		case 2:
			data[at] += pkt_below(2) ? 1 : -1;
			break;
		case 3:
			len = 44 + pkt_below(len - 43);
			break;
		case 4:
			memmove(data + at, data + pkt_below(at + 1), pkt_below(len - at + 1));
			break;
		}
	}
	return len;
}

struct answer {
	bool found;
	struct fb_sni sni;
};

static struct answer read_here(const uint8_t *data, unsigned int len)
{
	struct answer answer = {};

	answer.found = fb_sni_read(data, len, &answer.sni) && answer.sni.name_len;
	return answer;
}

/* The same bytes as a segment of one flow, whose row is as new each time. */
static void same_in_kernel(struct dp *dp, const uint8_t *data, unsigned int len,
			   const struct answer *here)
{
	struct pkt p = {};
	struct fb_row *row;
	struct fb_name name;
	bool named;

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, "10.0.0.1", "192.0.2.9", 6);
	pkt_tcp(&p, 1000, 443, PKT_TCP_ACK, 1, 1);
	pkt_add(&p, data, len);
	pkt_end(&p);
	dp_send(dp, 0, &p);
	ring_buffer__consume(dp->ring);
	row = &dp->rows[0];
	named = row->state & FB_ROW_NAMED;
	assert_int_equal(named, here->found);
	if (named) {
		assert_true(dp_name(dp, row, &name));
		assert_int_equal(name.len, here->sni.name_len);
		assert_memory_equal(name.name, data + here->sni.name_at, name.len);
		assert_int_equal(name.source, here->sni.ech ? FB_NAME_ECH : FB_NAME_SNI);
	}
	row->state = FB_ROW_LIVE;
	row->inspect = FB_INSPECT_OPEN;
	memset(row->sampled, 0, sizeof(row->sampled));
	memset(row->sampled_bytes, 0, sizeof(row->sampled_bytes));
}

/* The message behind the record header is the full parser's, which knows nothing of records. */
static void same_as_full(const uint8_t *data, const struct answer *here)
{
	static struct fb_client_hello full;
	unsigned int len = data[7] << 8 | data[8];

	if (!here->found)
		return;
	assert_int_equal(fb_client_hello_parse(data + 9, len, false, &full), 0);
	assert_ptr_equal(full.sni.at, data + here->sni.name_at);
	assert_int_equal(full.sni.len, here->sni.name_len);
	assert_int_equal(full.ech, !!here->sni.ech);
}

/* Hellos that nobody touched: what the full parser names, the kernel names. */
static void whole_hellos(void **state)
{
	static struct fb_client_hello full;

	for (unsigned int i = 0; i < n_seeds; i++) {
		struct answer here = read_here(seed[i].data, seed[i].len);
		unsigned int len = seed[i].data[7] << 8 | seed[i].data[8];

		same_as_full(seed[i].data, &here);
		same_in_kernel(*state, seed[i].data, seed[i].len, &here);
		if (len + 9 <= seed[i].len &&
		    !fb_client_hello_parse(seed[i].data + 9, len, false, &full))
			assert_int_equal(here.found, full.sni.at != NULL);
	}
}

static void mutated_hellos(void **state)
{
	static uint8_t data[FB_SAMPLE_MAX];
	unsigned int found = 0;

	for (unsigned int i = 0; i < MUTATIONS; i++) {
		unsigned int len = mutate(data);
		struct answer here = read_here(data, len);

		found += here.found;
		same_as_full(data, &here);
		same_in_kernel(*state, data, len, &here);
	}
	print_message("# %u seeds, %u of %u mutations named\n", n_seeds, found, MUTATIONS);
	assert_in_range(found, MUTATIONS / 20, MUTATIONS - MUTATIONS / 20);
}

static int start(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.inspect = 1}, 0);
	*state = &dp;
	seeds_made_here();
	seeds_of_captures();
	return 0;
}

static int stop(void **state)
{
	dp_conserves(*state);
	dp_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_hellos),
		cmocka_unit_test(mutated_hellos),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
