/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of all, sorted, then told one by one. */
#include "cli/replayjudge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/judge.h"
#include "policy/judgedflow.h"
#include "policy/learned.h"
#include "util/cleanup.h"

static size_t list_flows(const struct fb_snapshot *snapshot, struct fb_judged *flows)
{
	struct fb_flow_at at;
	size_t n = 0;

	for (uint32_t i = 0; i < snapshot->n; i++)
		if (fb_snapshot_at(snapshot, i, &at)) {
			fb_judged_of(&at, &flows[n]);
			flows[n++].tag = i;
		}
	return n;
}

struct kept {
	struct fb_flow flow;
	struct fb_flow_evidence *evidence; /* with room for one of each kind */
};

/* The flow with what is said of it, as a live one has it. */
static void keep(struct kept *kept, struct fb_flow_at *at, const struct fb_judgement *judgement)
{
	kept->flow = *at->flow;
	fb_verdict_of(judgement, &kept->flow.verdict);
	kept->flow.verdict.told = FB_CASE_ENDED;
	kept->flow.verdict.evidence = judgement->n ? kept->evidence : NULL;
	kept->evidence->n = judgement->n;
	memcpy(kept->evidence->item, judgement->evidence,
	       judgement->n * sizeof(*judgement->evidence));
	at->flow = &kept->flow;
}

static int tell_all(const struct fb_snapshot *snapshot, struct fb_judge *judge,
		    struct fb_judged *flows, struct kept *kept, fb_replayjudge_fn *fn, void *ctx)
{
	const size_t n = list_flows(snapshot, flows);
	struct fb_judgement judgement;
	struct fb_flow_at at;
	int r = 0;

	fb_judge_sort(flows, n);
	for (size_t i = 0; !r && i < n; i++) {
		fb_judge_whole(judge, &flows[i], &judgement);
		fb_snapshot_at(snapshot, flows[i].tag, &at);
		keep(kept, &at, &judgement);
		r = fn(&at, &flows[i], &judgement, ctx);
	}
	return r;
}

int fb_replayjudge(const struct fb_snapshot *snapshot, fb_replayjudge_fn *fn, void *ctx)
{
	_cleanup_free_ struct fb_judged *flows = calloc(snapshot->n + 1, sizeof(*flows));
	_cleanup_free_ struct fb_flow_evidence *evidence =
		malloc(sizeof(*evidence) + FB_KIND_COUNT * sizeof(*evidence->item));
	struct fb_learned *learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n);
	const struct fb_judge_opts opts = {.learned = learned};
	struct kept kept = {.evidence = evidence};
	struct fb_judge *judge = NULL;
	int r = flows && evidence && learned ? fb_judge_new(&opts, &judge) : -ENOMEM;

	if (!r)
		r = tell_all(snapshot, judge, flows, &kept, fn, ctx);
	fb_judge_free(judge);
	fb_learned_free(learned);
	return r;
}
