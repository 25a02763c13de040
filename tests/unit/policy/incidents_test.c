/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy filter format flow util
/* Incidents of flows that the test makes up: what opens one, whose it is, what is hidden, who gives
 * way. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/incidents.h"
#include "util/addr.h"

#define NOW    1700000000000ll
#define MINUTE 60000ll

static struct fb_incidents incidents;
static uint64_t last_flow;
static unsigned int news[3];

static void note_news(void *ctx, const struct fb_incident *incident, enum fb_incident_news what)
{
	(void)ctx, (void)incident;
	news[what]++;
}

static int fresh(void **state)
{
	(void)state;
	memset(news, 0, sizeof(news));
	if (fb_incidents_init(&incidents) < 0)
		return -1;
	incidents.to.news = note_news;
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	fb_incidents_fini(&incidents);
	return 0;
}

static struct fb_judged flow_of(const char *src, const char *dst)
{
	struct fb_judged flow = {.sport = 40000, .dport = 445, .proto = 6};
	uint8_t family;

	assert_int_equal(fb_addr_parse(src, flow.src, &family), 0);
	assert_int_equal(fb_addr_parse(dst, flow.dst, &flow.family), 0);
	flow.src_inside = flow.src_here = !strncmp(src, "10.", 3);
	flow.dst_inside = flow.dst_here = !strncmp(dst, "10.", 3);
	return flow;
}

static void tell_again(const char *src, const char *dst, enum fb_judge_kind kind, uint8_t risk,
		       int64_t ms)
{
	const struct fb_judged flow = flow_of(src, dst);
	const struct fb_judgement judgement = {
		.risk = risk, .n = 1, .evidence = {{.kind = kind, .points = risk, .n = {7, 12}}}};

	fb_incidents_tell(&incidents, &flow, &judgement, last_flow, ms);
}

static void tell(const char *src, const char *dst, enum fb_judge_kind kind, uint8_t risk,
		 int64_t ms)
{
	last_flow++;
	tell_again(src, dst, kind, risk, ms);
}

static struct fb_incident list[FB_INCIDENTS];

static const struct fb_incident_ask all = {
	.kind = -1, .closed = -1, .silenced = -1, .wall_ms = NOW, .limit = FB_INCIDENTS};

static uint32_t count(struct fb_incident_ask ask)
{
	uint32_t total;
	const uint32_t n = fb_incidents_list(&incidents, &ask, list, &total);

	assert_int_equal(n, total);
	return n;
}

static void is_host(const struct fb_incident *incident, const char *host)
{
	char text[FB_ADDR_STRLEN];

	assert_string_equal(fb_addr_format(incident->host.addr, incident->host.family, text), host);
}

static void opens_and_goes_on(void **state)
{
	(void)state;
	tell("192.0.2.1", "10.0.0.1", FB_KIND_SCAN, 20, NOW);
	assert_int_equal(count(all), 0);
	for (int i = 0; i < 20; i++) {
		char dst[48];

		snprintf(dst, sizeof(dst), "10.0.0.%d", i + 1);
		tell("192.0.2.1", dst, FB_KIND_SCAN, 30, NOW + i * MINUTE);
		tell_again("192.0.2.1", dst, FB_KIND_SCAN, 30, NOW + i * MINUTE);
	}
	assert_int_equal(count(all), 1);
	is_host(&list[0], "192.0.2.1");
	assert_int_equal(list[0].flows, 20);
	assert_in_range(fb_incident_count_peers(&list[0]), 17, 23);
	assert_int_equal(list[0].severity, FB_RISK_MEDIUM);
	assert_true(list[0].first_ms == NOW && list[0].last_ms == NOW + 19 * MINUTE);
	assert_int_equal(list[0].n_samples, FB_INCIDENT_SAMPLES);
	assert_int_equal(list[0].sample[FB_INCIDENT_SAMPLES - 1].flow, last_flow);
	assert_string_equal(list[0].sentence,
			    "7 ports that serve nobody were tried here by this source");
	/* the same flow is worse now: no other flow, but another severity */
	tell_again("192.0.2.1", "10.0.0.20", FB_KIND_SCAN, 60, NOW + 20 * MINUTE);
	count(all);
	assert_true(list[0].flows == 20 && list[0].severity == FB_RISK_HIGH && list[0].risk == 60);
	assert_int_equal(list[0].sample[FB_INCIDENT_SAMPLES - 1].risk, 60);
	assert_true(news[FB_INCIDENT_OPENED] == 1 && news[FB_INCIDENT_WORSE] == 1);
}

