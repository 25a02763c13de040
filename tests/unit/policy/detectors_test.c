/* SPDX-License-Identifier: BSD-2-Clause */
/* Each detector on connections made here: where it must speak, and where it must not. */
// link: policy flow util
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/sentences.h"
#include "unit/judging.h"

/* --- scans ------------------------------------------------------------------------------------ */

static void tells_closed_ports_from_served_ones(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow = flow_of(0, "192.0.2.1", "10.0.0.5", 443);

	(void)state;
	assert_int_equal(say(judge, &flow, FB_KIND_PROBE), 0);
	flow = vain(1, "192.0.2.2", "10.0.0.5", 443); /* served to others: no probe */
	assert_int_equal(say(judge, &flow, FB_KIND_PROBE), 0);
	flow = vain(2, "192.0.2.2", "10.0.0.5", 23);
	assert_int_equal(say(judge, &flow, FB_KIND_PROBE), 25);
	flow = vain(3, "192.0.2.2", "10.0.0.5", 60000);
	flow.proto = UDP;
	assert_int_equal(say(judge, &flow, FB_KIND_PROBE), 15);
	flow = vain(4, "192.0.2.2", "10.0.0.5", 51000); /* an answer that came late */
	flow.sport = 443;
	assert_int_equal(say(judge, &flow, FB_KIND_PROBE), 0);
	flow = vain(5, "10.0.0.9", "10.0.0.5", 23);
	assert_int_equal(say(judge, &flow, FB_KIND_PROBE), 0);
	fb_judge_free(judge);
}

static void calls_who_tries_three_ports_a_scanner_for_an_hour(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow;
	unsigned int points = 0;

	(void)state;
	for (uint16_t port = 1; port <= 3; port++) {
		assert_int_equal(points, 0);
		flow = vain(port * 1000, "192.0.2.2", "10.0.0.5", 20000 + port);
		points = say(judge, &flow, FB_KIND_SCAN);
	}
	assert_int_equal(points, 50);
	flow = vain(6500, "192.0.2.2", "10.0.0.6", 20001);
	flow.result = FB_JUDGED_OTHER;
	assert_int_equal(say(judge, &flow, FB_KIND_SCAN), 50);
	flow = flow_of(6550, "192.0.2.2", "10.0.0.6", 443);
	assert_int_equal(say(judge, &flow, FB_KIND_SCAN), 0);
	flow = vain(6600 + 3600, "192.0.2.2", "10.0.0.5", 20001);
	flow.result = FB_JUDGED_OTHER;
	assert_int_equal(say(judge, &flow, FB_KIND_SCAN), 0);
	fb_judge_free(judge);
}

static unsigned int walk(unsigned int vain_ones, unsigned int answered, bool same_port)
{
	struct fb_judge *judge = judge_new();
	unsigned int points = 0;
	char text[24];

	for (unsigned int i = 0; i < vain_ones + answered; i++) {
		const uint16_t port = same_port ? 445 : (uint16_t)(1000 + 7 * i);
		struct fb_judged flow = i < answered
						? flow_of(i, "10.0.0.5", host(text, 0, i + 1), port)
						: vain(i, "10.0.0.5", host(text, 0, i + 1), port);

		points = say(judge, &flow, FB_KIND_SCAN);
	}
	fb_judge_free(judge);
	return points;
}

static void walks_the_odds_by_port(void **state)
{
	(void)state;
	assert_int_equal(walk(2, 0, true), 0);
	assert_int_equal(walk(3, 0, true), 25);
	assert_int_equal(walk(5, 0, true), 50);
	assert_int_equal(walk(4, 20, true), 0);	  /* a browser with some dead servers */
	assert_int_equal(walk(12, 20, true), 50); /* it goes on and on */
	assert_int_equal(walk(40, 0, false), 0);  /* many peers at many ports */
}

