/* SPDX-License-Identifier: BSD-2-Clause */
/* A mail: what may be of a stranger stands in base64 alone, so no header and no "." ends early. */
#include <inttypes.h>
#include <time.h>

#include "format/alarm.h"
#include "util/json.h"

#define WORD_BYTES 39 /* of an encoded word: behind "Subject:" 76 characters at most */
#define LINE_BYTES 57 /* of a line of 76 characters */

static void add_base64(struct fb_buf *buf, const char *text, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *at = (const unsigned char *)text;

	for (size_t i = 0; i < len; i += 3) {
		const uint32_t n = (uint32_t)at[i] << 16 | (i + 1 < len ? at[i + 1] << 8 : 0) |
				   (i + 2 < len ? at[i + 2] : 0);
		const char four[] = {digits[n >> 18], digits[n >> 12 & 63],
				     i + 1 < len ? digits[n >> 6 & 63] : '=',
				     i + 2 < len ? digits[n & 63] : '='};

		fb_buf_add(buf, four, sizeof(four));
	}
}

/* Encoded words end between characters. */
static size_t piece(const char *text, size_t left)
{
	size_t n = WORD_BYTES;

	if (left <= n)
		return left;
	while (n > 1 && (text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void add_subject(struct fb_buf *buf, const char *text, size_t len)
{
	fb_buf_adds(buf, "Subject:");
	while (len) {
		const size_t n = piece(text, len);

		fb_buf_adds(buf, " =?UTF-8?B?");
		add_base64(buf, text, n);
		fb_buf_adds(buf, n < len ? "?=\r\n" : "?=");
		text += n;
		len -= n;
	}
	fb_buf_adds(buf, "\r\n");
}

static void add_date(struct fb_buf *buf, int64_t ms)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t now = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&now, &tm);
	fb_buf_addf(buf, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday],
		    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		    tm.tm_sec);
}

static void add_text(struct fb_buf *buf, const struct fb_alarm *alarm, const char *title,
		     size_t len)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	char when[FB_TIME_STRLEN];

	fb_buf_add(&text, title, len);
	fb_buf_addf(&text, "\r\n\r\nsince: %s\r\n", fb_json_format_time(alarm->since_ms, when));
	fb_buf_addf(&text, "told:  %s\r\n", fb_json_format_time(alarm->time_ms, when));
	fb_buf_addf(&text, "by:    flowbpf on %s\r\n", alarm->host);
	for (size_t at = 0; at < text.len; at += LINE_BYTES) {
		const size_t left = text.len - at;

		add_base64(buf, text.data + at, left < LINE_BYTES ? left : LINE_BYTES);
		fb_buf_adds(buf, "\r\n");
	}
	buf->error = buf->error ? buf->error : fb_buf_error(&text);
}

void fb_alarm_mail(const struct fb_alarm *alarm, const char *from, const char *to,
		   struct fb_buf *buf)
{
	_cleanup_buf_ struct fb_buf title = FB_BUF_INIT;

	fb_alarm_title(alarm, &title);
	add_date(buf, alarm->time_ms);
	fb_buf_addf(buf, "From: %s\r\nTo: %s\r\n", from, to);
	fb_buf_addf(buf, "Message-ID: <%016" PRIx64 ".%" PRId64 ".%s@flowbpf.invalid>\r\n",
		    alarm->id, alarm->time_ms, fb_alarm_kind_name(alarm->kind));
	add_subject(buf, title.data, title.len);
	fb_buf_adds(buf, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
			 "Content-Type: text/plain; charset=utf-8\r\n"
			 "Content-Transfer-Encoding: base64\r\n\r\n");
	add_text(buf, alarm, title.data, title.len);
	buf->error = buf->error ? buf->error : fb_buf_error(&title);
}
