/* SPDX-License-Identifier: BSD-2-Clause */
/* Alerts by mail. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "sink/sender_priv.h"

/* Of an address what a header and a command of SMTP can have without quotes. */
static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');

	if (!at || at == text || !at[1] || strlen(text) > 254)
		return false;
	return !text[strcspn(text, " \t<>\"',;:\\()[]\r\n")] && !strchr(at + 1, '@');
}

static int take_recipients(struct fb_sender *sender, struct fb_why *why)
{
	unsigned int n = 0;
	char *rest = sender->to, *word;

	while ((word = strsep(&rest, ","))) {
		if (n == FB_SMTP_TO)
			return fb_why_set(why, -EINVAL, "to takes %d addresses at most",
					  FB_SMTP_TO);
		if (!is_address(word))
			return fb_why_set(why, -EINVAL, "\"%.80s\" is no address of mail", word);
		sender->recipient[n++] = word;
	}
	return 0;
}

static int check(struct fb_sender *sender, struct fb_why *why)
{
	if (strncasecmp(sender->target, "smtp://", 7) != 0 &&
	    strncasecmp(sender->target, "smtps://", 8) != 0)
		return fb_why_set(why, -EINVAL,
				  "mail goes to smtp://HOST:PORT or smtps://HOST:PORT");
	if (strchr(sender->target, '@'))
		return fb_why_set(why, -EINVAL,
				  "a login is user=NAME password-file=FILE, and not in the URL");
	if (!sender->from || !sender->to || !is_address(sender->from))
		return fb_why_set(why, -EINVAL, "mail needs from=ADDRESS and to=ADDRESS");
	if (!sender->user != !sender->password)
		return fb_why_set(why, -EINVAL, "user and password-file belong together");
	if (sender->tls && strcmp(sender->tls, "none") != 0)
		return fb_why_set(why, -EINVAL,
				  "tls takes none; without it mail is not sent in clear");
	if (sender->tls && sender->password)
		return fb_why_set(why, -EINVAL,
				  "a password is not sent in clear: leave tls=none out");
	return take_recipients(sender, why);
}

/* The recipients as a header has them. */
static void join(const struct fb_sender *sender, struct fb_buf *to)
{
	for (unsigned int i = 0; sender->recipient[i]; i++) {
		fb_buf_adds(to, i ? ",\r\n " : "");
		fb_buf_adds(to, sender->recipient[i]);
	}
	fb_buf_addc(to, '\0');
}

static int send_mail(struct fb_sender *sender, const struct fb_alarm *alarm, struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT, to = FB_BUF_INIT;
	struct fb_smtp mail = {
		.url = sender->target,
		.user = sender->user,
		.password = sender->password,
		.from = sender->from,
		.ca = sender->ca,
		.plain = sender->tls != NULL,
		.seconds = FB_SENDER_SECONDS,
	};
	int r;

	join(sender, &to);
	if (!fb_buf_error(&to))
		fb_alarm_mail(alarm, sender->from, to.data, &text);
	if (fb_buf_error(&to) || fb_buf_error(&text))
		return fb_why_set(why, -ENOMEM, "not enough memory");
	memcpy(mail.to, sender->recipient, sizeof(mail.to));
	mail.text = text.data;
	mail.len = text.len;
	r = fb_smtp_send(&mail);
	if (r == 0)
		return 0;
	return fb_why_set(why, r, "%.200s",
			  r == -ELIBACC	 ? "there is no libcurl on this machine"
			  : r == -EACCES ? "the login was refused"
			  : *mail.why	 ? mail.why
					 : strerror(-r));
}

const struct fb_sender_kind fb_sender_mail = {.name = "mail", .check = check, .send = send_mail};
