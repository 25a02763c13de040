/* SPDX-License-Identifier: BSD-2-Clause */
/* A history in a folder of its own, fed with made-up flows; for tests of the store. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/historian.h"
#include "store/historyfile.h"
#include "unit/fake.h"

#define DAY	      86400u
#define KEEPING_BYTES 1000000000

struct keeping {
	char folder[64];
	struct fake *fake;
	struct fb_historian *historian;
	struct fb_history_limits limits;
	struct fb_why why;
	bool goes_on; /* counts outlive a restart */
	uint32_t ended[4096];
};

static inline void keeping_open(struct keeping *keeping)
{
	static struct fb_window windows[FB_WINDOWS];
	unsigned int n;

	keeping->why.text[0] = '\0';
	assert_int_equal(fb_historian_new(keeping->folder, &keeping->limits, keeping->goes_on,
					  &keeping->historian),
			 0);
	assert_int_equal(
		fb_historian_open(keeping->historian, windows, FB_WINDOWS, &n, &keeping->why), 0);
}

static inline struct keeping *keeping_new(uint32_t records)
{
	struct keeping *keeping = calloc(1, sizeof(*keeping));

	assert_non_null(keeping);
	strcpy(keeping->folder, "/tmp/flowbpf-history.XXXXXX");
	assert_non_null(mkdtemp(keeping->folder));
	keeping->limits = (struct fb_history_limits){.of = {{7 * DAY, KEEPING_BYTES},
							    {DAY, KEEPING_BYTES},
							    {30 * DAY, KEEPING_BYTES},
							    {730 * DAY, KEEPING_BYTES}},
						     .bytes = KEEPING_BYTES};
	keeping->fake = fake_new(records);
	keeping->fake->snapshot.ended = keeping->ended;
	keeping_open(keeping);
	return keeping;
}

static inline void keeping_close(struct keeping *keeping)
{
	fb_historian_free(keeping->historian);
	keeping->historian = NULL;
}

static inline void keeping_free(struct keeping *keeping)
{
	DIR *dir = opendir(keeping->folder);
	struct dirent *entry;
	char path[400];

	keeping_close(keeping);
	fake_free(keeping->fake);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", keeping->folder, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(keeping->folder);
	free(keeping);
}

/* No limit is reached. */
static inline void keeping_keep_all(struct keeping *keeping)
{
	keeping->limits.bytes = 1ull << 40;
	for (int kind = 0; kind < FB_HISTORY_N_LIMITED; kind++)
		keeping->limits.of[kind].bytes = 1ull << 40;
}

/* A second passes. */
static inline int keeping_tick(struct keeping *keeping)
{
	struct fb_snapshot *snapshot = &keeping->fake->snapshot;

	snapshot->epoch++;
	snapshot->now_ns += 1000000000;
	snapshot->wall_ms += 1000;
	return fb_historian_tick(keeping->historian, snapshot, NULL, 0);
}

static inline void keeping_pass(struct keeping *keeping, unsigned int seconds)
{
	while (seconds--) {
		assert_int_equal(keeping_tick(keeping), 0);
		keeping->fake->snapshot.n_ended = 0;
	}
}

/* A flow begins in record `i`. */
static inline struct fb_flow *keeping_begin(struct keeping *keeping, uint32_t i, uint64_t born)
{
	struct fb_flow *flow = fake_flow(keeping->fake, i);

	*flow = (struct fb_flow){
		.id = born << 26 | i,
		.proto = IPPROTO_TCP,
		.family = FB_IPV4,
		.link = 1,
		.src_port = (uint16_t)(born * 7),
		.dst_port = 443,
		.first_seen = keeping->fake->snapshot.now_ns,
		.service = "https",
	};
	memcpy(flow->src, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x05", 16);
	memcpy(flow->dst, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01", 16);
	*fake_traffic(keeping->fake, i) = (struct fb_traffic){0};
	return flow;
}

static inline void keeping_move(struct keeping *keeping, uint32_t i, int dir, uint64_t bytes)
{
	struct fb_traffic *traffic = fake_traffic(keeping->fake, i);

	traffic->bytes[dir] += bytes;
	traffic->packets[dir]++;
	traffic->last_seen = keeping->fake->snapshot.now_ns;
}

/* The next tick tells its end. */
static inline void keeping_end(struct keeping *keeping, uint32_t i)
{
	struct fb_flow *flow = fake_flow(keeping->fake, i);

	flow->closed = FB_CLOSED_FIN;
	flow->closed_at = keeping->fake->snapshot.now_ns;
	keeping->ended[keeping->fake->snapshot.n_ended++] = i;
}

/* What a reader finds. */
static inline int64_t keeping_ask(struct keeping *keeping, const char *sql)
{
	_cleanup_sqldb_ sqlite3 *db = NULL;
	char path[FB_HISTORY_PATH];
	int64_t n = -1;

	snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME, keeping->folder);
	assert_int_equal(fb_sql_open(path, SQLITE_OPEN_READONLY, &db), 0);
	if (fb_sql_number(db, sql, -2, &n) < 0)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	return n;
}
