/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots that tell less; see the header. */
#include "policy/anonymised.h"

#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/hash.h"

/* Immutable once it is made; `room` has what its flows point to. */
struct fb_anonymised_chunk {
	atomic_uint refs;
	uint64_t epoch; /* of the chunk that it was made of */
	struct fb_flow_chunk chunk;
	_Alignas(16) char room[];
};

struct anonymised_snapshot {
	struct fb_snapshot snapshot; /* first, for its release */
	struct fb_snapshot *of;
	uint32_t n_chunks;
};

static void put_chunk(struct fb_anonymised_chunk *made)
{
	if (made && atomic_fetch_sub_explicit(&made->refs, 1, memory_order_acq_rel) == 1)
		free(made);
}

static struct fb_anonymised_chunk *holder(struct fb_flow_chunk *chunk)
{
	return (struct fb_anonymised_chunk *)((char *)chunk -
					      offsetof(struct fb_anonymised_chunk, chunk));
}

static uint32_t chunks_of(const struct fb_snapshot *snapshot)
{
	return (snapshot->n + FB_FLOWS - 1) >> FB_FLOWS_SHIFT;
}

/* --- one flow -------------------------------------------------------------------------------- */

/* Where the texts and side records of a chunk go. */
struct room {
	char *at;
};

static void *take(struct room *room, size_t size)
{
	void *at = room->at;

	room->at += (size + 15) & ~(size_t)15;
	return at;
}

/* Room that a flow takes, at most. */
static size_t room_for(const struct fb_flow *flow)
{
	size_t size = flow->nat ? sizeof(*flow->nat) + 16 : 0;

	if (flow->service)
		size += strlen(flow->service) + 1 + 16;
	if (flow->src_host)
		size += sizeof(*flow->src_host) + strlen(flow->src_host->text) + 1 + 32;
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		size += sizeof(flow->names->name[i]) + strlen(flow->names->name[i].text) + 1 + 16;
	return flow->names ? size + sizeof(*flow->names) + 16 : size;
}

/* The lock of `made` is held. */
static void hide_addr(struct fb_anonymised *made, uint8_t addr[static 16], uint8_t family)
{
	struct fb_anonymised_addr *known;

	if (made->who.how.addresses != FB_ADDRESSES_PREFIX || !made->known) {
		fb_anonymise_addr(&made->who, addr, family, addr);
		return;
	}
	known = &made->known[fb_hash(addr, 16, family) % FB_ANONYMISED_KNOWN];
	if (known->family != family || memcmp(known->addr, addr, 16) != 0) {
		known->family = family;
		memcpy(known->addr, addr, 16);
		fb_anonymise_addr(&made->who, addr, family, known->told);
	}
	memcpy(addr, known->told, 16);
}

static bool keep_name(const struct fb_anonymised *made, const struct fb_flow_name *name,
		      struct room *room, struct fb_flow_name *ret_kept)
{
	const char *text =
		fb_anonymise_name(&made->who, name->text, fb_name_is_of_host(name->source));

	if (!text)
		return false;
	*ret_kept = *name;
	ret_kept->len = (uint8_t)strlen(text);
	ret_kept->text = memcpy(take(room, ret_kept->len + 1u), text, ret_kept->len + 1u);
	return true;
}

/* Of names that are the same now the first one, which is the best. */
static bool is_told(const struct fb_flow_names *names, const struct fb_flow_name *name)
{
	for (unsigned int i = 0; i < names->n; i++)
		if (!strcmp(names->name[i].text, name->text) &&
		    names->name[i].source == name->source)
			return true;
	return false;
}

