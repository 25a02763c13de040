/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/judgebook.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/judgestate.h"
#include "flow/dnslog.h"
#include "policy/judgedflow.h"
#include "policy/learned.h"
#include "policy/serving.h"
#include "proto/dns.h"
#include "util/clock.h"

#define WORK_NS (3 * FB_NS_PER_MS)
#define BLOCK	16 /* flows that are judged together, between two looks at the clock */
/*
 * The judge's clock is a little behind: of flows it is told when they are some moments old, by
 * their own times; of what goes on by this one, which shall not be ahead of those.
 */
#define BEHIND_NS    (2 * FB_NS_PER_S)
#define EVENTS_SHIFT 26
#define APPLY_MS     86400000
#define NXDOMAIN     3

_Static_assert((1u << EVENTS_SHIFT) - 1 == FB_ID_NUMBER, "a tag has a record's number, and events");

/* Ticks until a flow of this stage is looked at. */
static const uint32_t patience[FB_STAGE_COUNT] = {
	[FB_STAGE_NEW] = 1, [FB_STAGE_NAMELESS] = 1, [FB_STAGE_UNANSWERED] = 3};

int fb_judgebook_open(struct fb_judgebook *book, struct fb_table *table, uint64_t now_ns)
{
	struct fb_judge_opts opts = {
		.secret = true, .teachings = &book->teachings, .ahead_s = &book->ahead_s};
	int r = fb_teachings_init(&book->teachings);

	pthread_mutex_init(&book->lock, NULL);
	book->table = table;
	book->began_ns = now_ns;
	book->all_asked = true;
	for (unsigned int i = 0; i < FB_STAGE_COUNT; i++) {
		book->line[i].wait = calloc(FB_JUDGEBOOK_WAIT, sizeof(*book->line[i].wait));
		if (!book->line[i].wait)
			return -ENOMEM;
	}
	book->learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n);
	opts.learned = book->learned;
	if (r == 0)
		r = book->learned ? fb_judge_new(&opts, &book->judge) : -ENOMEM;
	return r;
}

void fb_judgebook_close(struct fb_judgebook *book)
{
	if (!book->table)
		return;
	fb_snapshot_put(book->snapshot);
	fb_judgestate_close(book->state);
	fb_judge_free(book->judge);
	fb_learned_free(book->learned);
	fb_teachings_fini(&book->teachings);
	pthread_mutex_destroy(&book->lock);
	for (unsigned int i = 0; i < FB_STAGE_COUNT; i++)
		free(book->line[i].wait);
	*book = (struct fb_judgebook){0};
}

/* --- one flow --------------------------------------------------------------------------------- */

static unsigned int events_until(unsigned int told, unsigned int until)
{
	static const unsigned int upto[] = {
		[FB_CASE_NONE] = 0,
		[FB_CASE_OPENED] = FB_TOLD_OPENED,
		[FB_CASE_ANSWERED] = FB_TOLD_OPENED | FB_TOLD_RESULT,
		[FB_CASE_ENDED] = FB_TOLD_OPENED | FB_TOLD_RESULT | FB_TOLD_ENDED,
	};

	return upto[until] & ~upto[told];
}

static unsigned int told_after(unsigned int told, unsigned int events)
{
	return events & FB_TOLD_ENDED	 ? FB_CASE_ENDED
	       : events & FB_TOLD_RESULT ? FB_CASE_ANSWERED
	       : events & FB_TOLD_OPENED ? FB_CASE_OPENED
					 : told;
}

/* What of these events is news of a flow that was told so far. */
static unsigned int news_of(unsigned int told, unsigned int events)
{
	events &= ~events_until(FB_CASE_NONE, told);
	return told == FB_CASE_ANSWERED ? events : events & ~(unsigned int)FB_TOLD_COUNTED;
}

struct news {
	const struct fb_flow *flow; /* as it is now */
	const struct fb_judged *judged;
	unsigned int events;
};

static void keep(struct fb_judgebook *book, const struct news *news,
		 const struct fb_judgement *judgement)
{
	struct fb_flow_verdict verdict;

	fb_verdict_of(judgement, &verdict);
	verdict.told = told_after(news->flow->verdict.told, news->events) & 3;
	fb_table_judged(book->table, news->flow->id, &verdict, judgement->evidence, judgement->n);
	book->counters.judge_told++;
	if (book->listen)
		book->listen(book->listen_ctx, news->judged, judgement, news->flow->id);
}

