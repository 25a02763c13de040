/* SPDX-License-Identifier: BSD-2-Clause */
// link: store enrich flow proto util
/*
 * The devices of the networks here: who is one, what they are called, that strangers take no place
 * of others, and that all of it outlives a restart.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "enrich/pipeline.h"
#include "store/devicestate.h"
#include "unit/end.h"
#include "util/mac.h"

#define S    1000000000ull
#define WALL 1795881600000ll /* a whole hour */
#define HOUR 3600000ll

static char folder[] = "/tmp/flowbpf-devicestate.XXXXXX";

static void at(struct fb_pipeline *pipeline, uint64_t ns, int64_t wall_ms)
{
	fb_inventory_tick(pipeline->inventory,
			  &(struct fb_inventory_clock){.ns = ns,
						       .wall_ms = wall_ms,
						       .day = (int32_t)(wall_ms / HOUR / 24)});
	fb_pipeline_tick(pipeline, ns);
}

static void tie(struct fb_pipeline *pipeline, const char *mac, const char *addr, uint64_t ns)
{
	struct end end = end_of(addr);
	uint8_t bytes[6];

	assert_int_equal(fb_mac_parse(mac, bytes), 0);
	fb_pipeline_tie(pipeline, &(struct fb_devices_fact){.time = ns,
							    .mac = bytes,
							    .addr = end.addr,
							    .family = end.family,
							    .link = 2,
							    .sure = true});
}

static void call(struct fb_pipeline *pipeline, const char *addr, const char *name)
{
	struct end end = end_of(addr);

	fb_pipeline_learn(pipeline, &(struct fb_addr_fact){.time = S,
							   .addr = end.addr,
							   .family = end.family,
							   .source = FB_NAME_MDNS,
							   .name = name,
							   .len = strlen(name),
							   .ttl = 3600});
}

static uint32_t number_of(struct fb_pipeline *pipeline, const char *mac)
{
	uint8_t bytes[6];

	assert_int_equal(fb_mac_parse(mac, bytes), 0);
	return fb_inventory_number(pipeline->inventory, bytes);
}

/* "number name" of the client of a flow that began then; what it had is `had`. */
static uint32_t device_of(struct fb_pipeline *pipeline, const char *src, uint64_t began,
			  uint32_t had)
{
	struct end end = end_of(src);
	struct fb_flow flow = {.family = end.family, .first_seen = began};
	struct fb_flow_facts facts = {0};

	flow.src_device = had & FB_DEVICE_NUMBER;
	memcpy(flow.src, end.addr, 16);
	fb_pipeline_describe(pipeline, &flow, ~0u, &facts);
	return facts.src_device;
}

static const char *called(struct fb_pipeline *pipeline, uint32_t number)
{
	static char text[300];
	struct fb_devicelist *list = fb_inventory_list(pipeline->inventory);
	const struct fb_devicelist_entry *entry = fb_devicelist_get(list, number);

	snprintf(text, sizeof(text), "%s", entry && entry->name ? entry->name : "-");
	free(list);
	return text;
}

