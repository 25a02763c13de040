// link: http util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Passwords: their hashes, the lines that hold these, who guesses, and the thread that tries. */
#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/passwords.h"
#include "http/tokens.h"

/* As crypt(3) makes them of "correct horse". */
static const char *const known[] = {
	"$y$j9T$LsdBUA0FlRKutFzeitACs1$uf1WvCLegknJKYYTyvs5h1ntecqNqPuc2jdCqviUGFD",
	"$gy$j9T$YBNB1Jpvew8JD.2lBAxnm/$vnWGCMwd9rMOutczNZCJicZc6Excn4fODqJD4ITfV69",
	("$6$oShPkkdjEvKRXsQJ$9DkY7Xkg4eOeGHEhQuYhZhHEaNrba0BKR3flCXE9/OJs/M7l54whkbcdpnkhXOrj."
	 "P1iVC3M4HW0m/5YrvQYk0"),
	"$5$mnnxPGgTgGk.TMVh$SEbvtCYzkrD1AcCWK8DTvcFSuwmhSZ53Hoe6MAHWr0/",
	"$2b$05$DiDncnHTNR5.65HMCntVmuS3b44l.0KYuBmDFdebtFtijcVbAgxnO",
};
#define N_KNOWN (sizeof(known) / sizeof(*known))

static void verifies_what_crypt_makes(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KNOWN; i++) {
		assert_true(fb_passhash_is_one(known[i]));
		assert_true(fb_passhash_is_of(known[i], "correct horse"));
		assert_false(fb_passhash_is_of(known[i], "correct horsf"));
		assert_false(fb_passhash_is_of(known[i], ""));
	}
}

static void makes_yescrypt(void **state)
{
	char hash[FB_PASSHASH_MAX + 1], other[FB_PASSHASH_MAX + 1];

	(void)state;
	assert_int_equal(fb_passhash_make("pass phrase", hash), 0);
	assert_int_equal(fb_passhash_make("pass phrase", other), 0);
	assert_string_not_equal(hash, other); /* by its salt */
	assert_true(!strncmp(hash, "$y$", 3) && fb_passhash_is_one(hash));
	assert_true(fb_passhash_is_of(hash, "pass phrase"));
	assert_false(fb_passhash_is_of(hash, "pass phrasf"));
	assert_false(fb_passhash_is_of(hash, hash));
}

static void is_strict_about_hashes(void **state)
{
	static const char *const bad[] = {
		"$1$pzuttSMt$sq7OqQPFLpM3FPgngtqIA.", /* MD5 is guessed by the billion */
		"$y$j9T$LsdBUA0FlRKutFzeitACs1$uf1WvCLegknJKYYTyvs5h1ntecqNqPuc2jdCqviUGF",
		"$y$j9T$LsdBUA0FlRKutFzeitACs1$uf1WvCLegknJKYYTyvs5h1ntecqNqPuc2jdCqviUGFDD",
		"$y$",
		"$z$abc$def",
		"$y$j9T$LsdBUA0FlRKutFzeitACs1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(fb_passhash_is_marked(bad[i]));
		assert_false(fb_passhash_is_one(bad[i]));
	}
	assert_false(fb_passhash_is_marked("$$0123456789abcdef"));
	assert_false(fb_passhash_is_marked("$long$0123456789abcdef"));
	assert_false(fb_passhash_is_marked("0123456789$y$abcdef"));
	assert_false(fb_passhash_is_of("$y$nonsense", "x"));
	assert_false(fb_passhash_is_of("", ""));
	assert_false(fb_passhash_is_of("*0", "x"));
}

/* The last one that is taken of each kind, and the first that would keep the thread, or the memory,
 * for too long. */
