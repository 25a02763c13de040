/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/automationlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/incidents_priv.h"
#include "util/select.h"

#define MARK 0x6175746f /* of this file among those of the judge */

int fb_automation_log_init(struct fb_automation_log *log)
{
	*log = (struct fb_automation_log){
		.entry = calloc(2 * FB_AUTOMATION_KEPT, sizeof(*log->entry))};
	return log->entry ? 0 : -ENOMEM;
}

void fb_automation_log_fini(struct fb_automation_log *log)
{
	free(log->entry);
	log->entry = NULL;
}

static unsigned int ring_of(const struct fb_automation_call *call)
{
	return fb_automation_verb(call) == FB_RULE_LIMIT;
}

/* The ring's i-th, of those that are there. */
static struct fb_automation_entry *at(const struct fb_automation_log *log, unsigned int ring,
				      uint64_t i)
{
	return &log->entry[ring * FB_AUTOMATION_KEPT + i % FB_AUTOMATION_KEPT];
}

static unsigned int held(const struct fb_automation_log *log, unsigned int ring)
{
	return log->n[ring] < FB_AUTOMATION_KEPT ? (unsigned int)log->n[ring] : FB_AUTOMATION_KEPT;
}

void fb_automation_log_add(struct fb_automation_log *log, const struct fb_automation_entry *entry)
{
	const unsigned int ring = ring_of(&entry->call);

	*at(log, ring, log->n[ring]++) = *entry;
}

/* What is of later than now was before the clock was set. */
bool fb_automation_log_holds(const struct fb_automation_log *log,
			     const struct fb_automation_call *call, bool on)
{
	const unsigned int ring = ring_of(call);

	for (unsigned int i = 0; i < held(log, ring); i++) {
		const struct fb_automation_entry *entry = at(log, ring, i);

		if (entry->call.incident == call->incident && entry->call.scope == call->scope &&
		    entry->on >= on && entry->call.time_ms <= call->time_ms &&
		    call->time_ms < entry->until_ms)
			return true;
	}
	return false;
}

static bool is_asked(const struct fb_automation_entry *entry, const struct fb_automation_ask *ask)
{
	return (ask->kind < 0 || entry->call.kind == ask->kind) &&
	       (ask->scope < 0 || entry->call.scope == ask->scope) &&
	       entry->call.time_ms >= ask->since_ms;
}

static int newest_first(const void *a_, const void *b_, void *log_)
{
	const struct fb_automation_log *log = log_;
	const struct fb_automation_entry *a = &log->entry[*(const uint16_t *)a_];
	const struct fb_automation_entry *b = &log->entry[*(const uint16_t *)b_];

	if (a->call.time_ms != b->call.time_ms)
		return a->call.time_ms > b->call.time_ms ? -1 : 1;
	return a < b ? -1 : a > b;
}

unsigned int fb_automation_log_list(const struct fb_automation_log *log,
				    const struct fb_automation_ask *ask,
				    struct fb_automation_entry *list, unsigned int max)
{
	uint16_t number[2 * FB_AUTOMATION_KEPT];
	unsigned int n = 0;

	for (unsigned int ring = 0; ring < 2; ring++)
		for (unsigned int i = 0; i < held(log, ring); i++)
			if (is_asked(at(log, ring, i), ask))
				number[n++] = (uint16_t)(ring * FB_AUTOMATION_KEPT + i);
	fb_sort(number, n, sizeof(*number), newest_first, (void *)log);
	for (unsigned int i = 0; i < n && i < max; i++)
		list[i] = log->entry[number[i]];
	return n;
}

/* --- written ---------------------------------------------------------------------------------- */

static void add_entry(struct fb_buf *buf, const struct fb_automation_entry *entry)
{
	const struct fb_automation_call *call = &entry->call;

	fb_blob_add(buf, (uint64_t)call->time_ms, 8);
	fb_blob_add(buf, call->incident, 8);
	fb_blob_add(buf, call->kind, 1);
	fb_blob_add(buf, call->scope, 1);
	fb_blob_add(buf, call->proven, 1);
	fb_blob_add(buf, call->one_peer, 1);
	fb_blob_add(buf, call->port, 2);
	fb_incident_add_addr(buf, &call->host);
	fb_incident_add_addr(buf, &call->peer);
	fb_incident_add_text(buf, call->sentence);
	fb_blob_add(buf, entry->on, 1);
	fb_blob_add(buf, entry->seconds, 4);
	fb_blob_add(buf, (uint64_t)entry->until_ms, 8);
	fb_blob_add(buf, (uint32_t)entry->result, 4);
}