static void test_who(void **state)
{
	struct fb_pipeline pipeline;
	const struct fb_pipeline_opts opts = {NULL, 0};
	uint32_t a, b;

	(void)state;
	assert_int_equal(fb_pipeline_init(&pipeline, &opts), 0);
	at(&pipeline, S, WALL);
	/* outside, of the link only, of nobody: no device */
	tie(&pipeline, "02:00:00:00:00:01", "198.51.100.1", S);
	tie(&pipeline, "02:00:00:00:00:02", "fe80::2", S);
	tie(&pipeline, "02:00:00:00:00:02", "169.254.1.1", S);
	tie(&pipeline, "00:00:00:00:00:00", "10.0.0.1", S);
	tie(&pipeline, "01:00:5e:00:00:01", "10.0.0.1", S);
	tie(&pipeline, "02:00:00:00:00:02", "224.0.0.1", S);
	assert_null(fb_inventory_next(pipeline.inventory, &(uint32_t){0}));
	/* inside: then its other addresses are its, too */
	tie(&pipeline, "02:00:00:00:00:0a", "10.0.0.10", S);
	tie(&pipeline, "02:00:00:00:00:0a", "2001:db8::10", S);
	a = number_of(&pipeline, "02:00:00:00:00:0a");
	assert_int_not_equal(a, 0);
	at(&pipeline, 2 * S, WALL);
	assert_int_equal(device_of(&pipeline, "10.0.0.10", S, 0), a);
	assert_int_equal(device_of(&pipeline, "2001:db8::10", S, 0), a);
	assert_int_equal(device_of(&pipeline, "198.51.100.1", S, 0), 0);
	assert_string_equal(called(&pipeline, a), "02:00:00:00:00:0a");
	call(&pipeline, "10.0.0.10", "lisa.local");
	at(&pipeline, 3 * S, WALL);
	assert_string_equal(called(&pipeline, a), "lisa.local");
	/* two of IPv4 that are called otherwise: none of them is its name */
	tie(&pipeline, "02:00:00:00:00:0a", "10.0.0.11", 3 * S);
	call(&pipeline, "10.0.0.11", "tom.local");
	at(&pipeline, 4 * S, WALL);
	assert_string_equal(called(&pipeline, a), "02:00:00:00:00:0a");
	/* an address that goes to another: older flows stay with who had it */
	tie(&pipeline, "02:00:00:00:00:0b", "10.0.0.10", 5 * S);
	b = number_of(&pipeline, "02:00:00:00:00:0b");
	assert_int_equal(device_of(&pipeline, "10.0.0.10", 4 * S, a), a);
	assert_int_equal(device_of(&pipeline, "10.0.0.10", 4 * S, 0), 0);
	assert_int_equal(device_of(&pipeline, "10.0.0.10", 6 * S, a), b);
	/* what stands for many is called nothing, but by its label */
	for (int i = 0; i < 40; i++) {
		char addr[32];

		snprintf(addr, sizeof(addr), "10.0.1.%d", i + 1);
		tie(&pipeline, "02:00:00:00:00:0b", addr, 6 * S);
	}
	at(&pipeline, 7 * S, WALL);
	assert_string_equal(called(&pipeline, b), "-");
	assert_int_equal(fb_inventory_label(pipeline.inventory, (uint8_t[]){2, 0, 0, 0, 0, 11},
					    "repeater", fb_device_icon("router")),
			 0);
	assert_string_equal(called(&pipeline, b), "repeater");
	assert_int_equal(
		fb_inventory_label(pipeline.inventory, (uint8_t[]){2, 0, 0, 0, 0, 99}, "x", 0),
		-ENOENT);
	fb_pipeline_fini(&pipeline);
}

static void flood(struct fb_pipeline *pipeline, unsigned int from, unsigned int n, uint64_t ns)
{
	for (unsigned int i = from; i < from + n; i++) {
		char mac[FB_MAC_STRLEN], addr[32];

		snprintf(mac, sizeof(mac), "02:07:%02x:%02x:%02x:%02x", i >> 24, i >> 16 & 255,
			 i >> 8 & 255, i & 255);
		snprintf(addr, sizeof(addr), "10.%u.%u.%u", 100 + (i >> 16 & 127), i >> 8 & 255,
			 i & 255);
		tie(pipeline, mac, addr, ns);
	}
}

