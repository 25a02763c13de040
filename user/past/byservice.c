/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow's service is an interned text: its address finds the name, letters are read once. */
#include "past/byservice.h"

#include <string.h>

#include "util/hash.h"

#define OTHER 0

static const char *const fixed[FB_BYSERVICE_FIXED] = {"https", "http", "dns", "ssh", "ftp"};

/* The number of the name, given one if there is room; OTHER if not. */
static uint8_t number_of(struct fb_byservice *by, const char *name, size_t len)
{
	unsigned int i;

	if (len >= sizeof(*by->name))
		return OTHER;
	for (i = 0; i < by->n_names; i++)
		if (strlen(by->name[i]) == len && !memcmp(by->name[i], name, len))
			return (uint8_t)i;
	if (i == FB_BYSERVICE_NAMES)
		return OTHER;
	memcpy(by->name[i], name, len);
	by->name[i][len] = '\0';
	by->n_names++;
	return (uint8_t)i;
}

void fb_byservice_init(struct fb_byservice *by)
{
	memset(by, 0, sizeof(*by));
	number_of(by, "other", 5);
	for (unsigned int i = 0; i < FB_BYSERVICE_FIXED; i++)
		by->line[by->n_lines++] = number_of(by, fixed[i], strlen(fixed[i]));
}

void fb_byservice_clear(struct fb_byservice *by)
{
	memset(by->sum, 0, sizeof(by->sum));
}

static uint8_t name_of(struct fb_byservice *by, const char *text)
{
	const size_t mask = FB_BYSERVICE_TEXTS - 1;
	const char *app;
	size_t at;

	if (!text)
		return OTHER;
	for (at = fb_hash(&text, sizeof(text), 0) & mask; by->text[at].text; at = (at + 1) & mask)
		if (by->text[at].text == text)
			return by->text[at].name;
	if (by->n_texts > FB_BYSERVICE_TEXTS / 2)
		return OTHER;
	by->n_texts++;
	app = strstr(text, " (");
	by->text[at] = (struct fb_byservice_text){
		text, number_of(by, text, app ? (size_t)(app - text) : strlen(text))};
	return by->text[at].name;
}

void fb_byservice_add(struct fb_byservice *by, const struct fb_flow_at *at)
{
	struct fb_byservice_sum *sum = &by->sum[name_of(by, at->flow->service)];

	sum->bytes[FB_UP] += at->traffic->moved_bytes[FB_UP];
	sum->bytes[FB_DOWN] += at->traffic->moved_bytes[FB_DOWN];
	sum->flows++;
}

static bool has_line(const struct fb_byservice *by, unsigned int name)
{
	for (unsigned int i = 0; i < by->n_lines; i++)
		if (by->line[i] == name)
			return true;
	return false;
}

static void weigh(struct fb_byservice *by, unsigned int name)
{
	const struct fb_byservice_sum *sum = &by->sum[name];
	const int64_t bytes = sum->bytes[FB_UP] + sum->bytes[FB_DOWN];

	by->weight[name] += ((double)(bytes > 0 ? bytes : 0) - by->weight[name]) / 64;
}

/* The heaviest without a line gets one that is free, or one of less than half its weight. */
static unsigned int take_line(struct fb_byservice *by)
{
	unsigned int heaviest = OTHER, least = FB_BYSERVICE_FIXED;

	for (unsigned int i = OTHER + 1; i < by->n_names; i++)
		if (!has_line(by, i) && by->weight[i] > 0 &&
		    (heaviest == OTHER || by->weight[i] > by->weight[heaviest]))
			heaviest = i;
	if (heaviest == OTHER)
		return FB_BYSERVICE_LINES;
	if (by->n_lines < FB_BYSERVICE_LINES - 1) {
		by->line[by->n_lines] = (uint8_t)heaviest;
		return by->n_lines++;
	}
	for (unsigned int i = least + 1; i < by->n_lines; i++)
		if (by->weight[by->line[i]] < by->weight[by->line[least]])
			least = i;
	if (by->weight[heaviest] <= 2 * by->weight[by->line[least]])
		return FB_BYSERVICE_LINES;
	by->line[least] = (uint8_t)heaviest;
	return least;
}

static void add_sum(struct fb_byservice_sum *to, const struct fb_byservice_sum *sum)
{
	to->bytes[FB_UP] += sum->bytes[FB_UP];
	to->bytes[FB_DOWN] += sum->bytes[FB_DOWN];
	to->flows += sum->flows;
}

unsigned int fb_byservice_lines(struct fb_byservice *by,
				struct fb_byservice_line line[static FB_BYSERVICE_LINES])
{
	struct fb_byservice_sum rest = {.flows = 0};
	unsigned int taken;

	for (unsigned int i = 0; i < by->n_names; i++)
		weigh(by, i);
	taken = take_line(by);
	for (unsigned int i = 0; i < by->n_names; i++)
		if (!has_line(by, i))
			add_sum(&rest, &by->sum[i]);
	for (unsigned int i = 0; i < by->n_lines; i++)
		line[i] = (struct fb_byservice_line){by->name[by->line[i]], by->sum[by->line[i]],
						     i == taken};
	line[by->n_lines] = (struct fb_byservice_line){by->name[OTHER], rest, false};
	return by->n_lines + 1;
}
