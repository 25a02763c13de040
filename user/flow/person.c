/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/person.h"

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

/* `joins`: characters that make one word of two. */
static bool has_word(const char *text, const char *word, const char *joins)
{
	const size_t len = strlen(word);

	for (const char *at = strcasestr(text, word); at; at = strcasestr(at + 1, word)) {
		const char before = at > text ? at[-1] : '\0';
		const char first = at > text + 1 ? at[-2] : '\0';

		if (!goes_on(before, first, joins) &&
		    !goes_on(at[len], at[len] ? at[len + 1] : '\0', joins))
			return true;
	}
	return false;
}

bool fb_person_is_in(const struct fb_person *person, const char *text)
{
	char word[FB_ADDR_STRLEN];

	if (person->has_mac && has_word(text, fb_mac_format(person->mac, word), ":"))
		return true;
	for (unsigned int i = 0; i < person->n_addrs; i++) {
		const uint8_t family = person->addr[i].family;

		fb_addr_format(person->addr[i].addr, family, word);
		if (has_word(text, word, family == 4 ? "." : ":"))
			return true;
	}
	for (unsigned int i = 0; i < person->n_names; i++)
		if (has_word(text, person->name[i], "."))
			return true;
	return false;
}
