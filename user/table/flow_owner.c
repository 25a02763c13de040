/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose a flow is. */
#include <errno.h>
#include <netinet/in.h>

#include "table/table_priv.h"

const struct fb_owner *fb_table_known_owner(const struct fb_table *table,
					    const struct fb_owner_key *key)
{
	return fb_owners_find(&table->owners, key);
}

static void put(struct fb_table *table, const struct fb_owner *owner)
{
	fb_store_retire(&table->store, fb_owners_put(&table->owners, owner), 0);
}

void fb_table_put_owner(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);

	if (!flow)
		return;
	put(table, flow->owner);
	flow->owner = NULL;
}

/*
 * What a socket that sent says stands against what was looked up, and who has it against who
 * listened; else the first one counts.
 */
static bool is_better(const struct fb_flow *flow, bool sent)
{
	return !flow->owner ||
	       (sent && !(flow->flags & FB_FLOW_OWNER_SENT) && flow->owner_by != FB_OWNER_HOLDER);
}

void fb_table_merge_owners(struct fb_flow *to, struct fb_flow *from)
{
	const struct fb_flow before = *to;

	if (!from->owner || !is_better(to, from->flags & FB_FLOW_OWNER_SENT))
		return;
	to->owner = from->owner;
	to->owner_by = from->owner_by;
	to->flags |= from->flags & FB_FLOW_OWNER_SENT;
	from->owner = before.owner;
	from->owner_by = before.owner_by;
}

static int give(struct fb_table *table, uint32_t number, const struct fb_owner *owner, uint8_t by,
		bool sent)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_owner *own = fb_owners_find(&table->owners, &owner->key);

	if (!own)
		own = flow ? fb_owners_add(&table->owners, &table->store, owner) : NULL;
	if (!flow || !own) {
		table->counters.no_memory++;
		return -ENOMEM;
	}
	own->refs++;
	put(table, flow->owner);
	flow->owner = own;
	flow->owner_by = by;
	if (sent)
		flow->flags |= FB_FLOW_OWNER_SENT;
	fb_table_touch(table, number);
	return 0;
}

int fb_table_owner(struct fb_table *table, uint32_t slot, const struct fb_row *row,
		   const struct fb_owner *owner, uint8_t by)
{
	struct fb_track *track = slot < table->opts.max_rows ? &table->track[slot] : NULL;
	const bool sent = row->state & FB_ROW_OWNER_SENT;

	if (!track || !track->used || track->generation != row->generation ||
	    track->flow == FB_NONE) {
		table->counters.rows_stale++;
		return -ESTALE;
	}
	track->owner_asked = fb_owner_notes(row->state);
	if (!owner || !is_better(fb_store_flow(&table->store, track->flow), sent))
		return 0;
	return give(table, track->flow, owner, by, sent);
}

const struct fb_flow *fb_table_flow(const struct fb_table *table, uint64_t flow_id)
{
	const uint32_t number = (uint32_t)(flow_id & FB_ID_NUMBER);

	if (!flow_id || number >= table->store.n ||
	    fb_store_flow(&table->store, number)->id != flow_id)
		return NULL;
	return fb_store_flow(&table->store, number);
}

uint64_t fb_table_flow_of(const struct fb_table *table, uint32_t slot)
{
	const struct fb_track *track = &table->track[slot];

	return slot < table->opts.max_rows && track->used && track->flow != FB_NONE
		       ? fb_store_flow(&table->store, track->flow)->id
		       : 0;
}

unsigned int fb_table_row_client(const struct fb_table *table, uint32_t slot)
{
	return table->track[slot].client;
}

unsigned int fb_table_rows_of(const struct fb_table *table, uint64_t flow_id, uint32_t *slots,
			      unsigned int max)
{
	const uint32_t number = (uint32_t)(flow_id & FB_ID_NUMBER);
	unsigned int n = 0;

	if (!fb_table_flow(table, flow_id))
		return 0;
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE && n < max;
	     slot = table->track[slot].next)
		slots[n++] = slot;
	return n;
}

int fb_table_owner_found(struct fb_table *table, uint64_t flow_id, const struct fb_owner *owner,
			 uint8_t by)
{
	const struct fb_flow *flow = fb_table_flow(table, flow_id);

	if (!flow)
		return -ENOENT;
	if (flow->owner && flow->owner_by != FB_OWNER_LISTENER)
		return 0;
	return give(table, (uint32_t)(flow_id & FB_ID_NUMBER), owner, by, true);
}

void fb_table_find_owner(struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const struct fb_owner *owner;
	uint8_t by;

	/* a socket of this host that was found by the addresses before their translation is no word
	 */
	if ((flow->owner && flow->flags & FB_FLOW_OWNER_SENT) ||
	    flow->direction != FB_DIRECTION_FORWARD ||
	    (flow->proto != IPPROTO_TCP && flow->proto != IPPROTO_UDP) || !table->ops ||
	    !table->ops->owner)
		return;
	owner = table->ops->owner(table->ctx, flow, &by);
	if (owner)
		give(table, number, owner, by, true);
}
