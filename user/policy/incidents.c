/* SPDX-License-Identifier: BSD-2-Clause */
/* Incidents as flows come, age and are listed; silences and state are in incidentsilence.c. */
#include "policy/incidents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/incidents_priv.h"
#include "util/hash.h"
#include "util/select.h"

int fb_incidents_init(struct fb_incidents *incidents)
{
	int r;

	*incidents = (struct fb_incidents){.hand = 0};
	for (int i = 0; i < 2; i++)
		fb_numberset_init(&incidents->told[i], FB_INCIDENT_TOLD);
	incidents->incident = calloc(FB_INCIDENTS, sizeof(*incidents->incident));
	r = incidents->incident ? fb_shares_init(&incidents->shares, FB_INCIDENTS) : -ENOMEM;
	return r < 0 ? r : fb_index_init(&incidents->index);
}

void fb_incidents_fini(struct fb_incidents *incidents)
{
	for (int i = 0; i < 2; i++)
		fb_numberset_fini(&incidents->told[i]);
	fb_shares_fini(&incidents->shares);
	fb_index_fini(&incidents->index);
	free(incidents->incident);
	incidents->incident = NULL;
}

/* --- who it is about -------------------------------------------------------------------------- */

/*
 * Who acts is the client, who scans, guesses, beats or sends. Not of a flood or a probe from
 * outside, whose sources cost nothing to forge, and of amplification, whose questions are: there
 * it is the server here.
 */
static bool is_of_server(const struct fb_judged *flow, unsigned int kind)
{
	return kind == FB_KIND_AMPLIFICATION ||
	       ((kind == FB_KIND_FLOOD || kind == FB_KIND_PROBE) && !flow->src_here);
}

static struct fb_incident_addr addr_of(const uint8_t *addr, uint8_t family)
{
	struct fb_incident_addr one = {.family = family};

	memcpy(one.addr, addr, sizeof(one.addr));
	return one;
}

static uint64_t make_id(const struct fb_incident_addr *host, unsigned int kind)
{
	uint8_t bytes[sizeof(host->addr) + 2];

	memcpy(bytes, host->addr, sizeof(host->addr));
	bytes[sizeof(host->addr)] = host->family;
	bytes[sizeof(host->addr) + 1] = (uint8_t)kind;
	return fb_hash_fixed(bytes, sizeof(bytes));
}

/* Those outside stand for their network, of which who forges addresses has all. */
static void make_share(const struct fb_incident_addr *host, bool inside,
		       uint8_t key[static FB_SHARES_KEY])
{
	const size_t network = host->family == FB_IPV4 ? FB_INCIDENT_NET4 : FB_INCIDENT_NET6;

	memset(key, 0, FB_SHARES_KEY);
	memcpy(key, host->addr, inside ? sizeof(host->addr) : network);
	key[FB_SHARES_KEY - 1] = (uint8_t)(host->family << 1 | inside);
}

/* --- room ------------------------------------------------------------------------------------- */

static uint32_t find(const struct fb_incidents *incidents, uint64_t id)
{
	struct fb_index_it it = fb_index_begin(id);
	uint32_t number;

	while (fb_index_next(&incidents->index, &it, &number))
		if (incidents->incident[number].id == id)
			return number;
	return FB_NONE;
}

static void unlist(struct fb_incidents *incidents, uint32_t number)
{
	struct fb_incident *incident = &incidents->incident[number];

	fb_index_remove(&incidents->index, incident->id, number);
	incidents->n_closed -= incident->closed;
	incident->id = 0;
}

static void forget(struct fb_incidents *incidents, uint32_t number)
{
	unlist(incidents, number);
	fb_shares_give(&incidents->shares, number);
}

/* Closed ones give way first, whosever they are. */
static void forget_a_closed_one(struct fb_incidents *incidents)
{
	for (uint32_t i = 0; i < FB_INCIDENTS; i++) {
		const uint32_t number = incidents->hand++ % FB_INCIDENTS;

		if (fb_shares_is_held(&incidents->shares, number) &&
		    incidents->incident[number].closed) {
			forget(incidents, number);
			return;
		}
	}
}

static struct fb_incident *make(struct fb_incidents *incidents, const struct fb_incident *like)
{
	uint8_t key[FB_SHARES_KEY];
	bool evicted = false;
	uint32_t number;

	if (incidents->n_closed && incidents->index.n == FB_INCIDENTS)
		forget_a_closed_one(incidents);
	make_share(&like->host, like->inside, key);
	number = fb_shares_take(&incidents->shares, key, &evicted);
	if (number == FB_NONE)
		return NULL;
	if (evicted) {
		incidents->counters.incidents_crowded++;
		unlist(incidents, number);
	}
	if (fb_index_add(&incidents->index, like->id, number) < 0) {
		fb_shares_give(&incidents->shares, number);
		return NULL;
	}
	incidents->incident[number] = *like;
	return &incidents->incident[number];
}

