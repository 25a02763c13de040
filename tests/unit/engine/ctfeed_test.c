/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine store proto table flow policy filter util
/* Conntrack to the table and back: what is told reaches the flow, what is deleted is that entry. */
#include "unit/world.h"

#include "engine/ctfeed.h"
#include "engine/forget.h"
#include "util/clock.h"

static struct kernel {
	const struct fb_conntrack_ops *ops;
	void *ctx;
	int new_result, get_result;
	struct fb_conntrack_stats stats;
	struct fb_ct entry; /* as the kernel has it now */
	unsigned int deleted, flushed;
	uint64_t slow_ns;
} kernel;

int fb_conntrack_new(const struct fb_conntrack_opts *opts, const struct fb_conntrack_ops *ops,
		     void *ctx, struct fb_conntrack **ret_ct, struct fb_why *why)
{
	(void)opts;
	kernel.ops = ops;
	kernel.ctx = ctx;
	*ret_ct = (struct fb_conntrack *)&kernel;
	return kernel.new_result ? fb_why_set(why, kernel.new_result, "load nf_conntrack") : 0;
}

void fb_conntrack_free(struct fb_conntrack *ct)
{
	assert_ptr_equal(ct, &kernel);
	kernel.ops = NULL;
}

int fb_conntrack_fd(const struct fb_conntrack *ct)
{
	(void)ct;
	return 5;
}

int fb_conntrack_read(struct fb_conntrack *ct)
{
	(void)ct;
	return 0;
}

int fb_conntrack_tick(struct fb_conntrack *ct, uint64_t now_ns)
{
	(void)ct;
	assert_int_not_equal(now_ns, 0);
	return 0;
}

void fb_conntrack_stats(const struct fb_conntrack *ct, struct fb_conntrack_stats *ret_stats)
{
	(void)ct;
	*ret_stats = kernel.stats;
}

int fb_conntrack_get(struct fb_conntrack *ct, const struct fb_ct_tuple *tuple, uint16_t zone,
		     struct fb_ct *ret_entry)
{
	(void)ct;
	assert_memory_equal(tuple, &kernel.entry.orig, sizeof(*tuple));
	assert_int_equal(zone, kernel.entry.zone);
	*ret_entry = kernel.entry;
	return kernel.get_result;
}

int fb_conntrack_delete(struct fb_conntrack *ct, const struct fb_ct *entry)
{
	(void)ct;
	const uint64_t until = fb_monotonic_ns() + kernel.slow_ns;

	while (fb_monotonic_ns() < until)
		;
	assert_int_equal(entry->id, 77);
	kernel.deleted++;
	return 0;
}

int fb_conntrack_flush(struct fb_conntrack *ct)
{
	(void)ct;
	kernel.flushed++;
	return 0;
}

int fb_conntrack_count(uint32_t *ret_count, uint32_t *ret_max)
{
	*ret_count = 123;
	*ret_max = 1000;
	return 0;
}

static void set_ct_tuple(struct fb_ct_tuple *tuple, uint32_t src, uint16_t sport, uint32_t dst,
			 uint16_t dport)
{
	memset(tuple, 0, sizeof(*tuple));
	set_addr(tuple->addr[0], src);
	set_addr(tuple->addr[1], dst);
	tuple->port[0] = htons(sport);
	tuple->port[1] = htons(dport);
	tuple->proto = IPPROTO_TCP;
	tuple->family = FB_IPV4;
}

struct feeding {
	struct world world;
	struct fb_ctfeed feed;
	uint64_t id; /* of the flow */
};

static int set_up(void **state)
{
	static struct feeding feeding;
	struct fb_row row;

	memset(&kernel, 0, sizeof(kernel));
	feeding.world = new_world(NULL, NULL, NULL);
	fb_ctfeed_init(&feeding.feed, feeding.world.table, NULL);
	row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, feeding.world.ns);
	open_tcp(&row);
	fb_table_row(feeding.world.table, 1, &row, feeding.world.ns);
	kernel.entry = (struct fb_ct){.id = 77,
				      .status = FB_IPS_SEEN_REPLY,
				      .timeout = 300,
				      .mark = 9,
				      .zone = 3,
				      .tcp_state = FB_STATE_ESTABLISHED,
				      .has = FB_CT_HAS_ORIG | FB_CT_HAS_REPLY | FB_CT_HAS_STATUS |
					     FB_CT_HAS_TIMEOUT};
	set_ct_tuple(&kernel.entry.orig, CLIENT, 40000, SERVER, 443);
	set_ct_tuple(&kernel.entry.reply, SERVER, 443, GATE, 61000);
	kernel.ops->dump_begin(kernel.ctx);
	kernel.ops->entry(kernel.ctx, FB_CT_DUMP, &kernel.entry);
	kernel.ops->dump_done(kernel.ctx);
	tick(&feeding.world, 1);
	feeding.id = only(feeding.world.now).flow->id;
	*state = &feeding;
	return 0;
}

