/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/*
 * What still works, and what no longer does, once root was given up. Each case is a child process
 * whose exit code is the line that failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ioctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "kernel/attach.h"
#include "kernel/conntrack.h"
#include "kernel/netdev.h"
#include "kernel/pin.h"
#include "kernel/privs.h"
#include "kernel/ring.h"
#include "kernel/rowmap.h"

#define PIN_MOUNT "/tmp/flowbpf-privs-test"

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition,                \
				strerror(errno));                                                  \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* What a daemon holds when it gives up root. */
struct daemon {
	struct fb_bpf *bpf;
	struct fb_rowmap rows;
	struct fb_attach attach;
	struct fb_conntrack *ct;
	struct fb_netdev *netdev;
	struct fb_ring *ring;
	struct fb_privs privs;
	unsigned int entries, links;
	struct fb_ct entry;
};

static void on_entry(void *ctx, enum fb_ct_event event, const struct fb_ct *ct)
{
	struct daemon *daemon = ctx;

	daemon->entries += event == FB_CT_DUMP;
	daemon->entry = *ct;
}

static void on_link(void *ctx, const struct fb_netdev_link *link)
{
	(void)link;
	((struct daemon *)ctx)->links++;
}

static void on_sample(void *ctx, const struct fb_event *event, const uint8_t *payload)
{
	(void)ctx;
	(void)event;
	(void)payload;
}

static void start_and_drop(struct daemon *daemon, const char *pin)
{
	const struct fb_bpf_opts opts = {.knobs = {.max_flows = 1024}, .pin = pin};
	const struct fb_conntrack_opts ct_opts = {0};
	const struct fb_conntrack_ops ct_ops = {.entry = on_entry};
	const struct fb_netdev_ops dev_ops = {.link = on_link};
	struct fb_privs_opts privs = {.folder = -1};
	struct fb_why why = {0};

	MUST(fb_bpf_new(&opts, &daemon->bpf, &why) == 0);
	MUST(fb_rowmap_open(&daemon->rows, daemon->bpf) == 0);
	MUST(fb_ring_new(daemon->bpf, on_sample, NULL, &daemon->ring) == 0);
	MUST(fb_attach_start(&daemon->attach, daemon->bpf, if_nametoindex("va"), 1, &why) == 0);
	MUST(fb_conntrack_new(&ct_opts, &ct_ops, daemon, &daemon->ct, &why) == 0);
	MUST(fb_netdev_new(&dev_ops, daemon, &daemon->netdev) == 0);
	privs.bpf = daemon->bpf;
	MUST(fb_privs_drop(&privs, &daemon->privs, &why) == 0);
}

