/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy filter format flow util
/* Rules of alerts as they are read, their states over time that the test passes, what flows say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/alertlife.h"
#include "policy/alertlook.h"
#include "unit/fake.h"
#include "util/addr.h"

#define NS 1000000000ull

/* --- rules ------------------------------------------------------------------------------------ */

static struct fb_alert_rule parse(const char *text)
{
	struct fb_alert_rule rule;
	struct fb_why why = {""};
	const int r = fb_alert_rule_parse(text, &rule, &why);

	if (r < 0)
		fail_msg("%s", why.text);
	return rule;
}

static void refused(const char *text, const char *because)
{
	struct fb_alert_rule rule;
	struct fb_why why = {""};

	assert_int_equal(fb_alert_rule_parse(text, &rule, &why), -EINVAL);
	if (!strstr(why.text, because))
		fail_msg("\"%s\" says \"%s\", not \"%s\"", text, why.text, because);
	assert_null(rule.filter);
}

static void reads_rules(void **state)
{
	struct fb_alert_rule rule =
		parse("up: dst.port=443 | rate > 50mbit by src.ip for 5m window 1m "
		      "severity critical repeat 1h quiet 22:00-07:00 unless wan");

	(void)state;
	assert_string_equal(rule.name, "up");
	assert_int_equal(rule.measure, FB_ALERT_RATE);
	assert_true(rule.limit == 50000000 && !rule.below && rule.filter && rule.by);
	assert_string_equal(rule.by->name, "src.ip");
	assert_true(rule.for_s == 300 && rule.window_s == 60 && rule.repeat_s == 3600);
	assert_int_equal(rule.severity, FB_SEVERITY_CRITICAL);
	assert_string_equal(rule.unless, "wan");
	assert_true(fb_alert_is_quiet(&rule, 23 * 60) && fb_alert_is_quiet(&rule, 6 * 60 + 59));
	assert_false(fb_alert_is_quiet(&rule, 7 * 60) || fb_alert_is_quiet(&rule, 12 * 60));
	fb_filter_free(rule.filter);
	rule = parse("a: conntrack > 80.5%");
	assert_true(rule.limit == 8050 && !rule.filter && !rule.by && !rule.for_s);
	rule = parse("b: proto=tcp | flows < 1");
	assert_true(rule.below && fb_alert_breaks(&rule, 0) && !fb_alert_breaks(&rule, 1));
	fb_filter_free(rule.filter);
	/* a bar in a text of the filter is the filter's */
	rule = parse("c: dst.host~\"*a|b*\" | absent > 5m");
	assert_true(rule.limit == 300);
	fb_filter_free(rule.filter);
}

static void refuses_rules(void **state)
{
	(void)state;
	refused("rate > 5", "begins with a name");
	refused("a b: rate > 5mbit", "begins with a name");
	refused("all: flows > 5", "all is every rule");
	refused("a: speed > 5", "there are rate, bytes, flows");
	refused("a: rate 5mbit", "takes \"> LIMIT\"");
	refused("a: rate > fast", "no limit of rate");
	refused("a: conntrack > 101", "no limit of conntrack");
	refused("a: nofield=3 | flows > 1", "its filter:");
	refused("a: flows > 1 every 5m", "\"every\" is none of");
	refused("a: flows > 1 for", "for takes a time");
	refused("a: flows > 1 by nothing", "by takes a field");
	refused("a: flows > 1 quiet 25:00-07:00", "quiet takes hours");
	refused("a: new", "new needs a field");
	refused("a: new > 5 by src.ip", "new takes no limit");
	refused("a: flows > 1 for 1m for 2m", "for is there twice");
	refused("a: flows > 1\nfor 1m", "one line");
	refused("a: proto=tcp | disk > 80", "of no flows");
}

