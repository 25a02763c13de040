// link: cli util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Option tables: every type, every way to be wrong, and the config file over the same table. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/opts.h"

struct all {
	bool quiet;
	const char *text, *file, *pin, *hook;
	uint32_t number, seconds;
	struct fb_opt_list listen, hosts, interfaces;
	struct fb_opt_cidrs internal;
};

#define AT(member) offsetof(struct all, member)

static const struct fb_opt table[] = {
	{.name = "quiet", .letter = 'q', .type = FB_OPT_FLAG, .offset = AT(quiet)},
	{.name = "text", .letter = 't', .arg = "TEXT", .type = FB_OPT_TEXT, .offset = AT(text)},
	{.name = "config",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(file),
	 .where = FB_OPT_ARGS_ONLY},
	{.name = "pin", .arg = "DIR", .type = FB_OPT_FILE, .offset = AT(pin)},
	{.name = "hook",
	 .arg = "HOOK",
	 .type = FB_OPT_CHOICE,
	 .offset = AT(hook),
	 .choices = (const char *const[]){"auto", "tcx", "clsact", NULL}},
	{.name = "number",
	 .letter = 'n',
	 .arg = "N",
	 .type = FB_OPT_U32,
	 .offset = AT(number),
	 .least = 10,
	 .most = 4000000000},
	{.name = "seconds",
	 .arg = "TIME",
	 .type = FB_OPT_SECONDS,
	 .offset = AT(seconds),
	 .least = 1,
	 .most = 86400},
	{.name = "listen", .arg = "ADDR:PORT", .type = FB_OPT_LISTEN, .offset = AT(listen)},
	{.name = "host", .arg = "NAME", .type = FB_OPT_LIST, .offset = AT(hosts)},
	{.name = "interface",
	 .arg = "IFACE",
	 .type = FB_OPT_LIST,
	 .offset = AT(interfaces),
	 .where = FB_OPT_CONFIG_ONLY},
	{.name = "internal", .arg = "CIDR", .type = FB_OPT_CIDR, .offset = AT(internal)},
	{0},
};

static struct fb_why why;
static unsigned int n_args;
static char *words[80];

static int parse(struct all *to, ...)
{
	va_list args;
	int n = 0;

	va_start(args, to);
	while ((words[n] = va_arg(args, char *)))
		n++;
	va_end(args);
	why.text[0] = '\0';
	return fb_opts_parse(table, to, n, words, &n_args, &why);
}

static void refused(const char *sentence, int r)
{
	assert_int_equal(r, -EINVAL);
	assert_string_equal(why.text, sentence);
}

static void test_types(void **state)
{
	struct all to = {.listen = {{"127.0.0.1:8080"}, 1, false}};

	(void)state;
	assert_int_equal(parse(&to, "eth0", "-q", "--text", "-x", "--number=10", "eth1",
			       "--seconds", "2h", "--pin", "/default", "--hook=clsact", "--listen",
			       "[::1]:80", "--listen=none", "--internal", "10.0.0.0/8", "--",
			       "--quiet", NULL),
			 0);
	assert_int_equal(n_args, 3);
	assert_string_equal(words[0], "eth0");
	assert_string_equal(words[1], "eth1");
	assert_string_equal(words[2], "--quiet");
	assert_true(to.quiet);
	assert_string_equal(to.text, "-x");
	assert_int_equal(to.number, 10);
	assert_int_equal(to.seconds, 7200);
	assert_string_equal(to.pin, "/default");
	assert_string_equal(to.hook, "clsact");
	assert_int_equal(to.listen.n, 2); /* in place of the default */
	assert_string_equal(to.listen.items[0], "[::1]:80");
	assert_int_equal(to.internal.n, 1);
	assert_int_equal(to.internal.items[0].bits, 104);
}

static void test_letters(void **state)
{
	struct all to = {0};

	(void)state;
	assert_int_equal(parse(&to, "-qn12", "-t", "a", "-", NULL), 0);
	assert_true(to.quiet);
	assert_int_equal(to.number, 12);
	assert_string_equal(to.text, "a");
	assert_int_equal(n_args, 1); /* a lone dash is an argument */
	assert_int_equal(parse(&to, "-qh", NULL), 1);
	assert_int_equal(parse(&to, "a", "--help", NULL), 1);
	refused("unknown option -z", parse(&to, "-qz", NULL));
	refused("-n needs a value: N", parse(&to, "-n", NULL));
}

