// link: http util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens, one-time links, sessions and the count of failures, with a clock of the test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/tokens.h"

static struct fb_tokens *tokens;

static int setup(void **state)
{
	(void)state;
	tokens = calloc(1, sizeof(*tokens));
	return tokens ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(tokens);
	return 0;
}

static enum fb_role role(const char *text)
{
	unsigned int owner;

	return fb_tokens_role(tokens, text, strlen(text), &owner);
}

static void reads_a_file(void **state)
{
	struct fb_why why;
	unsigned int owner = 99;

	(void)state;
	assert_int_equal(fb_tokens_parse(tokens,
					 "# who may what\n\noperator 0123456789abcdef\r\n"
					 "viewer  fedcba9876543210\nalone-is-operator",
					 &why),
			 0);
	assert_int_equal(role("0123456789abcdef"), FB_ROLE_OPERATOR);
	assert_int_equal(role("fedcba9876543210"), FB_ROLE_VIEWER);
	assert_int_equal(role("alone-is-operator"), FB_ROLE_ADMIN);
	assert_int_equal(role("0123456789abcde"), FB_ROLE_NONE);
	assert_int_equal(role("0123456789abcdeff"), FB_ROLE_NONE);
	assert_int_equal(role("0123456789abcdeF"), FB_ROLE_NONE);
	assert_int_equal(role(""), FB_ROLE_NONE);
	assert_int_equal(fb_tokens_role(tokens, "0123456789abcdef\0x", 18, &owner), FB_ROLE_NONE);
	assert_int_equal(owner, 99);
	fb_tokens_role(tokens, "fedcba9876543210", 16, &owner);
	assert_int_equal(owner, 1);
}

static void knows_whose_they_are(void **state)
{
	char ended[FB_SESSION_ID];
	unsigned int owner = 99;
	struct fb_why why;

	(void)state;
	assert_int_equal(
		fb_tokens_parse(tokens,
				"operator anna 0123456789abcdef\n"
				"viewer J.Doe-2 fedcba9876543210\noperator 00112233445566778899",
				&why),
		0);
	assert_int_equal(fb_tokens_role(tokens, "fedcba9876543210", 16, &owner), FB_ROLE_VIEWER);
	assert_string_equal(fb_tokens_name(tokens, owner), "J.Doe-2");
	fb_tokens_session_add(tokens, "0123456789abcdef0123456789abcdef", FB_ROLE_VIEWER, owner, 5,
			      ended);
	owner = 99;
	assert_int_equal(
		fb_tokens_session(tokens, "0123456789abcdef0123456789abcdef", 32, 6, &owner),
		FB_ROLE_VIEWER);
	assert_string_equal(fb_tokens_name(tokens, owner), "J.Doe-2");
	assert_int_equal(role("0123456789abcdef"), FB_ROLE_OPERATOR);
	assert_string_equal(fb_tokens_name(tokens, 0), "anna");
	assert_string_equal(fb_tokens_name(tokens, 2), "");
	assert_string_equal(fb_tokens_name(tokens, FB_TOKENS), "");
	assert_string_equal(fb_tokens_name(tokens, FB_TOKENS + 1), "");
	assert_int_equal(role("anna"), FB_ROLE_NONE);
}

static void has_three_roles(void **state)
{
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_tokens_parse(tokens,
					 "viewer vera 0123456789abcdef\noperator otto "
					 "1123456789abcdef\nadmin ada 2123456789abcdef\n"
					 "admin 3123456789abcdef\noperator 4123456789abcdef\n"
					 "5123456789abcdef",
					 &why),
			 0);
	assert_int_equal(role("0123456789abcdef"), FB_ROLE_VIEWER);
	assert_int_equal(role("1123456789abcdef"), FB_ROLE_OPERATOR);
	assert_int_equal(role("2123456789abcdef"), FB_ROLE_ADMIN);
	assert_int_equal(role("3123456789abcdef"), FB_ROLE_ADMIN);
	assert_int_equal(role("4123456789abcdef"), FB_ROLE_OPERATOR);
	/* who has no role may all */
	assert_int_equal(role("5123456789abcdef"), FB_ROLE_ADMIN);
	assert_int_equal(fb_role_of("root"), FB_ROLE_NONE);
	assert_int_equal(fb_role_of(""), FB_ROLE_NONE);
}

