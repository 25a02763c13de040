/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ends of flows: idle too long, closed and kept for a while. A wheel of one-second buckets
 * holds what can still move; a flow is looked at when its bucket comes, not each tick.
 */
#include <netinet/in.h>
#include <string.h>

#include "flow/devicelist.h"
#include "table/table_priv.h"

#define LINGER_DOUBTED 120 /* seconds: an idle connection, too, tells by then that it lives */
#define HELD_S	       10 /* that what is over is shown as live without conntrack, as its CLOSE is */
#define ROWS_LATE      10 /* seconds that an end waits for rows which do not come back */

/* Conntrack saw the end, of which we may have seen one side only, or nothing. */
static bool is_over(const struct fb_flow *flow)
{
	return flow->proto == IPPROTO_TCP &&
	       (flow->state == FB_STATE_TIME_WAIT || flow->state == FB_STATE_CLOSE);
}

/* Seconds of idleness after which a live flow is taken for ended. */
static uint64_t idle_limit(const struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	bool tracked = table->priv[number].ct != FB_NONE;

	/* Its packets pass elsewhere: only conntrack knows. */
	if (tracked && fb_flow_is_unseen(flow))
		return UINT32_MAX;
	if (flow->proto == IPPROTO_TCP) {
		if (is_over(flow))
			return 1;
		if (!tracked && fb_table_has_doubts(table, number))
			return 2;
		if (flow->state == FB_STATE_ESTABLISHED)
			return tracked ? 5 * 86400 : 7200;
		return flow->state == FB_STATE_SYN_SENT ? 30 : 120;
	}
	if (flow->proto == IPPROTO_UDP)
		return flow->state == FB_STATE_UNREPLIED ? 60 : 180;
	if (flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6)
		return 30;
	return 600;
}

static uint64_t last_seen(const struct fb_table *table, uint32_t number)
{
	return fb_store_traffic(&table->store, number)->last_seen;
}

/* Since when it has been as it is: silent, or closed. */
static uint64_t still_since(const struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	uint64_t seen = last_seen(table, number);

	if (flow->closed && flow->closed_at > seen)
		return flow->closed_at;
	return seen ? seen : flow->first_seen;
}

static struct fb_closed_list *closed_list(struct fb_table *table, const struct fb_priv *priv)
{
	return &table->closed[priv->place - FB_PLACE_CLOSED];
}

/* Seconds that a closed flow keeps its rows: of an end that nothing proves, until it is likely. */
static uint64_t linger(const struct fb_table *table, uint32_t number)
{
	const struct fb_traffic *traffic = fb_store_traffic(&table->store, number);

	return table->priv[number].by_silence && traffic->packets[FB_UP] &&
			       traffic->packets[FB_DOWN]
		       ? LINGER_DOUBTED
		       : FB_LINGER;
}

static void unplace(struct fb_table *table, uint32_t number)
{
	struct fb_priv *priv = &table->priv[number];

	if (priv->place == FB_PLACE_NONE)
		return;
	if (priv->place >= FB_PLACE_CLOSED && closed_list(table, priv)->held == number)
		closed_list(table, priv)->held = priv->next;
	if (priv->prev != FB_NONE)
		table->priv[priv->prev].next = priv->next;
	else if (priv->place == FB_PLACE_WHEEL)
		table->wheel[priv->bucket] = priv->next;
	else
		closed_list(table, priv)->first = priv->next;
	if (priv->next != FB_NONE)
		table->priv[priv->next].prev = priv->prev;
	else if (priv->place >= FB_PLACE_CLOSED)
		closed_list(table, priv)->last = priv->prev;
	if (priv->place >= FB_PLACE_CLOSED)
		closed_list(table, priv)->n--;
	priv->place = FB_PLACE_NONE;
	priv->prev = priv->next = FB_NONE;
}