static void says_who_acts(void **state)
{
	(void)state;
	tell("10.0.0.5", "192.0.2.1", FB_KIND_BEACON, 50, NOW);
	tell("192.0.2.7", "10.0.0.6", FB_KIND_FLOOD, 50, NOW + 1);
	tell("10.0.0.7", "192.0.2.9", FB_KIND_FLOOD, 50, NOW + 2);
	tell("192.0.2.7", "10.0.0.8", FB_KIND_AMPLIFICATION, 50, NOW + 3);
	assert_int_equal(count(all), 4);
	is_host(&list[3], "10.0.0.5");
	is_host(&list[2], "10.0.0.6"); /* whose sources are forged: who suffers */
	is_host(&list[1], "10.0.0.7");
	is_host(&list[0], "10.0.0.8");
}

/* Hints beside what says most make no incidents of their own. */
static void takes_what_says_most(void **state)
{
	const struct fb_judged flow = flow_of("10.0.0.1", "192.0.2.1");
	struct fb_judgement judgement = {.risk = 35,
					 .n = 3,
					 .evidence = {{.kind = FB_KIND_PORT, .points = 20},
						      {.kind = FB_KIND_NONAME, .points = 10},
						      {.kind = FB_KIND_NEW, .points = 5}}};

	(void)state;
	fb_incidents_tell(&incidents, &flow, &judgement, 1, NOW);
	assert_int_equal(count(all), 1);
	assert_int_equal(list[0].kind, FB_KIND_PORT);
	judgement.risk = 100;
	judgement.evidence[1] = (struct fb_evidence){.kind = FB_KIND_LATERAL, .points = 25};
	judgement.evidence[2] = (struct fb_evidence){.kind = FB_KIND_LIST, .points = 50};
	fb_incidents_tell(&incidents, &flow, &judgement, 2, NOW);
	assert_int_equal(count(all), 3);
}

static void closes_and_goes(void **state)
{
	struct fb_incident_ask open = all;

	(void)state;
	open.closed = 0;
	tell("192.0.2.1", "10.0.0.1", FB_KIND_SCAN, 50, NOW);
	fb_incidents_age(&incidents, NOW + 60 * MINUTE);
	assert_int_equal(count(open), 1);
	fb_incidents_age(&incidents, NOW + 61 * MINUTE);
	assert_int_equal(count(open), 0);
	assert_int_equal(count(all), 1);
	assert_int_equal(news[FB_INCIDENT_CLOSED], 1);
	/* what is told of it once more opens nothing; another flow begins it anew */
	tell_again("192.0.2.1", "10.0.0.1", FB_KIND_SCAN, 50, NOW + 62 * MINUTE);
	assert_int_equal(count(open), 0);
	tell("192.0.2.1", "10.0.0.1", FB_KIND_SCAN, 50, NOW + 63 * MINUTE);
	assert_int_equal(count(open), 1);
	assert_true(list[0].flows == 1 && list[0].first_ms == NOW + 63 * MINUTE);
	fb_incidents_age(&incidents, NOW + 200 * MINUTE);
	fb_incidents_age(&incidents, NOW + 200 * MINUTE + FB_INCIDENT_KEPT_MS);
	assert_int_equal(count(all), 0);
}

static struct fb_incident_silence silence_of(int kind, const char *host, const char *peer)
{
	struct fb_incident_silence silence = {.kind = (uint8_t)kind};

	if (host)
		fb_addr_parse(host, silence.host.addr, &silence.host.family);
	if (peer)
		fb_addr_parse(peer, silence.peer.addr, &silence.peer.family);
	return silence;
}

