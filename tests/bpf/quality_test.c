/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel half says of a connection's quality: scripts of segments, as a capture's (at
 * their times, the long way) and as packets (the short way), give the same counts; delays are those
 * of the script; a row's quality is its own.
 */
#include "bpf/dp.h"

#define CLI   "10.0.0.1"
#define SRV   "192.0.2.9"
#define CLI6  "2001:db8::1"
#define SRV6  "2001:db8::9"

#define SYN   PKT_TCP_SYN
#define ACK   PKT_TCP_ACK
#define FIN   PKT_TCP_FIN
#define RST   PKT_TCP_RST
#define US    1000ull

#define STEPS 20

/* Numbers are relative to the sender's SYN; `from` 0: the client. */
struct step {
	unsigned int us; /* after the step before */
	int from;
	uint8_t flags;
	int seq, ack;
	unsigned int len;
	uint16_t window;
	unsigned int segs;
};

struct expected {
	unsigned int retrans[2], reordered[2], zero_windows[2];
};

struct script {
	const char *name;
	bool timed; /* what it expects depends on its times */
	struct expected expected;
	struct step step[STEPS];
};

#define OPENING                                                                                    \
	{0, 0, SYN, 0, 0, 0, 100, 0}, {9000, 1, SYN | ACK, 0, 1, 0, 100, 0},                       \
		{1000, 0, ACK, 1, 1, 0, 100, 0}
#define DATA(us, from, seq, len) {us, from, ACK, seq, 1, len, 100, 0}

static const struct script scripts[] = {
	{"in order",
	 false,
	 {},
	 {OPENING, DATA(10, 0, 1, 100), DATA(10, 0, 101, 100), DATA(10, 1, 1, 50)}},
	{"an ACK again",
	 false,
	 {},
	 {OPENING, DATA(10, 0, 1, 0), DATA(10, 0, 1, 0), DATA(10, 0, 1, 0)}},
	{"sent again",
	 false,
	 {.retrans = {1}},
	 {OPENING, DATA(10, 0, 1, 100), DATA(10, 0, 101, 100), DATA(10000, 0, 1, 100)}},
	{"sent again by the server",
	 false,
	 {.retrans = {0, 2}},
	 {OPENING, DATA(10, 1, 1, 100), DATA(10000, 1, 1, 100), DATA(20000, 1, 1, 100)}},
	{"all again, and more",
	 false,
	 {.retrans = {1}},
	 {OPENING, DATA(10, 0, 1, 100), DATA(10, 0, 1, 300), DATA(10, 0, 301, 10)}},
	{"SYN again",
	 false,
	 {.retrans = {1}},
	 {{0, 0, SYN, 0, 0, 0, 100, 0}, {1000000, 0, SYN, 0, 0, 0, 100, 0}}},
	{"SYN-ACK again",
	 false,
	 {.retrans = {0, 1}},
	 {{0, 0, SYN, 0, 0, 0, 100, 0},
	  {9, 1, SYN | ACK, 0, 1, 0, 100, 0},
	  {1000000, 1, SYN | ACK, 0, 1, 0, 100, 0}}},
	{"another SYN is none again",
	 false,
	 {},
	 {{0, 0, SYN, 0, 0, 0, 100, 0},
	  {9, 0, SYN, -5000000, 0, 0, 100, 0},
	  {9, 0, SYN, 5000000, 0, 0, 100, 0}}},
	{"FIN again",
	 false,
	 {.retrans = {1}},
	 {OPENING, {10, 0, FIN | ACK, 1, 1, 0, 100, 0}, {10000, 0, FIN | ACK, 1, 1, 0, 100, 0}}},
	{"a reset is no data",
	 false,
	 {},
	 {OPENING, DATA(10, 0, 1, 100), {10, 0, RST, 1, 0, 20, 0, 0}, {9, 1, RST, 0, 0, 0, 0, 0}}},
	{"keepalives",
	 false,
	 {},
	 {OPENING,
	  DATA(10, 0, 1, 100),
	  {10, 1, ACK, 1, 101, 0, 100, 0},
	  DATA(10, 0, 100, 0),
	  DATA(10, 0, 100, 1),
	  {10, 1, ACK, 1, 101, 0, 100, 0},
	  DATA(10, 0, 100, 1),
	  DATA(10, 0, 101, 100)}},
	{"a byte that nobody acknowledged again",
	 false,
	 {.retrans = {1}},
	 {OPENING, DATA(10, 0, 1, 1), DATA(10000, 0, 1, 1)}},
	{"zero window and its probes",
	 false,
	 {.zero_windows = {0, 1}},
	 {OPENING,
	  DATA(10, 0, 1, 100),
	  {10, 1, ACK, 1, 101, 0, 0, 0},
	  DATA(10, 0, 100, 0),
	  {10, 1, ACK, 1, 101, 0, 0, 0},
	  DATA(10, 0, 101, 1),
	  DATA(10, 0, 101, 1),
	  {10, 1, ACK, 1, 101, 0, 50, 0},
	  DATA(10, 0, 101, 100)}},
	{"closed twice",
	 false,
	 {.zero_windows = {2}},
	 {OPENING,
	  {9, 0, ACK, 1, 1, 0, 0, 0},
	  {9, 0, ACK, 1, 1, 0, 0, 0},
	  {9, 0, ACK, 1, 1, 0, 9, 0},
	  {9, 0, ACK, 1, 1, 0, 0, 0}}},
	{"super-packets",
	 false,
	 {.retrans = {3}},
	 {OPENING,
	  {10, 0, ACK, 1, 1, 300, 100, 3},
	  DATA(10, 0, 301, 100),
	  {10000, 0, ACK, 1, 1, 300, 100, 3}}},
	{"late, not lost",
	 true,
	 {.reordered = {1}},
	 {OPENING, DATA(10, 0, 1, 100), DATA(10, 0, 201, 100), DATA(100, 0, 101, 100),
	  DATA(10, 0, 301, 100)}},
	{"lost before us",
	 true,
	 {.retrans = {1}},
	 {OPENING, DATA(10, 0, 1, 100), DATA(10, 0, 201, 100), DATA(11000, 0, 101, 100),
	  DATA(10, 0, 301, 100)}},
	{"lost behind us while another is late",
	 true,
	 {.retrans = {1}, .reordered = {1}},
	 {OPENING, DATA(10, 0, 1, 100), DATA(10, 0, 201, 100), DATA(10, 0, 1, 100),
	  DATA(10, 0, 101, 100)}},
	{"a stray far away",
	 false,
	 {.retrans = {1}},
	 {OPENING, DATA(10, 0, 1, 100), DATA(10, 0, 500000000, 100), DATA(10, 0, 101, 100),
	  DATA(9000, 0, 1, 100)}},
	{"goes on far away",
	 false,
	 {.retrans = {1}},
	 {OPENING, DATA(10, 0, 1, 100), DATA(10, 0, 500000000, 100), DATA(10, 0, 500000100, 100),
	  DATA(10, 0, 500000200, 100), DATA(9000, 0, 500000000, 100)}},
};

