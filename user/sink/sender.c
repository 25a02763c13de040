/* SPDX-License-Identifier: BSD-2-Clause */
/* Senders read, and asked. */
#include "sink/sender.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/sender_priv.h"
#include "sink/tlswire.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/fmt.h"
#include "util/words.h"

#define SECRET_MOST 4096
#define RATE	    30
#define RATE_MOST   6000

static const struct fb_sender_kind *const kinds[] = {&fb_sender_webhook, &fb_sender_mail,
						     &fb_sender_syslog, &fb_sender_command};

/* --- secrets ---------------------------------------------------------------------------------- */

/* The first line of the file; it ends no header, for it has no control character. */
static int read_secret(const char *path, char **ret_secret, struct fb_why *why)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = fd < 0 ? -errno : fb_file_read(fd, SECRET_MOST, &text, &len);

	if (r < 0)
		return fb_why_set(why, r, "%.200s: %s", path, strerror(-r));
	text[strcspn(text, "\r\n")] = '\0';
	for (const char *at = text; *at; at++)
		if (iscntrl((unsigned char)*at))
			return fb_why_set(why, -EINVAL, "%.200s has a control character", path);
	if (!*text)
		return fb_why_set(why, -EINVAL, "%.200s has nothing in its first line", path);
	free(*ret_secret);
	*ret_secret = TAKE_PTR(text);
	return 0;
}

/* --- options ---------------------------------------------------------------------------------- */

#define AT(member) offsetof(struct fb_sender, member)

static const struct {
	const char *name;
	size_t offset; /* of a char * */
	bool is_file;  /* which has a secret */
} texts[] = {
	{"format", AT(format), false},
	{"chat", AT(chat), false},
	{"from", AT(from), false},
	{"to", AT(to), false},
	{"user", AT(user), false},
	{"ca", AT(ca), false},
	{"tls", AT(tls), false},
	{"token-file", AT(token), true},
	{"password-file", AT(password), true},
};

static int set_text(struct fb_sender *sender, const char *name, char *value, struct fb_why *why)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char **to = (char **)((char *)sender + texts[i].offset);

		if (strcmp(texts[i].name, name) != 0)
			continue;
		if (texts[i].is_file)
			return read_secret(value, to, why);
		*to = value;
		return 0;
	}
	return fb_why_set(why, -EINVAL, "\"%.40s\" is none of its options", name);
}

static int add_arg(struct fb_sender *sender, char *value, struct fb_why *why)
{
	if (sender->n_args + 1 == FB_RUNNER_ARGS)
		return fb_why_set(why, -EINVAL, "a command has %d arguments at most",
				  FB_RUNNER_ARGS - 1);
	sender->argv[++sender->n_args] = value;
	return 0;
}

static int take_option(struct fb_sender *sender, char *word, struct fb_why *why)
{
	char *value = strchr(word, '=');
	uint64_t rate;

	if (!value || !value[1])
		return fb_why_set(why, -EINVAL, "\"%.40s\" is no option=value", word);
	*value++ = '\0';
	if (!strcmp(word, "severity"))
		return fb_severity_find(value, &sender->least)
			       ? 0
			       : fb_why_set(why, -EINVAL,
					    "severity takes info, warning or critical");
	if (!strcmp(word, "arg"))
		return add_arg(sender, value, why);
	if (strcmp(word, "rate") != 0)
		return set_text(sender, word, value, why);
	if (fb_fmt_parse_u64(value, 1, RATE_MOST, &rate) < 0)
		return fb_why_set(why, -EINVAL, "rate takes 1 to %d a minute", RATE_MOST);
	sender->rate = (unsigned int)rate;
	return 0;
}

/* --- a sender --------------------------------------------------------------------------------- */

static int take_kind(struct fb_sender *sender, const char *word, struct fb_why *why)
{
	for (size_t i = 0; word && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i]->name, word)) {
			sender->kind = kinds[i];
			return 0;
		}
	return fb_why_set(why, -EINVAL, "\"%.40s\" is none of webhook, mail, syslog, command",
			  word ? word : "");
}

static int read_all(struct fb_sender *sender, struct fb_why *why)
{
	char *rest = sender->text, *word;
	int r = take_kind(sender, fb_word_take(&rest), why);

	if (r < 0)
		return r;
	sender->target = fb_word_take(&rest);
	if (!sender->target)
		return fb_why_set(why, -EINVAL, "%s needs to know where to", sender->kind->name);
	while (r == 0 && (word = fb_word_take(&rest)))
		r = take_option(sender, word, why);
	if (r == 0 && sender->kind->hides_target && *sender->target == '/')
		r = read_secret(sender->target, &sender->url, why);
	if (r == 0 && sender->ca && access(sender->ca, R_OK) != 0)
		r = fb_why_set(why, -errno, "%.200s: %s", sender->ca, strerror(errno));
	return r < 0 ? r : sender->kind->check(sender, why);
}

static bool is_clean(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text) && *text != '\t')
			return false;
	return true;
}

static bool take_name(struct fb_sender *sender, const char *text)
{
	const size_t len = strcspn(text, ":");

	if (text[len] != ':' || !fb_alarm_is_name(text, len))
		return false;
	snprintf(sender->name, sizeof(sender->name), "%.*s", (int)len, text);
	return (size_t)snprintf(sender->text, sizeof(sender->text), "%s", text + len + 1) <
	       sizeof(sender->text);
}

/* `text` may have a secret in its URL: sentences name the sender alone. */
int fb_sender_new(const char *text, struct fb_sender **ret_sender, struct fb_why *why)
{
	struct fb_sender *sender = calloc(1, sizeof(*sender));
	struct fb_why what = {""};
	int r = 0;

	if (!sender)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	sender->wire.fd = sender->runner.fd = -1;
	sender->rate = RATE;
	if (!is_clean(text) || !take_name(sender, text))
		r = fb_why_set(&what, -EINVAL,
			       "it is not \"NAME: webhook|mail|syslog|command WHERE "
			       "[OPTION=VALUE...]\"");
	if (r == 0)
		r = read_all(sender, &what);
	if (r < 0) {
		fb_why_set(why, r, "sender %s: %.400s", sender->name, what.text);
		fb_sender_free(sender);
		return r;
	}
	*ret_sender = sender;
	return 0;
}

void fb_sender_free(struct fb_sender *sender)
{
	if (!sender)
		return;
	if (sender->wire.ops)
		sender->wire.ops->close(&sender->wire);
	fb_wire_tls_forget(&sender->wire);
	fb_runner_stop(&sender->runner);
	free(sender->token);
	free(sender->password);
	free(sender->url);
	free(sender);
}

int fb_sender_send(struct fb_sender *sender, const struct fb_alarm *alarm, struct fb_why *why)
{
	return sender->kind->send(sender, alarm, why);
}

void fb_sender_stop(struct fb_sender *sender)
{
	atomic_store(&sender->stopped, true);
}

const char *fb_sender_name(const struct fb_sender *sender)
{
	return sender->name;
}

const char *fb_sender_kind(const struct fb_sender *sender)
{
	return sender->kind->name;
}

unsigned int fb_sender_rate(const struct fb_sender *sender)
{
	return sender->rate;
}

enum fb_severity fb_sender_least(const struct fb_sender *sender)
{
	return sender->least;
}