static void is_bearable(void **state)
{
#define REST_43 "0123456789012345678901234567890123456789012"
#define REST_86 REST_43 REST_43
#define REST_53 "01234567890123456789012345678901234567890123456789012"
	static const char *const pairs[][2] = {
		{"$y$jDT$salt$" REST_43, "$y$jET$salt$" REST_43},
		{"$y$jD5$salt$" REST_43, "$y$jDU$salt$" REST_43},
		{"$gy$jDT$salt$" REST_43, "$gy$jzT$salt$" REST_43},
		{"$y$j9T$salt$" REST_43, "$y$j9T/..$salt$" REST_43},
		{"$7$EU..../....salt$" REST_43, "$7$FU..../....salt$" REST_43},
		{"$7$CU..../....salt$" REST_43, "$7$CU..../zzzzsalt$" REST_43},
		{"$6$rounds=3000000$salt$" REST_86, "$6$rounds=3000001$salt$" REST_86},
		{"$5$rounds=1000$salt$" REST_43, "$5$rounds=999999999$salt$" REST_43},
		{"$6$salt$" REST_86, "$6$rounds=-1$salt$" REST_86},
		{"$2b$15$" REST_53, "$2b$16$" REST_53},
		{"$2a$09$" REST_53, "$2y$31$" REST_53},
		{"$y$j9T$salt$" REST_43, "$y$j$" REST_43},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_true(fb_passhash_is_one(pairs[i][0]));
		assert_false(fb_passhash_is_one(pairs[i][1]));
	}
}

/* --- in the token file ------------------------------------------------------------------------ */

static struct fb_tokens *read_lines(const char *text)
{
	struct fb_tokens *tokens = calloc(1, sizeof(*tokens));
	struct fb_why why;

	assert_non_null(tokens);
	assert_int_equal(fb_tokens_parse(tokens, text, &why), 0);
	return tokens;
}

static const char *line(char *buf, size_t size, const char *who, const char *hash)
{
	snprintf(buf, size, "%s %s\n", who, hash);
	return buf;
}

static void knows_names(void **state)
{
	char text[512], hash[FB_PASSHASH_MAX + 1], again[FB_PASSHASH_MAX + 1];
	struct fb_tokens *tokens;
	unsigned int owner = 99;

	(void)state;
	snprintf(text, sizeof(text),
		 "viewer anna 0123456789abcdef\noperator anna %s\nadmin bert %s", known[0],
		 known[4]);
	tokens = read_lines(text);
	assert_true(fb_tokens_have_passwords(tokens));
	assert_true(fb_tokens_password(tokens, "anna", hash));
	assert_string_equal(hash, known[0]);
	assert_int_equal(fb_tokens_named(tokens, "anna", known[0], &owner), FB_ROLE_OPERATOR);
	assert_string_equal(fb_tokens_name(tokens, owner), "anna");
	owner = 99;
	assert_int_equal(fb_tokens_named(tokens, "anna", known[4], &owner), FB_ROLE_NONE);
	assert_int_equal(fb_tokens_named(tokens, "carl", known[0], &owner), FB_ROLE_NONE);
	assert_int_equal(owner, 99);
	/* who is not there is held against one of theirs, always the same */
	assert_false(fb_tokens_password(tokens, "nobody", hash));
	assert_true(!strcmp(hash, known[0]) || !strcmp(hash, known[4]));
	assert_false(fb_tokens_password(tokens, "nobody", again));
	assert_string_equal(hash, again);
	assert_false(fb_tokens_password(tokens, "", hash));
	free(tokens);
}

static void has_one_for_nobody(void **state)
{
	struct fb_tokens *tokens = read_lines("viewer anna 0123456789abcdef\n");
	char hash[FB_PASSHASH_MAX + 1];

	(void)state;
	assert_false(fb_tokens_have_passwords(tokens));
	assert_false(fb_tokens_password(tokens, "anna", hash));
	assert_true(fb_passhash_is_one(hash));
	free(tokens);
}

static void is_no_token(void **state)
{
	char text[256];
	struct fb_tokens *tokens = read_lines(line(text, sizeof(text), "admin anna", known[0]));
	unsigned int owner;

	(void)state;
	assert_int_equal(fb_tokens_role(tokens, known[0], strlen(known[0]), &owner), FB_ROLE_NONE);
	assert_int_equal(fb_tokens_role(tokens, "correct horse", 13, &owner), FB_ROLE_NONE);
	free(tokens);
}

