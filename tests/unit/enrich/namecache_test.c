/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich flow util
/* What addresses are called, which are inside, and what a flow's service is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "enrich/pipeline.h"
#include "enrich/namecache.h"
#include "enrich/scope.h"
#include "enrich/service.h"
#include "unit/end.h"

#define S 1000000000ull

static int learn(struct fb_namecache *cache, const char *client, const char *addr, const char *name,
		 uint32_t ttl, uint64_t now)
{
	struct end to = end_of(addr), who = end_of(client);

	return fb_namecache_add(cache, &(struct fb_addr_fact){
					       .time = now,
					       .client = who.addr,
					       .client_family = who.family,
					       .addr = to.addr,
					       .family = to.family,
					       .source = FB_NAME_DNS,
					       .name = name,
					       .len = strlen(name),
					       .ttl = ttl,
				       });
}

static const char *find(const struct fb_namecache *cache, const char *client, const char *addr,
			uint64_t now)
{
	struct end to = end_of(addr), who = end_of(client);
	struct fb_namecache_name name;

	return fb_namecache_find(cache, who.addr, who.family, to.addr, to.family, now, &name)
		       ? name.text
		       : "-";
}

static bool is_unexplained(const struct fb_namecache *cache, const char *client, const char *addr,
			   const char *name)
{
	struct end to = end_of(addr), who = end_of(client);

	return fb_namecache_asked(cache, who.addr, who.family, to.addr, to.family, name, 2 * S) ==
	       FB_NAMECACHE_UNEXPLAINED;
}

static void test_names(void **state)
{
	struct fb_namecache *cache;

	(void)state;
	assert_int_equal(fb_namecache_new(4, &cache), 0);
	assert_int_equal(learn(cache, "10.0.0.5", "192.0.2.1", "a.example", 60, S), 0);
	assert_int_equal(learn(cache, "10.0.0.6", "192.0.2.1", "b.example", 60, S), 0);
	/* each client knows what it was told */
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", S), "a.example");
	assert_string_equal(find(cache, "10.0.0.6", "192.0.2.1", S), "b.example");
	assert_string_equal(find(cache, "10.0.0.7", "192.0.2.1", S), "-");
	/* the newest holds; an address of the other family is another one */
	assert_int_equal(learn(cache, "10.0.0.5", "192.0.2.1", "c.example", 60, 2 * S), 0);
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 3 * S), "c.example");
	assert_string_equal(find(cache, "10.0.0.5", "::ffff:192.0.2.1", 3 * S), "-");
	/* an hour beyond the TTL it holds, then not */
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 3661 * S), "c.example");
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 3663 * S), "-");
	assert_int_equal(learn(cache, "10.0.0.5", "192.0.2.1", "", 60, S), -EINVAL);
	fb_namecache_free(cache);
}

/* A name is that of the moment: what came later, or before a change, is another's. */
static void test_moments(void **state)
{
	struct fb_namecache *cache;

	(void)state;
	assert_int_equal(fb_namecache_new(0, &cache), 0);
	learn(cache, "10.0.0.5", "192.0.2.1", "a.example", 60, 10 * S);
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 9 * S), "-");
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 10 * S), "a.example");
	/* told again, it was called so all the time */
	learn(cache, "10.0.0.5", "192.0.2.1", "a.example", 60, 3000 * S);
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 11 * S), "a.example");
	learn(cache, "10.0.0.5", "192.0.2.1", "b.example", 60, 3010 * S);
	learn(cache, "10.0.0.5", "192.0.2.1", "a.example", 60, 3020 * S);
	learn(cache, "10.0.0.5", "192.0.2.1", "a.example", 60, 3030 * S);
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 3009 * S), "a.example");
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 3019 * S), "b.example");
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 3020 * S), "a.example");
	/* forgotten for hours in between, it was not called so then */
	learn(cache, "10.0.0.5", "192.0.2.1", "a.example", 60, 90000 * S);
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 50000 * S), "-");
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", 3030 * S), "a.example");
	/* turns without end: the last ones are remembered */
	for (uint64_t i = 0; i < 100; i++)
		learn(cache, "10.0.0.5", "192.0.2.1", i % 2 ? "b.example" : "a.example", 60,
		      (100000 + i) * S);
	for (uint64_t i = 94; i < 100; i++)
		assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", (100000 + i) * S),
				    i % 2 ? "b.example" : "a.example");
	/* what was told after the connection began does not explain it */
	learn(cache, "10.0.0.6", "192.0.2.9", "first.example", 60, S);
	learn(cache, "10.0.0.6", "192.0.2.1", "c.example", 60, 3 * S);
	assert_true(is_unexplained(cache, "10.0.0.6", "192.0.2.1", "c.example"));
	fb_namecache_free(cache);
}

