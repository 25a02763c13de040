/* SPDX-License-Identifier: BSD-2-Clause */
/* The table's life, the host it stands on, and its tick. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flowbpf/limits.h>

#include "table/table_priv.h"

#define WALL_SLACK_MS 50
#define CLOSED_MOST   8000000
/* Flows that came last are described in the tick, once: more may come to be known of them. */
#define NEW_KEPT 8192
#define PIECE	 1024

_Static_assert(FB_MAX_FLOWS_MOST / FB_UNSEEN_PART * (2 * FB_UNSEEN_PART + 1ull) + CLOSED_MOST <
		       FB_ID_NUMBER,
	       "every record's number fits a flow's id");

static void take_opts(struct fb_table *table, const struct fb_table_opts *opts)
{
	struct fb_table_opts *own = &table->opts;

	*own = *opts;
	if (!own->max_flows)
		own->max_flows = own->max_rows;
	if (!own->max_conntrack)
		own->max_conntrack = 1048576;
	if (!own->closed_flows)
		own->closed_flows = 20000;
	if (!own->closed_seconds)
		own->closed_seconds = 300;
	if (own->max_flows > FB_MAX_FLOWS_MOST)
		own->max_flows = FB_MAX_FLOWS_MOST;
	if (own->closed_flows > CLOSED_MOST)
		own->closed_flows = CLOSED_MOST;
}

int fb_table_new(const struct fb_table_opts *opts, const struct fb_table_ops *ops, void *ctx,
		 struct fb_table **ret_table)
{
	struct fb_table *table = calloc(1, sizeof(*table));
	uint32_t records;

	if (!table)
		return -ENOMEM;
	take_opts(table, opts);
	/* In one tick every row may go to another flow, before a snapshot told the ends. */
	records = table->opts.max_flows + table->opts.max_flows / FB_UNSEEN_PART +
		  table->opts.closed_flows + table->opts.max_rows;
	table->ops = ops;
	table->ctx = ctx;
	for (int worth = 0; worth < FB_WORTHS; worth++)
		table->closed[worth] = (struct fb_closed_list){FB_NONE, FB_NONE, FB_NONE, 0};
	memset(table->wheel, 0xff, sizeof(table->wheel));
	/* Virtual until they are used: the bounds cost nothing. */
	table->priv = calloc(records, sizeof(*table->priv));
	table->track = calloc(opts->max_rows ? opts->max_rows : 1, sizeof(*table->track));
	table->evict = calloc(opts->max_rows ? opts->max_rows : 1, sizeof(*table->evict));
	table->moved[0] = calloc(records, sizeof(*table->moved[0]));
	table->moved[1] = calloc(records, sizeof(*table->moved[1]));
	table->ended = calloc(records, sizeof(*table->ended));
	table->undescribed = calloc(records, sizeof(*table->undescribed));
	if (opts->judged) {
		table->begun = calloc(records, sizeof(*table->begun));
		table->grown[0] = calloc(records, sizeof(*table->grown[0]));
		table->grown[1] = calloc(records, sizeof(*table->grown[1]));
	}
	table->tick = 1;
	if (fb_store_init(&table->store, records, opts->quality) < 0 ||
	    fb_index_init(&table->index) < 0 || fb_owners_init(&table->owners) < 0 ||
	    fb_ctab_init(&table->ctab, table->opts.max_conntrack) < 0 || !table->priv ||
	    !table->track || !table->evict || !table->moved[0] || !table->moved[1] ||
	    !table->ended || !table->undescribed ||
	    (opts->judged && (!table->begun || !table->grown[0] || !table->grown[1]))) {
		fb_table_free(table);
		return -ENOMEM;
	}
	*ret_table = table;
	return 0;
}

void fb_table_free(struct fb_table *table)
{
	if (!table)
		return;
	if (table->store.flows)
		fb_store_fini(&table->store);
	fb_owners_fini(&table->owners);
	fb_index_fini(&table->index);
	fb_ctab_fini(&table->ctab);
	free(table->priv);
	free(table->track);
	free(table->evict);
	free(table->moved[0]);
	free(table->moved[1]);
	free(table->ended);
	free(table->undescribed);
	free(table->begun);
	free(table->grown[0]);
	free(table->grown[1]);
	free(table);
}

int fb_table_link(struct fb_table *table, uint16_t link, const char *name)
{
	char(*names)[FB_LINK_NAME];

	if (link >= FB_LINK_MAX)
		return -EINVAL;
	if (!strncmp(table->store.link_names[link], name, FB_LINK_NAME - 1))
		return 0;
	names = malloc(FB_LINK_MAX * FB_LINK_NAME);
	if (!names)
		return -ENOMEM;
	memcpy(names, table->store.link_names, FB_LINK_MAX * FB_LINK_NAME);
	memset(names[link], 0, FB_LINK_NAME);
	memcpy(names[link], name, strnlen(name, FB_LINK_NAME - 1));
	fb_store_name_links(&table->store, names);
	return 0;
}

