/* SPDX-License-Identifier: BSD-2-Clause */
/* News of incidents as streams have them. Any thread. */
#pragma once

#include "engine/incidentbook.h"
#include "util/json.h"

/* {"what":"opened","incident":{...}} */
void fb_incident_write_news(struct fb_json *json, const struct fb_incident_item *item);