static void hide_names(const struct fb_anonymised *made, struct fb_flow *flow, struct room *room)
{
	const struct fb_flow_names *all = flow->names;
	struct fb_flow_names *kept;
	struct fb_flow_name name;

	if (flow->src_host) {
		struct fb_flow_name *host = take(room, sizeof(*host));

		flow->src_host = keep_name(made, flow->src_host, room, host) ? host : NULL;
	}
	if (!all)
		return;
	kept = take(room, sizeof(*kept) + all->n * sizeof(*kept->name));
	kept->n = 0;
	for (unsigned int i = 0; i < all->n; i++)
		if (keep_name(made, &all->name[i], room, &name) && !is_told(kept, &name))
			kept->name[kept->n++] = name;
	flow->names = kept->n ? kept : NULL;
}

static void hide_nat(struct fb_anonymised *made, struct fb_flow *flow, struct room *room)
{
	struct fb_flow_nat *nat = take(room, sizeof(*nat));

	*nat = *flow->nat;
	if (nat->src_family)
		hide_addr(made, nat->src, nat->src_family);
	if (nat->dst_family)
		hide_addr(made, nat->dst, nat->dst_family);
	flow->nat = nat;
}

static void hide_service(const struct fb_anonymised *made, struct fb_flow *flow, struct room *room)
{
	const size_t len = fb_anonymise_service(&made->who, flow->service);
	char *text;

	if (!flow->service[len])
		return;
	text = take(room, len + 1);
	memcpy(text, flow->service, len);
	text[len] = '\0';
	flow->service = text;
}

/* As the table of fields says of whom each tells (fb_anonymise_hides): a test holds both. */
static void hide_flow(struct fb_anonymised *made, struct fb_flow *flow, struct room *room)
{
	const struct fb_anonymise *how = &made->who.how;

	if (fb_anonymise_hides(how, FB_TELLS_ADDRESS)) {
		hide_addr(made, flow->src, flow->family);
		hide_addr(made, flow->dst, flow->family);
		if (flow->nat)
			hide_nat(made, flow, room);
	}
	if (fb_anonymise_hides(how, FB_TELLS_NAME))
		hide_names(made, flow, room);
	if (flow->service)
		hide_service(made, flow, room);
	if (fb_anonymise_hides(how, FB_TELLS_DEVICE))
		flow->src_device = flow->dst_device = flow->hits = 0;
	if (fb_anonymise_hides(how, FB_TELLS_OWNER)) {
		flow->owner = NULL;
		flow->owner_by = 0;
	}
}

/* --- chunks ---------------------------------------------------------------------------------- */

static struct fb_anonymised_chunk *make_chunk(struct fb_anonymised *made,
					      const struct fb_flow_chunk *chunk)
{
	struct fb_anonymised_chunk *copy;
	struct room room;
	size_t size = 0;

	for (unsigned int i = 0; i < FB_FLOWS; i++)
		size += chunk->flow[i].id ? room_for(&chunk->flow[i]) : 0;
	copy = aligned_alloc(64, (sizeof(*copy) + size + 63) & ~(size_t)63);
	if (!copy)
		return NULL;
	atomic_init(&copy->refs, 1);
	copy->epoch = chunk->epoch;
	copy->chunk = *chunk;
	room.at = copy->room;
	for (unsigned int i = 0; i < FB_FLOWS; i++)
		if (copy->chunk.flow[i].id)
			hide_flow(made, &copy->chunk.flow[i], &room);
	return copy;
}

/* With the lock: one chunk more or less than before; false: memory is short. */
static bool resize(struct fb_anonymised *made, uint32_t n)
{
	struct fb_anonymised_chunk **grown;

	while (made->n > n)
		put_chunk(made->chunk[--made->n]);
	if (made->n == n)
		return true;
	grown = realloc(made->chunk, n * sizeof(*grown));
	if (!grown)
		return false;
	memset(grown + made->n, 0, (n - made->n) * sizeof(*grown));
	made->chunk = grown;
	made->n = n;
	return true;
}