struct fb_incident *fb_incidents_put(struct fb_incidents *incidents,
				     const struct fb_incident *incident)
{
	struct fb_incident one = *incident;

	one.id = make_id(&one.host, one.kind);
	return find(incidents, one.id) == FB_NONE ? make(incidents, &one) : NULL;
}

/* --- a flow ----------------------------------------------------------------------------------- */

/* Said of the same flow before? Those said longest ago are forgotten by the thousand. */
static bool is_told(struct fb_incidents *incidents, uint64_t flow_id, unsigned int kind)
{
	const uint64_t number = fb_hash_number(flow_id, kind);

	if (fb_numberset_has(&incidents->told[1], number))
		return true;
	if (incidents->told[0].n >= FB_INCIDENT_TOLD) {
		fb_numberset_fini(&incidents->told[1]);
		incidents->told[1] = incidents->told[0];
		fb_numberset_init(&incidents->told[0], FB_INCIDENT_TOLD);
	}
	return fb_numberset_add(&incidents->told[0], number) == 0;
}

/* HyperLogLog: of all hashes that fall into a slot, the most zeros in a row. */
static void count_peer(struct fb_incident *incident, const struct fb_incident_addr *peer)
{
	const uint64_t hash = fb_hash_fixed(peer->addr, sizeof(peer->addr));
	const unsigned int slot = hash % FB_INCIDENT_PEER_SLOTS;
	const uint64_t rest = hash / FB_INCIDENT_PEER_SLOTS;
	const uint8_t rank = (uint8_t)(rest ? __builtin_ctzll(rest) + 1 : 59);

	if (rank > incident->peers[slot])
		incident->peers[slot] = rank;
}

static void add_sample(struct fb_incident *incident, uint64_t flow_id, uint8_t risk)
{
	if (incident->n_samples == FB_INCIDENT_SAMPLES)
		memmove(incident->sample, incident->sample + 1,
			--incident->n_samples * sizeof(incident->sample[0]));
	incident->sample[incident->n_samples].flow = flow_id;
	incident->sample[incident->n_samples++].risk = risk;
}

static void raise_sample(struct fb_incident *incident, uint64_t flow_id, uint8_t risk)
{
	for (unsigned int i = 0; i < incident->n_samples; i++)
		if (incident->sample[i].flow == flow_id && risk > incident->sample[i].risk)
			incident->sample[i].risk = risk;
}

static uint8_t severity_of(uint8_t risk)
{
	return risk >= FB_RISK_HIGH_LEAST ? FB_RISK_HIGH : FB_RISK_MEDIUM;
}

struct telling {
	const struct fb_judged *flow;
	const struct fb_judgement *judgement;
	const struct fb_evidence *evidence;
	uint64_t flow_id;
	uint8_t risk;
	bool again;
	int64_t wall_ms;
	struct fb_incident_addr peer;
};

static void add_flow(struct fb_incidents *incidents, struct fb_incident *incident,
		     const struct telling *telling)
{
	const bool same = !memcmp(&incident->peer, &telling->peer, sizeof(telling->peer));

	if (!telling->again) {
		incident->one_peer = !incident->flows || (incident->one_peer && same);
		incident->flows++;
		add_sample(incident, telling->flow_id, telling->risk);
		count_peer(incident, &telling->peer);
		incident->peer = telling->peer;
	} else {
		raise_sample(incident, telling->flow_id, telling->risk);
	}
	if (telling->wall_ms > incident->last_ms)
		incident->last_ms = telling->wall_ms;
	if (telling->risk > incident->risk)
		incident->risk = telling->risk;
	if (telling->evidence->points > incident->points)
		incident->points = telling->evidence->points;
	fb_evidence_text(telling->evidence, telling->flow, incident->sentence);
	fb_incidents_call(incidents, incident, telling->flow, telling->judgement, telling->wall_ms);
}

static void tell_news(struct fb_incidents *incidents, const struct fb_incident *incident,
		      enum fb_incident_news what, int64_t wall_ms)
{
	if (incidents->to.news && !fb_incidents_silence_of(incidents, incident, wall_ms))
		incidents->to.news(incidents->to.news_ctx, incident, what);
}

/* It was over; or all of it was one pair that is hidden, and this is another: it begins anew. */
static bool begins_anew(const struct fb_incidents *incidents, const struct fb_incident *incident,
			const struct telling *telling)
{
	const struct fb_incident_silence *silence;

	if (incident->closed)
		return true;
	silence = fb_incidents_silence_of(incidents, incident, telling->wall_ms);
	return silence && silence->peer.family &&
	       memcmp(&silence->peer, &telling->peer, sizeof(telling->peer)) != 0;
}