/* A page whose servers are down, or shut out here. */
static void leaves_whom_somebody_asked_for(void **state)
{
	struct fb_judge *judge = judge_new();
	char text[24];

	(void)state;
	for (unsigned int i = 1; i <= 20; i++) {
		struct fb_judged flow = vain(i, "10.0.0.5", host(text, 0, i), 443);

		flow.name = "a.example";
		assert_int_equal(say(judge, &flow, FB_KIND_SCAN), 0);
	}
	fb_judge_free(judge);
}

static void sees_a_host_searched_and_a_net_pinged(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow;
	char text[24];

	(void)state;
	for (uint16_t port = 1; port <= 4; port++) {
		flow = vain(port, "10.0.0.7", "10.0.0.8", 100 * port);
		assert_true(say(judge, &flow, FB_KIND_SCAN) < 50);
	}
	flow = vain(5, "10.0.0.7", "10.0.0.8", 500);
	assert_int_equal(say(judge, &flow, FB_KIND_SCAN), 50);
	for (unsigned int i = 1; i <= 9; i++) {
		flow = vain(10 + i, "10.0.0.9", host(text, 10, 256 + i), 0);
		flow.proto = ICMP;
		flow.sport = i == 9 ? 3 : 8; /* what cannot be reached is no ping */
		assert_int_equal(say(judge, &flow, FB_KIND_SCAN), i >= 8 ? 50 : 0);
	}
	fb_judge_free(judge);
}

/* Of twenty hosts that are watched each minute nine are off. */
static void leaves_who_watches_hosts(void **state)
{
	struct fb_judge *judge = judge_new();
	char text[24];

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		const bool is_off = i % 2 && i % 20 < 18;
		const char *to = host(text, 10, 1 + i % 20);
		struct fb_judged flow =
			is_off ? vain(i, "10.0.0.9", to, 0) : flow_of(i, "10.0.0.9", to, 0);

		flow.proto = ICMP;
		flow.sport = 8;
		assert_int_equal(say(judge, &flow, FB_KIND_SCAN), 0);
	}
	fb_judge_free(judge);
}

/* --- beats ------------------------------------------------------------------------------------ */

/* The most points for a beat of 40 connections that are apart by what `gap` says. */
static unsigned int beat(struct fb_judged flow, double (*gap)(unsigned int i))
{
	struct fb_judge *judge = judge_new();
	unsigned int most = 0;
	double at = 0;

	for (unsigned int i = 0; i < 40; i++) {
		unsigned int points;

		flow.time_ns = (uint64_t)((1000000 + at) * 1e9);
		flow.sport = (uint16_t)(40000 + i);
		points = say(judge, &flow, FB_KIND_BEACON);
		most = points > most ? points : most;
		at += gap(i);
	}
	fb_judge_free(judge);
	return most;
}

static double jittered(unsigned int i)
{
	return 60 + 15.0 * ((i * 7919) % 13) / 13;
}

static double by_chance(unsigned int i)
{
	return 2 + (double)((i * 7919 % 29) * (i * 104729 % 31)); /* 2 s to 14 min */
}

static double minutely(unsigned int i)
{
	(void)i;
	return 60;
}

static void weighs_a_beat_by_whom_it_calls(void **state)
{
	struct fb_judged named = flow_of(0, "10.0.0.5", "192.0.2.1", 443), unnamed = named,
			 odd = named, dead = vain(0, "10.0.0.5", "192.0.2.1", 443), inward;

	(void)state;
	unnamed.name = odd.name = NULL;
	odd.dport = 4444;
	inward = flow_of(0, "192.0.2.1", "10.0.0.5", 443);
	assert_int_equal(beat(named, minutely), 10);
	assert_int_equal(beat(unnamed, jittered), 15);
	assert_int_equal(beat(odd, jittered), 35);
	assert_int_equal(beat(dead, minutely), 35);
	assert_int_equal(beat(inward, minutely), 10);
	assert_int_equal(beat(odd, by_chance), 0);
}

/* The keepalives of a connection that is told of in parts are no new connections. */
static void takes_parts_of_one_connection_for_one(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow = flow_of(0, "10.0.0.5", "192.0.2.1", 4444);

	(void)state;
	flow.name = NULL;
	flow.result = FB_JUDGED_OTHER;
	for (unsigned int i = 0; i < 50; i++) {
		flow.time_ns += 60 * FB_NS_PER_S;
		assert_int_equal(say(judge, &flow, FB_KIND_BEACON), 0);
	}
	fb_judge_free(judge);
}

