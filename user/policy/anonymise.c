/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and names left out; see the header. */
#include "policy/anonymise.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "flow/getters.h"
#include "past/windows.h"
#include "util/addr.h"

/* --- the setting ----------------------------------------------------------------------------- */

static const char *const whom[] = {
#define X(name, help) #name,
	FB_ANONYMISE_FOR(X)
#undef X
};

static const struct part {
	const char *name;
	size_t offset;
	const char *words[3];
} parts[] = {
	{"addresses", offsetof(struct fb_anonymise, addresses), {"off", "prefix", "truncate"}},
	{"names", offsetof(struct fb_anonymise, names), {"full", "domain", "off"}},
};

#define N_PARTS (sizeof(parts) / sizeof(*parts))

static bool is_word(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && !memcmp(word, text, len);
}

static int set_part(const char *text, size_t len, struct fb_anonymise *how)
{
	const char *equals = memchr(text, '=', len);

	for (size_t i = 0; equals && i < N_PARTS; i++)
		for (uint8_t k = 0; is_word(parts[i].name, text, (size_t)(equals - text)) && k < 3;
		     k++)
			if (is_word(parts[i].words[k], equals + 1,
				    len - (size_t)(equals + 1 - text))) {
				*((uint8_t *)how + parts[i].offset) = k;
				return 0;
			}
	return -EINVAL;
}

int fb_anonymise_parse(const char *text, struct fb_anonymise *ret_how, struct fb_why *why)
{
	struct fb_anonymise how = {0};

	for (const char *at = text;; at++) {
		const size_t len = strcspn(at, ",");

		if (set_part(at, len, &how) < 0)
			return fb_why_set(why, -EINVAL,
					  "\"%.60s\" is not "
					  "addresses=off|truncate|prefix,names=off|domain|full, or "
					  "one of both",
					  text);
		at += len;
		if (!*at)
			break;
	}
	*ret_how = how;
	return 0;
}

/* One snapshot is made for all who may not know: viewers know no more than operators. */
static int check_roles(const struct fb_anonymise list[static FB_ANONYMISE_COUNT],
		       struct fb_why *why)
{
	if (!fb_anonymise_is_on(&list[FB_ANONYMISE_viewer]) ||
	    !fb_anonymise_is_on(&list[FB_ANONYMISE_operator]))
		return 0;
	return fb_why_set(why, -EINVAL, "operator: is of viewers, too: leave viewer: out");
}

int fb_anonymise_parse_for(const char *text, struct fb_anonymise list[static FB_ANONYMISE_COUNT],
			   struct fb_why *why)
{
	const char *colon = strchr(text, ':');

	int r = -EINVAL;

	for (size_t i = 0; colon && i < FB_ANONYMISE_COUNT; i++) {
		if (!is_word(whom[i], text, (size_t)(colon - text)))
			continue;
		r = fb_anonymise_parse(colon + 1, &list[i], why);
		return r < 0 ? r : check_roles(list, why);
	}
	return fb_why_set(why, r,
			  "\"%.60s\" does not begin with viewer:, operator:, history:, eve:, "
			  "ndjson:, syslog:, ipfix:, clickhouse: or kafka:",
			  text);
}

/* --- names ----------------------------------------------------------------------------------- */

/* Names of what nobody registered: of hosts here, and of addresses. */
static const char *const unregistered[] = {"arpa", "local",	"localdomain", "lan",
					   "home", "internal",	"corp",	       "private",
					   "test", "localhost", "intranet"};

/* Below "co.uk" and its like it is the label before that was registered. */
static const char *const seconds[] = {"co",  "com", "net", "org", "edu", "gov",	 "ac",
				      "or",  "ne",  "go",  "gob", "mil", "gouv", "nom",
				      "asn", "id",  "sch", "ltd", "plc", "web",	 "gv"};

static bool is_among(const char *const *list, size_t n, const char *label, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && !strncasecmp(list[i], label, len))
			return true;
	return false;
}

#define IS_AMONG(list, label, len) is_among(list, sizeof(list) / sizeof(*(list)), label, len)

/* The label that ends before `end`. */
static const char *label_before(const char *name, const char *end)
{
	while (end > name && end[-1] != '.')
		end--;
	return end;
}

/* What a person is called by an operator or a device has other characters, too. */
static bool is_domain(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return *name != '.';
}

/* Its last labels: "example.co.uk" of "www.example.co.uk"; NULL: nobody registered it. */
static const char *domain_of(const char *name)
{
	const char *end = name + strlen(name), *top, *second;
	size_t second_len;

	if (!is_domain(name))
		return NULL;
	if (end > name && end[-1] == '.')
		end--;
	top = label_before(name, end);
	if (top == name || IS_AMONG(unregistered, top, (size_t)(end - top)))
		return NULL;
	second = label_before(name, top - 1);
	second_len = (size_t)(top - 1 - second);
	if (second == name || end - top != 2 || !IS_AMONG(seconds, second, second_len))
		return second;
	return label_before(name, second - 1);
}

