/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is in the folder is removed by the user whose it becomes; the folder itself by who made it,
 * as whom alone he may where nobody else may write beside it.
 */
#include "cli/tempfolder.h"

#include <errno.h>
#include <ftw.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/childproc.h"
#include "util/users.h"

#define PATIENCE_MS 3000
#define FOLDERS	    8 /* open at once */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	remove(path);
	return 0;
}

static bool become_user(void)
{
	struct fb_why why;
	uid_t uid;
	gid_t gid;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() != 0)
		return true;
	return !fb_users_choose(NULL, &uid, &gid, &why) && !setgroups(0, NULL) &&
	       !setresgid(gid, gid, gid) && !setresuid(uid, uid, uid);
}

static void wait_and_empty(int end, const char *path)
{
	char byte;
	ssize_t n;

	if (!become_user())
		return;
	while ((n = read(end, &byte, 1)) > 0 || (n < 0 && errno == EINTR))
		;
	nftw(path, remove_one, FOLDERS, FTW_DEPTH | FTW_PHYS);
}

static void wait_and_remove(int end, const void *path)
{
	const pid_t child = fork();

	if (child == 0) {
		wait_and_empty(end, path);
		_exit(0);
	}
	fb_childproc_give_up();
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	rmdir(path);
}

/* A start that fails before the folder is given away ends as who made it. */
static int give(const char *path, struct fb_why *why)
{
	uid_t uid;
	gid_t gid;
	int r = geteuid() ? 0 : fb_users_choose(NULL, &uid, &gid, why);

	if (r < 0 || geteuid() != 0)
		return r;
	return chown(path, uid, 0) < 0 ? fb_why_set(why, -errno, "cannot give %s away: %m", path)
				       : 0;
}

int fb_tempfolder_make(struct fb_tempfolder *folder, struct fb_why *why)
{
	const char *in = getenv("TMPDIR");
	int r;

	folder->keeper = -1;
	snprintf(folder->path, sizeof(folder->path), "%.150s/flowbpf-XXXXXX",
		 in && *in == '/' ? in : "/var/tmp");
	if (!mkdtemp(folder->path))
		return fb_why_set(why, -errno, "cannot make a folder for what is shown, %s: %m",
				  folder->path);
	r = give(folder->path, why);
	if (r == 0)
		folder->keeper =
			fb_childproc_start("flowbpf-folder", wait_and_remove, folder->path);
	if (folder->keeper >= 0)
		return 0;
	rmdir(folder->path);
	return r < 0 ? r
		     : fb_why_set(why, folder->keeper, "cannot start a process: %s",
				  strerror(-folder->keeper));
}

void fb_tempfolder_end(struct fb_tempfolder *folder)
{
	struct pollfd gone = {.fd = folder->keeper, .events = POLLIN};

	if (folder->keeper < 0)
		return;
	if (!shutdown(folder->keeper, SHUT_WR))
		poll(&gone, 1, PATIENCE_MS);
	close(folder->keeper);
	folder->keeper = -1;
}
