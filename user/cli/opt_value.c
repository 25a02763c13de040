/* SPDX-License-Identifier: BSD-2-Clause */
/* The value of one option: from text to its place in the verb's struct. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "util/fmt.h"

/* What a value may look like in a sentence: short, and inert on a terminal. */
static const char *quoted(const char *value, char buf[static 48])
{
	size_t n = 0;

	buf[n++] = '"';
	for (const unsigned char *c = (const unsigned char *)value; *c && n < 40; c++)
		buf[n++] = *c < 0x20 || *c >= 0x7f ? '?' : (char)*c;
	if (strlen(value) > n - 1) {
		memcpy(buf + n, "...", 3);
		n += 3;
	}
	buf[n++] = '"';
	buf[n] = '\0';
	return buf;
}

static int is_not(const char *label, const char *what, const char *value, struct fb_why *why)
{
	char quote[48];

	return fb_why_set(why, -EINVAL, "%s takes %s, not %s", label, what, quoted(value, quote));
}

static int set_u32(const struct fb_opt *opt, uint32_t *to, const char *value, const char *label,
		   struct fb_why *why)
{
	uint64_t number;
	char what[96];

	if (!fb_fmt_parse_u64(value, opt->least, opt->most, &number)) {
		*to = (uint32_t)number;
		return 0;
	}
	snprintf(what, sizeof(what), "a number from %llu to %llu", (unsigned long long)opt->least,
		 (unsigned long long)opt->most);
	return is_not(label, what, value, why);
}

static int set_seconds(const struct fb_opt *opt, uint32_t *to, const char *value, const char *label,
		       struct fb_why *why)
{
	char least[FB_FMT_STRLEN], most[FB_FMT_STRLEN], what[128];
	uint64_t ms;

	if (!fb_fmt_parse_duration(value, opt->least * 1000, opt->most * 1000, &ms)) {
		*to = (uint32_t)(ms / 1000);
		return 0;
	}
	snprintf(what, sizeof(what), "a duration such as 90s or 2h, from %s to %s",
		 fb_fmt_duration(opt->least * 1000, least),
		 fb_fmt_duration(opt->most * 1000, most));
	return is_not(label, what, value, why);
}

static int set_choice(const struct fb_opt *opt, const char **to, const char *value,
		      const char *label, struct fb_why *why)
{
	char what[160] = "";
	size_t n = 0;

	for (const char *const *choice = opt->choices; *choice; choice++) {
		if (!strcmp(*choice, value)) {
			*to = *choice;
			return 0;
		}
		if (n < sizeof(what))
			n += (size_t)snprintf(what + n, sizeof(what) - n, "%s%s",
					      !n	  ? ""
					      : choice[1] ? ", "
							  : " or ",
					      *choice);
	}
	return is_not(label, what, value, why);
}

/* Room for one more of a list, which the first item of a higher place begins anew. */
static int make_room(unsigned int *n, bool *replace, const char *label, struct fb_why *why)
{
	if (*replace)
		*n = 0;
	*replace = false;
	if (*n < FB_OPT_LIST_MAX)
		return 0;
	return fb_why_set(why, -EINVAL, "%s can be given %d times at most", label, FB_OPT_LIST_MAX);
}

static int add_item(struct fb_opt_list *list, const char *value, const char *label,
		    struct fb_why *why)
{
	int r = make_room(&list->n, &list->replace, label, why);

	if (r == 0)
		list->items[list->n++] = value;
	return r;
}

/* "127.0.0.1:8080", "[::1]:8080" or "none": where the page is. */
static bool is_listen(const char *value)
{
	char host[FB_ADDR_STRLEN];
	const char *colon = strrchr(value, ':');
	uint8_t addr[16], family;
	uint64_t port;
	size_t len;

	if (!strcmp(value, "none"))
		return true;
	if (!colon || fb_fmt_parse_u64(colon + 1, 1, 65535, &port))
		return false;
	len = (size_t)(colon - value);
	if (len >= 2 && value[0] == '[' && value[len - 1] == ']') {
		value++;
		len -= 2;
	} else if (memchr(value, ':', len)) {
		return false; /* which colon is meant is a guess */
	}
	if (len >= sizeof(host))
		return false;
	memcpy(host, value, len);
	host[len] = '\0';
	return !fb_addr_parse(host, addr, &family);
}