static void send_step(struct dp *dp, const struct step *s, int six, uint32_t isn)
{
	const char *cli = six ? CLI6 : CLI, *srv = six ? SRV6 : SRV;
	struct pkt p = {};

	pkt_eth_ip(&p, s->from ? srv : cli, s->from ? cli : srv, 6);
	pkt_tcp(&p, s->from ? 443 : 40000, s->from ? 40000 : 443, s->flags, isn + (uint32_t)s->seq,
		isn + (uint32_t)s->ack);
	pkt_put16(p.data + p.l4 + 14, s->window);
	pkt_fill(&p, s->len);
	pkt_end(&p);
	dp->tstamp += s->us * US;
	dp->gso_segs = s->segs;
	dp->gso_size = s->segs ? s->len / s->segs : 0;
	dp_send(dp, s->from, &p);
}

static const struct fb_quality_dir *of(struct dp *dp, int six, int from)
{
	int dir;
	const struct fb_row *row =
		dp_find(dp, six ? CLI6 : CLI, six ? SRV6 : SRV, 40000, 443, 6, &dir);

	assert_non_null(row);
	return &dp->quality[row - dp->rows].dir[dir ^ from];
}

static void equal(const char *what, const char *name, int from, unsigned int got, unsigned int want)
{
	if (got != want)
		fail_msg("%s: %s from %s is %u, not %u", name, what, from ? "server" : "client",
			 got, want);
}

static void play(struct dp *dp, const struct script *script, int six, uint32_t isn)
{
	for (size_t i = 0; i < STEPS && script->step[i].flags; i++) {
		send_step(dp, &script->step[i], six, isn);
		dp->rows[0].inspect =
			FB_INSPECT_DONE; /* packets of such rows are the short way's */
	}
	for (int from = 0; from < 2; from++) {
		const struct fb_quality_dir *q = of(dp, six, from);

		equal("retrans", script->name, from, q->retrans, script->expected.retrans[from]);
		equal("reordered", script->name, from, q->reordered,
		      script->expected.reordered[from]);
		equal("zero windows", script->name, from, q->zero_windows,
		      script->expected.zero_windows[from]);
	}
}

