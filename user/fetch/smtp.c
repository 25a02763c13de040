/* SPDX-License-Identifier: BSD-2-Clause */
#include "fetch/smtp.h"

#include <errno.h>
#include <string.h>

#include "fetch/libcurl.h"
#include "util/cleanup.h"

struct delivery {
	const struct fb_libcurl *curl;
	CURL *handle;
	struct curl_slist *to;
	const struct fb_smtp *mail;
	size_t sent;
};

static void delivery_fini(struct delivery *delivery)
{
	if (!delivery->curl)
		return;
	delivery->curl->easy_cleanup(delivery->handle);
	delivery->curl->slist_free_all(delivery->to);
}

#define _cleanup_delivery_ _cleanup_(delivery_fini)

static size_t give(char *to, size_t one, size_t room, void *ctx)
{
	struct delivery *delivery = ctx;
	const size_t left = delivery->mail->len - delivery->sent;
	const size_t n = left < one * room ? left : one * room;

	memcpy(to, delivery->mail->text + delivery->sent, n);
	delivery->sent += n;
	return n;
}

static int set_recipients(struct delivery *delivery)
{
	for (const char *const *to = delivery->mail->to; *to; to++) {
		struct curl_slist *more = delivery->curl->slist_append(delivery->to, *to);

		if (!more)
			return -ENOMEM;
		delivery->to = more;
	}
	delivery->curl->easy_setopt(delivery->handle, CURLOPT_MAIL_RCPT, delivery->to);
	return 0;
}

static int set_texts(struct delivery *delivery)
{
	const struct fb_smtp *mail = delivery->mail;
	const struct {
		CURLoption option;
		const char *text;
	} texts[] = {
		{CURLOPT_PROTOCOLS_STR, "smtp,smtps"},
		{CURLOPT_URL, mail->url},
		{CURLOPT_MAIL_FROM, mail->from},
		{CURLOPT_USERNAME, mail->user},
		{CURLOPT_PASSWORD, mail->password},
		{CURLOPT_CAINFO, mail->ca},
		{CURLOPT_PROXY, ""},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].text &&
		    delivery->curl->easy_setopt(delivery->handle, texts[i].option, texts[i].text))
			return -ENOMEM;
	return set_recipients(delivery);
}

static int set_up(struct delivery *delivery, char *why)
{
	const struct fb_smtp *mail = delivery->mail;
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_UPLOAD, 1},
		{CURLOPT_USE_SSL, mail->plain ? CURLUSESSL_NONE : CURLUSESSL_ALL},
		{CURLOPT_CONNECTTIMEOUT, (long)mail->seconds},
		{CURLOPT_TIMEOUT, (long)mail->seconds},
		{CURLOPT_INFILESIZE, (long)mail->len},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		delivery->curl->easy_setopt(delivery->handle, numbers[i].option, numbers[i].value);
	delivery->curl->easy_setopt(delivery->handle, CURLOPT_READFUNCTION, give);
	delivery->curl->easy_setopt(delivery->handle, CURLOPT_READDATA, delivery);
	delivery->curl->easy_setopt(delivery->handle, CURLOPT_ERRORBUFFER, why);
	return set_texts(delivery);
}

int fb_smtp_send(struct fb_smtp *mail)
{
	_cleanup_delivery_ struct delivery delivery = {.curl = fb_libcurl(), .mail = mail};
	long status = 0;
	CURLcode code;
	int r;

	mail->status = 0;
	*mail->why = '\0';
	if (!delivery.curl)
		return -ELIBACC;
	delivery.handle = delivery.curl->easy_init();
	r = delivery.handle ? set_up(&delivery, mail->why) : -ENOMEM;
	if (r < 0)
		return r;
	code = delivery.curl->easy_perform(delivery.handle);
	delivery.curl->easy_getinfo(delivery.handle, CURLINFO_RESPONSE_CODE, &status);
	mail->status = status > 0 ? (unsigned int)status : 0;
	if (code == CURLE_OK)
		return 0;
	if (code == CURLE_LOGIN_DENIED)
		return -EACCES;
	return status >= 500 && status < 600 ? -EREMOTEIO : -EAGAIN;
}
