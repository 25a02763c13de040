/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses by parts that the cache holds; see the header. */
#include "query/addrs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/bulk.h"
#include "util/index.h"
#include "util/permute.h"
#include "util/select.h"

#define PART_FLOWS  4096 /* about: that many sums and their slots take a quarter of 512 kB */
#define PARTS_SHIFT 8	 /* at most 256: one line of memory each is written at a time */
#define BLOCK	    64	 /* flows that stand together */
#define FIRST_SUMS  64

struct fb_addr_flow {
	uint64_t weight;
	uint32_t word, row;
};

struct fb_addr_part {
	uint32_t first; /* its first block */
	uint32_t end;	/* where its next flow goes; the begin of a block: into a new one */
};

void fb_addrs_init(struct fb_addrs *addrs, const struct fb_snapshot *snapshot,
		   const struct fb_field *field)
{
	*addrs = (struct fb_addrs){.snapshot = snapshot, .is_src = field->id == FB_FIELD_src_ip};
}

void fb_addrs_fini(struct fb_addrs *addrs)
{
	fb_bulk_free(addrs->flow);
	free(addrs->next);
	free(addrs->part);
	free(addrs->sum);
	free(addrs->slot);
}

static uint32_t parts_of(const struct fb_addrs *addrs)
{
	return 1u << (32 - addrs->shift);
}

static int give_room(struct fb_addrs *addrs)
{
	const uint32_t n = addrs->snapshot->n;
	uint32_t bits = 0;
	size_t blocks;

	while (bits < PARTS_SHIFT && n >> bits > PART_FLOWS)
		bits++;
	addrs->shift = 32 - bits;
	blocks = n / BLOCK + parts_of(addrs) + 1; /* the last one of a part has room left */
	addrs->part = calloc(parts_of(addrs), sizeof(*addrs->part));
	addrs->next = malloc(blocks * sizeof(*addrs->next));
	addrs->flow = fb_bulk_alloc(blocks * BLOCK * sizeof(*addrs->flow));
	return addrs->part && addrs->next && addrs->flow ? 0 : -ENOMEM;
}

static struct fb_addr_part *part_of(const struct fb_addrs *addrs, uint32_t word)
{
	return &addrs->part[(uint64_t)word >> addrs->shift];
}

static void new_block(struct fb_addrs *addrs, struct fb_addr_part *part)
{
	const uint32_t block = addrs->n_blocks++;

	if (part->end)
		addrs->next[part->end / BLOCK - 1] = block;
	else
		part->first = block;
	part->end = block * BLOCK;
}

static void lay(struct fb_addrs *addrs, uint32_t word, uint32_t row, uint64_t weight)
{
	struct fb_addr_part *part = part_of(addrs, word);

	if (part->end % BLOCK == 0)
		new_block(addrs, part);
	addrs->flow[part->end++] = (struct fb_addr_flow){weight, word, row};
}

int fb_addrs_take(struct fb_addrs *addrs, const struct fb_rows *rows, const uint64_t *weight,
		  uint32_t *ret_word, uint32_t *ret_place, struct fb_rows *ret_other)
{
	const size_t end = addrs->is_src ? offsetof(struct fb_flow, src[12])
					 : offsetof(struct fb_flow, dst[12]);
	uint32_t word;

	ret_other->n = 0;
	if (!addrs->flow && give_room(addrs) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < rows->n; i++) {
		const struct fb_flow *flow = rows->at[i].flow;

		if (flow->family != FB_IPV4) {
			if (ret_place)
				ret_place[ret_other->n] = i;
			fb_rows_add(ret_other, rows->row[i], &rows->at[i]);
			continue;
		}
		memcpy(&word, (const char *)flow + end, sizeof(word));
		word = fb_permute(word);
		lay(addrs, word, rows->row[i], weight ? weight[i] : 1);
		if (ret_word)
			ret_word[i] = word;
	}
	return 0;
}

/* --- a part is counted ------------------------------------------------------------------------ */

