// link: enrich proto flow util
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places of addresses by the files that people have: each publisher's names for the same facts,
 * ranges and prefixes as text, several files together, files that are broken.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "../mmdb.h"
#include "enrich/geo.h"
#include "flowbpf/key.h"

static int file_of(const void *data, size_t len)
{
	const int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	return fd;
}

static int read_bytes(const void *data, size_t len, struct fb_geodb **db, struct fb_why *why)
{
	const int fd = file_of(data, len);
	const int r = fb_geodb_read(fd, db, why);

	close(fd);
	return r;
}

static struct fb_geodb *of_text(const char *text)
{
	struct fb_geodb *db;
	struct fb_why why = {""};

	if (read_bytes(text, strlen(text), &db, &why) < 0)
		fail_msg("%s", why.text);
	return db;
}

static struct fb_geodb *of_entries(const struct mmdb_entry *entry, size_t n)
{
	struct fb_buf file = mmdb_write(entry, n, "Test");
	struct fb_geodb *db;
	struct fb_why why = {""};

	if (read_bytes(file.data, file.len, &db, &why) < 0)
		fail_msg("%s", why.text);
	fb_buf_fini(&file);
	return db;
}

/* "DE 64500 Example AG", "- 0 -" where nothing is known. */
static const char *place_in(struct fb_geo *geo, const char *text)
{
	static char line[160];
	const struct fb_place *place;
	uint8_t addr[16], family;

	assert_int_equal(fb_addr_parse(text, addr, &family), 0);
	place = fb_place_get(fb_geo_number(geo, addr, family));
	if (!place)
		return "nowhere";
	snprintf(line, sizeof(line), "%s %u %s", *place->country ? place->country : "-", place->asn,
		 place->org ? place->org : "-");
	return line;
}

static struct fb_geo *geo_of(struct fb_geodb *one, struct fb_geodb *other)
{
	struct fb_geodb *dbs[] = {one, other};
	struct fb_geo *geo;

	assert_int_equal(fb_geo_new(&geo), 0);
	fb_geo_use(geo, dbs, 2);
	fb_geodb_unref(one);
	fb_geodb_unref(other);
	return geo;
}

static void publishers_are_understood(void **state)
{
	static const struct mmdb_entry entries[] = {
		{"1.1.1.0/24", "country.iso_code=AU registered_country.iso_code=US"},
		{"1.1.2.0/24", "registered_country.iso_code=US"},
		{"1.1.3.0/24", "country_code=JP"},
		{"1.1.4.0/24", "country=NL asn=AS64500 as_name=Example_B.V."},
		{"1.1.5.0/24",
		 "autonomous_system_number=#4200000000 autonomous_system_organization=Wide"},
		{"1.1.6.0/24", "country_code=ZZ"},
		{"1.1.7.0/24", "country_code=Germany asn=none"},
		{"2001:db8:1::/48", "country_code=FI"},
	};
	struct fb_geo *geo = geo_of(of_entries(entries, sizeof(entries) / sizeof(*entries)), NULL);

	(void)state;
	assert_string_equal(place_in(geo, "1.1.1.9"), "AU 0 -");
	assert_string_equal(place_in(geo, "1.1.2.9"), "US 0 -");
	assert_string_equal(place_in(geo, "1.1.3.9"), "JP 0 -");
	assert_string_equal(place_in(geo, "1.1.4.9"), "NL 64500 Example B.V.");
	assert_string_equal(place_in(geo, "1.1.5.9"), "- 4200000000 Wide");
	assert_string_equal(place_in(geo, "1.1.6.9"), "nowhere");
	assert_string_equal(place_in(geo, "1.1.7.9"), "nowhere");
	assert_string_equal(place_in(geo, "1.1.8.9"), "nowhere");
	assert_string_equal(place_in(geo, "2001:db8:1::5"), "FI 0 -");
	assert_string_equal(place_in(geo, "2001:db8:2::5"), "nowhere");
	fb_geo_free(geo);
}

static void ranges_are_read(void **state)
{
	static const char text[] = "start,end,asn,name\n"
				   "1.0.0.0,1.0.0.255,13335,\"Cloudflare, \"\"Inc.\"\"\"\r\n"
				   "# a comment\n\n"
				   "2001:200::\t2001:200:ffff::\t2500\tJP\tWIDE Project\n"
				   "8.8.0.0/16,US,AS15169,Google LLC\n"
				   "8.8.4.0/24,CH\n"
				   "3.0.0.9,3.0.0.1,DE\n"
				   "9.9.9.9/33,DE\n"
				   "255.255.255.0,255.255.255.255,XK\x01,7,A\tB\n";
	struct fb_geodb *db = of_text(text);
	struct fb_geodb_facts facts;
	struct fb_geo *geo;

	(void)state;
	fb_geodb_facts(db, &facts);
	assert_int_equal(facts.entries, 5);
	assert_int_equal(facts.bad_lines, 2);
	assert_int_equal(facts.first_bad, 8);
	geo = geo_of(db, NULL);
	assert_string_equal(place_in(geo, "1.0.0.0"), "- 13335 Cloudflare, \"Inc.\"");
	assert_string_equal(place_in(geo, "1.0.1.0"), "nowhere");
	assert_string_equal(place_in(geo, "2001:200:1::1"), "JP 2500 WIDE Project");
	assert_string_equal(place_in(geo, "8.8.8.8"), "US 15169 Google LLC");
	assert_string_equal(place_in(geo, "8.8.4.4"), "CH 0 -");
	assert_string_equal(place_in(geo, "8.8.5.0"), "US 15169 Google LLC");
	fb_geo_free(geo);
}

