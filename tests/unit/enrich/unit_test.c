/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich util
/* Units and containers, as the paths of control groups name them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "enrich/unit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *path, *unit, *container; /* NULL: none */
} cases[] = {
	{"/", NULL, NULL},
	{"", NULL, NULL},
	{"/system.slice", NULL, NULL},
	{"/init.scope", "init.scope", NULL},
	{"/system.slice/nginx.service", "nginx.service", NULL},
	{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", NULL},
	{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", NULL},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/firefox.service",
	 "firefox.service", NULL},
	{"/system.slice/worker.service/inner/deep", "worker.service", NULL},
	{"/system.slice/.service", NULL, NULL},
	{"/docker/" ID, NULL, ID},
	{"/system.slice/docker-" ID ".scope", "docker-" ID ".scope", ID},
	{"/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID},
	{"/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", NULL},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podab_cd.slice/"
	 "cri-containerd-" ID ".scope",
	 "cri-containerd-" ID ".scope", ID},
	{"/kubepods/burstable/pod6a7f9e3c-1111-2222-3333-444455556666/" ID, NULL, ID},
	{"/lxc/web", NULL, "web"},
	{"/lxc.payload.web/system.slice/nginx.service", "nginx.service", "web"},
	{"/lxc.monitor.web", NULL, NULL},
	{"/machine.slice/machine-my\\x2dbox.scope", "machine-my\\x2dbox.scope", "my-box"},
	{"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", "machine-qemu\\x2d1\\x2dvm.scope", NULL},
	{"/machine.slice/systemd-nspawn@box.service", "systemd-nspawn@box.service", "box"},
	/* almost an id */
	{"/docker/" ID "0", NULL, NULL},
	{"/docker/g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL, NULL},
	{"/docker/0123456789abcdef", NULL, NULL},
	{"/x\\x", NULL, NULL},
	{"/machine.slice/machine-a\\x.scope", "machine-a\\x.scope", "a\\x"},
};

static void test_paths(void **state)
{
	char text[FB_UNIT_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *unit = fb_unit_of(cases[i].path, text) ? text : "none";

		assert_string_equal(unit, cases[i].unit ? cases[i].unit : "none");
		unit = fb_container_of(cases[i].path, text) ? text : "none";
		assert_string_equal(unit, cases[i].container ? cases[i].container : "none");
	}
}

/* What does not fit is none, and not a part. */
static void test_long(void **state)
{
	char path[2 * FB_UNIT_TEXT], text[FB_UNIT_TEXT];

	(void)state;
	memset(path, 'a', sizeof(path));
	memcpy(path, "/", 1);
	memcpy(path + FB_UNIT_TEXT - sizeof(".service") + 1, ".service", sizeof(".service"));
	assert_true(fb_unit_of(path, text));
	assert_int_equal(strlen(text), FB_UNIT_TEXT - 1);
	memset(path + 1, 'a', sizeof(path) - 1);
	memcpy(path + FB_UNIT_TEXT - sizeof(".service") + 2, ".service", sizeof(".service"));
	assert_false(fb_unit_of(path, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