static void takes_hashes(void **state)
{
	/* of "0123456789abcdef" */
	static const char hash[] =
		"9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f";
	struct fb_why why;
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "operator anna sha256:%s\n", hash);
	assert_int_equal(fb_tokens_parse(tokens, line, &why), 0);
	assert_int_equal(role("0123456789abcdef"), FB_ROLE_OPERATOR);
	assert_int_equal(role("0123456789abcdee"), FB_ROLE_NONE);
	/* who reads the file has no login by what stands there */
	assert_int_equal(role(hash), FB_ROLE_NONE);
	snprintf(line, sizeof(line), "sha256:%s", hash);
	assert_int_equal(role(line), FB_ROLE_NONE);
	memset(tokens, 0, sizeof(*tokens));
	snprintf(line, sizeof(line), "operator anna sha256:%.63s\n", hash);
	assert_int_equal(fb_tokens_parse(tokens, line, &why), -EINVAL);
	snprintf(line, sizeof(line), "operator anna sha256:%sa\n", hash);
	assert_int_equal(fb_tokens_parse(tokens, line, &why), -EINVAL);
	snprintf(line, sizeof(line), "operator anna sha256:%.63sG\n", hash);
	assert_int_equal(fb_tokens_parse(tokens, line, &why), -EINVAL);
}

static void start_session(const char *id, unsigned int owner)
{
	char ended[FB_SESSION_ID];

	fb_tokens_session_add(tokens, id, FB_ROLE_VIEWER, owner, 5, ended);
}

static void ends_sessions_of_tokens_that_are_no_more(void **state)
{
	static char ended[FB_TOKENS * FB_SESSIONS][FB_SESSION_ID];
	struct fb_tokens *fresh = calloc(1, sizeof(*fresh));
	unsigned int owner = 99;
	struct fb_why why;

	(void)state;
	assert_non_null(fresh);
	assert_int_equal(
		fb_tokens_parse(tokens,
				"operator anna 0123456789abcdef\nviewer bea fedcba9876543210\n"
				"viewer carl 00112233445566778899\n",
				&why),
		0);
	start_session("a0000000000000000000000000000000", 0);
	start_session("b0000000000000000000000000000000", 1);
	start_session("c0000000000000000000000000000000", 2);
	start_session("d0000000000000000000000000000000", FB_TOKENS);
	/* anna goes, bea has another role, carl is another line */
	assert_int_equal(fb_tokens_parse(fresh,
					 "viewer carl 00112233445566778899\n"
					 "operator bea fedcba9876543210\n",
					 &why),
			 0);
	assert_int_equal(fb_tokens_replace(tokens, fresh, ended), 2);
	assert_string_equal(ended[0], "a0000000000000000000000000000000");
	assert_string_equal(ended[1], "b0000000000000000000000000000000");
	for (int i = 0; i < 2; i++)
		assert_int_equal(fb_tokens_session(tokens, ended[i], 32, 6, &owner), FB_ROLE_NONE);
	assert_int_equal(
		fb_tokens_session(tokens, "c0000000000000000000000000000000", 32, 6, &owner),
		FB_ROLE_VIEWER);
	assert_string_equal(fb_tokens_name(tokens, owner), "carl");
	assert_int_equal(
		fb_tokens_session(tokens, "d0000000000000000000000000000000", 32, 6, &owner),
		FB_ROLE_VIEWER);
	assert_int_equal(role("0123456789abcdef"), FB_ROLE_NONE);
	assert_int_equal(role("fedcba9876543210"), FB_ROLE_OPERATOR);
	free(fresh);
}

