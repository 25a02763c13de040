/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetpast.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fleet/fleetask.h"
#include "fleet/fleetquery.h"
#include "util/clock.h"

struct fb_fleetpast {
	struct fb_clickhouse *clickhouse[FB_PASTPOOL_THREADS];
};

int fb_fleetpast_new(const struct fb_clickhouse_opts *opts, struct fb_fleetpast **ret_past,
		     struct fb_why *why)
{
	struct fb_fleetpast *past = calloc(1, sizeof(*past));
	int r = past ? 0 : fb_why_set(why, -ENOMEM, "not enough memory");

	for (int i = 0; r == 0 && i < FB_PASTPOOL_THREADS; i++)
		r = fb_clickhouse_new(opts, &past->clickhouse[i], why);
	if (r < 0) {
		fb_fleetpast_free(past);
		return r;
	}
	*ret_past = past;
	return 0;
}

void fb_fleetpast_free(struct fb_fleetpast *past)
{
	if (!past)
		return;
	for (int i = 0; i < FB_PASTPOOL_THREADS; i++)
		fb_clickhouse_free(past->clickhouse[i]);
	free(past);
}

static int run(void *ctx, unsigned int thread, const struct fb_past_ask *ask,
	       struct fb_past_progress *progress, struct fb_past_answer *ret_answer,
	       struct fb_filter_error *ret_error)
{
	struct fb_fleetpast *past = ctx;

	return fb_fleetask_run(past->clickhouse[thread], ask, progress, ret_answer, ret_error);
}

static int other(void *ctx, unsigned int thread, struct fb_past_job *job)
{
	struct fb_fleetpast *past = ctx;
	struct fb_fleetquery query = {
		.clickhouse = past->clickhouse[thread],
		.stop = &job->progress.stop,
		.deadline_ms = fb_monotonic_ms() + job->ask.budget_ms,
	};
	int r = job->of_fleet(&query, job);

	if (r == 0)
		r = fb_buf_error(&job->text);
	snprintf(job->error.detail, sizeof(job->error.detail), "%.*s",
		 (int)sizeof(job->error.detail) - 1, query.why.text);
	job->answer.done = r == 0;
	fb_fleetquery_fini(&query);
	return r;
}

struct fb_pastpool_source fb_fleetpast_source(struct fb_fleetpast *past)
{
	return (struct fb_pastpool_source){run, other, past};
}
