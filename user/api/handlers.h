/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The handlers that the route table names, and the writers that several of them share.
 * A handler reads the request, fills req->reply, and keeps nothing.
 */
#pragma once

#include "api/request.h"

struct fb_journal_entry;
struct fb_status;

/* health.c */
void fb_api_health(struct fb_api_request *req);
void fb_api_log(struct fb_api_request *req);
void fb_api_problem(struct fb_api_request *req);

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