static void tells_no_token_of_a_bad_line(void **state)
{
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_tokens_parse(tokens, "operator an/na 0123456789abcdef", &why), -EINVAL);
	assert_null(strstr(why.text, "0123456789abcdef"));
	assert_true(strlen(why.text) < sizeof(why.text) - 1);
}

static void refuses_bad_files(void **state)
{
	static const char *const files[] = {
		"",
		"# nothing\n",
		"short",
		"root 0123456789abcdef",
		"viewer short",
		"operator 0123456789abcdef extra",
		"operator anna 0123456789abcdef extra",
		"operator an/na 0123456789abcdef",
		"operator -anna 0123456789abcdef",
		"operator ..anna 0123456789abcdef",
		"anna operator 0123456789abcdef",
		"viewer a1234567890123456789012345678901 0123456789abcdef",
		"operator an\x1bna 0123456789abcdef"};
	struct fb_why why;
	char many[20 * 32] = "", longest[600];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		memset(tokens, 0, sizeof(*tokens));
		assert_int_equal(fb_tokens_parse(tokens, files[i], &why), -EINVAL);
	}
	for (int i = 0; i <= FB_TOKENS; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "0123456789abcd%02d\n",
			 i);
	memset(tokens, 0, sizeof(*tokens));
	assert_int_equal(fb_tokens_parse(tokens, many, &why), -EINVAL);
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(fb_tokens_parse(tokens, longest, &why), -EINVAL);
	longest[FB_TOKEN_MOST + 1] = '\0';
	assert_int_equal(fb_tokens_parse(tokens, longest, &why), -EINVAL);
}

static enum fb_role spend(const char *text, uint64_t now)
{
	unsigned int owner;

	return fb_tokens_spend(tokens, text, now, &owner);
}

static void spends_a_link_once(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(spend("", 1), FB_ROLE_NONE);
	fb_tokens_one_time(tokens, "abcdefgh", FB_ROLE_OPERATOR, 1000);
	fb_tokens_one_time(tokens, "ijklmnop", FB_ROLE_VIEWER, 1000);
	assert_int_equal(spend("abcdefgx", 1001), FB_ROLE_NONE);
	assert_int_equal(spend("abcdefgh", 1002), FB_ROLE_OPERATOR);
	assert_int_equal(spend("abcdefgh", 1003), FB_ROLE_NONE);
	assert_int_equal(spend("ijklmnop", 999 + FB_ONE_TIME_MS), FB_ROLE_VIEWER);
	fb_tokens_one_time(tokens, "abcdefgh", FB_ROLE_OPERATOR, 1000);
	assert_int_equal(spend("abcdefgh", 1000 + FB_ONE_TIME_MS), FB_ROLE_NONE);
	/* many at once: the oldest of its role gives way, and none of the other role */
	fb_tokens_one_time(tokens, "operator", FB_ROLE_OPERATOR, 2000);
	for (int i = 0; i <= FB_LINKS; i++) {
		snprintf(text, sizeof(text), "view%u", (unsigned int)i & 255);
		fb_tokens_one_time(tokens, text, FB_ROLE_VIEWER, 3000 + (uint64_t)i);
	}
	assert_int_equal(spend("operator", 4000), FB_ROLE_OPERATOR);
	assert_int_equal(spend("view0", 4000), FB_ROLE_NONE);
	assert_int_equal(spend("view1", 4000), FB_ROLE_VIEWER);
}

static enum fb_role session(const char *id, uint64_t now)
{
	unsigned int owner;

	return fb_tokens_session(tokens, id, strlen(id), now, &owner);
}

/* What gave way for it, "" for nothing. */
static const char *begin(const char *id, unsigned int owner, uint64_t now)
{
	static char ended[FB_SESSION_ID];

	fb_tokens_session_add(tokens, id, owner ? FB_ROLE_OPERATOR : FB_ROLE_VIEWER, owner, now,
			      ended);
	return ended;
}

