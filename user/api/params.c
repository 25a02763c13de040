/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rows somebody wants; see the header. */
#include "api/params.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/groups.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/fmt.h"
#include "util/cleanup.h"

static int wrong(struct fb_params_error *error, const char *parameter, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct fb_params_error *error, const char *parameter, const char *fmt, ...)
{
	va_list ap;

	error->parameter = parameter;
	va_start(ap, fmt);
	vsnprintf(error->detail, sizeof(error->detail), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int misplaced(struct fb_params_error *error, const char *parameter,
		     const struct fb_filter_error *from)
{
	error->has_place = true;
	error->offset = from->offset;
	error->length = from->length;
	snprintf(error->suggestion, sizeof(error->suggestion), "%s", from->suggestion);
	return wrong(error, parameter, "%s", from->detail);
}

static int pick(const char *text, const char *const *words, unsigned int *ret_number,
		const char *parameter, struct fb_params_error *error)
{
	char list[200] = "";

	for (unsigned int i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*ret_number = i;
			return 0;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 words[i]);
	}
	return wrong(error, parameter, "must be one of: %s", list);
}

static int add_filter(struct fb_query *query, struct fb_filter *filter)
{
	struct fb_filter *both = fb_filter_and(query->filter, filter);

	query->filter = both;
	return both || !filter ? 0 : -ENOMEM;
}

/* A value inside an expression: what could end the quotes is not let in. */
static int add_term(struct fb_query *query, const char *parameter, const char *form,
		    const char *value, struct fb_params_error *error)
{
	struct fb_filter_error place;
	struct fb_filter *filter = NULL;
	char text[512];
	int r;

	if (!value || !*value)
		return 0;
	if (strlen(value) > 255 || strpbrk(value, "\"\\"))
		return wrong(error, parameter, "has quotes, or is longer than 255 bytes");
	snprintf(text, sizeof(text), "%s\"%s\"", form, value);
	r = fb_filter_compile(text, &filter, &place);
	if (r == -EINVAL)
		return wrong(error, parameter, "%s", place.detail);
	return r ? r : add_filter(query, filter);
}

static int parse_filters(const struct fb_params_texts *texts, struct fb_query *query,
			 struct fb_params_error *error)
{
	const struct {
		const char *parameter, *form, *value;
	} terms[] = {
		{"proto", "proto = ", texts->proto}, {"state", "state = ", texts->state},
		{"ip", "ip = ", texts->ip},	     {"port", "port = ", texts->port},
		{"name", "name ~ ", texts->name},    {"iface", "iface = ", texts->iface},
	};
	struct fb_filter_error place;
	struct fb_filter *filter = NULL;
	int r = 0;

	if (texts->filter && *texts->filter) {
		r = fb_filter_compile(texts->filter, &filter, &place);
		if (r == -EINVAL)
			return misplaced(error, "filter", &place);
		r = r ? r : add_filter(query, filter);
	}
	if (!r && texts->q && *texts->q) {
		r = fb_filter_search(texts->q, &filter);
		if (r == -EINVAL)
			return wrong(error, "q", "is too long");
		r = r ? r : add_filter(query, filter);
	}
	for (size_t i = 0; !r && i < sizeof(terms) / sizeof(*terms); i++)
		r = add_term(query, terms[i].parameter, terms[i].form, terms[i].value, error);
	return r;
}

/* "15m" and "-15m" back from now, or a moment (or its end); *ret_ms stays 0 without a text. */
static int parse_moment(const char *text, int64_t now_ms, bool end, int64_t *ret_ms)
{
	uint64_t back_ms, span = 1;
	int r;

	if (!text)
		return 0;
	if (!fb_fmt_parse_duration(text + (*text == '-'), 0, 366ull * 86400000, &back_ms)) {
		*ret_ms = now_ms - (int64_t)back_ms;
		return 0;
	}
	r = fb_fmt_parse_time(text, ret_ms, &span);
	*ret_ms += end ? (int64_t)span - 1 : 0;
	return r;
}

static const char moments[] = "must be a time back from now such as 15m, or a moment such as "
			      "2026-11-21T01:20:00Z";

static int parse_choices(const struct fb_params_texts *texts, struct fb_query *query,
			 struct fb_params_error *error)
{
	static const char *const lives[] = {"live", "closed", "both", NULL};
	static const char *const scopes[] = {
		"internal-external", "external-internal", "internal", "external", "all", NULL};
	unsigned int live = FB_LIVE_LIVE, scope = FB_SCOPE_ALL;
	int r = 0;

	_Static_assert(FB_SCOPE_INTERNAL_EXTERNAL == 0 && FB_SCOPE_EXTERNAL == 3 &&
			       FB_SCOPE_ALL == 4,
		       "scopes are in the order of enum fb_scope");
	if (texts->live)
		r = pick(texts->live, lives, &live, "live", error);
	if (!r && texts->scope && *texts->scope)
		r = pick(texts->scope, scopes, &scope, "scope", error);
	if (r)
		return r;
	query->live = (enum fb_live)live;
	query->scope = scope;
	if (parse_moment(texts->since, texts->now_ms, false, &query->since_ms))
		return wrong(error, "since", "%s", moments);
	if (parse_moment(texts->until, texts->now_ms, true, &query->until_ms))
		return wrong(error, "until", "%s", moments);
	return 0;
}

static int parse_columns(const struct fb_params_texts *texts, struct fb_params *spec,
			 struct fb_params_error *error)
{
	for (unsigned int i = 0; i < texts->n_columns; i++) {
		const char *name = texts->columns[i], *near;
		const struct fb_group_column *group;
		const struct fb_field *field;

		if (spec->query.group_by) {
			group = fb_groups_column(name);
			if (!group)
				return wrong(error, texts->columns_from,
					     "groups have no column \"%.64s\"", name);
			spec->columns.groups[spec->n_columns++] = group;
			continue;
		}
		field = fb_field_find(name, strlen(name));
		if (!field) {
			near = fb_field_suggest(name, strlen(name));
			return wrong(error, texts->columns_from,
				     "there is no field \"%.64s\"%s%s%s", name,
				     near ? ", did you mean \"" : "", near ? near : "",
				     near ? "\"?" : "");
		}
		spec->columns.fields[spec->n_columns++] = field;
	}
	return 0;
}

static int group_field(const char *name, size_t len, const struct fb_field **ret_field,
		       struct fb_params_error *error)
{
	const struct fb_field *field = fb_field_find(name, len);

	if (!field || !field->groupable)
		return wrong(error, "group_by", "there is no field \"%.*s\" to group by",
			     (int)(len > 64 ? 64 : len), name);
	*ret_field = field;
	return 0;
}

/* "src.ip", or "src.ip,dst.host": groups within groups. */
static int parse_group(const struct fb_params_texts *texts, struct fb_query *query,
		       struct fb_params_error *error)
{
	const char *text = texts->group_by;
	size_t len = text ? strcspn(text, ",") : 0;
	int r;

	if (!text || !*text)
		return 0;
	r = group_field(text, len, &query->group_by, error);
	if (r || !text[len])
		return r;
	return group_field(text + len + 1, strlen(text + len + 1), &query->group_then, error);
}

int fb_params_parse(const struct fb_params_texts *texts, struct fb_params *ret_spec,
		    struct fb_params_error *ret_error)
{
	struct fb_filter_error place;
	int r;

	memset(ret_spec, 0, sizeof(*ret_spec));
	memset(ret_error, 0, sizeof(*ret_error));
	fb_query_init(&ret_spec->query);
	r = parse_filters(texts, &ret_spec->query, ret_error);
	if (!r)
		r = parse_choices(texts, &ret_spec->query, ret_error);
	if (!r)
		r = parse_group(texts, &ret_spec->query, ret_error);
	if (!r && texts->sort && *texts->sort) {
		r = fb_query_sort(&ret_spec->query, texts->sort, &place);
		if (r == -EINVAL)
			return misplaced(ret_error, "sort", &place);
	}
	return r ? r : parse_columns(texts, ret_spec, ret_error);
}

void fb_params_fini(struct fb_params *spec)
{
	fb_query_fini(&spec->query);
}

/* By commas, into texts; false when there are too many. `text` is cut in place. */
static bool split_columns(char *text, struct fb_params_texts *texts)
{
	char *save = NULL;

	for (char *name = strtok_r(text, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (texts->n_columns == FB_PARAMS_COLUMNS)
			return false;
		texts->columns[texts->n_columns++] = name;
	}
	return true;
}

static void answer_error(struct fb_request *req, const struct fb_params_error *error)
{
	if (!error->detail[0])
		fb_reply_no_memory(req);
	else if (error->has_place)
		fb_reply_filter_error(req, error->parameter, error->offset, error->length,
				      error->detail, error->suggestion);
	else
		fb_reply_param(req, error->parameter, "%s", error->detail);
}

/* A parameter, or what another dashboard calls it; a route knows the names that it takes. */
static const char *either(const struct fb_request *req, const char *name, const char *other)
{
	const char *value = fb_param(req, name);

	return value ? value : fb_param(req, other);
}

/* What came of history is what was asked for: it was narrowed down there. */
static void all_of_them(struct fb_query *query)
{
	fb_query_fini(query);
	query->live = FB_LIVE_BOTH;
	query->scope = FB_SCOPE_ALL;
	query->since_ms = query->until_ms = 0;
}

bool fb_params_moment(struct fb_request *req, const char *name, int64_t now_ms, int64_t *ret_ms)
{
	*ret_ms = 0;
	if (parse_moment(fb_param(req, name), now_ms, false, ret_ms) == 0)
		return true;
	fb_reply_param(req, name, "%s", moments);
	return false;
}

bool fb_params_take(struct fb_request *req, const struct fb_params_texts *texts,
		    struct fb_params *ret_spec)
{
	struct fb_params_error error;

	if (!fb_params_parse(texts, ret_spec, &error)) {
		ret_spec->query.source = req->source;
		return true;
	}
	answer_error(req, &error);
	return false;
}

bool fb_params_read(struct fb_request *req, int64_t now_ms, struct fb_params *ret_spec)
{
	struct fb_params_texts texts = {
		.filter = fb_param(req, "filter"),
		.q = fb_param(req, "q"),
		.live = fb_param(req, "live"),
		.scope = fb_param(req, "scope"),
		.group_by = fb_param(req, "group_by"),
		.sort = fb_param(req, "sort"),
		.since = fb_param(req, "since"),
		.until = fb_param(req, "until"),
		.proto = either(req, "proto", "protocol"),
		.state = either(req, "state", "status"),
		.ip = fb_param(req, "ip"),
		.port = fb_param(req, "port"),
		.name = fb_param(req, "name"),
		.iface = fb_param(req, "iface"),
		.columns_from = "fields",
		.now_ms = now_ms,
	};
	const char *fields = fb_param(req, "fields");
	_cleanup_free_ char *copy = fields ? strdup(fields) : NULL;

	if (copy && !split_columns(copy, &texts)) {
		memset(ret_spec, 0, sizeof(*ret_spec));
		fb_reply_param(req, "fields", "names more than %d fields", FB_PARAMS_COLUMNS);
		return false;
	}
	if (!fb_params_take(req, &texts, ret_spec))
		return false;
	if (req->waited)
		all_of_them(&ret_spec->query);
	return true;
}

/* "epoch.offset", both hexadecimal, and nothing else. */
static bool parse_cursor(const char *cursor, unsigned long long *ret_offset)
{
	const size_t epoch = strspn(cursor, "0123456789abcdef");
	const char *offset = cursor + epoch + 1;
	size_t digits;

	if (epoch == 0 || epoch > 16 || cursor[epoch] != '.')
		return false;
	digits = strspn(offset, "0123456789abcdef");
	if (digits == 0 || digits > 8 || offset[digits])
		return false;
	*ret_offset = strtoull(offset, NULL, 16);
	return *ret_offset <= FB_QUERY_OFFSET;
}

bool fb_params_place(struct fb_request *req, struct fb_query *query)
{
	const char *cursor = fb_param(req, "cursor");
	unsigned long long offset;
	uint64_t value;

	if (!fb_param_u64(req, "limit", 1, FB_QUERY_LIMIT, 100, &value))
		return false;
	query->limit = (uint32_t)value;
	if (!fb_param_u64(req, "offset", 0, FB_QUERY_OFFSET, 0, &value))
		return false;
	query->offset = (uint32_t)value;
	if (!cursor)
		return true;
	if (!parse_cursor(cursor, &offset)) {
		fb_reply_param(req, "cursor", "is not page.next or page.prev of an earlier answer");
		return false;
	}
	query->offset = (uint32_t)offset;
	return true;
}

bool fb_params_top_n(struct fb_request *req, uint32_t *ret_n, bool *ret_source_port)
{
	static const char *const types[] = {"dport", "sport", NULL};
	unsigned int type;
	uint64_t n;

	if (!fb_param_u64(req, "top_n", 1, INT64_MAX, 10, &n) ||
	    !fb_param_enum(req, "port_type", types, 0, &type))
		return false;
	*ret_n = n > FB_QUERY_LIMIT ? FB_QUERY_LIMIT : (uint32_t)n;
	*ret_source_port = type == 1;
	return true;
}

bool fb_parse_id(const char *text, uint64_t *ret_id)
{
	size_t len = strlen(text);

	if (len < 1 || len > 16 || strspn(text, "0123456789abcdef") != len)
		return false;
	*ret_id = strtoull(text, NULL, 16);
	return true;
}
