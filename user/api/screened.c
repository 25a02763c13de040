/* SPDX-License-Identifier: BSD-2-Clause */
/* What those are told who may not know all; see the header. */
#include "api/screened.h"

#include <stdio.h>

#include "api/api.h"
#include "engine/engine.h"
#include "engine/status.h"
#include "flow/snapshot.h"
#include "http/reply.h"
#include "policy/anonymised.h"

#define HIDDEN "(not shown to this role)"

struct fb_snapshot *fb_api_snapshot(const struct fb_api *api, bool anonymised)
{
	struct fb_snapshot *snapshot = fb_engine_snapshot(api->engine), *told;

	if (!anonymised)
		return snapshot;
	told = fb_anonymised_of(api->less, snapshot);
	fb_snapshot_put(snapshot);
	return told;
}

/* By number: two of one kind are two. */
static const char *const targets[FB_STATUS_EXPORTS] = {
	HIDDEN " 1", HIDDEN " 2", HIDDEN " 3", HIDDEN " 4",
	HIDDEN " 5", HIDDEN " 6", HIDDEN " 7", HIDDEN " 8",
};

void fb_told_status(struct fb_status *status, bool anonymised)
{
	if (!anonymised)
		return;
	for (unsigned int i = 0; i < status->n_exports; i++) {
		status->exports[i].target = targets[i];
		if (*status->exports[i].error)
			snprintf(status->exports[i].error, sizeof(status->exports[i].error),
				 HIDDEN);
	}
	for (unsigned int i = 0; i < status->n_degraded; i++)
		snprintf(status->degraded[i], sizeof(status->degraded[i]), HIDDEN);
	*status->sensor_name = '\0';
}

void fb_told_window(const struct fb_api *api, struct fb_window *window, bool anonymised)
{
	if (anonymised)
		fb_anonymise_window(&api->less->who, window);
}

void fb_told_refuse(struct fb_request *req, const char *what)
{
	fb_reply_problem(req, 403, "anonymised",
			 "hosts and people are not told of to this role, and %s", what);
}
