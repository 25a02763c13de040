/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rows somebody wants: parsed the same from query parameters and from a view's JSON. And the
 * parameters that several routes know.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"
#include "query/query.h"
#include "util/jsonin.h"

#define FB_PARAMS_COLUMNS 128

_Static_assert(FB_FIELD_COUNT <= FB_PARAMS_COLUMNS, "all fields at once");

struct fb_group_column;

/* What was wrong; `detail` is empty as long as nothing was. */
struct fb_params_error {
	const char *parameter;
	bool has_place; /* offset and length are of a filter or sort text */
	unsigned int offset, length;
	char detail[256];
	char suggestion[64];
};

struct fb_params {
	struct fb_query query; /* owns its filter */
	union {
		const struct fb_field *fields[FB_PARAMS_COLUMNS];
		const struct fb_group_column *groups[FB_PARAMS_COLUMNS];
	} columns; /* groups: of a grouped query */
	unsigned int n_columns;
};

/* The raw texts that make a spec; NULL is the default. */
struct fb_params_texts {
	const char *filter, *q, *live, *scope, *group_by, *sort, *since, *until;
	const char *proto, *state, *ip, *port, *name, *iface;
	const char *columns[FB_PARAMS_COLUMNS];
	unsigned int n_columns;
	const char *columns_from; /* the parameter or member that names them */
	int64_t now_ms;		  /* what `since` and `until` count back from */
};

/* 0; -EINVAL with the error filled in; -ENOMEM. To be given to fb_params_fini in any case. */
int fb_params_parse(const struct fb_params_texts *texts, struct fb_params *ret_spec,
		    struct fb_params_error *ret_error);
void fb_params_fini(struct fb_params *spec);

/* fb_params_parse for who asks. False after answering; to be given to fb_params_fini in any case.
 */
bool fb_params_take(struct fb_request *req, const struct fb_params_texts *texts,
		    struct fb_params *ret_spec);
/* The parameters of a request. False after answering; to be given to fb_params_fini in any case. */
bool fb_params_read(struct fb_request *req, int64_t now_ms, struct fb_params *ret_spec);

/* A moment, or a time back from now; *ret_ms is 0 without the parameter. False after answering. */
bool fb_params_moment(struct fb_request *req, const char *name, int64_t now_ms, int64_t *ret_ms);

/* limit, offset and cursor; false after answering. */
bool fb_params_place(struct fb_request *req, struct fb_query *query);

/* top_n, at most FB_QUERY_LIMIT, and whether port_type is sport; false after answering. */
bool fb_params_top_n(struct fb_request *req, uint32_t *ret_n, bool *ret_source_port);

/* A flow id: up to 16 hexadecimal digits. */
bool fb_parse_id(const char *text, uint64_t *ret_id);
