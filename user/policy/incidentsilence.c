/* SPDX-License-Identifier: BSD-2-Clause */
/* What of incidents is hidden, and what of them outlives a restart. */
#include <errno.h>
#include <string.h>

#include "policy/incidents_priv.h"

#define MARK 0x696e6364 /* of this file among those of the judge */

/* --- silences --------------------------------------------------------------------------------- */

static bool is_same(const struct fb_incident_addr *a, const struct fb_incident_addr *b)
{
	return a->family == b->family && !memcmp(a->addr, b->addr, sizeof(a->addr));
}

static bool hides(const struct fb_incident_silence *silence, const struct fb_incident *incident,
		  int64_t wall_ms)
{
	if (silence->until_ms && silence->until_ms <= wall_ms)
		return false;
	if (silence->kind != FB_KIND_COUNT && silence->kind != incident->kind)
		return false;
	if (silence->host.family && !is_same(&silence->host, &incident->host))
		return false;
	return !silence->peer.family ||
	       (incident->one_peer && is_same(&silence->peer, &incident->peer));
}

const struct fb_incident_silence *fb_incidents_silence_of(const struct fb_incidents *incidents,
							  const struct fb_incident *incident,
							  int64_t wall_ms)
{
	for (unsigned int i = 0; i < incidents->n_silences; i++)
		if (hides(&incidents->silence[i], incident, wall_ms))
			return &incidents->silence[i];
	return NULL;
}

static bool is_of_the_same(const struct fb_incident_silence *a, const struct fb_incident_silence *b)
{
	return a->kind == b->kind && is_same(&a->host, &b->host) && is_same(&a->peer, &b->peer);
}

int fb_incidents_hide(struct fb_incidents *incidents, const struct fb_incident_silence *silence,
		      uint32_t *ret_id)
{
	unsigned int i = 0;

	if (silence->kind > FB_KIND_COUNT ||
	    (silence->kind == FB_KIND_COUNT && !silence->host.family) ||
	    (silence->peer.family && !silence->host.family))
		return -EINVAL;
	while (i < incidents->n_silences && !is_of_the_same(&incidents->silence[i], silence))
		i++;
	if (i == FB_INCIDENT_SILENCES)
		return -ENOSPC;
	incidents->silence[i] = *silence;
	incidents->silence[i].id = ++incidents->last_silence;
	incidents->n_silences += i == incidents->n_silences;
	incidents->changed = true;
	*ret_id = incidents->last_silence;
	return 0;
}

static void take_away(struct fb_incidents *incidents, unsigned int i)
{
	memmove(&incidents->silence[i], &incidents->silence[i + 1],
		(--incidents->n_silences - i) * sizeof(incidents->silence[0]));
	incidents->changed = true;
}

unsigned int fb_incidents_erase_silences(struct fb_incidents *incidents,
					 const struct fb_person *who)
{
	const unsigned int before = incidents->n_silences;

	for (unsigned int i = incidents->n_silences; i--;)
		if (fb_incidents_is_of(who, &incidents->silence[i].host,
				       &incidents->silence[i].peer) ||
		    fb_person_is_in(who, incidents->silence[i].reason))
			take_away(incidents, i);
	return before - incidents->n_silences;
}

int fb_incidents_show(struct fb_incidents *incidents, uint32_t id)
{
	for (unsigned int i = 0; i < incidents->n_silences; i++)
		if (incidents->silence[i].id == id) {
			take_away(incidents, i);
			return 0;
		}
	return -ENOENT;
}

void fb_incidents_end_silences(struct fb_incidents *incidents, int64_t wall_ms)
{
	for (unsigned int i = incidents->n_silences; i-- > 0;)
		if (incidents->silence[i].until_ms && incidents->silence[i].until_ms <= wall_ms)
			take_away(incidents, i);
}

/* --- written ---------------------------------------------------------------------------------- */