static int tear_down(void **state)
{
	struct feeding *feeding = *state;

	fb_ctfeed_fini(&feeding->feed);
	assert_null(kernel.ops);
	end_world(&feeding->world);
	return 0;
}

static void test_told(void **state)
{
	struct feeding *feeding = *state;
	struct fb_flow_at at = only(feeding->world.now);

	assert_int_equal(at.flow->ct_mark, 9);
	assert_int_equal(at.flow->ct_zone, 3);
	assert_int_equal(at.flow->ct_timeout, 300);
	assert_int_equal(at.flow->nat->src_port, 61000);
	assert_addr(at.flow->nat->src, GATE);

	/* the next dump does not have it: the flow has no entry any more */
	kernel.ops->dump_begin(kernel.ctx);
	kernel.ops->dump_done(kernel.ctx);
	assert_int_equal(fb_ctfeed_forget(&feeding->feed, feeding->id), -ESRCH);
	kernel.entry.has &= (unsigned int)~FB_CT_HAS_REPLY; /* half of a message is no news */
	kernel.ops->entry(kernel.ctx, FB_CT_NEW, &kernel.entry);
	assert_int_equal(fb_ctfeed_forget(&feeding->feed, feeding->id), -ESRCH);
}

static void test_forget(void **state)
{
	struct feeding *feeding = *state;

	assert_int_equal(fb_ctfeed_forget(&feeding->feed, feeding->id), 0);
	assert_int_equal(kernel.deleted, 1);
	assert_int_equal(fb_ctfeed_forget(&feeding->feed, feeding->id ^ 1ull << 40), -ENOENT);
	kernel.get_result = -ENOENT;
	assert_int_equal(fb_ctfeed_forget(&feeding->feed, feeding->id), -ESRCH);
	kernel.get_result = 0;
	kernel.entry.id = 78; /* the 5-tuple is another's now */
	assert_int_equal(fb_ctfeed_forget(&feeding->feed, feeding->id), -ESRCH);
	assert_int_equal(kernel.deleted, 1);
	assert_int_equal(fb_ctfeed_flush(&feeding->feed), 123);
	assert_int_equal(kernel.flushed, 1);
}

static struct fb_forget *list_of(uint64_t first, uint64_t second)
{
	struct fb_forget *forget = fb_forget_new(2);

	assert_non_null(forget);
	forget->n = 2;
	forget->ids[0] = first;
	forget->ids[1] = second;
	return forget;
}

static int take(struct fb_forgets *forgets, struct fb_forget *forget)
{
	return fb_forgets_take(forgets,
			       &(struct fb_act){.kind = FB_ACT_FORGET_MANY, .target.many = forget});
}

static void check_list(struct fb_forgets *forgets, unsigned int n, uint32_t newest)
{
	struct fb_forget *list[FB_FORGETS_MAX];

	assert_int_equal(fb_forgets_list(forgets, list), n);
	assert_int_equal(list[0]->number, newest);
	for (unsigned int i = 0; i < n; i++)
		fb_forget_put(list[i]);
}

/* Those that were deleted, and those that had gone, are counted; long ones wait for their turn. */
static void test_forget_many(void **state)
{
	struct feeding *feeding = *state;
	struct fb_forget *fast = list_of(feeding->id, feeding->id ^ 1ull << 40);
	struct fb_forget *slow = list_of(feeding->id, feeding->id), *more[FB_FORGETS_MAX];
	struct fb_forgets forgets;

	assert_int_equal(fb_forgets_init(&forgets, &feeding->feed, NULL), 0);
	assert_int_equal(take(&forgets, fast), 1);
	assert_true(fast->ended && fast->done == 1 && fast->gone == 1 && fast->failed == 0);
	kernel.entry.has |= FB_CT_HAS_REPLY;
	kernel.ops->entry(kernel.ctx, FB_CT_NEW, &kernel.entry);
	kernel.slow_ns = 6000000; /* more than a slice */
	assert_int_equal(take(&forgets, slow), -EINPROGRESS);
	assert_false(slow->ended);
	for (unsigned int i = 0; i < FB_FORGETS_MAX; i++) {
		more[i] = list_of(0, 0);
		assert_int_equal(take(&forgets, more[i]),
				 i < FB_FORGETS_MAX - 1 ? -EINPROGRESS : -EBUSY);
	}
	check_list(&forgets, FB_FORGETS_MAX, 1 + FB_FORGETS_MAX);
	while (!more[FB_FORGETS_MAX - 2]->ended)
		fb_forgets_run(&forgets);
	fb_forgets_run(&forgets);
	assert_true(slow->ended && slow->done == 1 && slow->gone == 1);
	assert_int_equal(kernel.deleted, 2);
	assert_int_equal(take(&forgets, more[FB_FORGETS_MAX - 1]), 0);
	for (unsigned int i = 0; i < FB_FORGETS_MAX; i++)
		fb_forget_put(more[i]);
	fb_forget_put(fast);
	fb_forget_put(slow);
	fb_forgets_fini(&forgets);
}

