/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass: flow to process, process to program; whom a program talks to beside it. */
#include "query/programs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/matches.h"
#include "query/query_priv.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/select.h"

#define PROCESSES_MAX 65536
#define PEERS_MAX     65536

/* Records that grow, found by a hash. */
struct set {
	struct fb_index index;
	char *item;
	size_t size; /* of a record */
	uint32_t n, room, max;
};

struct process {
	const struct fb_owner *owner;
	uint64_t last_seen;
	uint32_t program;
};

struct peer {
	uint64_t bytes;
	uint32_t program;
	char text[FB_PROGRAM_PEER];
};

struct counting {
	struct set processes, programs, peers; /* struct process, fb_program, peer */
	struct fb_taking taking;
	struct fb_programs *to;
};

static int set_init(struct set *set, size_t size, uint32_t max)
{
	*set = (struct set){.size = size, .max = max};
	return fb_index_init(&set->index);
}

static void set_fini(struct set *set)
{
	fb_index_fini(&set->index);
	free(set->item);
}

static void *set_at(const struct set *set, uint32_t number)
{
	return set->item + number * set->size;
}

/* A copy of `from`; FB_NONE in *ret_number: it is full. 0 or -ENOMEM. */
static int set_add(struct set *set, uint64_t hash, const void *from, uint32_t *ret_number)
{
	const uint32_t room = set->room ? set->room * 2 : 64;
	char *item;

	*ret_number = FB_NONE;
	if (set->n == set->max)
		return 0;
	if (set->n == set->room) {
		item = realloc(set->item, room * set->size);
		if (!item)
			return -ENOMEM;
		set->item = item;
		set->room = room;
	}
	if (fb_index_add(&set->index, hash, set->n) < 0)
		return -ENOMEM;
	memcpy(set_at(set, set->n), from, set->size);
	*ret_number = set->n++;
	return 0;
}

/* --- a process, its program ------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_program(const struct fb_owner *a, const struct fb_owner *b)
{
	return same_text(a->process, b->process) && same_text(a->exe, b->exe) &&
	       same_text(a->user, b->user) && same_text(a->unit, b->unit) &&
	       same_text(a->container, b->container);
}

static uint64_t program_hash(const struct fb_owner *owner)
{
	const char *const texts[] = {owner->process, owner->exe, owner->user, owner->unit,
				     owner->container};
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i])
			hash = fb_hash(texts[i], strlen(texts[i]), hash + i);
	return hash;
}

static int find_program(struct counting *counting, const struct fb_owner *owner, uint32_t *ret)
{
	const uint64_t hash = program_hash(owner);
	const struct fb_program fresh = {.owner = owner, .first_seen = UINT64_MAX};
	struct fb_index_it it = fb_index_begin(hash);

	while (fb_index_next(&counting->programs.index, &it, ret))
		if (same_program(((struct fb_program *)set_at(&counting->programs, *ret))->owner,
				 owner))
			return 0;
	return set_add(&counting->programs, hash, &fresh, ret);
}

/* By its record, which stands for it in a snapshot. */
static int find_process(struct counting *counting, const struct fb_owner *owner, uint32_t *ret)
{
	const uint64_t hash = fb_hash(&owner, sizeof(owner), 0);
	struct process fresh = {.owner = owner};
	struct fb_index_it it = fb_index_begin(hash);
	int r;

	while (fb_index_next(&counting->processes.index, &it, ret))
		if (((struct process *)set_at(&counting->processes, *ret))->owner == owner)
			return 0;
	r = find_program(counting, owner, &fresh.program);
	if (r == 0 && fresh.program != FB_NONE)
		return set_add(&counting->processes, hash, &fresh, ret);
	*ret = FB_NONE;
	return r;
}

/* --- a flow ----------------------------------------------------------------------------------- */

/* Which end is the process's: the server's, if it listened, or stands behind a translation. */
static int own_end(const struct fb_flow *flow)
{
	const struct fb_flow_nat *nat = flow->nat;

	if (flow->owner_by == FB_OWNER_LISTENER || flow->owner_by == FB_OWNER_HOLDER)
		return FB_DOWN;
	if (flow->owner_by == FB_OWNER_CONNTRACK)
		return nat && nat->dst_family && !nat->src_family ? FB_DOWN : FB_UP;
	return flow->direction == FB_DIRECTION_IN ? FB_DOWN : FB_UP;
}

