/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/person.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/addr.h"
#include "util/mac.h"

bool fb_person_has_addr(const struct fb_person *person, const uint8_t addr[static 16],
			uint8_t family)
{
	for (unsigned int i = 0; i < person->n_addrs; i++)
		if (person->addr[i].family == family && !memcmp(person->addr[i].addr, addr, 16))
			return true;
	return false;
}

bool fb_person_has_mac(const struct fb_person *person, const uint8_t mac[static 6])
{
	return person->has_mac && !memcmp(person->mac, mac, 6);
}

bool fb_person_add_addr(struct fb_person *person, const uint8_t addr[static 16], uint8_t family)
{
	struct fb_person_addr *next = &person->addr[person->n_addrs];

	if (fb_person_has_addr(person, addr, family))
		return true;
	if (person->n_addrs == FB_PERSON_ADDRS)
		return false;
	memcpy(next->addr, addr, 16);
	next->family = family;
	person->n_addrs++;
	return true;
}

void fb_person_add_name(struct fb_person *person, const char *name)
{
	if (*name && person->n_names < FB_PERSON_NAMES)
		snprintf(person->name[person->n_names++], sizeof(person->name[0]), "%s", name);
}

/* --- texts ------------------------------------------------------------------------------------ */

/* What may go on where a word ends: 10.0.0.1 is not in 10.0.0.12, nor is it in 110.0.0.1. */
static bool goes_on(char at, char next, const char *joins)
{
	if ((at >= '0' && at <= '9') || ((at | 0x20) >= 'a' && (at | 0x20) <= 'z') || at == '_' ||
	    at == '-' || (unsigned char)at > 127)
		return true;
	/* a full stop or colon joins two parts, or ends a sentence */
	return at && strchr(joins, at) && goes_on(next, '\0', "");
}

typedef char *(*find_fn)(const char *text, const char *word);

/* `joins`: characters that make one word of two. */
static bool has_word(const char *text, const char *word, const char *joins, find_fn find)
{
	const size_t len = strlen(word);

	for (const char *at = find(text, word); at; at = find(at + 1, word)) {
		const char before = at > text ? at[-1] : '\0';
		const char first = at > text + 1 ? at[-2] : '\0';

		if (!goes_on(before, first, joins) &&
		    !goes_on(at[len], at[len] ? at[len + 1] : '\0', joins))
			return true;
	}
	return false;
}

static bool has_addr(const struct fb_person *person, const char *text)
{
	char word[FB_ADDR_STRLEN];

	if (person->has_mac && has_word(text, fb_mac_format(person->mac, word), ":", strcasestr))
		return true;
	for (unsigned int i = 0; i < person->n_addrs; i++) {
		const uint8_t family = person->addr[i].family;

		fb_addr_format(person->addr[i].addr, family, word);
		if (has_word(text, word, family == 4 ? "." : ":", strcasestr))
			return true;
	}
	return false;
}

/* Hosts are called in any case; what has words is somebody's, as it is written. */
static bool has_name(const char *text, const char *name)
{
	return has_word(text, name, ".", strchr(name, ' ') ? strstr : strcasestr);
}

bool fb_person_is_telling(const char *name)
{
	bool letter = false, digit = false, capital = false, joined = false;

	for (const char *at = name; *at; at++) {
		letter |= isalpha((unsigned char)*at) || (unsigned char)*at > 127;
		digit |= isdigit((unsigned char)*at);
		capital |= isupper((unsigned char)*at);
		joined |= at > name && at[1] && (*at == '.' || *at == '-');
	}
	return letter && (digit || joined || (capital && strchr(name, ' ')));
}

enum fb_person_by fb_person_is_by(const struct fb_person *person, const char *text)
{
	if (has_addr(person, text))
		return FB_PERSON_BY_ADDR;
	for (unsigned int i = 0; i < person->n_names; i++)
		if (fb_person_is_telling(person->name[i]) && has_name(text, person->name[i]))
			return FB_PERSON_BY_NAME;
	return FB_PERSON_NOT;
}

bool fb_person_may_be_in(const struct fb_person *person, const char *text)
{
	for (unsigned int i = 0; i < person->n_names; i++)
		if (has_word(text, person->name[i], ".", strcasestr))
			return true;
	return has_addr(person, text);
}