void fb_table_schedule(struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	struct fb_priv *priv = &table->priv[number];
	uint64_t due;
	uint16_t bucket;

	if (table->opts.keep_all || priv->place >= FB_PLACE_CLOSED)
		return;
	due = still_since(table, number) / FB_SECOND +
	      (flow->closed ? linger(table, number) : idle_limit(table, number));
	if (due <= table->wheel_s)
		due = table->wheel_s + 1;
	if (due >= table->wheel_s + FB_WHEEL)
		due = table->wheel_s + FB_WHEEL - 1;
	bucket = (uint16_t)(due % FB_WHEEL);
	if (priv->place == FB_PLACE_WHEEL && priv->bucket == bucket)
		return;
	unplace(table, number);
	priv->place = FB_PLACE_WHEEL;
	priv->bucket = bucket;
	priv->next = table->wheel[bucket];
	priv->prev = FB_NONE;
	if (priv->next != FB_NONE)
		table->priv[priv->next].prev = number;
	table->wheel[bucket] = number;
}

void fb_table_evict_row(struct fb_table *table, uint32_t slot)
{
	struct fb_track *track = &table->track[slot];

	if (!track->used || track->leaving || table->n_evict == table->opts.max_rows)
		return;
	track->leaving = 1;
	table->n_leaving++;
	table->evict[table->n_evict++] = slot;
}

static void evict_rows(struct fb_table *table, uint32_t number)
{
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next)
		fb_table_evict_row(table, slot);
}

void fb_table_close(struct fb_table *table, uint32_t number, enum fb_closed reason)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	uint64_t seen = last_seen(table, number);

	if (!flow || flow->closed)
		return;
	flow->closed = (uint8_t)reason;
	flow->closed_at = table->now_ns;
	/* The packet that ended it was the last; the tick came later. */
	if (seen && (reason == FB_CLOSED_FIN || reason == FB_CLOSED_RST || !table->now_ns))
		flow->closed_at = seen;
	/* Conntrack may tell before the packets of this tick are counted. */
	if (flow->closed_at < flow->first_seen)
		flow->closed_at = flow->first_seen;
	table->n_live--;
	table->n_closed++;
	table->priv[number].after = 0;
	/* Where there is conntrack, what has no entry any more is not in its table. */
	if ((reason == FB_CLOSED_FIN || reason == FB_CLOSED_RST) && !table->opts.keep_all &&
	    (table->priv[number].ct != FB_NONE || !table->ctab.born)) {
		flow->flags |= FB_FLOW_HELD;
		table->n_held++;
	}
	fb_table_schedule(table, number);
}

void fb_table_release(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow;

	if (!(fb_store_flow(&table->store, number)->flags & FB_FLOW_HELD))
		return;
	table->n_held--;
	flow = fb_store_edit(&table->store, number);
	if (flow)
		flow->flags &= (uint16_t)~FB_FLOW_HELD;
}

void fb_table_reopen(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_tuple tuple;

	if (!flow)
		return;
	fb_table_release(table, number);
	flow->closed = FB_CLOSED_NOT;
	flow->closed_at = 0;
	table->n_closed--;
	table->n_live++;
	table->counters.flows_reopened++;
	unplace(table, number);
	fb_flow_tuple(flow, &tuple);
	if (fb_table_find(table, &tuple) == FB_NONE)
		fb_table_reindex(table, number);
	fb_table_find_entry(table, number);
	fb_table_schedule(table, number);
	fb_table_judge(table, number);
}

void fb_table_drop(struct fb_table *table, uint32_t number)
{
	const bool live = !fb_store_flow(&table->store, number)->closed;

	while (table->priv[number].first_row != FB_NONE)
		fb_table_detach(table, table->priv[number].first_row);
	fb_table_unlink_entry(table, number);
	fb_table_unindex(table, number);
	fb_table_release(table, number);
	unplace(table, number);
	if (live)
		table->n_live--;
	else
		table->n_closed--;
	fb_table_put_owner(table, number);
	fb_store_remove(&table->store, number);
}

static void tell(struct fb_table *table, uint32_t number)
{
	table->priv[number].told = table->tick;
	table->ended[table->n_ended++] = number;
}

void fb_table_tell_end(struct fb_table *table, uint32_t number)
{
	const struct fb_priv *priv = &table->priv[number];

	if (priv->place >= FB_PLACE_CLOSED && priv->first_row == FB_NONE && !priv->told)
		tell(table, number);
}

/* Its end stood in a snapshot: whoever keeps flows has it. */
static bool is_told(const struct fb_table *table, uint32_t number)
{
	const uint32_t told = table->priv[number].told;

	return told && told <= table->told_until;
}

static void untell(struct fb_table *table, uint32_t number)
{
	for (uint32_t i = 0; i < table->n_ended; i++)
		if (table->ended[i] == number)
			table->ended[i--] = table->ended[--table->n_ended];
}