static int larger(struct fb_addrs *addrs)
{
	const uint32_t size = addrs->size ? addrs->size * 2 : FIRST_SUMS, mask = size * 2 - 1;
	struct fb_addr_sum *sum = realloc(addrs->sum, size * sizeof(*sum));

	if (!sum)
		return -ENOMEM;
	addrs->sum = sum;
	free(addrs->slot);
	addrs->slot = calloc((size_t)mask + 1, sizeof(*addrs->slot));
	if (!addrs->slot)
		return -ENOMEM;
	addrs->size = size;
	addrs->mask = mask;
	for (uint32_t i = 0; i < addrs->n; i++) {
		uint32_t place = sum[i].word & mask;

		while (addrs->slot[place])
			place = (place + 1) & mask;
		addrs->slot[place] = i + 1;
	}
	return 0;
}

static int count_flow(struct fb_addrs *addrs, const struct fb_addr_flow *flow)
{
	uint32_t place = flow->word & addrs->mask;
	struct fb_addr_sum *sum;

	while (addrs->slot[place] && addrs->sum[addrs->slot[place] - 1].word != flow->word)
		place = (place + 1) & addrs->mask;
	if (addrs->slot[place]) {
		sum = &addrs->sum[addrs->slot[place] - 1];
		sum->weight += flow->weight;
		sum->count++;
		return 0;
	}
	addrs->sum[addrs->n] = (struct fb_addr_sum){flow->weight, flow->word, flow->row, 1};
	addrs->slot[place] = ++addrs->n;
	return addrs->n == addrs->size ? larger(addrs) : 0;
}

/* The flows of a part that stand together: from the first of a block; their number. 0: no more. */
static uint32_t next_flows(const struct fb_addrs *addrs, const struct fb_addr_part *part,
			   uint32_t *block, const struct fb_addr_flow **ret_flow)
{
	const uint32_t last = part->end ? (part->end - 1) / BLOCK : FB_NONE;

	if (!part->end || *block == FB_NONE)
		return 0;
	*ret_flow = &addrs->flow[(size_t)*block * BLOCK];
	if (*block == last) {
		*block = FB_NONE;
		return part->end - last * BLOCK;
	}
	*block = addrs->next[*block];
	return BLOCK;
}

static int count_part(struct fb_addrs *addrs, const struct fb_addr_part *part)
{
	uint32_t block = part->first, n;
	const struct fb_addr_flow *flow;
	int r = 0;

	addrs->n = 0;
	if (!addrs->slot)
		r = larger(addrs);
	else
		memset(addrs->slot, 0, ((size_t)addrs->mask + 1) * sizeof(*addrs->slot));
	while (r == 0 && (n = next_flows(addrs, part, &block, &flow)) > 0)
		for (uint32_t i = 0; r == 0 && i < n; i++) {
			if (block != FB_NONE && i % 4 == 0)
				__builtin_prefetch(&addrs->flow[(size_t)block * BLOCK + i]);
			r = count_flow(addrs, &flow[i]);
		}
	return r;
}

static int compare_sums(const void *a_, const void *b_, void *by_count)
{
	const struct fb_addr_sum *a = a_, *b = b_;

	if (a->weight != b->weight)
		return a->weight < b->weight ? 1 : -1;
	if (*(const bool *)by_count && a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (a->row > b->row) - (a->row < b->row);
}

int fb_addrs_first(struct fb_addrs *addrs, uint32_t k, bool by_count, struct fb_addr_sum *ret_sum,
		   uint32_t *ret_total)
{
	struct fb_best best;

	*ret_total = 0;
	fb_best_begin(&best, ret_sum, k);
	for (uint32_t i = 0; addrs->flow && i < parts_of(addrs); i++) {
		if (count_part(addrs, &addrs->part[i]) < 0)
			return -ENOMEM;
		*ret_total += addrs->n;
		for (uint32_t j = 0; j < addrs->n; j++)
			fb_best_add(&best, &addrs->sum[j], sizeof(*addrs->sum), compare_sums,
				    &by_count);
	}
	return (int)fb_best_end(&best, sizeof(*ret_sum), compare_sums, &by_count);
}

void fb_addrs_each(const struct fb_addrs *addrs, uint32_t word,
		   void (*see)(const struct fb_flow_at *at, void *ctx), void *ctx)
{
	const struct fb_addr_part *part = part_of(addrs, word);
	const struct fb_addr_flow *flow;
	uint32_t block = part->first, n;
	struct fb_flow_at at;

	while ((n = next_flows(addrs, part, &block, &flow)) > 0)
		for (uint32_t i = 0; i < n; i++)
			if (flow[i].word == word) {
				fb_snapshot_at(addrs->snapshot, flow[i].row, &at);
				see(&at, ctx);
			}
}
