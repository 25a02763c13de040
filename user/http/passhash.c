/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/passhash.h"

#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Of each kind the mark; how long what stands behind the last $ is: one cut off is told; and what
 * it may cost, a second or two and 256 MB: the one thread that tries them cannot be called off.
 * Costs are a letter each, none past these, or a number behind a word.
 */
static const struct kind {
	const char *mark;
	size_t last;
	const char *letters;
	const char *word;
	unsigned long most;
} kinds[] = {
	{"$y$", 43, "jDT$", NULL, 0},
	{"$gy$", 43, "jDT$", NULL, 0},
	{"$7$", 43, "EU..../....", NULL, 0},
	{"$6$", 86, "", "rounds=", 3000000},
	{"$5$", 43, "", "rounds=", 3000000},
	{"$2b$", 53, "", "", 15},
	{"$2y$", 53, "", "", 15},
	{"$2a$", 53, "", "", 15},
};

/* `text`: behind the mark. */
static bool is_bearable(const struct kind *kind, const char *text)
{
	const size_t word = kind->word ? strlen(kind->word) : 0;

	for (size_t i = 0; kind->letters[i]; i++)
		if (!text[i] || text[i] > kind->letters[i])
			return false;
	return !kind->word || strncmp(text, kind->word, word) != 0 ||
	       strtoul(text + word, NULL, 10) <= kind->most;
}

bool fb_passhash_is_marked(const char *text)
{
	const size_t len = text[0] == '$' ? strcspn(text + 1, "$") : 0;

	return len > 0 && len <= 3 && text[1 + len] == '$';
}

bool fb_passhash_is_one(const char *text)
{
	const char *last = strrchr(text, '$');

	if (!fb_passhash_is_marked(text) || strlen(text) > FB_PASSHASH_MAX)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const size_t mark = strlen(kinds[i].mark);

		if (!strncmp(text, kinds[i].mark, mark))
			return last >= text + mark && strlen(last + 1) == kinds[i].last &&
			       is_bearable(&kinds[i], text + mark);
	}
	return false;
}

/* By `setting`, which may be a whole hash. False: it cannot. */
static bool make(const char *password, const char *setting,
		 char ret_hash[static FB_PASSHASH_MAX + 1])
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *hash = data ? crypt_r(password, setting, data) : NULL;
	const bool made = hash && *hash != '*' && strlen(hash) <= FB_PASSHASH_MAX;

	snprintf(ret_hash, FB_PASSHASH_MAX + 1, "%s", made ? hash : "");
	if (data)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return made;
}

int fb_passhash_make(const char *password, char ret_hash[static FB_PASSHASH_MAX + 1])
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];

	if (!crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)))
		return -errno;
	return make(password, salt, ret_hash) ? 0 : -EIO;
}

bool fb_passhash_is_of(const char *hash, const char *password)
{
	char own[FB_PASSHASH_MAX + 1];
	unsigned char differ = 0;
	const bool made = make(password, hash, own);

	for (size_t i = 0; made && i <= strlen(hash); i++)
		differ |= (unsigned char)(own[i] ^ hash[i]);
	explicit_bzero(own, sizeof(own));
	return made && !differ;
}
