/* SPDX-License-Identifier: BSD-2-Clause */
/* Bare words: part of an address, a name, a service, a state or a protocol, or a whole port. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter_priv.h"
#include "util/cleanup.h"

int fb_filter_prepare(struct fb_filter *filter)
{
	for (unsigned int i = 0; i < filter->n_nodes; i++) {
		struct fb_operand *operand = &filter->value[filter->node[i].first];
		const char *word = filter->text + operand->text;
		size_t len = operand->text_len;
		long port = 0;
		char buf[16];

		if (filter->node[i].kind != FB_NODE_WORD)
			continue;
		operand->low = 0;
		operand->high = UINT64_MAX;
		for (unsigned int k = 1; k < FB_STATE_COUNT; k++)
			if (fb_filter_text_like(fb_state_name(k), word, len))
				operand->low |= 1ull << k;
		for (unsigned int k = 1; k < FB_L7_COUNT; k++)
			if (fb_filter_text_like(fb_l7_name(k), word, len))
				operand->low |= 1ull << (32 + k);
		/* A number is a port before it is a protocol without a name. */
		for (unsigned int k = 0; k < 256; k++) {
			const char *name = fb_proto_name((uint8_t)k, buf);

			if (name != buf && fb_filter_text_like(name, word, len))
				(k < 128 ? operand->from : operand->to)[k % 128 / 8] |=
					(uint8_t)(1 << k % 8);
		}
		operand->family = len > 0;
		for (size_t k = 0; k < len; k++)
			operand->family &= isxdigit((unsigned char)word[k]) ||
					   (word[k] && strchr(".:*?[]", word[k]));
		if (len && len <= 5) {
			snprintf(buf, sizeof(buf), "%.*s", (int)len, word);
			if (strspn(buf, "0123456789") == len)
				port = strtol(buf, NULL, 10);
			if (port > 0 && port < 65536)
				operand->high = (uint64_t)port;
		}
	}
	return fb_filter_plan(filter);
}

/* Part of an address, or of "address:port". */
static bool end_like(const uint8_t *addr, uint8_t family, uint16_t port, const char *word,
		     size_t len)
{
	char text[FB_ENDPOINT_STRLEN];

	if (fb_filter_text_like(fb_addr_format(addr, family, text), word, len))
		return true;
	return port && memchr(word, ':', len) &&
	       fb_filter_text_like(fb_endpoint_format(addr, family, port, text), word, len);
}

/* A bare word, at what a translation made of the ends. */
static bool nat_matches(const struct fb_flow_nat *nat, const struct fb_operand *operand,
			const char *word)
{
	const size_t len = operand->text_len;

	if ((nat->src_port && operand->high == nat->src_port) ||
	    (nat->dst_port && operand->high == nat->dst_port))
		return true;
	return operand->family &&
	       ((nat->src_family &&
		 end_like(nat->src, nat->src_family, nat->src_port, word, len)) ||
		(nat->dst_family && end_like(nat->dst, nat->dst_family, nat->dst_port, word, len)));
}

bool fb_filter_word_matches(const struct fb_operand *operand, const char *word,
			    const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	const uint8_t *protos = flow->proto < 128 ? operand->from : operand->to;
	size_t len = operand->text_len;

	if (operand->high == flow->src_port || operand->high == flow->dst_port)
		return true;
	if (operand->low & (1ull << flow->state | 1ull << (32 + flow->l7)))
		return true;
	if (protos[flow->proto % 128 / 8] & (1 << flow->proto % 8))
		return true;
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		if (fb_filter_text_like(flow->names->name[i].text, word, len))
			return true;
	if ((flow->src_host && fb_filter_text_like(flow->src_host->text, word, len)) ||
	    (flow->service && fb_filter_text_like(flow->service, word, len)))
		return true;
	if (flow->nat && nat_matches(flow->nat, operand, word))
		return true;
	return operand->family && (end_like(flow->src, flow->family, flow->src_port, word, len) ||
				   end_like(flow->dst, flow->family, flow->dst_port, word, len));
}

/* The words of a search box: no operators, every one must match. */
int fb_filter_search(const char *words, struct fb_filter **ret_filter)
{
	_cleanup_filter_ struct fb_filter *filter = calloc(1, sizeof(*filter));
	bool first = true;

	*ret_filter = NULL;
	if (!filter)
		return -ENOMEM;
	while (*words && filter->n_nodes + 2 < FB_FILTER_TERMS) {
		const size_t space = strspn(words, " \t\r\n");
		const size_t len = strcspn(words + space, " \t\r\n");
		struct fb_operand operand = {0};
		uint16_t number;

		words += space;
		if (len == 0 || len > 255 || fb_filter_keep_text(filter, words, len, &operand) < 0)
			break;
		number = filter->n_nodes++;
		filter->node[number] = (struct fb_node){
			.kind = FB_NODE_WORD, .first = filter->n_values, .n_values = 1};
		filter->value[filter->n_values++] = operand;
		words += len;
		if (!first)
			filter->node[filter->n_nodes++] = (struct fb_node){
				.kind = FB_NODE_AND, .left = filter->root, .right = number};
		filter->root = (uint16_t)(filter->n_nodes - 1);
		first = false;
	}
	if (first)
		return 0;
	if (fb_filter_prepare(filter) < 0)
		return -ENOMEM;
	*ret_filter = TAKE_PTR(filter);
	return 0;
}