void fb_incident_add_addr(struct fb_buf *buf, const struct fb_incident_addr *addr)
{
	fb_blob_add(buf, addr->family, 1);
	fb_buf_add(buf, (const char *)addr->addr, sizeof(addr->addr));
}

void fb_incident_add_text(struct fb_buf *buf, const char *text)
{
	const size_t len = strlen(text);

	fb_blob_add(buf, len, 1);
	fb_buf_add(buf, text, len);
}

static void add_silence(struct fb_buf *buf, const struct fb_incident_silence *silence)
{
	fb_blob_add(buf, silence->id, 4);
	fb_blob_add(buf, silence->kind, 1);
	fb_incident_add_addr(buf, &silence->host);
	fb_incident_add_addr(buf, &silence->peer);
	fb_blob_add(buf, (uint64_t)silence->made_ms, 8);
	fb_blob_add(buf, (uint64_t)silence->until_ms, 8);
	fb_incident_add_text(buf, silence->by);
	fb_incident_add_text(buf, silence->reason);
}

static void add_incident(struct fb_buf *buf, const struct fb_incident *incident)
{
	fb_incident_add_addr(buf, &incident->host);
	fb_incident_add_addr(buf, &incident->peer);
	fb_blob_add(buf, incident->one_peer, 1);
	fb_blob_add(buf, incident->inside, 1);
	fb_blob_add(buf, incident->kind, 1);
	fb_blob_add(buf, incident->severity, 1);
	fb_blob_add(buf, incident->risk, 1);
	fb_blob_add(buf, incident->points, 1);
	fb_blob_add(buf, (uint64_t)incident->first_ms, 8);
	fb_blob_add(buf, (uint64_t)incident->last_ms, 8);
	fb_blob_add(buf, incident->flows, 8);
	fb_blob_add(buf, incident->n_samples, 1);
	for (unsigned int i = 0; i < incident->n_samples; i++) {
		fb_blob_add(buf, incident->sample[i].flow, 8);
		fb_blob_add(buf, incident->sample[i].risk, 1);
	}
	fb_buf_add(buf, (const char *)incident->peers, sizeof(incident->peers));
	fb_incident_add_text(buf, incident->sentence);
}

static bool is_open(const struct fb_incidents *incidents, uint32_t i)
{
	return fb_shares_is_held(&incidents->shares, i) && !incidents->incident[i].closed;
}

void fb_incidents_write(const struct fb_incidents *incidents, struct fb_buf *buf)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < incidents->shares.fresh; i++)
		open += is_open(incidents, i);
	fb_blob_begin(buf);
	fb_blob_add(buf, MARK, 4);
	fb_blob_add(buf, incidents->last_silence, 4);
	fb_blob_add(buf, incidents->n_silences, 2);
	for (unsigned int i = 0; i < incidents->n_silences; i++)
		add_silence(buf, &incidents->silence[i]);
	fb_blob_add(buf, open, 4);
	for (uint32_t i = 0; i < incidents->shares.fresh; i++)
		if (is_open(incidents, i))
			add_incident(buf, &incidents->incident[i]);
	fb_blob_end(buf);
}

/* --- read ------------------------------------------------------------------------------------- */

bool fb_incident_take_addr(struct fb_blob *blob, struct fb_incident_addr *ret_addr)
{
	ret_addr->family = (uint8_t)fb_blob_take(blob, 1);
	fb_blob_take_bytes(blob, ret_addr->addr, sizeof(ret_addr->addr));
	return ret_addr->family == 0 || ret_addr->family == FB_IPV4 || ret_addr->family == FB_IPV6;
}

/* Names of strangers are in it: nothing but what was written as text is taken. */
bool fb_incident_take_text(struct fb_blob *blob, char *text, size_t size)
{
	const size_t len = fb_blob_take(blob, 1);

	if (len >= size)
		return false;
	fb_blob_take_bytes(blob, (uint8_t *)text, len);
	text[len] = '\0';
	return strlen(text) == len;
}

