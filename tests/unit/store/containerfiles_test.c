/* SPDX-License-Identifier: BSD-2-Clause */
// link: store enrich flow proto util
/* Names of containers, of files as each runtime writes them; torn ones, hostile ones, too many. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "store/containerfiles.h"

#define ID(c) c "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define S     1000000000ull

static char root[] = "/tmp/flowbpf-containers-XXXXXX";

static void write_file(const char *path, const char *text)
{
	char all[400];
	FILE *file;

	snprintf(all, sizeof(all), "%s%s", root, path);
	for (char *at = strchr(all + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(all, 0755);
		*at = '/';
	}
	file = fopen(all, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static const struct {
	const char *file, *text, *id, *name; /* NULL: none */
} cases[] = {
	{"/var/lib/docker/containers/" ID("0") "/config.v2.json",
	 "{\"State\":{\"Running\":true},\"ID\":\"" ID(
		 "0") "\",\"Name\":\"/web\",\"Driver\":\"overlay2\"}",
	 ID("0"), "web"},
	{"/var/lib/docker/containers/" ID("1") "/config.v2.json",
	 "{\"Name\":\"/k8s_nginx_web-0_default_6a7f9e3c-1111-2222-3333-444455556666_0\"}", ID("1"),
	 "default/web-0/nginx"},
	{"/var/lib/docker/containers/" ID("2") "/config.v2.json", "{\"Name\":\"/to", ID("2"), NULL},
	{"/var/lib/docker/containers/" ID("3") "/config.v2.json", "{\"Name\":7}", ID("3"), NULL},
	{"/var/lib/containers/storage/overlay-containers/containers.json",
	 "[{\"id\":\"" ID("4") "\",\"names\":[\"db\"],\"layer\":\"x\"},"
			       "{\"id\":\"" ID(
				       "5") "\",\"names\":[\"k8s_app_pod_kube-system_uid_3\"]},"
					    "{\"id\":\"short\",\"names\":[\"no\"]},{\"id\":\"" ID(
						    "6") "\"},7]",
	 ID("4"), "db"},
	{NULL, NULL, ID("5"), "kube-system/pod/app"},
	{NULL, NULL, ID("6"), NULL},
	{"/run/containers/storage/overlay-containers/volatile-containers.json",
	 "[{\"id\":\"" ID("7") "\",\"names\":[\"run-once\"]}]", ID("7"), "run-once"},
	{"/var/log/containers/web-0_default_nginx-" ID("8") ".log", "", ID("8"),
	 "default/web-0/nginx"},
	{"/var/log/containers/half-" ID("9") ".log", "", ID("9"), NULL},
	{"/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID("a") "/config.json",
	 "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\","
	 "\"io.kubernetes.cri.sandbox-name\":\"web-1\","
	 "\"io.kubernetes.cri.sandbox-namespace\":\"prod\"}}",
	 ID("a"), "prod/web-1/app"},
	{"/run/containerd/io.containerd.runtime.v2.task/default/" ID("b") "/config.json",
	 "{\"annotations\":{\"nerdctl/name\":\"cache\"}}", ID("b"), "cache"},
	{"/run/containerd/io.containerd.runtime.v2.task/default/" ID("c") "/config.json",
	 "{\"hostname\":\"x\"}", ID("c"), NULL},
};

static void test_runtimes(void **state)
{
	struct fb_containerfiles files;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (cases[i].file)
			write_file(cases[i].file, cases[i].text);
	assert_int_equal(fb_containerfiles_open(&files, root), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *name = fb_containerfiles_name(&files, cases[i].id, 100 * S);

		assert_string_equal(name ? name : "none", cases[i].name ? cases[i].name : "none");
	}
	assert_null(fb_containerfiles_name(&files, "web", 100 * S));
	fb_containerfiles_close(&files);
}

/* One that comes later is found, ten seconds after the last look at most; what is gone stays. */
static void test_later(void **state)
{
	struct fb_containerfiles files;

	(void)state;
	assert_int_equal(fb_containerfiles_open(&files, root), 0);
	assert_null(fb_containerfiles_name(&files, ID("d"), 100 * S));
	write_file("/var/log/containers/late_default_app-" ID("d") ".log", "");
	assert_null(fb_containerfiles_name(&files, ID("d"), 109 * S));
	assert_string_equal(fb_containerfiles_name(&files, ID("d"), 110 * S), "default/late/app");
	fb_containerfiles_close(&files);
	assert_null(fb_containerfiles_name(&files, ID("d"), 200 * S));
}

static void test_too_many(void **state)
{
	const size_t size = (FB_CONTAINERFILES + 10) * 120;
	char *text = malloc(size);
	struct fb_containerfiles files;
	size_t len = 1;

	(void)state;
	assert_non_null(text);
	text[0] = '[';
	for (unsigned int i = 0; i < FB_CONTAINERFILES + 5; i++)
		len += (size_t)snprintf(text + len, size - len,
					"%s{\"id\":\"%064x\",\"names\":[\"n%u\"]}", i ? "," : "", i,
					i);
	snprintf(text + len, size - len, "]");
	write_file("/var/lib/containers/storage/vfs-containers/containers.json", text);
	free(text);
	assert_int_equal(fb_containerfiles_open(&files, root), 0);
	assert_int_equal(files.n, FB_CONTAINERFILES);
	assert_true(files.left_out >= 5);
	fb_containerfiles_close(&files);
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runtimes),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
