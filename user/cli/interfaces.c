/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces: looked up by name, with the ones that are there when one is not. */
#include "cli/interfaces.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/verb.h"
#include "engine/links.h"
#include "kernel/lock.h"

#define NAMES_MAX 32

static int unknown(const char *name)
{
	struct if_nameindex *all = if_nameindex();
	const char *names[NAMES_MAX + 1];
	const char *near;
	char list[200] = "";
	size_t len = 0;
	unsigned int n = 0;

	for (struct if_nameindex *i = all; i && i->if_index && n < NAMES_MAX; i++) {
		names[n++] = i->if_name;
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						len ? ", " : "", i->if_name);
	}
	names[n] = NULL;
	near = fb_opts_nearest(name, names);
	if (near)
		fb_fail(FB_EXIT_FAILED, "there is no interface \"%.40s\", did you mean %s?", name,
			near);
	else
		fb_fail(FB_EXIT_FAILED, "there is no interface \"%.40s\" here, only %s", name,
			*list ? list : "none at all");
	if (all)
		if_freenameindex(all);
	return FB_EXIT_FAILED;
}

/* Could an interface have this name some day? */
static bool is_name(const char *name)
{
	return *name && *name != '-' && strlen(name) < IF_NAMESIZE && !strpbrk(name, "/: \t\n");
}

/* Is one of them there, or may many come? */
static bool any_there(const char *const *names, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (fb_links_is_pattern(names[i]) || if_nametoindex(names[i]))
			return true;
	return false;
}

int fb_interfaces_check(const char *const *names, unsigned int n, bool wait)
{
	const bool may_wait = wait || any_there(names, n);

	for (unsigned int i = 0; i < n; i++) {
		unsigned int ifindex = if_nametoindex(names[i]);
		pid_t owner = ifindex ? fb_lock_owner(ifindex) : -1;

		if (fb_links_is_pattern(names[i]))
			continue;
		if (!ifindex && (!may_wait || !is_name(names[i])))
			return unknown(names[i]);
		if (owner > 0)
			return fb_fail(FB_EXIT_FAILED, "%s: already attached by pid %d", names[i],
				       (int)owner);
		if (!owner)
			return fb_fail(FB_EXIT_FAILED, "%s: already attached by another process",
				       names[i]);
	}
	return FB_EXIT_DONE;
}
