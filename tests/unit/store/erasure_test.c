/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past flow util
/* What is erased of one is gone from the file's bytes, too; what is of others is as it was. */
#include "unit/keeping.h"

#include <fcntl.h>

#include "util/addr.h"

#define WHO "10.0.0.9"

static struct fb_person who(const char *addr)
{
	struct fb_person person = {.has_mac = false};
	uint8_t bytes[16], family;

	assert_int_equal(fb_addr_parse(addr, bytes, &family), 0);
	assert_true(fb_person_add_addr(&person, bytes, family));
	fb_person_add_name(&person, "annas-phone");
	return person;
}

/* A flow of the address to a server, whole. */
static void flow_of(struct keeping *keeping, uint32_t i, uint64_t born, uint8_t last)
{
	struct fb_flow *flow = keeping_begin(keeping, i, born);

	flow->src[15] = last;
	keeping_move(keeping, i, FB_UP, 100);
	keeping_move(keeping, i, FB_DOWN, 1000);
	keeping_end(keeping, i);
	keeping_pass(keeping, 1);
}

static void say(struct keeping *keeping, const char *message)
{
	const struct fb_history_event event = {
		.time_ms = 1,
		.level = "info",
		.component = "act",
		.message = message,
		.fields = "act\0label\0reason\0a laptop\0",
		.is_act = true,
	};

	keeping->fake->snapshot.epoch++;
	keeping->fake->snapshot.now_ns += 1000000000;
	keeping->fake->snapshot.wall_ms += 1000;
	assert_int_equal(fb_historian_tick(keeping->historian, &keeping->fake->snapshot, &event, 1),
			 0);
}

static struct fb_erased erase_all(struct keeping *keeping, const struct fb_person *person,
				  bool dry_run)
{
	struct fb_erased erased;
	unsigned int ticks = 0;

	assert_int_equal(fb_historian_erase(keeping->historian, person, dry_run,
					    keeping->fake->snapshot.now_ns + 1),
			 0);
	assert_int_equal(fb_historian_erase(keeping->historian, person, dry_run, 0), -EBUSY);
	while (fb_historian_erased(keeping->historian, &erased)) {
		assert_true(++ticks < 100);
		keeping_pass(keeping, 1);
	}
	return erased;
}

static struct fb_erased erase(struct keeping *keeping, const char *addr, bool dry_run)
{
	const struct fb_person person = who(addr);

	return erase_all(keeping, &person, dry_run);
}

/* The bytes stand somewhere in what is on the disk. */
static bool has_bytes(const struct keeping *keeping, const void *bytes, size_t len)
{
	static const char *const suffixes[] = {"", "-wal"};
	static char data[16 << 20];
	bool has = false;

	for (int i = 0; i < 2; i++) {
		char path[FB_HISTORY_PATH];
		ssize_t n;
		int fd;

		snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME "%s", keeping->folder,
			 suffixes[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		n = read(fd, data, sizeof(data));
		assert_true(n >= 0 && n < (ssize_t)sizeof(data));
		close(fd);
		has |= memmem(data, (size_t)n, bytes, len) != NULL;
	}
	return has;
}

static void fill(struct keeping *keeping)
{
	struct fb_window window = {
		.id = 41,
		.start_ms = keeping->fake->snapshot.wall_ms,
		.end_ms = keeping->fake->snapshot.wall_ms + 10000,
		.n_new = 2,
		.new_host = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 5}, 4},
			     {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 9}, 4}}};

	for (uint32_t i = 0; i < 600; i++)
		flow_of(keeping, i % 8, i + 1, i % 3 ? 5 : 9);
	assert_int_equal(fb_historian_window(keeping->historian, &window), 0);
	say(keeping, "label " WHO ": done");
	say(keeping, "label 10.0.0.90: done");
	say(keeping, "annas-phone: done");
	keeping_pass(keeping, 30);
}

#define THEIRS "SELECT count(*) FROM flows WHERE src_ip = 167772169"