/* Each fact of the first file that has it; a network's name never goes with another's number. */
static void files_complete_each_other(void **state)
{
	struct fb_geodb *countries = of_text("1.0.0.0/8,AU\n"), *networks;
	struct fb_geo *geo;

	(void)state;
	networks = of_text("1.0.0.0/9,US,64500,One\n1.128.0.0/9,64501\n");
	geo = geo_of(countries, networks);
	assert_string_equal(place_in(geo, "1.0.0.1"), "AU 64500 One");
	assert_string_equal(place_in(geo, "1.200.0.1"), "AU 64501 -");
	fb_geo_free(geo);
	geo = geo_of(of_text("1.0.0.0/8,64501\n"), of_text("1.0.0.0/8,64500,One\n"));
	assert_string_equal(place_in(geo, "1.0.0.1"), "- 64501 -");
	fb_geo_free(geo);
}

static void private_ranges_have_none(void **state)
{
	static const char *const addrs[] = {"10.1.2.3", "192.168.0.1", "127.0.0.1", "100.64.0.9",
					    "fe80::1",	"fd00::9",     "224.0.0.1"};
	struct fb_geo *geo = geo_of(of_text("0.0.0.0/0,DE\n::/0,DE\n"), NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++)
		assert_string_equal(place_in(geo, addrs[i]), "nowhere");
	assert_string_equal(place_in(geo, "192.0.2.1"), "DE 0 -");
	fb_geo_free(geo);
}

static void other_databases_count_at_once(void **state)
{
	struct fb_geodb *fresh = of_text("1.0.0.0/8,NZ\n");
	struct fb_geo *geo = geo_of(of_text("1.0.0.0/8,AU\n"), NULL);

	(void)state;
	assert_string_equal(place_in(geo, "1.0.0.1"), "AU 0 -");
	fb_geo_use(geo, &fresh, 1);
	fb_geodb_unref(fresh);
	assert_string_equal(place_in(geo, "1.0.0.1"), "NZ 0 -");
	fb_geo_use(geo, NULL, 0);
	assert_string_equal(place_in(geo, "1.0.0.1"), "nowhere");
	fb_geo_free(geo);
}

static void broken_files_say_why(void **state)
{
	static const struct mmdb_entry entry = {"1.1.1.0/24", "country_code=AU"};
	struct fb_buf file = mmdb_write(&entry, 1, "Test");
	struct fb_geodb *db;
	struct fb_why why = {""};

	(void)state;
	assert_int_equal(read_bytes("", 0, &db, &why), -EINVAL);
	assert_non_null(strstr(why.text, "no line of it is"));
	assert_int_equal(read_bytes("a\0b", 3, &db, &why), -EINVAL);
	assert_non_null(strstr(why.text, "no text and no MaxMind database"));
	assert_int_equal(read_bytes(file.data + file.len - 100, 90, &db, &why), -EINVAL);
	assert_int_equal(fb_geodb_read(-1, &db, &why), -EBADF);
	/* whatever is cut off or changed: an error, or places; never a fault */
	for (size_t i = 0; i < file.len; i++) {
		char was = file.data[i];

		file.data[i] = (char)~was;
		if (read_bytes(file.data, file.len, &db, &why) == 0) {
			struct fb_geo *geo = geo_of(db, NULL);

			(void)place_in(geo, "1.1.1.1");
			fb_geo_free(geo);
		}
		file.data[i] = was;
		if (read_bytes(file.data, i, &db, &why) == 0)
			fb_geodb_unref(db);
	}
	fb_buf_fini(&file);
}

static void strange_names_are_cut_and_clean(void **state)
{
	char text[400] = "1.0.0.0/8,";
	struct fb_geo *geo;

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(text, "\xc3\xa4\x1b"); /* an umlaut, an escape */
	geo = geo_of(of_text(text), NULL);
	assert_int_equal(strlen(place_in(geo, "1.0.0.1")), strlen("- 0 ") + FB_ORG_TEXT);
	assert_null(strchr(place_in(geo, "1.0.0.1"), '\x1b'));
	fb_geo_free(geo);
}

static void equal_places_stand_once(void **state)
{
	const struct fb_place one = {.country = "DE", .asn = 1, .org = "x"};
	const struct fb_place other = {.country = "DE", .asn = 1};

	(void)state;
	assert_int_equal(fb_place_number(&one), fb_place_number(&one));
	assert_int_not_equal(fb_place_number(&one), fb_place_number(&other));
	assert_int_equal(fb_place_number(&(struct fb_place){0}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(publishers_are_understood),
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(files_complete_each_other),
		cmocka_unit_test(private_ranges_have_none),
		cmocka_unit_test(other_databases_count_at_once),
		cmocka_unit_test(broken_files_say_why),
		cmocka_unit_test(strange_names_are_cut_and_clean),
		cmocka_unit_test(equal_places_stand_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
