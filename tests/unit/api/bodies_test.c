// link: api http policy query filter format flow table util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Handlers that read a body, while memory is short: the reader of JSON stands here. */
#include "unit/world.h"

#include <string.h>

#include "api/api.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "util/jsonin.h"

int fb_jsonin_new(const char *text, size_t len, struct fb_jsonin **ret_in,
		  struct fb_jsonin_error *error)
{
	(void)text, (void)len, (void)ret_in;
	(void)error; /* says nothing: what is in it is not to be shown */
	return -ENOMEM;
}

void fb_jsonin_freep(struct fb_jsonin **in)
{
	assert_null(*in);
}

/* Nothing was read, so nobody asks for it. */
bool fb_jsonin_str(struct fb_jsonin *in, const char *key, const char **ret_text)
{
	(void)in, (void)key, (void)ret_text;
	fail();
	return false;
}

void fb_jsonin_only(struct fb_jsonin *in, const char *const *known)
{
	(void)in, (void)known;
	fail();
}

void fb_jsonin_wipe(struct fb_jsonin *in, const char *key)
{
	(void)in, (void)key;
	fail();
}

void fb_jsonin_fail(struct fb_jsonin *in, const char *key, const char *detail)
{
	(void)in, (void)key, (void)detail;
	fail();
}

const struct fb_jsonin_error *fb_jsonin_error(const struct fb_jsonin *in)
{
	(void)in;
	fail();
	return NULL;
}

int fb_engine_act(struct fb_engine *engine, const struct fb_act *act)
{
	(void)engine, (void)act;
	fail();
	return 0;
}

static void check_short_of_memory(int (*handle)(struct fb_request *req))
{
	struct fb_api api = {.engine = NULL};
	struct fb_request req = {.ctx = &api};

	fb_buf_add(&req.body, "{}", 2);
	assert_int_equal(handle(&req), 0);
	assert_int_equal(req.reply.status, 500);
	assert_non_null(strstr(req.reply.body.data, "/problems/out-of-memory"));
	fb_buf_fini(&req.body);
	fb_reply_fini(&req.reply);
}

static void test_short_of_memory(void **state)
{
	(void)state;
	check_short_of_memory(fb_api_session_post);
	check_short_of_memory(fb_api_filter_validate);
	check_short_of_memory(fb_api_conntrack_delete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_short_of_memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
