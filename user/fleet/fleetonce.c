/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetonce.h"

#include <stdio.h>

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

/* An end as it is outside, behind a NAT that the sensor knows of, and as it is inside. */
static void add_end(const char *end, struct fb_buf *text)
{
	const char *none = "= IPv6StringToNum('::')";

	fb_buf_addf(text,
		    ", argMax(if(nat_%s_ip %s, %s_ip, nat_%s_ip), time) AS %s_at"
		    ", argMax(ifNull(if(nat_%s_ip %s, %s_port, nat_%s_port), 0), time) AS %s_by",
		    end, none, end, end, end, end, none, end, end, end);
	fb_buf_addf(text,
		    ", argMax(%s_ip, time) AS %s_in, argMax(ifNull(%s_port, 0), time) AS %s_of",
		    end, end, end, end);
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

/* The two ends as one value, and where they are: "src_at", "src_by" or "src_in", "src_of". */
static void add_ends(const char *at, const char *by, const char *name, struct fb_buf *text)
{
	char end[8];

	fb_buf_addf(text,
		    ", arraySort([tuple(src_%s, src_%s), tuple(dst_%s, dst_%s)]) AS %s_ends, if(",
		    at, by, at, by, name);
	snprintf(end, sizeof(end), "src_%s", at);
	add_private(end, text);
	fb_buf_adds(text, " OR ");
	snprintf(end, sizeof(end), "dst_%s", at);
	add_private(end, text);
	fb_buf_addf(text, ", site_of, '') AS %s_place", name);
}

/*
 * How a flow is seen: by its ends outside; and where its sensor knows of a NAT, by those inside,
 * too, which is how sensors on that side see it.
 */
static void add_sights(const char *database, bool modern, const char *bounds, struct fb_buf *text)
{
	fb_buf_adds(text, "SELECT kind, who, which, moved, begun, over, tupleElement(sight, 1) AS "
			  "ends, tupleElement(sight, 2) AS place, tupleElement(sight, 3) AS inner "
			  "FROM (SELECT kind, who, which, moved, begun, over, src_at != src_in OR "
			  "src_by != src_of OR dst_at != dst_in OR dst_by != dst_of AS natted");
	add_ends("at", "by", "outer", text);
	add_ends("in", "of", "inner", text);
	fb_buf_adds(text, " FROM (");
	add_flows(database, modern, bounds, text);
	fb_buf_adds(text, ")) ARRAY JOIN arraySlice([tuple(outer_ends, outer_place, 0), "
			  "tuple(inner_ends, inner_place, 1)], 1, 1 + natted) AS sight");
}

/* A sensor that saw certain ends a record: what it counted, and its flows of them. */
static void add_sensors(const char *database, bool modern, const char *bounds, struct fb_buf *text)
{
	fb_buf_adds(text, "SELECT kind, ends, place, inner, who, sum(moved) AS much, "
			  "groupArray(tuple(which, begun, over)) AS its FROM (");
	add_sights(database, modern, bounds, text);
	fb_buf_adds(text, ") GROUP BY kind, ends, place, inner, who");
}

void fb_fleetonce_add(const char *database, bool modern, const char *bounds, struct fb_buf *text)
{
	fb_buf_adds(text, "GLOBAL NOT IN (SELECT tupleElement(mine, 3), tupleElement(one, 1) FROM "
			  "(SELECT seen, mine FROM (SELECT groupArray(tuple(inner, much, who, "
			  "its)) AS seen FROM (");
	add_sensors(database, modern, bounds, text);
	fb_buf_addf(text,
		    ") GROUP BY kind, ends, place HAVING count() > 1) ARRAY JOIN seen AS mine) "
		    "ARRAY JOIN tupleElement(mine, 4) AS one WHERE tupleElement(mine, 1) = 0 AND "
		    "arrayExists(better -> tupleElement(better, 3) != tupleElement(mine, 3) AND "
		    "(tupleElement(better, 1), tupleElement(better, 2), tupleElement(better, 3)) > "
		    "(tupleElement(mine, 1), tupleElement(mine, 2), tupleElement(mine, 3)) AND "
		    "arrayExists(other -> tupleElement(other, 2) <= tupleElement(one, 3) + %d AND "
		    "tupleElement(one, 2) <= tupleElement(other, 3) + %d, "
		    "tupleElement(better, 4)), seen))",
		    FB_FLEETONCE_SKEW_MS, FB_FLEETONCE_SKEW_MS);
}
