/* SPDX-License-Identifier: BSD-2-Clause */
/* An alarm as text and as JSON. */
#include "format/alarm.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fmt.h"
#include "util/json.h"
#include "util/jsonin.h"
#include "util/utf8.h"

static const char *const severities[] = {"info", "warning", "critical"};
static const char *const kinds[] = {"firing", "resolved", "test"};

static bool find_word(const char *const *words, unsigned int n, const char *word,
		      unsigned int *ret_i)
{
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(words[i], word)) {
			*ret_i = i;
			return true;
		}
	return false;
}

const char *fb_severity_name(enum fb_severity severity)
{
	return severities[severity];
}

bool fb_severity_find(const char *name, enum fb_severity *ret_severity)
{
	unsigned int i;

	if (!find_word(severities, FB_SEVERITIES, name, &i))
		return false;
	*ret_severity = i;
	return true;
}

const char *fb_alarm_kind_name(enum fb_alarm_kind kind)
{
	return kinds[kind];
}

bool fb_alarm_is_name(const char *text, size_t len)
{
	if (!len || len > FB_ALARM_NAME)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	return true;
}

/* U+FFFD, as the writer of JSON has it. */
#define STRANGE "\xef\xbf\xbd"

void fb_alarm_clean(char *to, size_t size, const char *text)
{
	size_t left = strlen(text), len = 0;

	while (left) {
		const unsigned char *at = (const unsigned char *)text;
		uint32_t code = 0;
		const unsigned int width = fb_utf8_decode(at, left, &code);
		const char *put = !width			? STRANGE
				  : code < 0x20 || code == 0x7f ? " "
				  : fb_utf8_is_hostile(code)	? STRANGE
								: text;
		const size_t n = put == text ? width : strlen(put);

		if (len + n >= size)
			break;
		memcpy(to + len, put, n);
		len += n;
		text += width ? width : 1;
		left -= width ? width : 1;
	}
	to[len] = '\0';
}

static void add_clean(struct fb_buf *buf, const char *text)
{
	char clean[2 * FB_ALARM_SENTENCE];

	fb_alarm_clean(clean, sizeof(clean), text);
	fb_buf_adds(buf, clean);
}

void fb_alarm_title(const struct fb_alarm *alarm, struct fb_buf *buf)
{
	fb_buf_addf(buf, "[%s] ",
		    alarm->kind == FB_ALARM_FIRING ? fb_severity_name(alarm->severity)
						   : fb_alarm_kind_name(alarm->kind));
	add_clean(buf, alarm->rule);
	if (*alarm->key) {
		fb_buf_addc(buf, ' ');
		add_clean(buf, alarm->key);
	}
	fb_buf_adds(buf, ": ");
	add_clean(buf, alarm->sentence);
	if (alarm->others)
		fb_buf_addf(buf, " (and %" PRIu32 " more of this rule)", alarm->others);
}

/* --- as JSON ---------------------------------------------------------------------------------- */

void fb_alarm_write(const struct fb_alarm *alarm, struct fb_buf *buf)
{
	struct fb_json json;

	fb_json_init(&json, buf);
	fb_json_object(&json);
	fb_json_key(&json, "id");
	fb_json_strf(&json, "%016" PRIx64, alarm->id);
	fb_json_kv_str(&json, "state", fb_alarm_kind_name(alarm->kind));
	fb_json_kv_str(&json, "severity", fb_severity_name(alarm->severity));
	fb_json_kv_str(&json, "rule", alarm->rule);
	fb_json_kv_str(&json, "key", alarm->key);
	fb_json_kv_str(&json, "sentence", alarm->sentence);
	fb_json_kv_str(&json, "host", alarm->host);
	fb_json_kv_time(&json, "since", alarm->since_ms);
	fb_json_kv_time(&json, "time", alarm->time_ms);
	fb_json_kv_u64(&json, "others", alarm->others);
	fb_json_end(&json, '}');
}

static void read_text(struct fb_jsonin *in, const char *key, char *to, size_t size)
{
	const char *text = "";

	fb_jsonin_str(in, key, &text);
	snprintf(to, size, "%s", text);
}

static bool read_word(struct fb_jsonin *in, const char *key, const char *const *words,
		      unsigned int n, unsigned int *ret_i)
{
	const char *text = "";

	return fb_jsonin_str(in, key, &text) && find_word(words, n, text, ret_i);
}

static bool read_moment(struct fb_jsonin *in, const char *key, int64_t *ret_ms)
{
	const char *text = "";
	uint64_t span;

	return fb_jsonin_str(in, key, &text) && fb_fmt_parse_time(text, ret_ms, &span) == 0;
}

static bool read_id(struct fb_jsonin *in, uint64_t *ret_id)
{
	const char *text = "";
	char *end;

	if (!fb_jsonin_str(in, "id", &text) || strlen(text) != 16)
		return false;
	*ret_id = strtoull(text, &end, 16);
	return !*end;
}

int fb_alarm_read(const char *text, size_t len, struct fb_alarm *ret_alarm)
{
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct fb_jsonin_error error;
	struct fb_alarm alarm = {0};
	unsigned int kind, severity;
	uint64_t others = 0;

	if (fb_jsonin_new(text, len, &in, &error) < 0 ||
	    !read_word(in, "state", kinds, FB_ALARM_KINDS, &kind) ||
	    !read_word(in, "severity", severities, FB_SEVERITIES, &severity) ||
	    !read_id(in, &alarm.id) || !read_moment(in, "since", &alarm.since_ms) ||
	    !read_moment(in, "time", &alarm.time_ms))
		return -EINVAL;
	alarm.kind = kind;
	alarm.severity = severity;
	read_text(in, "rule", alarm.rule, sizeof(alarm.rule));
	read_text(in, "key", alarm.key, sizeof(alarm.key));
	read_text(in, "sentence", alarm.sentence, sizeof(alarm.sentence));
	read_text(in, "host", alarm.host, sizeof(alarm.host));
	fb_jsonin_u64(in, "others", 0, UINT32_MAX, &others);
	alarm.others = (uint32_t)others;
	*ret_alarm = alarm;
	return fb_jsonin_error(in) ? -EINVAL : 0;
}
