/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sums over the IPv4 addresses at one end of flows. There may be as many as flows, and a table of
 * a million waits for memory with each: so flows are laid into parts by a hash that tells their
 * addresses apart, and each part is counted within the cache, whatever order flows came in.
 */
#pragma once

#include "flow/fields.h"

struct fb_addr_sum {
	uint64_t weight;
	uint32_t word;	/* the address by fb_permute */
	uint32_t row;	/* the first record that has it */
	uint32_t count; /* of flows */
};

struct fb_addrs {
	const struct fb_snapshot *snapshot;
	bool is_src;
	struct fb_addr_flow *flow; /* by the block; NULL: none came */
	uint32_t *next;		   /* by block: where its part goes on */
	struct fb_addr_part *part;
	uint32_t n_blocks, shift; /* a word's part is what it has from here on */

	/* Of the part that is counted. */
	struct fb_addr_sum *sum;
	uint32_t *slot; /* 1 + the number of a sum; 0: empty */
	uint32_t n, size, mask;
};

/* A field whose IPv4 addresses are counted so. */
static inline bool fb_addrs_are_of(const struct fb_field *field)
{
	return field->id == FB_FIELD_src_ip || field->id == FB_FIELD_dst_ip;
}

void fb_addrs_init(struct fb_addrs *addrs, const struct fb_snapshot *snapshot,
		   const struct fb_field *field);
void fb_addrs_fini(struct fb_addrs *addrs);

/*
 * Take these flows, each at most once, with what they weigh (NULL: 1 each). ret_word, which may be
 * NULL, is told the word of each. Flows of other families are left out: they come in ret_other, and
 * in ret_place, which may be NULL, their places in `rows`. 0 or -ENOMEM.
 */
int fb_addrs_take(struct fb_addrs *addrs, const struct fb_rows *rows, const uint64_t *weight,
		  uint32_t *ret_word, uint32_t *ret_place, struct fb_rows *ret_other);

/*
 * The first k in their order: the heaviest first, of those the one of more flows if `by_count`,
 * then the one whose flow stands first. ret_sum has room for 2 * k; *ret_total counts all. How many
 * were found, or -ENOMEM.
 */
int fb_addrs_first(struct fb_addrs *addrs, uint32_t k, bool by_count, struct fb_addr_sum *ret_sum,
		   uint32_t *ret_total);

/* Each flow of an address, in turn. */
void fb_addrs_each(const struct fb_addrs *addrs, uint32_t word,
		   void (*see)(const struct fb_flow_at *at, void *ctx), void *ctx);