static void in_child(void (*body)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void what_is_gone(void)
{
	struct daemon daemon = {0};
	char *const argv[] = {"/bin/true", NULL};

	start_and_drop(&daemon, NULL);
	MUST(daemon.privs.uid != 0 && getuid() == daemon.privs.uid &&
	     geteuid() == daemon.privs.uid);
	MUST(daemon.privs.caps == 1ull << CAP_NET_ADMIN);
	MUST(daemon.privs.no_new_privs && daemon.privs.seccomp);
	MUST(setresuid(0, 0, 0) < 0);
	MUST(open("/etc/shadow", O_RDONLY) < 0 && errno == EACCES);
	MUST(execv(argv[0], argv) < 0 && errno == EPERM);
	MUST(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == EPERM);
	MUST(unshare(CLONE_NEWUSER) < 0 && errno == EPERM);
	MUST(mount("none", "/tmp", "tmpfs", 0, NULL) < 0 && errno == EPERM);
	MUST(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0);
	/* of these two calls only what is needed: nothing is typed into a terminal of root's */
	MUST(ioctl(0, TIOCSTI, "x") < 0 && errno == EPERM);
	MUST(ioctl(0, 0x100000000ul | TIOCSTI, "x") < 0 && errno == EPERM);
	MUST(prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 && errno == EPERM);
	MUST(if_nametoindex("lo") == 1);
}

static void *answer(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static void settle(struct daemon *daemon)
{
	struct pollfd fd = {.fd = fb_conntrack_fd(daemon->ct), .events = POLLIN};

	while (poll(&fd, 1, 50) > 0)
		MUST(fb_conntrack_read(daemon->ct) == 0);
}

static void what_works(void)
{
	const struct fb_key key = {.family = FB_IPV6, .proto = 6};
	const struct fb_name name = {.generation = 1, .len = 1, .name = "x"};
	struct daemon daemon = {0};
	struct fb_attach late;
	struct fb_moment moment;
	struct fb_why why = {0};
	struct fb_name read_back;
	uint32_t count = 0, max = 0, slot;
	pthread_t thread;
	int answered = 0, server;

	MUST(system("conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 -t 99 "
		    ">/dev/null 2>&1") == 0);
	start_and_drop(&daemon, NULL);
	/* maps, clock, counters */
	MUST(fb_bpf_clock(daemon.bpf, &moment) == 0 && moment.ns > 0);
	MUST(fb_rowmap_name_put(&daemon.rows, &key, &name) == 0);
	MUST(fb_rowmap_name_get(&daemon.rows, &key, &read_back) == 0 && read_back.name[0] == 'x');
	MUST(fb_bpf_batch(daemon.bpf, FB_BATCH_TAKE, &slot, 1) == 0);
	MUST(fb_ring_read(daemon.ring, 0) >= 0);
	/* conntrack */
	settle(&daemon);
	MUST(daemon.entries == 1);
	MUST(fb_conntrack_count(&count, &max) == 0 && count == 1);
	MUST(fb_conntrack_delete(daemon.ct, &daemon.entry) == 0);
	MUST(fb_conntrack_flush(daemon.ct) == 0);
	/* interfaces, also those that appear later, by either hook */
	MUST(fb_netdev_list(daemon.netdev) == 0 && daemon.links >= 3);
	MUST(fb_attach_check(&daemon.attach) == 0);
	MUST(fb_attach_start(&late, daemon.bpf, if_nametoindex("vb"), 2, &why) == 0);
	MUST(fb_attach_check(&late) == 0);
	fb_attach_stop(&late, false);
	fb_attach_force_clsact(true);
	MUST(fb_attach_start(&late, daemon.bpf, if_nametoindex("vb"), 2, &why) == 0);
	MUST(late.kind == FB_ATTACH_CLSACT && fb_attach_check(&late) == 0);
	fb_attach_stop(&late, false);
	fb_attach_stop(&daemon.attach, false);
	/* threads, sockets, files */
	MUST(pthread_create(&thread, NULL, answer, &answered) == 0);
	MUST(pthread_join(thread, NULL) == 0 && answered == 1);
	server = socket(AF_INET, SOCK_STREAM, 0);
	MUST(server >= 0 && listen(server, 1) == 0);
	MUST(open("/proc/self/status", O_RDONLY) >= 0);
}

static void pinned(void)
{
	struct daemon daemon = {0};
	struct fb_attach late;
	struct fb_why why = {0};

	start_and_drop(&daemon, PIN_MOUNT "/pin");
	MUST(fb_attach_start(&late, daemon.bpf, if_nametoindex("vb"), 2, &why) == 0);
	fb_attach_stop(&late, false);
	fb_attach_stop(&daemon.attach, false);
	MUST(fb_pin_remove(PIN_MOUNT "/pin", &why) == 0);
}

static void keep_capabilities(uint32_t low, uint32_t high)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {{low, low, 0}, {high, high, 0}};

	MUST(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	MUST(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
	MUST(syscall(SYS_capset, &header, data) == 0);
}

static void three_capabilities(void)
{
	struct daemon daemon = {0};

	keep_capabilities(1u << CAP_NET_ADMIN, 1u << (CAP_BPF - 32) | 1u << (CAP_PERFMON - 32));
	MUST(fb_privs_check(NULL) == 0);
	start_and_drop(&daemon, NULL);
	MUST(daemon.privs.uid == 65534 && daemon.privs.seccomp);
	MUST(daemon.privs.caps == 1ull << CAP_NET_ADMIN);
	MUST(fb_attach_check(&daemon.attach) == 0);
	fb_attach_stop(&daemon.attach, false);
}

static void two_capabilities(void)
{
	struct fb_why why = {0};

	keep_capabilities(1u << CAP_NET_ADMIN, 1u << (CAP_BPF - 32));
	MUST(fb_privs_check(&why) == -EPERM && strstr(why.text, "CAP_PERFMON"));
}

static void no_capability(void)
{
	const struct fb_bpf_opts opts = {.knobs = {.max_flows = 1024}};
	struct fb_bpf *bpf = NULL;
	struct fb_why why = {0};

	MUST(setresuid(65534, 65534, 65534) == 0);
	MUST(fb_privs_check(&why) == -EPERM && strstr(why.text, "CAP_NET_ADMIN"));
	MUST(fb_bpf_new(&opts, &bpf, &why) == -EPERM && strstr(why.text, "CAP_BPF"));
}

static void unknown_user(void)
{
	const struct fb_privs_opts opts = {.user = "no-such-user", .folder = -1};
	struct fb_privs privs;
	struct fb_why why = {0};

	MUST(fb_privs_drop(&opts, &privs, &why) == -ENOENT && strstr(why.text, "no-such-user"));
	MUST(geteuid() == 0);
}

#define CHILD(name)                                                                                \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		in_child(name);                                                                    \
	}

CHILD(what_is_gone)
CHILD(what_works)
CHILD(pinned)
CHILD(three_capabilities)
CHILD(two_capabilities)
CHILD(no_capability)
CHILD(unknown_user)

static int enter(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	mkdir(PIN_MOUNT, 0755);
	if (mount("bpffs", PIN_MOUNT, "bpf", 0, NULL) < 0)
		return -1;
	return system("ip link set lo up && ip link add va type veth peer name vb &&"
		      " ip link set va up && ip link set vb up");
}

static int leave(void **state)
{
	(void)state;
	umount(PIN_MOUNT);
	return rmdir(PIN_MOUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_gone),
		cmocka_unit_test(test_what_works),
		cmocka_unit_test(test_pinned),
		cmocka_unit_test(test_two_capabilities),
		cmocka_unit_test(test_three_capabilities),
		cmocka_unit_test(test_no_capability),
		cmocka_unit_test(test_unknown_user),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, enter, leave);
}
