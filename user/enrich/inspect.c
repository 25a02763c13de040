/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots for what is not whole yet, and hellos to facts. */
#include "enrich/inspect.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/inspect_priv.h"
#include "util/idn.h"
#include "proto/ja4.h"
#include "proto/name.h"

#define SLOTS_DEFAULT 4096
#define OPENS_DEFAULT 20000
#define BYTES_DEFAULT (24u * 1024 * 1024)
#define MS_NS	      1000000ULL
#define SECOND_NS     (1000 * MS_NS)
#define SPARE_MAX     128 /* slots that wait for the next flow, 9 kB each */
#define WAIT_NS	      (10 * SECOND_NS)
#define LATE_NS	      (4 * SECOND_NS) /* of a late tick, that samples have time for */

#define PROTO_TCP     6
#define PROTO_UDP     17

int fb_inspect_new(const struct fb_inspect_opts *opts, const struct fb_inspect_ops *ops, void *ctx,
		   struct fb_inspect **ret_inspect)
{
	struct fb_inspect *inspect = calloc(1, sizeof(*inspect));

	if (!inspect)
		return -ENOMEM;
	inspect->opts = *opts;
	inspect->ops = ops;
	inspect->ctx = ctx;
	if (inspect->opts.slots == 0)
		inspect->opts.slots = SLOTS_DEFAULT;
	if (inspect->opts.opens_per_second == 0)
		inspect->opts.opens_per_second = OPENS_DEFAULT;
	if (inspect->opts.bytes == 0)
		inspect->opts.bytes = BYTES_DEFAULT;
	inspect->opens.limit = inspect->opts.opens_per_second;
	inspect->time.limit = inspect->opts.ns_per_second;
	inspect->slot = calloc(inspect->opts.slots, sizeof(*inspect->slot));
	if (!inspect->slot || fb_index_init(&inspect->index) < 0 ||
	    fb_shares_init(&inspect->shares, inspect->opts.slots) < 0 ||
	    fb_questions_new(opts->lookups, &inspect->questions) < 0 ||
	    fb_leases_new(opts->lookups, &inspect->leases) < 0) {
		fb_inspect_free(inspect);
		return -ENOMEM;
	}
	*ret_inspect = inspect;
	return 0;
}

/* --- slots ----------------------------------------------------------------------------------- */

static uint64_t slot_id(const struct fb_event *event)
{
	return (uint64_t)event->generation << 32 | event->slot;
}

static uint64_t hash_of(uint64_t id)
{
	return fb_hash(&id, sizeof(id), 0);
}

/* NULL: the flow has none. */
static struct fb_inspect_slot *find_slot(const struct fb_inspect *inspect,
					 const struct fb_event *event)
{
	const uint64_t id = slot_id(event);
	struct fb_index_it it = fb_index_begin(hash_of(id));
	uint32_t number;

	while (fb_index_next(&inspect->index, &it, &number))
		if (inspect->slot[number]->id == id)
			return inspect->slot[number];
	return NULL;
}

static void unlink_slot(struct fb_inspect *inspect, struct fb_inspect_slot *slot)
{
	if (slot == inspect->oldest)
		inspect->oldest = slot->newer;
	else
		slot->older->newer = slot->newer;
	if (slot == inspect->newest)
		inspect->newest = slot->older;
	else
		slot->newer->older = slot->older;
}

static void slot_fini(struct fb_inspect_slot *slot)
{
	for (unsigned int d = 0; d < 2; d++) {
		fb_reasm_fini(&slot->stream[d].reasm);
		fb_reasm_fini(&slot->dtls[d].message[0]);
		fb_reasm_fini(&slot->dtls[d].message[1]);
	}
	fb_quic_fini(&slot->quic);
	free(slot);
}