void fb_table_devices(struct fb_table *table, struct fb_devicelist *devices)
{
	fb_store_name_devices(&table->store, devices);
}

void fb_table_links_in_rows(const struct fb_table *table, bool links[static FB_LINK_MAX])
{
	uint32_t left = table->n_rows;

	for (uint32_t slot = 0; left && slot < table->opts.max_rows; slot++)
		if (table->track[slot].used) {
			const uint16_t link = table->track[slot].lane.link;

			links[link < FB_LINK_MAX ? link : 0] = true;
			left--;
		}
}

void fb_table_link_retire(struct fb_table *table, uint16_t link)
{
	for (uint32_t slot = 0; slot < table->opts.max_rows; slot++)
		if (table->track[slot].used && table->track[slot].lane.link == link)
			fb_table_evict_row(table, slot);
}

void fb_table_link_renumbered(struct fb_table *table, uint16_t link)
{
	if (link >= FB_LINK_MAX)
		return;
	for (uint32_t number = 0; number < table->store.n; number++)
		if (fb_store_flow(&table->store, number)->id)
			fb_table_leave_link(table, number, link);
	memset(table->link_packets[link], 0, sizeof(table->link_packets[link]));
	memset(table->link_bytes[link], 0, sizeof(table->link_bytes[link]));
}

void fb_table_link_device(struct fb_table *table, uint16_t link, uint32_t ifindex)
{
	fb_wiring_link(&table->wiring, link, ifindex);
}

int fb_table_device(struct fb_table *table, const struct fb_device *device, bool gone)
{
	const int r = fb_wiring_device(&table->wiring, device, gone);

	table->counters.devices_full += r < 0;
	return r;
}

int fb_table_net(struct fb_table *table, uint32_t ifindex, const uint8_t addr[static 16],
		 uint8_t family, uint8_t prefix, bool gone)
{
	const int r = fb_wiring_net(&table->wiring, ifindex, addr, family, prefix, gone);

	table->counters.devices_full += r < 0;
	return r;
}

void fb_flow_tuple(const struct fb_flow *flow, struct fb_tuple *ret_tuple)
{
	memcpy(ret_tuple->addr[0], flow->src, 16);
	memcpy(ret_tuple->addr[1], flow->dst, 16);
	ret_tuple->port[0] = flow->src_port;
	ret_tuple->port[1] = flow->dst_port;
	ret_tuple->proto = flow->proto;
	ret_tuple->family = flow->family;
}

static uint64_t flow_hash(const struct fb_table *table, uint32_t number)
{
	struct fb_tuple tuple;

	fb_flow_tuple(fb_store_flow(&table->store, number), &tuple);
	return fb_tuple_hash(&tuple);
}

uint32_t fb_table_find(const struct fb_table *table, const struct fb_tuple *tuple)
{
	struct fb_index_it it = fb_index_begin(fb_tuple_hash(tuple));
	uint32_t number, found = FB_NONE;

	while (fb_index_next(&table->index, &it, &number)) {
		const struct fb_flow *flow = fb_store_flow(&table->store, number);
		struct fb_tuple own;

		fb_flow_tuple(flow, &own);
		if (fb_tuple_compare(&own, tuple) < 0)
			continue;
		if (!flow->closed)
			return number;
		if (found == FB_NONE)
			found = number;
	}
	return found;
}

void fb_table_unindex(struct fb_table *table, uint32_t number)
{
	if (table->priv[number].indexed)
		fb_index_remove(&table->index, flow_hash(table, number), number);
	table->priv[number].indexed = false;
}

void fb_table_reindex(struct fb_table *table, uint32_t number)
{
	if (table->priv[number].indexed)
		return;
	if (fb_index_add(&table->index, flow_hash(table, number), number) < 0)
		table->counters.no_memory++;
	else
		table->priv[number].indexed = true;
}

void fb_table_keep_closed(struct fb_table *table, uint32_t seconds)
{
	table->opts.closed_seconds = seconds;
}

void fb_table_link_totals(const struct fb_table *table, uint16_t link, uint64_t packets[static 2],
			  uint64_t bytes[static 2])
{
	for (int hook = 0; hook < 2; hook++) {
		packets[hook] = link < FB_LINK_MAX ? table->link_packets[link][hook] : 0;
		bytes[hook] = link < FB_LINK_MAX ? table->link_bytes[link][hook] : 0;
	}
}

/* Times that were shown stay: those before the clock was set have the offset that it had. */
static void clock_was_set(struct fb_table *table, uint64_t now_ns)
{
	struct fb_wall *wall = &table->wall;

	if (wall->n == FB_WALL_STEPS)
		memmove(&wall->before[0], &wall->before[1], --wall->n * sizeof(wall->before[0]));
	wall->before[wall->n].until_ns = now_ns;
	wall->before[wall->n++].ahead_ms = table->wall_ahead_ms;
	table->counters.clock_set++;
}

