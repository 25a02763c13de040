/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose traces are meant: a device by its MAC, addresses, and what it is called in lines of the
 * log. Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/name.h>

#define FB_PERSON_ADDRS 16
#define FB_PERSON_NAMES (2 + FB_PERSON_ADDRS) /* a label, a name, and one of each address */

struct fb_person {
	bool has_mac;
	uint8_t mac[6];
	uint8_t n_addrs, n_names;
	struct fb_person_addr {
		uint8_t addr[16], family; /* as in struct fb_key */
	} addr[FB_PERSON_ADDRS];
	char name[FB_PERSON_NAMES][FB_NAME_MAX + 1];
};

bool fb_person_has_addr(const struct fb_person *person, const uint8_t addr[static 16],
			uint8_t family);
bool fb_person_has_mac(const struct fb_person *person, const uint8_t mac[static 6]);
/*
 * No line has it without meaning who is called so: with letters, and a digit, a full stop or a
 * hyphen within, or some words with a capital. "name" or "443" stand in lines of everybody.
 */
bool fb_person_is_telling(const char *name);

enum fb_person_by { FB_PERSON_NOT, FB_PERSON_BY_NAME, FB_PERSON_BY_ADDR };

/*
 * What the text names it by, as a word of its own: an address, with or without a port, or the MAC,
 * else a name that is telling.
 */
enum fb_person_by fb_person_is_by(const struct fb_person *person, const char *text);
static inline bool fb_person_is_in(const struct fb_person *person, const char *text)
{
	return fb_person_is_by(person, text) != FB_PERSON_NOT;
}
/* ... or by a name that may mean something else. */
bool fb_person_may_be_in(const struct fb_person *person, const char *text);

/* False: there is no room for one more. */
bool fb_person_add_addr(struct fb_person *person, const uint8_t addr[static 16], uint8_t family);
void fb_person_add_name(struct fb_person *person, const char *name);
