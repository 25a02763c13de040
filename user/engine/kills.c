/* SPDX-License-Identifier: BSD-2-Clause */
/* One kill: refused, armed, poked, and cleared away some seconds later. */
#include "engine/kills.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "engine/act.h"
#include "kernel/sockdestroy.h"
#include "util/clock.h"
#include "util/log.h"

#define WAIT_NS	   (300ull * FB_NS_PER_S) /* for the next packet of a silent connection */
#define DROP_NS	   (30ull * FB_NS_PER_S)  /* of what is no TCP: QUIC gives up within it */
#define LINGER_NS  (2ull * FB_NS_PER_S)	  /* after a RST: what was on its way gets one, too */
#define SOON_NS	   (2 * FB_NS_PER_MS)	  /* a packet that was made for it has come by then, ... */
#define SOON_LOOKS 20			  /* ... or is seen later: each tick another one is made */

int fb_kills_open(struct fb_kills *kills, struct fb_core *core, struct fb_ctfeed *ct,
		  const struct fb_links *links, struct fb_nevers *nevers)
{
	kills->nevers = nevers;
	kills->core = core;
	kills->ct = ct;
	kills->links = links;
	return fb_verdicts_open(&kills->verdicts, &core->rows);
}

void fb_kills_close(struct fb_kills *kills)
{
	fb_verdicts_close(&kills->verdicts);
}

/* --- may it? ---------------------------------------------------------------------------------- */

static int check(struct fb_kills *kills, const struct fb_flow *flow,
		 const struct fb_never_asker *asker)
{
	struct fb_never_facts facts = {.asker = *asker};
	enum fb_never never;

	fb_nevers_collect(kills->nevers, &facts);
	never = fb_never_flow(&facts, flow);
	return never ? -(FB_ACT_REFUSED + (int)never) : 0;
}

/* --- the kernel half -------------------------------------------------------------------------- */

static struct fb_kill *find_free(struct fb_kills *kills, uint64_t flow_id, uint16_t *ret_number)
{
	struct fb_kill *found = NULL;

	for (uint16_t i = 1; i <= FB_KILLS_MAX; i++) {
		struct fb_kill *kill = &kills->kill[i];

		if (kill->flow_id == flow_id || (!found && !kill->flow_id)) {
			found = kill;
			*ret_number = i;
		}
		if (kill->flow_id == flow_id)
			break;
	}
	return found;
}

static int arm(struct fb_kills *kills, struct fb_kill *kill, uint16_t number)
{
	const enum fb_verdict verdict = kill->tcp ? FB_VERDICT_RESET : FB_VERDICT_DROP;
	uint32_t slots[FB_KILL_ROWS];
	const unsigned int n =
		fb_table_rows_of(kills->core->table, kill->flow_id, slots, FB_KILL_ROWS);

	fb_verdicts_rule(&kills->verdicts, number, verdict, kill->until_ns);
	for (unsigned int i = 0; i < n; i++) {
		const uint32_t generation = fb_table_generation(kills->core->table, slots[i]);

		if (fb_verdicts_set(&kills->verdicts, slots[i], generation, number, verdict) < 0)
			continue;
		kill->slot[kill->n] = slots[i];
		kill->generation[kill->n++] = generation;
	}
	return kill->n ? 0 : -ENXIO;
}

static void disarm(struct fb_kills *kills, struct fb_kill *kill, uint16_t number)
{
	for (unsigned int i = 0; i < kill->n; i++)
		fb_verdicts_clear(&kills->verdicts, kill->slot[i], kill->generation[i], number);
	fb_verdicts_rule(&kills->verdicts, number, FB_VERDICT_DROP, 0);
	*kill = (struct fb_kill){0};
}

static uint32_t ifindex_of(const struct fb_links *links, uint16_t number)
{
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].number == number && links->slots[i].state == FB_LINK_ATTACHED)
			return links->slots[i].attach.ifindex;
	return 0;
}

/* It has come, as a rule, before the call that made it returns. */
static bool was_reset(const struct fb_kills *kills, uint16_t number)
{
	const struct timespec soon = {.tv_nsec = SOON_NS / SOON_LOOKS};
	const struct fb_rule_entry *rule = &kills->verdicts.rule[number];

	for (unsigned int i = 0; i < SOON_LOOKS; i++) {
		if (__atomic_load_n(&rule->resets, __ATOMIC_RELAXED))
			return true;
		nanosleep(&soon, NULL);
	}
	return __atomic_load_n(&rule->resets, __ATOMIC_RELAXED);
}

