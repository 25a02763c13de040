/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusing malformed requests; see the header. */
#include "http/guard.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "util/addr.h"

static const struct fb_guard_verdict go_on;

static struct fb_guard_verdict bad(const char *detail)
{
	return (struct fb_guard_verdict){400, "bad-request", detail};
}

/* RFC 9110 token */
static bool is_token(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)p[i]) && (!p[i] || !strchr("!#$%&'*+-.^_`|~", p[i])))
			return false;
	return len > 0;
}

static bool is_field_value(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/*
 *   GET \0 target \0 HTTP/1.1 \0\0 Name \0 [space] value \0\0 ... \0\0
 *      SP        SP          CR LF     :                 CR LF     CR LF
 */
static const char *request_line(const char *head, const char *end, size_t target_len)
{
	size_t method_len = strnlen(head, (size_t)(end - head));
	const char *p = head + method_len + 1;

	if (!is_token(head, method_len) || (size_t)(end - p) < target_len + 1 + 8 + 4)
		return NULL;
	p += target_len;
	if (*p++ != '\0')
		return NULL;
	if (memcmp(p, "HTTP/1.1", 8) != 0 && memcmp(p, "HTTP/1.0", 8) != 0)
		return NULL;
	p += 8;
	return p[0] == '\0' && p[1] == '\0' ? p + 2 : NULL;
}

struct fb_guard_verdict fb_guard_head(const char *head, size_t len, size_t target_len,
				      const struct fb_guard_header *headers, unsigned int n)
{
	const char *end = head + len, *p;

	p = request_line(head, end, target_len);
	if (!p)
		return bad("the request line is malformed");
	for (unsigned int i = 0; i < n; i++) {
		const struct fb_guard_header *h = &headers[i];
		const char *name_end, *value_end;

		if (h->name != p || !is_token(h->name, h->name_len))
			return bad("a header line is folded, ends in a bare LF, or has a bad name");
		name_end = h->name + h->name_len;
		value_end = h->value + h->value_len;
		if (h->value <= name_end || value_end > end - 4)
			return bad("a header line is malformed");
		for (p = name_end + 1; p < h->value; p++)
			if (*p != ' ' && *p != '\t')
				return bad("a header line is malformed");
		if (!is_field_value(h->value, h->value_len))
			return bad("a header value has control characters");
		if (value_end[0] != '\0' || value_end[1] != '\0')
			return bad("a header line does not end in CR LF");
		p = value_end + 2;
	}
	if (end - p != 2 || p[0] != '\0' || p[1] != '\0')
		return bad("the head does not end in CR LF, or has bytes that are no header");
	return go_on;
}

struct fb_guard_verdict fb_guard_words(const char *method, const char *version,
				       const struct fb_guard_header *headers, unsigned int n)
{
	if (!is_token(method, strlen(method)))
		return bad("the method is no word");
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		return bad("the version is neither HTTP/1.1 nor HTTP/1.0");
	for (unsigned int i = 0; i < n; i++) {
		if (!is_token(headers[i].name, headers[i].name_len))
			return bad("a header line has a bad name");
		if (!is_field_value(headers[i].value, headers[i].value_len))
			return bad("a header value has control characters");
	}
	return go_on;
}

static bool is_named(const struct fb_guard_header *h, const char *name)
{
	return h->name_len == strlen(name) && !strncasecmp(h->name, name, h->name_len);
}

struct fb_guard_verdict fb_guard_framing(const char *target, const struct fb_guard_header *headers,
					 unsigned int n)
{
	unsigned int hosts = 0, lengths = 0, encodings = 0;

	if (target[0] != '/')
		return bad("the request target must be a path");
	for (const char *p = target; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || *p == '#')
			return bad("the request target has bytes that must be escaped");
	for (unsigned int i = 0; i < n; i++) {
		hosts += is_named(&headers[i], "Host");
		lengths += is_named(&headers[i], "Content-Length");
		encodings += is_named(&headers[i], "Transfer-Encoding");
	}
	if (hosts != 1)
		return bad(hosts ? "there is more than one Host header"
				 : "there is no Host header");
	if (lengths > 1)
		return bad("there is more than one Content-Length header");
	if (encodings && lengths)
		return bad("Content-Length and Transfer-Encoding exclude each other");
	if (encodings)
		return (struct fb_guard_verdict){411, "length-required",
						 "a body needs a Content-Length"};
	return go_on;
}

static bool is_port(const char *text)
{
	unsigned long port = 0;
	size_t len = strlen(text);

	if (len < 1 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		port = port * 10 + (unsigned long)(text[i] - '0');
	}
	return port >= 1 && port <= 65535;
}

int fb_guard_host(const char *value, char ret_host[static FB_HOST_NAME_MAX + 1])
{
	const char *from = value, *end, *rest;
	size_t len;

	if (*value == '[') {
		from = value + 1;
		end = strchr(from, ']');
		rest = end ? end + 1 : NULL;
	} else {
		end = value + strcspn(value, ":");
		rest = end;
	}
	if (!end || end == from || (*rest && (*rest != ':' || !is_port(rest + 1))))
		return -EINVAL;
	len = (size_t)(end - from);
	if (len > FB_HOST_NAME_MAX)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)from[i];

		if (!isalnum(c) && !strchr(*value == '[' ? ":." : ".-_", c))
			return -EINVAL;
		ret_host[i] = (char)tolower(c);
	}
	ret_host[len] = '\0';
	return 0;
}

bool fb_guard_is_loopback(const char *host)
{
	static const uint8_t one[16] = {[15] = 1};
	uint8_t addr[16], family;

	if (!strcmp(host, "localhost"))
		return true;
	if (fb_addr_parse(host, addr, &family))
		return false;
	return family == 4 ? addr[12] == 127 : !memcmp(addr, one, 16);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int fb_guard_decode(char *text, bool plus)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		int c = (unsigned char)*p;

		if (c == '%') {
			int high = hex(p[1]), low = high < 0 ? -1 : hex(p[2]);

			if (low < 0)
				return -EINVAL;
			c = high << 4 | low;
			p += 2;
			if (c == '/' && !plus)
				return -EINVAL;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c < 0x20 || c == 0x7f)
			return -EINVAL;
		*to++ = (char)c;
	}
	*to = '\0';
	return 0;
}

bool fb_guard_odd_path(const char *path)
{
	for (const char *p = path; *p; p++) {
		size_t len;

		if (*p != '/')
			continue;
		len = strcspn(p + 1, "/");
		if ((!len && p != path) || (!len && p[1]) || (len == 1 && p[1] == '.') ||
		    (len == 2 && p[1] == '.' && p[2] == '.'))
			return true;
	}
	return strchr(path, '\\') != NULL;
}
