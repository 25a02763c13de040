/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that can be asked for but the live streams: one line a route in routes.c, and its
 * handler here. A handler returns 0 with req->reply filled in, or -errno; it keeps nothing. Those
 * of tagged routes find their snapshot in req->edition.
 */
#pragma once

#include "http/route.h"

struct fb_api;

/* The routes, with `api` as their context and its engine's snapshots as editions. */
struct fb_route_table fb_api_table(struct fb_api *api);

/* flows.c */
int fb_api_flows(struct fb_request *req);
int fb_api_flow(struct fb_request *req);
int fb_api_fields(struct fb_request *req);

/* searches.c */
int fb_api_searches(struct fb_request *req);

/* act_routes.c */
int fb_api_flow_delete(struct fb_request *req);
int fb_api_flow_kill(struct fb_request *req);
int fb_api_conntrack_delete(struct fb_request *req);

/* ruleroutes.c */
int fb_api_rules(struct fb_request *req);
int fb_api_rule_post(struct fb_request *req);
int fb_api_panic(struct fb_request *req);
int fb_api_rules_export(struct fb_request *req);
int fb_api_rules_import(struct fb_request *req);
int fb_api_rules_delete(struct fb_request *req);
int fb_api_rule_confirm(struct fb_request *req);
int fb_api_rule_delete(struct fb_request *req);

/* alertroutes.c */
int fb_api_incidents(struct fb_request *req);
int fb_api_incident_silences(struct fb_request *req);
int fb_api_incident_silence(struct fb_request *req);
int fb_api_incident_unsilence(struct fb_request *req);
int fb_api_automation(struct fb_request *req);
int fb_api_automation_preview(struct fb_request *req);
int fb_api_automation_put(struct fb_request *req);
int fb_api_automation_delete(struct fb_request *req);
int fb_api_alerts(struct fb_request *req);
int fb_api_alert_rules(struct fb_request *req);
int fb_api_teachings(struct fb_request *req);
int fb_api_erasure(struct fb_request *req);
int fb_api_erase(struct fb_request *req);
int fb_api_teaching_post(struct fb_request *req);
int fb_api_teaching_delete(struct fb_request *req);
int fb_api_alert_silence(struct fb_request *req);
int fb_api_alert_test(struct fb_request *req);
int fb_api_alert_try(struct fb_request *req);

/* alertedits.c */
int fb_api_alert_rule_post(struct fb_request *req);
int fb_api_alert_rule_put(struct fb_request *req);
int fb_api_alert_rule_delete(struct fb_request *req);
int fb_api_alert_rule_validate(struct fb_request *req);

/* deletions.c */
int fb_api_flows_delete(struct fb_request *req);
int fb_api_deletions(struct fb_request *req);

/* audits.c */
int fb_api_audit(struct fb_request *req);

/* acting.c */
int fb_api_act_preview(struct fb_request *req);
int fb_api_act(struct fb_request *req);

/* filters.c */
int fb_api_filter_validate(struct fb_request *req);
int fb_api_filter_complete(struct fb_request *req);

/* exports.c */
int fb_api_export_csv(struct fb_request *req);
int fb_api_export_json(struct fb_request *req);
int fb_api_export_ndjson(struct fb_request *req);

/* summary.c, aggregate.c, hosts.c */
int fb_api_summary(struct fb_request *req);
int fb_api_aggregate(struct fb_request *req);
int fb_api_matrix(struct fb_request *req);
int fb_api_sankey(struct fb_request *req);
int fb_api_hosts(struct fb_request *req);
int fb_api_host(struct fb_request *req);
int fb_api_host_name_put(struct fb_request *req);
int fb_api_host_name_delete(struct fb_request *req);

/* deviceroutes.c */
int fb_api_devices(struct fb_request *req);
int fb_api_device(struct fb_request *req);
int fb_api_device_label_put(struct fb_request *req);
int fb_api_device_label_delete(struct fb_request *req);

/* pathquality.c */
int fb_api_quality(struct fb_request *req);

/* history.c */
int fb_api_series(struct fb_request *req);
int fb_api_new_destinations(struct fb_request *req);

/* processes.c */
int fb_api_processes(struct fb_request *req);

/* listening.c */
int fb_api_listeners(struct fb_request *req);

/* netdevs.c */
int fb_api_interfaces(struct fb_request *req);

/* databases.c */
int fb_api_geo(struct fb_request *req);
int fb_api_lists(struct fb_request *req);

/* metrics.c */
int fb_api_metrics(struct fb_request *req);

/* healthlog.c */
int fb_api_health(struct fb_request *req);
int fb_api_log(struct fb_request *req);

/* login.c */
int fb_api_session_get(struct fb_request *req);
int fb_api_session_post(struct fb_request *req);
int fb_api_session_delete(struct fb_request *req);
int fb_api_login_post(struct fb_request *req);

/* problems.c: what the API tells of itself */
int fb_api_openapi(struct fb_request *req);
int fb_api_problem(struct fb_request *req);

/* compat/, exports.c, history.c: the paths of other dashboards */
int fb_api_alias_connections(struct fb_request *req);
int fb_api_alias_summary(struct fb_request *req);
int fb_api_alias_protocols(struct fb_request *req);
int fb_api_alias_states(struct fb_request *req);
int fb_api_alias_sources(struct fb_request *req);
int fb_api_alias_destinations(struct fb_request *req);
int fb_api_alias_ports(struct fb_request *req);
int fb_api_alias_matrix(struct fb_request *req);
int fb_api_alias_firewall(struct fb_request *req);
int fb_api_alias_of_interface(struct fb_request *req);
int fb_api_alias_count(struct fb_request *req);
int fb_api_alias_network(struct fb_request *req);
int fb_api_alias_status(struct fb_request *req);