/* As browsers send it in Host, without the port: anything else would never be asked for. */
static bool is_host(const char *value)
{
	uint8_t addr[16], family;

	for (const char *c = value; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			return !fb_addr_parse(value, addr, &family);
	return true;
}

static int add_cidr(struct fb_opt_cidrs *list, const char *value, const char *label,
		    struct fb_why *why)
{
	struct fb_cidr cidr;
	int r;

	if (fb_cidr_parse(value, &cidr))
		return is_not(label, "an address block such as 10.0.0.0/8 or fd00::/8", value, why);
	r = make_room(&list->n, &list->replace, label, why);
	if (r == 0)
		list->items[list->n++] = cidr;
	return r;
}

int fb_opt_set(const struct fb_opt *opt, void *to, const char *value, const char *label,
	       struct fb_why *why)
{
	void *at = (char *)to + opt->offset;

	if (opt->type == FB_OPT_FLAG) {
		*(bool *)at = true;
		return 0;
	}
	if (!value || !*value)
		return fb_why_set(why, -EINVAL, "%s needs a value: %s", label, opt->arg);
	switch (opt->type) {
	case FB_OPT_FLAG:
		break;
	case FB_OPT_TEXT:
	case FB_OPT_FILE:
		*(const char **)at = value;
		return 0;
	case FB_OPT_CHOICE:
		return set_choice(opt, at, value, label, why);
	case FB_OPT_U32:
		return set_u32(opt, at, value, label, why);
	case FB_OPT_SECONDS:
		return set_seconds(opt, at, value, label, why);
	case FB_OPT_CIDR:
		return add_cidr(at, value, label, why);
	case FB_OPT_LISTEN:
		if (!is_listen(value))
			return is_not(label,
				      "ADDR:PORT such as 127.0.0.1:8080 or [::1]:8080, or none",
				      value, why);
		return add_item(at, value, label, why);
	case FB_OPT_HOST:
		if (!is_host(value))
			return is_not(label, "a host name or an address, without a port", value,
				      why);
		return add_item(at, value, label, why);
	case FB_OPT_LIST:
		return add_item(at, value, label, why);
	}
	return -EINVAL;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_list(const struct fb_opt_list *a, const struct fb_opt_list *b)
{
	for (unsigned int i = 0; a->n == b->n && i < a->n; i++)
		if (!same_text(a->items[i], b->items[i]))
			return false;
	return a->n == b->n;
}

bool fb_opt_same(const struct fb_opt *opt, const void *a_, const void *b_)
{
	const void *a = (const char *)a_ + opt->offset, *b = (const char *)b_ + opt->offset;
	const struct fb_opt_cidrs *ca = a, *cb = b;

	switch (opt->type) {
	case FB_OPT_FLAG:
		return *(const bool *)a == *(const bool *)b;
	case FB_OPT_TEXT:
	case FB_OPT_FILE:
	case FB_OPT_CHOICE:
		return same_text(*(const char *const *)a, *(const char *const *)b);
	case FB_OPT_U32:
	case FB_OPT_SECONDS:
		return *(const uint32_t *)a == *(const uint32_t *)b;
	case FB_OPT_LISTEN:
	case FB_OPT_HOST:
	case FB_OPT_LIST:
		return same_list(a, b);
	case FB_OPT_CIDR:
		return ca->n == cb->n && !memcmp(ca->items, cb->items, ca->n * sizeof(*ca->items));
	}
	return false;
}

void fb_opt_replace_lists(const struct fb_opt *opts, void *to)
{
	for (; opts->name; opts++) {
		void *at = (char *)to + opts->offset;

		if (opts->type == FB_OPT_LIST || opts->type == FB_OPT_LISTEN ||
		    opts->type == FB_OPT_HOST)
			((struct fb_opt_list *)at)->replace = true;
		else if (opts->type == FB_OPT_CIDR)
			((struct fb_opt_cidrs *)at)->replace = true;
	}
}
