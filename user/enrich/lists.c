/* SPDX-License-Identifier: BSD-2-Clause */
#include "enrich/lists.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What of a flow lists are asked for. */
struct asked {
	const uint8_t *addr[2]; /* outside ones */
	unsigned int n_addrs, n_names;
	char name[FB_FLOW_NAMES + 1][FB_NAME_MAX + 1]; /* in lower case */
	const char *ja4;
	uint8_t family;
};

void fb_lists_drop(struct fb_lists *lists)
{
	while (lists->n)
		fb_listset_unref(lists->list[--lists->n].set);
}

void fb_lists_use(struct fb_lists *lists, const struct fb_list *list, unsigned int n)
{
	fb_lists_drop(lists);
	lists->version++;
	for (unsigned int i = 0; i < n && i < FB_LISTS; i++) {
		lists->list[lists->n] = list[i];
		fb_listset_ref(list[i].set);
		lists->n++;
	}
}

static void ask_addr(struct asked *asked, const struct fb_scope_list *scopes, const uint8_t *addr,
		     uint8_t family)
{
	if (!fb_scope_is_internal(scopes, addr, family))
		asked->addr[asked->n_addrs++] = addr;
}

static void ask_name(struct asked *asked, const char *name)
{
	char *to = asked->name[asked->n_names++];
	size_t len = 0;

	for (; *name && len < FB_NAME_MAX; name++)
		to[len++] = (char)tolower((unsigned char)*name);
	to[len] = '\0';
}

static void ask(struct asked *asked, const struct fb_scope_list *scopes, const struct fb_flow *flow,
		const char *dns_name)
{
	ask_addr(asked, scopes, flow->src, flow->family);
	ask_addr(asked, scopes, flow->dst, flow->family);
	for (unsigned int i = 0; flow->names && i < flow->names->n && i < FB_FLOW_NAMES; i++)
		ask_name(asked, flow->names->name[i].text);
	if (dns_name)
		ask_name(asked, dns_name);
	asked->ja4 = flow->tls && *flow->tls->ja4 ? flow->tls->ja4 : NULL;
}

/* The entry of this list that has something of the flow, into `entry`; false: none. */
static bool find(const struct fb_listset *set, const struct asked *asked,
		 char entry[static FB_LIST_ENTRY_TEXT + 1])
{
	char text[FB_ADDR_STRLEN];
	struct fb_cidr prefix;
	const char *name;

	for (unsigned int i = 0; i < asked->n_names; i++) {
		name = fb_listset_find_name(set, asked->name[i]);
		if (name)
			return snprintf(entry, FB_LIST_ENTRY_TEXT + 1, "%s", name) > 0;
	}
	for (unsigned int i = 0; i < asked->n_addrs; i++) {
		if (!fb_listset_find_addr(set, asked->addr[i], asked->family, &prefix))
			continue;
		fb_addr_format(prefix.addr, prefix.family, text);
		if (prefix.bits == 128)
			return snprintf(entry, FB_LIST_ENTRY_TEXT + 1, "%s", text) > 0;
		return snprintf(entry, FB_LIST_ENTRY_TEXT + 1, "%s/%d", text,
				prefix.bits - (prefix.family == FB_IPV4 ? 96 : 0)) > 0;
	}
	if (asked->ja4 && fb_listset_has_ja4(set, asked->ja4))
		return snprintf(entry, FB_LIST_ENTRY_TEXT + 1, "%s", asked->ja4) > 0;
	return false;
}

uint16_t fb_lists_number(const struct fb_lists *lists, const struct fb_scope_list *scopes,
			 const struct fb_flow *flow, const char *dns_name)
{
	char entry[FB_LIST_ENTRY_TEXT + 1], first[FB_LIST_ENTRY_TEXT + 1] = "";
	struct asked asked = {.family = flow->family};
	struct fb_listhits hits = {.entry = first};

	if (!lists->n)
		return 0;
	ask(&asked, scopes, flow, dns_name);
	for (unsigned int i = 0; i < lists->n; i++) {
		const struct fb_list *list = &lists->list[i];

		if (!find(list->set, &asked, entry))
			continue;
		if (list->allow)
			return 0;
		if (hits.n == FB_LISTHITS_LISTS)
			continue;
		if (!hits.n)
			snprintf(first, sizeof(first), "%s", entry);
		hits.list[hits.n++] = list->name;
	}
	return fb_listhits_number(&hits);
}