/* BLOCK of them at most, each of another flow. */
static void tell(struct fb_judgebook *book, const struct news *news, unsigned int n)
{
	struct fb_judgement judgement[BLOCK];
	struct fb_judge_told told[BLOCK] = {0};

	for (unsigned int i = 0; i < n; i++) {
		fb_judgement_of(&news[i].flow->verdict, &judgement[i]);
		told[i] = (struct fb_judge_told){.flow = news[i].judged,
						 .judgement = &judgement[i],
						 .events = (uint8_t)news[i].events};
	}
	fb_judge_tell(book->judge, told, n);
	for (unsigned int i = 0; i < n; i++)
		keep(book, &news[i], &judgement[i]);
}

static void describe(const struct fb_judgebook *book, const struct fb_flow_at *at,
		     unsigned int events, uint64_t now_ns, struct fb_judged *ret_judged)
{
	const struct fb_flow *flow = at->flow;

	fb_judged_of(at, ret_judged);
	ret_judged->older = flow->flags & FB_FLOW_PARTIAL || flow->first_seen < book->began_ns;
	if (ret_judged->older || !(events & (FB_TOLD_OPENED | FB_TOLD_RESULT)) ||
	    flow->first_seen > now_ns)
		ret_judged->time_ns = now_ns - BEHIND_NS;
	for (int dir = 0; dir < 2; dir++) {
		const int64_t bytes = at->traffic->moved_bytes[dir];
		const int32_t packets = at->traffic->moved_packets[dir];

		ret_judged->moved_bytes[dir] = bytes > 0 ? (uint64_t)bytes : 0;
		ret_judged->moved_packets[dir] = packets > 0 ? (uint64_t)packets : 0;
	}
	ret_judged->tag = (uint32_t)(flow->id & FB_ID_NUMBER) | (uint32_t)events << EVENTS_SHIFT;
}

/* --- a batch ---------------------------------------------------------------------------------- */

static void add(struct fb_judgebook *book, const struct fb_flow_at *at, unsigned int events)
{
	if (events)
		describe(book, at, events, book->snapshot->now_ns, &book->batch[book->n_batch++]);
}

/* False: there is no room. */
static bool line_up(struct fb_judgebook *book, enum fb_judgebook_stage stage, uint64_t id)
{
	struct fb_judgebook_line *line = &book->line[stage];
	uint32_t at;

	if (line->n == FB_JUDGEBOOK_WAIT)
		return false;
	if (!line->n)
		line->first = 0;
	at = (line->first + line->n++) % FB_JUDGEBOOK_WAIT;
	line->wait[at].id = id;
	line->wait[at].due = book->tick + patience[stage];
	return true;
}

/* What it waits for next; FB_STAGE_COUNT: nothing, its result is what it is. */
static enum fb_judgebook_stage next_stage(const struct fb_flow_at *at,
					  enum fb_judgebook_stage stage)
{
	struct fb_judged judged;

	if (at->flow->closed || stage == FB_STAGE_UNANSWERED)
		return FB_STAGE_COUNT;
	fb_judged_of(at, &judged);
	switch (judged.result) {
	case FB_JUDGED_REFUSED:
	case FB_JUDGED_OTHER:
		return FB_STAGE_COUNT;
	case FB_JUDGED_OK:
		return judged.name || stage != FB_STAGE_NEW ? FB_STAGE_COUNT : FB_STAGE_NAMELESS;
	default:
		return stage == FB_STAGE_NEW ? FB_STAGE_NAMELESS : FB_STAGE_UNANSWERED;
	}
}

static void look_at(struct fb_judgebook *book, enum fb_judgebook_stage stage, uint64_t id)
{
	enum fb_judgebook_stage next;
	struct fb_flow_at at;

	if (!fb_snapshot_find(book->snapshot, id, &at))
		return;
	next = next_stage(&at, stage);
	if (next != FB_STAGE_COUNT && line_up(book, next, id))
		add(book, &at, events_until(at.flow->verdict.told, FB_CASE_OPENED));
	else
		add(book, &at, events_until(at.flow->verdict.told, FB_CASE_ANSWERED));
}

static void take_line(struct fb_judgebook *book, enum fb_judgebook_stage stage)
{
	struct fb_judgebook_line *line = &book->line[stage];

	while (line->n && book->n_batch < FB_JUDGEBOOK_BATCH &&
	       (int32_t)(book->tick - line->wait[line->first].due) >= 0) {
		const uint64_t id = line->wait[line->first].id;

		line->first = (line->first + 1) % FB_JUDGEBOOK_WAIT;
		line->n--;
		look_at(book, stage, id);
	}
}

