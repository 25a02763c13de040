/* SPDX-License-Identifier: BSD-2-Clause */
/* What the handlers of this folder work with: the context of their route table. Constant. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fb_anonymised;
struct fb_engine;
struct fb_fleetwatch;
struct fb_http;
struct fb_json;
struct fb_pastpool;
struct fb_previews;
struct fb_summary_cache;

/* A list that is somebody else's. */
struct fb_api_list {
	void (*write)(void *ctx, struct fb_json *json); /* NULL: there is none */
	void *ctx;
};

struct fb_api {
	struct fb_engine
		*engine; /* NULL: a hub, which has the past of a fleet alone, or a page's */
	bool is_hub;
	struct fb_fleetwatch *watch; /* of a hub: how its database is */
	struct fb_api_list sensors;  /* ... and whose live views it serves */
	struct fb_http *http;	     /* for what it counts about itself */
	struct fb_summary_cache *summary;
	struct fb_previews *previews; /* of acts */
	struct fb_pastpool *past;     /* NULL: there is no history */
	struct fb_anonymised *less;   /* what is told where not all is; NULL: all */
	uint64_t boot_id;
};