/* A connection needs its slot for a moment: most find one, and room for a hello in it. */
static void slot_keep(struct fb_inspect *inspect, struct fb_inspect_slot *slot)
{
	struct fb_reasm kept[2];

	for (unsigned int d = 0; d < 2; d++) {
		fb_reasm_clear(&slot->stream[d].reasm);
		kept[d] = slot->stream[d].reasm;
		fb_reasm_fini(&slot->dtls[d].message[0]);
		fb_reasm_fini(&slot->dtls[d].message[1]);
	}
	fb_quic_fini(&slot->quic);
	memset(slot, 0, sizeof(*slot));
	for (unsigned int d = 0; d < 2; d++)
		slot->stream[d].reasm = kept[d];
	slot->newer = inspect->spare;
	inspect->spare = slot;
	inspect->n_spare++;
}

static struct fb_inspect_slot *slot_take(struct fb_inspect *inspect)
{
	struct fb_inspect_slot *slot = inspect->spare;

	if (!slot)
		return calloc(1, sizeof(*slot));
	inspect->spare = slot->newer;
	inspect->n_spare--;
	slot->newer = NULL;
	return slot;
}

static void slot_free(struct fb_inspect *inspect, struct fb_inspect_slot *slot)
{
	inspect->held -= slot->held;
	inspect->used--;
	fb_index_remove(&inspect->index, hash_of(slot->id), slot->number);
	fb_shares_give(&inspect->shares, slot->number);
	unlink_slot(inspect, slot);
	if (inspect->n_spare < SPARE_MAX)
		slot_keep(inspect, slot);
	else
		slot_fini(slot);
}

void fb_inspect_free(struct fb_inspect *inspect)
{
	if (!inspect)
		return;
	while (inspect->oldest)
		slot_free(inspect, inspect->oldest);
	while (inspect->spare)
		slot_fini(slot_take(inspect));
	fb_index_fini(&inspect->index);
	fb_questions_free(inspect->questions);
	fb_leases_free(inspect->leases);
	free(inspect->slot);
	fb_shares_fini(&inspect->shares);
	free(inspect);
}

/* Make room: the oldest slot of the source that has most is given up, unless it is `keep`. */
static bool give_up_one(struct fb_inspect *inspect, const struct fb_inspect_slot *keep)
{
	const uint32_t number = fb_shares_next_out(&inspect->shares);

	if (number == FB_NONE || inspect->slot[number] == keep)
		return false;
	inspect->counters.slots_dropped++;
	slot_free(inspect, inspect->slot[number]);
	return true;
}

static struct fb_inspect_slot *slot_new(struct fb_inspect *inspect, const struct fb_event *event)
{
	struct fb_inspect_slot *slot;
	bool evicted;

	if (inspect->used == inspect->opts.slots)
		give_up_one(inspect, NULL);
	slot = slot_take(inspect);
	if (!slot)
		return NULL;
	slot->id = slot_id(event);
	slot->number = fb_shares_take(&inspect->shares, inspect->source.key, &evicted);
	if (slot->number != FB_NONE &&
	    fb_index_add(&inspect->index, hash_of(slot->id), slot->number) < 0) {
		fb_shares_give(&inspect->shares, slot->number);
		slot->number = FB_NONE;
	}
	if (slot->number == FB_NONE) {
		slot_fini(slot);
		return NULL;
	}
	inspect->slot[slot->number] = slot;
	inspect->used++;
	slot->since = event->time;
	slot->client = -1;
	fb_quic_init(&slot->quic);
	for (unsigned int d = 0; d < 2; d++) {
		slot->stream[d].reasm.limit = FB_SAMPLE_BYTES_OPENER;
		fb_reasm_init(&slot->dtls[d].message[0], FB_HANDSHAKE_MAX);
		fb_reasm_init(&slot->dtls[d].message[1], FB_HANDSHAKE_MAX);
	}
	slot->older = inspect->newest;
	*(inspect->newest ? &inspect->newest->newer : &inspect->oldest) = slot;
	inspect->newest = slot;
	return slot;
}

