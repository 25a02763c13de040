/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths as they are made:
 *   /system.slice/nginx.service                     /user.slice/user-1000.slice/session-3.scope
 *   /user.slice/user-1000.slice/user@1000.service/app.slice/firefox.service
 *   /docker/ID   /system.slice/docker-ID.scope      /machine.slice/libpod-ID.scope/container
 *   /kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUID.slice/cri-containerd-ID.scope
 *   /kubepods/burstable/podUID/ID                   /lxc/NAME   /lxc.payload.NAME
 *   /machine.slice/machine-NAME.scope               /machine.slice/systemd-nspawn@NAME.service
 * An ID has 64 hex digits.
 */
#include "enrich/unit.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_DIGITS 64

struct part {
	const char *text;
	size_t len;
};

/* The part of the path behind `last` (NULL: the first one). */
static bool next_part(const char *path, struct part *part)
{
	const char *at = part->text ? part->text + part->len : path;

	at += strspn(at, "/");
	*part = (struct part){at, strcspn(at, "/")};
	return part->len > 0;
}

static bool ends_with(const struct part *part, const char *end)
{
	const size_t n = strlen(end);

	return part->len > n && !memcmp(part->text + part->len - n, end, n);
}

static bool begins_with(const struct part *part, const char *begin)
{
	const size_t n = strlen(begin);

	return part->len > n && !memcmp(part->text, begin, n);
}

static bool copy(char to[static FB_UNIT_TEXT], const char *text, size_t len)
{
	if (!len || len >= FB_UNIT_TEXT)
		return false;
	memcpy(to, text, len);
	to[len] = '\0';
	return true;
}

bool fb_unit_of(const char *path, char unit[static FB_UNIT_TEXT])
{
	static const char *const kinds[] = {".service", ".scope", ".socket", ".mount", ".swap"};
	struct part part = {0};
	bool found = false;

	while (next_part(path, &part))
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (ends_with(&part, kinds[i]))
				found = copy(unit, part.text, part.len) || found;
	return found;
}

/* "ID", "docker-ID.scope": alone, or behind a name of the runtime. Its monitor is outside of it. */
static bool take_id(const struct part *part, char id[static FB_UNIT_TEXT])
{
	const size_t len = ends_with(part, ".scope") ? part->len - strlen(".scope") : part->len;
	const char *at = part->text + len - ID_DIGITS;

	if (len < ID_DIGITS || strspn(at, "0123456789abcdef") < ID_DIGITS ||
	    (at > part->text && at[-1] != '-') || begins_with(part, "libpod-conmon-") ||
	    begins_with(part, "crio-conmon-"))
		return false;
	return copy(id, at, ID_DIGITS);
}

/* systemd writes bytes that a name may not have as \x2d. */
static void unescape(char *name)
{
	char *to = name;

	for (const char *at = name; *at; to++) {
		char digits[3] = "";

		if (at[0] == '\\' && at[1] == 'x' && strspn(at + 2, "0123456789abcdef") >= 2) {
			memcpy(digits, at + 2, 2);
			*to = (char)strtoul(digits, NULL, 16);
			at += 4;
		} else {
			*to = *at++;
		}
	}
	*to = '\0';
}

static bool take_name(const struct part *part, const char *before, const char *after,
		      char name[static FB_UNIT_TEXT])
{
	const size_t from = strlen(before), behind = strlen(after);

	if (part->len <= from + behind || !begins_with(part, before) ||
	    (behind && !ends_with(part, after)) ||
	    !copy(name, part->text + from, part->len - from - behind))
		return false;
	unescape(name);
	return true;
}

bool fb_container_of(const char *path, char container[static FB_UNIT_TEXT])
{
	struct part part = {0}, before;
	bool found = false;

	for (before = part; next_part(path, &part); before = part) {
		const bool in_lxc = before.len == 3 && !memcmp(before.text, "lxc", 3);

		if (take_id(&part, container) || take_name(&part, "lxc.payload.", "", container) ||
		    take_name(&part, "systemd-nspawn@", ".service", container) ||
		    (!begins_with(&part, "machine-qemu") &&
		     take_name(&part, "machine-", ".scope", container)) ||
		    (in_lxc && copy(container, part.text, part.len)))
			found = true;
	}
	return found;
}