/* Known for a day, labelled, or talking: a flood of MACs takes the place of none of these. */
static void test_flood(void **state)
{
	struct fb_pipeline pipeline;
	const struct fb_pipeline_opts opts = {NULL, 0};
	struct fb_inventory_counters counters;
	struct fb_inventory_device *list;
	struct fb_inventory_clock clock;
	uint32_t talking, n;

	(void)state;
	assert_int_equal(fb_pipeline_init(&pipeline, &opts), 0);
	at(&pipeline, S, WALL);
	tie(&pipeline, "02:00:00:00:00:01", "10.0.0.1", S);
	at(&pipeline, 2 * S, WALL + 25 * HOUR);
	tie(&pipeline, "02:00:00:00:00:02", "10.0.0.2", 2 * S);
	fb_inventory_label(pipeline.inventory, (uint8_t[]){2, 0, 0, 0, 0, 2}, "mine", 0);
	tie(&pipeline, "02:00:00:00:00:03", "10.0.0.3", 2 * S);
	talking = number_of(&pipeline, "02:00:00:00:00:03");
	fb_inventory_count(pipeline.inventory, talking, FB_UP, 100);
	at(&pipeline, 3 * S, WALL + 26 * HOUR);
	flood(&pipeline, 0, 3 * FB_DEVICES_MOST, 3 * S);
	fb_inventory_counters(pipeline.inventory, &counters);
	assert_true(counters.devices_no_room > FB_DEVICES_MOST);
	assert_int_not_equal(number_of(&pipeline, "02:00:00:00:00:01"), 0);
	assert_int_not_equal(number_of(&pipeline, "02:00:00:00:00:02"), 0);
	assert_int_equal(number_of(&pipeline, "02:00:00:00:00:03"), talking);
	assert_int_equal(device_of(&pipeline, "10.0.0.3", S, 0), talking);
	/* a number that was given back rests, and what had it has it no more */
	assert_true(counters.devices_dropped > 0 && counters.devices_dropped <= 256);
	assert_int_equal(device_of(&pipeline, "10.100.0.0", S, 4), 0);
	flood(&pipeline, 3 * FB_DEVICES_MOST, 600, 3 * S);
	assert_int_equal(fb_inventory_copy(pipeline.inventory, &list, &n, &clock), 0);
	assert_int_equal(n, FB_DEVICES_MOST - counters.devices_dropped);
	free(list);
	/* then it is another's */
	at(&pipeline, 70 * S, WALL + 27 * HOUR);
	tie(&pipeline, "02:00:00:00:00:04", "10.0.0.4", 70 * S);
	assert_int_not_equal(number_of(&pipeline, "02:00:00:00:00:04"), 0);
	fb_pipeline_fini(&pipeline);
}

static void test_restart(void **state)
{
	struct fb_pipeline first, second;
	const struct fb_pipeline_opts opts = {NULL, 0};
	const int fd = open(folder, O_RDONLY | O_DIRECTORY);
	struct fb_inventory_device *list;
	struct fb_inventory_clock clock;
	struct fb_devicestate file;
	struct fb_why why = {""};
	uint32_t n;

	(void)state;
	assert_int_equal(fb_pipeline_init(&first, &opts), 0);
	fb_devicestate_init(&file, fd, WALL);
	assert_int_equal(fb_devicestate_load(&file, first.inventory, &why), -ENOENT);
	at(&first, S, WALL);
	tie(&first, "02:00:00:00:00:0a", "10.0.0.10", S);
	tie(&first, "02:00:00:00:00:0a", "fd00::10", S);
	tie(&first, "02:00:00:00:00:0b", "10.0.0.11", S);
	fb_inventory_label(first.inventory, (uint8_t[]){2, 0, 0, 0, 0, 10}, "Küche: Tablet 1",
			   fb_device_icon("tablet"));
	fb_inventory_count(first.inventory, 1, FB_UP, 100);
	fb_inventory_count(first.inventory, 1, FB_DOWN, 1000);
	at(&first, 2 * S, WALL + HOUR);
	fb_inventory_count(first.inventory, 1, FB_UP, 7);
	fb_devicestate_tick(&file, first.inventory, 2 * S, true);
	assert_int_equal(fb_devicestate_close(&file, first.inventory), 0);
	fb_pipeline_fini(&first);

	assert_int_equal(fb_pipeline_init(&second, &opts), 0);
	at(&second, S, WALL + 2 * HOUR);
	fb_devicestate_init(&file, fd, WALL + 2 * HOUR);
	assert_int_equal(fb_devicestate_load(&file, second.inventory, &why), 2);
	assert_int_equal(file.since_ms, WALL);
	assert_false(fb_inventory_next_fresh(second.inventory, &(struct fb_inventory_device){0}));
	assert_int_equal(fb_inventory_copy(second.inventory, &list, &n, &clock), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].label, "Küche: Tablet 1");
	assert_string_equal(fb_device_icon_name(list[0].icon), "tablet");
	assert_int_equal(list[0].first_ms, WALL);
	assert_int_equal(list[0].last_ms, WALL + HOUR);
	assert_int_equal(list[0].n_addrs, 2);
	assert_int_equal(list[0].total[FB_UP], 107);
	assert_int_equal(list[0].today[FB_DOWN], 1000);
	assert_int_equal(list[0].hours[(WALL / HOUR) % 24], 1100);
	assert_int_equal(list[0].hours[(WALL / HOUR + 1) % 24], 7);
	assert_int_equal(list[0].hours[(WALL / HOUR + 2) % 24], 0);
	free(list);
	/* a day later nothing of it is of today, and no hour is of the last ones */
	at(&second, 2 * S, WALL + 40 * HOUR);
	assert_int_equal(fb_inventory_copy(second.inventory, &list, &n, &clock), 0);
	assert_int_equal(list[0].today[FB_DOWN], 0);
	assert_int_equal(list[0].total[FB_DOWN], 1000);
	for (int i = 0; i < FB_INVENTORY_HOURS; i++)
		assert_int_equal(list[0].hours[i], 0);
	free(list);
	/* where it was is not where it is: only who says so now has the address */
	assert_int_equal(device_of(&second, "10.0.0.10", S, 0), 0);
	fb_pipeline_fini(&second);
	close(fd);
}

