/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to a snapshot: pages of flows in any order, groups, top lists, matrices, paths, hosts.
 * Any thread that holds the snapshot. Results hold a reference to it and are freed by the caller.
 */
#pragma once

#include "flow/fields.h"
#include "filter/filter.h"

enum fb_live {
	FB_LIVE_LIVE,
	FB_LIVE_CLOSED,
	FB_LIVE_BOTH,
};

#define FB_SCOPE_ALL	FB_SCOPE_COUNT
#define FB_QUERY_SORTS	4
#define FB_QUERY_LIMIT	1000
#define FB_QUERY_OFFSET 10000000

/* What groups can be sorted by, besides the key. */
#define FB_GROUP_SORTS(X)                                                                          \
	X(key)                                                                                     \
	X(flows)                                                                                   \
	X(active)                                                                                  \
	X(closed)                                                                                  \
	X(bytes)                                                                                   \
	X(bytes_up)                                                                                \
	X(bytes_down)                                                                              \
	X(packets)                                                                                 \
	X(rate)                                                                                    \
	X(rate_up)                                                                                 \
	X(rate_down)                                                                               \
	X(hosts)                                                                                   \
	X(first_seen)                                                                              \
	X(last_seen)

enum fb_group_sort {
#define X(name) FB_GROUP_BY_##name,
	FB_GROUP_SORTS(X)
#undef X
};

struct fb_sort {
	const struct fb_field *field;	/* flows */
	enum fb_group_sort group_field; /* groups */
	bool descending;
};

struct fb_query {
	struct fb_filter *filter; /* owned; NULL: everything */
	enum fb_live live;
	unsigned int scope; /* enum fb_scope, or FB_SCOPE_ALL */
	int64_t since_ms;   /* wall clock: last seen since; 0: no bound */
	int64_t until_ms;   /* wall clock: first seen until; 0: no bound */
	struct fb_sort sort[FB_QUERY_SORTS];
	unsigned int n_sorts;		   /* 0: -rate_bps, then -last_seen */
	uint32_t offset, limit;		   /* limit 0: count and sum only */
	const struct fb_field *group_by;   /* NULL: flows */
	const struct fb_field *group_then; /* groups within groups; NULL: one level */
	uint64_t source; /* who asks: each has a share of what is remembered; 0: ourselves */
};

/* limit 100, live flows, every scope; nothing owned. */
void fb_query_init(struct fb_query *query);
void fb_query_fini(struct fb_query *query);

/*
 * Parse "-rate_bps,src.ip" for flows, or "-bytes.down,key" for groups (set group_by first). 0, or
 * -EINVAL with where and what in `ret_error`.
 */
int fb_query_sort(struct fb_query *query, const char *text, struct fb_filter_error *ret_error);

struct fb_query_totals {
	uint64_t flows;
	uint64_t packets[2], bytes[2];
	uint64_t rate[2]; /* bytes per second */
	uint64_t hosts;	  /* distinct src addresses */
};

#define FB_GROUP_SERVICES 3

struct fb_group {
	struct fb_flow_at first;	  /* a flow of the group: its key is that flow's value */
	const struct fb_flow_name *label; /* of an address: its best name; NULL unknown */
	bool known;			  /* false: the key is null */
	uint64_t flows, active, closed;
	uint64_t packets[2], bytes[2];
	uint64_t rate[2];
	uint64_t hosts; /* distinct peers: dst addresses, or src if grouped by a dst field */
	uint64_t first_seen, last_seen;		 /* ns */
	const char *services[FB_GROUP_SERVICES]; /* most flows first; NULL: no more */
};

struct fb_result {
	struct fb_snapshot *snapshot;  /* a reference */
	uint64_t total;		       /* flows before the filter: of that live, scope and since */
	uint64_t matched;	       /* flows after it */
	struct fb_query_totals totals; /* over what matched */
	uint64_t n_groups;	       /* groups in all */
	uint32_t n;		       /* in `rows`, or `groups` */
	uint32_t *rows;		       /* records of the snapshot, in order */
	struct fb_group *groups;
};

/* 0 or -ENOMEM. */
int fb_query_run(struct fb_snapshot *snapshot, const struct fb_query *query,
		 struct fb_result **ret_result);
void fb_result_free(struct fb_result *result);
void fb_result_freep(struct fb_result **result);
#define _cleanup_result_ __attribute__((__cleanup__(fb_result_freep)))

/* The key of a group as its field's value; of two levels the first or second one's. */
void fb_group_key(const struct fb_query *query, const struct fb_group *group, unsigned int level,
		  struct fb_value *ret_value);

/*
 * Questions whose flows another one of the same snapshot had found, and those whose flows found no
 * room to be remembered.
 */
void fb_query_matches_counts(uint64_t *ret_found, uint64_t *ret_left_out);

/* Flow after flow in record order, for exports: next matching record from *pos on; false at the
 * end. */