static void counts_tries_in_vain(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow;

	(void)state;
	for (unsigned int i = 1; i <= 31; i++) {
		flow = vain(20 * i, "10.0.0.5", "192.0.2.1", 8080);
		flow.sport = (uint16_t)(40000 + i);
		assert_int_equal(say(judge, &flow, FB_KIND_FAILING), i < 10 ? 0 : i < 30 ? 15 : 25);
	}
	/* a SYN that is sent again is no try of its own */
	assert_int_equal(say(judge, &flow, FB_KIND_FAILING), 25);
	flow = vain(5000, "10.0.0.5", "192.0.2.1", 8080);
	assert_int_equal(say(judge, &flow, FB_KIND_FAILING), 0);
	fb_judge_free(judge);
}

/* --- volume ----------------------------------------------------------------------------------- */

static void sees_floods_at_both_ends(void **state)
{
	struct fb_judge *judge = judge_new();
	unsigned int points[3] = {0};
	struct fb_judged flow;
	char text[24];

	(void)state;
	for (unsigned int i = 0; i < 501; i++) {
		flow = vain(i * 0.01, "10.0.0.5", "192.0.2.1", 80);
		points[0] = say(judge, &flow, FB_KIND_FLOOD);
	}
	for (unsigned int i = 0; i < 501; i++) { /* forged sources */
		flow = vain(100 + i * 0.01, host(text, 0, i + 1), "10.0.0.6", 80);
		points[1] = say(judge, &flow, FB_KIND_FLOOD);
	}
	for (unsigned int i = 0; i < 501; i++) {
		flow = vain(200 + i * 0.1, "10.0.0.8", "192.0.2.1", 80);
		points[2] |= say(judge, &flow, FB_KIND_FLOOD);
	}
	assert_int_equal(points[0], 50);
	assert_int_equal(points[1], 50);
	assert_int_equal(points[2], 0);
	flow = vain(300, "10.0.0.9", "192.0.2.9", 7777);
	flow.packets[0] = 60000;
	flow.duration_us = 20000000;
	assert_int_equal(say(judge, &flow, FB_KIND_FLOOD), 50);
	flow = vain(400, "10.0.0.9", "10.0.0.10", 30000); /* a camera's film: nobody answers */
	flow.proto = UDP;
	flow.packets[0] = 40000;
	flow.duration_us = 60000000;
	assert_int_equal(say(judge, &flow, FB_KIND_FLOOD), 0);
	flow.time_ns += 60 * FB_NS_PER_S;
	flow.packets[0] = 400000;
	assert_int_equal(say(judge, &flow, FB_KIND_FLOOD), 50);
	fb_judge_free(judge);
}

static void sees_amplification_of_both_kinds(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow = vain(0, "192.0.2.1", "10.0.0.5", 50000);

	(void)state;
	flow.proto = UDP;
	flow.sport = 53;
	flow.bytes[0] = 60000;
	assert_int_equal(say(judge, &flow, FB_KIND_AMPLIFICATION), 0);
	assert_int_equal(say(judge, &flow, FB_KIND_AMPLIFICATION), 50);
	flow = flow_of(20, "192.0.2.7", "10.0.0.5", 53);
	flow.proto = UDP;
	flow.bytes[0] = 9000;
	flow.bytes[1] = 120000;
	assert_int_equal(say(judge, &flow, FB_KIND_AMPLIFICATION), 25);
	flow = flow_of(40, "10.0.0.6", "192.0.2.53", 53);
	flow.proto = UDP;
	flow.bytes[1] = 120000;
	assert_int_equal(say(judge, &flow, FB_KIND_AMPLIFICATION), 0);
	fb_judge_free(judge);
}

