/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of flows, and the ration of walks: at most one in two seconds, and 1 % of the time. */
#include "engine/heldbook.h"

#include <errno.h>

#include "engine/sockends.h"
#include "util/clock.h"

#define DUE_NS	 FB_NS_PER_S	   /* a child has it by then, and its parent let it go */
#define PAUSE_NS (2 * FB_NS_PER_S) /* between two walks */
#define SHARE	 100		   /* ... and as many times what the last one took */

void fb_heldbook_open(struct fb_heldbook *book, const struct fb_sockstamp *stamp)
{
	(void)fb_sockheld_open(&book->held, stamp);
}

void fb_heldbook_close(struct fb_heldbook *book)
{
	fb_sockheld_close(&book->held);
}

/* A flow is looked at often while it is new. */
static bool is_in_line(const struct fb_heldbook *book, uint64_t flow)
{
	for (unsigned int i = 0; i < book->n; i++)
		if (book->line[(book->first + i) % FB_HELDBOOK_LINE].flow == flow)
			return true;
	return false;
}

void fb_heldbook_add(struct fb_heldbook *book, uint64_t flow, bool elsewhere, uint64_t now_ns)
{
	if (book->held.link < 0 || (elsewhere && is_in_line(book, flow)))
		return;
	if (book->n == FB_HELDBOOK_LINE) {
		book->counters.holders_left_out++;
		return;
	}
	book->line[(book->first + book->n) % FB_HELDBOOK_LINE].flow = flow;
	book->line[(book->first + book->n) % FB_HELDBOOK_LINE].since = now_ns;
	book->line[(book->first + book->n) % FB_HELDBOOK_LINE].elsewhere = elsewhere;
	book->n++;
}

/* Still there, and still the listener's, or nobody's. */
static const struct fb_flow *waiting(const struct fb_table *table, uint64_t id, bool elsewhere)
{
	const struct fb_flow *flow = fb_table_flow(table, id);

	if (!flow || elsewhere)
		return flow && !flow->owner ? flow : NULL;
	return flow->owner && flow->owner_by == FB_OWNER_LISTENER ? flow : NULL;
}

static unsigned int take(struct fb_heldbook *book, const struct fb_table *table, uint64_t now_ns,
			 struct fb_sockheld_ask ask[static FB_OWNER_HELD],
			 uint64_t id[static FB_OWNER_HELD])
{
	unsigned int n = 0;

	while (book->n && n < FB_OWNER_HELD && book->line[book->first].since + DUE_NS <= now_ns) {
		const uint64_t next = book->line[book->first].flow;
		const bool elsewhere = book->line[book->first].elsewhere;
		const struct fb_flow *flow = waiting(table, next, elsewhere);

		book->first = (book->first + 1) % FB_HELDBOOK_LINE;
		book->n--;
		if (!flow)
			continue;
		ask[n] = (struct fb_sockheld_ask){
			.held = {.proto = flow->proto, .elsewhere = elsewhere}};
		fb_sockends_of(flow, elsewhere ? FB_SOCKENDS_CLIENT : FB_SOCKENDS_SERVER,
			       &ask[n].ends);
		id[n++] = next;
	}
	return n;
}

int fb_heldbook_ask(struct fb_heldbook *book, uint64_t now_ns, struct fb_sockheld_ask *ask,
		    unsigned int n)
{
	uint64_t start = fb_monotonic_ns(), took;
	int r;

	if (book->held.link < 0)
		return -EOPNOTSUPP;
	if (now_ns < book->next_ns)
		return -EAGAIN;
	r = fb_sockheld_ask(&book->held, ask, n);
	took = fb_monotonic_ns() - start;
	book->next_ns = now_ns + (took * SHARE > PAUSE_NS ? took * SHARE : PAUSE_NS);
	book->counters.holders_walks++;
	book->counters.holders_walk_us += took / 1000;
	return r;
}

void fb_heldbook_tick(struct fb_heldbook *book, const struct fb_table *table, uint64_t now_ns,
		      void (*fn)(void *ctx, uint64_t flow, const struct fb_stamp *stamp), void *ctx)
{
	struct fb_sockheld_ask ask[FB_OWNER_HELD];
	uint64_t id[FB_OWNER_HELD];
	unsigned int n = 0;

	if (now_ns >= book->next_ns)
		n = take(book, table, now_ns, ask, id);
	if (!n || fb_heldbook_ask(book, now_ns, ask, n) < 0)
		return;
	book->counters.holders_asked += n;
	for (unsigned int i = 0; i < n; i++) {
		const struct fb_stamp *stamp = &ask[i].held.stamp;
		const struct fb_flow *flow = fb_table_flow(table, id[i]);

		if (!stamp->pid || !flow || (flow->owner && stamp->pid == flow->owner->key.pid))
			continue;
		book->counters.holders_found++;
		fn(ctx, id[i], stamp);
	}
}