static void test_bounds(void **state)
{
	struct fb_namecache *cache;
	struct fb_namecache_counters counters;
	char name[32];

	(void)state;
	assert_int_equal(fb_namecache_new(1000, &cache), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		assert_int_equal(learn(cache, "10.0.0.5", "0.0.0.0", name, 600, S), 0);
	}
	fb_namecache_counters(cache, &counters);
	assert_int_equal(counters.names_learned, 5000);
	assert_int_equal(counters.names_replaced, 4000);
	assert_string_equal(find(cache, "10.0.0.5", "0.0.0.0", S), "n4999.example");
	/* so many that not all are looked at: nobody is accused */
	assert_false(is_unexplained(cache, "10.0.0.5", "0.0.0.0", "never.example"));
	fb_namecache_free(cache);
}

static void test_unexplained(void **state)
{
	struct fb_namecache *cache;

	(void)state;
	assert_int_equal(fb_namecache_new(0, &cache), 0);
	assert_false(is_unexplained(cache, "10.0.0.5", "192.0.2.1", "a.example"));
	learn(cache, "10.0.0.5", "192.0.2.1", "A.Example", 60, S);
	assert_false(is_unexplained(cache, "10.0.0.5", "192.0.2.1", "a.example"));
	assert_true(is_unexplained(cache, "10.0.0.5", "192.0.2.1", "evil.example"));
	assert_true(is_unexplained(cache, "10.0.0.5", "192.0.2.9", "a.example"));
	assert_false(is_unexplained(cache, "10.0.0.6", "192.0.2.1", "evil.example"));
	/* a connection older than the first answer that was seen */
	learn(cache, "10.0.0.7", "192.0.2.1", "a.example", 60, 3 * S);
	assert_false(is_unexplained(cache, "10.0.0.7", "192.0.2.1", "evil.example"));
	fb_namecache_free(cache);
}

static void test_scope(void **state)
{
	static const struct {
		const char *addr;
		bool internal;
	} cases[] = {
		{"10.1.2.3", true},	{"172.16.0.1", true},	{"172.31.255.255", true},
		{"172.32.0.1", false},	{"192.168.0.1", true},	{"192.169.0.1", false},
		{"100.64.0.1", true},	{"100.128.0.1", false}, {"169.254.1.1", true},
		{"127.0.0.1", true},	{"224.0.0.251", true},	{"8.8.8.8", false},
		{"fd00::1", true},	{"fe80::1", true},	{"febf::1", true},
		{"fec0::1", false},	{"ff02::fb", true},	{"::1", true},
		{"2001:db8::1", false}, {"203.0.113.9", true},	{"203.0.114.9", false},
	};
	struct fb_scope_list list;
	struct fb_cidr extra;
	struct fb_flow flow = {.family = 4};
	struct fb_flow_nat nat = {.kind = FB_NAT_DST};

	(void)state;
	assert_int_equal(fb_cidr_parse("203.0.113.0/24", &extra), 0);
	assert_int_equal(fb_scope_init(&list, &extra, 1), 0);
	assert_int_equal(fb_scope_init(&list, &extra, FB_SCOPE_EXTRA + 1), -ENOSPC);
	fb_scope_init(&list, &extra, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct end end = end_of(cases[i].addr);

		if (fb_scope_is_internal(&list, end.addr, end.family) != cases[i].internal)
			fail_msg("%s", cases[i].addr);
	}
	fb_addr_parse("10.0.0.1", flow.src, &flow.family);
	fb_addr_parse("8.8.8.8", flow.dst, &flow.family);
	assert_int_equal(fb_scope_of(&list, &flow), FB_SCOPE_INTERNAL_EXTERNAL);
	memcpy(flow.src, flow.dst, 16);
	assert_int_equal(fb_scope_of(&list, &flow), FB_SCOPE_EXTERNAL);

	/* a port of the router that leads inside; asked for from inside, too */
	fb_addr_parse("10.0.0.1", nat.dst, &nat.dst_family);
	flow.nat = &nat;
	assert_int_equal(fb_scope_of(&list, &flow), FB_SCOPE_EXTERNAL_INTERNAL);
	fb_addr_parse("10.0.0.2", flow.src, &flow.family);
	assert_int_equal(fb_scope_of(&list, &flow), FB_SCOPE_INTERNAL);
}

