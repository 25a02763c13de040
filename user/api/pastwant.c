/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields by route; see the header. */
#include "api/pastwant.h"

#include <errno.h>
#include <string.h>

#include "api/dimensions.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/cleanup.h"

#define EXPORT_ROWS 512 /* that an export holds at once */

static void want(struct fb_past_ask *ask, enum fb_field_id id)
{
	ask->want[id] = true;
}

/* What is told beside, as long as there is room. */
static void want_detail(struct fb_past_ask *ask, enum fb_field_id id)
{
	ask->detail[id] |= !ask->want[id];
	ask->want[id] = true;
}

/* What is asked about, and what its addresses and ports are called. */
static void want_labelled(struct fb_past_ask *ask, const struct fb_field *field)
{
	want(ask, field->id);
	ask->detail[field->id] = false;
	if (field->label_by)
		want_detail(ask, field->label_by);
}

static bool fill_flow(struct fb_request *req, const struct fb_params *spec, struct fb_past_ask *ask)
{
	(void)spec;
	memset(ask->want, true, sizeof(ask->want));
	ask->limit = 1;
	if (fb_parse_id(req->path_args[0], &ask->id))
		return true;
	fb_reply_problem(req, 404, "no-such-flow", "there is no flow of that id");
	return false;
}

static bool fill_page(struct fb_request *req, const struct fb_params *spec, struct fb_past_ask *ask)
{
	struct fb_query place = {.offset = 0};
	const struct fb_query *query = &spec->query;

	if (!fb_params_place(req, &place))
		return false;
	if (place.offset > FB_PAST_OFFSET) {
		fb_reply_param(req, "offset", "is %d at most where history is asked",
			       FB_PAST_OFFSET);
		return false;
	}
	ask->offset = place.offset;
	ask->limit = place.limit;
	ask->n_sorts = query->n_sorts;
	for (unsigned int i = 0; i < query->n_sorts; i++)
		ask->sort[i] =
			(struct fb_past_sort){query->sort[i].field, query->sort[i].descending};
	for (unsigned int i = 0; i < spec->n_columns; i++)
		want(ask, spec->columns.fields[i]->id);
	if (!spec->n_columns)
		memset(ask->want, true, sizeof(ask->want));
	return true;
}

static bool fill_groups(const struct fb_params *spec, struct fb_past_ask *ask)
{
	const struct fb_field *field = spec->query.group_by;

	want_labelled(ask, field);
	if (spec->query.group_then)
		want_labelled(ask, spec->query.group_then);
	want_detail(ask, field->end == FB_END_DST ? FB_FIELD_src_ip : FB_FIELD_dst_ip);
	want_detail(ask, FB_FIELD_service);
	return true;
}

static bool fill_flows(struct fb_request *req, const struct fb_params *spec,
		       struct fb_past_ask *ask)
{
	return spec->query.group_by ? fill_groups(spec, ask) : fill_page(req, spec, ask);
}

static bool fill_dimensions(struct fb_request *req, const struct fb_params *spec,
			    struct fb_past_ask *ask)
{
	(void)spec;
	for (unsigned int i = 0; i < FB_HTTP_PATH_ARGS && req->path_args[i]; i++) {
		const struct fb_field *field = fb_dimension_find(req->path_args[i]);

		if (!field) {
			fb_dimension_reply_none(req);
			return false;
		}
		want_labelled(ask, field);
		if (field->id == FB_FIELD_dst_port)
			want(ask, FB_FIELD_src_port);
	}
	return true;
}

static bool fill_sankey(struct fb_request *req, const struct fb_params *spec,
			struct fb_past_ask *ask)
{
	const struct fb_field *fields[FB_SANKEY_DIMS];
	unsigned int n;

	(void)spec;
	if (!fb_dimensions_read(req, fields, &n))
		return false;
	for (unsigned int i = 0; i < n; i++)
		want_labelled(ask, fields[i]);
	return true;
}

