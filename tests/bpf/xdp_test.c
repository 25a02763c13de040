/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XDP drops what TC would, by the same rules, and nothing else: counted at the rule, and in the
 * books as `blocked_xdp`. Mutated frames of all shapes go through both.
 */
#include <time.h>

#include "bpf/dp.h"
#include "bpf/shapes.h"
#include "bpf/xdp_dp.h"

#define RULE   7
#define SHOT   2
#define FRAMES 20000
#define CLI    "10.0.0.1"
#define BAD    "192.0.2.9"
#define BAD6   "2001:db8:9::9"

static struct dp dp;
static struct bpf_object *object;
static int xdp;

static void shut_out(const char *addr, uint8_t bits)
{
	struct fb_net_key key = {.bits = bits};
	const bool six = strchr(addr, ':');
	const uint32_t number = RULE;

	if (!six)
		key.addr[10] = key.addr[11] = 0xff;
	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, addr, key.addr + (six ? 0 : 12)), 1);
	assert_int_equal(bpf_map_update_elem(dp_map(&dp, "fb_nets"), &key, &number, BPF_ANY), 0);
}

static int start(void **state)
{
	(void)state;
	dp_open(&dp, (struct fb_knobs){.quality = 1}, 0);
	object = xdp_open(&dp);
	xdp = xdp_prog(object);
	dp.rules[RULE].until = UINT64_MAX;
	dp.rules[RULE].verdict = FB_VERDICT_DROP;
	shut_out(BAD, 128);
	shut_out("2001:db8:9::", 48);
	dp.state->nets = 1;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	dp_conserves(&dp);
	bpf_object__close(object);
	dp_close(&dp);
	return 0;
}

static int judged(const char *src, const char *dst, uint16_t port)
{
	struct pkt p = pkt_datagram(src, dst, port);

	return xdp_run(xdp, p.data, p.len);
}

static void drops_by_either_end(void **state)
{
	struct fb_xdp_count count;

	(void)state;
	assert_int_equal(judged(CLI, BAD, 99), XDP_TAKEN);
	assert_int_equal(judged(BAD, CLI, 99), XDP_TAKEN);
	assert_int_equal(judged("2001:db8::1", BAD6, 99), XDP_TAKEN);
	assert_int_equal(judged(CLI, "192.0.2.8", 99), XDP_LEFT);
	assert_int_equal(judged("2001:db8::1", "2001:db8::2", 99), XDP_LEFT);
	count = xdp_count(&dp, RULE);
	assert_int_equal(count.packets, 3);
	assert_int_equal(count.bytes, 78 + 78 + 98);
	assert_int_not_equal(count.last, 0);
	assert_int_equal(dp.rules[RULE].packets, 0);
	assert_int_equal(dp_stat(&dp, FB_STAT_blocked_xdp), 3);
	assert_int_equal(dp_stat(&dp, FB_STAT_seen), 3);
	assert_int_equal(dp_used(&dp), 0);
}

static void obeys_what_ends_rules(void **state)
{
	(void)state;
	dp.state->no_verdicts = 1;
	assert_int_equal(judged(CLI, BAD, 99), XDP_LEFT);
	dp.state->no_verdicts = 0;
	assert_int_equal(judged(CLI, BAD, 99), XDP_TAKEN);
	dp.rules[RULE].until = 1; /* long ago */
	assert_int_equal(judged(CLI, BAD, 99), XDP_LEFT);
	dp.rules[RULE].until = UINT64_MAX;
	dp.state->nets = 0;
	assert_int_equal(judged(CLI, BAD, 99), XDP_LEFT);
	dp.state->nets = 1;
	dp_link(&dp, 0, 14); /* not an interface of ours */
	assert_int_equal(judged(CLI, BAD, 99), XDP_LEFT);
}

