/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/*
 * Attaching on the real kernel, in a network namespace of this process: what is left behind, who is
 * left alone, and what is noticed.
 * timeout: 600
 */
#include "kernel_world.h"

static void test_counts_both_hooks(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;

	(void)state;
	start(&attach, bpf, "va");
	assert_int_equal(attach.kind, kernel_has_tcx() ? FB_ATTACH_TCX : FB_ATTACH_CLSACT);
	assert_int_equal(attach.l2_len, 14);
	send_packets();
	assert_true(seen(bpf, FB_HOOK_EGRESS) >= 3);
	assert_int_equal(fb_attach_check(&attach), 0);
	assert_int_equal(our_programs("va", "ingress"), 1);
	assert_int_equal(our_programs("va", "egress"), 1);
	fb_attach_stop(&attach, false);
	assert_int_equal(our_programs("va", "ingress"), 0);
	assert_int_equal(our_programs("va", "egress"), 0);
	fb_bpf_free(bpf);
}

static void test_loopback_on_ingress_only(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;

	(void)state;
	start(&attach, bpf, "lo");
	run("ping -q -c 2 -i 0.01 127.0.0.1 >/dev/null");
	assert_true(seen(bpf, FB_HOOK_INGRESS) >= 4);
	assert_int_equal(seen(bpf, FB_HOOK_EGRESS), 0);
	fb_attach_stop(&attach, false);
	fb_bpf_free(bpf);
}

static void test_l3_device(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;

	(void)state;
	run("ip tuntap add dev tn0 mode tun && ip link set tn0 up");
	start(&attach, bpf, "tn0");
	assert_int_equal(attach.l2_len, 0);
	fb_attach_stop(&attach, false);
	run("ip link del tn0");
	fb_bpf_free(bpf);
}

/* What a child tells before it is killed: the objects that must be gone afterwards. */
struct objects {
	__u32 prog[FB_PROG_COUNT];
	__u32 map[FB_MAP_COUNT];
};

static void attach_and_wait(int to_parent)
{
	struct fb_bpf *bpf = load();
	struct objects objects = {0};
	struct fb_attach attach;

	/* A test that fails must not leave it behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	start(&attach, bpf, "va");
	for (unsigned int i = 0; i < FB_PROG_COUNT; i++) {
		struct fb_prog_info info;

		fb_bpf_prog_info(bpf, (enum fb_prog)i, &info);
		objects.prog[i] = info.id;
	}
	for (unsigned int i = 0; i < FB_MAP_COUNT; i++) {
		struct bpf_map_info info = {0};
		__u32 len = sizeof(info);

		bpf_obj_get_info_by_fd(fb_bpf_map_fd(bpf, (enum fb_map)i), &info, &len);
		objects.map[i] = info.id;
	}
	if (write(to_parent, &objects, sizeof(objects)) < 0)
		_exit(1);
	for (;;)
		pause();
}

static pid_t spawn(struct objects *objects)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0)
		attach_and_wait(fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], objects, sizeof(*objects)), sizeof(*objects));
	close(fds[0]);
	return pid;
}

static void kill_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static unsigned int still_there(const struct objects *objects)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FB_PROG_COUNT + FB_MAP_COUNT; i++) {
		int fd = i < FB_PROG_COUNT ? bpf_prog_get_fd_by_id(objects->prog[i])
					   : bpf_map_get_fd_by_id(objects->map[i - FB_PROG_COUNT]);

		if (fd < 0)
			continue;
		close(fd);
		n++;
	}
	return n;
}

static void test_killed_100_times(void **state)
{
	struct objects *objects = calloc(100, sizeof(*objects));
	unsigned int left = 1;

	(void)state;
	if (!kernel_has_tcx())
		skip();
	for (unsigned int i = 0; i < 100; i++) {
		pid_t pid = spawn(&objects[i]);

		assert_int_equal(tcx_programs("va", TCX_INGRESS), 1);
		assert_int_equal(tcx_programs("va", TCX_EGRESS), 1);
		kill_child(pid);
	}
	/* The kernel frees programs and maps a grace period later. */
	for (unsigned int wait = 0; wait < 50 && left; wait++) {
		usleep(100000);
		left = 0;
		for (unsigned int i = 0; i < 100; i++)
			left += still_there(&objects[i]);
	}
	assert_int_equal(left, 0);
	assert_int_equal(tcx_programs("va", TCX_INGRESS), 0);
	assert_int_equal(tcx_programs("va", TCX_EGRESS), 0);
	assert_int_equal(lines("tc qdisc show dev va clsact"), 0);
	free(objects);
}