static void test_refused(void **state)
{
	struct all to = {0};

	(void)state;
	refused("unknown option --nubmer, did you mean --number?", parse(&to, "--nubmer=3", NULL));
	refused("unknown option --hos, did you mean --host?", parse(&to, "--hos=x", NULL));
	refused("unknown option --xyzzy", parse(&to, "--xyzzy", NULL));
	refused("unknown option --interface, did you mean --internal?",
		parse(&to, "--interface", "eth0", NULL));
	refused("--quiet takes no value", parse(&to, "--quiet=yes", NULL));
	refused("--text needs a value: TEXT", parse(&to, "--text", NULL));
	refused("--text needs a value: TEXT", parse(&to, "--text=", NULL));
	refused("--number takes a number from 10 to 4000000000, not \"9\"",
		parse(&to, "--number", "9", NULL));
	refused("--number takes a number from 10 to 4000000000, not \"1e9\"",
		parse(&to, "--number", "1e9", NULL));
	refused("--number takes a number from 10 to 4000000000, not \"-1\"",
		parse(&to, "--number", "-1", NULL));
	refused("--number takes a number from 10 to 4000000000, not \"99999999999999999999\"",
		parse(&to, "--number", "99999999999999999999", NULL));
	refused("--seconds takes a duration such as 90s or 2h, from 1.0s to 1d 0h, not \"2 h\"",
		parse(&to, "--seconds", "2 h", NULL));
	refused("--hook takes auto, tcx or clsact, not \"xdp\"", parse(&to, "--hook", "xdp", NULL));
	refused("--internal takes an address block such as 10.0.0.0/8 or fd00::/8, not "
		"\"10.0.0.0/33\"",
		parse(&to, "--internal", "10.0.0.0/33", NULL));
	refused("--internal takes an address block such as 10.0.0.0/8 or fd00::/8, not \"?[2J\"",
		parse(&to, "--internal", "\033[2J", NULL));
	for (const char **bad = (const char *[]){"8080", "localhost:8080", "1.2.3.4", "1.2.3.4:0",
						 "1.2.3.4:65536", "::1:80", "[::1]", "[::1:80",
						 "1.2.3.4:80x", NULL};
	     *bad; bad++)
		assert_int_equal(parse(&to, "--listen", *bad, NULL), -EINVAL);
	assert_int_equal(to.listen.n, 0);
}

static void test_lists_are_bounded(void **state)
{
	struct all to = {0};

	(void)state;
	for (int i = 0; i < 66; i += 2) {
		words[i] = (char *)"--host";
		words[i + 1] = (char *)"a";
	}
	refused("--host can be given 32 times at most",
		fb_opts_parse(table, &to, 66, words, &n_args, &why));
	assert_int_equal(fb_opts_parse(table, &to, 64, words, &n_args, &why), 0);
}

static int config(struct all *to, const char *text)
{
	static char copy[512];

	assert_true(strlen(text) < sizeof(copy));
	memcpy(copy, text, strlen(text) + 1);
	why.text[0] = '\0';
	return fb_opts_config(table, to, copy, &why);
}

static void test_config(void **state)
{
	struct all to = {0};

	(void)state;
	assert_int_equal(config(&to, "# all of it\r\n\n  interface = eth0\ninterface=eth1\nquiet\n"
				     "number =  77 \t\nhost = a\nhost = b"),
			 0);
	assert_int_equal(to.interfaces.n, 2);
	assert_string_equal(to.interfaces.items[1], "eth1");
	assert_true(to.quiet);
	assert_int_equal(to.number, 77);
	assert_int_equal(parse(&to, "--host", "c", NULL), 0);
	assert_int_equal(to.hosts.n, 1); /* the command line replaces the file's list */
	assert_int_equal(to.interfaces.n, 2);
	assert_int_equal(config(&to, ""), 0);

	refused("line 2: nummer is no setting, did you mean number?",
		config(&to, "\nnummer = 1\n"));
	refused("line 1: config is no setting", config(&to, "config = /etc/x"));
	refused("line 1: number takes a number from 10 to 4000000000, not \"5\"",
		config(&to, "number = 5"));
	refused("line 2: number is set twice", config(&to, "number = 55\nnumber = 66"));
	refused("line 1: number needs a value: number = N", config(&to, "number"));
	refused("line 1: quiet takes yes or no", config(&to, "quiet = maybe"));
	refused("line 1: {\"number\": 5} is no setting", config(&to, "{\"number\": 5}"));
}

static void test_nearest(void **state)
{
	static const char *const verbs[] = {"attach", "status", "flows", "detach", "doctor", NULL};

	(void)state;
	assert_string_equal(fb_opts_nearest("atach", verbs), "attach");
	assert_string_equal(fb_opts_nearest("flow", verbs), "flows");
	assert_string_equal(fb_opts_nearest("stauts", verbs), "status");
	assert_string_equal(fb_opts_nearest("doc", verbs), "doctor");
	assert_null(fb_opts_nearest("xyz", verbs));
	assert_null(fb_opts_nearest("", verbs));
	assert_null(fb_opts_nearest("0123456789012345678901234567890123456789012345678901234567890",
				    verbs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),	cmocka_unit_test(test_letters),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_lists_are_bounded),
		cmocka_unit_test(test_config),	cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
