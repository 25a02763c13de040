/* SPDX-License-Identifier: BSD-2-Clause */
#include "enrich/listline.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX  63
#define DOMAIN_MAX 253
#define JA4_LEN	   36

/* Cut off the next word or column, without quotes around it; NULL: there is none. */
static char *next_column(char **rest)
{
	static const char between[] = " \t,;\r";
	char *text = *rest + strspn(*rest, between), *end;

	if (!*text)
		return NULL;
	end = *text == '"' ? strchr(text + 1, '"') : NULL;
	if (end)
		text++;
	else
		end = text + strcspn(text, between);
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return text;
}

/* --- what a column can be --------------------------------------------------------------------- */

static bool take_prefix(const char *text, struct fb_list_entry *entry)
{
	if (!isxdigit((unsigned char)*text) && *text != ':')
		return false;
	if (fb_cidr_parse(text, &entry->prefix) < 0)
		return false;
	entry->kind = FB_LIST_PREFIX;
	return true;
}

/* | t13d1516h2 | _ | 12 hex digits | _ | 12 hex digits | */
static bool take_ja4(const char *text, struct fb_list_entry *entry)
{
	if (strlen(text) != JA4_LEN || !strchr("tqd", *text) || text[10] != '_' || text[23] != '_')
		return false;
	for (unsigned int i = 0; i < JA4_LEN; i++)
		if (i != 10 && i != 23 &&
		    !(i < 10 ? isalnum((unsigned char)text[i]) : isxdigit((unsigned char)text[i])))
			return false;
	entry->kind = FB_LIST_JA4;
	snprintf(entry->text, sizeof(entry->text), "%s", text);
	return true;
}

/* Letters, digits, hyphens and underscores in two labels or more, the last one no number. */
static bool is_domain(const char *text, size_t len)
{
	unsigned int labels = 1;
	size_t label = 0;
	bool alpha = false;

	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c == '.') {
			if (!label)
				return false;
			labels++;
			label = 0;
			alpha = false;
			continue;
		}
		if (!isalnum(c) && c != '-' && c != '_')
			return false;
		alpha |= isalpha(c) != 0;
		if (++label > LABEL_MAX)
			return false;
	}
	return label && alpha && labels > 1 && len <= DOMAIN_MAX;
}

static bool take_domain(const char *text, struct fb_list_entry *entry)
{
	const bool filter = !strncmp(text, "||", 2), below = !strncmp(text, "*.", 2);
	size_t len;

	text += 2 * (filter || below);
	text += !filter && !below && *text == '.';
	len = strcspn(text, filter ? "^" : "");
	len -= len && text[len - 1] == '.';
	if (!is_domain(text, len))
		return false;
	for (size_t i = 0; i < len; i++)
		entry->text[i] = (char)tolower((unsigned char)text[i]);
	entry->text[len] = '\0';
	entry->kind = below ? FB_LIST_BELOW : FB_LIST_DOMAIN;
	return true;
}

/* --- a line ----------------------------------------------------------------------------------- */

/* Where a hosts file sends whom nobody is to reach. */
static bool is_sink(const struct fb_cidr *prefix)
{
	static const char *const sinks[] = {"0.0.0.0", "127.0.0.1", "::", "::1"};
	struct fb_cidr sink;

	for (size_t i = 0; i < sizeof(sinks) / sizeof(*sinks); i++)
		if (fb_cidr_parse(sinks[i], &sink) == 0 && !memcmp(&sink, prefix, sizeof(sink)))
			return true;
	return false;
}

/* The name behind a sink's address; those without a dot are the machine's own. */
static void take_host(char *name, struct fb_list_entry *entry)
{
	if (take_domain(name, entry) && entry->kind == FB_LIST_DOMAIN)
		entry->kind = FB_LIST_HOST;
	else
		entry->kind = strchr(name, '.') ? FB_LIST_BAD : FB_LIST_NOTHING;
}

void fb_list_line(char *line, struct fb_list_entry *entry)
{
	char *rest = line, *column;

	line[strcspn(line, "#\n")] = '\0';
	entry->kind = FB_LIST_NOTHING;
	if (*line == ';' || *line == '!')
		return;
	while ((column = next_column(&rest))) {
		if (take_prefix(column, entry)) {
			if (is_sink(&entry->prefix) && (column = next_column(&rest)))
				take_host(column, entry);
			return;
		}
		if (take_ja4(column, entry) || take_domain(column, entry))
			return;
		entry->kind = FB_LIST_BAD;
	}
}