struct fb_inspect_slot *fb_inspect_slot(struct fb_inspect *inspect, const struct fb_event *event)
{
	struct fb_inspect_slot *slot = find_slot(inspect, event);

	return slot ? slot : slot_new(inspect, event);
}

static void release(struct fb_inspect *inspect, const struct fb_event *event)
{
	struct fb_inspect_slot *slot = find_slot(inspect, event);

	if (slot)
		slot_free(inspect, slot);
}

/* A tick that came late has the samples of more than a second behind it, and the time for them. */
static void renew_time(struct fb_inspect *inspect, uint64_t now_ns)
{
	uint64_t ns = now_ns - inspect->ticked_ns;

	if (!inspect->ticked_ns || now_ns < inspect->ticked_ns || ns < SECOND_NS)
		ns = SECOND_NS;
	if (ns > LATE_NS)
		ns = LATE_NS;
	inspect->ticked_ns = now_ns;
	inspect->time.limit = inspect->opts.ns_per_second * (ns / MS_NS) / (SECOND_NS / MS_NS);
	fb_ration_reset(&inspect->time);
}

void fb_inspect_tick(struct fb_inspect *inspect, uint64_t now_ns)
{
	fb_ration_reset(&inspect->opens);
	renew_time(inspect, now_ns);
	inspect->unanswered = 0;
	while (inspect->oldest && inspect->oldest->since + WAIT_NS < now_ns) {
		inspect->counters.hello_incomplete += inspect->oldest->pending;
		slot_free(inspect, inspect->oldest);
	}
}

uint32_t fb_inspect_used(const struct fb_inspect *inspect)
{
	return inspect->used;
}

void fb_inspect_counters(const struct fb_inspect *inspect, struct fb_inspect_counters *ret_counters)
{
	*ret_counters = inspect->counters;
}

/* Count what the slot of a flow holds now; others make room. */
static void weigh(struct fb_inspect *inspect, const struct fb_event *event)
{
	struct fb_inspect_slot *slot = find_slot(inspect, event);

	if (!slot)
		return;
	inspect->held -= slot->held;
	slot->held = sizeof(*slot) + slot->quic.crypto.room + slot->quic.answer.room;
	for (unsigned int d = 0; d < 2; d++)
		slot->held += slot->stream[d].reasm.room + slot->dtls[d].message[0].room +
			      slot->dtls[d].message[1].room;
	inspect->held += slot->held;
	while (inspect->held > inspect->opts.bytes && give_up_one(inspect, slot))
		;
}

/* --- time ------------------------------------------------------------------------------------ */

static struct fb_source source_of(const struct fb_event *event)
{
	return fb_source_of(event->key.addr[event->dir & 1], event->key.family);
}

bool fb_inspect_may(struct fb_inspect *inspect, const struct fb_inspect_pkt *pkt)
{
	const struct fb_source source = source_of(pkt->event);
	const struct fb_ration *time = &inspect->time;

	if (fb_ration_may(time, &source, 1) &&
	    (!time->limit || pkt->answered || inspect->unanswered < time->limit / 2))
		return true;
	inspect->counters.inspect_skipped++;
	return false;
}

uint64_t fb_inspect_spent(const struct fb_inspect *inspect)
{
	return inspect->time.spent;
}

void fb_inspect_charge(struct fb_inspect *inspect, uint64_t ns)
{
	if (ns > inspect->time.spent)
		inspect->time.spent = ns;
}

bool fb_inspect_may_open(struct fb_inspect *inspect, const struct fb_inspect_slot *slot,
			 unsigned int *ret_opens)
{
	const struct fb_ration *opens = &inspect->opens;

	/* one opening a flow first: what failed before has half a share */
	if (!fb_ration_may(opens, &inspect->source, slot->failed ? 2 : 1)) {
		inspect->counters.quic_skipped++;
		return false;
	}
	*ret_opens = (unsigned int)(opens->limit - opens->spent);
	return true;
}

