/* SPDX-License-Identifier: BSD-2-Clause */
// link: store enrich flow proto util
/* What outlives a restart, and hosts and lease files: each form, changed, gone, torn, hostile. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/hostfiles.h"
#include "store/hoststate.h"
#include "util/addr.h"

#define S    1000000000ull
#define WALL 1795881600000ll /* ms, 2026-11-28 16:00:00 */

static char folder[] = "/tmp/flowbpf-state-XXXXXX";

static struct fb_hostnames *new_names(void)
{
	struct fb_hostnames *names;

	assert_int_equal(fb_hostnames_new(&names), 0);
	return names;
}

static void say(struct fb_hostnames *names, uint8_t source, const char *text, const char *name,
		uint32_t ttl)
{
	uint8_t addr[16], family;
	struct fb_addr_fact fact = {
		.time = 10 * S, .addr = addr, .source = source, .name = name, .ttl = ttl};

	assert_int_equal(fb_addr_parse(text, addr, &family), 0);
	fact.family = family;
	fact.len = strlen(name);
	if (source == FB_NAME_OPERATOR)
		assert_int_equal(fb_hostnames_give(names, FB_HOSTSTATE_OPERATOR, &fact), 0);
	else
		assert_int_equal(fb_hostnames_tell(names, &fact), 0);
}

/* "name source", or "-". */
static const char *find(const struct fb_hostnames *names, const char *text)
{
	static char found[300];
	uint8_t addr[16], family;
	struct fb_hostname name;

	assert_int_equal(fb_addr_parse(text, addr, &family), 0);
	if (!fb_hostnames_find(names, addr, family, &name))
		return "-";
	snprintf(found, sizeof(found), "%s %s", name.text, fb_name_source_name(name.source));
	return found;
}

static void write_file(const char *name, const char *text, size_t len)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