/* The packet that it does not send, on the next interface where that can be. */
static bool poke(struct fb_kills *kills, struct fb_kill *kill, uint16_t number)
{
	while (kill->poked < kill->n) {
		const uint32_t slot = kill->slot[kill->poked++];
		const uint32_t ifindex =
			ifindex_of(kills->links, kills->core->rows.row[slot].key.lane);

		if (ifindex && fb_verdicts_poke(&kills->verdicts, slot, ifindex) == 0)
			return was_reset(kills, number);
	}
	return false;
}

/* --- sockets of this host --------------------------------------------------------------------- */

static bool destroy_end(const struct fb_kills *kills, const uint8_t own[static 16],
			uint16_t own_port, const uint8_t other[static 16], uint16_t other_port,
			uint8_t family)
{
	const uint16_t port[2] = {own_port, other_port};
	uint8_t addr[2][16];

	if (!fb_table_is_own(kills->core->table, own, family))
		return false;
	memcpy(addr[0], own, 16);
	memcpy(addr[1], other, 16);
	return fb_socket_destroy(addr, port, family) == 0;
}

static bool destroy_sockets(const struct fb_kills *kills, const struct fb_flow *flow)
{
	const bool src = destroy_end(kills, flow->src, flow->src_port, flow->dst, flow->dst_port,
				     flow->family);
	const bool dst = destroy_end(kills, flow->dst, flow->dst_port, flow->src, flow->src_port,
				     flow->family);

	return src || dst;
}

/* --- the whole of it -------------------------------------------------------------------------- */

static int begin_tcp(struct fb_kills *kills, struct fb_kill *kill, uint16_t number,
		     const struct fb_flow *flow)
{
	const int r = arm(kills, kill, number);

	kill->destroyed = destroy_sockets(kills, flow);
	if (r < 0 && !kill->destroyed) {
		disarm(kills, kill, number);
		return r;
	}
	return kill->destroyed || poke(kills, kill, number) ? FB_KILLED_ENDED : FB_KILLED_WAITS;
}

/* Its packets are dropped first: none makes another entry. */
static int begin_other(struct fb_kills *kills, struct fb_kill *kill, uint16_t number)
{
	const int r = arm(kills, kill, number);

	if (r < 0) {
		disarm(kills, kill, number);
		return r;
	}
	fb_ctfeed_forget(kills->ct, kill->flow_id);
	return FB_KILLED_ENDED;
}

int fb_kills_begin(struct fb_kills *kills, uint64_t flow_id, const struct fb_never_asker *asker)
{
	const struct fb_flow *flow = fb_table_flow(kills->core->table, flow_id);
	const uint64_t now = fb_core_now(kills->core);
	struct fb_kill *kill;
	uint16_t number = 0;
	int r;

	if (kills->core->rows.state->no_verdicts)
		return -ESHUTDOWN;
	if (!flow)
		return -ENOENT;
	if (!fb_flow_is_live(flow))
		return -ENOTCONN;
	r = check(kills, flow, asker);
	if (r < 0)
		return r;
	kill = find_free(kills, flow_id, &number);
	if (!kill)
		return -EBUSY;
	if (kill->flow_id)
		disarm(kills, kill, number);
	*kill = (struct fb_kill){.flow_id = flow_id, .tcp = flow->proto == IPPROTO_TCP};
	kill->until_ns = now + (kill->tcp ? WAIT_NS : DROP_NS);
	return kill->tcp ? begin_tcp(kills, kill, number, flow) : begin_other(kills, kill, number);
}

static bool is_done(struct fb_kill *kill, const struct fb_rule_entry *rule, uint64_t now)
{
	if (kill->tcp && !kill->reset_ns &&
	    (kill->destroyed || __atomic_load_n(&rule->resets, __ATOMIC_RELAXED)))
		kill->reset_ns = now;
	return now >= kill->until_ns || (kill->reset_ns && now - kill->reset_ns >= LINGER_NS);
}

void fb_kills_tick(struct fb_kills *kills)
{
	const uint64_t now = kills->core->moment.ns;

	for (uint16_t i = 1; i <= FB_KILLS_MAX; i++) {
		struct fb_kill *kill = &kills->kill[i];

		if (!kill->flow_id)
			continue;
		if (!is_done(kill, &kills->verdicts.rule[i], now)) {
			if (kill->tcp && !kill->reset_ns)
				poke(kills, kill, i);
			continue;
		}
		if (kill->reset_ns)
			fb_ctfeed_forget(kills->ct, kill->flow_id);
		else if (kill->tcp)
			fb_info("act",
				"kill of flow %016llx: no packet of it came for %llu s, "
				"nothing was reset",
				(unsigned long long)kill->flow_id, WAIT_NS / FB_NS_PER_S);
		disarm(kills, kill, i);
	}
}
