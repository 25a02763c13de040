// link: proto
/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files in both byte orders, cut at every byte, and with lengths that lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/pcap.h"

struct file {
	uint8_t bytes[1024];
	size_t len;
	bool swapped;
};

static void put(struct file *file, const void *data, size_t len)
{
	assert_true(file->len + len <= sizeof(file->bytes));
	memcpy(file->bytes + file->len, data, len);
	file->len += len;
}

static void put32(struct file *file, uint32_t x)
{
	x = file->swapped ? __builtin_bswap32(x) : x;
	put(file, &x, 4);
}

static void put16(struct file *file, uint16_t x)
{
	x = file->swapped ? __builtin_bswap16(x) : x;
	put(file, &x, 2);
}

static void pcap_file(struct file *file, uint32_t magic)
{
	put32(file, magic);
	put16(file, 2);
	put16(file, 4);
	for (int i = 0; i < 3; i++)
		put32(file, i == 2 ? 65535 : 0);
	put32(file, 0x10000001); /* with a bit that is no link type */
}

static void pcap_record(struct file *file, uint32_t seconds, uint32_t part, const char *data,
			uint32_t len, bool patched)
{
	put32(file, seconds);
	put32(file, part);
	put32(file, (uint32_t)strlen(data));
	put32(file, len);
	if (patched)
		put(file, "12345678", 8);
	put(file, data, strlen(data));
}

/* Read all of it, from memory of exactly that size; returns the frames, or the error. */
static int read_all(const uint8_t *bytes, size_t len, struct fb_pcap_frame *frames, bool *ret_whole)
{
	struct fb_pcap *pcap = calloc(1, sizeof(*pcap));
	uint8_t *exact = malloc(len ? len : 1);
	struct fb_pcap_frame frame;
	int n = 0, r = 0;
	size_t at = 0, step;

	assert_non_null(pcap);
	assert_non_null(exact);
	memcpy(exact, bytes, len);
	*ret_whole = false;
	for (;;) {
		r = fb_pcap_next(pcap, exact + at, len - at, &step, &frame);
		if (r < 0 || r == FB_PCAP_MORE)
			break;
		assert_true(step <= len - at);
		if (r == FB_PCAP_FRAME && frame.caplen) {
			/* the last byte is ours */
			assert_true(frame.data >= exact &&
				    frame.data + frame.caplen <= exact + len);
			assert_int_equal(exact[frame.data - exact + frame.caplen - 1],
					 frame.data[frame.caplen - 1]);
		}
		if (r == FB_PCAP_FRAME && frames)
			frames[n] = frame;
		n += r == FB_PCAP_FRAME;
		at += step;
	}
	*ret_whole = r == FB_PCAP_MORE && !step;
	assert_true(r == FB_PCAP_MORE || pcap->why);
	free(pcap);
	free(exact);
	return r < 0 ? r : n;
}

static void test_pcap(void **state)
{
	static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34};
	struct fb_pcap_frame frames[4];
	bool whole;

	(void)state;
	for (int kind = 0; kind < 6; kind++) {
		struct file file = {.swapped = kind >= 3};
		uint32_t magic = magics[kind % 3];

		pcap_file(&file, magic);
		pcap_record(&file, 1000000000, 7, "abc", 1500, magic == 0xa1b2cd34);
		pcap_record(&file, 4294967295, 999, "", 0, magic == 0xa1b2cd34);
		assert_int_equal(read_all(file.bytes, file.len, frames, &whole), 2);
		assert_true(whole);
		assert_int_equal(frames[0].linktype, 1);
		assert_int_equal(frames[0].caplen, 3);
		assert_int_equal(frames[0].len, 1500);
		assert_true(frames[0].ts_ns ==
			    1000000000000000000 + (magic == 0xa1b23c4d ? 7 : 7000));
		assert_true(frames[1].ts_ns / 1000000000 == 4294967295);
		for (size_t cut = 1; cut < file.len; cut++) {
			int n = read_all(file.bytes, cut, NULL, &whole);

			assert_true(n >= 0 && n <= 2);
			assert_true(!whole || cut == 24 || n > 0);
		}
	}
}

static void ng_block(struct file *file, uint32_t type, const struct file *body)
{
	uint32_t size = 12 + ((uint32_t)body->len + 3) / 4 * 4;

	put32(file, type);
	put32(file, size);
	put(file, body->bytes, body->len);
	while (file->len % 4)
		put(file, "", 1);
	put32(file, size);
}

static void ng_section(struct file *file)
{
	struct file body = {.swapped = file->swapped};

	put32(&body, 0x1a2b3c4d);
	put32(&body, 1);
	put32(&body, UINT32_MAX);
	put32(&body, UINT32_MAX);
	ng_block(file, 0x0a0d0d0a, &body);
}

