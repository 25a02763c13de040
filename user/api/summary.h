/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The summary of one snapshot: made once, for GET /summary, every stream and the aliases alike.
 * Any thread; the cache locks itself.
 */
#pragma once

#include "query/query.h"
#include "util/buf.h"
#include "util/json.h"

struct fb_api;

struct fb_summary_cache *fb_summary_cache_new(void);
void fb_summary_cache_free(struct fb_summary_cache *cache);

/* Append the summary's members, without braces, with as_of and epoch. 0 or -ENOMEM. */
int fb_summary_write(struct fb_api *api, struct fb_snapshot *snapshot, struct fb_buf *buf);

/*
 * For who asks more of the same snapshot: whether the summary is to be made, what to ask for it (to
 * be freed by fb_ask_fini once answered), and the answers.
 */
#define FB_SUMMARY_ASKS 5
bool fb_summary_stale(struct fb_api *api, const struct fb_snapshot *snapshot);
void fb_summary_ask(struct fb_ask asks[static FB_SUMMARY_ASKS]);
void fb_summary_answer(struct fb_api *api, const struct fb_snapshot *snapshot,
		       const struct fb_ask *asks);

/* {"TCP":12}, {"ESTABLISHED":3}, {"TCP":{"ESTABLISHED":3}} */
void fb_summary_write_protocols(struct fb_json *json, const struct fb_summary *summary);
void fb_summary_write_states(struct fb_json *json, const struct fb_summary *summary);
void fb_summary_write_matrix(struct fb_json *json, const struct fb_summary *summary);

/* "TCP"; for protocols without a name the number. */
const char *fb_proto_upper(uint8_t proto, char buf[static 16]);

/* What a flow in no named state is called where a state is a key. */
#define FB_NO_STATE "NONE"
