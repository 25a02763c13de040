// link: util
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a document: an answer that the command line reads, a body that the daemon reads.
 * What parses is written again, and that text is a document which is written as the same text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/jsontree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct fb_jsontree *root, struct fb_buf *buf)
{
	struct fb_json json;

	fb_json_init(&json, buf);
	fb_jsontree_write(root, &json);
	if (fb_buf_error(buf))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct fb_buf once = FB_BUF_INIT, twice = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *first = NULL, *second = NULL;

	if (fb_jsontree_parse((const char *)data, size, &first))
		return 0;
	fb_jsontree_get(first, "items.page.next");
	write_again(first, &once);
	if (fb_jsontree_parse(once.data, once.len, &second))
		abort();
	write_again(second, &twice);
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		abort();
	return 0;
}
