/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/dga.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { EDGE = 0, LETTER = 1, DIGIT = 27, OTHER = 37 };

/* --- the label -------------------------------------------------------------------------------- */

/* Below these nobody registers names. */
static const char *const unregistered[] = {"arpa",     "local", "localdomain", "lan",	  "home",
					   "internal", "corp",	"localhost",   "invalid", "test"};

/* Below a country these stand for what it is, as do ... */
static const char *const kinds[] = {"co", "com", "org", "net", "ac",  "gov", "edu",
				    "ne", "or",	 "go",	"mil", "gob", "nom", "id"};

/* ... these: names for everybody's own address. */
static const char *const shared[] = {
	"ddns.net",    "dyndns.org",  "no-ip.com", "no-ip.org",	   "no-ip.biz",
	"hopto.org",   "zapto.org",   "sytes.net", "mooo.com",	   "yi.org",
	"dynserv.com", "duckdns.org", "myftp.org", "serveftp.com",
};

static bool is_among(const char *const *list, size_t n, const char *text, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && !strncasecmp(list[i], text, len))
			return true;
	return false;
}

#define IS_AMONG(list, text, len) is_among(list, sizeof(list) / sizeof(*(list)), text, len)

/* Where the label before `end` begins. */
static const char *label_before(const char *name, const char *end)
{
	while (end > name && end[-1] != '.')
		end--;
	return end;
}

size_t fb_dga_label(const char *name, const char **ret_label)
{
	const char *end = name + strlen(name);
	const char *top = label_before(name, end), *label;

	if (top == name || IS_AMONG(unregistered, top, (size_t)(end - top)))
		return 0;
	label = label_before(name, top - 1);
	if (label > name &&
	    ((end - top == 2 && IS_AMONG(kinds, label, (size_t)(top - 1 - label))) ||
	     IS_AMONG(shared, label, (size_t)(end - label)))) {
		top = label;
		label = label_before(name, top - 1);
	}
	*ret_label = label;
	return (size_t)(top - 1 - label);
}

/* --- the score -------------------------------------------------------------------------------- */

static unsigned int symbol_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return LETTER + (unsigned int)(c - 'a');
	if (c >= 'A' && c <= 'Z')
		return LETTER + (unsigned int)(c - 'A');
	return c >= '0' && c <= '9' ? DIGIT + (unsigned int)(c - '0') : OTHER;
}

static bool is_vowel(unsigned int symbol)
{
	return symbol && symbol < DIGIT && strchr("aeiou", 'a' + (int)(symbol - LETTER));
}

static bool is_digit(unsigned int symbol)
{
	return symbol >= DIGIT && symbol < OTHER;
}

static bool is_consonant(unsigned int symbol)
{
	return symbol >= LETTER && symbol < DIGIT && !is_vowel(symbol);
}

struct shape {
	unsigned int consonants, vowels, digits, turns, variety;
};

/* One more of a run, the longest of which counts. */
static void go_on(bool of_it, unsigned int *run, unsigned int *longest)
{
	*run = of_it ? *run + 1 : 0;
	if (*run > *longest)
		*longest = *run;
}

static struct shape shape_of(const char *label, size_t len)
{
	struct shape shape = {0, 0, 0, 0, 0};
	unsigned int consonants = 0, vowels = 0, last = EDGE;
	uint64_t had = 0;

	for (size_t i = 0; i < len; i++) {
		const unsigned int symbol = symbol_of(label[i]);

		go_on(is_consonant(symbol), &consonants, &shape.consonants);
		go_on(is_vowel(symbol), &vowels, &shape.vowels);
		shape.digits += is_digit(symbol);
		shape.turns += i > 0 && is_digit(symbol) != is_digit(last);
		shape.variety += !(had >> symbol & 1);
		had |= 1ULL << symbol;
		last = symbol;
	}
	return shape;
}

/* The weight of a number, of the last for all beyond. */
#define WEIGHT(list, number)                                                                       \
	(fb_dga_weights                                                                            \
		 .list[(number) < sizeof(fb_dga_weights.list) ? (number)                           \
							      : sizeof(fb_dga_weights.list) - 1])

int fb_dga_score(const char *label, size_t len)
{
	const struct shape shape = shape_of(label, len);
	unsigned int last = EDGE;
	int score = WEIGHT(length, len) + WEIGHT(consonants, shape.consonants) +
		    WEIGHT(vowels, shape.vowels) + WEIGHT(digits, shape.digits) +
		    WEIGHT(turns, shape.turns) + WEIGHT(variety, shape.variety);

	for (size_t i = 0; i <= len; i++) {
		const unsigned int symbol = i < len ? symbol_of(label[i]) : EDGE;

		score += fb_dga_weights.pair[last][symbol];
		last = symbol;
	}
	return score;
}
