/* SPDX-License-Identifier: BSD-2-Clause */
#include "tui/views.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct fb_view_column flow_columns[] = {
	{"SOURCE", "src.ip", "src.port", true, FB_CELL_END, 18, 18, 0, 0},
	{"DESTINATION", "dst.ip", "dst.port", true, FB_CELL_END, 18, 18, 0, 0},
	{"NAME", "dst.host", NULL, true, FB_CELL_NAME, 8, 12, 22, 0},
	{"SENDS", "rate_bps.up", NULL, true, FB_CELL_RATE_UP, 0, 11, 0, 0},
	{"GETS", "rate_bps.down", NULL, true, FB_CELL_RATE_DOWN, 0, 11, 0, 0},
	{"SERVICE", "service", NULL, true, FB_CELL_TEXT, 6, 8, 0, 2},
	{"STATE", "state", NULL, true, FB_CELL_TEXT, 0, 11, 0, 4},
	{"SENT", "bytes.up", NULL, true, FB_CELL_BYTES_UP, 0, 8, 0, 3},
	{"GOT", "bytes.down", NULL, true, FB_CELL_BYTES_DOWN, 0, 8, 0, 3},
	{"PROTO", "proto", NULL, true, FB_CELL_TEXT, 0, 5, 0, 7},
	{"PROCESS", "owner.process", NULL, true, FB_CELL_TEXT, 8, 8, 0, 5},
	{"AGE", "duration_ms", NULL, true, FB_CELL_DURATION, 0, 7, 0, 6},
	{"RTT", "rtt_ms", NULL, true, FB_CELL_MS, 0, 8, 0, 8},
	{"RISK", "risk", NULL, true, FB_CELL_RISK, 0, 4, 0, 9},
	{"CC", "dst.country", NULL, true, FB_CELL_TEXT, 0, 2, 0, 10},
	{"NETWORK", "dst.org", NULL, true, FB_CELL_DIM, 8, 8, 0, 11},
	{"IFACE", "iface", NULL, true, FB_CELL_DIM, 0, 5, 0, 12},
};

#define GROUP_KEY {"", "key", NULL, true, FB_CELL_KEY, 15, 20, 0, 0}
#define GROUP_SUMS                                                                                 \
	{"FLOWS", "flows", NULL, true, FB_CELL_COUNT, 0, 7, 0, 0},                                 \
		{"SENDS", "rate_bps.up", NULL, true, FB_CELL_RATE_UP, 0, 11, 0, 0},                \
		{"GETS", "rate_bps.down", NULL, true, FB_CELL_RATE_DOWN, 0, 11, 0, 0},             \
		{"SENT", "bytes.up", NULL, true, FB_CELL_BYTES_UP, 0, 8, 0, 2},                    \
		{"GOT", "bytes.down", NULL, true, FB_CELL_BYTES_DOWN, 0, 8, 0, 2},                 \
		{"PEERS", "hosts", NULL, true, FB_CELL_COUNT, 0, 6, 0, 3},                         \
		{"SERVICES", "services", NULL, false, FB_CELL_LIST, 8, 8, 0, 4},                   \
		{"LAST SEEN", "last_seen", NULL, true, FB_CELL_CLOCK, 0, 9, 0, 5},                 \
		{"FIRST SEEN", "first_seen", NULL, true, FB_CELL_CLOCK, 0, 10, 0, 6}

static const struct fb_view_column group_columns[] = {GROUP_KEY, GROUP_SUMS};

/* Of what has a name beside its value. */
static const struct fb_view_column named_columns[] = {
	GROUP_KEY, {"NAME", "label", NULL, false, FB_CELL_TEXT, 10, 16, 0, 1}, GROUP_SUMS};

static const struct fb_view_column incident_columns[] = {
	{"SEVERITY", "severity", NULL, true, FB_CELL_SEVERITY, 0, 8, 0, 0},
	{"STATE", "state", NULL, true, FB_CELL_TEXT, 0, 6, 0, 4},
	{"KIND", "kind", NULL, true, FB_CELL_NAME, 0, 6, 0, 0},
	{"HOST", "host", NULL, true, FB_CELL_TEXT, 0, 13, 0, 0},
	{"FLOWS", "flows", NULL, true, FB_CELL_COUNT, 0, 6, 0, 3},
	{"WHY", "sentence", NULL, false, FB_CELL_TEXT, 16, 16, 40, 0},
	{"PEERS", "peers", NULL, true, FB_CELL_COUNT, 0, 5, 0, 5},
	{"LAST", "last", NULL, true, FB_CELL_CLOCK, 0, 8, 0, 2},
	{"FIRST", "first", NULL, true, FB_CELL_CLOCK, 0, 8, 0, 6},
};

static const struct fb_view_column alert_columns[] = {
	{"SEVERITY", "severity", NULL, true, FB_CELL_SEVERITY, 0, 8, 0, 0},
	{"STATE", "state", NULL, true, FB_CELL_TEXT, 0, 8, 0, 0},
	{"RULE", "rule", NULL, true, FB_CELL_NAME, 8, 8, 0, 0},
	{"ABOUT", "key", NULL, true, FB_CELL_TEXT, 8, 8, 0, 2},
	{"WHY", "sentence", NULL, false, FB_CELL_TEXT, 16, 16, 40, 0},
	{"SINCE", "since", NULL, true, FB_CELL_CLOCK, 0, 8, 0, 1},
};