/* What is not told of its result yet, all of it is told with that. */
static void take_grown(struct fb_judgebook *book)
{
	struct fb_flow_at at;

	for (; book->grown_at < book->n_grown && book->n_batch < FB_JUDGEBOOK_BATCH;
	     book->grown_at++)
		if (fb_snapshot_at(book->snapshot, book->grown[book->grown_at], &at))
			add(book, &at, news_of(at.flow->verdict.told, FB_TOLD_COUNTED));
}

static bool fill(struct fb_judgebook *book)
{
	book->n_batch = book->batch_at = 0;
	take_grown(book);
	for (unsigned int i = 0; i < FB_STAGE_COUNT; i++)
		take_line(book, i);
	fb_judge_sort(book->batch, book->n_batch);
	return book->n_batch;
}

/* The snapshot tells what it is, the table what was said of it since. */
static void judge_block(struct fb_judgebook *book)
{
	struct news news[BLOCK];
	unsigned int n = 0;

	for (; n < BLOCK && book->batch_at < book->n_batch; book->batch_at++) {
		const struct fb_judged *judged = &book->batch[book->batch_at];
		const uint32_t number = judged->tag & FB_ID_NUMBER;

		news[n].judged = judged;
		news[n].flow =
			fb_table_flow(book->table, fb_snapshot_flow(book->snapshot, number)->id);
		news[n].events = news[n].flow ? news_of(news[n].flow->verdict.told,
							judged->tag >> EVENTS_SHIFT)
					      : 0;
		n += news[n].events > 0;
	}
	tell(book, news, n);
}

static void judge_batch(struct fb_judgebook *book)
{
	while (book->batch_at < book->n_batch)
		judge_block(book);
}

/* --- DNS -------------------------------------------------------------------------------------- */

/* A question, or that there is no such name. */
static void judge_message(struct fb_judgebook *book, const struct fb_dnslog_entry *entry)
{
	const struct fb_flow *flow = fb_table_flow(book->table, entry->flow);
	struct fb_judged judged;
	struct fb_flow_at at;
	struct fb_dns dns;

	if (!flow || !fb_snapshot_find(book->snapshot, entry->flow, &at) ||
	    fb_dns_parse(entry->message, entry->len, NULL, NULL, &dns) < 0 || !dns.has_question ||
	    (dns.response && dns.rcode != NXDOMAIN))
		return;
	describe(book, &at, FB_TOLD_ASKED, book->snapshot->now_ns, &judged);
	judged.question = dns.question.text;
	judged.question_type = dns.question_type;
	judged.absent = dns.response;
	tell(book, &(struct news){flow, &judged, FB_TOLD_ASKED}, 1);
}

static bool judge_questions(struct fb_judgebook *book, unsigned int n)
{
	while (!book->all_asked && n--) {
		const struct fb_dnslog_entry *entry =
			fb_dnslog_next(book->snapshot->dns, book->asked);

		book->all_asked = !entry;
		if (!entry)
			break;
		book->asked = entry;
		judge_message(book, entry);
	}
	return !book->all_asked;
}

/* --- what the operator says ------------------------------------------------------------------- */

static void apply(struct fb_judgebook *book, int64_t now_ms)
{
	fb_teachings_apply(&book->teachings, book->learned, now_ms);
	book->applied_ms = now_ms;
}

/* With time less is left of what was taught. */
static void look_after(struct fb_judgebook *book, int64_t now_ms)
{
	if (book->teachings.n && now_ms - book->applied_ms >= APPLY_MS) {
		pthread_mutex_lock(&book->lock);
		apply(book, now_ms);
		pthread_mutex_unlock(&book->lock);
	}
	fb_judgestate_tick(book->state);
}

int fb_judgebook_keep(struct fb_judgebook *book, int folder, int64_t now_ms)
{
	struct fb_judgestate_of of = {.teachings = &book->teachings};
	int r;

	if (!book->judge)
		return 0;
	of.baseline = fb_judge_baseline(book->judge);
	r = fb_judgestate_open(folder, &of, &book->state);
	if (book->teachings.n)
		apply(book, now_ms);
	return r;
}