static void knows_a_host_s_habit(void **state)
{
	struct fb_judge *judge = judge_new();
	unsigned int points = 0, early = 0;
	char text[24];

	(void)state;
	for (unsigned int minute = 0; minute < 90; minute++)
		for (unsigned int i = 0; i < 3 + minute % 4; i++) {
			struct fb_judged flow =
				flow_of(minute * 60 + i, "10.0.0.5", host(text, 0, i + 1), 443);

			early |= say(judge, &flow, FB_KIND_FREQUENCY);
		}
	for (unsigned int i = 0; i < 120; i++) {
		struct fb_judged flow =
			flow_of(90 * 60 + 1.45 * i, "10.0.0.5", host(text, 0, i + 1), 443);

		points = say(judge, &flow, FB_KIND_FREQUENCY);
		if (i == 40)
			early |= points; /* a page */
	}
	assert_int_equal(early, 0);
	assert_int_equal(points, 15);
	fb_judge_free(judge);
}

/* Connections of one host in each of so many minutes from `at` on; what the last is worth. */
static unsigned int open_minutes(struct fb_judge *judge, double at, unsigned int minutes,
				 unsigned int in_each, struct fb_judgement *ret_judgement)
{
	char text[24];

	for (unsigned int i = 0; i < minutes * in_each; i++) {
		struct fb_judged flow = flow_of(at + i * 60.0 / in_each, "10.0.0.5",
						host(text, 0, 1 + i % in_each), 443);

		fb_judge_whole(judge, &flow, ret_judgement);
	}
	return points_of(ret_judgement, FB_KIND_FREQUENCY);
}

static const char *why_of(const struct fb_judgement *judgement, enum fb_judge_kind kind,
			  char text[static FB_SENTENCE_LEN])
{
	const struct fb_judged flow = {.family = 4};

	for (unsigned int i = 0; i < judgement->n; i++)
		if (judgement->evidence[i].kind == kind)
			return fb_evidence_text(&judgement->evidence[i], &flow, text);
	return "";
}

/* Each day for an hour it opens forty a minute, else two: after days that is its habit. */
static void learns_a_host_s_hours(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judgement judgement;
	char text[FB_SENTENCE_LEN];
	const double day = 86400, hour = 8000; /* 16:00 of a day that begins at 13:46 */

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		open_minutes(judge, i * day + 801, 119, 2, &judgement);
		assert_int_equal(open_minutes(judge, i * day + hour, 5, 40, &judgement),
				 i < 3 ? 15 : 0);
		if (i == 0)
			assert_non_null(strstr(why_of(&judgement, FB_KIND_FREQUENCY, text),
					       "still learned"));
		open_minutes(judge, i * day + hour + 300, 55, 40, &judgement);
	}
	/* that is not: ... */
	assert_int_equal(open_minutes(judge, 5 * day + hour, 4, 400, &judgement), 15);
	assert_non_null(
		strstr(why_of(&judgement, FB_KIND_FREQUENCY, text),
		       "400 connections of this host in a minute, usual at this hour is 4"));
	assert_int_equal(fb_baseline_state(fb_judge_baseline(judge)).learned, 1);
	fb_judge_free(judge);
}

/* By the hour where the host is, which its caller knows. */
static void goes_by_the_clock_on_the_wall(void **state)
{
	int64_t ahead_s = 0;
	const struct fb_judge_opts opts = {.ahead_s = &ahead_s};
	const double day = 86400, hour = 8000;
	struct fb_judgement judgement;
	struct fb_judge *judge;

	(void)state;
	assert_int_equal(fb_judge_new(&opts, &judge), 0);
	for (unsigned int i = 0; i < 4; i++) {
		open_minutes(judge, i * day + 801, 119, 2, &judgement);
		open_minutes(judge, i * day + hour, 60, 40, &judgement);
	}
	assert_int_equal(open_minutes(judge, 4 * day + hour, 5, 40, &judgement), 0);
	ahead_s = 6 * 3600;
	assert_int_equal(open_minutes(judge, 4 * day + hour + 7200, 5, 40, &judgement), 15);
	fb_judge_free(judge);
}