static uint32_t hide(int kind, const char *host, const char *peer, int64_t until_ms)
{
	struct fb_incident_silence silence = silence_of(kind, host, peer);
	uint32_t id;

	silence.until_ms = until_ms;
	assert_int_equal(fb_incidents_hide(&incidents, &silence, &id), 0);
	return id;
}

static void hides_the_past_too(void **state)
{
	struct fb_incident_ask heard = all;
	uint32_t id;

	(void)state;
	heard.silenced = 0;
	tell("192.0.2.1", "10.0.0.1", FB_KIND_SCAN, 50, NOW);
	tell("192.0.2.2", "10.0.0.1", FB_KIND_BRUTE, 50, NOW);
	assert_int_equal(count(heard), 2);
	id = hide(FB_KIND_SCAN, NULL, NULL, NOW + MINUTE);
	assert_int_equal(count(heard), 1);
	assert_int_equal(count(all), 2);
	tell("192.0.2.3", "10.0.0.1", FB_KIND_SCAN, 50, NOW);
	assert_int_equal(count(heard), 1);
	assert_int_equal(news[FB_INCIDENT_OPENED], 2);
	assert_int_equal(fb_incidents_show(&incidents, id), 0);
	assert_int_equal(fb_incidents_show(&incidents, id), -ENOENT);
	assert_int_equal(count(heard), 3);
	hide(FB_KIND_COUNT, "192.0.2.2", NULL, NOW + MINUTE);
	assert_int_equal(count(heard), 2);
	heard.wall_ms = NOW + MINUTE;
	assert_int_equal(count(heard), 3);
	fb_incidents_age(&incidents, NOW + MINUTE);
	assert_int_equal(incidents.n_silences, 0);
}

static void hides_a_pair(void **state)
{
	struct fb_incident_ask heard = all;

	(void)state;
	heard.silenced = 0;
	tell("10.0.0.1", "192.0.2.1", FB_KIND_BEACON, 50, NOW);
	hide(FB_KIND_BEACON, "10.0.0.1", "192.0.2.1", 0);
	tell("10.0.0.1", "192.0.2.1", FB_KIND_BEACON, 50, NOW + 1);
	assert_int_equal(count(heard), 0);
	/* to another peer: that one alone */
	tell("10.0.0.1", "192.0.2.2", FB_KIND_BEACON, 50, NOW + 2);
	assert_int_equal(count(heard), 1);
	assert_int_equal(list[0].flows, 1);
	tell("10.0.0.1", "192.0.2.1", FB_KIND_BEACON, 50, NOW + 3);
	tell("10.0.0.1", "192.0.2.3", FB_KIND_BEACON, 50, NOW + 4);
	count(heard);
	assert_int_equal(list[0].flows, 2);
	assert_int_equal(incidents.counters.incidents_silenced, 2);
}

static void refuses_silences(void **state)
{
	struct fb_incident_silence nothing = silence_of(FB_KIND_COUNT, NULL, NULL);
	struct fb_incident_silence peer = silence_of(FB_KIND_SCAN, NULL, "192.0.2.1");
	char host[48];
	uint32_t id;

	(void)state;
	assert_int_equal(fb_incidents_hide(&incidents, &nothing, &id), -EINVAL);
	assert_int_equal(fb_incidents_hide(&incidents, &peer, &id), -EINVAL);
	for (int i = 0; i < FB_INCIDENT_SILENCES; i++) {
		snprintf(host, sizeof(host), "10.0.%d.%d", i / 200, i % 200);
		hide(FB_KIND_SCAN, host, NULL, 0);
	}
	hide(FB_KIND_SCAN, "10.0.0.0", NULL, 0); /* once more */
	peer = silence_of(FB_KIND_SCAN, "10.9.9.9", NULL);
	assert_int_equal(fb_incidents_hide(&incidents, &peer, &id), -ENOSPC);
}

