/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of a rule, each by its form. */
#include "policy/rulefile.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fmt.h"
#include "util/json.h"

#define ID_MOST 1000000000 /* so that there is always a next one */

/* --- forms ------------------------------------------------------------------------------------ */

struct attribute;

/* How a value stands in the rule and in the line. `write` writes nothing of what says nothing. */
struct form {
	const char *what; /* "must be ..." */
	bool (*read)(const struct attribute *attribute, const char *text, void *to);
	void (*write)(const struct attribute *attribute, const void *from, struct fb_buf *buf);
};

struct attribute {
	const char *name;
	const struct form *form;
	size_t offset, size;
	bool needed;
};

static bool read_id(const struct attribute *attribute, const char *text, void *to)
{
	uint64_t id;

	(void)attribute;
	if (fb_fmt_parse_u64(text, 1, ID_MOST, &id) < 0)
		return false;
	*(uint32_t *)to = (uint32_t)id;
	return true;
}

static void write_id(const struct attribute *attribute, const void *from, struct fb_buf *buf)
{
	const uint32_t id = *(const uint32_t *)from;

	if (id)
		fb_buf_addf(buf, " %s=%" PRIu32, attribute->name, id);
}

static bool read_verb(const struct attribute *attribute, const char *text, void *to)
{
	(void)attribute;
	for (unsigned int i = 0; i < FB_RULE_VERBS; i++)
		if (!strcmp(text, fb_rule_verb_name(i))) {
			*(enum fb_rule_verb *)to = i;
			return true;
		}
	return false;
}

static void write_verb(const struct attribute *attribute, const void *from, struct fb_buf *buf)
{
	fb_buf_addf(buf, " %s=%s", attribute->name,
		    fb_rule_verb_name(*(const enum fb_rule_verb *)from));
}

static bool read_time(const struct attribute *attribute, const char *text, void *to)
{
	uint64_t span;

	(void)attribute;
	return fb_fmt_parse_time(text, to, &span) == 0;
}

static void write_time(const struct attribute *attribute, const void *from, struct fb_buf *buf)
{
	const int64_t ms = *(const int64_t *)from;
	char text[FB_TIME_STRLEN];

	if (ms)
		fb_buf_addf(buf, " %s=%s", attribute->name, fb_json_format_time(ms, text));
}

static bool read_text(const struct attribute *attribute, const char *text, void *to)
{
	return (size_t)snprintf(to, attribute->size, "%s", text) < attribute->size;
}

static void write_text(const struct attribute *attribute, const void *from, struct fb_buf *buf)
{
	const char *text = from;

	if (!*text)
		return;
	fb_buf_addf(buf, " %s=\"", attribute->name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fb_buf_addc(buf, '\\');
		fb_buf_addc(buf, iscntrl((unsigned char)*text) ? ' ' : *text);
	}
	fb_buf_addc(buf, '"');
}

static bool read_rate(const struct attribute *attribute, const char *text, void *to)
{
	(void)attribute;
	return fb_fmt_parse_rate(text, FB_RATE_LEAST, FB_RATE_MOST, to) == 0;
}

static void write_rate(const struct attribute *attribute, const void *from, struct fb_buf *buf)
{
	const uint64_t rate = *(const uint64_t *)from;

	if (rate)
		fb_buf_addf(buf, " %s=%" PRIu64 "bit", attribute->name, rate);
}

static bool read_per(const struct attribute *attribute, const char *text, void *to)
{
	(void)attribute;
	*(bool *)to = !strcmp(text, "host");
	return *(bool *)to;
}

static void write_per(const struct attribute *attribute, const void *from, struct fb_buf *buf)
{
	if (*(const bool *)from)
		fb_buf_addf(buf, " %s=host", attribute->name);
}