static void refuses_lines(void **state)
{
	struct fb_tokens *tokens = calloc(1, sizeof(*tokens));
	char text[512];
	struct fb_why why;

	(void)state;
	/* without a name, twice, cut, of a kind that is guessed too soon */
	const char *const bad[] = {
		line(text, sizeof(text), "admin", known[0]),
		known[0],
		"admin anna $y$j9T$LsdBUA0FlRKutFzeitACs1$uf1WvCLegknJKYYTyvs5h1ntecqNqPuc2jdCqv",
		"admin anna $1$pzuttSMt$sq7OqQPFLpM3FPgngtqIA.",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		memset(tokens, 0, sizeof(*tokens));
		assert_int_equal(fb_tokens_parse(tokens, bad[i], &why), -EINVAL);
		assert_null(strstr(why.text, "$"));
	}
	memset(tokens, 0, sizeof(*tokens));
	snprintf(text, sizeof(text), "viewer anna %s\nadmin anna %s\n", known[0], known[4]);
	assert_int_equal(fb_tokens_parse(tokens, text, &why), -EINVAL);
	assert_non_null(strstr(why.text, "line 2"));
	free(tokens);
}

/* Another password ends the sessions that the one before began. */
static void ends_with_its_password(void **state)
{
	static char ended[FB_TOKENS * FB_SESSIONS][FB_SESSION_ID];
	static const char id[] = "0123456789abcdef0123456789abcdef";
	char text[256], gave_way[FB_SESSION_ID];
	struct fb_tokens *tokens = read_lines(line(text, sizeof(text), "admin anna", known[0]));
	struct fb_tokens *same = read_lines(text);
	struct fb_tokens *other = read_lines(line(text, sizeof(text), "admin anna", known[4]));

	(void)state;
	fb_tokens_session_add(tokens, id, FB_ROLE_ADMIN, 0, 5, gave_way);
	assert_true(fb_tokens_are_same(tokens, same));
	assert_int_equal(fb_tokens_replace(tokens, same, ended), 0);
	assert_int_equal(fb_tokens_replace(tokens, other, ended), 1);
	assert_string_equal(ended[0], id);
	free(tokens);
	free(same);
	free(other);
}

static void counts_guesses(void **state)
{
	struct fb_tokens *tokens = calloc(1, sizeof(*tokens));
	const uint8_t four[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1};
	const uint8_t next[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 2};
	const uint8_t six[16] = {0x20, 1, [15] = 1}, beside[16] = {0x20, 1, [8] = 7, [15] = 9};
	const uint8_t far[16] = {0x20, 1, [7] = 1, [15] = 1};

	(void)state;
	for (int i = 0; i < FB_FAILURES_MOST; i++) {
		assert_true(fb_tokens_may_guess(tokens, four, 1000));
		assert_true(fb_tokens_guessed(tokens, four, 1000));
		assert_true(fb_tokens_guessed(tokens, six, 1000));
	}
	assert_false(fb_tokens_may_guess(tokens, four, 1001));
	assert_false(fb_tokens_guessed(tokens, four, 1001));
	assert_true(fb_tokens_may_guess(tokens, next, 1001));
	/* one host has all of a /64 */
	assert_false(fb_tokens_may_guess(tokens, beside, 1001));
	assert_true(fb_tokens_may_guess(tokens, far, 1001));
	/* of tokens it is another count: who guesses passwords keeps no program out */
	assert_true(fb_tokens_failed(tokens, four, 1001));
	assert_true(fb_tokens_may_guess(tokens, four, 1000 + FB_FAILURES_MS));
	free(tokens);
}

/* --- the thread ------------------------------------------------------------------------------- */

static sem_t done;

static void note_done(void *ctx)
{
	(void)ctx;
	sem_post(&done);
}

