/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A MaxMind file is read into memory that nobody can change: mapped where it lies, a copy over it
 * would end us by SIGBUS. Publishers call the same facts by different names.
 */
#include "enrich/geodb.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enrich/georanges.h"
#include "flowbpf/key.h"
#include "util/cleanup.h"
#include "util/file.h"

struct fb_geodb {
	atomic_uint refs;
	struct fb_geodb_facts facts;
	struct fb_georanges *ranges; /* NULL: `mmdb` */
	MMDB_s mmdb;
};

#define PATH(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* In the order of preference: where a thing is, before where it is registered. */
static const char *const *const countries[] = {
	PATH("country", "iso_code"),
	PATH("country_code"),
	PATH("country"),
	PATH("registered_country", "iso_code"),
	NULL,
};
static const char *const *const numbers[] = {
	PATH("autonomous_system_number"),	    PATH("asn"), PATH("as_number"),
	PATH("traits", "autonomous_system_number"), NULL,
};
static const char *const *const orgs[] = {
	PATH("autonomous_system_organization"),
	PATH("as_name"),
	PATH("as_organization"),
	PATH("traits", "autonomous_system_organization"),
	PATH("organization"),
	PATH("org"),
	NULL,
};

/* --- MaxMind's format ------------------------------------------------------------------------- */

static bool get(MMDB_entry_s *entry, const char *const *const *paths, MMDB_entry_data_s *data)
{
	for (; *paths; paths++)
		if (MMDB_aget_value(entry, data, *paths) == MMDB_SUCCESS && data->has_data &&
		    data->type != MMDB_DATA_TYPE_MAP)
			return true;
	return false;
}

static uint32_t number_of(const MMDB_entry_data_s *data)
{
	char text[16] = "";

	switch (data->type) {
	case MMDB_DATA_TYPE_UINT16:
		return data->uint16;
	case MMDB_DATA_TYPE_UINT32:
		return data->uint32;
	case MMDB_DATA_TYPE_UTF8_STRING: /* "AS15169" */
		if (data->data_size < sizeof(text))
			memcpy(text, data->utf8_string, data->data_size);
		return (uint32_t)strtoul(text + 2 * !strncmp(text, "AS", 2), NULL, 10);
	default:
		return 0;
	}
}

static void take_entry(MMDB_entry_s *entry, struct fb_place *place, char *org)
{
	MMDB_entry_data_s data;

	if (!*place->country && get(entry, countries, &data) &&
	    data.type == MMDB_DATA_TYPE_UTF8_STRING)
		(void)fb_geo_take_country(place, data.utf8_string, data.data_size);
	/* a name goes with its number */
	if (place->asn || *org)
		return;
	if (get(entry, numbers, &data))
		place->asn = number_of(&data);
	if (get(entry, orgs, &data) && data.type == MMDB_DATA_TYPE_UTF8_STRING)
		fb_geo_take_org(org, data.utf8_string, data.data_size);
}

static void find_mmdb(const MMDB_s *mmdb, const uint8_t *addr, uint8_t family,
		      struct fb_place *place, char *org)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *at = family == FB_IPV4 ? (void *)&v4 : (void *)&v6;
	MMDB_lookup_result_s found;
	int error;

	memcpy(&v4.sin_addr, addr + 12, 4);
	memcpy(&v6.sin6_addr, addr, 16);
	found = MMDB_lookup_sockaddr(mmdb, at, &error);
	if (error == MMDB_SUCCESS && found.found_entry)
		take_entry(&found.entry, place, org);
}

static void describe_mmdb(const MMDB_s *mmdb, struct fb_geodb_facts *facts)
{
	const char *type = mmdb->metadata.database_type;

	facts->format = "mmdb";
	facts->entries = mmdb->metadata.node_count;
	facts->built = (int64_t)mmdb->metadata.build_epoch;
	snprintf(facts->describes, sizeof(facts->describes), "%s", type ? type : "");
}