/* A closed flow; what it counted in this tick is on no record then. */
static void drop_closed_flow(struct fb_table *table, uint32_t number)
{
	const struct fb_traffic *traffic = fb_store_traffic(&table->store, number);

	for (int dir = 0; dir < 2 && table->priv[number].tick == table->tick; dir++)
		table->stray_bytes[dir] += traffic->moved_bytes[dir];
	if (!is_told(table, number)) {
		table->counters.ends_untold++;
		untell(table, number);
	}
	fb_table_drop(table, number);
}

bool fb_table_drop_oldest(struct fb_table *table)
{
	for (int worth = 0; worth < FB_WORTHS; worth++) {
		if (table->closed[worth].first == FB_NONE)
			continue;
		table->counters.closed_dropped++;
		drop_closed_flow(table, table->closed[worth].first);
		return true;
	}
	return false;
}

/* A connection's FIN may be sent again for minutes, until it is answered: that makes no new one. */
static bool may_straggle(const struct fb_flow *flow)
{
	return flow->proto == IPPROTO_TCP &&
	       (flow->closed == FB_CLOSED_FIN || flow->closed == FB_CLOSED_RST);
}

/* Its last packets were counted: the rows go back, the record stays for those who look. */
static void retire_flow(struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	struct fb_priv *priv = &table->priv[number];
	struct fb_closed_list *list;

	evict_rows(table, number);
	if (!(flow->flags & FB_FLOW_HELD))
		fb_table_unlink_entry(table, number);
	if (!may_straggle(flow))
		fb_table_unindex(table, number);
	unplace(table, number);
	priv->place = (uint8_t)(FB_PLACE_CLOSED + fb_table_worth(table, number));
	list = closed_list(table, priv);
	priv->prev = list->last;
	if (priv->prev != FB_NONE)
		table->priv[priv->prev].next = number;
	else
		list->first = number;
	list->last = number;
	if (list->held == FB_NONE)
		list->held = number;
	list->n++;
	fb_table_tell_end(table, number);
}

void fb_table_take_straggler(struct fb_table *table, uint32_t number)
{
	struct fb_priv *priv = &table->priv[number];

	if (priv->place < FB_PLACE_CLOSED)
		return;
	if (priv->told && !is_told(table, number))
		untell(table, number);
	priv->told = 0;
	unplace(table, number);
	fb_table_schedule(table, number);
}

void fb_table_give_up(struct fb_table *table, uint32_t number)
{
	if (!fb_store_flow(&table->store, number)->closed) {
		fb_table_close(table, number, FB_CLOSED_EVICTED);
		table->counters.flows_evicted++;
	}
	if (table->priv[number].place >= FB_PLACE_CLOSED)
		fb_table_tell_end(table, number);
	else if (fb_store_flow(&table->store, number)->closed)
		retire_flow(table, number);
}

static void look_at(struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	uint64_t since = still_since(table, number);
	uint64_t idle = table->now_ns > since ? (table->now_ns - since) / FB_SECOND : 0;

	if (flow->closed && idle >= linger(table, number))
		retire_flow(table, number);
	else if (flow->closed || idle < idle_limit(table, number))
		fb_table_schedule(table, number);
	else if (!is_over(flow) && fb_table_has_doubts(table, number))
		fb_table_believe_doubts(table, number);
	else
		fb_table_close(table, number,
			       !is_over(flow)			   ? FB_CLOSED_TIMEOUT
			       : flow->state == FB_STATE_TIME_WAIT ? FB_CLOSED_FIN
								   : FB_CLOSED_RST);
}

/* Without an entry that ends, connections that are over are shown for a while. */
static void release_held(struct fb_table *table, struct fb_closed_list *list)
{
	while (list->held != FB_NONE) {
		const uint32_t number = list->held;
		const struct fb_flow *flow = fb_store_flow(&table->store, number);

		if (flow->closed_at + HELD_S * FB_SECOND > table->now_ns)
			break;
		if (table->priv[number].ct == FB_NONE)
			fb_table_release(table, number);
		list->held = table->priv[number].next;
	}
}