static void test_service(void **state)
{
	struct fb_flow_names *names = calloc(1, sizeof(*names) + sizeof(names->name[0]));
	struct fb_flow_tls tls = {.alpn = "h2", .alpn_len = 3};
	struct fb_flow flow = {.proto = 6, .family = 4, .src_port = 50000, .dst_port = 443};

	(void)state;
	assert_non_null(names);
	assert_string_equal(fb_service_of(&flow, NULL), "https");
	flow.l7 = FB_L7_TLS;
	assert_string_equal(fb_service_of(&flow, NULL), "https");
	flow.dst_port = 4443;
	assert_string_equal(fb_service_of(&flow, NULL), "tls");
	flow.tls = &tls;
	assert_string_equal(fb_service_of(&flow, NULL), "https");
	names->n = 1;
	names->name[0].text = "r3.googlevideo.com";
	flow.names = names;
	assert_string_equal(fb_service_of(&flow, NULL), "https (YouTube)");
	assert_ptr_equal(fb_service_of(&flow, NULL), fb_service_of(&flow, NULL));
	names->name[0].text = "notgooglevideo.com";
	assert_string_equal(fb_service_of(&flow, NULL), "https");
	flow = (struct fb_flow){.proto = 17, .family = 4, .src_port = 50000, .dst_port = 53};
	assert_string_equal(fb_service_of(&flow, NULL), "dns");
	flow.dst_port = 47123;
	assert_null(fb_service_of(&flow, NULL));
	flow.src_port = 51820; /* its own port says nothing of the service */
	assert_null(fb_service_of(&flow, NULL));
	assert_string_equal(fb_service_of_port(6, 22), "ssh");
	free(names);
}

/* One client's thousands of names take no other's. */
static void test_shares(void **state)
{
	struct fb_namecache *cache;
	char name[32];

	(void)state;
	assert_int_equal(fb_namecache_new(1000, &cache), 0);
	assert_int_equal(learn(cache, "10.0.0.5", "192.0.2.1", "mail.example", 600, S), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		assert_int_equal(learn(cache, "10.0.0.6", "192.0.2.2", name, 600, S), 0);
	}
	assert_string_equal(find(cache, "10.0.0.5", "192.0.2.1", S), "mail.example");
	assert_string_equal(find(cache, "10.0.0.6", "192.0.2.2", S), "n4999.example");
	assert_int_equal(learn(cache, "10.0.0.7", "192.0.2.1", "new.example", 600, S), 0);
	assert_string_equal(find(cache, "10.0.0.7", "192.0.2.1", S), "new.example");
	fb_namecache_free(cache);
}

static void tell(struct fb_pipeline *pipeline, const char *addr, const char *name)
{
	struct end host = end_of(addr);

	fb_pipeline_learn(pipeline, &(struct fb_addr_fact){.time = S,
							   .addr = host.addr,
							   .family = host.family,
							   .source = FB_NAME_MDNS,
							   .name = name,
							   .len = strlen(name),
							   .ttl = 60});
}

/* A name learned late, or changed, is told of flows again; nothing else of them is. */
static void test_told_again(void **state)
{
	struct end client = end_of("192.0.2.1"), server = end_of("192.0.2.2");
	struct fb_flow flow = {.proto = 6, .family = 4, .dst_port = 443};
	struct fb_flow_facts facts = {.service = "as it was"};
	struct fb_pipeline pipeline;
	unsigned int which;

	(void)state;
	assert_int_equal(fb_pipeline_init(&pipeline, &(struct fb_pipeline_opts){0}), 0);
	memcpy(flow.src, client.addr, 16);
	memcpy(flow.dst, server.addr, 16);
	assert_int_equal(fb_pipeline_tick(&pipeline, S), 0);
	tell(&pipeline, "192.0.2.1", "laptop");
	tell(&pipeline, "192.0.2.2", "nas");
	learn(pipeline.names, "192.0.2.1", "192.0.2.2", "later.example", 60, S);
	which = fb_pipeline_tick(&pipeline, 2 * S);
	assert_int_not_equal(which, 0);
	fb_pipeline_describe(&pipeline, &flow, which, &facts);
	assert_string_equal(facts.src_host.text, "laptop");
	assert_int_equal(facts.src_host.source, FB_NAME_MDNS);
	assert_string_equal(facts.dst_host.text, "nas");
	assert_string_equal(facts.service, "as it was");
	assert_null(facts.dns_name);
	tell(&pipeline, "192.0.2.1", "laptop");
	assert_int_equal(fb_pipeline_tick(&pipeline, 3 * S), 0);
	assert_int_equal(fb_pipeline_change(&pipeline, &(struct fb_pipeline_opts){0}), 0);
	assert_int_not_equal(fb_pipeline_tick(&pipeline, 4 * S) & ~which, 0);
	fb_pipeline_fini(&pipeline);
}