static bool exists(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

/* Load what is there at this moment. */
static int load(struct fb_hostnames *names, struct fb_hoststate *state, int64_t wall_ms, char *why)
{
	struct fb_why sentence = {""};
	int r;

	assert_int_equal(fb_hoststate_open(state, folder, &sentence), 0);
	r = fb_hoststate_load(state, names, 7 * S, wall_ms, &sentence);
	snprintf(why, sizeof(sentence.text), "%s", sentence.text);
	return r;
}

static void test_restart(void **state)
{
	struct fb_hostnames *names = new_names(), *again = new_names();
	struct fb_hoststate first, other, second;
	struct fb_why why = {""};
	char text[512];

	(void)state;
	assert_int_equal(load(names, &first, WALL, text), -ENOENT);
	assert_string_equal(text, "");
	assert_int_equal(fb_hoststate_open(&other, folder, &why), -EBUSY);
	assert_non_null(strstr(why.text, "--state"));
	say(names, FB_NAME_DHCP, "192.168.1.50", "accounting-pc", 3600);
	say(names, FB_NAME_DHCP, "192.168.1.51", "short", 60);
	say(names, FB_NAME_MDNS, "fe80::5", "tv of anna.local", 120);
	say(names, FB_NAME_OPERATOR, "192.168.1.50", "den", FB_ADDR_FOREVER);
	/* begun at once, finished by a later tick; then nothing is new */
	fb_hoststate_tick(&first, names, 10 * S, WALL, true);
	while (!atomic_load(&first.file.written))
		usleep(1000);
	fb_hoststate_tick(&first, names, 11 * S, WALL, true);
	assert_false(first.file.writing);
	assert_true(exists("names"));
	assert_int_equal(fb_hoststate_close(&first, names, 10 * S, WALL), 0);
	assert_false(exists("names.new"));
	/* ten minutes later, by another clock */
	assert_int_equal(load(again, &second, WALL + 600000, text), 3);
	assert_string_equal(text, "");
	assert_true(second.ours);
	assert_string_equal(find(again, "192.168.1.50"), "den operator");
	assert_string_equal(find(again, "192.168.1.51"), "-");
	assert_string_equal(find(again, "fe80::5"), "tv of anna.local mdns");
	for (int i = 0; i < 30; i++)
		fb_hostnames_tick(again, (7 + 2998) * S);
	uint8_t addr[16], family;
	assert_int_equal(fb_addr_parse("192.168.1.50", addr, &family), 0);
	assert_true(fb_hostnames_take(again, FB_HOSTSTATE_OPERATOR, addr, family));
	assert_string_equal(find(again, "192.168.1.50"), "accounting-pc dhcp");
	for (int i = 0; i < 30; i++)
		fb_hostnames_tick(again, (7 + 3001) * S);
	assert_string_equal(find(again, "192.168.1.50"), "-");
	fb_hoststate_close(&second, again, 10 * S, WALL);
	fb_hostnames_free(names);
	fb_hostnames_free(again);
}

/* What is not ours, of a later version, cut or lied about: told, kept aside, never fatal. */
static void test_torn(void **state)
{
#define HEAD "flowbpf names 1\n"
#define LINE "192.168.1.50 dhcp 1795881600000 1795885200000 pc\n"
	static const struct {
		const char *text;
		int r;
		bool named;
	} cases[] = {
		{"something else\n", -EPROTO, false},
		{"", -EPROTO, false},
		{"flowbpf names 2\n" LINE "end 1\n", -EPROTO, false},
		{HEAD LINE, -EBADMSG, true},
		{HEAD LINE "end 2\n", -EBADMSG, true},
		{HEAD LINE "192.168.1.51 dhc", -EBADMSG, true},
		{HEAD LINE "192.168.1.51 lease 1 9995885200000 x\nend 2\n", -EBADMSG, true},
		{HEAD LINE "no.address dhcp 1 9995885200000 x\nend 2\n", -EBADMSG, true},
		{HEAD LINE "end 1\nmore\n", -EBADMSG, true},
		{HEAD LINE "end 1\n", 1, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_hostnames *names = new_names();
		struct fb_hoststate file;
		char text[512];

		write_file("names", cases[i].text, strlen(cases[i].text));
		assert_int_equal(load(names, &file, WALL, text), cases[i].r);
		assert_int_equal(strlen(text) > 0, cases[i].r < 0);
		assert_string_equal(find(names, "192.168.1.50"), cases[i].named ? "pc dhcp" : "-");
		assert_int_equal(exists("names.old"), cases[i].r < 0);
		fb_hoststate_close(&file, names, 10 * S, WALL);
		assert_true(exists("names"));
		snprintf(text, sizeof(text), "%s/names.old", folder);
		unlink(text);
		fb_hostnames_free(names);
	}
}

static void test_not_ours(void **state)
{
	char path[200];
	struct fb_hoststate file;
	struct fb_why why;

	(void)state;
	snprintf(path, sizeof(path), "%s/other", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	write_file("other/important", "x", 1);
	assert_int_equal(fb_hoststate_open(&file, path, &why), 0);
	assert_false(file.ours);
	close(file.folder);
	snprintf(path, sizeof(path), "%s/not/there", folder);
	assert_int_equal(fb_hoststate_open(&file, path, &why), -ENOENT);
	snprintf(path, sizeof(path), "%s/other/important", folder);
	assert_int_equal(fb_hoststate_open(&file, path, &why), -ENOTDIR);
}

#define HOSTS                                                                                      \
	"# of the house\n"                                                                         \
	"127.0.0.1 localhost\n\n"                                                                  \
	"192.168.1.5\tNAS.lan. nas # the big one\n"                                                \
	"192.168.1.5 other\n"                                                                      \
	"fe80::5%eth0 printer\n"                                                                   \
	"0.0.0.0 ads.example\n"                                                                    \
	"192.168.1.6 10.0.0.1\n"                                                                   \
	"192.168.1.7 e\033[31mvil\n"                                                               \
	"192.168.1.8\n"
#define DNSMASQ                                                                                    \
	"1795885200 02:00:00:00:00:01 192.168.1.5 laptop 01:02:00:00:00:00:01\n"                   \
	"1795881500 02:00:00:00:00:02 192.168.1.6 over *\n"                                        \
	"0 02:00:00:00:00:03 192.168.1.7 always *\n"                                               \
	"1795885200 02:00:00:00:00:04 192.168.1.8 * *\n"                                           \
	"duid 00:01\n"                                                                             \
	"1795885200 1 2001:db8::5 laptop6 00:01\n"
#define DHCPD                                                                                      \
	"# The format of this file is documented in the dhcpd.leases(5) manual page.\n"            \
	"authoring-byte-order little-endian;\n"                                                    \
	"lease 192.168.1.5 {\n  starts 6 2026/11/28 15:00:00;\n  ends 6 2026/11/28 17:00:00;\n"    \
	"  binding state active;\n  next binding state free;\n  client-hostname \"old\";\n}\n"     \
	"lease 192.168.1.5 {\n  ends 6 2026/11/28 17:00:00;\n  binding state active;\n"            \
	"  client-hostname \"laptop\";\n}\n"                                                       \
	"lease 192.168.1.6 {\n  ends never;\n  binding state active;\n"                            \
	"  client-hostname \"gone\";\n}\n"                                                         \
	"lease 192.168.1.6 {\n  ends never;\n  binding state free;\n"                              \
	"  client-hostname \"gone\";\n}\n"                                                         \
	"lease 192.168.1.7 {\n  ends epoch 1795885200; # Sat\n  binding state active;\n"           \
	"  client-hostname \"always\";\n}\n"                                                       \
	"lease 192.168.1.8 {\n  ends 6 2026/11/28 15:59:00;\n  client-hostname \"over\";\n}\n"
#define KEA                                                                                        \
	"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,"     \
	"state,user_context,pool_id\n"                                                             \
	"192.168.1.5,02:00:00:00:00:01,,3600,1795885200,1,0,0,old.lan.,0,,0\n"                     \
	"192.168.1.5,02:00:00:00:00:01,,3600,1795885200,1,0,0,laptop.,0,,0\n"                      \
	"192.168.1.6,02:00:00:00:00:02,,3600,1795885200,1,0,0,declined,1,,0\n"                     \
	"192.168.1.7,02:00:00:00:00:03,,4294967295,0,1,0,0,always,0,,0\n"                          \
	"192.168.1.8,02:00:00:00:00:04,,3600,1795885200\n"
/* lines that end before a column that is wanted */
#define KEA_CUT "address,hostname,expire,address\n192.168.1.5,cut\n192.168.1.7,cut,1795885200"

static void test_forms(void **state)
{
	static const struct {
		const char *text, *five, *six, *seven;
	} cases[] = {
		{HOSTS, "nas.lan hosts", "-", "e\\x1b[31mvil hosts"},
		{DNSMASQ, "laptop lease", "-", "always lease"},
		{KEA_CUT, "-", "-", "-"},
		{DHCPD, "laptop lease", "-", "always lease"},
		{KEA, "laptop lease", "-", "always lease"},
		{"\n", "-", "-", "-"},
	};
	struct fb_hostnames *names = new_names();
	struct fb_hostfiles files;
	char path[200];
	const char *given[] = {path};

	(void)state;
	snprintf(path, sizeof(path), "%s/file", folder);
	fb_hostfiles_init(&files, names, given, 1);
	assert_int_equal(fb_hostfiles_check(&files, 0, S, WALL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		write_file("file", cases[i].text, strlen(cases[i].text));
		assert_int_equal(fb_hostfiles_check(&files, 0, S, WALL), 1);
		assert_int_equal(fb_hostfiles_check(&files, 0, S, WALL), 0);
		assert_string_equal(find(names, "192.168.1.5"), cases[i].five);
		assert_string_equal(find(names, "192.168.1.6"), cases[i].six);
		assert_string_equal(find(names, "192.168.1.7"), cases[i].seven);
		assert_string_equal(find(names, "192.168.1.8"), "-");
		assert_string_equal(
			find(names, "2001:db8::5"),
			cases[i].text[0] == '1' && cases[i].text[1] == '7' ? "laptop6 lease" : "-");
	}
	write_file("file", HOSTS, strlen(HOSTS));
	assert_int_equal(fb_hostfiles_check(&files, 0, S, WALL), 1);
	assert_string_equal(find(names, "fe80::5"), "printer hosts");
	unlink(path);
	assert_int_equal(fb_hostfiles_check(&files, 0, S, WALL), 0);
	assert_string_equal(find(names, "192.168.1.5"), "-");
	/* no file at all: said once */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(fb_hostfiles_check(&files, 0, S, WALL), -EINVAL);
	assert_int_equal(fb_hostfiles_check(&files, 0, S, WALL), 0);
	fb_hostfiles_fini(&files);
	fb_hostnames_free(names);
}

/* Any bytes: nothing but whole names of real addresses comes of them. */
static void test_hostile(void **state)
{
	static const char *const seeds[] = {HOSTS, DNSMASQ, DHCPD, KEA};
	struct fb_hostnames *names = new_names();
	struct fb_hostfiles files;
	char path[200], text[2048];
	const char *given[] = {path};
	struct fb_hostname name;
	uint32_t pos;

	(void)state;
	srand(11);
	snprintf(path, sizeof(path), "%s/hostile", folder);
	fb_hostfiles_init(&files, names, given, 1);
	for (unsigned int i = 0; i < 2000; i++) {
		const char *seed = seeds[i % 4];
		size_t len = strlen(seed);

		memcpy(text, seed, len);
		for (int k = rand() % 20; k-- > 0;)
			text[(size_t)rand() % len] = (char)(rand() % 4 ? rand() : '\0');
		len -= (size_t)rand() % len;
		write_file("hostile", text, len);
		files.file[0].ino = 0;
		fb_hostfiles_check(&files, 0, S, WALL);
		for (pos = 0; fb_hostnames_next(names, &pos, &name);)
			for (const char *c = name.text; *c; c++)
				assert_true(*c >= ' ' && *c <= '~');
	}
	fb_hostfiles_fini(&files);
	fb_hostnames_free(names);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart),	 cmocka_unit_test(test_torn),
		cmocka_unit_test(test_not_ours), cmocka_unit_test(test_forms),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
