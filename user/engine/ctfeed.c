/* SPDX-License-Identifier: BSD-2-Clause */
/* Conntrack entries, translated and handed on. */
#include "engine/ctfeed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/log.h"

#define PINGS_MAX 4096 /* entries of one flow beside its own, deleted at once */

static void tuple_from_ct(struct fb_tuple *tuple, const struct fb_ct_tuple *ct)
{
	memcpy(tuple->addr, ct->addr, sizeof(tuple->addr));
	tuple->port[0] = ntohs(ct->port[0]);
	tuple->port[1] = ntohs(ct->port[1]);
	tuple->proto = ct->proto;
	tuple->family = ct->family;
}

static void tuple_to_ct(struct fb_ct_tuple *ct, const struct fb_conntrack_fact *fact)
{
	const struct fb_tuple *tuple = &fact->orig;

	memset(ct, 0, sizeof(*ct));
	ct->icmp_id = htons(fact->icmp_id);
	ct->icmp_type = fact->icmp_type;
	ct->icmp_code = fact->icmp_code;
	memcpy(ct->addr, tuple->addr, sizeof(ct->addr));
	ct->port[0] = htons(tuple->port[0]);
	ct->port[1] = htons(tuple->port[1]);
	ct->proto = tuple->proto;
	ct->family = tuple->family;
}

static void on_entry(void *ctx, enum fb_ct_event event, const struct fb_ct *ct)
{
	struct fb_ctfeed *feed = ctx;
	struct fb_conntrack_fact fact = {
		.id = ct->id,
		.status = ct->status,
		.timeout = ct->timeout,
		.mark = ct->mark,
		.zone = ct->zone,
		.tcp_state = ct->tcp_state,
		.icmp_id = ntohs(ct->orig.icmp_id),
		.icmp_type = ct->orig.icmp_type,
		.icmp_code = ct->orig.icmp_code,
		.has_state = ct->has & FB_CT_HAS_STATUS && ct->has & FB_CT_HAS_TIMEOUT,
		.has_tcp = ct->has & FB_CT_HAS_TCP_STATE,
		.listed = event == FB_CT_DUMP,
		.counted = ct->has & FB_CT_HAS_COUNTS,
		.start_ns = ct->start_ns,
		.acct = {{ct->counts[0].packets, ct->counts[1].packets},
			 {ct->counts[0].bytes, ct->counts[1].bytes}},
	};

	if (!(ct->has & FB_CT_HAS_ORIG) || !(ct->has & FB_CT_HAS_REPLY))
		return;
	tuple_from_ct(&fact.orig, &ct->orig);
	tuple_from_ct(&fact.reply, &ct->reply);
	fb_table_conntrack(feed->table,
			   event == FB_CT_DESTROY ? FB_CONNTRACK_DESTROY : FB_CONNTRACK_UPSERT,
			   &fact);
}

static void on_dump_begin(void *ctx)
{
	struct fb_ctfeed *feed = ctx;

	fb_table_conntrack_dump(feed->table, false);
}

static void on_dump_done(void *ctx)
{
	struct fb_ctfeed *feed = ctx;

	fb_table_conntrack_dump(feed->table, true);
	if (feed->warned)
		fb_info("conntrack", "states are right again");
	feed->warned = false;
}

void fb_ctfeed_init(struct fb_ctfeed *feed, struct fb_table *table, const char *unwanted)
{
	static const struct fb_conntrack_ops ops = {
		.entry = on_entry,
		.dump_begin = on_dump_begin,
		.dump_done = on_dump_done,
	};
	const struct fb_conntrack_opts opts = {0};

	*feed = (struct fb_ctfeed){.table = table};
	if (unwanted) {
		snprintf(feed->reason.text, sizeof(feed->reason.text), "%s", unwanted);
		return;
	}
	if (fb_conntrack_new(&opts, &ops, feed, &feed->ct, &feed->reason) < 0) {
		feed->ct = NULL;
		fb_warn("conntrack", "%s", feed->reason.text);
	}
}

void fb_ctfeed_fini(struct fb_ctfeed *feed)
{
	if (feed->ct)
		fb_conntrack_free(feed->ct);
	feed->ct = NULL;
}

int fb_ctfeed_fd(const struct fb_ctfeed *feed)
{
	return feed->ct ? fb_conntrack_fd(feed->ct) : -1;
}

void fb_ctfeed_read(struct fb_ctfeed *feed)
{
	fb_conntrack_read(feed->ct);
}

void fb_ctfeed_tick(struct fb_ctfeed *feed)
{
	struct fb_conntrack_stats stats;

	if (!feed->ct)
		return;
	/* Not the clock of flows: that one jumps when the machine was asleep. */
	fb_conntrack_tick(feed->ct, fb_monotonic_ns());
	fb_conntrack_stats(feed->ct, &stats);
	if (stats.resync_due && !feed->warned) {
		feed->warned = true;
		fb_warn("conntrack", "the kernel dropped events: reading the table again soon");
	}
}

static int forget_entry(struct fb_ctfeed *feed, const struct fb_conntrack_fact *fact)
{
	struct fb_ct_tuple tuple;
	struct fb_ct entry;
	int r;

	tuple_to_ct(&tuple, fact);
	r = fb_conntrack_get(feed->ct, &tuple, fact->zone, &entry);
	if (r == 0 && entry.id != fact->id)
		r = -ENOENT; /* its 5-tuple was used again: that entry is another's */
	if (r == 0)
		r = fb_conntrack_delete(feed->ct, &entry);
	/* The event says it too, later: until then nobody asks for it twice. */
	if (r == 0 || r == -ENOENT)
		fb_table_conntrack(feed->table, FB_CONNTRACK_FORGOTTEN, fact);
	return r == -ENOENT ? -ESRCH : r;
}

/* Pings of one pair are one flow with an entry for each that runs: they go one after the other. */
int fb_ctfeed_forget(struct fb_ctfeed *feed, uint64_t flow_id)
{
	struct fb_conntrack_fact fact, next;
	int r;

	if (!feed->ct)
		return -EOPNOTSUPP;
	r = fb_table_conntrack_of(feed->table, flow_id, &fact);
	if (r == 0)
		r = forget_entry(feed, &fact);
	for (unsigned int i = 0; r == 0 && i < PINGS_MAX; i++) {
		if (fb_table_conntrack_of(feed->table, flow_id, &next) < 0 ||
		    next.zone != fact.zone || (forget_entry(feed, &next) < 0))
			break;
	}
	return r;
}

int fb_ctfeed_forget_using(struct fb_ctfeed *feed, const uint8_t addr[static 16], uint8_t family,
			   uint32_t *pos)
{
	struct fb_conntrack_fact fact;

	if (!feed->ct)
		return -EOPNOTSUPP;
	if (!fb_table_conntrack_using(feed->table, addr, family, pos, &fact))
		return -ENODATA;
	return forget_entry(feed, &fact);
}

int fb_ctfeed_flush(struct fb_ctfeed *feed)
{
	uint32_t entries = 0, max;
	int r;

	if (!feed->ct)
		return -EOPNOTSUPP;
	fb_conntrack_count(&entries, &max);
	r = fb_conntrack_flush(feed->ct);
	return r < 0 ? r : (int)entries;
}
