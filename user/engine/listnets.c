/* SPDX-License-Identifier: BSD-2-Clause */
/* What an entry of the kernel half is to be follows from what is wanted: it is settled one by one.
 */
#include "engine/listnets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/hash.h"
#include "util/log.h"

#define WORK_NS	 (2 * FB_NS_PER_MS)
#define ROOM	 (FB_NETS_MAX - FB_TUPLES_MAX) /* the rest is for rules' own prefixes */
#define IPV4_ALL 96			       /* bits before an IPv4 address */

/* Of a prefix. */
enum state {
	STATE_OPEN, /* not looked at yet */
	STATE_THERE,
	STATE_LEFT_OUT,
	STATE_EXCEPTED,
	STATE_OTHERS, /* another list's, or a rule's own */
	STATE_NO_ROOM,
	STATES,
};

struct fb_listnets_list {
	struct fb_listset *set; /* referenced */
	const struct fb_prefixes *prefixes;
	uint32_t n, rule;
	uint16_t number;
	bool leaving, due, said;
	uint32_t at; /* while it is due: the next */
	uint64_t begin_ns;
	uint32_t count[STATES];
	struct fb_cidr left_out; /* the first that was */
	uint8_t state[];	 /* enum state, by number of the prefix */
};

static void free_list(struct fb_listnets_list *list)
{
	fb_listset_unref(list->set);
	free(list);
}

static struct fb_listnets_list *new_list(const struct fb_listnets_want *want)
{
	const struct fb_prefixes *prefixes = fb_listset_prefixes(want->set);
	const uint32_t n = fb_prefixes_count(prefixes);
	struct fb_listnets_list *list = calloc(1, sizeof(*list) + n);

	if (!list)
		return NULL;
	list->set = fb_listset_ref(want->set);
	list->prefixes = prefixes;
	list->n = list->count[STATE_OPEN] = n;
	list->rule = want->rule;
	list->number = want->number;
	return list;
}

static void set_state(struct fb_listnets_list *list, uint32_t i, enum state state)
{
	list->count[list->state[i]]--;
	list->state[i] = (uint8_t)state;
	list->count[state]++;
}

void fb_listnets_close(struct fb_listnets *nets)
{
	while (nets->n)
		free_list(nets->list[--nets->n]);
	fb_ranges_free(TAKE_PTR(nets->excepted));
	free(TAKE_PTR(nets->again));
}

/* --- what an entry is to be ------------------------------------------------------------------- */

static struct fb_net_key key_of(const struct fb_cidr *net)
{
	struct fb_net_key key = {.bits = net->bits};

	memcpy(key.addr, net->addr, sizeof(key.addr));
	return key;
}

/* Of the widest prefix that may hold it. */
static uint8_t first_bits(const struct fb_cidr *net)
{
	return net->family == FB_IPV4 ? IPV4_ALL : 0;
}

static bool is_exception(const struct fb_listnets_list *list)
{
	return list->number == FB_RULE_SPARED;
}

/* Inside addresses are on no list; and one of IPv6 may not hold those of IPv4 in the map. */
static bool is_for_others(const struct fb_listnets *nets, const struct fb_cidr *net)
{
	static const struct fb_cidr v4 = {
		.addr = {[10] = 0xff, [11] = 0xff}, .family = FB_IPV6, .bits = IPV4_ALL};

	for (unsigned int i = 0; i < nets->scope->n; i++)
		if (fb_cidr_meets(&nets->scope->extra[i], net))
			return true;
	return net->family == FB_IPV6 && fb_cidr_meets(&v4, net);
}

static bool is_excepted(const struct fb_listnets *nets, const struct fb_cidr *net)
{
	uint8_t last[16];

	fb_cidr_last(net, last);
	if (nets->excepted && fb_ranges_cover(nets->excepted, net->addr, last, net->family))
		return true;
	for (unsigned int i = 0; i < nets->n; i++)
		if (is_exception(nets->list[i]) && !nets->list[i]->leaving &&
		    fb_listset_covers(nets->list[i]->set, net))
			return true;
	return false;
}

/* It stands within what is blocked: else it is no exception from anything. */
static bool is_within(const struct fb_listnets *nets, const struct fb_cidr *net)
{
	for (unsigned int i = 0; i < nets->n; i++) {
		const struct fb_listnets_list *list = nets->list[i];

		if (is_exception(list) || list->leaving)
			continue;
		for (uint8_t bits = first_bits(net); bits <= net->bits; bits++) {
			const struct fb_cidr wide = fb_cidr_widen(net, bits);

			if (fb_prefixes_find(list->prefixes, &wide) != FB_PREFIXES_NONE)
				return true;
		}
	}
	return false;
}

