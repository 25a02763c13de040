/* SPDX-License-Identifier: BSD-2-Clause */
/* Request line: METHOD SP target SP HTTP/1.x CRLF, then fields "name: value" CRLF, then CRLF. */
#include "proto/http.h"

#include <string.h>
#include <strings.h>

#define HEADERS_MAX 16384

#define METHOD_MAX  32
#define LINE_MAX    8192 /* of the request line */

/* A method is a token (RFC 9110 9.1); those in use have capital letters. As much of it as is there.
 */
static bool is_method(const uint8_t *stream, size_t len)
{
	size_t n = 0;

	while (n < len && n < METHOD_MAX &&
	       ((stream[n] >= 'A' && stream[n] <= 'Z') || stream[n] == '-' || stream[n] == '_'))
		n++;
	return n == len ? n < METHOD_MAX : n >= 3 && stream[n] == ' ';
}

/* Cut spaces and a port off a value. */
static void trim_host(struct fb_http_host *host)
{
	const uint8_t *colon;

	while (host->len > 0 && (*host->at == ' ' || *host->at == '\t')) {
		host->at++;
		host->len--;
	}
	while (host->len > 0 &&
	       (host->at[host->len - 1] == ' ' || host->at[host->len - 1] == '\t' ||
		host->at[host->len - 1] == '\r'))
		host->len--;
	if (host->len > 0 && host->at[0] == '[') {
		colon = memchr(host->at, ']', host->len);
		if (colon)
			host->len = (size_t)(colon - host->at) + 1;
		return;
	}
	colon = memchr(host->at, ':', host->len);
	if (colon)
		host->len = (size_t)(colon - host->at);
}

enum fb_http_result fb_http_find_host(const uint8_t *stream, size_t len,
				      struct fb_http_host *ret_host)
{
	struct fb_http_host host = {0};
	const uint8_t *line = stream, *end = stream + len;
	bool first = true;

	if (len == 0 || !is_method(stream, len))
		return len == 0 ? FB_HTTP_MORE : FB_HTTP_NONE;
	host.connect = len >= 8 && memcmp(stream, "CONNECT ", 8) == 0;
	for (;;) {
		const uint8_t *lf = memchr(line, '\n', (size_t)(end - line));
		size_t n;

		if (!lf)
			return len < (first ? LINE_MAX : HEADERS_MAX) ? FB_HTTP_MORE : FB_HTTP_NONE;
		n = (size_t)(lf - line);
		if (n > 0 && line[n - 1] == '\r')
			n--;
		if (first && (n < 12 || !memmem(line, n, " HTTP/1.", 8)))
			return FB_HTTP_NONE;
		if (!first && n == 0)
			return FB_HTTP_NONE;
		if (!first && n > 5 && strncasecmp((const char *)line, "host:", 5) == 0) {
			host.at = line + 5;
			host.len = n - 5;
			trim_host(&host);
			if (host.len == 0)
				return FB_HTTP_NONE;
			*ret_host = host;
			return FB_HTTP_FOUND;
		}
		first = false;
		line = lf + 1;
	}
}
