/* SPDX-License-Identifier: BSD-2-Clause */
/* The health of a hub: whether its ClickHouse answers, what it counts of itself. */
#pragma once

struct fb_api;
struct fb_api_list;
struct fb_json;
struct fb_request;

/* As a handler: 503 while ClickHouse does not answer. */
int fb_fleethealth_write(struct fb_request *req);

/* What the server and who asks history count, in an object that is open. */
void fb_api_write_counters(struct fb_json *json, const struct fb_api *api);
void fb_api_write_list(struct fb_json *json, const struct fb_api_list *list);