static void test_second_instance_names_the_first(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;
	struct objects objects;
	struct fb_why why;
	char pid_text[32];
	pid_t pid = spawn(&objects);

	(void)state;
	/* More often than the lock has room for those who ask. */
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(fb_attach_start(&attach, bpf, if_nametoindex("va"), 1, &why),
				 -EBUSY);
	snprintf(pid_text, sizeof(pid_text), "pid %d", (int)pid);
	assert_non_null(strstr(why.text, pid_text));
	assert_int_equal(fb_lock_owner(if_nametoindex("va")), pid);
	assert_int_equal(our_programs("va", "ingress"), 1);
	kill_child(pid);
	assert_int_equal(fb_lock_owner(if_nametoindex("va")), -ENOENT);
	start(&attach, bpf, "va");
	fb_attach_stop(&attach, false);
	fb_bpf_free(bpf);
}

static void test_clsact_residue_is_replaced(void **state)
{
	struct fb_bpf *bpf;
	struct fb_attach attach;
	struct objects objects;

	(void)state;
	fb_attach_force_clsact(true);
	for (unsigned int i = 0; i < 3; i++)
		kill_child(spawn(&objects));
	assert_int_equal(lines("tc filter show dev va ingress | grep flowbpf_ingress"), 1);
	bpf = load();
	start(&attach, bpf, "va");
	assert_int_equal(attach.kind, FB_ATTACH_CLSACT);
	assert_int_equal(lines("tc filter show dev va ingress | grep flowbpf_ingress"), 1);
	assert_int_equal(lines("tc filter show dev va egress | grep flowbpf_egress"), 1);
	send_packets();
	assert_true(seen(bpf, FB_HOOK_EGRESS) >= 3);
	assert_int_equal(fb_attach_check(&attach), 0);
	fb_attach_stop(&attach, false);
	assert_int_equal(lines("tc qdisc show dev va clsact"), 0);
	fb_bpf_free(bpf);
}

static void test_tcx_start_sweeps_clsact_residue(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;
	struct objects objects;

	(void)state;
	if (!kernel_has_tcx())
		skip();
	fb_attach_force_clsact(true);
	kill_child(spawn(&objects));
	fb_attach_force_clsact(false);
	assert_int_equal(lines("tc qdisc show dev va clsact"), 1);
	start(&attach, bpf, "va");
	assert_int_equal(attach.kind, FB_ATTACH_TCX);
	assert_int_equal(lines("tc qdisc show dev va clsact"), 0);
	fb_attach_stop(&attach, false);
	fb_bpf_free(bpf);
}

/* `verdict` 0 ends the chain, -1 lets the next program decide. */
static int load_foreign_program(int verdict)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "foreign", "GPL", pass, 2, NULL);
}

static void add_foreign_filter(void)
{
	int prog = load_foreign_program(-1);
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex("va"),
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .priority = 7, .handle = 1, .prog_fd = prog);

	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
	close(prog);
}