/* The flows that are there are served what was said, or what both judges say again. */
static void serve_again(struct fb_judgebook *book, const struct fb_teaching_ends *ends,
			uint8_t taught)
{
	struct fb_flow_at at;

	for (uint32_t i = 0; i < book->snapshot->n; i++) {
		const struct fb_flow *flow = fb_snapshot_flow(book->snapshot, i);
		struct fb_judgement judgement;
		struct fb_flow_verdict verdict;

		if (!flow->id || flow->proto != ends->proto ||
		    memcmp(flow->dst, ends->server, 16) != 0 ||
		    memcmp(flow->src, ends->client, 16) != 0 ||
		    (ends->port && flow->dst_port != ends->port) ||
		    !fb_table_at(book->table, i, &at) || at.flow->id != flow->id ||
		    !at.flow->verdict.told)
			continue;
		fb_judgement_of(&at.flow->verdict, &judgement);
		fb_judgement_serve(&judgement, taught);
		fb_verdict_of(&judgement, &verdict);
		verdict.told = at.flow->verdict.told;
		fb_table_judged(book->table, flow->id, &verdict, judgement.evidence, judgement.n);
	}
}

int fb_judgebook_teach(struct fb_judgebook *book, uint64_t flow_id, bool deny, int64_t now_ms)
{
	struct fb_teaching teaching = {.deny = deny, .time_ms = now_ms};
	struct fb_judged judged;
	struct fb_flow_at at;
	uint32_t id;
	int r;

	if (!book->judge)
		return -ENOSYS;
	if (!fb_table_flow(book->table, flow_id) || !book->snapshot)
		return -ENOENT;
	fb_table_at(book->table, (uint32_t)(flow_id & FB_ID_NUMBER), &at);
	if (!at.flow->verdict.told)
		return -EAGAIN;
	fb_judged_of(&at, &judged);
	fb_teaching_ends_of(&judged, &teaching.ends);
	fb_learned_unpack(at.flow->verdict.steps, &teaching.steps);
	pthread_mutex_lock(&book->lock);
	r = fb_teachings_add(&book->teachings, &teaching, &id);
	apply(book, now_ms);
	pthread_mutex_unlock(&book->lock);
	if (r < 0)
		return r;
	fb_judgestate_changed(book->state);
	serve_again(book, &teaching.ends, 1 + (deny ? FB_JUDGE_DENY : FB_JUDGE_ALLOW));
	return (int)id;
}

static const struct fb_teaching *find_teaching(const struct fb_judgebook *book, uint32_t id)
{
	for (unsigned int i = 0; i < book->teachings.n; i++)
		if (book->teachings.list[i].id == id)
			return &book->teachings.list[i];
	return NULL;
}

int fb_judgebook_unteach(struct fb_judgebook *book, uint32_t id, int64_t now_ms)
{
	const struct fb_teaching *teaching = book->judge ? find_teaching(book, id) : NULL;
	struct fb_teaching_ends ends;
	int r;

	if (!teaching)
		return book->judge ? -ENOENT : -ENOSYS;
	ends = teaching->ends;
	pthread_mutex_lock(&book->lock);
	r = fb_teachings_undo(&book->teachings, id);
	apply(book, now_ms);
	pthread_mutex_unlock(&book->lock);
	fb_judgestate_changed(book->state);
	if (book->snapshot)
		serve_again(book, &ends, 0);
	return r;
}

unsigned int fb_judgebook_teachings(struct fb_judgebook *book, struct fb_teaching *list)
{
	unsigned int n;

	if (!book->judge)
		return 0;
	pthread_mutex_lock(&book->lock);
	n = book->teachings.n;
	memcpy(list, book->teachings.list, n * sizeof(*list));
	pthread_mutex_unlock(&book->lock);
	return n;
}

/* --- ticks ------------------------------------------------------------------------------------ */

static void end_block(struct fb_judgebook *book, const uint32_t *numbers, uint32_t n,
		      uint64_t now_ns)
{
	struct fb_judged ends[BLOCK];
	struct news news[BLOCK];
	unsigned int n_ends = 0;
	struct fb_flow_at at;

	for (uint32_t i = 0; i < n; i++) {
		unsigned int events;

		if (!fb_table_at(book->table, numbers[i], &at) || at.flow->flags & FB_FLOW_UNSEEN)
			continue;
		events = events_until(at.flow->verdict.told, FB_CASE_ENDED);
		if (events)
			describe(book, &at, events, now_ns, &ends[n_ends++]);
	}
	fb_judge_sort(ends, n_ends);
	for (unsigned int i = 0; i < n_ends; i++) {
		fb_table_at(book->table, ends[i].tag & FB_ID_NUMBER, &at);
		news[i] = (struct news){at.flow, &ends[i], ends[i].tag >> EVENTS_SHIFT};
	}
	tell(book, news, n_ends);
}

