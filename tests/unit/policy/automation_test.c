/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy filter format flow util
/* What may be done without a person who asked: how much, of what evidence, and which rule it makes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/automationlog.h"
#include "util/addr.h"

#define NOW 1764432000000ll

/* --- how much --------------------------------------------------------------------------------- */

static void knows_what_is_narrow(void **state)
{
	static const struct {
		const char *net;
		bool narrow;
	} cases[] = {
		{"192.0.2.1", true},	 {"192.0.2.0/24", true},   {"192.0.2.0/23", false},
		{"2001:db8::/48", true}, {"2001:db8::/47", false}, {"2001:db8::1", true},
		{"10.0.0.0/8", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_cidr net;

		assert_int_equal(fb_cidr_parse(cases[i].net, &net), 0);
		if (fb_automation_is_narrow(&net) != cases[i].narrow)
			fail_msg("%s", cases[i].net);
	}
}

static void has_a_budget(void **state)
{
	const struct fb_automation_beside none = {.all = 0},
					  most = {.all = FB_AUTOMATION_ALL - 1,
						  .open = FB_AUTOMATION_OPEN - 1},
					  full = {.all = FB_AUTOMATION_ALL},
					  open = {.open = FB_AUTOMATION_OPEN};
	struct fb_automation automation = {.next = 0};

	(void)state;
	for (int i = 0; i < FB_AUTOMATION_MINUTE; i++) {
		assert_int_equal(fb_automation_used(&automation, NOW + i), i);
		assert_true(fb_automation_may(&automation, &none, false, NOW + i));
		fb_automation_note(&automation, NOW + i);
	}
	assert_false(fb_automation_may(&automation, &none, false, NOW + FB_AUTOMATION_MINUTE));
	assert_false(fb_automation_may(&automation, &none, false, NOW + 59999));
	assert_true(fb_automation_may(&automation, &none, false, NOW + 60000));
	fb_automation_note(&automation, NOW + 60000);
	/* the second is of +1 */
	assert_false(fb_automation_may(&automation, &none, false, NOW + 60000));
	assert_true(fb_automation_may(&automation, &none, false, NOW + 60001));
	assert_int_equal(fb_automation_used(&automation, NOW + 60001), FB_AUTOMATION_MINUTE - 1);
	assert_true(fb_automation_may(&automation, &most, true, NOW + 60001));
	assert_false(fb_automation_may(&automation, &full, false, NOW + 60001));
	assert_true(fb_automation_may(&automation, &open, false, NOW + 60001));
	assert_false(fb_automation_may(&automation, &open, true, NOW + 60001));
}

static void four_kinds_may(void **state)
{
	static const enum fb_may_act may[FB_KIND_COUNT] = {
		[FB_KIND_SCAN] = FB_MAY_LIMIT,
		[FB_KIND_FLOOD] = FB_MAY_LIMIT,
		[FB_KIND_BRUTE] = FB_MAY_BLOCK,
		[FB_KIND_LIST] = FB_MAY_BLOCK,
	};

	(void)state;
	for (unsigned int kind = 0; kind <= FB_KIND_COUNT; kind++)
		assert_int_equal(fb_may_act_of(kind),
				 kind < FB_KIND_COUNT ? may[kind] : FB_MAY_NOT);
}

/* --- which rule ------------------------------------------------------------------------------- */

static struct fb_incident_addr addr(const char *text)
{
	struct fb_incident_addr one = {.family = 0};

	assert_int_equal(fb_addr_parse(text, one.addr, &one.family), 0);
	return one;
}

static struct fb_automation_call call_of(enum fb_judge_kind kind, enum fb_scope scope, bool proven)
{
	const bool out = scope == FB_SCOPE_INTERNAL_EXTERNAL, flood = kind == FB_KIND_FLOOD && !out;

	return (struct fb_automation_call){
		.time_ms = NOW,
		.incident = 7,
		.kind = (uint8_t)kind,
		.scope = (uint8_t)scope,
		.proven = proven,
		.one_peer = true,
		.port = 22,
		.host = addr(out || flood ? "10.0.0.5" : "192.0.2.1"),
		.peer = addr(out || flood ? "192.0.2.1" : "10.0.0.5"),
		.sentence = "9 logins",
	};
}

#define OUT FB_SCOPE_INTERNAL_EXTERNAL
#define IN  FB_SCOPE_EXTERNAL_INTERNAL

static void makes_narrow_rules(void **state)
{
	static const struct {
		enum fb_judge_kind kind;
		enum fb_scope scope;
		bool proven;
		enum fb_rule_verb verb;
		const char *what, *accused;
		bool confirm;
	} cases[] = {
		{FB_KIND_BRUTE, IN, true, FB_RULE_BLOCK, "192.0.2.1", "192.0.2.1", false},
		{FB_KIND_BRUTE, IN, false, FB_RULE_LIMIT,
		 "src.ip = 192.0.2.1 and dst.ip = 10.0.0.5 and dst.port = 22", "192.0.2.1", false},
		{FB_KIND_BRUTE, OUT, true, FB_RULE_BLOCK, "10.0.0.5", "10.0.0.5", true},
		{FB_KIND_LIST, IN, true, FB_RULE_BLOCK, "192.0.2.1", "192.0.2.1", false},
		{FB_KIND_LIST, OUT, true, FB_RULE_BLOCK, "src.ip = 10.0.0.5 and dst.ip = 192.0.2.1",
		 "192.0.2.1", true},
		/* a scan and a flood may be forged, whatever else there is of their source */
		{FB_KIND_SCAN, IN, true, FB_RULE_LIMIT,
		 "src.ip = 192.0.2.1 and dst.ip = 10.0.0.5 and dst.port = 22", "192.0.2.1", false},
		{FB_KIND_FLOOD, IN, true, FB_RULE_LIMIT,
		 "dst.ip = 10.0.0.5 and dst.port = 22 and scope != internal and packets.down = 0",
		 NULL, true},
		{FB_KIND_FLOOD, OUT, false, FB_RULE_LIMIT,
		 "src.ip = 10.0.0.5 and dst.ip = 192.0.2.1 and dst.port = 22", "10.0.0.5", true},
	};
	char what[FB_RULE_WHAT + 1], text[FB_ADDR_STRLEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct fb_automation_call call =
			call_of(cases[i].kind, cases[i].scope, cases[i].proven);
		const struct fb_incident_addr accused = fb_automation_accused(&call);
		struct fb_rule rule = {.verb = fb_automation_verb(&call), .rate_up = 8000};

		fb_automation_what(&call, what);
		assert_int_equal(rule.verb, cases[i].verb);
		assert_string_equal(what, cases[i].what);
		assert_int_equal(accused.family != 0, cases[i].accused != NULL);
		if (cases[i].accused)
			assert_string_equal(fb_addr_format(accused.addr, accused.family, text),
					    cases[i].accused);
		assert_int_equal(fb_automation_confirm(&call) > 0, cases[i].confirm);
		memcpy(rule.what, what, sizeof(what));
		assert_int_equal(fb_rule_compile(&rule, what, sizeof(what)), 0);
		fb_filter_free(rule.filter);
	}
}

static void many_peers_and_ports_make_it_wider(void **state)
{
	struct fb_automation_call call = call_of(FB_KIND_SCAN, IN, false);
	char what[FB_RULE_WHAT + 1];

	(void)state;
	call.port = 0;
	fb_automation_what(&call, what);
	assert_string_equal(what, "src.ip = 192.0.2.1 and dst.ip = 10.0.0.5");
	call.one_peer = false;
	fb_automation_what(&call, what);
	assert_string_equal(what, "src.ip = 192.0.2.1");
}

static void says_why(void **state)
{
	const struct fb_automation_call call = call_of(FB_KIND_BRUTE, IN, true);
	char reason[FB_RULE_REASON + 1];

	(void)state;
	fb_automation_reason(&call, reason);
	assert_string_equal(reason, "automation of brute, incident 0000000000000007, both judges "
				    "in two windows: 9 logins");
}

/* --- what was done ---------------------------------------------------------------------------- */

static struct fb_automation_log entries;

static int fresh(void **state)
{
	(void)state;
	return fb_automation_log_init(&entries);
}

static int remove_all(void **state)
{
	(void)state;
	fb_automation_log_fini(&entries);
	return 0;
}

static void add(struct fb_automation_call call, bool on, int32_t result)
{
	fb_automation_log_add(&entries,
			      &(struct fb_automation_entry){.call = call,
							    .on = on,
							    .seconds = 60,
							    .until_ms = call.time_ms + 60000,
							    .result = result});
}

static void holds_until_its_time_is_over(void **state)
{
	struct fb_automation_call call = call_of(FB_KIND_BRUTE, IN, true), limit = call;

	(void)state;
	limit.proven = false;
	assert_false(fb_automation_log_holds(&entries, &call, false));
	add(call, false, 0);
	assert_true(fb_automation_log_holds(&entries, &call, false));
	assert_false(fb_automation_log_holds(&entries, &call, true)); /* nothing was done yet */
	add(call, true, 1);
	call.time_ms = NOW + 59999;
	assert_true(fb_automation_log_holds(&entries, &call, true));
	assert_false(fb_automation_log_holds(&entries, &limit, true));
	call.time_ms = NOW + 60000;
	assert_false(fb_automation_log_holds(&entries, &call, true));
	call.time_ms = NOW - 1; /* the clock was set */
	assert_false(fb_automation_log_holds(&entries, &call, true));
	call.time_ms = NOW;
	call.incident = 8;
	assert_false(fb_automation_log_holds(&entries, &call, true));
}

static struct fb_automation_entry list[2 * FB_AUTOMATION_KEPT];

static void lists_the_newest_first(void **state)
{
	const struct fb_automation_ask ask = {
		.kind = FB_KIND_BRUTE, .scope = IN, .since_ms = NOW + 1};
	struct fb_automation_call call = call_of(FB_KIND_BRUTE, IN, true);

	(void)state;
	for (int i = 0; i < 4; i++, call.time_ms++, call.proven = !call.proven)
		add(call, false, 0);
	add(call_of(FB_KIND_SCAN, IN, false), false, 0);
	add(call_of(FB_KIND_BRUTE, OUT, true), false, 0);
	assert_int_equal(fb_automation_log_list(&entries, &ask, list, 2), 3);
	assert_true(list[0].call.time_ms == NOW + 3 && list[1].call.time_ms == NOW + 2);
}

/* Who forges addresses pushes out what may be forged. */
static void limits_push_out_no_block(void **state)
{
	const struct fb_automation_ask blocks = {.kind = FB_KIND_BRUTE, .scope = -1},
				       limits = {.kind = FB_KIND_SCAN, .scope = -1};
	struct fb_automation_call call = call_of(FB_KIND_SCAN, IN, false);

	(void)state;
	add(call_of(FB_KIND_BRUTE, IN, true), true, 1);
	for (int i = 0; i < 5000; i++, call.incident++)
		add(call, true, i);
	assert_int_equal(fb_automation_log_list(&entries, &blocks, list, 1), 1);
	assert_int_equal(fb_automation_log_list(&entries, &limits, list, 1), FB_AUTOMATION_KEPT);
}

static void outlives_a_restart(void **state)
{
	struct fb_automation_switches switches = {.seconds[FB_KIND_BRUTE][IN] = 1800}, again = {0};
	const struct fb_automation_ask all = {.kind = -1, .scope = -1};
	struct fb_buf buf = FB_BUF_INIT;
	struct fb_why why = {""};

	(void)state;
	add(call_of(FB_KIND_BRUTE, IN, true), true, 17);
	add(call_of(FB_KIND_SCAN, OUT, false), false, -ENOSPC);
	fb_automation_write(&entries, &switches, &buf);
	assert_int_equal(fb_buf_error(&buf), 0);
	entries.n[0] = entries.n[1] = 0;
	assert_int_equal(fb_automation_read(&entries, &again, buf.data, buf.len, &why), 0);
	assert_memory_equal(&again, &switches, sizeof(again));
	assert_int_equal(fb_automation_log_list(&entries, &all, list, 4), 2);
	for (int i = 0; i < 2; i++) {
		const bool scan = list[i].call.kind == FB_KIND_SCAN;
		const struct fb_automation_call want =
			scan ? call_of(FB_KIND_SCAN, OUT, false) : call_of(FB_KIND_BRUTE, IN, true);

		assert_memory_equal(&list[i].call.host, &want.host, sizeof(want.host));
		assert_string_equal(list[i].call.sentence, want.sentence);
		assert_int_equal(list[i].result, scan ? -ENOSPC : 17);
	}
	fb_buf_fini(&buf);
}

/* Nothing of a file that is torn is on. */
static void torn_files_switch_nothing_on(void **state)
{
	struct fb_automation_switches switches = {.seconds[FB_KIND_BRUTE][IN] = 1800};
	struct fb_buf buf = FB_BUF_INIT;
	struct fb_why why = {""};

	(void)state;
	add(call_of(FB_KIND_BRUTE, IN, true), true, 17);
	fb_automation_write(&entries, &switches, &buf);
	for (size_t len = 0; len < buf.len; len += 7) {
		struct fb_automation_switches again = {0};

		entries.n[0] = entries.n[1] = 0;
		assert_true(fb_automation_read(&entries, &again, buf.data, len, &why) < 0);
		assert_int_equal(again.seconds[FB_KIND_BRUTE][IN], 0);
		assert_true(!entries.n[0] && !entries.n[1]);
	}
	fb_buf_fini(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_is_narrow),
		cmocka_unit_test(has_a_budget),
		cmocka_unit_test(four_kinds_may),
		cmocka_unit_test(makes_narrow_rules),
		cmocka_unit_test(many_peers_and_ports_make_it_wider),
		cmocka_unit_test(says_why),
		cmocka_unit_test_setup_teardown(holds_until_its_time_is_over, fresh, remove_all),
		cmocka_unit_test_setup_teardown(lists_the_newest_first, fresh, remove_all),
		cmocka_unit_test_setup_teardown(limits_push_out_no_block, fresh, remove_all),
		cmocka_unit_test_setup_teardown(outlives_a_restart, fresh, remove_all),
		cmocka_unit_test_setup_teardown(torn_files_switch_nothing_on, fresh, remove_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