static unsigned int send(struct fb_judge *judge, double at, uint64_t bytes,
			 struct fb_judgement *ret_judgement)
{
	struct fb_judged flow = flow_of(at, "10.0.0.5", "192.0.2.1", 443);
	struct fb_judge_told told = {.events = FB_TOLD_COUNTED};
	unsigned int early;

	flow.bytes[0] = bytes;
	*ret_judgement = (struct fb_judgement){0};
	fb_judge_opened(judge, &flow, ret_judgement);
	fb_judge_result(judge, &flow, ret_judgement);
	told.flow = &flow;
	told.judgement = ret_judgement;
	fb_judge_tell(judge, &told, 1);
	early = points_of(ret_judgement, FB_KIND_EXFIL);
	fb_judge_ended(judge, &flow, ret_judgement);
	/* while it goes on as at its end, and it counts once */
	assert_int_equal(points_of(ret_judgement, FB_KIND_EXFIL), early);
	return early;
}

/* What it sends each day at that hour is no news, and a tenth more is none; at another hour it is.
 */
static void learns_what_a_host_sends(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judgement judgement;
	char text[FB_SENTENCE_LEN];
	const double day = 86400;

	(void)state;
	open_minutes(judge, 0, 62, 2, &judgement);
	for (unsigned int i = 0; i < 6; i++) {
		open_minutes(judge, i * day + 7200, 62, 2, &judgement);
		assert_int_equal(send(judge, i * day + 9000, 60000000, &judgement), i < 3 ? 10 : 0);
	}
	assert_int_equal(send(judge, 6 * day + 9000, 66000000, &judgement), 0);
	assert_int_equal(send(judge, 6 * day + 9100, 400000000, &judgement), 25);
	assert_string_equal(
		why_of(&judgement, FB_KIND_EXFIL, text),
		"466,000,000 bytes of this host went out within the hour, usual at this "
		"hour is 56 to 57 MB");
	fb_judge_free(judge);
}

/* --- one connection, one fact ----------------------------------------------------------------- */

static void says_each_fact(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow = flow_of(0, "10.0.0.5", "192.0.2.1", 443);

	(void)state;
	assert_int_equal(say(judge, &flow, FB_KIND_NEW), 0); /* nothing is known yet */
	flow = flow_of(4000, "10.0.0.5", "192.0.2.2", 443);
	flow.ja4 = 7;
	assert_int_equal(say(judge, &flow, FB_KIND_NEW), 5);
	assert_int_equal(say(judge, &flow, FB_KIND_NEW), 0);
	flow.name = NULL;
	assert_int_equal(say(judge, &flow, FB_KIND_NONAME), 5);
	assert_int_equal(say(judge, &flow, FB_KIND_JA4), 0); /* it was shown before */
	flow.ja4 = 8;
	assert_int_equal(say(judge, &flow, FB_KIND_JA4), 15);
	flow.dport = 4444;
	assert_int_equal(say(judge, &flow, FB_KIND_NONAME), 10);
	assert_int_equal(say(judge, &flow, FB_KIND_PORT), 20);
	flow.proto = UDP;
	flow.l7 = FB_JUDGED_QUIC;
	assert_int_equal(say(judge, &flow, FB_KIND_PORT), 0);
	flow = flow_of(4010, "10.0.0.5", "192.0.2.1", 443);
	flow.unexplained = true;
	flow.listed = true;
	flow.duration_us = 13ull * 3600 * 1000000;
	assert_int_equal(say(judge, &flow, FB_KIND_UNEXPLAINED), 10);
	assert_int_equal(say(judge, &flow, FB_KIND_LIST), 50);
	assert_int_equal(say(judge, &flow, FB_KIND_LONG), 5);
	flow.bytes[0] = 60000000;
	assert_int_equal(say(judge, &flow, FB_KIND_EXFIL), 10); /* as a backup */
	flow.dport = 4444;
	flow.name = NULL;
	assert_int_equal(say(judge, &flow, FB_KIND_EXFIL), 25);
	flow.bytes[1] = 7000000;
	assert_int_equal(say(judge, &flow, FB_KIND_EXFIL), 0);
	fb_judge_free(judge);
}

