/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/auditline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/crypto.h"

const struct fb_audit_link fb_audit_none = {
	0, "0000000000000000000000000000000000000000000000000000000000000000"};

static void hash(const char *line, size_t len, char ret_hash[static FB_AUDIT_HASH + 1])
{
	uint8_t digest[FB_SHA256_LEN];

	fb_sha256(line, len, digest);
	for (unsigned int i = 0; i < FB_SHA256_LEN; i++)
		snprintf(ret_hash + 2 * i, 3, "%02x", digest[i]);
}

void fb_auditline_make(struct fb_buf *line, const struct fb_audit_link *before, const char *object,
		       struct fb_audit_link *ret_link)
{
	const size_t start = line->len;

	ret_link->seq = before->seq + 1;
	fb_buf_addf(line, "{\"seq\":%" PRIu64 ",\"prev\":\"%s\",%s", ret_link->seq, before->hash,
		    object + 1);
	if (!fb_buf_error(line))
		hash(line->data + start, line->len - start, ret_link->hash);
}

/* Behind `text`, which must stand at `at`; NULL: it does not. */
static const char *skip(const char *at, const char *text)
{
	return at && !strncmp(at, text, strlen(text)) ? at + strlen(text) : NULL;
}

static const char *take_number(const char *at, uint64_t *ret_number)
{
	const size_t digits = at ? strspn(at, "0123456789") : 0;

	*ret_number = 0;
	if (!digits || digits > 18 || *at == '0')
		return NULL;
	for (size_t i = 0; i < digits; i++)
		*ret_number = *ret_number * 10 + (uint64_t)(at[i] - '0');
	return at + digits;
}

static const char *take_hash(const char *at, char ret_hash[static FB_AUDIT_HASH + 1])
{
	if (!at || strspn(at, "0123456789abcdef") != FB_AUDIT_HASH)
		return NULL;
	memcpy(ret_hash, at, FB_AUDIT_HASH);
	ret_hash[FB_AUDIT_HASH] = '\0';
	return at + FB_AUDIT_HASH;
}

bool fb_auditline_read(const char *line, size_t len, char ret_prev[static FB_AUDIT_HASH + 1],
		       struct fb_audit_link *ret_link)
{
	char begin[128];
	const char *at = begin;

	snprintf(begin, sizeof(begin), "%.*s", (int)(len < sizeof(begin) ? len : sizeof(begin) - 1),
		 line);
	hash(line, len, ret_link->hash);
	at = take_number(skip(at, "{\"seq\":"), &ret_link->seq);
	at = take_hash(skip(at, ",\"prev\":\""), ret_prev);
	return skip(at, "\",");
}

void fb_audithead_write(struct fb_buf *text, const struct fb_audit_head *head)
{
	fb_buf_addf(text, "{\"seq\":%" PRIu64 ",\"hash\":\"%s\",\"first\":%" PRIu64 "}\n",
		    head->last.seq, head->last.hash, head->first);
}

bool fb_audithead_read(const char *text, struct fb_audit_head *ret_head)
{
	const char *at = take_number(skip(text, "{\"seq\":"), &ret_head->last.seq);

	at = take_hash(skip(at, ",\"hash\":\""), ret_head->last.hash);
	at = take_number(skip(at, "\",\"first\":"), &ret_head->first);
	at = skip(at, "}\n");
	return at && !*at;
}
