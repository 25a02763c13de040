/* SPDX-License-Identifier: BSD-2-Clause */
/* What a view's JSON asks for; see view.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "live/view.h"
#include "live/viewstate.h"
#include "util/buf.h"

static const char *const known[] = {"view", "filter",  "q",	 "live",  "scope", "group_by",
				    "sort", "columns", "offset", "limit", "hold",  NULL};

static void add_text(struct fb_buf *key, const char *text)
{
	fb_buf_addf(key, "%zu:%s", text ? strlen(text) : 0, text ? text : "");
}

/*
 * Views of one key show the same: every text that makes a spec, each behind its length, for a text
 * may hold any byte. Those that say which rows there are come first.
 */
static char *make_key(const struct fb_params_texts *texts, uint64_t offset, uint64_t limit,
		      size_t *ret_which)
{
	const char *const which[] = {texts->filter, texts->q, texts->live, texts->scope,
				     texts->group_by};
	struct fb_buf key = FB_BUF_INIT;

	for (size_t i = 0; i < sizeof(which) / sizeof(*which); i++)
		add_text(&key, which[i]);
	*ret_which = key.len;
	add_text(&key, texts->sort);
	for (unsigned int i = 0; i < texts->n_columns; i++)
		add_text(&key, texts->columns[i]);
	fb_buf_addf(&key, "@%llu:%llu", (unsigned long long)offset, (unsigned long long)limit);
	return fb_buf_take(&key, NULL);
}

static void default_columns(struct fb_params_texts *texts)
{
	static const char *const of_groups[] = {"key",	      "flows",	     "bytes.up",
						"bytes.down", "rate_bps.up", "rate_bps.down",
						"services",   "hosts"};

	if (texts->n_columns)
		return;
	if (texts->group_by && *texts->group_by) {
		for (size_t i = 0; i < sizeof(of_groups) / sizeof(*of_groups); i++)
			texts->columns[texts->n_columns++] = of_groups[i];
		return;
	}
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
		if (fb_fields[i].shown)
			texts->columns[texts->n_columns++] = fb_fields[i].name;
}

int fb_view_new(struct fb_jsonin *in, struct fb_params_error *ret_error, struct fb_view **ret_view)
{
	struct fb_params_texts texts = {.columns_from = "columns"};
	uint64_t offset = 0, limit = 100;
	struct fb_view *view;
	bool hold = false;
	int r;

	fb_jsonin_only(in, known);
	fb_jsonin_str(in, "filter", &texts.filter);
	fb_jsonin_str(in, "q", &texts.q);
	fb_jsonin_str(in, "live", &texts.live);
	fb_jsonin_str(in, "scope", &texts.scope);
	fb_jsonin_str(in, "group_by", &texts.group_by);
	fb_jsonin_str(in, "sort", &texts.sort);
	texts.n_columns = fb_jsonin_strs(in, "columns", texts.columns, FB_PARAMS_COLUMNS);
	fb_jsonin_u64(in, "offset", 0, FB_QUERY_OFFSET, &offset);
	fb_jsonin_u64(in, "limit", 1, FB_VIEW_LIMIT, &limit);
	fb_jsonin_bool(in, "hold", &hold);
	if (fb_jsonin_error(in))
		return -EINVAL;
	default_columns(&texts);
	view = calloc(1, sizeof(*view));
	if (!view)
		return -ENOMEM;
	view->hold = hold;
	view->key = make_key(&texts, offset, limit, &view->which);
	r = view->key ? fb_params_parse(&texts, &view->spec, ret_error) : -ENOMEM;
	if (!r)
		r = fb_view_state_new(&view->state);
	if (r) {
		fb_view_free(view);
		return r;
	}
	view->spec.query.offset = (uint32_t)offset;
	view->spec.query.limit = (uint32_t)limit;
	*ret_view = view;
	return 0;
}

void fb_view_free(struct fb_view *view)
{
	if (!view)
		return;
	fb_params_fini(&view->spec);
	fb_view_state_free(view->state);
	free(view->key);
	free(view);
}
