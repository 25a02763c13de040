/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies of webhooks. Each is in the form that shows text as text: plain_text of Slack, a TextRun
 * of Teams, a Matrix body without a format, Telegram without parse_mode; so no name is markup.
 */
#include <inttypes.h>

#include "format/alarm.h"
#include "util/json.h"

static const struct {
	const char *name, *type;
} hooks[] = {
#define X(name, type, help) {#name, type},
	FB_ALARM_HOOKS(X)
#undef X
};

bool fb_alarm_hook_find(const char *name, enum fb_alarm_hook *ret_hook)
{
	for (unsigned int i = 0; i < FB_ALARM_HOOK_COUNT; i++)
		if (!strcmp(hooks[i].name, name)) {
			*ret_hook = i;
			return true;
		}
	return false;
}

const char *fb_alarm_hook_type(enum fb_alarm_hook hook)
{
	return hooks[hook].type;
}

static void write_json(const struct fb_alarm *alarm, const char *title, const char *chat,
		       struct fb_json *json)
{
	(void)title;
	(void)chat;
	fb_alarm_write(alarm, json->buf);
}

/* An alert that is over has an end; Alertmanager tells alerts apart by their labels. */
static void write_alertmanager(const struct fb_alarm *alarm, const char *title, const char *chat,
			       struct fb_json *json)
{
	(void)chat;
	fb_json_array(json);
	fb_json_object(json);
	fb_json_kv_object(json, "labels");
	fb_json_kv_str(json, "alertname", alarm->rule);
	fb_json_kv_str(json, "severity", fb_severity_name(alarm->severity));
	fb_json_kv_str(json, "instance", alarm->host);
	if (*alarm->key)
		fb_json_kv_str(json, "key", alarm->key);
	fb_json_end(json, '}');
	fb_json_kv_object(json, "annotations");
	fb_json_kv_str(json, "summary", title);
	fb_json_kv_str(json, "description", alarm->sentence);
	fb_json_end(json, '}');
	fb_json_kv_time(json, "startsAt", alarm->since_ms);
	if (alarm->kind == FB_ALARM_RESOLVED)
		fb_json_kv_time(json, "endsAt", alarm->time_ms);
	fb_json_end(json, '}');
	fb_json_end(json, ']');
}

/* The fallback of notifications knows no plain text: "<", ">" and "&" are markup there. */
static void add_slack_escaped(struct fb_json *json, const char *key, const char *text)
{
	_cleanup_buf_ struct fb_buf safe = FB_BUF_INIT;

	for (; *text; text++)
		if (*text == '&')
			fb_buf_adds(&safe, "&amp;");
		else if (*text == '<')
			fb_buf_adds(&safe, "&lt;");
		else if (*text == '>')
			fb_buf_adds(&safe, "&gt;");
		else
			fb_buf_addc(&safe, *text);
	fb_json_key(json, key);
	fb_json_strn(json, safe.data, safe.len);
}

static void write_slack(const struct fb_alarm *alarm, const char *title, const char *chat,
			struct fb_json *json)
{
	(void)alarm;
	(void)chat;
	fb_json_object(json);
	add_slack_escaped(json, "text", title);
	fb_json_kv_array(json, "blocks");
	fb_json_object(json);
	fb_json_kv_str(json, "type", "section");
	fb_json_kv_object(json, "text");
	fb_json_kv_str(json, "type", "plain_text");
	fb_json_kv_bool(json, "emoji", false);
	fb_json_kv_str(json, "text", title);
	fb_json_end(json, '}');
	fb_json_end(json, '}');
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}

static void write_card(struct fb_json *json, const char *title)
{
	fb_json_kv_object(json, "content");
	fb_json_kv_str(json, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
	fb_json_kv_str(json, "type", "AdaptiveCard");
	fb_json_kv_str(json, "version", "1.4");
	fb_json_kv_array(json, "body");
	fb_json_object(json);
	fb_json_kv_str(json, "type", "RichTextBlock");
	fb_json_kv_array(json, "inlines");
	fb_json_object(json);
	fb_json_kv_str(json, "type", "TextRun");
	fb_json_kv_str(json, "text", title);
	fb_json_end(json, '}');
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}

static void write_teams(const struct fb_alarm *alarm, const char *title, const char *chat,
			struct fb_json *json)
{
	(void)alarm;
	(void)chat;
	fb_json_object(json);
	fb_json_kv_str(json, "type", "message");
	fb_json_kv_array(json, "attachments");
	fb_json_object(json);
	fb_json_kv_str(json, "contentType", "application/vnd.microsoft.card.adaptive");
	write_card(json, title);
	fb_json_end(json, '}');
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}

static void write_matrix(const struct fb_alarm *alarm, const char *title, const char *chat,
			 struct fb_json *json)
{
	(void)alarm;
	(void)chat;
	fb_json_object(json);
	fb_json_kv_str(json, "msgtype", "m.text");
	fb_json_kv_str(json, "body", title);
	fb_json_end(json, '}');
}

/* Titles are headers there, which take no UTF-8: all of it is in the text. */
static void write_ntfy(const struct fb_alarm *alarm, const char *title, const char *chat,
		       struct fb_json *json)
{
	(void)alarm;
	(void)chat;
	fb_buf_adds(json->buf, title);
}

static void write_telegram(const struct fb_alarm *alarm, const char *title, const char *chat,
			   struct fb_json *json)
{
	(void)alarm;
	fb_json_object(json);
	fb_json_kv_str(json, "chat_id", chat);
	fb_json_kv_str(json, "text", title);
	fb_json_kv_bool(json, "disable_web_page_preview", true);
	fb_json_end(json, '}');
}

static void write_sms(const struct fb_alarm *alarm, const char *title, const char *chat,
		      struct fb_json *json)
{
	(void)alarm;
	fb_json_object(json);
	fb_json_kv_str(json, "to", chat);
	fb_json_kv_str(json, "text", title);
	fb_json_end(json, '}');
}

void fb_alarm_hook_write(enum fb_alarm_hook hook, const struct fb_alarm *alarm, const char *chat,
			 struct fb_buf *buf)
{
	static void (*const writers[])(const struct fb_alarm *alarm, const char *title,
				       const char *chat, struct fb_json *json) = {
#define X(name, type, help) write_##name,
		FB_ALARM_HOOKS(X)
#undef X
	};
	_cleanup_buf_ struct fb_buf title = FB_BUF_INIT;
	struct fb_json json;

	fb_alarm_title(alarm, &title);
	fb_buf_addc(&title, '\0');
	if (fb_buf_error(&title)) {
		buf->error = fb_buf_error(&title);
		return;
	}
	fb_json_init(&json, buf);
	writers[hook](alarm, title.data, chat, &json);
}
