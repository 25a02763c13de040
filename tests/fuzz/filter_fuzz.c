/* SPDX-License-Identifier: BSD-2-Clause */
// link: filter flow format util
/*
 * Any bytes as a filter expression: what parses prints, parses again to the same text, and says the
 * same of a flow; errors point into the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "util/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char links[FB_LINK_MAX][FB_LINK_NAME] = {[1] = "lan0"};
static struct fb_snapshot snapshot = {.now_ns = 1, .wall_ms = 1, .link_names = links};
static const struct fb_flow flow = {
	.id = 1,
	.src_port = 9,
	.dst_port = 443,
	.proto = 6,
	.family = 4,
	.link = 1,
	.service = "https (X)",
	.src_host = &(struct fb_flow_name){.text = "tv.lan", .source = FB_NAME_DHCP},
	.state = FB_STATE_ESTABLISHED};
static const struct fb_traffic traffic = {.bytes = {1, 2}};
static const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};

static void check(const struct fb_filter *filter, size_t size)
{
	_cleanup_filter_ struct fb_filter *again = NULL;
	_cleanup_buf_ struct fb_buf once = FB_BUF_INIT, twice = FB_BUF_INIT;
	struct fb_filter_error error;

	fb_filter_print(filter, &once);
	fb_buf_addc(&once, '\0');
	/* quotes may make it longer than an expression may be */
	if (once.len > FB_FILTER_BYTES || size > FB_FILTER_BYTES)
		return;
	if (fb_filter_compile(once.data, &again, &error) < 0)
		abort();
	fb_filter_print(again, &twice);
	fb_buf_addc(&twice, '\0');
	if (strcmp(once.data, twice.data) != 0)
		abort();
	if (fb_filter_match(filter, &at) != fb_filter_match(again, &at))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	struct fb_filter_choice choices[FB_FILTER_CHOICES];
	struct fb_filter_error error;
	struct fb_filter *filter = NULL;
	unsigned int start, end;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (fb_filter_compile(text, &filter, &error) == 0)
		check(filter, size);
	else if (error.offset + error.length > strlen(text))
		abort();
	fb_filter_free(filter);
	fb_filter_complete(text, (unsigned int)size / 2, &start, &end, choices);
	if (fb_filter_search(text, &filter) == 0)
		fb_filter_match(filter, &at);
	fb_filter_free(filter);
	return 0;
}
