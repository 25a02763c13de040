/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON to nodes, in one pass with a stack of open brackets. RFC 8259, nothing behind the value. */
#include "cli/doc.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fmt.h"

#define DEPTH_MAX 64

struct parser {
	struct fb_doc *doc;
	const char *at, *end;
	uint32_t open[DEPTH_MAX]; /* nodes of the brackets around us */
	unsigned int depth;
};

static int add_node(struct parser *p, enum fb_doc_type type, size_t at, size_t len)
{
	struct fb_doc *doc = p->doc;

	if (doc->n == doc->cap) {
		uint32_t cap = doc->cap ? doc->cap * 2 : 1024;
		void *nodes = reallocarray(doc->nodes, cap, sizeof(*doc->nodes));

		if (!nodes)
			return -ENOMEM;
		doc->nodes = nodes;
		doc->cap = cap;
	}
	doc->nodes[doc->n] = (struct fb_doc_node){type, (uint32_t)at, (uint32_t)len, doc->n + 1, 0};
	doc->n++;
	return 0;
}

static bool is_one_of(const char *set, char c)
{
	return c && strchr(set, c);
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end && is_one_of(" \t\r\n", *p->at))
		p->at++;
}

static bool take(struct parser *p, char c)
{
	skip_space(p);
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

static bool all_hex(const char *four)
{
	for (int i = 0; i < 4; i++)
		if (!isxdigit((unsigned char)four[i]))
			return false;
	return true;
}

static int parse_string(struct parser *p)
{
	const char *start = p->at;

	for (; p->at < p->end && *p->at != '"'; p->at++) {
		if ((unsigned char)*p->at < 0x20)
			return -EINVAL;
		if (*p->at != '\\')
			continue;
		p->at++;
		if (p->at == p->end || !is_one_of("\"\\/bfnrtu", *p->at))
			return -EINVAL;
		if (*p->at != 'u')
			continue;
		if (p->end - p->at < 5 || !all_hex(p->at + 1))
			return -EINVAL;
		p->at += 4;
	}
	if (p->at == p->end)
		return -EINVAL;
	p->at++;
	return add_node(p, FB_DOC_STRING, (size_t)(start - p->doc->text),
			(size_t)(p->at - 1 - start));
}

static int parse_number(struct parser *p)
{
	const char *start = p->at;

	while (p->at < p->end && is_one_of("+-.0123456789eE", *p->at))
		p->at++;
	if (p->at == start || (*start != '-' && (*start < '0' || *start > '9')))
		return -EINVAL;
	return add_node(p, FB_DOC_NUMBER, (size_t)(start - p->doc->text), (size_t)(p->at - start));
}

static int parse_word(struct parser *p, const char *word, enum fb_doc_type type)
{
	size_t len = strlen(word);

	if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len) != 0)
		return -EINVAL;
	p->at += len;
	return add_node(p, type, (size_t)(p->at - len - p->doc->text), len);
}

/* A value that is no bracket, or an opening one, which is put on the stack. */
static int parse_value(struct parser *p)
{
	enum fb_doc_type type = FB_DOC_ARRAY;
	int r;

	skip_space(p);
	if (p->at == p->end)
		return -EINVAL;
	switch (*p->at) {
	case '"':
		p->at++;
		return parse_string(p);
	case 't':
		return parse_word(p, "true", FB_DOC_BOOL);
	case 'f':
		return parse_word(p, "false", FB_DOC_BOOL);
	case 'n':
		return parse_word(p, "null", FB_DOC_NULL);
	case '{':
		type = FB_DOC_OBJECT;
		__attribute__((fallthrough));
	case '[':
		if (p->depth == DEPTH_MAX)
			return -EINVAL;
		r = add_node(p, type, (size_t)(p->at - p->doc->text), 0);
		p->open[p->depth++] = p->doc->n - 1;
		p->at++;
		return r;
	default:
		return parse_number(p);
	}
}

static void close_bracket(struct parser *p)
{
	struct fb_doc_node *node = &p->doc->nodes[p->open[--p->depth]];

	node->len = (uint32_t)(p->at - p->doc->text) - node->at;
	node->next = p->doc->n;
}

/* One step inside the innermost bracket: its end, or one more item. */
static int parse_item(struct parser *p)
{
	uint32_t index = p->open[p->depth - 1];
	bool object = p->doc->nodes[index].type == FB_DOC_OBJECT;
	int r;

	if (take(p, object ? '}' : ']')) {
		close_bracket(p);
		return 0;
	}
	if (p->doc->nodes[index].items && !take(p, ','))
		return -EINVAL;
	if (object) {
		if (!take(p, '"'))
			return -EINVAL;
		r = parse_string(p);
		if (r)
			return r;
		if (!take(p, ':'))
			return -EINVAL;
	}
	p->doc->nodes[index].items++;
	return parse_value(p);
}

int fb_doc_init(struct fb_doc *doc, const char *text, size_t len)
{
	struct parser p = {.doc = doc, .at = text, .end = text + len};
	int r;

	*doc = (struct fb_doc){.text = text};
	if (len >= UINT32_MAX)
		return -EINVAL;
	r = parse_value(&p);
	while (!r && p.depth)
		r = parse_item(&p);
	skip_space(&p);
	if (!r && p.at != p.end)
		r = -EINVAL;
	if (r)
		fb_doc_fini(doc);
	return r;
}

void fb_doc_fini(struct fb_doc *doc)
{
	free(doc->nodes);
	*doc = (struct fb_doc){0};
}

