/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of keys for each rule, open addressing; a window is a ring of parts. */
#include "policy/alertlook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/numberset.h"

#define NS    1000000000ull
#define SLOTS (2 * FB_ALERT_KEYS)

struct key {
	uint64_t hash;
	char text[FB_ALARM_KEY + 1];
	uint16_t link;
	uint64_t part[FB_ALERT_WINDOWS];
	uint64_t part_no; /* the last one that was written */
	uint64_t seen_ns; /* a packet moved, or it was found live */
	uint64_t sum, n;  /* of the last look at all: what is measured, of how many */
	bool fresh;	  /* "new": it came in this tick */
};

struct fb_alertlook {
	const struct fb_alert_rule *rule;
	uint64_t now_ns, start_ns, left_out;
	struct key *key; /* [FB_ALERT_KEYS] */
	uint32_t n;
	uint16_t slot[SLOTS];	  /* 1 + its key; 0: free */
	struct fb_numberset seen; /* of "new": hashes */
	struct fb_buf text;
};

int fb_alertlook_new(const struct fb_alert_rule *rule, struct fb_alertlook **ret_look)
{
	struct fb_alertlook *look = calloc(1, sizeof(*look));

	if (look)
		look->key = calloc(FB_ALERT_KEYS, sizeof(*look->key));
	if (!look || !look->key) {
		free(look);
		return -ENOMEM;
	}
	fb_numberset_init(&look->seen, FB_ALERT_SEEN);
	look->rule = rule;
	*ret_look = look;
	return 0;
}

void fb_alertlook_follow(struct fb_alertlook *look, const struct fb_alert_rule *rule)
{
	look->rule = rule;
}

void fb_alertlook_free(struct fb_alertlook *look)
{
	if (!look)
		return;
	fb_buf_fini(&look->text);
	fb_numberset_fini(&look->seen);
	free(look->key);
	free(look);
}

uint64_t fb_alertlook_left_out(const struct fb_alertlook *look)
{
	return look->left_out;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* The value of the rule's field, clean; false: the flow has none. */
static bool read_key(struct fb_alertlook *look, const struct fb_flow_at *at,
		     char text[static FB_ALARM_KEY + 1])
{
	const struct fb_field *field = look->rule->by;
	struct fb_value value;

	*text = '\0';
	if (!field)
		return true;
	fb_field_get(field, at, &value);
	if (!value.known)
		return false;
	fb_buf_clear(&look->text);
	fb_value_write_text(&look->text, field, &value);
	fb_buf_addc(&look->text, '\0');
	if (fb_buf_error(&look->text))
		return false;
	fb_alarm_clean(text, FB_ALARM_KEY + 1, look->text.data);
	return true;
}

static uint16_t *find_slot(struct fb_alertlook *look, uint64_t hash, const char *text)
{
	uint32_t i = (uint32_t)hash % SLOTS;

	while (look->slot[i] && (look->key[look->slot[i] - 1].hash != hash ||
				 strcmp(look->key[look->slot[i] - 1].text, text) != 0))
		i = (i + 1) % SLOTS;
	return &look->slot[i];
}

static struct key *take_key(struct fb_alertlook *look, const char *text)
{
	const uint64_t hash = fb_hash(text, strlen(text), 0);
	uint16_t *slot = find_slot(look, hash, text);
	struct key *key;

	if (*slot)
		return &look->key[*slot - 1];
	if (look->n == FB_ALERT_KEYS) {
		look->left_out++;
		return NULL;
	}
	key = &look->key[look->n++];
	*key = (struct key){.hash = hash};
	memcpy(key->text, text, strlen(text) + 1);
	*slot = (uint16_t)look->n;
	return key;
}

static uint64_t window_ns(const struct fb_alertlook *look)
{
	return look->rule->window_s * NS;
}

/* Not the one of "absent": that it was there once is all that it says. */
static bool is_stale(const struct fb_alertlook *look, const struct key *key)
{
	return look->rule->measure != FB_ALERT_ABSENT &&
	       look->now_ns - key->seen_ns > 2 * window_ns(look) + 60 * NS;
}

/* Keys that were not seen for long make room. */
static void sweep(struct fb_alertlook *look)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < look->n; i++)
		if (!is_stale(look, &look->key[i]))
			look->key[n++] = look->key[i];
	if (n == look->n)
		return;
	look->n = n;
	memset(look->slot, 0, sizeof(look->slot));
	for (uint32_t i = 0; i < n; i++)
		*find_slot(look, look->key[i].hash, look->key[i].text) = (uint16_t)(i + 1);
}