static enum state judge(struct fb_listnets *nets, struct fb_listnets_list *list,
			const struct fb_cidr *net)
{
	const struct fb_net_key key = key_of(net);

	if (!is_exception(list) && is_excepted(nets, net))
		return STATE_EXCEPTED;
	if (!is_exception(list) && (fb_never_net(nets->never, net) || is_for_others(nets, net))) {
		if (!list->left_out.family)
			list->left_out = *net;
		return STATE_LEFT_OUT;
	}
	if (fb_rulemaps_has_net(nets->maps, &key))
		return STATE_OTHERS;
	return !is_exception(list) || is_within(nets, net) ? STATE_THERE : STATE_OTHERS;
}

/* --- one entry -------------------------------------------------------------------------------- */

struct place {
	struct fb_listnets_list *list; /* NULL: none */
	uint32_t i;
};

/* False: there is no room. */
static bool write_entry(struct fb_listnets *nets, const struct fb_cidr *net, uint16_t number,
			bool is_there)
{
	const struct fb_net_key key = key_of(net);

	if (!is_there && nets->there == ROOM)
		return false;
	return !fb_verdicts_net(nets->verdicts, &key, number);
}

static void clear_entry(struct fb_listnets *nets, const struct fb_cidr *net)
{
	const struct fb_net_key key = key_of(net);

	if (!fb_rulemaps_has_net(nets->maps, &key))
		fb_verdicts_net(nets->verdicts, &key, 0);
}

/* Who has it there, and whose it is to be from here on; of all others it is said why not. */
static void find_places(struct fb_listnets *nets, const struct fb_cidr *net, struct place *has,
			struct place *wants)
{
	for (unsigned int k = 0; k < nets->n; k++) {
		struct fb_listnets_list *list = nets->list[k];
		const uint32_t i = fb_prefixes_find(list->prefixes, net);
		enum state state;

		if (i == FB_PREFIXES_NONE)
			continue;
		if (list->state[i] == STATE_THERE)
			*has = (struct place){list, i};
		if (list->leaving)
			continue;
		state = wants->list ? STATE_OTHERS : judge(nets, list, net);
		if (state == STATE_THERE)
			*wants = (struct place){list, i};
		else
			set_state(list, i, state);
	}
}

static void settle(struct fb_listnets *nets, const struct fb_cidr *net)
{
	struct place has = {NULL, 0}, wants = {NULL, 0};
	bool written;

	find_places(nets, net, &has, &wants);
	if (has.list == wants.list)
		return;
	written = wants.list && ((has.list && has.list->number == wants.list->number) ||
				 write_entry(nets, net, wants.list->number, has.list));
	if (has.list && !written)
		clear_entry(nets, net);
	if (has.list && has.list->state[has.i] == STATE_THERE)
		set_state(has.list, has.i, STATE_OTHERS);
	if (wants.list)
		set_state(wants.list, wants.i, written ? STATE_THERE : STATE_NO_ROOM);
	nets->there = nets->there - (has.list != NULL) + written;
}

/* --- what to look at again -------------------------------------------------------------------- */

static void look_at_all(struct fb_listnets *nets)
{
	for (unsigned int i = 0; i < nets->n; i++) {
		nets->list[i]->due = true;
		nets->list[i]->at = 0;
	}
	nets->n_again = nets->part_list = nets->part_at = 0;
}

static void look_again(struct fb_listnets *nets, const struct fb_cidr *net)
{
	if (!nets->n)
		return;
	if (nets->n_again == FB_LISTNETS_AGAIN) {
		look_at_all(nets);
		return;
	}
	nets->again[(nets->first_again + nets->n_again++) % FB_LISTNETS_AGAIN] = *net;
}

/* A rule's own prefix came, is another's, or went: the entry is not of a list's. */
static void on_net(void *ctx, const struct fb_net_key *key)
{
	struct fb_listnets *nets = ctx;
	const struct fb_cidr net = fb_rulekind_net(key);

	for (unsigned int k = 0; k < nets->n; k++) {
		struct fb_listnets_list *list = nets->list[k];
		const uint32_t i = fb_prefixes_find(list->prefixes, &net);

		if (i == FB_PREFIXES_NONE || list->state[i] != STATE_THERE)
			continue;
		set_state(list, i, STATE_OPEN);
		nets->there--;
	}
	look_again(nets, &net);
}

