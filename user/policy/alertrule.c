/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules of alerts read: the filter up to the last bar, the measure, then clauses by a table. */
#include "policy/alertrule.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fmt.h"

#define REPEAT_S  14400
#define RATE_MOST 400000000000
#define WINDOW_S  10
#define LEARN_S	  600 /* what is there already is not new */

const struct fb_alert_measure_info fb_alert_measures[FB_ALERT_MEASURE_COUNT] = {
#define X(id, name, of, unit, once, help)                                                          \
	[FB_ALERT_##id] = {name, FB_ALERT_OF_##of, FB_ALERT_UNIT_##unit, once, help},
	FB_ALERT_MEASURES(X)
#undef X
};

/* --- limits ----------------------------------------------------------------------------------- */

/* "0.5", "80", "80%": hundredths. */
static int parse_percent(const char *text, uint64_t *ret_value)
{
	char *end;
	const double value = strtod(text, &end);

	if (end == text || (strcmp(end, "") != 0 && strcmp(end, "%") != 0) ||
	    !(value >= 0 && value <= 100))
		return -EINVAL;
	*ret_value = (uint64_t)(value * 100 + 0.5);
	return 0;
}

static int parse_limit(enum fb_alert_unit unit, const char *text, uint64_t *ret_value)
{
	const uint64_t most_ms = FB_ALERT_SPAN_MOST * 1000ull;
	int r;

	switch (unit) {
	case FB_ALERT_UNIT_RATE:
		return fb_fmt_parse_rate(text, 0, RATE_MOST, ret_value);
	case FB_ALERT_UNIT_BYTES:
		return fb_fmt_parse_size(text, 0, INT64_MAX, ret_value);
	case FB_ALERT_UNIT_SECONDS:
		r = fb_fmt_parse_duration(text, 1000, most_ms, ret_value);
		*ret_value /= 1000;
		return r;
	case FB_ALERT_UNIT_MS:
		return fb_fmt_parse_duration(text, 0, most_ms, ret_value);
	case FB_ALERT_UNIT_PERCENT:
		return parse_percent(text, ret_value);
	default:
		return fb_fmt_parse_u64(text, 0, INT64_MAX, ret_value);
	}
}

static const char *format(enum fb_alert_unit unit, uint64_t value, char buf[static FB_FMT_STRLEN])
{
	switch (unit) {
	case FB_ALERT_UNIT_RATE:
		return fb_fmt_rate(value, buf);
	case FB_ALERT_UNIT_BYTES:
		return fb_fmt_bytes(value, buf);
	case FB_ALERT_UNIT_SECONDS:
		return fb_fmt_duration(value * 1000, buf);
	case FB_ALERT_UNIT_MS:
		return fb_fmt_duration(value, buf);
	case FB_ALERT_UNIT_PERCENT:
		snprintf(buf, FB_FMT_STRLEN, "%" PRIu64 ".%02" PRIu64 " %%", value / 100,
			 value % 100);
		return buf;
	default:
		return fb_fmt_count(value, buf);
	}
}

bool fb_alert_breaks(const struct fb_alert_rule *rule, uint64_t value)
{
	if (fb_alert_measures[rule->measure].unit == FB_ALERT_UNIT_NONE)
		return true;
	return rule->below ? value < rule->limit : value > rule->limit;
}

void fb_alert_say(const struct fb_alert_rule *rule, uint64_t value, char *text, size_t size)
{
	const struct fb_alert_measure_info *info = &fb_alert_measures[rule->measure];
	char is[FB_FMT_STRLEN], limit[FB_FMT_STRLEN];

	if (info->unit == FB_ALERT_UNIT_NONE)
		snprintf(text, size, "%s", info->help);
	else
		snprintf(text, size, "%s %s, %s %s", info->name, format(info->unit, value, is),
			 rule->below ? "below" : "above", format(info->unit, rule->limit, limit));
}

bool fb_alert_is_quiet(const struct fb_alert_rule *rule, int minute)
{
	if (rule->quiet_from < 0)
		return false;
	if (rule->quiet_from <= rule->quiet_until)
		return minute >= rule->quiet_from && minute < rule->quiet_until;
	return minute >= rule->quiet_from || minute < rule->quiet_until;
}

/* --- clauses ---------------------------------------------------------------------------------- */

static bool take_span(const char *text, uint32_t *ret_s)
{
	uint64_t ms;

	if (fb_fmt_parse_duration(text, 1000, FB_ALERT_SPAN_MOST * 1000ull, &ms) < 0)
		return false;
	*ret_s = (uint32_t)(ms / 1000);
	return true;
}

static bool take_for(struct fb_alert_rule *rule, const char *text)
{
	return take_span(text, &rule->for_s);
}

static bool take_window(struct fb_alert_rule *rule, const char *text)
{
	return take_span(text, &rule->window_s);
}

static bool take_repeat(struct fb_alert_rule *rule, const char *text)
{
	return take_span(text, &rule->repeat_s);
}

static bool take_severity(struct fb_alert_rule *rule, const char *text)
{
	return fb_severity_find(text, &rule->severity);
}

static bool take_unless(struct fb_alert_rule *rule, const char *text)
{
	if (!fb_alarm_is_name(text, strlen(text)))
		return false;
	snprintf(rule->unless, sizeof(rule->unless), "%s", text);
	return true;
}

static bool take_by(struct fb_alert_rule *rule, const char *text)
{
	rule->by = fb_field_find(text, strlen(text));
	return rule->by && rule->by->groupable;
}

/* "22:00": minutes of the day, -1: it is none. */
static int read_clock(const char *text)
{
	const char *d = "0123456789";

	if (!strchr(d, text[0]) || !text[0] || !strchr(d, text[1]) || !text[1] || text[2] != ':' ||
	    !strchr(d, text[3]) || !text[3] || !strchr(d, text[4]) || !text[4])
		return -1;
	const int hour = (text[0] - '0') * 10 + text[1] - '0';
	const int minute = (text[3] - '0') * 10 + text[4] - '0';

	return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

/* "22:00-07:00" */
static bool take_quiet(struct fb_alert_rule *rule, const char *text)
{
	if (strlen(text) != 11 || text[5] != '-')
		return false;
	rule->quiet_from = (int16_t)read_clock(text);
	rule->quiet_until = (int16_t)read_clock(text + 6);
	return rule->quiet_from >= 0 && rule->quiet_until >= 0;
}

/* What each takes, from "by" on. */
static const struct {
	bool (*take)(struct fb_alert_rule *rule, const char *text);
	const char *what; /* "takes ..." */
} clauses[FB_ALERT_WORD_COUNT] = {
	[FB_ALERT_WORD_BY] = {take_by,
			      "a field that groups go by, as \"flowbpf fields\" lists them"},
	[FB_ALERT_WORD_FOR] = {take_for, "a time such as 5m, 7d at most"},
	[FB_ALERT_WORD_WINDOW] = {take_window, "a time such as 1m, 7d at most"},
	[FB_ALERT_WORD_SEVERITY] = {take_severity, "info, warning or critical"},
	[FB_ALERT_WORD_REPEAT] = {take_repeat, "a time such as 4h, 7d at most"},
	[FB_ALERT_WORD_QUIET] = {take_quiet, "hours such as 22:00-07:00"},
	[FB_ALERT_WORD_UNLESS] = {take_unless, "the name of another rule"},
};

/* --- a rule ----------------------------------------------------------------------------------- */

/* What is read: its text cut up, and where in the whole it is. */
struct reading {
	char text[FB_ALERT_RULE_TEXT + 1];
	unsigned int at; /* of the text, behind the name */
	struct fb_alert_words words;
	struct fb_alert_fault *fault;
};

/* About a word, or where one is missing. */
static int __attribute__((format(printf, 3, 4))) wrong(struct reading *reading, const char *word,
						       const char *fmt, ...)
{
	va_list args;

	if (word) {
		reading->fault->offset = reading->at + (unsigned int)(word - reading->text);
		reading->fault->length = (unsigned int)strlen(word);
	}
	va_start(args, fmt);
	vsnprintf(reading->fault->why.text, sizeof(reading->fault->why.text), fmt, args);
	va_end(args);
	return -EINVAL;
}

static int no_measure(struct reading *reading)
{
	const char *word = reading->words.word[FB_ALERT_WORD_MEASURE];
	char list[200];
	size_t len = 0;

	for (unsigned int i = 0; i < FB_ALERT_MEASURE_COUNT; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
					fb_alert_measures[i].name);
	return wrong(reading, word, "\"%.40s\" is no measure; there are %s", word ? word : "",
		     list);
}

static int take_measure(struct reading *reading, struct fb_alert_rule *rule)
{
	const char *word = reading->words.word[FB_ALERT_WORD_MEASURE];
	unsigned int i = 0;

	while (i < FB_ALERT_MEASURE_COUNT &&
	       (!word || strcmp(fb_alert_measures[i].name, word) != 0))
		i++;
	if (i == FB_ALERT_MEASURE_COUNT)
		return no_measure(reading);
	rule->measure = i;
	rule->window_s = fb_alert_measures[i].once ? LEARN_S : WINDOW_S;
	return 0;
}

static int take_limit(struct reading *reading, struct fb_alert_rule *rule)
{
	const struct fb_alert_measure_info *info = &fb_alert_measures[rule->measure];
	const char *const *word = reading->words.word;
	const char *than = word[FB_ALERT_WORD_THAN], *limit = word[FB_ALERT_WORD_LIMIT];

	if (info->unit == FB_ALERT_UNIT_NONE)
		return than ? wrong(reading, than, "%s takes no limit", info->name) : 0;
	if (!than || !limit)
		return wrong(reading, word[FB_ALERT_WORD_MEASURE],
			     "%s takes \"> LIMIT\" or \"< LIMIT\"", info->name);
	rule->below = *than == '<';
	if (parse_limit(info->unit, limit, &rule->limit) < 0)
		return wrong(reading, limit, "\"%.40s\" is no limit of %s", limit, info->name);
	return 0;
}

static int take_clauses(struct reading *reading, struct fb_alert_rule *rule)
{
	const char *odd = reading->words.odd;

	for (int i = FB_ALERT_WORD_BY; i < FB_ALERT_WORD_COUNT; i++) {
		const char *word = reading->words.word[i];

		if (word && (!*word || !clauses[i].take(rule, word)))
			return wrong(reading, word, "%s takes %s", fb_alert_word_names[i],
				     clauses[i].what);
	}
	for (int i = FB_ALERT_WORD_BY; odd && i < FB_ALERT_WORD_COUNT; i++)
		if (!strcmp(odd, fb_alert_word_names[i]))
			return wrong(reading, odd, "%s is there twice", odd);
	return odd ? wrong(reading, odd,
			   "\"%.40s\" is none of by, for, window, severity, repeat, quiet, unless",
			   odd)
		   : 0;
}

static int take_filter(struct reading *reading, struct fb_alert_rule *rule)
{
	const char *word = reading->words.word[FB_ALERT_WORD_FILTER];
	struct fb_filter_error error;
	int r = word ? fb_filter_compile(word, &rule->filter, &error) : 0;

	if (r == -EINVAL) {
		wrong(reading, word, "its filter: %s", error.detail);
		reading->fault->offset += error.offset;
		reading->fault->length = error.length;
	}
	return r == 0 || r == -EINVAL ? r
				      : fb_why_set(&reading->fault->why, r, "not enough memory");
}

static int check(struct reading *reading, const struct fb_alert_rule *rule)
{
	const struct fb_alert_measure_info *info = &fb_alert_measures[rule->measure];
	const char *const *word = reading->words.word;

	if (info->of != FB_ALERT_OF_FLOWS && (word[FB_ALERT_WORD_FILTER] || rule->by))
		return wrong(reading, word[rule->by ? FB_ALERT_WORD_BY : FB_ALERT_WORD_FILTER],
			     "%s is of no flows: it takes no filter and no by", info->name);
	if (rule->measure == FB_ALERT_NEW && !rule->by)
		return wrong(reading, word[FB_ALERT_WORD_MEASURE],
			     "new needs a field: new by src.ip");
	return 0;
}

static int take_words(struct reading *reading, struct fb_alert_rule *rule)
{
	static int (*const parts[])(struct reading *reading, struct fb_alert_rule *rule) = {
		take_filter, take_measure, take_limit, take_clauses};
	int r = 0;

	fb_alert_words_split(reading->text, &reading->words);
	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(*parts); i++)
		r = parts[i](reading, rule);
	return r < 0 ? r : check(reading, rule);
}

/* What a file of lines has to keep: one. */
static const char *find_control(const char *text)
{
	while (*text && ((unsigned char)*text >= ' ' || *text == '\t'))
		text++;
	return *text ? text : NULL;
}

static int parse(const char *text, struct fb_alert_rule *rule, struct fb_alert_fault *fault)
{
	const char *colon = strchr(text, ':'), *body = colon ? colon + 1 : text;
	const char *control = find_control(text);
	struct reading reading = {.fault = fault};

	fault->length = colon ? (unsigned int)(colon - text) : 0;
	if (!colon || !fb_alarm_is_name(text, (size_t)(colon - text)))
		return wrong(&reading, NULL,
			     "it begins with a name of letters, digits, - and _ and a colon");
	snprintf(rule->name, sizeof(rule->name), "%.*s", (int)(colon - text), text);
	if (!strcmp(rule->name, "all"))
		return wrong(&reading, NULL,
			     "all is every rule where they are silenced: give it another name");
	body += strspn(body, " \t");
	reading.at = fault->offset = (unsigned int)(body - text);
	fault->length = 0;
	if (strlen(body) > FB_ALERT_RULE_TEXT)
		return wrong(&reading, NULL, "it is longer than %d bytes", FB_ALERT_RULE_TEXT);
	if (control) {
		fault->offset = (unsigned int)(control - text);
		return wrong(&reading, NULL, "it is one line, without control characters");
	}
	snprintf(rule->text, sizeof(rule->text), "%s", body);
	snprintf(reading.text, sizeof(reading.text), "%s", body);
	return take_words(&reading, rule);
}

int fb_alert_rule_read(const char *text, struct fb_alert_rule *ret_rule,
		       struct fb_alert_fault *ret_fault)
{
	int r;

	*ret_rule = (struct fb_alert_rule){.severity = FB_SEVERITY_WARNING,
					   .repeat_s = REPEAT_S,
					   .quiet_from = -1,
					   .quiet_until = -1};
	*ret_fault = (struct fb_alert_fault){.offset = 0};
	r = parse(text, ret_rule, ret_fault);
	if (r < 0) {
		fb_filter_free(ret_rule->filter);
		ret_rule->filter = NULL;
	}
	return r;
}

int fb_alert_rule_parse(const char *text, struct fb_alert_rule *ret_rule, struct fb_why *why)
{
	struct fb_alert_fault fault;
	const int r = fb_alert_rule_read(text, ret_rule, &fault);

	return r < 0 ? fb_why_set(why, r, "alert \"%.60s\": %.300s", text, fault.why.text) : 0;
}