/* Where it is wrong, to be shown in the text. */
static void says_where(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{"a:  dst.prt=3 | flows > 1", "dst.prt"}, {"a: speed > 1", "speed"},
		{"a: rate > fast for 1m", "fast"},	  {"a: flows > 1 every 5m", "every"},
		{"a: flows > 1 for 5m by what", "what"},  {"a: rate 5mbit", "rate"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_alert_rule rule;
		struct fb_alert_fault fault;

		assert_int_equal(fb_alert_rule_read(cases[i].text, &rule, &fault), -EINVAL);
		assert_int_equal(fault.offset,
				 strstr(cases[i].text, cases[i].part) - cases[i].text);
		assert_int_equal(fault.length, strlen(cases[i].part));
	}
}

static void has_ready_ones(void **state)
{
	static const char *const own[] = {"disk: disk > 50", "losses: off"};
	static const char *const twice[] = {"x: disk > 50", "x: disk > 60"};
	static const char *const lost[] = {"x: disk > 50 unless nobody"};
	static const char *const circle[] = {"x: disk > 50 unless y", "y: disk > 50 unless x"};
	struct fb_alert_rules *rules = calloc(1, sizeof(*rules));
	struct fb_why why = {""};

	(void)state;
	assert_non_null(rules);
	assert_int_equal(fb_alert_rules_read(NULL, 0, rules, &why), 0);
	assert_int_equal(rules->n, 6);
	assert_true(fb_alert_rules_find(rules, "new-device")->source == FB_ALERT_READY);
	fb_alert_rules_fini(rules);
	assert_int_equal(fb_alert_rules_read(own, 2, rules, &why), 0);
	assert_int_equal(rules->n, 5);
	assert_null(fb_alert_rules_find(rules, "losses"));
	assert_true(fb_alert_rules_find(rules, "disk")->limit == 5000);
	fb_alert_rules_fini(rules);
	assert_int_equal(fb_alert_rules_read(twice, 2, rules, &why), -EINVAL);
	assert_non_null(strstr(why.text, "there twice"));
	assert_int_equal(fb_alert_rules_read(lost, 1, rules, &why), -EINVAL);
	assert_non_null(strstr(why.text, "there is no rule nobody"));
	assert_int_equal(fb_alert_rules_read(circle, 2, rules, &why), -EINVAL);
	assert_non_null(strstr(why.text, "alert x: unless y comes back to itself"));
	free(rules);
}

/* --- states ----------------------------------------------------------------------------------- */

static struct fb_alertlife *life;
static struct fb_alert_moment moment;
static char told[4096]; /* "firing a, resolved a+3, " */

static void note(void *ctx, const struct fb_alert *alert, enum fb_alarm_kind kind, uint32_t others)
{
	const size_t len = strlen(told);

	(void)ctx;
	if (others)
		snprintf(told + len, sizeof(told) - len, "%s %s+%u, ", fb_alarm_kind_name(kind),
			 alert->key, others);
	else
		snprintf(told + len, sizeof(told) - len, "%s %s, ", fb_alarm_kind_name(kind),
			 alert->key);
}

static int begin(void **state)
{
	(void)state;
	life = calloc(1, sizeof(*life));
	moment = (struct fb_alert_moment){.ns = 1000 * NS, .wall_ms = 1795224011000, .minute = 720};
	told[0] = '\0';
	return life ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(life);
	return 0;
}

/* `seconds` later the rule is looked at: these keys break its limit. */
static const char *look(const struct fb_alert_rule *rule, unsigned int seconds, const char *keys)
{
	char list[256], *rest = list, *key;

	snprintf(list, sizeof(list), "%s", keys);
	moment.ns += seconds * NS;
	moment.wall_ms += seconds * 1000;
	told[0] = '\0';
	fb_alertlife_begin(life);
	while ((key = strsep(&rest, " ")))
		if (*key)
			fb_alertlife_see(
				life, rule,
				&(struct fb_alert_found){
					.key = strcmp(key, "-") ? key : "", .value = 9, .link = 3},
				&moment);
	fb_alertlife_settle(life, rule, &moment, note, NULL);
	fb_alertlife_forget(life, moment.wall_ms);
	return told;
}