int fb_listnets_open(struct fb_listnets *nets, struct fb_verdicts *verdicts,
		     struct fb_rulemaps *maps, const struct fb_never_facts *never,
		     const struct fb_scope_list *scope)
{
	*nets = (struct fb_listnets){
		.verdicts = verdicts, .maps = maps, .never = never, .scope = scope};
	nets->again = calloc(FB_LISTNETS_AGAIN, sizeof(*nets->again));
	if (!nets->again)
		return -ENOMEM;
	maps->on_net = on_net;
	maps->on_net_ctx = nets;
	return 0;
}

static void on_spared(void *ctx, const struct fb_cidr *net)
{
	look_again(ctx, net);
}

static uint64_t hash_wider(const struct fb_listnets *nets)
{
	uint64_t hash = fb_hash(nets->never->trusted,
				nets->never->n_trusted * sizeof(*nets->never->trusted), 0);

	return fb_hash(nets->scope->extra, nets->scope->n * sizeof(*nets->scope->extra), hash);
}

/* --- what is wanted --------------------------------------------------------------------------- */

static bool is_list(const struct fb_listnets_list *list, const struct fb_listnets_want *want)
{
	return list->set == want->set && list->number == want->number;
}

static bool has_list(const struct fb_listnets *nets, const struct fb_listnets_want *want)
{
	for (unsigned int i = 0; i < nets->n; i++)
		if (!nets->list[i]->leaving && is_list(nets->list[i], want))
			return true;
	return false;
}

static bool is_wanted(const struct fb_listnets_list *list, const struct fb_listnets_want *want,
		      unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (is_list(list, &want[i]))
			return true;
	return false;
}

/* How many that exceptions are of: what they are about is then looked at again. */
static unsigned int retire(struct fb_listnets *nets, const struct fb_listnets_want *want,
			   unsigned int n)
{
	unsigned int exceptions = 0;

	for (unsigned int i = 0; i < nets->n; i++) {
		struct fb_listnets_list *list = nets->list[i];

		if (list->leaving || is_wanted(list, want, n))
			continue;
		list->leaving = list->due = true;
		list->at = 0;
		exceptions += is_exception(list);
	}
	return exceptions;
}

static int take_on(struct fb_listnets *nets, const struct fb_listnets_want *want,
		   unsigned int *exceptions)
{
	struct fb_listnets_list *list;

	if (has_list(nets, want))
		return 0;
	if (nets->n == 2 * FB_LISTNETS)
		return -ENOSPC;
	list = new_list(want);
	if (!list)
		return -ENOMEM;
	list->due = true;
	list->begin_ns = fb_monotonic_ns();
	nets->list[nets->n++] = list;
	*exceptions += is_exception(list);
	return 0;
}

/* Exceptions within a list are looked at again with it. */
static void look_at_exceptions(struct fb_listnets *nets)
{
	for (unsigned int i = 0; i < nets->n; i++)
		if (is_exception(nets->list[i])) {
			nets->list[i]->due = true;
			nets->list[i]->at = 0;
		}
}

int fb_listnets_put(struct fb_listnets *nets, const struct fb_listnets_want *want, unsigned int n)
{
	const unsigned int before = nets->n;
	unsigned int exceptions = retire(nets, want, n);
	const uint64_t wider = hash_wider(nets);
	int r = 0, one;

	for (unsigned int i = 0; i < n; i++) {
		one = take_on(nets, &want[i], &exceptions);
		r = one < 0 ? one : r;
	}
	fb_ranges_free(TAKE_PTR(nets->excepted));
	if (nets->n && fb_rulemaps_excepted(nets->maps, &nets->excepted) < 0)
		r = -ENOMEM;
	if (exceptions || wider != nets->wider)
		look_at_all(nets);
	else if (nets->n != before)
		look_at_exceptions(nets);
	nets->wider = wider;
	if (fb_listspared_update(&nets->spared, nets->never, on_spared, nets) < 0)
		look_at_all(nets);
	return r;
}

/* --- some at a time --------------------------------------------------------------------------- */

static void say(struct fb_listnets_list *list)
{
	char text[FB_ADDR_STRLEN];

	if (list->said || is_exception(list))
		return;
	list->said = true;
	fb_info("act", "rule %u: %u prefixes of its list are in the kernel half, after %u ms",
		list->rule, list->count[STATE_THERE],
		(unsigned int)((fb_monotonic_ns() - list->begin_ns) / FB_NS_PER_MS));
	if (list->count[STATE_LEFT_OUT])
		fb_warn("act",
			"rule %u: %u prefixes of its list are left out, for they hold what is never "
			"touched, the first is %s/%d",
			list->rule, list->count[STATE_LEFT_OUT],
			fb_addr_format(list->left_out.addr, list->left_out.family, text),
			list->left_out.bits - first_bits(&list->left_out));
	if (list->count[STATE_NO_ROOM])
		fb_warn("act",
			"rule %u: the kernel half has room for %u prefixes: %u of its list are "
			"matched flow by flow",
			list->rule, ROOM, list->count[STATE_NO_ROOM]);
}

