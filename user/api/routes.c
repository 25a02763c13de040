/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that can be asked for; see the header. */
#include "api/routes.h"

#include "api/api.h"
#include "api/evidenceroute.h"
#include "api/fleetroutes.h"
#include "api/pastask.h"
#include "api/pastsums.h"
#include "api/pastwindows.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "flow/snapshot.h"

/* What narrows down a set of flows. */
#define WHICH "filter q live scope proto state ip port name iface since until"

/* Viewers have it also where they are not told all (--anonymise). */
#define TOLD FB_ROUTE_TELLS_NOBODY

/* A hub of a fleet has it, too. */
#define FLEET FB_ROUTE_FLEET

/* Of routes that history has an answer for, too (api/pastwant.c). */
#define PAST WHICH " source at once wait search"

/*
 * Who looks is a viewer. What is done to flows, to what is shown or learned, takes an operator, who
 * takes it back the same way. What acts with nobody who asks, says what is told to whom, or takes
 * away what was kept, takes an admin. docs/roles.md has it as a table.
 */
static const struct fb_route routes[] = {
	{"GET", "/api/v1/flows", fb_api_flows, FB_ROLE_VIEWER, FB_ROUTE_TAGGED | TOLD | FLEET,
	 PAST " sort limit offset cursor fields group_by"},
	{"GET", "/api/v1/flows/{id}", fb_api_flow, FB_ROLE_VIEWER, FB_ROUTE_TAGGED | TOLD | FLEET,
	 "since until source at wait search"},
	{"DELETE", "/api/v1/flows", fb_api_flows_delete, FB_ROLE_OPERATOR, 0,
	 WHICH " dry_run at_most reason"},
	{"GET", "/api/v1/deletions", fb_api_deletions, FB_ROLE_VIEWER, 0, NULL},
	{"DELETE", "/api/v1/flows/{id}", fb_api_flow_delete, FB_ROLE_OPERATOR, TOLD, "reason"},
	{"POST", "/api/v1/acts/preview", fb_api_act_preview, FB_ROLE_OPERATOR, FB_ROUTE_BODY, NULL},
	{"POST", "/api/v1/acts", fb_api_act, FB_ROLE_OPERATOR, FB_ROUTE_BODY, NULL},
	{"GET", "/api/v1/audit", fb_api_audit, FB_ROLE_OPERATOR, 0, "after since"},
	{"POST", "/api/v1/flows/{id}/kill", fb_api_flow_kill, FB_ROLE_OPERATOR,
	 FB_ROUTE_BODY | TOLD, NULL},
	{"GET", "/api/v1/rules", fb_api_rules, FB_ROLE_VIEWER, 0, NULL},
	{"POST", "/api/v1/rules", fb_api_rule_post, FB_ROLE_OPERATOR, FB_ROUTE_BODY, NULL},
	{"POST", "/api/v1/panic", fb_api_panic, FB_ROLE_OPERATOR, FB_ROUTE_BODY | TOLD, NULL},
	{"GET", "/api/v1/rulefile", fb_api_rules_export, FB_ROLE_VIEWER, 0, NULL},
	{"POST", "/api/v1/rulefile", fb_api_rules_import, FB_ROLE_OPERATOR,
	 FB_ROUTE_BODY | FB_ROUTE_LARGE, NULL},
	{"DELETE", "/api/v1/rules", fb_api_rules_delete, FB_ROLE_OPERATOR, 0, "since"},
	{"POST", "/api/v1/rules/{id}/confirm", fb_api_rule_confirm, FB_ROLE_OPERATOR, 0, NULL},
	{"DELETE", "/api/v1/rules/{id}", fb_api_rule_delete, FB_ROLE_OPERATOR, 0, NULL},
	{"GET", "/api/v1/incidents", fb_api_incidents, FB_ROLE_VIEWER, 0,
	 "severity kind host state silenced limit offset cursor"},
	{"GET", "/api/v1/incident-silences", fb_api_incident_silences, FB_ROLE_VIEWER, 0, NULL},
	{"POST", "/api/v1/incident-silences", fb_api_incident_silence, FB_ROLE_OPERATOR,
	 FB_ROUTE_BODY, NULL},
	{"DELETE", "/api/v1/incident-silences/{id}", fb_api_incident_unsilence, FB_ROLE_OPERATOR, 0,
	 NULL},
	{"GET", "/api/v1/automation", fb_api_automation, FB_ROLE_VIEWER, 0, NULL},
	{"POST", "/api/v1/automation/preview", fb_api_automation_preview, FB_ROLE_OPERATOR,
	 FB_ROUTE_BODY, NULL},
	{"PUT", "/api/v1/automation/{kind}/{direction}", fb_api_automation_put, FB_ROLE_ADMIN,
	 FB_ROUTE_BODY, NULL},
	{"DELETE", "/api/v1/automation/{kind}/{direction}", fb_api_automation_delete, FB_ROLE_ADMIN,
	 0, NULL},
	{"GET", "/api/v1/alerts", fb_api_alerts, FB_ROLE_VIEWER, 0, NULL},
	{"GET", "/api/v1/teachings", fb_api_teachings, FB_ROLE_VIEWER, 0, NULL},
	{"POST", "/api/v1/teachings", fb_api_teaching_post, FB_ROLE_OPERATOR, FB_ROUTE_BODY, NULL},
	{"DELETE", "/api/v1/teachings/{id}", fb_api_teaching_delete, FB_ROLE_OPERATOR, 0, "reason"},
	{"GET", "/api/v1/alert-rules", fb_api_alert_rules, FB_ROLE_VIEWER, 0, NULL},
	{"POST", "/api/v1/alert-rules", fb_api_alert_rule_post, FB_ROLE_ADMIN, FB_ROUTE_BODY, NULL},
	{"POST", "/api/v1/alert-rules/validate", fb_api_alert_rule_validate, FB_ROLE_VIEWER,
	 FB_ROUTE_BODY | TOLD, NULL},
	{"PUT", "/api/v1/alert-rules/named/{name}", fb_api_alert_rule_put, FB_ROLE_ADMIN,
	 FB_ROUTE_BODY, NULL},
	{"DELETE", "/api/v1/alert-rules/named/{name}", fb_api_alert_rule_delete, FB_ROLE_ADMIN, 0,
	 "reason"},
	{"POST", "/api/v1/alert-rules/try", fb_api_alert_try, FB_ROLE_VIEWER, FB_ROUTE_BODY,
	 "since"},
	{"POST", "/api/v1/alert-silences", fb_api_alert_silence, FB_ROLE_OPERATOR, FB_ROUTE_BODY,
	 NULL},
	{"POST", "/api/v1/alert-senders/{name}/test", fb_api_alert_test, FB_ROLE_OPERATOR, 0, NULL},
	{"DELETE", "/api/v1/conntrack", fb_api_conntrack_delete, FB_ROLE_OPERATOR, FB_ROUTE_BODY,
	 NULL},
	{"GET", "/api/v1/fields", fb_api_fields, FB_ROLE_VIEWER, FB_ROUTE_FIXED | TOLD | FLEET,
	 NULL},
	{"POST", "/api/v1/filter/validate", fb_api_filter_validate, FB_ROLE_VIEWER,
	 FB_ROUTE_BODY | TOLD | FLEET, NULL},
	{"GET", "/api/v1/filter/complete", fb_api_filter_complete, FB_ROLE_VIEWER, TOLD | FLEET,
	 "q pos"},
	{"GET", "/api/v1/export.csv", fb_api_export_csv, FB_ROLE_VIEWER, TOLD | FLEET,
	 PAST " fields anonymise"},
	{"GET", "/api/v1/export.json", fb_api_export_json, FB_ROLE_VIEWER, TOLD | FLEET,
	 PAST " anonymise"},
	{"GET", "/api/v1/export.ndjson", fb_api_export_ndjson, FB_ROLE_VIEWER, TOLD | FLEET,
	 PAST " anonymise"},

	{"GET", "/api/v1/searches", fb_api_searches, FB_ROLE_VIEWER, FLEET, NULL},
	{"GET", "/api/v1/evidence.tar.gz", fb_api_evidence, FB_ROLE_OPERATOR, 0, WHICH},

	{"GET", "/api/v1/summary", fb_api_summary, FB_ROLE_VIEWER, FB_ROUTE_TAGGED | TOLD, NULL},
	{"GET", "/api/v1/aggregate/{dimension}", fb_api_aggregate, FB_ROLE_VIEWER,
	 FB_ROUTE_TAGGED | TOLD | FLEET, PAST " top_n metric port_type"},
	{"GET", "/api/v1/matrix/{rows}/{columns}", fb_api_matrix, FB_ROLE_VIEWER,
	 FB_ROUTE_TAGGED | TOLD | FLEET, PAST " metric"},
	{"GET", "/api/v1/sankey", fb_api_sankey, FB_ROLE_VIEWER, FB_ROUTE_TAGGED | TOLD | FLEET,
	 PAST " dims metric top_n"},
	{"GET", "/api/v1/quality", fb_api_quality, FB_ROLE_VIEWER, FB_ROUTE_TAGGED | TOLD,
	 WHICH " by worst top_n"},
	{"GET", "/api/v1/series", fb_api_series, FB_ROLE_VIEWER, TOLD, "metric by range"},
	{"GET", "/api/v1/history/erasure", fb_api_erasure, FB_ROLE_ADMIN, 0, NULL},
	{"POST", "/api/v1/history/erasure", fb_api_erase, FB_ROLE_ADMIN, FB_ROUTE_BODY, NULL},
	{"GET", "/api/v1/history/top", fb_api_history_top, FB_ROLE_VIEWER, FLEET,
	 "by key since until compare sort limit once"},
	{"GET", "/api/v1/history/series", fb_api_history_series, FB_ROLE_VIEWER, FLEET,
	 "by key since until limit once"},
	{"GET", "/api/v1/history/heat", fb_api_history_heat, FB_ROLE_VIEWER, FLEET,
	 "by key since until tz_min once"},
	{"GET", "/api/v1/history/quality", fb_api_history_quality, FB_ROLE_VIEWER, FLEET,
	 "by since until limit"},
	{"GET", "/api/v1/new-destinations", fb_api_new_destinations, FB_ROLE_VIEWER, 0, NULL},
	{"GET", "/api/v1/windows", fb_api_windows, FB_ROLE_VIEWER, TOLD, "after since until"},
	{"GET", "/api/v1/hosts", fb_api_hosts, FB_ROLE_VIEWER, FB_ROUTE_TAGGED | TOLD | FLEET,
	 PAST " limit offset cursor"},
	{"GET", "/api/v1/hosts/{ip}", fb_api_host, FB_ROLE_VIEWER, FB_ROUTE_TAGGED | TOLD | FLEET,
	 "since until source at wait search"},
	{"PUT", "/api/v1/hosts/{ip}/name", fb_api_host_name_put, FB_ROLE_OPERATOR, FB_ROUTE_BODY,
	 NULL},
	{"DELETE", "/api/v1/hosts/{ip}/name", fb_api_host_name_delete, FB_ROLE_OPERATOR, 0, NULL},
	{"GET", "/api/v1/processes", fb_api_processes, FB_ROLE_VIEWER, FB_ROUTE_TAGGED | TOLD,
	 WHICH " limit offset cursor"},
	{"GET", "/api/v1/listeners", fb_api_listeners, FB_ROLE_VIEWER, FB_ROUTE_TAGGED, NULL},

	{"GET", "/api/v1/devices", fb_api_devices, FB_ROLE_VIEWER, 0, NULL},
	{"GET", "/api/v1/devices/{mac}", fb_api_device, FB_ROLE_VIEWER, 0, NULL},
	{"PUT", "/api/v1/devices/{mac}/label", fb_api_device_label_put, FB_ROLE_OPERATOR,
	 FB_ROUTE_BODY, NULL},
	{"DELETE", "/api/v1/devices/{mac}/label", fb_api_device_label_delete, FB_ROLE_OPERATOR, 0,
	 NULL},

	{"GET", "/api/v1/health", fb_api_health, FB_ROLE_VIEWER, TOLD | FLEET, NULL},
	{"GET", "/api/v1/interfaces", fb_api_interfaces, FB_ROLE_VIEWER, 0, "recent"},
	{"GET", "/api/v1/geo", fb_api_geo, FB_ROLE_VIEWER, TOLD, NULL},
	{"GET", "/api/v1/lists", fb_api_lists, FB_ROLE_VIEWER, 0, NULL},
	{"GET", "/api/v1/log", fb_api_log, FB_ROLE_VIEWER, 0, "since"},
	{"GET", "/api/v1/session", fb_api_session_get, FB_ROLE_NONE, FB_ROUTE_OPEN | FLEET, NULL},
	{"POST", "/api/v1/session", fb_api_session_post, FB_ROLE_NONE,
	 FB_ROUTE_OPEN | FB_ROUTE_BODY | FLEET, NULL},
	{"DELETE", "/api/v1/session", fb_api_session_delete, FB_ROLE_NONE, FB_ROUTE_OPEN | FLEET,
	 NULL},
	{"POST", "/api/v1/login", fb_api_login_post, FB_ROLE_VIEWER, TOLD | FLEET, "role"},
	{"GET", "/api/v1/fleet/sensors", fb_api_fleet_sensors, FB_ROLE_VIEWER, FLEET, "since by"},
	{"GET", "/api/v1/fleet/series", fb_api_fleet_series, FB_ROLE_VIEWER, FLEET,
	 "since until limit by"},
	{"GET", "/api/v1/fleet/live", fb_api_fleet_live, FB_ROLE_VIEWER, FLEET, NULL},
	{"GET", "/api/v1/openapi.json", fb_api_openapi, FB_ROLE_VIEWER, TOLD | FLEET, NULL},
	{"GET", "/metrics", fb_api_metrics, FB_ROLE_VIEWER, TOLD, NULL},
	{"GET", "/problems/{code}", fb_api_problem, FB_ROLE_NONE, FB_ROUTE_OPEN | FLEET, NULL},

	/* the paths of other dashboards */
	{"GET", "/api/connections", fb_api_alias_connections, FB_ROLE_VIEWER, FB_ROUTE_ALIAS | TOLD,
	 WHICH " protocol status"},
	{"DELETE", "/api/connections", fb_api_conntrack_delete, FB_ROLE_OPERATOR,
	 FB_ROUTE_ALIAS | FB_ROUTE_BODY, NULL},
	{"GET", "/api/connections/{id}", fb_api_alias_of_interface, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, NULL},
	{"DELETE", "/api/connections/{id}", fb_api_flow_delete, FB_ROLE_OPERATOR,
	 FB_ROUTE_ALIAS | TOLD, "reason"},
	{"GET", "/api/firewall-connections/{id}", fb_api_alias_firewall, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, NULL},
	{"GET", "/api/connection-count/{id}", fb_api_alias_count, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, NULL},
	{"GET", "/api/summary", fb_api_alias_summary, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, NULL},
	{"GET", "/api/aggregate/protocol", fb_api_alias_protocols, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, NULL},
	{"GET", "/api/aggregate/state", fb_api_alias_states, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, NULL},
	{"GET", "/api/aggregate/source-ip", fb_api_alias_sources, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, "top_n"},
	{"GET", "/api/aggregate/destination-ip", fb_api_alias_destinations, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, "top_n"},
	{"GET", "/api/aggregate/ports", fb_api_alias_ports, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, "top_n port_type"},
	{"GET", "/api/group/protocol-state", fb_api_alias_matrix, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED | TOLD, NULL},
	{"GET", "/api/network-stats", fb_api_alias_network, FB_ROLE_VIEWER,
	 FB_ROUTE_ALIAS | FB_ROUTE_TAGGED, NULL},
	{"GET", "/api/status", fb_api_alias_status, FB_ROLE_VIEWER, FB_ROUTE_ALIAS | TOLD, NULL},
	{"GET", "/api/history", fb_api_alias_history, FB_ROLE_VIEWER, FB_ROUTE_ALIAS | TOLD, NULL},
};

static void *take_snapshot(const struct fb_request *req, uint64_t *ret_epoch)
{
	struct fb_snapshot *snapshot = fb_api_snapshot(req->ctx, req->anonymised);

	if (snapshot)
		*ret_epoch = snapshot->epoch;
	return snapshot;
}

static void put_snapshot(void *snapshot)
{
	fb_snapshot_put(snapshot);
}

struct fb_route_table fb_api_table(struct fb_api *api)
{
	return (struct fb_route_table){
		.routes = routes,
		.n = sizeof(routes) / sizeof(*routes),
		.ctx = api,
		.take = take_snapshot,
		.put = put_snapshot,
		.is_apart = fb_pastask_is_wanted,
		.handle_apart = fb_pastask_handle,
		.end_apart = fb_pastask_end,
	};
}