static void test_foreign_qdisc_and_filter_stay(void **state)
{
	struct fb_bpf *bpf = load();
	struct objects objects;
	struct fb_attach attach;

	(void)state;
	fb_attach_force_clsact(true);
	run("tc qdisc add dev va clsact");
	/* An empty qdisc that was there before us stays, also over a kill. */
	start(&attach, bpf, "va");
	fb_attach_stop(&attach, false);
	kill_child(spawn(&objects));
	start(&attach, bpf, "va");
	fb_attach_stop(&attach, false);
	assert_int_equal(lines("tc qdisc show dev va clsact"), 1);
	add_foreign_filter();
	start(&attach, bpf, "va");
	fb_attach_stop(&attach, false);
	assert_int_equal(lines("tc filter show dev va egress | grep 'pref 7 bpf.*foreign'"), 1);
	run("tc qdisc del dev va clsact");
	/* Our qdisc stays as long as somebody else's filter is in it. */
	start(&attach, bpf, "va");
	add_foreign_filter();
	fb_attach_stop(&attach, false);
	assert_int_equal(lines("tc qdisc show dev va clsact"), 1);
	assert_int_equal(lines("tc filter show dev va egress | grep flowbpf"), 0);
	fb_bpf_free(bpf);
}

static void test_foreign_tcx_programs_stay(void **state)
{
	const int ifindex = (int)if_nametoindex("va");
	int before = load_foreign_program(0), after = load_foreign_program(-1);
	struct fb_bpf *bpf = load();
	struct fb_attach attach;
	int links[2];

	(void)state;
	if (!kernel_has_tcx())
		skip();
	links[0] = bpf_link_create(before, ifindex, (enum bpf_attach_type)TCX_EGRESS, NULL);
	assert_true(links[0] >= 0);
	start(&attach, bpf, "va");
	links[1] = bpf_link_create(after, ifindex, (enum bpf_attach_type)TCX_EGRESS, NULL);
	assert_true(links[1] >= 0);
	assert_int_equal(tcx_programs("va", TCX_EGRESS), 3);
	send_packets();
	assert_true(seen(bpf, FB_HOOK_EGRESS) >= 3); /* though one that was there ends the chain */
	fb_attach_stop(&attach, false);
	assert_int_equal(tcx_programs("va", TCX_EGRESS), 2);
	for (unsigned int i = 0; i < 2; i++)
		close(links[i]);
	close(before);
	close(after);
	fb_bpf_free(bpf);
}

static void test_detached_by_someone(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;

	(void)state;
	start(&attach, bpf, "va");
	if (attach.kind == FB_ATTACH_TCX) {
		assert_int_equal(bpf_link_detach(attach.link_fd[FB_HOOK_EGRESS]), 0);
		assert_int_equal(fb_attach_check(&attach), -ESTALE);
		fb_attach_stop(&attach, false);
		start(&attach, bpf, "va");
	}
	assert_int_equal(fb_attach_check(&attach), 0);
	fb_attach_stop(&attach, false);
	fb_attach_force_clsact(true);
	start(&attach, bpf, "va");
	run("tc qdisc del dev va clsact");
	assert_int_equal(fb_attach_check(&attach), -ESTALE);
	fb_attach_stop(&attach, false);
	start(&attach, bpf, "va");
	assert_int_equal(fb_attach_check(&attach), 0);
	fb_attach_stop(&attach, false);
	fb_bpf_free(bpf);
}

static void test_rename_delete_create(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;

	(void)state;
	start(&attach, bpf, "va");
	/* Linux 6.1 renames only what is down. */
	run("ip link set va name renamed0 2>/dev/null ||"
	    " { ip link set va down && ip link set va name renamed0; }");
	assert_int_equal(fb_attach_check(&attach), 0);
	assert_string_equal(attach.name, "renamed0");
	run("ip link set renamed0 down && ip link set renamed0 name va &&"
	    " ip link set va mtu 1400 up");
	assert_int_equal(fb_attach_check(&attach), 0);
	remove_links(NULL);
	assert_int_equal(fb_attach_check(&attach), -ENODEV);
	fb_attach_stop(&attach, false);
	make_links(NULL);
	start(&attach, bpf, "va");
	send_packets();
	assert_true(seen(bpf, FB_HOOK_EGRESS) >= 3);
	fb_attach_stop(&attach, false);
	fb_bpf_free(bpf);
}

