/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rule of alerts, as it is written:
 *
 *	NAME: [FILTER |] MEASURE [> LIMIT | < LIMIT] [CLAUSE...]
 *	uploads: scope=internal-external | rate > 50mbit by src.ip for 5m severity warning
 *	conntrack: conntrack > 80 for 1m severity critical
 *
 * Clauses are pairs of words: by FIELD, for TIME, window TIME, severity WORD, repeat TIME,
 * quiet HH:MM-HH:MM, unless RULE. Pure functions.
 */
#pragma once

#include "filter/filter.h"
#include "flow/fields.h"
#include "format/alarm.h"
#include "policy/alertwords.h"
#include "util/why.h"

#define FB_ALERT_RULE_TEXT 1024 /* bytes, at most */
#define FB_ALERT_SPAN_MOST 604800

/* Of what a measure is: of flows that match, of each interface, of this machine. */
enum fb_alert_of { FB_ALERT_OF_FLOWS, FB_ALERT_OF_LINKS, FB_ALERT_OF_DEVICES, FB_ALERT_OF_MACHINE };

/* How limit and value are written. */
enum fb_alert_unit {
	FB_ALERT_UNIT_NONE, /* it is so, or not: no limit */
	FB_ALERT_UNIT_RATE, /* bits a second */
	FB_ALERT_UNIT_BYTES,
	FB_ALERT_UNIT_COUNT,
	FB_ALERT_UNIT_SECONDS,
	FB_ALERT_UNIT_MS,
	FB_ALERT_UNIT_PERCENT, /* hundredths of one */
};

/* X(id, name, of, unit, once, help): `once`: an event, which nothing ends. */
#define FB_ALERT_MEASURES(X)                                                                       \
	X(RATE, "rate", FLOWS, RATE, false, "bits a second of them, over the window")              \
	X(BYTES, "bytes", FLOWS, BYTES, false, "bytes of them in the window")                      \
	X(FLOWS, "flows", FLOWS, COUNT, false, "connections that are live")                        \
	X(NEW, "new", FLOWS, NONE, true, "a value of the field behind \"by\" that was not there")  \
	X(ABSENT, "absent", FLOWS, SECONDS, false, "time since a packet of them")                  \
	X(LOSS, "loss", FLOWS, PERCENT, false, "TCP packets that had to be sent again")            \
	X(LATENCY, "latency", FLOWS, MS, false, "delay of TCP, there and back, on average")        \
	X(RISK, "risk", FLOWS, COUNT, false, "the highest risk of those of the window")            \
	X(DOWN, "down", LINKS, NONE, false, "an interface without carrier, or gone")               \
	X(LINK_RATE, "link-rate", LINKS, RATE, false, "bits a second that cross an interface")     \
	X(NEW_DEVICE, "new-device", DEVICES, NONE, true, "a device that was never seen")           \
	X(CONNTRACK, "conntrack", MACHINE, PERCENT, false,                                         \
	  "fill of the connection tracking table")                                                 \
	X(TABLE, "table", MACHINE, PERCENT, false, "fill of the flow table (--max-flows)")         \
	X(LOSSES, "losses", MACHINE, COUNT, false,                                                 \
	  "what ought to have been kept and was not, in the window")                               \
	X(DISK, "disk", MACHINE, PERCENT, false, "fill of the disk that has the state folder")     \
	X(DEGRADED, "degraded", MACHINE, COUNT, false,                                             \
	  "reasons why not all is well, as status tells them")

enum fb_alert_measure {
#define X(id, name, of, unit, once, help) FB_ALERT_##id,
	FB_ALERT_MEASURES(X)
#undef X
		FB_ALERT_MEASURE_COUNT
};

struct fb_alert_measure_info {
	const char *name;
	enum fb_alert_of of;
	enum fb_alert_unit unit;
	bool once;
	const char *help;
};

extern const struct fb_alert_measure_info fb_alert_measures[FB_ALERT_MEASURE_COUNT];

/* Who wrote it: nobody, it is one of ours; the config; somebody while it ran. */
enum fb_alert_source { FB_ALERT_READY, FB_ALERT_CONFIG, FB_ALERT_MADE, FB_ALERT_SOURCES };

struct fb_alert_rule {
	char name[FB_ALARM_NAME + 1];
	char text[FB_ALERT_RULE_TEXT + 1]; /* as it was written, without its name */
	enum fb_alert_source source;
	enum fb_alert_measure measure;
	bool below;	/* it fires below the limit */
	uint64_t limit; /* in the unit of its measure */
	uint32_t for_s, window_s, repeat_s;
	enum fb_severity severity;
	int16_t quiet_from, quiet_until; /* minutes of the local day; both -1: never */
	char unless[FB_ALARM_NAME + 1];	 /* silent while that rule fires; empty: none */
	const struct fb_field *by;	 /* NULL: all that match are one */
	struct fb_filter *filter;	 /* owned; NULL: everything */
};

/* What is wrong with one, and where: bytes of its text, which begins with its name. */
struct fb_alert_fault {
	unsigned int offset, length;
	struct fb_why why;
};

/* 0 or -EINVAL with a sentence, -ENOMEM. What it has is freed by fb_filter_free(rule->filter). */
int fb_alert_rule_read(const char *text, struct fb_alert_rule *ret_rule,
		       struct fb_alert_fault *ret_fault);
/* The same, and its sentence begins with the rule. */
int fb_alert_rule_parse(const char *text, struct fb_alert_rule *ret_rule, struct fb_why *why);

/* Does the value break the limit? */
bool fb_alert_breaks(const struct fb_alert_rule *rule, uint64_t value);
/* "rate 62.1 Mbit/s, above 50.0 Mbit/s". */
void fb_alert_say(const struct fb_alert_rule *rule, uint64_t value, char *text, size_t size);

/* Is it a time at which nothing is sent? `minute` of the local day. */
bool fb_alert_is_quiet(const struct fb_alert_rule *rule, int minute);