static void peer_text(const struct fb_flow *flow, int own, char text[static FB_PROGRAM_PEER])
{
	const struct fb_flow_name *host = own == FB_UP ? fb_flow_host(flow) : flow->src_host;
	char addr[FB_ADDR_STRLEN];

	snprintf(text, FB_PROGRAM_PEER, "%s",
		 host ? host->text
		      : fb_addr_format(own == FB_UP ? flow->dst : flow->src, flow->family, addr));
}

static int count_peer(struct counting *counting, uint32_t program, const struct fb_flow_at *at,
		      int own)
{
	const uint64_t bytes = at->traffic->bytes[0] + at->traffic->bytes[1];
	struct peer fresh = {.program = program};
	struct fb_index_it it;
	uint64_t hash;
	uint32_t number;
	int r;

	peer_text(at->flow, own, fresh.text);
	hash = fb_hash(fresh.text, strlen(fresh.text), program);
	it = fb_index_begin(hash);
	while (fb_index_next(&counting->peers.index, &it, &number)) {
		struct peer *peer = set_at(&counting->peers, number);

		if (peer->program != program || strcmp(peer->text, fresh.text) != 0)
			continue;
		peer->bytes += bytes;
		return 0;
	}
	fresh.bytes = bytes;
	r = set_add(&counting->peers, hash, &fresh, &number);
	counting->to->left_out += r == 0 && number == FB_NONE;
	return r;
}

static void count_traffic(struct fb_program *program, const struct fb_flow_at *at, int own)
{
	program->flows++;
	program->active += fb_flow_is_live(at->flow);
	for (int dir = 0; dir < 2; dir++) {
		program->bytes[dir] += at->traffic->bytes[dir ^ own];
		program->packets[dir] += at->traffic->packets[dir ^ own];
		program->rate[dir] += fb_flow_rate(at, dir ^ own);
	}
	if (at->flow->first_seen < program->first_seen)
		program->first_seen = at->flow->first_seen;
	if (at->traffic->last_seen > program->last_seen)
		program->last_seen = at->traffic->last_seen;
}

static int count_flow(struct counting *counting, const struct fb_flow_at *at)
{
	const struct fb_owner *owner = fb_flow_owner(at);
	const int own = own_end(at->flow);
	struct process *process;
	uint32_t number;
	int r;

	if (!owner) {
		counting->to->unowned++;
		return 0;
	}
	r = find_process(counting, owner, &number);
	if (r < 0)
		return r;
	if (number == FB_NONE) {
		counting->to->left_out++;
		return 0;
	}
	process = set_at(&counting->processes, number);
	if (at->traffic->last_seen > process->last_seen)
		process->last_seen = at->traffic->last_seen;
	count_traffic(set_at(&counting->programs, process->program), at, own);
	return count_peer(counting, process->program, at, own);
}

static int count_all(struct counting *counting, const struct fb_snapshot *snapshot)
{
	struct fb_rows rows;

	for (uint32_t from = 0; from < snapshot->n; from += FB_CHUNK) {
		fb_taking_rows(&counting->taking, from, &rows);
		for (uint32_t i = 0; i < rows.n; i++)
			if (count_flow(counting, &rows.at[i]) < 0)
				return -ENOMEM;
	}
	fb_taking_end(&counting->taking, NULL);
	return 0;
}

/* --- the page --------------------------------------------------------------------------------- */

static int compare_programs(const void *a_, const void *b_, void *ctx)
{
	const struct counting *counting = ctx;
	const struct fb_program *a = set_at(&counting->programs, *(const uint32_t *)a_);
	const struct fb_program *b = set_at(&counting->programs, *(const uint32_t *)b_);
	const uint64_t rates[] = {a->rate[0] + a->rate[1], b->rate[0] + b->rate[1]};
	const uint64_t bytes[] = {a->bytes[0] + a->bytes[1], b->bytes[0] + b->bytes[1]};

	if (rates[0] != rates[1])
		return rates[0] < rates[1] ? 1 : -1;
	if (bytes[0] != bytes[1])
		return bytes[0] < bytes[1] ? 1 : -1;
	return *(const uint32_t *)a_ < *(const uint32_t *)b_ ? -1 : 1;
}

