/* SPDX-License-Identifier: BSD-2-Clause */
// link: table past query filter format flow util
/*
 * Books over random traffic: what moved in each tick sums up to each flow's counts and to the
 * windows' bytes; each flow ends once, with its last byte; links' totals are what ended and windows
 * hold. Connections come, go, close, are evicted, go on, and cross one interface or two.
 */
#include "unit/world.h"

#include "past/windows.h"
#include "util/clock.h"

#define SLOTS	64
#define PORTS	48
#define KNOWN	8192
#define TICKS	1500
#define WINDOWS FB_WINDOWS

struct end_row {
	struct fb_row row;
	enum { FREE, LIVE, LEAVING } life;
	uint16_t port;
	uint64_t seen; /* its last packet */
	bool busy, over;
};

struct seen {
	uint64_t id;
	int64_t told[2]; /* bytes, by enum fb_dir */
	uint64_t other;	 /* bytes of other sights of the same packets */
	bool ended, here;
};

struct books {
	struct world world;
	struct fb_windows *windows;
	struct end_row slot[SLOTS];
	struct seen seen[KNOWN];
	unsigned int n_seen;
	uint32_t generation;
	int64_t stray, told;

	bool two_links;
	unsigned int n_ended;
};

static uint64_t seed = 1;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static struct seen *seen_of(struct books *books, uint64_t id)
{
	for (unsigned int i = 0; i < books->n_seen; i++)
		if (books->seen[i].id == id)
			return &books->seen[i];
	assert_true(books->n_seen < KNOWN);
	books->seen[books->n_seen].id = id;
	return &books->seen[books->n_seen++];
}

static bool is_taken(const struct books *books, uint16_t port, uint16_t link)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		if (books->slot[i].life == LIVE && books->slot[i].port == port &&
		    books->slot[i].row.key.lane == link)
			return true;
	return false;
}

static void come(struct books *books, struct end_row *slot)
{
	const uint16_t port = (uint16_t)(40000 + below(PORTS));
	const uint8_t proto = port % 2 ? IPPROTO_TCP : IPPROTO_UDP;
	uint16_t link = (uint16_t)(1 + port % 3);

	if (books->two_links && below(2))
		link = 4;
	if (is_taken(books, port, link))
		return;
	slot->row = make_row(link, proto, CLIENT, port, SERVER, 443,
			     books->world.ns - below(3) * S / 2);
	slot->row.generation = ++books->generation;
	slot->port = port;
	slot->life = LIVE;
	slot->busy = true;
	slot->seen = books->world.ns;
	slot->over = false;
	count(&slot->row, FB_UP, 1, 60 + below(1000), proto == IPPROTO_TCP ? SYN : 0);
}

static void move(struct end_row *slot, uint64_t now)
{
	const bool tcp = slot->row.key.proto == IPPROTO_TCP;
	uint8_t flags = 0;

	if (slot->over && below(100))
		return;
	if (below(20) == 0)
		slot->busy = !slot->busy;
	if (!slot->busy && below(200))
		return;
	if (tcp)
		flags = below(25) ? ACK : below(2) ? RST : FIN;
	count(&slot->row, (int)below(2), 1 + below(5), 40 + below(100000), flags);
	slot->seen = now;
	if (flags == FIN)
		count(&slot->row, (int)below(2), 1, 40, FIN);
	slot->over = slot->over || flags == FIN || flags == RST || below(50) == 0;
}

/* Told to leave: its last packets come before it is gone. */
static void leave(struct books *books)
{
	uint32_t slots[SLOTS];
	uint32_t n = fb_table_evictions(books->world.table, slots, SLOTS);

	for (uint32_t i = 0; i < SLOTS; i++) {
		struct end_row *slot = &books->slot[i];

		if (slot->life != LEAVING)
			continue;
		fb_table_row_gone(books->world.table, i, &slot->row, slot->seen);
		slot->life = FREE;
	}
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(books->slot[slots[i]].life, LIVE);
		books->slot[slots[i]].life = LEAVING;
		if (below(2))
			count(&books->slot[slots[i]].row, FB_DOWN, 1, 52, 0);
	}
}

static void check_flow(struct books *books, uint32_t row)
{
	struct fb_flow_at at;
	struct seen *seen;

	if (!fb_snapshot_at(books->world.now, row, &at)) {
		assert_int_equal(at.traffic->moved_bytes[0] | at.traffic->moved_bytes[1], 0);
		return;
	}
	seen = seen_of(books, at.flow->id);
	seen->here = true;
	seen->other = 0;
	for (int dir = 0; dir < 2; dir++) {
		seen->told[dir] += at.traffic->moved_bytes[dir];
		books->told += at.traffic->moved_bytes[dir];
		for (unsigned int i = 0; at.flow->links && i < at.flow->links->n; i++)
			seen->other += at.flow->links->link[i].bytes[0][dir] +
				       at.flow->links->link[i].bytes[1][dir];
		if (at.flow->links)
			seen->other -= at.traffic->bytes[dir];
	}
	/* a flow whose ends were turned told some of it the other way round */
	assert_int_equal(seen->told[0] + seen->told[1],
			 at.traffic->bytes[0] + at.traffic->bytes[1]);
	if (seen->ended)
		assert_int_not_equal(at.flow->closed, FB_CLOSED_NOT);
	if (at.traffic->moved_packets[0] | at.traffic->moved_packets[1])
		seen->ended = false; /* if it was told, it has to be told once more */
}