static const struct form form_id = {"a number from 1 on", read_id, write_id};
static const struct form form_verb = {"a verb of rules", read_verb, write_verb};
static const struct form form_time = {"a time such as 2026-11-21T01:20:11Z", read_time, write_time};
static const struct form form_rate = {"a rate such as 20mbit", read_rate, write_rate};
static const struct form form_per = {"\"host\"", read_per, write_per};
static const struct form form_text = {"a text, and not so long", read_text, write_text};

/* --- attributes ------------------------------------------------------------------------------- */

#define AT(member) offsetof(struct fb_rule, member), sizeof(((struct fb_rule *)NULL)->member)

/* In the order in which they are written. */
static const struct attribute attributes[] = {
	{"id", &form_id, AT(id), false},
	{"verb", &form_verb, AT(verb), true},
	{"what", &form_text, AT(what), true},
	{"until", &form_time, AT(until_ms), false},
	{"confirm", &form_time, AT(confirm_ms), false},
	{"made", &form_time, AT(made_ms), false},
	{"by", &form_text, AT(by), false},
	{"reason", &form_text, AT(reason), false},
	{"up", &form_rate, AT(rate_up), false},
	{"down", &form_rate, AT(rate_down), false},
	{"per", &form_per, AT(per_host), false},
};

#define ATTRIBUTES (sizeof(attributes) / sizeof(*attributes))

_Static_assert(ATTRIBUTES <= 32, "one bit each says that it was there");

void fb_rulefile_write(const struct fb_rule *rule, struct fb_buf *buf)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;

	for (size_t i = 0; i < ATTRIBUTES; i++)
		attributes[i].form->write(&attributes[i], (const char *)rule + attributes[i].offset,
					  &line);
	fb_buf_addc(&line, '\n');
	if (fb_buf_error(&line))
		buf->error = fb_buf_error(&line);
	else
		fb_buf_add(buf, line.data + 1, line.len - 1);
}

/* --- a line read ------------------------------------------------------------------------------ */