/* --- windows ---------------------------------------------------------------------------------- */

static uint64_t part_of(const struct fb_alertlook *look)
{
	return look->now_ns / (window_ns(look) / FB_ALERT_WINDOWS);
}

/* Parts that nothing was added to are empty. */
static void move_on(struct key *key, uint64_t part)
{
	for (unsigned int i = 0; i < FB_ALERT_WINDOWS && key->part_no < part; i++)
		key->part[++key->part_no % FB_ALERT_WINDOWS] = 0;
	key->part_no = part;
}

static void add_moved(struct fb_alertlook *look, struct key *key, const struct fb_flow_at *at)
{
	const int64_t moved = at->traffic->moved_bytes[FB_UP] + at->traffic->moved_bytes[FB_DOWN];
	const uint64_t part = part_of(look);

	move_on(key, part);
	if (moved > 0)
		key->part[part % FB_ALERT_WINDOWS] += (uint64_t)moved;
	key->seen_ns = look->now_ns;
	key->link = at->flow->link;
}

static uint64_t window_sum(const struct fb_alertlook *look, const struct key *key)
{
	const uint64_t gone = part_of(look) - key->part_no;
	uint64_t sum = 0;

	for (uint64_t i = 0; gone + i < FB_ALERT_WINDOWS && i <= key->part_no; i++)
		sum += key->part[(key->part_no - i) % FB_ALERT_WINDOWS];
	return sum;
}

/* --- "new" ------------------------------------------------------------------------------------ */

/* False: it was there, or there is no room to remember it. */
static bool is_first(struct fb_alertlook *look, uint64_t hash)
{
	const int r = fb_numberset_add(&look->seen, hash);

	look->left_out += r < 0;
	return r > 0;
}

static void note_new(struct fb_alertlook *look, const char *text, const struct fb_flow_at *at)
{
	struct key *key;

	if (!is_first(look, fb_hash(text, strlen(text), 1)) ||
	    look->now_ns - look->start_ns < window_ns(look))
		return;
	key = take_key(look, text);
	if (!key)
		return;
	key->fresh = true;
	key->seen_ns = look->now_ns;
	key->link = at->flow->link;
}

/* --- passes ----------------------------------------------------------------------------------- */

static void look_at_moved(struct fb_alertlook *look, const struct fb_flow_at *at)
{
	char text[FB_ALARM_KEY + 1];
	struct key *key;

	if (!at->traffic->moved_packets[FB_UP] && !at->traffic->moved_packets[FB_DOWN])
		return;
	if (!fb_filter_match(look->rule->filter, at) || !read_key(look, at, text))
		return;
	if (look->rule->measure == FB_ALERT_NEW) {
		note_new(look, text, at);
		return;
	}
	key = take_key(look, text);
	if (key)
		add_moved(look, key, at);
}

static void add_live(const struct fb_alertlook *look, struct key *key, const struct fb_flow_at *at,
		     uint32_t row)
{
	const struct fb_flow_quality *quality = fb_snapshot_quality(at->snapshot, row);

	key->seen_ns = look->now_ns;
	key->link = at->flow->link;
	if (look->rule->measure == FB_ALERT_FLOWS) {
		key->sum++;
	} else if (look->rule->measure == FB_ALERT_RISK) {
		key->sum = at->flow->verdict.risk > key->sum ? at->flow->verdict.risk : key->sum;
		key->n++;
	} else if (quality && look->rule->measure == FB_ALERT_LOSS) {
		for (int dir = 0; dir < 2; dir++)
			key->sum += quality->count[dir].retrans;
		key->n += at->traffic->packets[FB_UP] + at->traffic->packets[FB_DOWN];
	} else if (quality && (quality->delay[0].smoothed || quality->delay[1].smoothed)) {
		key->sum += quality->delay[0].smoothed + quality->delay[1].smoothed;
		key->n++;
	}
}