static const struct fb_view_column interface_columns[] = {
	{"INTERFACE", "name", NULL, true, FB_CELL_NAME, 0, 9, 0, 0},
	{"LINK", "carrier", NULL, true, FB_CELL_LINK, 0, 10, 0, 4},
	{"IN", "rx.rate_bps", NULL, true, FB_CELL_RATE_DOWN, 0, 11, 0, 0},
	{"OUT", "tx.rate_bps", NULL, true, FB_CELL_RATE_UP, 0, 11, 0, 0},
	{"IN, LAST MINUTE", "rx.recent_bps", NULL, false, FB_CELL_SPARK, 0, 20, 0, 1},
	{"OUT, LAST MINUTE", "tx.recent_bps", NULL, false, FB_CELL_SPARK, 0, 20, 0, 5},
	{"GOT", "rx.bytes", NULL, true, FB_CELL_BYTES_DOWN, 0, 8, 0, 2},
	{"SENT", "tx.bytes", NULL, true, FB_CELL_BYTES_UP, 0, 8, 0, 2},
	{"USE IN", "rx.utilisation", NULL, true, FB_CELL_SHARE, 0, 6, 0, 7},
	{"USE OUT", "tx.utilisation", NULL, true, FB_CELL_SHARE, 0, 7, 0, 7},
	{"DROPS IN", "rx.dropped", NULL, true, FB_CELL_COUNT, 0, 8, 0, 3},
	{"DROPS OUT", "tx.dropped", NULL, true, FB_CELL_COUNT, 0, 9, 0, 6},
	{"ERRORS IN", "rx.errors", NULL, true, FB_CELL_COUNT, 0, 9, 0, 8},
	{"ATTACHED", "hook", NULL, true, FB_CELL_TEXT, 0, 8, 0, 9},
	{"ADDRESSES", "addresses", NULL, false, FB_CELL_LIST, 12, 12, 0, 10},
};

#define FLOWS	 "/api/v1/flows"
#define NO_FLOWS "no flow matches"
#define GROUPS_OF(label_, title_, field_, columns_)                                                \
	{.label = label_,                                                                          \
	 .title = title_,                                                                          \
	 .path = FLOWS,                                                                            \
	 .group_by = field_,                                                                       \
	 .key = "key",                                                                             \
	 .of_flows = true,                                                                         \
	 .columns = columns_,                                                                      \
	 .n_columns = COUNT(columns_),                                                             \
	 .sort = FB_VIEW_RATE,                                                                     \
	 .empty = NO_FLOWS}
#define GROUPS(label, title, field) GROUPS_OF(label, title, field, group_columns)
#define NAMED(label, title, field)  GROUPS_OF(label, title, field, named_columns)

static const struct fb_view_face flow_faces[] = {
	{.label = "connections",
	 .path = FLOWS,
	 .key = "id",
	 .of_flows = true,
	 .columns = flow_columns,
	 .n_columns = COUNT(flow_columns),
	 .sort = FB_VIEW_RATE,
	 .empty = NO_FLOWS},
	NAMED("by client", "CLIENT", "src.ip"),
	GROUPS("by name", "NAME OF SERVER", "dst.host"),
	GROUPS("by service", "SERVICE", "service"),
	GROUPS("by process", "PROCESS", "owner.process"),
	GROUPS("by protocol", "PROTOCOL", "proto"),
	GROUPS("by state", "STATE", "state"),
	GROUPS("by country", "COUNTRY", "dst.country"),
};

static const struct fb_view_face host_faces[] = {
	NAMED("clients", "CLIENT", "src.ip"),
	GROUPS("devices", "DEVICE", "src.device"),
	NAMED("servers", "SERVER", "dst.ip"),
};

static const struct fb_view_face process_faces[] = {
	GROUPS("processes", "PROCESS", "owner.process"),
	GROUPS("users", "USER", "owner.user"),
	GROUPS("units", "UNIT", "owner.unit"),
	GROUPS("containers", "CONTAINER", "owner.container_name"),
};

static const struct fb_view_face name_faces[] = {
	GROUPS("names of servers", "NAME", "dst.host"), GROUPS("names of TLS", "SNI", "tls.sni"),
	GROUPS("services", "SERVICE", "service"),	GROUPS("networks", "NETWORK", "dst.org"),
	GROUPS("countries", "COUNTRY", "dst.country"),
};

static const struct fb_view_face alert_faces[] = {
	{.label = "incidents",
	 .path = "/api/v1/incidents",
	 .key = "id",
	 .columns = incident_columns,
	 .n_columns = COUNT(incident_columns),
	 .sort = 7,
	 .empty = "nothing odd was seen"},
	{.label = "alerts of rules",
	 .path = "/api/v1/alerts",
	 .key = "id",
	 .columns = alert_columns,
	 .n_columns = COUNT(alert_columns),
	 .sort = 5,
	 .empty = "no rule fires"},
};

static const struct fb_view_face interface_faces[] = {
	{.label = "interfaces",
	 .path = "/api/v1/interfaces?recent=true",
	 .key = "name",
	 .columns = interface_columns,
	 .n_columns = COUNT(interface_columns),
	 .sort = 2,
	 .empty = "there is no interface"},
};

#define VIEW(title_, faces_) {title_, faces_, COUNT(faces_)}

const struct fb_view fb_views[FB_VIEWS] = {
	VIEW("Flows", flow_faces), VIEW("Hosts", host_faces),	VIEW("Processes", process_faces),
	VIEW("Names", name_faces), VIEW("Alerts", alert_faces), VIEW("Interfaces", interface_faces),
};

unsigned int fb_view_next_sort(const struct fb_view_face *face, unsigned int from, int step)
{
	const unsigned int n = face->n_columns;
	unsigned int at;

	if (from >= n)
		from = step > 0 ? n - 1 : 0;
	at = from;
	do
		at = (at + n + (unsigned int)step) % n;
	while (at != from && !face->columns[at].sorts);
	return at;
}