/* What keeps a network going, and connections that were spared or are to be reset. */
static void spares(void **state)
{
	struct pkt p = pkt_datagram(CLI, BAD, 2000);

	(void)state;
	assert_int_equal(judged(CLI, BAD, 67), XDP_LEFT);
	assert_int_equal(judged(CLI, BAD, 123), XDP_LEFT);
	assert_int_equal(judged("fe80::1", BAD6, 547), XDP_LEFT);
	dp.state->nets = 0;
	dp_send(&dp, 0, &p);
	dp.state->nets = 1;
	assert_int_equal(judged(CLI, BAD, 2000), XDP_LEFT);
	assert_int_equal(judged(CLI, BAD, 2001), XDP_TAKEN);
	dp.rows[0].inspect |= FB_VERDICT_DROP;
	assert_int_equal(judged(CLI, BAD, 2000), XDP_TAKEN);
	dp.rows[0].inspect |= FB_VERDICT_RESET;
	assert_int_equal(judged(CLI, BAD, 2000), XDP_LEFT);
}

static struct pkt tagged(uint16_t outer, uint16_t inner)
{
	struct pkt p = {};

	pkt_eth(&p, 0x88a8);
	pkt_tag(&p, outer, 0x8100);
	pkt_tag(&p, inner, 0x0800);
	pkt_ip4_options(&p, CLI, BAD, 17, 8);
	pkt_udp(&p, 40000, 99);
	pkt_fill(&p, 20);
	pkt_end(&p);
	return p;
}

/* Of a VLAN that TC knows its rows are found; junk tags make no numbers. */
static void reads_tags(void **state)
{
	struct pkt p = tagged(7, 8);
	uint64_t lanes;

	(void)state;
	lanes = dp.state->lanes;
	assert_int_equal(xdp_run(xdp, p.data, p.len), XDP_TAKEN);
	assert_int_equal(dp.state->lanes, lanes);
	dp.state->nets = 0;
	dp_send(&dp, 0, &p);
	dp.state->nets = 1;
	assert_int_equal(xdp_run(xdp, p.data, p.len), XDP_LEFT);
	p = tagged(7, 9);
	assert_int_equal(xdp_run(xdp, p.data, p.len), XDP_TAKEN);
	p = tagged(0, 8); /* a priority and a VLAN */
	assert_int_equal(xdp_run(xdp, p.data, p.len), XDP_TAKEN);
}

static struct pkt fragment(const char *dst, uint16_t id, uint16_t offset)
{
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, CLI, dst, 17);
	pkt_ip4_fragment(&p, id, offset, offset == 0);
	pkt_udp(&p, 40000, 2000);
	pkt_fill(&p, 40);
	pkt_end(&p);
	return p;
}

/* A later one goes where its first went. */
static void takes_fragments_alike(void **state)
{
	struct pkt first = fragment(BAD, 1, 0), later = fragment(BAD, 1, 6);

	(void)state;
	assert_int_equal(xdp_run(xdp, first.data, first.len), XDP_TAKEN);
	assert_int_equal(xdp_run(xdp, later.data, later.len), XDP_TAKEN);
	dp.state->nets = 0;
	dp_send(&dp, 0, &first);
	dp.state->nets = 1;
	assert_int_equal(xdp_run(xdp, first.data, first.len), XDP_LEFT);
	assert_int_equal(xdp_run(xdp, later.data, later.len), XDP_LEFT);
}

/* In several buffers: its length is that of all. */
static void reads_large_frames(void **state)
{
	static uint8_t frame[9014];
	struct pkt p = pkt_datagram(CLI, BAD, 99);

	(void)state;
	memcpy(frame, p.data, p.len);
	pkt_put16(frame + 16, 9000);
	pkt_put16(frame + 38, 8980);
	assert_int_equal(xdp_run(xdp, frame, sizeof(frame)), XDP_TAKEN);
	assert_int_equal(xdp_count(&dp, RULE).bytes, 9000);
	pkt_put16(frame + 16, 9001); /* more than there is: TC tells */
	assert_int_equal(xdp_run(xdp, frame, sizeof(frame)), XDP_LEFT);
}

static void mutate(struct pkt *p)
{
	for (uint32_t n = pkt_below(3); n; n--) {
		uint32_t at = 12 + pkt_below(60);

		if (at < p->len)
			p->data[at] = (uint8_t)pkt_below(256);
	}
	if (!pkt_below(4))
		p->len = 60 + pkt_below(p->len > 60 ? p->len - 60 : 1);
}