static void goes_through_states(void **state)
{
	const struct fb_alert_rule rule = parse("r: flows > 1 for 30s repeat 10m");

	(void)state;
	assert_string_equal(look(&rule, 0, "a"), "");
	assert_int_equal(life->alert[0].state, FB_ALERT_PENDING);
	assert_string_equal(look(&rule, 29, "a"), "");
	assert_string_equal(look(&rule, 1, "a"), "firing a, ");
	assert_string_equal(look(&rule, 1, "a"), "");
	/* dips for less than it has to hold are no end */
	assert_string_equal(look(&rule, 29, ""), "");
	assert_string_equal(look(&rule, 1, "a"), "");
	assert_string_equal(look(&rule, 600, "a"), "firing a, ");
	assert_string_equal(look(&rule, 29, ""), "");
	assert_string_equal(look(&rule, 1, ""), "resolved a, ");
	assert_string_equal(look(&rule, 100, ""), "");
	assert_int_equal(life->n, 1);
	/* it comes back, and has to hold again */
	assert_string_equal(look(&rule, 1, "a"), "");
	assert_string_equal(look(&rule, 30, "a"), "firing a, ");
	look(&rule, 60, "");
	look(&rule, 3601, "");
	assert_int_equal(life->n, 0);
	assert_true(life->counters.fired == 2 && !life->counters.crowded);
}

static void pending_goes(void **state)
{
	const struct fb_alert_rule rule = parse("r: flows > 1 for 30s");

	(void)state;
	look(&rule, 0, "a");
	assert_string_equal(look(&rule, 5, ""), "");
	assert_int_equal(life->n, 0);
	look(&rule, 1, "a");
	assert_string_equal(look(&rule, 29, "a"), "");
}

static void groups(void **state)
{
	const struct fb_alert_rule rule = parse("r: flows > 1");

	(void)state;
	assert_string_equal(look(&rule, 0, "a b c d e f g h"),
			    "firing a, firing b, firing c, firing d, firing e+3, ");
	assert_string_equal(look(&rule, 1, "a b c d e f g h"), "");
	assert_string_equal(look(&rule, 1, "a b c d e f g h i"), "firing i, ");
	/* who got no message gets none of its end */
	assert_string_equal(look(&rule, 1, "a b c d e"), "resolved i, ");
}

static void is_silent(void **state)
{
	const struct fb_alert_rule rule = parse("r: flows > 1 quiet 22:00-07:00");
	struct fb_alert_silence silence = {.rule = "r", .key = "a"};

	(void)state;
	silence.until_ms = moment.wall_ms + 60000;
	assert_int_equal(fb_alertlife_silence(life, &silence), 0);
	assert_string_equal(look(&rule, 1, "a b"), "firing b, ");
	assert_string_equal(life->alert[0].silent, "silenced");
	/* what still fires when the silence is over is told then */
	assert_string_equal(look(&rule, 60, "a b"), "firing a, ");
	assert_int_equal(life->n_silences, 0);
	moment.minute = 23 * 60;
	assert_string_equal(look(&rule, 1, "a b c"), "");
	moment.minute = 8 * 60;
	assert_string_equal(look(&rule, 1, "a b c"), "firing c, ");
	/* all of all, and taken back */
	silence = (struct fb_alert_silence){.until_ms = moment.wall_ms + 60000};
	assert_int_equal(fb_alertlife_silence(life, &silence), 0);
	assert_string_equal(look(&rule, 1, "a b c d"), "");
	silence.until_ms = 0;
	assert_int_equal(fb_alertlife_silence(life, &silence), 0);
	assert_int_equal(fb_alertlife_silence(life, &silence), -ENOENT);
	assert_string_equal(look(&rule, 1, "a b c d"), "firing d, ");
}