void fb_table_tick_begin(struct fb_table *table, uint64_t now_ns, int64_t wall_ms)
{
	const int64_t now_ms = (int64_t)(now_ns / 1000000), ahead = wall_ms - now_ms;
	const int64_t moved = llabs(ahead - table->wall_ahead_ms);

	if (table->now_ns && moved > FB_WALL_SET_MS)
		clock_was_set(table, now_ns);
	/* The two clocks are read one after the other; a flow's first moment must not tremble by
	 * that. */
	if (moved > WALL_SLACK_MS)
		table->wall_ahead_ms = ahead;
	table->now_ns = now_ns;
	table->wall_ms = now_ms + table->wall_ahead_ms;
	if (!table->wheel_s)
		table->wheel_s = now_ns / FB_SECOND;
}

/* What moved in the last tick and not in this one. */
static void settle(struct fb_table *table)
{
	for (uint32_t i = 0; i < table->n_moved[1]; i++) {
		uint32_t number = table->moved[1][i];
		struct fb_traffic *traffic;

		if (table->priv[number].tick == table->tick ||
		    !fb_store_flow(&table->store, number)->id)
			continue;
		traffic = fb_store_move(&table->store, number);
		if (traffic) {
			fb_traffic_stand_still(traffic);
		} else { /* memory is short: once more in the next tick */
			table->priv[number].tick = table->tick;
			table->moved[0][table->n_moved[0]++] = number;
		}
	}
}

static void next_tick(struct fb_table *table)
{
	uint32_t *moved = table->moved[1];

	table->told_until = table->tick;
	table->n_ended = 0;
	table->stray_bytes[0] = table->stray_bytes[1] = 0;
	table->moved[1] = table->moved[0];
	table->n_moved[1] = table->n_moved[0];
	table->moved[0] = moved;
	table->n_moved[0] = 0;
	fb_table_next_grown(table);
	table->tick++;
	table->last_end_ns = table->now_ns;
	table->made_before = table->counters.flows_made;
}

static void fill_snapshot(const struct fb_table *table, struct fb_snapshot *snapshot)
{
	snapshot->now_ns = table->now_ns;
	snapshot->wall_ms = table->wall_ms;
	snapshot->wall = table->wall;
	snapshot->live = table->n_live + table->n_held;
	snapshot->closed = table->n_closed - table->n_held;
	snapshot->new_flows = table->counters.flows_made - table->made_before;
	snapshot->interval_ns = FB_SECOND;
	if (table->last_end_ns && table->now_ns > table->last_end_ns)
		snapshot->interval_ns = table->now_ns - table->last_end_ns;
	snapshot->is_replay = table->opts.keep_all;
	memcpy(snapshot->stray_bytes, table->stray_bytes, sizeof(snapshot->stray_bytes));
	snapshot->n_ended = table->n_ended;
	if (table->n_ended)
		memcpy(snapshot->ended, table->ended, table->n_ended * sizeof(*snapshot->ended));
}

struct fb_snapshot *fb_table_tick_end(struct fb_table *table)
{
	struct fb_snapshot *snapshot;

	fb_table_end_entries(table);
	fb_table_describe_new(table, UINT32_MAX);
	fb_table_describe_some(table);
	settle(table);
	fb_table_age(table);
	if (table->opts.judged && table->n_ended)
		table->ops->ended(table->ctx, table->ended, table->n_ended);
	fb_store_collect(&table->store);
	snapshot = fb_store_snapshot(&table->store, table->n_ended);
	if (!snapshot) {
		/* The tick goes on: the next snapshot tells what moved and ended in both. */
		table->counters.no_memory++;
		return NULL;
	}
	fill_snapshot(table, snapshot);
	next_tick(table);
	return snapshot;
}

bool fb_table_work(struct fb_table *table)
{
	const bool many = table->n_undescribed > NEW_KEPT;

	if (many)
		fb_table_describe_new(table, PIECE);
	return fb_table_drop_some(table, PIECE) || many;
}

uint32_t fb_table_evictions(struct fb_table *table, uint32_t *slots, uint32_t max)
{
	uint32_t n = table->n_evict < max ? table->n_evict : max;

	memcpy(slots, table->evict, n * sizeof(*slots));
	memmove(table->evict, table->evict + n, (table->n_evict - n) * sizeof(*slots));
	table->n_evict -= n;
	return n;
}

uint32_t fb_table_generation(const struct fb_table *table, uint32_t slot)
{
	return table->track[slot].used ? table->track[slot].generation : 0;
}

void fb_table_stats(const struct fb_table *table, struct fb_table_stats *ret_stats)
{
	const struct fb_ctab *ctab = &table->ctab;

	*ret_stats = (struct fb_table_stats){
		.live = table->n_live + table->n_held,
		.closed = table->n_closed - table->n_held,
		.rows = table->n_rows,
		.conntrack = ctab->n_live,
		.memory = fb_slabs_memory(&table->store.slabs) + ctab->size * sizeof(*ctab->entry) +
			  (ctab->index.mask + table->index.mask) * sizeof(*ctab->index.slot) +
			  table->store.n * sizeof(*table->priv) +
			  table->n_rows * sizeof(*table->track),
		.counters = table->counters,
	};
}
