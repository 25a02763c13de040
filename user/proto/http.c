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
	return n == len || (n >= 3 && stream[n] == ' ');
}

/* Cut spaces and a port off a value; an IPv6 address without its brackets is left as it is. */
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
	if (colon && !memchr(colon + 1, ':', host->len - (size_t)(colon + 1 - host->at)))
		host->len = (size_t)(colon - host->at);
}

/* A line of the head, without its end. */
static enum fb_http_result read_line(const uint8_t *line, size_t n, bool first,
				     struct fb_http_host *host)
{
	if (first)
		return n >= 12 && memmem(line, n, " HTTP/1.", 8) ? FB_HTTP_MORE : FB_HTTP_NONE;
	if (n == 0)
		return FB_HTTP_NONE;
	if (n <= 5 || strncasecmp((const char *)line, "host:", 5) != 0)
		return FB_HTTP_MORE;
	host->at = line + 5;
	host->len = n - 5;
	trim_host(host);
	return host->len == 0 ? FB_HTTP_NONE : FB_HTTP_FOUND;
}

static enum fb_http_result read_head(struct fb_http_scan *scan, const uint8_t *stream, size_t len,
				     struct fb_http_host *host)
{
	if (scan->looked <= METHOD_MAX && !is_method(stream, len))
		return FB_HTTP_NONE;
	for (;;) {
		const uint8_t *line = stream + scan->line;
		const uint8_t *lf = memchr(stream + scan->looked, '\n', len - scan->looked);
		enum fb_http_result result;
		size_t n;

		if (!lf) {
			scan->looked = (uint32_t)len;
			return len < (scan->line == 0 ? LINE_MAX : HEADERS_MAX) ? FB_HTTP_MORE
										: FB_HTTP_NONE;
		}
		n = (size_t)(lf - line);
		if (n > 0 && line[n - 1] == '\r')
			n--;
		result = read_line(line, n, scan->line == 0, host);
		if (result != FB_HTTP_MORE)
			return result;
		scan->line = scan->looked = (uint32_t)(lf + 1 - stream);
	}
}

enum fb_http_result fb_http_scan(struct fb_http_scan *scan, const uint8_t *stream, size_t len,
				 struct fb_http_host *ret_host)
{
	struct fb_http_host host = {0};
	enum fb_http_result result;

	if (scan->none)
		return FB_HTTP_NONE;
	if (len <= scan->looked)
		return FB_HTTP_MORE;
	result = read_head(scan, stream, len, &host);
	scan->none = result == FB_HTTP_NONE;
	if (result != FB_HTTP_FOUND)
		return result;
	host.connect = len >= 8 && memcmp(stream, "CONNECT ", 8) == 0;
	*ret_host = host;
	return FB_HTTP_FOUND;
}