static int newest_first(const void *a_, const void *b_, void *ctx)
{
	const struct process *a = a_, *b = b_;

	(void)ctx;
	if (a->last_seen != b->last_seen)
		return a->last_seen < b->last_seen ? 1 : -1;
	return a->owner->key.pid < b->owner->key.pid   ? 1
	       : a->owner->key.pid > b->owner->key.pid ? -1
						       : 0;
}

static int biggest_first(const void *a_, const void *b_, void *ctx)
{
	const struct peer *a = a_, *b = b_;

	(void)ctx;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return strcmp(a->text, b->text);
}

/* Threads that call themselves otherwise have a record each, of one process. */
static void add_pids(struct counting *counting)
{
	fb_sort(counting->processes.item, counting->processes.n, sizeof(struct process),
		newest_first, NULL);
	for (uint32_t i = 0; i < counting->processes.n; i++) {
		const struct process *process = set_at(&counting->processes, i);
		struct fb_program *program = set_at(&counting->programs, process->program);
		const uint32_t pid = process->owner->key.pid;
		bool told = !pid;

		for (uint32_t j = 0; j < program->n_pids; j++)
			told |= program->pid[j] == pid;
		if (!program->processes)
			program->owner = process->owner;
		program->processes += !told;
		if (!told && program->n_pids < FB_PROGRAM_PIDS)
			program->pid[program->n_pids++] = pid;
	}
}

static void add_peers(struct counting *counting)
{
	fb_sort(counting->peers.item, counting->peers.n, sizeof(struct peer), biggest_first, NULL);
	for (uint32_t i = 0; i < counting->peers.n; i++) {
		const struct peer *peer = set_at(&counting->peers, i);
		struct fb_program *program = set_at(&counting->programs, peer->program);

		if (program->n_peers < FB_PROGRAM_PEERS)
			memcpy(program->peer[program->n_peers++], peer->text, FB_PROGRAM_PEER);
	}
}

static int make_page(struct counting *counting, const struct fb_query *query)
{
	const uint32_t all = counting->programs.n;
	const uint32_t from = query->offset < all ? query->offset : all;
	const uint32_t n = all - from < query->limit ? all - from : query->limit;
	_cleanup_free_ uint32_t *order = calloc((size_t)all + 1, sizeof(*order));
	struct fb_program *item = calloc((size_t)n + 1, sizeof(*item));

	counting->to->item = item;
	if (!order || !item)
		return -ENOMEM;
	add_pids(counting);
	add_peers(counting);
	for (uint32_t i = 0; i < all; i++)
		order[i] = i;
	fb_sort(order, all, sizeof(*order), compare_programs, counting);
	for (uint32_t i = 0; i < n; i++)
		item[i] = *(struct fb_program *)set_at(&counting->programs, order[from + i]);
	counting->to->n = n;
	counting->to->total = all;
	return 0;
}

static void counting_fini(struct counting *counting)
{
	set_fini(&counting->processes);
	set_fini(&counting->programs);
	set_fini(&counting->peers);
	fb_taking_fini(&counting->taking);
}

int fb_query_programs(const struct fb_snapshot *snapshot, const struct fb_query *query,
		      struct fb_programs *ret_programs)
{
	_cleanup_(counting_fini) struct counting counting = {.to = ret_programs};

	*ret_programs = (struct fb_programs){0};
	fb_taking_begin(&counting.taking, snapshot, query);
	if (set_init(&counting.processes, sizeof(struct process), PROCESSES_MAX) < 0 ||
	    set_init(&counting.programs, sizeof(struct fb_program), PROCESSES_MAX) < 0 ||
	    set_init(&counting.peers, sizeof(struct peer), PEERS_MAX) < 0 ||
	    count_all(&counting, snapshot) < 0)
		return -ENOMEM;
	return make_page(&counting, query);
}

void fb_programs_fini(struct fb_programs *programs)
{
	free(programs->item);
	*programs = (struct fb_programs){0};
}
