/* SPDX-License-Identifier: BSD-2-Clause */
/* What the judge is told of flows, and what they keep of his verdict. */
#include <errno.h>
#include <string.h>

#include "table/table_priv.h"

#define STEP_BYTES 10000000ull
#define STEP_NS	   (3600 * FB_SECOND)

void fb_table_begin(struct fb_table *table, uint32_t number)
{
	if (!table->opts.judged || table->priv[number].begun)
		return;
	table->priv[number].begun = true;
	table->begun[table->n_begun++] = number;
}

uint32_t fb_table_take_begun(struct fb_table *table, uint32_t *numbers, uint32_t max)
{
	const uint32_t n = table->n_begun < max ? table->n_begun : max;

	for (uint32_t i = 0; i < n; i++) {
		numbers[i] = table->begun[i];
		table->priv[numbers[i]].begun = false;
	}
	memmove(table->begun, table->begun + n, (table->n_begun - n) * sizeof(*numbers));
	table->n_begun -= n;
	return n;
}

static unsigned int bits_of(uint64_t bytes)
{
	return bytes ? 64 - (unsigned int)__builtin_clzll(bytes) : 0;
}

static bool has_stepped(uint64_t before, uint64_t now)
{
	return bits_of(before) != bits_of(now) || before / STEP_BYTES != now / STEP_BYTES;
}

void fb_table_grow(struct fb_table *table, uint32_t number, const uint64_t bytes[static 2],
		   uint64_t last_seen)
{
	const struct fb_traffic *traffic = fb_store_traffic(&table->store, number);
	const uint64_t first = fb_store_flow(&table->store, number)->first_seen;

	if (!table->opts.judged || table->priv[number].grown ||
	    (traffic->packets[FB_DOWN] && !has_stepped(bytes[FB_UP], traffic->bytes[FB_UP]) &&
	     !has_stepped(bytes[FB_DOWN], traffic->bytes[FB_DOWN]) &&
	     (last_seen < first ||
	      (last_seen - first) / STEP_NS == (traffic->last_seen - first) / STEP_NS)))
		return;
	table->priv[number].grown = true;
	table->grown[0][table->n_grown[0]++] = number;
}

void fb_table_next_grown(struct fb_table *table)
{
	uint32_t *grown = table->grown[1];

	for (uint32_t i = 0; i < table->n_grown[0]; i++)
		table->priv[table->grown[0][i]].grown = false;
	table->grown[1] = table->grown[0];
	table->n_grown[1] = table->n_grown[0];
	table->grown[0] = grown;
	table->n_grown[0] = 0;
}

uint32_t fb_table_grown(const struct fb_table *table, const uint32_t **ret_numbers)
{
	*ret_numbers = table->grown[1];
	return table->n_grown[1];
}

bool fb_table_at(const struct fb_table *table, uint32_t number, struct fb_flow_at *ret_at)
{
	*ret_at = (struct fb_flow_at){
		.flow = fb_store_flow(&table->store, number),
		.traffic = fb_store_traffic(&table->store, number),
	};
	return ret_at->flow->id;
}

/* --- evidence ----------------------------------------------------------------------------------*/

static bool is_same(const struct fb_flow_evidence *evidence, const struct fb_evidence *items,
		    unsigned int n)
{
	if (!evidence || evidence->n != n)
		return !evidence && !n;
	for (unsigned int i = 0; i < n; i++)
		if (evidence->item[i].kind != items[i].kind ||
		    evidence->item[i].form != items[i].form ||
		    evidence->item[i].points != items[i].points ||
		    evidence->item[i].n[0] != items[i].n[0] ||
		    evidence->item[i].n[1] != items[i].n[1])
			return false;
	return true;
}

static bool has_numbers(const struct fb_evidence *items, unsigned int n)
{
	uint64_t any = 0;

	for (unsigned int i = 0; i < n; i++)
		any |= items[i].n[0] | items[i].n[1];
	return any;
}

static struct fb_flow_evidence *make(struct fb_table *table, const struct fb_evidence *items,
				     unsigned int n)
{
	struct fb_flow_evidence *made =
		fb_store_side(&table->store, sizeof(*made) + n * sizeof(*items));

	if (!made)
		return NULL;
	made->n = (uint8_t)n;
	memcpy(made->item, items, n * sizeof(*items));
	return made;
}

/* What is said without a number is the same of many flows, in a few ways. */
static const struct fb_flow_evidence *find_or_make(struct fb_table *table,
						   const struct fb_evidence *items, unsigned int n)
{
	const bool share = !has_numbers(items, n);
	struct fb_flow_evidence *made;

	for (unsigned int i = 0; share && i < table->n_shared; i++)
		if (is_same(table->shared[i], items, n))
			return table->shared[i];
	made = make(table, items, n);
	if (made && share && table->n_shared < FB_SHARED_MAX) {
		made->shared = true;
		table->shared[table->n_shared++] = made;
	}
	return made;
}

static bool is_verdict(const struct fb_flow_verdict *a, const struct fb_flow_verdict *b)
{
	return a->steps == b->steps && a->told == b->told && a->asked == b->asked &&
	       a->learned == b->learned && a->abstains == b->abstains && a->risk == b->risk &&
	       a->action == b->action && a->rules == b->rules && a->taught == b->taught &&
	       a->confidence == b->confidence;
}

int fb_table_judged(struct fb_table *table, uint64_t flow_id, const struct fb_flow_verdict *verdict,
		    const struct fb_evidence *items, unsigned int n)
{
	const struct fb_flow *now = fb_table_flow(table, flow_id);
	const struct fb_flow_evidence *evidence, *old;
	struct fb_flow *flow;
	bool same;

	if (!now)
		return -ENOENT;
	old = now->verdict.evidence;
	same = is_same(old, items, n);
	if (same && is_verdict(&now->verdict, verdict))
		return 0;
	evidence = same ? old : n ? find_or_make(table, items, n) : NULL;
	flow = evidence || !n ? fb_store_edit(&table->store, flow_id & FB_ID_NUMBER) : NULL;
	if (!flow) {
		if (!same && evidence && !evidence->shared)
			fb_store_side_free(&table->store, (void *)evidence);
		table->counters.no_memory++;
		return -ENOMEM;
	}
	flow->verdict = *verdict;
	flow->verdict.evidence = evidence;
	if (!same && old && !old->shared)
		fb_store_retire(&table->store, old, 0);
	return 0;
}
