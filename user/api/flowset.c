/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/flowset.h"

#include <errno.h>
#include <stdio.h>

#include "format/object.h"

/* 0: it is about this one; enum fb_never or fb_left_out. */
static unsigned int why_not(const struct fb_flowset *set, const struct fb_flow *flow)
{
	const bool live = fb_flow_is_live(flow);

	if (set->kind == FB_ACT_FORGET_MANY)
		return live && flow->flags & FB_FLOW_CONNTRACK ? 0 : FB_LEFT_NO_ENTRY;
	if (!live)
		return FB_LEFT_ENDED;
	if (flow->flags & FB_FLOW_UNSEEN)
		return FB_LEFT_UNSEEN;
	return fb_never_flow(&set->never, flow);
}

void fb_flowset_count(struct fb_flowset *set, const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at;
	uint32_t pos = 0;

	while (fb_query_next(snapshot, &set->spec.query, &pos, &at)) {
		const unsigned int why = why_not(set, at.flow);

		set->matched++;
		if (why)
			set->left_out[why]++;
		else
			set->entries++;
	}
}

int fb_flowset_say(const struct fb_flowset *set, char about[static FB_ACT_TARGET])
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	const char *scope = fb_scope_name(set->spec.query.scope); /* NULL: all */

	fb_filter_print(set->spec.query.filter, &text);
	fb_buf_addc(&text, '\0');
	if (fb_buf_error(&text))
		return -ENOMEM;
	snprintf(about, FB_ACT_TARGET, "flows that match \"%s\"%s%s", text.data,
		 scope ? " in the scope " : "", scope ? scope : "");
	return 0;
}

struct fb_forget *fb_flowset_list(const struct fb_flowset *set, const struct fb_snapshot *snapshot)
{
	struct fb_forget *forget = fb_forget_new(set->entries);
	struct fb_flow_at at;
	uint32_t pos = 0;

	if (!forget)
		return NULL;
	forget->matched = set->matched;
	while (fb_query_next(snapshot, &set->spec.query, &pos, &at))
		if (!why_not(set, at.flow))
			forget->ids[forget->n++] = at.flow->id;
	if (fb_flowset_say(set, forget->about) == 0)
		return forget;
	fb_forget_put(forget);
	return NULL;
}

/* What is protected names by what: "an SSH session with this machine". */
void fb_flowset_write_left_out(struct fb_json *json, const struct fb_flowset *set)
{
	static const struct {
		const char *reason, *detail;
	} texts[FB_LEFT_COUNT] = {
		[FB_LEFT_NO_ENTRY] = {"no-conntrack-entry", "without a conntrack entry"},
		[FB_LEFT_UNSEEN] = {"not-seen-here", "known of conntrack alone"},
		[FB_LEFT_ENDED] = {"flow-ended", "over already"},
	};

	fb_json_kv_array(json, "left_out");
	for (unsigned int why = 1; why < FB_LEFT_COUNT; why++) {
		const bool never = why < FB_NEVER_COUNT;

		if (!set->left_out[why])
			continue;
		fb_json_object(json);
		fb_json_kv_str(json, "reason", never ? "protected" : texts[why].reason);
		fb_json_kv_str(json, "detail", never ? fb_never_text(why) : texts[why].detail);
		fb_json_kv_u64(json, "flows", set->left_out[why]);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

static void write_both(struct fb_json *json, const char *key, const uint64_t value[2],
		       unsigned int times)
{
	fb_json_kv_object(json, key);
	fb_json_kv_u64(json, "up", value[0] * times);
	fb_json_kv_u64(json, "down", value[1] * times);
	fb_json_end(json, '}');
}

int fb_flowset_write_sample(struct fb_flowset *set, struct fb_snapshot *snapshot, bool totals,
			    struct fb_json *json)
{
	_cleanup_result_ struct fb_result *result = NULL;
	struct fb_flow_at at;

	set->spec.query.limit = FB_FLOWSET_SAMPLE;
	if (fb_query_run(snapshot, &set->spec.query, &result))
		return -ENOMEM;
	if (totals) {
		fb_json_kv_u64(json, "hosts", result->totals.hosts);
		write_both(json, "bytes", result->totals.bytes, 1);
		write_both(json, "rate_bps", result->totals.rate, 8);
	}
	fb_json_kv_array(json, "sample");
	for (uint32_t i = 0; i < result->n; i++) {
		fb_snapshot_at(snapshot, result->rows[i], &at);
		fb_flow_write_json(json, &at);
	}
	fb_json_end(json, ']');
	return 0;
}

void fb_flowset_write_counts(struct fb_json *json, uint64_t matched, uint32_t entries,
			     const struct fb_forget *forget)
{
	fb_json_kv_u64(json, "matched", matched);
	fb_json_kv_u64(json, "entries", entries);
	fb_json_kv_u64(json, "done", forget ? forget->done : 0);
	fb_json_kv_u64(json, "gone", forget ? forget->gone : 0);
	fb_json_kv_u64(json, "failed", forget ? forget->failed : 0);
	fb_json_kv_bool(json, "running", forget && !forget->ended);
}