/* What is risky is often over within a second. */
static bool is_of_now(const struct fb_alertlook *look, const struct fb_flow_at *at)
{
	if (look->rule->measure == FB_ALERT_RISK)
		return at->flow->id && at->traffic->last_seen + window_ns(look) >= look->now_ns;
	return fb_flow_is_live(at->flow);
}

static void look_at_all(struct fb_alertlook *look, const struct fb_snapshot *snapshot)
{
	char text[FB_ALARM_KEY + 1];
	struct fb_flow_at at;

	for (uint32_t i = 0; i < look->n; i++)
		look->key[i].sum = look->key[i].n = 0;
	for (uint32_t i = 0; i < snapshot->n; i++) {
		struct key *key;

		fb_snapshot_send_for(snapshot, i + FB_AHEAD);
		if (!fb_snapshot_at(snapshot, i, &at) || !is_of_now(look, &at) ||
		    !fb_filter_match(look->rule->filter, &at) || !read_key(look, &at, text))
			continue;
		key = take_key(look, text);
		if (key)
			add_live(look, key, &at, i);
	}
}

static bool is_of_all(enum fb_alert_measure measure)
{
	return measure == FB_ALERT_FLOWS || measure == FB_ALERT_LOSS ||
	       measure == FB_ALERT_LATENCY || measure == FB_ALERT_RISK;
}

/* "flows < 1" is told of none at all, too; so is "absent". */
static void want_whole(struct fb_alertlook *look)
{
	struct key *key =
		look->rule->by || look->rule->measure == FB_ALERT_NEW ? NULL : take_key(look, "");

	if (key && !key->seen_ns)
		key->seen_ns = look->now_ns;
}

void fb_alertlook_feed(struct fb_alertlook *look, const struct fb_snapshot *snapshot, bool all)
{
	struct fb_flow_at at;

	look->now_ns = snapshot->now_ns;
	if (!look->start_ns)
		look->start_ns = look->now_ns;
	want_whole(look);
	for (uint32_t i = 0; i < look->n; i++)
		look->key[i].fresh = false;
	if (is_of_all(look->rule->measure)) {
		if (all)
			look_at_all(look, snapshot);
	} else {
		for (uint32_t i = fb_snapshot_next_moved(snapshot, 0); i < snapshot->n;
		     i = fb_snapshot_next_moved(snapshot, i + 1))
			if (fb_snapshot_at(snapshot, i, &at))
				look_at_moved(look, &at);
	}
	if (all)
		sweep(look);
}

/* --- values ----------------------------------------------------------------------------------- */

/* False: it is not known. */
static bool measure(const struct fb_alertlook *look, const struct key *key, uint64_t *ret_value)
{
	*ret_value = 0;
	switch (look->rule->measure) {
	case FB_ALERT_RATE:
		*ret_value = window_sum(look, key) * 8 / look->rule->window_s;
		return true;
	case FB_ALERT_BYTES:
		*ret_value = window_sum(look, key);
		return true;
	case FB_ALERT_FLOWS:
	case FB_ALERT_RISK:
		*ret_value = key->sum;
		return true;
	case FB_ALERT_ABSENT:
		*ret_value = (look->now_ns - key->seen_ns) / NS;
		return true;
	case FB_ALERT_LOSS:
		*ret_value = key->n ? fb_loss_of(key->sum, key->n) : 0;
		return key->n;
	case FB_ALERT_LATENCY:
		*ret_value = key->n ? key->sum / key->n / 1000 : 0;
		return key->n;
	default:
		return key->fresh;
	}
}

bool fb_alertlook_next(const struct fb_alertlook *look, uint32_t *pos,
		       struct fb_alert_measured *ret_measured)
{
	while (*pos < look->n) {
		const struct key *key = &look->key[(*pos)++];

		*ret_measured = (struct fb_alert_measured){.key = key->text, .link = key->link};
		if (measure(look, key, &ret_measured->value))
			return true;
	}
	return false;
}