static void forged_sources_drive_nobody_out(void **state)
{
	struct fb_incident_ask ask = all;
	char src[48];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(src, sizeof(src), "10.0.1.%d", i);
		tell(src, "192.0.2.1", FB_KIND_BEACON, 50, NOW);
	}
	tell("198.51.100.1", "10.0.0.1", FB_KIND_SCAN, 50, NOW);
	for (int i = 0; i < 20000; i++) {
		snprintf(src, sizeof(src), "2001:db8:0:1::%x", i + 1);
		tell(src, "2001:db8:ffff::1", FB_KIND_BRUTE, 50, NOW + 1);
	}
	assert_int_equal(count(all), FB_INCIDENTS);
	ask.kind = FB_KIND_BEACON;
	assert_int_equal(count(ask), 100);
	ask.kind = FB_KIND_SCAN;
	assert_int_equal(count(ask), 1);
	assert_int_equal(incidents.counters.incidents_crowded, 20101 - FB_INCIDENTS);
	/* what is over gives way first */
	fb_incidents_age(&incidents, NOW + 2 + 60 * MINUTE);
	tell("203.0.113.1", "10.0.0.1", FB_KIND_SCAN, 50, NOW + 62 * MINUTE);
	assert_int_equal(incidents.counters.incidents_crowded, 20101 - FB_INCIDENTS);
	assert_int_equal(count(all), FB_INCIDENTS);
}

/* Whoever forges them makes one incident of the host that is probed. */
static void probes_are_of_their_target(void **state)
{
	char src[48];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(src, sizeof(src), "198.18.%d.%d", i / 256, i % 256);
		tell(src, "10.0.0.1", FB_KIND_PROBE, 25, NOW);
	}
	assert_int_equal(count(all), 1);
	is_host(&list[0], "10.0.0.1");
	assert_int_equal(list[0].flows, 1000);
	assert_true(list[0].inside);
}

static void counts_peers(void **state)
{
	char dst[48];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(dst, sizeof(dst), "10.%d.%d.1", i / 200, i % 200);
		tell("192.0.2.1", dst, FB_KIND_SCAN, 50, NOW);
		if (i == 0 || i == 1) {
			count(all);
			assert_int_equal(fb_incident_count_peers(&list[0]), i + 1);
		}
	}
	count(all);
	assert_in_range(fb_incident_count_peers(&list[0]), 7500, 12500);
}

static void outlives_a_restart(void **state)
{
	struct fb_buf text = FB_BUF_INIT;
	struct fb_why why;
	struct fb_incident before;

	(void)state;
	tell("192.0.2.1", "10.0.0.1", FB_KIND_SCAN, 60, NOW);
	fb_incidents_age(&incidents, NOW + 61 * MINUTE);
	tell("192.0.2.2", "10.0.0.1", FB_KIND_BRUTE, 60, NOW + 61 * MINUTE);
	count(all);
	before = list[0];
	hide(FB_KIND_SCAN, "10.0.0.1", "192.0.2.1", 0);
	fb_incidents_write(&incidents, &text);
	assert_int_equal(fb_buf_error(&text), 0);
	fb_incidents_fini(&incidents);
	fresh(NULL);
	assert_int_equal(fb_incidents_read(&incidents, text.data, text.len, &why), 0);
	assert_int_equal(count(all), 1);
	assert_memory_equal(&list[0], &before, sizeof(before));
	assert_int_equal(incidents.n_silences, 1);
	assert_int_equal(incidents.silence[0].id, 1);
	for (size_t len = 0; len < text.len; len += 7) {
		fb_incidents_fini(&incidents);
		fresh(NULL);
		assert_true(fb_incidents_read(&incidents, text.data, len, &why) < 0);
		assert_int_equal(count(all), 0);
	}
	fb_buf_fini(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, remove_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_and_goes_on),
		TEST(says_who_acts),
		TEST(takes_what_says_most),
		TEST(closes_and_goes),
		TEST(hides_the_past_too),
		TEST(hides_a_pair),
		TEST(refuses_silences),
		TEST(forged_sources_drive_nobody_out),
		TEST(counts_peers),
		TEST(outlives_a_restart),
		TEST(probes_are_of_their_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