static void depends(void **state)
{
	const struct fb_alert_rule wan = parse("wan: down"), own = parse("r: flows > 1 unless wan"),
				   other = parse("o: flows > 1");
	bool down[FB_LINK_MAX] = {false};

	(void)state;
	moment.links_down = down;
	assert_string_equal(look(&wan, 0, "eth0"), "firing eth0, ");
	assert_string_equal(look(&own, 0, "a"), "");
	assert_string_equal(life->alert[1].silent, "explained by another rule");
	down[3] = true;
	assert_string_equal(look(&other, 0, "a"), "");
	assert_string_equal(life->alert[2].silent, "its interface is down");
	assert_string_equal(look(&wan, 1, ""), "resolved eth0, ");
	down[3] = false;
	assert_string_equal(look(&own, 0, "a"), "firing a, ");
	assert_string_equal(look(&other, 0, "a"), "firing a, ");
}

static void events_are_told_once(void **state)
{
	const struct fb_alert_rule rule = parse("n: new-device repeat 1m");

	(void)state;
	assert_string_equal(look(&rule, 0, "aa:bb"), "firing aa:bb, ");
	assert_string_equal(look(&rule, 100, ""), "");
	assert_int_equal(life->alert[0].state, FB_ALERT_FIRING);
	assert_string_equal(look(&rule, 200, ""), "");
	assert_int_equal(life->alert[0].state, FB_ALERT_RESOLVED);
}

static void outlives_a_restart(void **state)
{
	struct fb_alert_rules *rules = calloc(1, sizeof(*rules));
	static const char *const texts[] = {"r: flows > 1"};
	const struct fb_alert_rule rule = parse("r: flows > 1"), gone = parse("gone: flows > 1");
	struct fb_alert_silence silence = {
		.rule = "r", .key = "z\tz\n", .by = "operator", .reason = "works\there"};
	struct fb_buf text = FB_BUF_INIT;
	struct fb_why why;
	char *rest, *line;
	size_t len;

	(void)state;
	assert_int_equal(fb_alert_rules_read(texts, 1, rules, &why), 0);
	silence.until_ms = moment.wall_ms + 3600000;
	fb_alertlife_silence(life, &silence);
	look(&rule, 0, "a b");
	look(&gone, 0, "x");
	fb_alertlife_write(life, &text);
	rest = fb_buf_take(&text, &len);
	memset(life, 0, sizeof(*life));
	moment.ns = 5 * NS; /* another boot */
	for (char *at = rest; (line = strsep(&at, "\n")) && *line;)
		assert_true(fb_alertlife_read(life, line, &moment));
	free(rest);
	told[0] = '\0';
	fb_alertlife_adopt(life, rules, moment.wall_ms, note, NULL);
	assert_int_equal(life->n, 3);
	assert_string_equal(told, "resolved x, "); /* its rule is no more */
	assert_string_equal(life->alert[2].sentence, "its rule was removed");
	assert_int_equal(life->n_silences, 1);
	assert_string_equal(life->silence[0].key, "z z ");
	/* what goes on is not told anew, what does not is over after a minute */
	assert_string_equal(look(&rule, 1, "a"), "");
	assert_string_equal(look(&rule, 30, "a"), "");
	assert_string_equal(look(&rule, 30, "a"), "resolved b, ");
	assert_string_equal(look(&rule, 100, "a"), "");
	for (const char *const *bad = (const char *const[]){"alert", "alert\tr\tx\t0\ta\ts",
							    "other\tr\t1\t0\ta\ts", NULL};
	     *bad; bad++) {
		char copy[64];

		snprintf(copy, sizeof(copy), "%s", *bad);
		assert_false(fb_alertlife_read(life, copy, &moment));
	}
	fb_alert_rules_fini(rules);
	free(rules);
}