#define DEVICE(times, bytes, label)                                                                \
	"device 02:00:00:00:00:01 " times " " bytes " 20261129 5 6 500000 "                        \
	"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0 - " label "\n"

static const struct {
	const char *text, *why;
	int r;
} broken[] = {
	{"no devices\n", "are in no form that this version knows", -EPROTO},
	{"flowbpf devices 1\nend 1\n", "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\nend 0\nmore", "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\nsince 7\n", "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\naddress 10.0.0.1 7\nend 1\n", "are torn, whole lines were taken",
	 -EBADMSG},
	{"flowbpf devices 1\ndevice 02:00:00:00:00:01 1 2 3 4 20261129 5 6 500000 1,2 - x\nend 1\n",
	 "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\ndevice 02:00:00:00:00:01 1 2 3 -4 20261129 5 6 500000 0 - x\nend 1\n",
	 "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\ndevice 02:00:00:00:00 1 2\nend 1\n",
	 "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\n" DEVICE("1 2", "3 4", "\033[2J") "end 1\n",
	 "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\n" DEVICE("1 2", "3 9223372036854775807", "x") "end 1\n",
	 "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\n" DEVICE("9223372036854775807 2", "3 4", "x") "end 1\n",
	 "are torn, whole lines were taken", -EBADMSG},
	{"flowbpf devices 1\n" DEVICE("1 2", "3 4", "x") "end 1\n", "", 1},
	{"flowbpf devices 1\nend 0\n", "", 0},
};

static void test_broken(void **state)
{
	const int fd = open(folder, O_RDONLY | O_DIRECTORY);

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		struct fb_inventory *inventory;
		struct fb_devicestate file;
		struct fb_why why = {""};
		const int out = openat(fd, "devices", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		assert_int_equal(write(out, broken[i].text, strlen(broken[i].text)),
				 strlen(broken[i].text));
		close(out);
		assert_int_equal(fb_inventory_new(&inventory), 0);
		fb_devicestate_init(&file, fd, WALL);
		assert_int_equal(fb_devicestate_load(&file, inventory, &why), broken[i].r);
		assert_non_null(strstr(why.text, broken[i].why));
		assert_int_equal(faccessat(fd, "devices.old", F_OK, 0) == 0, broken[i].r < 0);
		unlinkat(fd, "devices.old", 0);
		fb_inventory_free(inventory);
	}
	unlinkat(fd, "devices", 0);
	close(fd);
}