void fb_automation_write(const struct fb_automation_log *log,
			 const struct fb_automation_switches *switches, struct fb_buf *buf)
{
	fb_blob_begin(buf);
	fb_blob_add(buf, MARK, 4);
	fb_blob_add(buf, FB_KIND_COUNT, 1);
	for (unsigned int kind = 0; kind < FB_KIND_COUNT; kind++)
		for (unsigned int scope = 0; scope < FB_AUTOMATION_SCOPES; scope++)
			fb_blob_add(buf, switches->seconds[kind][scope], 4);
	fb_blob_add(buf, held(log, 0) + held(log, 1), 2);
	for (unsigned int ring = 0; ring < 2; ring++)
		for (uint64_t i = log->n[ring] - held(log, ring); i < log->n[ring]; i++)
			add_entry(buf, at(log, ring, i));
	fb_blob_end(buf);
}

/* --- read ------------------------------------------------------------------------------------- */

static bool take_entry(struct fb_blob *blob, struct fb_automation_entry *entry)
{
	struct fb_automation_call *call = &entry->call;
	bool good;

	call->time_ms = (int64_t)fb_blob_take(blob, 8);
	call->incident = fb_blob_take(blob, 8);
	call->kind = (uint8_t)fb_blob_take(blob, 1);
	call->scope = (uint8_t)fb_blob_take(blob, 1);
	call->proven = fb_blob_take(blob, 1) != 0;
	call->one_peer = fb_blob_take(blob, 1) != 0;
	call->port = (uint16_t)fb_blob_take(blob, 2);
	good = fb_incident_take_addr(blob, &call->host) &&
	       fb_incident_take_addr(blob, &call->peer) && call->host.family && call->peer.family &&
	       fb_may_act_of(call->kind) && call->scope < FB_AUTOMATION_SCOPES &&
	       fb_incident_take_text(blob, call->sentence, sizeof(call->sentence));
	entry->on = fb_blob_take(blob, 1) != 0;
	entry->seconds = (uint32_t)fb_blob_take(blob, 4);
	entry->until_ms = (int64_t)fb_blob_take(blob, 8);
	entry->result = (int32_t)fb_blob_take(blob, 4);
	return good;
}

/* Of a kind that may not act (any more), nothing is on. */
static bool take_switches(struct fb_blob *blob, struct fb_automation_switches *switches)
{
	if (fb_blob_take(blob, 4) != MARK || fb_blob_take(blob, 1) != FB_KIND_COUNT)
		return false;
	for (unsigned int kind = 0; kind < FB_KIND_COUNT; kind++)
		for (unsigned int scope = 0; scope < FB_AUTOMATION_SCOPES; scope++) {
			const uint32_t seconds = (uint32_t)fb_blob_take(blob, 4);

			switches->seconds[kind][scope] =
				fb_may_act_of(kind) && seconds <= FB_AUTOMATION_LONGEST ? seconds
											: 0;
		}
	return true;
}

static bool take_all(struct fb_automation_log *log, struct fb_automation_switches *switches,
		     struct fb_blob *blob)
{
	bool good = take_switches(blob, switches);
	const uint64_t n = good ? fb_blob_take(blob, 2) : 0;

	good = good && n <= 2 * FB_AUTOMATION_KEPT;
	for (uint64_t i = 0; good && i < n; i++) {
		struct fb_automation_entry entry = {.on = false};

		good = take_entry(blob, &entry);
		if (good)
			fb_automation_log_add(log, &entry);
	}
	return good && fb_blob_is_done(blob);
}

int fb_automation_read(struct fb_automation_log *log, struct fb_automation_switches *switches,
		       const void *data, size_t len, struct fb_why *why)
{
	struct fb_blob blob;
	int r = fb_blob_open(data, len, &blob, why);

	if (r < 0 || take_all(log, switches, &blob))
		return r;
	*switches = (struct fb_automation_switches){0};
	log->n[0] = log->n[1] = 0;
	return fb_why_set(why, -EBADMSG, "it has something else than what automation did");
}