static void is_bounded(void **state)
{
	const struct fb_alert_rule rule = parse("r: flows > 1 for 1m");

	(void)state;
	fb_alertlife_begin(life);
	for (unsigned int i = 0; i < FB_ALERTS + 5; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%u", i);
		fb_alertlife_see(life, &rule, &(struct fb_alert_found){.key = key}, &moment);
	}
	fb_alertlife_settle(life, &rule, &moment, note, NULL);
	assert_int_equal(life->n, FB_ALERTS);
	assert_true(life->counters.crowded == 5);
}

/* --- what flows say --------------------------------------------------------------------------- */

static void put(struct fake *fake, uint32_t i, unsigned int client, int64_t moved)
{
	struct fb_flow *flow = fake_flow(fake, i);
	struct fb_traffic *traffic = fake_traffic(fake, i);
	char text[32];

	*flow = (struct fb_flow){
		.id = i + 1, .proto = 6, .src_port = 40000, .dst_port = 443, .link = 1};
	snprintf(text, sizeof(text), "10.0.%u.%u", client >> 8, client & 255);
	assert_int_equal(fb_addr_parse(text, flow->src, &flow->family), 0);
	assert_int_equal(fb_addr_parse("192.0.2.1", flow->dst, &flow->family), 0);
	traffic->moved_bytes[FB_UP] = moved;
	traffic->moved_packets[FB_UP] = moved > 0;
}

static void next_second(struct fake *fake)
{
	fake->snapshot.now_ns += NS;
	fake->snapshot.epoch++;
	for (uint32_t i = 0; i < fake->snapshot.n / FB_TRAFFICS + 1; i++)
		fake->snapshot.traffic[i]->epoch = fake->snapshot.epoch;
}

/* The value of a key, -1: there is none. */
static int64_t value_of(const struct fb_alertlook *from, const char *key)
{
	struct fb_alert_measured one;
	uint32_t pos = 0;

	while (fb_alertlook_next(from, &pos, &one))
		if (!strcmp(one.key, key))
			return (int64_t)one.value;
	return -1;
}

static void sums_a_window(void **state)
{
	struct fake *fake = fake_new(3);
	struct fb_alert_rule bytes = parse("b: dst.port=443 | bytes > 1 by src.ip window 10s"),
			     rate = parse("r: dst.port=443 | rate > 0bit window 10s");
	struct fb_alertlook *by, *all;

	(void)state;
	assert_int_equal(fb_alertlook_new(&bytes, &by), 0);
	assert_int_equal(fb_alertlook_new(&rate, &all), 0);
	for (unsigned int i = 0; i < 30; i++) {
		put(fake, 0, 5, 1000);
		put(fake, 1, 5, 500);
		put(fake, 2, 6, i == 0 ? 70 : 0);
		fb_alertlook_feed(by, &fake->snapshot, i % 5 == 0);
		fb_alertlook_feed(all, &fake->snapshot, i % 5 == 0);
		if (i == 0)
			assert_true(value_of(by, "10.0.0.6") == 70);
		next_second(fake);
	}
	assert_true(value_of(by, "10.0.0.5") == 15000);
	assert_true(value_of(by, "10.0.0.6") == 0);
	assert_true(value_of(all, "") == 12000);
	fb_alertlook_free(by);
	fb_alertlook_free(all);
	fb_filter_free(bytes.filter);
	fb_filter_free(rate.filter);
	fake_free(fake);
}