static void test_what_is_counted_is_what_goes(void **state)
{
	struct keeping *keeping = keeping_new(8);
	struct fb_erased counted, gone;
	int64_t flows, sums;

	(void)state;
	fill(keeping);
	flows = keeping_ask(keeping, THEIRS);
	sums = keeping_ask(keeping, "SELECT count(*) FROM rollup WHERE by = 4 AND key = 167772169");
	assert_int_equal(flows, 200);
	assert_true(sums > 0);
	counted = erase(keeping, WHO, true);
	assert_int_equal(counted.flows, flows);
	assert_int_equal(counted.sums, sums);
	assert_int_equal(counted.windows, 1);
	assert_int_equal(counted.events, 2);
	assert_int_equal(counted.acts, 2);
	assert_int_equal(keeping_ask(keeping, THEIRS), flows);
	gone = erase(keeping, WHO, false);
	assert_int_equal(gone.flows, flows);
	assert_int_equal(gone.sums, sums);
	assert_int_equal(gone.windows, 1);
	assert_int_equal(gone.events, 2);
	assert_int_equal(gone.acts, 2);
	assert_true(gone.rewritten);
	counted = erase(keeping, WHO, true);
	assert_int_equal(
		counted.flows + counted.sums + counted.windows + counted.events + counted.acts, 0);
	keeping_free(keeping);
}

static void test_no_byte_of_it_is_left(void **state)
{
	static const uint8_t host[] = {255, 255, 10, 0, 0, 9, 4}, addr[] = {10, 0, 0, 9};
	struct keeping *keeping = keeping_new(8);

	(void)state;
	fill(keeping);
	assert_true(has_bytes(keeping, WHO ":", strlen(WHO) + 1));
	assert_true(has_bytes(keeping, "annas-phone", 11));
	assert_true(has_bytes(keeping, host, sizeof(host)));
	assert_true(has_bytes(keeping, addr, sizeof(addr)));
	erase(keeping, WHO, false);
	assert_false(has_bytes(keeping, WHO ":", strlen(WHO) + 1));
	assert_false(has_bytes(keeping, "annas-phone", 11));
	assert_false(has_bytes(keeping, host, sizeof(host)));
	assert_false(has_bytes(keeping, addr, sizeof(addr)));
	keeping_free(keeping);
}

static void test_all_others_are_as_they_were(void **state)
{
	struct keeping *keeping = keeping_new(8);
	_cleanup_sqldb_ sqlite3 *db = NULL;
	struct fb_historian_state state_of;
	char path[FB_HISTORY_PATH];

	(void)state;
	fill(keeping);
	erase(keeping, WHO, false);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows WHERE src_ip = 167772165 "
					      "AND dst_port = 443 AND service = 'https'"),
			 400);
	assert_int_equal(keeping_ask(keeping, "SELECT sum(bytes_up) FROM rollup WHERE by = 4 AND "
					      "step = 10 AND key = 167772165"),
			 40000);
	assert_int_equal(keeping_ask(keeping, "SELECT length(new_host) FROM window"), 17);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM event"), 1);
	fb_historian_state(keeping->historian, &state_of);
	assert_int_equal(state_of.kept_rows, 400);
	/* it is written on, with rows that share what the others had */
	flow_of(keeping, 1, 1000, 9);
	flow_of(keeping, 2, 1001, 5);
	keeping_pass(keeping, 1);
	assert_int_equal(keeping_ask(keeping, THEIRS " AND service = 'https'"), 1);
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flows WHERE service = 'https'"),
			 402);
	/* what was recorded stays again, for everybody else */
	snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME, keeping->folder);
	assert_int_equal(fb_sql_open(path, SQLITE_OPEN_READWRITE, &db), 0);
	assert_true(fb_sql_run(db, "DELETE FROM event") < 0);
	assert_true(fb_sql_run(db, "DELETE FROM audit") < 0);
	keeping_free(keeping);
}

static void test_texts_are_searched_by_whole_words(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} texts[] = {
		{"10.0.0.9", true},
		{"from 10.0.0.9:443 on", true},
		{"of 10.0.0.9.", true},
		{"10.0.0.90", false},
		{"110.0.0.9", false},
		{"10.0.0.9.1", false},
		{"1.10.0.0.9", false},
		{"::ffff:10.0.0.9", true},
		{"", false},
		{"ANNAS-PHONE: x", true},
		{"annas-phone.lan", false},
		{"annas-phones", false},
		{"\"annas-phone\"", true},
		{"10.0.0.90, 10.0.0.9", true},
		{"my-annas-phone", false},
	};
	const struct fb_person person = who(WHO), six = who("fd00::9");

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(fb_person_is_in(&person, texts[i].text), texts[i].is);
	assert_true(fb_person_is_in(&six, "kill [fd00::9]:443"));
	assert_true(fb_person_is_in(&six, "forget fd00::9: done"));
	assert_false(fb_person_is_in(&six, "fd00::9:1"));
	assert_false(fb_person_is_in(&six, "fd00::91"));
}

