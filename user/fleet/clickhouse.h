/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClickHouse's HTTP interface: statements, and batches that are inserted. Several servers, one at a
 * time. Who logs in is read from a file that only its owner can read, and sent in headers: it
 * stands in no URL and no log. One thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fleet/outlet.h"
#include "util/buf.h"
#include "util/why.h"

#define FB_CLICKHOUSE_SERVERS 8
#define FB_CLICKHOUSE_MODERN  2202 /* the first version of the dialect with TTL, IPv6, tokens */

/* All borrowed while it is made. */
struct fb_clickhouse_opts {
	const char *urls;  /* http[s]://HOST:PORT[/DATABASE], by commas */
	const char *login; /* file: the user's name, in its second line the password; or NULL */
	const char *ca;	   /* file of who vouches for servers, stays borrowed; or NULL */
	const atomic_bool *stop; /* as of fb_fetch, stays borrowed; or NULL */
};

struct fb_clickhouse;

/* While root. -errno with a sentence. */
int fb_clickhouse_new(const struct fb_clickhouse_opts *opts, struct fb_clickhouse **ret_clickhouse,
		      struct fb_why *why);
/* NULL is fine. */
void fb_clickhouse_free(struct fb_clickhouse *clickhouse);

/* A name of a database or a cluster, that needs no quotes. */
bool fb_clickhouse_is_name(const char *text);

/* The server that is asked, and the one after it. */
const char *fb_clickhouse_server(const struct fb_clickhouse *clickhouse);
const char *fb_clickhouse_database(const struct fb_clickhouse *clickhouse);
void fb_clickhouse_next(struct fb_clickhouse *clickhouse);
unsigned int fb_clickhouse_n(const struct fb_clickhouse *clickhouse);

/* Its answer, NUL behind it. 0, or -errno with a sentence. */
int fb_clickhouse_query(struct fb_clickhouse *clickhouse, const char *sql, struct fb_buf *answer,
			struct fb_why *why);

/* What may take a while, of which nothing is heard. 0, or -errno with a sentence. */
int fb_clickhouse_work(struct fb_clickhouse *clickhouse, const char *sql, struct fb_why *why);

/* A question that only reads. */
struct fb_clickhouse_read {
	const char *sql;
	unsigned int seconds;	 /* that it may take, at the server, too */
	size_t most;		 /* bytes of its answer */
	const atomic_bool *stop; /* as of fb_fetch; or NULL */
};

/* Its answer, NUL behind it. 0, or -errno with a sentence: -ETIME, -EFBIG, -ECANCELED. */
int fb_clickhouse_read(struct fb_clickhouse *clickhouse, const struct fb_clickhouse_read *read,
		       struct fb_buf *answer, struct fb_why *why);

/* 1816 of 18.16.1; asked once a server. `stop` as of fb_fetch, NULL: as it was made with. -errno
 * with a sentence. */
int fb_clickhouse_version(struct fb_clickhouse *clickhouse, const atomic_bool *stop,
			  struct fb_why *why);

struct fb_clickhouse_insert {
	const char *into; /* "flows_local (a,b,c)" */
	uint64_t id;	  /* the same whenever this batch is sent: a server that has it skips it */
	const char *data; /* RowBinary by gzip */
	size_t len;
};

enum fb_outlet_end fb_clickhouse_insert(struct fb_clickhouse *clickhouse,
					const struct fb_clickhouse_insert *insert,
					struct fb_why *why);
