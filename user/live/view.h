/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A window of rows that streams follow: which flows, in which order, which columns. Streams that
 * ask for the same share one view, encoded once a tick: as what changed since the last tick, and
 * whole for those that have no last tick. A held view keeps its rows while their values go on,
 * as long as it asks for the same ones; it belongs to one stream.
 *
 * `spec` and `key` are constant; `state` belongs to the hub's thread; the rest is guarded by the
 * hub's lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/params.h"
#include "live/client.h"
#include "util/jsonin.h"

struct fb_view_state;

#define FB_VIEW_LIMIT 300

struct fb_view {
	struct fb_view *prev, *next;
	unsigned int refs;
	char *key;
	size_t which; /* bytes of the key that say which rows there are, before order and window */
	struct fb_params spec;
	bool hold;
	bool anonymised;	       /* its streams are not told all */
	struct fb_view *held_from;     /* whose rows to keep at the first encoding; a reference */
	bool want_full;		       /* a client needs it whole at the next encoding */
	uint64_t tick;		       /* encodings so far; 0: never */
	struct fb_chunk *delta, *full; /* of encoding `tick`; NULL if nobody wanted it */
	struct fb_view_state *state;
};

/*
 * From the object that PUT view and ?view= carry. 0, or -EINVAL with the error in `in` (or, for
 * the filter, in ret_error), or -ENOMEM.
 */
int fb_view_new(struct fb_jsonin *in, struct fb_params_error *ret_error, struct fb_view **ret_view);
void fb_view_free(struct fb_view *view);

/*
 * Encode one more tick from the answer to `spec.query`; `full` whether a whole chunk is wanted.
 * -ENOMEM leaves the view as it was.
 */
int fb_view_encode(struct fb_view *view, const struct fb_result *result, bool full,
		   struct fb_chunk **ret_delta, struct fb_chunk **ret_full);
