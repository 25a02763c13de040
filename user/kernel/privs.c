/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order matters: what needs root first (bounding set, groups, uid), then capabilities, then
 * NO_NEW_PRIVS, then the filter that forbids all of this.
 */
#include "kernel/privs.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/bpf.h"
#include "kernel/seccomp.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/users.h"

#define CAP_BIT(cap) (1ull << (cap))
#define CAPS_KEPT    CAP_BIT(CAP_NET_ADMIN)

int fb_privs_caps(uint64_t *ret_effective)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	*ret_effective = data[0].effective | (uint64_t)data[1].effective << 32;
	return 0;
}

static int set_caps(uint64_t caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const uint32_t low = (uint32_t)caps, high = (uint32_t)(caps >> 32);
	const struct __user_cap_data_struct data[2] = {
		{.effective = low, .permitted = low},
		{.effective = high, .permitted = high},
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int fb_privs_check(struct fb_why *why)
{
	uint64_t caps = 0;
	int r = fb_privs_caps(&caps);

	if (r < 0)
		return fb_why_set(why, r, "cannot read the capabilities: %s", strerror(-r));
	if (!(caps & CAP_BIT(CAP_NET_ADMIN)))
		return fb_why_set(why, -EPERM, "attaching takes CAP_NET_ADMIN: start as root");
	if (caps & CAP_BIT(CAP_SYS_ADMIN))
		return 0;
	if (!(caps & CAP_BIT(CAP_BPF)))
		return fb_why_set(why, -EPERM, "loading BPF programs takes CAP_BPF: start as root");
	/* Without it the verifier takes no arithmetic on pointers into packets and rows. */
	if (!(caps & CAP_BIT(CAP_PERFMON)))
		return fb_why_set(why, -EPERM,
				  "loading the programs takes CAP_PERFMON beside "
				  "CAP_BPF: start as root");
	return 0;
}

/* Capabilities outside `keep` can never come back, not even by a set-uid program. */
static void limit_bounding_set(uint64_t keep)
{
	for (unsigned int cap = 0; cap <= 63; cap++)
		if (!(keep & CAP_BIT(cap)))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* EINVAL above the last one */
}

static int become(uid_t uid, gid_t gid, uint64_t keep)
{
	if (geteuid() == 0) {
		limit_bounding_set(keep);
		if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
		    setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
			return -errno;
		prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return set_caps(keep);
}

/*
 * Before 5.19 kernel.unprivileged_bpf_disabled forbids every bpf call without CAP_BPF, also those
 * on maps that are open. A child tries it, for there is no way back from trying.
 */
static bool works_without_cap_bpf(const struct fb_bpf *bpf, uid_t uid, gid_t gid)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		const __u32 zero = 0;
		struct fb_state state;

		if (become(uid, gid, CAPS_KEPT) < 0)
			_exit(1);
		_exit(bpf_map_lookup_elem(fb_bpf_map_fd(bpf, FB_MAP_STATE), &zero, &state) < 0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int find_keep(const struct fb_bpf *bpf, uid_t uid, gid_t gid, uint64_t *ret_keep)
{
	uint64_t have = 0;
	int r = fb_privs_caps(&have);

	if (r < 0)
		return r;
	*ret_keep = CAPS_KEPT & have;
	if (bpf && !works_without_cap_bpf(bpf, uid, gid))
		*ret_keep |= CAP_BIT(CAP_BPF) & have;
	return 0;
}

/*
 * Tokens, keys and what people do stand in memory: it is written to no disk when we crash, also
 * where fs.suid_dumpable lets the kernel pipe it to who collects.
 */
static int leave_no_core(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

static void describe(struct fb_privs *privs)
{
	*privs = (struct fb_privs){
		.uid = geteuid(),
		.gid = getegid(),
		.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	};
	fb_privs_caps(&privs->caps);
	if (!fb_users_name(privs->uid, privs->user))
		snprintf(privs->user, sizeof(privs->user), "%u", privs->uid);
}

/* Nothing that has another name elsewhere: who owned the folder may have linked what is not his. */
static void give_file(int folder, const char *name, uid_t uid)
{
	_cleanup_close_ int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_nlink == 1)
		(void)!fchownat(fd, "", uid, (gid_t)-1, AT_EMPTY_PATH);
}

/* What a run as another user left there; where it cannot be given, who opens it tells. */
static void give_files(int folder, uid_t uid)
{
	DIR *dir = fb_file_list(folder);
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		give_file(folder, entry->d_name, uid);
	closedir(dir);
}

static void give_folders(const struct fb_privs_opts *opts, uid_t uid)
{
	for (const char *const *name = opts->folders; name && *name; name++) {
		_cleanup_close_ int folder = openat(
			opts->folder, *name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (folder >= 0 && !fchown(folder, uid, (gid_t)-1))
			give_files(folder, uid);
	}
}

/*
 * Group root: the next start reads there before it gives up root. On a disk that is read-only
 * nothing is kept, which is told elsewhere, and is no reason not to start.
 */
static int give_folder(const struct fb_privs_opts *opts, uid_t uid)
{
	if (opts->folder < 0 || geteuid() != 0)
		return 0;
	if (fchown(opts->folder, uid, 0) < 0)
		return errno == EROFS ? 0 : -errno;
	give_files(opts->folder, uid);
	give_folders(opts, uid);
	return 0;
}

int fb_privs_drop(const struct fb_privs_opts *opts, struct fb_privs *ret_privs, struct fb_why *why)
{
	uint64_t keep = 0;
	uid_t uid = 65534;
	gid_t gid = 65534;
	int r = opts->stay ? 0 : fb_users_choose(opts->user, &uid, &gid, why);

	if (r < 0)
		return r;
	if (opts->stay) {
		uid = geteuid();
		gid = getegid();
	}
	/* Links of interfaces that appear later are pinned by the user we become. */
	if (opts->bpf && fb_bpf_pin(opts->bpf) && chown(fb_bpf_pin(opts->bpf), uid, gid) < 0)
		return fb_why_set(why, -errno, "cannot give the pin directory away: %m");
	r = give_folder(opts, uid);
	if (r < 0)
		return fb_why_set(why, r, "cannot give the state folder away: %s", strerror(-r));
	r = opts->nothing ? 0 : find_keep(opts->bpf, uid, gid, &keep);
	if (r == 0)
		r = become(uid, gid, keep);
	if (r < 0)
		return fb_why_set(why, r, "cannot give up root: %s", strerror(-r));
	r = leave_no_core();
	if (r < 0)
		return fb_why_set(why, r, "cannot forbid core dumps: %s", strerror(-r));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fb_why_set(why, -errno, "cannot set NO_NEW_PRIVS: %m");
	/* After the filter the user database may be out of reach: describe first. */
	describe(ret_privs);
	r = fb_seccomp_start();
	/* A kernel without seccomp still has the rest. */
	if (r < 0 && r != -EINVAL && r != -ENOSYS)
		return fb_why_set(why, r, "cannot limit system calls: %s", strerror(-r));
	ret_privs->seccomp = r == 0;
	return 0;
}
