/* SPDX-License-Identifier: BSD-2-Clause */
/* The link that logs in; see server.h. */
#include <stdio.h>
#include <string.h>

#include "http/auth.h"
#include "http/http_priv.h"
#include "http/server.h"
#include "util/buf.h"

/* The address to type: one that listens everywhere is best reached by its loopback name. */
static void add_address(const struct fb_http_listener *listener, struct fb_buf *url)
{
	const char *port = strrchr(listener->address, ':');

	if (!strncmp(listener->address, "0.0.0.0:", 8) || !strncmp(listener->address, "[::]:", 5))
		fb_buf_addf(url, "localhost%s", port);
	else
		fb_buf_adds(url, listener->address);
}

const char *fb_http_url(struct fb_http *http, enum fb_role role, char *buf, size_t len)
{
	_cleanup_buf_ struct fb_buf url = FB_BUF_INIT;
	char token[33];

	for (unsigned int i = 0; i < http->n_listeners && !url.len; i++) {
		if (http->listeners[i].local)
			continue;
		fb_buf_adds(&url, http->tls_cert ? "https://" : "http://");
		add_address(&http->listeners[i], &url);
		fb_buf_addf(&url, "/#login=%s", fb_auth_one_time(http->auth, role, token));
	}
	fb_buf_addc(&url, '\0');
	snprintf(buf, len, "%s", url.error ? "" : url.data);
	explicit_bzero(token, sizeof(token));
	return buf;
}