static void turn_wheel(struct fb_table *table)
{
	uint64_t now = table->now_ns / FB_SECOND;
	uint64_t from = table->wheel_s + 1;

	if (now > FB_WHEEL && from < now - FB_WHEEL + 1)
		from = now - FB_WHEEL + 1;
	for (uint64_t s = from; s <= now; s++) {
		uint32_t number = table->wheel[s % FB_WHEEL];

		table->wheel[s % FB_WHEEL] = FB_NONE;
		table->wheel_s = s;
		while (number != FB_NONE) {
			struct fb_priv *priv = &table->priv[number];
			uint32_t next = priv->next;

			priv->place = FB_PLACE_NONE;
			priv->prev = priv->next = FB_NONE;
			look_at(table, number);
			number = next;
		}
	}
	if (table->wheel_s < now)
		table->wheel_s = now;
}

/* Seconds that it is closed longer than it is kept; below 0: it is kept. */
static int64_t overdue(const struct fb_table *table, uint32_t number)
{
	const uint64_t closed_at = fb_store_flow(&table->store, number)->closed_at;

	return (int64_t)(table->now_ns - closed_at) / (int64_t)FB_SECOND -
	       (int64_t)table->opts.closed_seconds;
}

/* None goes before a snapshot told its end. How many went, of `max` that were looked at. */
static uint32_t drop_closed(struct fb_table *table, enum fb_worth worth, uint32_t max)
{
	uint32_t over = fb_table_closed_over(table, worth);
	uint32_t number = table->closed[worth].first, next, dropped = 0;

	for (; number != FB_NONE && max-- && (over || overdue(table, number) > 0); number = next) {
		next = table->priv[number].next;
		if (!over && fb_store_flow(&table->store, number)->flags & FB_FLOW_HELD)
			continue;
		if (is_told(table, number)) {
			table->counters.closed_dropped += over > 0;
			drop_closed_flow(table, number);
			dropped++;
		} else if (!table->priv[number].told &&
			   (over || overdue(table, number) > ROWS_LATE)) {
			tell(table, number);
		}
		over -= over > 0;
	}
	return dropped;
}

bool fb_table_drop_some(struct fb_table *table, uint32_t max)
{
	uint32_t dropped = 0;

	if (table->opts.keep_all)
		return false;
	for (int worth = 0; worth < FB_WORTHS; worth++)
		dropped += drop_closed(table, (enum fb_worth)worth, max);
	return dropped;
}

void fb_table_age(struct fb_table *table)
{
	if (table->opts.keep_all)
		return;
	turn_wheel(table);
	for (int worth = 0; worth < FB_WORTHS; worth++) {
		release_held(table, &table->closed[worth]);
		drop_closed(table, (enum fb_worth)worth, UINT32_MAX);
	}
	fb_table_relieve(table);
}

static bool is_behind(const struct fb_person *who, const struct fb_flow_nat *nat)
{
	return nat && (fb_person_has_addr(who, nat->src, nat->src_family) ||
		       fb_person_has_addr(who, nat->dst, nat->dst_family));
}

static bool is_device(const struct fb_table *table, const char *mac, uint32_t device)
{
	const struct fb_devicelist_entry *entry = fb_devicelist_get(table->store.devices, device);

	return entry && !strcmp(entry->mac, mac);
}

/* As the history's rows: either end, what is behind NAT, the MACs. `mac` is empty of whom has none.
 */
static bool is_of(const struct fb_table *table, const struct fb_person *who, const char *mac,
		  const struct fb_flow *flow)
{
	return fb_person_has_addr(who, flow->src, flow->family) ||
	       fb_person_has_addr(who, flow->dst, flow->family) || is_behind(who, flow->nat) ||
	       is_device(table, mac, flow->src_device) || is_device(table, mac, flow->dst_device);
}

unsigned int fb_table_erase(struct fb_table *table, const struct fb_person *who)
{
	char mac[FB_MAC_STRLEN] = "";
	unsigned int n = 0;

	if (who->has_mac)
		fb_mac_format(who->mac, mac);
	for (int worth = 0; worth < FB_WORTHS; worth++) {
		for (uint32_t number = table->closed[worth].first, next; number != FB_NONE;
		     number = next) {
			next = table->priv[number].next;
			if (!is_told(table, number) ||
			    !is_of(table, who, mac, fb_store_flow(&table->store, number)))
				continue;
			drop_closed_flow(table, number);
			n++;
		}
	}
	return n;
}