void fb_inspect_opened(struct fb_inspect *inspect, unsigned int n)
{
	fb_ration_take(&inspect->opens, &inspect->source, n);
	inspect->cost += (uint64_t)n * FB_COST_OPEN;
}

enum fb_inspect_verdict fb_inspect_feed(struct fb_inspect *inspect,
					const struct fb_inspect_pkt *pkt)
{
	enum fb_inspect_verdict verdict = FB_INSPECT_VERDICT_END;

	inspect->counters.samples++;
	inspect->source = source_of(pkt->event);
	inspect->cost = FB_COST_SAMPLE + (uint64_t)pkt->event->caplen * FB_COST_BYTE;
	if (pkt->event->key.proto == PROTO_TCP)
		verdict = fb_inspect_tcp(inspect, pkt);
	else if (pkt->event->key.proto == PROTO_UDP)
		verdict = fb_inspect_udp(inspect, pkt);
	if (verdict == FB_INSPECT_VERDICT_END)
		release(inspect, pkt->event);
	else
		weigh(inspect, pkt->event);
	fb_ration_take(&inspect->time, &inspect->source, inspect->cost);
	inspect->unanswered += pkt->answered ? 0 : inspect->cost;
	return verdict;
}

/* --- facts ----------------------------------------------------------------------------------- */

/* Warn of a name whose letters come from several scripts. */
static uint8_t script_flags(const char *text, size_t len)
{
	char unicode[4 * FB_NAME_MAX];
	bool mixed = false;

	return fb_idn_text(text, len, unicode, sizeof(unicode), &mixed) > 0 && mixed
		       ? FB_NAME_FLAG_MIXED_SCRIPT
		       : 0;
}

void fb_inspect_tell(struct fb_inspect *inspect, const struct fb_event *event, uint8_t l7,
		     int8_t client, uint8_t source, const uint8_t *name, size_t len)
{
	char text[FB_NAME_MAX + 1];
	struct fb_hello_fact fact = {.time = event->time, .l7 = l7, .client = client};
	int n = name ? fb_name_host(name, len, text, sizeof(text)) : 0;

	inspect->cost += FB_COST_FACT;
	inspect->counters.name_refused += n < 0;
	if (n > 0 && !(source == FB_NAME_HTTP && fb_name_is_address(text, (size_t)n))) {
		fact.name = text;
		fact.name_len = (size_t)n;
		fact.name_source = source;
		fact.name_flags = script_flags(text, fact.name_len);
	}
	inspect->ops->hello(inspect->ctx, event, &fact);
}

/* False: more ALPN values than there is room for. */
static bool tls_of_hello(const struct fb_client_hello *hello, const struct fb_carrier *by,
			 char alpn[static FB_ALPN_TEXT], struct fb_flow_tls *tls)
{
	bool whole = !hello->alpn_cut;

	*tls = (struct fb_flow_tls){
		.version = hello->version,
		.offered = hello->version,
		.group = hello->n_groups ? hello->group[0] : 0,
		.ech = hello->ech,
		.esni = hello->esni,
		.n_groups = (uint8_t)hello->n_groups,
		.quic_version = by->quic_version,
	};
	static_assert(sizeof(tls->groups) == sizeof(hello->group), "one list, kept");
	memcpy(tls->groups, hello->group, sizeof(tls->groups));
	tls->alpn = alpn;
	for (unsigned int i = 0; i < hello->n_alpn; i++) {
		const int n = fb_name_text(hello->alpn[i].at, hello->alpn[i].len,
					   alpn + tls->alpn_len, FB_ALPN_TEXT - tls->alpn_len);

		if (n > 0)
			tls->alpn_len += (uint16_t)(n + 1);
		whole &= n >= 0;
	}
	fb_ja4(hello, (enum fb_ja4_transport)by->transport, tls->ja4);
	return whole;
}