void fb_judgebook_ended(struct fb_judgebook *book, const uint32_t *numbers, uint32_t n,
			uint64_t now_ns)
{
	const uint64_t start = fb_monotonic_ns();

	judge_batch(book); /* what was said before their ends */
	for (uint32_t i = 0; i < n; i += BLOCK)
		end_block(book, numbers + i, n - i < BLOCK ? n - i : BLOCK, now_ns);
	book->took_ns += fb_monotonic_ns() - start;
}

static void take_begun(struct fb_judgebook *book)
{
	struct fb_judgebook_line *line = &book->line[FB_STAGE_NEW];
	uint32_t numbers[256], n;

	while (FB_JUDGEBOOK_WAIT - line->n >= 256 &&
	       (n = fb_table_take_begun(book->table, numbers, 256))) {
		for (uint32_t i = 0; i < n; i++) {
			struct fb_flow_at at;

			if (fb_snapshot_at(book->snapshot, numbers[i], &at) &&
			    !(at.flow->flags & FB_FLOW_UNSEEN))
				line_up(book, FB_STAGE_NEW, at.flow->id);
		}
	}
}

static uint64_t count_left(const struct fb_judgebook *book)
{
	const struct fb_dnslog_entry *entry = book->asked;
	uint64_t left = book->n_grown - book->grown_at;

	while (!book->all_asked && (entry = fb_dnslog_next(book->snapshot->dns, entry)))
		left++;
	return left;
}

/* What is usual of a host goes by the hour that people there have. */
static int64_t ahead_of(const struct fb_snapshot *snapshot)
{
	const time_t wall_s = (time_t)(snapshot->wall_ms / 1000);
	struct tm local = {0};

	localtime_r(&wall_s, &local);
	return wall_s + local.tm_gmtoff - (int64_t)(snapshot->now_ns / FB_NS_PER_S);
}

void fb_judgebook_tick(struct fb_judgebook *book, struct fb_snapshot *snapshot, int64_t now_ms)
{
	const uint64_t start = fb_monotonic_ns();

	if (!book->judge || !snapshot)
		return;
	look_after(book, now_ms);
	book->ahead_s = ahead_of(snapshot);
	judge_batch(book);
	book->counters.judge_untold += book->snapshot ? count_left(book) : 0;
	fb_snapshot_put(book->snapshot);
	book->snapshot = fb_snapshot_get(snapshot);
	book->tick++;
	book->asked = NULL;
	book->all_asked = !snapshot->dns;
	book->grown_at = 0;
	book->n_grown = fb_table_grown(book->table, &book->grown);
	take_begun(book);
	book->took_us = (uint32_t)((book->took_ns + fb_monotonic_ns() - start) / 1000);
	book->took_ns = 0;
}

bool fb_judgebook_work(struct fb_judgebook *book)
{
	const uint64_t start = fb_monotonic_ns();
	bool more = book->judge && book->snapshot;

	while (more && fb_monotonic_ns() - start < WORK_NS) {
		if (book->batch_at < book->n_batch)
			judge_block(book);
		else
			more = fill(book) || judge_questions(book, BLOCK);
	}
	book->took_ns += fb_monotonic_ns() - start;
	return more;
}

bool fb_judgebook_explain(struct fb_judgebook *book, const struct fb_flow_at *at,
			  struct fb_judgement *ret_judgement)
{
	const struct fb_flow_verdict *verdict = &at->flow->verdict;
	struct fb_learned_place place;

	if (at->past || !verdict->told)
		return false;
	fb_judgement_of(verdict, ret_judgement);
	if (!verdict->asked || !book->learned)
		return true;
	fb_learned_place(&ret_judgement->steps, &place);
	pthread_mutex_lock(&book->lock);
	fb_learned_judge(book->learned, &place, &ret_judgement->second);
	pthread_mutex_unlock(&book->lock);
	ret_judgement->second.action = verdict->learned;
	ret_judgement->second.confidence = verdict->confidence;
	return true;
}

void fb_judgebook_status(const struct fb_judgebook *book, struct fb_judge_status *ret_status)
{
	const struct fb_agreement *agreement;

	*ret_status = (struct fb_judge_status){.on = book->judge != NULL, .took_us = book->took_us};
	if (!book->judge)
		return;
	for (unsigned int i = 0; i < FB_JUDGE_TABLE_COUNT; i++)
		fb_judge_table_state(book->judge, i, &ret_status->table[i]);
	agreement = fb_judge_agreement(book->judge);
	ret_status->hour = fb_agreement_hour(agreement);
	ret_status->abstains = agreement->abstains;
}
