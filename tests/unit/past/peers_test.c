/* SPDX-License-Identifier: BSD-2-Clause */
// link: past flow util
/* New destinations of hosts: told after an hour of watching, of one owner once, within bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "past/peers.h"
#include "unit/fake.h"

#define S    1000000000ull
#define HOUR (3600 * S)

static struct fb_new_peer list[FB_PEERS_NEW];

static void set_addr(uint8_t addr[static 16], uint32_t ip)
{
	memset(addr, 0, 16);
	addr[10] = addr[11] = 0xff;
	for (int i = 0; i < 4; i++)
		addr[12 + i] = (uint8_t)(ip >> (24 - 8 * i));
}

static struct fb_flow_names *named(const char *text)
{
	struct fb_flow_names *names = calloc(1, sizeof(*names) + sizeof(*names->name));

	names->n = 1;
	names->name[0] = (struct fb_flow_name){
		.text = text, .source = FB_NAME_SNI, .len = (uint8_t)strlen(text)};
	return names;
}

/* A flow that begins, is answered and ends in this tick. */
static void see(struct fb_peers *peers, struct fake *fake, uint32_t src, uint32_t dst,
		const char *name)
{
	struct fb_flow *flow = fake_flow(fake, 0);
	uint32_t ended = 0;

	*flow = (struct fb_flow){
		.id = 1,
		.family = 4,
		.proto = 6,
		.dst_port = 443,
		.first_seen = fake->snapshot.now_ns,
		.scope = dst >> 24 == 10 ? FB_SCOPE_INTERNAL : FB_SCOPE_INTERNAL_EXTERNAL,
		.client_by = FB_CLIENT_SYN,
		.names = name ? named(name) : NULL,
	};
	set_addr(flow->src, src);
	set_addr(flow->dst, dst);
	fake_traffic(fake, 0)->packets[FB_DOWN] = 1;
	fake->snapshot.ended = &ended;
	fake->snapshot.n_ended = 1;
	assert_int_equal(fb_peers_consumer.tick(peers, &fake->snapshot, 0), 0);
	free((void *)flow->names);
	flow->id = 0;
	fake->snapshot.now_ns += S;
	fake->snapshot.wall_ms += 1000;
}

/* How many are told then. */
static unsigned int speak(struct fb_peers *peers, struct fake *fake, uint32_t src, uint32_t dst,
			  const char *name)
{
	see(peers, fake, src, dst, name);
	return fb_peers_read(peers, list);
}

#define HOST 0x0a000005
#define FAR  0x5d000000

static void test_new_after_an_hour(void **state)
{
	struct fake *fake = fake_new(1);
	struct fb_peers *peers;

	(void)state;
	assert_int_equal(fb_peers_new(&peers), 0);
	assert_int_equal(speak(peers, fake, HOST, FAR + 1, NULL), 0);
	assert_int_equal(speak(peers, fake, HOST, FAR + 0x101, "www.example.com"), 0);
	fake->snapshot.now_ns += HOUR;
	/* another address of the network, another name of the owner: nothing new */
	assert_int_equal(speak(peers, fake, HOST, FAR + 9, NULL), 0);
	assert_int_equal(speak(peers, fake, HOST, FAR + 0x909, "img7.EXAMPLE.com"), 0);
	assert_int_equal(speak(peers, fake, HOST, FAR + 0x909, "a.other.co.uk"), 1);
	assert_string_equal(list[0].dst_host, "a.other.co.uk");
	assert_int_equal(list[0].port, 443);
	assert_int_equal(speak(peers, fake, HOST, FAR + 0xa09, "b.other.co.uk"), 1);
	assert_int_equal(speak(peers, fake, HOST, FAR + 0xa09, "b.third.co.uk"), 2);
	assert_string_equal(list[0].dst_host, "b.third.co.uk"); /* newest first */
	assert_int_equal(speak(peers, fake, HOST, FAR + 0x20009, NULL), 3);
	assert_int_equal(speak(peers, fake, HOST, FAR + 0x20010, NULL), 3);
	/* inside each address is one; a host that comes now is watched first */
	assert_int_equal(speak(peers, fake, HOST, 0x0a000009, NULL), 4);
	assert_int_equal(speak(peers, fake, HOST, 0x0a00000a, NULL), 5);
	assert_int_equal(speak(peers, fake, HOST + 1, FAR + 0x30001, NULL), 5);
	fb_peers_free(peers);
	fake_free(fake);
}

/* A live one is looked at once it is ten seconds old, when its name is there. */
static void test_live(void **state)
{
	struct fake *fake = fake_new(2);
	struct fb_flow *flow = fake_flow(fake, 1);
	struct fb_peers *peers;

	(void)state;
	assert_int_equal(fb_peers_new(&peers), 0);
	assert_int_equal(speak(peers, fake, HOST, FAR + 1, NULL), 0);
	fake->snapshot.now_ns += HOUR;
	assert_int_equal(speak(peers, fake, HOST, FAR + 1, NULL), 0);
	fake->snapshot.n_ended = 0;
	*flow = (struct fb_flow){.id = 2,
				 .family = 4,
				 .first_seen = fake->snapshot.now_ns,
				 .client_by = FB_CLIENT_SYN};
	set_addr(flow->src, HOST);
	set_addr(flow->dst, FAR + 0x50001);
	fake_traffic(fake, 1)->packets[FB_DOWN] = 1;
	for (int i = 0; i < 30; i++) {
		assert_int_equal(fb_peers_consumer.tick(peers, &fake->snapshot, 0), 0);
		assert_true(i >= 10 || fb_peers_read(peers, list) == 0);
		fake->snapshot.now_ns += S;
	}
	assert_int_equal(fb_peers_read(peers, list), 1);
	assert_int_equal(list[0].flow, 2);
	fb_peers_free(peers);
	fake_free(fake);
}

/* A host that has very many loses its own, and is watched anew; others know theirs. */
static void test_share(void **state)
{
	struct fake *fake = fake_new(1);
	struct fb_peers_counts counts;
	struct fb_peers *peers;
	unsigned int n;

	(void)state;
	assert_int_equal(fb_peers_new(&peers), 0);
	speak(peers, fake, HOST + 1, FAR + 1, NULL);
	speak(peers, fake, HOST, FAR + 1, NULL);
	fake->snapshot.now_ns += HOUR;
	for (uint32_t i = 1; i < FB_PEERS + 1000; i++)
		see(peers, fake, HOST, 0x20000000 + (i << 8), NULL);
	fb_peers_counts(peers, &counts);
	assert_int_equal(counts.pairs, FB_PEERS);
	assert_int_equal(counts.hosts, 2);
	assert_true(counts.forgotten >= 1000);
	n = fb_peers_read(peers, list);
	assert_int_equal(n, FB_PEERS_NEW);
	/* what was forgotten is not told of as new */
	speak(peers, fake, HOST, 0x20000000 + (1 << 8), NULL);
	assert_int_equal(list[0].dst[13], (FB_PEERS - 2) >> 8 & 0xff);
	/* the other host's share of reports and its memory stand */
	assert_int_equal(speak(peers, fake, HOST + 1, FAR + 1, NULL), FB_PEERS_NEW);
	assert_true(list[0].src[15] == (uint8_t)HOST);
	assert_int_equal(speak(peers, fake, HOST + 1, FAR + 0x90001, NULL), FB_PEERS_NEW);
	assert_true(list[0].src[15] == (uint8_t)(HOST + 1));
	fb_peers_free(peers);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_after_an_hour),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