/* A machine without a battery begins in 1970: hours before that had nothing. */
static void test_clock_not_set(void **state)
{
	struct fb_pipeline pipeline;
	const struct fb_pipeline_opts opts = {NULL, 0};
	struct fb_inventory_device *list;
	struct fb_inventory_clock clock;
	uint64_t bytes = 0;
	uint32_t n;

	(void)state;
	assert_int_equal(fb_pipeline_init(&pipeline, &opts), 0);
	at(&pipeline, S, 2 * HOUR);
	tie(&pipeline, "02:00:00:00:00:01", "10.0.0.1", S);
	fb_inventory_count(pipeline.inventory, number_of(&pipeline, "02:00:00:00:00:01"), FB_UP,
			   100);
	assert_int_equal(fb_inventory_copy(pipeline.inventory, &list, &n, &clock), 0);
	assert_int_equal(n, 1);
	assert_int_equal(fb_inventory_hour(list, 0), 100);
	for (unsigned int ago = 0; ago < FB_INVENTORY_HOURS; ago++)
		bytes += fb_inventory_hour(list, ago);
	assert_int_equal(bytes, 100);
	free(list);
	fb_pipeline_fini(&pipeline);
}

/* A neighbour that the kernel still knows was not seen just now. */
static void test_silent(void **state)
{
	const struct fb_pipeline_opts opts = {NULL, 0};
	const struct end end = end_of("10.0.0.1");
	struct fb_pipeline pipeline;
	struct fb_devices_fact fact = {.time = 2 * S,
				       .mac = (const uint8_t[]){2, 0, 0, 0, 0, 1},
				       .addr = end.addr,
				       .family = end.family,
				       .link = 2,
				       .silent_ms = HOUR / 2,
				       .sure = true};

	(void)state;
	assert_int_equal(fb_pipeline_init(&pipeline, &opts), 0);
	at(&pipeline, S, WALL);
	tie(&pipeline, "02:00:00:00:00:01", "10.0.0.1", S);
	at(&pipeline, 2 * S, WALL + HOUR);
	fb_pipeline_tie(&pipeline, &fact);
	assert_int_equal(fb_inventory_next(pipeline.inventory, &(uint32_t){0})->last_ms,
			 WALL + HOUR / 2);
	fact.silent_ms = 2 * HOUR;
	fb_pipeline_tie(&pipeline, &fact);
	assert_int_equal(fb_inventory_next(pipeline.inventory, &(uint32_t){0})->last_ms,
			 WALL + HOUR / 2);
	fb_pipeline_fini(&pipeline);
}

/* What cannot be read is kept, too: all labels may be in it. */
static void test_unreadable(void **state)
{
	const int fd = open(folder, O_RDONLY | O_DIRECTORY);
	struct fb_inventory *inventory;
	struct fb_devicestate file;
	struct fb_why why = {""};
	struct stat old;

	(void)state;
	assert_int_equal(symlinkat("/dev/null", fd, "devices"), 0);
	assert_int_equal(fb_inventory_new(&inventory), 0);
	fb_devicestate_init(&file, fd, WALL);
	assert_int_equal(fb_devicestate_load(&file, inventory, &why), -ELOOP);
	assert_non_null(strstr(why.text, "cannot be read"));
	assert_non_null(strstr(why.text, "kept as devices.old"));
	assert_int_equal(fb_devicestate_close(&file, inventory), 0);
	assert_int_equal(fstatat(fd, "devices.old", &old, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(old.st_mode));
	unlinkat(fd, "devices.old", 0);
	unlinkat(fd, "devices", 0);
	fb_inventory_free(inventory);
	close(fd);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),	   cmocka_unit_test(test_flood),
		cmocka_unit_test(test_restart),	   cmocka_unit_test(test_broken),
		cmocka_unit_test(test_unreadable), cmocka_unit_test(test_clock_not_set),
		cmocka_unit_test(test_silent),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
