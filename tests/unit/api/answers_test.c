// link: api http policy query filter format flow table store past util
/* SPDX-License-Identifier: BSD-2-Clause */
/* What handlers write about a snapshot: one flow is the same flow in all of them. */
#include "unit/world.h"

#include <string.h>

#include "api/api.h"
#include "api/compat/connections.h"
#include "api/routes.h"
#include "api/summary.h"
#include "engine/engine.h"
#include "engine/status.h"
#include "http/reply.h"

#define RESOLVER 0xc6336435u /* 198.51.100.53 */
#define ASKED	 "asked.example"
#define NAMED	 "named.example"

static struct world world;
static struct fb_api api;

/* The engine of these tests: nothing is attached. */
void fb_engine_status(struct fb_engine *engine, struct fb_status *ret_status)
{
	(void)engine;
	memset(ret_status, 0, sizeof(*ret_status));
}

struct fb_snapshot *fb_engine_snapshot(struct fb_engine *engine)
{
	(void)engine;
	return fb_snapshot_get(world.now);
}

static void name_flow(uint32_t slot, const char *name, uint8_t source, uint8_t l7)
{
	struct fb_hello_fact fact = {.time = world.ns,
				     .name = name,
				     .name_len = strlen(name),
				     .name_source = source,
				     .l7 = l7,
				     .client = -1};

	assert_int_equal(fb_table_hello(world.table, slot, 1, &fact), 0);
}

/* A query of a resolver, and a connection to a server. */
static int set_up(void **state)
{
	struct fb_conntrack_fact fact = snat_fact();
	struct fb_row query, tcp;

	(void)state;
	world = new_world(NULL, NULL, NULL);
	query = make_row(LAN, IPPROTO_UDP, CLIENT, 5000, RESOLVER, 53, world.ns);
	tcp = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	count(&query, FB_UP, 1, 60, 0);
	open_tcp(&tcp);
	fb_table_row(world.table, 0, &query, world.ns);
	fb_table_row(world.table, 1, &tcp, world.ns);
	name_flow(0, ASKED, FB_NAME_DNS, FB_L7_DNS);
	name_flow(1, NAMED, FB_NAME_SNI, FB_L7_TLS);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	api.summary = fb_summary_cache_new();
	return api.summary ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fb_summary_cache_free(api.summary);
	end_world(&world);
	return 0;
}

/* The body of what a handler answers; to be freed. */
static char *answer(int (*handle)(struct fb_request *req), const char *arg)
{
	struct fb_request req = {
		.ctx = &api, .edition = world.now, .path_args = {arg}, .method = "GET"};
	char *text;

	fb_json_init(&req.reply.json, &req.reply.body);
	assert_int_equal(handle(&req), 0);
	assert_int_equal(req.reply.status, 200);
	fb_buf_addc(&req.reply.body, '\0');
	text = fb_buf_take(&req.reply.body, NULL);
	assert_non_null(text);
	fb_reply_fini(&req.reply);
	return text;
}

static void assert_has(char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s is not in %s", part, text);
	free(text);
}

/* What was last asked of a resolver is the name of somebody else. */
static void resolvers_keep_their_address(void **state)
{
	static const struct {
		int (*handle)(struct fb_request *req);
		const char *arg, *mine; /* what there is instead */
	} cases[] = {
		{fb_api_summary, NULL, "\"ip\":\"198.51.100.53\",\"host\":null"},
		{fb_api_aggregate, "destination-ip", "\"key\":\"198.51.100.53\",\"label\":null"},
		{fb_api_alias_of_interface, "0",
		 "\"dst_ip\":\"198.51.100.53\",\"dst_hostname\":null"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = answer(cases[i].handle, cases[i].arg);

		assert_null(strstr(text, ASKED));
		assert_non_null(strstr(text, NAMED));
		assert_has(text, cases[i].mine);
	}
}

static char *connection(const struct fb_flow_at *at)
{
	struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;
	char *text;

	fb_json_init(&json, &buf);
	fb_alias_write_connection(&json, at);
	fb_buf_addc(&buf, '\0');
	text = fb_buf_take(&buf, NULL);
	assert_non_null(text);
	return text;
}

static void connections_are_called_as_elsewhere(void **state)
{
	struct fb_flow_at at[2];

	(void)state;
	assert_int_equal(list(world.now, at, 2), 2);
	for (int i = 0; i < 2; i++)
		assert_has(connection(&at[i]),
			   at[i].flow->dst_port == 53 ? "\"host\":null" : "\"host\":\"" NAMED "\"");
}

/* As the kernel's timer does, which a packet without a change of state starts again. */
static void timeouts_run_down(void **state)
{
	struct fb_flow_at at[2];
	char want[32];

	(void)state;
	for (unsigned int second = 1; second < 4; second++) {
		assert_int_equal(list(world.now, at, 2), 2);
		snprintf(want, sizeof(want), "\"timeout\":%u", 431999 - second);
		assert_has(connection(&at[at[0].flow->dst_port == 53]), want);
		tick(&world, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(resolvers_keep_their_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(connections_are_called_as_elsewhere, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(timeouts_run_down, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
