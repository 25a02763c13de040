// link: http util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths to routes, methods that a path has, and query parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/reply.h"
#include "http/route.h"

static const struct fb_route routes[] = {
	{"GET", "/a", NULL, FB_ROLE_VIEWER, 0, "limit sort q"},
	{"GET", "/a/{id}", NULL, FB_ROLE_VIEWER, 0, NULL},
	{"DELETE", "/a/{id}", NULL, FB_ROLE_VIEWER, 0, NULL},
	{"PUT", "/a/{id}/view", NULL, FB_ROLE_VIEWER, 0, NULL},
	{"DELETE", "/a/{id}/view/{view}", NULL, FB_ROLE_VIEWER, 0, NULL},
	{"GET", "/a/{id}/b", NULL, FB_ROLE_VIEWER, 0, NULL},
};

/* Two tables, one behind the other: the second begins with the PUT. */
#define FIRST 3
static const struct fb_route_table tables[] = {
	{.routes = routes, .n = FIRST},
	{.routes = routes + FIRST, .n = sizeof(routes) / sizeof(*routes) - FIRST},
};

static void finds_routes(void **state)
{
	static const struct {
		const char *method, *path;
		int route; /* -1: none */
		const char *first, *second, *allow;
	} cases[] = {
		{"GET", "/a", 0, NULL, NULL, ""},
		{"HEAD", "/a", 0, NULL, NULL, ""},
		{"GET", "/a/x", 1, "x", NULL, ""},
		{"DELETE", "/a/x", 2, "x", NULL, ""},
		{"PUT", "/a/x/view", 3, "x", NULL, ""},
		{"DELETE", "/a/x/view/y", 4, "x", "y", ""},
		{"GET", "/a/view/b", 5, "view", NULL, ""},
		{"PUT", "/a/x/view/y", -1, NULL, NULL, "DELETE"},
		{"POST", "/a", -1, NULL, NULL, "GET, HEAD"},
		{"POST", "/a/x", -1, NULL, NULL, "GET, HEAD, DELETE"},
		{"get", "/a", -1, NULL, NULL, "GET, HEAD"},
		{"GET", "/", -1, NULL, NULL, ""},
		{"GET", "/a/", -1, NULL, NULL, ""},
		{"GET", "/ab", -1, NULL, NULL, ""},
		{"GET", "/a/x/c", -1, NULL, NULL, ""},
		{"GET", "/a/x/view/y/z", -1, NULL, NULL, ""},
		{"GET", "", -1, NULL, NULL, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *args[FB_HTTP_PATH_ARGS] = {NULL, NULL};
		const struct fb_route_table *table = NULL;
		const struct fb_route *route;
		char path[64], allow[64];

		snprintf(path, sizeof(path), "%s", cases[i].path);
		route = fb_route_find(tables, 2, cases[i].method, path, args, &table, allow);
		assert_int_equal(route ? route - routes : -1, cases[i].route);
		assert_ptr_equal(table, route ? &tables[route - routes >= FIRST] : NULL);
		assert_string_equal(allow, cases[i].allow);
		if (cases[i].first)
			assert_string_equal(args[0], cases[i].first);
		if (cases[i].second)
			assert_string_equal(args[1], cases[i].second);
	}
}

/* Returns 200 when all was well, else the status of the answer. */
static unsigned int read_params(struct fb_request *req, char *query)
{
	memset(req, 0, sizeof(*req));
	fb_json_init(&req->reply.json, &req->reply.body);
	req->route = &routes[0];
	return fb_route_params(req, query) ? 200 : req->reply.status;
}

static void reads_parameters(void **state)
{
	static const struct {
		const char *query;
		unsigned int status;
	} cases[] = {
		{"", 200},	     {"limit=5", 200},	       {"limit=5&sort=a%20b&q=c+d", 200},
		{"&&limit=5&", 200}, {"limit", 200},	       {"x=1", 400},
		{"limi=1", 400},     {"limit=1&limit=2", 400}, {"limit=%", 400},
		{"limit=%00", 400},  {"%6cimit=3", 200},       {"=1", 400},
		{"limit =1", 400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_request req;
		char query[64];

		snprintf(query, sizeof(query), "%s", cases[i].query);
		if (read_params(&req, query) != cases[i].status)
			fail_msg("%s: %u", cases[i].query, req.reply.status);
		fb_reply_fini(&req.reply);
	}
}

static void reads_numbers_and_words(void **state)
{
	static const char *const words[] = {"up", "down", NULL};
	struct fb_request req;
	char query[] = "limit=42&sort=down&q=";
	unsigned int word = 9;
	uint64_t n = 0;

	(void)state;
	assert_int_equal(read_params(&req, query), 200);
	assert_true(fb_param_u64(&req, "limit", 1, 42, 7, &n));
	assert_int_equal(n, 42);
	assert_false(fb_param_u64(&req, "limit", 1, 41, 7, &n));
	assert_int_equal(req.reply.status, 400);
	assert_true(fb_param_u64(&req, "absent", 1, 41, 7, &n));
	assert_int_equal(n, 7);
	assert_true(fb_param_enum(&req, "sort", words, 0, &word));
	assert_int_equal(word, 1);
	assert_null(fb_param(&req, "q"));
	assert_false(fb_param_enum(&req, "limit", words, 0, &word));
	fb_buf_addc(&req.reply.body, '\0');
	assert_non_null(strstr(req.reply.body.data, "must be one of: up, down"));
	fb_reply_fini(&req.reply);
}

static void refuses_odd_numbers(void **state)
{
	static const char *const texts[] = {"-1",
					    "+1",
					    " 1",
					    "1 ",
					    "1e9",
					    "0x1",
					    "18446744073709551616",
					    "1.0",
					    "99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct fb_request req;
		char query[64];
		uint64_t n;

		snprintf(query, sizeof(query), "limit=%s", texts[i]);
		for (char *p = query; *p; p++) /* + means a blank in a query */
			*p = *p == ' ' ? '+' : *p;
		assert_int_equal(read_params(&req, query), 200);
		assert_false(fb_param_u64(&req, "limit", 0, UINT64_MAX, 0, &n));
		fb_reply_fini(&req.reply);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_routes),
		cmocka_unit_test(reads_parameters),
		cmocka_unit_test(reads_numbers_and_words),
		cmocka_unit_test(refuses_odd_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
