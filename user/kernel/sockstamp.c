/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects owner_btf.bpf.o, or else owner.bpf.o, which share the map of stamps with the data
 * path.
 */
#include "kernel/sockstamp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/capture.h"
#include "owner.skel.h"
#include "owner_btf.skel.h"
#include "util/cleanup.h"

static int attach(struct fb_sockstamp *stamp, const struct bpf_object *object, int cgroup)
{
	static const struct {
		const char *prog;
		enum bpf_attach_type type;
	} hooks[FB_SOCKSTAMP_HOOKS] = {
		{"owner_create", BPF_CGROUP_INET_SOCK_CREATE},
		{"owner_connect4", BPF_CGROUP_INET4_CONNECT},
		{"owner_connect6", BPF_CGROUP_INET6_CONNECT},
	};

	for (unsigned int i = 0; i < FB_SOCKSTAMP_HOOKS; i++) {
		const struct bpf_program *prog =
			bpf_object__find_program_by_name(object, hooks[i].prog);

		stamp->link[i] =
			bpf_link_create(bpf_program__fd(prog), cgroup, hooks[i].type, NULL);
		if (stamp->link[i] < 0)
			return -errno;
	}
	return 0;
}

int fb_sockstamp_keep_map(const struct bpf_object *object, const char *name)
{
	const int fd = bpf_object__find_map_fd_by_name(object, name);

	return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static uint32_t own_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

/* The cookie of our namespace; 0: the kernel does not tell, and ours are noted like others. */
static uint64_t own_cookie(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
		return 0;
	return cookie;
}

void fb_sockstamp_set_netns(const struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const struct fb_owner_knobs own = {.cookie = own_cookie(), .netns = own_netns()};

	if (map)
		bpf_map__set_initial_value(map, &own, sizeof(own));
}

/* Without it flows of containers have no process, and all else is as it is. */
static void attach_state(struct fb_sockstamp *stamp, const struct bpf_object *object)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(object, "owner_state");

	stamp->state = prog ? bpf_raw_tracepoint_open(NULL, bpf_program__fd(prog)) : -1;
	if (stamp->state < 0)
		return;
	stamp->opened = mmap(NULL, FB_OWNER_OPENED * sizeof(*stamp->opened), PROT_READ, MAP_SHARED,
			     bpf_object__find_map_fd_by_name(object, "fb_owner_opened"), 0);
	if (stamp->opened == MAP_FAILED) {
		stamp->opened = NULL;
		return;
	}
	stamp->ends = fb_sockstamp_keep_map(object, "fb_owner_ends");
}

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

/* The links keep the programs and their maps: of the object's descriptors few are needed. */
static int open_object(struct fb_sockstamp *stamp, const void *elf, size_t size, int cgroup)
{
	_cleanup_(close_object) struct bpf_object *object = bpf_object__open_mem(elf, size, NULL);
	int r;

	if (!object)
		return -errno;
	r = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "fb_owner_sk"), stamp->stamps);
	fb_sockstamp_set_netns(object);
	if (r == 0)
		r = bpf_object__load(object);
	if (r == 0)
		r = attach(stamp, object, cgroup);
	if (r == 0)
		stamp->exes = fb_sockstamp_keep_map(object, "fb_exes");
	if (r == 0 && stamp->exes < 0)
		r = -errno;
	if (r < 0) {
		fb_sockstamp_close(stamp);
		return r;
	}
	attach_state(stamp, object);
	return 0;
}

bool fb_sockstamp_has_types(void)
{
	size_t size;
	const void *elf = owner_btf__elf_bytes(&size);
	_cleanup_(close_object) struct bpf_object *object = bpf_object__open_mem(elf, size, NULL);
	int r = -EINVAL;

	fb_capture_start();
	if (object) {
		fb_sockstamp_set_netns(object);
		r = bpf_object__load(object);
	}
	fb_capture_stop();
	return r == 0;
}

int fb_sockstamp_open(struct fb_sockstamp *stamp, const struct fb_bpf *bpf, int cgroup,
		      struct fb_why *why)
{
	const void *elf;
	size_t size;
	int r;

	*stamp = (struct fb_sockstamp){.link = {-1, -1, -1},
				       .stamps = fb_bpf_map_fd(bpf, FB_MAP_OWNER_SK),
				       .exes = -1,
				       .state = -1,
				       .ends = -1};
	fb_capture_start();
	elf = owner_btf__elf_bytes(&size);
	r = open_object(stamp, elf, size, cgroup);
	stamp->types = r == 0;
	if (r < 0) {
		elf = owner__elf_bytes(&size);
		r = open_object(stamp, elf, size, cgroup);
	}
	fb_capture_stop();
	return r < 0 ? fb_why_set(why, r, "programs at the root of the cgroups are refused: %s",
				  strerror(-r))
		     : 0;
}

void fb_sockstamp_close(struct fb_sockstamp *stamp)
{
	int *const fds[] = {&stamp->link[0], &stamp->link[1], &stamp->link[2],
			    &stamp->exes,    &stamp->state,   &stamp->ends};

	for (unsigned int i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (*fds[i] >= 0)
			close(TAKE_FD(*fds[i]));
	if (stamp->opened)
		munmap((void *)TAKE_PTR(stamp->opened), FB_OWNER_OPENED * sizeof(uint64_t));
}

/* "nginx", "sbin", "usr" are "/usr/sbin/nginx". */
static bool turn_round(const struct fb_exe *exe, char path[static FB_EXE_PATH + 1])
{
	size_t at = exe->len;

	path[at] = '\0';
	for (size_t from = 0; from < exe->len;) {
		const size_t n = strnlen(exe->path + from, exe->len - from);

		if (n + 1 > at)
			return false;
		at -= n;
		memcpy(path + at, exe->path + from, n);
		path[--at] = '/';
		from += n + 1;
	}
	return at == 0 && exe->len > 1;
}

bool fb_sockstamp_exe(const struct fb_sockstamp *stamp, const struct fb_stamp *of,
		      char path[static FB_EXE_PATH + 1])
{
	const struct fb_exe_key key = {
		.started_ns = of->started_ns, .exe = of->exe, .pid = of->pid};
	struct fb_exe exe;

	if (!of->exe || bpf_map_lookup_elem(stamp->exes, &key, &exe) < 0 || exe.len > FB_EXE_PATH)
		return false;
	if (exe.upwards)
		return turn_round(&exe, path);
	memcpy(path, exe.path, exe.len);
	path[exe.len] = '\0';
	return exe.len > 0;
}

int fb_sockstamp_ends(const struct fb_sockstamp *stamp, const struct fb_owner_ends *ends,
		      uint64_t since_ns, struct fb_owner_end *ret_end)
{
	if (stamp->ends < 0 || stamp->opened[fb_owner_ends_hash(ends)] < since_ns)
		return -ENOENT;
	if (bpf_map_lookup_elem(stamp->ends, ends, ret_end) < 0 || ret_end->open_ns < since_ns)
		return -ENOENT;
	return 0;
}

bool fb_sockstamp_connected(const struct fb_sockstamp *stamp, const struct fb_owner_ends *ends)
{
	struct fb_owner_ends other = {.port = {0, ends->port[1]}};

	memcpy(other.addr[1], ends->addr[1], sizeof(other.addr[1]));
	return stamp->ends >= 0 && stamp->opened[fb_owner_ends_hash(&other)];
}