/* Of them most are at the port that its program has by itself, and gone. */
static void leaves_peers_alone(void **state)
{
	(void)state;
	for (int shares = 0; shares < 2; shares++) {
		struct fb_judge *judge = judge_new();
		unsigned int most = 0;
		char peer[48];

		for (uint16_t i = 0; shares && i < 8; i++) {
			struct fb_judged flow =
				flow_of(i, "10.0.0.5", "192.0.2.1", (uint16_t)(20000 + 97 * i));

			flow.name = NULL;
			assert_int_equal(say(judge, &flow, FB_KIND_SCAN), 0);
		}
		for (unsigned int i = 0; i < 20; i++) {
			struct fb_judged flow;
			unsigned int points;

			snprintf(peer, sizeof(peer), "198.51.100.%u", i);
			flow = vain(10 + i, "10.0.0.5", peer, 6881);
			points = say(judge, &flow, FB_KIND_SCAN);
			most = points > most ? points : most;
		}
		assert_int_equal(most, shares ? 0 : 50);
		fb_judge_free(judge);
	}
}

static void takes_many_odd_ports_for_sharing(void **state)
{
	struct fb_judge *judge = judge_new();

	(void)state;
	for (uint16_t i = 0; i < 10; i++) {
		struct fb_judged flow = flow_of(i, "10.0.0.5", "192.0.2.1", 20000 + i);

		flow.name = NULL;
		assert_int_equal(say(judge, &flow, FB_KIND_PORT), i < 5 ? 20 : 5);
		flow.src[15]++; /* of another host they count anew */
		flow.dport = 4444;
		assert_int_equal(say(judge, &flow, FB_KIND_PORT), 20);
	}
	fb_judge_free(judge);
}

static void sees_one_host_log_in_everywhere(void **state)
{
	struct fb_judge *judge = judge_new();
	char text[24];

	(void)state;
	for (unsigned int i = 1; i <= 5; i++) {
		struct fb_judged flow = flow_of(10 * i, "10.0.0.5", host(text, 10, 256 + i), 3389);

		assert_int_equal(say(judge, &flow, FB_KIND_LATERAL), i == 5 ? 25 : 0);
	}
	fb_judge_free(judge);
}

static void leaves_groups_alone(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow = vain(0, "192.0.2.1", "239.1.2.3", 23);
	struct fb_judgement judgement;

	(void)state;
	fb_judge_whole(judge, &flow, &judgement);
	assert_int_equal(judgement.risk, 0);
	flow = vain(1, "192.0.2.1", "10.0.0.255", 23);
	fb_judge_whole(judge, &flow, &judgement);
	assert_int_equal(judgement.risk, 0);
	fb_judge_free(judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_closed_ports_from_served_ones),
		cmocka_unit_test(calls_who_tries_three_ports_a_scanner_for_an_hour),
		cmocka_unit_test(walks_the_odds_by_port),
		cmocka_unit_test(leaves_whom_somebody_asked_for),
		cmocka_unit_test(sees_a_host_searched_and_a_net_pinged),
		cmocka_unit_test(leaves_who_watches_hosts),
		cmocka_unit_test(weighs_a_beat_by_whom_it_calls),
		cmocka_unit_test(takes_parts_of_one_connection_for_one),
		cmocka_unit_test(counts_tries_in_vain),
		cmocka_unit_test(sees_floods_at_both_ends),
		cmocka_unit_test(sees_amplification_of_both_kinds),
		cmocka_unit_test(knows_a_host_s_habit),
		cmocka_unit_test(learns_a_host_s_hours),
		cmocka_unit_test(goes_by_the_clock_on_the_wall),
		cmocka_unit_test(learns_what_a_host_sends),
		cmocka_unit_test(says_each_fact),
		cmocka_unit_test(leaves_peers_alone),
		cmocka_unit_test(takes_many_odd_ports_for_sharing),
		cmocka_unit_test(sees_one_host_log_in_everywhere),
		cmocka_unit_test(leaves_groups_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