static void run_scripts(bool replay)
{
	/* the second one wraps in the middle of most scripts */
	static const uint32_t isn[] = {1000, 0xffffff80};
	struct dp dp;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		for (int six = 0; six < 2; six++) {
			if (scripts[i].timed && !replay)
				continue;
			dp_open(&dp,
				(struct fb_knobs){.inspect = 1, .quality = 1, .replay = replay}, 0);
			dp.tstamp = 1700000000000000000ull;
			play(&dp, &scripts[i], six, isn[six]);
			dp_conserves(&dp);
			dp_close(&dp);
		}
}

static void scripts_of_a_capture(void **state)
{
	(void)state;
	run_scripts(true);
}

static void scripts_of_packets(void **state)
{
	(void)state;
	run_scripts(false);
}

/* 9 ms from here to the server, 1 ms to the client; then 19 ms, and one delayed ACK. */
static void delays_are_the_paths(void **state)
{
	static const struct step steps[] = {
		OPENING,
		DATA(1000, 0, 1, 100),
		{19000, 1, ACK, 1, 101, 0, 100, 0},
		DATA(1000, 0, 101, 100),
		{59000, 1, ACK, 1, 201, 0, 100, 0},
	};
	const struct fb_quality_dir *q;
	struct dp dp;

	(void)state;
	dp_open(&dp, (struct fb_knobs){.inspect = 1, .quality = 1, .replay = 1}, 0);
	dp.tstamp = 1700000000000000000ull;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		send_step(&dp, &steps[i], 0, 7);
		if (i == 2) {
			assert_int_equal(of(&dp, 0, 0)->delay, 9000);
			assert_int_equal(of(&dp, 0, 0)->jitter, 0);
		}
	}
	q = of(&dp, 0, 0);
	assert_int_equal(q->delay_min, 9000);
	assert_int_equal(q->delay, 9000 + 10000 / 8 + (59000 - 10250) / 8);
	assert_int_equal(q->jitter, 10000 + (48750 - 10000) / 4);
	assert_int_equal(of(&dp, 0, 1)->delay, 1000);
	dp_close(&dp);
}

/* The ACK of what was sent twice tells no delay; nor does one while a gap is open. */
static void what_is_unclear_is_no_sample(void **state)
{
	static const struct step steps[] = {
		OPENING,
		DATA(1000, 0, 1, 100),
		DATA(50000, 0, 1, 100),
		{9000, 1, ACK, 1, 101, 0, 100, 0},
		DATA(1000, 0, 201, 100), /* 101 is missing */
		DATA(1000, 0, 301, 100),
		DATA(80000, 0, 101, 100),
		{9000, 1, ACK, 1, 401, 0, 100, 0},
	};
	struct dp dp;

	(void)state;
	dp_open(&dp, (struct fb_knobs){.inspect = 1, .quality = 1, .replay = 1}, 0);
	dp.tstamp = 1700000000000000000ull;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		send_step(&dp, &steps[i], 0, 7);
	assert_int_equal(of(&dp, 0, 0)->delay, 9000);
	assert_int_equal(of(&dp, 0, 0)->jitter, 0);
	assert_int_equal(of(&dp, 0, 0)->retrans, 2);
	dp_close(&dp);
}

/* A connection on an old 5-tuple begins anew; what the other hook sees again is not sent again. */
static void a_row_has_its_own(void **state)
{
	static const struct script lossy = {"lossy",
					    false,
					    {.retrans = {1}, .zero_windows = {0, 1}},
					    {OPENING,
					     DATA(10, 0, 1, 100),
					     DATA(10000, 0, 1, 100),
					     {9, 1, ACK, 1, 101, 0, 0, 0},
					     {9, 0, FIN | ACK, 101, 1, 0, 100, 0},
					     {9, 1, FIN | ACK, 1, 102, 0, 0, 0}}};
	static const struct script clean = {"clean", false, {}, {OPENING, DATA(10, 0, 1, 100)}};
	const struct step data = DATA(10, 0, 101, 100);
	struct pkt p = {};
	struct dp dp;

	(void)state;
	dp_open(&dp, (struct fb_knobs){.inspect = 1, .quality = 1}, 0);
	play(&dp, &lossy, 0, 1000);
	play(&dp, &clean, 0, 90000);
	assert_int_equal(dp_live(&dp), 2);
	send_step(&dp, &data, 0, 90000);
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, CLI, SRV, 6);
	pkt_tcp(&p, 40000, 443, ACK, 90101, 90001);
	pkt_fill(&p, 100);
	pkt_end(&p);
	dp_send(&dp, 1, &p);
	assert_int_equal(of(&dp, 0, 0)->retrans, 0);
	dp_conserves(&dp);
	dp_close(&dp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_of_a_capture),
		cmocka_unit_test(scripts_of_packets),
		cmocka_unit_test(delays_are_the_paths),
		cmocka_unit_test(what_is_unclear_is_no_sample),
		cmocka_unit_test(a_row_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
