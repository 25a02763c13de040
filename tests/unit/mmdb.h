/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a database in MaxMind's format: a tree of IPv6 with 24-bit records, IPv4 at its ::/96.
 *
 *	node: left (3 bytes), right (3 bytes) ... | 16 zeros | data of entries | marker, metadata
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/addr.h"
#include "util/buf.h"

struct mmdb_entry {
	const char *prefix;
	const char *facts; /* "country.iso_code=DE asn=#64500 as_name=Example_AG": _ is a space */
};

#define MMDB_UINT16 5
#define MMDB_UINT32 6
#define MMDB_UINT64 9
#define MMDB_NODES  4096
#define MMDB_EMPTY  UINT32_MAX

struct mmdb {
	uint32_t node[MMDB_NODES][2]; /* a node, MMDB_EMPTY, or MMDB_NODES + offset of data */
	uint32_t n;
	struct fb_buf data;
};

static void mmdb_control(struct fb_buf *out, unsigned int type, size_t size)
{
	const uint8_t byte[3] = {(uint8_t)((type > 7 ? 0 : type) << 5 | (size < 29 ? size : 29)),
				 (uint8_t)(type > 7 ? type - 7 : size - 29), (uint8_t)(size - 29)};

	fb_buf_add(out, byte, 1u + (type > 7) + (size >= 29));
}

static void mmdb_text(struct fb_buf *out, const char *text, size_t len)
{
	mmdb_control(out, 2, len);
	for (size_t i = 0; i < len; i++)
		fb_buf_add(out, text[i] == '_' ? " " : &text[i], 1);
}

static void mmdb_number(struct fb_buf *out, unsigned int type, uint32_t number)
{
	const uint8_t byte[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
				 (uint8_t)(number >> 8), (uint8_t)number};

	const size_t len = type == MMDB_UINT16 ? 2 : 4;

	mmdb_control(out, type, len);
	fb_buf_add(out, byte + 4 - len, len);
}

/* Keys keep their _. */
static void mmdb_key(struct fb_buf *out, const char *key, size_t len)
{
	mmdb_control(out, 2, len);
	fb_buf_add(out, key, len);
}

/* A key with a dot is a map of one key. */
static void mmdb_fact(struct fb_buf *out, const char *fact, size_t len)
{
	const char *value = memchr(fact, '=', len), *dot = memchr(fact, '.', len);
	const size_t n = len - (size_t)(value + 1 - fact);

	if (dot && dot < value) {
		mmdb_key(out, fact, (size_t)(dot - fact));
		mmdb_control(out, 7, 1);
		mmdb_key(out, dot + 1, (size_t)(value - dot - 1));
	} else {
		mmdb_key(out, fact, (size_t)(value - fact));
	}
	if (value[1] == '#')
		mmdb_number(out, MMDB_UINT32, (uint32_t)strtoul(value + 2, NULL, 10));
	else
		mmdb_text(out, value + 1, n);
}

static void mmdb_map(struct fb_buf *out, const char *facts)
{
	unsigned int n = *facts != '\0';

	for (const char *c = facts; *c; c++)
		n += *c == ' ';
	mmdb_control(out, 7, n);
	while (*facts) {
		const size_t len = strcspn(facts, " ");

		mmdb_fact(out, facts, len);
		facts += len + (facts[len] == ' ');
	}
}

static void mmdb_put(struct mmdb *db, const struct mmdb_entry *entry)
{
	const uint32_t data = MMDB_NODES + (uint32_t)db->data.len;
	struct fb_cidr cidr;
	uint32_t at = 0;

	mmdb_map(&db->data, entry->facts);
	if (fb_cidr_parse(entry->prefix, &cidr) < 0)
		abort();
	if (cidr.family == 4)
		memset(cidr.addr, 0, 12);
	for (unsigned int i = 0; i < cidr.bits; i++) {
		uint32_t *record = &db->node[at][cidr.addr[i / 8] >> (7 - i % 8) & 1];

		if (i + 1 == cidr.bits) {
			*record = data;
		} else if (*record == MMDB_EMPTY) {
			db->node[db->n][0] = db->node[db->n][1] = MMDB_EMPTY;
			*record = db->n++;
		}
		at = *record;
	}
}

static void mmdb_tree(const struct mmdb *db, struct fb_buf *out)
{
	for (uint32_t i = 0; i < db->n; i++)
		for (int side = 0; side < 2; side++) {
			const uint32_t to = db->node[i][side];
			const uint32_t record = to == MMDB_EMPTY  ? db->n
						: to < MMDB_NODES ? to
								  : db->n + 16 + (to - MMDB_NODES);
			const uint8_t byte[3] = {(uint8_t)(record >> 16), (uint8_t)(record >> 8),
						 (uint8_t)record};

			fb_buf_add(out, byte, 3);
		}
}

static void mmdb_metadata(const struct mmdb *db, struct fb_buf *out, const char *type)
{
	static const struct {
		const char *key;
		unsigned int type;
		uint32_t value;
	} numbers[] = {{"record_size", MMDB_UINT16, 24},
		       {"ip_version", MMDB_UINT16, 6},
		       {"binary_format_major_version", MMDB_UINT16, 2},
		       {"binary_format_minor_version", MMDB_UINT16, 0},
		       {"build_epoch", MMDB_UINT64, 1700000000}};

	fb_buf_add(out, "\xab\xcd\xefMaxMind.com", 14);
	mmdb_control(out, 7, 9);
	mmdb_key(out, "node_count", 10);
	mmdb_number(out, MMDB_UINT32, db->n);
	for (size_t i = 0; i < 5; i++) {
		mmdb_key(out, numbers[i].key, strlen(numbers[i].key));
		mmdb_number(out, numbers[i].type, numbers[i].value);
	}
	mmdb_key(out, "database_type", 13);
	mmdb_text(out, type, strlen(type));
	mmdb_key(out, "languages", 9);
	mmdb_control(out, 11, 0);
	mmdb_key(out, "description", 11);
	mmdb_control(out, 7, 0);
}

/* The bytes of such a file; to be freed by fb_buf_fini. */
static inline struct fb_buf mmdb_write(const struct mmdb_entry *entry, size_t n, const char *type)
{
	struct mmdb *db = calloc(1, sizeof(*db));
	struct fb_buf out = FB_BUF_INIT;

	db->n = 1;
	db->node[0][0] = db->node[0][1] = MMDB_EMPTY;
	for (size_t i = 0; i < n; i++)
		mmdb_put(db, &entry[i]);
	mmdb_tree(db, &out);
	fb_buf_add(&out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	fb_buf_add(&out, db->data.data, db->data.len);
	mmdb_metadata(db, &out, type);
	fb_buf_fini(&db->data);
	free(db);
	return out;
}
