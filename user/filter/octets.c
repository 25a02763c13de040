/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `~` of IPv4 addresses without their text: a pattern is cut at its dots, and what stands between
 * them says which numbers may stand there. All patterns of a field are followed at once, a bit for
 * each of their parts (shift-and), so that an address is four look-ups, however many there are.
 */
#include <stdio.h>
#include <string.h>

#include "filter/filter_priv.h"

#define ADDR_PARTS 4

/* May this number stand for that part, the first or last of its pattern, or both? */
static bool may_be(unsigned int number, const char *part, size_t len, bool first, bool last)
{
	char text[4];
	const size_t n = (size_t)snprintf(text, sizeof(text), "%u", number);

	if (first && last)
		return len <= n && memmem(text, n, part, len);
	if (len > n || (!first && !last && len != n))
		return false;
	return !memcmp(first ? text + n - len : text, part, len);
}

/* The next part, which ends before *ret_len bytes. */
static const char *next_part(const char *part, const char *end, size_t *ret_len)
{
	const char *dot = memchr(part, '.', (size_t)(end - part));

	*ret_len = (size_t)((dot ? dot : end) - part);
	return dot ? dot + 1 : NULL;
}

bool fb_octets_add(struct fb_octets *octets, const struct fb_pattern *pattern)
{
	const char *part = pattern->text, *end = part + pattern->len, *next;
	unsigned int n = 1;
	size_t len;

	for (const char *at = part; at < end; at++)
		n += *at == '.';
	if (n > ADDR_PARTS)
		return true; /* it stands in no address */
	if (pattern->glob || octets->n + n > 64)
		return false;
	octets->begin |= 1ull << octets->n;
	for (unsigned int i = 0; i < n; i++, part = next) {
		next = next_part(part, end, &len);
		for (unsigned int number = 0; number < 256; number++)
			if (may_be(number, part, len, i == 0, !next))
				octets->part[number] |= 1ull << octets->n;
		octets->n++;
	}
	octets->end |= 1ull << (octets->n - 1);
	return true;
}