static int kill_one(void *ctx, uint64_t flow_id, const struct fb_actor *actor)
{
	static const int results[] = {FB_KILLED_ENDED, FB_KILLED_WAITS,	      -ENOTCONN,
				      -ENOENT,	       -(FB_ACT_REFUSED + 1), -EBUSY};

	assert_string_equal(actor->user, "uid 7");
	++*(unsigned int *)ctx;
	return results[flow_id];
}

/* Those that end, that had ended, that are refused; conntrack or not, in turn with the rest. */
static void test_kill_many(void **state)
{
	struct feeding *feeding = *state;
	struct fb_forget *kills = fb_forget_new(6), *after = list_of(feeding->id, 0);
	struct fb_act act = {.kind = FB_ACT_KILL_MANY, .target.many = kills, .actor.user = "uid 7"};
	struct fb_forgets forgets;
	unsigned int asked = 0;

	assert_int_equal(fb_forgets_init(&forgets, &feeding->feed, NULL), 0);
	forgets.kill = kill_one;
	forgets.kill_ctx = &asked;
	while (kills->n < 6) {
		kills->ids[kills->n] = kills->n;
		kills->n++;
	}
	assert_int_equal(fb_forgets_take(&forgets, &act), 2);
	assert_true(kills->ended && kills->done == 2 && kills->gone == 2 && kills->failed == 2);
	assert_int_equal(asked, 6);
	assert_int_equal(kernel.deleted, 0);
	assert_int_equal(take(&forgets, after), 1);
	fb_forget_put(kills);
	fb_forget_put(after);
	fb_forgets_fini(&forgets);
}

/* By an address: entries of flows or not, whichever end or translation has it. */
static void test_forget_using(void **state)
{
	struct feeding *feeding = *state;
	struct fb_forget *forget = fb_forget_new(0);
	struct fb_forgets forgets;

	assert_int_equal(fb_forgets_init(&forgets, &feeding->feed, NULL), 0);
	forget->family = FB_IPV4;
	set_addr(forget->addr, GATE + 1);
	assert_int_equal(take(&forgets, forget), 0);
	fb_forget_put(forget);
	forget = fb_forget_new(0);
	forget->family = FB_IPV4;
	set_addr(forget->addr, GATE);
	assert_int_equal(take(&forgets, forget), 1);
	assert_int_equal(kernel.deleted, 1);
	fb_forget_put(forget);
	fb_forgets_fini(&forgets);
}

static void test_overrun(void **state)
{
	struct feeding *feeding = *state;

	kernel.stats.resync_due = true;
	fb_ctfeed_tick(&feeding->feed);
	assert_true(feeding->feed.warned);
	kernel.ops->dump_begin(kernel.ctx);
	kernel.ops->dump_done(kernel.ctx);
	assert_false(feeding->feed.warned);
}

/* Not there, or not wanted: everything says so, nothing is touched. */
static void test_without(void **state)
{
	struct fb_ctfeed feed;

	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	for (int wanted = 0; wanted < 2; wanted++) {
		kernel.new_result = -EPROTONOSUPPORT;
		fb_ctfeed_init(&feed, NULL, wanted ? NULL : "nobody asked for it");
		assert_string_equal(feed.reason.text,
				    wanted ? "load nf_conntrack" : "nobody asked for it");
		assert_int_equal(fb_ctfeed_fd(&feed), -1);
		fb_ctfeed_tick(&feed);
		assert_int_equal(fb_ctfeed_forget(&feed, 1), -EOPNOTSUPP);
		assert_int_equal(fb_ctfeed_flush(&feed), -EOPNOTSUPP);
		fb_ctfeed_fini(&feed);
	}
	assert_int_equal(kernel.flushed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forget, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forget_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kill_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forget_using, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_overrun, set_up, tear_down),
		cmocka_unit_test(test_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