static void look_at_holders(struct fb_listnets *nets, const struct fb_cidr *net)
{
	for (uint8_t bits = first_bits(net); bits < net->bits; bits++) {
		const struct fb_cidr wide = fb_cidr_widen(net, bits);

		settle(nets, &wide);
	}
}

/* From number `i` of the list on; false: there was no time for all. */
static bool look_within(struct fb_listnets *nets, const struct fb_listnets_list *list,
			const struct fb_cidr *net, uint32_t i, uint64_t until_ns)
{
	struct fb_cidr found;

	for (; i < list->n; i++) {
		fb_prefixes_at(list->prefixes, i, &found);
		if (!fb_cidr_contains(net, found.addr, found.family))
			break;
		if (fb_monotonic_ns() > until_ns) {
			nets->part_at = i;
			return false;
		}
		settle(nets, &found);
	}
	return true;
}

/* Of the first that is to be looked at again: all that hold it, and all within it. */
static void look_at_next(struct fb_listnets *nets, uint64_t until_ns)
{
	const struct fb_cidr net = nets->again[nets->first_again];

	if (!nets->part_list && !nets->part_at)
		look_at_holders(nets, &net);
	for (; nets->part_list < nets->n; nets->part_list++) {
		const struct fb_listnets_list *list = nets->list[nets->part_list];
		const uint32_t first = fb_prefixes_seek(list->prefixes, &net);

		if (!look_within(nets, list, &net, nets->part_at > first ? nets->part_at : first,
				 until_ns))
			return;
		nets->part_at = 0;
	}
	nets->part_list = 0;
	nets->first_again = (nets->first_again + 1) % FB_LISTNETS_AGAIN;
	nets->n_again--;
}

static void walk(struct fb_listnets *nets, struct fb_listnets_list *list, uint64_t until_ns)
{
	struct fb_cidr net;

	for (; list->at < list->n && fb_monotonic_ns() < until_ns; list->at++) {
		if (list->leaving && list->state[list->at] != STATE_THERE)
			continue;
		fb_prefixes_at(list->prefixes, list->at, &net);
		settle(nets, &net);
	}
	list->due = list->at < list->n;
	if (!list->due && !list->leaving)
		say(list);
}

/* Exceptions first, and what comes before what goes. */
static struct fb_listnets_list *next_due(const struct fb_listnets *nets)
{
	struct fb_listnets_list *next = NULL;

	for (unsigned int i = 0; i < nets->n; i++) {
		struct fb_listnets_list *list = nets->list[i];

		if (!list->due)
			continue;
		if (!list->leaving && is_exception(list))
			return list;
		if (!next || (next->leaving && !list->leaving))
			next = list;
	}
	return next;
}

static void drop_left(struct fb_listnets *nets)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nets->n; i++) {
		if (nets->list[i]->leaving && !nets->list[i]->due)
			free_list(nets->list[i]);
		else
			nets->list[n++] = nets->list[i];
	}
	nets->n = n;
}

bool fb_listnets_work(struct fb_listnets *nets)
{
	const uint64_t until_ns = fb_monotonic_ns() + WORK_NS;
	struct fb_listnets_list *list;

	while (nets->n_again && fb_monotonic_ns() < until_ns)
		look_at_next(nets, until_ns);
	while (!nets->n_again && (list = next_due(nets)) && fb_monotonic_ns() < until_ns)
		walk(nets, list, until_ns);
	drop_left(nets);
	return nets->n_again || next_due(nets);
}

/* --- told ------------------------------------------------------------------------------------- */

struct fb_listnets_count fb_listnets_count(const struct fb_listnets *nets, uint16_t number)
{
	struct fb_listnets_count count = {.done = true};

	for (unsigned int i = 0; i < nets->n; i++) {
		const struct fb_listnets_list *list = nets->list[i];

		if (list->number != number || list->leaving)
			continue;
		count.entries += list->n;
		count.there += list->count[STATE_THERE];
		count.left_out += list->count[STATE_LEFT_OUT];
		count.no_room += list->count[STATE_NO_ROOM];
		count.done &= !list->due;
	}
	return count;
}

bool fb_listnets_uses(const struct fb_listnets *nets, uint16_t number)
{
	for (unsigned int i = 0; i < nets->n; i++)
		if (nets->list[i]->number == number)
			return true;
	return false;
}

uint64_t fb_listnets_no_room(const struct fb_listnets *nets)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < nets->n; i++)
		n += nets->list[i]->count[STATE_NO_ROOM];
	return n;
}
