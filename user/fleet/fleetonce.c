/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetonce.h"

/* Where addresses are private: each site has its own. */
static const char *const networks[][2] = {
	{"::ffff:10.0.0.0", "::ffff:10.255.255.255"},
	{"::ffff:172.16.0.0", "::ffff:172.31.255.255"},
	{"::ffff:192.168.0.0", "::ffff:192.168.255.255"},
	{"::ffff:100.64.0.0", "::ffff:100.127.255.255"},
	{"::ffff:169.254.0.0", "::ffff:169.254.255.255"},
	{"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
};

static void add_private(const char *address, struct fb_buf *text)
{
	for (unsigned int i = 0; i < sizeof(networks) / sizeof(*networks); i++)
		fb_buf_addf(text, "%s%s BETWEEN IPv6StringToNum('%s') AND IPv6StringToNum('%s')",
			    i ? " OR " : "", address, networks[i][0], networks[i][1]);
}

/* An end as it is outside: behind a NAT that the sensor knows of. */
static void add_end(const char *end, struct fb_buf *text)
{
	const char *none = "= IPv6StringToNum('::')";

	fb_buf_addf(text,
		    ", argMax(if(nat_%s_ip %s, %s_ip, nat_%s_ip), time) AS %s_at"
		    ", argMax(ifNull(if(nat_%s_ip %s, %s_port, nat_%s_port), 0), time) AS %s_by",
		    end, none, end, end, end, end, none, end, end, end);
}

static void add_moment(const char *function, const char *column, bool modern, const char *name,
		       struct fb_buf *text)
{
	fb_buf_addf(text, ", %s(%s(%s)) AS %s", function,
		    modern ? "toUnixTimestamp64Milli" : "toInt64", column, name);
}

/* A flow a record. */
static void add_flows(const char *database, bool modern, const char *bounds, struct fb_buf *text)
{
	fb_buf_adds(text, "SELECT sensor_id AS who, id AS which, any(site) AS site_of, "
			  "any(proto) AS kind, sum(bytes_up + bytes_down) AS moved");
	add_end("src", text);
	add_end("dst", text);
	add_moment("min", "first_seen", modern, "begun", text);
	add_moment("max", "last_seen", modern, "over", text);
	fb_buf_addf(text, " FROM %s.flows%s GROUP BY sensor_id, id", database, bounds);
}

/* A sensor that saw certain ends a record: what it counted, and its flows of them. */
static void add_sensors(const char *database, bool modern, const char *bounds, struct fb_buf *text)
{
	fb_buf_adds(text, "SELECT kind, arraySort([tuple(src_at, src_by), tuple(dst_at, dst_by)]) "
			  "AS ends, if(");
	add_private("src_at", text);
	fb_buf_adds(text, " OR ");
	add_private("dst_at", text);
	fb_buf_adds(text, ", site_of, '') AS place, who, sum(moved) AS much, "
			  "groupArray(tuple(which, begun, over)) AS its FROM (");
	add_flows(database, modern, bounds, text);
	fb_buf_adds(text, ") GROUP BY kind, ends, place, who");
}

void fb_fleetonce_add(const char *database, bool modern, const char *bounds, struct fb_buf *text)
{
	fb_buf_adds(text, "GLOBAL NOT IN (SELECT tupleElement(mine, 2), tupleElement(one, 1) FROM "
			  "(SELECT seen, mine FROM (SELECT groupArray(tuple(much, who, its)) AS "
			  "seen FROM (");
	add_sensors(database, modern, bounds, text);
	fb_buf_addf(text,
		    ") GROUP BY kind, ends, place HAVING count() > 1) ARRAY JOIN seen AS mine) "
		    "ARRAY JOIN tupleElement(mine, 3) AS one WHERE arrayExists(better -> "
		    "(tupleElement(better, 1), tupleElement(better, 2)) > "
		    "(tupleElement(mine, 1), tupleElement(mine, 2)) AND arrayExists(other -> "
		    "tupleElement(other, 2) <= tupleElement(one, 3) + %d AND "
		    "tupleElement(one, 2) <= tupleElement(other, 3) + %d, "
		    "tupleElement(better, 3)), seen))",
		    FB_FLEETONCE_SKEW_MS, FB_FLEETONCE_SKEW_MS);
}
