/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A few addresses among the ends of a million flows: the bits of `hint` pass by nearly all others
 * before anything is hashed.
 */
#include "query/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fb_labels_init(struct fb_labels *labels)
{
	*labels = (struct fb_labels){0};
	return fb_index_init(&labels->index);
}

void fb_labels_fini(struct fb_labels *labels)
{
	fb_index_fini(&labels->index);
	free(labels->item);
}

static unsigned int hint_of(const uint8_t addr[static 16])
{
	uint32_t tail;

	memcpy(&tail, addr + 12, sizeof(tail));
	return (tail * 0x9e3779b1u) >> 20; /* of 4,096 bits */
}

static bool is_hinted(const struct fb_labels *labels, const uint8_t addr[static 16])
{
	const unsigned int hint = hint_of(addr);

	return labels->hint[hint / 64] >> hint % 64 & 1;
}

static struct fb_label *find(const struct fb_labels *labels, const uint8_t addr[static 16],
			     uint8_t family)
{
	struct fb_index_it it;
	uint32_t i;

	if (!is_hinted(labels, addr))
		return NULL;
	it = fb_index_begin(fb_hash_addr(addr, family));
	while (fb_index_next(&labels->index, &it, &i))
		if (labels->item[i].family == family && !memcmp(labels->item[i].addr, addr, 16))
			return &labels->item[i];
	return NULL;
}

int fb_labels_want(struct fb_labels *labels, const uint8_t addr[static 16], uint8_t family)
{
	const unsigned int hint = hint_of(addr);

	if (find(labels, addr, family))
		return 0;
	if (labels->n == labels->size) {
		const uint32_t size = labels->size ? labels->size * 2 : 64;
		struct fb_label *larger = realloc(labels->item, size * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		labels->item = larger;
		labels->size = size;
	}
	if (fb_index_add(&labels->index, fb_hash_addr(addr, family), labels->n) < 0)
		return -ENOMEM;
	labels->item[labels->n] = (struct fb_label){.family = family};
	memcpy(labels->item[labels->n++].addr, addr, 16);
	labels->hint[hint / 64] |= 1ull << hint % 64;
	return 0;
}

/* Take this one, if it is better than what is there; NULL is fine. */
static void see(struct fb_label *label, const struct fb_flow_name *name,
		const struct fb_traffic *traffic)
{
	const unsigned int rank = name ? fb_name_rank(name->source) : 0;
	const unsigned int old = label->name ? fb_name_rank(label->name->source) : UINT32_MAX;
	uint64_t bytes;

	if (!name || rank > old)
		return;
	bytes = traffic->bytes[FB_UP] + traffic->bytes[FB_DOWN];
	if (rank == old && bytes <= label->bytes)
		return;
	label->name = name;
	label->bytes = bytes;
}

void fb_labels_see(struct fb_labels *labels, const struct fb_flow_at *at, uint32_t ret_number[2])
{
	const struct fb_flow *flow = at->flow;
	struct fb_label *label = find(labels, flow->src, flow->family);

	ret_number[0] = label ? (uint32_t)(label - labels->item) : FB_NONE;
	if (label)
		see(label, flow->src_host, at->traffic);
	label = find(labels, flow->dst, flow->family);
	ret_number[1] = label ? (uint32_t)(label - labels->item) : FB_NONE;
	if (label)
		see(label, fb_flow_host(flow), at->traffic);
}

void fb_labels_read(struct fb_labels *labels, const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at;
	uint32_t number[2];

	for (uint32_t i = 0; labels->n && i < snapshot->n; i++) {
		const struct fb_flow *flow = fb_snapshot_flow(snapshot, i);

		if (i + FB_AHEAD < snapshot->n)
			__builtin_prefetch(fb_snapshot_flow(snapshot, i + FB_AHEAD)->src);
		if (!is_hinted(labels, flow->src) && !is_hinted(labels, flow->dst))
			continue;
		if (fb_snapshot_at(snapshot, i, &at))
			fb_labels_see(labels, &at, number);
	}
}

const struct fb_flow_name *fb_labels_find(const struct fb_labels *labels,
					  const uint8_t addr[static 16], uint8_t family)
{
	const struct fb_label *label = find(labels, addr, family);

	return label ? label->name : NULL;
}