static void open_incident(struct fb_incidents *incidents, struct fb_incident *like,
			  const struct telling *telling)
{
	struct fb_incident *incident = NULL;
	const uint32_t number = find(incidents, like->id);

	if (number != FB_NONE) {
		incidents->n_closed -= incidents->incident[number].closed;
		incident = &incidents->incident[number];
		*incident = *like;
		fb_shares_renew(&incidents->shares, number);
	} else {
		incident = make(incidents, like);
	}
	if (!incident)
		return;
	incidents->counters.incidents_opened++;
	add_flow(incidents, incident, telling);
	incident->severity = severity_of(incident->risk);
	tell_news(incidents, incident, FB_INCIDENT_OPENED, telling->wall_ms);
}

static void go_on(struct fb_incidents *incidents, struct fb_incident *incident,
		  const struct telling *telling)
{
	const uint8_t before = incident->severity;

	add_flow(incidents, incident, telling);
	incident->severity = severity_of(incident->risk);
	if (incident->severity > before)
		tell_news(incidents, incident, FB_INCIDENT_WORSE, telling->wall_ms);
}

/* Flows of a pair that is hidden are no part of an incident that has others, too. */
static bool is_left_out(struct fb_incidents *incidents, const struct fb_incident *incident,
			const struct telling *telling)
{
	const struct fb_incident with = {.host = incident->host,
					 .peer = telling->peer,
					 .one_peer = true,
					 .kind = incident->kind};
	const struct fb_incident_silence *silence =
		fb_incidents_silence_of(incidents, &with, telling->wall_ms);

	if (!silence)
		return false;
	incidents->counters.incidents_silenced += !telling->again;
	return silence->peer.family && incident->flows && !incident->closed &&
	       !fb_incidents_silence_of(incidents, incident, telling->wall_ms);
}

static void tell_one(struct fb_incidents *incidents, struct telling *telling)
{
	const struct fb_judged *flow = telling->flow;
	const unsigned int kind = telling->evidence->kind;
	const bool server = is_of_server(flow, kind);
	struct fb_incident like = {
		.host = addr_of(server ? flow->dst : flow->src, flow->family),
		.inside = server ? flow->dst_inside : flow->src_inside,
		.kind = (uint8_t)kind,
		.first_ms = telling->wall_ms,
	};
	struct fb_incident *incident;
	uint32_t number;

	telling->peer = addr_of(server ? flow->src : flow->dst, flow->family);
	like.id = make_id(&like.host, kind);
	number = find(incidents, like.id);
	incident = number == FB_NONE ? &like : &incidents->incident[number];
	if (is_left_out(incidents, incident, telling))
		return;
	telling->again = is_told(incidents, telling->flow_id, kind);
	incidents->changed = true;
	if (number != FB_NONE && !begins_anew(incidents, incident, telling)) {
		go_on(incidents, incident, telling);
	} else if (number == FB_NONE || !telling->again) {
		telling->again = false;
		open_incident(incidents, &like, telling);
	}
}

/* The kind that says most; the others beside it are hints, unless they would do by themselves. */
static bool makes_one(const struct fb_judgement *judgement, unsigned int i)
{
	const uint8_t points = judgement->evidence[i].points;

	for (unsigned int k = 0; k < judgement->n && points < FB_RISK_MEDIUM_LEAST; k++)
		if (judgement->evidence[k].points > points ||
		    (judgement->evidence[k].points == points && k < i))
			return false;
	return true;
}

void fb_incidents_tell(struct fb_incidents *incidents, const struct fb_judged *flow,
		       const struct fb_judgement *judgement, uint64_t flow_id, int64_t wall_ms)
{
	if (judgement->risk < FB_RISK_MEDIUM_LEAST)
		return;
	for (unsigned int i = 0; i < judgement->n; i++) {
		struct telling telling = {.flow = flow,
					  .judgement = judgement,
					  .evidence = &judgement->evidence[i],
					  .flow_id = flow_id,
					  .risk = judgement->risk,
					  .wall_ms = wall_ms};

		if (makes_one(judgement, i))
			tell_one(incidents, &telling);
	}
}

void fb_incidents_age(struct fb_incidents *incidents, int64_t wall_ms)
{
	fb_incidents_end_silences(incidents, wall_ms);
	for (uint32_t i = 0; i < incidents->shares.fresh; i++) {
		struct fb_incident *incident = &incidents->incident[i];

		if (!fb_shares_is_held(&incidents->shares, i))
			continue;
		fb_incidents_call_due(incidents, incident, wall_ms);
		if (!incident->closed && wall_ms - incident->last_ms > FB_INCIDENT_OPEN_MS) {
			incident->closed = true;
			incidents->n_closed++;
			incidents->changed = true;
			tell_news(incidents, incident, FB_INCIDENT_CLOSED, wall_ms);
		}
		if (incident->closed &&
		    wall_ms - incident->last_ms > FB_INCIDENT_OPEN_MS + FB_INCIDENT_KEPT_MS)
			forget(incidents, i);
	}
}