/* An address, as what a client asked a web server for may be, or the question for one's name. */
static bool tells_address(const char *name)
{
	const size_t len = strlen(name), arpa = sizeof(".arpa") - 1;
	uint8_t addr[16], family;
	char text[FB_ADDR_STRLEN];
	const size_t bare = *name == '[' ? strcspn(name + 1, "]") : strcspn(name, ":");

	if (len > arpa && (!strcasecmp(name + len - arpa, ".arpa") ||
			   !strcasecmp(name + len - arpa - 1, ".arpa.")))
		return true;
	if (!fb_addr_parse(name, addr, &family))
		return true;
	if (bare >= sizeof(text))
		return false;
	memcpy(text, name + (*name == '['), bare);
	text[bare] = '\0';
	return !fb_addr_parse(text, addr, &family);
}

const char *fb_anonymise_name(const struct fb_anonymiser *who, const char *name, bool of_host)
{
	const struct fb_anonymise *how = &who->how;

	if (how->names == FB_NAMES_OFF || (how->names == FB_NAMES_DOMAIN && of_host) ||
	    (fb_anonymise_is_on(how) && tells_address(name)))
		return NULL;
	return how->names == FB_NAMES_DOMAIN ? domain_of(name) : name;
}

size_t fb_anonymise_service(const struct fb_anonymiser *who, const char *service)
{
	const char *whose = strstr(service, " (");

	return whose && fb_anonymise_hides(&who->how, FB_TELLS_SERVICE) ? (size_t)(whose - service)
									: strlen(service);
}

/* --- addresses ------------------------------------------------------------------------------- */

void fb_anonymise_addr(const struct fb_anonymiser *who, const uint8_t addr[static 16],
		       uint8_t family, uint8_t ret_addr[static 16])
{
	const size_t keep = family == FB_IPV4 ? 15 : 6;

	if (who->how.addresses == FB_ADDRESSES_PREFIX) {
		fb_cryptopan(&who->pan, addr, family, ret_addr);
		return;
	}
	memmove(ret_addr, addr, 16);
	if (who->how.addresses == FB_ADDRESSES_TRUNCATE)
		memset(ret_addr + keep, 0, 16 - keep);
}

static void hide_hosts(const struct fb_anonymiser *who, struct fb_window_addr *list, uint32_t n)
{
	for (uint32_t i = 0; i < n && i < FB_WINDOW_HOSTS; i++)
		fb_anonymise_addr(who, list[i].addr, list[i].family, list[i].addr);
}

void fb_anonymise_window(const struct fb_anonymiser *who, struct fb_window *window)
{
	hide_hosts(who, window->new_host, window->n_new);
	hide_hosts(who, window->gone_host, window->n_gone);
}

/* --- values ---------------------------------------------------------------------------------- */

bool fb_anonymise_hides(const struct fb_anonymise *how, enum fb_tells tells)
{
	switch (tells) {
	case FB_TELLS_NOBODY:
		return false;
	case FB_TELLS_ADDRESS:
		return how->addresses;
	case FB_TELLS_OWNER:
	case FB_TELLS_NAME_FROM:
	case FB_TELLS_SERVICE:
		return how->names;
	case FB_TELLS_NAME: /* one that is an address */
	case FB_TELLS_DEVICE:
		break;
	}
	return fb_anonymise_is_on(how);
}

static void hide_address(const struct fb_anonymiser *who, struct fb_value *value)
{
	uint8_t addr[16];

	fb_anonymise_addr(who, value->addr, value->family, addr);
	if (value->text)
		value->text = value->num ? fb_endpoint_format(addr, value->family,
							      (uint16_t)value->num, value->buf)
					 : fb_addr_format(addr, value->family, value->buf);
	/* behind the text, in the same room */
	value->addr = memcpy(value->buf + sizeof(value->buf) - 16, addr, 16);
}

static void hide_name(const struct fb_anonymiser *who, const struct fb_field *field,
		      struct fb_value *value)
{
	const char *name = fb_anonymise_name(who, value->text, field->id == FB_FIELD_src_host);

	fb_set_text(value, name);
}

static void hide_service(const struct fb_anonymiser *who, struct fb_value *value)
{
	size_t len = fb_anonymise_service(who, value->text);

	len = len < sizeof(value->buf) ? len : sizeof(value->buf) - 1;
	memmove(value->buf, value->text, len);
	value->buf[len] = '\0';
	fb_set_text(value, value->buf);
}

static void hide(const struct fb_screen *screen, const struct fb_field *field,
		 struct fb_value *value)
{
	const struct fb_anonymiser *who = (const struct fb_anonymiser *)screen;

	if (!fb_anonymise_hides(&who->how, field->tells))
		return;
	if (field->tells == FB_TELLS_ADDRESS)
		hide_address(who, value);
	else if (field->tells == FB_TELLS_NAME)
		hide_name(who, field, value);
	else if (field->tells == FB_TELLS_SERVICE)
		hide_service(who, value);
	else
		fb_value_clear(value);
}

void fb_anonymiser_init(struct fb_anonymiser *who, struct fb_anonymise how,
			const uint8_t key[static FB_CRYPTOPAN_KEY])
{
	*who = (struct fb_anonymiser){.screen = {hide}, .how = how};
	fb_cryptopan_init(&who->pan, key);
}