/* A label that is a word of any line must not take lines of others. */
static void test_a_name_may_mean_something_else(void **state)
{
	static const struct {
		const char *name, *text;
		enum fb_person_by by;
	} names[] = {
		{"name", "event=new_device\nname=\nmac=02:00:00:00:00:07", FB_PERSON_NOT},
		{"name", "the name of 10.0.0.9", FB_PERSON_BY_ADDR},
		{"anna", "asked by anna", FB_PERSON_NOT},
		{"443", "10.0.0.5:443", FB_PERSON_NOT},
		{"10.0", "10.0 seconds", FB_PERSON_NOT},
		{"the history", "the history is written again", FB_PERSON_NOT},
		{"connection", "a connection", FB_PERSON_NOT},
		{"-", "a - b", FB_PERSON_NOT},
		{"result.", "the result. That is it", FB_PERSON_NOT},
		{"annas-phone", "label Annas-Phone: done", FB_PERSON_BY_NAME},
		{"laptop.lan", "laptop.lan", FB_PERSON_BY_NAME},
		{"pc2", "name=pc2", FB_PERSON_BY_NAME},
		{"Anna Schmidt", "asked by Anna Schmidt", FB_PERSON_BY_NAME},
		{"Anna Schmidt", "anna schmidt", FB_PERSON_NOT},
		{"Anna's phone", "label Anna's phone: done", FB_PERSON_BY_NAME},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct fb_person person = who(WHO);

		person.n_names = 0;
		fb_person_add_name(&person, names[i].name);
		if (fb_person_is_by(&person, names[i].text) != names[i].by)
			fail_msg("%s: %s", names[i].name, names[i].text);
		assert_true(fb_person_may_be_in(&person, names[i].name));
	}
}

static void test_others_lines_stay(void **state)
{
	struct keeping *keeping = keeping_new(8);
	struct fb_person person = who(WHO);
	struct fb_erased counted;

	(void)state;
	snprintf(person.name[0], sizeof(person.name[0]), "laptop");
	say(keeping, "label 10.0.0.5: done");
	say(keeping, "label " WHO ": done");
	say(keeping, "annas-phone: done");
	keeping_pass(keeping, 1);
	/* each of these acts has "a laptop" for its reason */
	counted = erase_all(keeping, &person, true);
	assert_int_equal(counted.events, 1);
	assert_int_equal(counted.acts, 1);
	assert_int_equal(counted.by_name, 0);
	assert_int_equal(counted.n_lines, 0);
	counted = erase(keeping, WHO, true);
	assert_int_equal(counted.events, 2);
	assert_int_equal(counted.by_name, 2);
	assert_int_equal(counted.n_lines, 2);
	assert_string_equal(counted.line[0], "annas-phone: done");
	/* what is shown first is not kept of the erasure itself */
	counted = erase(keeping, WHO, false);
	assert_int_equal(counted.by_name, 2);
	assert_int_equal(counted.n_lines, 0);
	assert_string_equal(counted.line[0], "");
	assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM event"), 1);
	keeping_free(keeping);
}

/* A device has a label and a name, and each of its addresses may have one, too. */
static void test_each_address_may_have_a_name(void **state)
{
	struct fb_person person = {.n_addrs = FB_PERSON_ADDRS};
	char text[32];

	(void)state;
	fb_person_add_name(&person, "the-family");
	fb_person_add_name(&person, "router-2");
	for (unsigned int i = 0; i < FB_PERSON_ADDRS; i++) {
		snprintf(text, sizeof(text), "phone-%u", i);
		fb_person_add_name(&person, text);
	}
	for (unsigned int i = 0; i < FB_PERSON_ADDRS; i++) {
		snprintf(text, sizeof(text), "asked by phone-%u", i);
		assert_true(fb_person_is_in(&person, text));
	}
	assert_true(fb_person_is_in(&person, "of the-family"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_address_may_have_a_name),
		cmocka_unit_test(test_a_name_may_mean_something_else),
		cmocka_unit_test(test_others_lines_stay),
		cmocka_unit_test(test_what_is_counted_is_what_goes),
		cmocka_unit_test(test_no_byte_of_it_is_left),
		cmocka_unit_test(test_all_others_are_as_they_were),
		cmocka_unit_test(test_texts_are_searched_by_whole_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
