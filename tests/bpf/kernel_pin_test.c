/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/*
 * Pinning: a restart adopts maps and links and misses nothing; what is not ours, or of another
 * layout, is refused and stays.
 */
#define PIN_MOUNT "/tmp/flowbpf-pin-test" /* tests run side by side */

#include "kernel_world.h"

static void pinned_restart(bool clsact)
{
	struct fb_bpf *bpf = load_sized(2048, PIN_DIR);
	struct fb_attach attach;
	struct fb_why why;
	uint64_t before;
	const struct fb_bpf_opts other = {.knobs = {.max_flows = 4096}, .pin = PIN_DIR};

	fb_attach_force_clsact(clsact);
	assert_false(fb_bpf_adopted(bpf));
	start(&attach, bpf, "va");
	send_packets();
	before = seen(bpf, FB_HOOK_EGRESS);
	assert_true(before >= 3);
	fb_attach_stop(&attach, true);
	fb_bpf_free(bpf);
	/* Nobody is there, and counting goes on. */
	send_packets();
	assert_int_equal(fb_bpf_new(&other, &bpf, &why), -EPROTO);
	bpf = load_sized(2048, PIN_DIR);
	assert_true(fb_bpf_adopted(bpf));
	assert_true(seen(bpf, FB_HOOK_EGRESS) >= before + 3);
	assert_int_equal(fb_attach_known_link(bpf, if_nametoindex("va")), 1);
	start(&attach, bpf, "va");
	assert_int_equal(attach.adopted, !clsact);
	if (!clsact)
		assert_int_equal(tcx_programs("va", TCX_EGRESS), 1);
	before = seen(bpf, FB_HOOK_EGRESS);
	send_packets();
	assert_true(seen(bpf, FB_HOOK_EGRESS) >= before + 3);
	fb_attach_stop(&attach, false);
	fb_bpf_free(bpf);
	assert_int_equal(fb_pin_remove(PIN_DIR, &why), 0);
	assert_int_equal(access(PIN_DIR, F_OK), -1);
	assert_int_equal(tcx_programs("va", TCX_EGRESS), 0);
}

static void test_pinned_restart(void **state)
{
	(void)state;
	if (!kernel_has_tcx())
		skip();
	pinned_restart(false);
}

static void test_pinned_restart_clsact(void **state)
{
	(void)state;
	pinned_restart(true);
}

static void test_pin_refuses_what_is_not_ours(void **state)
{
	const struct fb_bpf_opts opts = {.pin = PIN_DIR};
	const struct fb_bpf_opts outside = {.pin = "/tmp/flowbpf-not-bpffs"};
	struct fb_bpf *bpf = NULL;
	struct fb_why why;
	const __u32 zero = 0, version = FB_ABI_VERSION + 1;
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fb_abi", 4, 4, 1, NULL);

	(void)state;
	assert_int_equal(fb_bpf_new(&outside, &bpf, &why), -EINVAL);
	assert_int_equal(access("/tmp/flowbpf-not-bpffs", F_OK), -1);
	assert_int_equal(mkdir(PIN_DIR, 0700), 0);
	assert_int_equal(bpf_obj_pin(map, PIN_DIR "/other"), 0);
	assert_int_equal(fb_bpf_new(&opts, &bpf, &why), -EPROTO);
	assert_int_equal(access(PIN_DIR "/other", F_OK), 0);
	assert_int_equal(fb_pin_remove(PIN_DIR, &why), -ENOENT);
	assert_int_equal(access(PIN_DIR "/other", F_OK), 0);
	unlink(PIN_DIR "/other");
	/* Another layout: refused, and still there. */
	bpf_map_update_elem(map, &zero, &version, BPF_ANY);
	assert_int_equal(bpf_obj_pin(map, PIN_DIR "/fb_abi"), 0);
	assert_int_equal(fb_bpf_new(&opts, &bpf, &why), -EPROTO);
	assert_non_null(strstr(why.text, "layout"));
	assert_int_equal(access(PIN_DIR "/fb_abi", F_OK), 0);
	close(map);
	assert_int_equal(fb_pin_remove(PIN_DIR, &why), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_links, remove_links)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_pinned_restart),
		CASE(test_pinned_restart_clsact),
		CASE(test_pin_refuses_what_is_not_ours),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, enter, leave);
}
