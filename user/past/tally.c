/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose flow each record is, so that each counts once; see the header. */
#include "past/tally.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "util/cleanup.h"

#define QUEUE 16

struct seen {
	uint64_t id; /* 0: none */
	uint8_t proto;
	bool ended;
};

struct fb_tally {
	struct seen *seen; /* [n] by record; the feeder's */
	uint32_t n;
	bool begun;
	struct fb_buf text; /* the feeder's */
	pthread_mutex_t lock;
	struct fb_tally_counts counts;
};

int fb_tally_new(const struct fb_field *const *tops, unsigned int n, struct fb_tally **ret_tally)
{
	struct fb_tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return -ENOMEM;
	pthread_mutex_init(&tally->lock, NULL);
	for (unsigned int i = 0; i < n; i++)
		tally->counts.top[tally->counts.n_tops++].field = tops[i];
	*ret_tally = tally;
	return 0;
}

void fb_tally_free(struct fb_tally *tally)
{
	if (!tally)
		return;
	pthread_mutex_destroy(&tally->lock);
	fb_buf_fini(&tally->text);
	free(tally->seen);
	free(tally);
}

static int make_room(struct fb_tally *tally, uint32_t n)
{
	const uint32_t size = n + n / 4 + 64;
	struct seen *more;

	if (n <= tally->n)
		return 0;
	more = realloc(tally->seen, size * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + tally->n, 0, (size - tally->n) * sizeof(*more));
	tally->seen = more;
	tally->n = size;
	return 0;
}

/* --- how many -------------------------------------------------------------------------------- */

/* The record's flow; one that left it without an end was joined to another. */
static struct seen *see(struct fb_tally *tally, uint32_t i, const struct fb_flow *flow)
{
	struct seen *seen = &tally->seen[i];

	if (seen->id == flow->id)
		return seen;
	if (seen->id && !seen->ended)
		tally->counts.ended[seen->proto][FB_CLOSED_NOT]++;
	*seen = (struct seen){.id = flow->id, .proto = (uint8_t)fb_past_proto(flow->proto)};
	if (flow->id)
		tally->counts.made[seen->proto]++;
	return seen;
}

static void see_ended(struct fb_tally *tally, uint32_t i, const struct fb_flow *flow)
{
	struct seen *seen = see(tally, i, flow);

	if (!seen->ended && flow->closed < FB_TALLY_REASONS)
		tally->counts.ended[seen->proto][flow->closed]++;
	seen->ended = true;
}

/* --- how much of whom ------------------------------------------------------------------------ */

static struct fb_tally_name *find_name(struct fb_tally *tally, struct fb_tally_top *top,
				       const char *text, size_t len)
{
	for (unsigned int i = 0; i < top->n; i++)
		if (!strcmp(top->name[i].text, text))
			return &top->name[i];
	if (!strcmp(text, "other"))
		return &top->other;
	if (top->n == FB_TALLY_NAMES || len >= FB_TALLY_NAME) {
		tally->counts.left_out++;
		return &top->other;
	}
	memcpy(top->name[top->n].text, text, len + 1);
	return &top->name[top->n++];
}

static void add_bytes(struct fb_tally *tally, struct fb_tally_top *top, const struct fb_flow_at *at)
{
	const struct fb_traffic *traffic = at->traffic;
	/* before the first tick that we see, there may have been others */
	const int64_t moved = tally->begun
				      ? traffic->moved_bytes[FB_UP] + traffic->moved_bytes[FB_DOWN]
				      : (int64_t)(traffic->bytes[FB_UP] + traffic->bytes[FB_DOWN]);
	struct fb_tally_name *name = &top->other;
	struct fb_value value;

	if (!moved)
		return;
	fb_field_get(top->field, at, &value);
	fb_buf_clear(&tally->text);
	fb_value_write_text(&tally->text, top->field, &value);
	fb_buf_addc(&tally->text, '\0');
	if (!fb_buf_error(&tally->text) && tally->text.len > 1)
		name = find_name(tally, top, tally->text.data, tally->text.len - 1);
	name->sum += moved;
	if (name->sum > (int64_t)name->bytes)
		name->bytes = (uint64_t)name->sum;
}

/* --- the consumer ---------------------------------------------------------------------------- */

/* Of the first tick all records, else those that moved. */
static uint32_t next(const struct fb_tally *tally, const struct fb_snapshot *snapshot, uint32_t i)
{
	return tally->begun ? fb_snapshot_next_moved(snapshot, i) : i;
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_tally *tally = ctx;
	struct fb_flow_at at;
	int r = make_room(tally, snapshot->n);

	(void)losses;
	if (r < 0)
		return r;
	pthread_mutex_lock(&tally->lock);
	for (uint32_t i = next(tally, snapshot, 0); i < snapshot->n;
	     i = next(tally, snapshot, i + 1)) {
		const bool used = fb_snapshot_at(snapshot, i, &at);

		see(tally, i, at.flow);
		for (unsigned int k = 0; used && k < tally->counts.n_tops; k++)
			add_bytes(tally, &tally->counts.top[k], &at);
	}
	for (uint32_t k = 0; k < snapshot->n_ended; k++)
		if (fb_snapshot_at(snapshot, snapshot->ended[k], &at))
			see_ended(tally, snapshot->ended[k], at.flow);
	tally->begun = true;
	pthread_mutex_unlock(&tally->lock);
	return 0;
}

const struct fb_consumer_ops fb_tally_consumer = {.name = "tally", .queue = QUEUE, .tick = tick};

void fb_tally_read(struct fb_tally *tally, struct fb_tally_counts *ret_counts)
{
	pthread_mutex_lock(&tally->lock);
	*ret_counts = tally->counts;
	pthread_mutex_unlock(&tally->lock);
}