static bool take_silence(struct fb_blob *blob, struct fb_incident_silence *silence)
{
	bool good;

	silence->id = (uint32_t)fb_blob_take(blob, 4);
	silence->kind = (uint8_t)fb_blob_take(blob, 1);
	good = fb_incident_take_addr(blob, &silence->host) &&
	       fb_incident_take_addr(blob, &silence->peer);
	silence->made_ms = (int64_t)fb_blob_take(blob, 8);
	silence->until_ms = (int64_t)fb_blob_take(blob, 8);
	return good && silence->kind <= FB_KIND_COUNT &&
	       fb_incident_take_text(blob, silence->by, sizeof(silence->by)) &&
	       fb_incident_take_text(blob, silence->reason, sizeof(silence->reason));
}

static bool take_incident(struct fb_blob *blob, struct fb_incident *incident)
{
	bool good = fb_incident_take_addr(blob, &incident->host) &&
		    fb_incident_take_addr(blob, &incident->peer);

	incident->one_peer = fb_blob_take(blob, 1) != 0;
	incident->inside = fb_blob_take(blob, 1) != 0;
	incident->kind = (uint8_t)fb_blob_take(blob, 1);
	incident->severity = (uint8_t)fb_blob_take(blob, 1);
	incident->risk = (uint8_t)fb_blob_take(blob, 1);
	incident->points = (uint8_t)fb_blob_take(blob, 1);
	incident->first_ms = (int64_t)fb_blob_take(blob, 8);
	incident->last_ms = (int64_t)fb_blob_take(blob, 8);
	incident->flows = fb_blob_take(blob, 8);
	incident->n_samples = (uint8_t)fb_blob_take(blob, 1);
	good = good && incident->kind < FB_KIND_COUNT && incident->severity <= FB_RISK_HIGH &&
	       incident->host.family && incident->n_samples <= FB_INCIDENT_SAMPLES;
	for (unsigned int i = 0; good && i < incident->n_samples; i++) {
		incident->sample[i].flow = fb_blob_take(blob, 8);
		incident->sample[i].risk = (uint8_t)fb_blob_take(blob, 1);
	}
	fb_blob_take_bytes(blob, incident->peers, sizeof(incident->peers));
	return good && fb_incident_take_text(blob, incident->sentence, sizeof(incident->sentence));
}

static bool take_all(struct fb_incidents *incidents, struct fb_blob *blob)
{
	const bool ours = fb_blob_take(blob, 4) == MARK;
	bool good = ours;
	uint64_t n;

	incidents->last_silence = (uint32_t)fb_blob_take(blob, 4);
	n = fb_blob_take(blob, 2);
	if (!good || n > FB_INCIDENT_SILENCES)
		return false;
	for (uint64_t i = 0; good && i < n; i++)
		good = take_silence(blob, &incidents->silence[incidents->n_silences++]);
	n = good ? fb_blob_take(blob, 4) : 0;
	for (uint64_t i = 0; good && i < n; i++) {
		struct fb_incident incident = {.id = 0};

		good = n <= FB_INCIDENTS && take_incident(blob, &incident);
		if (good)
			fb_incidents_put(incidents, &incident);
	}
	return good && fb_blob_is_done(blob);
}

int fb_incidents_read(struct fb_incidents *incidents, const void *data, size_t len,
		      struct fb_why *why)
{
	const struct fb_incidents_listeners to = incidents->to;
	struct fb_blob blob;
	int r = fb_blob_open(data, len, &blob, why);

	if (r < 0 || take_all(incidents, &blob))
		return r;
	fb_incidents_fini(incidents);
	r = fb_incidents_init(incidents);
	incidents->to = to;
	return r < 0 ? fb_why_set(why, r, "not enough memory")
		     : fb_why_set(why, -EBADMSG, "it has something else than incidents");
}
