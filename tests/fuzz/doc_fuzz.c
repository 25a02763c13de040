// link: cli util
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an answer of the daemon: the head, the framing of the body, and the document in it.
 * Whatever parses is walked to its last node.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/body.h"
#include "cli/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int add(void *buf, const char *bytes, size_t len)
{
	fb_buf_add(buf, bytes, len);
	return fb_buf_error(buf);
}

static uint32_t walk(const struct fb_doc *doc, uint32_t node, struct fb_buf *text)
{
	uint32_t seen = 1;

	fb_buf_clear(text);
	fb_doc_text(doc, node, text);
	fb_doc_u64(doc, node);
	for (uint32_t i = fb_doc_first(doc, node); i != FB_DOC_NONE; i = fb_doc_next(doc, node, i))
		seen += walk(doc, i, text) + (fb_doc_type(doc, node) == FB_DOC_OBJECT);
	return seen;
}

static void read_document(const char *text, size_t len)
{
	_cleanup_buf_ struct fb_buf cell = FB_BUF_INIT;
	_cleanup_doc_ struct fb_doc doc = {0};

	if (fb_doc_init(&doc, text, len))
		return;
	fb_doc_get(&doc, 0, "items.page.next");
	/* every node is reached exactly once */
	if (walk(&doc, 0, &cell) != doc.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct fb_buf out = FB_BUF_INIT;
	const char *text = (const char *)data;
	const char *end = memmem(text, size, "\r\n\r\n", 4);
	struct fb_body body;
	unsigned int status;
	size_t head;

	if (!end) {
		read_document(text, size);
		return 0;
	}
	head = (size_t)(end - text) + 4;
	if (fb_body_init(&body, text, head, &status))
		return 0;
	if (!fb_body_feed(&body, text + head, size - head, add, &out) && out.data)
		read_document(out.data, out.len);
	return 0;
}