bool fb_query_next(const struct fb_snapshot *snapshot, const struct fb_query *query, uint32_t *pos,
		   struct fb_flow_at *ret_at);

/* --- top lists, matrices, paths, hosts -------------------------------------------------------- */

enum fb_metric {
	FB_METRIC_COUNT,
	FB_METRIC_BYTES,
	FB_METRIC_RATE,
};

struct fb_top {
	struct fb_flow_at first;	  /* its value of the field is the key */
	const struct fb_flow_name *label; /* of an address: its best name; NULL unknown */
	bool known;
	uint64_t count, bytes, rate; /* rate in bytes per second */
};

/* Counts of the live flows, one pass over them; by number. */
struct fb_summary {
	uint64_t proto[256];
	uint64_t state[256][FB_STATE_COUNT]; /* by protocol and state */
	uint64_t scope[FB_SCOPE_COUNT];
	struct fb_query_totals totals; /* but hosts */
	uint64_t pps[2];
};

/* *ret_summary is to be freed. */
int fb_query_summary(struct fb_snapshot *snapshot, struct fb_summary **ret_summary);

/* --- several questions in one pass -------------------------------------------------------------
 * cost little more than the most expensive one alone: records are fetched once, and questions
 * about the same flows share filter and totals. fb_query_run and _summary ask one.
 */

enum fb_ask_kind {
	FB_ASK_ROWS,	/* `result` */
	FB_ASK_TOP,	/* `top`: the n biggest values of `field`, known ones; `total` of them */
	FB_ASK_SUMMARY, /* `summary`; no query */
};

struct fb_ask {
	enum fb_ask_kind kind;
	const struct fb_query *query;
	const struct fb_field *field;
	enum fb_metric metric;
	uint32_t n;

	/* --- the answer, to be freed or taken --- */
	struct fb_result *result;
	struct fb_top *top;
	uint32_t n_top;
	uint64_t total;
	struct fb_summary *summary;
};

/* 0, or -ENOMEM without any answer. */
int fb_query_ask(struct fb_snapshot *snapshot, struct fb_ask *asks, unsigned int n);
void fb_ask_fini(struct fb_ask *ask);

#define FB_SANKEY_DIMS	5
#define FB_SANKEY_NODES 24 /* per dimension; the rest is "other" */

/* Fields of matching flows against each other. */
struct fb_cross {
	const struct fb_query *query;
	const struct fb_field *field[FB_SANKEY_DIMS];
	unsigned int n_fields;
	unsigned int top; /* values of each field, in paths */
	enum fb_metric metric;
};

#define FB_MATRIX_SIDE 64 /* rows and columns at most; what is beyond is summed in the last */

struct fb_matrix {
	uint32_t rows, columns;
	char row[FB_MATRIX_SIDE][72], column[FB_MATRIX_SIDE][72]; /* texts of the keys */
	uint64_t cell[FB_MATRIX_SIDE][FB_MATRIX_SIDE];
};

/* Two fields: rows, then columns. *ret_matrix is to be freed. */
int fb_query_matrix(const struct fb_snapshot *snapshot, const struct fb_cross *cross,
		    struct fb_matrix **ret_matrix);

struct fb_sankey_node {
	char key[264];
	char label[264]; /* of an address: its best name; empty: unknown */
	bool other;	 /* stands for all values beyond the biggest */
	uint64_t value;
};

struct fb_sankey_link {
	uint16_t from, to; /* nodes of dimension d and d + 1 */
	uint8_t dim;
	uint64_t value;
};

struct fb_sankey {
	unsigned int n_dims, n_links;
	unsigned int n_nodes[FB_SANKEY_DIMS];
	struct fb_sankey_node node[FB_SANKEY_DIMS][FB_SANKEY_NODES];
	struct fb_sankey_link link[(FB_SANKEY_DIMS - 1) * FB_SANKEY_NODES * FB_SANKEY_NODES];
};

/* Paths: `top` values of each of 2 .. FB_SANKEY_DIMS fields. *ret_sankey is to be freed. */
int fb_query_sankey(const struct fb_snapshot *snapshot, const struct fb_cross *cross,
		    struct fb_sankey **ret_sankey);

struct fb_host {
	uint8_t addr[16];
	uint8_t family;
	bool internal; /* by the scope of its flows */
	uint64_t flows, active;
	uint64_t bytes[2], packets[2], rate[2]; /* [FB_UP]: sent by the host */
	uint64_t peers;
	uint64_t first_seen, last_seen;
	const struct fb_flow_name *name; /* the best; as long as the snapshot; NULL unknown */
};

/* Ends of flows that found no place in such lists, since the start; any thread. */
uint64_t fb_query_hosts_left_out(void);

/*
 * Every address of the matching flows, biggest rate, then bytes first: those of the query's page,
 * *ret_total in all. *ret_hosts is to be freed.
 */
int fb_query_hosts(const struct fb_snapshot *snapshot, const struct fb_query *query,
		   struct fb_host **ret_hosts, uint32_t *ret_n, uint64_t *ret_total);