/* True: XDP took it. TC, which sees it here all the same, has to say the same of it. */
static bool agree(const struct pkt *p)
{
	const uint64_t before = dp_stats(&dp, DP_LINK, 0).bytes[FB_STAT_blocked];
	const uint64_t own = dp_stats(&dp, DP_LINK, 0).bytes[FB_STAT_blocked_xdp];
	const uint64_t loose = dp_stat(&dp, FB_STAT_fragment);
	struct __sk_buff skb = {.ifindex = DP_IFINDEX};
	const int by_xdp = xdp_run(xdp, p->data, p->len);
	int by_tc;

	if (by_xdp < 0)
		return false;
	by_tc = dp_run(dp.prog[0], p->data, p->len, &skb);
	if (by_xdp != XDP_TAKEN)
		return false;
	/* a fragment whose first one was dropped passes TC, as nobody's */
	assert_true(by_tc == SHOT || dp_stat(&dp, FB_STAT_fragment) > loose);
	if (by_tc == SHOT)
		assert_int_equal(dp_stats(&dp, DP_LINK, 0).bytes[FB_STAT_blocked] - before,
				 dp_stats(&dp, DP_LINK, 0).bytes[FB_STAT_blocked_xdp] - own);
	return true;
}

static void takes_what_tc_would(void **state)
{
	unsigned int taken = 0, shot;
	struct pkt p;

	(void)state;
	shut_out(SHAPE_SRC4, 128); /* either end of all shapes */
	shut_out(SHAPE_SRC6, 128);
	for (int i = 0; i < FRAMES; i++) {
		const struct shape *shape = &shapes[pkt_below(SHAPES)];

		p = (struct pkt){};
		shape->build(&p);
		pkt_end(&p);
		if (i >= (int)SHAPES * 20)
			mutate(&p);
		taken += agree(&p);
	}
	shot = (unsigned int)dp_stat(&dp, FB_STAT_blocked);
	print_message("# %u of %u frames, of which TC drops %u\n", taken, FRAMES, shot);
	assert_true(taken > shot / 2);
}

/* As the Makefile builds it, with either compiler: the verifier takes it. */
static void built_by(void **state)
{
	static const char *const compilers[] = {"clang-14", "clang-19"};
	char command[1024], path[256];

	(void)state;
	if (getenv("FLOWBPF_XDP_OBJECT"))
		skip();
	for (int i = 0; i < 2; i++) {
		struct bpf_object *built;

		snprintf(command, sizeof(command), "command -v %s >/dev/null", compilers[i]);
		if (system(command))
			continue;
		snprintf(path, sizeof(path), "build/tests/bpf/%s.xdp.o", compilers[i]);
		snprintf(command, sizeof(command),
			 "%s -O2 -g -fno-strict-aliasing -target bpf -mcpu=v3 -std=gnu11 -Iinclude "
			 "-Ibpf -Ivmlinux -Wall -Wextra -Werror -Wno-unused-parameter -c -o %s "
			 "bpf/xdp.bpf.c && llvm-strip -g %s",
			 compilers[i], path, path);
		assert_int_equal(system(command), 0);
		setenv("FLOWBPF_XDP_OBJECT", path, 1);
		built = xdp_open(&dp);
		unsetenv("FLOWBPF_XDP_OBJECT");
		bpf_object__close(built);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(drops_by_either_end, start, stop),
		cmocka_unit_test_setup_teardown(obeys_what_ends_rules, start, stop),
		cmocka_unit_test_setup_teardown(spares, start, stop),
		cmocka_unit_test_setup_teardown(reads_tags, start, stop),
		cmocka_unit_test_setup_teardown(takes_fragments_alike, start, stop),
		cmocka_unit_test_setup_teardown(reads_large_frames, start, stop),
		cmocka_unit_test_setup_teardown(takes_what_tc_would, start, stop),
		cmocka_unit_test_setup_teardown(built_by, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