static void fill(struct fb_password_job *job, const char *password, uint64_t source)
{
	memset(job, 0, sizeof(*job));
	snprintf(job->password, sizeof(job->password), "%s", password);
	snprintf(job->hash, sizeof(job->hash), "%s", known[4]);
	job->source = source;
	job->done = note_done;
}

static void tries_one_after_the_other(void **state)
{
	static struct fb_password_job jobs[FB_PASSWORDS_QUEUE + 1];
	struct fb_passwords *passwords = NULL;

	(void)state;
	sem_init(&done, 0, 0);
	assert_int_equal(fb_passwords_new(&passwords), 0);
	for (int i = 0; i < FB_PASSWORDS_QUEUE; i++) {
		fill(&jobs[i], i % 2 ? "correct horse" : "another", (uint64_t)i / 4);
		assert_int_equal(fb_passwords_ask(passwords, &jobs[i]), 0);
	}
	fill(&jobs[FB_PASSWORDS_QUEUE], "correct horse", 99);
	assert_int_equal(fb_passwords_ask(passwords, &jobs[FB_PASSWORDS_QUEUE]), -EBUSY);
	assert_int_equal(fb_passwords_start(passwords), 0);
	for (int i = 0; i < FB_PASSWORDS_QUEUE; i++)
		sem_wait(&done);
	for (int i = 0; i < FB_PASSWORDS_QUEUE; i++) {
		assert_int_equal(jobs[i].r, i % 2);
		assert_string_equal(jobs[i].password, "");
	}
	assert_int_equal(fb_passwords_ask(passwords, &jobs[FB_PASSWORDS_QUEUE]), 0);
	sem_wait(&done);
	assert_int_equal(jobs[FB_PASSWORDS_QUEUE].r, 1);
	fb_passwords_free(passwords);
	sem_destroy(&done);
}

static void has_a_share_for_each(void **state)
{
	static struct fb_password_job jobs[FB_PASSWORDS_SHARE + 2];
	struct fb_passwords *passwords = NULL;

	(void)state;
	sem_init(&done, 0, 0);
	assert_int_equal(fb_passwords_new(&passwords), 0);
	for (int i = 0; i < FB_PASSWORDS_SHARE + 2; i++)
		fill(&jobs[i], "correct horse", i > FB_PASSWORDS_SHARE);
	for (int i = 0; i < FB_PASSWORDS_SHARE; i++)
		assert_int_equal(fb_passwords_ask(passwords, &jobs[i]), 0);
	assert_int_equal(fb_passwords_ask(passwords, &jobs[FB_PASSWORDS_SHARE]), -EBUSY);
	assert_int_equal(fb_passwords_ask(passwords, &jobs[FB_PASSWORDS_SHARE + 1]), 0);
	/* at the end all are answered; it came before the thread did, so that none was tried */
	fb_passwords_stop(passwords);
	assert_int_equal(fb_passwords_start(passwords), 0);
	for (int i = 0; i < FB_PASSWORDS_SHARE + 1; i++)
		sem_wait(&done);
	for (int i = 0; i < FB_PASSWORDS_SHARE + 2; i++) {
		assert_int_equal(jobs[i].r, i == FB_PASSWORDS_SHARE ? 0 : -ECANCELED);
		assert_int_equal(*jobs[i].password != 0, i == FB_PASSWORDS_SHARE);
	}
	assert_int_equal(fb_passwords_ask(passwords, &jobs[FB_PASSWORDS_SHARE]), -EBUSY);
	fb_passwords_free(passwords);
	sem_destroy(&done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_what_crypt_makes),
		cmocka_unit_test(makes_yescrypt),
		cmocka_unit_test(is_strict_about_hashes),
		cmocka_unit_test(is_bearable),
		cmocka_unit_test(knows_names),
		cmocka_unit_test(has_one_for_nobody),
		cmocka_unit_test(is_no_token),
		cmocka_unit_test(refuses_lines),
		cmocka_unit_test(ends_with_its_password),
		cmocka_unit_test(counts_guesses),
		cmocka_unit_test(tries_one_after_the_other),
		cmocka_unit_test(has_a_share_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
