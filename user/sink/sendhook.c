/* SPDX-License-Identifier: BSD-2-Clause */
/* Alerts to a webhook: one request each. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fetch/fetch.h"
#include "sink/sender_priv.h"

#define AUTH_BYTES 4200

static int check(struct fb_sender *sender, struct fb_why *why)
{
	const char *url = sender->url ? sender->url : sender->target;

	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		return fb_why_set(why, -EINVAL,
				  "a webhook is http://... or https://..., or /FILE "
				  "that has such a URL");
	if (sender->format && !fb_alarm_hook_find(sender->format, &sender->hook))
		return fb_why_set(why, -EINVAL,
				  "format takes json, alertmanager, slack, teams, matrix, ntfy, "
				  "telegram or sms");
	if ((sender->hook == FB_ALARM_HOOK_telegram || sender->hook == FB_ALARM_HOOK_sms) &&
	    !sender->chat)
		return fb_why_set(why, -EINVAL, "%s needs chat=ID", sender->format);
	return 0;
}

static int ignore(void *ctx, unsigned int status, const char *data, size_t len)
{
	(void)ctx;
	(void)status;
	(void)data;
	(void)len;
	return 0;
}

/* Matrix takes a message by its id, once; and its id stands in the URL. */
static void add_url(const struct fb_sender *sender, const struct fb_alarm *alarm,
		    struct fb_buf *buf)
{
	fb_buf_adds(buf, sender->url ? sender->url : sender->target);
	if (sender->hook == FB_ALARM_HOOK_matrix)
		fb_buf_addf(buf, "/%016" PRIx64 "-%" PRId64 "-%s", alarm->id, alarm->time_ms,
			    fb_alarm_kind_name(alarm->kind));
	fb_buf_addc(buf, '\0');
}

/* Of these another time may do. */
static bool is_for_now(unsigned int status)
{
	return status >= 500 || status == 408 || status == 425 || status == 429 || status < 400;
}

static int say(const struct fb_fetch *fetch, int r, struct fb_why *why)
{
	if (r == 0 && fetch->status >= 200 && fetch->status < 300)
		return 0;
	if (r == 0)
		return fb_why_set(why, is_for_now(fetch->status) ? -EAGAIN : -EREMOTEIO,
				  "answered with status %u", fetch->status);
	/* what libcurl says may name the URL, and that may be a secret */
	return fb_why_set(why, r == -EREMOTEIO ? -EAGAIN : r, "%s",
			  r == -ELIBACC ? "there is no libcurl on this machine" : strerror(-r));
}

static int send_hook(struct fb_sender *sender, const struct fb_alarm *alarm, struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT, url = FB_BUF_INIT;
	char type[64], auth[AUTH_BYTES];
	const char *headers[] = {type, sender->token ? auth : NULL, NULL};
	struct fb_fetch fetch = {
		.method = sender->hook == FB_ALARM_HOOK_matrix ? "PUT" : "POST",
		.headers = headers,
		.ca = sender->ca,
		.stay = true,
		.idle_seconds = FB_SENDER_SECONDS,
		.all_seconds = FB_SENDER_SECONDS,
		.stop = &sender->stopped,
		.fn = ignore,
	};

	snprintf(type, sizeof(type), "Content-Type: %s", fb_alarm_hook_type(sender->hook));
	snprintf(auth, sizeof(auth), "Authorization: Bearer %s",
		 sender->token ? sender->token : "");
	add_url(sender, alarm, &url);
	fb_alarm_hook_write(sender->hook, alarm, sender->chat ? sender->chat : "", &body);
	fb_buf_addc(&body, '\0');
	if (fb_buf_error(&url) || fb_buf_error(&body))
		return fb_why_set(why, -ENOMEM, "not enough memory");
	fetch.url = url.data;
	fetch.body = body.data;
	return say(&fetch, fb_fetch(&fetch), why);
}

const struct fb_sender_kind fb_sender_webhook = {
	.name = "webhook", .hides_target = true, .check = check, .send = send_hook};
