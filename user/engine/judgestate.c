/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/judgestate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/blob.h"
#include "store/statefile.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#define WRITE_NS (300 * FB_NS_PER_S)

struct fb_judgestate {
	struct fb_statefile file;
	struct fb_judgestate_of of;
	int folder;
	bool unsaved;
	uint64_t next_ns; /* CLOCK_MONOTONIC: not before */
};

static const struct fb_statefile file_is = {
	.name = "judge.state",
	.about = "what the judge was taught, and what is usual here",
};

static int read_blob(const void *data, size_t len, const struct fb_judgestate_of *of)
{
	struct fb_blob blob;
	struct fb_why why;
	int r = fb_blob_open(data, len, &blob, &why);

	if (r == 0)
		r = fb_teachings_read(of->teachings, &blob);
	if (r == 0)
		r = fb_baseline_read(of->baseline, &blob);
	return r == 0 && !fb_blob_is_done(&blob) ? -EBADMSG : r;
}

static void load(struct fb_judgestate *state)
{
	_cleanup_free_ char *data = NULL;
	struct fb_why why = {""};
	size_t len;
	int r = fb_statefile_read(&state->file, state->folder, &data, &len, &why);

	if (r == 0)
		r = read_blob(data, len, &state->of);
	if (r == -EBADMSG || r == -EPROTONOSUPPORT)
		fb_statefile_refuse(&state->file, state->folder, &why, r,
				    r == -EBADMSG ? "is torn or foreign"
						  : "is in a form that this version does not know");
	if (*why.text)
		fb_warn("judge", "%s", why.text);
}

int fb_judgestate_open(int folder, const struct fb_judgestate_of *of,
		       struct fb_judgestate **ret_state)
{
	struct fb_judgestate *state;

	*ret_state = NULL;
	if (folder < 0)
		return 0;
	state = calloc(1, sizeof(*state));
	if (!state)
		return -ENOMEM;
	state->file = file_is;
	state->of = *of;
	state->folder = folder;
	load(state);
	*ret_state = state;
	return 0;
}

/* To be freed; NULL: memory is short. */
static char *text_of(const struct fb_judgestate_of *of, size_t *ret_len)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	fb_blob_begin(&buf);
	fb_teachings_write(of->teachings, &buf);
	fb_baseline_write(of->baseline, &buf);
	fb_blob_end(&buf);
	return fb_buf_error(&buf) ? NULL : fb_buf_take(&buf, ret_len);
}

/* Whoever is here teaches what is usual, each minute. */
static bool has_news(const struct fb_judgestate *state)
{
	return state->unsaved || fb_baseline_state(state->of.baseline).hosts;
}

void fb_judgestate_close(struct fb_judgestate *state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (!state)
		return;
	r = fb_statefile_finish(&state->file);
	text = has_news(state) || r < 0 ? text_of(&state->of, &len) : NULL;
	if (text)
		fb_statefile_replace(&state->file, state->folder, text, len);
	free(state);
}

void fb_judgestate_changed(struct fb_judgestate *state)
{
	if (!state)
		return;
	state->unsaved = true;
	state->next_ns = 0;
}

void fb_judgestate_tick(struct fb_judgestate *state)
{
	const uint64_t now = fb_monotonic_ns();
	size_t len;
	char *text;

	if (!state || !fb_statefile_is_ready(&state->file, false, &state->unsaved) ||
	    now < state->next_ns || !has_news(state))
		return;
	state->next_ns = now + WRITE_NS;
	text = text_of(&state->of, &len);
	state->unsaved = !text || fb_statefile_write(&state->file, state->folder, text, len) < 0;
}
