/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page, embedded by embed.sh: served by exact name, compressed at build time. Any other path
 * outside /api gets the page itself when a browser navigates there, since its routes are the
 * page's.
 */
#pragma once

#include "http/request.h"

struct fb_asset {
	const char *path, *type, *etag;
	bool immutable;			  /* the name has a hash of the content */
	const unsigned char *data, *gzip; /* gzip: NULL if there is none */
	size_t len, gzip_len;
};

/* Made by embed.sh; ends with an entry without a path. */
extern const struct fb_asset fb_assets[];

/* Answer a request that no route took. */
void fb_assets_serve(struct fb_request *req);

/* One asset by its name. */
void fb_assets_serve_path(struct fb_request *req, const char *path);