/* What a resolver was asked is not replaced by what the resolver itself is called. */
static void test_resolver(void **state)
{
	struct fb_flow_names *names = calloc(1, sizeof(*names) + sizeof(names->name[0]));
	struct end server = end_of("192.0.2.53"), client = end_of("192.0.2.1");
	struct fb_flow flow = {
		.proto = 17, .family = 4, .dst_port = 53, .l7 = FB_L7_DNS, .first_seen = 2 * S};
	struct fb_pipeline pipeline;
	struct fb_flow_facts facts = {0};

	(void)state;
	assert_non_null(names);
	assert_int_equal(fb_pipeline_init(&pipeline, &(struct fb_pipeline_opts){0}), 0);
	fb_pipeline_tick(&pipeline, 2 * S);
	learn(pipeline.names, "192.0.2.1", "192.0.2.53", "ns.example", 60, S);
	memcpy(flow.src, client.addr, 16);
	memcpy(flow.dst, server.addr, 16);
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_string_equal(facts.dns_name, "ns.example");
	names->n = 1;
	names->name[0] = (struct fb_flow_name){.text = "www.example", .source = FB_NAME_DNS};
	flow.names = names;
	facts = (struct fb_flow_facts){0};
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_null(facts.dns_name);
	flow.l7 = FB_L7_TLS;
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_string_equal(facts.dns_name, "ns.example");
	fb_pipeline_fini(&pipeline);
	free(names);
}

/* A router asks for its clients. */
static void ask_as_router(struct fb_pipeline *pipeline, const char *client, const char *addr,
			  const char *name)
{
	struct end from = end_of(client), to = end_of(addr);

	fb_pipeline_learn(pipeline, &(struct fb_addr_fact){.time = 2 * S,
							   .client = from.addr,
							   .client_family = from.family,
							   .client_is_own = true,
							   .addr = to.addr,
							   .family = to.family,
							   .source = FB_NAME_DNS,
							   .name = name,
							   .len = strlen(name),
							   .ttl = 60});
}

/* Seen from outside only, or asking a router that asks: named by what others may have asked. */
static void test_shared_answers(void **state)
{
	struct fb_flow_names *names = calloc(1, sizeof(*names) + sizeof(names->name[0]));
	struct end inside = end_of("10.0.1.2"), server = end_of("192.0.2.7");
	struct end outside = end_of("198.51.100.1");
	struct fb_flow_nat nat = {.kind = FB_NAT_SRC};
	struct fb_flow flow = {
		.proto = 6, .family = 4, .dst_port = 443, .first_seen = 5 * S, .nat = &nat};
	struct fb_flow_facts facts = {0};
	struct fb_pipeline pipeline;

	(void)state;
	assert_non_null(names);
	assert_int_equal(fb_pipeline_init(&pipeline, &(struct fb_pipeline_opts){0}), 0);
	memcpy(flow.src, inside.addr, 16);
	memcpy(flow.dst, server.addr, 16);
	memcpy(nat.src, outside.addr, 16);
	nat.src_family = 4;
	/* an address of nobody's resolver, that somebody else asked for */
	learn(pipeline.names, "10.0.1.3", "192.0.2.7", "others.example", 60, 2 * S);
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_null(facts.dns_name);
	ask_as_router(&pipeline, "2001:db8::1", "192.0.2.7", "resolved.example");
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_string_equal(facts.dns_name, "resolved.example");
	assert_int_equal(facts.dns_flags, FB_NAME_FLAG_SHARED);
	learn(pipeline.names, "198.51.100.1", "192.0.2.7", "outside.example", 60, 3 * S);
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_string_equal(facts.dns_name, "outside.example");
	assert_int_equal(facts.dns_flags, FB_NAME_FLAG_SHARED);
	/* a name that no answer explains, told of it seen from outside only */
	names->n = 1;
	names->name[0] = (struct fb_flow_name){.text = "evil.example", .source = FB_NAME_SNI};
	flow.names = names;
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_int_equal(facts.name_flags, 0);
	flow.flags |= FB_FLOW_OUTSIDE;
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_int_equal(facts.name_flags, FB_NAME_FLAG_UNEXPLAINED);
	names->name[0].text = "outside.example";
	facts = (struct fb_flow_facts){0};
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_int_equal(facts.name_flags, 0);
	names->name[0].text = "resolved.example";
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_int_equal(facts.name_flags, 0);
	/* what it was told itself beats all */
	learn(pipeline.names, "10.0.1.2", "192.0.2.7", "own.example", 60, S);
	fb_pipeline_describe(&pipeline, &flow, UINT32_MAX, &facts);
	assert_string_equal(facts.dns_name, "own.example");
	assert_int_equal(facts.dns_flags, 0);
	fb_pipeline_fini(&pipeline);
	free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_moments),
		cmocka_unit_test(test_bounds),	 cmocka_unit_test(test_unexplained),
		cmocka_unit_test(test_scope),	 cmocka_unit_test(test_service),
		cmocka_unit_test(test_shares),	 cmocka_unit_test(test_told_again),
		cmocka_unit_test(test_resolver), cmocka_unit_test(test_shared_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