/* --- asked ------------------------------------------------------------------------------------ */

/* 64 ln(64 / empty): few ones told apart by the slots that they left empty. */
static const uint16_t by_empty[FB_INCIDENT_PEER_SLOTS + 1] = {
	999, 266, 222, 196, 177, 163, 151, 142, 133, 126, 119, 113, 107, 102, 97, 93, 89,
	85,  81,  78,  74,  71,	 68,  65,  63,	60,  58,  55,  53,  51,	 48,  46, 44, 42,
	40,  39,  37,  35,  33,	 32,  30,  28,	27,  25,  24,  23,  21,	 20,  18, 17, 16,
	15,  13,  12,  11,  10,	 9,   7,   6,	5,   4,	  3,   2,   1,	 0,
};

/* Its raw estimate: 0.709 m^2 over the sum of 2^-rank. */
uint32_t fb_incident_count_peers(const struct fb_incident *incident)
{
	const uint64_t m = FB_INCIDENT_PEER_SLOTS;
	unsigned int empty = 0;
	uint64_t sum = 0, raw; /* in 2^-32 */

	for (unsigned int i = 0; i < m; i++) {
		const uint8_t rank = incident->peers[i];

		empty += rank == 0;
		sum += rank < 32 ? 1ull << (32 - rank) : 1;
	}
	raw = (m * m * 709 / 1000 << 32) / sum;
	if (empty && raw <= m * 5 / 2)
		return by_empty[empty];
	return raw < UINT32_MAX ? (uint32_t)raw : UINT32_MAX;
}

static bool is_asked(const struct fb_incidents *incidents, const struct fb_incident *incident,
		     const struct fb_incident_ask *ask)
{
	if (incident->severity < ask->least || (ask->kind >= 0 && incident->kind != ask->kind) ||
	    (ask->closed >= 0 && incident->closed != ask->closed))
		return false;
	if (ask->host.family && memcmp(&ask->host, &incident->host, sizeof(ask->host)) != 0)
		return false;
	return ask->silenced < 0 || (fb_incidents_silence_of(incidents, incident, ask->wall_ms) !=
				     NULL) == ask->silenced;
}

static int compare(const void *a_, const void *b_, void *incidents_)
{
	const struct fb_incidents *incidents = incidents_;
	const struct fb_incident *a = &incidents->incident[*(const uint32_t *)a_];
	const struct fb_incident *b = &incidents->incident[*(const uint32_t *)b_];

	if (a->closed != b->closed)
		return a->closed ? 1 : -1;
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->last_ms != b->last_ms)
		return a->last_ms > b->last_ms ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

uint32_t fb_incidents_list(const struct fb_incidents *incidents, const struct fb_incident_ask *ask,
			   struct fb_incident *list, uint32_t *ret_total)
{
	uint32_t number[FB_INCIDENTS], n = 0, listed = 0;

	for (uint32_t i = 0; i < incidents->shares.fresh; i++)
		if (fb_shares_is_held(&incidents->shares, i) &&
		    is_asked(incidents, &incidents->incident[i], ask))
			number[n++] = i;
	fb_sort(number, n, sizeof(*number), compare, (void *)incidents);
	for (uint32_t i = ask->offset; i < n && listed < ask->limit; i++)
		list[listed++] = incidents->incident[number[i]];
	*ret_total = n;
	return listed;
}

/* --- who is to be forgotten ------------------------------------------------------------------- */

bool fb_incidents_is_of(const struct fb_person *who, const struct fb_incident_addr *host,
			const struct fb_incident_addr *peer)
{
	return fb_person_has_addr(who, host->addr, host->family) ||
	       fb_person_has_addr(who, peer->addr, peer->family);
}

unsigned int fb_incidents_erase(struct fb_incidents *incidents, const struct fb_person *who)
{
	unsigned int n = fb_incidents_erase_silences(incidents, who);

	for (uint32_t i = 0; i < FB_INCIDENTS; i++) {
		struct fb_incident *incident = &incidents->incident[i];

		if (!fb_shares_is_held(&incidents->shares, i) ||
		    (!fb_incidents_is_of(who, &incident->host, &incident->peer) &&
		     !fb_person_is_in(who, incident->sentence)))
			continue;
		forget(incidents, i);
		*incident = (struct fb_incident){.id = 0};
		n++;
	}
	incidents->changed |= n > 0;
	return n;
}