static void check_ends(struct books *books)
{
	const struct fb_snapshot *now = books->world.now;

	for (unsigned int i = 0; i < books->n_seen; i++)
		books->seen[i].here = false;
	for (uint32_t row = 0; row < now->n; row++)
		check_flow(books, row);
	for (uint32_t i = 0; i < now->n_ended; i++) {
		struct seen *seen = seen_of(books, fb_snapshot_flow(now, now->ended[i])->id);

		assert_false(seen->ended);
		assert_true(seen->here);
		seen->ended = true;
		books->n_ended++;
	}
	for (unsigned int i = 0; i < books->n_seen; i++)
		assert_true(books->seen[i].here || books->seen[i].ended);
	books->stray += now->stray_bytes[0] + now->stray_bytes[1];
}

static void step(struct books *books, bool more)
{
	leave(books);
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct end_row *slot = &books->slot[i];

		if (more && slot->life == FREE && !below(6))
			come(books, slot);
		if (slot->life != LIVE)
			continue;
		if (more)
			move(slot, books->world.ns);
		fb_table_row(books->world.table, i, &slot->row, slot->seen);
	}
	tick(&books->world, 1);
	check_ends(books);
	fb_windows_consumer.tick(books->windows, books->world.now, 0);
}

static uint64_t link_bytes(const struct books *books)
{
	uint64_t packets[2], bytes[2], sum = 0;

	for (uint16_t link = 0; link < 8; link++) {
		fb_table_link_totals(books->world.table, link, packets, bytes);
		sum += bytes[0] + bytes[1];
	}
	return sum;
}

static int64_t window_bytes(const struct books *books)
{
	static struct fb_window list[WINDOWS];
	unsigned int n = fb_windows_read(books->windows, 0, list, WINDOWS);
	int64_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += (int64_t)(list[i].bytes[0] + list[i].bytes[1]);
	return sum;
}

static struct books *open_books(const struct fb_table_opts *opts, bool two_links)
{
	struct books *books = calloc(1, sizeof(*books));

	assert_non_null(books);
	books->world = new_world(opts, NULL, NULL);
	books->two_links = two_links;
	assert_int_equal(fb_windows_new(FB_WINDOW_S, &books->windows), 0);
	assert_int_equal(fb_windows_consumer.open(books->windows), 0);
	tick(&books->world, 1);
	/* from here on windows count */
	fb_windows_consumer.tick(books->windows, books->world.now, 0);
	return books;
}

static void close_books(struct books *books)
{
	fb_windows_consumer.close(books->windows);
	fb_windows_free(books->windows);
	end_world(&books->world);
	free(books);
}

static void run(const struct fb_table_opts *opts, bool two_links, bool short_memory)
{
	struct books *books = open_books(opts, two_links);
	struct fb_table_stats stats;
	uint64_t others = 0;

	for (int t = 0; t < TICKS; t++)
		step(books, true);
	for (int t = 0; t < 300; t++)
		step(books, false);
	fb_table_stats(books->world.table, &stats);
	assert_int_equal(stats.counters.ends_untold, 0);
	for (unsigned int i = 0; i < books->n_seen; i++)
		others += books->seen[i].other;
	assert_int_equal(window_bytes(books), books->told + books->stray);
	/* a record that has to go early is told before its rows' last word for other links */
	if (!short_memory)
		assert_int_equal(link_bytes(books), window_bytes(books) + (int64_t)others);
	assert_true(two_links == (others > 0));
	assert_true(books->n_ended > 60);
	close_books(books);
}

static void test_one_link(void **state)
{
	struct fb_table_opts opts = {.max_rows = SLOTS, .closed_seconds = 30};

	(void)state;
	run(&opts, false, false);
}

static void test_two_links(void **state)
{
	struct fb_table_opts opts = {.max_rows = SLOTS, .closed_seconds = 30};

	(void)state;
	run(&opts, true, false);
}

/* Hardly any room for what is closed, and no time: ends are told all the same. */
static void test_short_memory_for_closed(void **state)
{
	struct fb_table_opts opts = {.max_rows = SLOTS, .closed_seconds = 1, .closed_flows = 3};

	(void)state;
	run(&opts, true, true);
}

/* Fewer records than rows: what finds none is on its link, and in its window. */
static void test_no_record(void **state)
{
	struct fb_table_opts opts = {.max_rows = SLOTS, .max_flows = 8, .closed_flows = 4};
	struct books *books = open_books(&opts, false);

	(void)state;
	for (int t = 0; t < 400; t++)
		step(books, true);
	for (int t = 0; t < 20; t++)
		step(books, false);
	assert_true(books->stray > 0);
	assert_int_equal(window_bytes(books), link_bytes(books));
	close_books(books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_link),
		cmocka_unit_test(test_two_links),
		cmocka_unit_test(test_short_memory_for_closed),
		cmocka_unit_test(test_no_record),
	};

	seed = (uint64_t)fb_monotonic_ns();
	print_message("# seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