/* The text behind '=', without quotes; NULL: it does not end. *at is behind it. */
static char *take_value(char **at)
{
	char *from = *at, *to = *at, *value = *at;

	if (*from != '"') {
		*at += strcspn(*at, " \t");
		if (**at)
			*(*at)++ = '\0';
		return value;
	}
	for (from++; *from && *from != '"'; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	if (*from != '"' || (from[1] && !isblank((unsigned char)from[1])))
		return NULL;
	*to = '\0';
	*at = from + 1;
	return value;
}

static size_t find(const char *name)
{
	size_t i = 0;

	while (i < ATTRIBUTES && strcmp(attributes[i].name, name) != 0)
		i++;
	return i;
}

static int take_attribute(char **line, struct fb_rule *rule, uint32_t *seen, struct fb_why *why)
{
	char *name = *line, *value;
	const size_t len = strcspn(name, "= \t");
	size_t i;

	if (name[len] != '=')
		return fb_why_set(why, -EINVAL, "\"%.40s\" is no attribute=value", name);
	name[len] = '\0';
	*line = name + len + 1;
	i = find(name);
	if (i == ATTRIBUTES)
		return fb_why_set(why, -EINVAL, "%.40s is no attribute that this version knows",
				  name);
	if (*seen & 1u << i)
		return fb_why_set(why, -EINVAL, "%s stands there twice", name);
	*seen |= 1u << i;
	value = take_value(line);
	if (!value)
		return fb_why_set(why, -EINVAL, "the text of %s has no end", name);
	if (!attributes[i].form->read(&attributes[i], value, (char *)rule + attributes[i].offset))
		return fb_why_set(why, -EINVAL, "%s must be %s", name, attributes[i].form->what);
	return 0;
}

/* As the command line and the API ask for them. */
static int check_rates(const struct fb_rule *rule, struct fb_why *why)
{
	const bool rates = rule->rate_up || rule->rate_down;

	if (rule->verb == FB_RULE_LIMIT && !rates)
		return fb_why_set(why, -EINVAL, "a limit needs up or down");
	if (rule->verb != FB_RULE_LIMIT && (rates || rule->per_host))
		return fb_why_set(why, -EINVAL, "up, down and per are for the verb limit alone");
	return 0;
}

int fb_rulefile_read(char *line, struct fb_rule *ret_rule, struct fb_why *why)
{
	uint32_t seen = 0;
	int r = 0;

	*ret_rule = (struct fb_rule){0};
	line += strspn(line, " \t");
	while (r == 0 && *line) {
		r = take_attribute(&line, ret_rule, &seen, why);
		line += strspn(line, " \t");
	}
	for (size_t i = 0; r == 0 && i < ATTRIBUTES; i++)
		if (attributes[i].needed && !(seen & 1u << i))
			r = fb_why_set(why, -EINVAL, "%s is missing", attributes[i].name);
	return r < 0 ? r : check_rates(ret_rule, why);
}

/* --- a text ----------------------------------------------------------------------------------- */

static bool says_nothing(const char *line)
{
	line += strspn(line, " \t\r");
	return !*line || *line == '#';
}

/* "end N": how many there have to be. */
static bool is_end(const char *line, unsigned int n, int *ret_r, struct fb_why *why)
{
	uint64_t told = 0;

	if (strncmp(line, "end ", 4) != 0)
		return false;
	*ret_r = 0;
	if (fb_fmt_parse_u64(line + 4, 0, UINT32_MAX, &told) < 0 || told != n)
		*ret_r = fb_why_set(why, -EINVAL, "the last line is of %.20s rules, there are %u",
				    line + 4, n);
	return true;
}

static int parse_line(char *line, unsigned int number, struct fb_rule *ret_rule, struct fb_why *why)
{
	struct fb_why what = {""};
	const int r = fb_rulefile_read(line, ret_rule, &what);

	return r < 0 ? fb_why_set(why, r, "line %u: %s", number, what.text) : 0;
}

int fb_rulefile_parse(char *text, struct fb_rule *rules, unsigned int max, unsigned int *ret_n,
		      struct fb_why *why)
{
	unsigned int n = 0, number = 1;
	char *line = strsep(&text, "\n");
	int r = 0;

	if (strcmp(line, FB_RULEFILE_HEADER) != 0)
		return fb_why_set(why, -EINVAL, "the first line is not \"" FB_RULEFILE_HEADER "\"");
	while (r == 0 && (line = strsep(&text, "\n"))) {
		number++;
		if (says_nothing(line))
			continue;
		if (is_end(line, n, &r, why))
			break;
		if (n == max)
			return fb_why_set(why, -E2BIG, "there are more than %u rules", max);
		r = parse_line(line, number, &rules[n++], why);
	}
	*ret_n = n;
	return r;
}

/* --- the form of before ----------------------------------------------------------------------- */

static bool take_text_1(char **at, char *to, size_t size)
{
	const char *text = strsep(at, "\t");

	return text && (size_t)snprintf(to, size, "%s", text) < size;
}

static bool take_number_1(char **at, int64_t *ret_number)
{
	const char *word = strsep(at, " ");
	uint64_t number;

	if (!word || fb_fmt_parse_u64(word, 0, INT64_MAX, &number) < 0)
		return false;
	*ret_number = (int64_t)number;
	return true;
}

bool fb_rulefile_read_1(char *line, struct fb_rule *ret_rule)
{
	const char *id = strsep(&line, " "), *verb = strsep(&line, " ");

	*ret_rule = (struct fb_rule){0};
	return verb && read_id(NULL, id, &ret_rule->id) && read_verb(NULL, verb, &ret_rule->verb) &&
	       take_number_1(&line, &ret_rule->until_ms) &&
	       take_number_1(&line, &ret_rule->made_ms) &&
	       take_text_1(&line, ret_rule->by, sizeof(ret_rule->by)) &&
	       take_text_1(&line, ret_rule->reason, sizeof(ret_rule->reason)) &&
	       take_text_1(&line, ret_rule->what, sizeof(ret_rule->what)) && !line;
}