static bool fill_hosts(struct fb_request *req, const struct fb_params *spec,
		       struct fb_past_ask *ask)
{
	(void)req, (void)spec;
	want(ask, FB_FIELD_src_ip);
	want(ask, FB_FIELD_dst_ip);
	want(ask, FB_FIELD_scope);
	want_detail(ask, FB_FIELD_src_host);
	want_detail(ask, FB_FIELD_src_host_from);
	want_detail(ask, FB_FIELD_dst_host);
	want_detail(ask, FB_FIELD_dst_host_from);
	return true;
}

static bool fill_host(struct fb_request *req, const struct fb_params *spec, struct fb_past_ask *ask)
{
	struct fb_params_texts texts = {.ip = req->path_args[0], .now_ms = ask->now_ms};
	_cleanup_(fb_params_fini) struct fb_params only = {.n_columns = 0};
	struct fb_params_error error;

	if (fb_params_parse(&texts, &only, &error)) {
		fb_reply_problem(req, 404, "no-such-host", "this is no address");
		return false;
	}
	ask->filter = TAKE_PTR(only.query.filter);
	want(ask, FB_FIELD_nat_src_ip);
	want(ask, FB_FIELD_nat_dst_ip);
	want_detail(ask, FB_FIELD_service);
	return fill_hosts(req, spec, ask);
}

static bool fill_export(struct fb_request *req, const struct fb_params *spec,
			struct fb_past_ask *ask)
{
	if (ask->at_ms) {
		fb_reply_param(req, "at", "is not for exports: these take since and until");
		return false;
	}
	ask->limit = EXPORT_ROWS;
	for (unsigned int i = 0; i < spec->n_columns; i++)
		want(ask, spec->columns.fields[i]->id);
	if (!spec->n_columns)
		memset(ask->want, true, sizeof(ask->want));
	return true;
}

static const struct route {
	const char *path;
	enum fb_past_what what;
	bool (*fill)(struct fb_request *req, const struct fb_params *spec, struct fb_past_ask *ask);
} routes[] = {
	{"/api/v1/flows", FB_PAST_PAGE, fill_flows},
	{"/api/v1/flows/{id}", FB_PAST_ID, fill_flow},
	{"/api/v1/aggregate/{dimension}", FB_PAST_FOLD, fill_dimensions},
	{"/api/v1/matrix/{rows}/{columns}", FB_PAST_FOLD, fill_dimensions},
	{"/api/v1/sankey", FB_PAST_FOLD, fill_sankey},
	{"/api/v1/hosts", FB_PAST_FOLD, fill_hosts},
	{"/api/v1/hosts/{ip}", FB_PAST_FOLD, fill_host},
	{"/api/v1/export.csv", FB_PAST_NEXT, fill_export},
	{"/api/v1/export.json", FB_PAST_NEXT, fill_export},
	{"/api/v1/export.ndjson", FB_PAST_NEXT, fill_export},
	{"/api/v1/evidence.tar.gz", FB_PAST_NEXT, fill_export},
};

static const struct route *find(const struct fb_request *req)
{
	const bool gets = !strcmp(req->route->method, "GET");

	for (size_t i = 0; gets && i < sizeof(routes) / sizeof(*routes); i++)
		if (!strcmp(routes[i].path, req->route->path))
			return &routes[i];
	return NULL;
}

bool fb_pastwant_has(const struct fb_request *req)
{
	return find(req);
}

enum fb_past_what fb_pastwant_what(const struct fb_request *req)
{
	const enum fb_past_what what = find(req)->what;

	return what == FB_PAST_PAGE && fb_param(req, "group_by") ? FB_PAST_FOLD : what;
}

bool fb_pastwant_fill(struct fb_request *req, const struct fb_params *spec, struct fb_past_ask *ask)
{
	return find(req)->fill(req, spec, ask);
}
