/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/users.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"

struct user {
	char name[32];
	uid_t uid;
	gid_t gid;
};

/* By name, or with NULL by uid. */
static bool find_user(const char *name, uid_t uid, struct user *ret_user)
{
	_cleanup_fclose_ FILE *file = fopen("/etc/passwd", "re");
	struct passwd entry, *found;
	char line[4096];

	while (file && fgetpwent_r(file, &entry, line, sizeof(line), &found) == 0) {
		if (name ? strcmp(entry.pw_name, name) != 0 : entry.pw_uid != uid)
			continue;
		snprintf(ret_user->name, sizeof(ret_user->name), "%s", entry.pw_name);
		ret_user->uid = entry.pw_uid;
		ret_user->gid = entry.pw_gid;
		return true;
	}
	return false;
}

bool fb_users_name(uid_t uid, char name[static 32])
{
	struct user user;

	if (!find_user(NULL, uid, &user))
		return false;
	memcpy(name, user.name, sizeof(user.name));
	return true;
}

bool fb_users_own(uid_t *ret_uid, gid_t *ret_gid)
{
	struct user own;

	if (!find_user("flowbpf", 0, &own) || !own.uid)
		return false;
	*ret_uid = own.uid;
	*ret_gid = own.gid;
	return true;
}

int fb_users_choose(const char *user, uid_t *ret_uid, gid_t *ret_gid, struct fb_why *why)
{
	struct user found = {.uid = 65534, .gid = 65534};
	bool known;

	if (geteuid() != 0) {
		*ret_uid = geteuid();
		*ret_gid = getegid();
		return 0;
	}
	known = user ? find_user(user, 0, &found)
		     : find_user("flowbpf", 0, &found) || find_user("nobody", 0, &found);
	if (!known && user)
		return fb_why_set(why, -ENOENT, "there is no user %s", user);
	/* Without a user database the kernel's overflow ids are as good as nobody's. */
	*ret_uid = found.uid;
	*ret_gid = found.gid;
	if (*ret_uid == 0)
		return fb_why_set(why, -EINVAL, "the user to become must not be root");
	return 0;
}
