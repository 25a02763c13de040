// link: tui util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of answer after answer: order, what is held, what is chosen, what is scrolled to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tui/itemlist.h"

static const struct fb_view_column by_size = {.path = "rate.up", .sorts = true};
static const struct fb_view_column by_name = {.path = "name", .sorts = true};

/* Items "name:rate" with blanks between; a rate of "-" is null. */
static void set(struct fb_itemlist *list, const char *items, const struct fb_itemlist_order *order)
{
	char text[4096] = "{\"items\":[", name[16], rate[16];
	struct fb_jsontree *answer;
	size_t len = strlen(text);
	int used;

	for (; sscanf(items, " %15[^:]:%15s%n", name, rate, &used) == 2; items += used)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s{\"name\":\"%s\",\"rate\":{\"up\":%s}}",
			text[len - 1] == '}' ? "," : "", name, *rate == '-' ? "null" : rate);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "]}");
	assert_int_equal(fb_jsontree_parse(text, len, &answer), 0);
	assert_int_equal(fb_itemlist_set(list, answer, order), 0);
}

static const char *names(const struct fb_itemlist *list)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < list->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
					fb_jsontree_str(fb_itemlist_value(list->items[i], "name")));
	return text;
}

static void test_order(void **state)
{
	struct fb_itemlist list = {.n = 0};
	struct fb_itemlist_order order = {.key = "name"};

	(void)state;
	set(&list, "c:1 a:30 d:- b:4", &order);
	assert_string_equal(names(&list), "cadb");
	order.sort = &by_size;
	order.descending = true;
	set(&list, "c:1 a:30 d:- b:4", &order);
	assert_string_equal(names(&list), "abcd");
	order.descending = false;
	set(&list, "c:1 a:30 d:- b:4 e:4", &order);
	assert_string_equal(names(&list), "dcbea");
	order.sort = &by_name;
	set(&list, "c:1 a:30 d:- b:4", &order);
	assert_string_equal(names(&list), "abcd");
	set(&list, "", &order);
	assert_int_equal(list.n, 0);
	assert_null(fb_itemlist_at(&list));
	fb_itemlist_fini(&list);
}

/* Those that were there stay, those that went are gone, new ones come last in their own order. */
static void test_hold(void **state)
{
	struct fb_itemlist list = {.n = 0};
	struct fb_itemlist_order order = {.key = "name", .sort = &by_size, .descending = true};

	(void)state;
	set(&list, "a:5 b:4 c:3 d:2", &order);
	order.hold = true;
	set(&list, "x:9 d:8 a:7 c:6 y:1", &order);
	assert_string_equal(names(&list), "acdxy");
	set(&list, "y:9 x:8 d:7 a:6 c:5", &order);
	assert_string_equal(names(&list), "acdxy");
	order.hold = false;
	set(&list, "y:9 x:8 d:7 a:6 c:5", &order);
	assert_string_equal(names(&list), "yxdac");
	fb_itemlist_fini(&list);
}

static const char *at(const struct fb_itemlist *list)
{
	return fb_jsontree_str(fb_itemlist_value(fb_itemlist_at(list), "name"));
}

static void test_chosen(void **state)
{
	struct fb_itemlist list = {.n = 0};
	const struct fb_itemlist_order order = {.key = "name"};

	(void)state;
	fb_itemlist_move(&list, 3); /* there is nothing */
	set(&list, "a:1 b:1 c:1", &order);
	assert_string_equal(at(&list), "a");
	set(&list, "b:1 a:1 c:1", &order); /* none was chosen: the first it is */
	assert_string_equal(at(&list), "b");
	fb_itemlist_move(&list, 1);
	assert_string_equal(at(&list), "a");
	set(&list, "c:1 d:1 b:1 a:1", &order);
	assert_string_equal(at(&list), "a");
	set(&list, "c:1 d:1", &order); /* it went */
	assert_string_equal(at(&list), "d");
	fb_itemlist_move(&list, -100);
	assert_string_equal(at(&list), "c");
	fb_itemlist_move(&list, 1000000);
	assert_string_equal(at(&list), "d");
	fb_itemlist_first(&list);
	set(&list, "z:1 c:1 d:1", &order);
	assert_string_equal(at(&list), "z");
	fb_itemlist_clear(&list);
	assert_null(fb_itemlist_at(&list));
}

static void test_scroll(void **state)
{
	struct fb_itemlist list = {.n = 0};
	const struct fb_itemlist_order order = {.key = "name"};

	(void)state;
	set(&list, "a:1 b:1 c:1 d:1 e:1 f:1 g:1", &order);
	fb_itemlist_show(&list, 3);
	assert_int_equal(list.top, 0);
	fb_itemlist_move(&list, 4);
	fb_itemlist_show(&list, 3);
	assert_int_equal(list.top, 2);
	fb_itemlist_move(&list, -1);
	fb_itemlist_show(&list, 3);
	assert_int_equal(list.top, 2);
	fb_itemlist_show(&list, 6); /* a taller screen has no blank rows below */
	assert_int_equal(list.top, 1);
	fb_itemlist_show(&list, 0);
	fb_itemlist_fini(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_scroll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