static void keeps_sessions(void **state)
{
	(void)state;
	assert_int_equal(session("", 1), FB_ROLE_NONE);
	assert_string_equal(begin("one", 0, 1000), "");
	assert_string_equal(begin("two", 1, 1000), "");
	assert_int_equal(session("one", 2000), FB_ROLE_VIEWER);
	assert_int_equal(session("two", 2000), FB_ROLE_OPERATOR);
	assert_int_equal(session("tw", 2000), FB_ROLE_NONE);
	fb_tokens_session_end(tokens, "two", 3);
	assert_int_equal(session("two", 2000), FB_ROLE_NONE);
	assert_int_equal(session("one", 2000 + FB_SESSION_MS), FB_ROLE_VIEWER);
	assert_int_equal(session("one", 2002 + 2 * FB_SESSION_MS), FB_ROLE_NONE);
}

static void logins_push_out_their_own_token_only(void **state)
{
	char id[FB_SESSION_ID];

	(void)state;
	begin("mine", 1, 1);
	for (int i = 0; i < FB_SESSIONS; i++) {
		snprintf(id, sizeof(id), "s%d", i);
		assert_string_equal(begin(id, 0, 1000 + (uint64_t)i), "");
	}
	assert_int_equal(session("s0", 2000), FB_ROLE_VIEWER);
	assert_string_equal(begin("last", 0, 3000), "s1");
	assert_int_equal(session("s0", 4000), FB_ROLE_VIEWER);
	assert_int_equal(session("s1", 4000), FB_ROLE_NONE);
	for (int i = 0; i < 10 * FB_SESSIONS; i++)
		assert_string_not_equal(begin("again", 0, 5000 + (uint64_t)i), "mine");
	assert_int_equal(session("mine", 9000), FB_ROLE_OPERATOR);
}

static void tells_of_each_that_expired(void **state)
{
	char ended[FB_SESSION_ID] = "";

	(void)state;
	begin("one", 0, 1000);
	begin("two", 1, 2000);
	assert_false(fb_tokens_expire(tokens, 1000 + FB_SESSION_MS, ended));
	assert_true(fb_tokens_expire(tokens, 1002 + FB_SESSION_MS, ended));
	assert_string_equal(ended, "one");
	assert_false(fb_tokens_expire(tokens, 1002 + FB_SESSION_MS, ended));
	assert_true(fb_tokens_expire(tokens, 2002 + FB_SESSION_MS, ended));
	assert_string_equal(ended, "two");
}

static void counts_failures_by_address(void **state)
{
	uint8_t addr[16] = {1}, other[16] = {2};

	(void)state;
	for (int i = 0; i < FB_FAILURES_MOST; i++)
		assert_true(fb_tokens_failed(tokens, addr, 1000));
	assert_false(fb_tokens_failed(tokens, addr, 1001));
	assert_true(fb_tokens_failed(tokens, other, 1001));
	assert_false(fb_tokens_failed(tokens, addr, 999 + FB_FAILURES_MS));
	assert_true(fb_tokens_failed(tokens, addr, 1000 + FB_FAILURES_MS));
	/* a crowd pushes the oldest out and nothing else */
	for (int i = 0; i < 10 * FB_FAILURES; i++) {
		uint8_t many[16] = {3, (uint8_t)i, (uint8_t)(i >> 8)};

		assert_true(fb_tokens_failed(tokens, many, 100000 + (uint64_t)i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(knows_whose_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(has_three_roles, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_hashes, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_sessions_of_tokens_that_are_no_more, setup,
						teardown),
		cmocka_unit_test_setup_teardown(tells_no_token_of_a_bad_line, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bad_files, setup, teardown),
		cmocka_unit_test_setup_teardown(spends_a_link_once, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_sessions, setup, teardown),
		cmocka_unit_test_setup_teardown(logins_push_out_their_own_token_only, setup,
						teardown),
		cmocka_unit_test_setup_teardown(tells_of_each_that_expired, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_failures_by_address, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
