/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/remote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "http/passhash.h"
#include "util/cleanup.h"

/* The last word of the first line that is no comment, nor a password's: a token, whether its role
 * stands before or not. */
static bool read_token(const char *path, char token[static FB_REMOTE_TOKEN + 1])
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[FB_REMOTE_TOKEN + 64];

	while (file && fgets(line, sizeof(line), file)) {
		char *rest = line, *word, *last = NULL;

		while (*line != '#' && (word = strsep(&rest, " \t\r\n")))
			last = *word ? word : last;
		if (!last || fb_passhash_is_marked(last))
			continue;
		snprintf(token, FB_REMOTE_TOKEN + 1, "%s", last);
		return true;
	}
	return false;
}

/* It goes into a line of HTTP. */
static bool is_token(const char *token)
{
	for (const char *c = token; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return *token && strlen(token) <= FB_REMOTE_TOKEN;
}

bool fb_remote_is_private(const char *url)
{
	static const char *const doors[] = {"https://", "http://127.0.0.1", "http://[::1]",
					    "http://localhost"};

	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++) {
		const size_t len = strlen(doors[i]);

		if (!strncmp(url, doors[i], len) && (!i || !url[len] || strchr(":/", url[len])))
			return true;
	}
	return false;
}

int fb_remote_check_url(const char *url, const char *name, const char *login, struct fb_why *why)
{
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return fb_why_set(why, -EINVAL, "%s takes https://HOST[:PORT], not \"%.60s\"", name,
				  url);
	/* whose host is behind the @, which may look like a port */
	if (strchr(url, '@'))
		return fb_why_set(why, -EINVAL, "%s takes no user: see %s", name, login);
	if (strlen(url) > FB_REMOTE_URL)
		return fb_why_set(why, -EINVAL, "%s takes a URL of %d bytes at most", name,
				  FB_REMOTE_URL);
	return 0;
}

int fb_remote_read_token(const char *path, char token[static FB_REMOTE_TOKEN + 1],
			 struct fb_why *why)
{
	*token = '\0';
	if (!read_token(path, token))
		return fb_why_set(why, -EINVAL,
				  "%.200s: there is no token in it, or it cannot be read", path);
	return is_token(token) ? 0 : fb_why_set(why, -EINVAL, "%.200s has no token", path);
}

void fb_remote_trim(const char *url, char trimmed[static FB_REMOTE_URL + 1])
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	snprintf(trimmed, FB_REMOTE_URL + 1, "%.*s", (int)len, url);
}

int fb_remote_find(struct fb_remote *remote, const struct fb_remote_words *words,
		   struct fb_daemon *door, char token[static FB_REMOTE_TOKEN + 1])
{
	const char *given = getenv("FLOWBPF_TOKEN");
	struct fb_why why;

	if (!remote->url && (remote->token_file || remote->ca))
		return fb_fail(FB_EXIT_USAGE, "%s and %s go with %s", words->token_file, words->ca,
			       words->url);
	if (!remote->url)
		return FB_EXIT_DONE;
	if (fb_remote_check_url(remote->url, words->url, words->token_file, &why))
		return fb_fail(FB_EXIT_USAGE, "%s", why.text);
	fb_remote_trim(remote->url, remote->trimmed);
	door->url = remote->trimmed;
	door->ca = remote->ca;
	snprintf(token, FB_REMOTE_TOKEN + 1, "%s", given ? given : "");
	if (remote->token_file && fb_remote_read_token(remote->token_file, token, &why))
		return fb_fail(FB_EXIT_USAGE, "%s", why.text);
	if (!*token)
		return FB_EXIT_DONE;
	if (!is_token(token))
		return fb_fail(FB_EXIT_USAGE, "that is no token");
	door->token = token;
	if (!fb_remote_is_private(remote->url))
		return fb_fail(FB_EXIT_USAGE, "a token goes by https://, or to this machine");
	return FB_EXIT_DONE;
}