uint32_t fb_doc_first(const struct fb_doc *doc, uint32_t node)
{
	if (node >= doc->n || !doc->nodes[node].items)
		return FB_DOC_NONE;
	return doc->nodes[node].type == FB_DOC_OBJECT ? node + 2 : node + 1;
}

uint32_t fb_doc_next(const struct fb_doc *doc, uint32_t parent, uint32_t node)
{
	uint32_t next;

	if (parent >= doc->n || node >= doc->n)
		return FB_DOC_NONE;
	next = doc->nodes[node].next;
	if (next >= doc->nodes[parent].next)
		return FB_DOC_NONE;
	return doc->nodes[parent].type == FB_DOC_OBJECT ? next + 1 : next;
}

uint32_t fb_doc_get(const struct fb_doc *doc, uint32_t node, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, ".");
		uint32_t value = fb_doc_type(doc, node) == FB_DOC_OBJECT ? fb_doc_first(doc, node)
									 : FB_DOC_NONE;

		while (value != FB_DOC_NONE &&
		       (doc->nodes[value - 1].len != len ||
			memcmp(doc->text + doc->nodes[value - 1].at, path, len) != 0))
			value = fb_doc_next(doc, node, value);
		if (value == FB_DOC_NONE)
			return FB_DOC_NONE;
		node = value;
		path += len + (path[len] == '.');
	}
	return node < doc->n ? node : FB_DOC_NONE;
}

enum fb_doc_type fb_doc_type(const struct fb_doc *doc, uint32_t node)
{
	return node < doc->n ? doc->nodes[node].type : FB_DOC_NULL;
}

bool fb_doc_is_null(const struct fb_doc *doc, uint32_t node)
{
	return fb_doc_type(doc, node) == FB_DOC_NULL;
}

bool fb_doc_true(const struct fb_doc *doc, uint32_t node)
{
	return fb_doc_type(doc, node) == FB_DOC_BOOL && doc->nodes[node].len == 4;
}

uint64_t fb_doc_u64(const struct fb_doc *doc, uint32_t node)
{
	char digits[24];
	uint64_t value = 0;

	if (fb_doc_type(doc, node) != FB_DOC_NUMBER || doc->nodes[node].len >= sizeof(digits))
		return 0;
	memcpy(digits, doc->text + doc->nodes[node].at, doc->nodes[node].len);
	digits[doc->nodes[node].len] = '\0';
	digits[strcspn(digits, ".")] = '\0';
	return fb_fmt_parse_u64(digits, 0, UINT64_MAX, &value) ? 0 : value;
}

static uint32_t hex4(const char *text)
{
	char digits[5] = {text[0], text[1], text[2], text[3], '\0'};

	return (uint32_t)strtoul(digits, NULL, 16);
}

static void add_utf8(struct fb_buf *buf, uint32_t c)
{
	if (c >= 0xd800 && c < 0xe000)
		c = 0xfffd; /* half a surrogate pair */
	if (c < 0x80) {
		fb_buf_addc(buf, (char)c);
	} else if (c < 0x800) {
		fb_buf_addc(buf, (char)(0xc0 | c >> 6));
		fb_buf_addc(buf, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		fb_buf_addc(buf, (char)(0xe0 | c >> 12));
		fb_buf_addc(buf, (char)(0x80 | (c >> 6 & 0x3f)));
		fb_buf_addc(buf, (char)(0x80 | (c & 0x3f)));
	} else {
		fb_buf_addc(buf, (char)(0xf0 | c >> 18));
		fb_buf_addc(buf, (char)(0x80 | (c >> 12 & 0x3f)));
		fb_buf_addc(buf, (char)(0x80 | (c >> 6 & 0x3f)));
		fb_buf_addc(buf, (char)(0x80 | (c & 0x3f)));
	}
}

/* The escape at `at`, behind its backslash; returns the bytes it takes. The parser checked it. */
static size_t add_escape(struct fb_buf *buf, const char *at, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t high, low;

	if (*at != 'u') {
		fb_buf_addc(buf, to[strchr(from, *at) - from]);
		return 1;
	}
	high = hex4(at + 1);
	if (high >= 0xd800 && high < 0xdc00 && end - at >= 11 && at[5] == '\\' && at[6] == 'u') {
		low = hex4(at + 7);
		if (low >= 0xdc00 && low < 0xe000) {
			add_utf8(buf, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
			return 11;
		}
	}
	add_utf8(buf, high);
	return 5;
}

void fb_doc_text(const struct fb_doc *doc, uint32_t node, struct fb_buf *buf)
{
	enum fb_doc_type type = fb_doc_type(doc, node);
	const char *at, *end;

	if (type != FB_DOC_STRING && type != FB_DOC_NUMBER && type != FB_DOC_BOOL)
		return;
	at = doc->text + doc->nodes[node].at;
	end = at + doc->nodes[node].len;
	if (type != FB_DOC_STRING) {
		fb_buf_add(buf, at, (size_t)(end - at));
		return;
	}
	while (at < end)
		if (*at == '\\')
			at += 1 + add_escape(buf, at + 1, end);
		else
			fb_buf_addc(buf, *at++);
}

const char *fb_doc_str(const struct fb_doc *doc, uint32_t node, char *buf, size_t size)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	fb_doc_text(doc, node, &text);
	snprintf(buf, size, "%.*s", (int)text.len, text.data ? text.data : "");
	return buf;
}

const char *fb_doc_raw(const struct fb_doc *doc, uint32_t node, size_t *ret_len)
{
	bool string = fb_doc_type(doc, node) == FB_DOC_STRING;

	if (node >= doc->n) {
		*ret_len = 4;
		return "null";
	}
	*ret_len = doc->nodes[node].len + 2U * string;
	return doc->text + doc->nodes[node].at - string;
}