static void counts_and_misses(void **state)
{
	struct fake *fake = fake_new(3);
	struct fb_alert_rule flows = parse("f: flows > 1 by src.ip"),
			     none = parse("n: proto=udp | flows < 1"),
			     absent = parse("a: dst.port=443 | absent > 5s");
	struct fb_alertlook *count, *nothing, *missed;

	(void)state;
	fb_alertlook_new(&flows, &count);
	fb_alertlook_new(&none, &nothing);
	fb_alertlook_new(&absent, &missed);
	put(fake, 0, 5, 10);
	put(fake, 1, 5, 0);
	put(fake, 2, 6, 0);
	fb_alertlook_feed(count, &fake->snapshot, true);
	fb_alertlook_feed(nothing, &fake->snapshot, true);
	fb_alertlook_feed(missed, &fake->snapshot, true);
	assert_true(value_of(count, "10.0.0.5") == 2 && value_of(count, "10.0.0.6") == 1);
	assert_true(value_of(nothing, "") == 0);
	assert_true(value_of(missed, "") == 0);
	for (unsigned int i = 0; i < 7; i++) {
		put(fake, 0, 5, 0);
		next_second(fake);
		fb_alertlook_feed(missed, &fake->snapshot, i == 3);
	}
	assert_true(value_of(missed, "") == 7);
	fb_alertlook_free(count);
	fb_alertlook_free(nothing);
	fb_alertlook_free(missed);
	fb_filter_free(none.filter);
	fb_filter_free(absent.filter);
	fake_free(fake);
}

static void learns_what_is_new(void **state)
{
	struct fake *fake = fake_new(2);
	struct fb_alert_rule rule = parse("n: new by src.ip window 10s");
	struct fb_alertlook *fresh;

	(void)state;
	fb_alertlook_new(&rule, &fresh);
	for (unsigned int i = 0; i < 12; i++) {
		put(fake, 0, 5, 10);
		fb_alertlook_feed(fresh, &fake->snapshot, false);
		assert_true(value_of(fresh, "10.0.0.5") == -1);
		next_second(fake);
	}
	put(fake, 1, 9, 10);
	fb_alertlook_feed(fresh, &fake->snapshot, false);
	assert_true(value_of(fresh, "10.0.0.9") == 0);
	next_second(fake);
	fb_alertlook_feed(fresh, &fake->snapshot, false);
	assert_true(value_of(fresh, "10.0.0.9") == -1);
	fb_alertlook_free(fresh);
	fake_free(fake);
}

static void keys_are_bounded(void **state)
{
	struct fake *fake = fake_new(FB_ALERT_KEYS + 9);
	struct fb_alert_rule rule = parse("f: flows > 0 by src.ip");
	struct fb_alertlook *count;

	(void)state;
	fb_alertlook_new(&rule, &count);
	for (uint32_t i = 0; i < FB_ALERT_KEYS + 9; i++)
		put(fake, i, i, 0);
	fb_alertlook_feed(count, &fake->snapshot, true);
	assert_true(fb_alertlook_left_out(count) == 9);
	/* those that are gone make room */
	for (uint32_t i = 0; i < FB_ALERT_KEYS + 9; i++)
		fake_flow(fake, i)->id = 0;
	put(fake, 0, 77, 0);
	fake->snapshot.now_ns += 100 * NS;
	fb_alertlook_feed(count, &fake->snapshot, true);
	fb_alertlook_feed(count, &fake->snapshot, true);
	assert_true(value_of(count, "10.0.0.77") == 1);
	fb_alertlook_free(count);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rules),
		cmocka_unit_test(refuses_rules),
		cmocka_unit_test(says_where),
		cmocka_unit_test(has_ready_ones),
		cmocka_unit_test_setup_teardown(goes_through_states, begin, end),
		cmocka_unit_test_setup_teardown(pending_goes, begin, end),
		cmocka_unit_test_setup_teardown(groups, begin, end),
		cmocka_unit_test_setup_teardown(is_silent, begin, end),
		cmocka_unit_test_setup_teardown(depends, begin, end),
		cmocka_unit_test_setup_teardown(events_are_told_once, begin, end),
		cmocka_unit_test_setup_teardown(outlives_a_restart, begin, end),
		cmocka_unit_test_setup_teardown(is_bounded, begin, end),
		cmocka_unit_test(sums_a_window),
		cmocka_unit_test(counts_and_misses),
		cmocka_unit_test(learns_what_is_new),
		cmocka_unit_test(keys_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
