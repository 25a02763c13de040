/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CEF:0|Vendor|Product|Version|Signature|Name|Severity|extension: in the head '|' and '\' are
 * escaped, in the extension '=' and '\'; a line's end is none.
 */
#include <inttypes.h>

#include "format/alarm.h"
#include "util/json.h"

static void add_escaped(struct fb_buf *buf, const char *text, const char *special)
{
	char clean[2 * FB_ALARM_SENTENCE];

	fb_alarm_clean(clean, sizeof(clean), text);
	for (const char *at = clean; *at; at++) {
		if (strchr(special, *at))
			fb_buf_addc(buf, '\\');
		fb_buf_addc(buf, *at);
	}
}

static void add_pair(struct fb_buf *buf, const char *key, const char *text)
{
	if (!*text)
		return;
	fb_buf_addf(buf, " %s=", key);
	add_escaped(buf, text, "=\\");
}

void fb_alarm_cef(const struct fb_alarm *alarm, struct fb_buf *buf)
{
	static const int severities[] = {
		[FB_SEVERITY_INFO] = 3, [FB_SEVERITY_WARNING] = 6, [FB_SEVERITY_CRITICAL] = 9};

	fb_buf_adds(buf, "CEF:0|flowbpf|flowbpf|" FLOWBPF_VERSION "|");
	add_escaped(buf, alarm->rule, "|\\");
	fb_buf_addc(buf, '|');
	add_escaped(buf, alarm->sentence, "|\\");
	fb_buf_addf(buf, "|%d|rt=%" PRId64 " start=%" PRId64 " externalId=%016" PRIx64,
		    severities[alarm->severity], alarm->time_ms, alarm->since_ms, alarm->id);
	add_pair(buf, "act", fb_alarm_kind_name(alarm->kind));
	add_pair(buf, "dvchost", alarm->host);
	add_pair(buf, "cs1", alarm->key);
	add_pair(buf, "cs1Label", *alarm->key ? "key" : "");
	if (alarm->others)
		fb_buf_addf(buf, " cnt=%" PRIu32, alarm->others + 1);
}

/* Suricata's `alert`, of no packet: what reads it has severity 1 for the worst. */
void fb_alarm_eve(const struct fb_alarm *alarm, struct fb_buf *buf)
{
	char when[FB_TIME_STRLEN];
	struct fb_json json;

	fb_json_init(&json, buf);
	fb_json_object(&json);
	fb_json_key(&json, "timestamp");
	fb_json_strf(&json, "%.23s000+0000", fb_json_format_time(alarm->time_ms, when));
	fb_json_kv_str(&json, "event_type", "alert");
	fb_json_kv_str(&json, "host", alarm->host);
	fb_json_kv_object(&json, "alert");
	fb_json_kv_str(&json, "action", "allowed");
	fb_json_kv_str(&json, "signature", alarm->sentence);
	fb_json_kv_str(&json, "category", alarm->rule);
	fb_json_kv_u64(&json, "severity", FB_SEVERITIES - alarm->severity);
	fb_json_end(&json, '}');
	fb_json_key(&json, "flowbpf");
	fb_alarm_write(alarm, buf);
	fb_json_end(&json, '}');
}