static void count_hello(struct fb_inspect *inspect, char transport)
{
	struct fb_inspect_counters *counters = &inspect->counters;

	(*(transport == 'q'   ? &counters->hellos_quic
	   : transport == 'd' ? &counters->hellos_dtls
			      : &counters->hellos_tls))++;
	counters->hello_ech += inspect->hello.ech;
	counters->hello_no_name += !inspect->hello.sni.at;
}

/* From the hello to its first answer, which may ask for another hello. 0: not known. */
static uint32_t answered_within(struct fb_inspect *inspect, const struct fb_event *event)
{
	struct fb_inspect_slot *slot = find_slot(inspect, event);
	uint32_t us;

	if (!slot || !slot->hello_ns)
		return slot ? slot->answer_us : 0;
	us = fb_inspect_us(slot->hello_ns, event->time);
	slot->hello_ns = 0;
	slot->answer_us = us;
	return us;
}

uint32_t fb_inspect_us(uint64_t from_ns, uint64_t to_ns)
{
	const uint64_t us = to_ns > from_ns ? (to_ns - from_ns) / 1000 : 0;

	return us < 1 ? 1 : us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void note_hello(struct fb_inspect *inspect, const struct fb_event *event)
{
	struct fb_inspect_slot *slot = find_slot(inspect, event);

	if (slot)
		slot->hello_ns = event->time;
}

bool fb_inspect_client_hello(struct fb_inspect *inspect, const struct fb_event *event,
			     const uint8_t *body, size_t len, const struct fb_carrier *by)
{
	const struct fb_client_hello *hello = &inspect->hello;
	char text[FB_NAME_MAX + 1], alpn[FB_ALPN_TEXT];
	struct fb_flow_tls tls;
	struct fb_hello_fact fact = {
		.time = event->time,
		.l7 = by->transport == 'q' ? FB_L7_QUIC : FB_L7_TLS,
		.client = (int8_t)event->dir,
		.tls = &tls,
	};
	int n = 0;

	inspect->cost += FB_COST_HELLO;
	if (fb_client_hello_parse(body, len, by->transport == 'd', &inspect->hello) < 0) {
		inspect->counters.hello_malformed++;
		return false;
	}
	count_hello(inspect, by->transport);
	inspect->counters.hello_overlap += by->overlap;
	inspect->counters.alpn_cut += !tls_of_hello(hello, by, alpn, &tls);
	fact.pq_offered = hello->pq_offered;
	if (hello->sni.at)
		n = fb_name_host(hello->sni.at, hello->sni.len, text, sizeof(text));
	inspect->counters.name_refused += n < 0;
	if (n > 0) {
		fact.name = text;
		fact.name_len = (size_t)n;
		fact.name_source = hello->ech		  ? FB_NAME_ECH
				   : by->transport == 'q' ? FB_NAME_QUIC
							  : FB_NAME_SNI;
		fact.name_flags = script_flags(text, fact.name_len);
		fact.name_flags |= hello->ech ? FB_NAME_FLAG_ECH : 0;
		fact.name_flags |= by->overlap ? FB_NAME_FLAG_OVERLAP : 0;
	}
	note_hello(inspect, event);
	inspect->ops->hello(inspect->ctx, event, &fact);
	return true;
}

bool fb_inspect_server_hello(struct fb_inspect *inspect, const struct fb_event *event,
			     const uint8_t *body, size_t len, uint8_t l7, bool *ret_retry)
{
	struct fb_server_hello hello;
	struct fb_flow_tls tls = {.answered = true};
	struct fb_hello_fact fact = {
		.time = event->time,
		.l7 = l7,
		.client = -1,
		.tls = &tls,
	};

	inspect->cost += FB_COST_FACT;
	if (fb_server_hello_parse(body, len, &hello) < 0)
		return false;
	*ret_retry = hello.retry;
	tls.hello_us = answered_within(inspect, event);
	if (hello.retry)
		return true;
	tls.version = hello.version;
	tls.cipher = hello.cipher;
	tls.group = hello.group;
	inspect->counters.hello_answered++;
	inspect->ops->hello(inspect->ctx, event, &fact);
	return true;
}
