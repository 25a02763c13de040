/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The handlers that the route table names, and the writers that several of them share.
 * A handler reads the request, fills req->reply, and keeps nothing.
 */
#pragma once

#include "http/request.h"

struct fb_field;
struct fb_flow_at;
struct fb_journal_entry;
struct fb_query;
struct fb_snapshot;
struct fb_status;
struct fb_window;
struct fb_windows;

/* health.c */
void fb_api_health(struct fb_api_request *req);
void fb_api_log(struct fb_api_request *req);

/* A copy to be freed; NULL after answering. */
struct fb_status *fb_status_get(struct fb_api_request *req);
void fb_status_write_links(struct fb_json *json, const struct fb_status *status);
void fb_status_write_conntrack(struct fb_json *json, const struct fb_status *status);
void fb_status_write_losses(struct fb_json *json, const struct fb_status *status);
void fb_journal_write(struct fb_json *json, const struct fb_journal_entry *entry);

/* actions.c */
void fb_api_flow_delete(struct fb_api_request *req);
void fb_api_conntrack_delete(struct fb_api_request *req);

/* A flow id: up to 16 hexadecimal digits. */
bool fb_parse_id(const char *text, uint64_t *ret_id);

/* problems.c */
void fb_api_problem(struct fb_api_request *req);

/* flows.c */
void fb_api_flows(struct fb_api_request *req);
void fb_api_flow(struct fb_api_request *req);
void fb_api_fields(struct fb_api_request *req);

/* The "page" member of a list of `n` items out of `matched`. */
void fb_write_page(struct fb_json *json, const struct fb_query *query, uint64_t epoch,
		   uint64_t total, uint64_t matched, uint32_t n);
/* The "as_of" and "epoch" members. */
void fb_write_stamp(struct fb_json *json, const struct fb_snapshot *snapshot);
/* limit, offset and cursor; false after answering. */
bool fb_read_place(struct fb_api_request *req, struct fb_query *query);

/* summary.c */
void fb_api_summary(struct fb_api_request *req);

/* aggregate.c */
void fb_api_aggregate(struct fb_api_request *req);
void fb_api_matrix(struct fb_api_request *req);
void fb_api_sankey(struct fb_api_request *req);
void fb_api_hosts(struct fb_api_request *req);
void fb_api_host(struct fb_api_request *req);

/* top_n, at most FB_QUERY_LIMIT, and whether port_type is sport; false after answering. */
bool fb_read_top_n(struct fb_api_request *req, uint32_t *ret_n, bool *ret_source_port);
/* A field's value as a JSON string, whatever its type. */
void fb_write_value(struct fb_json *json, const struct fb_field *field,
		    const struct fb_flow_at *at);

/* history.c */
void fb_api_series(struct fb_api_request *req);
void fb_api_windows(struct fb_api_request *req);
void fb_window_write(struct fb_json *json, const struct fb_window *window);
/* Points of a series, rounded; those that are not known (NaN) as null. */
void fb_points_write(struct fb_json *json, const char *key, const float *values, uint32_t n);

/* export.c */
void fb_api_export_csv(struct fb_api_request *req);
void fb_api_export_json(struct fb_api_request *req);
void fb_api_export_ndjson(struct fb_api_request *req);

/* expression.c */
void fb_api_filter_validate(struct fb_api_request *req);
void fb_api_filter_complete(struct fb_api_request *req);

/* alias.c, aliasfw.c: the paths of other dashboards */
void fb_api_alias_connections(struct fb_api_request *req);
void fb_alias_write_connection(struct fb_json *json, const struct fb_flow_at *at);
void fb_api_alias_summary(struct fb_api_request *req);
void fb_api_alias_protocols(struct fb_api_request *req);
void fb_api_alias_states(struct fb_api_request *req);
void fb_api_alias_sources(struct fb_api_request *req);
void fb_api_alias_destinations(struct fb_api_request *req);
void fb_api_alias_ports(struct fb_api_request *req);
void fb_api_alias_matrix(struct fb_api_request *req);
void fb_api_alias_firewall(struct fb_api_request *req);
void fb_api_alias_of_interface(struct fb_api_request *req);
void fb_api_alias_count(struct fb_api_request *req);
void fb_api_alias_network(struct fb_api_request *req);
void fb_api_alias_status(struct fb_api_request *req);
void fb_api_alias_history(struct fb_api_request *req);

/* The members of a monitor_status: is anything attached, and how much goes on. */
void fb_monitor_write(struct fb_json *json, const struct fb_status *status,
		      const struct fb_snapshot *snapshot);