/* With the lock: chunks that no tick changed since are there already. */
static bool make_chunks(struct fb_anonymised *made, const struct fb_snapshot *snapshot)
{
	if (!resize(made, chunks_of(snapshot)))
		return false;
	for (uint32_t i = 0; i < made->n; i++) {
		const struct fb_flow_chunk *chunk = snapshot->flows[i];
		struct fb_anonymised_chunk *copy = made->chunk[i];

		if (copy && copy->epoch == chunk->epoch)
			continue;
		put_chunk(copy);
		made->chunk[i] = make_chunk(made, chunk);
		if (!made->chunk[i])
			return false;
	}
	return true;
}

/* --- snapshots ------------------------------------------------------------------------------- */

static void release(struct fb_snapshot *snapshot)
{
	struct anonymised_snapshot *own = (struct anonymised_snapshot *)snapshot;

	for (uint32_t i = 0; i < own->n_chunks; i++)
		put_chunk(holder(snapshot->flows[i]));
	free(snapshot->flows);
	fb_snapshot_put(own->of);
	free(own);
}

static struct fb_snapshot *make_snapshot(const struct fb_anonymised *made,
					 struct fb_snapshot *snapshot)
{
	struct anonymised_snapshot *own = malloc(sizeof(*own));
	struct fb_flow_chunk **flows = malloc((made->n + 1) * sizeof(*flows));

	if (!own || !flows) {
		free(own);
		free(flows);
		return NULL;
	}
	for (uint32_t i = 0; i < made->n; i++) {
		atomic_fetch_add_explicit(&made->chunk[i]->refs, 1, memory_order_relaxed);
		flows[i] = &made->chunk[i]->chunk;
	}
	memcpy(&own->snapshot, snapshot, sizeof(own->snapshot));
	atomic_init(&own->snapshot.refs, 1);
	own->snapshot.serial = 0;
	own->snapshot.flows = flows;
	own->snapshot.devices = NULL;
	own->snapshot.dns = NULL;
	own->snapshot.screen = &made->who.screen;
	own->snapshot.release = release;
	own->snapshot.maker = NULL;
	own->snapshot.older = own->snapshot.newer = NULL;
	own->of = fb_snapshot_get(snapshot);
	own->n_chunks = made->n;
	return &own->snapshot;
}

struct fb_snapshot *fb_anonymised_of(struct fb_anonymised *made, struct fb_snapshot *snapshot)
{
	struct fb_snapshot *told = NULL;

	pthread_mutex_lock(&made->lock);
	if (made->who.how.addresses == FB_ADDRESSES_PREFIX && !made->known)
		made->known = calloc(FB_ANONYMISED_KNOWN, sizeof(*made->known));
	if (make_chunks(made, snapshot))
		told = make_snapshot(made, snapshot);
	pthread_mutex_unlock(&made->lock);
	return told;
}

bool fb_anonymised_row(struct fb_anonymised *made, const struct fb_flow_at *at,
		       struct fb_anonymised_row *ret_row)
{
	struct room room = {ret_row->room};

	ret_row->flow = *at->flow;
	memcpy(&ret_row->snapshot, at->snapshot, sizeof(ret_row->snapshot));
	ret_row->snapshot.devices = NULL;
	ret_row->snapshot.screen = &made->who.screen;
	ret_row->at =
		(struct fb_flow_at){&ret_row->snapshot, &ret_row->flow, at->traffic, at->past};
	if (room_for(at->flow) > sizeof(ret_row->room))
		return false;
	hide_flow(made, &ret_row->flow, &room);
	return true;
}

void fb_anonymised_init(struct fb_anonymised *made, struct fb_anonymise how,
			const uint8_t key[static FB_CRYPTOPAN_KEY])
{
	*made = (struct fb_anonymised){.n = 0};
	fb_anonymiser_init(&made->who, how, key);
	pthread_mutex_init(&made->lock, NULL);
}

void fb_anonymised_fini(struct fb_anonymised *made)
{
	resize(made, 0);
	free(TAKE_PTR(made->chunk));
	free(TAKE_PTR(made->known));
	pthread_mutex_destroy(&made->lock);
	explicit_bzero(&made->who, sizeof(made->who));
}