static void test_moved_to_another_namespace(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;
	char command[128];
	int fds[2];
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) < 0 || write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	start(&attach, bpf, "va");
	snprintf(command, sizeof(command), "ip link set va netns %d", (int)pid);
	run(command);
	assert_int_equal(fb_attach_check(&attach), -ENODEV);
	fb_attach_stop(&attach, false);
	snprintf(command, sizeof(command), "nsenter -t %d -n ip link set va netns %d", (int)pid,
		 (int)getpid());
	run(command);
	run("ip link set va up");
	start(&attach, bpf, "va");
	assert_int_equal(fb_attach_check(&attach), 0);
	fb_attach_stop(&attach, false);
	kill_child(pid);
	close(fds[0]);
	close(fds[1]);
	fb_bpf_free(bpf);
}

static void test_refusals(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_attach attach;
	struct fb_why why;
	const struct fb_bpf_opts tiny = {.knobs = {.max_flows = 1}};
	struct fb_bpf *none = NULL;

	(void)state;
	assert_int_equal(fb_attach_start(&attach, bpf, 999999, 1, &why), -ENODEV);
	assert_int_equal(fb_attach_start(&attach, bpf, if_nametoindex("va"), FB_LINK_MAX, &why),
			 -ERANGE);
	assert_int_equal(fb_bpf_new(&tiny, &none, &why), -ERANGE);
	assert_null(none);
	/* An interface whose number has the same low 16 bits as an attached one's. */
	run("ip link add tw0 index 65837 type veth peer name tw2 &&"
	    " ip link add tw1 index 301 type veth peer name tw3");
	start(&attach, bpf, "tw0");
	{
		struct fb_attach twin;

		assert_int_equal(fb_attach_start(&twin, bpf, 301, 2, &why), -EADDRINUSE);
		assert_non_null(strstr(why.text, "tw0"));
		assert_int_equal(fb_lock_owner(301), -ENOENT);
	}
	assert_int_equal(fb_attach_check(&attach), 0);
	fb_attach_stop(&attach, false);
	run("ip link del tw0 && ip link del tw1");
	fb_bpf_free(bpf);
}

static void test_clock_and_programs(void **state)
{
	struct fb_bpf *bpf = load();
	struct fb_moment first, second;
	struct fb_prog_info info;

	(void)state;
	assert_int_equal(fb_bpf_clock(bpf, &first), 0);
	usleep(50000);
	assert_int_equal(fb_bpf_clock(bpf, &second), 0);
	assert_true(second.ns - first.ns >= 50000000);
	assert_true(second.ticks > first.ticks);
	assert_int_equal(fb_bpf_prog_info(bpf, FB_PROG_INGRESS, &info), 0);
	/* A quarter of the kernel's limit of a million. */
	assert_true(info.verified_insns < 250000);
	print_message("verified instructions: ingress %u\n", info.verified_insns);
	fb_bpf_free(bpf);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_links, remove_links)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_counts_both_hooks),
		CASE(test_loopback_on_ingress_only),
		CASE(test_l3_device),
		CASE(test_clock_and_programs),
		CASE(test_refusals),
		CASE(test_second_instance_names_the_first),
		CASE(test_clsact_residue_is_replaced),
		CASE(test_tcx_start_sweeps_clsact_residue),
		CASE(test_foreign_qdisc_and_filter_stay),
		CASE(test_foreign_tcx_programs_stay),
		CASE(test_detached_by_someone),
		CASE(test_rename_delete_create),
		CASE(test_moved_to_another_namespace),
		CASE(test_killed_100_times),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, enter, leave);
}