/* A copy of `fd` in memory, sealed. */
static int copy_sealed(int fd, size_t len)
{
	_cleanup_close_ int copy = memfd_create("geo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char block[65536];

	if (copy < 0)
		return -errno;
	for (size_t at = 0; at < len;) {
		const ssize_t n = pread(fd, block, sizeof(block), (off_t)at);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		if (write(copy, block, (size_t)n) != n)
			return -errno;
		at += (size_t)n;
	}
	if (fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return TAKE_FD(copy);
}

static int read_mmdb(struct fb_geodb *db, int fd, size_t len, struct fb_why *why)
{
	_cleanup_close_ int copy = copy_sealed(fd, len);
	char path[32];
	int error;

	if (copy < 0)
		return fb_why_set(why, copy, "no memory to read it into: %s", strerror(-copy));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
	error = MMDB_open(path, MMDB_MODE_MMAP, &db->mmdb);
	if (error != MMDB_SUCCESS)
		return fb_why_set(why, -EINVAL, "it is no MaxMind database that can be read: %s",
				  MMDB_strerror(error));
	describe_mmdb(&db->mmdb, &db->facts);
	return 0;
}

/* --- both ------------------------------------------------------------------------------------- */

/* Such a file begins with its tree and ends with what it is. */
static bool is_mmdb(int fd, size_t len)
{
	static const char marker[] = "\xab\xcd\xefMaxMind.com";
	char end[131072];
	const size_t n = len < sizeof(end) ? len : sizeof(end);
	const ssize_t got = pread(fd, end, n, (off_t)(len - n));

	return got > 0 && memmem(end, (size_t)got, marker, sizeof(marker) - 1);
}

static int read_ranges(struct fb_geodb *db, int fd, struct fb_why *why)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = fb_file_read(fd, FB_GEODB_BYTES, &text, &len);

	if (r < 0)
		return fb_why_set(why, r, "%s", strerror(-r));
	return fb_georanges_parse(text, len, &db->ranges, &db->facts, why);
}

int fb_geodb_read(int fd, struct fb_geodb **ret_db, struct fb_why *why)
{
	_cleanup_free_ struct fb_geodb *db = calloc(1, sizeof(*db));
	struct stat st;
	int r;

	if (!db)
		return fb_why_set(why, -ENOMEM, "memory is short");
	if (fstat(fd, &st) < 0)
		return fb_why_set(why, -errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fb_why_set(why, -EINVAL, "it is no regular file");
	if ((uint64_t)st.st_size > FB_GEODB_BYTES)
		return fb_why_set(why, -EFBIG, "it has more than %u MB", FB_GEODB_BYTES >> 20);
	db->refs = 1;
	r = is_mmdb(fd, (size_t)st.st_size) ? read_mmdb(db, fd, (size_t)st.st_size, why)
					    : read_ranges(db, fd, why);
	if (r == 0)
		*ret_db = TAKE_PTR(db);
	return r;
}

struct fb_geodb *fb_geodb_ref(struct fb_geodb *db)
{
	atomic_fetch_add(&db->refs, 1);
	return db;
}

void fb_geodb_unref(struct fb_geodb *db)
{
	if (!db || atomic_fetch_sub(&db->refs, 1) > 1)
		return;
	if (!db->ranges)
		MMDB_close(&db->mmdb);
	fb_georanges_free(db->ranges);
	free(db);
}

void fb_geodb_facts(const struct fb_geodb *db, struct fb_geodb_facts *ret_facts)
{
	*ret_facts = db->facts;
}

void fb_geodb_find(const struct fb_geodb *db, const uint8_t addr[static 16], uint8_t family,
		   struct fb_place *place, char org[static FB_ORG_TEXT + 1])
{
	if (db->ranges)
		fb_georanges_find(db->ranges, addr, family, place, org);
	else
		find_mmdb(&db->mmdb, addr, family, place, org);
}