/* An interface of that link type; resolution 0: no option. */
static void ng_interface(struct file *file, uint16_t linktype, uint8_t resolution)
{
	struct file body = {.swapped = file->swapped};

	put16(&body, linktype);
	put16(&body, 0);
	put32(&body, 96);
	if (resolution) {
		put16(&body, 9);
		put16(&body, 1);
		put(&body, &resolution, 1);
		put(&body, "\0\0", 3);
	}
	ng_block(file, 1, &body);
}

static void ng_packet(struct file *file, uint32_t interface, uint64_t time, const char *data,
		      uint32_t caplen)
{
	struct file body = {.swapped = file->swapped};

	put32(&body, interface);
	put32(&body, (uint32_t)(time >> 32));
	put32(&body, (uint32_t)time);
	put32(&body, caplen);
	put32(&body, 1500);
	put(&body, data, strlen(data));
	ng_block(file, 6, &body);
}

static void test_pcapng(void **state)
{
	struct fb_pcap_frame frames[8];
	bool whole;

	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct file file = {.swapped = swapped}, simple = {.swapped = swapped};

		ng_section(&file);
		ng_interface(&file, 1, 0);
		ng_interface(&file, 113, 9);
		ng_interface(&file, 101, 0x80 | 10);
		ng_packet(&file, 0, 1600000000000001, "abcde", 5);
		ng_packet(&file, 1, 1600000000000000001, "abc", 3);
		ng_packet(&file, 2, 1600000000ULL << 10 | 512, "x", 1);
		ng_packet(&file, 3, 1, "y", 1); /* an interface that is not there */
		put32(&simple, 200);
		put(&simple, "0123456789", 10);
		ng_block(&file, 3, &simple);
		ng_block(&file, 0x55555, &simple);
		ng_section(&file); /* its interfaces are none yet */
		ng_packet(&file, 0, 1, "z", 1);
		assert_int_equal(read_all(file.bytes, file.len, frames, &whole), 6);
		assert_true(whole);
		assert_true(frames[0].ts_ns == 1600000000000001000);
		assert_true(frames[1].ts_ns == 1600000000000000001);
		assert_true(frames[2].ts_ns == 1600000000500000000);
		assert_int_equal(frames[1].linktype, 113);
		assert_int_equal(frames[3].linktype, UINT32_MAX);
		assert_int_equal(frames[4].caplen, 12); /* padding may belong to it */
		assert_int_equal(frames[4].len, 200);
		assert_int_equal(frames[5].linktype, UINT32_MAX);
		for (size_t cut = 1; cut < file.len; cut++)
			assert_true(read_all(file.bytes, cut, NULL, &whole) >= 0);
	}
}

static void refused(const struct file *file)
{
	bool whole;

	assert_int_equal(read_all(file->bytes, file->len, NULL, &whole), -EPROTO);
}

static void test_lies(void **state)
{
	struct file file = {0};

	(void)state;
	put(&file, "root:x:0:0:", 11);
	refused(&file);
	file = (struct file){0};
	pcap_file(&file, 0xa1b2c3d4);
	for (int i = 0; i < 4; i++)
		put32(&file, 0x7fffffff);
	refused(&file);
	file = (struct file){0};
	ng_section(&file);
	ng_interface(&file, 1, 0);
	ng_packet(&file, 0, 1, "abc", 9); /* 4 bytes are there */
	refused(&file);
	for (uint32_t size = 0; size < 12; size++) {
		file = (struct file){0};
		ng_section(&file);
		put32(&file, 6);
		put32(&file, size);
		put32(&file, size);
		refused(&file);
	}
	file = (struct file){0};
	put32(&file, 0x0a0d0d0a);
	put32(&file, 28);
	put32(&file, 0x12345678);
	refused(&file);
}

/* Any single byte changed: an answer, and never one byte beyond (ASan sees to that). */
static void test_any_byte(void **state)
{
	struct file file = {0};
	bool whole;

	(void)state;
	ng_section(&file);
	ng_interface(&file, 1, 6);
	ng_packet(&file, 0, 1600000000000001, "abcde", 5);
	ng_packet(&file, 0, 1600000000000002, "abc", 3);
	for (size_t i = 0; i < file.len; i++)
		for (unsigned int x = 1; x < 256; x++) {
			file.bytes[i] ^= (uint8_t)x;
			read_all(file.bytes, file.len, NULL, &whole);
			file.bytes[i] ^= (uint8_t)x;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap),
		cmocka_unit_test(test_pcapng),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_any_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
